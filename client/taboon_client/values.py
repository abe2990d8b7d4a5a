"""What the library hands out: plain frozen values, without behaviour and without secrets that print themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taboon_crypto.safety_code import SafetyCode

__all__ = [
    "Compared",
    "Deed",
    "ExposedItem",
    "Exposure",
    "Following",
    "GroupKeys",
    "GroupState",
    "GroupStatus",
    "Health",
    "ImportReport",
    "Invite",
    "InviteState",
    "JoinRequest",
    "Joining",
    "JoiningState",
    "Knock",
    "Member",
    "MemberKeys",
    "Outcome",
    "PendingAct",
    "Popup",
    "Proof",
    "Removal",
    "RemovalState",
    "Returning",
    "SyncReport",
]


class GroupState(StrEnum):
    """How a group stands on this device."""

    ACTIVE = "active"
    REMOVED = "removed"
    FROZEN = "frozen"
    ASTRAY = "astray"


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
        me: You, on this device or another of yours.
        former: No longer in the group.
        person: Identity key of whose device this is: their own, if they have one device.
    """

    identity: bytes
    name: str
    tag: str
    unique: bool
    admin: bool
    me: bool
    former: bool
    person: bytes = b""


@dataclass(frozen=True, slots=True)
class Device:
    """One device of a member.

    Attributes:
        identity: Identity key, 32 bytes.
        tag: Short code that nobody can choose.
        first: Whether it is the one that the others were linked to: it links, confirms and revokes them.
        confirmed: Whether the first device says so too. Until then it has no name, no vote and no say.
        admin: Whether the policy lets it add and remove: the role is given to each device by itself.
        me: This device.
    """

    identity: bytes
    tag: str
    first: bool
    confirmed: bool
    admin: bool
    me: bool


@dataclass(frozen=True, slots=True)
class GroupStatus:
    """How a group stands on this device.

    ``unsent`` counts what is saved and not yet known to be at the relay, ``wishes`` what waits for our next commit;
    ``synced`` is the Unix time at which the relay was last read to its head, None if never; ``missing`` counts events
    that others name and nobody has sent; ``popup`` is the address of the pop-up relay that is used beside home.
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
    popup: str | None = None


@dataclass(frozen=True, slots=True)
class Invite:
    """An invite for one person. Whoever holds ``link`` can ask to join: it does not print itself.

    ``maker`` is the identity key of who made it; ``person`` is empty, or the member for whose further device it is.
    """

    code: str
    state: InviteState
    expires: int
    link: str = field(repr=False)
    maker: bytes = b""
    person: bytes = b""


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """Somebody who holds an invite and asks to join. Compare the safety code by voice before approval.

    ``answers`` are (question, answer); ``maker`` made the invite; ``vouched`` are those who know them; ``person`` is
    empty, or the identity key of the member whose further device it is. ``ours`` tells that it is to be a device of the
    same person as this one, whose first device is gone: then this one has to approve it, beside the admins.
    """

    code: str
    name: str
    safety: SafetyCode
    approved: bool
    identity: bytes = b""
    maker: bytes = b""
    person: bytes = b""
    ours: bool = False
    answers: tuple[tuple[str, str], ...] = ()
    vouched: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Returning:
    """A member who asks to come back with a leaf that was replaced since: an old backup, or a thief of one.

    Ask them over another channel, before an admin approves.
    """

    code: str
    identity: bytes
    approved: bool


@dataclass(frozen=True, slots=True)
class Knock:
    """What a group asks whoever wants to join: (name of the question, texts by language, required), and its agreement.

    Nothing else of the group is told before somebody is let in: neither its name nor its size.
    """

    questions: tuple[tuple[bytes, dict[str, str], bool], ...]
    agreement: str


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


class Following(StrEnum):
    """How far a member has come along with the group's epochs."""

    CURRENT = "current"
    BEHIND = "behind"
    AWAY = "away"
    UNSEEN = "unseen"


class RemovalState(StrEnum):
    """How sure a removal is."""

    PENDING = "pending"
    MADE = "made"
    CONFIRMED = "confirmed"


class Health(StrEnum):
    """How a group's keys stand, in one word."""

    GOOD = "good"
    LOOK = "look"
    ACT = "act"


