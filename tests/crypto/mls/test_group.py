"""group/group: the life of a group, told as stories."""

import copy as copying
import pickle
from dataclasses import replace

import pytest

from taboon_crypto import mls
from taboon_crypto.mls.keys.secret_tree import Ratchet

from .kit import DAY, LEAF, NOW, POLICY, SUITE, Dice, agree, copy, found, package, profile, raises, step, town

REQUIRED = mls.Extension(mls.REQUIRED_CAPABILITIES, mls.RequiredCapabilities(extension_types=(POLICY, LEAF)).encode())
RULES = (REQUIRED, mls.Extension(POLICY, b"rules"))


@pytest.mark.parametrize("suite", [0x0001, 0x0003])
def test_members_of_either_suite_agree_and_talk(suite: int, dice: Dice) -> None:
    groups = town(3, dice, suite=suite, extensions=RULES)
    assert groups[0].suite.suite_id == suite
    agree(groups, dice)


def test_a_group_of_one_commits_and_has_nobody_to_tell(dice: Dice) -> None:
    group = found(dice)
    assert (group.epoch, group.own_leaf, len(group.members())) == (0, 0, 1)
    assert group.confirmed_transcript_hash == b""
    staged = group.commit(random=dice)
    group.merge(staged)
    assert group.epoch == 1
    assert staged.welcome is None


def test_nothing_changes_before_a_commit_is_merged(dice: Dice) -> None:
    alice, bob = town(2, dice)
    before = bob.parts()
    staged = alice.commit(random=dice)
    assert staged.message is not None
    assert alice.epoch == staged.epoch - 1
    for _ in range(2):
        followed = bob.receive(staged.message)
        assert isinstance(followed, mls.StagedCommit)
        assert bob.parts() == before
    # The commit that lost the race is forgotten, and another one is made.
    bob_staged = bob.commit(random=dice)
    assert bob_staged.message is not None
    followed = alice.receive(bob_staged.message)
    assert isinstance(followed, mls.StagedCommit)
    alice.merge(followed)
    bob.merge(bob_staged)
    agree([alice, bob], dice)
    with raises(mls.EpochGoneError, alice):
        alice.merge(staged)


def test_a_staged_commit_tells_what_it_does(dice: Dice) -> None:
    alice, bob, carol = town(3, dice, extensions=RULES)
    key_package, _ = package(dice)
    rules = (REQUIRED, mls.Extension(POLICY, b"other rules"))
    made = alice.commit(
        add=[key_package],
        remove=[carol.own_leaf],
        psks=[(b"psk", b"secret")],
        extensions=rules,
        leaf_extensions=(mls.Extension(LEAF, b"new leaf"),),
        authenticated_data=b"why",
        random=dice,
        now=NOW,
    )
    assert made.message is not None
    seen = bob.receive(made.message, psks=lambda _, data: b"secret" if data == b"why" else None)
    assert isinstance(seen, mls.StagedCommit)
    for staged in (made, seen):
        assert staged.sender_leaf == alice.own_leaf
        assert staged.epoch == alice.epoch + 1
        assert staged.authenticated_data == b"why"
        assert staged.has_path
        assert not staged.external
        assert not staged.removes_self
        assert [member.signature_key for member in staged.added] == [key_package.leaf_node.signature_key]
        assert [member.signature_key for member in staged.removed] == [carol.member(2).signature_key]
        assert [member.leaf for member in staged.updated] == [alice.own_leaf]
        assert staged.updated[0].extension(LEAF) == b"new leaf"
        assert staged.extensions_changed
        assert staged.extension(POLICY) == b"other rules"
        assert staged.context_extensions == rules
        assert [psk_id.psk for psk_id in staged.psk_ids] == [mls.ExternalPsk(b"psk")]
        assert {type(proposal) for _, proposal in staged.proposals} == {
            mls.Add,
            mls.Remove,
            mls.PreSharedKey,
            mls.GroupContextExtensions,
        }
        assert len(staged.members()) == 3
        assert staged.reinit is None
        assert staged.wire_format is mls.WireFormat.PRIVATE_MESSAGE
    assert made.confirmed_transcript_hash == seen.confirmed_transcript_hash
    assert made.epoch_authenticator == seen.epoch_authenticator
    assert made.export("label", b"", 16) == seen.export("label", b"", 16)
    alice.merge(made)
    assert alice.export("label", b"", 16) == made.export("label", b"", 16)
    assert alice.extension(POLICY) == b"other rules"
    assert alice.member(0).extension(LEAF) == b"new leaf"


def test_a_newcomer_reads_what_comes_and_not_what_was(dice: Dice) -> None:
    groups = town(2, dice)
    before = groups[0].encrypt(b"before", random=dice)
    key_package, secrets = package(dice)
    staged = step(groups, 0, dice, add=[key_package], path=True, now=NOW)
    assert staged.welcome is not None
    newcomer = mls.Group.join(staged.welcome, key_package, secrets, now=NOW)
    assert newcomer.welcomed_by == 0
    assert groups[0].welcomed_by is None
    agree([*groups, newcomer], dice)
    with raises(mls.EpochGoneError, newcomer):
        newcomer.receive(before)


