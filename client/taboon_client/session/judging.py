"""What a commit that ended an epoch does, for whoever decides between two: read with what was kept of that epoch."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.errors import EventError, FormatError
from taboon_client.group import approvals
from taboon_client.group.devices import people_of
from taboon_client.group.epoch import policy_of
from taboon_client.group.policy import POLICY_EXTENSION, Policy
from taboon_client.group.popup import keys_at
from taboon_client.group.rules import check_commit
from taboon_client.group.settings import LIMITS
from taboon_client.group.sides import Side
from taboon_client.session import standing
from taboon_client.session.watching import contents
from taboon_crypto import mls
from taboon_crypto.blob import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taboon_client.group.commit_data import CommitData
    from taboon_client.group.devices import People
    from taboon_client.vault.ended import EndedRow

__all__ = ["Judge", "Judged"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A commit that breaks no rule: what its side is judged by, what it does, and the id of the epoch that it made."""

    side: Side
    commit: mls.CommitSummary
    made: bytes


@dataclass(frozen=True, slots=True)
class Judge:
    """What judges the commits of one epoch.

    Attributes:
        group: A witness of the epoch.
        mailbox_id: Of its mailbox at home.
        last: Who had made the commit before, None if that is not known.
    """

    group: mls.Group
    mailbox_id: bytes
    last: bytes | None

    @classmethod
    def of(cls, row: EndedRow) -> Judge | None:
        """Return what judges the commits of an ended epoch; None where no witness is kept."""
        if row.witness is None:
            return None
        group = mls.Group.load(cbor.decode(row.witness), limits=LIMITS)
        return cls(group, keys_at(row.mailbox_secret, row.retention).mailbox_id, row.last)

    @property
    def blob_key(self) -> bytes:
        """The key of the epoch's blobs."""
        return self.group.export("taboon blob", b"", 32)

    @property
    def people(self) -> People:
        """Whose devices the members of the epoch are."""
        return people_of(self.group.members())

    @property
    def persons(self) -> int:
        """How many persons there were in the epoch."""
        return self.people.count(member.signature_key for member in self.group.members())

    def look(self, blobs: Sequence[bytes], *, words: Sequence[bytes] = ()) -> Judged | None:
        """Judge the commit that blobs carry; None if it is spoiled.

        Args:
            blobs: The last one is the seal.
            words: What home has signed of the mailbox, as the bodies of contents of the kind ``STOOD``, besides those
                among the blobs.
        """
        wholes = list(contents(self.blob_key, blobs))
        if not wholes or wholes[-1].kind is not Kind.MESSAGE:
            return None
        try:
            self.group.receive(wholes[-1].body)
        except mls.CannotFollowError as error:
            commit, tag = error.commit, error.confirmed_transcript_hash
        except mls.MlsError:
            return None
        else:
            return None
        try:
            data = check_commit(self.group, commit, last_committer=self.last)
        except FormatError:
            return None
        stood = [*words, *(whole.body for whole in wholes if whole.kind is Kind.STOOD)]
        added = {one.signature_key for one in commit.added}
        side = Side(
            tag=tag,
            author=self.group.member(commit.sender_leaf).signature_key,
            leaf=commit.sender_leaf,
            removes=frozenset(one.signature_key for one in commit.removed) - added,
            approvals=self._approvals(commit, data),
            home=any(self.stood(body, blobs[-1]) for body in stood),
        )
        return Judged(side, commit, self._id_after(tag))

    def stood(self, word: bytes, seal: bytes) -> bool:
        """Tell whether home has signed that a blob was the seal of the epoch's mailbox."""
        home = policy_of(self.group).home.id
        return standing.shows(word, relay_id=home, mailbox_id=self.mailbox_id, seal=seal)

    def _id_after(self, tag: bytes) -> bytes:
        number = (self.group.epoch + 1).to_bytes(8, "big")
        return sha256(b"taboon epoch v1" + self.group.group_id + number + tag).digest()

    def _approvals(self, commit: mls.CommitSummary, data: CommitData) -> int:
        """Return how many persons agreed to what a commit does: what it carries besides counts for nothing."""
        before = policy_of(self.group)
        after = Policy.decode(mls.find_extension(commit.context_extensions, POLICY_EXTENSION) or b"")
        gone = [one.signature_key for one in commit.removed]
        packages = [proposal.key_package.encode() for _, proposal in commit.proposals if isinstance(proposal, mls.Add)]
        acts = [(approvals.REMOVE, one) for one in gone] + [(approvals.ADD, approvals.added(one)) for one in packages]
        acts += [
            (approvals.POLICY, approvals.changed(before, after)),
            (approvals.RECOVER, approvals.recovered(before, after, gone)),
        ]
        try:
            given = approvals.read_approvals(data.approvals, self.group.group_id)
        except EventError:
            given = []
        agreed = {self.group.member(commit.sender_leaf).signature_key}
        for act, target in acts:
            agreed |= approvals.who_approved(given, act, target, before, self.group.epoch)
        members = {member.signature_key for member in self.group.members()}
        return self.people.count(agreed & members)
