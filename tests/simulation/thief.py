"""A member who was removed and gives nothing back: every copy of the vault, and all that any relay ever had."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taboon_client.group.epoch import epoch_id
from taboon_client.group.settings import LIMITS
from taboon_client.session.commits import psks_of
from taboon_client.session.kept import all_kept
from taboon_client.vault import Vault, forks
from taboon_client.vault import groups as rows
from taboon_crypto import mls
from taboon_crypto.blob import Assembler, Kind, Part, Whole, open_blob, parse_content
from taboon_crypto.errors import CryptoError
from tests.support import PASSPHRASE

if TYPE_CHECKING:
    from pathlib import Path

    from taboon_client.vault import Connection
    from tests.simulation.world import Device, World

__all__ = ["Loot", "Thief"]


@dataclass(slots=True)
class Loot:
    """What somebody gets out of copies of a vault: blob keys, and the ids of the epochs whose secrets they hold."""

    keys: set[bytes] = field(default_factory=set)
    epochs: set[bytes] = field(default_factory=set)


class Thief:
    """Somebody who is to be removed, and keeps copies of the vault as it was on the way."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.name = device.name
        self.identity = device.row.identity
        self._copies: list[Path] = []
        self.copy()

    def copy(self) -> None:
        """Keep the vault as it is now: the first one, and the last one before it lost its keys."""
        if self.device.row.state == "removed":
            return
        target = self.device.folder.with_name(f"{self.name}.kept{min(len(self._copies), 1)}")
        shutil.rmtree(target, ignore_errors=True)
        self.device.backup().rename(target)
        if target not in self._copies:
            self._copies.append(target)

    def last(self, world: World, chain: dict[bytes, int]) -> int:
        """Return the number of the last epoch that they were a member in."""
        found = world.chronicle.epochs
        return max((found[one][0] for one in chain if one in found and self.identity in found[one][2]), default=-1)

    def loot(self, world: World) -> Loot:
        """Try everything: all keys on all that was ever seen, and every commit on every epoch that is reached."""
        loot = Loot()
        waiting: list[dict[str, bytes]] = []
        for folder in self._copies:
            vault = Vault.open(folder, PASSPHRASE)
            try:
                keys, states = vault.read(_held)
            finally:
                vault.close()
            loot.keys |= keys
            waiting += states
        seen = world.seen
        while waiting:
            waiting += _follow(waiting.pop(), seen, loot)
        return loot


def _held(tx: Connection) -> tuple[set[bytes], list[dict[str, bytes]]]:
    """Return the blob keys and the states of groups in a vault, those of kept epochs too."""
    row = rows.all_groups(tx)[0]
    keys = {bytes(key) for (key,) in tx.execute("SELECT blob_key FROM mailbox WHERE grp = ?", (row.id,))}
    states = [rows.mls_parts(tx, row.id)]
    for kept in all_kept(tx, row.id):
        states.append(forks.parts_in(kept.state))
        keys.add(bytes(kept.mailbox.blob_key))
    return keys, [state for state in states if state]


def _commits(key: bytes, blobs: list[bytes]) -> list[bytes]:
    """Return the commits that a blob key opens among some blobs."""
    assembler, found = Assembler(), []
    for blob in blobs:
        try:
            parsed: Part | Whole | None = parse_content(open_blob(key, blob))
            if isinstance(parsed, Part):
                parsed = assembler.add(parsed)
            commit = parsed is not None and parsed.kind is Kind.MESSAGE
            if parsed is not None and commit and mls.content_type_of(parsed.body) is mls.ContentType.COMMIT:
                found.append(parsed.body)
        except (CryptoError, mls.MlsError):
            continue
    return found


def _follow(state: dict[str, bytes], seen: list[bytes], loot: Loot) -> list[dict[str, bytes]]:
    """Take what an epoch gives, and return the states that any commit out of it leads to."""
    here = mls.Group.load(state, limits=LIMITS)
    if epoch_id(here) in loot.epochs:
        return []
    key = bytes(here.export("taboon blob", b"", 32))
    loot.epochs.add(epoch_id(here))
    loot.keys.add(key)
    after = []
    for commit in _commits(key, seen):
        group = mls.Group.load(state, limits=LIMITS)
        try:
            staged = group.receive(commit, psks=psks_of)
            if isinstance(staged, mls.StagedCommit) and not staged.removes_self:
                group.merge(staged)
                after.append(group.parts())
        except mls.MlsError:
            continue
    return after
