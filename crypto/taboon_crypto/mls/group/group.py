"""A group, as one member has it: RFC 9420, chapters 11, 12, 14 and 15. The face of this package.

    Group.create(...)  Group.join(...)  Group.load(parts)
    group.encrypt(data) -> bytes
    group.receive(message) -> ApplicationMessage | ProposalMessage | StagedCommit
    group.propose(...) -> bytes      group.commit(...) -> StagedCommit      group.merge(staged)
    group.parts(), .changed(), .removed_parts(), .mark_saved()

An epoch is a value: a commit, ours or somebody's, stages the next one and changes nothing until ``merge``. The ratchets
of messages move in place: after every check when receiving, before bytes are returned when sending. So a Group is
neither copied nor pickled. Whatever is refused leaves the saved parts as they were, byte for byte.

The file is longer than others because it is the one door; what happens behind it is in the modules beside.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final, NoReturn, Self

from taboon_crypto.mls.ciphersuite import CipherSuite, Random
from taboon_crypto.mls.errors import (
    EpochGoneError,
    EpochUnknownError,
    GroupClosedError,
    OwnCommitError,
    PendingProposalsError,
    UsageError,
    ValidationError,
)
from taboon_crypto.mls.extension import Extension, find
from taboon_crypto.mls.group.commit import FindPsk, LeafSecrets, create, process
from taboon_crypto.mls.group.epoch import Epoch, EpochState, Member
from taboon_crypto.mls.group.join import Joined, join_by_welcome
from taboon_crypto.mls.group.limits import DEFAULT_LIMITS, Limits
from taboon_crypto.mls.group.opening import EpochView, open_private, open_public
from taboon_crypto.mls.group.pending import Pending
from taboon_crypto.mls.group.results import ApplicationMessage, ProposalMessage
from taboon_crypto.mls.group.selection import pick
from taboon_crypto.mls.group.staged import StagedCommit, decode_staged
from taboon_crypto.mls.group.state import (
    FORMAT,
    EpochPsk,
    GroupState,
    PastEpoch,
    Status,
    past_prefix,
    split_past,
    under,
)
from taboon_crypto.mls.group.validation import (
    Scene,
    SentProposal,
    check_context_extensions,
    check_leaf_in_group,
    check_proposal,
)
from taboon_crypto.mls.keys.psk import ExternalPsk, PreSharedKeyID, ResumptionPsk
from taboon_crypto.mls.keys.schedule import GroupContext, founding_secrets
from taboon_crypto.mls.keys.secret_tree import REUSE_GUARD_LENGTH, MessageKey, Ratchet, SecretTree
from taboon_crypto.mls.keys.transcript import confirmation_tag, interim_transcript_hash
from taboon_crypto.mls.messages.envelope import MLSMessage, wrap
from taboon_crypto.mls.messages.framing import (
    ApplicationContent,
    AuthenticatedContent,
    Content,
    ContentType,
    FramedContent,
    FramedContentAuthData,
    MemberSender,
    ProposalContent,
    WireFormat,
    sign,
)
from taboon_crypto.mls.messages.key_package import (
    CLOCK_MARGIN,
    MAX_LIFETIME,
    KeyPackage,
    KeyPackageSecrets,
    MemberProfile,
)
from taboon_crypto.mls.messages.proposal import (
    Add,
    GroupContextExtensions,
    PreSharedKey,
    Proposal,
    ReInit,
    Remove,
    Update,
)
from taboon_crypto.mls.messages.protection import PrivateMessage, PublicMessage
from taboon_crypto.mls.tree.hashes import tree_hash
from taboon_crypto.mls.tree.kem import TreePrivate
from taboon_crypto.mls.tree.leaf_node import MLS10, FromUpdate, Lifetime
from taboon_crypto.mls.tree.ratchet_tree import RatchetTree
from taboon_crypto.primitives.secret import Secret

__all__ = ["Group", "PskName"]

PskName = PreSharedKeyID | ExternalPsk | ResumptionPsk | bytes
"""Names a pre-shared key: in full, without the nonce (a fresh one is drawn), or by the id of an external one alone."""

_FOUNDING_LIFETIME: Final = MAX_LIFETIME - CLOCK_MARGIN


def _no_psk(_: PreSharedKeyID, __: bytes) -> None:
    return None


class Group:
    """One member's part in one group."""

    __slots__ = (
        "_dirty",
        "_epoch",
        "_limits",
        "_past",
        "_pending",
        "_ratchets",
        "_saved_names",
        "_state",
    )

    def __init__(
        self,
        epoch: Epoch | None,
        ratchets: SecretTree | None,
        pending: Pending | None,
        state: GroupState,
        limits: Limits,
    ) -> None:
        """For this package: use ``create``, ``join`` or ``load``."""
        self._epoch = epoch
        self._ratchets = ratchets
        self._pending = pending
        self._state = state
        self._limits = limits
        self._past: dict[int, PastEpoch] = {}
        self._dirty = {"group", "epoch", "tree"} if epoch is not None else {"group"}
        self._saved_names: frozenset[str] = frozenset()

    # --- beginning ----------------------------------------------------------------------------------------------------

    @classmethod
    def create(
        cls,
        suite: CipherSuite | int,
        group_id: bytes,
        member: MemberProfile,
        *,
        extensions: tuple[Extension, ...] = (),
        now: int,
        random: Random,
        lifetime: int = _FOUNDING_LIFETIME,
        limits: Limits = DEFAULT_LIMITS,
    ) -> Self:
        """Found a group of one (chapter 11).

        Args:
            suite: The cipher suite, or its code point.
            group_id: A fresh random value, Nh bytes long or so.
            member: Who founds it.
            extensions: Of the group context. The founder's capabilities must list their types.
            now: Unix time in seconds.
            random: Source of all secrets.
            lifetime: Seconds from now that the founder's first leaf is good for.
            limits: Of this device.

        Raises:
            UnsupportedError: The suite is not supported.
            ValidationError: Extensions or profile break a rule.
        """
        suite = suite if isinstance(suite, CipherSuite) else CipherSuite.of(suite)
        check_context_extensions(extensions)
        profile = replace(member, capabilities=member.supported().with_grease(random(1)[0]))
        key = suite.generate_key_pair(random)
        leaf_node = profile.leaf_node(suite, key.public, Lifetime(max(0, now - CLOCK_MARGIN), now + lifetime))
        tree = RatchetTree.of_one(suite, leaf_node)
        leaf_node.check_credential()
        leaf_node.check_extensions()
        check_leaf_in_group(Scene(suite, group_id, tree, extensions), leaf_node)
        secrets, encryption_secret = founding_secrets(suite, random(suite.hash_length))
        tag = confirmation_tag(suite, secrets.confirmation_key, b"")
        epoch = Epoch(
            GroupContext(MLS10, suite.suite_id, group_id, 0, tree_hash(tree), b"", extensions),
            tree,
            confirmation_tag=tag,
            interim_transcript_hash=interim_transcript_hash(suite, b"", tag),
            secrets=secrets,
            private=TreePrivate.of_leaf(0, key.private),
            signing_key=member.signing_key,
        )
        return cls._begin(epoch, encryption_secret, None, limits)

    @classmethod
    def join(
        cls,
        welcome: bytes,
        key_package: KeyPackage,
        secrets: KeyPackageSecrets,
        *,
        psks: FindPsk | None = None,
        now: int | None = None,
        ratchet_tree: bytes | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> Self:
        """Join by a Welcome (section 12.4.3.1). That the group is new to this client is for the caller to check.

        Args:
            welcome: An MLSMessage.
            key_package: The one the Welcome is for. Forget it and its secrets afterwards.
            secrets: Of the key package.
            psks: Gives pre-shared keys; called with the id and empty authenticated data.
            now: Unix time, to look at the lifetimes of the members' leaves; None looks at none.
            ratchet_tree: The tree, if the Welcome does not bring it.
            limits: Of this device.

        Raises:
            ValidationError: A rule is broken.
            DecryptionError: It does not open.
            UnknownPskError: A pre-shared key is not known.
            DecodeError: It is malformed.
        """
        joined = join_by_welcome(
            welcome, key_package, secrets, find_psk=psks or _no_psk, now=now, ratchet_tree=ratchet_tree
        )
        if joined.resumed is not None:
            raise UsageError("this Welcome continues another group: join it with the group it continues")
        return cls._joined(joined, limits)

    @classmethod
    def _joined(cls, joined: Joined, limits: Limits) -> Self:
        return cls._begin(joined.epoch, joined.encryption_secret, joined.welcomed_by, limits)

    @classmethod
    def _begin(cls, epoch: Epoch, encryption_secret: Secret, welcomed_by: int | None, limits: Limits) -> Self:
        ratchets = SecretTree(epoch.suite, epoch.tree.leaf_count, encryption_secret, limits.ratchet)
        state = GroupState(FORMAT, Status.ACTIVE, welcomed_by, None, ())
        return cls(epoch, ratchets, Pending(epoch.suite), state, limits)

    # --- looking ------------------------------------------------------------------------------------------------------

    @property
    def limits(self) -> Limits:
        """The limits of this device."""
        return self._limits

    @property
    def is_active(self) -> bool:
        """Whether this member can still send here: not after its removal, nor after a reinitialisation."""
        return self._state.status is Status.ACTIVE

    @property
    def reinit(self) -> ReInit | None:
        """What the group was reinitialised to, if it was."""
        return self._state.reinit

    @property
    def welcomed_by(self) -> int | None:
        """Leaf, in the epoch we joined in, of the member whose Welcome we joined by; None for who came otherwise."""
        return self._state.welcomed_by

    @property
    def suite(self) -> CipherSuite:
        """The cipher suite."""
        return self._current.suite

    @property
    def group_id(self) -> bytes:
        """The group's id."""
        return self._current.group_id

    @property
    def epoch(self) -> int:
        """Number of the epoch that stands."""
        return self._current.number

    @property
    def own_leaf(self) -> int:
        """This member's leaf."""
        return self._current.own_leaf

    @property
    def own_profile(self) -> MemberProfile:
        """What this member says of itself now."""
        return self._current.own_profile

    @property
    def confirmed_transcript_hash(self) -> bytes:
        """Names the history of commits up to this epoch; empty in epoch 0."""
        return self._current.context.confirmed_transcript_hash

    @property
    def tree_hash(self) -> bytes:
        """Hash of the ratchet tree, Nh bytes."""
        return self._current.context.tree_hash

    @property
    def epoch_authenticator(self) -> Secret:
        """Equal for two members exactly if they are in the same epoch of the same history (section 8.7), Nh bytes."""
        return self._current.secrets.epoch_authenticator

    @property
    def context_extensions(self) -> tuple[Extension, ...]:
        """The extensions of the group context."""
        return self._current.context.extensions

    @property
    def ratchet_tree(self) -> bytes:
        """The tree as data of a ratchet_tree extension, for who gets a Welcome without it."""
        return self._current.encoded_tree()

    def extension(self, extension_type: int) -> bytes | None:
        """Return the data of a group context extension, or None."""
        return find(self.context_extensions, extension_type)

    def members(self) -> tuple[Member, ...]:
        """Return the members, by leaf."""
        return self._current.members()

    def member(self, leaf: int) -> Member:
        """Return the member at a leaf; raises UsageError where there is none."""
        return self._current.member(leaf)

    def export(self, label: bytes | str, context: bytes, length: int) -> Secret:
        """Derive a secret of this epoch for the application (MLS-Exporter, section 8.5).

        Args:
            label: Names the purpose; text is UTF-8.
            context: Any bytes.
            length: Bytes wanted, at most 255 hash lengths.

        Raises:
            UsageError: ``length`` is out of range.
        """
        return self._current.export(label, context, length)

    def resumption_psk(self, epoch: int | None = None) -> Secret | None:
        """Return the resumption PSK of an epoch (section 8.6), the present one if none is named; None if it is gone."""
        current = self._current
        if epoch is None or epoch == current.number:
            return current.secrets.resumption_psk
        return next((entry.psk for entry in self._state.resumption_psks if entry.epoch == epoch), None)

    def pending_proposals(self) -> tuple[SentProposal, ...]:
        """Return the proposals that wait for a commit, in the order they came."""
        return () if self._pending is None else tuple(self._pending)

    def group_info(self, *, random: Random, with_tree: bool = True, external_pub: bool = True) -> bytes:
        """Return a signed GroupInfo of this epoch as an MLSMessage: with it others can join by an external commit.

        Args:
            random: Picks a value that receivers must ignore.
            with_tree: Put the ratchet tree into it.
            external_pub: Put the key for external commits into it.
        """
        return wrap(self._active.group_info(with_tree=with_tree, external_pub=external_pub, random=random))

    # --- application messages -----------------------------------------------------------------------------------------

    def encrypt(self, data: bytes, *, authenticated_data: bytes = b"", random: Random, padding: int = 0) -> bytes:
        """Encrypt application data. The ratchet has moved when this returns: save before sending.

        Args:
            data: What to say.
            authenticated_data: Sent along in the clear, authenticated.
            random: Gives the reuse guard.
            padding: Zero bytes to add.

        Returns:
            An MLSMessage.

        Raises:
            GroupClosedError: Nothing is sent here any more.
            PendingProposalsError: Proposals wait; commit or forget them first (section 12.4).
        """
        epoch = self._active
        if self._pending:
            raise PendingProposalsError(
                "proposals wait: commit them, or forget those you would not commit, and send then"
            )
        if padding < 0:
            raise UsageError("padding has no negative length")
        signed = self._sign(epoch, ApplicationContent(bytes(data)), authenticated_data, WireFormat.PRIVATE_MESSAGE)
        return self._protect(signed, random, padding)

    def receive(
        self, message: bytes, *, psks: FindPsk | None = None, now: int | None = None
    ) -> ApplicationMessage | ProposalMessage | StagedCommit:
        """Process a message of the group. What it raises leaves everything as it was.

        An application message spends its key, a proposal is kept, a commit changes nothing before ``merge``.

        Args:
            message: An MLSMessage.
            psks: Gives pre-shared keys for a commit; called with the id and the commit's authenticated data, once the
                signature and all else that others can check is checked.
            now: Unix time, to look at the lifetimes of added leaves; None looks at none.

        Raises:
            DecodeError: Malformed.
            ValidationError: A rule is broken; ``rule`` names it.
            DecryptionError: It does not open.
            KeyUnavailableError: Its key or epoch is gone, or not there yet; the subclasses say which.
            OwnCommitError: It is our own commit: load the staged one.
            CannotFollowError: A commit that may stand, and that we cannot follow.
            GroupClosedError: A proposal or commit for a group that has ended for us.
        """
        body = MLSMessage.decode(message).body
        if isinstance(body, PublicMessage):
            self._check_address(body.content.group_id, body.content.epoch)
            opened, key = open_public(_view(self._current), body), None
        elif isinstance(body, PrivateMessage):
            if body.group_id == self.group_id and body.epoch in self._past:
                return self._receive_late(body)
            self._check_address(body.group_id, body.epoch)
            opened, key = open_private(_view(self._current), self._live, body)
        else:
            raise ValidationError("message.wire_format", f"a {type(body).__name__} is no message inside a group")
        content = opened.content.content
        if isinstance(content, ApplicationContent) and key is not None:
            self._live.spend(key)
            return self._said(self._current.member(key.leaf), opened)
        epoch = self._active
        if isinstance(content, ProposalContent):
            return self._receive_proposal(epoch, opened, content.proposal, key, now)
        if opened.content.sender == MemberSender(epoch.own_leaf):
            raise OwnCommitError("this is our own commit: load the staged one that was saved when it was made")
        pending = self._waiting
        staged = process(
            epoch,
            opened,
            pending=pending.by_reference(),
            own_updates=pending.own_updates(),
            find_psk=self._finder(psks or _no_psk),
            now=now,
            longest_lifetime=self._limits.max_lifetime,
        )
        return staged if key is None else staged.opened_by(key.leaf, key.generation)

    def _check_address(self, group_id: bytes, epoch: int) -> None:
        current = self._current
        if group_id != current.group_id:
            raise ValidationError("message.group_id", "the message belongs to another group")
        if epoch < current.number:
            raise EpochGoneError(
                f"the message belongs to epoch {epoch}, which has ended; epoch {current.number} stands"
            )
        if epoch > current.number:
            raise EpochUnknownError(f"the message belongs to epoch {epoch}; only epoch {current.number} is known here")

    def _receive_late(self, message: PrivateMessage) -> ApplicationMessage:
        """Open an application message of a past epoch (section 15.3)."""
        if message.content_type is not ContentType.APPLICATION:
            raise EpochGoneError(f"a proposal or commit came for epoch {message.epoch}, which has ended")
        past = self._past[message.epoch]
        opened, key = open_private(past.view(), past.ratchets, message)
        member = past.member(key.leaf)
        past.ratchets.spend(key)
        content = opened.content.content
        data = content.data if isinstance(content, ApplicationContent) else b""
        return ApplicationMessage(
            member.leaf, member.signature_key, member.credential, message.epoch, data, opened.content.authenticated_data
        )

    def _said(self, member: Member, opened: AuthenticatedContent) -> ApplicationMessage:
        content = opened.content.content
        data = content.data if isinstance(content, ApplicationContent) else b""
        return ApplicationMessage(
            member.leaf,
            member.signature_key,
            member.credential,
            opened.content.epoch,
            data,
            opened.content.authenticated_data,
        )

    def _receive_proposal(
        self, epoch: Epoch, opened: AuthenticatedContent, proposal: Proposal, key: MessageKey | None, now: int | None
    ) -> ProposalMessage:
        check_proposal(self._scene(epoch, now), SentProposal(opened.content.sender, proposal))
        if len(self._waiting) >= self._limits.pending_proposals:
            raise ValidationError("proposal.too_many", "more proposals wait than are kept")
        name, sent = self._waiting.add(opened)
        if key is not None:
            self._live.spend(key)
        self._dirty.add(f"proposal/{name}")
        return ProposalMessage(sent.sender, sent.proposal, sent.reference or b"", opened.content.authenticated_data)

    # --- proposals ----------------------------------------------------------------------------------------------------

    def propose(
        self,
        proposal: Proposal,
        *,
        authenticated_data: bytes = b"",
        private: bool = True,
        random: Random,
        now: int | None = None,
    ) -> bytes:
        """Propose a change; it is kept here like everybody's proposals. Updates: ``propose_update``.

        Args:
            proposal: Add, Remove, PreSharedKey, ReInit or GroupContextExtensions.
            authenticated_data: Sent along in the clear, authenticated.
            private: Whether it is encrypted; else every relay can read it.
            random: Gives the reuse guard.
            now: Unix time, to look at the lifetime of an added leaf.

        Returns:
            An MLSMessage.

        Raises:
            GroupClosedError: Nothing is sent here any more.
            ValidationError: The proposal is not valid.
        """
        if isinstance(proposal, Update):
            raise UsageError("an Update is made by propose_update, which draws its keys")
        return self._propose(proposal, None, authenticated_data, private, random, now)

    def propose_update(
        self,
        *,
        member: MemberProfile | None = None,
        leaf_extensions: tuple[Extension, ...] | None = None,
        authenticated_data: bytes = b"",
        private: bool = True,
        random: Random,
    ) -> bytes:
        """Propose a fresh leaf of our own, for somebody else to commit (section 12.1.2).

        Args:
            member: What the new leaf says; None keeps what the present one says.
            leaf_extensions: Extensions of the new leaf; None keeps them.
            authenticated_data: Sent along in the clear, authenticated.
            private: Whether it is encrypted; else every relay can read it.
            random: Source of the new key.

        Returns:
            An MLSMessage.
        """
        epoch = self._active
        profile = _profile(epoch, member, leaf_extensions)
        key = epoch.suite.generate_key_pair(random)
        leaf_node = profile.leaf_node(
            epoch.suite, key.public, FromUpdate(), group_id=epoch.group_id, leaf=epoch.own_leaf
        )
        secrets = LeafSecrets(key.private, profile.signing_key.seed)
        return self._propose(Update(leaf_node), secrets, authenticated_data, private, random, None)

    def _propose(
        self,
        proposal: Proposal,
        own_update: LeafSecrets | None,
        authenticated_data: bytes,
        private: bool,
        random: Random,
        now: int | None,
    ) -> bytes:
        epoch = self._active
        check_proposal(self._scene(epoch, now), SentProposal(MemberSender(epoch.own_leaf), proposal))
        if len(self._waiting) >= self._limits.pending_proposals:
            raise UsageError("more proposals wait than are kept: commit or forget some first")
        signed = self._sign(epoch, ProposalContent(proposal), authenticated_data, _wire_format(private))
        name, _ = self._waiting.add(signed, own_update)
        self._dirty.add(f"proposal/{name}")
        return self._protect(signed, random)

    def forget_proposal(self, reference: bytes) -> None:
        """Drop a proposal that we would not commit.

        Whoever commits it all the same leaves us behind: drop only what the application's rules void for everyone.
        """
        if self._pending is not None:
            self._pending.forget(reference)

    # --- commits ------------------------------------------------------------------------------------------------------

    def commit(
        self,
        *,
        add: Sequence[KeyPackage] = (),
        remove: Sequence[int] = (),
        psks: Sequence[tuple[PskName, bytes | None]] = (),
        extensions: tuple[Extension, ...] | None = None,
        reinit: ReInit | None = None,
        member: MemberProfile | None = None,
        leaf_extensions: tuple[Extension, ...] | None = None,
        by_reference: bool | Collection[bytes] = True,
        path: bool | None = None,
        authenticated_data: bytes = b"",
        private: bool = True,
        welcome_tree: bool = True,
        group_info_extensions: tuple[Extension, ...] = (),
        find_psk: FindPsk | None = None,
        random: Random,
        now: int | None = None,
    ) -> StagedCommit:
        """Make a commit; nothing changes before ``merge``, except that a private one spends a key of our own.

        Args:
            add: Key packages to add.
            remove: Leaves to remove. Removing and adding one client in the same commit lets it rejoin.
            psks: Pre-shared keys to mix in, each with its secret; None looks it up (own epochs, ``find_psk``).
            extensions: New extensions of the group context, all of them; None leaves them.
            reinit: End the group in favour of another one; stands alone.
            member: What our new leaf says; None keeps what the present one says.
            leaf_extensions: Extensions of our new leaf; None keeps them.
            by_reference: Whether to cover the proposals that wait, those that can be; or the references of some, all of
                which are covered.
            path: True makes a path, which renews our keys; None makes one where it is needed or our leaf changes.
            authenticated_data: Sent along, authenticated, and handed to the members' lookup of pre-shared keys.
            private: Whether the commit is encrypted; else every relay can read it.
            welcome_tree: Put the ratchet tree into the Welcome.
            group_info_extensions: More extensions for the GroupInfo in the Welcome.
            find_psk: Gives pre-shared keys that proposals by reference name.
            random: Source of all new secrets.
            now: Unix time, to look at the lifetimes of added leaves; None looks at none.

        Raises:
            GroupClosedError: Nothing is sent here any more.
            ValidationError: What is to be committed breaks a rule; ``rule`` names it.
            UnknownPskError: A pre-shared key is not known.
            UsageError: The arguments make no sense together.
        """
        epoch = self._active
        known, psk_ids = self._named_psks(epoch, psks, random)
        proposals: list[Proposal] = [Remove(leaf) for leaf in remove]
        proposals += [Add(key_package) for key_package in add]
        proposals += [PreSharedKey(psk_id) for psk_id in psk_ids]
        if extensions is not None:
            proposals.append(GroupContextExtensions(extensions))
        if reinit is not None:
            proposals.append(reinit)
        carried = tuple(SentProposal(MemberSender(epoch.own_leaf), proposal) for proposal in proposals)
        renewed = member is not None or leaf_extensions is not None
        if path is False:
            raise UsageError("a path is made (True) or made where it is needed (None); it cannot be forbidden")
        finder = self._finder(find_psk or _no_psk)
        return create(
            epoch,
            (*self._referenced(epoch, by_reference, carried, now), *carried),
            profile=_profile(epoch, member, leaf_extensions),
            force_path=bool(path) or renewed,
            authenticated_data=authenticated_data,
            wire_format=_wire_format(private),
            protect=lambda signed: self._protect(signed, random),
            find_psk=lambda psk_id, data: known.get(psk_id) or finder(psk_id, data),
            welcome_tree=welcome_tree,
            group_info_extensions=group_info_extensions,
            random=random,
            now=now,
            longest_lifetime=self._limits.max_lifetime,
        )

    def load_staged(self, data: bytes) -> StagedCommit:
        """Take back what ``StagedCommit.encode`` gave, to merge it after a crash.

        Raises:
            DecodeError: The data is none.
            EpochGoneError: The commit ends another epoch than the one that stands.
        """
        return decode_staged(data, self._active)

    def merge(self, staged: StagedCommit) -> None:
        """Go over into the epoch that a commit begins.

        Raises:
            EpochGoneError: The commit ends another epoch than the one that stands.
        """
        epoch, ratchets = self._active, self._live
        if staged.base != epoch.interim_transcript_hash:
            raise EpochGoneError("the staged commit was made for another epoch than the one that stands")
        if staged.next_epoch is None:
            self._close()
            return
        if staged.handshake_key is not None:
            # What the commit said is not to be read again from what is kept of this epoch.
            key = staged.handshake_key
            ratchets.spend(ratchets.peek(key.leaf, Ratchet.HANDSHAKE, key.generation))
        kept = (*self._state.resumption_psks, EpochPsk(epoch.number, epoch.secrets.resumption_psk))
        if self._limits.past_epochs:
            self._past[epoch.number] = PastEpoch.of(epoch, ratchets)
        for number in sorted(self._past)[: max(0, len(self._past) - self._limits.past_epochs)]:
            del self._past[number]
        reinit = staged.reinit
        self._state = replace(
            self._state,
            status=Status.ACTIVE if reinit is None else Status.REINITIALISED,
            reinit=reinit,
            resumption_psks=kept[max(0, len(kept) - self._limits.resumption_psks) :],
        )
        following = staged.next_epoch
        self._epoch = following
        self._ratchets = SecretTree(
            following.suite, following.tree.leaf_count, staged.encryption_secret, self._limits.ratchet
        )
        self._pending = Pending(following.suite)
        self._dirty |= {"group", "epoch", "tree"}

    def forget_past_epochs(self) -> None:
        """Delete what is kept of past epochs for late messages, and their resumption PSKs."""
        self._past.clear()
        if self._state.resumption_psks:
            self._state = replace(self._state, resumption_psks=())
            self._dirty.add("group")

    def _close(self) -> None:
        """Forget everything: we were removed (section 12.4.2)."""
        self._state = GroupState(FORMAT, Status.REMOVED, None, None, ())
        self._epoch = self._ratchets = self._pending = None
        self._past.clear()
        self._dirty = {"group"}

    # --- saving -------------------------------------------------------------------------------------------------------

    @classmethod
    def load(cls, parts: Mapping[str, bytes], *, limits: Limits = DEFAULT_LIMITS) -> Self:
        """Take back a group from its parts. The tree and the ratchets are decoded when they are first needed.

        Args:
            parts: All parts, by name, as saved.
            limits: Of this device, from now on.

        Raises:
            UsageError: A part is missing.
            DecodeError: A part is malformed.
        """
        state = GroupState.read_part(parts)
        if state.status is Status.REMOVED:
            group = cls(None, None, None, state, limits)
        else:
            if not {"epoch", "tree", "secrets"} <= parts.keys():
                raise UsageError("a saved group lacks one of its parts")
            epoch = Epoch.of_state(EpochState.decode(parts["epoch"]), parts["tree"])
            own = {name: data for name, data in parts.items() if name == "secrets" or name.startswith("sender/")}
            ratchets = SecretTree.load(epoch.suite, own, limits.ratchet)
            pending = Pending(epoch.suite)
            for name, data in sorted(under("proposal/", parts).items(), key=lambda item: (len(item[0]), item[0])):
                pending.load(name, data)
            group = cls(epoch, ratchets, pending, state, limits)
            for number, saved in split_past(parts).items():
                group._past[number] = PastEpoch.load(epoch.suite, saved, limits.ratchet)
        group._dirty.clear()
        group._saved_names = frozenset(parts)
        return group

    def parts(self) -> dict[str, bytes]:
        """Return all parts, by name. They hold secrets, and none that was spent."""
        return {name: self.part(name) for name in sorted(self._names())}

    def part(self, name: str) -> bytes:
        """Return one part.

        Raises:
            UsageError: There is none of that name.
        """
        if name == "group":
            return self._state.encode()
        kind, _, rest = name.partition("/")
        if kind == "past":
            number, _, rest = rest.partition("/")
            if number.isdecimal() and int(number) in self._past:
                return self._past[int(number)].part(rest)
        elif kind == "proposal" and rest in self._waiting.names():
            return self._waiting.part(rest)
        elif name == "epoch":
            return self._current.state().encode()
        elif name == "tree":
            return self._current.encoded_tree()
        elif self._ratchets is not None:
            return self._ratchets.part(name)
        raise UsageError(f"a group has no part named {name!r}")

    def changed(self) -> set[str]:
        """Return the names of the parts that are new or differ from what was saved."""
        names = self._names()
        found = (self._dirty & names) | (names - self._saved_names)
        if self._ratchets is not None:
            found |= self._ratchets.changed()
        for number, past in self._past.items():
            found |= {past_prefix(number) + name for name in past.ratchets.changed()}
        return found

    def changed_parts(self) -> dict[str, bytes]:
        """Return the parts that are new or differ from what was saved, by name."""
        return {name: self.part(name) for name in sorted(self.changed())}

    def removed_parts(self) -> set[str]:
        """Return the names of the parts that were saved and are to be deleted."""
        return set(self._saved_names - self._names())

    def mark_saved(self) -> None:
        """Note that what has changed is written and what is to be deleted is deleted."""
        self._dirty.clear()
        if self._ratchets is not None:
            self._ratchets.mark_saved()
        for past in self._past.values():
            past.ratchets.mark_saved()
        self._saved_names = frozenset(self._names())

    def _names(self) -> set[str]:
        names = {"group"}
        if self._epoch is not None:
            names |= {"epoch", "tree", *self._live.names()}
            names |= {f"proposal/{name}" for name in self._waiting.names()}
        for number, past in self._past.items():
            names |= {past_prefix(number) + name for name in past.names()}
        return names

    # --- inside -------------------------------------------------------------------------------------------------------

    @property
    def _current(self) -> Epoch:
        if self._epoch is None:
            raise GroupClosedError("this member was removed from the group, and has deleted its state")
        return self._epoch

    @property
    def _active(self) -> Epoch:
        if self._state.status is Status.REINITIALISED:
            raise GroupClosedError("the group was reinitialised: wait for the Welcome to the new one")
        return self._current

    @property
    def _live(self) -> SecretTree:
        if self._ratchets is None:
            raise GroupClosedError("this member was removed from the group, and has deleted its state")
        return self._ratchets

    @property
    def _waiting(self) -> Pending:
        if self._pending is None:
            raise GroupClosedError("this member was removed from the group, and has deleted its state")
        return self._pending

    def _scene(self, epoch: Epoch, now: int | None) -> Scene:
        return Scene(
            epoch.suite,
            epoch.group_id,
            epoch.tree,
            epoch.context.extensions,
            now=now,
            longest_lifetime=self._limits.max_lifetime,
        )

    def _sign(
        self, epoch: Epoch, content: Content, authenticated_data: bytes, wire_format: WireFormat
    ) -> AuthenticatedContent:
        framed = FramedContent(
            epoch.group_id, epoch.number, MemberSender(epoch.own_leaf), bytes(authenticated_data), content
        )
        signature = sign(epoch.suite, epoch.signing_key, wire_format, framed, epoch.context.encode())
        return AuthenticatedContent(wire_format, framed, FramedContentAuthData(signature))

    def _protect(self, message: AuthenticatedContent, random: Random, padding: int = 0) -> bytes:
        """Frame a message of ours; the ratchet moves before the bytes are there."""
        epoch = self._active
        if message.wire_format is WireFormat.PUBLIC_MESSAGE:
            public = PublicMessage.protect(epoch.suite, message, epoch.secrets.membership_key, epoch.context.encode())
            return wrap(public)
        data = isinstance(message.content.content, ApplicationContent)
        guard = random(REUSE_GUARD_LENGTH)
        key = self._live.next_key(epoch.own_leaf, Ratchet.APPLICATION if data else Ratchet.HANDSHAKE)
        self._live.spend(key)
        private = PrivateMessage.protect(
            epoch.suite,
            message,
            epoch.secrets.sender_data_secret,
            key.key,
            key.nonce,
            key.generation,
            guard,
            padding,
        )
        return wrap(private)

    def _finder(self, find_psk: FindPsk) -> FindPsk:
        """Look for a pre-shared key among our own epochs first."""

        def finder(psk_id: PreSharedKeyID, authenticated_data: bytes) -> bytes | None:
            psk = psk_id.psk
            if isinstance(psk, ResumptionPsk) and psk.psk_group_id == self.group_id:
                own = self.resumption_psk(psk.psk_epoch)
                if own is not None:
                    return own
            return find_psk(psk_id, authenticated_data)

        return finder

    def _named_psks(
        self, epoch: Epoch, psks: Sequence[tuple[PskName, bytes | None]], random: Random
    ) -> tuple[dict[PreSharedKeyID, bytes], list[PreSharedKeyID]]:
        known: dict[PreSharedKeyID, bytes] = {}
        psk_ids = []
        for name, secret in psks:
            psk = ExternalPsk(name) if isinstance(name, bytes) else name
            psk_id = psk if isinstance(psk, PreSharedKeyID) else PreSharedKeyID.fresh(epoch.suite, psk, random)
            psk_ids.append(psk_id)
            if secret is not None:
                known[psk_id] = secret
        return known, psk_ids

    def _referenced(
        self, epoch: Epoch, by_reference: bool | Collection[bytes], carried: tuple[SentProposal, ...], now: int | None
    ) -> tuple[SentProposal, ...]:
        """Return the proposals that a commit covers by reference."""
        if by_reference is True:
            return pick(self._scene(epoch, now), epoch.own_leaf, tuple(self._waiting), carried)
        if by_reference is False:
            return ()
        waiting = self._waiting.by_reference()
        if not all(reference in waiting for reference in by_reference):
            raise UsageError("a proposal that is to be committed is not here")
        return tuple(waiting[reference] for reference in by_reference)

    def __copy__(self) -> NoReturn:
        raise TypeError("a Group is not copied: two copies would use one key twice")

    def __deepcopy__(self, memo: object) -> NoReturn:
        raise TypeError("a Group is not copied: two copies would use one key twice")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Group is not pickled: save its parts")

    def __repr__(self) -> str:
        return "Group(closed)" if self._epoch is None else f"Group(epoch {self.epoch}, leaf {self.own_leaf})"


def _view(epoch: Epoch) -> EpochView:
    def signature_key_of(leaf: int) -> bytes | None:
        leaf_node = epoch.tree.leaf(leaf)
        return None if leaf_node is None else leaf_node.signature_key

    return EpochView(epoch.context, epoch.secrets.sender_data_secret, epoch.secrets.membership_key, signature_key_of)


def _profile(
    epoch: Epoch, member: MemberProfile | None, leaf_extensions: tuple[Extension, ...] | None
) -> MemberProfile:
    profile = epoch.own_profile if member is None else member
    return profile if leaf_extensions is None else replace(profile, extensions=leaf_extensions)


def _wire_format(private: bool) -> WireFormat:
    return WireFormat.PRIVATE_MESSAGE if private else WireFormat.PUBLIC_MESSAGE
