"""What stands in the registers of a group: people, settings, lists, acts and marks (docs/protocol.md, 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from taboon_client.board.fields import Body, EventName, Reason, Time, Word, Wraps

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "ADD",
    "CHOICES",
    "POLICY",
    "QUESTION_TYPES",
    "RECOVER",
    "REGISTER_KINDS",
    "REMOVE",
    "Accept",
    "Agreement",
    "Approve",
    "AreaTerm",
    "CategoryTerm",
    "CloseMotion",
    "Decline",
    "GroupName",
    "Here",
    "InviteEnd",
    "InviteKeys",
    "Keeping",
    "Lift",
    "Motion",
    "Name",
    "Question",
    "Risk",
    "SharedInvite",
    "Vote",
    "Vouch",
]

ADD, REMOVE, POLICY, RECOVER = "add", "remove", "policy", "recover"
_LAST_EPOCH = 2**53 - 1
CHOICES = ("yes", "no", "abstain")

QUESTION_TYPES = (
    *("text", "long-text", "number", "yes-no", "one-of", "many-of", "date", "time-range", "people", "place"),
)

_Label = Annotated[str, Meta(min_length=1, max_length=80)]
_Labels = Annotated[dict[Annotated[str, Meta(max_length=12)], _Label], Meta(min_length=1, max_length=12)]
_Aliases = Annotated[tuple[_Label, ...], Meta(max_length=40)]
_Code = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,32}\Z")]
_Code_or_none = Annotated[str, Meta(pattern=r"^[a-z0-9-]{0,32}\Z")]
_Days = Annotated[int, Meta(ge=0, le=3_650)]


class Name(Body, frozen=True, omit_defaults=True, kw_only=True):
    """How the author wants to be called.

    Attributes:
        name: 1 to 40 characters.
    """

    kind: ClassVar[str] = "name"
    place: ClassVar[str | None] = "people"

    name: Annotated[str, Meta(min_length=1, max_length=40)]


class GroupName(Body, frozen=True, omit_defaults=True, kw_only=True):
    """How the group is called; by an admin.

    Attributes:
        name: 1 to 80 characters.
    """

    kind: ClassVar[str] = "group"
    place: ClassVar[str | None] = "settings"
    role: ClassVar[str | None] = "admin"

    name: Annotated[str, Meta(min_length=1, max_length=80)]


class Keeping(Body, frozen=True, omit_defaults=True, kw_only=True):
    """For how many days the group keeps items; by an admin.

    Attributes:
        open_days: Since the last renewal, 1 to 3 650.
        closed_days: Since the item was closed, 0 to 3 650.
    """

    kind: ClassVar[str] = "keeping"
    place: ClassVar[str | None] = "settings"
    role: ClassVar[str | None] = "admin"

    open_days: Annotated[int, Meta(ge=1, le=3_650)] = 30
    closed_days: _Days = 7


class _Term(Body, frozen=True, omit_defaults=True, kw_only=True):
    """One word of a list that the group keeps. Saying a code again gives it another meaning from then on.

    Attributes:
        code: 1 to 32 of ``a-z``, ``0-9`` and ``-``.
        labels: What it is called, by language, 1 to 12 texts of 80 characters.
        under: Code of the entry above it, or ``""``.
        aliases: Other words for it, at most 40.
        retired: It is offered no longer; what has it keeps it.
        into: Code of the entry that took its place, or ``""``.
    """

    role: ClassVar[str | None] = "admin"

    code: _Code
    labels: _Labels
    under: _Code_or_none = ""
    aliases: _Aliases = ()
    retired: bool = False
    into: _Code_or_none = ""


class CategoryTerm(_Term, frozen=True, omit_defaults=True, kw_only=True):
    """A category of the group's own, or another meaning for one of the built-in ones; by an admin."""

    kind: ClassVar[str] = "category"
    place: ClassVar[str | None] = "taxonomy"


class AreaTerm(_Term, frozen=True, omit_defaults=True, kw_only=True):
    """An area of the group's own naming; by an admin. Never coordinates."""

    kind: ClassVar[str] = "area"
    place: ClassVar[str | None] = "areas"