def test_a_removed_member_reads_nothing_after(dice: Dice) -> None:
    groups = town(4, dice)
    thief = copy(groups[2])
    staged = groups[0].commit(remove=[2], random=dice)
    assert staged.message is not None
    told = groups[2].receive(staged.message)
    assert isinstance(told, mls.StagedCommit)
    assert told.removes_self
    with pytest.raises(mls.UsageError):
        told.export("label", b"", 16)
    for group in (groups[1], groups[3]):
        followed = group.receive(staged.message)
        assert isinstance(followed, mls.StagedCommit)
        group.merge(followed)
    groups[0].merge(staged)
    rest = [groups[0], groups[1], groups[3]]
    agree(rest, dice)
    later = [groups[0].encrypt(b"after", random=dice)]
    for actor in range(3):
        later.append(step(rest, actor, dice).message or b"")
        later.append(rest[actor].encrypt(b"after", random=dice))
    # Whoever keeps everything the removed member had opens none of it.
    for message in later:
        with raises(mls.MlsError, thief):
            thief.receive(message)
    groups[2].merge(told)
    assert not groups[2].is_active
    assert set(groups[2].parts()) == {"group"}
    assert groups[2].pending_proposals() == ()
    gone = mls.Group.load(groups[2].parts())
    for ask in (
        lambda: gone.encrypt(b"", random=dice),
        lambda: gone.commit(random=dice),
        lambda: gone.receive(later[0]),
        gone.members,
        lambda: gone.export("label", b"", 16),
        lambda: gone.propose(mls.Remove(0), random=dice),
    ):
        with pytest.raises(mls.GroupClosedError):
            ask()


def test_a_removed_and_added_member_rejoins_in_one_commit(dice: Dice) -> None:
    signer = mls.SigningKey.generate(dice)
    groups = town(3, dice)
    key_package, secrets = package(dice, profile(dice, signer=signer))
    staged = step(groups, 0, dice, add=[key_package], now=NOW)
    assert staged.welcome is not None
    lost = mls.Group.join(staged.welcome, key_package, secrets)
    leaf = lost.own_leaf
    again, again_secrets = package(dice, profile(dice, signer=signer))
    staged = step(groups, 1, dice, remove=[leaf], add=[again], now=NOW)
    assert [member.signature_key for member in staged.removed] == [signer.public]
    assert [member.signature_key for member in staged.added] == [signer.public]
    assert staged.welcome is not None
    back = mls.Group.join(staged.welcome, again, again_secrets)
    agree([*groups, back], dice)
    with raises(mls.MlsError, lost):
        lost.receive(groups[0].encrypt(b"to the new device", random=dice))


def test_a_psk_travels_in_the_commit_that_mixes_it_in(dice: Dice) -> None:
    groups = town(2, dice)
    key_package, secrets = package(dice)
    asked = []

    def carried(psk_id: mls.PreSharedKeyID, authenticated_data: bytes) -> bytes | None:
        asked.append((psk_id.psk, authenticated_data))
        return authenticated_data.removeprefix(b"psk:") or None

    staged = step(
        groups,
        0,
        dice,
        add=[key_package],
        psks=[(mls.ExternalPsk(b"invite"), b"oven")],
        authenticated_data=b"psk:oven",
        now=NOW,
        find=carried,
    )
    assert asked == [(mls.ExternalPsk(b"invite"), b"psk:oven")]
    assert staged.welcome is not None
    with pytest.raises(mls.UnknownPskError):
        mls.Group.join(staged.welcome, key_package, secrets)
    with pytest.raises(mls.DecryptionError):
        mls.Group.join(staged.welcome, key_package, secrets, psks=lambda _, __: b"another")
    newcomer = mls.Group.join(
        staged.welcome, key_package, secrets, psks=lambda _, data: b"oven" if data == b"" else None
    )
    agree([*groups, newcomer], dice)


def test_a_psk_is_asked_for_only_when_the_rest_of_a_commit_is_good(dice: Dice) -> None:
    alice, bob = town(2, dice)
    staged = alice.commit(psks=[(b"psk", b"secret")], random=dice)
    assert staged.message is not None

    def never(_: mls.PreSharedKeyID, __: bytes) -> bytes | None:
        pytest.fail("a pre-shared key was asked for")

    broken = bytearray(staged.message)
    broken[-1] ^= 1
    with raises(mls.DecryptionError, bob):
        bob.receive(bytes(broken), psks=never)
    with raises(mls.CannotFollowError, bob):
        bob.receive(staged.message)


def test_members_mix_in_the_psk_of_a_past_epoch_without_being_asked(dice: Dice) -> None:
    groups = town(3, dice)
    epoch = groups[0].epoch
    first = groups[0].resumption_psk()
    step(groups, 1, dice)
    assert groups[0].resumption_psk(epoch) == first
    assert groups[0].resumption_psk(epoch + 7) is None
    for psk in (
        mls.ResumptionPsk(mls.ResumptionUsage.APPLICATION, groups[0].group_id, epoch),
        mls.ResumptionPsk(mls.ResumptionUsage.APPLICATION, groups[0].group_id, groups[0].epoch),
    ):
        step(groups, 2, dice, psks=[(psk, None)])
        agree(groups, dice)
    groups[0].forget_past_epochs()
    assert groups[0].resumption_psk(epoch) is None
    staged = groups[1].commit(
        psks=[(mls.ResumptionPsk(mls.ResumptionUsage.APPLICATION, groups[0].group_id, epoch), None)], random=dice
    )
    assert staged.message is not None
    with raises(mls.CannotFollowError, groups[0]):
        groups[0].receive(staged.message)


