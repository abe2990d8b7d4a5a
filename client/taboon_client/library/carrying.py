"""Taking things in: what an import needs to know of a group, and what this device remembers of imports before."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from taboon_client import cbor
from taboon_client.library.held import Held
from taboon_client.vault import groups as group_rows
from taboon_client.vault import own_settings
from taboon_crypto.primitives.hkdf import expand

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from taboon_client.vault import Connection

__all__ = ["Carrying"]

_COLUMNS: Final = "columns"


class Carrying(Held):
    """Imports into one group."""

    async def row_secret(self) -> bytes:
        """Return the 32 bytes under which this device names imported entries that have something sealed in them."""

        def act(tx: Connection) -> bytes:
            seed = group_rows.get_group(tx, self.row_id).identity_seed
            return bytes(expand("sha256", seed, b"taboon import rows v1", 32))

        return await self._read(act)

    async def columns(self, header: Sequence[str]) -> dict[str, str]:
        """Return what the columns of a sheet with this header were said to be; nothing if that was never said."""
        saved = await self._read(lambda tx: own_settings.settings(tx, self.row_id, _COLUMNS))
        value = saved.get(_name(header))
        return {} if value is None else dict(cbor.decode(value))

    async def remember_columns(self, header: Sequence[str], fields: Mapping[str, str]) -> None:
        """Remember what the columns of a sheet are, for the next one with the same header."""
        name, value = _name(header), cbor.encode(dict(fields))
        await self._write(lambda tx: own_settings.set_setting(tx, self.row_id, _COLUMNS, name, value))


def _name(header: Sequence[str]) -> str:
    return hashlib.sha256(cbor.encode(list(header))).hexdigest()[:32]
