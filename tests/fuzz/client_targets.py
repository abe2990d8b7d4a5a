"""What the client reads that a relay, a member or a stranger wrote: each strict decoder, picked by the first byte."""

from collections.abc import Callable, Iterator
from functools import cache

from taboon_client import cbor
from taboon_client.board.event import Event
from taboon_client.errors import TaboonError
from taboon_client.group.commit_data import CommitData
from taboon_client.group.leaf import LeafKeys
from taboon_client.group.payload import read_payload, write_events
from taboon_client.group.policy import Policy
from taboon_client.joining.link import InvitePayload
from taboon_client.joining.messages import is_ended, make_request, make_welcome, read_request, read_welcome
from taboon_client.relay.address import RelayAddress
from taboon_client.relay.answers import parse_health, parse_limits, parse_page, parse_receipt
from taboon_client.relay.cursor import Cursor
from taboon_client.relay.problems import parse_problem
from taboon_crypto.blob import Kind, open_blob, parse_content, seal_blob, split
from taboon_crypto.errors import CryptoError
from tests.crypto.mls.kit import Dice, package, profile

__all__ = ["read", "read_seeds"]

HASH = bytes(range(32))


@cache
def _invite() -> InvitePayload:
    return InvitePayload.generate(
        relay_url="https://relay.example:8443", relay_id=HASH, expires=30_000_000, retention=1, random=Dice(1)
    )[0]


def _cbor(data: bytes) -> None:
    assert cbor.encode(cbor.decode(data)) == data


def _invite_payload(data: bytes) -> None:
    assert InvitePayload.decode(data).encode() == data


def _link(data: bytes) -> None:
    link = InvitePayload.parse(data.decode("utf-8", "replace"))
    assert InvitePayload.parse(link.link) == link


def _commit_data(data: bytes) -> None:
    CommitData.decode(CommitData.decode(data).encode())


def _address(data: bytes) -> None:
    address = RelayAddress.parse(data.decode("utf-8", "replace"))
    assert RelayAddress.parse(address.format()) == address


READERS: tuple[Callable[[bytes], object], ...] = (
    _cbor,
    Event.parse,
    lambda data: Event.read(data, HASH),
    read_payload,
    _commit_data,
    lambda data: LeafKeys.generate(Dice(0)).content.decode(data),
    lambda data: Policy.decode(Policy.decode(data).encode()),
    _invite_payload,
    _link,
    lambda data: read_request(_invite(), data),
    lambda data: read_welcome(_invite(), b"package", data),
    lambda data: is_ended(_invite(), data),
    _address,
    lambda data: parse_problem(400, data, "5"),
    lambda data: parse_limits(data, relay_id=None),
    parse_health,
    lambda data: parse_receipt(data, relay_id=HASH, mailbox_id=HASH, blob=b"blob", seal=False),
    lambda data: parse_page(
        data, relay_id=HASH, mailbox_id=HASH, nonce=bytes(12), cursor=Cursor.start(HASH), page_class=0
    ),
    parse_content,
    lambda data: open_blob(HASH, data),
)


def read(data: bytes) -> None:
    """Read bytes in one of the client's ways: a value, or an error of its own."""
    if not data:
        return
    try:
        READERS[data[0] % len(READERS)](data[1:])
    except (TaboonError, CryptoError):
        return


def read_seeds() -> Iterator[bytes]:
    """Yield honest input of every kind, before every reader that takes it, and before the first for the rest."""
    dice = Dice(2)
    signer = profile(dice).signing_key
    key_package, _ = package(dice)
    found = [
        cbor.encode({"v": 1, "psks": [], "cuts": [[HASH, "admin", None]], "approvals": [b"x"]}),
        CommitData(approvals=(b"approval",)).encode(),
        write_events([b"event", b"other"]),
        cbor.encode(["history", {"epochs": [], "authors": [[HASH, 3, HASH]]}]),
        cbor.encode([cbor.encode({"a": [1, -5, "text", None, True]}), bytes(64)]),
        LeafKeys.generate(dice).content.encode(),
        _invite().encode(),
        _invite().link.encode(),
        make_request(_invite(), key_package.encode(), "someone", signer),
        make_welcome(_invite(), bytes(32), b"package", b"welcome"),
        b"https://relay.example:8443/#" + b"A" * 43,
        b'{"type":"about:blank","title":"x","status":400,"code":"full"}',
        b'{"relay_id":"AAAA","size_classes":[2048,16384,65536,262144],"retention":[1,7,30,120],"pass":false}',
        b'{"status":"ok"}',
        bytes(138 + 96),
        bytes(256 + 2048),
        split(Kind(1), b"body", dice)[0],
        seal_blob(HASH, b"\1content", dice),
    ]
    for body in found:
        for number in range(len(READERS)):
            yield bytes((number,)) + body
