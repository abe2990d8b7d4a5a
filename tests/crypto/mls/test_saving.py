"""group/state: a group is saved in parts, and one message writes one or two of them."""

import pytest

from taboon_crypto import mls
from taboon_crypto.mls.codec import opaque
from taboon_crypto.mls.messages.framing import (
    ApplicationContent,
    AuthenticatedContent,
    FramedContent,
    FramedContentAuthData,
)

from .kit import NOW, Dice, agree, found, package, raises, step, town


class Vault:
    """Keeps parts as a caller does: it writes what changed and deletes what is gone."""

    def __init__(self, group: mls.Group) -> None:
        self.parts: dict[str, bytes] = {}
        self.written: set[str] = set()
        self.save(group)

    def save(self, group: mls.Group) -> None:
        changed = group.changed_parts()
        assert set(changed) == group.changed()
        for name in group.removed_parts():
            del self.parts[name]
        self.parts.update(changed)
        self.written = set(changed)
        group.mark_saved()
        assert group.changed() == set()
        assert group.removed_parts() == set()
        # What was written piece by piece is what there is.
        assert self.parts == group.parts()
        assert mls.Group.load(self.parts).changed() == set()


def test_what_is_saved_by_parts_is_the_whole(dice: Dice) -> None:
    groups = town(4, dice)
    vaults = [Vault(group) for group in groups]
    for round_number in range(6):
        for number, vault in enumerate(vaults):
            groups[number] = mls.Group.load(vault.parts)
        message = groups[round_number % 4].encrypt(b"hello", random=dice)
        for number, group in enumerate(groups):
            if number != round_number % 4:
                group.receive(message)
        for vault, group in zip(vaults, groups, strict=True):
            vault.save(group)
        proposal = groups[1].propose_update(random=dice)
        for number in (0, 2, 3):
            groups[number].receive(proposal)
            vaults[number].save(groups[number])
        vaults[1].save(groups[1])
        step(groups, 0, dice)
        for vault, group in zip(vaults, groups, strict=True):
            vault.save(group)
    agree(groups, dice)


def test_one_message_writes_the_ratchet_of_its_sender_and_no_tree(dice: Dice) -> None:
    alice, bob = town(2, dice)
    for group in (alice, bob):
        group.mark_saved()
    message = alice.encrypt(b"first", random=dice)
    assert alice.changed() == {"secrets", "sender/0"}
    bob.receive(message)
    assert bob.changed() == {"secrets", "sender/0"}
    for group in (alice, bob):
        group.mark_saved()
    bob.receive(alice.encrypt(b"second", random=dice))
    assert alice.changed() == bob.changed() == {"sender/0"}
    bob.mark_saved()
    bob.receive(alice.propose(mls.Remove(1), random=dice))
    assert bob.changed() == {"sender/0", "proposal/0"}


def test_a_proposal_of_a_new_epoch_is_written_under_an_old_name(dice: Dice) -> None:
    alice, bob = town(2, dice)
    bob.receive(alice.propose_update(random=dice))
    vault = Vault(bob)
    step([alice, bob], 1, dice)
    bob.receive(alice.propose_update(random=dice))
    assert "proposal/0" in bob.changed()
    vault.save(bob)


def test_a_forgotten_proposal_is_deleted(dice: Dice) -> None:
    alice, bob = town(2, dice)
    kept = bob.receive(alice.propose_update(random=dice))
    assert isinstance(kept, mls.ProposalMessage)
    vault = Vault(bob)
    bob.forget_proposal(kept.reference)
    assert bob.removed_parts() == {"proposal/0"}
    vault.save(bob)
    assert mls.Group.load(vault.parts).pending_proposals() == ()


def test_past_epochs_move_to_their_own_parts_and_are_deleted_in_time(dice: Dice) -> None:
    groups = town(2, dice)
    vault = Vault(groups[0])
    epoch = groups[0].epoch
    groups[0].receive(groups[1].encrypt(b"x", random=dice))
    step(groups, 1, dice)
    vault.save(groups[0])
    assert f"past/{epoch}/sender/1" in vault.parts
    for _ in range(3):
        step(groups, 1, dice)
        vault.save(groups[0])
    assert not any(name.startswith(f"past/{epoch}/") for name in vault.parts)
    assert len({name.split("/")[1] for name in vault.parts if name.startswith("past/")}) == 2
    groups[0].forget_past_epochs()
    vault.save(groups[0])
    assert not any(name.startswith("past/") for name in vault.parts)


def test_a_removed_member_deletes_all_but_that_it_was_removed(dice: Dice) -> None:
    groups = town(3, dice)
    vault = Vault(groups[2])
    staged = groups[0].commit(remove=[2], random=dice)
    assert staged.message is not None
    told = groups[2].receive(staged.message)
    assert isinstance(told, mls.StagedCommit)
    groups[2].merge(groups[2].load_staged(told.encode()))
    vault.save(groups[2])
    assert set(vault.parts) == {"group"}
    assert not mls.Group.load(vault.parts).is_active


