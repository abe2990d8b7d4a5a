"""One epoch of a group as a value: its context, its tree and what this member knows of its secrets (chapters 8 and 12).

An ``Epoch`` never changes. The encryption secret is not in it: it goes into the secret tree, whose ratchets move
(chapter 9), and belongs to the ``Group``. A saved epoch is two parts: its state, and its tree, which is decoded when it
is first needed: a message takes one leaf of it.

    epoch.members(), epoch.member(leaf), epoch.export(...), epoch.group_info(...)
    next_context(before, ...)           the context of the epoch after another
"""

from dataclasses import dataclass, fields, replace
from typing import Self

from taboon_crypto.mls.ciphersuite import CipherSuite, Random, SigningKey
from taboon_crypto.mls.codec import Struct
from taboon_crypto.mls.credential import Credential
from taboon_crypto.mls.errors import UsageError
from taboon_crypto.mls.extension import EXTERNAL_PUB, GREASE, RATCHET_TREE, Extension, ExternalPub
from taboon_crypto.mls.group.limits import Limits
from taboon_crypto.mls.group.validation import Scene
from taboon_crypto.mls.keys.psk import ResumptionUsage
from taboon_crypto.mls.keys.schedule import EpochSecrets, GroupContext, exported, external_key_pair
from taboon_crypto.mls.messages.key_package import MemberProfile
from taboon_crypto.mls.messages.welcome import GroupInfo
from taboon_crypto.mls.tree.hashes import tree_hash
from taboon_crypto.mls.tree.kem import NOBODY, TreePrivate
from taboon_crypto.mls.tree.leaf_node import Capabilities, LeafNode, Lifetime
from taboon_crypto.mls.tree.ratchet_tree import RatchetTree
from taboon_crypto.mls.tree.saved_tree import SavedTree
from taboon_crypto.primitives.secret import Secret

__all__ = ["Epoch", "EpochState", "Member", "next_context"]


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an epoch.

    Attributes:
        leaf: Leaf index; it stands for another member, or none, in other epochs.
        leaf_node: What the member says of itself, signed.
    """

    leaf: int
    leaf_node: LeafNode

    @property
    def credential(self) -> Credential:
        """The member's credential."""
        return self.leaf_node.credential

    @property
    def signature_key(self) -> bytes:
        """The key that the member's messages verify under."""
        return self.leaf_node.signature_key

    @property
    def encryption_key(self) -> bytes:
        """The HPKE key of the leaf; fresh with every new leaf."""
        return self.leaf_node.encryption_key

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """The extensions of the leaf."""
        return self.leaf_node.extensions

    @property
    def capabilities(self) -> Capabilities:
        """What the member supports."""
        return self.leaf_node.capabilities

    @property
    def lifetime(self) -> Lifetime | None:
        """The lifetime of a leaf that still is that of a key package."""
        return self.leaf_node.source if isinstance(self.leaf_node.source, Lifetime) else None

    def extension(self, extension_type: int) -> bytes | None:
        """Return the data of a leaf extension, or None."""
        return next((entry.extension_data for entry in self.extensions if entry.extension_type == extension_type), None)


def next_context(
    before: GroupContext,
    tree: RatchetTree,
    extensions: tuple[Extension, ...],
    confirmed_transcript_hash: bytes | None = None,
) -> GroupContext:
    """Return the context of the epoch after ``before``; without a new transcript hash the provisional one (12.4.1)."""
    return GroupContext(
        before.version,
        before.cipher_suite,
        before.group_id,
        before.epoch + 1,
        tree_hash(tree),
        before.confirmed_transcript_hash if confirmed_transcript_hash is None else confirmed_transcript_hash,
        extensions,
    )


@dataclass(frozen=True, slots=True)
class EpochState(Struct):
    """An epoch as it is saved, without its tree."""

    context: GroupContext
    confirmation_tag: bytes
    interim_transcript_hash: bytes
    secrets: EpochSecrets
    private: TreePrivate
    signing_seed: Secret


