"""A commit that was created or received, and not merged: the next epoch beside the one that stands (chapter 14).

CommitSummary           what a commit does, the same for every member
StagedCommit            the summary, and the epoch it leads to; forgetting it costs nothing
staged.encode()         for saving between sending and merging; ``decode_staged`` undoes it
CannotFollowError       what is raised when the commit may stand and only this member fails
"""

from dataclasses import dataclass, fields
from typing import Annotated, Final, Self

from taboon_crypto.mls.codec import Struct, UInt16, UInt32, UInt64, Width
from taboon_crypto.mls.errors import DecodeError, EpochGoneError, MlsError, UsageError
from taboon_crypto.mls.extension import Extension, find
from taboon_crypto.mls.group.epoch import Epoch, EpochState, Member
from taboon_crypto.mls.group.validation import SentProposal
from taboon_crypto.mls.keys.psk import PreSharedKeyID
from taboon_crypto.mls.messages.framing import NewMemberCommit, Sender, WireFormat
from taboon_crypto.mls.messages.proposal import PreSharedKey, Proposal, ReInit
from taboon_crypto.mls.tree.leaf_node import LeafNode
from taboon_crypto.mls.tree.nodes import Node, ParentNode
from taboon_crypto.mls.tree.ratchet_tree import RatchetTree
from taboon_crypto.primitives.secret import Secret

__all__ = ["CannotFollowError", "CommitSummary", "HandshakeKey", "OwnKey", "StagedCommit", "decode_staged"]

FORMAT: Final = 3
_WITHOUT_OWN_KEY: Final = 2


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class CommitSummary:
    """What a commit does, as every member sees it alike.

    Attributes:
        sender: Who committed.
        sender_leaf: Its leaf; of an external commit, the leaf it takes.
        epoch: Number of the epoch that the commit begins.
        authenticated_data: Of the message.
        wire_format: Of the message.
        sent: The proposals, with who sent each.
        has_path: Whether the committer renewed its leaf and path.
        context_extensions: Of the group context in the new epoch.
        extensions_changed: Whether they are others than before.
        added_leaves: In the new tree.
        removed_leaves: In the old tree.
        updated_leaves: Whose leaf was renewed, by an Update or by the path.
        before: The tree of the epoch that the commit ends.
        after: The tree of the epoch that it begins.
    """

    sender: Sender
    sender_leaf: int
    epoch: int
    authenticated_data: bytes
    wire_format: WireFormat
    sent: tuple[SentProposal, ...]
    has_path: bool
    context_extensions: tuple[Extension, ...]
    extensions_changed: bool
    added_leaves: tuple[int, ...]
    removed_leaves: tuple[int, ...]
    updated_leaves: tuple[int, ...]
    before: RatchetTree
    after: RatchetTree

    @property
    def external(self) -> bool:
        """Whether somebody joined by this commit without being added."""
        return isinstance(self.sender, NewMemberCommit)

    @property
    def proposals(self) -> tuple[tuple[Sender, Proposal], ...]:
        """The proposals, each with its sender, in the order of the commit."""
        return tuple((sent.sender, sent.proposal) for sent in self.sent)

    @property
    def added(self) -> tuple[Member, ...]:
        """The members that the commit adds, as they are in the new epoch."""
        return tuple(_member(self.after, leaf) for leaf in self.added_leaves)

    @property
    def removed(self) -> tuple[Member, ...]:
        """The members that the commit removes, as they were in the old epoch."""
        return tuple(_member(self.before, leaf) for leaf in self.removed_leaves)

    @property
    def updated(self) -> tuple[Member, ...]:
        """The members whose leaf is new, as they are in the new epoch; the committer too, if the commit has a path."""
        return tuple(_member(self.after, leaf) for leaf in self.updated_leaves)

    @property
    def psk_ids(self) -> tuple[PreSharedKeyID, ...]:
        """The pre-shared keys that the commit mixes in, in order."""
        return tuple(sent.proposal.psk for sent in self.sent if isinstance(sent.proposal, PreSharedKey))

    @property
    def reinit(self) -> ReInit | None:
        """The ReInit by which the commit ends the group, if any."""
        return next((sent.proposal for sent in self.sent if isinstance(sent.proposal, ReInit)), None)

    def extension(self, extension_type: int) -> bytes | None:
        """Return the data of a group context extension of the new epoch, or None."""
        return find(self.context_extensions, extension_type)

    def members(self) -> tuple[Member, ...]:
        """Return the members of the new epoch, by leaf index."""
        return tuple(Member(leaf, leaf_node) for leaf, leaf_node in self.after.leaves())

    def __repr__(self) -> str:
        return f"{type(self).__name__}(epoch {self.epoch}, by leaf {self.sender_leaf})"


