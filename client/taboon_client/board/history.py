"""Who may speak: the epochs of the standing chain, their rosters and cuts (docs/protocol.md, section 3.2)."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from taboon_client.board.authors import Link, Reach
from taboon_client.board.kinds import role_of
from taboon_client.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from taboon_client.board.event import Event

__all__ = ["ADMIN", "DISPATCH", "Cut", "EpochRecord", "History", "Judge", "Standing"]


class Judge(Protocol):
    """Says whether an event counts, its kind's role and any other that is named considered."""

    def __call__(self, event: Event, role: str | None = None, /) -> bool:
        """Return true if the event counts."""


ADMIN = "admin"
"""The role of those who add and remove members."""
DISPATCH = "dispatch"
"""The role of the dispatch circle: those who act for an item's author when that one is away."""

_ID = 32
_MAX_EPOCH = 2**64 - 1
_MAX_ROLE = 32
_NO_ROLES: frozenset[str] = frozenset()


class Standing(StrEnum):
    """Whether an event counts, and if not, why."""

    COUNTS = "counts"
    NOT_A_MEMBER = "not-a-member"
    WITHOUT_ROLE = "without-role"
    CUT = "cut"


class Cut(NamedTuple):
    """The end of a membership (role ``""``) or of a role.

    Attributes:
        identity: Identity key, 32 bytes.
        role: ``""`` for the membership itself.
        last: Name of the last event of theirs that the commit's author had without a gap; ``None`` if there was none.
    """

    identity: bytes
    role: str
    last: bytes | None


class EpochRecord:
    """One epoch of the standing chain.

    Attributes:
        epoch_id: 32 bytes.
        number: The epoch's number in MLS.
        members: Roles by identity key.
        cuts: Made by the commit that made this epoch.
    """

    __slots__ = ("cuts", "epoch_id", "members", "number")

    def __init__(
        self,
        *,
        epoch_id: bytes,
        number: int,
        members: Mapping[bytes, Iterable[str]],
        cuts: Iterable[Cut] = (),
    ) -> None:
        self.epoch_id = epoch_id
        self.number = number
        self.members: Mapping[bytes, frozenset[str]] = MappingProxyType(
            {identity: frozenset(roles) for identity, roles in members.items()}
        )
        self.cuts = tuple(cuts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EpochRecord) and self.to_value() == other.to_value()

    def __hash__(self) -> int:
        return hash((self.epoch_id, self.number))

    def __repr__(self) -> str:
        return f"<EpochRecord {self.number}>"

    def to_value(self) -> list[Any]:
        """Return the CBOR value of the "history" payload, the same for equal records."""
        return [
            self.epoch_id,
            self.number,
            [[identity, sorted(roles)] for identity, roles in sorted(self.members.items())],
            [list(cut) for cut in sorted(self.cuts, key=_cut_order)],
        ]

    @classmethod
    def from_value(cls, value: object) -> EpochRecord:
        """Read the CBOR value of the "history" payload.

        Raises:
            FormatError: It is not an epoch's record.
        """
        fields = _list(value, 4)
        epoch_id, number, roster, cuts = fields
        if not _is_id(epoch_id) or type(number) is not int or not 0 <= number <= _MAX_EPOCH:
            raise FormatError("a history names an epoch in another form than it should")
        members: dict[bytes, list[str]] = {}
        for entry in _list(roster):
            identity, roles = _list(entry, 2)
            if not _is_id(identity) or identity in members or not all(map(_is_role, _list(roles))):
                raise FormatError("a history names a member in another form than it should")
            members[identity] = roles
        read = []
        for entry in _list(cuts):
            identity, role, last = _list(entry, 3)
            if not _is_id(identity) or not (role == "" or _is_role(role)) or not (last is None or _is_id(last)):
                raise FormatError("a history names a cut in another form than it should")
            read.append(Cut(identity, role, last))
        return cls(epoch_id=epoch_id, number=number, members=members, cuts=read)


class History:
    """The epochs of the standing chain, oldest first.

    Args:
        epochs: To begin with, oldest first.
    """

    __slots__ = ("_by_id", "_cuts", "_ever", "_last", "_reaches")

    def __init__(self, epochs: Iterable[EpochRecord] = ()) -> None:
        self._by_id: dict[bytes, EpochRecord] = {}
        self._last = -1
        # (number of the epoch that the commit made, name) of every cut of a membership or role.
        self._cuts: dict[tuple[bytes, str], list[tuple[int, bytes | None]]] = {}
        self._reaches: dict[tuple[bytes, bytes], Reach] = {}
        # Roles that somebody has ever had; being here at all means having been a member.
        self._ever: dict[bytes, frozenset[str]] = {}
        for epoch in epochs:
            self.add(epoch)

    def add(self, epoch: EpochRecord) -> None:
        """Add the epoch that the next commit of the standing chain made.

        Raises:
            FormatError: Its number is not higher than the last one's, or its id is here already.
        """
        if epoch.number <= self._last or epoch.epoch_id in self._by_id:
            raise FormatError("the epochs of a history come in order, each once")
        self._last = epoch.number
        self._by_id[epoch.epoch_id] = epoch
        for cut in epoch.cuts:
            self._cuts.setdefault((cut.identity, cut.role), []).append((epoch.number, cut.last))
        for identity, roles in epoch.members.items():
            known = self._ever.get(identity)
            if known is None or not roles <= known:
                self._ever[identity] = roles if known is None else known | roles

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, epoch_id: object) -> bool:
        return epoch_id in self._by_id

    def epochs(self) -> tuple[EpochRecord, ...]:
        """Return all epochs, oldest first."""
        return tuple(self._by_id.values())

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
        epoch = self._by_id.get(event.epoch)
        if epoch is None:
            roles = self._ever.get(author)
            since = -1
        else:
            roles = epoch.members.get(author)
            since = epoch.number
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
        return [epoch.to_value() for epoch in self._by_id.values()]

    @classmethod
    def from_value(cls, value: object) -> History:
        """Read the CBOR value of the "history" payload.

        Raises:
            FormatError: It is not a history.
        """
        return cls(EpochRecord.from_value(entry) for entry in _list(value))


def _cut_order(cut: Cut) -> tuple[bytes, str, bytes]:
    return cut.identity, cut.role, cut.last or b""


def _is_id(value: object) -> bool:
    return type(value) is bytes and len(value) == _ID


def _is_role(value: object) -> bool:
    return type(value) is str and 1 <= len(value) <= _MAX_ROLE


def _list(value: object, length: int | None = None) -> list[Any]:
    if type(value) is not list or (length is not None and len(value) != length):
        raise FormatError("a history has another form than it should")
    return value
