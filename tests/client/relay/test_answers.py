"""Receipts and pages are held against the question and the relay's key; a wrong byte anywhere yields nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.errors import (
    BlobSizeError,
    MailboxFullError,
    MailboxMovedError,
    MailboxSealedError,
    MailboxUnknownError,
    RelayBusyError,
    RelayKeyError,
    RelayMisbehavedError,
    RelayRefusedError,
    RelayRolledBackError,
    RelayUnreachableError,
    RequestClockError,
    RequestMalformedError,
    RequestReplayedError,
)
from taboon_client.relay import answers
from taboon_client.relay.cursor import Cursor
from taboon_client.relay.problems import ClockSkewError, parse_problem
from tests.client.relay.forging import IMPOSTOR, KEYS, OTHER_KEYS, RELAY, Page, Receipt, blob, head, relay_id

FILE = json.loads((Path(__file__).parents[2] / "vectors" / "signed_requests.json").read_text(encoding="utf-8"))
MAILBOX = KEYS.mailbox_id
NONCE = b"twelve bytes"
BLOBS = [blob(1), blob(2), blob(3, 1)]


def read_receipt(answer: bytes, which: bytes = BLOBS[2], *, seal: bool = False) -> answers.Receipt:
    return answers.parse_receipt(answer, relay_id=relay_id(), mailbox_id=MAILBOX, blob=which, seal=seal)


def cursor_at(number: int, blobs: list[bytes] = BLOBS) -> Cursor:
    return Cursor(number, head(MAILBOX, blobs[:number]))


def read_page(answer: bytes, after: int = 0, *, page_class: int = 3) -> answers.Page:
    return answers.parse_page(
        answer,
        relay_id=relay_id(),
        mailbox_id=MAILBOX,
        nonce=NONCE,
        cursor=cursor_at(after),
        page_class=page_class,
    )


def test_the_cursor_follows_the_heads_of_the_protocol() -> None:
    cursor = Cursor.start(MAILBOX)
    for number, each in enumerate(BLOBS, start=1):
        cursor = cursor.after(hashlib.sha256(each).digest())
        assert cursor == cursor_at(number)


@pytest.mark.parametrize("vector", FILE["receipts"], ids=lambda vector: vector["name"])
def test_the_relay_s_receipts_are_read(vector: dict[str, Any]) -> None:
    blobs = [bytes([each["byte"]]) * each["length"] for each in vector["blobs"]]
    receipt = answers.parse_receipt(
        bytes.fromhex(vector["receipt"]),
        relay_id=bytes.fromhex(FILE["relay"]["relay_id"]),
        mailbox_id=bytes.fromhex(FILE["mailboxes"][vector["mailbox"]]["mailbox_id"]),
        blob=blobs[vector["number"] - 1],
        seal=vector["seal"],
    )
    assert (receipt.number, receipt.head.hex(), receipt.seal) == (vector["number"], vector["head"], vector["seal"])


@pytest.mark.parametrize("vector", FILE["pages"], ids=lambda vector: vector["name"])
def test_the_relay_s_pages_are_read(vector: dict[str, Any]) -> None:
    shown = [bytes([each["byte"]]) * each["length"] for each in vector["blobs"]]
    size = (2_048, 16_384, 65_536, 262_144)[vector["body_class"]]
    mailbox = bytes.fromhex(FILE["mailboxes"][vector["mailbox"]]["mailbox_id"])
    earlier = vector["first"] - 1
    # What lies before a page that begins later is named by the receipt of the same mailbox's third blob.
    before = next(receipt["blobs"] for receipt in FILE["receipts"] if receipt["number"] == 3)[:earlier]
    cursor = Cursor.start(mailbox)
    for each in before:
        cursor = cursor.after(hashlib.sha256(bytes([each["byte"]]) * each["length"]).digest())
    page = answers.parse_page(
        bytes.fromhex(vector["page_head"]) + b"".join(shown).ljust(size, b"\0"),
        relay_id=bytes.fromhex(FILE["relay"]["relay_id"]),
        mailbox_id=mailbox,
        nonce=bytes.fromhex(vector["nonce"]),
        cursor=cursor,
        page_class=3,
    )
    assert list(page.blobs) == shown
    assert (page.last, page.sealed) == (vector["last"], vector["sealed"])
    assert page.cursor.number == earlier + len(shown)


def test_a_receipt_says_where_the_blob_is() -> None:
    receipt = read_receipt(Receipt(BLOBS).pack())
    assert (receipt.number, receipt.head, receipt.seal) == (3, head(MAILBOX, BLOBS), False)
    assert read_receipt(Receipt(BLOBS, seal=True).pack(), seal=True).seal


RECEIPT_LIES: dict[str, dict[str, Any]] = {
    "another version": {"version": 2},
    "an unknown flag": {"flags": 2},
    "the seal, though none was asked": {"seal": True},
    "another mailbox": {"mailbox": OTHER_KEYS.mailbox_id},
    "another blob": {"blob_hash": hashlib.sha256(blob(9)).digest()},
    "number zero": {"number": 0},
    "another relay's receipt": {"key": IMPOSTOR},
    "another's signature": {"signer": IMPOSTOR},
    "a signature under another label": {"label": b"taboon page v1"},
}


@pytest.mark.parametrize("lie", RECEIPT_LIES.values(), ids=list(RECEIPT_LIES))
def test_a_receipt_that_lies_is_refused(lie: dict[str, Any]) -> None:
    with pytest.raises(RelayMisbehavedError):
        read_receipt(replace(Receipt(BLOBS), **lie).pack())


def test_a_seal_with_an_unknown_flag_beside_is_refused() -> None:
    with pytest.raises(RelayMisbehavedError, match="form"):
        read_receipt(Receipt(BLOBS, flags=3).pack(), seal=True)


def test_a_seal_that_was_taken_as_a_plain_blob_is_refused() -> None:
    with pytest.raises(RelayMisbehavedError, match="seal"):
        read_receipt(Receipt(BLOBS).pack(), seal=True)


@given(st.integers(0, 201), st.integers(1, 255))
def test_no_byte_of_a_receipt_can_change(offset: int, change: int) -> None:
    answer = bytearray(Receipt(BLOBS).pack())
    answer[offset] ^= change
    with pytest.raises(RelayMisbehavedError):
        read_receipt(bytes(answer))


@given(st.binary(max_size=500))
def test_noise_is_no_receipt_and_no_page(noise: bytes) -> None:
    with pytest.raises(RelayMisbehavedError):
        read_receipt(noise)
    with pytest.raises(RelayMisbehavedError):
        read_page(noise)


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_a_page_gives_the_blobs_after_the_cursor(after: int) -> None:
    page = read_page(Page(BLOBS, NONCE, after).pack(), after)
    assert list(page.blobs) == BLOBS[after:]
    assert page.cursor == cursor_at(3)
    assert (page.last, page.complete, page.sealed) == (3, True, False)


def test_a_page_may_end_before_the_mailbox() -> None:
    page = read_page(Page(BLOBS, NONCE, upto=1, sealed=True).pack())
    assert (list(page.blobs), page.cursor, page.last) == (BLOBS[:1], cursor_at(1), 3)
    assert page.sealed
    assert not page.complete


def test_an_empty_mailbox_gives_an_empty_page_of_the_smallest_class() -> None:
    answer = Page([], NONCE).pack()
    assert len(answer) == 256 + 2_048
    assert read_page(answer, page_class=0).blobs == ()


def test_a_single_blob_larger_than_asked_for_comes_in_its_own_class() -> None:
    blobs = [blob(1, 3)]
    assert read_page(Page(blobs, NONCE).pack(), page_class=0).blobs == tuple(blobs)


def test_the_largest_page_is_full_of_the_smallest_blobs() -> None:
    blobs = [number.to_bytes(2, "big") * 1_024 for number in range(1, 129)]
    page = read_page(Page(blobs, NONCE).pack())
    assert list(page.blobs) == blobs


# What an hostile relay may put into a page that it signs itself. BLOBS is what the mailbox holds.
PAGE_LIES: dict[str, dict[str, Any]] = {
    "another version": {"version": 2},
    "an unknown flag": {"flags": 2},
    "more blobs than fit": {"count": 4},
    "fewer blobs than sizes": {"count": 2},
    "no blobs where there are some": {"upto": 0},
    "129 blobs": {"count": 129},
    "an unknown size class": {"size_class": 4},
    "another request's nonce": {"nonce": b"another one!"},
    "another mailbox's blobs": {"mailbox": OTHER_KEYS.mailbox_id},
    "a later beginning": {"first": 2},
    "number zero": {"first": 0},
    "a last before the end of the page": {"last": 2},
    "another head": {"head": bytes(32)},
    "another size of a blob": {"sizes": b"\x14" + bytes(31)},
    "a size after the last": {"sizes": b"\x05" + bytes(30) + b"\x01"},
    "padding that says something": {"body": b"".join(BLOBS).ljust(65_536, b"\1")},
    "padding with one bit at its end": {"body": b"".join(BLOBS).ljust(65_535, b"\0") + b"\1"},
    "no padding": {"body": b"".join(BLOBS)},
    "a changed blob": {"body": (blob(1) + blob(4) + blob(3, 1)).ljust(65_536, b"\0")},
    "swapped blobs": {"body": (blob(2) + blob(1) + blob(3, 1)).ljust(65_536, b"\0")},
    "the same blob twice": {"blobs": [blob(1), blob(1), blob(3, 1)]},
    "reserved bytes that are not zero": {"reserved": bytes(31) + b"\1"},
    "another relay's page": {"key": IMPOSTOR},
    "another's signature": {"signer": IMPOSTOR},
    "a signature under another label": {"label": b"taboon receipt v1"},
}


@pytest.mark.parametrize("lie", PAGE_LIES.values(), ids=list(PAGE_LIES))
def test_a_page_that_lies_is_refused(lie: dict[str, Any]) -> None:
    honest = Page(BLOBS, NONCE)
    assert read_page(honest.pack()).blobs
    with pytest.raises(RelayMisbehavedError):
        read_page(replace(honest, **lie).pack())


@pytest.mark.parametrize(
    "lie",
    [{"mailbox": OTHER_KEYS.mailbox_id}, {"size_class": 0, "body": blob(1)}, {"upto": 1, "count": 0, "last": 0}],
    ids=["another mailbox", "half a blob", "sizes of nothing"],
)
def test_a_page_that_ends_early_cannot_lie_where_the_chain_is_not_seen_to_its_end(lie: dict[str, Any]) -> None:
    honest = Page(BLOBS, NONCE, upto=2)
    assert not read_page(honest.pack()).complete
    with pytest.raises(RelayMisbehavedError):
        read_page(replace(honest, **lie).pack())


def test_a_body_larger_than_asked_for_is_refused() -> None:
    with pytest.raises(RelayMisbehavedError):
        read_page(Page(BLOBS, NONCE).pack(), page_class=1)
    with pytest.raises(RelayMisbehavedError):
        read_page(Page([], NONCE, size_class=1).pack(), page_class=0)


def test_another_relay_s_key_is_named_as_such() -> None:
    with pytest.raises(RelayKeyError):
        read_page(Page(BLOBS, NONCE, key=IMPOSTOR).pack())
    with pytest.raises(RelayKeyError):
        read_receipt(Receipt(BLOBS, key=IMPOSTOR).pack())


def test_the_same_blobs_shown_again_under_new_numbers_do_not_fit_the_chain() -> None:
    shown_again = Page([*BLOBS[:2], *BLOBS[:2]], NONCE, after=2, last=4, head=head(MAILBOX, [*BLOBS, blob(4)]))
    with pytest.raises(RelayMisbehavedError, match="do not fit"):
        read_page(shown_again.pack(), after=2)


def test_a_dropped_blob_shows_when_the_page_reaches_the_end() -> None:
    gap = Page([BLOBS[0], BLOBS[2]], NONCE, last=2, head=head(MAILBOX, BLOBS))
    with pytest.raises(RelayMisbehavedError, match="missing"):
        read_page(gap.pack())


def test_a_mailbox_that_ends_before_the_cursor_was_rolled_back() -> None:
    yesterday = Page(BLOBS[:1], NONCE, after=3, last=1, head=head(MAILBOX, BLOBS[:1]))
    with pytest.raises(RelayRolledBackError, match="rolled back"):
        read_page(yesterday.pack(), after=3)


def test_another_history_up_to_the_cursor_was_rolled_back() -> None:
    rewritten = [blob(1), blob(2), blob(9, 1)]
    with pytest.raises(RelayRolledBackError, match="another history"):
        read_page(Page(rewritten, NONCE, after=3).pack(), after=3)


def test_another_history_shows_as_soon_as_a_later_page_reaches_the_end() -> None:
    rewritten = [blob(1), blob(2), blob(9, 1), blob(4)]
    with pytest.raises(RelayMisbehavedError):
        read_page(Page(rewritten, NONCE, after=3).pack(), after=3)


@given(st.integers(0, 256 + 65_535), st.integers(1, 255))
def test_no_byte_of_a_page_can_change(offset: int, change: int) -> None:
    answer = bytearray(Page(BLOBS, NONCE).pack())
    answer[offset] ^= change
    with pytest.raises(RelayMisbehavedError):
        read_page(bytes(answer))


@given(st.integers(0, 256 + 65_535))
def test_no_page_can_be_cut_short(length: int) -> None:
    with pytest.raises(RelayMisbehavedError):
        read_page(Page(BLOBS, NONCE).pack()[:length])


def test_what_is_shown_of_a_page_holds_no_blob() -> None:
    shown = repr(read_page(Page([b"secret--" * 256], NONCE).pack()))
    assert "secret" not in shown
    assert "last=1" in shown


LIMITS: dict[str, Any] = {
    "relay_key": base64.urlsafe_b64encode(bytes(RELAY.verify_key)).rstrip(b"=").decode(),
    "size_classes": [2_048, 16_384, 65_536, 262_144],
    "retention_days": [1, 7, 30, 120],
    "wait_seconds": 25,
    "quota": {"blobs": 65_536, "bytes": 536_870_912},
    "pass": False,
    "time_unit": 300,
}


def test_limits_are_read_and_what_a_later_relay_adds_is_ignored() -> None:
    limits = answers.parse_limits(json.dumps(LIMITS | {"later": [1]}).encode(), relay_id=relay_id())
    assert limits == answers.Limits(
        relay_id(), (2_048, 16_384, 65_536, 262_144), (1, 7, 30, 120), 25, 65_536, 536_870_912, needs_pass=False
    )
    assert answers.parse_limits(json.dumps(LIMITS).encode(), relay_id=None).relay_id == relay_id()


@pytest.mark.parametrize(
    "lie",
    [
        {"relay_key": "short"},
        {"relay_key": "é" * 43},
        {"relay_key": 1},
        {"size_classes": [2_048]},
        {"size_classes": [1 << 70]},
        {"retention_days": []},
        {"retention_days": [7, 1]},
        {"retention_days": [1, 1]},
        {"retention_days": [3]},
        {"wait_seconds": 26},
        {"wait_seconds": -1},
        {"wait_seconds": 1.5},
        {"quota": {"blobs": 0, "bytes": 1}},
        {"quota": {"blobs": 1, "bytes": 0}},
        {"quota": {"blobs": 1}},
        {"quota": None},
        {"pass": "no"},
        {"time_unit": 60},
    ],
)
def test_limits_that_make_no_sense_are_refused(lie: dict[str, Any]) -> None:
    with pytest.raises(RelayMisbehavedError):
        answers.parse_limits(json.dumps(LIMITS | lie).encode(), relay_id=relay_id())


def test_a_key_of_another_length_is_not_learnt() -> None:
    lie = {"relay_key": base64.urlsafe_b64encode(bytes(29)).rstrip(b"=").decode()}
    with pytest.raises(RelayMisbehavedError, match="not one"):
        answers.parse_limits(json.dumps(LIMITS | lie).encode(), relay_id=None)


def test_limits_under_another_key_are_refused() -> None:
    with pytest.raises(RelayKeyError):
        answers.parse_limits(json.dumps(LIMITS).encode(), relay_id=relay_id(IMPOSTOR))


HOSTILE_JSON = [b"", b"nonsense", b"[" * 4_000, b'{"a":' * 800, b"\xff\xfe", b"null", b"[]", b"1" * 4_000, b'"\\ud800"']


@pytest.mark.parametrize("answer", HOSTILE_JSON, ids=range(len(HOSTILE_JSON)))
def test_hostile_json_is_refused_and_nothing_else(answer: bytes) -> None:
    with pytest.raises(RelayMisbehavedError):
        answers.parse_limits(answer, relay_id=None)
    with pytest.raises(RelayMisbehavedError):
        answers.parse_health(answer)
    with pytest.raises(RelayMisbehavedError):
        parse_problem(400, answer, None)


def problem(name: str, status: int, retry_after: str | None = None, **extra: object) -> RelayRefusedError:
    said = {"type": f"urn:taboon:problem:{name}", "title": "so it is", "status": status} | extra
    return parse_problem(status, json.dumps(said).encode(), retry_after)


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("malformed", 400, RequestMalformedError),
        ("unknown-mailbox", 404, MailboxUnknownError),
        ("replayed", 409, RequestReplayedError),
        ("sealed", 409, MailboxSealedError),
        ("full", 507, MailboxFullError),
        ("blob-size", 413, BlobSizeError),
        ("busy", 503, RelayBusyError),
    ],
)
def test_every_problem_has_its_error(name: str, status: int, error: type[RelayRefusedError]) -> None:
    refusal = problem(name, status)
    assert type(refusal) is error
    assert "so it is" not in str(refusal)
    with pytest.raises(RelayMisbehavedError):
        problem(name, 418)


def test_problems_carry_their_numbers() -> None:
    moved = problem("moved", 409, next=7)
    assert isinstance(moved, MailboxMovedError)
    assert moved.next == 7
    clock = problem("clock", 401, unit=5_900_000)
    assert isinstance(clock, ClockSkewError)
    assert isinstance(clock, RequestClockError)
    assert clock.unit == 5_900_000


@pytest.mark.parametrize("number", [None, 0, -1, 1 << 64, 1 << 80, "7", 1.5])
def test_a_problem_with_a_senseless_number_is_refused(number: object) -> None:
    with pytest.raises(RelayMisbehavedError):
        problem("moved", 409, next=number)
    if number != 0:
        with pytest.raises(RelayMisbehavedError):
            problem("clock", 401, unit=number)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("5", 5), ("0", 0), ("999999999", 3_600), ("-1", None), ("Wed, 21 Oct 2015 07:28:00 GMT", None)],
)
def test_retry_after_is_bounded(header: str | None, seconds: int | None) -> None:
    busy = problem("busy", 503, header)
    assert isinstance(busy, RelayBusyError)
    assert busy.retry_after == seconds


def test_problems_of_a_later_relay_are_refusals_all_the_same() -> None:
    assert type(problem("later", 403)) is RelayRefusedError
    with pytest.raises(RelayUnreachableError):
        problem("internal", 500)


def test_a_problem_of_another_kind_or_status_is_refused() -> None:
    with pytest.raises(RelayMisbehavedError):
        parse_problem(400, b'{"type": "about:blank", "status": 400}', None)
    with pytest.raises(RelayMisbehavedError):
        parse_problem(404, b'{"type": "urn:taboon:problem:sealed", "status": 409}', None)
    with pytest.raises(RelayMisbehavedError):
        parse_problem(403, b'{"type": "urn:taboon:problem:later", "status": 404}', None)
    with pytest.raises(RelayMisbehavedError):
        parse_problem(400, b'{"type": "urn:taboon:problem:malformed", "status": 400}'.ljust(5_000), None)
