"""What the client reads that others wrote, a spreadsheet too: each strict decoder, picked by the first byte."""

from collections.abc import Callable, Iterator
from functools import cache

from taboon_client import cbor
from taboon_client.board.event import Event
from taboon_client.board.kinds import to_body
from taboon_client.board.vocabulary import BUILT_IN, Vocabulary
from taboon_client.errors import FieldError, TaboonError
from taboon_client.group.commit_data import CommitData
from taboon_client.group.leaf import LeafKeys
from taboon_client.group.payload import read_payload, write_events
from taboon_client.group.policy import Policy
from taboon_client.intake.chat import read_chat
from taboon_client.intake.columns import drafts_of_table, guess
from taboon_client.intake.drafts import Drafts
from taboon_client.intake.messages import drafts_of_chat, drafts_of_text
from taboon_client.intake.table import read_table
from taboon_client.joining.link import InvitePayload
from taboon_client.joining.messages import is_ended, make_request, make_welcome, read_request, read_welcome
from taboon_client.relay.address import RelayAddress
from taboon_client.relay.answers import parse_health, parse_limits, parse_page, parse_receipt
from taboon_client.relay.cursor import Cursor
from taboon_client.relay.problems import parse_problem
from taboon_client.sharing.paper import Codes, read_row
from taboon_client.text.contacts import redact
from taboon_crypto.blob import Kind, open_blob, parse_content, seal_blob, split
from taboon_crypto.errors import CryptoError
from tests.crypto.mls.kit import Dice, package, profile

__all__ = ["read", "read_seeds"]

HASH = bytes(range(32))
WORDS = Vocabulary(BUILT_IN)


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


def _sheet(data: bytes) -> None:
    table = read_table(data)
    fields = guess(table.header) or dict.fromkeys(table.header[:1], "title")
    _postable(drafts_of_table(table, fields, vocabulary=WORDS, secret=HASH, created=1_800_000_000))


def _chat(data: bytes) -> None:
    _postable(drafts_of_chat(read_chat(data), vocabulary=WORDS, secret=HASH, now=1_800_000_000))


def _text(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    _postable(drafts_of_text(text, vocabulary=WORDS, secret=HASH, created=1_800_000_000))


def _paper(data: bytes) -> None:
    read_row(data.decode("utf-8", "replace"), Codes.of(WORDS, WORDS), created=1_800_000_000)


def _postable(drafts: Drafts) -> None:
    """Whatever a file holds, a draft of it can be posted and sealed, and no number is left in it."""
    for draft in drafts.drafts:
        try:
            to_body(draft.opening)
            if draft.details is not None:
                draft.details.encode()
        except FieldError as error:
            raise AssertionError(f"a draft that cannot be posted: {error}") from None
        assert redact(draft.opening.note).text == draft.opening.note


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
    _sheet,
    _chat,
    _text,
    _paper,
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
        'title,phone,العدد\r\n#item+name,,\r\n"Milk, now",0599 123 456,3\r\n'.encode(),
        "title\tmessage\nWater\tcall +970599123456\n".encode("utf-16"),
        b"[31/12/2023, 21:15:42] Sara: we need milk, 0599123456\nand bread\n[1/1/2024, 08:00:00] Omar: ok",
        "٣١/١٢/٢٠٢٣، ٩:١٥ م - سارة: نحتاج حليب".encode(),
        b"n 1 a 2 20litre Water for the school",
    ]
    for body in found:
        for number in range(len(READERS)):
            yield bytes((number,)) + body
