"""What a newcomer is given, and how the others see that it is what they hold (docs/protocol.md, section 2.6).

The member whose commit added somebody queues the history, every event of the registers and of the open items, and at
the end what the newcomer cannot see from them: which items are closed or deleted. It travels like everything else, blob
by blob from the outbox, and goes on where it stopped. The others get the same blobs: what they hold and did not see
again was left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board import REGISTERS
from taboon_client.group.payload import AskPayload, SnapshotEnd, history_in_pieces, links_in_pieces, snapshot_ends
from taboon_client.vault import board, events, groups, outbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.group.ledger import Ledger
    from taboon_client.vault import Connection
    from taboon_crypto import mls

__all__ = ["answer_question", "ask_for_missing", "compare_snapshot", "queue_snapshot", "take_snapshot_end"]

_MOST_ASKED = 20
MOST_EVENTS = 100
"""Events that one question asks for."""
_ASK_AGAIN = 12 * 3_600
_LOOK_AGAIN = 3_600
_DIFFERS = (
    "what a newcomer was given leaves out {count} messages that are on this device. Ask whoever let them in whether "
    "they know why"
)
_MENDED = "{count} messages were missing from what a newcomer was given, and are sent to them again"


def queue_snapshot(tx: Connection, ledger: Ledger, grp: int, group: mls.Group) -> None:
    """Queue what a newcomer needs: the history, the registers, the open items, and which are no more."""
    for payload in history_in_pieces(ledger.history(tx, grp), group.epoch, ledger.last_of_authors(tx, grp)):
        outbox.queue_payload(tx, grp, payload)
    groups.set_snapshot(tx, grp, group.epoch)
    places: list[bytes | str] = [*REGISTERS, *board.open_item_ids(tx, grp)]
    lowest: dict[bytes, int] = {}
    for place in places:
        for name, _ in events.events_of_place(tx, grp, place):
            outbox.queue_event(tx, grp, name)
        for author, number in events.lowest_numbers(tx, grp, place):
            lowest[author] = min(number, lowest.get(author, number))
    for author, number in lowest.items():
        for payload in links_in_pieces(author, *ledger.chain_below(tx, grp, author, number)):
            outbox.queue_payload(tx, grp, payload)
    closed = [*board.closed_item_ids(tx, grp), *events.gone_items(tx, grp, deleted=False)]
    for payload in snapshot_ends(closed, events.gone_items(tx, grp, deleted=True)):
        outbox.queue_payload(tx, grp, payload)


def take_snapshot_end(tx: Connection, grp: int, end: SnapshotEnd) -> None:
    """Take, as a newcomer, which items are no more; after the last piece the snapshot is whole."""
    events.add_gone_items(tx, grp, end.closed, deleted=False)
    events.add_gone_items(tx, grp, end.deleted, deleted=True)
    if end.last:
        groups.set_whole(tx, grp, whole=True)


def compare_snapshot(tx: Connection, grp: int, end: SnapshotEnd, epoch: int, *, mend: bool) -> list[str]:
    """Compare, as one who was there before, what a newcomer was given with what is here. Returns sentences to tell.

    Args:
        tx: A transaction that writes.
        grp: The group.
        end: The last piece.
        epoch: Number of the epoch in whose mailbox the snapshot stands.
        mend: Send again what was left out.
    """
    if not end.last:
        return []
    places: list[bytes | str] = [*REGISTERS, *board.open_item_ids(tx, grp)]
    left_out = [name for place in places for name in events.not_carried_by(tx, grp, place, epoch)]
    if not left_out:
        return []
    if mend:
        for name in left_out:
            outbox.queue_event(tx, grp, name)
    return [(_MENDED if mend else _DIFFERS).format(count=len(left_out))]


def ask_for_missing(tx: Connection, ledger: Ledger, grp: int, random: Callable[[int], bytes]) -> None:
    """Ask for events that others name and that have not come: their author, and one other member."""
    if events.looked_for_gaps(tx, grp, ledger.now, _LOOK_AGAIN):
        return
    last = ledger.history(tx, grp).last
    wanted = ledger.wanted(tx, grp)
    if last is None or not wanted:
        return
    names = events.to_ask(tx, grp, wanted.keys(), ledger.now, _ASK_AGAIN)[:MOST_EVENTS]
    if not names:
        return
    own = groups.get_group(tx, grp).identity
    others = sorted(member for member in last.members if member != own)
    asked = {wanted[name] for name in names}
    if others:
        asked.add(others[int.from_bytes(random(4)) % len(others)])
    outbox.queue_payload(tx, grp, AskPayload((), tuple(sorted(asked)), tuple(names)).encode())


def answer_question(tx: Connection, grp: int, question: AskPayload) -> None:
    """Send what we are asked for and hold: items, whole, to somebody who came after they were closed; single events."""
    if groups.get_group(tx, grp).identity not in question.members:
        return
    for name in question.events[:MOST_EVENTS]:
        if events.has_event(tx, name):
            outbox.queue_event(tx, grp, name)
    for item in question.items[:_MOST_ASKED]:
        names = events.arrivals(tx, grp, item)
        if item in names:
            for name in names:
                outbox.queue_event(tx, grp, name)
