"""A vault with a group of one member, a clock that is turned by hand, and a look at the file's very bytes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from taboon_client.board import Item, Need
from taboon_client.group.acts import Acts
from taboon_client.group.desk import Desk
from taboon_client.group.founding import found_group
from taboon_client.group.secret_acts import SecretActs
from taboon_client.group.settings import SUITE
from taboon_client.vault import Vault, board
from taboon_crypto import slots
from taboon_crypto.primitives.hkdf import expand
from tests.support import PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from taboon_client.board import Details
    from taboon_client.vault import Connection
    from taboon_crypto.mls import CipherSuite

T = TypeVar("T")
_PAGE, _RESERVED, _SALT, _BLOCK = 4_096, 80, 16, 16
_WAL_HEAD, _FRAME_HEAD = 32, 24


class Home:
    """A vault, and the group in it."""

    def __init__(self, folder: Path, suite: CipherSuite = SUITE) -> None:
        self.folder = folder
        self.suite = suite
        self.time = 1_800_000_000.0
        self.vault = Vault.create(folder, PASSPHRASE)
        self.desk = Desk(self.vault, os.urandom, lambda: self.time)
        self.grp = self.desk.keeper.write(self._found)

    def _found(self, tx: Connection) -> int:
        return found_group(
            tx,
            self.desk.keeper,
            self.desk.ledger,
            name="Harbour",
            own_name="Layla",
            relay_url="http://127.0.0.1:1",
            relay_id=bytes(32),
            suite=self.suite,
            random=os.urandom,
            now=self.desk.now,
        )

    def write(self, act: Callable[[Connection], T]) -> T:
        return self.desk.keeper.write(act)

    def read(self, act: Callable[[Connection], T]) -> T:
        return self.desk.keeper.read(act)

    def acts(self, tx: Connection) -> Acts:
        return Acts(tx, self.desk.ledger, self.grp, self.desk.now)

    def post(self, title: str = "Bread", *, details: Details | None = None, **fields: object) -> Item:
        need = Need(title=title, created=self.desk.now, **fields)  # type: ignore[arg-type] # fields of any type
        made = self.write(lambda tx: self.acts(tx).post(need, None, details)[0])
        found = self.item(made)
        assert found is not None
        return found

    def act(self, item: Item, what: Callable[[Acts], object]) -> Item | None:
        self.write(lambda tx: what(self.acts(tx)))
        return self.item(item.id)

    def secretly(self, item: Item, what: Callable[[SecretActs], object]) -> Item | None:
        self.write(lambda tx: what(SecretActs(self.acts(tx))))
        return self.item(item.id)

    def item(self, item: bytes) -> Item | None:
        folded = self.read(lambda tx: board.folded_item(tx, item))
        return None if folded is None else Item.decode(folded)

    def titles(self) -> set[str]:
        return {Item.decode(row).title for row in self.read(lambda tx: board.items(tx, self.grp))}

    def count(self, table: str) -> int:
        return int(self.read(lambda tx: tx.execute(f"SELECT count(*) FROM {table}").fetchone()[0]))

    def later(self, *, days: float) -> None:
        """Turn the clock, and do what a vault does when it is opened."""
        self.time += days * 86_400
        self.desk.refresh()

    def bytes_on_disk(self) -> bytes:
        """Return everything that lies in the vault's files, decrypted page by page: free pages and slack too."""
        key = expand("sha256", slots.unlock((self.folder / "vault.slots").read_bytes(), PASSPHRASE), _LABEL, 32)
        plain = bytearray()
        database = (self.folder / "vault.db").read_bytes()
        for start in range(0, len(database), _PAGE):
            plain += _page(key, database[start : start + _PAGE], _SALT if start == 0 else 0)
        wal = self.folder / "vault.db-wal"
        frames = wal.read_bytes()[_WAL_HEAD:] if wal.exists() else b""
        for start in range(0, len(frames) - _PAGE + 1, _FRAME_HEAD + _PAGE):
            number = int.from_bytes(frames[start : start + 4], "big")
            page = frames[start + _FRAME_HEAD : start + _FRAME_HEAD + _PAGE]
            plain += _page(key, page, _SALT if number == 1 else 0)
        return bytes(plain)


_LABEL = b"taboon vault database v1"


def _page(key: bytes, page: bytes, skip: int) -> bytes:
    """Decrypt a page of SQLCipher 4: AES-256-CBC, the IV first in the reserved bytes at its end."""
    end = len(page) - _RESERVED
    iv = page[end : end + _BLOCK]
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    return decryptor.update(page[skip:end]) + decryptor.finalize()
