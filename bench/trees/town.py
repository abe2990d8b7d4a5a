"""A group of Taboon of any size, at a real relay: whoever of its members is needed gets a vault and is a real device.

The others are leaves in the tree, with keys like anybody's: what a commit costs depends on them and not on whether
somebody sits behind them.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from tests.support import PASSPHRASE

from bench.trees.world import SUITE, World
from taboon_client.blocking import Taboon
from taboon_client.board import Name
from taboon_client.group.desk import Desk
from taboon_client.group.epoch import mailbox_of, record_of
from taboon_client.group.leaf import LeafKeys, member_profile
from taboon_client.group.ledger import FOLD_VERSION
from taboon_client.group.policy import POLICY_EXTENSION, Policy, RelayEntry
from taboon_client.group.rules import required_extensions
from taboon_client.group.sealing_keys import note_sealing_keys
from taboon_client.relay.address import RelayAddress
from taboon_client.vault import Vault
from taboon_client.vault import groups as rows
from taboon_crypto import mls
from taboon_crypto.slots import SMALL_COST

if TYPE_CHECKING:
    from pathlib import Path

    from taboon_client.vault import Connection

__all__ = ["GROUP", "Town"]

GROUP = "Town"


class Town:
    """One epoch of a group whose member at leaf 0 is its admin.

    Args:
        size: How many members it has.
        relay: The relay's address with its id.
    """

    def __init__(self, size: int, relay: str) -> None:
        self._relay = RelayAddress.parse(relay)
        self._signers = [mls.SigningKey.generate(os.urandom) for _ in range(size)]
        self._keys = [LeafKeys.generate(os.urandom, suite=SUITE) for _ in range(size)]
        entry = RelayEntry(url=self._relay.base_url, id=self._relay_id)
        policy = Policy.founding(self._signers[0].public, entry)
        self.world = World(
            size,
            profiles=[
                member_profile(signer, keys.content) for signer, keys in zip(self._signers, self._keys, strict=True)
            ],
            extensions=(
                mls.Extension(mls.REQUIRED_CAPABILITIES, required_extensions()),
                mls.Extension(POLICY_EXTENSION, policy.encode()),
            ),
            signed_generations=True,
        )

    @property
    def _relay_id(self) -> bytes:
        if self._relay.relay_id is None:
            raise ValueError("the relay's address lacks its id")
        return self._relay.relay_id

    def device(self, leaf: int, folder: Path) -> Taboon:
        """Give the member at a leaf a vault, and open it."""
        vault = Vault.create(folder, PASSPHRASE, cost=SMALL_COST)
        desk = Desk(vault, os.urandom, time.time)
        try:
            desk.keeper.write(lambda tx: self._enter(desk, tx, leaf))
        finally:
            vault.close()
        return Taboon.open(PASSPHRASE, folder)

    def fresh_leaf(self, leaf: int) -> tuple[mls.Extension, ...]:
        """Return the extensions of a renewed leaf, for MLS alone."""
        return member_profile(self._signers[leaf], LeafKeys.generate(os.urandom, suite=SUITE).content).extensions

    def fresh_profile(self) -> mls.MemberProfile:
        """Return what somebody says who is no member yet, for MLS alone."""
        return member_profile(mls.SigningKey.generate(os.urandom), LeafKeys.generate(os.urandom, suite=SUITE).content)

    def _enter(self, desk: Desk, tx: Connection, leaf: int) -> None:
        group, signer, keys = self.world.group(leaf), self._signers[leaf], self._keys[leaf]
        grp = rows.add_group(
            tx,
            group_id=group.group_id,
            name=GROUP,
            relay_url=self._relay.base_url,
            relay_id=self._relay_id,
            identity_seed=signer.seed,
            identity=signer.public,
            added_by=None,
            joined=group.epoch,
        )
        rows.add_leaf_key(tx, grp, "append", keys.content.append_key, keys.append_seed)
        rows.add_leaf_key(tx, grp, "sealing", keys.content.sealing_key, keys.sealing_private)
        desk.keeper.save(tx, grp, group)
        desk.ledger.add_epoch(tx, grp, record_of(group), None)
        rows.set_mailbox(tx, mailbox_of(group, grp))
        rows.set_fold_version(tx, grp, FOLD_VERSION)
        note_sealing_keys(tx, grp, group)
        desk.ledger.make(tx, grp, Name(name=f"member {leaf}"), "people", ())
