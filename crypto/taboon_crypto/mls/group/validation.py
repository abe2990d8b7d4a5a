"""What makes proposals, lists of them and the leaves in them valid: RFC 9420, sections 7.3, 10.1, 12.1, 12.2, 12.4.

One rule, one check, one name: ``ValidationError.rule`` is the name of a broken rule, here and in the tests.
Nothing here looks at a clock unless it is given one, and nothing changes anything.

    check_may_send(sender, proposal)        who may send which proposal at all                          12.1.8
    check_proposal(...)                     one proposal by itself, against tree and extensions         12.1
    check_list(...)                         the list of a member's commit                               12.2
    check_external_list(...)                the list of an external commit                              12.2
    check_path_present(...)                                                                            12.4
    check_commit_leaf(...)                  the leaf in the path of a commit                            7.3, 12.4.2
    check_members(...)                      the tree that a commit leads to                             7.3, 11.1, 13.4
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from taboon_crypto.mls.ciphersuite import CipherSuite
from taboon_crypto.mls.errors import ValidationError
from taboon_crypto.mls.extension import (
    EXTERNAL_SENDERS,
    REQUIRED_CAPABILITIES,
    Extension,
    RequiredCapabilities,
    check_unique_types,
    decode_external_senders,
    find,
)
from taboon_crypto.mls.group.limits import DEFAULT_LIMITS, Limits
from taboon_crypto.mls.keys.psk import PreSharedKeyID, ResumptionPsk, ResumptionUsage
from taboon_crypto.mls.messages.framing import (
    ExternalSenderIndex,
    MemberSender,
    NewMemberCommit,
    NewMemberProposal,
    Sender,
)
from taboon_crypto.mls.messages.key_package import KeyPackage
from taboon_crypto.mls.messages.proposal import (
    EXTERNAL_SENDER_TYPES,
    Add,
    ExternalInit,
    GroupContextExtensions,
    PreSharedKey,
    Proposal,
    ReInit,
    Remove,
    Update,
    needs_path,
)
from taboon_crypto.mls.tree.leaf_node import MLS10, FromUpdate, LeafNode, ParentHash
from taboon_crypto.mls.tree.ratchet_tree import RatchetTree, check_credentials, check_unique_keys

__all__ = [
    "Scene",
    "SentProposal",
    "check_commit_leaf",
    "check_context_extensions",
    "check_external_list",
    "check_key_package",
    "check_leaf_in_group",
    "check_list",
    "check_may_send",
    "check_members",
    "check_path_present",
    "check_proposal",
]

MAX_PSKS: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Scene:
    """What proposals are judged against: the public state of an epoch.

    Attributes:
        suite: Of the group.
        group_id: Of the group.
        tree: Before the commit.
        extensions: Of the group context; those that the commit sets, if it sets any (section 12.3).
        resuming: The usage of resumption PSKs that is allowed beside application, in the first commit of a group that
            continues another one (sections 11.2 and 11.3).
        now: Unix time, for whoever sends; None looks at no lifetime.
        limits: Of this device.
        required: What the extensions require, read once for all leaves that are held against it.
    """

    suite: CipherSuite
    group_id: bytes
    tree: RatchetTree
    extensions: tuple[Extension, ...]
    resuming: ResumptionUsage | None = None
    now: int | None = None
    limits: Limits = DEFAULT_LIMITS
    required: RequiredCapabilities = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "required", _required(self.extensions))


@dataclass(frozen=True, slots=True)
class SentProposal:
    """A proposal and who sent it.

    Attributes:
        sender: For a proposal that the commit itself carries, the committer.
        proposal: The proposal.
        reference: Its ProposalRef if the commit names it by that, else None.
    """

    sender: Sender
    proposal: Proposal
    reference: bytes | None = None

    @property
    def sender_leaf(self) -> int | None:
        """The sender's leaf, or None for somebody outside."""
        return self.sender.leaf_index if isinstance(self.sender, MemberSender) else None


# --- who may send what (6.1, 12.1.8) ----------------------------------------------------------------------------------


