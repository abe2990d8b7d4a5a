"""What this device notes when a commit stands: ages of keys, removals to be watched, deeds that members can read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from taboon_client import cbor
from taboon_client.board.register_kinds import Here
from taboon_client.board.registers import HERE
from taboon_client.errors import EventError
from taboon_client.group.approvals import REMOVE, read_approvals, who_approved
from taboon_client.group.policy import NUMBERS, differences
from taboon_client.vault import members as rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taboon_client.group.commit_data import CommitData
    from taboon_client.group.ledger import Ledger
    from taboon_client.group.policy import Policy
    from taboon_client.vault import Connection
    from taboon_client.vault.groups import GroupRow, MailboxRow

__all__ = ["Stood", "note_ages", "note_commit"]

_HOUR = 3_600


class Stood(NamedTuple):
    """A commit that stands, as identity keys and policies.

    Attributes:
        epoch: Number of the epoch that it made.
        author: Whose commit it is.
        joined, removed, rejoined: Who came, went, or came back with another leaf.
        before, after: The policies.
        derived: The policy that follows from the removals alone.
        ended: The mailbox that it ended.
        seal: Hash of its seal if it is ours.
        data: What it carried.
    """

    epoch: int
    author: bytes
    joined: Sequence[bytes]
    removed: Sequence[bytes]
    rejoined: Sequence[bytes]
    before: Policy
    after: Policy
    derived: Policy
    ended: MailboxRow | None
    seal: bytes | None
    data: CommitData


def note_ages(tx: Connection, grp: int, identities: Sequence[bytes], epoch: int, now: int | None) -> None:
    """Note whose leaves came with an epoch; ``now`` is None where we were not there to see."""
    for identity in identities:
        rows.set_leaf(tx, grp, identity, epoch, None if now is None else now // _HOUR * _HOUR)


def note_commit(tx: Connection, ledger: Ledger, own: GroupRow, stood: Stood) -> None:
    """Note what a commit did that we have just gone over with.

    After a removal everyone says, with an event, that it is there: so it can be seen who followed.
    """
    grp, hour = own.id, ledger.now // _HOUR * _HOUR
    rows.drop_leaves(tx, grp, stood.removed)
    note_ages(tx, grp, [stood.author, *stood.joined, *stood.rejoined], stood.epoch, hour)
    try:
        given = read_approvals(stood.data.approvals, own.group_id)
    except EventError:
        given = []
    agreed = sorted({author for author, _ in given})

    def deed(kind: str, members: Sequence[bytes], changes: Sequence[Sequence[str]] = ()) -> None:
        packed = (cbor.encode(list(members)), cbor.encode([list(one) for one in changes]), cbor.encode(agreed))
        rows.add_deed(tx, grp, rows.DeedRow(stood.epoch, hour, stood.author, kind, *packed))

    left = [one for one in stood.removed if one in who_approved(given, REMOVE, one, stood.before, stood.epoch - 1)]
    for kind, who in (
        ("added", stood.joined),
        ("returned", stood.rejoined),
        ("left", left),
        ("removed", [one for one in stood.removed if one not in left]),
    ):
        if who:
            deed(kind, who)
    if followed := [one for one in differences(stood.before, stood.derived) if one[0] in NUMBERS]:
        # Nobody decided it: with fewer admins, fewer can be asked to agree.
        deed("follows", stood.removed, followed)
    if changes := differences(stood.derived, stood.after):
        deed("rules", (), changes)
    if stood.removed:
        box = None if stood.seal is None or stood.ended is None else _mailbox(own, stood.ended, stood.seal)
        rows.add_removal(
            tx, grp, stood.epoch, cbor.encode(list(stood.removed)), hour, ours=stood.seal is not None, mailbox=box
        )
        if stood.author != own.identity:
            ledger.make(tx, grp, Here(created=ledger.now), HERE, ())


def _mailbox(own: GroupRow, ended: MailboxRow, seal: bytes) -> bytes | None:
    if ended.spoiled:
        # It was sealed before, with noise: our commit stands in a mailbox that is ours alone.
        return None
    return cbor.encode(
        [own.relay_url, own.relay_id, ended.retention, ended.mailbox_secret, ended.number, ended.head, seal]
    )
