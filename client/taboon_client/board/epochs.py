"""Epochs of the standing chain: who was in each, with which roles, and which cuts made it (docs/protocol.md, 2.6, 3.2).

An epoch is kept and sent as what is different from the one before, so that a thousand members who rotate every day for
a year are named once and not three hundred and sixty-five times.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from taboon_client.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["ADMIN", "DISPATCH", "Cut", "EpochChange", "EpochRecord", "device_role", "person_in"]

ADMIN = "admin"
"""The role of those who add and remove members."""
DISPATCH = "dispatch"
"""The role of the dispatch circle: those who act for an item's author when that one is away."""

_ID = 32
_MAX_EPOCH = 2**64 - 1
_MAX_ROLE = 80
_DEVICE = "device of "
_WHOLE, _CHANGED = 4, 5


def device_role(identity: bytes, person: bytes | None) -> frozenset[str]:
    """Return what a roster says of a member besides its roles: whose further device it is; None: not agreed."""
    return frozenset() if person == identity else frozenset({_DEVICE + ("nobody" if person is None else person.hex())})


def person_in(identity: bytes, roles: Iterable[str]) -> bytes | None:
    """Return the person whose device a roster says that a member is; None if it is not agreed."""
    for role in roles:
        if role.startswith(_DEVICE):
            try:
                return bytes.fromhex(role.removeprefix(_DEVICE))
            except ValueError:
                return None
    return identity


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
    """One epoch of the standing chain, whole.

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
        return isinstance(other, EpochRecord) and self.whole().to_value() == other.whole().to_value()

    def __hash__(self) -> int:
        return hash((self.epoch_id, self.number))

    def __repr__(self) -> str:
        return f"<EpochRecord {self.number}>"

    def whole(self) -> EpochChange:
        """Return the record that says everything of this epoch."""
        return EpochChange(self.epoch_id, self.number, dict(self.members), self.cuts, whole=True)


class EpochChange:
    """One epoch, as what is different from the one before it, or whole.

    Attributes:
        epoch_id: 32 bytes.
        number: The epoch's number in MLS.
        roles: By identity key: of everyone, if ``whole``; otherwise of whom they changed for, None who is gone.
        cuts: Made by the commit that made this epoch.
        whole: Whether it stands by itself. If not, it is read after the epoch of the number before.
    """

    __slots__ = ("cuts", "epoch_id", "number", "roles", "whole")

    def __init__(
        self,
        epoch_id: bytes,
        number: int,
        roles: Mapping[bytes, frozenset[str] | None],
        cuts: Iterable[Cut],
        *,
        whole: bool,
    ) -> None:
        self.epoch_id = epoch_id
        self.number = number
        self.roles = roles
        self.cuts = tuple(cuts)
        self.whole = whole

    def __repr__(self) -> str:
        return f"<EpochChange {self.number}>"

    def to_value(self) -> list[Any]:
        """Return the CBOR value of the "history" payload, the same for equal epochs."""
        value: list[Any] = [
            self.epoch_id,
            self.number,
            [[identity, None if roles is None else sorted(roles)] for identity, roles in sorted(self.roles.items())],
            [list(cut) for cut in sorted(self.cuts, key=_cut_order)],
        ]
        return value if self.whole else [*value, self.number - 1]

    @classmethod
    def from_value(cls, value: object) -> EpochChange:
        """Read the CBOR value of the "history" payload.

        Raises:
            FormatError: It is not an epoch's record.
        """
        fields = as_list(value)
        whole = len(fields) == _WHOLE
        if not whole and len(fields) != _CHANGED:
            raise FormatError("a history has another form than it should")
        epoch_id, number, roster, cuts = fields[:_WHOLE]
        if not _is_id(epoch_id) or type(number) is not int or not 0 <= number <= _MAX_EPOCH:
            raise FormatError("a history names an epoch in another form than it should")
        if not whole and (type(fields[_WHOLE]) is not int or fields[_WHOLE] != number - 1 or not number):
            raise FormatError("a history names a change from another epoch than the one before")
        read = []
        for entry in as_list(cuts):
            identity, role, last = as_list(entry, 3)
            if not _is_id(identity) or not (role == "" or _is_role(role)) or not (last is None or _is_id(last)):
                raise FormatError("a history names a cut in another form than it should")
            read.append(Cut(identity, role, last))
        return cls(epoch_id, number, _read_roles(roster, whole=whole), read, whole=whole)


def as_list(value: object, length: int | None = None) -> list[Any]:
    """Return a value that is a list, of a certain length if told; raises FormatError."""
    if type(value) is not list or (length is not None and len(value) != length):
        raise FormatError("a history has another form than it should")
    return value


def _read_roles(value: object, *, whole: bool) -> dict[bytes, frozenset[str] | None]:
    found: dict[bytes, frozenset[str] | None] = {}
    for entry in as_list(value):
        identity, roles = as_list(entry, 2)
        gone = roles is None and not whole
        if not _is_id(identity) or identity in found or not (gone or all(map(_is_role, as_list(roles)))):
            raise FormatError("a history names a member in another form than it should")
        found[identity] = None if gone else frozenset(roles)
    return found


def _cut_order(cut: Cut) -> tuple[bytes, str, bytes]:
    return cut.identity, cut.role, cut.last or b""


def _is_id(value: object) -> bool:
    return type(value) is bytes and len(value) == _ID


def _is_role(value: object) -> bool:
    return type(value) is str and 1 <= len(value) <= _MAX_ROLE