def check_may_send(sender: Sender, proposal: Proposal) -> None:
    """Refuse a proposal message from somebody who may not send it.

    Raises:
        ValidationError: Rule "proposal.sender".
    """
    allowed: tuple[type[Proposal], ...]
    match sender:
        case MemberSender():
            allowed = (Add, Update, Remove, PreSharedKey, ReInit, GroupContextExtensions)
        case ExternalSenderIndex():
            allowed = EXTERNAL_SENDER_TYPES
        case NewMemberProposal():
            allowed = (Add,)
        case NewMemberCommit():
            allowed = ()
    if not isinstance(proposal, allowed):
        who, what = type(sender).__name__, type(proposal).__name__
        raise ValidationError(
            "proposal.sender", f"a sender of the kind {who} may not send a proposal of the kind {what}"
        )


# --- one proposal (12.1) ----------------------------------------------------------------------------------------------


def check_proposal(scene: Scene, sent: SentProposal) -> None:
    """Check one proposal by itself (section 12.1).

    Raises:
        ValidationError: A rule is broken.
        UnsupportedError: An added key package is of a protocol version or suite that is not supported.
    """
    match sent.proposal:
        case Add(key_package):
            check_key_package(scene, key_package)
        case Update(leaf_node):
            _check_update(scene, sent.sender_leaf, leaf_node)
        case Remove(removed):
            _check_remove(scene, removed)
        case PreSharedKey(psk):
            _check_psk(scene, psk)
        case ReInit() as reinit:
            _check_reinit(reinit)
        case GroupContextExtensions(extensions):
            check_context_extensions(extensions)
        case ExternalInit():
            pass  # where it may stand is a rule of the list


def check_key_package(scene: Scene, key_package: KeyPackage) -> None:
    """Check a key package that is to be added (sections 10.1 and 12.1.1)."""
    if key_package.version != MLS10:
        raise ValidationError("key_package.version", "an added key package is of another protocol version")
    if key_package.cipher_suite != scene.suite.suite_id:
        raise ValidationError("key_package.cipher_suite", "an added key package is of another cipher suite")
    key_package.verify(now=scene.now, longest=scene.limits.max_lifetime)
    check_leaf_in_group(scene, key_package.leaf_node)


def check_leaf_in_group(scene: Scene, leaf_node: LeafNode) -> None:
    """Check that a leaf supports what the group uses and requires (sections 7.3, 11.1 and 13.4)."""
    leaf_node.check_suite(scene.suite)
    leaf_node.check_group_extensions(scene.extensions)
    leaf_node.check_required(scene.required)


def _check_new_leaf(
    scene: Scene, leaf: int, leaf_node: LeafNode, source: type[FromUpdate | ParentHash], replaced: LeafNode | None
) -> None:
    """Check a leaf made inside the group (section 7.3), all but its uniqueness: its signature before what is long."""
    leaf_node.check_source(source)
    if replaced is None or leaf_node.signature_key != replaced.signature_key:
        scene.suite.check_signature_key(leaf_node.signature_key)
    leaf_node.check_signature(scene.suite, scene.group_id, leaf)
    leaf_node.check_keys(scene.suite)
    leaf_node.check_credential()
    leaf_node.check_extensions()
    check_leaf_in_group(scene, leaf_node)


def _check_update(scene: Scene, leaf: int | None, leaf_node: LeafNode) -> None:
    """Check an Update (section 12.1.2)."""
    old = None if leaf is None else scene.tree.leaf(leaf)
    if leaf is None or old is None:
        raise ValidationError("update.sender", "an Update comes from nobody who has a leaf")
    if leaf_node.encryption_key == old.encryption_key:
        raise ValidationError("update.encryption_key", "an Update keeps the encryption key that it should replace")
    _check_new_leaf(scene, leaf, leaf_node, FromUpdate, old)


def _check_remove(scene: Scene, removed: int) -> None:
    """Check a Remove (section 12.1.3)."""
    if scene.tree.leaf(removed) is None:
        raise ValidationError("remove.blank_leaf", f"a Remove names the leaf {removed}, where there is no member")


def _check_psk(scene: Scene, psk: PreSharedKeyID) -> None:
    """Check a PreSharedKey (section 12.1.4)."""
    psk.check_nonce(scene.suite)
    if not isinstance(psk.psk, ResumptionPsk) or psk.psk.usage in (ResumptionUsage.APPLICATION, scene.resuming):
        return
    if psk.psk.usage is ResumptionUsage.REINIT:
        raise ValidationError("psk.usage_reinit", "a PSK for reinitialisation is used in a group that is not one")
    raise ValidationError("psk.usage_branch", "a PSK for branching is used in a group that is no branch")