class Question(Body, frozen=True, omit_defaults=True, kw_only=True):
    """A question that the group asks with every need or offer; by an admin.

    Attributes:
        code: 1 to 32 of ``a-z``, ``0-9`` and ``-``: asking under it again is a new version.
        labels: The question, by language.
        type: One of :data:`QUESTION_TYPES`.
        options: What can be chosen, for ``one-of`` and ``many-of``, at most 20.
        required: It should not be left out.
        about: Kinds of items it is asked for; none means all.
        category: Ask only for this one, or ``""``.
        only_if: Version of another question (name of its event), and ``is_value``: ask only after that answer, a text
            as :func:`.asking.answer_text` writes it; to any version of that question.
        order: Where it stands among the others.
        retired: It is asked no longer; answers keep it.
        sealed: Answers go into the sealed details, and not into what everyone in the group reads.
    """

    kind: ClassVar[str] = "question"
    place: ClassVar[str | None] = "questions"
    role: ClassVar[str | None] = "admin"

    code: _Code
    labels: Annotated[
        dict[Annotated[str, Meta(max_length=12)], Annotated[str, Meta(min_length=1, max_length=280)]],
        Meta(min_length=1, max_length=12),
    ]
    type: Word = "text"
    options: Annotated[tuple[_Label, ...], Meta(max_length=20)] = ()
    required: bool = False
    about: Annotated[tuple[Word, ...], Meta(max_length=8)] = ()
    category: Word = ""
    only_if: EventName | None = None
    is_value: Annotated[str, Meta(max_length=80)] = ""
    order: Annotated[int, Meta(ge=0, le=1_000)] = 0
    retired: bool = False
    sealed: bool = False

    def faults(self) -> Iterator[tuple[str, str]]:
        """Go through what a reader takes and a writer should not send."""
        if self.type not in QUESTION_TYPES:
            yield "type", f"is one of {', '.join(QUESTION_TYPES)}"
        if (self.type in ("one-of", "many-of")) != bool(self.options):
            yield "options", "stand with one-of and many-of, and with nothing else"


class Agreement(Body, frozen=True, omit_defaults=True, kw_only=True):
    """What everyone who joins agrees to; by an admin.

    Attributes:
        text: 1 to 4 000 characters; empty takes the agreement away.
        created: For display.
    """

    kind: ClassVar[str] = "agreement"
    place: ClassVar[str | None] = "settings"
    role: ClassVar[str | None] = "admin"

    text: Annotated[str, Meta(max_length=4_000)] = ""
    created: Time = 0


