"""What the library hands out: plain frozen values, without behaviour and without secrets that print themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taboon_crypto.safety_code import SafetyCode

__all__ = [
    "GroupState",
    "GroupStatus",
    "ImportReport",
    "Invite",
    "InviteState",
    "JoinRequest",
    "Joining",
    "JoiningState",
    "Member",
    "Outcome",
    "PendingAct",
    "SyncReport",
]


class GroupState(StrEnum):
    """How a group stands on this device."""

    ACTIVE = "active"
    REMOVED = "removed"
    FROZEN = "frozen"
    SPOILED = "spoiled"


class InviteState(StrEnum):
    """How far an invite has come: open, requested, approved (by us), ended."""

    OPEN = "open"
    REQUESTED = "requested"
    APPROVED = "approved"
    ENDED = "ended"


class JoiningState(StrEnum):
    """How far our request to join has come."""

    WAITING = "waiting"
    JOINED = "joined"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Member:
    """One person who is or was in the group.

    Attributes:
        identity: Identity key, 32 bytes.
        name: As they called themselves, or ``member`` and the tag.
        tag: Short code that tells names which look alike apart.
        unique: Nobody else's name looks like this one, so the tag need not be shown.
        admin: Whether the policy lets them add and remove.
        me: This device.
        former: No longer in the group.
    """

    identity: bytes
    name: str
    tag: str
    unique: bool
    admin: bool
    me: bool
    former: bool


@dataclass(frozen=True, slots=True)
class GroupStatus:
    """How a group stands on this device.

    ``unsent`` counts what is saved and not yet known to be at the relay, ``wishes`` what waits for our next commit;
    ``synced`` is the Unix time at which the relay was last read to its head, None if never; ``missing`` counts events
    that others name and nobody has sent.
    """

    name: str
    code: str
    state: GroupState
    problem: str | None
    epoch: int
    members: int
    admin: bool
    relay: str
    unsent: int
    wishes: tuple[str, ...]
    missing: int
    synced: int | None


@dataclass(frozen=True, slots=True)
class Invite:
    """An invite for one person. Whoever holds ``link`` can ask to join: it does not print itself."""

    code: str
    state: InviteState
    expires: int
    link: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """Somebody who holds one of our invites and asks to join. Compare the safety code by voice before approval."""

    code: str
    name: str
    safety: SafetyCode
    approved: bool


@dataclass(frozen=True, slots=True)
class Joining:
    """Our own request to join a group whose name we learn when we are admitted."""

    code: str
    state: JoiningState
    name: str
    safety: SafetyCode
    group: str | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one sync did. ``reached`` tells whether the relay was read to its head and took all we had.

    ``received`` and ``sent`` count events, ``unsent`` what stays in the outbox, ``synced`` is the Unix time of the last
    complete sync; ``problem`` is a plain sentence for the user when not all went well; ``notices`` are sentences worth
    telling in any case (a member joined, we were removed, an invite was ended); ``stopped`` says why the group does not
    go on here, if it does not.
    """

    reached: bool
    received: int = 0
    sent: int = 0
    unsent: int = 0
    synced: int | None = None
    problem: str | None = None
    notices: tuple[str, ...] = ()
    stopped: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a wish for a commit (rotate, remove, approve): done, or saved for the next sync.

    ``lacking`` counts those who still have to agree.
    """

    done: bool
    report: SyncReport
    lacking: int = 0


@dataclass(frozen=True, slots=True)
class PendingAct:
    """What somebody has proposed and not everyone who must has agreed to.

    Attributes:
        code: Short code to agree by.
        kind: ``add``, ``remove``, ``policy`` or ``recover``.
        target: What an approval names, 32 bytes.
        members: Identity keys of those it is done to.
        name: Of ``add``: how the newcomer wants to be called.
        agreed: Identity keys of those who have agreed.
        needed: How many must.
        changes: Of ``policy`` and ``recover``: (rule, before, after), as text.
        mine: Whether we may agree and have not.
        policy: The whole policy afterwards, as bytes.
    """

    code: str
    kind: str
    target: bytes
    members: tuple[bytes, ...]
    name: str
    agreed: tuple[bytes, ...]
    needed: int
    changes: tuple[tuple[str, str, str], ...]
    mine: bool
    policy: bytes = field(repr=False, default=b"")

    @property
    def lacking(self) -> int:
        """How many still have to agree."""
        return max(0, self.needed - len(self.agreed))


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did: rows read, items posted, rows that were on the board already."""

    rows: int
    posted: int
    known: int
