"""Rows of invites and of our own requests to join. SQL and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.vault.database import Connection

__all__ = ["InviteRow", "JoiningRow"]


@dataclass(frozen=True, slots=True)
class InviteRow:
    """A row of ``invite``; ``maker`` and ``event`` are of the event that shares it among the admins."""

    id: int
    grp: int
    digest: bytes
    payload: bytes = field(repr=False)
    invite_seed: bytes = field(repr=False)
    state: str
    request: bytes | None = field(repr=False)
    blobs: bytes | None = field(repr=False)
    number: int
    head: bytes
    maker: bytes | None = None
    event: bytes | None = None


_INVITE = "id, grp, digest, payload, invite_seed, state, request, blobs, number, head, maker, event"


def add_invite(
    tx: Connection,
    grp: int,
    *,
    digest: bytes,
    payload: bytes,
    invite_seed: bytes,
    head: bytes,
    maker: bytes,
    event: bytes,
    blobs: bytes | None = None,
) -> int:
    """Insert an open invite; returns its row id."""
    cursor = tx.execute(
        "INSERT INTO invite (grp, digest, payload, invite_seed, state, head, maker, event, blobs)"
        " VALUES (?, ?, ?, ?, 'open', ?, ?, ?, ?)",
        (grp, digest, payload, bytes(invite_seed), head, maker, event, blobs),
    )
    return int(cursor.lastrowid or 0)


def get_invite(tx: Connection, invite: int) -> InviteRow | None:
    """Return one invite."""
    row = tx.execute(f"SELECT {_INVITE} FROM invite WHERE id = ?", (invite,)).fetchone()  # noqa: S608 - constant
    return None if row is None else InviteRow(*row)


def invite_of_digest(tx: Connection, digest: bytes) -> InviteRow | None:
    """Return the invite whose payload has this digest."""
    row = tx.execute(f"SELECT {_INVITE} FROM invite WHERE digest = ?", (digest,)).fetchone()  # noqa: S608 - constant
    return None if row is None else InviteRow(*row)


def invites(tx: Connection, grp: int | None = None) -> list[InviteRow]:
    """Return the invites of a group, or all, oldest first; those that are over and done with are left out."""
    query = f"SELECT {_INVITE} FROM invite WHERE (? IS NULL OR grp = ?) AND length(payload) > 0 ORDER BY id"  # noqa: S608 - constant
    return [InviteRow(*row) for row in tx.execute(query, (grp, grp))]


def set_invite(tx: Connection, invite: int, state: str, *, request: bytes | None, blobs: bytes | None) -> None:
    """Move an invite on."""
    tx.execute("UPDATE invite SET state = ?, request = ?, blobs = ? WHERE id = ?", (state, request, blobs, invite))


def move_invite(tx: Connection, invite: int, number: int, head: bytes) -> None:
    """Note how far the rendezvous has been read."""
    tx.execute("UPDATE invite SET number = ?, head = ? WHERE id = ?", (number, head, invite))


def close_invites(tx: Connection, invites: Iterable[int], state: str) -> None:
    """Delete the secrets of invites that are over; the digest stays, so that they are not taken up again."""
    tx.executemany(
        "UPDATE invite SET state = ?, payload = X'', invite_seed = X'', request = NULL, blobs = NULL WHERE id = ?",
        [(state, invite) for invite in invites],
    )


def close_open_invite(tx: Connection, invite: int, state: str) -> None:
    """Delete the secrets of an invite that somebody else has answered."""
    row = get_invite(tx, invite)
    if row is not None and row.state in ("open", "requested"):
        close_invites(tx, [invite], state)


def drop_invites(tx: Connection, invites: Iterable[int]) -> None:
    """Forget invites altogether."""
    tx.executemany("DELETE FROM invite WHERE id = ?", [(invite,) for invite in invites])


def drop_add_wish(tx: Connection, grp: int, data: bytes) -> None:
    """Forget the wish to let in whoever made a request: it is over."""
    tx.execute("DELETE FROM wish WHERE grp = ? AND kind = 'add' AND data = ?", (grp, data))


def invite_digests(tx: Connection, grp: int) -> dict[bytes, int]:
    """Return the row ids of all invites of a group that are known, also those that are over, by digest."""
    return dict(tx.execute("SELECT digest, id FROM invite WHERE grp = ?", (grp,)).fetchall())


@dataclass(frozen=True, slots=True)
class JoiningRow:
    """A row of ``joining``; ``payload``, ``identity_seed``, ``secrets`` and ``blob`` are gone once it is closed."""

    id: int
    digest: bytes
    payload: bytes | None = field(repr=False)
    safety: bytes = field(repr=False)
    state: str
    problem: str | None
    name: str
    identity_seed: bytes | None = field(repr=False)
    key_package: bytes = field(repr=False)
    expires: int
    secrets: bytes | None = field(repr=False)
    blob: bytes | None = field(repr=False)
    grp: int | None


_JOINING = "id, digest, payload, safety, state, problem, name, identity_seed, key_package, expires, secrets, blob, grp"


def add_joining(
    tx: Connection,
    *,
    digest: bytes,
    payload: bytes,
    safety: bytes,
    name: str,
    identity_seed: bytes,
    key_package: bytes,
    expires: int,
    secrets: bytes,
    blob: bytes,
) -> int:
    """Insert a request of ours; returns its row id."""
    cursor = tx.execute(
        "INSERT INTO joining (digest, payload, safety, state, name, identity_seed, key_package, expires, secrets, blob)"
        " VALUES (?, ?, ?, 'waiting', ?, ?, ?, ?, ?, ?)",
        (digest, payload, safety, name, bytes(identity_seed), key_package, expires, bytes(secrets), blob),
    )
    return int(cursor.lastrowid or 0)


def get_joining(tx: Connection, joining: int) -> JoiningRow:
    """Return one request of ours."""
    return JoiningRow(*tx.execute(f"SELECT {_JOINING} FROM joining WHERE id = ?", (joining,)).fetchone())  # noqa: S608


def joinings(tx: Connection) -> list[JoiningRow]:
    """Return our requests, oldest first."""
    return [JoiningRow(*row) for row in tx.execute(f"SELECT {_JOINING} FROM joining ORDER BY id")]  # noqa: S608


def was_used(tx: Connection, digest: bytes) -> bool:
    """Tell whether we have made a request with the invite of this digest."""
    return tx.execute("SELECT 1 FROM joining WHERE digest = ?", (digest,)).fetchone() is not None


def end_joining(tx: Connection, joining: int, state: str, *, problem: str | None, grp: int | None) -> None:
    """Close a request of ours and delete the keys that were made for it, and the invite's."""
    tx.execute(
        "UPDATE joining SET state = ?, problem = ?, grp = ?, secrets = NULL, identity_seed = NULL, blob = NULL,"
        " payload = NULL WHERE id = ?",
        (state, problem, grp, joining),
    )
