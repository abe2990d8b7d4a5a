"""What the next commit shall do: the wishes that can come about now, with the approvals that they need.

A wish that has come about or cannot any more is ended here. One that still needs approvals waits; our own approval is
made here, when the mailbox has been read to its head, so that it names the epochs that it is good for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from taboon_client.board.register_kinds import Approve
from taboon_client.board.registers import ACTS
from taboon_client.errors import FieldError, FormatError, NotAllowedError
from taboon_client.group import approvals
from taboon_client.group.approvals_held import Held, approvals_held
from taboon_client.group.changes import PolicyChange, apply_change
from taboon_client.group.devices import people_of
from taboon_client.group.schedule import epochs_within
from taboon_client.joining import host
from taboon_client.session.pending import Recovery, recovery_policy
from taboon_client.session.watching import Return, return_of
from taboon_client.vault import groups as rows
from taboon_crypto import mls

if TYPE_CHECKING:
    from collections.abc import Collection

    from taboon_client.group.ledger import Ledger
    from taboon_client.group.policy import Policy
    from taboon_client.vault import Connection
    from taboon_client.vault.groups import WishRow

__all__ = ["IMPOSSIBLE", "NOT_GOOD", "NO_ADMIN", "Wanted", "gather"]

_DAYS: Final = 30
"""For how long an approval of ours is good, about: others may be away for weeks. What we still wish for after that we
approve anew, and what nobody wishes for any more ends by itself."""
NO_ADMIN: Final = "only an admin of the group can do that"
NOT_GOOD: Final = (
    "nobody was let in: the request is gone, out of date, or not one that this group can take. Ask them to check the "
    "clock of their device, and make a new invite"
)
NOT_OURS: Final = "that is no device which says that it is yours. “taboon device list GROUP” shows yours"
IMPOSSIBLE: Final = "this cannot be done in the group as it is now"


@dataclass(slots=True)
class Wanted:
    """What the next commit shall do; ``approvals`` are the events that it carries for that.

    ``devices`` are members and newcomers whom our leaf shall name as further devices of ours.
    """

    adds: list[host.Approved] = field(default_factory=list)
    removals: list[bytes] = field(default_factory=list)
    policy: Policy | None = None
    rotate: bool = False
    approvals: list[bytes] = field(default_factory=list)
    returning: Return | None = None
    devices: list[bytes] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.adds or self.removals or self.policy is not None or self.rotate or self.returning is not None)


class _Gatherer:
    """Looks at the wishes of a group. Lives for one transaction."""

    def __init__(self, tx: Connection, ledger: Ledger, grp: int, group: mls.Group, policy: Policy, now: int) -> None:
        self.tx = tx
        self.ledger = ledger
        self.grp = grp
        self.policy = policy
        self.now = now
        self.epoch = group.epoch
        self.own = rows.get_group(tx, grp).identity
        self.members = frozenset(member.signature_key for member in group.members())
        self.people = people_of(group.members())
        self.admin = policy.is_admin(self.own)
        self.held = approvals_held(tx, grp, self.members)
        self.wanted = Wanted()

    def enough(self, act: str, target: bytes, need: int, who: Collection[bytes], said: Approve) -> bool:
        """Tell whether an act has the approvals that it needs; if so the commit carries them. Gives ours if need be."""
        if need <= 1 and self.own in who and self.people.of(self.own) is not None:
            return True
        good: dict[bytes, bytes] = {}
        for held in self.held:
            fits = held.said.act == act and held.said.target == target
            if fits and approvals.is_good(held.said, self.policy, self.epoch) and held.author in who:
                good.setdefault(held.author, held.raw)
        if self.own not in good:
            event = self.ledger.make(self.tx, self.grp, said, ACTS, ())
            self.held.append(Held(self.own, said, event.raw))
            good[self.own] = event.raw
        # Of the devices of one person, one says it: ours for ourselves.
        counted = {self.people.of(self.own)} if self.own in who else set()
        others = []
        for author, raw in sorted(good.items()):
            if author != self.own and self.people.of(author) not in counted:
                counted.add(self.people.of(author))
                others.append(raw)
        counted.discard(None)
        if len(counted) < need:
            return False
        self.wanted.approvals += others[: need - 1]
        return True

    def said(self, act: str, target: bytes, policy: bytes = b"", members: tuple[bytes, ...] = ()) -> Approve:
        return Approve(
            act=act,
            target=target,
            first=self.epoch,
            last=self.epoch + epochs_within(_DAYS, len(self.members), self.policy.rotation_days),
            policy=policy,
            members=members,
            created=self.now,
        )

    @property
    def admins(self) -> frozenset[bytes]:
        return frozenset(filter(self.policy.is_admin, self.members))

    def renews(self, identity: bytes) -> bool:
        """Tell whether we may renew a leaf now, and do nothing else."""
        # Two such commits in a row by one person who is no admin would be spoiled: it waits for somebody else's.
        last = rows.last_committer(self.tx, self.grp)
        return self.admin or not self.people.renews_again(self.own, last, identity)

    def rotate(self, _: WishRow) -> None:
        self.wanted.rotate |= self.renews(self.own)

    def bring_back(self, wish: WishRow, group: mls.Group) -> bool:
        """Tell whether somebody comes back now; then the commit does nothing else."""
        found = return_of(self.tx, self.ledger, self.grp, group, wish.data, self.now)
        if found is None or not (found.current or self.admin):
            rows.drop_wish(self.tx, wish.id)
            return False
        if found.current and not self.renews(found.request.identity):
            return False
        if not found.current:
            target = approvals.added(found.request.key_package)
            if not self.enough(
                approvals.ADD, target, self.policy.add_approvals, self.admins, self.said(approvals.ADD, target)
            ):
                return False
        self.wanted = Wanted(returning=found, approvals=[] if found.current else self.wanted.approvals)
        return True

    def remove(self, wish: WishRow) -> None:
        gone = wish.data
        if gone not in self.members:
            rows.drop_wish(self.tx, wish.id)
            return
        leaves = [held.raw for held in self.held if held.said.target == gone and self.goes(held)]
        if gone == self.own or not (self.admin or leaves):
            rows.fail_wish(self.tx, wish.id, NO_ADMIN)
        elif leaves:
            self.wanted.removals.append(gone)
            self.wanted.approvals.append(leaves[-1])
        elif self.enough(
            approvals.REMOVE, gone, self.policy.removal_approvals, self.admins, self.said(approvals.REMOVE, gone)
        ):
            self.wanted.removals.append(gone)

    def let_go(self) -> None:
        """Remove those who leave by themselves; they need nobody's approval."""
        for held in self.held if self.admin else ():
            gone = held.said.target
            here = gone in self.members and gone != self.own and gone not in self.wanted.removals
            if here and self.goes(held):
                self.wanted.removals.append(gone)
                self.wanted.approvals.append(held.raw)

    def goes(self, held: Held) -> bool:
        """Tell whether somebody says by this that their own device shall go: this one, or one that names them."""
        said, author = held.said, held.author
        own = author in self.members and author in (said.target, self.people.claimed(said.target))
        return own and said.act == approvals.REMOVE and said.first <= self.epoch <= said.last

    def confirm(self, wish: WishRow) -> None:
        """Name a device of ours back, with a fresh leaf."""
        device = wish.data
        if device not in self.members or self.people.claimed(device) != self.own:
            rows.fail_wish(self.tx, wish.id, NOT_OURS)
        elif self.people.of(device) == self.own:
            rows.drop_wish(self.tx, wish.id)
        elif self.renews(self.own):
            self.wanted.devices.append(device)
            self.wanted.rotate = True

    def change(self, wish: WishRow, change: PolicyChange) -> None:
        policy = self.wanted.policy or self.policy
        try:
            after = apply_change(policy, change, self.members, self.people)
        except (FieldError, FormatError) as error:
            rows.fail_wish(self.tx, wish.id, str(error))
            return
        if after.rules == policy.rules:
            if self.wanted.policy is None:
                rows.drop_wish(self.tx, wish.id)
        elif not self.admin:
            rows.fail_wish(self.tx, wish.id, NO_ADMIN)
        elif self.policy.policy_approvals == 1:
            self.wanted.policy = after
        elif self.wanted.policy is None:
            # What others agreed to is this very policy: such a change comes alone.
            target = approvals.changed(self.policy, after)
            said = self.said(approvals.POLICY, target, after.rules.encode())
            if self.enough(approvals.POLICY, target, self.policy.policy_approvals, self.admins, said):
                self.wanted.policy = after

    def recover(self, wish: WishRow) -> bool:
        """Tell whether enough keyholders agree; then the commit does nothing else."""
        recovery = Recovery.decode(wish.data).among(self.members)
        try:
            after = recovery_policy(self.policy, recovery, self.members, self.people)
        except (FieldError, NotAllowedError) as error:
            rows.fail_wish(self.tx, wish.id, str(error))
            return False
        if after.rules == self.policy.rules:
            rows.drop_wish(self.tx, wish.id)
            return False
        holders = self.members.intersection(self.policy.keyholders) if self.policy.keyholders else self.members
        if self.own not in holders:
            rows.fail_wish(self.tx, wish.id, NO_ADMIN)
            return False
        target = approvals.recovered(self.policy, after, recovery.removed)
        said = self.said(approvals.RECOVER, target, after.rules.encode(), recovery.removed)
        need = self.policy.recovery_count(self.people.count(self.members), self.people)
        if not self.enough(approvals.RECOVER, target, need, holders, said):
            return False
        carried = self.wanted.approvals
        removals = [*recovery.removed, *self.people.strays(recovery.removed)]
        self.wanted = Wanted(removals=list(dict.fromkeys(removals)), policy=after, approvals=carried)
        return True

    def add(self, wish: WishRow) -> None:
        approved = host.approved(self.tx, wish.data, now=self.now)
        if approved is None:
            rows.fail_wish(self.tx, wish.id, NOT_GOOD)
        elif approved.identity in self.members:
            rows.drop_wish(self.tx, wish.id)
        elif not (self.admin or self.own in self.heirs(approved)):
            rows.fail_wish(self.tx, wish.id, NO_ADMIN)
        elif not self.wanted.adds:
            # A Welcome names every pre-shared key of its commit, and a newcomer knows only that of its own invite: the
            # others come with the next commit.
            target = approvals.added(approved.key_package.encode())
            said = self.said(approvals.ADD, target)
            named = self.named_by_heir(approved, target, said)
            if not self.admin or named is None:
                return
            if self.enough(approvals.ADD, target, self.policy.add_approvals, self.admins, said):
                self.wanted.adds.append(approved)
                self.wanted.approvals += [one for one in named if one not in self.wanted.approvals]
                if self.person(approved) == self.own:
                    # We approved it by ourselves: this very commit says that it is ours.
                    self.wanted.devices.append(approved.identity)

    def person(self, approved: host.Approved) -> bytes:
        return people_of([mls.Member(0, approved.key_package.leaf_node)]).claimed(approved.identity)

    def heirs(self, approved: host.Approved) -> frozenset[bytes]:
        return self.people.heirs(self.person(approved))

    def named_by_heir(self, approved: host.Approved, target: bytes, said: Approve) -> list[bytes] | None:
        """Return what a commit carries for a device of a person whose first one is gone; None if nobody named it yet.

        One of the devices that are left says that it is theirs: ours does so here.
        """
        heirs = self.heirs(approved)
        if not heirs or (self.admin and self.own in heirs):
            return []
        good = [
            held
            for held in self.held
            if (held.said.act, held.said.target) == (approvals.ADD, target)
            and approvals.is_good(held.said, self.policy, self.epoch)
            and held.author in heirs
        ]
        if self.own in heirs and not any(held.author == self.own for held in good):
            event = self.ledger.make(self.tx, self.grp, said, ACTS, ())
            good.append(Held(self.own, said, event.raw))
            self.held.append(good[-1])
        return [good[-1].raw] if good else None