def _check_reinit(reinit: ReInit) -> None:
    """Check a ReInit (section 12.1.5)."""
    if reinit.version < MLS10:
        raise ValidationError("reinit.version", "a ReInit goes back to an older protocol version")
    check_unique_types(reinit.extensions, "a ReInit")


def check_context_extensions(extensions: tuple[Extension, ...]) -> None:
    """Check the extensions of a group context by themselves (sections 12.1.7, 12.1.8.1 and 13.4).

    Raises:
        ValidationError: Rule "extensions.unique".
        DecodeError: An extension of a known type has data that is none.
    """
    check_unique_types(extensions, "a group context")
    _required(extensions)
    senders = find(extensions, EXTERNAL_SENDERS)
    if senders is not None:
        decode_external_senders(senders)


# --- the list of a commit (12.2) --------------------------------------------------------------------------------------


def check_list(scene: Scene, committer: int, proposals: Sequence[SentProposal]) -> None:
    """Check the proposals of a member's commit: each by itself, then together (section 12.2).

    Raises:
        ValidationError: A rule is broken.
    """
    _check_how_many(scene, proposals)
    for sent in proposals:
        check_proposal(scene, sent)
    _check_no_external_init(proposals)
    _check_committer_stays(committer, proposals)
    _check_one_change_per_leaf(proposals)
    _check_adds(scene, proposals)
    _check_psks_differ(proposals)
    _check_context_changes_once(proposals)
    _check_reinit_alone(proposals)


def _check_how_many(scene: Scene, proposals: Sequence[SentProposal]) -> None:
    if len(proposals) > scene.limits.proposals:
        raise ValidationError("commit.too_many", f"a commit covers more than {scene.limits.proposals} proposals")


def _check_no_external_init(proposals: Sequence[SentProposal]) -> None:
    if any(isinstance(sent.proposal, ExternalInit) for sent in proposals):
        raise ValidationError("commit.external_init", "a member's commit holds an ExternalInit")


def _check_committer_stays(committer: int, proposals: Sequence[SentProposal]) -> None:
    for sent in proposals:
        if isinstance(sent.proposal, Update) and sent.sender_leaf == committer:
            raise ValidationError("commit.own_update", "a commit covers an Update by the committer, whose path updates")
        if isinstance(sent.proposal, Remove) and sent.proposal.removed == committer:
            raise ValidationError("commit.own_removal", "a commit removes its own sender")


def _check_one_change_per_leaf(proposals: Sequence[SentProposal]) -> None:
    changes: Counter[int | None] = Counter()
    for sent in proposals:
        if isinstance(sent.proposal, Update):
            changes[sent.sender_leaf] += 1
        elif isinstance(sent.proposal, Remove):
            changes[sent.proposal.removed] += 1
    if any(count > 1 for count in changes.values()):
        raise ValidationError("commit.leaf_twice", "a commit updates or removes one leaf twice")


def _check_adds(scene: Scene, proposals: Sequence[SentProposal]) -> None:
    """A client is its signature key. Removing and adding one client in the same commit is how it rejoins."""
    added = [sent.proposal.key_package for sent in proposals if isinstance(sent.proposal, Add)]
    keys = {key_package.leaf_node.signature_key for key_package in added}
    if len(keys) != len(added):
        raise ValidationError("commit.add_twice", "a commit adds one client twice")
    removed = {sent.proposal.removed for sent in proposals if isinstance(sent.proposal, Remove)}
    leaving = {leaf.signature_key for number in removed if (leaf := scene.tree.leaf(number)) is not None}
    if any(key in scene.tree.census.signature_keys and key not in leaving for key in keys):
        raise ValidationError("commit.add_member", "a commit adds a client that is a member and is not removed by it")


def _check_psks_differ(proposals: Sequence[SentProposal]) -> None:
    psks = [sent.proposal.psk for sent in proposals if isinstance(sent.proposal, PreSharedKey)]
    if len(set(psks)) != len(psks):
        raise ValidationError("commit.psk_twice", "a commit names one pre-shared key twice")
    if len(psks) > MAX_PSKS:
        raise ValidationError("commit.psk_count", f"a commit names more than {MAX_PSKS} pre-shared keys")