@pytest.mark.parametrize("private", [True, False])
def test_proposals_of_every_kind_are_committed_by_reference(dice: Dice, private: bool) -> None:
    groups = town(5, dice, extensions=RULES)
    key_package, secrets = package(dice)
    old = groups[3].member(3)
    sent = [
        groups[0].propose(mls.Add(key_package), private=private, random=dice, now=NOW),
        groups[1].propose(mls.Remove(4), private=private, random=dice),
        groups[3].propose_update(leaf_extensions=(mls.Extension(LEAF, b"mine"),), private=private, random=dice),
        groups[2].propose(
            mls.PreSharedKey(mls.PreSharedKeyID.fresh(groups[2].suite, mls.ExternalPsk(b"x"), dice)),
            private=private,
            random=dice,
        ),
        groups[1].propose(
            mls.GroupContextExtensions((REQUIRED, mls.Extension(POLICY, b"new"))), private=private, random=dice
        ),
    ]
    for proposer, message in zip((0, 1, 3, 2, 1), sent, strict=True):
        for number, group in enumerate(groups):
            if number != proposer:
                kept = group.receive(message)
                assert isinstance(kept, mls.ProposalMessage)
                assert kept.sender_leaf == proposer
                assert kept.reference in {waiting.reference for waiting in group.pending_proposals()}
    assert all(len(group.pending_proposals()) == 5 for group in groups)
    staged = groups[0].commit(find_psk=lambda _, __: b"psk", private=private, random=dice, now=NOW)
    assert staged.message is not None
    assert len(staged.proposals) == 5
    assert [member.leaf for member in staged.updated] == [0, 3]
    for group in groups[1:4]:
        followed = group.receive(staged.message, psks=lambda _, __: b"psk")
        assert isinstance(followed, mls.StagedCommit)
        group.merge(followed)
    groups[0].merge(staged)
    assert staged.welcome is not None
    newcomer = mls.Group.join(staged.welcome, key_package, secrets, psks=lambda _, __: b"psk")
    assert groups[0].member(3).extension(LEAF) == b"mine"
    assert groups[0].member(3).encryption_key != old.encryption_key
    assert groups[0].pending_proposals() == ()
    assert groups[0].extension(POLICY) == b"new"
    agree([*groups[:4], newcomer], dice)
    # The member whose Update was committed can commit again itself.
    step([*groups[:4], newcomer], 3, dice)


def test_an_update_may_bring_a_new_signature_key(dice: Dice) -> None:
    groups = town(3, dice)
    member = profile(dice)
    message = groups[1].propose_update(member=member, random=dice)
    for group in (groups[0], groups[2]):
        group.receive(message)
    # Saved in between: the keys of the Update are saved with it.
    groups[1] = mls.Group.load(groups[1].parts())
    step(groups, 0, dice)
    assert groups[1].member(1).signature_key == member.signing_key.public
    agree(groups, dice)


def test_a_commit_may_bring_a_new_signature_key(dice: Dice) -> None:
    groups = town(3, dice)
    member = profile(dice)
    step(groups, 1, dice, member=member)
    assert groups[0].member(1).signature_key == member.signing_key.public
    agree(groups, dice)


def test_a_commit_covers_the_proposals_that_fit_together(dice: Dice) -> None:
    groups = town(4, dice)
    twice, _ = package(dice)
    nonsense = [
        groups[1].propose_update(random=dice),
        groups[1].propose_update(random=dice),
        groups[2].propose(mls.Remove(1), random=dice),
        groups[2].propose(mls.Remove(0), random=dice),
        groups[2].propose(mls.Add(twice), random=dice, now=NOW),
        groups[3].propose(mls.Add(twice), random=dice, now=NOW),
        groups[3].propose(mls.ReInit(b"new", 1, SUITE, ()), random=dice),
        groups[3].propose(mls.GroupContextExtensions(()), random=dice),
        groups[3].propose(mls.GroupContextExtensions((mls.Extension(0xF700, b"nobody lists it"),)), random=dice),
    ]
    for number, message in enumerate(nonsense):
        for leaf, group in enumerate(groups):
            if leaf != (1, 1, 2, 2, 2, 3, 3, 3, 3)[number]:
                group.receive(message)
    staged = groups[0].commit(random=dice, now=NOW)
    kinds = [type(proposal) for _, proposal in staged.proposals]
    # The removal beats the updates; nobody removes the committer; one Add and one change of extensions.
    assert kinds == [mls.Remove, mls.GroupContextExtensions, mls.Add]
    assert [member.leaf for member in staged.removed] == [1]
    other = groups[3].commit(by_reference=False, path=True, random=dice)
    assert other.proposals == ()
    update = [waiting for waiting in groups[3].pending_proposals() if isinstance(waiting.proposal, mls.Update)][-1]
    chosen = groups[3].commit(by_reference=[update.reference or b""], random=dice)
    assert [proposal for _, proposal in chosen.proposals] == [update.proposal]
    with pytest.raises(mls.UsageError):
        groups[3].commit(by_reference=[b"unknown"], random=dice)


