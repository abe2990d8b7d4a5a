"""The fold of one item: what its events come to (docs/protocol.md, sections 3.1, 3.3 and 3.4).

The fold is a function of the set of ready events and of which of them count, and of nothing else: no clock, no
order of arrival. :class:`ItemFold` goes on where it stopped when a new event sorts after all that it has folded, and
begins anew otherwise; both give the same. Where the protocol leaves a choice, this is what holds:

- The opening is found by its name, wherever it sorts. If it is set aside, the item stays while an event of another
  member counts in it; its author's words are still shown.
- An event that speaks of one which is not folded before it has no effect.
- Of release, lapse, contest and deliver the later one in the fold holds: who handed over after all, did. A confirmation
  by the item's side is final.
- A pledge folded after a withdrawal is kept as standby: it takes nothing unless it is handed over. It is marked
  ``late``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board import deeds
from taboon_client.board.deeds import Comment
from taboon_client.board.history import DISPATCH
from taboon_client.board.item import Item, ItemComment, Status
from taboon_client.board.item_life import MAX_PLEDGES, Life
from taboon_client.board.item_talk import KEPT_COMMENTS
from taboon_client.board.kinds import from_body
from taboon_client.board.openings import Edit, Opening

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taboon_client.board.event import Event
    from taboon_client.board.graph import Graph
    from taboon_client.board.history import Judge

__all__ = ["KEPT_COMMENTS", "MAX_PLEDGES", "ItemFold", "fold", "thread"]

# What the dispatch circle may do for the item's author.
_SIDED: frozenset[type] = frozenset(
    {
        *(Edit, deeds.Confirm, deeds.Returned, deeds.Lapse, deeds.Grant, deeds.Details, deeds.Renew, deeds.Pause),
        *(deeds.Withdraw, deeds.Merge),
    }
)
_UNDONE_BY_SIDE = frozenset({"edit", "pause", "withdraw", "merge"})
_UNDONE = _UNDONE_BY_SIDE | {"comment", "follow-up", "followed-up", "outcome"}


class ItemFold:
    """Folds one item, and goes on from where it stopped.

    Args:
        graph: Of the item; events are added to it, by whoever holds it, between one fold and the next.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._restart()

    def _restart(self) -> None:
        self._life: Life | None = None
        self._folded = 0
        self._last = b""
        self._aside: set[bytes] = set()
        self._opening_aside = False
        self._undone: set[bytes] = set()

    def fold(self, judge: Judge, *, anew: bool = False) -> Item | None:
        """Fold the ready events.

        Args:
            judge: Says which events count (:meth:`History.judge_by`).
            anew: What counts may be other than before: begin again.

        Returns:
            The item; ``None`` if its opening is not here, is of a kind or version that this one does not know or
            has a body that the kind does not take, or is set aside while no other member's event counts.
        """
        order = self.graph.ready()
        count = self._folded
        fresh = order[count:]
        if (
            anew
            or (count and (len(order) < count or order[count - 1][1] != self._last))
            or (count and any(event.kind == deeds.Undo.kind for _, _, event in fresh))
        ):
            self._restart()
            fresh = order
        if self._life is None and not self._begin(judge):
            return None
        life = self._life
        if life is None:
            return None
        for depth, name, event in fresh:
            self._step(life, judge, depth, name, event)
        self._folded = len(order)
        self._last = order[-1][1]
        if self._opening_aside and not life.answered:
            return None
        return self._value(life, order[-1][0])

    @property
    def aside(self) -> frozenset[bytes]:
        """Names of the events that were folded and do not count."""
        return frozenset(self._aside)

    def _begin(self, judge: Judge) -> bool:
        identifier = self.graph.place
        opening = self.graph.get(identifier) if isinstance(identifier, bytes) else None
        body = None if opening is None else from_body(opening)
        if opening is None or not isinstance(body, Opening):
            return False
        self._life = Life(opening, body, self.graph, {})
        self._undone = _undone(self.graph, judge, opening.author)
        return True

    def _step(self, life: Life, judge: Judge, depth: int, name: bytes, event: Event) -> None:
        if not judge(event):
            self._aside.add(name)
            self._opening_aside = self._opening_aside or name == self.graph.place
            return
        if name == self.graph.place:
            return
        life.touch(event.author)
        if name in self._undone:
            return
        body = from_body(event)
        if body is not None:
            side = event.author == life.opening.author or (type(body) in _SIDED and judge(event, DISPATCH))
            life.take(depth, event, body, side=side)

    def _value(self, life: Life, depth: int) -> Item:
        pledges, lines, rounds = life.pledged()
        status = life.status(lines)
        said = {name: value for name, value in life.said.items() if name != "lines"}
        pause, withdrawn = life.paused if status is Status.PAUSED else None, life.withdrawn
        return Item(
            **said,
            id=life.opening.name,
            kind=life.body.kind,
            author=life.opening.author,
            lines=lines,
            rounds=rounds,
            pledges=pledges,
            comments=life.talk.comments,
            comment_count=life.talk.comment_count,
            follow_ups=life.talk.follow_ups,
            outcomes=life.talk.outcomes,
            opened=life.talk.opened,
            sealed=life.sealed,
            private=life.talk.private,
            status=status,
            paused_until=0 if pause is None else pause.until,
            reason=pause.reason if pause is not None else "" if withdrawn is None else withdrawn.reason,
            why="" if withdrawn is None else withdrawn.why,
            merged_into=life.merged_into,
            closing=life.closing or (life.last_confirm if status is Status.DONE else b""),
            renewal=life.renewal,
            renewed=life.renewed,
            answered=life.answered,
            touched=tuple(life.touched),
            created=life.body.created,
            latest=life.latest,
            depth=depth,
            events=self._folded,
            set_aside=len(self._aside),
            ignored=life.ignored,
            opening_set_aside=self._opening_aside,
        )


def fold(graph: Graph, judge: Judge) -> Item | None:
    """Fold the ready events of one item once; as :meth:`ItemFold.fold`."""
    return ItemFold(graph).fold(judge)


def thread(graph: Graph, judge: Judge) -> Iterator[ItemComment]:
    """Go through all comments of an item that count and were not taken back, in the order of the fold."""
    undone = _undone(graph, judge, b"")
    for _, name, event in graph.ready():
        body = from_body(event) if event.kind == Comment.kind and name not in undone and judge(event) else None
        if isinstance(body, Comment):
            yield ItemComment(name=event.name, author=event.author, text=body.text, created=body.created)


def _undone(graph: Graph, judge: Judge, author: bytes) -> set[bytes]:
    """Return the names of the events that were taken back."""
    undone = set()
    for _, _, event in graph.ready():
        body = from_body(event) if event.kind == deeds.Undo.kind else None
        if not isinstance(body, deeds.Undo) or not judge(event):
            continue
        target = graph.get(body.event)
        # Who undoes something has seen it.
        if target is None or target.kind not in _UNDONE or not graph.stands_on(event, target):
            continue
        if event.author == target.author or (
            target.kind in _UNDONE_BY_SIDE and (event.author == author or judge(event, DISPATCH))
        ):
            undone.add(target.name)
    return undone
