"""tree/saved_tree and what is saved of a staged commit: little is read, and little is written, of a large group."""

import pytest

from taboon_crypto import mls
from taboon_crypto.mls.tree.leaf_node import LeafNode
from taboon_crypto.mls.tree.ratchet_tree import RatchetTree
from taboon_crypto.mls.tree.saved_tree import SavedTree

from .kit import NOW, Dice, package, step, town


def _tree(group: mls.Group) -> RatchetTree:
    return group.state.epoch.tree


@pytest.mark.parametrize("count", [1, 2, 3, 7, 12])
def test_a_saved_tree_gives_back_the_tree_and_each_leaf(dice: Dice, count: int) -> None:
    groups = town(count, dice)
    if count > 3:
        step(groups, 0, dice, remove=[2])
    tree = _tree(groups[0])
    saved = SavedTree(tree.suite, SavedTree.of(tree).data)
    assert saved.tree().encode() == tree.encode()
    for leaf in range(-1, tree.leaf_count + 2):
        assert saved.leaf(leaf) == tree.leaf(leaf)


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\0\2", b"\0\0\0\2\0\0\0\0", b"\0\0\0\1\0\0\0\5abcde"])
def test_what_is_no_saved_tree_does_not_decode(data: bytes) -> None:
    with pytest.raises(mls.DecodeError):
        SavedTree(mls.SUITES[3], data).tree()


def test_a_message_is_read_without_decoding_anybody_elses_leaf(dice: Dice, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = town(8, dice)
    message = groups[3].encrypt(b"said", random=dice)
    group = mls.Group.load(groups[0].parts())
    decoded: list[int] = []
    real = LeafNode.read.__func__  # type: ignore[attr-defined]  # what is behind the classmethod

    def read(cls: type[LeafNode], data: bytes, position: int, end: int) -> tuple[LeafNode, int]:
        decoded.append(end)
        result: tuple[LeafNode, int] = real(cls, data, position, end)
        return result

    monkeypatch.setattr(LeafNode, "read", classmethod(read))
    group.receive(message)
    assert 0 < len(decoded) <= 3


def test_a_staged_commit_is_as_long_as_the_commit_and_not_as_the_group(dice: Dice) -> None:
    few, many = town(4, dice, renew=False)[0], town(32, dice, renew=False)[0]
    for group in (few, many):
        group.merge(group.commit(random=dice))
    lengths = [
        len(staged.encode()) - len(staged.message or b"")
        for staged in (group.commit(path=True, random=dice) for group in (few, many))
    ]
    assert lengths[1] < lengths[0] + 3 * 200
    assert len(SavedTree.of(_tree(many)).data) > 6_000


@pytest.mark.parametrize("wish", ["update", "add", "grow", "remove", "shrink"])
def test_a_staged_commit_that_was_saved_leads_to_the_same_tree(dice: Dice, wish: str) -> None:
    groups = town(5 if wish in ("remove", "shrink", "add") else 4, dice)
    wishes = {
        "update": {},
        "add": {"add": [package(dice)[0]]},
        "grow": {"add": [package(dice)[0]]},
        "remove": {"remove": [2]},
        "shrink": {"remove": [4]},
    }[wish]
    staged = groups[0].commit(**wishes, random=dice, now=NOW)  # type: ignore[arg-type]
    again = mls.Group.load(groups[0].parts()).load_staged(staged.encode())
    assert again.after.encode() == staged.after.encode()
    assert again.members() == staged.members()
    group = mls.Group.load(groups[0].parts())
    group.merge(group.load_staged(staged.encode()))
    groups[0].merge(staged)
    assert group.tree_hash == groups[0].tree_hash
    assert group.parts() == groups[0].parts()
    follower = groups[1]
    received = follower.receive(staged.message or b"", now=NOW)
    assert isinstance(received, mls.StagedCommit)
    follower.merge(received)
    next_one = group.commit(random=dice)
    received = follower.receive(next_one.message or b"")
    assert isinstance(received, mls.StagedCommit)
    assert received.epoch_authenticator == next_one.epoch_authenticator