def _member(tree: RatchetTree, leaf: int) -> Member:
    leaf_node = tree.leaf(leaf)
    if leaf_node is None:
        raise UsageError(f"there is no member at leaf {leaf}")
    return Member(leaf, leaf_node)


class CannotFollowError(MlsError):
    """This member cannot follow a commit that every other check of it allows.

    What failed is its own path secret, a pre-shared key, or the confirmation tag: nobody else can judge these for it.

    Attributes:
        commit: What the commit does.
        cause: What failed.
        confirmed_transcript_hash: Of the epoch that the commit begins for those who follow it.
    """

    def __init__(self, commit: CommitSummary, cause: MlsError, confirmed_transcript_hash: bytes) -> None:
        self.commit = commit
        self.cause = cause
        self.confirmed_transcript_hash = confirmed_transcript_hash
        super().__init__(f"this member cannot follow the commit of leaf {commit.sender_leaf}: {cause}")


@dataclass(frozen=True, slots=True)
class HandshakeKey(Struct):
    """Whose handshake key opened a received commit; it is spent when the commit is merged."""

    leaf: UInt32
    generation: UInt32


@dataclass(frozen=True, slots=True, repr=False)
class OwnKey(Struct):
    """The key that a private commit of ours was encrypted with: others can use it again, to wrap the commit anew."""

    generation: UInt32
    key: Secret
    nonce: Secret


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class StagedCommit(CommitSummary):
    """A commit, and the epoch it leads to. Nothing of the group changes before ``Group.merge``.

    Attributes:
        base: interim_transcript_hash of the epoch that the commit ends.
        next_epoch: The epoch it begins; None if this member is removed.
        encryption_secret: Of that epoch; empty if this member is removed.
        handshake_key: Whose key opened the commit.
        message: The commit as an MLSMessage, if we made it; else None.
        welcome: The Welcome for those it adds as an MLSMessage, if we made it: release it when the commit stands.
        own_key: What it was encrypted with, if we made it and it is private.
    """

    base: bytes
    next_epoch: Epoch | None
    encryption_secret: Secret
    handshake_key: HandshakeKey | None = None
    message: bytes | None = None
    welcome: bytes | None = None
    own_key: OwnKey | None = None

    @classmethod
    def of(
        cls,
        summary: CommitSummary,
        *,
        base: bytes,
        next_epoch: Epoch | None,
        encryption_secret: Secret,
        handshake_key: HandshakeKey | None = None,
        message: bytes | None = None,
        welcome: bytes | None = None,
        own_key: OwnKey | None = None,
    ) -> Self:
        """Stage what a summary says."""
        return cls(
            **{entry.name: getattr(summary, entry.name) for entry in fields(CommitSummary)},
            base=base,
            next_epoch=next_epoch,
            encryption_secret=encryption_secret,
            handshake_key=handshake_key,
            message=message,
            welcome=welcome,
            own_key=own_key,
        )

    @property
    def removes_self(self) -> bool:
        """Whether this member is removed: then there is no new epoch to look into."""
        return self.next_epoch is None

    @property
    def confirmed_transcript_hash(self) -> bytes:
        """Of the new epoch; raises UsageError if this member is removed."""
        return self._next().context.confirmed_transcript_hash

    @property
    def epoch_authenticator(self) -> Secret:
        """Of the new epoch; raises UsageError if this member is removed."""
        return self._next().secrets.epoch_authenticator

    def export(self, label: bytes | str, context: bytes, length: int) -> Secret:
        """MLS-Exporter of the new epoch (section 8.5); see ``Epoch.export``.

        Raises:
            UsageError: This member is removed, or ``length`` is out of range.
        """
        return self._next().export(label, context, length)

    def _next(self) -> Epoch:
        if self.next_epoch is None:
            raise UsageError("the commit removes this member: it has no part in the next epoch")
        return self.next_epoch

    # saving

    def encode(self) -> bytes:
        """Encode for saving: with it the next epoch is entered after a crash. It holds secrets of that epoch.

        Of the tree it holds what the commit changes: it is as long as the commit, whatever the size of the group.
        """
        return _StagedState(
            FORMAT,
            self.base,
            self.sender,
            self.sender_leaf,
            self.epoch,
            self.authenticated_data,
            self.wire_format,
            tuple(_SentState(sent.sender, sent.proposal, sent.reference) for sent in self.sent),
            self.has_path,
            self.context_extensions,
            self.extensions_changed,
            self.added_leaves,
            self.removed_leaves,
            self.updated_leaves,
            self.after.leaf_count,
            tuple(_ChangedNode.of(*changed) for changed in self.after.changes_since(self.before).items()),
            None if self.next_epoch is None else self.next_epoch.state(),
            self.encryption_secret,
            self.handshake_key,
            self.message,
            self.welcome,
            self.own_key,
        ).encode()


