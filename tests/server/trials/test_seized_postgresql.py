"""What is left on PostgreSQL's disk of a mailbox that expired, and what a tidy leaves of it."""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from taboon_server.store import Store
from taboon_server.tables import BLOBS, MAILBOXES
from taboon_server.wire import first_head
from tests.postgres_server import PostgresServer
from tests.server.signing import SIZES

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def frugal() -> Iterator[PostgresServer]:
    """A PostgreSQL set up as docs/operating.md says."""
    with PostgresServer({"wal_recycle": "off"}) as server:
        yield server


def hold(store: Store, kept_until: int) -> bytes:
    """Store a mailbox with a blob of each size; return a mark that they are full of."""
    mark, mailbox = secrets.token_bytes(16), os.urandom(32)
    box = {"id": mailbox, "head_number": 4, "head_hash": first_head(mailbox), "sealed": False, "retention": 0}
    with store.writing.begin() as connection:
        connection.execute(insert(MAILBOXES), box | {"bytes_used": sum(SIZES), "kept_until": kept_until})
        for number, size in enumerate(SIZES, 1):
            row = {"mailbox": mailbox, "number": number, "hash": os.urandom(32), "head": bytes(32)}
            connection.execute(insert(BLOBS), row | {"bytes": mark * (size // 16)})
    return mark


def on_disk(server: PostgresServer) -> bytes:
    return b"".join(path.read_bytes() for path in server.data.rglob("*") if path.is_file())


def test_what_expired_is_gone_from_postgresqls_files_after_a_tidy_and_not_before(frugal: PostgresServer) -> None:
    with contextlib.closing(Store(frugal.new_database())) as store:
        expired, kept = hold(store, 5), hold(store, 50)
        store.purge(10)
        assert store.totals().mailboxes == 1
        assert expired in on_disk(frugal)  # what docs/threat-model.md says somebody who seizes it can find
        assert store.tidy()
        disk = on_disk(frugal)
        assert expired not in disk
        assert kept in disk


def test_a_user_who_may_not_empty_postgresqls_log_is_told(frugal: PostgresServer) -> None:
    url = frugal.new_database()
    name = "little" + secrets.token_hex(4)
    with contextlib.closing(Store(url)) as store, store.plainly() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN PASSWORD 'little'")
        for table in ("mailbox", "blob", "last_run", "alembic_version"):
            connection.exec_driver_sql(f"ALTER TABLE {table} OWNER TO {name}")
    with contextlib.closing(Store(url.replace(f"taboon:{frugal.password}", f"{name}:little"))) as store:
        hold(store, 50)
        assert not store.tidy()


def test_two_processes_do_not_wait_for_each_other_to_delete(frugal: PostgresServer) -> None:
    url = frugal.new_database()
    with contextlib.closing(Store(url)) as one, contextlib.closing(Store(url)) as other:
        hold(one, 5)
        with one.writing.begin() as connection:
            connection.exec_driver_sql("SELECT 1 FROM mailbox FOR UPDATE").all()
            assert not other.purge_step(10)
        assert other.purge_step(10)
        assert not one.purge_step(10)
