"""group/limits and codec.AtMost: what a member, or a newcomer's host, can make others work, keep or believe."""

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from taboon_crypto import mls
from taboon_crypto.mls.codec import opaque
from taboon_crypto.mls.keys.secret_tree import Ratchet, SecretTree

from .kit import NOW, SUITE, Dice, found, package, profile, refused, step, town


class _CountedList(tuple[int, ...]):
    """A list of code points that notes how often it is walked through."""

    __slots__ = ()
    walked = 0

    def __iter__(self) -> Iterator[int]:
        _CountedList.walked += 1
        return super().__iter__()

    def __contains__(self, value: object) -> bool:
        _CountedList.walked += 1
        return super().__contains__(value)


def test_the_lists_of_a_leaf_are_walked_through_a_fixed_number_of_times(dice: Dice) -> None:
    def walks(length: int) -> int:
        extensions = tuple(mls.Extension(0xF000 + number, b"") for number in range(length))
        listed = _CountedList(0xF000 + number for number in range(length))
        key_package, _ = package(dice, replace(profile(dice), extensions=extensions, capabilities=None))
        leaf = replace(
            key_package.leaf_node, capabilities=replace(key_package.leaf_node.capabilities, extensions=listed)
        )
        _CountedList.walked = 0
        leaf.check_extensions()
        leaf.check_group_extensions(extensions)
        leaf.check_required(mls.RequiredCapabilities(extension_types=tuple(listed)))
        return _CountedList.walked

    assert walks(200) == walks(2)


def test_what_a_group_requires_is_read_once_for_all_who_are_added(dice: Dice, monkeypatch: pytest.MonkeyPatch) -> None:
    group = found(dice, extensions=(mls.Extension(mls.REQUIRED_CAPABILITIES, mls.RequiredCapabilities().encode()),))
    read: list[bytes] = []
    real = mls.RequiredCapabilities.decode

    def decode(data: bytes) -> mls.RequiredCapabilities:
        read.append(data)
        return real(data)

    monkeypatch.setattr(mls.RequiredCapabilities, "decode", decode)

    def reads(count: int) -> int:
        packages = [package(dice)[0] for _ in range(count)]
        read.clear()
        group.commit(add=packages, random=dice, now=NOW)
        return len(read)

    assert reads(12) == reads(1)


@pytest.mark.parametrize("which", ["versions", "cipher_suites", "extensions", "proposals", "credentials"])
def test_a_leaf_that_lists_more_than_there_is_does_not_decode(dice: Dice, which: str) -> None:
    listed = mls.Capabilities.of()
    longest = replace(listed, **{which: tuple(range(1024))})
    assert mls.Capabilities.decode(longest.encode()) == longest
    with pytest.raises(mls.DecodeError, match="more than 1024"):
        mls.Capabilities.decode(replace(listed, **{which: tuple(range(1025))}).encode())


def test_a_list_of_more_extensions_than_there_are_does_not_decode(dice: Dice) -> None:
    def proposal(count: int) -> mls.GroupContextExtensions:
        return mls.GroupContextExtensions(tuple(mls.Extension(0xF000 + number, b"") for number in range(count)))

    assert mls.GroupContextExtensions.decode(proposal(256).encode()) == proposal(256)
    with pytest.raises(mls.DecodeError, match="more than 256"):
        mls.GroupContextExtensions.decode(proposal(257).encode())


def test_a_long_list_is_refused_before_its_elements_are_read() -> None:
    with pytest.raises(mls.DecodeError, match="more than 1024"):
        mls.RequiredCapabilities.decode(opaque(bytes(2 * 500_000)) + opaque(b"") + opaque(b""))


def test_a_commit_of_more_proposals_than_the_limit_is_neither_made_nor_followed(dice: Dice) -> None:
    alice, bob = town(2, dice)
    strict = mls.Group.load(bob.parts(), limits=mls.Limits(proposals=2))
    names = [bytes([number]) for number in range(3)]
    staged = alice.commit(psks=[(name, b"secret") for name in names], random=dice)
    assert staged.message is not None
    with refused("commit.too_many", strict):
        strict.receive(staged.message, psks=lambda *_: b"secret")
    with refused("commit.too_many", strict):
        strict.commit(psks=[(name, b"secret") for name in names], random=dice)


