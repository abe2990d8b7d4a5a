"""What is said around an item while it is folded: comments, follow-ups, outcomes, who opened the sealed details."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from taboon_client.board import deeds
from taboon_client.board.item import ItemComment, ItemFollowUp, ItemOpened, ItemOutcome

if TYPE_CHECKING:
    from taboon_client.board.event import Event
    from taboon_client.board.kinds import Body

__all__ = ["KEPT_COMMENTS", "Talk"]

KEPT_COMMENTS = 100
"""The latest comments of an item that its fold keeps; :func:`.item_fold.thread` gives all."""

_KEPT = 50
_OPENERS = 200


class Talk:
    """What is said around one item; the latest of each."""

    def __init__(self) -> None:
        self._comments: list[ItemComment] = []
        self._follow_ups: dict[bytes, ItemFollowUp] = {}
        self._outcomes: list[ItemOutcome] = []
        self._opened: dict[bytes, ItemOpened] = {}
        self.comment_count = 0
        self.private = 0

    def copy(self) -> Talk:
        """Return an equal one that goes on by itself."""
        other = copy(self)
        other._comments = list(self._comments)  # noqa: SLF001 - one of ours
        other._follow_ups = dict(self._follow_ups)  # noqa: SLF001 - one of ours
        other._outcomes = list(self._outcomes)  # noqa: SLF001 - one of ours
        other._opened = dict(self._opened)  # noqa: SLF001 - one of ours
        return other

    @property
    def comments(self) -> tuple[ItemComment, ...]:
        """The latest comments, in the order of the fold."""
        return tuple(self._comments[-KEPT_COMMENTS:])

    @property
    def follow_ups(self) -> tuple[ItemFollowUp, ...]:
        """The latest follow-ups, in the order of the fold."""
        return tuple(self._follow_ups.values())

    @property
    def outcomes(self) -> tuple[ItemOutcome, ...]:
        """The latest outcomes, in the order of the fold."""
        return tuple(self._outcomes)

    @property
    def opened(self) -> tuple[ItemOpened, ...]:
        """Who has opened the sealed details."""
        return tuple(self._opened.values())

    def take(self, event: Event, body: Body) -> None:
        """Fold one event."""
        if isinstance(body, deeds.Comment):
            self._comment(event, body)
        elif isinstance(body, deeds.FollowUp):
            self._follow_ups[event.name] = ItemFollowUp(
                name=event.name, author=event.author, when=body.when, note=body.note, done_by=b"", answer=""
            )
            if len(self._follow_ups) > _KEPT:
                del self._follow_ups[next(iter(self._follow_ups))]
        elif isinstance(body, deeds.FollowedUp):
            self._followed_up(event, body)
        elif isinstance(body, deeds.Outcome):
            self._outcomes.append(
                ItemOutcome(name=event.name, author=event.author, text=body.text, created=body.created)
            )
            del self._outcomes[:-_KEPT]
        elif isinstance(body, deeds.Opened):
            self._open(event.author, body.created)
        elif isinstance(body, deeds.Private):
            self.private += 1

    def _comment(self, event: Event, body: deeds.Comment) -> None:
        self._comments.append(ItemComment(name=event.name, author=event.author, text=body.text, created=body.created))
        self.comment_count += 1
        if len(self._comments) >= 2 * KEPT_COMMENTS:
            del self._comments[:-KEPT_COMMENTS]

    def _followed_up(self, event: Event, body: deeds.FollowedUp) -> None:
        asked = self._follow_ups.get(body.follow_up)
        if asked is not None and not asked.done_by:
            self._follow_ups[asked.name] = ItemFollowUp(
                name=asked.name,
                author=asked.author,
                when=asked.when,
                note=asked.note,
                done_by=event.author,
                answer=body.note,
            )

    def _open(self, author: bytes, when: int) -> None:
        before = self._opened.get(author)
        if before is not None or len(self._opened) < _OPENERS:
            times = 1 if before is None else before.times + 1
            self._opened[author] = ItemOpened(author=author, times=times, created=when)
