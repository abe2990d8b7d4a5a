"""One group as programs hold it: its board, its people and keys, its sync.

Reading the board shall be quick: what loads MLS, HTTP or an event loop is imported where it is used.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from taboon_client.board import ADMIN, tags
from taboon_client.errors import FieldError, GroupStoppedError, NotAllowedError, RelayUnreachableError
from taboon_client.group.ledger import tag
from taboon_client.library.finding import one_member
from taboon_client.library.items import Items
from taboon_client.library.lists import Lists
from taboon_client.library.sealing import Sealing
from taboon_client.relay.address import RelayAddress
from taboon_client.values import GroupState, GroupStatus, Member, Outcome, SyncReport
from taboon_client.vault import board as board_rows
from taboon_client.vault import groups as group_rows
from taboon_client.vault import outbox as outbox_rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from taboon_client.sync import Syncer
    from taboon_client.values import Invite, JoinRequest
    from taboon_client.vault import Connection
    from taboon_client.vault.groups import GroupRow

__all__ = ["COMMIT_WAIT", "DEFAULT_WAIT", "Group"]

DEFAULT_WAIT = 3.0
"""Seconds that a sync before or after something else may take."""
COMMIT_WAIT = 10.0
"""Seconds that a commit may take."""


class Group(Items, Sealing, Lists):
    """One group on this device. Get it from :class:`Taboon`."""

    def __repr__(self) -> str:
        return f"<Group {self.code}>"

    @property
    def name(self) -> str:
        """How the group was called when this object was made."""
        return self._row.name

    @property
    def code(self) -> str:
        """Short code that tells groups of one name apart: eight hexadecimal digits of the group id."""
        return self._row.group_id.hex()[:8]

    # How it stands

    async def status(self) -> GroupStatus:
        """Return how the group stands on this device."""

        def act(tx: Connection) -> GroupStatus:
            row = group_rows.get_group(tx, self.row_id)
            record = self._desk.ledger.history(tx, self.row_id).last
            members = record.members if record is not None else {}
            return GroupStatus(
                name=row.name,
                code=self.code,
                state=GroupState(row.state),
                problem=row.problem,
                epoch=record.number if record is not None else 0,
                members=len(members),
                admin=ADMIN in members.get(row.identity, frozenset()),
                relay=RelayAddress(row.relay_url, row.relay_id).format(),
                unsent=outbox_rows.unsent(tx, self.row_id),
                wishes=tuple(wish.kind for wish in group_rows.wishes(tx, self.row_id)),
                missing=self._desk.ledger.missing(tx, self.row_id),
                synced=row.synced,
            )

        return await self._read(act)

    async def unsent(self) -> int:
        """Return how much is saved and not yet known to be at the relay."""
        return await self._read(lambda tx: outbox_rows.unsent(tx, self.row_id))

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

    # People and keys

    async def invite(self, hours: int = 72) -> Invite:
        """Make an invite for one person. Hand the link over by a channel that you trust.

        Args:
            hours: For how long it can be used, 1 to 168.

        Raises:
            NotAllowedError: You are no admin of the group.
        """
        from taboon_client.joining import admission

        return await self._runner(lambda: admission.create_invite(self._desk, self.row_id, hours))

    async def invites(self) -> list[Invite]:
        """Return our invites that are open or being answered."""
        from taboon_client.joining import admission

        return await self._runner(lambda: admission.invites(self._desk, self.row_id))

    async def requests(self) -> list[JoinRequest]:
        """Return who asks to join with one of our invites; a sync brings them."""
        from taboon_client.joining import admission

        return await self._runner(lambda: admission.requests(self._desk, self.row_id))

    async def approve(self, ref: str, wait: float = COMMIT_WAIT) -> Outcome:
        """Let somebody in who asks to join. Compare the safety code with them first.

        Args:
            ref: Code or name of the request.
            wait: Seconds that the relay may take; 0 saves the wish for the next sync.

        Raises:
            NotFoundError: Nobody asks under that name or code.
            AmbiguousError: Several do.
            NotAllowedError: You are no admin of the group.
        """
        from taboon_client.joining import admission

        return await self._wish(lambda tx: admission.wish_to_admit(self._desk, tx, self.row_id, ref), wait)

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

    async def set_dispatch(self, members: Sequence[Member | str], wait: float = COMMIT_WAIT) -> Outcome:
        """Say who is of the dispatch circle: whom the details of every item are sealed to, and who acts for its author.

        Args:
            members: Who, at most 32; with nobody it is the admins.
            wait: Seconds that the relay may take; 0 saves the wish for the next sync.

        Raises:
            NotFoundError: Nobody of that name is in the group.
            NotAllowedError: You are no admin of the group.
        """
        from taboon_client.group.policy import MAX_DISPATCH
        from taboon_client.joining import admission

        known = await self.members()
        found = {(one if isinstance(one, Member) else one_member(known, one, whole=True)).identity for one in members}
        if len(found) > MAX_DISPATCH:
            raise FieldError("members", f"are at most {MAX_DISPATCH}")

        def act(tx: Connection) -> int:
            admission.as_admin(self._desk, tx, self.row_id)
            group_rows.drop_wishes(tx, self.row_id, "dispatch")
            return group_rows.add_wish(tx, self.row_id, "dispatch", b"".join(sorted(found)))

        return await self._wish(act, wait)

    async def _wish(self, act: Callable[[Connection], int], wait: float) -> Outcome:
        wish = await self._write(act)
        report = await self.sync(wait) if wait else SyncReport(reached=False, unsent=await self.unsent())

        def end(tx: Connection) -> tuple[bool, str | None, GroupRow]:
            stands, problem = group_rows.end_wish(tx, wish)
            return stands, problem, group_rows.get_group(tx, self.row_id)

        stands, problem, row = await self._write(end)
        if row.state != "active":
            raise GroupStoppedError(row.problem or "this group does not go on here")
        if problem is not None:
            raise NotAllowedError(problem)
        return Outcome(done=not stands, report=report)

    # Sync

    async def sync(
        self, wait: float | None = DEFAULT_WAIT, progress: Callable[[int, int], None] | None = None
    ) -> SyncReport:
        """Read what is new and send what waits. A relay that is down is told in the report, not raised.

        Args:
            wait: Seconds that it may take; None for as long as it takes.
            progress: Told how much of our outbox the relay has taken.
        """
        return await self._syncer().group(self.row_id, deadline=wait, progress=progress)

    async def flush(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Wait until the relay has everything that is saved.

        Raises:
            RelayUnreachableError: It could not be brought there now; it is kept.
        """
        report = await self.sync(None, progress)
        if report.problem is not None or report.unsent:
            raise RelayUnreachableError(report.problem or "not everything could be sent. It is kept: try again later")

    async def watch(self, seconds: float | None = None) -> AsyncIterator[SyncReport]:
        """Sync, and go on reading as news comes; yields a report whenever something changed, and the first at once.

        Args:
            seconds: For how long; None for ever.
        """
        import asyncio

        end = None if seconds is None else time.monotonic() + seconds
        syncer = self._syncer()
        report = await syncer.group(self.row_id, deadline=None)
        yield report
        pause = 1.0
        while end is None or time.monotonic() < end:
            left = 20.0 if end is None else min(20.0, end - time.monotonic())
            report = await syncer.group(self.row_id, deadline=left + 30.0, wait=max(0, int(left)))
            if report.received or report.sent or report.notices:
                yield report
            if report.reached and (await self.status()).state is GroupState.ACTIVE:
                pause = 1.0
                continue
            if report.reached:
                return
            yield report
            await asyncio.sleep(pause)
            pause = min(pause * 2, 60.0)

    def _syncer(self) -> Syncer:
        from taboon_client.sync import Syncer

        return Syncer(self._desk, self._runner)
