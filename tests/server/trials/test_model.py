"""Random calls from several clients, to one relay process or to two on one database, come to what the model says."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.server.caller import refused
from tests.server.signing import APPEND, READ, SIZES, Keys, digest, header, heads, read_page, read_receipt
from tests.server.trials.model import Model
from tests.soaking import sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.server.caller import Caller
    from tests.server.trials.grounds import Ground

pytestmark = pytest.mark.grows

QUOTA = 4
STATUS = {"unknown-mailbox": 404, "sealed": 409, "moved": 409, "full": 507}

which = st.integers(0, 2)
numbers = st.one_of(st.none(), st.integers(1, 6))
contents = st.builds(
    lambda letter, size: bytes([letter]) * SIZES[size], st.integers(0, 7), st.sampled_from([0, 0, 0, 1])
)


class Calls(RuleBasedStateMachine):
    """Three mailboxes of its own for each run; the third is not there until it is made."""

    def __init__(self, callers: list[Caller]) -> None:
        super().__init__()
        self.callers = callers
        self.turn = 0
        self.model = Model(QUOTA)
        self.keys = [Keys(retention=retention) for retention in range(3)]
        for made in range(2):
            self.create(made)

    @property
    def caller(self) -> Caller:
        """Return whoever has the next turn: with two relays on one database, calls go to them in turn."""
        self.turn += 1
        return self.callers[self.turn % len(self.callers)]

    @rule(at=which)
    def create(self, at: int) -> None:
        assert self.caller.create(self.keys[at]).status_code == 204
        self.model.create(self.keys[at].mailbox)

    @rule(at=which, content=contents, seal=st.sampled_from([False, False, False, True]), expected=numbers)
    def append(self, at: int, content: bytes, seal: bool, expected: int | None) -> None:
        keys = self.keys[at]
        answer = self.caller.append(keys, content, seal=seal, expected=expected)
        self.holds(keys, content, answer, self.model.append(keys.mailbox, content, seal=seal, expected=expected))

    @rule(at=which, content=contents, seal=st.booleans())
    def append_as_the_next(self, at: int, content: bytes, seal: bool) -> None:
        box = self.model.boxes.get(self.keys[at].mailbox)
        self.append(at, content, seal, len(box.blobs) + 1 if box else 1)

    @rule(at=which, after=st.integers(0, 6), answer=st.integers(0, 3))
    def read(self, at: int, after: int, answer: int) -> None:
        keys = self.keys[at]
        page = self.model.read(keys.mailbox, after, SIZES[answer])
        came = self.caller.read(keys, after, answer)
        if isinstance(page, str):
            refused(came, STATUS[page], page)
        else:
            self.is_page(keys, came, after, page)

    @rule(at=which, after=st.integers(0, 6))
    def wait_for_what_is_there(self, at: int, after: int) -> None:
        keys = self.keys[at]
        box = self.model.boxes.get(keys.mailbox)
        if box and after == len(box.blobs) and not box.sealed:
            return  # it would wait its whole time
        came = self.caller.read(keys, after, 3, wait=25)
        if box:
            self.is_page(keys, came, after, box.blobs[after:])
        else:
            refused(came, 404, "unknown-mailbox")

    @rule(at=which, content=contents, seal=st.booleans())
    def wait_for_what_comes(self, at: int, content: bytes, seal: bool) -> None:
        keys = self.keys[at]
        box = self.model.boxes.get(keys.mailbox)
        if box is None or box.sealed or content in box.blobs or (len(box.blobs) >= QUOTA and not seal):
            return
        after = len(box.blobs)
        with ThreadPoolExecutor(1) as threads:
            reader = threads.submit(self.caller.read, keys, after, 3, 25)
            self.append(at, content, seal, None)
            # Whether it waited or came late, it has what was appended. An empty page would be 25 seconds late.
            self.is_page(keys, reader.result(), after, [content])

    @rule(at=which, contents=st.lists(contents, min_size=2, max_size=6), seal=st.booleans())
    def append_at_once(self, at: int, contents: list[bytes], seal: bool) -> None:
        """Whatever order these took, the model must be able to take them in it: what got a number, then the rest."""
        keys = self.keys[at]
        before = len(self.model.boxes[keys.mailbox].blobs) if keys.mailbox in self.model.boxes else 0
        start = threading.Barrier(len(contents))
        callers = [self.caller for _ in contents]

        def call(caller: Caller, content: bytes) -> httpx.Response:
            start.wait()
            return caller.append(keys, content, seal=seal)

        with ThreadPoolExecutor(len(contents)) as threads:
            answers = list(threads.map(call, callers, contents))
        taken: list[tuple[int, bytes, httpx.Response]] = []
        others: list[tuple[bytes, httpx.Response]] = []
        for content, answer in zip(contents, answers, strict=True):
            if answer.status_code == 200 and int.from_bytes(answer.content[66:74], "big") > before:
                taken.append((int.from_bytes(answer.content[66:74], "big"), content, answer))
            else:
                others.append((content, answer))
        for _, content, answer in sorted(taken, key=lambda one: one[0]):
            self.holds(keys, content, answer, self.model.append(keys.mailbox, content, seal=seal))
        for content, answer in others:
            self.holds(keys, content, answer, self.model.append(keys.mailbox, content, seal=seal))

    @rule(at=which, content=contents, way=st.integers(0, 3))
    def come_with_wrong_keys(self, at: int, content: bytes, way: int) -> None:
        keys, caller = self.keys[at], self.caller
        wrong = [
            Keys(read=keys.read, retention=keys.retention),
            Keys(append=keys.append, retention=keys.retention),
            Keys(read=keys.append, append=keys.read, retention=keys.retention),
            Keys(read=keys.read, append=keys.append, retention=(keys.retention + 1) % 4),
        ][way]
        nobody = caller.read(Keys())
        for answer in (caller.append(wrong, content), caller.append(wrong, content, seal=True), caller.read(wrong)):
            refused(answer, 404, "unknown-mailbox")
            assert (answer.content, answer.headers) == (nobody.content, nobody.headers)

    @rule(at=which, content=contents)
    def claim_keys_of_others(self, at: int, content: bytes) -> None:
        """A proof that names the true keys and is signed by another."""
        keys, caller = self.keys[at], self.caller
        for operation, body in ((APPEND, content), (READ, b"")):
            proof = keys.proof(caller.relay_id, operation, body)
            signed = Keys().append.sign(proof[:96]).signature
            fields = {"Authorization": header(proof[:96] + signed), "Content-Type": "application/octet-stream"}
            method = "POST" if operation == APPEND else "GET"
            refused(caller.http.request(method, "/v1/blobs", content=body, headers=fields), 404, "unknown-mailbox")

    @rule(at=which, content=contents)
    def say_the_same_again(self, at: int, content: bytes) -> None:
        keys, caller = self.keys[at], self.caller
        nonce = digest(bytes([self.turn % 256]) + bytes(keys.append))[:12]
        first = caller.append(keys, content, nonce=nonce)
        self.holds(keys, content, first, self.model.append(keys.mailbox, content))
        refused(caller.append(keys, content, nonce=nonce), 409, "replayed")

    @invariant()
    def every_box_is_what_it_should_be_at_its_head(self) -> None:
        for keys in self.keys:
            if box := self.model.boxes.get(keys.mailbox):
                page = read_page(self.caller.read(keys, len(box.blobs), 0).content, self.caller.relay_id)
                assert (page.last, page.sealed, page.blobs) == (len(box.blobs), box.sealed, [])

    def teardown(self) -> None:
        for keys in self.keys:
            if box := self.model.boxes.get(keys.mailbox):
                for caller in self.callers:
                    assert caller.all_blobs(keys) == box.blobs

    def holds(self, keys: Keys, content: bytes, answer: httpx.Response, outcome: int | str) -> None:
        """Assert that an append came to what the model says."""
        if isinstance(outcome, str):
            details = refused(answer, STATUS[outcome], outcome)
            if outcome == "moved":
                assert details["next"] == len(self.model.boxes[keys.mailbox].blobs) + 1
            return
        assert answer.status_code == 200, answer.text
        box = self.model.boxes[keys.mailbox]
        receipt = read_receipt(answer.content, self.caller.relay_id)
        assert (receipt.number, receipt.mailbox, receipt.blob_hash) == (outcome, keys.mailbox, digest(content))
        assert receipt.head == heads(keys.mailbox, box.blobs)[outcome]
        assert receipt.seal == (box.sealed and outcome == len(box.blobs))

    def is_page(self, keys: Keys, answer: httpx.Response, after: int, blobs: list[bytes]) -> None:
        """Assert that a read came to these blobs."""
        assert answer.status_code == 200, answer.text
        box = self.model.boxes[keys.mailbox]
        page = read_page(answer.content, self.caller.relay_id)
        assert (page.mailbox, page.first, page.last) == (keys.mailbox, after + 1, len(box.blobs))
        assert (page.blobs, page.sealed, page.head) == (blobs, box.sealed, heads(keys.mailbox, box.blobs)[-1])


@pytest.fixture
def callers(ground: Ground) -> Iterator[list[Caller]]:
    with ground.callers(("--quota-blobs", str(QUOTA))) as callers:
        yield callers


def test_random_calls_come_to_what_the_model_says(callers: list[Caller]) -> None:
    run_state_machine_as_test(
        lambda: Calls(callers),  # type: ignore[arg-type] # anything that makes one will do
        settings=settings(
            max_examples=sample(25, 1_000),
            stateful_step_count=sample(30, 50),
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