def _check_context_changes_once(proposals: Sequence[SentProposal]) -> None:
    if sum(isinstance(sent.proposal, GroupContextExtensions) for sent in proposals) > 1:
        raise ValidationError("commit.extensions_twice", "a commit changes the extensions of the group twice")


def _check_reinit_alone(proposals: Sequence[SentProposal]) -> None:
    if len(proposals) > 1 and any(isinstance(sent.proposal, ReInit) for sent in proposals):
        raise ValidationError("commit.reinit_alone", "a commit covers a ReInit together with another proposal")


def check_external_list(scene: Scene, proposals: Sequence[SentProposal]) -> None:
    """Check the proposals of an external commit (sections 12.2 and 12.4.3.2).

    Raises:
        ValidationError: A rule is broken.
    """
    _check_how_many(scene, proposals)
    if any(sent.reference is not None for sent in proposals):
        raise ValidationError("external_commit.reference", "an external commit names a proposal by reference")
    for sent in proposals:
        if not isinstance(sent.proposal, ExternalInit | Remove | PreSharedKey):
            what = type(sent.proposal).__name__
            raise ValidationError("external_commit.proposal", f"an external commit holds a proposal of the kind {what}")
        check_proposal(scene, sent)
    if sum(isinstance(sent.proposal, ExternalInit) for sent in proposals) != 1:
        raise ValidationError("external_commit.external_init", "an external commit holds not exactly one ExternalInit")
    if sum(isinstance(sent.proposal, Remove) for sent in proposals) > 1:
        raise ValidationError("external_commit.removes", "an external commit removes more than one member")
    _check_psks_differ(proposals)


def check_path_present(proposals: Iterable[SentProposal], *, has_path: bool) -> None:
    """Check that a commit has a path where it must have one (section 12.4). An external one is not opened without.

    Raises:
        ValidationError: Rule "commit.path_missing".
    """
    if not has_path and needs_path(tuple(sent.proposal for sent in proposals)):
        raise ValidationError("commit.path_missing", "a commit that must have a path has none")


# --- what a commit leads to (7.3, 12.4.2) -----------------------------------------------------------------------------


def check_commit_leaf(scene: Scene, leaf: int, leaf_node: LeafNode, replaced: LeafNode | None) -> None:
    """Check the leaf in the path of a commit (sections 7.3 and 12.4.2), all but its uniqueness.

    Args:
        scene: With the extensions of the new epoch.
        leaf: The committer's leaf index.
        leaf_node: The new leaf.
        replaced: The committer's leaf before; of an external commit, the leaf that it removes, if any.

    Raises:
        ValidationError: A rule is broken.
    """
    if replaced is not None and leaf_node.encryption_key == replaced.encryption_key:
        raise ValidationError("path.leaf_key", "the path of a commit keeps the encryption key of the committer's leaf")
    _check_new_leaf(scene, leaf, leaf_node, ParentHash, replaced)


def check_members(scene: Scene, tree: RatchetTree, *, extensions_changed: bool) -> None:
    """Check the members of a new epoch against each other and its extensions (sections 7.3, 11.1, 12.1.7, 13.4).

    Args:
        scene: With the extensions of the new epoch.
        tree: Of the new epoch.
        extensions_changed: Whether they are others than before; if not, each new leaf was checked against them already.

    Raises:
        ValidationError: Rule "tree.too_wide", "tree.signature_key_unique", "tree.encryption_key_unique",
            "tree.credentials_supported", "leaf_node.group_extensions" or "leaf_node.required_capabilities".
    """
    if tree.leaf_count > scene.limits.max_leaves:
        raise ValidationError("tree.too_wide", f"a commit makes a tree of more than {scene.limits.max_leaves} leaves")
    check_unique_keys(tree)
    check_credentials(tree)
    if extensions_changed:
        for _, leaf_node in tree.leaves():
            leaf_node.check_group_extensions(scene.extensions)
            leaf_node.check_required(scene.required)


def _required(extensions: tuple[Extension, ...]) -> RequiredCapabilities:
    data = find(extensions, REQUIRED_CAPABILITIES)
    return RequiredCapabilities() if data is None else RequiredCapabilities.decode(data)
