"""What an epoch gives: its id, the keys of its mailbox, its roster (docs/protocol.md, sections 2.1 to 2.3)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from taboon_client.board import ADMIN, DISPATCH, EpochRecord
from taboon_client.board.epochs import device_role
from taboon_client.errors import FormatError
from taboon_client.group.devices import people_of
from taboon_client.group.policy import POLICY_EXTENSION, Policy
from taboon_client.relay.cursor import Cursor
from taboon_client.vault.groups import MailboxRow
from taboon_crypto.mailbox import MailboxKeys, RetentionClass
from taboon_crypto.mls import find_extension

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.board import Cut
    from taboon_crypto import mls

__all__ = ["epoch_id", "mailbox_keys", "mailbox_of", "policy_after", "policy_of", "record_of", "roles_of"]


def policy_of(group: mls.Group) -> Policy:
    """Return the policy in force.

    Raises:
        FormatError: The group has none that this program can read.
    """
    data = group.extension(POLICY_EXTENSION)
    if data is None:
        raise FormatError("the group has no policy")
    return Policy.decode(data)


def policy_after(commit: mls.CommitSummary) -> Policy:
    """Return the policy that a commit leaves.

    Raises:
        FormatError: It leaves none that this program can read.
    """
    return Policy.decode(find_extension(commit.context_extensions, POLICY_EXTENSION) or b"")


def epoch_id(group: mls.Group, commit: mls.StagedCommit | None = None) -> bytes:
    """Return the 32-byte id of the group's present epoch, or of the one that a commit begins."""
    number, transcript = group.epoch, group.confirmed_transcript_hash
    if commit is not None:
        number, transcript = number + 1, commit.confirmed_transcript_hash
    return hashlib.sha256(b"taboon epoch v1" + group.group_id + number.to_bytes(8, "big") + transcript).digest()


def roles_of(policy: Policy, identity: bytes) -> frozenset[str]:
    """Return the roles that a policy gives to a member."""
    roles = ((ADMIN, policy.is_admin(identity)), (DISPATCH, identity in policy.circle))
    return frozenset(role for role, held in roles if held)


def record_of(group: mls.Group, cuts: Iterable[Cut] = ()) -> EpochRecord:
    """Return who is in the present epoch, with which roles, and the cuts of the commit that made it."""
    policy = policy_of(group)
    people = people_of(group.members())
    members = {
        who: roles_of(policy, who) | device_role(who, people.of(who))
        for who in (member.signature_key for member in group.members())
    }
    return EpochRecord(epoch_id=epoch_id(group), number=group.epoch, members=members, cuts=tuple(cuts))


def mailbox_of(group: mls.Group, grp: int) -> MailboxRow:
    """Return the row of the present epoch's mailbox at the home relay, not read yet."""
    policy = policy_of(group)
    secret = group.export("taboon mailbox", policy.home.id, 32)
    keys = MailboxKeys.of_epoch(secret, RetentionClass(policy.retention))
    start = Cursor.start(keys.mailbox_id)
    return MailboxRow(
        grp=grp,
        epoch=group.epoch,
        retention=policy.retention,
        mailbox_secret=secret,
        blob_key=group.export("taboon blob", b"", 32),
        number=start.number,
        head=start.head,
    )


def mailbox_keys(row: MailboxRow) -> MailboxKeys:
    """Return the keys that open a mailbox of the vault."""
    return MailboxKeys.of_epoch(row.mailbox_secret, RetentionClass(row.retention))