class Epoch:
    """One epoch, as one member knows it.

    Attributes:
        suite: Of the group.
        context: The GroupContext.
        confirmation_tag: Of the commit that began the epoch.
        interim_transcript_hash: What the next commit's transcript hash goes on from.
        secrets: Of the key schedule.
        private: The private keys of the tree that this member knows.
        signing_key: This member's.
    """

    __slots__ = (
        "_saved_tree",
        "_tree",
        "confirmation_tag",
        "context",
        "interim_transcript_hash",
        "private",
        "secrets",
        "signing_key",
        "suite",
    )

    def __init__(
        self,
        context: GroupContext,
        tree: RatchetTree | SavedTree,
        *,
        confirmation_tag: bytes,
        interim_transcript_hash: bytes,
        secrets: EpochSecrets,
        private: TreePrivate,
        signing_key: SigningKey,
    ) -> None:
        """Put an epoch together; ``tree`` may be what was saved of it."""
        self.suite = CipherSuite.of(context.cipher_suite)
        self.context = context
        self.confirmation_tag = confirmation_tag
        self.interim_transcript_hash = interim_transcript_hash
        self.secrets = secrets
        self.private = private
        self.signing_key = signing_key
        self._tree = tree if isinstance(tree, RatchetTree) else None
        self._saved_tree = tree if isinstance(tree, SavedTree) else None

    @property
    def tree(self) -> RatchetTree:
        """The public ratchet tree."""
        if self._tree is None:
            self._tree = self.saved_tree().tree()
        return self._tree

    @property
    def group_id(self) -> bytes:
        """The group's id."""
        return self.context.group_id

    @property
    def number(self) -> int:
        """The epoch's number."""
        return self.context.epoch

    @property
    def own_leaf(self) -> int:
        """This member's leaf index."""
        return self.private.leaf

    @property
    def is_witnessed(self) -> bool:
        """Whether this is only what is kept to judge commits: see ``Group.witness``."""
        return self.private.leaf == NOBODY

    @property
    def own_profile(self) -> MemberProfile:
        """What this member says of itself in this epoch."""
        leaf_node = self.member(self.own_leaf).leaf_node
        return MemberProfile(self.signing_key, leaf_node.credential, leaf_node.extensions, leaf_node.capabilities)

    def members(self) -> tuple[Member, ...]:
        """Return the members, by leaf index."""
        return tuple(Member(leaf, leaf_node) for leaf, leaf_node in self.tree.leaves())

    def member(self, leaf: int) -> Member:
        """Return the member at a leaf.

        Raises:
            UsageError: There is none.
        """
        leaf_node = self.leaf(leaf)
        if leaf_node is None:
            raise UsageError(f"there is no member at leaf {leaf}")
        return Member(leaf, leaf_node)

    def leaf(self, leaf: int) -> LeafNode | None:
        """Return the leaf node of a member, or None; without reading the rest of a saved tree."""
        return self.saved_tree().leaf(leaf) if self._tree is None else self._tree.leaf(leaf)

    def export(self, label: bytes | str, context: bytes, length: int) -> Secret:
        """MLS-Exporter (section 8.5).

        Args:
            label: Names the purpose; text is UTF-8.
            context: Any bytes.
            length: Bytes wanted, at most 255 hash lengths.

        Raises:
            UsageError: ``length`` is out of range.
        """
        label = label.encode() if isinstance(label, str) else label
        return exported(self.suite, self.secrets.exporter_secret, label, context, length)

    def group_info(
        self, *, with_tree: bool, external_pub: bool, random: Random, extensions: tuple[Extension, ...] = ()
    ) -> GroupInfo:
        """Sign a GroupInfo of this epoch (section 12.4.3).

        Args:
            with_tree: Put the ratchet tree into it.
            external_pub: Put the key for external commits into it.
            random: Picks a value that receivers must ignore (section 13.5).
            extensions: More extensions, of types of their own.
        """
        found = list(extensions)
        if with_tree:
            found.append(Extension(RATCHET_TREE, self.tree.encode()))
        if external_pub:
            public = external_key_pair(self.suite, self.secrets.external_secret).public
            found.append(Extension(EXTERNAL_PUB, ExternalPub(public).encode()))
        found.append(Extension(GREASE[random(1)[0] % len(GREASE)], b""))
        return GroupInfo.make(
            self.suite, self.signing_key, self.own_leaf, self.context, self.confirmation_tag, tuple(found)
        )

    def scene(
        self,
        *,
        extensions: tuple[Extension, ...] | None = None,
        now: int | None = None,
        limits: Limits,
        resuming: ResumptionUsage | None = None,
    ) -> Scene:
        """Return what proposals of this epoch are judged against, with its own extensions or those of the next one."""
        extensions = self.context.extensions if extensions is None else extensions
        return Scene(self.suite, self.group_id, self.tree, extensions, resuming, now, limits)

    # saving

    def state(self) -> EpochState:
        """Return what is saved of the epoch, without the tree."""
        return EpochState(
            self.context,
            self.confirmation_tag,
            self.interim_transcript_hash,
            self.secrets,
            self.private,
            self.signing_key.seed,
        )

    def witness(self) -> EpochState:
        """Return what is enough to judge commits of the epoch, without any secret that leads out of it."""
        kept = ("sender_data_secret", "exporter_secret")
        secrets = EpochSecrets(
            **{
                one.name: getattr(self.secrets, one.name) if one.name in kept else Secret(b"")
                for one in fields(EpochSecrets)
            }
        )
        return replace(self.state(), secrets=secrets, private=TreePrivate.of_nobody(), signing_seed=Secret(bytes(32)))

    def saved_tree(self) -> SavedTree:
        """Return the tree as it is saved."""
        if self._saved_tree is None:
            self._saved_tree = SavedTree.of(self.tree)
        return self._saved_tree

    @classmethod
    def of_state(cls, state: EpochState, tree: RatchetTree | bytes) -> Self:
        """Undo ``state``; ``tree`` may be the bytes of ``saved_tree``."""
        return cls(
            state.context,
            tree if isinstance(tree, RatchetTree) else SavedTree(CipherSuite.of(state.context.cipher_suite), tree),
            confirmation_tag=state.confirmation_tag,
            interim_transcript_hash=state.interim_transcript_hash,
            secrets=state.secrets,
            private=state.private,
            signing_key=SigningKey(state.signing_seed),
        )

    def __repr__(self) -> str:
        return f"Epoch({self.number} of group {self.group_id.hex()})"
