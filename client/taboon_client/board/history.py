"""Who may speak: the epochs of the standing chain, their rosters and cuts (docs/protocol.md, section 3.2)."""

from __future__ import annotations

from bisect import bisect_right
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from taboon_client.board.authors import Link, Reach
from taboon_client.board.epochs import EpochChange, EpochRecord, as_list, person_in
from taboon_client.board.kinds import role_of
from taboon_client.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from taboon_client.board.event import Event

__all__ = ["History", "Judge", "Standing"]


class Judge(Protocol):
    """Says whether an event counts, its kind's role and any other that is named considered."""

    def __call__(self, event: Event, role: str | None = None, /) -> bool:
        """Return true if the event counts."""


class Standing(StrEnum):
    """Whether an event counts, and if not, why."""

    COUNTS = "counts"
    NOT_A_MEMBER = "not-a-member"
    WITHOUT_ROLE = "without-role"
    CUT = "cut"


class History:
    """The epochs of the standing chain, oldest first.

    Args:
        epochs: To begin with, oldest first.
    """

    __slots__ = ("_changes", "_cuts", "_ever", "_last", "_numbers", "_present", "_reaches", "_spans")

    def __init__(self, epochs: Iterable[EpochRecord | EpochChange] = ()) -> None:
        self._changes: list[EpochChange] = []
        self._numbers: dict[bytes, int] = {}
        # (number of the epoch, roles from then on; None: no member) by identity key, oldest first.
        self._spans: dict[bytes, tuple[tuple[int, frozenset[str] | None], ...]] = {}
        self._present: dict[bytes, frozenset[str]] = {}
        self._last: EpochRecord | None = None
        # (number of the epoch that the commit made, name) of every cut of a membership or role.
        self._cuts: dict[tuple[bytes, str], tuple[tuple[int, bytes | None], ...]] = {}
        self._reaches: dict[tuple[bytes, bytes], Reach] = {}
        # Roles that somebody has ever had; being here at all means having been a member.
        self._ever: dict[bytes, frozenset[str]] = {}
        for epoch in epochs:
            self.add(epoch)

    def add(self, epoch: EpochRecord | EpochChange) -> None:
        """Add the epoch that the next commit of the standing chain made.

        Raises:
            FormatError: Its number is not higher than the last one's, its id is here already, or it is told as what is
                different from an epoch that is not here.
        """
        change = epoch.whole() if isinstance(epoch, EpochRecord) else epoch
        number = change.number
        last = self._changes[-1].number if self._changes else -1
        if number <= last or change.epoch_id in self._numbers:
            raise FormatError("the epochs of a history come in order, each once")
        follows = bool(self._changes) and number == last + 1
        if not change.whole and not follows:
            raise FormatError("a history leaves out an epoch that another one goes on from")
        roles = self._different(change)
        for identity, now in roles.items():
            self._spans[identity] = (*self._spans.get(identity, ()), (number, now))
            if now is None:
                del self._present[identity]
                continue
            self._present[identity] = now
            self._ever[identity] = self._ever.get(identity, now) | now
        for cut in change.cuts:
            key = (cut.identity, cut.role)
            self._cuts[key] = (*self._cuts.get(key, ()), (number, cut.last))
        self._numbers[change.epoch_id] = number
        self._changes.append(
            EpochChange(change.epoch_id, number, roles, change.cuts, whole=False) if follows else change
        )
        self._last = None

    def _different(self, change: EpochChange) -> dict[bytes, frozenset[str] | None]:
        """Return whose roles are other than in the last epoch here."""
        present = self._present
        found = {identity: roles for identity, roles in change.roles.items() if roles != present.get(identity)}
        if change.whole:
            found |= dict.fromkeys(identity for identity in present if identity not in change.roles)
        return found

    def followed_by(self, epoch: EpochRecord) -> History:
        """Return another history that goes one epoch further; raises as :meth:`add` does."""
        longer = History()
        longer._changes = self._changes.copy()  # of this class
        longer._numbers = self._numbers.copy()  # of this class
        longer._spans = self._spans.copy()  # of this class
        longer._present = self._present.copy()  # of this class
        longer._cuts = self._cuts.copy()  # of this class
        longer._ever = self._ever.copy()  # of this class
        longer.add(epoch)
        return longer

    def __len__(self) -> int:
        return len(self._changes)

    def __contains__(self, epoch_id: object) -> bool:
        return epoch_id in self._numbers

    def number_of(self, epoch_id: bytes) -> int | None:
        """Return the number of an epoch of the standing chain, None for any other."""
        return self._numbers.get(epoch_id)

    def members_in(self, epoch_id: bytes) -> tuple[bytes, ...]:
        """Return who was a member in an epoch of the standing chain, ascending; nobody for any other."""
        number = self._numbers.get(epoch_id)
        if number is None:
            return ()
        return tuple(sorted(one for one in self._spans if self._roles(one, number) is not None))

    def person(self, identity: bytes, epoch_id: bytes | None = None) -> bytes | None:
        """Return whose device a member is: in an epoch, if it was agreed there, and else when last a member.

        None if it says that it is somebody's and that one never said so.
        """
        spans = self._spans.get(identity, ())
        number = None if epoch_id is None else self._numbers.get(epoch_id)
        then = None if number is None else self._roles(identity, number)
        found = None if then is None else person_in(identity, then)
        if found is not None:
            return found
        last = next((roles for _, roles in reversed(spans) if roles is not None), frozenset[str]())
        return person_in(identity, last)

    def persons_in(self, epoch_id: bytes) -> tuple[bytes, ...]:
        """Return the persons who had a device in an epoch of the standing chain, ascending; nobody for any other."""
        number = self._numbers.get(epoch_id, -1)
        members = ((one, self._roles(one, number) or ()) for one in self.members_in(epoch_id))
        return tuple(sorted({who for one, roles in members if (who := person_in(one, roles)) is not None}))

    @property
    def last(self) -> EpochRecord | None:
        """The latest epoch, None if none is known."""
        if self._last is None and self._changes:
            self._last = self._record(self._changes[-1])
        return self._last

    @property
    def ever(self) -> Iterable[bytes]:
        """The identity keys of all who were members in any epoch, in the order they came."""
        return self._ever.keys()

    def changes(self) -> tuple[EpochChange, ...]:
        """Return all epochs, oldest first, each as what is different from the one before where that is known."""
        return tuple(self._changes)

    def epochs(self) -> tuple[EpochRecord, ...]:
        """Return all epochs whole, oldest first: as many rosters as there are epochs, so nothing for every day."""
        return tuple(map(self._record, self._changes))

    def whole(self, change: EpochChange) -> EpochChange:
        """Return one of the epochs so that it stands by itself."""
        return change if change.whole else self._record(change).whole()

    def _record(self, change: EpochChange) -> EpochRecord:
        members = {
            identity: roles for identity in self._spans if (roles := self._roles(identity, change.number)) is not None
        }
        return EpochRecord(epoch_id=change.epoch_id, number=change.number, members=members, cuts=change.cuts)

    def _roles(self, identity: bytes, number: int) -> frozenset[str] | None:
        """Return the roles that somebody had in an epoch, None for who was no member."""
        spans = self._spans.get(identity, ())
        place = bisect_right(spans, number, key=lambda span: span[0])
        return spans[place - 1][1] if place else None

    def is_cut(self, author: bytes) -> bool:
        """Tell whether any commit ever cut this author's membership or a role of theirs."""
        return any(identity == author for identity, _ in self._cuts)

    def judge(self, event: Event, link: Callable[[bytes], Link | None], role: str | None = None) -> Standing:
        """Say whether an event counts, or why it is set aside.

        The answer depends on the standing chain and on which links of the author's chain are held, and on
        nothing else. It can change when a commit cuts the author off, or when a missing link comes.

        Args:
            event: The event.
            link: Gives the link of a held event by name, as :meth:`Authors.link` does. Asked only when a cut has to be
                followed.
            role: A role that the act needs, where its kind does not say so (:func:`.kinds.role_of`).
        """
        author = event.author
        role = role or role_of(event.kind)
        since = self._numbers.get(event.epoch, -1)
        roles = self._ever.get(author) if since < 0 else self._roles(author, since)
        if roles is None:
            return Standing.NOT_A_MEMBER
        if role is not None and role not in roles:
            return Standing.WITHOUT_ROLE
        if self._cuts:
            for held_to in ("",) if role is None else ("", role):
                for number, last in self._cuts.get((author, held_to), ()):
                    if number > since and (last is None or not self._reach(author, last).covers(Link.of(event), link)):
                        return Standing.CUT
        return Standing.COUNTS

    def _reach(self, author: bytes, last: bytes) -> Reach:
        reach = self._reaches.get((author, last))
        if reach is None:
            reach = self._reaches[(author, last)] = Reach(author, last)
        return reach

    def judge_by(self, link: Callable[[bytes], Link | None]) -> Judge:
        """Return the judge that folds take: ``judge(event, role)`` is true if the event counts."""
        return lambda event, role=None: self.judge(event, link, role) is Standing.COUNTS

    def to_value(self) -> list[Any]:
        """Return the CBOR value of the "history" payload."""
        return [change.to_value() for change in self._changes]

    @classmethod
    def from_value(cls, value: object) -> History:
        """Read the CBOR value of the "history" payload.

        Raises:
            FormatError: It is not a history.
        """
        return cls(EpochChange.from_value(entry) for entry in as_list(value))
