"""The library: open a vault, create or join a group, post, pledge, watch the board, rotate, remove.

    async with await Taboon.open(passphrase) as taboon:
        group = await taboon.group("Harbour")
        need = await group.post(Need(title="Drinking water", lines=(Line(quantity=20, unit="L"),)))
        await group.sync()

The vault is used on one thread of its own, so a slow disk never stops an event loop. `post` and the like return when
the event is saved; `sync` and `flush` talk to the relay. :mod:`taboon_client.blocking` has the same without ``async``.
"""

from __future__ import annotations

import hashlib
import os
import time
from typing import TYPE_CHECKING, Self, TypeVar

import msgspec

from taboon_client.board import ADMIN, Item, Need, Offer, read_code, shortest_codes, tags
from taboon_client.errors import (
    AmbiguousError,
    FieldError,
    GroupStoppedError,
    NotAllowedError,
    NotFoundError,
    RelayUnreachableError,
)
from taboon_client.group.acts import Acts
from taboon_client.group.desk import Desk
from taboon_client.group.epoch import policy_of
from taboon_client.group.founding import found_group
from taboon_client.group.ledger import tag
from taboon_client.joining import guest, host
from taboon_client.joining.link import InvitePayload
from taboon_client.joining.messages import read_request
from taboon_client.relay.address import RelayAddress
from taboon_client.runner import ThreadRunner
from taboon_client.values import (
    GroupState,
    GroupStatus,
    ImportReport,
    Invite,
    InviteState,
    Joining,
    JoiningState,
    JoinRequest,
    Member,
    Outcome,
    SyncReport,
)
from taboon_client.vault import Connection, Vault, default_folder
from taboon_client.vault import events as event_rows
from taboon_client.vault import groups as group_rows
from taboon_client.vault import outbox as outbox_rows
from taboon_client.vault import rendezvous as rendezvous_rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    from taboon_client.group.policy import Policy
    from taboon_client.runner import Runner
    from taboon_client.sync import Syncer
    from taboon_client.vault.groups import GroupRow
    from taboon_client.vault.rendezvous import InviteRow, JoiningRow
    from taboon_crypto.slots import Cost

__all__ = ["DEFAULT_WAIT", "Group", "Taboon"]

T = TypeVar("T")

DEFAULT_WAIT = 3.0
"""Seconds that a sync before or after something else may take."""
_COMMIT_WAIT = 10.0
_KEY = 16
_BATCH = 200
_MAX_INVITE_HOURS = 24 * 7
_POLL = 5.0
_MAX_NAME = 40


