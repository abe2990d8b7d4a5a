"""Whatever stands in an `Authorization` header is either a proof or malformed."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from taboon_server import proof
from taboon_server.problems import Problem
from taboon_server.proof import Operation
from taboon_server.replays import ReplayMemory
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


def test_the_memory_of_proofs_is_bounded_and_forgets_the_oldest() -> None:
    memory = ReplayMemory(3)
    names = [bytes([number]) * 96 for number in range(5)]
    assert [memory.is_new(name) for name in names[:3]] == [True] * 3
    assert [memory.is_new(name) for name in names[:3]] == [False] * 3
    assert memory.is_new(names[3])
    assert not memory.is_new(names[1])
    assert memory.is_new(names[0])
