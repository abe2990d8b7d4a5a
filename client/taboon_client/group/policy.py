"""The policy of a group: the rules every member enforces, in the MLS group context (docs/protocol.md, section 2.2).

Only the format and its sanity belong here. Whether a commit keeps to the policy is `rules.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from taboon_client import cbor
from taboon_client.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["MAX_DISPATCH", "POLICY_EXTENSION", "Policy", "RelayEntry"]

POLICY_EXTENSION: Final = 0xF7B0
"""MLS extension type of the policy, in the private-use range (RFC 9420, section 17.3)."""

_Key = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
MAX_DISPATCH: Final = 32
"""Members of a dispatch circle, at most: every item's key is sealed to each of them."""
_MAX_POLICY = 16_384
"""More than any group's rules need, in bytes; a policy travels in every Welcome."""


class RelayEntry(msgspec.Struct, frozen=True, omit_defaults=True, rename={"pass_": "pass"}):
    """A relay of the group: its address without the id, the relay id (32 bytes), a pass where it asks for one."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    id: _Key
    pass_: Annotated[bytes, msgspec.Meta(max_length=64)] = b""


class Policy(msgspec.Struct, frozen=True, omit_defaults=True):
    """The group's rules. ``relays[0]`` is home; ``retention`` is the retention class of its mailboxes (0 to 3).

    ``dispatch`` names those to whom sealed details are sealed and who act for an item's author; while it names nobody,
    the admins do.
    """

    admins: Annotated[tuple[_Key, ...], msgspec.Meta(min_length=1, max_length=1000)]
    relays: Annotated[tuple[RelayEntry, ...], msgspec.Meta(min_length=1, max_length=8)]
    retention: Annotated[int, msgspec.Meta(ge=0, le=3)]
    removal_approvals: Annotated[int, msgspec.Meta(ge=1, le=100)]
    members_invite: bool
    rotation_days: Annotated[int, msgspec.Meta(ge=1, le=365)]
    v: Annotated[int, msgspec.Meta(ge=1, le=1)]
    dispatch: Annotated[tuple[_Key, ...], msgspec.Meta(max_length=MAX_DISPATCH)] = ()

    @classmethod
    def founding(cls, admin: bytes, relay: RelayEntry) -> Policy:
        """Return the rules that a new group begins with."""
        return cls(
            admins=(admin,),
            relays=(relay,),
            retention=2,
            removal_approvals=1,
            members_invite=False,
            rotation_days=7,
            v=1,
        )

    @property
    def home(self) -> RelayEntry:
        """The relay whose order of commits stands before all others."""
        return self.relays[0]

    @property
    def circle(self) -> tuple[bytes, ...]:
        """The dispatch circle: those named, or the admins."""
        return self.dispatch or self.admins

    def without_admins(self, gone: Collection[bytes]) -> Policy:
        """Return the policy that holds when some are removed from the group; the same one if it names none of them."""
        admins = tuple(admin for admin in self.admins if admin not in gone)
        dispatch = tuple(member for member in self.dispatch if member not in gone)
        return msgspec.structs.replace(self, admins=admins, dispatch=dispatch)

    def encode(self) -> bytes:
        """Return the extension data."""
        return cbor.encode(msgspec.to_builtins(self, builtin_types=(bytes,)))

    @classmethod
    def decode(cls, data: bytes) -> Policy:
        """Read extension data.

        Raises:
            FormatError: It is no policy of a version that this program knows.
        """
        if len(data) > _MAX_POLICY:
            raise FormatError("the group's policy is longer than any policy is")
        try:
            policy = msgspec.convert(cbor.decode(data), cls, builtin_types=(bytes,))
        except msgspec.ValidationError as error:
            raise FormatError(f"the group's policy cannot be read: {error}") from error
        if list(policy.admins) != sorted(set(policy.admins)):
            raise FormatError("the group's policy names its admins twice or out of order")
        if list(policy.dispatch) != sorted(set(policy.dispatch)):
            raise FormatError("the group's policy names its dispatch circle twice or out of order")
        return policy
