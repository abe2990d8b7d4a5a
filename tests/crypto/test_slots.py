from __future__ import annotations

import os
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taboon_crypto import slots
from taboon_crypto.errors import (
    KdfMemoryError,
    PassphraseError,
    SlotsClosedError,
    SlotsCostError,
    SlotsDamagedError,
    SlotsError,
    SlotsNewerError,
)
from taboon_crypto.primitives.sodium import xchacha20poly1305_open
from taboon_crypto.slots import SLOT_COUNT, SLOTS_LENGTH, Cost
from tests.support import FAST_COST, PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Callable

NEW = "violet marble canyon pepper whisker"
FIRST, LENGTH, END = 64, 500, 4_064


def with_new_checksum(file: bytes) -> bytes:
    """What somebody does who changes the file and knows its format."""
    return file[:END] + sha256(file[:END]).digest()


def changed(file: bytes, at: int, change: bytes) -> bytes:
    return file[:at] + change + file[at + len(change) :]


@pytest.fixture
def no_kdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens in this test happens before anything is computed with the file's cost."""

    def fail(*_: object) -> bytes:
        pytest.fail("the passphrase was stretched")

    monkeypatch.setattr(slots, "argon2id", fail)


def choosing(place: int) -> Callable[[int], bytes]:
    """A random source that puts the key into that slot: the one call for a single byte chooses it."""
    return lambda count: bytes((place,)) if count == 1 else os.urandom(count)


def used_slots(file: bytes, later: bytes) -> list[int]:
    places = range(SLOT_COUNT)
    return [i for i in places if file[FIRST + i * LENGTH :][:LENGTH] != later[FIRST + i * LENGTH :][:LENGTH]]


# With the real cost, once


def test_the_default_cost_opens_with_the_passphrase() -> None:
    file, key = slots.create(PASSPHRASE, slots.SMALL_COST, os.urandom)
    assert slots.unlock(file, PASSPHRASE) == key
    assert len(key) == 32


def test_the_cost_is_that_of_the_design() -> None:
    assert Cost(256 * 1024, 3) == slots.DEFAULT_COST
    assert Cost(64 * 1024, 4) == slots.SMALL_COST


@pytest.mark.usefixtures("no_kdf")
@pytest.mark.parametrize(
    "cost",
    [
        Cost(0, 0),
        Cost(8, 1),
        FAST_COST,
        Cost(64 * 1024, 3),
        Cost(64 * 1024 - 1, 10),
        Cost(256 * 1024, 1),
        Cost(512 * 1024, 2),
        Cost(1024 * 1024 + 1, 3),
        Cost(256 * 1024, 11),
        Cost(2**32 - 1, 2**32 - 1),
    ],
)
def test_a_cost_outside_the_limits_is_refused_before_it_is_paid(cost: Cost) -> None:
    with pytest.raises(SlotsCostError):
        slots.create(PASSPHRASE, cost, os.urandom)
    head = slots._write_head(cost, bytes(16))
    with pytest.raises(SlotsCostError):
        slots.unlock(slots._assemble(head, [bytes(LENGTH)] * SLOT_COUNT), PASSPHRASE)


@pytest.mark.parametrize("cost", [slots.DEFAULT_COST, slots.SMALL_COST, Cost(1024 * 1024, 10), Cost(96 * 1024, 3)])
def test_a_cost_inside_the_limits_is_accepted(cost: Cost) -> None:
    slots._limits.check(cost)


# With the tests' own cost


