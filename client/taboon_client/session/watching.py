"""Helping others back: leaves that are watched, requests that came, and what the next commit does for them.

Every step is one short transaction; `taboon_client.returning` puts them around the relay's calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.errors import FormatError
from taboon_client.group.marks import can_decide, marks_of
from taboon_client.group.rejoining import (
    ReturnRequest,
    leaf_hash,
    make_gone,
    return_blob_key,
    return_psk,
    watched_mailbox,
)
from taboon_client.group.rules import BrokenRuleError, check_return
from taboon_client.group.watched import up_to_a_day, watch_leaves
from taboon_client.relay.address import RelayAddress
from taboon_client.vault import coming_back as rows
from taboon_client.vault import events, groups, other_sides
from taboon_crypto import mls
from taboon_crypto.blob import Assembler, Kind, Part, Whole, open_blob, parse_content, seal_blob, split
from taboon_crypto.errors import CryptoError
from taboon_crypto.mailbox import MailboxKeys, RetentionClass, rendezvous_blob_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from taboon_client.group.desk import Desk
    from taboon_client.group.ledger import Ledger
    from taboon_client.vault import Connection
    from taboon_client.vault.coming_back import WatchedRow
    from taboon_crypto.mls import Random
    from taboon_crypto.primitives.secret import Secret

__all__ = [
    "Look",
    "Reply",
    "Return",
    "answer",
    "contents",
    "is_said",
    "looks",
    "replied",
    "replies",
    "return_of",
    "take",
]

_DAY = 86_400
_PARTED = 3 * _DAY
"""Seconds for which leaves are looked at with every sync, once others are known to be in another history."""
_LOOKS = 4
"""Mailboxes looked into in one sync, at most."""
_SELDOM = 3
"""How many times longer the pauses may be between looks for somebody who was removed."""
_OLDER = (
    "{name} asks to come back from an older copy of their vault. An admin who has heard from them that it is so can "
    "let them in again: taboon approve"
)


@dataclass(frozen=True, slots=True)
class Look:
    """A mailbox to be looked into for a request."""

    relay: RelayAddress
    keys: MailboxKeys
    row: WatchedRow


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to be left where somebody waits for it; ``once``: only if nobody has left the same yet."""

    id: int
    relay: RelayAddress
    keys: MailboxKeys
    blob_key: Secret
    blobs: tuple[bytes, ...]
    once: bool


@dataclass(frozen=True, slots=True)
class Return:
    """What the next commit does for somebody who comes back: whose leaf goes, what is added, with which key."""

    request: ReturnRequest
    psk: bytes
    current: bool
    """Whether the leaf that is named is the one in the tree, so that nobody has to approve."""


