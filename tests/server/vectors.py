"""Writes tests/vectors/signed_requests.json from docs/protocol.md, section 1: `python -m tests.server.vectors`.

It holds the two halves together that share no code: the relay, which reads requests and makes receipts and pages, and
the client, which does the opposite. Keys are fixed. Bytes are hexadecimal; blobs and bodies are one byte repeated, so
that the file stays small.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey

from tests.server.signing import APPEND, CREATE, EXPECTED, READ, SEAL, SIZES, Keys, b64, digest, header, heads, number8

PATH = Path(__file__).parents[1] / "vectors" / "signed_requests.json"

_CALLS = {CREATE: ("PUT", "/v1/mailbox"), APPEND: ("POST", "/v1/blobs"), READ: ("GET", "/v1/blobs")}
_RELAY = SigningKey(bytes(range(32)))
_RELAY_KEY = bytes(_RELAY.verify_key)
_MAILBOXES = [
    Keys(SigningKey(bytes([1]) * 32), SigningKey(bytes([2]) * 32), retention=2),
    Keys(SigningKey(bytes([3]) * 32), SigningKey(bytes([4]) * 32), retention=0),
]

Repeated = tuple[int, int]
"""A byte, and how often."""


def _bytes(repeated: Repeated) -> bytes:
    return bytes([repeated[0]]) * repeated[1]


def _named(repeated: Repeated) -> dict[str, int]:
    return {"byte": repeated[0], "length": repeated[1]}


def _mailbox(keys: Keys) -> dict[str, Any]:
    return {
        "read_seed": bytes(keys.read).hex(),
        "append_seed": bytes(keys.append).hex(),
        "retention": keys.retention,
        "read_key": bytes(keys.read.verify_key).hex(),
        "append_key": bytes(keys.append.verify_key).hex(),
        "mailbox_id": keys.mailbox.hex(),
        "head_0": heads(keys.mailbox, [])[0].hex(),
    }


def _request(name: str, mailbox: int, operation: int, body: Repeated = (0, 0), **fields: int) -> dict[str, Any]:
    unit = fields.get("unit", 5_900_000)
    nonce = digest(name.encode())[:12]
    flags, number = fields.get("flags", 0), fields.get("number", 0)
    answer, wait = fields.get("answer", 0), fields.get("wait", 0)
    proof = _MAILBOXES[mailbox].proof(
        digest(_RELAY_KEY),
        operation,
        _bytes(body),
        flags=flags,
        answer=answer,
        wait=wait,
        number=number,
        unit=unit,
        nonce=nonce,
    )
    method, path = _CALLS[operation]
    return {
        "name": name,
        "mailbox": mailbox,
        "operation": operation,
        "method": method,
        "path": path,
        "seal": bool(flags & SEAL),
        "expected": number if flags & EXPECTED else None,
        "after": number if operation == READ else 0,
        "answer_class": answer,
        "wait": wait,
        "unit": unit,
        "nonce": nonce.hex(),
        "body": _named(body),
        "proof": proof.hex(),
        "authorization": header(proof),
    }


def _receipt(name: str, mailbox: int, blobs: list[Repeated], *, seal: bool) -> dict[str, Any]:
    """The receipt of the last of these blobs."""
    keys, number = _MAILBOXES[mailbox], len(blobs)
    head = heads(keys.mailbox, [_bytes(one) for one in blobs])[-1]
    fields = bytes([1, seal]) + _RELAY_KEY + keys.mailbox + number8(number) + digest(_bytes(blobs[-1])) + head
    receipt = fields + _RELAY.sign(b"taboon receipt v1" + fields).signature
    return {
        "name": name,
        "mailbox": mailbox,
        "blobs": [_named(one) for one in blobs],
        "number": number,
        "seal": seal,
        "head": head.hex(),
        "receipt": receipt.hex(),
    }


def _page(name: str, mailbox: int, blobs: list[Repeated], shown: slice, *, sealed: bool) -> dict[str, Any]:
    """The page that shows a slice of these blobs; they are all that the mailbox holds."""
    keys, here = _MAILBOXES[mailbox], blobs[shown]
    body = b"".join(_bytes(one) for one in here)
    size = min(size for size in SIZES if size >= len(body))
    body = body.ljust(size, b"\0")
    codes = "".join(f"{SIZES.index(length):02b}" for _, length in here).ljust(256, "0")
    head = heads(keys.mailbox, [_bytes(one) for one in blobs])[-1]
    nonce = digest(name.encode())[:12]
    first = shown.start + 1
    fields = (
        bytes([1, sealed, len(here), SIZES.index(size)])
        + nonce
        + keys.mailbox
        + number8(first)
        + number8(len(blobs))
        + head
        + int(codes, 2).to_bytes(32, "big")
        + _RELAY_KEY
    )
    top = fields + _RELAY.sign(b"taboon page v1" + fields + digest(body)).signature + bytes(32)
    return {
        "name": name,
        "mailbox": mailbox,
        "nonce": nonce.hex(),
        "sealed": sealed,
        "first": first,
        "last": len(blobs),
        "head": head.hex(),
        "blobs": [_named(one) for one in here],
        "body_class": SIZES.index(size),
        "page_head": top.hex(),
        "page_hash": digest(top + body).hex(),
    }


def vectors() -> dict[str, Any]:
    """Return what the file holds."""
    mixed = [(0x41, SIZES[0]), (0x42, SIZES[1]), (0x43, SIZES[0])]
    small = [(number, SIZES[0]) for number in range(1, 129)]
    return {
        "about": "docs/protocol.md, section 1. Bytes in hexadecimal; blobs and bodies are one byte repeated.",
        "relay": {
            "seed": bytes(_RELAY).hex(),
            "public_key": _RELAY_KEY.hex(),
            "relay_id": digest(_RELAY_KEY).hex(),
            "address": f"https://relay.example:8425/#{b64(digest(_RELAY_KEY))}",
        },
        "mailboxes": [_mailbox(keys) for keys in _MAILBOXES],
        "requests": [
            _request("create", 0, CREATE),
            _request("create another", 1, CREATE, unit=0),
            _request("create with a pass", 0, CREATE, (0x70, 20)),
            _request("append", 0, APPEND, (0x41, SIZES[0])),
            _request("append a large blob", 0, APPEND, (0x42, SIZES[3])),
            _request("append, expecting a number", 0, APPEND, (0x43, SIZES[0]), flags=EXPECTED, number=3),
            _request("seal", 0, APPEND, (0x44, SIZES[1]), flags=SEAL),
            _request("seal, expecting a number", 1, APPEND, (0x45, SIZES[2]), flags=SEAL | EXPECTED, number=2**40),
            _request("read from the start", 0, READ),
            _request("read on and wait", 0, READ, answer=3, wait=25, number=258, unit=2**32 - 1),
            _request("read from another", 1, READ, answer=1, wait=1, number=2**63 - 1),
        ],
        "receipts": [
            _receipt("first blob", 0, mixed[:1], seal=False),
            _receipt("third blob, the seal", 1, mixed, seal=True),
        ],
        "pages": [
            _page("nothing yet", 0, [], slice(0, 0), sealed=False),
            _page("all of a sealed mailbox", 0, mixed, slice(0, 3), sealed=True),
            _page("the second of three", 1, mixed, slice(1, 2), sealed=False),
            _page("nothing new", 1, mixed, slice(3, 3), sealed=False),
            _page("128 blobs", 0, small, slice(0, 128), sealed=False),
        ],
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(vectors(), indent=1) + "\n", encoding="utf-8")
