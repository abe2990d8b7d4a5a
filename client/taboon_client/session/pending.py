"""What has been proposed and still lacks agreement, and how a member agrees (docs/protocol.md, section 2.5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from taboon_client import cbor
from taboon_client.board.register_kinds import Decline
from taboon_client.board.registers import ACTS
from taboon_client.errors import FieldError, FormatError, GroupStoppedError, NotAllowedError
from taboon_client.group import approvals
from taboon_client.group.approvals_held import Held, approvals_held, declined
from taboon_client.group.changes import PolicyChange, apply_change, exact
from taboon_client.group.devices import People, people_of
from taboon_client.group.epoch import policy_of
from taboon_client.group.policy import Policy, differences
from taboon_client.joining import admission, host
from taboon_client.joining.link import InvitePayload
from taboon_client.joining.messages import read_request
from taboon_client.values import PendingAct
from taboon_client.vault import groups as rows
from taboon_client.vault import rendezvous

if TYPE_CHECKING:
    from taboon_client.group.desk import Desk
    from taboon_client.vault import Connection
    from taboon_client.vault.groups import WishRow
    from taboon_client.vault.rendezvous import InviteRow
    from taboon_crypto import mls

__all__ = [
    "Recovery",
    "acts",
    "check_change",
    "decline",
    "lacking",
    "policy_here",
    "recovery_policy",
    "wish_to_agree",
    "wish_to_recover",
]


_OVER: Final[tuple[tuple[bytes, ...], str, bytes, int]] = ((), "", b"", 0)
"""Of what is not to be agreed to any more."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a keyholder wishes for: who is an admin afterwards, and which of those before are removed."""

    admins: tuple[bytes, ...]
    removed: tuple[bytes, ...]

    def encode(self) -> bytes:
        """Return it as a wish keeps it."""
        return cbor.encode([list(self.admins), list(self.removed)])

    def among(self, members: frozenset[bytes]) -> Recovery:
        """Return what is left to be done in a group of these members."""
        return Recovery(self.admins, tuple(sorted(members.intersection(self.removed))))

    @classmethod
    def decode(cls, data: bytes) -> Recovery:
        """Read what a wish keeps."""
        admins, removed = cbor.decode(data)
        return cls(tuple(admins), tuple(removed))


def policy_here(desk: Desk, tx: Connection, grp: int) -> Policy:
    """Return the policy in force.

    Raises:
        GroupStoppedError: The group does not go on here.
    """
    row = rows.get_group(tx, grp)
    if row.state != "active":
        raise GroupStoppedError(row.problem or "this group does not go on here")
    return policy_of(desk.keeper.load(tx, grp))


def check_change(desk: Desk, tx: Connection, grp: int, change: PolicyChange) -> None:
    """Refuse a change of the policy that could not be made now.

    Raises:
        FieldError: Says why, and what to do.
    """
    group = desk.keeper.load(tx, grp)
    apply_change(policy_of(group), change, _members(group), people_of(group.members()))


def recovery_policy(policy: Policy, wish: Recovery, members: frozenset[bytes], people: People) -> Policy:
    """Return the policy that a recovery leaves.

    Raises:
        FieldError: It names nobody who is there.
        NotAllowedError: It would remove somebody who is no admin.
    """
    staying = members - set(wish.removed)
    if not wish.admins or not staying.issuperset(wish.admins):
        raise FieldError("admins", "names at least one member who stays")
    if not all(map(policy.is_admin, wish.removed)):
        raise NotAllowedError("a recovery removes admins alone. The new ones can remove others")
    people = people.without(wish.removed)
    persons = people.count(staying)
    return policy.without(wish.removed, persons, people).under(wish.admins, persons, people=people)


def wish_to_recover(desk: Desk, tx: Connection, grp: int, wish: Recovery) -> int:
    """Wish for other admins; returns the wish."""
    policy = policy_here(desk, tx, grp)
    group = desk.keeper.load(tx, grp)
    recovery_policy(policy, wish, _members(group), people_of(group.members()))
    own = rows.get_group(tx, grp).identity
    if own in wish.removed:
        raise NotAllowedError("somebody else has to do what removes you")
    if policy.keyholders and own not in policy.keyholders:
        raise NotAllowedError("the group's rules name keyholders for that, and you are none of them")
    return rows.add_wish(tx, grp, "recover", wish.encode())


def _members(group: mls.Group) -> frozenset[bytes]:
    return frozenset(member.signature_key for member in group.members())


