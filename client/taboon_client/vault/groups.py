"""Rows of groups: the group, its MLS parts, epochs, mailbox, wishes and staged commit. SQL and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from taboon_client.vault.database import Connection

__all__ = ["GroupRow", "MailboxRow", "StagedRow", "WishRow"]


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A row of ``grp``."""

    id: int
    group_id: bytes
    name: str
    state: str
    problem: str | None
    relay_url: str
    relay_id: bytes
    identity_seed: bytes = field(repr=False)
    identity: bytes
    version: int
    added_by: bytes | None
    joined: int
    snapshot: int | None
    next_number: int
    previous: bytes | None
    synced: int | None


_GROUP = (
    "id, group_id, name, state, problem, relay_url, relay_id, identity_seed, identity, version, added_by, joined, "
    "snapshot, next_number, previous, synced"
)


def add_group(
    tx: Connection,
    *,
    group_id: bytes,
    name: str,
    relay_url: str,
    relay_id: bytes,
    identity_seed: bytes,
    identity: bytes,
    added_by: bytes | None,
    joined: int,
) -> int:
    """Write an active group, over one of the same id that has ended here; returns its row id.

    What was on the board of that one stays; its epochs and our running number begin anew.
    """
    known = tx.execute("SELECT id FROM grp WHERE group_id = ?", (group_id,)).fetchone()
    if known is not None:
        delete_mls_state(tx, known[0])
        tx.execute("DELETE FROM epoch WHERE grp = ?", known)
        tx.execute("DELETE FROM author_base WHERE grp = ?", known)
        tx.execute(
            "UPDATE grp SET state = 'active', problem = NULL, relay_url = ?, relay_id = ?, identity_seed = ?,"
            " identity = ?, added_by = ?, joined = ?, snapshot = NULL, next_number = 1, previous = NULL, synced = NULL,"
            " circle = NULL WHERE id = ?",
            (relay_url, relay_id, bytes(identity_seed), identity, added_by, joined, known[0]),
        )
        return int(known[0])
    cursor = tx.execute(
        "INSERT INTO grp (group_id, name, state, relay_url, relay_id, identity_seed, identity, added_by, joined)"
        " VALUES (?, ?, 'active', ?, ?, ?, ?, ?, ?)",
        (group_id, name, relay_url, relay_id, bytes(identity_seed), identity, added_by, joined),
    )
    return int(cursor.lastrowid or 0)


def get_group(tx: Connection, grp: int) -> GroupRow:
    """Return one group."""
    return GroupRow(*tx.execute(f"SELECT {_GROUP} FROM grp WHERE id = ?", (grp,)).fetchone())  # noqa: S608 - constant


def all_groups(tx: Connection) -> list[GroupRow]:
    """Return all groups, oldest first."""
    rows = tx.execute(f"SELECT {_GROUP} FROM grp ORDER BY id")  # noqa: S608 - constant
    return [GroupRow(*row) for row in rows]


def has_live_group(tx: Connection, group_id: bytes) -> bool:
    """Tell whether a group of this id goes on here."""
    row = tx.execute("SELECT state FROM grp WHERE group_id = ?", (group_id,)).fetchone()
    return row is not None and row[0] == "active"


def set_state(tx: Connection, grp: int, state: str, problem: str | None) -> None:
    """Set how the group stands here, with one sentence for the user."""
    tx.execute("UPDATE grp SET state = ?, problem = ? WHERE id = ?", (state, problem, grp))


def set_name(tx: Connection, grp: int, name: str) -> None:
    """Set the folded name of the group."""
    tx.execute("UPDATE grp SET name = ? WHERE id = ?", (name, grp))


def set_snapshot(tx: Connection, grp: int, epoch: int) -> None:
    """Note for which epoch's newcomers we gave a snapshot."""
    tx.execute("UPDATE grp SET snapshot = ? WHERE id = ?", (epoch, grp))


def fold_version(tx: Connection, grp: int) -> int:
    """Return which version of the fold has made the folded board of a group."""
    return int(tx.execute("SELECT folded FROM grp WHERE id = ?", (grp,)).fetchone()[0])


def set_fold_version(tx: Connection, grp: int, version: int) -> None:
    """Note which version of the fold has made the folded board of a group."""
    tx.execute("UPDATE grp SET folded = ? WHERE id = ?", (version, grp))


def circle_served(tx: Connection, grp: int) -> bytes | None:
    """Return what the dispatch circle was when keys were last sealed to those who were new in it."""
    row = tx.execute("SELECT circle FROM grp WHERE id = ?", (grp,)).fetchone()
    return None if row is None else row[0]


