"""The secret tree: the official keys, each key once in any order, and nothing spent left in what is saved."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from taboon_crypto.mls.ciphersuite import CipherSuite
from taboon_crypto.mls.errors import KeySpentError, KeyTooFarError, KeyUnavailableError, UsageError
from taboon_crypto.mls.keys.secret_tree import (
    LAST_GENERATION,
    Ratchet,
    RatchetLimits,
    SecretTree,
    _RatchetState,
    _SenderState,
    guarded_nonce,
    sender_data_key_and_nonce,
)
from taboon_crypto.primitives.secret import Secret

from .vectors import Case, each, unhex

SUITE = CipherSuite.of(0x0003)
ENCRYPTION_SECRET = b"\x2a" * 32
APPLICATION, HANDSHAKE = Ratchet.APPLICATION, Ratchet.HANDSHAKE


def new_tree(leaves: int = 8, **limits: Any) -> SecretTree:
    return SecretTree(SUITE, leaves, ENCRYPTION_SECRET, RatchetLimits(**limits))


def keys_of(tree: SecretTree, leaf: int, ratchet: Ratchet, generation: int) -> tuple[bytes, bytes]:
    key = tree.peek(leaf, ratchet, generation)
    return bytes(key.key), bytes(key.nonce)


def reloaded(tree: SecretTree, **limits: Any) -> SecretTree:
    return SecretTree.load(SUITE, tree.parts(), RatchetLimits(**limits))


@each("secret-tree")
def test_senders_have_the_official_keys(case: Case) -> None:
    suite = CipherSuite.of(case["cipher_suite"])
    part = case["sender_data"]
    pair = sender_data_key_and_nonce(suite, unhex(part["sender_data_secret"]), unhex(part["ciphertext"]))
    assert pair == (unhex(part["key"]), unhex(part["nonce"]))
    tree = SecretTree(suite, len(case["leaves"]), unhex(case["encryption_secret"]))
    for leaf, generations in enumerate(case["leaves"]):
        for expected in generations:
            for ratchet in Ratchet:
                name = ratchet.value.decode()
                key = tree.peek(leaf, ratchet, expected["generation"])
                assert key.key == unhex(expected[f"{name}_key"])
                assert key.nonce == unhex(expected[f"{name}_nonce"])
                tree.spend(key)


# once, in any order


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(12)), st.integers(0, 7), st.sampled_from(Ratchet))
def test_any_order_within_the_window_opens_each_message_once_and_never_twice(
    order: list[int], leaf: int, ratchet: Ratchet
) -> None:
    straight = new_tree()
    expected = []
    for generation in range(12):
        key = straight.next_key(leaf, ratchet)
        expected.append((key.generation, key.key, key.nonce))
        assert key.generation == generation
        straight.spend(key)
    tree = new_tree(out_of_order=12)
    for count, generation in enumerate(order):
        key = tree.peek(leaf, ratchet, generation)
        assert (generation, key.key, key.nonce) == expected[generation]
        tree.spend(key)
        if count % 5 == 4:
            tree = reloaded(tree, out_of_order=12)
        for spent in order[: count + 1]:
            with pytest.raises(KeySpentError):
                tree.peek(leaf, ratchet, spent)
        with pytest.raises(KeySpentError):
            tree.spend(key)


class AnyOrder(RuleBasedStateMachine):
    """Peeks, spends and reloads in any order, held against a list of all keys there are."""

    WINDOW, FORWARD, LEAVES = 4, 9, 4

    @initialize()
    def begin(self) -> None:
        self.limits = {"out_of_order": self.WINDOW, "max_forward": self.FORWARD}
        self.tree = new_tree(self.LEAVES, **self.limits)
        self.newest: dict[tuple[int, Ratchet], int] = {}
        self.spent: set[tuple[int, Ratchet, int]] = set()
        self.held: list[Any] = []

    def expectation(self, leaf: int, ratchet: Ratchet, generation: int) -> type[KeyUnavailableError] | None:
        newest = self.newest.get((leaf, ratchet), -1)
        if generation > newest:
            return KeyTooFarError if generation - newest - 1 > self.FORWARD else None
        if (leaf, ratchet, generation) in self.spent or newest - generation > self.WINDOW:
            return KeySpentError
        return None

    @rule(leaf=st.integers(0, LEAVES - 1), ratchet=st.sampled_from(Ratchet), offset=st.integers(-6, 14))
    def peek(self, leaf: int, ratchet: Ratchet, offset: int) -> None:
        generation = max(0, self.newest.get((leaf, ratchet), -1) + offset)
        error = self.expectation(leaf, ratchet, generation)
        if error:
            with pytest.raises(error):
                self.tree.peek(leaf, ratchet, generation)
        else:
            self.held.append(self.tree.peek(leaf, ratchet, generation))

    @rule(choice=st.integers(0, 100))
    def spend(self, choice: int) -> None:
        if not self.held:
            return
        key = self.held.pop(choice % len(self.held))
        name = (key.leaf, key.ratchet)
        error = self.expectation(*name, key.generation)
        if error:
            with pytest.raises(error):
                self.tree.spend(key)
            return
        self.tree.spend(key)
        self.spent.add((*name, key.generation))
        self.newest[name] = max(self.newest.get(name, -1), key.generation)

    @rule()
    def reload(self) -> None:
        self.tree = reloaded(self.tree, **self.limits)
        self.held = []

    @invariant()
    def kept_keys_are_bounded(self) -> None:
        for name, saved in self.tree.parts().items():
            if name.startswith("sender/"):
                state = _SenderState.decode(saved)
                assert len(state.handshake.skipped) <= self.WINDOW
                assert len(state.application.skipped) <= self.WINDOW


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)


def test_a_peeked_key_changes_nothing_until_it_is_spent() -> None:
    tree = new_tree()
    tree.mark_saved()
    before = tree.parts()
    for generation in (0, 5, 100):
        assert keys_of(tree, 3, APPLICATION, generation) == keys_of(tree, 3, APPLICATION, generation)
    assert tree.changed() == frozenset()
    assert tree.parts() == before
    assert keys_of(tree, 3, APPLICATION, 0) == keys_of(new_tree(), 3, APPLICATION, 0)


def test_keys_peeked_together_are_each_spent_and_none_comes_back() -> None:
    tree = new_tree()
    keys = [tree.peek(leaf, APPLICATION, generation) for leaf in (1, 1, 2, 5) for generation in (0, 3)]
    spent = set()
    for key in keys:
        if (key.leaf, key.generation) in spent:
            with pytest.raises(KeySpentError):
                tree.spend(key)
        else:
            tree.spend(key)
            spent.add((key.leaf, key.generation))
    for key in keys:
        with pytest.raises(KeySpentError):
            tree.peek(key.leaf, key.ratchet, key.generation)


def test_senders_and_ratchets_do_not_disturb_each_other() -> None:
    tree, untouched = new_tree(), new_tree()
    for leaf in (0, 3, 7):
        tree.spend(tree.peek(leaf, APPLICATION, 4))
    for leaf in range(8):
        assert keys_of(tree, leaf, HANDSHAKE, 0) == keys_of(untouched, leaf, HANDSHAKE, 0)
        assert keys_of(tree, leaf, APPLICATION, 9) == keys_of(untouched, leaf, APPLICATION, 9)
    every = [
        keys_of(untouched, leaf, ratchet, number) for leaf in range(8) for ratchet in Ratchet for number in range(3)
    ]
    assert len({key for key, _ in every}) == len({nonce for _, nonce in every}) == len(every)


# limits


def test_a_message_too_far_ahead_is_refused_without_deriving_anything() -> None:
    tree = new_tree(max_forward=10)
    tree.peek(0, APPLICATION, 10)
    for generation in (11, 0x7FFF_FFFF, LAST_GENERATION):
        with pytest.raises(KeyTooFarError):
            tree.peek(0, APPLICATION, generation)
    tree.spend(tree.peek(0, APPLICATION, 10))
    tree.peek(0, APPLICATION, 21)
    with pytest.raises(KeyTooFarError):
        tree.peek(0, APPLICATION, 22)


def test_skipped_keys_are_kept_for_the_window_and_no_longer() -> None:
    tree = new_tree(out_of_order=3)
    tree.spend(tree.peek(0, APPLICATION, 10))
    for generation in (6, 0):
        with pytest.raises(KeySpentError):
            tree.peek(0, APPLICATION, generation)
    for generation in (7, 9):
        tree.peek(0, APPLICATION, generation)
    tree.spend(tree.peek(0, APPLICATION, 12))
    for generation in (7, 8):
        with pytest.raises(KeySpentError):
            tree.peek(0, APPLICATION, generation)
    tree.peek(0, APPLICATION, 9)
    strict = new_tree(out_of_order=0)
    strict.spend(strict.peek(0, APPLICATION, 1))
    with pytest.raises(KeySpentError):
        strict.peek(0, APPLICATION, 0)


def test_without_any_leniency_messages_come_in_order_or_not_at_all() -> None:
    tree = new_tree(out_of_order=0, max_forward=0)
    for generation in range(3):
        with pytest.raises(KeyTooFarError):
            tree.peek(0, APPLICATION, generation + 1)
        tree.spend(tree.peek(0, APPLICATION, generation))


def test_negative_limits_are_refused() -> None:
    for limits in ({"out_of_order": -1}, {"max_forward": -1}):
        with pytest.raises(UsageError):
            RatchetLimits(**limits)


@pytest.mark.parametrize(("leaf", "generation"), [(8, 0), (-1, 0), (0xFFFF_FFFF, 0), (0, -1), (0, LAST_GENERATION + 1)])
def test_a_sender_or_generation_that_does_not_exist_has_no_key(leaf: int, generation: int) -> None:
    with pytest.raises(KeyUnavailableError):
        new_tree().peek(leaf, APPLICATION, generation)


def at_generation(generation: int) -> SecretTree:
    """Return a tree whose sender 0 has come that far, by way of what is saved."""
    tree = new_tree()
    tree.spend(tree.peek(0, APPLICATION, 0))
    parts = tree.parts()
    state = _RatchetState(generation, Secret(b"\x11" * 32), ())
    parts["sender/0"] = _SenderState(state, state).encode()
    return SecretTree.load(SUITE, parts)


def test_the_last_generation_is_the_last() -> None:
    tree = at_generation(LAST_GENERATION - 1)
    for generation in (LAST_GENERATION - 1, LAST_GENERATION):
        key = tree.next_key(0, APPLICATION)
        assert key.generation == generation
        tree.spend(key)
    with pytest.raises(UsageError):
        tree.next_key(0, APPLICATION)
    with pytest.raises(KeySpentError):
        tree.peek(0, APPLICATION, LAST_GENERATION)
    assert _SenderState.decode(reloaded(tree).part("sender/0")).application.secret == b""
    tree.next_key(0, HANDSHAKE)


# saving


def everything_derivable(parts: dict[str, bytes], leaves: int, generations: int) -> set[bytes]:
    """Return every message key that follows from what is saved, by any sender, up to a generation."""
    tree = SecretTree.load(SUITE, parts)
    found = set()
    for leaf in range(leaves):
        for ratchet in Ratchet:
            for generation in range(generations):
                try:
                    found.add(keys_of(tree, leaf, ratchet, generation)[0])
                except KeySpentError:
                    continue
    return found


def test_what_is_saved_holds_no_spent_key_and_nothing_above_it() -> None:
    tree = new_tree(4)
    all_keys = everything_derivable(tree.parts(), 4, 6)
    spent = []
    above = [ENCRYPTION_SECRET]
    for leaf, ratchet, generation in [(2, APPLICATION, 0), (2, APPLICATION, 3), (2, APPLICATION, 1), (0, HANDSHAKE, 0)]:
        key = tree.peek(leaf, ratchet, generation)
        tree.spend(key)
        spent.append(bytes(key.key))
        saved = b"".join(tree.parts().values())
        assert not any(secret in saved for secret in spent + above)
        assert everything_derivable(tree.parts(), 4, 6) == all_keys - set(spent)
    # The secrets of the left and right half, and of leaves 0 and 2, went the same way.
    left = SUITE.expand_with_label(ENCRYPTION_SECRET, b"tree", b"left", 32)
    right = SUITE.expand_with_label(ENCRYPTION_SECRET, b"tree", b"right", 32)
    gone = [left, right, *(SUITE.expand_with_label(half, b"tree", b"left", 32) for half in (left, right))]
    kept = [SUITE.expand_with_label(half, b"tree", b"right", 32) for half in (left, right)]
    assert not any(secret in saved for secret in gone)
    assert all(secret in saved for secret in kept)


def test_one_message_writes_one_part_and_the_first_of_a_sender_one_more() -> None:
    tree = new_tree()
    assert tree.changed() == {"secrets"}
    tree.mark_saved()
    tree.spend(tree.peek(5, APPLICATION, 0))
    assert tree.changed() == {"secrets", "sender/5"}
    tree.mark_saved()
    tree.spend(tree.peek(5, APPLICATION, 1))
    tree.spend(tree.next_key(5, HANDSHAKE))
    assert tree.changed() == {"sender/5"}


def test_parts_written_one_by_one_make_the_same_tree() -> None:
    tree = new_tree()
    store: dict[str, bytes] = {}
    for leaf, generation in [(0, 0), (0, 4), (6, 2), (0, 1), (3, 0)]:
        tree.spend(tree.peek(leaf, APPLICATION, generation))
        store.update({name: tree.part(name) for name in tree.changed()})
        tree.mark_saved()
        assert store == tree.parts()
        tree = SecretTree.load(SUITE, dict(store))


def test_a_part_is_decoded_only_when_it_is_needed() -> None:
    tree = new_tree()
    tree.spend(tree.peek(5, APPLICATION, 0))
    tree.spend(tree.peek(6, APPLICATION, 0))
    parts = tree.parts() | {"sender/6": b"not a part"}
    loaded = SecretTree.load(SUITE, parts)
    loaded.spend(loaded.peek(5, APPLICATION, 1))
    assert loaded.changed() == {"sender/5"}
    assert loaded.part("sender/6") == b"not a part"


def test_what_was_never_a_part_is_no_part() -> None:
    with pytest.raises(UsageError):
        new_tree().part("sender/0")
    with pytest.raises(UsageError):
        SecretTree.load(SUITE, {})


def test_a_sender_whose_part_is_lost_gets_no_key_a_second_time() -> None:
    tree = new_tree()
    tree.spend(tree.peek(5, APPLICATION, 0))
    parts = tree.parts()
    del parts["sender/5"]
    with pytest.raises(KeySpentError):
        SecretTree.load(SUITE, parts).peek(5, APPLICATION, 0)


def test_secrets_do_not_print() -> None:
    tree = new_tree()
    key = tree.peek(0, APPLICATION, 0)
    for shown in (repr(tree), repr(key), repr(_SenderState.decode(_sender(tree)))):
        assert key.key.hex() not in shown
        assert repr(bytes(key.key))[2:-1] not in shown
    assert "Secret(<32 bytes>)" in repr(key)


def _sender(tree: SecretTree) -> bytes:
    tree.spend(tree.peek(0, APPLICATION, 2))
    return tree.part("sender/0")


# nonces and sender data


def test_the_reuse_guard_changes_the_first_four_bytes_and_undoes_itself() -> None:
    nonce, guard = bytes(range(12)), b"\xff\x00\x0f\xf0"
    guarded = guarded_nonce(nonce, guard)
    assert guarded == bytes.fromhex("ff010df3") + nonce[4:]
    assert guarded_nonce(guarded, guard) == nonce
    for wrong in (b"", bytes(3), bytes(5)):
        with pytest.raises(UsageError):
            guarded_nonce(nonce, wrong)


def test_only_the_first_hash_length_of_a_ciphertext_is_sampled() -> None:
    sample = bytes(range(32))
    assert sender_data_key_and_nonce(SUITE, bytes(32), sample) == sender_data_key_and_nonce(
        SUITE, bytes(32), sample + b"x"
    )
    assert sender_data_key_and_nonce(SUITE, bytes(32), sample[:5]) != sender_data_key_and_nonce(
        SUITE, bytes(32), sample
    )