class _Look:
    """The proposals of a group as they stand now. Lives for one transaction."""

    def __init__(self, desk: Desk, tx: Connection, grp: int) -> None:
        self.tx = tx
        self.grp = grp
        self.group = desk.keeper.load(tx, grp)
        self.now = desk.now
        self.policy = policy_of(self.group)
        self.own = rows.get_group(tx, grp).identity
        self.members = _members(self.group)
        self.people = people_of(self.group.members())
        self.admins = frozenset(filter(self.policy.is_admin, self.members))
        self.against: dict[tuple[str, bytes], set[bytes]] = {}
        self.holders = self.members.intersection(self.policy.keyholders) if self.policy.keyholders else self.members

    def acts(self) -> list[PendingAct]:
        """Return what is proposed, and what we alone wish for as yet."""
        found = self.proposed()
        wished = {target for wish in rows.wishes(self.tx, self.grp) if (target := self.target(wish)) is not None}
        alone = wished - {(one.kind, one.target) for one in found}
        found = [replace(one, wished=one.wished or (one.kind, one.target) in wished) for one in found]
        return found + [self._unsaid(act, target) for act, target in sorted(alone)]

    def _unsaid(self, act: str, target: bytes) -> PendingAct:
        row = self.request(target) if act == approvals.ADD else None
        name = "" if row is None else read_request(InvitePayload.decode(row.payload), row.request or b"").name
        return PendingAct(
            code=target.hex()[:8],
            kind=act,
            target=target,
            members=(target,) if act == approvals.REMOVE else (),
            name=name,
            agreed=(),
            needed=self._needed(act),
            changes=(),
            mine=False,
            wished=True,
        )

    def _needed(self, act: str) -> int:
        return {
            approvals.REMOVE: self.policy.removal_approvals,
            approvals.ADD: self.policy.add_approvals,
            approvals.POLICY: self.policy.policy_approvals,
        }.get(act) or self.policy.recovery_count(self.people.count(self.members), self.people)

    def proposed(self) -> list[PendingAct]:
        self.against = declined(self.tx, self.grp, self.members)
        by_target: dict[tuple[str, bytes], list[Held]] = {}
        for held in approvals_held(self.tx, self.grp, self.members):
            if approvals.is_good(held.said, self.policy, self.group.epoch):
                by_target.setdefault((held.said.act, held.said.target), []).append(held)
        found = (self._act(act, target, held) for (act, target), held in by_target.items())
        return [act for act in found if act is not None]

    def _act(self, act: str, target: bytes, held: list[Held]) -> PendingAct | None:
        who = self.holders if act == approvals.RECOVER else self.admins
        agreed = self._persons({one.author for one in held} & who)
        # What does not fit hides no proposal: anybody can say something of any target.
        abouts = (self._about(act, target, one) for one in held)
        members, name, policy, needed = next((one for one in abouts if one[-1]), _OVER)
        left = act == approvals.REMOVE and any(one.author in (target, self.people.claimed(target)) for one in held)
        if not needed or not agreed or left:
            return None
        changes: tuple[tuple[str, str, str], ...] = ()
        if policy:
            changes = tuple(differences(self.policy, Policy.decode(policy)))
        return PendingAct(
            code=target.hex()[:8],
            kind=act,
            target=target,
            members=members,
            name=name,
            agreed=agreed,
            needed=needed,
            changes=changes,
            mine=self.own in who and self.people.of(self.own) not in (None, *agreed) and self.own not in members,
            policy=policy,
            wished=self.people.of(self.own) in agreed,
            declined=self._persons(self.against.get((act, target), set()) & who),
        )

    def _persons(self, identities: set[bytes]) -> tuple[bytes, ...]:
        """Return whose devices these are: two of one person are one who agreed."""
        return tuple(sorted({person for one in identities if (person := self.people.of(one)) is not None}))

    def _about(self, act: str, target: bytes, held: Held) -> tuple[tuple[bytes, ...], str, bytes, int]:
        """Return whom an act is done to, the newcomer's name, the policy afterwards, how many are needed (0: over)."""
        over, said = _OVER, held.said
        if act == approvals.REMOVE:
            return over if target not in self.members else ((target,), "", b"", self.policy.removal_approvals)
        if act == approvals.ADD:
            row = self.request(target)
            if row is None:
                return over
            request = read_request(InvitePayload.decode(row.payload), row.request or b"")
            return (), request.name, b"", self.policy.add_approvals
        try:
            after = Policy.decode(said.policy)
        except FormatError:
            return over
        if act == approvals.POLICY:
            fits = target == approvals.changed(self.policy, after)
            return ((), "", said.policy, self.policy.policy_approvals) if fits else over
        if act == approvals.RECOVER and target == approvals.recovered(self.policy, after, said.members):
            needed = self.policy.recovery_count(self.people.count(self.members), self.people)
            return said.members, "", said.policy, needed
        return over

    def request(self, target: bytes) -> InviteRow | None:
        for row in rendezvous.invites(self.tx, self.grp):
            if row.request is not None and row.state in ("requested", "approved"):
                package = read_request(InvitePayload.decode(row.payload), row.request).key_package
                if approvals.added(package) == target:
                    return row
        return None

    def target(self, wish: WishRow) -> tuple[str, bytes] | None:
        """Return what an approval for a wish names."""
        try:
            if wish.kind == "remove":
                return approvals.REMOVE, wish.data
            if wish.kind == "policy":
                after = apply_change(self.policy, PolicyChange.decode(wish.data), self.members, self.people)
                return approvals.POLICY, approvals.changed(self.policy, after)
            if wish.kind == "recover":
                recovery = Recovery.decode(wish.data).among(self.members)
                after = recovery_policy(self.policy, recovery, self.members, self.people)
                return approvals.RECOVER, approvals.recovered(self.policy, after, recovery.removed)
        except (FieldError, FormatError, NotAllowedError):
            return None
        if wish.kind == "add":
            approved = host.approved(self.tx, wish.data, now=self.now)
            return None if approved is None else (approvals.ADD, approvals.added(approved.key_package.encode()))
        return None