def set_circle_served(tx: Connection, grp: int, circle: bytes) -> None:
    """Note what the dispatch circle is, now that keys are sealed to those who are new in it."""
    tx.execute("UPDATE grp SET circle = ? WHERE id = ?", (circle, grp))


def is_whole(tx: Connection, grp: int) -> bool:
    """Tell whether the snapshot that we were given when we joined has come whole."""
    return bool(tx.execute("SELECT whole FROM grp WHERE id = ?", (grp,)).fetchone()[0])


def set_whole(tx: Connection, grp: int, *, whole: bool) -> None:
    """Note whether the snapshot that we were given when we joined has come whole."""
    tx.execute("UPDATE grp SET whole = ? WHERE id = ?", (int(whole), grp))


def set_synced(tx: Connection, grp: int, now: int) -> None:
    """Note when the relay was last read to its head."""
    tx.execute("UPDATE grp SET synced = ? WHERE id = ?", (now, grp))


def advance_author(tx: Connection, grp: int, number: int, name: bytes) -> None:
    """Note our latest event: its running number and name."""
    tx.execute("UPDATE grp SET next_number = ?, previous = ? WHERE id = ?", (number + 1, name, grp))


def version_of(tx: Connection, grp: int) -> int:
    """Return the version of the saved MLS state."""
    return int(tx.execute("SELECT version FROM grp WHERE id = ?", (grp,)).fetchone()[0])


def mls_parts(tx: Connection, grp: int) -> dict[str, bytes]:
    """Return the saved MLS state."""
    return dict(tx.execute("SELECT name, bytes FROM mls_part WHERE grp = ?", (grp,)).fetchall())


def save_parts(tx: Connection, grp: int, changed: Mapping[str, bytes], removed: Iterable[str]) -> int:
    """Write and delete parts of the MLS state; returns the new version."""
    tx.executemany("DELETE FROM mls_part WHERE grp = ? AND name = ?", [(grp, name) for name in removed])
    tx.executemany(
        "INSERT INTO mls_part (grp, name, bytes) VALUES (?, ?, ?)"
        " ON CONFLICT (grp, name) DO UPDATE SET bytes = excluded.bytes",
        [(grp, name, bytes(value)) for name, value in changed.items()],
    )
    tx.execute("UPDATE grp SET version = version + 1 WHERE id = ?", (grp,))
    return version_of(tx, grp)


def delete_mls_state(tx: Connection, grp: int) -> None:
    """Delete every key of a group that we are no longer in, invites and signature key included; the board stays."""
    for table in (
        "mls_part",
        "mailbox",
        "leaf_key",
        "staged",
        "wish",
        "own_blob",
        "outbox",
        "part",
        "invite",
        "sealing_key",
        "own_box",
        "watched_leaf",
        "coming_back",
        "return_request",
        "reply",
        "ended",
        "fork",
        "popup",
        "former_home",
        "carried",
        "stepped_back",
        "left_epoch",
        "given_link",
        "other_side",
        "redo",
    ):
        tx.execute(f"DELETE FROM {table} WHERE grp = ?", (grp,))  # noqa: S608 - constant names
    tx.execute("UPDATE grp SET version = version + 1, identity_seed = X'' WHERE id = ?", (grp,))


def add_leaf_key(tx: Connection, grp: int, kind: str, public: bytes, secret: bytes) -> None:
    """Keep the private half of something our leaf names."""
    tx.execute(
        "INSERT OR IGNORE INTO leaf_key (grp, kind, public, secret) VALUES (?, ?, ?, ?)",
        (grp, kind, public, bytes(secret)),
    )


def leaf_secret(tx: Connection, grp: int, public: bytes) -> bytes | None:
    """Return the private half of a key that our leaf named."""
    row = tx.execute("SELECT secret FROM leaf_key WHERE grp = ? AND public = ?", (grp, public)).fetchone()
    return None if row is None else bytes(row[0])


def sealing_secrets(tx: Connection, grp: int) -> list[tuple[bytes, bytes]]:
    """Return (public, private) of every sealing key that a leaf of ours named."""
    rows = tx.execute("SELECT public, secret FROM leaf_key WHERE grp = ? AND kind = 'sealing'", (grp,))
    return [(public, secret) for public, secret in rows]


def keep_append_keys(tx: Connection, grp: int, public: bytes) -> None:
    """Delete every append key but the one our leaf names now."""
    tx.execute("DELETE FROM leaf_key WHERE grp = ? AND kind = 'append' AND public <> ?", (grp, public))