def gather(
    tx: Connection, ledger: Ledger, grp: int, group: mls.Group, policy: Policy, now: int, *, only: int | None = None
) -> Wanted:
    """Return what the wishes of a group come to now.

    Args:
        tx: A transaction that writes.
        ledger: Of the vault.
        grp: The group.
        group: In its present epoch.
        policy: In force.
        now: Unix time.
        only: The one wish that is looked at, and nothing that nobody wished for; None for all.
    """
    gatherer = _Gatherer(tx, ledger, grp, group, policy, now)
    changes: list[tuple[WishRow, PolicyChange]] = []
    wishes = [wish for wish in rows.wishes(tx, grp) if only in (None, wish.id)]
    for wish in wishes:
        if wish.kind == "confirm":
            gatherer.confirm(wish)
        elif wish.kind == "rotate":
            gatherer.rotate(wish)
        elif wish.kind == "remove":
            gatherer.remove(wish)
        elif wish.kind == "policy":
            changes.append((wish, PolicyChange.decode(wish.data)))
        elif wish.kind == "dispatch":
            # Of a vault of version 2.
            circle = tuple(wish.data[start : start + 32] for start in range(0, len(wish.data), 32))
            changes.append((wish, PolicyChange(dispatch=circle)))
        elif wish.kind == "add":
            gatherer.add(wish)
        elif wish.kind == "return" and gatherer.bring_back(wish, group):
            # It comes alone: then it needs nobody's approval, and no other newcomer's key.
            return gatherer.wanted
    if only is None:
        gatherer.let_go()
    removals = gatherer.wanted.removals
    removals += [one for one in gatherer.people.strays(removals) if one not in removals]
    for wish in wishes:
        if wish.kind == "recover" and gatherer.recover(wish):
            return gatherer.wanted
    for wish, change in changes:
        gatherer.change(wish, change)
    if gatherer.wanted.policy is not None and policy.policy_approvals > 1:
        # The policy that was agreed to says nothing of who comes and goes in the same commit.
        gatherer.wanted.adds, gatherer.wanted.removals = [], []
    return gatherer.wanted
