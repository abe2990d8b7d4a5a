"""`taboon relay`: the relay's commands, found by the `taboon` command through an entry point."""

import contextlib
import difflib
import inspect
import ipaddress
import json
import os
import re
import shlex
import shutil
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import platformdirs
import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from taboon_server import check as checks
from taboon_server.copying import copy_all
from taboon_server.database import StoreError, error_name, is_in_use, parse_url, put_aside
from taboon_server.identity import IdentityError, load_identity, own_files
from taboon_server.serve import serve
from taboon_server.settings import CONFIGURATION, Settings, load
from taboon_server.store import Store

_DATABASE: Final = "relay.db"
_USAGE: Final = 2  # the exit codes of docs/cli.md
_INPUT: Final = 5
_UNSAFE: Final = 1

relay = typer.Typer(
    help="Run a relay: it stores encrypted blobs in mailboxes, in order, until they expire.",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
)

_Folder = Annotated[
    Path | None,
    typer.Option(
        "--folder", "--home", envvar="TABOON_RELAY_HOME", help="Where the relay keeps its key and its database."
    ),
]
_Config = Annotated[
    Path | None,
    typer.Option(
        envvar="TABOON_RELAY_CONFIG", help=f"TOML file of settings; by default {CONFIGURATION} in the folder."
    ),
]
_Database = Annotated[str | None, typer.Option(help=Settings.model_fields["database"].description)]


def start(
    context: typer.Context,
    folder: _Folder = None,
    config: _Config = None,
    popup: Annotated[
        bool, typer.Option("--popup", help="A relay for those around, without any settings: its address as a QR code.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Put a database that is damaged aside, and begin with an empty one.")
    ] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Delete key and database when the relay stops.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say where the relay is as JSON.")] = False,
    **flags: Any,
) -> None:
    """Start the relay and print its address. Ctrl-C stops it.

    Every setting below may also stand in the environment (--quota-blobs as TABOON_RELAY_QUOTA_BLOBS) or in the TOML
    file (quota_blobs = 1000). A flag goes before the environment, and that before the file.
    """
    if context.invoked_subcommand is not None:
        return
    or_any = popup and flags["port"] is None
    if popup and flags["host"] is None:
        flags["host"] = "0.0.0.0"  # noqa: S104 - everyone around is meant
    home, settings, where = _set_up(folder, config, popup=popup, **flags)
    if settings.pass_file is not None and not settings.pass_file.is_file():
        raise _failure(f"There is no file of passes at {settings.pass_file}. Nobody could make a mailbox.")
    if forget:
        _forgettable(where)
    with _opened(where, settings, fresh=fresh) as store, contextlib.ExitStack() as listeners:
        if settings.share_port and not store.is_postgres:
            raise _failure("Several processes need PostgreSQL: with SQLite, readers at one never hear of the others.")
        identity = load_identity(home)
        secure = settings.tls or not checks.is_local(settings.host)
        listener = listeners.enter_context(
            _listen(settings.host, settings.port, shared=settings.share_port, or_any=or_any)
        )
        metrics = None
        if settings.metrics_port is not None:
            metrics = listeners.enter_context(_listen("127.0.0.1", settings.metrics_port))

        def ready() -> None:
            scheme = "https" if secure else "http"
            here, bound = listener.getsockname()[:2]
            places = _reachable(settings.host if secure else here)
            urls = [f"{scheme}://{place}:{bound}/#{identity.fragment}" for place in places]
            if as_json:
                typer.echo(json.dumps({"url": urls[0], "id": identity.fragment}))
                return
            typer.echo(f"The relay is at {urls[0]}")
            if popup:
                from taboon_server.popup import show

                show(urls)

        serve(store, identity, settings, listener, metrics, tls_folder=home if secure else None, ready=ready)
    if forget:
        _forget(home, where)
    elif popup:
        command = f"taboon relay forget --folder {shlex.quote(str(home))}"
        typer.echo(f"What was stored is kept for the next time. To delete it: {command}", err=True)


