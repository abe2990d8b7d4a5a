"""Comparing keys when two members meet: what one shows as a QR code and the other scans (docs/protocol.md, 4.4).

It holds no secret: whoever photographs it learns an identity key that no relay ever sees, and can do nothing with it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from typing import TYPE_CHECKING, Final

from taboon_client.errors import BadLinkError, NotAllowedError
from taboon_client.group.epoch import epoch_id
from taboon_client.vault import groups, members
from taboon_crypto.safety_code import SafetyCode, epoch_code

if TYPE_CHECKING:
    from taboon_client.group.desk import Desk
    from taboon_client.vault import Connection
    from taboon_crypto import mls

__all__ = ["code_of_epoch", "meet", "shown"]

_PREFIX: Final = "taboon:member:"
_VERSION: Final = 1
_FORM: Final = struct.Struct(">B16s32sQ16s")
_CHECKSUM: Final = 4
_OTHER: Final = "this code is of another group. Show each other the same one"
_NO_CODE: Final = f"this is not a member's code: one begins with {_PREFIX}. Ask them for “taboon check GROUP --show”"
_STRANGER: Final = (
    "this key is of nobody who is in the group as this device sees it. Sync both devices and try again; if it stays "
    "so, tell the others: somebody may show you two another group than it is"
)
_FORK: Final = (
    "you two are in two histories of this group that have one number: the relay, or an admin, shows each of you "
    "another one. Give each other the text of “taboon evidence GROUP” now: then the devices decide alike which one "
    "stands, and those of the other one come over by themselves"
)


def _group_mark(group: mls.Group) -> bytes:
    return hashlib.sha256(b"taboon in person v1" + group.group_id).digest()[:16]


def _epoch_mark(group: mls.Group) -> bytes:
    text = b"taboon in person epoch v1" + epoch_id(group) + group.epoch_authenticator
    return hashlib.sha256(text).digest()[:16]


def shown(desk: Desk, tx: Connection, grp: int) -> str:
    """Return what our device shows when members meet."""
    group = desk.keeper.load(tx, grp)
    own = groups.get_group(tx, grp).identity
    raw = _FORM.pack(_VERSION, _group_mark(group), own, group.epoch, _epoch_mark(group))
    return _PREFIX + base64.urlsafe_b64encode(raw + _checksum(raw)).rstrip(b"=").decode("ascii")


def _checksum(raw: bytes) -> bytes:
    return hashlib.sha256(b"taboon member v1" + raw).digest()[:_CHECKSUM]


def meet(desk: Desk, tx: Connection, grp: int, text: str) -> bytes:
    """Take what another member's device shows: its key counts as checked in person here. Returns the identity key.

    Raises:
        BadLinkError: It is no member's code, or of another group.
        NotAllowedError: The key is of no member, or the two devices are in different histories of the group.
    """
    version, mark, identity, epoch, seen = _read(text)
    group = desk.keeper.load(tx, grp)
    if version != _VERSION:
        raise BadLinkError("this code was made by a newer version of Taboon. Update Taboon, then scan it again")
    if mark != _group_mark(group):
        raise BadLinkError(_OTHER)
    if identity not in {member.signature_key for member in group.members()}:
        raise NotAllowedError(_STRANGER)
    if identity == groups.get_group(tx, grp).identity:
        raise BadLinkError("this is your own code: scan the one on their device")
    if epoch == group.epoch and seen != _epoch_mark(group):
        raise NotAllowedError(_FORK)
    members.set_checked(tx, grp, identity, "in-person")
    return identity


def _read(text: str) -> tuple[int, bytes, bytes, int, bytes]:
    joined = "".join(text.split()) if len(text) <= 1_024 else ""
    if not joined.startswith(_PREFIX):
        raise BadLinkError(_NO_CODE)
    encoded = joined.removeprefix(_PREFIX)
    try:
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadLinkError(_NO_CODE) from error
    said, checksum = raw[:-_CHECKSUM], raw[-_CHECKSUM:]
    if len(said) != _FORM.size or checksum != _checksum(said):
        raise BadLinkError("this code is damaged or cut off. Scan it again")
    version, mark, identity, epoch, seen = _FORM.unpack(said)
    return version, mark, identity, epoch, seen


def code_of_epoch(desk: Desk, tx: Connection, grp: int) -> tuple[int, SafetyCode]:
    """Return the number of the present epoch and its code, to be compared over any second path."""
    group = desk.keeper.load(tx, grp)
    return group.epoch, epoch_code(epoch_id(group), group.epoch_authenticator)