def test_nothing_is_said_while_proposals_wait(dice: Dice) -> None:
    alice, bob = town(2, dice)
    message = bob.propose(mls.PreSharedKey(mls.PreSharedKeyID(mls.ExternalPsk(b"x"), dice(32))), random=dice)
    kept = alice.receive(message)
    assert isinstance(kept, mls.ProposalMessage)
    with raises(mls.PendingProposalsError, alice):
        alice.encrypt(b"data", random=dice)
    alice.forget_proposal(kept.reference)
    assert alice.pending_proposals() == ()
    assert isinstance(bob.receive(alice.encrypt(b"data", random=dice)), mls.ApplicationMessage)


def test_a_late_message_is_read_in_its_own_epoch(dice: Dice) -> None:
    groups = town(3, dice)
    epoch = groups[0].epoch
    late = [groups[0].encrypt(b"late", random=dice) for _ in range(3)]
    step(groups, 1, dice, remove=[])
    step(groups, 2, dice)
    heard = groups[1].receive(late[1])
    assert isinstance(heard, mls.ApplicationMessage)
    assert (heard.epoch, heard.data) == (epoch, b"late")
    with raises(mls.KeySpentError, groups[1]):
        groups[1].receive(late[1])
    groups[1] = mls.Group.load(groups[1].parts())
    with raises(mls.KeySpentError, groups[1]):
        groups[1].receive(late[1])
    groups[1].receive(late[0])
    groups[1].forget_past_epochs()
    with raises(mls.EpochGoneError, groups[1]):
        groups[1].receive(late[2])
    # Past epochs are kept up to the limit, and no longer.
    step(groups, 2, dice)
    assert isinstance(groups[2].receive(groups[0].encrypt(b"x", random=dice)), mls.ApplicationMessage)
    with raises(mls.EpochGoneError, groups[2]):
        groups[2].receive(late[2])


def test_a_late_message_of_a_removed_member_is_still_read(dice: Dice) -> None:
    groups = town(3, dice)
    gone = groups[2].member(2)
    late = groups[2].encrypt(b"last words", random=dice)
    step(groups[:2], 0, dice, remove=[2])
    heard = groups[1].receive(late)
    assert isinstance(heard, mls.ApplicationMessage)
    assert (heard.sender_leaf, heard.signature_key, heard.credential) == (2, gone.signature_key, gone.credential)


def test_a_late_proposal_or_commit_is_refused(dice: Dice) -> None:
    groups = town(3, dice)
    for private in (True, False):
        proposal = groups[1].propose(mls.Remove(0), private=private, random=dice)
        commit = groups[2].commit(private=private, random=dice).message or b""
        standing = step(groups, 0, dice, private=private).message or b""
        for message in (proposal, commit, standing):
            with raises(mls.EpochGoneError, groups[1]):
                groups[1].receive(message)


def test_a_message_of_an_epoch_to_come_says_so(dice: Dice) -> None:
    groups = town(3, dice)
    behind = groups.pop()
    step(groups, 0, dice)
    with raises(mls.EpochUnknownError, behind):
        behind.receive(groups[0].encrypt(b"ahead", random=dice))


def test_a_message_out_of_order_is_read_once(dice: Dice) -> None:
    alice, bob = town(2, dice)
    messages = [alice.encrypt(bytes([number]), random=dice) for number in range(6)]
    for number in (3, 0, 5, 1):
        heard = bob.receive(messages[number])
        assert isinstance(heard, mls.ApplicationMessage)
        assert heard.data == bytes([number])
    bob = mls.Group.load(bob.parts())
    for number in (3, 0, 5, 1):
        with raises(mls.KeySpentError, bob):
            bob.receive(messages[number])
    for number in (4, 2):
        assert isinstance(bob.receive(messages[number]), mls.ApplicationMessage)


def test_the_limits_of_disorder_are_kept(dice: Dice) -> None:
    limits = mls.Limits(out_of_order=2, max_forward=5, past_epochs=0)
    alice, bob = town(2, dice, limits=limits)
    messages = [alice.encrypt(bytes([number]), random=dice) for number in range(9)]
    with raises(mls.KeyTooFarError, bob):
        bob.receive(messages[6])
    bob.receive(messages[5])
    for number in (2, 1):
        with raises(mls.KeySpentError, bob):
            bob.receive(messages[number])
    bob.receive(messages[4])
    bob.receive(messages[3])
    late = alice.encrypt(b"late", random=dice)
    step([alice, bob], 0, dice)
    with raises(mls.EpochGoneError, bob):
        bob.receive(late)


def test_a_second_copy_of_a_member_is_seen_by_the_first(dice: Dice) -> None:
    groups = town(2, dice)
    alice, twin = groups[0], copy(groups[0])
    foreign = twin.encrypt(b"by the twin", random=dice)
    heard = alice.receive(foreign)
    assert isinstance(heard, mls.ApplicationMessage)
    assert heard.sender_leaf == alice.own_leaf
    own = alice.encrypt(b"by alice", random=dice)
    # The ratchet went on behind the twin's message: no key is used twice.
    assert isinstance(groups[1].receive(foreign), mls.ApplicationMessage)
    assert isinstance(groups[1].receive(own), mls.ApplicationMessage)
    with raises(mls.KeySpentError, alice):
        alice.receive(own)


