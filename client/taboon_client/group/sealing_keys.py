"""Keeps the members' sealing keys in the vault, where sealing finds them without loading MLS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.errors import FormatError
from taboon_client.group.leaf import LEAF_EXTENSION, LeafContent
from taboon_client.vault import board
from taboon_crypto import mls

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.vault import Connection

__all__ = ["note_sealing_keys"]


def note_sealing_keys(
    tx: Connection, grp: int, group: mls.Group, changed: Iterable[mls.Member] | None = None, gone: Iterable[bytes] = ()
) -> None:
    """Note the sealing keys of a group's present members.

    Args:
        tx: A transaction that writes.
        grp: The group.
        group: In its present epoch.
        changed: Whose leaves are new; all members unless told.
        gone: Identity keys of those who are members no longer.
    """
    if changed is None:
        board.drop_sealing_keys(tx, grp)
    board.drop_sealing_keys(tx, grp, gone)
    for member in group.members() if changed is None else changed:
        try:
            data = mls.find_extension(member.extensions, LEAF_EXTENSION)
            key = LeafContent.decode(data, group.suite).sealing_key
        except FormatError:
            continue
        board.set_sealing_key(tx, grp, member.signature_key, key)
