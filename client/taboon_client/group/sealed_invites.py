"""Invites sealed to all admins, so that any of their devices can answer (docs/protocol.md, section 4.3).

An event in the register holds the invite under a key of its own, and that key for each admin. Whoever holds it seals it
to those who become admins later. Ordinary members do not hold it.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from taboon_client import cbor
from taboon_client.board import ADMIN, Event, from_body
from taboon_client.board.invites import Shared, decode_invites
from taboon_client.board.register_kinds import InviteEnd, InviteKeys, SharedInvite
from taboon_client.board.registers import INVITES
from taboon_client.errors import FormatError
from taboon_client.group.marks import marks_of
from taboon_client.vault import board, events, groups
from taboon_crypto import sealed_details as sealed
from taboon_crypto.errors import DetailsClosedError
from taboon_crypto.primitives.errors import BadKeyError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from taboon_client.board.fields import Wrap
    from taboon_client.group.ledger import Ledger
    from taboon_client.vault import Connection
    from taboon_crypto.mls import Random
    from taboon_crypto.primitives.secret import Secret

__all__ = ["end_shared", "open_shared", "seal_to_new_admins", "share_invite", "shared_invites"]

_SERVERS: Final = 2
_WRAPS: Final = 32
"""Wraps in one event: far below what an event may hold, also in the post-quantum suite."""


def shared_invites(tx: Connection, grp: int) -> tuple[Shared, ...]:
    """Return the invites that the group's register holds."""
    folded = board.register(tx, grp, INVITES)
    return () if folded is None else decode_invites(cbor.decode(folded))


def _admins(tx: Connection, ledger: Ledger, grp: int) -> dict[bytes, bytes]:
    """Return the sealing keys of all admins who are not suspended, by identity key."""
    record = ledger.history(tx, grp).last
    members = {} if record is None else record.members
    suspended = marks_of(tx, grp).all_suspended
    keys = board.sealing_keys(tx, grp)
    return {
        who: keys[who]
        for who, roles in sorted(members.items())
        if ADMIN in roles and who in keys and who not in suspended
    }


def _tag(tx: Connection, grp: int, maker: bytes, invite: bytes) -> bytes:
    return sealed.item_tag(groups.get_group(tx, grp).group_id, cbor.encode([SharedInvite.kind, maker, invite]))


def _wraps(key: bytes, tag: bytes, maker: bytes, to: Mapping[bytes, bytes]) -> list[Wrap]:
    parties = [sealed.Party(tag, maker, who, public) for who, public in to.items()]
    return [(party.recipient, sealed.wrap_key(key, party)) for party in parties]


def share_invite(
    tx: Connection,
    ledger: Ledger,
    grp: int,
    *,
    digest: bytes,
    payload: bytes,
    seed: bytes,
    expires: int,
    random: Random,
) -> bytes:
    """Share an invite of ours with all admins; returns the name of the event.

    Args:
        tx: A transaction that writes.
        ledger: Of the vault.
        grp: The group.
        digest: Of the payload.
        payload: What the link says.
        seed: The invite key's private half.
        expires: Unix time.
        random: Source of randomness.
    """
    own = groups.get_group(tx, grp).identity
    tag, key = _tag(tx, grp, own, digest), sealed.new_key(random)
    wraps = _wraps(key, tag, own, _admins(tx, ledger, grp))
    body = SharedInvite(
        invite=digest,
        box=sealed.seal_box(key, tag, cbor.encode([payload, bytes(seed)]), random),
        keys=tuple(wraps[:_WRAPS]),
        expires=expires,
        created=ledger.now,
    )
    event = ledger.make(tx, grp, body, INVITES, ())
    for start in range(_WRAPS, len(wraps), _WRAPS):
        more = InviteKeys(event=event.name, keys=tuple(wraps[start : start + _WRAPS]), created=ledger.now)
        ledger.make(tx, grp, more, INVITES, (event.name,))
    return event.name