class Taboon:
    """An open vault. Use :meth:`create` or :meth:`open`, and close it, best by ``async with``."""

    def __init__(self, desk: Desk, runner: Runner) -> None:
        self._desk = desk
        self._runner = runner

    @classmethod
    async def create(
        cls, passphrase: str, folder: Path | None = None, *, cost: Cost | None = None, runner: Runner | None = None
    ) -> Self:
        """Make a vault and open it.

        Args:
            passphrase: At least five words, or as hard to guess.
            folder: TABOON_HOME or the system's place for such things unless told.
            cost: What one guess at the passphrase shall cost; 256 MiB and 3 passes unless told.
            runner: Where the vault is used; a thread of its own unless told.

        Raises:
            VaultError: By its subclass: there is one already, the passphrase is weak, the disk is full.
        """
        own = runner or ThreadRunner()
        vault = await own(lambda: Vault.create(folder or default_folder(), passphrase, cost=cost))
        return cls(Desk(vault, os.urandom, time.time), own)

    @classmethod
    async def open(cls, passphrase: str, folder: Path | None = None, *, runner: Runner | None = None) -> Self:
        """Open a vault.

        Raises:
            VaultError: By its subclass: there is none, the passphrase is wrong, it is damaged.
        """
        own = runner or ThreadRunner()
        vault = await own(lambda: Vault.open(folder or default_folder(), passphrase))
        return cls(Desk(vault, os.urandom, time.time), own)

    async def close(self) -> None:
        """Close the vault."""
        await self._runner(self._desk.vault.close)
        self._runner.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def change_passphrase(self, old: str, new: str) -> None:
        """Let another passphrase open the vault.

        Raises:
            VaultError: The old one is wrong, or the new one is weak.
        """
        await self._runner(lambda: self._desk.vault.change_passphrase(old, new))

    # Groups

    async def groups(self) -> list[Group]:
        """Return all groups on this device, oldest first."""
        rows = await self._read(group_rows.all_groups)
        return [Group(self._desk, self._runner, row) for row in rows]

    async def group(self, ref: str) -> Group:
        """Return a group by name, code or unique prefix of either.

        Raises:
            NotFoundError: There is none.
            AmbiguousError: There are several.
        """
        groups = await self.groups()
        exact = [group for group in groups if ref in (group.name, group.code)]
        found = exact or [
            group
            for group in groups
            if group.name.casefold().startswith(ref.casefold()) or group.code.startswith(ref.lower())
        ]
        if not found:
            raise NotFoundError("group", "no group of that name is on this device. `taboon groups` lists them")
        if len(found) > 1:
            choices = tuple(f"{group.name} ({group.code})" for group in found)
            raise AmbiguousError("several groups have that name: use the code", choices)
        return found[0]

    async def create_group(self, name: str, *, relay: str, me: str, wait: float = _COMMIT_WAIT) -> Group:
        """Make a group at a relay, with you as its first member and admin.

        Args:
            name: 1 to 80 characters; only members see it.
            relay: The relay's address as it printed it.
            me: How you want to be called, 1 to 40 characters.
            wait: Seconds that the relay may take.

        Raises:
            RelayAddressError: The address is none, or is not safe.
            RelayError: The relay did not answer, or is none. Nothing was made.
            FieldError: A name does not fit.
        """
        from taboon_client.relay.client import RelayClient

        address = RelayAddress.parse(relay)
        async with RelayClient(address, random=self._desk.random, clock=self._desk.clock, timeout=wait) as client:
            limits = await client.limits()
            address = address.with_id(limits.relay_id)
        desk = self._desk
        grp = await self._write(
            lambda tx: found_group(
                tx,
                desk.keeper,
                desk.ledger,
                name=name,
                own_name=me,
                relay_url=address.base_url,
                relay_id=limits.relay_id,
                random=desk.random,
                now=desk.now,
            )
        )
        group = await self._group(grp)
        await group.sync(wait)
        return group

    # Joining

    async def join(self, link: str, *, me: str, wait: float = _COMMIT_WAIT) -> Joining:
        """Ask to join a group with an invite link. The request is saved at once and goes out when the relay is there.

        Args:
            link: As it was given to you.
            me: How you want to be called, 1 to 40 characters.
            wait: Seconds that the relay may take; 0 sends nothing now.

        Raises:
            BadLinkError: It is no invite link, or damaged.
            InviteEndedError: It has expired, or was used here.
            FieldError: The name does not fit.
        """
        payload = InvitePayload.parse(link)
        if not me.strip() or len(me) > _MAX_NAME:
            raise FieldError("name", "has 1 to 40 characters")
        desk = self._desk
        joining = await self._write(lambda tx: guest.request_to_join(tx, payload, me, now=desk.now, random=desk.random))
        if wait:
            await self._syncer().joinings(deadline=wait)
        return await self._joining(joining)

    async def joinings(self) -> list[Joining]:
        """Return our requests to join, oldest first."""
        rows = await self._read(rendezvous_rows.joinings)
        return [await self._joining(row.id) for row in rows]

    async def _joining(self, joining: int) -> Joining:
        def act(tx: Connection) -> tuple[JoiningRow, str | None]:
            row = rendezvous_rows.get_joining(tx, joining)
            return row, None if row.grp is None else group_rows.get_group(tx, row.grp).name

        row, group = await self._read(act)
        payload = InvitePayload.decode(row.payload)
        safety = await self._runner(lambda: guest.code_for(payload, row.key_package))
        return Joining(
            code=payload.digest.hex()[:8],
            state=JoiningState(row.state),
            name=row.name,
            safety=safety,
            group=group,
            problem=row.problem,
        )

    # Sync

    async def sync(
        self, wait: float | None = DEFAULT_WAIT, progress: Callable[[int, int], None] | None = None
    ) -> dict[str, SyncReport]:
        """Sync our requests to join and all groups; returns the reports by name of group (and ``joining``).

        Args:
            wait: Seconds that all of it may take; None for as long as it takes.
            progress: Told how much of our outbox the relay has taken.
        """
        import asyncio

        reports: dict[str, SyncReport] = {}
        rows = await self._read(rendezvous_rows.joinings)
        if any(row.state == "waiting" for row in rows):
            reports["joining"] = await self._syncer().joinings(deadline=wait)
        groups = await self.groups()
        found = await asyncio.gather(*(group.sync(wait, progress) for group in groups))
        names = [(await self._group(group.row_id)).name for group in groups]
        reports.update(zip(names, found, strict=True))
        return reports

    async def watch(self, seconds: float | None = None) -> AsyncIterator[tuple[str, SyncReport]]:
        """Sync everything again and again; yields (name of group or ``joining``, report) of what changed.

        Args:
            seconds: For how long; None for ever.
        """
        import asyncio

        end = None if seconds is None else time.monotonic() + seconds
        told: dict[str, str | None] = {}
        while True:
            for name, report in (await self.sync(wait=30.0)).items():
                if name not in told or report.received or report.sent or report.notices or told[name] != report.problem:
                    yield name, report
                told[name] = report.problem
            if end is not None and time.monotonic() >= end:
                return
            await asyncio.sleep(_POLL)

    def _syncer(self) -> Syncer:
        from taboon_client.sync import Syncer

        return Syncer(self._desk, self._runner)

    async def _group(self, grp: int) -> Group:
        return Group(self._desk, self._runner, await self._read(lambda tx: group_rows.get_group(tx, grp)))

    async def _read(self, act: Callable[[Connection], T]) -> T:
        return await self._runner(lambda: self._desk.keeper.read(act))

    async def _write(self, act: Callable[[Connection], T]) -> T:
        return await self._runner(lambda: self._desk.keeper.write(act))


