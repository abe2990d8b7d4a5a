"""How much a member bears, keeps and accepts. No limit is part of the protocol: members may choose differently."""

from dataclasses import dataclass, field
from typing import Final

from taboon_crypto.mls.errors import UsageError
from taboon_crypto.mls.keys.secret_tree import RatchetLimits
from taboon_crypto.mls.messages.key_package import MAX_LIFETIME

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
        max_lifetime: Longest total lifetime of an added leaf, in seconds, where lifetimes are looked at.
    """

    out_of_order: int = field(default_factory=lambda: RatchetLimits().out_of_order)
    max_forward: int = field(default_factory=lambda: RatchetLimits().max_forward)
    past_epochs: int = 2
    resumption_psks: int = 4
    pending_proposals: int = 1024
    max_lifetime: int = MAX_LIFETIME

    def __post_init__(self) -> None:
        if min(self.past_epochs, self.resumption_psks, self.pending_proposals, self.max_lifetime) < 0:
            raise UsageError("the limits of a group are not negative")

    @property
    def ratchet(self) -> RatchetLimits:
        """The limits of one ratchet."""
        return RatchetLimits(self.out_of_order, self.max_forward)


DEFAULT_LIMITS: Final = Limits()
