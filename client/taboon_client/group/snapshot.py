"""What a newcomer is given, and how the others see that it is what they hold (docs/protocol.md, section 2.6).

The member whose commit added somebody queues the history, every event of the registers and of the open items, and at
the end what the newcomer cannot see from them: which items are closed or deleted. It travels like everything else, blob
by blob from the outbox, and goes on where it stopped. The others get the same blobs: what they hold and did not see
again was left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board import REGISTERS, Item
from taboon_client.group.merges import partners
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
# Of a question: so many members are asked for items at most, and so much is sent to one asker in that time.
_MOST_MEMBERS = 4
_MOST_ANSWERED = 300
_LOOK_AGAIN = 3_600
_DIFFERS = (
    "what a newcomer was given leaves out {count} messages that are on this device. Ask whoever let them in whether "
    "they know why"
)
_MENDED = "{count} messages were missing from what a newcomer was given, and are sent to them again"


_LIED = (
    "a newcomer was told that {count} items are closed or deleted which are open on this device. Ask whoever let them "
    "in whether they know why"
)
_TOLD_AGAIN = "{count} open items had been called closed or deleted to a newcomer, and are sent to them again"
_DAY = 86_400


def queue_snapshot(tx: Connection, ledger: Ledger, grp: int, group: mls.Group) -> None:
    """Queue what a newcomer needs: the history, the registers, the open items, and which are no more."""
    for payload in history_in_pieces(ledger.history(tx, grp), group.epoch, ledger.last_of_authors(tx, grp)):
        outbox.queue_payload(tx, grp, payload)
    groups.set_snapshot(tx, grp, group.epoch)
    places: list[bytes | str] = [
        *REGISTERS,
        *dict.fromkeys([*board.open_item_ids(tx, grp), *partners(tx, grp, open_only=True)]),
    ]
    lowest: dict[bytes, int] = {}
    for place in places:
        for name, _ in events.events_of_place(tx, grp, place):
            outbox.queue_event(tx, grp, name)
        for author, number in events.lowest_numbers(tx, grp, place):
            lowest[author] = min(number, lowest.get(author, number))
    for author, number in lowest.items():
        for payload in links_in_pieces(author, *ledger.chain_below(tx, grp, author, number)):
            outbox.queue_payload(tx, grp, payload)
    given = set(places)
    closed = [*board.closed_item_ids(tx, grp), *events.gone_items(tx, grp, deleted=False)]
    closed = [item for item in closed if item not in given]
    for payload in snapshot_ends(closed, events.gone_items(tx, grp, deleted=True)):
        outbox.queue_payload(tx, grp, payload)


def take_snapshot_end(tx: Connection, grp: int, end: SnapshotEnd) -> None:
    """Take, as a newcomer, which items are no more; after the last piece the snapshot is whole."""
    events.add_gone_items(tx, grp, end.closed, deleted=False)
    events.add_gone_items(tx, grp, end.deleted, deleted=True)
    if end.last:
        groups.set_whole(tx, grp, whole=True)


def compare_snapshot(
    tx: Connection, ledger: Ledger, grp: int, end: SnapshotEnd, epoch: int, *, mend: bool
) -> list[str]:
    """Compare, as one who was there before, what a newcomer was given with what is here. Returns sentences to tell.

    Args:
        tx: A transaction that writes.
        ledger: Of the vault.
        grp: The group.
        end: One piece of the end. After the last the events are compared, too.
        epoch: Number of the epoch in whose mailbox the snapshot stands.
        mend: Send again what was left out; an item of our own that was called closed or deleted is in any case.
    """
    told = _compare_lists(tx, ledger, grp, end, mend=mend)
    if not end.last:
        return told
    places: list[bytes | str] = [*REGISTERS, *board.open_item_ids(tx, grp)]
    left_out = [name for place in places for name in events.not_carried_by(tx, grp, place, epoch)]
    if not left_out:
        return told
    if mend:
        for name in left_out:
            outbox.queue_event(tx, grp, name)
    return [*told, (_MENDED if mend else _DIFFERS).format(count=len(left_out))]


def _compare_lists(tx: Connection, ledger: Ledger, grp: int, end: SnapshotEnd, *, mend: bool) -> list[str]:
    """Compare which items a newcomer was told are no more with those that are open here."""
    # What is about to be deleted here may well have been on the other device.
    old = ledger.now - (ledger.keep(tx, grp).open_days - 1) * _DAY
    fresh = {item for item, renewed, urgent in board.renewals(tx, grp) if urgent or renewed > old}
    wrong = fresh.intersection((*end.closed, *end.deleted))
    if not wrong:
        return []
    own = groups.get_group(tx, grp).identity
    for item in sorted(wrong):
        folded = board.folded_item(tx, item)
        if mend or (folded is not None and Item.decode(folded).author == own):
            for name in events.arrivals(tx, grp, item):
                outbox.queue_event(tx, grp, name)
    return [(_TOLD_AGAIN if mend else _LIED).format(count=len(wrong))]


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


def answer_question(tx: Connection, grp: int, question: AskPayload, asker: bytes, now: int) -> None:
    """Send what we are asked for and hold: items, whole, to somebody who came after they were closed; single events.

    Each once in a while for each who asks: else one message would make every member send the whole board, as often as
    somebody likes.
    """
    if groups.get_group(tx, grp).identity not in question.members:
        return
    held = [name for name in question.events[:MOST_EVENTS] if events.has_event(tx, name)]
    if len(question.members) <= _MOST_MEMBERS:
        held += [item for item in question.items[:_MOST_ASKED] if events.has_event(tx, item)]
    items = set(question.items)
    for name in events.may_answer(tx, grp, asker, held, now, _ASK_AGAIN, _MOST_ANSWERED):
        for one in events.arrivals(tx, grp, name) if name in items else [name]:
            outbox.queue_event(tx, grp, one)