def _held(tx: Connection, grp: int) -> dict[bytes, tuple[Event, list[Wrap]]]:
    """Return every shared invite with all wraps of its key, by name of the event."""
    found: dict[bytes, tuple[Event, list[Wrap]]] = {}
    more: list[InviteKeys] = []
    for name, raw in events.events_of_place(tx, grp, INVITES):
        event = Event.parse(raw)
        body = from_body(event)
        if isinstance(body, SharedInvite):
            found[name] = (event, list(body.keys))
        elif isinstance(body, InviteKeys):
            more.append(body)
    for body in more:
        if body.event in found:
            found[body.event][1].extend(body.keys)
    return found


def _key(tx: Connection, grp: int, event: Event, wraps: Sequence[Wrap]) -> tuple[Secret, SharedInvite] | None:
    body = from_body(event)
    if not isinstance(body, SharedInvite):
        return None
    own = groups.get_group(tx, grp).identity
    tag = _tag(tx, grp, event.author, body.invite)
    for public, secret in groups.sealing_secrets(tx, grp):
        party = sealed.Party(tag, event.author, own, public)
        for recipient, wrap in wraps:
            if recipient == party.recipient:
                try:
                    return sealed.unwrap_key(wrap, party, secret), body
                except (DetailsClosedError, BadKeyError):
                    continue
    return None


def open_shared(tx: Connection, grp: int, names: Sequence[bytes]) -> dict[bytes, tuple[bytes, bytes]]:
    """Return (payload, invite seed) of the shared invites that are sealed to us, by name of the event."""
    held = _held(tx, grp) if names else {}
    opened = {}
    for name in names:
        event, wraps = held.get(name, (None, []))
        found = None if event is None else _key(tx, grp, event, wraps)
        if event is None or found is None:
            continue
        key, body = found
        try:
            payload, seed = cbor.decode(sealed.open_box(key, _tag(tx, grp, event.author, body.invite), body.box))
        except (DetailsClosedError, FormatError, TypeError, ValueError):
            continue
        if isinstance(payload, bytes) and isinstance(seed, bytes):
            opened[name] = (payload, seed)
    return opened


def seal_to_new_admins(tx: Connection, ledger: Ledger, grp: int, names: Sequence[bytes]) -> int:
    """Seal the keys of open invites to those admins who do not have them. Returns how many wraps that were."""
    held = _held(tx, grp) if names else {}
    admins = _admins(tx, ledger, grp) if names else {}
    own = groups.get_group(tx, grp).identity
    count = 0
    for name in names:
        event, wraps = held.get(name, (None, []))
        found = None if event is None else _key(tx, grp, event, wraps)
        if event is None or found is None:
            continue
        key, body = found
        tag = _tag(tx, grp, event.author, body.invite)
        have = {recipient for recipient, _ in wraps}
        lacking = {
            who: public
            for who, public in admins.items()
            if sealed.Party(tag, event.author, who, public).recipient not in have
        }
        # Of those who hold it the first two do it, in an order that differs by invite: one may be away for good.
        holders = sorted(admins.keys() - lacking.keys(), key=lambda who: sha256(name + who).digest())
        if lacking and (own in holders[:_SERVERS] or own == event.author):
            first = dict(list(lacking.items())[:_WRAPS])
            said = InviteKeys(event=name, keys=tuple(_wraps(key, tag, event.author, first)), created=ledger.now)
            ledger.make(tx, grp, said, INVITES, (name,))
            count += len(first)
    return count


def end_shared(tx: Connection, ledger: Ledger, grp: int, event: bytes, why: str) -> None:
    """Tell the group that an invite is over, unless that was said."""
    if any(one.event == event and not one.ended for one in shared_invites(tx, grp)):
        ledger.make(tx, grp, InviteEnd(event=event, why=why, created=ledger.now), INVITES, (event,))
