"""Whatever stands in an `Authorization` header is either a proof or malformed."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from taboon_server import proof
from taboon_server.problems import Problem
from taboon_server.proof import Operation
from tests.server.signing import EXPECTED, READ, SEAL, Keys, b64, header

KEYS = Keys()
RELAY = bytes(range(32))
UNIT = st.integers(0, 2**32 - 1)
NUMBER = st.integers(1, 2**63 - 1)


def parsed(value: bytes, operation: Operation) -> proof.Proof | None:
    with contextlib.suppress(Problem):
        return proof.parse(value, operation)
    return None


@given(st.binary(max_size=400), st.sampled_from(Operation))
def test_random_bytes_are_malformed(value: bytes, operation: Operation) -> None:
    assert parsed(value, operation) is None


@given(st.binary(min_size=160, max_size=160), st.sampled_from(Operation))
def test_random_proofs_never_verify(raw: bytes, operation: Operation) -> None:
    for candidate in (raw, bytes([1, operation, 0, 2, 0, 0, 0, 0]) + raw[8:72] + bytes(8) + raw[80:]):
        found = parsed(b"Taboon " + b64(candidate).encode(), operation)
        if found is not None:
            with contextlib.suppress(Problem):
                proof.verify(found, RELAY, b"")
                raise AssertionError("a proof that nobody signed was taken")


@given(st.integers(0, 3), st.integers(0, 25), st.integers(0, 2**63 - 1), UNIT, st.binary(min_size=12, max_size=12))
def test_every_honest_read_is_read_as_it_was_meant(answer: int, wait: int, after: int, unit: int, nonce: bytes) -> None:
    made = KEYS.proof(RELAY, READ, answer=answer, wait=wait, number=after, unit=unit, nonce=nonce)
    found = proof.parse(header(made).encode(), Operation.READ)
    proof.verify(found, RELAY, b"")
    assert (found.answer_class, found.wait, found.after, found.unit) == (answer, wait, after, unit)
    assert (found.nonce, found.mailbox, found.expected) == (nonce, KEYS.mailbox, None)


@given(st.booleans(), st.none() | NUMBER, st.binary(max_size=100))
def test_every_honest_append_is_read_as_it_was_meant(seal: bool, expected: int | None, body: bytes) -> None:
    flags = SEAL * seal | EXPECTED * (expected is not None)
    made = KEYS.proof(RELAY, Operation.APPEND, body, flags=flags, number=expected or 0)
    found = proof.parse(header(made).encode(), Operation.APPEND)
    proof.verify(found, RELAY, body)
    assert (found.seal, found.expected, found.after, found.mailbox) == (seal, expected, 0, KEYS.mailbox)


def test_a_proof_does_not_show_itself() -> None:
    found = proof.parse(header(KEYS.proof(RELAY, READ)).encode(), Operation.READ)
    assert KEYS.mailbox.hex() not in repr(found)
    assert repr(KEYS.mailbox) not in repr(found)


def proofs(number: int, unit: int = 5_900_000, nonces: int = 0) -> list[proof.Proof]:
    names = range(nonces, nonces + number)
    made = (KEYS.proof(RELAY, READ, unit=unit, nonce=each.to_bytes(12, "big")) for each in names)
    return [proof.parse(header(each).encode(), Operation.READ) for each in made]


NOW = 5_900_000 * 300


def test_nothing_that_others_send_makes_the_memory_forget_a_proof() -> None:
    memory = proof.ReplayMemory(smallest=1 << 6, largest=1 << 10)
    one, *others = proofs(2_000)
    assert memory.is_new(one, NOW)
    for other in others:
        memory.is_new(other, NOW)
    assert not memory.is_new(one, NOW)
    # It is full: what it cannot tell apart it refuses.
    assert not any(memory.is_new(each, NOW) for each in proofs(2_010)[2_000:])


def test_the_memory_keeps_what_may_still_come_and_drops_the_rest() -> None:
    memory = proof.ReplayMemory(smallest=1 << 16)
    for now in range(5_900_000, 5_900_020):
        for unit in range(now - 3, now + 4):  # of members whose clocks are as wrong as they may be
            memory.is_new(proofs(1, unit)[0], 300 * now)
        assert not any(memory.is_new(proofs(1, unit)[0], 300 * now) for unit in range(now - 3, now + 4))
        assert len(memory._seen) == 7


def test_the_memory_grows_as_it_fills_and_knows_what_came_before() -> None:
    memory = proof.ReplayMemory(smallest=1 << 12, largest=1 << 16)
    many = proofs(800)
    sizes = []
    for one in many:
        assert memory.is_new(one, NOW)
        sizes.append(memory.size)
    assert sizes == sorted(sizes)
    assert (sizes[0], sizes[-1]) == (512, 512 + 2_048 + 8_192)
    assert not any(memory.is_new(one, NOW) for one in many)
    assert memory.size == sizes[-1]


def test_honest_proofs_are_not_mistaken_for_one_another() -> None:
    memory = proof.ReplayMemory()
    assert all(memory.is_new(each, NOW) for each in proofs(2_000))


def test_of_a_million_honest_proofs_in_one_unit_hardly_any_is_refused() -> None:
    # A thousandth of it, in filters a thousand times smaller: what is refused depends on how full they are alone.
    refused = 0
    for start in range(20):
        memory = proof.ReplayMemory(smallest=1 << 9, largest=1 << 15)
        refused += sum(not memory.is_new(each, NOW) for each in proofs(900, nonces=start * 900))
    assert refused <= 3
