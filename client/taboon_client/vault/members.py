"""Rows about members: age of leaves, what was checked, removals, deeds of admins. SQL and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.vault.database import Connection

__all__ = ["DeedRow", "LeafRow", "RemovalRow"]


class LeafRow(NamedTuple):
    """A row of ``leaf``."""

    identity: bytes
    epoch: int
    since: int | None
    checked: str | None


def set_leaf(tx: Connection, grp: int, identity: bytes, epoch: int, since: int | None) -> None:
    """Note with which epoch a member's present leaf came."""
    tx.execute(
        "INSERT INTO leaf (grp, identity, epoch, since) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (grp, identity) DO UPDATE SET epoch = excluded.epoch, since = excluded.since",
        (grp, identity, epoch, since),
    )


def set_checked(tx: Connection, grp: int, identity: bytes, how: str | None) -> None:
    """Note how we know that an identity key is that person's; None if we do not."""
    tx.execute("INSERT OR IGNORE INTO leaf (grp, identity, epoch) VALUES (?, ?, 0)", (grp, identity))
    tx.execute("UPDATE leaf SET checked = ? WHERE grp = ? AND identity = ?", (how, grp, identity))


def drop_leaves(tx: Connection, grp: int, identities: Iterable[bytes]) -> None:
    """Forget members who are gone."""
    tx.executemany("DELETE FROM leaf WHERE grp = ? AND identity = ?", [(grp, one) for one in identities])


def leaves(tx: Connection, grp: int) -> dict[bytes, LeafRow]:
    """Return what is known of the present leaves, by identity key."""
    found = tx.execute("SELECT identity, epoch, since, checked FROM leaf WHERE grp = ?", (grp,))
    return {row[0]: LeafRow(*row) for row in found}


def leaf(tx: Connection, grp: int, identity: bytes) -> LeafRow | None:
    """Return what is known of one leaf."""
    row = tx.execute(
        "SELECT identity, epoch, since, checked FROM leaf WHERE grp = ? AND identity = ?", (grp, identity)
    ).fetchone()
    return None if row is None else LeafRow(*row)


def seen(tx: Connection, grp: int) -> dict[bytes, tuple[int, int]]:
    """Return for everyone who was ever seen the number of the last epoch in which, and when that came here.

    Seen means: an event of theirs, made there, or a commit that made it.
    """
    found: dict[bytes, tuple[int, int]] = {}
    for author, number, at in tx.execute(
        "SELECT e.author, max(p.number), max(e.received) FROM event e JOIN epoch p ON p.grp = e.grp"
        " AND p.epoch_id = e.epoch_id WHERE e.grp = ? GROUP BY e.author",
        (grp,),
    ):
        found[author] = (number, at)
    for author, number in tx.execute(
        "SELECT committer, max(number) FROM epoch WHERE grp = ? AND committer IS NOT NULL GROUP BY committer", (grp,)
    ):
        before, at = found.get(author, (0, 0))
        found[author] = (max(before, number), at)
    for identity, row in leaves(tx, grp).items():
        number, at = found.get(identity, (0, 0))
        if number and row.epoch == number and row.since:
            found[identity] = (number, max(at, row.since))
    return found


def here_since(tx: Connection, grp: int) -> int | None:
    """Return when the first event came that is held of a group, Unix time to the hour; None without any."""
    (at,) = tx.execute("SELECT min(received) FROM event WHERE grp = ?", (grp,)).fetchone()
    return None if at is None else int(at)


def author_of(tx: Connection, grp: int, epoch: int) -> bytes | None:
    """Return whose commit made an epoch of the standing chain, None if that is not known."""
    row = tx.execute("SELECT committer FROM epoch WHERE grp = ? AND number = ?", (grp, epoch)).fetchone()
    return None if row is None else row[0]


class RemovalRow(NamedTuple):
    """A row of ``removal``."""

    epoch: int
    members: bytes
    at: int
    ours: bool
    mailbox: bytes | None
    confirmed: bool


def add_removal(
    tx: Connection, grp: int, epoch: int, members: bytes, at: int, *, ours: bool, mailbox: bytes | None
) -> None:
    """Note that a commit removed somebody."""
    tx.execute(
        "INSERT OR REPLACE INTO removal (grp, epoch, members, at, ours, mailbox) VALUES (?, ?, ?, ?, ?, ?)",
        (grp, epoch, members, at, int(ours), mailbox),
    )


def removals(tx: Connection, grp: int) -> list[RemovalRow]:
    """Return the removals of a group, oldest first."""
    found = tx.execute(
        "SELECT epoch, members, at, ours, mailbox, confirmed FROM removal WHERE grp = ? ORDER BY epoch", (grp,)
    )
    return [RemovalRow(e, members, at, bool(ours), box, bool(sure)) for e, members, at, ours, box, sure in found]


def read_back(tx: Connection, grp: int, epoch: int) -> None:
    """Note that the commit of a removal was read back over another connection; what read it is forgotten."""
    tx.execute("UPDATE removal SET mailbox = NULL WHERE grp = ? AND epoch = ?", (grp, epoch))


def confirm_removal(tx: Connection, grp: int, epoch: int) -> None:
    """Note that half of the others were seen since a removal."""
    tx.execute("UPDATE removal SET confirmed = 1 WHERE grp = ? AND epoch = ?", (grp, epoch))


class DeedRow(NamedTuple):
    """A row of ``deed``."""

    epoch: int
    at: int
    author: bytes
    kind: str
    members: bytes
    changes: bytes
    agreed: bytes


def add_deed(tx: Connection, grp: int, row: DeedRow) -> None:
    """Note what an admin has done."""
    tx.execute(
        "INSERT INTO deed (grp, epoch, at, author, kind, members, changes, agreed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (grp, *row),
    )


def deeds(tx: Connection, grp: int) -> list[DeedRow]:
    """Return what admins have done, oldest first."""
    query = "SELECT epoch, at, author, kind, members, changes, agreed FROM deed WHERE grp = ? ORDER BY id"
    return [DeedRow(*row) for row in tx.execute(query, (grp,))]


def set_relay(tx: Connection, grp: int, url: str, relay_id: bytes) -> None:
    """Note at which relay a group lives now."""
    tx.execute("UPDATE grp SET relay_url = ?, relay_id = ? WHERE id = ?", (url, relay_id, grp))
