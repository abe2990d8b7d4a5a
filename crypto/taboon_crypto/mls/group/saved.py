"""The parts that a group is saved in, one struct each; what they hold together is in state.py.

GroupState          part "group"
EpochState          part "epoch" (epoch.py)
PastState           part "past/E/epoch", with its ratchets a PastEpoch
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property, partial
from typing import Annotated, Final, Self

from taboon_crypto.mls.ciphersuite import CipherSuite
from taboon_crypto.mls.codec import Struct, UInt16, UInt32, UInt64, Width
from taboon_crypto.mls.credential import Credential
from taboon_crypto.mls.errors import DecodeError, UsageError
from taboon_crypto.mls.group.epoch import Epoch
from taboon_crypto.mls.group.opening import EpochView
from taboon_crypto.mls.keys.schedule import GroupContext
from taboon_crypto.mls.keys.secret_tree import RatchetLimits, SecretTree
from taboon_crypto.mls.messages.proposal import ReInit
from taboon_crypto.primitives.secret import Secret

__all__ = ["FORMAT", "EpochPsk", "GroupState", "PastEpoch", "PastState", "Status", "past_prefix", "split_past", "under"]

FORMAT: Final = 2


class Status(IntEnum):
    """Whether this member can still act in the group."""

    ACTIVE = 0
    REMOVED = 1
    REINITIALISED = 2


@dataclass(frozen=True, slots=True)
class EpochPsk(Struct):
    """The resumption PSK of an epoch."""

    epoch: UInt64
    psk: Secret


@dataclass(frozen=True, slots=True)
class GroupState(Struct):
    """Part "group"."""

    format: UInt16
    status: Annotated[Status, Width(1)]
    signed_generations: bool
    welcomed_by: UInt32 | None
    reinit: ReInit | None
    resumption_psks: tuple[EpochPsk, ...]

    @classmethod
    def read_part(cls, parts: Mapping[str, bytes]) -> Self:
        """Decode the part "group".

        Raises:
            UsageError: It is missing.
            DecodeError: It is malformed, or of another format.
        """
        if "group" not in parts:
            raise UsageError("a saved group has a part named 'group'")
        state = cls.decode(parts["group"])
        if state.format != FORMAT:
            raise DecodeError(f"a group saved in format {state.format} cannot be read")
        return state


@dataclass(frozen=True, slots=True)
class PastMember(Struct):
    """A member of a past epoch."""

    leaf: UInt32
    signature_key: bytes
    credential: Credential


@dataclass(frozen=True, slots=True)
class PastState(Struct):
    """Part "past/E/epoch"."""

    context: GroupContext
    sender_data_secret: Secret
    members: tuple[PastMember, ...]


class PastEpoch:
    """A past epoch, kept for application messages that come late. Its members are gone through when one comes."""

    def __init__(self, read: Callable[[], PastState], ratchets: SecretTree) -> None:
        """For this class: use ``of`` or ``load``. ``read`` gives the state when it is first needed."""
        self._read = read
        self.ratchets = ratchets

    @classmethod
    def of(cls, epoch: Epoch, ratchets: SecretTree) -> Self:
        """Keep of an epoch what late messages take, and nothing else of its secrets."""
        context, sender_data_secret, tree = epoch.context, epoch.secrets.sender_data_secret, epoch.tree

        def read() -> PastState:
            members = (PastMember(leaf, node.signature_key, node.credential) for leaf, node in tree.leaves())
            return PastState(context, sender_data_secret, tuple(members))

        return cls(read, ratchets)

    @classmethod
    def load(cls, suite: CipherSuite, parts: Mapping[str, bytes], limits: RatchetLimits) -> Self:
        """Take back a past epoch from its parts.

        Raises:
            UsageError: A part is missing.
        """
        if "epoch" not in parts:
            raise UsageError("a saved past epoch has a part named 'epoch'")
        ratchets = {name: data for name, data in parts.items() if name != "epoch"}
        return cls(partial(PastState.decode, parts["epoch"]), SecretTree.load(suite, ratchets, limits))

    @cached_property
    def state(self) -> PastState:
        """What is kept of it, apart from the ratchets; raises DecodeError."""
        return self._read()

    @cached_property
    def _members(self) -> dict[int, PastMember]:
        return {member.leaf: member for member in self.state.members}

    def names(self) -> frozenset[str]:
        """Return the names of its parts."""
        return self.ratchets.names() | {"epoch"}

    def part(self, name: str) -> bytes:
        """Return one part; raises UsageError if there is none of that name."""
        return self.state.encode() if name == "epoch" else self.ratchets.part(name)

    def member(self, leaf: int) -> PastMember:
        """Return the member who was at a leaf; raises UsageError if nobody was."""
        if leaf not in self._members:
            raise UsageError(f"there was no member at leaf {leaf}")
        return self._members[leaf]

    def view(self) -> EpochView:
        """Return what it takes to open a message."""

        def signature_key_of(leaf: int) -> bytes | None:
            return self._members[leaf].signature_key if leaf in self._members else None

        return EpochView(self.state.context, self.state.sender_data_secret, None, signature_key_of)


def past_prefix(epoch: int) -> str:
    """Return how the names of a past epoch's parts begin."""
    return f"past/{epoch}/"


def under(prefix: str, parts: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the parts whose names begin with a prefix, without it."""
    return {name[len(prefix) :]: data for name, data in parts.items() if name.startswith(prefix)}


def split_past(parts: Mapping[str, bytes]) -> dict[int, dict[str, bytes]]:
    """Return the parts of the past epochs, by epoch, oldest first.

    Raises:
        UsageError: A name is none of ours.
    """
    found: dict[int, dict[str, bytes]] = {}
    for name, data in parts.items():
        if name.startswith("past/"):
            number, _, rest = name[len("past/") :].partition("/")
            if not number.isdecimal() or not rest:
                raise UsageError("a saved group has a part with a name that is none of ours")
            found.setdefault(int(number), {})[rest] = data
    return dict(sorted(found.items()))
