"""What the side of a fork that is left had done, for the side that stands: done again by its admins, or said aloud.

Nobody is let in again by it: who was removed on the side that is left is wished to be removed here, too, by every
admin's device, and so are changes of the rules, roles lost among them. Until those whom it had removed are gone, for 7
days at most, the device sends nothing that they could read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from taboon_client import cbor
from taboon_client.group.changes import PLAIN, PolicyChange
from taboon_client.vault import groups, other_sides, popups
from taboon_client.vault import members as member_rows

if TYPE_CHECKING:
    from collections.abc import Collection

    from taboon_client.group.policy import Policy
    from taboon_client.vault import Connection

__all__ = ["Redo", "later", "now_again", "of_chain"]

_READ_ONLY: Final = 7 * 86_400
_WAITS: Final = (
    "you had removed somebody who is still in the group as it stands now. Until an admin's device has removed them "
    "again, for 7 days at most, this device sends nothing that they could read"
)
_RULES: Final = (
    "the rules of the group had been changed in the history that this device has left. Admins' devices ask for these "
    "changes again; until then the rules are as they were before"
)
_LET_IN: Final = (
    "somebody had been let in in the history that this device has left, and is not in the group as it stands now. "
    "Whoever let them in makes them a new invite"
)


class Redo(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is to be done again.

    Attributes:
        removed: Who had been removed, with the author of the removal.
        rules: What had been changed in the rules, as ``PolicyChange`` writes it; empty if nothing.
        authors: Who had changed them.
        let_in: Whether somebody had been let in.
    """

    removed: tuple[tuple[bytes, bytes], ...] = ()
    rules: bytes = b""
    authors: tuple[bytes, ...] = ()
    let_in: bool = False


def of_chain(tx: Connection, grp: int, epoch: int, before: Policy, after: Policy) -> Redo:
    """Return what our side has done since an epoch.

    Args:
        tx: A transaction.
        grp: The group, still on the side that is left.
        epoch: Where the sides part.
        before: The policy of that epoch.
        after: The policy that our side has come to.
    """
    removed: dict[bytes, bytes] = {}
    authors, let_in = set[bytes](), False
    for deed in member_rows.deeds(tx, grp):
        if deed.epoch <= epoch:
            continue
        if deed.kind in ("removed", "left"):
            removed.update((one, deed.author) for one in cbor.decode(deed.members))
        elif deed.kind == "rules":
            authors.add(deed.author)
        let_in = let_in or deed.kind == "added"
    rules = _difference(before, after, removed) if authors else b""
    return Redo(tuple(sorted(removed.items())), rules, tuple(sorted(authors)) if rules else (), let_in)


def _difference(before: Policy, after: Policy, removed: Collection[bytes]) -> bytes:
    changed: dict[str, Any] = {
        name: value for name in PLAIN if name != "relays" and (value := getattr(after, name)) != getattr(before, name)
    }
    change = PolicyChange(
        admins_in=tuple(sorted(set(after.admins) - set(before.admins))),
        admins_out=tuple(sorted(set(before.admins) - set(after.admins) - set(removed))),
        **changed,
    )
    return b"" if change == PolicyChange() else change.encode()


def later(tx: Connection, grp: int, redo: Redo) -> None:
    """Keep what is to be done again until this device is on the side that stands."""
    other_sides.set_redo(tx, grp, cbor.encode(msgspec.to_builtins(redo, builtin_types=(bytes,))))


def now_again(
    tx: Connection, grp: int, policy: Policy, members: Collection[bytes], now: int, redo: Redo | None = None
) -> list[str]:
    """On the side that stands: wish for it, and send nothing meanwhile. Returns sentences.

    What somebody had done who is no member of this side is not done again.

    Args:
        tx: A transaction that writes.
        grp: The group.
        policy: Of this side.
        members: Identity keys of this side.
        now: Unix time.
        redo: What to do again; None for what was kept.
    """
    if redo is None:
        raw = other_sides.take_redo(tx, grp)
        if raw is None:
            return []
        redo = msgspec.convert(cbor.decode(raw), Redo, builtin_types=(bytes,))
    own = groups.get_group(tx, grp).identity
    admin = policy.is_admin(own)
    still = [gone for gone, author in redo.removed if gone in members and author in members and gone != own]
    for gone in still:
        popups.step_back(tx, grp, gone, now + _READ_ONLY)
        if admin:
            groups.add_wish(tx, grp, "remove", gone)
    rules = bool(redo.rules) and all(author in members for author in redo.authors)
    if rules and admin:
        groups.add_wish(tx, grp, "policy", redo.rules)
    return [*([_WAITS] if still else []), *([_RULES] if redo.rules else []), *([_LET_IN] if redo.let_in else [])]