def test_our_own_commit_is_not_received_but_loaded(dice: Dice) -> None:
    for private in (True, False):
        alice, _ = town(2, dice)
        twin = copy(alice)
        staged = alice.commit(private=private, random=dice)
        assert staged.message is not None
        with raises(mls.MlsError, alice):
            alice.receive(staged.message)
        with raises(mls.OwnCommitError, twin):
            twin.receive(staged.message)


@pytest.mark.parametrize("private", [True, False])
def test_our_own_commit_is_known_in_whatever_wrapping_it_comes(private: bool, dice: Dice) -> None:
    alice, bob = town(2, dice)
    other, staged = alice.commit(private=private, random=dice), alice.commit(private=private, random=dice)
    assert staged.message is not None
    back = mls.Group.load(alice.parts())
    known = [back.load_staged(other.encode()), back.load_staged(staged.encode())]
    assert back.own_commit(staged.message, known) is known[1]
    assert back.own_commit(staged.message, known[:1]) is None
    assert back.own_commit(bob.commit(private=private, random=dice).message or b"", known) is None
    assert back.own_commit(staged.message[:-1] + bytes([staged.message[-1] ^ 1]), known) is None


def test_a_staged_commit_that_an_older_version_saved_is_read(dice: Dice) -> None:
    (alice,) = town(1, dice)
    staged = alice.commit(private=False, random=dice)
    saved = staged.encode()
    assert (saved[:2], saved[-1]) == (b"\0\3", 0)
    assert alice.load_staged(b"\0\2" + saved[2:-1]).encode() == saved


def test_a_staged_commit_survives_a_crash(dice: Dice) -> None:
    groups = town(3, dice)
    key_package, secrets = package(dice)
    staged = groups[0].commit(add=[key_package], random=dice, now=NOW)
    saved, parts = staged.encode(), groups[0].parts()
    back = mls.Group.load(parts)
    again = back.load_staged(saved)
    assert again.encode() == saved
    assert (again.message, again.welcome) == (staged.message, staged.welcome)
    assert again.added == staged.added
    assert again.message is not None
    assert again.welcome is not None
    for number in (1, 2):
        followed = groups[number].receive(again.message)
        assert isinstance(followed, mls.StagedCommit)
        # A received commit is saved in the same way.
        groups[number].merge(groups[number].load_staged(followed.encode()))
    back.merge(again)
    newcomer = mls.Group.join(again.welcome, key_package, secrets)
    agree([back, *groups[1:], newcomer], dice)
    with raises(mls.EpochGoneError, back):
        back.load_staged(saved)
    with raises(mls.DecodeError, back):
        back.load_staged(saved[:-1])
    with raises(mls.DecodeError, back):
        back.load_staged(b"\x00\x63" + saved[2:])


def test_a_commit_staged_by_somebody_else_is_not_merged(dice: Dice) -> None:
    alice, bob = town(2, dice)
    with raises(mls.UsageError, bob):
        bob.merge(alice.commit(random=dice))


def test_the_key_of_a_merged_commit_opens_it_no_more(dice: Dice) -> None:
    groups = town(2, dice)
    staged = step(groups, 0, dice, authenticated_data=b"psk")
    assert staged.message is not None
    number = staged.epoch - 1
    past = groups[1].state.past[number]
    with pytest.raises(mls.KeySpentError):
        past.ratchets.peek(0, Ratchet.HANDSHAKE, 0)


def test_a_reinitialised_group_goes_on_as_another(dice: Dice) -> None:
    signers = [mls.SigningKey.generate(dice) for _ in range(3)]
    founder = mls.Group.create(
        0x0001, dice(32), profile(dice, signer=signers[0]), extensions=RULES, now=NOW, random=dice
    )
    packages = [package(dice, profile(dice, signer=signer), suite=0x0001) for signer in signers[1:]]
    staged = founder.commit(add=[key_package for key_package, _ in packages], random=dice, now=NOW)
    founder.merge(staged)
    groups = [founder] + [mls.Group.join(staged.welcome or b"", *each) for each in packages]
    wanted = mls.ReInit(dice(32), 1, 0x0003, (REQUIRED, mls.Extension(POLICY, b"second life")))
    with pytest.raises(mls.UsageError):
        mls.reinitialise(founder, profile(dice, signer=signers[0]), [], now=NOW, random=dice)
    staged = step(groups, 1, dice, reinit=wanted)
    assert staged.reinit == wanted
    for group in groups:
        assert group.reinit == wanted
        assert not group.is_active
        with raises(mls.GroupClosedError, group):
            group.encrypt(b"too late", random=dice)
        with raises(mls.GroupClosedError, group):
            group.commit(random=dice)
    groups = [mls.Group.load(group.parts()) for group in groups]
    fresh = [package(dice, profile(dice, signer=signer)) for signer in signers]
    with pytest.raises(mls.ValidationError) as caught:
        mls.reinitialise(groups[2], profile(dice, signer=signers[2]), [fresh[0][0]], now=NOW, random=dice)
    assert caught.value.rule == "resume.members"
    new, first = mls.reinitialise(
        groups[2], profile(dice, signer=signers[2]), [fresh[0][0], fresh[1][0]], now=NOW, random=dice
    )
    new.merge(first)
    assert first.welcome is not None
    with pytest.raises(mls.UnknownPskError):
        mls.Group.join(first.welcome, *fresh[0])
    joined = [mls.Group.join(first.welcome, *fresh[number], continues=groups[number]) for number in (0, 1)]
    assert (new.group_id, new.suite.suite_id, new.epoch) == (wanted.group_id, 0x0003, 1)
    assert new.context_extensions == wanted.extensions
    agree([new, *joined], dice)


