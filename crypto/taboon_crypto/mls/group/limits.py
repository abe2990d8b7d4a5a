"""How much a member bears, keeps and accepts. No limit is part of the protocol: members may choose differently."""

from dataclasses import dataclass, field, fields
from typing import Final

from taboon_crypto.mls.errors import UsageError
from taboon_crypto.mls.keys.secret_tree import RatchetLimits
from taboon_crypto.mls.messages.key_package import MAX_LIFETIME
from taboon_crypto.mls.tree.ratchet_tree import MAX_LEAVES

__all__ = ["DEFAULT_LIMITS", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one group on one device.

    Attributes:
        out_of_order: Keys of skipped messages are kept for so many messages behind the newest of their sender.
        max_forward: A message may be so many ahead of the next one expected of its sender.
        past_epochs: So many ended epochs are kept for late application messages.
        resumption_psks: The resumption PSKs of so many ended epochs are kept.
        pending_proposals: So many proposals of an epoch are kept; more are refused.
        max_lifetime: Longest total lifetime of a leaf, in seconds, where lifetimes are looked at.
        proposals: A commit covers at most so many.
        max_leaves: Widest tree, blank leaves included: a blank node costs who sends it one byte, and us much more.
        max_epoch: No group that has come further is joined: the numbers are honest, and databases hold them.
    """

    out_of_order: int = field(default_factory=lambda: RatchetLimits().out_of_order)
    max_forward: int = field(default_factory=lambda: RatchetLimits().max_forward)
    past_epochs: int = 2
    resumption_psks: int = 4
    pending_proposals: int = 1024
    max_lifetime: int = MAX_LIFETIME
    proposals: int = 4096
    max_leaves: int = MAX_LEAVES
    max_epoch: int = 2**62

    def __post_init__(self) -> None:
        if min(getattr(self, entry.name) for entry in fields(self)) < 0:
            raise UsageError("the limits of a group are not negative")

    @property
    def ratchet(self) -> RatchetLimits:
        """The limits of one ratchet."""
        return RatchetLimits(self.out_of_order, self.max_forward)


DEFAULT_LIMITS: Final = Limits()