def add_epoch(tx: Connection, grp: int, number: int, epoch_id: bytes, record: bytes, committer: bytes | None) -> None:
    """Note an epoch of the standing chain; ``committer`` is None where we were not there to see."""
    tx.execute(
        "INSERT OR REPLACE INTO epoch (grp, number, epoch_id, record, committer) VALUES (?, ?, ?, ?, ?)",
        (grp, number, epoch_id, record, committer),
    )


def last_committer(tx: Connection, grp: int) -> bytes | None:
    """Return the identity key of who made the latest epoch."""
    row = tx.execute("SELECT committer FROM epoch WHERE grp = ? ORDER BY number DESC LIMIT 1", (grp,)).fetchone()
    return None if row is None else row[0]


def epoch_records(tx: Connection, grp: int) -> list[bytes]:
    """Return the records of all epochs known, oldest first."""
    return [row[0] for row in tx.execute("SELECT record FROM epoch WHERE grp = ? ORDER BY number", (grp,))]


def last_epoch(tx: Connection, grp: int) -> int:
    """Return the number of the latest epoch known, -1 without any."""
    row = tx.execute("SELECT max(number) FROM epoch WHERE grp = ?", (grp,)).fetchone()
    return -1 if row[0] is None else int(row[0])


def epochs_known(tx: Connection, grp: int) -> tuple[int, bytes]:
    """Return (how many epochs are known, the id of the latest): the same as long as the standing chain is."""
    (count,) = tx.execute("SELECT count(*) FROM epoch WHERE grp = ?", (grp,)).fetchone()
    last = tx.execute("SELECT epoch_id FROM epoch WHERE grp = ? ORDER BY number DESC LIMIT 1", (grp,)).fetchone()
    return int(count), b"" if last is None else bytes(last[0])


@dataclass(frozen=True, slots=True)
class MailboxRow:
    """A row of ``mailbox``: the present epoch's mailbox and how far it has been read."""

    grp: int
    epoch: int
    retention: int
    mailbox_secret: bytes = field(repr=False)
    blob_key: bytes = field(repr=False)
    number: int
    head: bytes
    spoiled: int = 0
    lost: int = 0
    entered: int = 0


def set_mailbox(tx: Connection, row: MailboxRow) -> None:
    """Replace the group's mailbox: the keys of the epoch before are gone with it."""
    tx.execute(
        "INSERT OR REPLACE INTO mailbox (grp, epoch, class, mailbox_secret, blob_key, number, head, entered)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row.grp,
            row.epoch,
            row.retention,
            bytes(row.mailbox_secret),
            bytes(row.blob_key),
            row.number,
            row.head,
            row.entered,
        ),
    )


def get_mailbox(tx: Connection, grp: int) -> MailboxRow | None:
    """Return the group's mailbox, None when we are no longer in."""
    row = tx.execute(
        "SELECT grp, epoch, class, mailbox_secret, blob_key, number, head, spoiled, lost, entered FROM mailbox"
        " WHERE grp = ?",
        (grp,),
    ).fetchone()
    return None if row is None else MailboxRow(*row)


def set_spoiled(tx: Connection, grp: int) -> None:
    """The mailbox of the present epoch was sealed with no commit: the epoch goes on in own mailboxes."""
    tx.execute("UPDATE mailbox SET spoiled = 1 WHERE grp = ?", (grp,))


def set_lost(tx: Connection, grp: int, *, heard: bool = False) -> None:
    """The relay has lost the mailbox of the present epoch once: seen here (1), or heard of from a member (2)."""
    tx.execute("UPDATE mailbox SET lost = ? WHERE grp = ? AND lost <> 1", (2 if heard else 1, grp))


def move_cursor(tx: Connection, grp: int, number: int, head: bytes) -> None:
    """Note how far the mailbox has been read."""
    tx.execute("UPDATE mailbox SET number = ?, head = ? WHERE grp = ?", (number, head, grp))


def parts(tx: Connection, grp: int) -> list[bytes]:
    """Return the contents of unfinished transfers, in the order of the mailbox."""
    return [row[0] for row in tx.execute("SELECT content FROM part WHERE grp = ? ORDER BY id", (grp,))]


def add_part(tx: Connection, grp: int, transfer: bytes, content: bytes) -> None:
    """Keep the content of a part until its message is whole."""
    tx.execute("INSERT INTO part (grp, transfer, content) VALUES (?, ?, ?)", (grp, transfer, content))


def keep_parts(tx: Connection, grp: int, pending: Iterable[bytes]) -> None:
    """Delete the parts of every transfer that is not pending any more."""
    standing = set(pending)
    rows = tx.execute("SELECT DISTINCT transfer FROM part WHERE grp = ?", (grp,)).fetchall()
    done = [(grp, transfer) for (transfer,) in rows if transfer not in standing]
    tx.executemany("DELETE FROM part WHERE grp = ? AND transfer = ?", done)


