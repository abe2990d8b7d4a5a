"""Own mailboxes: where one member alone can write, once an epoch's mailbox was spoiled (docs/protocol.md, section 2.8).

All share the append key of an epoch's mailbox: whoever was in can seal it with noise, and nobody can tell who it was.
Then every member writes into a mailbox whose append key is that of its leaf, and all read them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client.errors import FormatError
from taboon_client.group.epoch import policy_of
from taboon_client.group.leaf import content_of
from taboon_client.relay.cursor import Cursor
from taboon_client.vault import own_boxes
from taboon_client.vault.own_boxes import OwnBoxRow
from taboon_crypto.mailbox import MailboxKeys, RetentionClass
from taboon_crypto.primitives.hkdf import expand

if TYPE_CHECKING:
    from taboon_client.vault import Connection
    from taboon_client.vault.groups import MailboxRow
    from taboon_crypto import mls

__all__ = ["MAX_COUNT", "begin", "counts_in", "keys_of", "next_box", "own_keys", "read_seed"]

MAX_COUNT: Final = 8
"""Own mailboxes of one leaf that are followed: whoever spoils as many of its own is not waited for any more."""


def begin(tx: Connection, grp: int, group: mls.Group, mailbox: MailboxRow) -> None:
    """Begin to read the own mailboxes of all members of the present epoch."""
    for member in group.members():
        _add(tx, grp, group, mailbox, member, 0)


def next_box(tx: Connection, grp: int, group: mls.Group, mailbox: MailboxRow, leaf: int, count: int) -> None:
    """Go on from an own mailbox that was spoiled as well."""
    own_boxes.close(tx, grp, leaf, count)
    if count + 1 < MAX_COUNT:
        _add(tx, grp, group, mailbox, group.member(leaf), count + 1)


def read_seed(group: mls.Group, leaf: int, count: int = 0) -> bytes:
    """Return the seed of the read key of a leaf's own mailbox in the present epoch, 32 bytes."""
    place = policy_of(group).home.id + leaf.to_bytes(4) + count.to_bytes(4)
    return bytes(expand("sha256", group.export("taboon own mailbox", place, 32), b"taboon own mailbox read v1", 32))


def keys_of(row: OwnBoxRow, retention: int, append_seed: bytes | None) -> MailboxKeys:
    """Return the keys that open an own mailbox; with the seed it is ours."""
    if append_seed is not None:
        return MailboxKeys.of_seeds(row.read_seed, append_seed, RetentionClass(retention))
    return MailboxKeys.to_read(row.read_seed, row.append_key, RetentionClass(retention))


def own_keys(group: mls.Group, member: mls.Member, retention: int) -> MailboxKeys | None:
    """Return what reads a member's first own mailbox of the present epoch; None if the leaf names no append key."""
    try:
        leaf = content_of(member, group.suite)
    except FormatError:
        return None
    return MailboxKeys.to_read(read_seed(group, member.leaf), leaf.append_key, RetentionClass(retention))


def counts_in(group: mls.Group, commit: mls.CommitSummary, leaf: int) -> bool:
    """Tell whether a commit that breaks no rule counts as the seal of a leaf's own mailbox.

    It has to be of that leaf, and by an admin or one that does nothing but bring back admins.
    """
    policy = policy_of(group)
    back = {one.signature_key for one in commit.added} & {one.signature_key for one in commit.removed}
    saves = bool(back) and all(policy.is_admin(one) for one in back)
    return commit.sender_leaf == leaf and (saves or policy.is_admin(group.member(leaf).signature_key))


def _add(tx: Connection, grp: int, group: mls.Group, mailbox: MailboxRow, member: mls.Member, count: int) -> None:
    try:
        leaf = content_of(member, group.suite)
    except FormatError:
        return
    seed = read_seed(group, member.leaf, count)
    keys = MailboxKeys.to_read(seed, leaf.append_key, RetentionClass(mailbox.retention))
    start = Cursor.start(keys.mailbox_id)
    own_boxes.add(tx, OwnBoxRow(grp, member.leaf, count, leaf.append_key, bytes(seed), start.number, start.head))
