"""`taboon relay`: the relay's commands, found by the `taboon` command through an entry point."""

import contextlib
import ipaddress
import json
import os
import socket
from pathlib import Path
from typing import Annotated, Final

import platformdirs
import typer
from sqlalchemy.exc import DBAPIError

from taboon_server.copying import copy_all
from taboon_server.database import StoreError
from taboon_server.identity import IdentityError, load_identity
from taboon_server.serve import serve
from taboon_server.settings import Settings
from taboon_server.store import Store

_DATABASE: Final = "relay.db"
_DEFAULTS: Final = Settings()
_CANNOT_START: Final = 1

relay = typer.Typer(
    help="Run a relay: it stores encrypted blobs in mailboxes, in order, until they expire.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_Folder = Annotated[
    Path | None,
    typer.Option(
        "--folder", "--home", envvar="TABOON_RELAY_HOME", help="Where the relay keeps its key and its database."
    ),
]
_Database = Annotated[
    str | None,
    typer.Option(
        help="URL of the database, sqlite:///PATH or postgresql://…; by default a file in the relay's folder."
    ),
]


@relay.callback()
def start(
    context: typer.Context,
    host: Annotated[
        str, typer.Option(help="Address to listen on. Other than on loopback, TLS is always on.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on; 0 takes a free one.")] = 8_425,
    database: _Database = None,
    folder: _Folder = None,
    tls: Annotated[bool, typer.Option("--tls", help="TLS with the relay's own key on loopback too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say where the relay is as JSON.")] = False,
    quota_blobs: Annotated[int, typer.Option(min=1, help="Blobs that one mailbox takes.")] = _DEFAULTS.quota_blobs,
    quota_bytes: Annotated[int, typer.Option(min=2_048, help="Bytes that one mailbox takes.")] = _DEFAULTS.quota_bytes,
    disk_bytes: Annotated[
        int | None, typer.Option(min=1 << 20, help="Bytes that the database may take on disk.")
    ] = _DEFAULTS.disk_bytes,
    waiters_by_mailbox: Annotated[
        int, typer.Option(min=1, help="Readers that may wait on one mailbox.")
    ] = _DEFAULTS.waiters_by_mailbox,
    waiters: Annotated[int, typer.Option(min=1, help="Readers that may wait in total.")] = _DEFAULTS.waiters,
    connections: Annotated[int, typer.Option(min=1, help="Connections that may be open.")] = _DEFAULTS.connections,
    deadline: Annotated[
        float, typer.Option(min=0.1, help="Seconds in which a request must have come.")
    ] = _DEFAULTS.deadline,
) -> None:
    """Start the relay and print its address. Ctrl-C stops it."""
    if context.invoked_subcommand is not None:
        return
    settings = Settings(
        quota_blobs=quota_blobs,
        quota_bytes=quota_bytes,
        disk_bytes=disk_bytes,
        waiters_by_mailbox=waiters_by_mailbox,
        waiters=waiters,
        connections=connections,
        deadline=deadline,
    )
    home = _home(folder)
    store = _open(home, database)
    try:
        identity = load_identity(home)
        secure = tls or not _is_loopback(host)
        with _listen(host, port) as listener:

            def ready() -> None:
                scheme = "https" if secure else "http"
                here, bound = listener.getsockname()[:2]
                url = f"{scheme}://{_reachable(host if secure else here)}:{bound}/#{identity.fragment}"
                line = json.dumps({"url": url, "id": identity.fragment}) if as_json else f"The relay is at {url}"
                typer.echo(line)

            serve(store, identity, settings, listener, tls_folder=home if secure else None, ready=ready)
    except (IdentityError, StoreError) as error:
        raise _failure(str(error)) from error
    finally:
        store.close()


@relay.command()
def tidy(database: _Database = None, folder: _Folder = None) -> None:
    """Write the database anew, so that nothing is left of what expired. A running relay pauses meanwhile."""
    store = _open(_home(folder), database)
    try:
        store.tidy()
    except DBAPIError as error:
        raise _failure(str(store.unusable(error))) from error
    finally:
        store.close()
    typer.echo("The database is tidy.")


@relay.command()
def migrate(database: _Database = None, folder: _Folder = None) -> None:
    """Bring the database of an older version up to this one. Stop the relay and back it up before."""
    _open(_home(folder), database, migrate=True).close()
    typer.echo("The database is of this version.")


@relay.command()
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="URL of the database to copy.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="URL of an empty database, or of an earlier copy.")],
) -> None:
    """Copy a database, also while a relay serves it: to back it up, or to move it. Run again, it copies what is new."""
    try:
        with contextlib.closing(Store(source)) as old, contextlib.closing(Store(target)) as new:
            mailboxes, blobs = copy_all(old, new)
    except StoreError as error:
        raise _failure(str(error)) from error
    typer.echo(f"Copied {blobs} blobs; the copy has all {mailboxes} mailboxes.")


def _failure(message: str) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(_CANNOT_START)


def _home(folder: Path | None) -> Path:
    home = folder or Path(platformdirs.user_data_dir("taboon-relay", appauthor=False))
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _failure(f"The folder {home} cannot be made: {error.strerror}.") from error
    # SQLite's own temporary files (a VACUUM's) stay where the database is.
    os.environ["SQLITE_TMPDIR"] = str(home)
    return home


def _open(home: Path, database: str | None, *, migrate: bool = False) -> Store:
    try:
        return Store(database or home / _DATABASE, busy_seconds=_DEFAULTS.busy_seconds, migrate=migrate)
    except StoreError as error:
        raise _failure(str(error)) from error


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _failure(f"{host} is no address of this machine.") from error
    try:
        if os.name == "posix":  # on Windows this would let two relays take one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise _failure(
            f"Port {port} of {host} cannot be used: {error.strerror}. Choose another with --port."
        ) from error
    return listener


def _reachable(host: str) -> str:
    """Return what others reach this machine by, as it stands in a URL."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                # Sends nothing: it only asks the system which of its addresses leads outward (RFC 5737, RFC 3849).
                probe.connect(("192.0.2.1" if address.version == 4 else "2001:db8::1", 9))
                address = ipaddress.ip_address(probe.getsockname()[0])
            except OSError:
                return socket.gethostname()
    return f"[{address}]" if address.version == 6 else str(address)
