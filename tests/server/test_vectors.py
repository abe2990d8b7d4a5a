"""The shared vectors hold for the relay, and are what docs/protocol.md says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from taboon_server import proof, wire
from taboon_server.identity import Identity
from taboon_server.problems import Problem
from taboon_server.proof import Operation
from tests.server.vectors import PATH, vectors

FILE = json.loads(PATH.read_text(encoding="utf-8"))
RELAY = Identity(bytes.fromhex(FILE["relay"]["seed"]))


def of(repeated: dict[str, int]) -> bytes:
    return bytes([repeated["byte"]]) * repeated["length"]


def test_the_file_is_what_the_protocol_says() -> None:
    assert vectors() == FILE


def test_the_relay_knows_itself() -> None:
    assert RELAY.public_key.hex() == FILE["relay"]["public_key"]
    assert RELAY.relay_id.hex() == FILE["relay"]["relay_id"]
    assert FILE["relay"]["address"].endswith(f"/#{RELAY.fragment}")


@pytest.mark.parametrize("vector", FILE["requests"], ids=lambda vector: vector["name"])
def test_the_relay_reads_every_request(vector: dict[str, Any]) -> None:
    wanted = proof.parse(vector["authorization"].encode(), Operation(int(vector["operation"])))
    proof.verify(wanted, RELAY.relay_id, of(vector["body"]))
    mailbox = FILE["mailboxes"][vector["mailbox"]]
    assert wanted.mailbox.hex() == mailbox["mailbox_id"]
    assert wire.first_head(wanted.mailbox).hex() == mailbox["head_0"]
    read = {name: getattr(wanted, name) for name in ("seal", "expected", "after", "answer_class", "wait", "unit")}
    assert read == {name: vector[name] for name in read}
    assert wanted.nonce.hex() == vector["nonce"]
    assert wanted.retention == mailbox["retention"]


@pytest.mark.parametrize("vector", FILE["requests"], ids=lambda vector: vector["name"])
def test_no_bit_of_a_request_may_change(vector: dict[str, Any]) -> None:
    header = vector["authorization"].encode()
    operation = Operation(int(vector["operation"]))
    body = of(vector["body"])
    wanted = proof.parse(header, operation)
    with pytest.raises(Problem, match="unknown-mailbox"):
        proof.verify(wanted, RELAY.relay_id, body + b"\0")
    with pytest.raises(Problem, match="unknown-mailbox"):
        proof.verify(wanted, bytes(32), body)
    for position in range(7, len(header)):
        changed = bytearray(header)
        changed[position] = ord("A") if changed[position] != ord("A") else ord("B")
        with pytest.raises(Problem, match=r"malformed|unknown-mailbox"):
            proof.verify(proof.parse(bytes(changed), operation), RELAY.relay_id, body)


@pytest.mark.parametrize("vector", FILE["receipts"], ids=lambda vector: vector["name"])
def test_the_relay_makes_the_same_receipts(vector: dict[str, Any]) -> None:
    mailbox = bytes.fromhex(FILE["mailboxes"][vector["mailbox"]]["mailbox_id"])
    head = wire.first_head(mailbox)
    blob_hash = b""
    for number, blob in enumerate(vector["blobs"], start=1):
        blob_hash = wire.sha256(of(blob))
        head = wire.next_head(head, number, blob_hash)
    assert head.hex() == vector["head"]
    done = wire.Appended(int(vector["number"]), blob_hash, head, vector["seal"])
    made = wire.receipt(RELAY.sign, RELAY.public_key, mailbox, done)
    assert made.hex() == vector["receipt"]


@pytest.mark.parametrize("vector", FILE["pages"], ids=lambda vector: vector["name"])
def test_the_relay_makes_the_same_pages(vector: dict[str, Any]) -> None:
    blobs = [of(blob) for blob in vector["blobs"]]
    page = wire.page(blobs, sealed=vector["sealed"], last=int(vector["last"]), head=bytes.fromhex(vector["head"]))
    mailbox, nonce = bytes.fromhex(FILE["mailboxes"][vector["mailbox"]]["mailbox_id"]), bytes.fromhex(vector["nonce"])
    head = wire.page_head(RELAY.sign, RELAY.public_key, mailbox, nonce, int(vector["first"]) - 1, page)
    assert head.hex() == vector["page_head"]
    assert wire.sha256(head + page.body).hex() == vector["page_hash"]
