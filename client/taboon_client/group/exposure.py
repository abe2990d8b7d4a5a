"""What a member could have seen, and which sealed details it opened: what to warn families of after a removal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board import ADMIN, DISPATCH, Event, Item
from taboon_client.errors import NotFoundError
from taboon_client.values import ExposedItem, Exposure
from taboon_client.vault import board, events
from taboon_client.vault import members as rows

if TYPE_CHECKING:
    from taboon_client.board import EpochChange, History
    from taboon_client.group.ledger import Ledger
    from taboon_client.vault import Connection

__all__ = ["exposure_of"]


def exposure_of(tx: Connection, ledger: Ledger, grp: int, identity: bytes) -> Exposure:
    """Return what a member, or a former one, could have seen.

    Everything is told that may have been seen, also what nobody knows: whoever was in the dispatch circle while an item
    was open could open its details.

    Raises:
        NotFoundError: Nobody of that identity key was here.
    """
    history = ledger.history(tx, grp)
    span = _span(history, identity)
    if span is None:
        raise NotFoundError("member", "nobody of that name was in the group")
    first, last, roles = span
    items = [
        found
        for item in board.item_ids(tx, grp)
        if (found := _item(tx, history, item, identity, first, last, dispatcher=DISPATCH in roles)) is not None
    ]
    items.sort(key=lambda one: (one.opened is None, not one.could_open, one.opened or 0))
    deeds = [row for row in rows.deeds(tx, grp) if identity in row.members]
    came = next((row.at for row in deeds if row.kind == "added"), 0)
    return Exposure(
        identity=identity,
        first=first,
        last=last,
        since=came,
        until=0 if last is None else next((row.at for row in reversed(deeds) if row.kind in ("removed", "left")), 0),
        items=tuple(items),
        deleted=len(events.gone_items(tx, grp, deleted=True)),
        names=len(board.people(tx, grp)),
        admin=ADMIN in roles,
    )


def _span(history: History, identity: bytes) -> tuple[int, int | None, frozenset[str]] | None:
    """Return the first epoch of a member, the last one (None: still here), and every role it ever had."""
    first: int | None = None
    last: int | None = None
    roles: frozenset[str] = frozenset()
    for change in history.changes():
        now = _roles(change, identity)
        if now == "same":
            continue
        if isinstance(now, frozenset):
            first = change.number if first is None else first
            last, roles = None, roles | now
        elif first is not None and last is None:
            last = change.number - 1
    return None if first is None else (first, last, roles)


def _roles(change: EpochChange, identity: bytes) -> frozenset[str] | str | None:
    """Return the roles that a change gives to somebody, None who is no member after it, ``same`` if it says nothing."""
    if identity in change.roles:
        return change.roles[identity]
    return None if change.whole else "same"


def _item(
    tx: Connection,
    history: History,
    item: bytes,
    identity: bytes,
    first: int,
    last: int | None,
    *,
    dispatcher: bool,
) -> ExposedItem | None:
    folded = board.folded_item(tx, item)
    raw = events.event_bytes(tx, item)
    if folded is None or raw is None:
        return None
    found = Item.decode(folded)
    made = history.number_of(Event.parse(raw).epoch)
    if last is not None and made is not None and made > last:
        return None
    if found.closed and made is not None and made < first and not _touched(found, identity):
        # What was closed before they came was not given to them.
        closing = events.event_bytes(tx, found.closing)
        closed = history.number_of(Event.parse(closing).epoch) if closing is not None else None
        if closed is not None and closed < first:
            return None
    opened = next((one.created for one in found.opened if one.author == identity), None)
    granted = any(pledge.author == identity and pledge.granted for pledge in found.pledges)
    return ExposedItem(
        id=item,
        code=found.code,
        title=found.title,
        opened=opened,
        could_open=opened is not None or granted or dispatcher or found.author == identity,
    )


def _touched(item: Item, identity: bytes) -> bool:
    return item.author == identity or any(pledge.author == identity for pledge in item.pledges)
