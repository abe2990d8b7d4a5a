"""What one transaction of the writer does: makes mailboxes, and appends blobs in the order in which they came."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from taboon_server import problems, wire
from taboon_server.days import Days
from taboon_server.problems import Problem
from taboon_server.quotas import DISK_RETRY, Quotas
from taboon_server.store import Store

_COLUMNS: Final = "id, head_number, head_hash, sealed, bytes_used, retention, kept_until"
_MAKE: Final = (
    f"INSERT INTO mailbox ({_COLUMNS}) "  # noqa: S608 - a constant
    "VALUES (:id, 0, :head_hash, :sealed, 0, :retention, :kept_until) ON CONFLICT DO NOTHING"
)
_FIND: Final = f"SELECT {_COLUMNS} FROM mailbox WHERE id = :id"  # noqa: S608 - a constant
# Several processes lock the rows of their batches in one order, so that they never wait for each other in a circle.
_LOCK: Final = f"SELECT {_COLUMNS} FROM mailbox WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"  # noqa: S608 - a constant
_KNOWN: Final = "SELECT mailbox, hash, number, head FROM blob WHERE mailbox = :mailbox AND hash = :hash"
_ALL_KNOWN: Final = (
    "SELECT mailbox, hash, number, head FROM blob JOIN unnest(CAST(:mailboxes AS bytea[]), CAST(:hashes AS bytea[])) "
    "AS wanted (box, name) ON mailbox = box AND hash = name"
)
_ADD: Final = "INSERT INTO blob (mailbox, number, hash, head, bytes) VALUES (:mailbox, :number, :hash, :head, :bytes)"
_MOVE: Final = (
    "UPDATE mailbox SET head_number = :number, head_hash = :head, sealed = :sealed, bytes_used = :used WHERE id = :id"
)
# Apart, since it changes an index: once a day for each mailbox.
_KEEP: Final = "UPDATE mailbox SET kept_until = :kept_until WHERE id = :id"


@dataclass(frozen=True, slots=True)
class Create:
    """Make a mailbox, if it is not there."""

    mailbox: bytes
    retention: int


@dataclass(frozen=True, slots=True)
class Append:
    """Append a blob to a mailbox, as its seal or not, perhaps only as a certain number."""

    mailbox: bytes
    blob: bytes
    seal: bool
    expected: int | None


@dataclass(frozen=True, slots=True)
class Appended:
    """Where a blob stands."""

    number: int
    blob_hash: bytes
    head: bytes
    is_seal: bool


Result = Appended | Problem | None
"""What became of a write; None for a mailbox that is there now."""


@dataclass(slots=True)
class _State:
    """A mailbox as the transaction has it."""

    id: bytes
    number: int
    head: bytes
    sealed: bool
    used: int
    retention: int
    kept_until: int
    moved: bool = False
    kept: bool = False


class Batch:
    """The writes of one transaction.

    Args:
        store: the database.
        quotas: what it takes.
        days: which day it is.
    """

    def __init__(self, store: Store, quotas: Quotas, days: Days) -> None:
        self._store = store
        self._quotas = quotas
        self._today = days.today()
        self._keeping = days.keeping()
        self.met_expired = False
        """Whether somebody wants to make a mailbox again that expired and is not deleted yet."""

    def write(self, writes: Sequence[Create | Append]) -> list[Result]:
        """Do every write that can be done, and commit.

        Returns:
            What became of each, in their order. Nothing of it is true if this raises an SQLAlchemy error.
        """
        with self._store.cursor(self._store.writing) as cursor:
            made = self._make([write for write in writes if isinstance(write, Create)], cursor)
            states = {state.id: state for state in self._find(sorted({write.mailbox for write in writes}), cursor)}
            names = {
                position: (write.mailbox, wire.sha256(write.blob))
                for position, write in enumerate(writes)
                if isinstance(write, Append)
            }
            known = self._known(list(names.values()), cursor) if names else {}
            results: list[Result] = []
            new: list[dict[str, Any]] = []
            for position, write in enumerate(writes):
                state = states.get(write.mailbox)
                if isinstance(write, Create):
                    results.append(self._created(state))
                elif state is None or self._today > state.kept_until:
                    results.append(problems.unknown_mailbox())
                elif (before := known.get(names[position])) is not None:
                    number, head = before
                    is_seal = state.sealed and number == state.number
                    results.append(Appended(number, names[position][1], head, is_seal))
                elif (refusal := self._refusal(state, write)) is not None:
                    results.append(refusal)
                else:
                    done = self._add(state, write, names[position][1])
                    results.append(done)
                    known[names[position]] = done.number, done.head
                    row = {"mailbox": state.id, "number": done.number, "hash": done.blob_hash, "head": done.head}
                    new.append(row | {"bytes": write.blob})
            if new:
                sql = self._store.sql
                moved = [state for state in states.values() if state.moved]
                cursor.executemany(sql(_ADD), new)
                cursor.executemany(sql(_MOVE), [_row(state) for state in moved])
                if kept := [{"id": state.id, "kept_until": state.kept_until} for state in moved if state.kept]:
                    cursor.executemany(sql(_KEEP), kept)
        sealed = sum(state.sealed for state in states.values() if state.moved)
        self._quotas.add(mailboxes=made, sealed=sealed, size=sum(len(row["bytes"]) for row in new))
        return results

    def _make(self, creates: Iterable[Create], cursor: Any) -> int:
        if not self._quotas.takes_mailboxes:
            return 0
        rows = {
            create.mailbox: {
                "id": create.mailbox,
                "head_hash": wire.first_head(create.mailbox),
                "sealed": False,
                "retention": create.retention,
                "kept_until": self._keeping + wire.UNUSED_DAYS,
            }
            for create in sorted(creates, key=lambda create: create.mailbox)
        }
        if rows:
            cursor.executemany(self._store.sql(_MAKE), list(rows.values()))
        return cursor.rowcount if rows else 0

    def _find(self, ids: Sequence[bytes], cursor: Any) -> list[_State]:
        if self._store.is_postgres:
            rows = cursor.execute(self._store.sql(_LOCK), {"ids": ids}).fetchall()
        else:
            found = (cursor.execute(_FIND, {"id": mailbox}).fetchone() for mailbox in ids)
            rows = [row for row in found if row is not None]
        return [_State(*row) for row in rows]

    def _known(self, names: Sequence[tuple[bytes, bytes]], cursor: Any) -> dict[tuple[bytes, bytes], tuple[int, bytes]]:
        if self._store.is_postgres:
            mailboxes, hashes = zip(*names, strict=True)
            wanted = {"mailboxes": list(mailboxes), "hashes": list(hashes)}
            rows = cursor.execute(self._store.sql(_ALL_KNOWN), wanted).fetchall()
        else:
            found = (cursor.execute(_KNOWN, {"mailbox": mailbox, "hash": name}).fetchone() for mailbox, name in names)
            rows = [row for row in found if row is not None]
        return {(mailbox, name): (number, head) for mailbox, name, number, head in rows}

    def _created(self, state: _State | None) -> Problem | None:
        if state is None:
            return problems.busy(DISK_RETRY)
        if self._today > state.kept_until:
            self.met_expired = True
            return problems.busy()
        return None

    def _refusal(self, state: _State, append: Append) -> Problem | None:
        if state.sealed:
            return problems.sealed()
        if append.expected is not None and append.expected != state.number + 1:
            return problems.moved(state.number + 1)
        return self._quotas.refusal(state.id, state.number, state.used, len(append.blob), seal=append.seal)

    def _add(self, state: _State, append: Append, blob_hash: bytes) -> Appended:
        state.number += 1
        state.head = wire.next_head(state.head, state.number, blob_hash)
        state.sealed = append.seal
        state.used += len(append.blob)
        state.moved = True
        kept_until = max(state.kept_until, self._keeping + wire.RETENTION_DAYS[state.retention])
        state.kept |= kept_until != state.kept_until
        state.kept_until = kept_until
        return Appended(state.number, blob_hash, state.head, append.seal)


def _row(state: _State) -> dict[str, Any]:
    return {
        "id": state.id,
        "number": state.number,
        "head": state.head,
        "sealed": state.sealed,
        "used": state.used,
    }