@dataclass(frozen=True, slots=True)
class MemberKeys:
    """How one member's keys stand, as far as this device can tell.

    Attributes:
        identity: Identity key.
        age: Seconds since its present key came; None if that was before we were there to see.
        old: The key is older than the policy wants any key to be.
        seen: Number of the last epoch that it was seen in, 0 if in none.
        seen_at: Unix time (to the hour) at which that came here, 0 if never.
        following: Whether it has followed.
        checked: How it is known that this key is that person's: ``code``, ``in-person``; None if nobody looked here.
        vouched: Who vouches for it, by identity key.
        risks: Who says that its device is at risk, with the reason.
        suspended: Two say so: it gets no sealed details and makes no invites until an admin decides.
        undecided: It is suspended, and no admin is here who could decide: a recovery can.
        lost_at: Of one who has not followed, the Unix time from which the relay may not have any more what it has not
            read; it then comes back with new keys. None of others.
        soon_lost: That is soon, and not yet.
    """

    identity: bytes
    age: int | None
    old: bool
    seen: int
    seen_at: int
    following: Following
    checked: str | None
    vouched: tuple[bytes, ...]
    risks: tuple[tuple[bytes, str], ...]
    suspended: bool
    undecided: bool
    lost_at: int | None
    soon_lost: bool


@dataclass(frozen=True, slots=True)
class Removal:
    """One removal, and how sure it is.

    ``pending``: not read back yet over another connection; ``made``: it stands at the relay; ``confirmed``: half of the
    persons beside whoever removed were seen in its epoch or a later one. ``seen`` and ``of`` count these.
    """

    epoch: int
    members: tuple[bytes, ...]
    at: int
    state: RemovalState
    seen: int
    of: int


@dataclass(frozen=True, slots=True)
class GroupKeys:
    """How a group's keys stand: the members, the removals, and what to do about it, worst first.

    ``silent`` tells that less than half of the other persons were heard of lately, though this device has synced.
    """

    epoch: int
    health: Health
    advice: tuple[str, ...]
    members: tuple[MemberKeys, ...]
    removals: tuple[Removal, ...]
    rotation_days: int
    silent: bool


@dataclass(frozen=True, slots=True)
class Deed:
    """What an admin did: ``added``, ``removed``, ``left``, ``returned`` or ``rules``, with who agreed.

    ``follows`` is nobody's decision: since ``members`` are gone, the numbers of those who must agree are others.
    """

    epoch: int
    at: int
    author: bytes
    kind: str
    members: tuple[bytes, ...]
    changes: tuple[tuple[str, str, str], ...]
    agreed: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ExposedItem:
    """An item that a member could see.

    ``opened`` is the Unix time at which they opened its sealed details, None if they never did; ``could_open``
    tells that
    the details were sealed to them at some time.
    """

    id: bytes
    code: str
    title: str
    opened: int | None
    could_open: bool


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a member could have seen, as far as this device knows.

    Attributes:
        identity: Identity key.
        first: Number of the first epoch that it was in.
        last: Number of the last one, None if it still is in the group.
        since: Unix time (to the hour) at which it came, 0 if that was before we were there.
        until: The same of its going, 0 if it is here.
        items: What it could read, those whose details it opened first.
        deleted: How many items more it could read that are deleted here.
        names: How many members' names and tags it knows.
        admin: It was an admin, so it knows of invites and requests too.
    """

    identity: bytes
    first: int
    last: int | None
    since: int
    until: int
    items: tuple[ExposedItem, ...]
    deleted: int
    names: int
    admin: bool


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
        declined: Identity keys of those who do not agree, or no longer.
        wished: Whether we have agreed, or this device wishes for it; where nobody has agreed, it has not said so yet.
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
    declined: tuple[bytes, ...] = ()
    wished: bool = False

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


@dataclass(frozen=True, slots=True)
class Popup:
    """A pop-up relay that a group uses beside its own, on this device.

    Attributes:
        address: As the relay printed it.
        since: Unix time.
        reached: Unix time at which it last answered; None if it never did.
        over: It is asked no more; what was said there has still to come home.
    """

    address: str
    since: int
    reached: int | None
    over: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """Two words that a relay has signed on one mailbox and that cannot both be true.

    No member can make them. A relay that lies makes them, and one that lost its disk or went back to an old copy.

    Attributes:
        relay_id: Whose key signed both, 32 bytes.
        epoch: Whose mailbox it is.
        numbers: How far each word reaches.
        signed: Both as the relay signed them; docs/protocol.md, section 1.4, for whoever wants to check.
        at: Unix time at which it was found.
    """

    relay_id: bytes
    epoch: int
    numbers: tuple[int, int]
    signed: tuple[bytes, bytes]
    at: int


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of comparing with another member's device.

    Attributes:
        epoch: The latest epoch here.
        other_epoch: The latest epoch there.
        comparable: Whether both know an epoch of one number; else one is too far behind to tell.
        parted: The first epoch known that is another one there; None where both are in one history.
        proofs: What the relay is proven to have signed twice over.
        stands: Which of two histories stands, ``here`` or ``there``; None where their text does not show it yet, or it
            is too long ago to tell.
        answer: A text to be given back to them, so that their device decides, too; None where it need not.
    """

    epoch: int
    other_epoch: int
    comparable: bool
    parted: int | None
    proofs: tuple[Proof, ...]
    stands: str | None = None
    answer: str | None = None