@pytest.mark.usefixtures("fast_kdf")
class TestSlots:
    def test_the_right_passphrase_opens_and_any_other_does_not(self) -> None:
        file, key = slots.create(PASSPHRASE, FAST_COST, os.urandom)
        assert slots.unlock(file, f" {PASSPHRASE} ") == key
        for wrong in (NEW, PASSPHRASE.upper(), PASSPHRASE + "s", PASSPHRASE[:-1]):
            with pytest.raises(SlotsClosedError):
                slots.unlock(file, wrong)

    def test_a_weak_passphrase_is_refused(self) -> None:
        with pytest.raises(PassphraseError):
            slots.create("123456", FAST_COST, os.urandom)
        file, _ = slots.create(PASSPHRASE, FAST_COST, os.urandom)
        with pytest.raises(PassphraseError):
            slots.rewrap(file, PASSPHRASE, "123456", os.urandom)

    def test_every_vault_has_its_own_key_and_salt(self) -> None:
        made = [slots.create(PASSPHRASE, FAST_COST, os.urandom) for _ in range(4)]
        assert len({bytes(key) for _, key in made}) == 4
        assert len({file[28:44] for file, _ in made}) == 4

    def test_neither_key_nor_passphrase_is_in_the_file(self) -> None:
        file, key = slots.create(PASSPHRASE, FAST_COST, os.urandom)
        assert bytes(key) not in file
        assert not any(word.encode() in file for word in PASSPHRASE.split())

    def test_a_changed_passphrase_opens_the_same_vault_and_the_old_one_does_not(self) -> None:
        file, key = slots.create(PASSPHRASE, FAST_COST, os.urandom)
        later = slots.rewrap(file, PASSPHRASE, NEW, os.urandom)
        assert slots.unlock(later, NEW) == key
        with pytest.raises(SlotsClosedError):
            slots.unlock(later, PASSPHRASE)

    def test_changing_a_passphrase_takes_the_old_one(self) -> None:
        file, _ = slots.create(PASSPHRASE, FAST_COST, os.urandom)
        with pytest.raises(SlotsClosedError):
            slots.rewrap(file, NEW, NEW, os.urandom)

    def test_changing_a_passphrase_leaves_cost_and_other_slots_as_they_are(self) -> None:
        file, _ = slots.create(PASSPHRASE, FAST_COST, os.urandom)
        later = slots.rewrap(file, PASSPHRASE, NEW, os.urandom)
        assert later[:FIRST] == file[:FIRST]
        assert len(used_slots(file, later)) == 1

    def test_any_slot_may_be_the_used_one(self) -> None:
        for place in range(SLOT_COUNT):
            file, key = slots.create(PASSPHRASE, FAST_COST, choosing(place))
            later = slots.rewrap(file, PASSPHRASE, NEW, os.urandom)
            assert used_slots(file, later) == [place]
            assert slots.unlock(later, NEW) == key

    def test_a_used_slot_looks_like_the_others(self) -> None:
        # Were any byte of a used slot constant, or like another's, it would repeat over many files.
        drawn = Random(1)
        files = [slots.create(PASSPHRASE, FAST_COST, drawn.randbytes)[0] for _ in range(64)]
        assert {len(file) for file in files} == {SLOTS_LENGTH}
        for at in range(FIRST, END):
            assert len({file[at] for file in files}) > 16
        assert (
            len({file[FIRST + i * LENGTH :][:LENGTH] for file in files for i in range(SLOT_COUNT)}) == 64 * SLOT_COUNT
        )

    def test_every_slot_is_tried_also_after_one_has_opened(self, monkeypatch: pytest.MonkeyPatch) -> None:
        file, _ = slots.create(PASSPHRASE, FAST_COST, choosing(0))
        tried = []
        real = xchacha20poly1305_open

        def count(key: bytes, nonce: bytes, ciphertext: bytes, associated: bytes) -> bytes:
            tried.append(associated)
            return real(key, nonce, ciphertext, associated)

        monkeypatch.setattr(slots, "xchacha20poly1305_open", count)
        slots.unlock(file, PASSPHRASE)
        # Version, cost and salt are bound to each slot, as is its place.
        assert tried == [b"taboon slot v1" + file[:FIRST] + bytes((i,)) for i in range(SLOT_COUNT)]

    def test_a_flipped_bit_anywhere_is_noticed_before_anything_is_computed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file, _ = slots.create(PASSPHRASE, FAST_COST, os.urandom)
        monkeypatch.setattr(slots, "argon2id", lambda *_: pytest.fail("the passphrase was stretched"))
        for at in range(SLOTS_LENGTH):
            with pytest.raises((SlotsDamagedError, SlotsNewerError)):
                slots.unlock(changed(file, at, bytes((file[at] ^ 1 << at % 8,))), PASSPHRASE)

    def test_a_head_changed_by_someone_who_knows_the_format_opens_nothing(self) -> None:
        file, _ = slots.create(PASSPHRASE, FAST_COST, os.urandom)
        for at in range(FIRST):
            for change in (1, 0x80):
                forged = with_new_checksum(changed(file, at, bytes((file[at] ^ change,))))
                with pytest.raises(SlotsError):
                    slots.unlock(forged, PASSPHRASE)

    def test_a_used_slot_changed_by_someone_who_knows_the_format_opens_nothing(self) -> None:
        file, _ = slots.create(PASSPHRASE, FAST_COST, choosing(0))
        for at in range(FIRST, FIRST + LENGTH, 7):
            with pytest.raises(SlotsClosedError):
                slots.unlock(with_new_checksum(changed(file, at, bytes((file[at] ^ 1,)))), PASSPHRASE)

    def test_a_slot_moved_to_another_place_or_file_opens_nothing(self) -> None:
        file, _ = slots.create(PASSPHRASE, FAST_COST, choosing(0))
        other, _ = slots.create(PASSPHRASE, FAST_COST, os.urandom)
        slot = file[FIRST : FIRST + LENGTH]
        empty = changed(file, FIRST, os.urandom(LENGTH))
        with pytest.raises(SlotsClosedError):
            slots.unlock(with_new_checksum(changed(empty, FIRST + LENGTH, slot)), PASSPHRASE)
        blank = changed(other, FIRST, os.urandom(END - FIRST))
        with pytest.raises(SlotsClosedError):
            slots.unlock(with_new_checksum(changed(blank, FIRST, slot)), PASSPHRASE)

    def test_a_cheaper_cost_written_into_the_file_opens_nothing(self) -> None:
        file, _ = slots.create(PASSPHRASE, Cost(16, 2), os.urandom)
        for at, value in ((20, 8), (24, 1), (20, 15), (24, 3)):
            with pytest.raises(SlotsClosedError):
                slots.unlock(with_new_checksum(changed(file, at, value.to_bytes(4, "big"))), PASSPHRASE)

    @pytest.mark.usefixtures("no_kdf")
    @pytest.mark.parametrize("file", [b"", b"taboon", bytes(SLOTS_LENGTH), b"SQLite format 3\x00" + bytes(4_080)])
    def test_what_is_no_slot_file_is_refused(self, file: bytes) -> None:
        with pytest.raises(SlotsDamagedError):
            slots.unlock(file, PASSPHRASE)

    def test_a_file_of_another_length_is_refused(self) -> None:
        file, _ = slots.create(PASSPHRASE, FAST_COST, os.urandom)
        for wrong in (file[:-1], file + b"\x00", file * 2):
            with pytest.raises(SlotsDamagedError):
                slots.unlock(wrong, PASSPHRASE)

    def test_a_newer_format_is_refused_politely(self) -> None:
        file, _ = slots.create(PASSPHRASE, FAST_COST, os.urandom)
        with pytest.raises(SlotsNewerError, match="update Taboon"):
            slots.unlock(with_new_checksum(changed(file, 16, b"\x00\x02")), PASSPHRASE)

    def test_a_device_without_the_memory_is_told_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        file, _ = slots.create(PASSPHRASE, FAST_COST, os.urandom)

        def refuse(*_: object) -> bytes:
            raise MemoryError

        monkeypatch.setattr(slots, "argon2id", refuse)
        with pytest.raises(KdfMemoryError, match="close other programs"):
            slots.unlock(file, PASSPHRASE)
        with pytest.raises(KdfMemoryError):
            slots.create(PASSPHRASE, FAST_COST, os.urandom)

    @settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(st.binary(max_size=100), st.integers(0, SLOTS_LENGTH))
    def test_no_bytes_make_anything_but_the_error_of_slots(self, change: bytes, at: int) -> None:
        file = changed(bytes(slots._assemble(slots._write_head(FAST_COST, bytes(16)), [bytes(LENGTH)] * 8)), at, change)
        for candidate in (file, with_new_checksum(file), change):
            with pytest.raises(SlotsError):
                slots.unlock(candidate, PASSPHRASE)
