"""The rules of a group: who is an admin, how many must agree, and what they are asked to agree to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.errors import FieldError, NotFoundError, RelayError
from taboon_client.library.finding import one_member
from taboon_client.library.membership import Membership
from taboon_client.library.syncing import COMMIT_WAIT
from taboon_client.values import SyncReport
from taboon_client.vault import groups as group_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taboon_client.group.changes import PolicyChange
    from taboon_client.group.policy import Policy, RelayEntry
    from taboon_client.values import Member, Outcome, PendingAct
    from taboon_client.vault import Connection

__all__ = ["Ruling"]

_LEAST_CODE = 4


class Ruling(Membership):
    """The rules of one group."""

    async def policy(self) -> Policy:
        """Return the rules that every member's device enforces.

        Raises:
            GroupStoppedError: The group does not go on here.
        """
        from taboon_client.session import pending

        return await self._read(lambda tx: pending.policy_here(self._desk, tx, self.row_id))

    async def change_policy(self, change: PolicyChange, wait: float = COMMIT_WAIT) -> Outcome:
        """Change the rules. Where several admins must agree, this proposes it, or agrees.

        Args:
            change: What shall be different.
            wait: Seconds that the relay may take; 0 saves the wish for the next sync.

        Raises:
            FieldError: It cannot be; says why, and what to do.
            NotAllowedError: You are no admin of the group.
        """
        from taboon_client.joining import admission
        from taboon_client.session import pending

        def act(tx: Connection) -> int:
            admission.as_admin(self._desk, tx, self.row_id)
            pending.check_change(self._desk, tx, self.row_id, change)
            return group_rows.add_wish(tx, self.row_id, "policy", change.encode())

        return await self._wish(act, wait)

    async def relay_at(self, address: str, relay_pass: bytes = b"", wait: float = COMMIT_WAIT) -> RelayEntry:
        """Ask a relay whether the group could live there, and return it as the rules name it. Nothing changes.

        Args:
            address: As that relay prints it.
            relay_pass: Where it asks for one, at most 64 bytes.
            wait: Seconds that it may take.

        Raises:
            RelayAddressError: The address is none, or is not safe.
            RelayError: The group could not live there; says why.
        """
        from msgspec.structs import replace

        from taboon_client.group.policy import RelayEntry
        from taboon_client.moving import unfit
        from taboon_client.relay.address import RelayAddress
        from taboon_client.relay.client import RelayClient

        def connect(place: RelayAddress) -> RelayClient:
            return RelayClient(place, random=self._desk.random, clock=self._desk.clock, timeout=wait)

        place = RelayAddress.parse(address)
        if place.relay_id is None:
            async with connect(place) as client:
                place = place.with_id((await client.limits()).relay_id)
        entry = RelayEntry(url=place.base_url, id=place.relay_id or b"", pass_=relay_pass)
        problem = await unfit(connect, replace(await self.policy(), relays=(entry,)), self._desk.random)
        if problem is not None:
            raise RelayError(problem)
        return entry

    async def move(self, address: str, relay_pass: bytes = b"", wait: float = COMMIT_WAIT) -> Outcome:
        """Move the group to another home relay. Where several admins must agree, this proposes it.

        The relay is asked first. With the commit every member's device goes over when it reads it; those who are behind
        read it at the old home, and are looked for there for 30 days.

        Args:
            address: As the new relay prints it.
            relay_pass: Where it asks for one, at most 64 bytes. Every member gets it.
            wait: Seconds that each of the relays may take.

        Raises:
            RelayAddressError: The address is none, or is not safe.
            RelayError: The group could not live there; says why.
            NotAllowedError: You are no admin of the group.
        """
        from taboon_client.group.changes import PolicyChange

        home = await self.relay_at(address, relay_pass, wait)
        _, *others = (await self.policy()).relays
        relays = (home, *(one for one in others if one.id != home.id))
        return await self.change_policy(PolicyChange(relays=relays), wait)

    async def set_admins(
        self,
        add: Iterable[Member | str] = (),
        drop: Iterable[Member | str] = (),
        *,
        everyone: bool | None = None,
        wait: float = COMMIT_WAIT,
    ) -> Outcome:
        """Make members admins, and admins members.

        Args:
            add: Who shall be one; member, name or tag.
            drop: Who shall be none any more. What they did as admins until then stays.
            everyone: True: all members are admins; False: those who are named.
            wait: Seconds that the relay may take; 0 saves the wish for the next sync.

        Raises:
            FieldError: Nobody would be left; says the way out.
            NotFoundError: Nobody of that name is in the group.
            NotAllowedError: You are no admin of the group.
        """
        from taboon_client.group.changes import PolicyChange

        known = await self.members_and_devices()
        # With a person goes the role of all their devices; it is given to each by itself.
        gone = set(_named(known, drop))
        out = tuple(sorted(one.identity for one in known if gone & {one.identity, one.person}))
        change = PolicyChange(admins_in=_named(known, add), admins_out=out, everyone=everyone)
        return await self.change_policy(change, wait)

    async def set_dispatch(self, members: Sequence[Member | str], wait: float = COMMIT_WAIT) -> Outcome:
        """Say who is of the dispatch circle: whom the details of every item are sealed to, and who acts for its author.

        Args:
            members: Who, at most 32; with nobody it is the admins.
            wait: Seconds that the relay may take; 0 saves the wish for the next sync.

        Raises:
            NotFoundError: Nobody of that name is in the group.
            NotAllowedError: You are no admin of the group.
        """
        from taboon_client.group.changes import PolicyChange
        from taboon_client.group.policy import MAX_DISPATCH

        found = _named(await self.members_and_devices(), members)
        if len(found) > MAX_DISPATCH:
            raise FieldError("members", f"are at most {MAX_DISPATCH}")
        return await self.change_policy(PolicyChange(dispatch=found), wait)

    async def acts(self) -> list[PendingAct]:
        """Return what admins have proposed, and what still lacks somebody's agreement."""
        from taboon_client.session import pending

        return await self._read(lambda tx: pending.acts(self._desk, tx, self.row_id))

    async def agree(self, ref: str, wait: float = COMMIT_WAIT) -> Outcome:
        """Agree to what somebody proposed; with the last agreement it is done.

        Args:
            ref: Code of the act, as :meth:`acts` lists it.
            wait: Seconds that the relay may take; 0 saves it for the next sync.

        Raises:
            NotFoundError: Nothing of that code is proposed.
            NotAllowedError: It is not yours to agree to.
        """
        from taboon_client.session import pending

        found = await self._one_act(ref)
        return await self._wish(lambda tx: pending.wish_to_agree(self._desk, tx, self.row_id, found), wait)

    async def decline(self, ref: str, reason: str = "", wait: float = COMMIT_WAIT) -> SyncReport:
        """Say no to what is proposed, take back that you agreed, or wish for something no longer.

        From then on no honest device carries your agreement. Whoever holds it can still use it, until it expires.

        Args:
            ref: Code of the act, as :meth:`acts` lists it.
            reason: Why; every member can read it.
            wait: Seconds that the relay may take; 0 tells the others with the next sync.

        Raises:
            NotFoundError: Nothing of that code is proposed.
            NotAllowedError: It is not yours to agree to.
        """
        from taboon_client.session import pending

        found = await self._one_act(ref)
        await self._write(lambda tx: pending.decline(self._desk, tx, self.row_id, found, reason))
        return await self.sync(wait) if wait else SyncReport(reached=False, unsent=await self.unsent())

    async def _one_act(self, ref: str) -> PendingAct:
        found = [one for one in await self.acts() if len(ref) >= _LEAST_CODE and one.code.startswith(ref.lower())]
        if len(found) != 1:
            raise NotFoundError("act", "nothing of that code is proposed. “taboon acts GROUP” lists what is")
        return found[0]

    async def recover(
        self, admins: Iterable[Member | str], remove: Iterable[Member | str] = (), wait: float = COMMIT_WAIT
    ) -> Outcome:
        """Give the group other admins when those it has are gone: for the keyholders, as many as the policy asks for.

        Args:
            admins: Everyone who shall be one afterwards.
            remove: Which of the old ones are removed with it.
            wait: Seconds that the relay may take; 0 saves it for the next sync.

        Raises:
            FieldError: Nobody would be left.
            NotFoundError: Nobody of that name is in the group.
            NotAllowedError: You are no keyholder, or somebody to be removed is no admin.
        """
        from taboon_client.session import pending

        known = await self.members()
        wish = pending.Recovery(_named(known, admins), _named(known, remove))
        return await self._wish(lambda tx: pending.wish_to_recover(self._desk, tx, self.row_id, wish), wait)


def _named(known: Sequence[Member], named: Iterable[Member | str]) -> tuple[bytes, ...]:
    found = {
        one.identity if not isinstance(one, str) else one_member(list(known), one, whole=True).identity for one in named
    }
    return tuple(sorted(found))