@dataclass(frozen=True, slots=True)
class _SentState(Struct):
    sender: Sender
    proposal: Proposal
    reference: bytes | None


@dataclass(frozen=True, slots=True)
class _ChangedNode(Struct):
    """A node of the new tree that is not in the old one; blank if it is neither."""

    index: UInt32
    leaf: LeafNode | None
    parent: ParentNode | None

    @classmethod
    def of(cls, index: int, node: Node | None) -> Self:
        return cls(index, node if isinstance(node, LeafNode) else None, node if isinstance(node, ParentNode) else None)


@dataclass(frozen=True, slots=True, repr=False)
class _StagedState(Struct):
    format: UInt16
    base: bytes
    sender: Sender
    sender_leaf: UInt32
    epoch: UInt64
    authenticated_data: bytes
    wire_format: Annotated[WireFormat, Width(2)]
    sent: tuple[_SentState, ...]
    has_path: bool
    context_extensions: tuple[Extension, ...]
    extensions_changed: bool
    added_leaves: tuple[UInt32, ...]
    removed_leaves: tuple[UInt32, ...]
    updated_leaves: tuple[UInt32, ...]
    leaf_count: UInt32
    changes: tuple[_ChangedNode, ...]
    next_epoch: EpochState | None
    encryption_secret: Secret
    handshake_key: HandshakeKey | None
    message: bytes | None
    welcome: bytes | None
    own_key: OwnKey | None


def _tree_after(before: RatchetTree, state: _StagedState) -> RatchetTree:
    """Return the new tree: as wide as a commit can make it, each node of the kind that belongs there."""
    widest = 1 << (before.leaf_count + len(state.changes) - 1).bit_length()
    if not 0 < state.leaf_count <= widest or state.leaf_count & (state.leaf_count - 1):
        raise DecodeError(
            f"a staged commit holds a tree of {state.leaf_count} leaves, which no commit makes of this one"
        )
    for entry in state.changes:
        if entry.index > 2 * state.leaf_count - 2 or (entry.parent if entry.index % 2 == 0 else entry.leaf) is not None:
            raise DecodeError(f"a staged commit holds a node {entry.index} that does not belong there")
    return before.with_changes(state.leaf_count, {entry.index: entry.leaf or entry.parent for entry in state.changes})


def decode_staged(data: bytes, current: Epoch) -> StagedCommit:
    """Undo ``StagedCommit.encode``.

    Args:
        data: What was saved.
        current: The epoch that stands now.

    Raises:
        DecodeError: The data is none.
        EpochGoneError: The commit ends another epoch than the one that stands.
    """
    if data[:2] == _WITHOUT_OWN_KEY.to_bytes(2):
        # As an older version saved it, a key that was not kept is left out.
        data = FORMAT.to_bytes(2) + data[2:] + b"\0"
    state = _StagedState.decode(data)
    if state.format != FORMAT:
        raise DecodeError(f"a staged commit of format {state.format} cannot be read")
    if state.base != current.interim_transcript_hash:
        raise EpochGoneError("the staged commit was made for another epoch than the one that stands")
    after = _tree_after(current.tree, state)
    summary = CommitSummary(
        state.sender,
        state.sender_leaf,
        state.epoch,
        state.authenticated_data,
        state.wire_format,
        tuple(SentProposal(sent.sender, sent.proposal, sent.reference) for sent in state.sent),
        state.has_path,
        state.context_extensions,
        state.extensions_changed,
        state.added_leaves,
        state.removed_leaves,
        state.updated_leaves,
        current.tree,
        after,
    )
    return StagedCommit.of(
        summary,
        base=state.base,
        next_epoch=None if state.next_epoch is None else Epoch.of_state(state.next_epoch, after),
        encryption_secret=state.encryption_secret,
        handshake_key=state.handshake_key,
        message=state.message,
        welcome=state.welcome,
        own_key=state.own_key,
    )
