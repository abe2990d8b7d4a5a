"""Who is in a group, and what may become of a member: removal, rotation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board import ADMIN, tags
from taboon_client.errors import GroupStoppedError, NotAllowedError
from taboon_client.group.ledger import tag
from taboon_client.library.finding import one_member
from taboon_client.library.syncing import COMMIT_WAIT, Syncing
from taboon_client.values import Member
from taboon_client.vault import board as board_rows
from taboon_client.vault import groups as group_rows

if TYPE_CHECKING:
    from taboon_client.values import Outcome
    from taboon_client.vault import Connection

__all__ = ["Membership"]


class Membership(Syncing):
    """The members of one group."""

    async def members(self) -> list[Member]:
        """Return who is in the group."""
        return [member for member in (await self.people()).values() if not member.former]

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
            names = {identity: called.get(identity, "") for identity in history.ever}
            alike = tags({identity: name for identity, name in names.items() if name})
            return {
                identity: Member(
                    identity=identity,
                    name=name or f"member {tag(identity)}",
                    tag=alike.get(identity) or tag(identity),
                    unique=not alike.get(identity),
                    admin=ADMIN in roles.get(identity, frozenset()),
                    me=identity == row.identity,
                    former=identity not in roles,
                )
                for identity, name in names.items()
            }

        return await self._read(act)

    async def remove(self, member: Member | str, wait: float = COMMIT_WAIT) -> Outcome:
        """Remove a member: nothing that is sent afterwards can be read with their keys.

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
            raise NotAllowedError("you cannot remove yourself: ask another admin to")

        def act(tx: Connection) -> int:
            admission.as_admin(self._desk, tx, self.row_id)
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