def test_a_branch_is_a_group_of_some_of_the_members(dice: Dice) -> None:
    signers = [mls.SigningKey.generate(dice) for _ in range(3)]
    founder = mls.Group.create(SUITE, dice(32), profile(dice, signer=signers[0]), now=NOW, random=dice)
    packages = [package(dice, profile(dice, signer=signer)) for signer in signers[1:]]
    staged = founder.commit(add=[key_package for key_package, _ in packages], random=dice, now=NOW)
    founder.merge(staged)
    groups = [founder] + [mls.Group.join(staged.welcome or b"", *each) for each in packages]
    key_package, secrets = package(dice, profile(dice, signer=signers[2]))
    circle, first = mls.branch(
        groups[1], dice(32), profile(dice, signer=signers[1]), [key_package], now=NOW, random=dice
    )
    circle.merge(first)
    assert first.welcome is not None
    other = mls.Group.join(first.welcome, key_package, secrets, continues=groups[2])
    agree([circle, other], dice)
    stranger, _ = package(dice)
    with pytest.raises(mls.ValidationError) as caught:
        mls.branch(groups[1], dice(32), profile(dice, signer=signers[1]), [stranger], now=NOW, random=dice)
    assert caught.value.rule == "resume.members"
    with pytest.raises(mls.UnknownPskError):
        mls.Group.join(first.welcome, key_package, secrets)
    with pytest.raises(mls.UsageError):
        mls.Group.join(first.welcome, key_package, secrets, psks=lambda _, __: groups[1].resumption_psk())
    # A group that goes on from where it was is no longer the origin of the branch.
    step(groups, 0, dice)
    with pytest.raises(mls.UnknownPskError):
        mls.Group.join(first.welcome, key_package, secrets, continues=groups[2])


def test_an_ordinary_welcome_continues_no_group(dice: Dice) -> None:
    groups = town(2, dice)
    key_package, secrets = package(dice)
    staged = groups[0].commit(add=[key_package], random=dice, now=NOW)
    with pytest.raises(mls.UsageError):
        mls.Group.join(staged.welcome or b"", key_package, secrets, continues=groups[1])


def test_someone_outside_joins_by_an_external_commit(dice: Dice) -> None:
    groups = town(3, dice, extensions=RULES)
    info = groups[0].group_info(random=dice)
    newcomer, commit = mls.Group.join_by_commit(info, profile(dice), authenticated_data=b"hello", now=NOW, random=dice)
    for group in groups:
        staged = group.receive(commit)
        assert isinstance(staged, mls.StagedCommit)
        assert staged.external
        assert staged.sender_leaf == newcomer.own_leaf
        assert staged.authenticated_data == b"hello"
        group.merge(staged)
    agree([*groups, newcomer], dice)
    for actor in range(4):
        step([*groups, newcomer], actor, dice)
    agree([*groups, newcomer], dice)


def test_a_member_replaces_its_old_appearance_by_an_external_commit(dice: Dice) -> None:
    signer = mls.SigningKey.generate(dice)
    groups = town(3, dice)
    key_package, secrets = package(dice, profile(dice, signer=signer))
    staged = step(groups, 0, dice, add=[key_package], now=NOW)
    old = mls.Group.join(staged.welcome or b"", key_package, secrets)
    info = groups[0].group_info(with_tree=False, random=dice)
    psk_id = mls.PreSharedKeyID.fresh(groups[0].suite, mls.ExternalPsk(b"proof"), dice)
    back, commit = mls.Group.join_by_commit(
        info,
        profile(dice, signer=signer),
        replacing=old.own_leaf,
        psks=[(psk_id, b"known to all")],
        ratchet_tree=groups[0].ratchet_tree,
        random=dice,
    )
    for group in groups:
        seen = group.receive(commit, psks=lambda _, __: b"known to all")
        assert isinstance(seen, mls.StagedCommit)
        assert [member.signature_key for member in seen.removed] == [signer.public]
        group.merge(seen)
    told = old.receive(commit)
    assert isinstance(told, mls.StagedCommit)
    assert told.removes_self
    agree([*groups, back], dice)


def test_an_outsider_the_group_names_may_propose(dice: Dice) -> None:
    outsider = mls.SigningKey.generate(dice)
    senders = mls.Extension(
        mls.EXTERNAL_SENDERS,
        mls.encode_external_senders((mls.ExternalSender(outsider.public, mls.BasicCredential(b"service")),)),
    )
    groups = town(3, dice, extensions=(senders,))
    message = mls.external_proposal(
        SUITE, groups[0].group_id, groups[0].epoch, 0, outsider, mls.Remove(2), authenticated_data=b"inactive"
    )
    for group in groups:
        kept = group.receive(message)
        assert isinstance(kept, mls.ProposalMessage)
        assert kept.sender == mls.ExternalSenderIndex(0)
        assert kept.sender_leaf is None
    staged = step(groups[:2], 0, dice)
    assert [member.leaf for member in staged.removed] == [2]
    agree(groups[:2], dice)