@dataclass(frozen=True, slots=True)
class WishRow:
    """A row of ``wish``."""

    id: int
    kind: str
    data: bytes


def add_wish(tx: Connection, grp: int, kind: str, data: bytes) -> int:
    """Wish for a commit; a wish that stands already is not doubled. Returns its id."""
    tx.execute(
        "INSERT INTO wish (grp, kind, data) VALUES (?, ?, ?)"
        " ON CONFLICT (grp, kind, data) DO UPDATE SET problem = NULL",
        (grp, kind, data),
    )
    row = tx.execute("SELECT id FROM wish WHERE grp = ? AND kind = ? AND data = ?", (grp, kind, data)).fetchone()
    return int(row[0])


def drop_wishes(tx: Connection, grp: int, kind: str) -> None:
    """Forget all wishes of a kind: another one takes their place."""
    tx.execute("DELETE FROM wish WHERE grp = ? AND kind = ?", (grp, kind))


def wishes(tx: Connection, grp: int) -> list[WishRow]:
    """Return what waits for our next commit, oldest first."""
    return [
        WishRow(*row)
        for row in tx.execute("SELECT id, kind, data FROM wish WHERE grp = ? AND problem IS NULL ORDER BY id", (grp,))
    ]


def fail_wish(tx: Connection, wish: int, problem: str) -> None:
    """Note that a wish cannot come about, and why."""
    tx.execute("UPDATE wish SET problem = ? WHERE id = ?", (problem, wish))


def end_wish(tx: Connection, wish: int) -> tuple[bool, str | None]:
    """Return (whether a wish still stands, why it failed); one that failed is forgotten."""
    row = tx.execute("SELECT problem FROM wish WHERE id = ?", (wish,)).fetchone()
    if row is None:
        return False, None
    if row[0] is not None:
        tx.execute("DELETE FROM wish WHERE id = ?", (wish,))
    return row[0] is None, row[0]


def drop_wish(tx: Connection, wish: int) -> None:
    """Forget a wish: it has come about, or cannot any more."""
    tx.execute("DELETE FROM wish WHERE id = ?", (wish,))


@dataclass(frozen=True, slots=True)
class StagedRow:
    """A row of ``staged``: our commit that waits for its seal."""

    grp: int
    staged: bytes = field(repr=False)
    blobs: bytes = field(repr=False)
    hash: bytes
    expected: int | None
    welcome: bytes | None = field(repr=False)
    adds: bytes


def set_staged(tx: Connection, row: StagedRow) -> None:
    """Keep a staged commit, the one that is sent."""
    tx.execute(
        "INSERT INTO staged (grp, bytes, blobs, hash, expected, welcome, adds) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (row.grp, row.staged, row.blobs, row.hash, row.expected, row.welcome, row.adds),
    )


_STAGED = "grp, bytes, blobs, hash, expected, welcome, adds"


def live_staged(tx: Connection, grp: int) -> StagedRow | None:
    """Return the staged commit of a group that waits for its seal."""
    row = tx.execute(f"SELECT {_STAGED} FROM staged WHERE grp = ? AND live", (grp,)).fetchone()  # noqa: S608 - constant
    return None if row is None else StagedRow(*row)


def staged_of_hash(tx: Connection, grp: int, digest: bytes) -> StagedRow | None:
    """Return the staged commit whose seal has this hash, also one that the relay said it refused."""
    query = f"SELECT {_STAGED} FROM staged WHERE grp = ? AND hash = ?"  # noqa: S608 - constant
    row = tx.execute(query, (grp, digest)).fetchone()
    return None if row is None else StagedRow(*row)


def all_staged(tx: Connection, grp: int) -> list[StagedRow]:
    """Return every staged commit of a group, also those that the relay said it refused."""
    query = f"SELECT {_STAGED} FROM staged WHERE grp = ? ORDER BY hash"  # noqa: S608 - constant
    return [StagedRow(*row) for row in tx.execute(query, (grp,))]


def retire_staged(tx: Connection, grp: int, digest: bytes) -> None:
    """Send this commit no more; should its seal stand all the same, it is known."""
    tx.execute("UPDATE staged SET live = 0 WHERE grp = ? AND hash = ?", (grp, digest))


def drop_staged(tx: Connection, grp: int) -> None:
    """Forget all staged commits: the epoch has ended."""
    tx.execute("DELETE FROM staged WHERE grp = ?", (grp,))
