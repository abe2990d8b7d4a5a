"""The relay's database, SQLite or PostgreSQL, behind one URL: connecting to it, and its schema."""

import contextlib
import os
import re
import secrets
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import sqlcipher3.dbapi2 as sqlite
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from taboon_server.tables import OLDEST, REVISION

READERS: Final = 4
OLDEST_SQLITE: Final = (3, 51, 3)  # older ones can corrupt a database in WAL mode when a checkpoint meets a commit
_PAGE_SIZE: Final = 2_048  # measured: docs/decisions/0003-storage.md
_LOG_PAGES: Final = 8_000  # 16 MB of log before it is moved into the file; measured there too
_AT_ONCE: Final = (64, 16, 4, 1)
_CACHE_KIB: Final = 2_048
_READER_CACHE_KIB: Final = 512  # the system keeps the file's pages too
LINE: Final = {
    "application_name": "taboon",
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,
}
"""How a connection to PostgreSQL is made, and how soon it is given up when the machine behind it says nothing more."""

_MIGRATING: Final = 0x7461626F6F6E  # any number: the name of PostgreSQL's lock


class StoreError(Exception):
    """The database cannot be used; the message says what to do, and names no password."""


class Database:
    """Connections to one database: `writing` for one thread, `reading` for a few.

    Args:
        where: the path of an SQLite file, made if there is none; or a URL, `sqlite:///PATH` or `postgresql://…`.
        busy_seconds: how long to wait for a lock that another process holds.

    Raises:
        StoreError: it cannot be reached, or is none of these.
    """

    def __init__(self, where: Path | str, busy_seconds: float) -> None:
        self.url = parse_url(where)
        self.is_postgres = self.url.drivername != "sqlite"
        self.own_name = secrets.token_hex(8)
        """What this process is called where processes tell each other of appends."""
        self.busy_seconds = busy_seconds
        self.patience = 2 * busy_seconds + 2
        """Seconds after which whoever asked something of the database is told that it is busy."""
        if self.is_postgres:
            self.name = "The PostgreSQL database"
            self.driver: Any = _psycopg()
            self.writing = self._postgres(1)
            self.reading = self._postgres(READERS, isolation_level="REPEATABLE READ")
            return
        self.driver = sqlite
        self.path = Path(self.url.database or "")
        self.name = self.path.name
        if sqlite.sqlite_version_info < OLDEST_SQLITE:
            raise StoreError(f"SQLite {sqlite.sqlite_version} is too old. Install a newer sqlcipher3.")
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise StoreError(f"{self.path} cannot be used: {error.strerror}.") from error
        self.writing = self._sqlite(1, "BEGIN IMMEDIATE", _CACHE_KIB)
        self.reading = self._sqlite(READERS, "BEGIN", _READER_CACHE_KIB)

    def close(self) -> None:
        """Close all connections."""
        self.writing.dispose()
        self.reading.dispose()

    def unusable(self, error: DBAPIError) -> StoreError:
        """Return the error that says what to do about a database that cannot be used."""
        if self.is_postgres:
            return StoreError(f"{self.name} cannot be used ({error_name(error)}). Look at its own log.")
        return StoreError(
            f"{self.name} cannot be used: it is damaged, locked, or no database. Restore a backup, or start with "
            "--fresh to put it aside and begin with an empty one; members' devices post again what they still have."
        )

    def revision(self) -> str | None:
        """Return the name of the schema that the database has, "" for a foreign one, None for an empty database."""
        with self.writing.begin() as connection:
            return _revision(connection)

    def migrate(self) -> str:
        """Bring the schema to the newest revision, in one transaction; return that revision.

        Raises:
            StoreError: it is of a newer version of the relay, or none of a relay.
        """
        # Loaded here alone: Alembic takes longer to import than the relay to start.
        from alembic import command
        from alembic.config import Config

        with self.writing.begin() as connection:
            if self.is_postgres:  # of several relays that start at once, one makes the tables
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")
            before = _revision(connection)
            if before is not None and not OLDEST <= before <= REVISION:
                self.check(before)
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        return REVISION

    def check(self, revision: str) -> None:
        """Refuse a database of any revision but this version's; raises StoreError that says what to do."""
        if revision < OLDEST:
            raise StoreError(f"{self.name} is no relay's database. Name another one.")
        if revision > REVISION:
            raise StoreError(f"{self.name} was made by a newer version of the relay. Run that version.")
        if revision < REVISION:
            raise StoreError(f"{self.name} was made by an older version. Back it up, then run `taboon relay migrate`.")

    def file_size(self) -> int:
        """Return how many bytes an SQLite file has."""
        with self.plainly() as connection:
            pages, size = (
                connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size")
            )
            return int(pages * size)

    @contextlib.contextmanager
    def cursor(self, engine: Engine) -> Iterator[Any]:
        """Yield the driver's own cursor in a transaction, for the hot paths. Its errors come as SQLAlchemy's."""
        with engine.begin() as connection:
            try:
                yield connection.connection.cursor()
            except self.driver.Error as error:
                gone = self.is_postgres and bool(getattr(connection.connection.driver_connection, "closed", True))
                connection.invalidate()
                if gone:  # a server that was restarted has ended all of them: no other call shall find that out again
                    engine.dispose()
                raise DBAPIError.instance("", None, error, self.driver.Error, True, dialect=engine.dialect) from None

    def sql(self, text: str) -> str:
        """Return SQL whose parameters are written `:name` as the driver takes it."""
        return re.sub(r":(\w+)", r"%(\1)s", text) if self.is_postgres else text

    def each(self, cursor: Any, sql: str, types: Sequence[str], rows: Collection[Sequence[Any]]) -> list[Any]:
        """Execute SQL for many rows at once; return all that it found.

        A driver lets other threads run at every step of a statement and must then wait for its turn again: a statement
        for each row would wait hundreds of times in a batch.

        Args:
            cursor: the driver's own.
            sql: a statement in which `{rows}` stands for the rows.
            types: PostgreSQL's names for the types of their columns.
            rows: the rows; nothing is done if there are none.
        """
        if not rows:
            return []
        if self.is_postgres:
            given = f"SELECT * FROM unnest({', '.join(f'%b::{kind}[]' for kind in types)})"  # noqa: S608 - constants
            cursor.execute(sql.format(rows=given), [list(column) for column in zip(*rows, strict=True)])
            return cursor.fetchall() if cursor.description else []
        found: list[Any] = []
        values, place = [value for row in rows for value in row], 0
        one = f"({', '.join('?' for _ in types)})"
        while left := (len(values) - place) // len(types):
            size = next(size for size in _AT_ONCE if size <= left)  # few sizes: each statement is prepared once
            upto = place + size * len(types)
            cursor.execute(sql.format(rows="VALUES " + ", ".join([one] * size)), values[place:upto])
            found += cursor.fetchall()
            place = upto
        return found

    def plainly(self) -> Connection:
        """Return the writing connection, outside of any transaction."""
        return self.writing.connect().execution_options(isolation_level="AUTOCOMMIT")

    def _sqlite(self, connections: int, begin: str, cache: int) -> Engine:
        engine = create_engine(
            "sqlite://",
            module=sqlite,
            paramstyle="named",
            creator=lambda: self._open_sqlite(cache),
            poolclass=QueuePool,
            pool_size=connections,
            max_overflow=0,
            hide_parameters=True,
        )

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
                connection.exec_driver_sql(begin)

        return engine

    def _open_sqlite(self, cache: int) -> Any:
        connection = sqlite.connect(
            str(self.path), timeout=self.busy_seconds, isolation_level=None, check_same_thread=False
        )
        for pragma in (
            f"page_size = {_PAGE_SIZE}",
            "journal_mode = WAL",
            "synchronous = FULL",
            f"wal_autocheckpoint = {_LOG_PAGES}",
            "fullfsync = ON",  # macOS: a sync that reaches the disk
            "checkpoint_fullfsync = ON",
            "secure_delete = ON",
            "trusted_schema = OFF",
            "temp_store = FILE",  # a VACUUM must not need the whole database in memory
            f"cache_size = -{cache}",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        return connection

    def _postgres(self, connections: int, **options: Any) -> Engine:
        wait = int(self.busy_seconds * 1_000)
        server = {
            "synchronous_commit": "on",
            "lock_timeout": wait,
            "idle_in_transaction_session_timeout": 2 * wait,  # a relay that hangs must not hold its locks for ever
        }

        def binary_cursor(*arguments: Any, **named: Any) -> Any:
            cursor = self.driver.Cursor(*arguments, **named)
            cursor.format = self.driver.pq.Format.BINARY
            return cursor

        return create_engine(
            self.url,
            pool_size=connections,
            max_overflow=0,
            hide_parameters=True,
            connect_args={
                "options": " ".join(f"-c {name}={value}" for name, value in server.items()),
                **LINE,
                "cursor_factory": binary_cursor,
            },
            **options,
        )


def parse_url(where: Path | str) -> URL:
    """Return the URL of a database.

    Raises:
        StoreError: it is none that the relay can use.
    """
    if isinstance(where, Path):
        return URL.create("sqlite", database=str(where))
    try:
        url = make_url(where)
    except ArgumentError:
        url = URL.create("none")
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername != "sqlite" or url.database in (None, "", ":memory:") or url.query:
        raise StoreError("The database must be given as sqlite:///PATH or postgresql://USER@HOST/NAME.")
    return url


def put_aside(where: Path | str) -> Path:
    """Rename an SQLite database that is damaged, with its log, so that a fresh one can be made; return its new path.

    Raises:
        StoreError: it is none, or is not there.
    """
    url = parse_url(where)
    path = Path(url.database or "")
    if url.drivername != "sqlite" or not path.exists():
        raise StoreError("--fresh puts an SQLite file aside, and there is none.")
    aside = next(
        each for number in range(1, 1 << 30) if not (each := path.with_name(f"{path.name}.aside-{number}")).exists()
    )
    for suffix in ("-wal", "-shm", ""):
        source = path.with_name(path.name + suffix)
        if source.exists():
            source.rename(aside.with_name(aside.name + suffix))
    return aside


def is_in_use(path: Path) -> bool:
    """Return whether another process has an SQLite database open."""
    with contextlib.closing(sqlite.connect(str(path), isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()  # only who is alone with it may
        except sqlite.Error as error:
            return error_name(error).startswith("SQLITE_BUSY")
    return False


def error_name(error: Exception) -> str:
    """Return the database's own name for an error, or that of its type; neither holds anything of any request."""
    its_own = getattr(error, "orig", error)
    return str(getattr(its_own, "sqlite_errorname", None) or getattr(its_own, "sqlstate", None) or type(error).__name__)


def _psycopg() -> Any:
    try:
        import psycopg
    except ImportError as error:
        raise StoreError("PostgreSQL needs one package more: pip install 'taboon[relay-postgres]'.") from error
    return psycopg


def _revision(connection: Connection) -> str | None:
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" in tables:
        return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())
    return "" if tables else None