def acts(desk: Desk, tx: Connection, grp: int) -> list[PendingAct]:
    """Return what is proposed and not done yet."""
    return _Look(desk, tx, grp).acts() if rows.get_group(tx, grp).state == "active" else []


def lacking(desk: Desk, tx: Connection, grp: int, wish: int) -> int:
    """Return how many still have to agree to a wish of ours; 0 where it waits for something else."""
    row = next((row for row in rows.wishes(tx, grp) if row.id == wish), None)
    if row is None or rows.get_group(tx, grp).state != "active":
        return 0
    look = _Look(desk, tx, grp)
    wanted = look.target(row)
    return next((act.lacking for act in look.proposed() if (act.kind, act.target) == wanted), 0)


def decline(desk: Desk, tx: Connection, grp: int, act: PendingAct, reason: str = "") -> None:
    """Do not wish for an act any more, and tell the others that we do not agree, or no longer.

    No honest device carries our approval from then on. A commit that does so all the same is valid.

    Raises:
        GroupStoppedError: The group does not go on here.
        NotAllowedError: It is not ours to say no to.
    """
    policy_here(desk, tx, grp)
    look = _Look(desk, tx, grp)
    wishes = [wish for wish in rows.wishes(tx, grp) if look.target(wish) == (act.kind, act.target)]
    for wish in wishes:
        rows.drop_wish(tx, wish.id)
    if wishes and (staged := rows.live_staged(tx, grp)) is not None:
        # It may have reached the relay: then it stands, and is known as ours.
        rows.retire_staged(tx, grp, staged.hash)
    if not (act.agreed or act.declined):
        return
    if look.own not in (look.holders if act.kind == approvals.RECOVER else look.admins):
        if wishes:
            return
        raise NotAllowedError("it is not yours to agree to, or to decline")
    said = Decline(act=act.kind, target=act.target, reason=reason, created=desk.now)
    desk.ledger.make(tx, grp, said, ACTS, ())


def wish_to_agree(desk: Desk, tx: Connection, grp: int, act: PendingAct) -> int:
    """Wish for what somebody else has proposed; returns the wish.

    Raises:
        NotAllowedError: It is not ours to agree to.
    """
    policy = policy_here(desk, tx, grp)
    if act.kind == approvals.RECOVER:
        return wish_to_recover(desk, tx, grp, Recovery(Policy.decode(act.policy).admins, act.members))
    admission.as_admin(desk, tx, grp)
    if act.kind == approvals.REMOVE:
        if rows.get_group(tx, grp).identity in act.members:
            raise NotAllowedError("it is you whom they want to remove. “taboon leave GROUP” leaves by yourself")
        look = _Look(desk, tx, grp)
        person = look.people.of(act.target)
        for other in look.proposed():
            # Whoever agrees that a person goes agrees to it for all their devices that are proposed.
            if other.kind == approvals.REMOVE and person and person in map(look.people.of, other.members):
                rows.add_wish(tx, grp, "remove", other.target)
        return rows.add_wish(tx, grp, "remove", act.target)
    if act.kind == approvals.POLICY:
        return rows.add_wish(tx, grp, "policy", exact(policy, Policy.decode(act.policy)).encode())
    row = _Look(desk, tx, grp).request(act.target)
    if row is None:
        raise NotAllowedError("that request is gone")
    return rows.add_wish(tx, grp, "add", host.wish_data(row))