def test_a_newcomer_may_propose_to_be_added(dice: Dice) -> None:
    groups = town(2, dice)
    member = profile(dice)
    key_package, secrets = package(dice, member)
    with pytest.raises(mls.UsageError):
        mls.join_proposal(groups[0].group_id, groups[0].epoch, key_package, mls.SigningKey.generate(dice))
    message = mls.join_proposal(groups[0].group_id, groups[0].epoch, key_package, member.signing_key)
    for group in groups:
        kept = group.receive(message, now=NOW)
        assert isinstance(kept, mls.ProposalMessage)
        assert kept.sender == mls.NewMemberProposal()
    staged = step(groups, 1, dice, now=NOW)
    agree([*groups, mls.Group.join(staged.welcome or b"", key_package, secrets)], dice)


def test_a_welcome_may_leave_out_the_tree(dice: Dice) -> None:
    groups = town(3, dice)
    key_package, secrets = package(dice)
    staged = step(groups, 0, dice, add=[key_package], welcome_tree=False, now=NOW)
    with pytest.raises(mls.ValidationError) as caught:
        mls.Group.join(staged.welcome or b"", key_package, secrets)
    assert caught.value.rule == "group_info.tree_missing"
    newcomer = mls.Group.join(staged.welcome or b"", key_package, secrets, ratchet_tree=groups[1].ratchet_tree)
    agree([*groups, newcomer], dice)


def test_a_commit_of_additions_alone_needs_no_path(dice: Dice) -> None:
    groups = town(2, dice)
    key_package, secrets = package(dice)
    staged = step(groups, 0, dice, add=[key_package], now=NOW)
    assert not staged.has_path
    assert staged.updated == ()
    agree([*groups, mls.Group.join(staged.welcome or b"", key_package, secrets)], dice)
    with pytest.raises(mls.UsageError):
        groups[0].commit(path=False, random=dice)


@pytest.mark.parametrize("wish", [{"remove": [1]}, {"extensions": ()}, {"leaf_extensions": ()}, {}])
def test_a_removal_a_change_of_rules_and_an_empty_commit_always_have_a_path(
    dice: Dice, wish: dict[str, object]
) -> None:
    groups = town(3, dice)
    staged = groups[0].commit(random=dice, **wish)  # type: ignore[arg-type]  # one of the keywords above
    assert staged.has_path


def test_every_own_commit_and_update_brings_a_fresh_leaf_key(dice: Dice) -> None:
    groups = town(2, dice)
    keys = {groups[0].member(0).encryption_key}
    for _ in range(4):
        step(groups, 0, dice)
        keys.add(groups[0].member(0).encryption_key)
    assert len(keys) == 5


