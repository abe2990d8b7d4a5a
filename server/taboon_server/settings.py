"""What an operator can set: as a flag, as `TABOON_RELAY_…` in the environment, or in a TOML file, in this order."""

import os
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from taboon_server.memory import there_is

MIB: Final = 1 << 20
CONFIGURATION: Final = "relay.toml"
_PREFIX: Final = "TABOON_RELAY_"
_ELSEWHERE: Final = {"home", "config"}  # said in the environment, and of no use in the file
_CONNECTION: Final = 70_000  # bytes: measured, docs/operating.md
_Count = Annotated[int, Field(ge=1)]
_Mebibytes = Annotated[int, Field(ge=MIB)]
_Seconds = Annotated[float, Field(gt=0)]
_Port = Annotated[int, Field(ge=0, le=65_535)]


class Settings(BaseSettings):
    """One relay. What stands under each field is what `--help` says of its flag."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="forbid", use_attribute_docstrings=True)

    host: str = "127.0.0.1"
    """Address to listen on. Other than on loopback, TLS is always on."""
    port: _Port = 8_425
    """Port to listen on; 0 takes a free one."""
    database: str | None = None
    """URL of the database, sqlite:///PATH or postgresql://…; by default a file in the relay's folder."""
    tls: bool = False
    """TLS with the relay's own key on loopback too."""
    share_port: bool = False
    """Let other relay processes take the same port."""
    pass_file: Path | None = None
    """File with the passes of those who may make mailboxes, one a line; read again when it changes."""
    longest_retention: Annotated[Literal[1, 7, 30, 120], BeforeValidator(int)] = 120
    """Days that mailboxes are kept at most."""
    quota_blobs: _Count = 65_536
    """Blobs that a mailbox takes (a seal comes on top)."""
    quota_bytes: _Count = 512 * MIB
    """Bytes that a mailbox takes (a seal comes on top)."""
    quota_minute: _Count = 10_000
    """Appends that a mailbox takes in a minute (a seal comes on top)."""
    quota_mailboxes: _Count = 1_000_000
    """Mailboxes that the relay takes."""
    quota_creations: _Count = 6_000
    """Mailboxes that the relay makes in a minute."""
    disk_bytes: _Count | None = None
    """Bytes that all blobs may take together; as many as the disk holds by default."""
    reserve_bytes: int = 64 * MIB
    """Free bytes on the disk, besides what is set aside for seals, below which only seals are stored."""
    waiters_by_mailbox: _Count = 1_000
    """Readers that may wait on one mailbox."""
    waiters: _Count = 4_096
    """Readers that may wait in total."""
    connections: _Count = min(8_192, there_is() // 4 // _CONNECTION)
    """Connections that may be open; by default they take a quarter of the memory at most."""
    deadline: _Seconds = 10.0
    """Seconds in which a request must have come."""
    slowest: _Count = 8_192
    """Bytes a second that bodies and answers must make besides, on the slowest line."""
    keep_alive: _Seconds = 60.0
    """Seconds that an idle connection is kept."""
    body_bytes: _Mebibytes = 32 * MIB
    """Bytes of bodies that may be on their way in, and of answers that nobody has taken yet."""
    pending: _Count = 1_024
    """Writes that may wait for the database, and as many reads."""
    pending_bytes: _Mebibytes = 32 * MIB
    """Bytes of blobs that may wait for the database."""
    busy_seconds: _Seconds = 4.0
    """Seconds to wait for a database that another process has locked."""
    purge_seconds: _Seconds = 60.0
    """Seconds between two looks at what has expired and at what is stored."""
    believe_clock: bool = False
    """Expire by the clock also when the relay was off for long, or its clock leapt while it was."""
    metrics_port: _Port | None = None
    """Port on loopback where Prometheus reads totals; none by default."""


def load(path: Path | None, flags: dict[str, Any]) -> Settings:
    """Return the settings from flags, environment and file (None: no file), the first that says something.

    Raises:
        pydantic.ValidationError: one of them makes no sense.
        OSError: there is no such file.
        tomllib.TOMLDecodeError: the file is no TOML.
    """

    class Loaded(Settings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_: object, **sources: PydanticBaseSettingsSource
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return sources["init_settings"], sources["env_settings"], TomlConfigSettingsSource(settings_cls, path)

    if path is not None:
        path.open().close()  # pydantic passes over a file that is not there
    said = {name.upper().removeprefix(_PREFIX).lower() for name in os.environ if name.upper().startswith(_PREFIX)}
    # Nor does it look at a variable that is no setting: given as a flag, it is refused as in the file.
    strange: dict[str, Any] = dict.fromkeys(said - Settings.model_fields.keys() - _ELSEWHERE)
    return Loaded(**strange, **flags)