class Accept(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The author agrees to what the group agreed on.

    Attributes:
        agreement: Hash of the agreement's text.
        created: For display.
    """

    kind: ClassVar[str] = "accept"
    place: ClassVar[str | None] = "people"

    agreement: EventName
    created: Time = 0


class Approve(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The author agrees to an act that needs more than one; the commit that does it carries this event.

    Attributes:
        act: ``add``, ``remove``, ``policy`` or ``recover``.
        target: What it is done to: of ``add`` the hash of the key package, of ``remove`` the identity key of the
            leaf, of the others the hash of the policies before and after (docs/protocol.md, section 2.5).
        first: The first epoch whose ending commit it is good for.
        last: The last one.
        policy: Of ``policy`` and ``recover``: the policy afterwards, so that others can read what is proposed.
        members: Of ``recover``: identity keys of those who are removed.
        reason: Why, for the others.
        created: For display.
    """

    kind: ClassVar[str] = "approve"
    place: ClassVar[str | None] = "acts"

    act: Word
    target: EventName
    first: Annotated[int, Meta(ge=0, le=_LAST_EPOCH)]
    last: Annotated[int, Meta(ge=0, le=_LAST_EPOCH)]
    policy: Annotated[bytes, Meta(max_length=16_384)] = b""
    members: Annotated[tuple[EventName, ...], Meta(max_length=100)] = ()
    reason: Reason = ""
    created: Time = 0


class Decline(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The author does not agree to an act, or no longer: what they said of it before is not carried by honest devices.

    No rule of commits asks for it: one that carries the approval all the same is as valid as before.

    Attributes:
        act: As in an approval.
        target: What it would be done to, as in an approval.
        reason: Why, for the others.
        created: For display.
    """

    kind: ClassVar[str] = "decline"
    place: ClassVar[str | None] = "acts"

    act: Word
    target: EventName
    reason: Reason = ""
    created: Time = 0


class Here(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The author is in the epoch that the event states: said after a removal, so that it can be seen who followed.

    It stands in a register of its own that no newcomer is given.
    """

    kind: ClassVar[str] = "here"
    place: ClassVar[str | None] = "here"

    created: Time = 0


class Risk(Body, frozen=True, omit_defaults=True, kw_only=True):
    """A member's device may be in other hands. Of two who say so, it is suspended until an admin decides.

    Attributes:
        member: Identity key.
        reason: What happened.
        created: For display.
    """

    kind: ClassVar[str] = "risk"
    place: ClassVar[str | None] = "members"

    member: EventName
    reason: Reason = ""
    created: Time = 0


class Lift(Body, frozen=True, omit_defaults=True, kw_only=True):
    """A member's device is in good hands; by another admin. What was said of it before has no effect any more.

    Attributes:
        member: Identity key.
        reason: How that is known.
        created: For display.
    """

    kind: ClassVar[str] = "lift"
    place: ClassVar[str | None] = "members"
    role: ClassVar[str | None] = "admin"

    member: EventName
    reason: Reason = ""
    created: Time = 0


class Vouch(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The author knows somebody: a member, or one who asks to join.

    Attributes:
        member: Identity key, also of who asks to join.
        text: From where, or how well.
        created: For display.
    """

    kind: ClassVar[str] = "vouch"
    place: ClassVar[str | None] = "members"

    member: EventName
    text: Reason = ""
    created: Time = 0


class SharedInvite(Body, frozen=True, omit_defaults=True, kw_only=True):
    """An invite, for the admins: any of their devices can answer it, and nobody else knows what is in it.

    Attributes:
        invite: Digest of its payload.
        box: Sealed under a key of its own: the payload, and the invite key's private half.
        keys: That key for each admin.
        expires: Unix time.
        created: For display.
    """

    kind: ClassVar[str] = "invite"
    place: ClassVar[str | None] = "invites"

    invite: EventName
    box: Annotated[bytes, Meta(max_length=2_048)]
    keys: Wraps
    expires: Time
    created: Time = 0


class InviteKeys(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The key of an invite, for those who are new among the admins.

    Attributes:
        event: Name of the event that shared it.
        keys: The key for each.
        created: For display.
    """

    kind: ClassVar[str] = "invite-keys"
    place: ClassVar[str | None] = "invites"

    event: EventName
    keys: Wraps
    created: Time = 0


class InviteEnd(Body, frozen=True, omit_defaults=True, kw_only=True):
    """An invite is over; by an admin, or by whoever made it.

    Attributes:
        event: Name of the event that shared it.
        why: ``used``, ``revoked``, ``twice`` (two people used it), ``withdrawn`` (by the joiner), ``role`` (an admin is
            one no longer, and had it), ``moved`` (the group has another home).
        created: For display.
    """

    kind: ClassVar[str] = "invite-end"
    place: ClassVar[str | None] = "invites"

    event: EventName
    why: Word = ""
    created: Time = 0


class Motion(Body, frozen=True, omit_defaults=True, kw_only=True):
    """Something for the group to decide. Who may vote is who is a member in the epoch that the event states.

    Attributes:
        text: 1 to 2 000 characters.
        until: Until when the author asks for votes, as a time; for display.
        created: For display.
    """

    kind: ClassVar[str] = "motion"
    place: ClassVar[str | None] = "votes"

    text: Annotated[str, Meta(min_length=1, max_length=2_000)]
    until: Time = 0
    created: Time = 0


class Vote(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The author's vote on a motion; the last one counts.

    Attributes:
        motion: Name of its event.
        choice: ``yes``, ``no`` or ``abstain``.
        why: For the others.
        created: For display.
    """

    kind: ClassVar[str] = "vote"
    place: ClassVar[str | None] = "votes"

    motion: EventName
    choice: Word
    why: Reason = ""
    created: Time = 0

    def faults(self) -> Iterator[tuple[str, str]]:
        """Go through what a reader takes and a writer should not send."""
        if self.choice not in CHOICES:
            yield "choice", f"is one of {', '.join(CHOICES)}"


class CloseMotion(Body, frozen=True, omit_defaults=True, kw_only=True):
    """Nothing that comes after is counted; by the motion's author.

    Attributes:
        motion: Name of its event.
        votes: Names of the votes that are counted: the last of each member that the author holds.
        created: For display.
    """

    kind: ClassVar[str] = "motion-close"
    place: ClassVar[str | None] = "votes"

    motion: EventName
    votes: Annotated[tuple[EventName, ...], Meta(max_length=1_000)] = ()
    created: Time = 0


REGISTER_KINDS: tuple[type[Body], ...] = (
    *(Name, GroupName, Keeping, CategoryTerm, AreaTerm, Question),
    *(Agreement, Accept, Approve, Decline, Here, Risk, Lift, Vouch, SharedInvite, InviteKeys, InviteEnd),
    *(Motion, Vote, CloseMotion),
)