def test_a_group_is_neither_copied_nor_pickled(dice: Dice) -> None:
    group = found(dice)
    for attempt in (copying.copy, copying.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            attempt(group)


def test_no_secret_is_in_any_repr(dice: Dice) -> None:
    groups = town(2, dice)
    key_package, secrets = package(dice)
    staged = groups[0].commit(
        add=[key_package], psks=[(b"id", b"the psk secret")], authenticated_data=b"the psk secret", random=dice, now=NOW
    )
    shown = " ".join(
        repr(thing)
        for thing in (
            groups[0],
            staged,
            secrets,
            groups[0].own_profile,
            groups[0].state.epoch,
            groups[0].state.ratchets,
        )
    )
    hidden = [
        b"the psk secret",
        secrets.init_private,
        secrets.signing_seed,
        groups[0].own_profile.signing_key.seed,
        groups[0].epoch_authenticator,
        staged.epoch_authenticator,
    ]
    for secret in hidden:
        assert repr(bytes(secret))[2:-1] not in shown
        assert bytes(secret).hex() not in shown
    message = groups[0].encrypt(b"the psk secret", authenticated_data=b"the psk secret", random=dice)
    assert "psk secret" not in repr(groups[1].receive(message))


def test_padding_hides_how_much_is_said(dice: Dice) -> None:
    alice, bob = town(2, dice)
    short = alice.encrypt(b"a", padding=99, random=dice)
    long = alice.encrypt(b"a" * 50, padding=50, random=dice)
    assert len(short) == len(long)
    heard = bob.receive(short)
    assert isinstance(heard, mls.ApplicationMessage)
    assert heard.data == b"a"
    with raises(mls.UsageError, alice):
        alice.encrypt(b"a", padding=-1, random=dice)


def test_a_founder_that_contradicts_itself_is_refused(dice: Dice) -> None:
    def create(member: mls.MemberProfile, *extensions: mls.Extension) -> mls.Group:
        return mls.Group.create(SUITE, b"id", member, extensions=extensions, now=NOW, random=dice)

    plain = profile(dice)
    for rule, member, extensions in (
        ("leaf_node.group_extensions", plain, (mls.Extension(0xF701, b""),)),
        ("extensions.unique", plain, (mls.Extension(POLICY, b""), mls.Extension(POLICY, b""))),
        ("leaf_node.extensions_listed", profile(dice, capabilities=mls.Capabilities.of()), ()),
        ("leaf_node.credential_listed", profile(dice, credential=mls.X509Credential(())), ()),
        (
            "leaf_node.required_capabilities",
            plain,
            (mls.Extension(mls.REQUIRED_CAPABILITIES, mls.RequiredCapabilities(proposal_types=(0xF001,)).encode()),),
        ),
    ):
        with pytest.raises(mls.ValidationError) as caught:
            create(member, *extensions)
        assert caught.value.rule == rule
    with pytest.raises(mls.UnsupportedError):
        mls.Group.create(0x0002, b"id", plain, now=NOW, random=dice)


def test_limits_are_not_negative() -> None:
    with pytest.raises(mls.UsageError):
        mls.Limits(past_epochs=-1)
    with pytest.raises(mls.UsageError):
        _ = mls.Limits(out_of_order=-1).ratchet


def test_lifetimes_are_looked_at_by_who_adds(dice: Dice) -> None:
    group = found(dice)
    key_package, _ = package(dice)
    for now in (NOW + DAY + 1, NOW - 2 * DAY):
        with pytest.raises(mls.ValidationError) as caught:
            group.commit(add=[key_package], random=dice, now=now)
        assert caught.value.rule == "leaf_node.lifetime"
    long, _ = package(dice, lifetime=400 * DAY)
    with pytest.raises(mls.ValidationError) as caught:
        group.commit(add=[long], random=dice, now=NOW)
    assert caught.value.rule == "leaf_node.lifetime_too_long"
    for attempt in (
        lambda: group.commit(add=[key_package], random=dice),
        lambda: group.propose(mls.Add(key_package), random=dice),
    ):
        with pytest.raises(mls.UsageError):
            attempt()
    # Whoever receives it has no say about clocks, unless it brings one.
    founder, other = town(2, dice)
    staged = founder.commit(add=[key_package], random=dice, now=NOW)
    assert isinstance(other.receive(staged.message or b""), mls.StagedCommit)
    with raises(mls.ValidationError, other):
        other.receive(staged.message or b"", now=NOW + 2 * DAY)


def test_a_reinitialisation_stands_alone_whatever_waits(dice: Dice) -> None:
    wanted = mls.ReInit(b"new", 1, SUITE, ())
    alice, bob = town(2, dice)
    alice.receive(bob.propose(mls.PreSharedKey(mls.PreSharedKeyID(mls.ExternalPsk(b"x"), dice(32))), random=dice))
    assert [proposal for _, proposal in alice.commit(reinit=wanted, random=dice).proposals] == [wanted]
    # Proposed, it waits until nothing else does.
    alice, bob = town(2, dice)
    alice.receive(bob.propose(wanted, random=dice))
    kept = alice.receive(bob.propose_update(random=dice))
    assert isinstance(kept, mls.ProposalMessage)
    assert [proposal for _, proposal in alice.commit(random=dice).proposals] == [kept.proposal]
    alice.forget_proposal(kept.reference)
    staged = alice.commit(random=dice)
    assert staged.reinit == wanted
    assert not staged.has_path


def test_a_proposal_that_has_become_void_is_left_out(dice: Dice) -> None:
    groups = town(4, dice, extensions=RULES)
    wide = profile(dice, capabilities=mls.Capabilities.of(extensions=(POLICY, LEAF), credentials=(1, 2)))
    shy, _ = package(dice, profile(dice, capabilities=mls.Capabilities.of(extensions=(POLICY, LEAF))))
    x509, _ = package(dice, profile(dice, credential=mls.X509Credential(()), capabilities=wide.capabilities))
    named = mls.PreSharedKeyID(mls.ExternalPsk(b"x"), dice(32))
    taken = replace(groups[1].own_profile, signing_key=groups[3].own_profile.signing_key)
    nonsense = [
        groups[1].propose(mls.Add(x509), random=dice, now=NOW),
        groups[1].propose(mls.PreSharedKey(named), authenticated_data=b"1", random=dice),
        groups[1].propose(mls.PreSharedKey(named), authenticated_data=b"2", random=dice),
        groups[1].propose_update(member=taken, random=dice),
        groups[1].propose(mls.Add(shy), random=dice, now=NOW),
    ]
    for message in nonsense:
        groups[0].receive(message)
    # What the commit itself carries stands first: new rules that only some of what waits can meet.
    rules = (mls.Extension(mls.REQUIRED_CAPABILITIES, mls.RequiredCapabilities(extension_types=(POLICY,)).encode()),)
    staged = groups[0].commit(extensions=rules, find_psk=lambda _, __: b"psk", random=dice, now=NOW)
    kinds = sorted(type(proposal).__name__ for _, proposal in staged.proposals)
    assert kinds == ["Add", "GroupContextExtensions", "PreSharedKey"]
    assert [member.signature_key for member in staged.added] == [shy.leaf_node.signature_key]
    # With a clock that has gone on, the key package that waits is too old.
    late = groups[0].commit(find_psk=lambda _, __: b"psk", random=dice, now=NOW + 2 * DAY)
    assert late.added == ()


def test_a_member_tells_what_its_leaf_says(dice: Dice) -> None:
    groups = town(2, dice, renew=False)
    founder = groups[1].member(0)
    assert founder.lifetime is not None
    assert founder.lifetime.not_before <= NOW <= founder.lifetime.not_after
    assert founder.capabilities.supports_extension(LEAF)
    assert founder.extension(0xFFFF) is None
    step(groups, 0, dice)
    assert groups[1].member(0).lifetime is None
    with pytest.raises(mls.UsageError):
        groups[0].member(7)
    with pytest.raises(mls.UsageError):
        groups[0].propose(mls.Update(founder.leaf_node), random=dice)