class Group:
    """One group on this device. Get it from :class:`Taboon`."""

    def __init__(self, desk: Desk, runner: Runner, row: GroupRow) -> None:
        self._desk = desk
        self._runner = runner
        self._row = row

    def __repr__(self) -> str:
        return f"<Group {self.code}>"

    @property
    def row_id(self) -> int:
        """The group's row in the vault."""
        return self._row.id

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
            records = self._desk.ledger.history(tx, self.row_id).epochs()
            members = records[-1].members if records else {}
            return GroupStatus(
                name=row.name,
                code=self.code,
                state=GroupState(row.state),
                problem=row.problem,
                epoch=records[-1].number if records else 0,
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

    async def member(self, ref: str) -> Member:
        """Return a member by name, tag or unique prefix of the name.

        Raises:
            NotFoundError: There is none.
            AmbiguousError: There are several.
        """
        members = await self.members()
        found = [member for member in members if ref in (member.name, member.tag)] or [
            member for member in members if member.name.casefold().startswith(ref.casefold())
        ]
        if not found:
            raise NotFoundError("member", "nobody of that name is in the group. `taboon members` lists them")
        if len(found) > 1:
            choices = tuple(f"{member.name} ({member.tag})" for member in found)
            raise AmbiguousError("several members have that name: use the tag", choices)
        return found[0]

    async def people(self) -> dict[bytes, Member]:
        """Return everyone who is or was here and is known on this device, by identity key."""

        def act(tx: Connection) -> dict[bytes, Member]:
            row = group_rows.get_group(tx, self.row_id)
            called = event_rows.people(tx, self.row_id)
            records = self._desk.ledger.history(tx, self.row_id).epochs()
            roles = records[-1].members if records else {}
            ever = dict.fromkeys(identity for record in records for identity in record.members)
            names = {identity: called.get(identity, "") for identity in ever}
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

    # The board

    async def board(
        self, *, kind: str | None = None, status: str | None = None, category: str | None = None
    ) -> list[Item]:
        """Return the items that pass the filters, most urgent and oldest first."""
        rows = await self._read(
            lambda tx: event_rows.items(tx, self.row_id, kind=kind, status=status, category=category)
        )
        return [Item.decode(row) for row in rows]

    async def item(self, ref: str | bytes) -> Item:
        """Return an item by id, short code (``K7F2``, ``#K7F2``), prefix of the id in hexadecimal, or unique title.

        Raises:
            NotFoundError: There is none.
            AmbiguousError: There are several.
        """
        return await self._read(lambda tx: self._item(tx, ref))

    def _item(self, tx: Connection, ref: str | bytes) -> Item:
        if isinstance(ref, bytes):
            rows = event_rows.items_like(tx, self.row_id, "-", ref, ref)
        else:
            text = ref.strip()
            low, high = _hex_range(text)
            rows = event_rows.items_like(tx, self.row_id, read_code(text) or "-", low, high)
            if not rows and text:
                everything = event_rows.items(tx, self.row_id)
                rows = [row for row in everything if Item.decode(row).title.casefold().startswith(text.casefold())]
        if not rows:
            raise NotFoundError("item", "nothing on the board has that code. `taboon board` lists what is there")
        found = [Item.decode(row) for row in rows]
        if len(found) > 1:
            choices = tuple(f"{item.id.hex()[:12]} {item.title}" for item in found[:20])
            raise AmbiguousError("several items fit: use more of the id", choices)
        return found[0]

    async def codes(self) -> dict[bytes, str]:
        """Return the shortest code of every item on the board, by id: at least four characters, and no two alike."""
        return await self._read(lambda tx: shortest_codes(event_rows.item_ids(tx, self.row_id)))

    async def post(self, opening: Need | Offer, key: bytes | str | None = None) -> Item:
        """Put a need or an offer on the board. Saved when this returns; the next sync sends it.

        Args:
            opening: What is asked for or on offer. ``created`` 0 means now.
            key: The same key makes the same post once, whoever of the group used it first.

        Raises:
            FieldError: A field does not fit.
            GroupStoppedError: The group does not go on here.
        """
        made, _ = await self._write(lambda tx: self._post(tx, opening, key))
        return await self.item(made)

    async def post_all(
        self,
        posts: Sequence[tuple[bytes | str, Need | Offer]],
        progress: Callable[[int, int], None] | None = None,
    ) -> ImportReport:
        """Post many, each under its key: repeating it changes nothing. All of them are saved when this returns.

        Args:
            posts: (key, need or offer).
            progress: Told how many are done, and of how many.

        Raises:
            FieldError: A field of one does not fit; those before it are saved, and are known when it is repeated.
        """
        posted = 0
        for start in range(0, len(posts), _BATCH):
            batch = posts[start : start + _BATCH]

            def act(tx: Connection, batch: Sequence[tuple[bytes | str, Need | Offer]] = batch) -> int:
                return sum(self._post(tx, opening, key)[1] for key, opening in batch)

            posted += await self._write(act)
            if progress is not None:
                progress(start + len(batch), len(posts))
        return ImportReport(rows=len(posts), posted=posted, known=len(posts) - posted)

    def _post(self, tx: Connection, opening: Need | Offer, key: bytes | str | None) -> tuple[bytes, bool]:
        if not opening.created:
            opening = msgspec.structs.replace(opening, created=self._desk.now)
        return self._acts(tx).post(opening, _post_key(key))

    async def pledge(self, item: Item | str, quantity: int | None = None) -> Item:
        """Promise to cover an item, or part of its only line; returns how it stands then.

        Raises:
            NotAllowedError: It is closed, or you have pledged there.
        """
        return await self._act(item, lambda acts, found: acts.pledge(found, quantity))

    async def release(self, item: Item | str, reason: str = "") -> Item:
        """Give your pledge back; nobody has to say why."""
        return await self._act(item, lambda acts, found: acts.release(found, reason))

    async def deliver(self, item: Item | str) -> Item:
        """Say that you have handed over what you pledged."""
        return await self._act(item, lambda acts, found: acts.deliver(found))

    async def confirm(self, item: Item | str) -> Item:
        """Say that what was handed over to you has arrived."""
        return await self._act(item, lambda acts, found: acts.confirm(found))

    async def withdraw(self, item: Item | str, reason: str = "") -> Item:
        """Close an item of yours."""
        return await self._act(item, lambda acts, found: acts.withdraw(found, reason))

    async def comment(self, item: Item | str, text: str) -> Item:
        """Say something about an item."""
        return await self._act(item, lambda acts, found: acts.comment(found, text))

    async def _act(self, item: Item | str, act: Callable[[Acts, Item], None]) -> Item:
        def step(tx: Connection) -> Item:
            # Read inside the transaction: another process may have changed the item meanwhile.
            found = self._item(tx, item if isinstance(item, str) else item.id)
            act(self._acts(tx), found)
            return self._item(tx, found.id)

        return await self._write(step)

    def _acts(self, tx: Connection) -> Acts:
        return Acts(tx, self._desk.ledger, self.row_id, self._desk.now)

    # People and keys

    async def invite(self, hours: int = 72) -> Invite:
        """Make an invite for one person. Hand the link over by a channel that you trust.

        Args:
            hours: For how long it can be used, 1 to 168.

        Raises:
            NotAllowedError: You are no admin of the group.
        """
        if not 1 <= hours <= _MAX_INVITE_HOURS:
            raise FieldError("hours", f"is 1 to {_MAX_INVITE_HOURS}")
        desk = self._desk

        def act(tx: Connection) -> InviteRow | None:
            row, policy = self._as_admin(tx)
            invite = host.create_invite(
                tx,
                self.row_id,
                relay_url=row.relay_url,
                relay_id=row.relay_id,
                retention=policy.retention,
                expires=desk.now + hours * 3600,
                random=desk.random,
            )
            return rendezvous_rows.get_invite(tx, invite)

        row = await self._write(act)
        if row is None:
            raise NotFoundError("invite", "the invite was not kept")
        return _invite(row)

    async def invites(self) -> list[Invite]:
        """Return our invites that are open or being answered."""
        return [_invite(row) for row in await self._read(lambda tx: rendezvous_rows.invites(tx, self.row_id))]

    async def requests(self) -> list[JoinRequest]:
        """Return who asks to join with one of our invites; a sync brings them."""
        rows = await self._read(lambda tx: rendezvous_rows.invites(tx, self.row_id))
        found = []
        for row in rows:
            if row.request is not None and row.state in ("requested", "approved"):
                payload = InvitePayload.decode(row.payload)
                request = read_request(payload, row.request)
                wished = await self._wished("add", row.id.to_bytes(8, "big"))
                safety = await self._runner(lambda: guest.code_for(payload, request.key_package))  # noqa: B023
                found.append(
                    JoinRequest(
                        code=payload.digest.hex()[:8],
                        name=request.name,
                        safety=safety,
                        approved=wished or row.state == "approved",
                    )
                )
        return found

    async def approve(self, ref: str, wait: float = _COMMIT_WAIT) -> Outcome:
        """Let somebody in who asks to join. Compare the safety code with them first.

        Args:
            ref: Code or name of the request.
            wait: Seconds that the relay may take; 0 saves the wish for the next sync.

        Raises:
            NotFoundError: Nobody asks under that name or code.
            AmbiguousError: Several do.
            NotAllowedError: You are no admin of the group.
        """

        def act(tx: Connection) -> int:
            self._as_admin(tx)
            invite = self._requested(tx, ref)
            return group_rows.add_wish(tx, self.row_id, "add", invite.id.to_bytes(8, "big"))

        return await self._wish(act, wait)

    def _requested(self, tx: Connection, ref: str) -> InviteRow:
        found, choices = [], []
        for row in rendezvous_rows.invites(tx, self.row_id):
            if row.request is None or row.state not in ("requested", "approved"):
                continue
            payload = InvitePayload.decode(row.payload)
            code, name = payload.digest.hex()[:8], read_request(payload, row.request).name
            if ref == name or code.startswith(ref.lower()):
                found.append(row)
                choices.append(f"{name} ({code})")
        if not found:
            raise NotFoundError("request", "nobody asks to join under that name. `taboon requests` lists who does")
        if len(found) > 1:
            raise AmbiguousError("several requests fit: use the code", tuple(choices))
        return found[0]

    async def remove(self, member: Member | str, wait: float = _COMMIT_WAIT) -> Outcome:
        """Remove a member: nothing that is sent afterwards can be read with their keys.

        Args:
            member: Who, or their name or tag.
            wait: Seconds that the relay may take; 0 saves the wish for the next sync.

        Raises:
            NotFoundError: Nobody of that name is in the group.
            NotAllowedError: You are no admin, or it is yourself.
        """
        found = member if isinstance(member, Member) else await self.member(member)
        if found.me:
            raise NotAllowedError("you cannot remove yourself: ask another admin to")

        def act(tx: Connection) -> int:
            self._as_admin(tx)
            return group_rows.add_wish(tx, self.row_id, "remove", found.identity)

        return await self._wish(act, wait)

    async def rotate(self, wait: float = _COMMIT_WAIT) -> Outcome:
        """Make fresh keys for yourself and a new epoch for the group: a thief of older keys reads nothing after it.

        Args:
            wait: Seconds that the relay may take; 0 saves the wish for the next sync.
        """

        def act(tx: Connection) -> int:
            self._acts(tx)  # refuses a group that does not go on
            return group_rows.add_wish(tx, self.row_id, "rotate", b"")

        return await self._wish(act, wait)

    async def _wish(self, act: Callable[[Connection], int], wait: float) -> Outcome:
        wish = await self._write(act)
        report = await self.sync(wait) if wait else SyncReport(reached=False, unsent=await self.unsent())
        stands = await self._read(lambda tx: group_rows.has_wish(tx, wish))
        return Outcome(done=not stands, report=report)

    async def _wished(self, kind: str, data: bytes) -> bool:
        wishes = await self._read(lambda tx: group_rows.wishes(tx, self.row_id))
        return any((wish.kind, wish.data) == (kind, data) for wish in wishes)

    def _as_admin(self, tx: Connection) -> tuple[GroupRow, Policy]:
        row = group_rows.get_group(tx, self.row_id)
        if row.state != "active":
            raise GroupStoppedError(row.problem or "this group does not go on here")
        policy = policy_of(self._desk.keeper.load(tx, self.row_id))
        if row.identity not in policy.admins:
            raise NotAllowedError("only an admin of the group can do that")
        return row, policy

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

    async def _read(self, act: Callable[[Connection], T]) -> T:
        return await self._runner(lambda: self._desk.keeper.read(act))

    async def _write(self, act: Callable[[Connection], T]) -> T:
        return await self._runner(lambda: self._desk.keeper.write(act))


def _invite(row: InviteRow) -> Invite:
    payload = InvitePayload.decode(row.payload)
    return Invite(
        code=payload.digest.hex()[:8], state=InviteState(row.state), expires=payload.expires * 60, link=payload.link
    )


def _post_key(key: bytes | str | None) -> bytes | None:
    if key is None or (isinstance(key, bytes) and len(key) == _KEY):
        return key
    raw = key.encode() if isinstance(key, str) else key
    return hashlib.sha256(b"taboon post key v1" + raw).digest()[:_KEY]


def _hex_range(text: str) -> tuple[bytes, bytes]:
    """Return the lowest and highest id that begin with these hexadecimal digits; an empty range for other texts."""
    if len(text) < 8 or len(text) > 64 or any(digit not in "0123456789abcdef" for digit in text.lower()):
        return b"\xff", b""
    return bytes.fromhex(text.ljust(64, "0")), bytes.fromhex(text.ljust(64, "f"))
