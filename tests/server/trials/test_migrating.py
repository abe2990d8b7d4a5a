"""A database of another version is refused in a sentence, and brought up to this one without losing a blob."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from typer.testing import CliRunner

import taboon_server
from taboon_server.cli import relay as command_line
from taboon_server.database import Database
from tests.relay_process import RelayProcess
from tests.server.caller import Caller, blob
from tests.server.signing import SIZES, Keys, digest, heads

if TYPE_CHECKING:
    from tests.postgres_server import PostgresServer


_MAILBOX = ("id", "head_number", "head_hash", "sealed", "bytes_used", "retention", "kept_until")


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/relay.db"
    postgres: PostgresServer = request.getfixturevalue("postgres")
    return postgres.new_database()


def alter(url: str, statement: str) -> None:
    with contextlib.closing(Database(url, 4)) as database, database.writing.begin() as connection:
        connection.exec_driver_sql(statement)


def table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *map(sa.column, columns))


def lay_down_earlier_version(url: str, held: dict[Keys, list[bytes]]) -> None:
    """Make a database as the version before this one did, with these blobs."""
    config = Config()
    config.set_main_option("script_location", str(Path(taboon_server.__file__).parent / "migrations"))
    with contextlib.closing(Database(url, 4)) as database, database.writing.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        mailbox = table("mailbox", *_MAILBOX)
        row = table("blob", "mailbox", "number", "hash", "head", "bytes")
        for keys, contents in held.items():
            chain = heads(keys.mailbox, contents)
            used, kept_until = sum(map(len, contents)), int(time.time()) // 86_400 + 30
            values = keys.mailbox, len(contents), chain[-1], False, used, keys.retention, kept_until
            connection.execute(sa.insert(mailbox), dict(zip(_MAILBOX, values, strict=True)))
            for number, content in enumerate(contents, 1):
                named = {"mailbox": keys.mailbox, "number": number, "hash": digest(content)}
                connection.execute(sa.insert(row), named | {"head": chain[number], "bytes": content})


def asked(*arguments: str) -> tuple[int, str]:
    answer = CliRunner().invoke(command_line, arguments)
    assert len(answer.output.splitlines()) == 1, answer.output
    return answer.exit_code, answer.output


def test_a_database_of_an_earlier_version_is_refused_until_it_is_migrated(url: str, tmp_path: Path) -> None:
    held = {Keys(retention=2): [blob(), blob(SIZES[1]), blob()], Keys(retention=3): [blob()]}
    lay_down_earlier_version(url, held)
    folder = ("--folder", str(tmp_path / "home"), "--database", url)
    code, told = asked(*folder)
    assert code == 5
    assert "`taboon relay migrate`" in told
    assert asked("migrate", *folder) == (0, "The database is of this version.\n")
    assert asked("migrate", *folder)[0] == 0
    with RelayProcess(tmp_path / "home", extra_args=["--database", url]) as relay, Caller(relay) as caller:
        for keys, contents in held.items():
            assert caller.all_blobs(keys) == contents
            receipt = caller.appended(keys, more := blob())
            assert receipt.number == len(contents) + 1
            assert receipt.head == heads(keys.mailbox, [*contents, more])[-1]


@pytest.mark.parametrize(
    ("change", "told"),
    [("version_num = '9999'", "newer"), ("version_num = ''", "no relay's"), ("version_num = '0001'", "no relay's")],
)
def test_a_database_that_is_of_no_known_version_is_never_served(
    url: str, tmp_path: Path, change: str, told: str
) -> None:
    folder = ("--folder", str(tmp_path / "home"), "--database", url)
    assert asked("migrate", *folder)[0] == 0
    alter(url, f"UPDATE alembic_version SET {change}")
    for arguments in folder, ("migrate", *folder):
        code, output = asked(*arguments)
        assert code == 5
        assert told in output
