"""A signed request is what docs/protocol.md, section 1.3, says, byte for byte."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import VerifyKey

from taboon_client.relay.cursor import Cursor
from taboon_client.relay.proof import append_proof, authorization, create_proof, read_proof
from taboon_crypto.mailbox import MailboxKeys, RetentionClass
from tests.client.relay.forging import KEYS, blob, relay_id, sha

FILE = json.loads((Path(__file__).parents[2] / "vectors" / "signed_requests.json").read_text(encoding="utf-8"))
RELAY_ID = relay_id()
NONCE = b"twelve bytes"


def keys_of(vector: dict[str, Any]) -> MailboxKeys:
    mailbox = FILE["mailboxes"][vector["mailbox"]]
    return MailboxKeys.of_seeds(
        bytes.fromhex(mailbox["read_seed"]), bytes.fromhex(mailbox["append_seed"]), RetentionClass(mailbox["retention"])
    )


def proof_of(vector: dict[str, Any]) -> bytes:
    keys = keys_of(vector)
    relay = bytes.fromhex(FILE["relay"]["relay_id"])
    body = bytes([vector["body"]["byte"]]) * vector["body"]["length"]
    unit, nonce = vector["unit"], bytes.fromhex(vector["nonce"])
    if vector["operation"] == 1:
        return create_proof(keys, relay_id=relay, body=body, unit=unit, nonce=nonce)
    if vector["operation"] == 2:
        return append_proof(
            keys,
            relay_id=relay,
            blob=body,
            unit=unit,
            nonce=nonce,
            seal=vector["seal"],
            expected=vector["expected"],
        )
    return read_proof(
        keys,
        relay_id=relay,
        after=vector["after"],
        page_class=vector["answer_class"],
        wait=vector["wait"],
        unit=unit,
        nonce=nonce,
    )


@pytest.mark.parametrize("vector", FILE["requests"], ids=lambda vector: vector["name"])
def test_the_client_writes_every_request_as_the_relay_reads_it(vector: dict[str, Any]) -> None:
    proof = proof_of(vector)
    assert proof.hex() == vector["proof"]
    assert authorization(proof) == vector["authorization"]


@pytest.mark.parametrize("mailbox", range(len(FILE["mailboxes"])))
def test_an_empty_mailbox_has_the_head_that_the_relay_gives_it(mailbox: int) -> None:
    vector = FILE["mailboxes"][mailbox]
    assert Cursor.start(bytes.fromhex(vector["mailbox_id"])) == Cursor(0, bytes.fromhex(vector["head_0"]))


def verifies(public: bytes, proof: bytes, body: bytes) -> bool:
    message = b"taboon request v1" + RELAY_ID + KEYS.mailbox_id + proof[:96] + sha(body)
    return VerifyKey(public).verify(message, proof[96:]) == message


def test_an_append_has_its_fields_where_the_page_has_them() -> None:
    proof = append_proof(
        KEYS, relay_id=RELAY_ID, blob=blob(7), unit=0x01020304, nonce=NONCE, seal=True, expected=0x0506
    )
    assert len(proof) == 160
    assert proof[:8] == bytes([1, 2, 3, 2, 0, 0, 0, 0])
    assert proof[8:40] == KEYS.append_public
    assert proof[40:72] == sha(KEYS.read_public)
    assert proof[72:80] == bytes([0, 0, 0, 0, 0, 0, 5, 6])
    assert proof[80:84] == bytes([1, 2, 3, 4])
    assert proof[84:96] == NONCE
    assert verifies(KEYS.append_public, proof, blob(7))


def test_flags_say_only_what_was_asked() -> None:
    plain = append_proof(KEYS, relay_id=RELAY_ID, blob=blob(7), unit=1, nonce=NONCE)
    assert (plain[2], plain[72:80]) == (0, bytes(8))
    assert append_proof(KEYS, relay_id=RELAY_ID, blob=blob(7), unit=1, nonce=NONCE, seal=True)[2] == 1
    assert append_proof(KEYS, relay_id=RELAY_ID, blob=blob(7), unit=1, nonce=NONCE, expected=9)[2] == 2


def test_a_read_has_its_fields_where_the_page_has_them() -> None:
    proof = read_proof(KEYS, relay_id=RELAY_ID, after=258, page_class=3, wait=25, unit=5, nonce=NONCE)
    assert proof[:8] == bytes([1, 3, 0, 2, 3, 25, 0, 0])
    assert proof[8:40] == KEYS.read_public
    assert proof[40:72] == sha(KEYS.append_public)
    assert proof[72:80] == bytes([0, 0, 0, 0, 0, 0, 1, 2])
    assert verifies(KEYS.read_public, proof, b"")


def test_a_create_binds_the_pass() -> None:
    proof = create_proof(KEYS, relay_id=RELAY_ID, body=b"pass", unit=5, nonce=NONCE)
    assert proof[:8] == bytes([1, 1, 0, 2, 0, 0, 0, 0])
    assert verifies(KEYS.append_public, proof, b"pass")


def test_the_header_is_base64url_without_padding() -> None:
    scheme, _, text = authorization(bytes(range(160))).partition(" ")
    assert scheme == "Taboon"
    assert len(text) == 214
    assert base64.urlsafe_b64decode(text + "==") == bytes(range(160))


@pytest.mark.parametrize(
    "wrong",
    [
        {"page_class": 4},
        {"page_class": -1},
        {"wait": 26},
        {"wait": -1},
        {"after": -1},
        {"after": 1 << 64},
        {"unit": -1},
        {"unit": 1 << 32},
        {"nonce": b"short"},
    ],
)
def test_a_field_out_of_range_is_refused_before_anything_is_signed(wrong: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"after": 0, "page_class": 0, "wait": 0, "unit": 1, "nonce": NONCE} | wrong
    with pytest.raises(ValueError, match=r"is|takes|fit|waits"):
        read_proof(KEYS, relay_id=RELAY_ID, **fields)


def test_no_blob_is_expected_at_number_zero() -> None:
    with pytest.raises(ValueError, match="from 1"):
        append_proof(KEYS, relay_id=RELAY_ID, blob=blob(1), unit=1, nonce=NONCE, expected=0)


@pytest.mark.parametrize("wrong", [{"retention": 4}, {"read_public": b"short"}, {"append_public": b"short"}])
def test_keys_that_are_none_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"retention|keys"):
        create_proof(replace(KEYS, **wrong), relay_id=RELAY_ID, body=b"", unit=1, nonce=NONCE)
