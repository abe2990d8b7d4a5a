"""Invites, requests and approvals as the library hands them out: rows of the vault read and written for one group.

Reading the board loads none of this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.errors import AmbiguousError, FieldError, GroupStoppedError, NotAllowedError, NotFoundError
from taboon_client.group.devices import people_of
from taboon_client.group.epoch import policy_of
from taboon_client.group.marks import marks_of
from taboon_client.group.sealed_invites import end_shared
from taboon_client.joining import guest, host
from taboon_client.joining.kinship import check_of_parent
from taboon_client.joining.link import InvitePayload
from taboon_client.joining.messages import MAX_ANSWER, Asked, Asks, agreement_name, read_request
from taboon_client.joining.shared import may_invite, may_link
from taboon_client.values import Invite, InviteState, Joining, JoiningState, JoinRequest
from taboon_client.vault import groups, members, rendezvous

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taboon_client.board.marks import Marks
    from taboon_client.group.desk import Desk
    from taboon_client.group.policy import Policy
    from taboon_client.vault import Connection
    from taboon_client.vault.groups import GroupRow
    from taboon_client.vault.rendezvous import InviteRow

__all__ = [
    "JOINING",
    "as_admin",
    "ask_to_join",
    "asks_of",
    "create_invite",
    "invites",
    "joining_of",
    "request_of",
    "requests",
    "revoke_invite",
    "wish_to_admit",
]

JOINING = "joining"
"""What a question is about that is asked of whoever wants to join."""
_FOR_YOU = "here admins alone invite. Ask one for the link: “taboon device link GROUP --for” and your name"
_IN_CIRCLE = "another device joins a circle like a member: with an invite of its own, once it is in the group around it"
MAX_ASKED = 20
_MAX_HOURS = 24 * 7
_MAX_NAME = 40
_LEAST_CODE = 4


def as_admin(desk: Desk, tx: Connection, grp: int) -> tuple[GroupRow, Policy]:
    """Return the group and its policy if we are one of its admins.

    Raises:
        GroupStoppedError: The group does not go on here.
        NotAllowedError: We are no admin.
    """
    row = groups.get_group(tx, grp)
    if row.state != "active":
        raise GroupStoppedError(row.problem or "this group does not go on here")
    policy = policy_of(desk.keeper.load(tx, grp))
    if not policy.is_admin(row.identity):
        raise NotAllowedError("only an admin of the group can do that")
    return row, policy


def create_invite(desk: Desk, grp: int, hours: int, person: bytes = b"") -> Invite:
    """Make an invite for one person, good for so many hours; with ``person`` for a further device of that member."""
    if not 1 <= hours <= _MAX_HOURS:
        raise FieldError("hours", f"is 1 to {_MAX_HOURS}")

    def act(tx: Connection) -> InviteRow | None:
        row, policy = _as_inviter(desk, tx, grp, person)
        if person and policy.parent:
            raise NotAllowedError(_IN_CIRCLE)
        invite = host.create_invite(
            tx,
            desk.ledger,
            grp,
            asks=Asks() if person else asks_of(desk, tx, grp),
            relay_url=row.relay_url,
            relay_id=row.relay_id,
            retention=policy.retention,
            expires=desk.now + hours * 3600,
            suite=desk.keeper.load(tx, grp).suite,
            random=desk.random,
            person=person,
            parent=policy.parent,
        )
        return rendezvous.get_invite(tx, invite)

    row = desk.keeper.write(act)
    if row is None:
        raise NotFoundError("invite", "the invite was not kept. Try again")
    return _invite(row)


def _as_inviter(desk: Desk, tx: Connection, grp: int, person: bytes) -> tuple[GroupRow, Policy]:
    """Return the group and its policy if it lets us invite.

    Raises:
        GroupStoppedError: The group does not go on here.
        NotAllowedError: We are no admin where admins alone invite, or suspended.
    """
    row = groups.get_group(tx, grp)
    if row.state != "active":
        raise GroupStoppedError(row.problem or "this group does not go on here")
    group = desk.keeper.load(tx, grp)
    policy = policy_of(group)
    suspended = marks_of(tx, grp).suspended(row.identity)
    if person and not suspended and may_link(people_of(group.members()), row.identity, person):
        return row, policy
    if not may_invite(tx, grp, policy, row.identity, {member.signature_key for member in group.members()}):
        if policy.members_invite or policy.is_admin(row.identity):
            raise NotAllowedError("two members say that this device is at risk. An admin decides first")
        raise NotAllowedError(_FOR_YOU if person else "only an admin of the group can do that")
    return row, policy


def asks_of(desk: Desk, tx: Connection, grp: int) -> Asks:
    """Return what the group asks whoever wants to join: questions that are about joining, and its agreement."""
    from taboon_client.board.vocabulary import asked_now

    found = [
        Asked(one.version, one.labels, one.required)
        for one in asked_now(desk.ledger.questions(tx, grp))
        if JOINING in one.about
    ]
    return Asks(tuple(found[:MAX_ASKED]), desk.ledger.agreement(tx, grp))


def revoke_invite(desk: Desk, tx: Connection, grp: int, ref: str) -> None:
    """End an invite: nobody is let in with it any more.

    Raises:
        NotFoundError: There is none of that code.
        NotAllowedError: It is somebody else's, and we are no admin.
    """
    own = groups.get_group(tx, grp)
    found = [
        row
        for row in rendezvous.invites(tx, grp)
        if len(ref) >= _LEAST_CODE and InvitePayload.decode(row.payload).code.startswith(ref.lower())
    ]
    if len(found) != 1:
        raise NotFoundError("invite", "there is no open invite of that code. “taboon invites GROUP” lists them")
    (row,) = found
    if row.maker not in (None, own.identity):
        as_admin(desk, tx, grp)
    if row.state == "approved":
        raise NotAllowedError("they were let in already. “taboon remove” removes them")
    if row.request is not None:
        rendezvous.drop_add_wish(tx, grp, host.wish_data(row))
    host.end_invite(tx, row.id, desk.random)
    if row.event is not None:
        end_shared(tx, desk.ledger, grp, row.event, "revoked")


def invites(desk: Desk, grp: int) -> list[Invite]:
    """Return the invites to a group that are known here and open, or being answered."""
    return [_invite(row) for row in desk.keeper.read(lambda tx: rendezvous.invites(tx, grp))]


def _invite(row: InviteRow) -> Invite:
    payload = InvitePayload.decode(row.payload)
    return Invite(
        code=payload.code,
        state=InviteState(row.state),
        expires=payload.expires * 60,
        link=payload.link,
        maker=row.maker or b"",
        person=payload.person,
    )


def requests(desk: Desk, grp: int) -> list[JoinRequest]:
    """Return who asks to join a group with one of our invites, with safety codes."""

    def act(tx: Connection) -> tuple[list[tuple[InviteRow, bool, bool]], Marks, dict[bytes, str]]:
        wished = {wish.data for wish in groups.wishes(tx, grp) if wish.kind == "add"}
        found = [
            (
                row,
                row.state == "approved" or host.wish_data(row) in wished,
                _is_heir(desk, tx, grp, InvitePayload.decode(row.payload).person),
            )
            for row in _requested(tx, grp)
        ]
        asked = {
            one.version: one.labels.get("en") or next(iter(one.labels.values()), one.code)
            for one in desk.ledger.questions(tx, grp)
        }
        return found, desk.ledger.marks(tx, grp), {**asked, **_agreements(desk, tx, grp)}

    rows, marks, asked = desk.keeper.read(act)
    found = []
    for row, approved, ours in rows:
        payload = InvitePayload.decode(row.payload)
        request = read_request(payload, row.request or b"")
        found.append(
            JoinRequest(
                code=payload.code,
                name=request.name,
                safety=guest.code_for(payload, request.key_package),
                approved=approved,
                identity=request.identity,
                maker=row.maker or b"",
                person=payload.person,
                ours=ours,
                answers=tuple((asked.get(version, "?"), text) for version, text in request.answers.items()),
                vouched=tuple(sorted(marks.vouches.get(request.identity, ()))),
            )
        )
    return found


def _agreements(desk: Desk, tx: Connection, grp: int) -> dict[bytes, str]:
    text = desk.ledger.agreement(tx, grp)
    return {agreement_name(text): "agreement accepted"} if text else {}


def _requested(tx: Connection, grp: int) -> list[InviteRow]:
    rows = rendezvous.invites(tx, grp)
    return [row for row in rows if row.request is not None and row.state in ("requested", "approved")]


def wish_to_admit(desk: Desk, tx: Connection, grp: int, ref: str, *, compared: bool = False) -> int:
    """Wish for a commit that adds whoever asks under a name or code; returns the wish.

    Args:
        desk: Of the vault.
        tx: A transaction that writes.
        grp: The group.
        ref: Name or code.
        compared: Note that the safety code was compared, so that the newcomer's key counts as checked here.
    """
    row = request_of(tx, grp, ref)
    if not _is_heir(desk, tx, grp, InvitePayload.decode(row.payload).person):
        as_admin(desk, tx, grp)
    check_of_parent(desk, tx, grp, row)
    if compared:
        request = read_request(InvitePayload.decode(row.payload), row.request or b"")
        members.set_checked(tx, grp, request.identity, "code")
    return groups.add_wish(tx, grp, "add", host.wish_data(row))


def _is_heir(desk: Desk, tx: Connection, grp: int, person: bytes) -> bool:
    """Tell whether this is one of the devices that are left to a person whose first one is gone."""
    own = groups.get_group(tx, grp)
    here = bool(person) and own.state == "active"
    return here and may_link(people_of(desk.keeper.load(tx, grp).members()), own.identity, person)


def request_of(tx: Connection, grp: int, ref: str) -> InviteRow:
    """Return the invite with which somebody asks to join under a name or code.

    Raises:
        NotFoundError: Nobody does.
        AmbiguousError: Several do.
    """
    found, choices = [], []
    for row in _requested(tx, grp):
        payload = InvitePayload.decode(row.payload)
        name = read_request(payload, row.request or b"").name
        if ref == name or (len(ref) >= _LEAST_CODE and payload.code.startswith(ref.lower())):
            found.append(row)
            choices.append(f"{name} ({payload.code})")
    if not found:
        raise NotFoundError("request", "nobody asks to join under that name. `taboon requests` lists who does")
    if len(found) > 1:
        raise AmbiguousError("several requests fit: use the code", tuple(choices))
    return found[0]


def ask_to_join(desk: Desk, link: str, me: str, answers: Mapping[bytes, str]) -> int:
    """Keep a request to join; returns its row id.

    Raises:
        BadLinkError: It is no invite link, or damaged.
        InviteEndedError: It has expired, or was used here.
        FieldError: The name does not fit.
    """
    payload = InvitePayload.parse(link)
    if not me.strip() or len(me) > _MAX_NAME:
        raise FieldError("name", f"has 1 to {_MAX_NAME} characters")
    for text in answers.values():
        if len(text) > MAX_ANSWER:
            raise FieldError("answer", f"has at most {MAX_ANSWER} characters")
    return desk.keeper.write(
        lambda tx: guest.request_to_join(tx, payload, me, answers, now=desk.now, random=desk.random)
    )


def joining_of(desk: Desk, joining: int) -> Joining:
    """Return a request of ours."""

    def act(tx: Connection) -> tuple[rendezvous.JoiningRow, str | None]:
        row = rendezvous.get_joining(tx, joining)
        return row, None if row.grp is None else groups.get_group(tx, row.grp).name

    row, group = desk.keeper.read(act)
    return Joining(
        code=row.digest.hex()[:8],
        state=JoiningState(row.state),
        name=row.name,
        safety=guest.kept_code(row),
        group=group,
        problem=row.problem,
    )