def looks(desk: Desk, grp: int, former: RelayAddress | None = None) -> list[Look]:
    """Return the mailboxes to be looked into now: about once a day each, at random times.

    Whoever has spoken within a day needs no look, but for a leaf of theirs that was replaced.

    Args:
        desk: Of the vault.
        grp: The group.
        former: At this home that the group has left, for the leaves that were there then; else at home.
    """

    def act(tx: Connection) -> list[Look]:
        own, mailbox = groups.get_group(tx, grp), groups.get_mailbox(tx, grp)
        if own.state != "active" or mailbox is None:
            return []
        relay = former or RelayAddress(own.relay_url, own.relay_id)
        if not rows.is_watching(tx, grp):
            # A vault of an older version.
            group = desk.keeper.load(tx, grp)
            watch_leaves(tx, grp, group, group.members(), (), now=desk.now, random=desk.random)
        found: list[Look] = []
        # Those of another history ask as soon as they know that ours stands.
        parted = any(not row.stands and desk.now - row.at < _PARTED for row in other_sides.every(tx, grp))
        due, looked = (rows.due, rows.looked) if former is None else (rows.due_back, rows.look_back)
        for row in due(tx, grp, desk.now + 2 * _DAY if parted else desk.now):
            if len(found) >= _LOOKS:
                break
            pause = up_to_a_day(desk.random) * (1 if row.removed is None else _SELDOM)
            looked(tx, grp, row.append_key, desk.now + _DAY // 2 + pause)
            if (
                parted
                or row.replaced is not None
                or row.removed is not None
                or not events.has_spoken(tx, grp, row.identity, desk.now - _DAY)
            ):
                found.append(Look(relay, watched_mailbox(row), row))
        return found

    return desk.keeper.write(act)


def contents(blob_key: bytes, blobs: Sequence[bytes]) -> Iterator[Whole]:
    """Return what opens of the blobs of a mailbox, put together from parts."""
    assembler = Assembler()
    for blob in blobs:
        try:
            parsed: Part | Whole | None = parse_content(open_blob(blob_key, blob))
            if isinstance(parsed, Part):
                parsed = assembler.add(parsed)
        except CryptoError:
            continue
        if parsed is not None:
            yield parsed


def take(desk: Desk, grp: int, look: Look, blobs: Sequence[bytes]) -> list[str]:
    """Take the requests that lie where a leaf asks. Returns sentences for the user.

    A wish is made for each that is in order; a request of an older leaf waits for an admin. Whoever was removed is told
    so, and nothing else.
    """
    row, relay_id = look.row, look.relay.relay_id or b""

    def act(tx: Connection) -> list[str]:
        own = groups.get_group(tx, grp)
        if own.state != "active":
            return []
        group = desk.keeper.load(tx, grp)
        told = []
        requests = list(_requests(own.group_id, group.suite, row, blobs))
        if row.removed is not None:
            if requests and row.identity not in {one.signature_key for one in group.members()}:
                _say_gone(tx, grp, requests[-1].answer, row, relay_id, desk.random)
            return []
        for request in requests:
            if rows.get_request(tx, grp, request.digest) is not None:
                continue
            found = _return(tx, desk.ledger, grp, group, request, desk.now)
            if found is None:
                continue
            rows.add_request(tx, grp, request.digest, request.raw, request.identity, relay_id)
            if found.current:
                groups.add_wish(tx, grp, "return", request.digest)
            else:
                told.append(_OLDER.format(name=desk.ledger.spoken(tx, grp, request.identity)))
        return told

    return desk.keeper.write(act)


def _requests(
    group_id: bytes, suite: mls.CipherSuite, row: WatchedRow, blobs: Sequence[bytes]
) -> Iterator[ReturnRequest]:
    for whole in contents(return_blob_key(row.secret), blobs):
        try:
            if whole.kind is not Kind.RETURN:
                continue
            request = ReturnRequest.read(group_id, suite, whole.body)
        except FormatError:
            continue
        if request.identity == row.identity and request.leaf == row.leaf_hash:
            yield request


def _say_gone(tx: Connection, grp: int, secret: bytes, row: WatchedRow, relay_id: bytes, random: Random) -> None:
    key = rendezvous_blob_key(secret)
    blobs = [seal_blob(key, content, random) for content in split(Kind.GONE, make_gone(row.removed or 0), random)]
    rows.add_reply(tx, grp, secret, row.retention, cbor.encode(blobs), relay_id, once=True)


def return_of(tx: Connection, ledger: Ledger, grp: int, group: mls.Group, digest: bytes, now: int) -> Return | None:
    """Return what the commit has to do for a wish of kind ``return``; None if that is done, or cannot be any more."""
    raw = rows.get_request(tx, grp, digest)
    if raw is None:
        return None
    try:
        request = ReturnRequest.read(groups.get_group(tx, grp).group_id, group.suite, raw)
    except FormatError:
        return None
    return _return(tx, ledger, grp, group, request, now)


def _return(
    tx: Connection, ledger: Ledger, grp: int, group: mls.Group, request: ReturnRequest, now: int
) -> Return | None:
    member = next((one for one in group.members() if one.signature_key == request.identity), None)
    watched = rows.watched(tx, grp, request.leaf)
    if member is None or watched is None:
        return None
    marks = marks_of(tx, grp)
    if marks.suspended(request.identity) and can_decide(marks, ledger.history(tx, grp), request.identity):
        return None
    if member.encryption_key == request.package.leaf_node.encryption_key:
        return None
    try:
        request.package.verify(now=now)
        check_return(group, member, request.package.leaf_node)
    except (mls.MlsError, BrokenRuleError):
        return None
    return Return(request, bytes(return_psk(watched.secret)), current=leaf_hash(member) == request.leaf)


def answer(tx: Connection, grp: int, raw: bytes, welcome: bytes, group: mls.Group, random: Random) -> None:
    """Keep the Welcome for somebody whom our commit has brought back on this request."""
    request = ReturnRequest.read(group.group_id, group.suite, raw)
    watched = rows.watched(tx, grp, request.leaf)
    if watched is None:
        return
    key = rendezvous_blob_key(request.answer)
    blobs = [seal_blob(key, content, random) for content in split(Kind.WELCOME, welcome, random)]
    relay_id = rows.request_relay(tx, grp, request.digest) or groups.get_group(tx, grp).relay_id
    rows.add_reply(tx, grp, request.answer, watched.retention, cbor.encode(blobs), relay_id)
    rows.drop_request(tx, grp, request.digest)


def replies(desk: Desk, grp: int, former: RelayAddress | None = None) -> list[Reply]:
    """Return the answers that home, or a home that the group has left, does not have yet."""

    def act(tx: Connection) -> list[Reply]:
        own = groups.get_group(tx, grp)
        relay = former or RelayAddress(own.relay_url, own.relay_id)
        return [
            Reply(
                row.id,
                relay,
                MailboxKeys.of_rendezvous(row.secret, RetentionClass(row.retention)),
                rendezvous_blob_key(row.secret),
                tuple(cbor.decode(row.blobs)),
                bool(row.once),
            )
            for row in rows.replies(tx, grp)
            if row.relay_id == relay.relay_id
        ]

    return desk.keeper.read(act)


def is_said(reply: Reply, blobs: Sequence[bytes]) -> bool:
    """Tell whether somebody else has said there already that they were removed."""
    return any(whole.kind is Kind.GONE for whole in contents(reply.blob_key, blobs))


def replied(desk: Desk, reply: Reply) -> None:
    """The relay has an answer."""
    desk.keeper.write(lambda tx: rows.drop_reply(tx, reply.id))
