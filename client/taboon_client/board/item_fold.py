"""The fold of one item: what its events come to (docs/protocol.md, sections 3.1, 3.3 and 3.4).

The fold is a function of the set of ready events and of which of them count, and of nothing else: no clock, no
order of arrival. :class:`ItemFold` goes on where it stopped when a new event sorts after all that it has folded, and
begins anew otherwise; both give the same. Where the protocol leaves a choice, this is what holds:

- The opening is found by its name, wherever it sorts. If it is set aside, the item stays while an event of another
  member counts in it; its author's words are still shown.
- An event that speaks of one which is not folded before it has no effect.
- Of release, lapse, contest, deliver and reject the later one in the fold holds: who handed over after all, did. A
  confirmation by the item's side is final.
- A pledge folded after a withdrawal is kept as standby: it takes nothing unless it is handed over. It is marked
  ``late``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board import deeds
from taboon_client.board.deeds import Comment
from taboon_client.board.epochs import DISPATCH
from taboon_client.board.item import Item, ItemComment, Status
from taboon_client.board.item_life import MAX_PLEDGES, Life
from taboon_client.board.item_talk import KEPT_COMMENTS
from taboon_client.board.kinds import from_body
from taboon_client.board.openings import Edit, Opening

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from taboon_client.board.event import Event
    from taboon_client.board.graph import Graph
    from taboon_client.board.history import Judge

__all__ = ["KEPT_COMMENTS", "MAX_PLEDGES", "ItemFold", "fold", "thread"]

# What the dispatch circle may do for the item's author.
_SIDED: frozenset[type] = frozenset(
    {
        *(Edit, deeds.Confirm, deeds.Reject, deeds.Returned, deeds.Lapse, deeds.Grant, deeds.Details, deeds.Renew),
        *(deeds.Pause, deeds.Withdraw, deeds.Merge),
    }
)
# Every so many events a stage is kept: the two last ones cover what comes in beside others.
_STRIDE = 128
# So many events that nothing stands on: then it is no longer followed whether one stands on all before it.
_HEADS = 64
_UNDONE_BY_SIDE = frozenset({"edit", "pause", "withdraw", "merge"})
_UNDONE = _UNDONE_BY_SIDE | {"comment", "follow-up", "followed-up", "outcome"}


class _Stage:
    """How far a fold has come: the first ``folded`` events, the last of them by name."""

    __slots__ = ("aside", "folded", "heads", "last", "life", "opening_aside")

    def __init__(self, life: Life) -> None:
        self.life = life
        self.folded = 0
        self.last = b""
        self.aside: set[bytes] = set()
        # Folded events that no folded one stands on; None once they were too many to follow.
        self.heads: set[bytes] | None = set()
        self.opening_aside = False

    def begins(self, order: Sequence[tuple[int, bytes, Event]]) -> bool:
        """Tell whether what it has folded is what an order begins with."""
        # Events are never taken out: where the last one stands where it stood, all before it do.
        return self.folded == 0 or (self.folded <= len(order) and order[self.folded - 1][1] == self.last)

    def stands_on_all(self, event: Event) -> bool:
        """Note the event that is folded next; tells whether it is known to stand on all that were folded before."""
        if self.heads is None:
            return False
        whole = self.heads.issubset(event.parents)
        self.heads.difference_update(event.parents)
        self.heads.add(event.name)
        if len(self.heads) > _HEADS:
            self.heads = None
        return whole

    def copy(self) -> _Stage:
        """Return one that goes on by itself."""
        stage = _Stage(self.life.copy())
        stage.folded, stage.last = self.folded, self.last
        stage.aside = set(self.aside)
        stage.heads = None if self.heads is None else set(self.heads)
        stage.opening_aside = self.opening_aside
        return stage


class ItemFold:
    """Folds one item, and goes on from where it stopped.

    Args:
        graph: Of the item; events are added to it, by whoever holds it, between one fold and the next.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._now: _Stage | None = None
        # Two earlier stages: an event that sorts among the latest is folded from one of them on.
        self._earlier: list[_Stage] = []
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
        stage = None if anew else self._stage(order)
        if stage is not None and self._takes_back(judge, order[stage.folded :]):
            # What is taken back may have been folded long ago.
            stage = None
        if stage is None:
            stage = self._begin(judge)
            self._earlier = []
            if stage is None:
                self._now = None
                return None
        for end in (max(stage.folded, len(order) - _STRIDE), len(order)):
            for depth, name, event in order[stage.folded : end]:
                self._step(stage, judge, depth, name, event)
            stage.folded, stage.last = end, order[end - 1][1] if end else b""
            if end - (self._earlier[-1].folded if self._earlier else 0) >= _STRIDE:
                self._earlier = [*self._earlier[-1:], stage.copy()]
        self._now = stage
        if stage.opening_aside and not stage.life.answered:
            return None
        return self._value(stage, order[-1][0])

    def _stage(self, order: Sequence[tuple[int, bytes, Event]]) -> _Stage | None:
        """Return the latest stage whose events are still the first ones in the order of the fold."""
        if self._now is not None and self._now.begins(order):
            return self._now
        self._earlier = [stage for stage in self._earlier if stage.begins(order)]
        return self._earlier[-1].copy() if self._earlier else None

    def _takes_back(self, judge: Judge, order: Sequence[tuple[int, bytes, Event]]) -> bool:
        """Tell whether one of these takes back what still has an effect."""
        opening = self.graph.get(self.graph.place) if isinstance(self.graph.place, bytes) else None
        author = b"" if opening is None else opening.author
        return any(
            (name := _taken_back(self.graph, judge, author, event)) and name not in self._undone
            for _, _, event in order
            if event.kind == deeds.Undo.kind
        )

    @property
    def aside(self) -> frozenset[bytes]:
        """Names of the events that were folded and do not count."""
        return frozenset() if self._now is None else frozenset(self._now.aside)

    def _begin(self, judge: Judge) -> _Stage | None:
        identifier = self.graph.place
        opening = self.graph.get(identifier) if isinstance(identifier, bytes) else None
        body = None if opening is None else from_body(opening)
        if opening is None or not isinstance(body, Opening):
            return None
        self._undone = _undone(self.graph, judge, opening.author)
        return _Stage(Life(opening, body, self.graph))

    def _step(self, stage: _Stage, judge: Judge, depth: int, name: bytes, event: Event) -> None:
        life = stage.life
        whole = stage.stands_on_all(event)
        if not judge(event):
            stage.aside.add(name)
            stage.opening_aside = stage.opening_aside or name == self.graph.place
            return
        if name == self.graph.place:
            return
        life.touch(event.author)
        if name in self._undone:
            return
        body = from_body(event)
        if body is not None:
            side = event.author == life.opening.author or (type(body) in _SIDED and judge(event, DISPATCH))
            life.take(depth, event, body, side=side, whole=whole)

    def _value(self, stage: _Stage, depth: int) -> Item:
        life = stage.life
        pledges, lines, rounds = life.pledged()
        unmerged = life.status(lines)
        status = Status.MERGED if life.merged_into else unmerged
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
            unmerged=unmerged,
            merged_into=life.merged_into,
            merged_closed=life.merged_closed,
            closing=life.closing or (life.last_confirm if status is Status.DONE else b""),
            renewal=life.renewal,
            renewed=life.renewed,
            answered=life.answered,
            touched=tuple(life.touched),
            created=life.body.created,
            latest=life.latest,
            depth=depth,
            events=stage.folded,
            set_aside=len(stage.aside),
            ignored=life.ignored,
            opening_set_aside=stage.opening_aside,
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
    undos = (event for _, _, event in graph.ready() if event.kind == deeds.Undo.kind)
    return {name for event in undos if (name := _taken_back(graph, judge, author, event))}


def _taken_back(graph: Graph, judge: Judge, author: bytes, event: Event) -> bytes:
    """Return the name of the event that an undo takes back; nothing if it has no effect."""
    body = from_body(event)
    # Who undoes something has seen it, and says so: nothing else has to be walked for that.
    if not isinstance(body, deeds.Undo) or body.event not in event.parents or not judge(event):
        return b""
    target = graph.get(body.event)
    if target is None or target.kind not in _UNDONE:
        return b""
    by_side = target.kind in _UNDONE_BY_SIDE and (event.author == author or judge(event, DISPATCH))
    return target.name if event.author == target.author or by_side else b""