def _with_settings() -> Any:
    """Give `start` one option for each setting, so that flags, environment and file cannot drift apart."""
    signature = inspect.signature(start)
    parameters = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
    for name, field in Settings.model_fields.items():
        shown = f"{field.description} [{field.default}]" if field.default not in (None, False) else field.description
        flag = f"--{name.replace('_', '-')}"
        annotation = (
            Annotated[bool | None, typer.Option(flag, help=shown, show_default=False)]
            if field.annotation is bool
            else Annotated[str | None, typer.Option(flag, help=shown, show_default=False, metavar="VALUE")]
        )
        parameters.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation))
    start.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    start.__annotations__ |= {each.name: each.annotation for each in parameters}
    return start


relay.callback()(_with_settings())


@relay.command()
def tidy(folder: _Folder = None, config: _Config = None, database: _Database = None) -> None:
    """Write the database anew, so that nothing is left of what expired. A running relay pauses meanwhile."""
    _, settings, where = _set_up(folder, config, database=database)
    with _opened(where, settings) as store:
        whole = store.tidy()
    typer.echo("The database is tidy.")
    if not whole:
        typer.echo("Its log was left: it is in use, or the relay's user at PostgreSQL may not empty it.", err=True)


@relay.command()
def migrate(folder: _Folder = None, config: _Config = None, database: _Database = None) -> None:
    """Bring the database of an older version up to this one. Stop the relay and back it up before."""
    _, settings, where = _set_up(folder, config, database=database)
    with _opened(where, settings, migrate=True):
        typer.echo("The database is of this version.")


@relay.command()
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="URL of the database to copy.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="URL of an empty database, or of an earlier copy.")],
) -> None:
    """Copy a database, also while a relay serves it: to back it up, or to move it. Run again, it copies what is new."""
    try:
        url = parse_url(source)
        if url.drivername == "sqlite" and not Path(url.database or "").exists():
            raise _failure(f"There is no database at {url.database}.", _INPUT)
        with contextlib.closing(Store(source)) as old, contextlib.closing(Store(target)) as new:
            mailboxes, blobs = copy_all(old, new)
    except StoreError as error:
        raise _failure(str(error), _INPUT) from error
    except DBAPIError as error:  # its own text would show what did not fit
        told = f"The copy is not whole ({error_name(error)}). Look for room, locks and damage, and run it again."
        raise _failure(told, _INPUT) from None
    typer.echo(f"Copied {blobs} blobs; the copy has all {mailboxes} mailboxes.")


@relay.command()
def check(folder: _Folder = None, config: _Config = None, database: _Database = None) -> None:
    """Say what is unsafe about how this relay is set up. Ends with 1 if anything is."""
    home, settings, where = _set_up(folder, config, database=database)
    try:
        unsafe = list(checks.unsafe(home, where, settings))
    except StoreError as error:
        raise _failure(str(error), _INPUT) from error
    for line in unsafe or ["Nothing unsafe was found."]:
        typer.echo(line)
    if unsafe:
        raise typer.Exit(_UNSAFE)


