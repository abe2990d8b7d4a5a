"""Invites, requests and approvals as the library hands them out: rows of the vault read and written for one group.

Reading the board loads none of this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.errors import AmbiguousError, FieldError, GroupStoppedError, NotAllowedError, NotFoundError
from taboon_client.group.epoch import policy_of
from taboon_client.joining import guest, host
from taboon_client.joining.link import InvitePayload
from taboon_client.joining.messages import read_request
from taboon_client.values import Invite, InviteState, Joining, JoiningState, JoinRequest
from taboon_client.vault import groups, rendezvous

if TYPE_CHECKING:
    from taboon_client.group.desk import Desk
    from taboon_client.group.policy import Policy
    from taboon_client.vault import Connection
    from taboon_client.vault.groups import GroupRow
    from taboon_client.vault.rendezvous import InviteRow

__all__ = [
    "as_admin",
    "ask_to_join",
    "create_invite",
    "invites",
    "joining_of",
    "requests",
    "wish_to_admit",
]

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


def create_invite(desk: Desk, grp: int, hours: int) -> Invite:
    """Make an invite for one person, good for so many hours."""
    if not 1 <= hours <= _MAX_HOURS:
        raise FieldError("hours", f"is 1 to {_MAX_HOURS}")

    def act(tx: Connection) -> InviteRow | None:
        row, policy = as_admin(desk, tx, grp)
        invite = host.create_invite(
            tx,
            grp,
            relay_url=row.relay_url,
            relay_id=row.relay_id,
            retention=policy.retention,
            expires=desk.now + hours * 3600,
            suite=desk.keeper.load(tx, grp).suite,
            random=desk.random,
        )
        return rendezvous.get_invite(tx, invite)

    row = desk.keeper.write(act)
    if row is None:
        raise NotFoundError("invite", "the invite was not kept. Try again")
    return _invite(row)


def invites(desk: Desk, grp: int) -> list[Invite]:
    """Return our invites to a group that are open or being answered."""
    return [_invite(row) for row in desk.keeper.read(lambda tx: rendezvous.invites(tx, grp))]


def _invite(row: InviteRow) -> Invite:
    payload = InvitePayload.decode(row.payload)
    return Invite(code=payload.code, state=InviteState(row.state), expires=payload.expires * 60, link=payload.link)


def requests(desk: Desk, grp: int) -> list[JoinRequest]:
    """Return who asks to join a group with one of our invites, with safety codes."""

    def act(tx: Connection) -> list[tuple[InviteRow, bool]]:
        wished = {wish.data for wish in groups.wishes(tx, grp) if wish.kind == "add"}
        return [(row, row.state == "approved" or host.wish_data(row) in wished) for row in _requested(tx, grp)]

    found = []
    for row, approved in desk.keeper.read(act):
        payload = InvitePayload.decode(row.payload)
        request = read_request(payload, row.request or b"")
        safety = guest.code_for(payload, request.key_package)
        found.append(JoinRequest(code=payload.code, name=request.name, safety=safety, approved=approved))
    return found


def _requested(tx: Connection, grp: int) -> list[InviteRow]:
    rows = rendezvous.invites(tx, grp)
    return [row for row in rows if row.request is not None and row.state in ("requested", "approved")]


def wish_to_admit(desk: Desk, tx: Connection, grp: int, ref: str) -> int:
    """Wish for a commit that adds whoever asks under a name or code; returns the wish."""
    as_admin(desk, tx, grp)
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
    return groups.add_wish(tx, grp, "add", host.wish_data(found[0]))


def ask_to_join(desk: Desk, link: str, me: str) -> int:
    """Keep a request to join; returns its row id.

    Raises:
        BadLinkError: It is no invite link, or damaged.
        InviteEndedError: It has expired, or was used here.
        FieldError: The name does not fit.
    """
    payload = InvitePayload.parse(link)
    if not me.strip() or len(me) > _MAX_NAME:
        raise FieldError("name", f"has 1 to {_MAX_NAME} characters")
    return desk.keeper.write(lambda tx: guest.request_to_join(tx, payload, me, now=desk.now, random=desk.random))


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
