"""Several devices of one member: linked by an invite, named back by the first device, listed, revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board import ADMIN
from taboon_client.errors import FieldError, NotAllowedError, NotFoundError
from taboon_client.group.ledger import tag
from taboon_client.library.membership import Membership
from taboon_client.library.syncing import COMMIT_WAIT
from taboon_client.values import Device
from taboon_client.vault import groups as group_rows

if TYPE_CHECKING:
    from taboon_client.group.devices import People
    from taboon_client.values import Invite, Member, Outcome
    from taboon_client.vault import Connection

__all__ = ["Devices"]


class Devices(Membership):
    """The devices of the members of one group. Each has its own leaf and its own keys; together they are one person."""

    async def link_device(self, hours: int = 24, member: Member | str | None = None) -> Invite:
        """Make an invite for a further device. It joins with the link; then an admin's device approves it.

        Where the first device is gone, one of those that are left has to approve it as well (:meth:`approve`).

        Args:
            hours: For how long it can be used, 1 to 168.
            member: Whose device, for an admin who makes the link for somebody; None for your own.

        Raises:
            NotAllowedError: The rules let admins alone invite, and you are none: says the way out.
            NotFoundError: Nobody of that name is in the group.
            FieldError: The member has as many devices as it can have.
        """
        from taboon_client.group.leaf import MAX_DEVICES
        from taboon_client.joining import admission

        found = None if member is None else await self._one(member)
        own = await self._read(self._own_person)
        person = own if found is None else found.person
        if person != own:
            await self._read(lambda tx: admission.as_admin(self._desk, tx, self.row_id))
        devices = await self._of(person)
        if len(devices) > MAX_DEVICES:
            raise FieldError("devices", f"are at most {MAX_DEVICES + 1}: revoke one that is not used")
        return await self._runner(lambda: admission.create_invite(self._desk, self.row_id, hours, person))

    async def devices(self, member: Member | str | None = None) -> list[Device]:
        """Return the devices of a member, the first one first; your own with None.

        Also those that say that they are theirs, and which the first device has not confirmed.
        """
        found = None if member is None else await self._one(member)
        return await self._of(await self._read(self._own_person) if found is None else found.person)

    async def confirm_device(self, ref: str, wait: float = COMMIT_WAIT) -> Outcome:
        """Say on your first device that another one, which an admin let in, is yours.

        Args:
            ref: Its tag.
            wait: Seconds that the relay may take; 0 saves the wish for the next sync.

        Raises:
            NotFoundError: No device of that tag says that it is yours.
            NotAllowedError: This is not your first device.
        """
        device = await self._own(ref)

        def act(tx: Connection) -> int:
            if group_rows.get_group(tx, self.row_id).identity != self._own_person(tx):
                raise NotAllowedError("your first device confirms the others")
            return group_rows.add_wish(tx, self.row_id, "confirm", device.identity)

        return await self._wish(act, wait)

    async def revoke_device(self, ref: str, wait: float = COMMIT_WAIT, member: Member | str | None = None) -> Outcome:
        """Remove one device: nothing that is sent afterwards can be read with its keys.

        Your first device revokes your others by itself. An admin revokes a device of somebody as it removes a member,
        with the approvals that the rules ask for.

        Args:
            ref: Its tag.
            wait: Seconds that the relay may take; 0 saves the wish for the next sync.
            member: Whose device it is, for an admin; None for your own.

        Raises:
            NotFoundError: There is no such device.
            NotAllowedError: It is this device, or neither you are an admin nor this your first device.
        """
        from taboon_client.joining import admission
        from taboon_client.session import leaving

        device = await self._own(ref) if member is None else _one_device(await self.devices(member), ref)
        if device.me:
            raise NotAllowedError("this is the device in your hands. “taboon leave GROUP” leaves")

        def act(tx: Connection) -> int:
            own = group_rows.get_group(tx, self.row_id).identity
            if member is None and own == self._own_person(tx):
                leaving.say_gone(self._desk, tx, self.row_id, [device.identity])
            else:
                admission.as_admin(self._desk, tx, self.row_id)
            return group_rows.add_wish(tx, self.row_id, "remove", device.identity)

        return await self._wish(act, wait)

    async def _one(self, member: Member | str) -> Member:
        return member if not isinstance(member, str) else await self.member(member, whole=True)

    async def _own(self, ref: str) -> Device:
        return _one_device(await self.devices(), ref)

    def _own_person(self, tx: Connection) -> bytes:
        return self._people(tx).claimed(group_rows.get_group(tx, self.row_id).identity)

    def _people(self, tx: Connection) -> People:
        from taboon_client.group.devices import people_of
        from taboon_client.session import pending

        pending.policy_here(self._desk, tx, self.row_id)
        return people_of(self._desk.keeper.load(tx, self.row_id).members())

    async def _of(self, person: bytes) -> list[Device]:
        def act(tx: Connection) -> list[Device]:
            own = group_rows.get_group(tx, self.row_id).identity
            history = self._desk.ledger.history(tx, self.row_id)
            members = history.last.members if history.last is not None else {}
            people = self._people(tx)
            found = [
                Device(
                    identity=identity,
                    tag=tag(identity),
                    first=identity == person,
                    confirmed=people.of(identity) == person,
                    admin=ADMIN in roles,
                    me=identity == own,
                )
                for identity, roles in members.items()
                if people.claimed(identity) == person
            ]
            return sorted(found, key=lambda one: (not one.first, not one.confirmed, one.tag))

        return await self._read(act)


def _one_device(devices: list[Device], ref: str) -> Device:
    found = [one for one in devices if one.tag == ref.upper()]
    if len(found) != 1:
        raise NotFoundError("device", "there is no device of that tag. “taboon device list GROUP” shows them")
    return found[0]
