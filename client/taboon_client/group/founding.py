"""A new group: its MLS state, policy, first epoch and first events, in one transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from taboon_client.board import GroupName, Name
from taboon_client.group.circles import prove
from taboon_client.group.epoch import mailbox_of, record_of
from taboon_client.group.leaf import LeafKeys, member_profile
from taboon_client.group.ledger import FOLD_VERSION
from taboon_client.group.policy import POLICY_EXTENSION, Policy, RelayEntry
from taboon_client.group.record import note_ages
from taboon_client.group.rules import required_extensions
from taboon_client.group.sealing_keys import note_sealing_keys
from taboon_client.group.settings import LIMITS
from taboon_client.vault import groups
from taboon_crypto import mls

if TYPE_CHECKING:
    from taboon_client.group.keeper import Keeper
    from taboon_client.group.ledger import Ledger
    from taboon_client.vault import Connection
    from taboon_crypto.mls import Random

__all__ = ["found_group"]


def found_group(
    tx: Connection,
    keeper: Keeper,
    ledger: Ledger,
    *,
    name: str,
    own_name: str,
    relay_url: str,
    relay_id: bytes,
    relay_pass: bytes = b"",
    suite: mls.CipherSuite,
    random: Random,
    now: int,
    parent: groups.GroupRow | None = None,
) -> int:
    """Make a group of one of the ``GROUP_SUITES`` whose only member and admin we are. Returns its row id.

    With a parent, a group of this vault, it is a circle of that group.

    Raises:
        FieldError: A name does not fit.
    """
    signer = mls.SigningKey.generate(random)
    above = b"" if parent is None else parent.group_id
    keys = LeafKeys.generate(
        random,
        suite=suite,
        parent=b"" if parent is None else parent.identity,
        proof=b"" if parent is None else prove(parent.identity_seed, above, signer.public),
    )
    policy = Policy.founding(signer.public, RelayEntry(url=relay_url, id=relay_id, pass_=relay_pass), above)
    group = mls.Group.create(
        suite,
        random(32),
        member_profile(signer, keys.content),
        extensions=(
            mls.Extension(mls.REQUIRED_CAPABILITIES, required_extensions()),
            mls.Extension(POLICY_EXTENSION, policy.encode()),
        ),
        now=now,
        random=random,
        signed_generations=True,
        limits=LIMITS,
    )
    grp = groups.add_group(
        tx,
        group_id=group.group_id,
        name=name,
        relay_url=relay_url,
        relay_id=relay_id,
        identity_seed=signer.seed,
        identity=signer.public,
        added_by=None,
        joined=0,
    )
    groups.add_leaf_key(tx, grp, "append", keys.content.append_key, keys.append_seed)
    groups.add_leaf_key(tx, grp, "sealing", keys.content.sealing_key, keys.sealing_private)
    keeper.save(tx, grp, group)
    ledger.add_epoch(tx, grp, record_of(group), signer.public)
    groups.set_mailbox(tx, replace(mailbox_of(group, grp), entered=now))
    groups.set_fold_version(tx, grp, FOLD_VERSION)
    note_sealing_keys(tx, grp, group)
    note_ages(tx, grp, [signer.public], group.epoch, now)
    ledger.make(tx, grp, GroupName(name=name), "settings", ())
    ledger.make(tx, grp, Name(name=own_name), "people", ())
    return grp
