"""What a device does by itself when it has time: delete what is due, and seal keys to those new in the circle."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.board import DISPATCH, Event, Item
from taboon_client.board.deeds import Share
from taboon_client.group.merges import partners
from taboon_client.group.news import forget_item
from taboon_client.vault import board, events, groups
from taboon_client.vault.board import TotalRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.group.ledger import Ledger
    from taboon_client.vault import Connection

__all__ = ["delete_due", "is_due", "serve_circle"]

_DAY = 86_400
_WEEK = 7 * _DAY
_HOUR = 3_600
_EXPIRED = "expired"
_SERVERS = 2
"""How many of those who can, seal a key to whoever is new: one may be away for good."""
_WRAPS = 32


def is_due(tx: Connection, ledger: Ledger, grp: int, now: int) -> bool:
    """Tell whether anything of a group is to be deleted."""
    return bool(_due(tx, ledger, grp, now))


def delete_due(tx: Connection, ledger: Ledger, grp: int, now: int) -> int:
    """Delete the items of a group whose time has come; their totals stay. Returns how many those were."""
    due = _due(tx, ledger, grp, now)
    for item in due:
        folded = board.folded_item(tx, item)
        if folded is not None:
            board.add_total(tx, grp, _total(Item.decode(folded)))
        events.delete_place(tx, grp, item)
        forget_item(tx, grp, item)
    if due:
        ledger.forget(grp)
    return len(due)


def _due(tx: Connection, ledger: Ledger, grp: int, now: int) -> list[bytes]:
    keep = ledger.keep(tx, grp)
    due = board.due_items(tx, grp, open_before=now - keep.open_days * _DAY, closed_before=now - keep.closed_days * _DAY)
    needed = partners(tx, grp) if due else ()
    return [item for item in due if item not in needed]


def _total(item: Item) -> TotalRow:
    handed = [pledge.changed for pledge in item.pledges if pledge.handed or pledge.arrived]
    return TotalRow(
        week=item.created // _WEEK,
        kind=item.kind,
        category=item.category,
        sub=item.sub,
        area=item.area,
        urgency=item.urgency,
        status=item.status.value if item.closed else _EXPIRED,
        why=item.why,
        pledge_hours=_hours(item, (pledge.created for pledge in item.pledges)),
        deliver_hours=_hours(item, handed),
        people=sum(line.people for line in item.lines),
        lines=cbor.encode([[line.unit, line.quantity, line.delivered, line.confirmed] for line in item.lines]),
    )


def _hours(item: Item, times: Iterable[int]) -> int | None:
    first = min((when for when in times if when >= item.created), default=None)
    return None if first is None else (first - item.created) // _HOUR


def serve_circle(tx: Connection, ledger: Ledger, grp: int) -> int:
    """Seal the keys of open items to those who are new in the dispatch circle. Returns how many items that were.

    Of those of the circle who hold a key the first two do it, in an order that differs by item; its author only if
    nobody of the circle holds it.
    """
    from taboon_client.group.sealing import circle_of  # only a sync seals: what opens the vault shall not load HPKE

    record = ledger.history(tx, grp).last
    circle = circle_of(tx, grp, record)
    now = sha256(cbor.encode([[who, public] for who, public in sorted(circle.items())])).digest()
    own = groups.get_group(tx, grp)
    if record is None or own.state != "active" or groups.circle_served(tx, grp) == now:
        return 0
    groups.set_circle_served(tx, grp, now)
    served = 0
    sealer = ledger.sealer(tx, grp)
    for item in _may_serve(tx, grp, own.identity, in_circle=DISPATCH in record.members.get(own.identity, ())):
        graph, _ = ledger.graph(tx, grp, item)
        opening = graph.get(item)
        if opening is None:
            continue
        held = [event for _, _, event in graph.ready()]
        lacking = sealer.lacking(opening, held, circle)
        if not lacking or not _is_ours_to_serve(own.identity, opening, set(circle) - set(lacking)):
            continue
        if sealer.key(opening, held) is None:
            continue
        wraps = sealer.wraps_for(opening, held, dict(sorted(lacking.items())[:_WRAPS]))
        ledger.make(tx, grp, Share(keys=tuple(wraps), created=ledger.now), item, ())
        served += 1
    return served


def _may_serve(tx: Connection, grp: int, identity: bytes, *, in_circle: bool) -> list[bytes]:
    """Return the ids of the open items whose key we may hold, without reading their events."""
    items = board.open_item_ids(tx, grp)
    if in_circle:
        return items
    folded = ((item, board.folded_item(tx, item)) for item in items)
    return [item for item, stored in folded if stored is not None and Item.decode(stored).author == identity]


def _is_ours_to_serve(identity: bytes, opening: Event, holders: set[bytes]) -> bool:
    if not holders:
        return identity == opening.author
    ordered = sorted(holders, key=lambda who: sha256(opening.name + who).digest())
    return identity in ordered[:_SERVERS]
