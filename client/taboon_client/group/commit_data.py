"""What a commit carries in its authenticated data: pre-shared keys, cuts, approvals (docs/protocol.md, section 2.5)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.board import ADMIN, DISPATCH, Cut
from taboon_client.errors import FormatError
from taboon_crypto.primitives.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CommitData", "psk_id"]

_HASH = 32
_MAX = 262_144


def psk_id(secret: bytes) -> bytes:
    """Return the 32-byte id under which a commit names an invite's pre-shared key."""
    return hashlib.sha256(b"taboon psk v1" + secret).digest()


@dataclass(frozen=True, slots=True)
class CommitData:
    """The authenticated data of a commit: ``psks`` by id (secrets, 32 bytes), cuts, approvals (events as bytes).

    ``returns``: requests to come back, of those whom the commit removes and adds.
    """

    psks: Mapping[bytes, Secret] = field(default_factory=dict)
    cuts: tuple[Cut, ...] = ()
    approvals: tuple[bytes, ...] = ()
    returns: tuple[bytes, ...] = ()

    def encode(self) -> bytes:
        """Return the CBOR map; keys without a value are left out."""
        data: dict[str, object] = {"v": 1}
        if self.psks:
            data["psks"] = [[name, bytes(secret)] for name, secret in sorted(self.psks.items())]
        if self.cuts:
            data["cuts"] = [[cut.identity, cut.role, cut.last] for cut in self.cuts]
        if self.approvals:
            data["approvals"] = list(self.approvals)
        if self.returns:
            data["returns"] = list(self.returns)
        return cbor.encode(data)

    @classmethod
    def decode(cls, raw: bytes) -> CommitData:
        """Read authenticated data.

        Raises:
            FormatError: It is not what a commit of Taboon carries.
        """
        fields = cbor.decode(raw) if len(raw) <= _MAX else None
        if not isinstance(fields, dict) or fields.get("v") != 1:
            raise FormatError("a commit carries data that this program does not know")
        psks = {}
        for entry in _list(fields.get("psks", [])):
            name, secret = _fields(entry, 2)
            if not isinstance(secret, bytes) or len(secret) != _HASH or name != psk_id(secret):
                raise FormatError("a commit carries a pre-shared key that is none")
            psks[psk_id(secret)] = Secret(secret)
        cuts = []
        for entry in _list(fields.get("cuts", [])):
            identity, role, last = _fields(entry, 3)
            if (
                not isinstance(identity, bytes)
                or len(identity) != _HASH
                or role not in ("", ADMIN, DISPATCH)
                or not (last is None or (isinstance(last, bytes) and len(last) == _HASH))
            ):
                raise FormatError("a commit carries a cut that is none")
            cuts.append(Cut(identity=identity, role=str(role), last=last))
        approvals = []
        for entry in _list(fields.get("approvals", [])):
            if not isinstance(entry, bytes):
                raise FormatError("a commit carries an approval that is none")
            approvals.append(entry)
        returns = _list(fields.get("returns", []))
        if not all(isinstance(entry, bytes) for entry in returns):
            raise FormatError("a commit carries a request to come back that is none")
        return cls(psks, tuple(cuts), tuple(approvals), tuple(one for one in returns if isinstance(one, bytes)))


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise FormatError("a commit carries data that is no list where one belongs")
    return value


def _fields(value: object, count: int) -> list[object]:
    fields = _list(value)
    if len(fields) != count:
        raise FormatError("a commit carries data of another length than it should have")
    return fields