def test_nobody_makes_or_follows_a_tree_wider_than_can_be_kept(dice: Dice) -> None:
    limits = mls.Limits(max_leaves=4)
    alice, *others = town(4, dice, limits=limits)
    key_package, _ = package(dice)
    with refused("tree.too_wide", alice):
        alice.commit(add=[key_package], random=dice, now=NOW)
    careless = mls.Group.load(alice.parts())
    staged = careless.commit(add=[key_package], random=dice, now=NOW)
    assert staged.message is not None
    with refused("tree.too_wide", others[0]):
        others[0].receive(staged.message)


def test_a_newcomer_takes_no_wider_tree_than_it_keeps(dice: Dice) -> None:
    group = found(dice)
    packages = [package(dice) for _ in range(4)]
    staged = group.commit(add=[key_package for key_package, _ in packages], random=dice, now=NOW)
    assert staged.welcome is not None
    with pytest.raises(mls.DecodeError, match="more than 7 nodes"):
        mls.Group.join(staged.welcome, *packages[0], limits=mls.Limits(max_leaves=4))


def test_a_group_of_an_epoch_that_no_honest_group_reaches_is_not_joined(dice: Dice) -> None:
    group = found(dice)
    key_package, secrets = package(dice)
    staged = group.commit(add=[key_package], random=dice, now=NOW)
    assert staged.welcome is not None
    with refused("group_info.epoch"):
        mls.Group.join(staged.welcome, key_package, secrets, limits=mls.Limits(max_epoch=0))
    assert mls.Limits().max_epoch < 2**63 - 1
    mls.Group.join(staged.welcome, key_package, secrets, limits=mls.Limits(max_epoch=1))


def test_a_newcomer_with_a_clock_takes_no_leaf_that_lives_too_long(dice: Dice) -> None:
    group = mls.Group.create(SUITE, dice(32), profile(dice), now=NOW, lifetime=300 * 86_400, random=dice)
    key_package, secrets = package(dice)
    staged = group.commit(add=[key_package], random=dice, now=NOW, path=None)
    assert staged.welcome is not None
    with refused("leaf_node.lifetime_too_long"):
        mls.Group.join(staged.welcome, key_package, secrets, now=NOW)
    mls.Group.join(staged.welcome, key_package, secrets, now=NOW, limits=mls.Limits(max_lifetime=400 * 86_400))


@pytest.mark.parametrize("name", ["out_of_order", "max_forward", "past_epochs", "proposals", "max_leaves", "max_epoch"])
def test_limits_are_not_negative(name: str) -> None:
    arguments: dict[str, Any] = {name: -1}
    with pytest.raises(mls.UsageError):
        mls.Limits(**arguments)


def test_what_was_saved_of_a_spent_key_is_not_kept_in_memory(dice: Dice) -> None:
    first = SecretTree(mls.SUITES[SUITE], 4, os.urandom(32))
    first.spend(first.next_key(2, Ratchet.APPLICATION))
    parts = first.parts()
    tree = SecretTree.load(mls.SUITES[SUITE], parts)
    tree.spend(tree.next_key(2, Ratchet.APPLICATION))
    assert parts["sender/2"] not in tree._saved.values()
    tree.spend(tree.next_key(1, Ratchet.APPLICATION))
    assert parts["secrets"] not in tree._saved.values()
    assert tree.names() == {"secrets", "sender/1", "sender/2"}
    assert tree.changed() == tree.names()


def test_limits_hold_for_the_groups_that_continue_a_group(dice: Dice) -> None:
    limits = mls.Limits(max_leaves=64, past_epochs=1)
    groups = town(2, dice, limits=limits)
    key_package, _ = package(dice, groups[1].own_profile)
    following, _ = mls.branch(groups[0], dice(32), groups[0].own_profile, [key_package], now=NOW, random=dice)
    assert following.limits == limits
    step(groups, 0, dice)
