"""Who is in a group, how their keys stand, and what may become of a member: removal, suspension, leaving."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from taboon_client.board import ADMIN, tags
from taboon_client.board.register_kinds import Lift, Risk, Vouch
from taboon_client.board.registers import MEMBERS
from taboon_client.errors import GroupStoppedError, NotAllowedError
from taboon_client.group.ledger import tag
from taboon_client.library.finding import one_member
from taboon_client.library.syncing import COMMIT_WAIT, Syncing
from taboon_client.values import Member, Outcome, SyncReport
from taboon_client.vault import board as board_rows
from taboon_client.vault import groups as group_rows
from taboon_client.vault import members as member_rows

if TYPE_CHECKING:
    from taboon_client.board import Body
    from taboon_client.values import Compared, Deed, Exposure, GroupKeys, Proof, Removal
    from taboon_client.vault import Connection
    from taboon_crypto.safety_code import SafetyCode

__all__ = ["Membership"]


class Membership(Syncing):
    """The members of one group."""

    async def members(self) -> list[Member]:
        """Return who is in the group: one for each person, however many devices they have."""
        found: dict[bytes, Member] = {}
        for member in (await self.people()).values():
            known = found.get(member.person)
            if not member.former and (known is None or member.identity == member.person):
                found[member.person] = member
        return list(found.values())

    async def members_and_devices(self) -> list[Member]:
        """Return who is in the group, and after them each further device, which has a tag and no name of its own."""
        found = await self.members()
        known = {member.identity for member in found}
        return found + [
            replace(one, name="", tag=tag(one.identity))
            for one in (await self.people()).values()
            if not one.former and one.identity not in known
        ]

    async def member(self, ref: str, *, whole: bool = False) -> Member:
        """Return a member by tag, name or, unless ``whole``, unique prefix of the name.

        Raises:
            NotFoundError: There is none.
            AmbiguousError: There are several.
        """
        return one_member(await self.members(), ref, whole=whole)

    async def people(self) -> dict[bytes, Member]:
        """Return everyone who is or was here and is known on this device, by identity key."""

        def act(tx: Connection) -> dict[bytes, Member]:
            row = group_rows.get_group(tx, self.row_id)
            called = board_rows.people(tx, self.row_id)
            history = self._desk.ledger.history(tx, self.row_id)
            roles = history.last.members if history.last is not None else {}
            person = {identity: history.person(identity) or identity for identity in history.ever}
            names = {identity: called.get(person[identity], "") for identity in history.ever}
            # Devices of one person go by the tag of that person.
            alike = tags({person[identity]: name for identity, name in names.items() if name})
            admins = {person[identity] for identity, held in roles.items() if ADMIN in held}
            return {
                identity: Member(
                    identity=identity,
                    name=name or f"member {tag(person[identity])}",
                    tag=alike.get(person[identity]) or tag(person[identity]),
                    unique=not alike.get(person[identity]),
                    admin=identity in roles and person[identity] in admins,
                    me=person[identity] == person.get(row.identity, row.identity),
                    former=identity not in roles,
                    person=person[identity],
                )
                for identity, name in names.items()
            }

        return await self._read(act)

    async def remove(self, member: Member | str, wait: float = COMMIT_WAIT) -> Outcome:
        """Remove a member with all their devices: nothing that is sent afterwards can be read with their keys.

        Args:
            member: Who, or their name or tag.
            wait: Seconds that the relay may take; 0 saves the wish for the next sync.

        Raises:
            NotFoundError: Nobody of that name is in the group.
            NotAllowedError: You are no admin, or it is yourself.
        """
        from taboon_client.joining import admission

        found = member if isinstance(member, Member) else one_member(await self.members(), member, whole=True)
        if found.me:
            raise NotAllowedError("you cannot remove yourself. “taboon leave GROUP” leaves")

        def act(tx: Connection) -> int:
            admission.as_admin(self._desk, tx, self.row_id)
            history = self._desk.ledger.history(tx, self.row_id)
            present = history.last.members if history.last is not None else {}
            devices = {one for one in present if history.person(one) == found.person}
            for device in sorted(devices - {found.identity}):
                group_rows.add_wish(tx, self.row_id, "remove", device)
            return group_rows.add_wish(tx, self.row_id, "remove", found.identity)

        return await self._wish(act, wait)

    async def rotate(self, wait: float = COMMIT_WAIT) -> Outcome:
        """Make fresh keys for yourself and a new epoch for the group: a thief of older keys reads nothing after it.

        Args:
            wait: Seconds that the relay may take; 0 saves the wish for the next sync.
        """

        def act(tx: Connection) -> int:
            row = group_rows.get_group(tx, self.row_id)
            if row.state != "active":
                raise GroupStoppedError(row.problem or "this group does not go on here")
            return group_rows.add_wish(tx, self.row_id, "rotate", b"")

        return await self._wish(act, wait)

    async def leave(self, wait: float = COMMIT_WAIT) -> Outcome:
        """Leave the group: any admin's device removes this one with its next sync, and needs nobody's approval.

        Args:
            wait: Seconds that the relay may take; 0 sends it with the next sync.

        Raises:
            NotAllowedError: You are its last admin; says the way out.
        """
        from taboon_client.session import leaving

        await self._write(lambda tx: leaving.say_goodbye(self._desk, tx, self.row_id))
        report = await self.sync(wait) if wait else SyncReport(reached=False, unsent=await self.unsent())
        row = await self._read(lambda tx: group_rows.get_group(tx, self.row_id))
        return Outcome(done=row.state == "removed", report=report)

    async def leaving(self) -> bool:
        """Tell whether you have said that you leave, and are still here."""
        from taboon_client.session import leaving

        return bool(await self._read(lambda tx: leaving.leaves(self._desk, tx, self.row_id)))

    async def stay(self, wait: float = COMMIT_WAIT) -> SyncReport:
        """Take back that you leave. Where an admin's device has read it before, you are gone all the same.

        Args:
            wait: Seconds that the relay may take; 0 tells the others with the next sync.

        Raises:
            NotAllowedError: You have not said that you leave.
        """
        from taboon_client.session import leaving

        await self._write(lambda tx: leaving.take_back(self._desk, tx, self.row_id))
        return await self.sync(wait) if wait else SyncReport(reached=False, unsent=await self.unsent())

    async def go_on(self, wait: float = COMMIT_WAIT) -> SyncReport:
        """Go on from what this device holds, after everyone was away for longer than the relay keeps mailboxes.

        The others' devices come back by themselves. Where others had gone on before, this device comes back to them as
        soon as they answer, and what was said here is said there; whoever came back to it meanwhile needs an invite.

        Args:
            wait: Seconds that the relay may take; 0 leaves all to the next sync.

        Raises:
            NotAllowedError: That is not why the group does not go on here, or you are no admin.
        """
        from taboon_client.session import coming_back

        await self._write(lambda tx: coming_back.go_on(self._desk, tx, self.row_id))
        return await self.sync(wait) if wait else SyncReport(reached=False, unsent=await self.unsent())

    # Keys

    async def keys(self) -> GroupKeys:
        """Return how everyone's keys stand, who has followed, and what to do about it."""
        from taboon_client.group.health import group_keys
        from taboon_client.session import pending

        def act(tx: Connection) -> GroupKeys:
            policy = pending.policy_here(self._desk, tx, self.row_id)
            return group_keys(tx, self._desk.ledger, self.row_id, policy)

        return await self._read(act)

    async def removals(self) -> tuple[Removal, ...]:
        """Return the removals that this device has seen, and how sure each is."""
        return (await self.keys()).removals

    async def deeds(self) -> list[Deed]:
        """Return what admins did, as this device saw it, oldest first."""
        from taboon_client.group.health import deeds

        return await self._read(lambda tx: deeds(tx, self.row_id))

    async def exposure(self, member: Member | str) -> Exposure:
        """Return what a member, or a former one, could have seen, and which sealed details it opened.

        Raises:
            NotFoundError: Nobody of that name is or was here.
        """
        from taboon_client.group.exposure import exposure_of

        found = await self._anyone(member)
        return await self._read(lambda tx: exposure_of(tx, self._desk.ledger, self.row_id, found.identity))

    # What members say about each other

    async def say_at_risk(self, member: Member | str, reason: str = "") -> None:
        """Say that a member's device may be in other hands. Of two who say so, it is suspended until an admin decides.

        A suspended device is sealed no details, and its invites let nobody in.
        """
        found = await self._anyone(member)
        if found.me:
            raise NotAllowedError("of your own device others have to say it")
        if found.former:
            raise NotAllowedError("they are no longer in the group")
        await self._mark(Risk(member=found.identity, reason=reason, created=self._desk.now))

    async def lift_risk(self, member: Member | str, reason: str = "") -> None:
        """Say, as an admin, that a member's device is in good hands after all.

        Raises:
            NotAllowedError: You are no admin, or it is about yourself.
        """
        from taboon_client.joining import admission

        found = await self._anyone(member)
        if found.me:
            raise NotAllowedError("another admin has to decide about your device")

        def act(tx: Connection) -> None:
            admission.as_admin(self._desk, tx, self.row_id)
            body = Lift(member=found.identity, reason=reason, created=self._desk.now)
            self._desk.ledger.make(tx, self.row_id, body, MEMBERS, ())

        await self._write(act)

    async def vouch(self, member: Member | str, text: str = "") -> None:
        """Say to the group that you know a member."""
        found = await self._anyone(member)
        if found.me:
            raise NotAllowedError("nobody vouches for themselves")
        await self._mark(Vouch(member=found.identity, text=text, created=self._desk.now))

    async def set_checked(self, member: Member | str, how: str | None = "code") -> None:
        """Note on this device that a member's key is that person's: nobody else is told.

        Args:
            member: Who.
            how: ``code`` (compared by voice) or ``in-person``; None takes it back.
        """
        found = await self._anyone(member)
        await self._write(lambda tx: member_rows.set_checked(tx, self.row_id, found.identity, how))

    async def meeting_code(self) -> str:
        """Return what this device shows, as a QR code, to another member who is here in person. It holds no secret."""
        from taboon_client.joining import meeting
        from taboon_client.session import pending

        def act(tx: Connection) -> str:
            pending.policy_here(self._desk, tx, self.row_id)
            return meeting.shown(self._desk, tx, self.row_id)

        return await self._read(act)

    async def meet(self, text: str) -> Member:
        """Take what another member's device shows: its key counts as checked in person, on this device.

        Raises:
            BadLinkError: It is no member's code, damaged, or of another group.
            NotAllowedError: It is nobody's who is in the group here, or you two see different groups: says what to do.
        """
        from taboon_client.joining import meeting
        from taboon_client.session import pending

        def act(tx: Connection) -> bytes:
            pending.policy_here(self._desk, tx, self.row_id)
            return meeting.meet(self._desk, tx, self.row_id, text)

        identity = await self._write(act)
        return (await self.people())[identity]

    async def epoch_code(self) -> tuple[int, SafetyCode]:
        """Return the number of the epoch and its code: equal on two devices that are in one group, and else on none."""
        from taboon_client.joining import meeting
        from taboon_client.session import pending

        def act(tx: Connection) -> tuple[int, SafetyCode]:
            pending.policy_here(self._desk, tx, self.row_id)
            return meeting.code_of_epoch(self._desk, tx, self.row_id)

        return await self._read(act)

    async def seen(self) -> str:
        """Return what this device was shown of the group, as a text for another member to compare."""
        from taboon_client.session import evidence

        return await self._read(lambda tx: evidence.seen(self._desk, tx, self.row_id))

    async def compare(self, text: str) -> Compared:
        """Compare with what another member's device was shown; what proves two histories is kept in the vault.

        Raises:
            BadLinkError: It is no such text, or of another group.
        """
        from taboon_client.session import evidence

        return await self._write(lambda tx: evidence.compare(self._desk, tx, self.row_id, text))

    async def proofs(self) -> tuple[Proof, ...]:
        """Return what is kept as proof that the relay signed two histories."""
        from taboon_client.session import evidence

        return await self._read(lambda tx: evidence.proofs(tx, self.row_id))

    async def _mark(self, body: Body) -> None:
        def act(tx: Connection) -> None:
            self._acts(tx)
            self._desk.ledger.make(tx, self.row_id, body, MEMBERS, ())

        await self._write(act)

    async def _anyone(self, member: Member | str) -> Member:
        if isinstance(member, Member):
            return member
        return one_member(list((await self.people()).values()), member, whole=True)
