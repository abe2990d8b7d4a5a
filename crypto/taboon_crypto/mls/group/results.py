"""What ``Group.receive`` gives back for a message that is no commit."""

from dataclasses import dataclass, field

from taboon_crypto.mls.credential import Credential
from taboon_crypto.mls.messages.framing import MemberSender, Sender
from taboon_crypto.mls.messages.proposal import Proposal

__all__ = ["ApplicationMessage", "ProposalMessage"]


@dataclass(frozen=True, slots=True)
class ApplicationMessage:
    """What a member said.

    Attributes:
        sender_leaf: Its leaf, in the epoch of the message.
        signature_key: The key that the message verified under.
        credential: The sender's.
        epoch: In which it was said; maybe a past one.
        data: What was said.
        authenticated_data: What was sent along in the clear.
    """

    sender_leaf: int
    signature_key: bytes
    credential: Credential
    epoch: int
    data: bytes = field(repr=False)
    authenticated_data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProposalMessage:
    """A proposal, which is kept until the epoch ends.

    Attributes:
        sender: Who proposes.
        proposal: What.
        reference: Its ProposalRef, Nh bytes; ``Group.forget_proposal`` takes it.
        authenticated_data: What was sent along in the clear.
    """

    sender: Sender
    proposal: Proposal
    reference: bytes
    authenticated_data: bytes = field(repr=False)

    @property
    def sender_leaf(self) -> int | None:
        """The proposer's leaf, or None for somebody outside."""
        return self.sender.leaf_index if isinstance(self.sender, MemberSender) else None
