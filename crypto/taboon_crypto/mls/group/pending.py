"""The proposals of an epoch that wait for a commit: RFC 9420, sections 12.1 and 12.4.

``Pending`` keeps them in the order they came, with the private keys of this member's own Updates. Which of them a
commit covers is picked in selection.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from taboon_crypto.mls.ciphersuite import CipherSuite
from taboon_crypto.mls.codec import Struct
from taboon_crypto.mls.errors import DecodeError, UsageError, ValidationError
from taboon_crypto.mls.group.commit import LeafSecrets
from taboon_crypto.mls.group.validation import SentProposal
from taboon_crypto.mls.messages.framing import AuthenticatedContent, ProposalContent

__all__ = ["Pending"]


@dataclass(frozen=True, slots=True, repr=False)
class _SavedProposal(Struct):
    message: bytes
    own_update: LeafSecrets | None


class Pending:
    """Proposals of one epoch, by reference, in the order they came; each is one part when saved."""

    __slots__ = ("_changed", "_entries", "_next", "_suite")

    def __init__(self, suite: CipherSuite) -> None:
        self._suite = suite
        self._entries: dict[bytes, tuple[str, SentProposal, _SavedProposal]] = {}
        self._next = 0
        self._changed: set[str] = set()

    def add(self, message: AuthenticatedContent, own_update: LeafSecrets | None = None) -> SentProposal:
        """Keep a proposal that was checked.

        Args:
            message: The signed proposal.
            own_update: Private keys, if it is an Update of our own.

        Raises:
            ValidationError: Rule "proposal.repeated": it is here already.
        """
        sent = _sent(message, self._suite)
        reference = sent.reference or b""
        if reference in self._entries:
            raise ValidationError("proposal.repeated", "a proposal was received twice")
        name = str(self._next)
        self._next += 1
        self._changed.add(name)
        self._entries[reference] = (name, sent, _SavedProposal(message.encode(), own_update))
        return sent

    def forget(self, reference: bytes) -> None:
        """Drop a proposal, if it is here."""
        self._entries.pop(reference, None)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[SentProposal]:
        return (sent for _, sent, _ in self._entries.values())

    def by_reference(self) -> dict[bytes, SentProposal]:
        """Return the proposals by reference."""
        return {reference: sent for reference, (_, sent, _) in self._entries.items()}

    def own_updates(self) -> dict[bytes, LeafSecrets]:
        """Return the private keys of our own Updates, by reference."""
        return {
            reference: saved.own_update
            for reference, (_, _, saved) in self._entries.items()
            if saved.own_update is not None
        }

    # saving

    def names(self) -> frozenset[str]:
        """Return the names of all parts."""
        return frozenset(name for name, _, _ in self._entries.values())

    def changed(self) -> frozenset[str]:
        """Return the names of the parts that were not written yet."""
        return self.names() & self._changed

    def mark_saved(self) -> None:
        """Note that all changed parts are written."""
        self._changed.clear()

    def part(self, name: str) -> bytes:
        """Return one part, encoded; raises UsageError if there is none of that name."""
        for found, _, saved in self._entries.values():
            if found == name:
                return saved.encode()
        raise UsageError(f"no proposal is saved under the name {name!r}")

    def load(self, name: str, data: bytes) -> None:
        """Take back a part that was saved; in the order of the names.

        Raises:
            DecodeError: The data is none.
        """
        saved = _SavedProposal.decode(data)
        message = AuthenticatedContent.decode(saved.message)
        if not name.isdecimal():
            raise DecodeError("a saved proposal has a name that is none of ours")
        sent = _sent(message, self._suite)
        self._entries[sent.reference or b""] = (name, sent, saved)
        self._next = max(self._next, int(name) + 1)


def _sent(message: AuthenticatedContent, suite: CipherSuite) -> SentProposal:
    content = message.content.content
    if not isinstance(content, ProposalContent):
        raise DecodeError("a message that should hold a proposal holds none")
    return SentProposal(message.content.sender, content.proposal, message.reference(suite))