def test_a_spent_key_is_in_no_part(dice: Dice) -> None:
    alice, bob = town(2, dice)
    message = alice.encrypt(b"x", random=dice)
    before = mls.Group.load(bob.parts())
    bob.receive(message)
    after = mls.Group.load(bob.parts())
    assert isinstance(before.receive(message), mls.ApplicationMessage)
    with raises(mls.KeySpentError, after):
        after.receive(message)


def test_loading_needs_every_part(dice: Dice) -> None:
    alice, bob = town(2, dice)
    step([alice, bob], 1, dice)
    parts = alice.parts()
    for name in (
        "group",
        "epoch",
        "tree",
        "secrets",
        f"past/{alice.epoch - 1}/epoch",
        f"past/{alice.epoch - 1}/secrets",
    ):
        with pytest.raises(mls.UsageError):
            mls.Group.load({key: value for key, value in parts.items() if key != name})
    with pytest.raises(mls.UsageError):
        mls.Group.load({**parts, "past/x/epoch": b""})
    with pytest.raises(mls.DecodeError):
        mls.Group.load({**parts, "group": b"\x00\x09" + parts["group"][2:]})
    with pytest.raises(mls.DecodeError):
        mls.Group.load({**parts, "epoch": b""})
    said = AuthenticatedContent(
        mls.WireFormat.PRIVATE_MESSAGE,
        FramedContent(alice.group_id, alice.epoch, mls.MemberSender(0), b"", ApplicationContent(b"x")),
        FramedContentAuthData(b""),
    )
    no_proposal = opaque(said.encode()) + b"\x00"
    alice.propose_update(random=dice)
    proposal = alice.part("proposal/0")
    for name, data in (("proposal/0", b""), ("proposal/0", no_proposal), ("proposal/x", proposal)):
        with pytest.raises(mls.DecodeError):
            mls.Group.load({**parts, name: data})
    for name in ("nothing", "past/77/epoch", "proposal/7", "sender/99", "past/x"):
        with pytest.raises(mls.UsageError):
            alice.part(name)


def test_a_tree_is_decoded_only_when_it_is_needed(dice: Dice) -> None:
    alice, bob = town(2, dice)
    alice.encrypt(b"x", random=dice)
    loaded = mls.Group.load({**alice.parts(), "tree": b"no tree at all"})
    message = loaded.encrypt(b"sending takes no tree", random=dice)
    assert isinstance(bob.receive(message), mls.ApplicationMessage)
    with pytest.raises(mls.MlsError):
        loaded.members()


def test_a_founded_and_a_joined_group_are_saved_whole_the_first_time(dice: Dice) -> None:
    group = found(dice)
    assert group.changed() == set(group.parts()) == {"group", "epoch", "tree", "secrets"}
    key_package, secrets = package(dice)
    staged = step([group], 0, dice, add=[key_package], now=NOW)
    joined = mls.Group.join(staged.welcome or b"", key_package, secrets)
    assert joined.changed() == set(joined.parts())
    newcomer, _ = mls.Group.join_by_commit(group.group_info(random=dice), joined.own_profile, replacing=1, random=dice)
    assert newcomer.changed() == set(newcomer.parts())


def test_a_staged_commit_whose_tree_no_commit_makes_is_refused(dice: Dice) -> None:
    # The fuzzer: a saved width of four thousand million leaves was made room for before anyone looked at it.
    group = town(3, dice)[0]
    data = group.commit(add=[package(dice)[0]], path=True, random=dice, now=NOW).encode()
    width = group.state.epoch.tree.leaf_count.to_bytes(4)
    places = [at for at in range(len(data)) if data[at : at + 4] == width]
    before = group.parts()
    refused_places = 0
    for at in places:
        for leaves in (0, 3, 2**20, 2**32 - 1, 2**31):
            try:
                group.load_staged(data[:at] + leaves.to_bytes(4) + data[at + 4 :])
            except mls.MlsError:
                refused_places += 1
    assert refused_places >= 5
    assert group.parts() == before
    assert group.load_staged(data).encode() == data


def test_a_staged_node_of_the_wrong_kind_or_place_is_refused(dice: Dice) -> None:
    group = town(3, dice)[0]
    staged = group.commit(path=True, random=dice)
    data = staged.encode()
    for index, node in staged.after.changes_since(staged.before).items():
        assert node is not None
        there = index.to_bytes(4) + (b"\0\1" if index % 2 else b"\1") + node.encode()
        at = data.index(there)
        for other in (index + 1, 99):
            with raises(mls.DecodeError, group):
                group.load_staged(data[:at] + other.to_bytes(4) + data[at + 4 :])
