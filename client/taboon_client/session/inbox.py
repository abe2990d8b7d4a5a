"""From a page of blobs to the vault: opens, decrypts, checks, saves, folds; follows the commit that ends an epoch.

Everything in a mailbox is hostile until it has been checked: whoever was ever handed the append key can write noise.
What does not open or does not keep the rules changes nothing. Blob n is applied only when the cursor stands at n-1, in
one transaction with the cursor, so nothing is applied twice.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.board import ADMIN
from taboon_client.errors import FormatError
from taboon_client.group import own_mailbox
from taboon_client.group import popup as popup_mailbox
from taboon_client.group.epoch import epoch_id, policy_after, policy_of, roles_of
from taboon_client.group.leaf import content_of
from taboon_client.group.payload import (
    AskPayload,
    HistoryPayload,
    LinksPayload,
    LostPayload,
    OtherSidePayload,
    SnapshotEnd,
    read_payload,
)
from taboon_client.group.rejoining import leaf_hash
from taboon_client.group.rules import BrokenRuleError, check_commit
from taboon_client.group.snapshot import answer_question, compare_snapshot, take_snapshot_end
from taboon_client.session import commits, evidence, histories, kept, standing
from taboon_client.session.coming_back import ask
from taboon_client.vault import ended, outbox, own_boxes, popups
from taboon_client.vault import forks as fork_rows
from taboon_client.vault import groups as rows
from taboon_client.vault.ended import EndedRow
from taboon_client.vault.savepoint import StorageError, savepoint
from taboon_crypto import mls
from taboon_crypto.blob import Assembler, Kind, Part, Whole, open_blob, parse_content, seal_blob
from taboon_crypto.errors import CryptoError
from taboon_crypto.mailbox import MailboxKeys, RetentionClass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taboon_client.group.desk import Desk
    from taboon_client.group.keeper import Keeper
    from taboon_client.group.ledger import Ledger
    from taboon_client.relay.cursor import Cursor
    from taboon_client.vault import Connection
    from taboon_client.vault.own_boxes import OwnBoxRow
    from taboon_client.vault.popups import PopupRow
    from taboon_crypto.mls import Random

__all__ = ["Applied", "apply_page", "follow"]

_FROZEN = (
    "a second copy of this vault has been used. To keep its keys safe this copy sends nothing more to the group. It "
    "asks the others' devices to bring it back with new keys, which takes about a day and ends the other copy"
)
_SPOILED = (
    "a member, or the relay, has ended an epoch of the group with something that is no valid commit. Nothing is lost: "
    "until an admin's device has made a new epoch, every device writes into a mailbox of its own, and the relay can "
    "count the members"
)
_SPOILED_BY = "what ended an epoch without being a valid commit is signed by {name}"
_SPOILED_OWN = (
    "the mailbox in which only {name} can write was sealed with something that is no valid commit: by that device, or "
    "by the relay"
)
_LOST_WAY = (
    "this device cannot follow the last commit, though others may. It asks the others' devices to bring it back, which "
    "takes about a day. What you post meanwhile is kept"
)
_SPOILED_AWAY = (
    "the mailbox at the pop-up relay was ended with something that is no valid commit. What you post goes out once "
    "the group's own relay can be reached, or at another pop-up relay"
)
_LOST_WAY_BY = (
    "the commit that this device cannot follow is signed by {name}. If others cannot follow it either, ask an admin "
    "whether that device should stay"
)
_LEFT = (
    "this device had gone over to another side of a fork, and the group goes on from where it was before. It asks the "
    "others' devices to bring it back, which takes about a day. What you post meanwhile is kept"
)
_REPLACED = (
    "another copy of this vault has come back into the group in the place of this one. If that was not you, tell an "
    "admin at once over another channel: somebody has your vault"
)
_REMOVED = "you were removed from this group. What you have read stays on this device; nothing new will come"


_DAY = 86_400


@dataclass(slots=True)
class Applied:
    """What a page brought: new events, rows of our outbox that proved to be at the relay, sentences for the user.

    ``stale`` tells that another process was ahead and the page was not used; ``moved`` that the group reads on
    elsewhere: in another epoch, or in own mailboxes.
    """

    received: int = 0
    sent: int = 0
    stale: bool = False
    moved: bool = False
    notices: list[str] = field(default_factory=list)


class _StopError(Exception):
    """The group does not go on here; what has been applied of the page stays."""

    def __init__(self, state: str, problem: str) -> None:
        super().__init__(state)
        self.state = state
        self.problem = problem


class _Reader:
    """Applies the blobs of one page. Lives for one transaction."""

    def __init__(
        self,
        tx: Connection,
        keeper: Keeper,
        ledger: Ledger,
        grp: int,
        random: Random,
        box: OwnBoxRow | None,
        *,
        popup: bool,
    ) -> None:
        self.tx = tx
        self.box = box
        self.keeper = keeper
        self.ledger = ledger
        self.grp = grp
        self.random = random
        self.popup = popup
        self.applied = Applied()
        self._came_in_parts: list[bytes] = []
        self._stood: list[bytes] = []
        self.signed: tuple[bytes, Cursor] | None = None
        mailbox = rows.get_mailbox(tx, grp)
        if mailbox is None:
            raise FormatError("the group has no mailbox")
        self.mailbox = mailbox
        self.assembler = Assembler(
            part for part in (parse_content(content) for content in rows.parts(tx, grp)) if isinstance(part, Part)
        )

    def blob(self, blob: bytes) -> None:
        """Apply a blob that is no seal."""
        digest = hashlib.sha256(blob).digest()
        if outbox.own_hash(self.tx, digest):
            self.applied.sent += outbox.acknowledge(self.tx, self.grp, digest, self.mailbox.epoch)
            return
        message = self._message(blob)
        group = self.keeper.load(self.tx, self.grp)
        try:
            # Proposals by themselves are against every policy, and a commit stands in the seal or nowhere: neither is
            # even looked at, so that no member can leave something behind in everybody's group.
            if message is None or not _is_private(message, mls.ContentType.APPLICATION):
                return
            result = group.receive(message)
        except mls.MlsError:
            return
        if not isinstance(result, mls.ApplicationMessage):
            return
        if result.sender_leaf == group.own_leaf:
            # The generation is signed with what is said, and we have spent the keys of all that this vault has said.
            raise _StopError("frozen", _FROZEN)
        try:
            with savepoint(self.tx):
                self._payload(group, result)
        except (_StopError, StorageError):
            raise
        except Exception:  # noqa: BLE001 - what nobody foresaw in one member's message must not keep the rest from being read
            self.ledger.forget(self.grp)

    def _snapshot_end(self, sender: bytes, end: SnapshotEnd) -> None:
        own = rows.get_group(self.tx, self.grp)
        if own.joined == self.mailbox.epoch:
            if sender == own.added_by:
                take_snapshot_end(self.tx, self.grp, end)
        elif sender == rows.last_committer(self.tx, self.grp):
            record = self.ledger.history(self.tx, self.grp).last
            mend = record is not None and ADMIN in record.members.get(own.identity, ())
            self.applied.notices += compare_snapshot(self.tx, self.ledger, self.grp, end, self.mailbox.epoch, mend=mend)

    def _message(self, blob: bytes) -> bytes | None:
        try:
            content = open_blob(self.mailbox.blob_key, blob)
            parsed: Part | Whole | None = parse_content(content)
            if isinstance(parsed, Part):
                transfer = parsed.transfer
                parsed = self.assembler.add(parsed)
                if parsed is None:
                    rows.add_part(self.tx, self.grp, transfer, content)
                rows.keep_parts(self.tx, self.grp, self.assembler.pending)
        except CryptoError:
            return None
        if parsed is not None and parsed.kind is Kind.STOOD:
            self._stood.append(parsed.body)
        return parsed.body if parsed is not None and parsed.kind is Kind.MESSAGE else None

    def _payload(self, group: mls.Group, message: mls.ApplicationMessage) -> None:
        try:
            payload = read_payload(message.data)
        except FormatError:
            return
        if isinstance(payload, HistoryPayload):
            own = rows.get_group(self.tx, self.grp)
            sender = group.member(message.sender_leaf).signature_key
            if own.added_by is not None and sender == own.added_by:
                self.ledger.take_history(self.tx, self.grp, payload)
        elif isinstance(payload, LinksPayload):
            if group.member(message.sender_leaf).signature_key == rows.get_group(self.tx, self.grp).added_by:
                self.ledger.take_links(self.tx, self.grp, payload)
        elif isinstance(payload, AskPayload):
            asker = group.member(message.sender_leaf).signature_key
            answer_question(self.tx, self.grp, payload, asker, self.ledger.now)
        elif isinstance(payload, LostPayload):
            rows.set_lost(self.tx, self.grp, heard=True)
            outbox.drop_payload(self.tx, self.grp, payload.encode())
        elif isinstance(payload, OtherSidePayload):
            self.applied.notices += histories.take_said(self.tx, self.grp, payload, now=self.ledger.now)
        elif isinstance(payload, SnapshotEnd):
            self._snapshot_end(group.member(message.sender_leaf).signature_key, payload)
        elif payload is not None:
            fresh, foreign_own = self.ledger.take(self.tx, self.grp, payload, self.mailbox.epoch)
            self.applied.received += fresh
            if foreign_own and rows.is_whole(self.tx, self.grp):
                raise _StopError("frozen", _FROZEN)

    def seal(self, blob: bytes) -> None:
        """Follow the commit that ends the epoch; what is none changes nothing, and the epoch goes on elsewhere."""
        group = self.keeper.load(self.tx, self.grp)
        digest = hashlib.sha256(blob).digest()
        last = rows.last_committer(self.tx, self.grp)
        own: rows.StagedRow | None = None
        try:
            own, staged = self._of_seal(group, blob, digest)
            data = check_commit(group, staged, last_committer=last)
        except mls.OwnCommitError:
            raise _StopError("frozen", _FROZEN) from None
        except mls.CannotFollowError as error:
            if self._is_spoiled(group, error.commit, last):
                self._spoiled(group, error.commit.sender_leaf)
                return
            name = self._called(group, error.commit.sender_leaf)
            self.applied.notices.append(_LOST_WAY_BY.format(name=name))
            raise _StopError("astray", _LOST_WAY) from None
        except BrokenRuleError:
            # It was opened and its signature holds: whose it is, can be said.
            self._spoiled(group, staged.sender_leaf)
            return
        except (mls.MlsError, FormatError):
            self._spoiled(group, None)
            return
        if not self._has_right(group, staged):
            self._spoiled(group, staged.sender_leaf)
            return
        if staged.removes_self:
            own_key = rows.get_group(self.tx, self.grp).identity
            back = any(member.signature_key == own_key for member in staged.added)
            raise _StopError("removed", _REPLACED if back else _REMOVED)
        if fork_rows.was_left(self.tx, self.grp, epoch_id(group, staged)):
            raise _StopError("astray", _LEFT)
        away = popup_mailbox.present(self.tx, self.keeper, self.grp)
        blobs = self._carrying([blob] if own is None or own.hash != digest else list(cbor.decode(own.blobs)))
        if self.box is not None or away is not None or self.mailbox.lost:
            # Another commit may have ended it as well: until that is known the epoch is kept as it was.
            self.keeper.save(self.tx, self.grp, group)
            home = not self.popup or self._stood_at_home(blob)
            kept.keep(self.tx, self.grp, blobs, away, now=self.ledger.now, home=home)
        if self.box is None:
            self._keep_seal(blobs, away, staged)
        self.applied.notices += commits.merge(
            self.tx,
            self.keeper,
            self.ledger,
            self.grp,
            staged,
            data,
            own=None if own is None else replace(own, hash=digest),
            random=self.random,
        )
        self.applied.moved = True

    def _carrying(self, blobs: list[bytes]) -> list[bytes]:
        """Return all blobs of a commit that came in parts, too; the seal stays the very blob that home has signed."""
        before = self._came_in_parts[:-1] if len(blobs) == 1 else []
        return [*(seal_blob(self.mailbox.blob_key, one, self.random) for one in before), *blobs]

    def _keep_seal(self, blobs: list[bytes], away: PopupRow | None, commit: mls.StagedCommit) -> None:
        """Keep the commit that ends this epoch: a relay that has not got it gets it, for those who are behind."""
        now = self.ledger.now
        stood = None
        if self.signed is not None:
            signed, cursor = self.signed
            stood = standing.blob_of(self.mailbox.blob_key, cursor.head + signed, self.random)
        elif (word := self._word_of(blobs[-1])) is not None:
            stood = standing.blob_of(self.mailbox.blob_key, word, self.random)
        group = self.keeper.load(self.tx, self.grp)
        relay_id, after = rows.get_group(self.tx, self.grp).relay_id, policy_after(commit).home.id
        elsewhere = None if away is None else (away.relay_id, away.mailbox_secret)
        if away is None and after != relay_id:
            # Whoever hears of the new home and cannot reach this one finds the commit there.
            elsewhere = after, bytes(group.export("taboon mailbox", after, 32))
        here = group.member(group.own_leaf)
        own = content_of(here, group.suite)
        staged = [group.load_staged(row.staged) for row in rows.all_staged(self.tx, self.grp)]
        row = EndedRow(
            grp=self.grp,
            epoch=self.mailbox.epoch,
            retention=self.mailbox.retention,
            mailbox_secret=self.mailbox.mailbox_secret,
            blobs=cbor.encode(blobs),
            at=now,
            popup_secret=None if elsewhere is None else elsewhere[1],
            home=int(not self.popup),
            popup=int(elsewhere is None or self.popup),
            stood=stood,
            own_read=own_mailbox.read_seed(group, group.own_leaf),
            own_append=rows.leaf_secret(self.tx, self.grp, own.append_key),
            witness=cbor.encode(group.witness(staged)),
            last=rows.last_committer(self.tx, self.grp),
            leaf=leaf_hash(here) + bytes(own.rejoin_secret),
            relay_id=relay_id,
            popup_id=None if elsewhere is None else elsewhere[0],
        )
        ended.keep(self.tx, row, now - RetentionClass(self.mailbox.retention).days * _DAY)

    def _stood_at_home(self, seal: bytes) -> bool:
        return self._word_of(seal) is not None

    def _word_of(self, seal: bytes) -> bytes | None:
        keys = MailboxKeys.of_epoch(self.mailbox.mailbox_secret, RetentionClass(self.mailbox.retention))
        home = rows.get_group(self.tx, self.grp).relay_id
        shown = (
            body for body in self._stood if standing.shows(body, relay_id=home, mailbox_id=keys.mailbox_id, seal=seal)
        )
        return next(shown, None)

    def assemble(self, blobs: Sequence[bytes]) -> None:
        """Take in what comes before a seal that was brought here."""
        for blob in blobs:
            self._message(blob)

    def _is_spoiled(self, group: mls.Group, commit: mls.CommitSummary, last: bytes | None) -> bool:
        """Tell whether a commit that we cannot follow is spoiled for everyone, whether they could follow or not."""
        try:
            check_commit(group, commit, last_committer=last)
        except BrokenRuleError:
            return True
        return not self._has_right(group, commit)

    def _has_right(self, group: mls.Group, commit: mls.CommitSummary) -> bool:
        """Tell whether a commit that breaks no rule counts where it stands."""
        return self.box is None or own_mailbox.counts_in(group, commit, self.box.leaf)

    def _spoiled(self, group: mls.Group, author: int | None) -> None:
        """Go on in own mailboxes, or in the next one of somebody who has spoiled theirs; or at home alone."""
        if self.popup:
            popups.set_spoiled(self.tx, self.grp)
            self.applied.notices.append(_SPOILED_AWAY)
        elif self.box is None:
            rows.set_spoiled(self.tx, self.grp)
            own_mailbox.begin(self.tx, self.grp, group, self.mailbox)
            if ADMIN not in roles_of(policy_of(group), rows.get_group(self.tx, self.grp).identity):
                # Ours would not count there. What was wished for waits for the next epoch.
                rows.drop_staged(self.tx, self.grp)
            self.applied.notices.append(_SPOILED)
            if author is not None:
                self.applied.notices.append(_SPOILED_BY.format(name=self._called(group, author)))
        elif not policy_of(group).is_admin(self._name_of(group, self.box.leaf)):
            # Only an admin's seal counts there: this member has silenced itself.
            own_boxes.close(self.tx, self.grp, self.box.leaf, self.box.count)
        else:
            own_mailbox.next_box(self.tx, self.grp, group, self.mailbox, self.box.leaf, self.box.count)
            self.applied.notices.append(_SPOILED_OWN.format(name=self._called(group, self.box.leaf)))
        self.applied.moved = True

    def _name_of(self, group: mls.Group, leaf: int) -> bytes:
        return group.member(leaf).signature_key

    def _called(self, group: mls.Group, leaf: int) -> str:
        return self.ledger.spoken(self.tx, self.grp, self._name_of(group, leaf))

    def _of_seal(self, group: mls.Group, blob: bytes, digest: bytes) -> tuple[rows.StagedRow | None, mls.StagedCommit]:
        """Return the commit that a seal is; with its row where it is ours, though somebody may have wrapped it anew."""
        own = rows.staged_of_hash(self.tx, self.grp, digest)
        if own is not None:
            return own, group.load_staged(own.staged)
        parts = rows.parts(self.tx, self.grp)
        message = self._message(blob)
        if message is None or not _is_private(message, mls.ContentType.COMMIT):
            raise FormatError("the seal is no commit")
        self._came_in_parts = _parts_of(parts, open_blob(self.mailbox.blob_key, blob))
        ours = [(row, group.load_staged(row.staged)) for row in rows.all_staged(self.tx, self.grp)]
        known = group.own_commit(message, [staged for _, staged in ours])
        if known is not None:
            return next((row, staged) for row, staged in ours if staged is known)
        result = group.receive(message, psks=commits.psks_of)
        if not isinstance(result, mls.StagedCommit):
            raise FormatError("the seal is no commit")
        return None, result


def apply_page(
    tx: Connection,
    keeper: Keeper,
    ledger: Ledger,
    grp: int,
    *,
    epoch: int,
    before: Cursor,
    after: Cursor,
    blobs: Sequence[bytes],
    sealed: bool,
    random: Random,
    signed: bytes = b"",
    box: tuple[int, int] | None = None,
    popup: bool = False,
) -> Applied:
    """Apply the blobs of a page.

    Args:
        tx: A transaction that writes.
        keeper: Of the vault.
        ledger: Of the vault.
        grp: The group.
        epoch: Number of the epoch whose mailbox was read.
        before: The cursor that the page was asked with.
        after: The cursor behind its last blob; the chain of hashes between them has been checked.
        blobs: Oldest first.
        sealed: Whether the last of them is the mailbox's seal.
        random: Source of randomness.
        signed: What the relay signed of the page.
        box: Leaf and count of the own mailbox that was read; None for the epoch's.
        popup: Whether it was the epoch's mailbox at the pop-up relay.
    """
    mailbox = rows.get_mailbox(tx, grp)
    own = None if box is None else own_boxes.get(tx, grp, *box)
    away = popup_mailbox.present(tx, keeper, grp)
    place = own if box is not None else away if popup else mailbox
    if mailbox is None or place is None or bool(mailbox.spoiled) != (box is not None):
        return Applied(stale=True)
    if (mailbox.epoch, place.number, place.head) != (epoch, before.number, before.head):
        return Applied(stale=True)
    reader = _Reader(tx, keeper, ledger, grp, random, own, popup=popup)
    if box is None and not popup:
        if sealed and signed and blobs:
            behind = before
            for blob in blobs[:-1]:
                behind = behind.after(hashlib.sha256(blob).digest())
            reader.signed = (signed, behind)
        reader.applied.notices += evidence.keep(tx, grp, epoch, signed, now=ledger.now)
    try:
        for index, blob in enumerate(blobs):
            if sealed and index == len(blobs) - 1:
                reader.seal(blob)
            else:
                reader.blob(blob)
                if away is not None and box is None:
                    popups.hold_blob(tx, grp, hashlib.sha256(blob).digest(), blob, popup=popup)
    except _StopError as stop:
        if not _stop(reader, stop):
            return reader.applied
    else:
        if own is not None and not reader.applied.moved:
            own_boxes.move(tx, grp, own.leaf, own.count, after.number, after.head)
        elif not reader.applied.moved and popup:
            popups.move(tx, grp, after.number, after.head)
        elif not reader.applied.moved:
            rows.move_cursor(tx, grp, after.number, after.head)
    # Once for the page: the keys that its messages spent.
    keeper.save(tx, grp, keeper.load(tx, grp))
    return reader.applied


def follow(desk: Desk, grp: int, tx: Connection, blobs: Sequence[bytes], *, popup: bool = False) -> list[str]:
    """Follow a commit that was brought here by another way than the epoch's mailbox. Returns sentences.

    Args:
        desk: Of the vault.
        grp: The group, in the epoch that the commit ends.
        tx: A transaction that writes.
        blobs: What carries it; the last one is the seal.
        popup: Whether it was found at the pop-up relay.
    """
    reader = _Reader(tx, desk.keeper, desk.ledger, grp, desk.random, None, popup=popup)
    try:
        reader.assemble(blobs[:-1])
        reader.seal(blobs[-1])
    except _StopError as stop:
        if not _stop(reader, stop):
            return reader.applied.notices
    desk.keeper.save(tx, grp, desk.keeper.load(tx, grp))
    return reader.applied.notices


def _stop(reader: _Reader, stop: _StopError) -> bool:
    """Go on no more; returns whether the group's keys are still here."""
    rows.set_state(reader.tx, reader.grp, stop.state, stop.problem)
    reader.applied.notices.append(stop.problem)
    if stop.state == "removed":
        rows.delete_mls_state(reader.tx, reader.grp)
        reader.keeper.forget(reader.grp)
        return False
    ask(reader.tx, reader.keeper, reader.grp, stop.problem, now=reader.ledger.now, random=reader.random)
    return True


def _parts_of(contents: Sequence[bytes], last: bytes) -> list[bytes]:
    """Return the contents of the blobs of a commit that came in parts, oldest first; nothing if it came whole."""
    end = parse_content(last)
    if not isinstance(end, Part):
        return []
    parsed = ((one, parse_content(one)) for one in contents)
    return [*(one for one, part in parsed if isinstance(part, Part) and part.transfer == end.transfer), last]


def _is_private(message: bytes, kind: mls.ContentType) -> bool:
    """Tell whether a message is a PrivateMessage of a kind; raises MlsError for what is none at all."""
    return mls.wire_format_of(message) is mls.WireFormat.PRIVATE_MESSAGE and mls.content_type_of(message) is kind
