"""What is kept of an ended epoch to judge its commits: it opens and checks them, and leads nowhere."""

import pytest

from taboon_crypto import mls

from .kit import Dice, step, town


def _judged(witness: mls.Group, message: bytes) -> mls.CannotFollowError:
    with pytest.raises(mls.CannotFollowError) as found:
        witness.receive(message)
    return found.value


def test_it_judges_every_commit_of_its_epoch_as_a_member_does(dice: Dice) -> None:
    groups = town(5, dice)
    # Some senders have ratchets by then, the others have none yet.
    groups[0].receive(groups[3].encrypt(b"heard before", random=dice))
    ours = groups[0].commit(path=True, random=dice)
    witness = mls.Group.load(groups[0].witness([ours]))
    made = [groups[1].commit(path=True, random=dice), groups[4].commit(remove=(2,), path=True, random=dice)]
    for staged in (ours, *made):
        judged = _judged(witness, staged.message or b"")
        assert judged.commit.sender_leaf == staged.sender_leaf
        assert judged.commit.removed_leaves == staged.removed_leaves
        assert judged.confirmed_transcript_hash == staged.confirmed_transcript_hash
        assert [one.leaf for one in judged.commit.members()] == [one.leaf for one in staged.members()]
    # One that removes whoever keeps the witness is judged like any other.
    removal = groups[3].commit(remove=(0,), path=True, random=dice)
    assert _judged(witness, removal.message or b"").commit.removed_leaves == (0,)


def test_it_keeps_what_names_mailboxes_and_members(dice: Dice) -> None:
    group, *_ = town(3, dice)
    witness = mls.Group.load(group.witness())
    assert witness.export("taboon blob", b"", 32) == group.export("taboon blob", b"", 32)
    assert (witness.epoch, witness.group_id) == (group.epoch, group.group_id)
    assert [one.signature_key for one in witness.members()] == [one.signature_key for one in group.members()]


def test_a_commit_that_was_changed_is_refused(dice: Dice) -> None:
    group, other, *_ = town(3, dice)
    witness = mls.Group.load(group.witness())
    message = bytearray(other.commit(path=True, random=dice).message or b"")
    message[-1] ^= 1
    with pytest.raises(mls.MlsError) as found:
        witness.receive(bytes(message))
    assert not isinstance(found.value, mls.CannotFollowError)


def test_it_opens_no_message_and_holds_no_secret_that_leads_out_of_its_epoch(dice: Dice) -> None:
    groups = group, *_ = town(4, dice)
    said = [one.encrypt(b"said in this epoch", random=dice) for one in groups]
    parts = group.witness()
    witness = mls.Group.load(parts)
    for message in said:
        with pytest.raises(mls.KeySpentError):
            witness.receive(message)
    epoch = group.state.epoch
    leads_out = [
        *(entry.private for entry in epoch.private.keys),
        epoch.signing_key.seed,
        epoch.secrets.init_secret,
        epoch.secrets.resumption_psk,
        epoch.secrets.confirmation_key,
        epoch.secrets.membership_key,
        epoch.secrets.epoch_authenticator,
        epoch.secrets.external_secret,
    ]
    assert not any(bytes(secret) in part for secret in leads_out for part in parts.values())
    with pytest.raises(mls.MlsError):
        witness.encrypt(b"x", random=dice)
    # The group itself goes on.
    step(groups, 1, dice)