@relay.command()
def forget(
    folder: _Folder = None,
    config: _Config = None,
    database: _Database = None,
    popup: Annotated[bool, typer.Option("--popup", help="What a pop-up relay has stored.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete the relay's key and everything it has stored. Nothing of it comes back."""
    home, _, where = _set_up(folder, config, popup=popup, database=database)
    path = _forgettable(where)
    if path.exists() and is_in_use(path):
        raise _failure("A relay is running on it, and would go on with what it holds. Stop it, then forget.", _INPUT)
    if not yes:
        typer.confirm(f"Delete the relay in {home}, for all who use it?", abort=True)
    _forget(home, where)
    typer.echo("The relay has forgotten everything.")


@relay.command()
def openapi() -> None:
    """Print the OpenAPI document of the five calls."""
    from taboon_server.app import document

    typer.echo(json.dumps(document(), indent=2))


def _failure(message: str, code: int = _USAGE) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(code)


def _set_up(
    folder: Path | None, config: Path | None, *, popup: bool = False, **flags: Any
) -> tuple[Path, Settings, Path | str]:
    """Return the relay's folder, its settings, and where its database is."""
    home = folder or Path(platformdirs.user_data_dir("taboon-popup" if popup else "taboon-relay", appauthor=False))
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _failure(f"The folder {home} cannot be made: {error.strerror}.") from error
    # SQLite's own temporary files (a VACUUM's) stay where the database is.
    os.environ["SQLITE_TMPDIR"] = str(home)
    path = config or (home / CONFIGURATION if (home / CONFIGURATION).exists() else None)
    try:
        settings = load(path, {name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = "_".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            near = difflib.get_close_matches(name, Settings.model_fields, 1, 0)
            raise _failure(f"There is no setting {name}. The nearest is {near[0]}.") from None
        raise _failure(f"The setting {name} does not fit: {first['msg']}.") from None
    except tomllib.TOMLDecodeError as error:
        raise _failure(f"{path} is no TOML: {error}.") from None
    except OSError as error:
        raise _failure(f"{path} cannot be read: {error.strerror}.") from None
    return home, settings, settings.database or home / _DATABASE


@contextlib.contextmanager
def _opened(where: Path | str, settings: Settings, *, migrate: bool = False, fresh: bool = False) -> Iterator[Store]:
    """Open the database and close it; what is wrong with it or with the key is said in one line."""
    with contextlib.ExitStack() as stack:
        try:
            try:
                store = Store(where, busy_seconds=settings.busy_seconds, migrate=migrate)
            except StoreError:
                if not fresh:
                    raise
                typer.echo(f"The old database is at {put_aside(where)}.", err=True)
                store = Store(where, busy_seconds=settings.busy_seconds)
            yield stack.enter_context(contextlib.closing(store))
        except (IdentityError, StoreError) as error:
            raise _failure(str(error), _INPUT) from error
        except DBAPIError as error:
            raise _failure(str(store.unusable(error)), _INPUT) from error


def _forgettable(where: Path | str) -> Path:
    """Return the path of a database that can be deleted."""
    try:
        url = parse_url(where)
    except StoreError as error:
        raise _failure(str(error), _INPUT) from error
    if url.drivername != "sqlite":
        raise _failure("What PostgreSQL holds is to be deleted there, with its log and its backups.", _INPUT)
    return Path(url.database or "")


def _forget(home: Path, where: Path | str) -> None:
    """Delete a relay's key and database, the key first: without it nobody can take the relay's place."""
    database = _forgettable(where)
    its_files = re.compile(re.escape(database.name) + r"(\.aside-[0-9]+)?(-wal|-shm|-journal)?")
    here = [path for path in database.parent.glob("*") if its_files.fullmatch(path.name)]
    for path in own_files(home) + sorted(here):
        path.unlink(missing_ok=True)
    if not any(home.iterdir()):
        shutil.rmtree(home, ignore_errors=True)


def _listen(host: str, port: int, *, shared: bool = False, or_any: bool = False) -> socket.socket:
    """Take a port, or any that is free where another has it: an address stays the same the next time if it can."""
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
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)
    except (OSError, AttributeError) as error:
        listener.close()
        if or_any:
            return _listen(host, 0)
        why = getattr(error, "strerror", "this system shares no ports")
        raise _failure(f"Port {port} of {host} cannot be used: {why}. Choose another.") from error
    return listener


def _reachable(host: str) -> list[str]:
    """Return what others reach this machine by, as it stands in a URL; never empty."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return [host]
    addresses = [address]
    if address.is_unspecified:
        from taboon_server.popup import own_addresses

        addresses = own_addresses(address.version) or [ipaddress.ip_address("127.0.0.1")]
    return [f"[{each}]" if each.version == 6 else str(each) for each in addresses]
