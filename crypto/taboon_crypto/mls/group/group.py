"""A group, as one member has it: RFC 9420, chapters 11, 12, 14 and 15. The face of this package.

    Group.create(...)  Group.join(...)  Group.join_by_commit(...)  Group.load(parts)
    group.encrypt(data) -> bytes
    group.receive(message) -> ApplicationMessage | ProposalMessage | StagedCommit
    group.propose(...) -> bytes      group.commit(...) -> StagedCommit      group.merge(staged)
    group.parts(), .changed(), .removed_parts(), .mark_saved()

An epoch is a value: a commit, ours or somebody's, stages the next one and changes nothing until ``merge``. The ratchets
of messages move in place: after every check when receiving, before bytes are returned when sending. So a Group is
neither copied nor pickled. Whatever is refused leaves the saved parts as they were, byte for byte.

The file is longer than others because it is the one door, and says what each argument means; what happens behind it is
in the modules beside.
"""

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import replace
from typing import Final, NoReturn, Self

from taboon_crypto.mls.ciphersuite import CipherSuite, Random
from taboon_crypto.mls.errors import MlsError, UsageError, ValidationError
from taboon_crypto.mls.extension import Extension, find
from taboon_crypto.mls.group.commit import FindPsk, LeafSecrets
from taboon_crypto.mls.group.committing import PskName, commit, own_psks_first
from taboon_crypto.mls.group.epoch import Epoch, Member
from taboon_crypto.mls.group.external import join_by_commit
from taboon_crypto.mls.group.founding import found
from taboon_crypto.mls.group.join import join_by_welcome
from taboon_crypto.mls.group.limits import DEFAULT_LIMITS, Limits
from taboon_crypto.mls.group.origin import OldGroup, check_resumed
from taboon_crypto.mls.group.own_commit import own_commit
from taboon_crypto.mls.group.receiving import receive
from taboon_crypto.mls.group.results import ApplicationMessage, ProposalMessage
from taboon_crypto.mls.group.saved import Status
from taboon_crypto.mls.group.sending import check_sendable, encrypt, protect, sign_content
from taboon_crypto.mls.group.staged import StagedCommit, decode_staged
from taboon_crypto.mls.group.state import State
from taboon_crypto.mls.group.validation import SentProposal, check_proposal
from taboon_crypto.mls.keys.psk import PreSharedKeyID
from taboon_crypto.mls.messages.envelope import wrap
from taboon_crypto.mls.messages.framing import MemberSender, ProposalContent, WireFormat
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
    Proposal,
    ReInit,
    Remove,
    Update,
)
from taboon_crypto.mls.tree.leaf_node import FromUpdate
from taboon_crypto.primitives.secret import Secret

__all__ = ["Group"]

_FOUNDING_LIFETIME: Final = MAX_LIFETIME - CLOCK_MARGIN


def _no_psk(_: PreSharedKeyID, __: bytes) -> None:
    return None


class Group:
    """One member's part in one group."""

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        """For this package: use ``create``, ``join`` or ``load``."""
        self._state = state

    @property
    def state(self) -> State:
        """What moves behind it: for this package."""
        return self._state

    # --- beginning

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
        signed_generations: bool = False,
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
            signed_generations: Sign the generation of application messages too (see the property of this name).
            limits: Of this device.

        Raises:
            UnsupportedError: The suite is not supported.
            ValidationError: Extensions or profile break a rule.
        """
        suite = suite if isinstance(suite, CipherSuite) else CipherSuite.of(suite)
        epoch, encryption_secret = found(suite, group_id, member, extensions, now=now, lifetime=lifetime, random=random)
        return cls(State.begin(epoch, encryption_secret, signed_generations=signed_generations, limits=limits))

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
        continues: "Group | None" = None,
        known_groups: Container[bytes] = (),
        signed_generations: bool = False,
        limits: Limits = DEFAULT_LIMITS,
    ) -> Self:
        """Join by a Welcome (section 12.4.3.1).

        Args:
            welcome: An MLSMessage.
            key_package: The one the Welcome is for. Forget it and its secrets afterwards.
            secrets: Of the key package.
            psks: Gives pre-shared keys; called with the id and empty authenticated data.
            now: Unix time, to look at the lifetimes of the members' leaves; None looks at none.
            ratchet_tree: The tree, if the Welcome does not bring it.
            continues: The group that the new one must continue, by reinitialisation or as a branch of it.
            known_groups: Ids of the groups that this client is in; a group of one of these ids is refused.
            signed_generations: What the members of the group have agreed on (see the property of this name).
            limits: Of this device.

        Raises:
            ValidationError: A rule is broken.
            UsageError: The Welcome continues another group than ``continues``, or none although it should.
            DecryptionError: It does not open.
            UnknownPskError: A pre-shared key is not known.
            DecodeError: It is malformed.
        """
        old = None if continues is None else OldGroup.of(continues.state)
        look_up = psks or _no_psk

        def find_psk(psk_id: PreSharedKeyID, authenticated_data: bytes) -> bytes | None:
            own = None if old is None else old.secret_of(psk_id)
            return look_up(psk_id, authenticated_data) if own is None else own

        joined = join_by_welcome(
            welcome, key_package, secrets, find_psk=find_psk, now=now, ratchet_tree=ratchet_tree, limits=limits
        )
        if (joined.resumed is None) != (old is None):
            raise UsageError("a Welcome that continues a group is joined with that group, and no other is")
        _check_unknown(joined.epoch.group_id, known_groups)
        if joined.resumed is not None and old is not None:
            check_resumed(joined.epoch, joined.resumed, old)
        state = State.begin(
            joined.epoch,
            joined.encryption_secret,
            welcomed_by=joined.welcomed_by,
            signed_generations=signed_generations,
            limits=limits,
        )
        return cls(state)

    @classmethod
    def join_by_commit(
        cls,
        group_info: bytes,
        member: MemberProfile,
        *,
        replacing: int | None = None,
        psks: Sequence[tuple[PreSharedKeyID, bytes]] = (),
        authenticated_data: bytes = b"",
        ratchet_tree: bytes | None = None,
        now: int | None = None,
        random: Random,
        known_groups: Container[bytes] = (),
        signed_generations: bool = False,
        limits: Limits = DEFAULT_LIMITS,
    ) -> tuple[Self, bytes]:
        """Join by an external commit (section 12.4.3.2). Not every group takes one.

        Args:
            group_info: An MLSMessage with the GroupInfo of the group's present epoch and its key for this purpose.
            member: Who joins.
            replacing: Leaf of an old appearance of the same member, which the commit removes.
            psks: Pre-shared keys to mix in, with their secrets.
            authenticated_data: Sent along, authenticated.
            ratchet_tree: The tree, if the GroupInfo does not bring it.
            now: Unix time, to look at the lifetimes of the members' leaves; None looks at none.
            random: Source of all secrets.
            known_groups: Ids of the groups that this client is in, without the one it replaces its appearance in.
            signed_generations: What the members of the group have agreed on (see the property of this name).
            limits: Of this device.

        Returns:
            The group as it is if the members accept the commit, and the commit, an MLSMessage. If another commit comes
            first, forget both.

        Raises:
            ValidationError: A rule is broken.
            DecodeError: It is malformed.
        """
        message, made = join_by_commit(
            group_info,
            member,
            replacing=replacing,
            psks=psks,
            authenticated_data=authenticated_data,
            ratchet_tree=ratchet_tree,
            now=now,
            limits=limits,
            random=random,
        )
        _check_unknown(made.epoch.group_id, known_groups)
        state = State.begin(made.epoch, made.encryption_secret, signed_generations=signed_generations, limits=limits)
        return cls(state), message

    # --- looking

    @property
    def limits(self) -> Limits:
        """The limits of this device."""
        return self._state.limits

    @property
    def is_active(self) -> bool:
        """Whether this member can still send here: not after its removal, nor after a reinitialisation."""
        return self._state.lasting.status is Status.ACTIVE

    @property
    def signed_generations(self) -> bool:
        """Whether application messages are signed together with the generation of their key.

        MLS does not do that: a member can encrypt what another has said again, at that one's next generations, and so
        use up the keys of what that one says next. With this, the authenticated data on
        the wire begins with the generation, 4 bytes, and a message that came at another one is refused. All members
        must agree on it, since those without it say nothing that those with it take; MLS does not carry the agreement.
        It is saved with the group. Generations are then legible to who carries the messages, if nothing is around them.
        """
        return self._state.lasting.signed_generations

    @property
    def reinit(self) -> ReInit | None:
        """What the group was reinitialised to, if it was."""
        return self._state.lasting.reinit

    @property
    def welcomed_by(self) -> int | None:
        """Leaf, in the epoch we joined in, of the member whose Welcome we joined by; None for who came otherwise."""
        return self._state.lasting.welcomed_by

    @property
    def suite(self) -> CipherSuite:
        """The cipher suite."""
        return self._state.epoch.suite

    @property
    def group_id(self) -> bytes:
        """The group's id."""
        return self._state.epoch.group_id

    @property
    def epoch(self) -> int:
        """Number of the epoch that stands."""
        return self._state.epoch.number

    @property
    def own_leaf(self) -> int:
        """This member's leaf."""
        return self._state.epoch.own_leaf

    @property
    def own_profile(self) -> MemberProfile:
        """What this member says of itself now."""
        return self._state.epoch.own_profile

    @property
    def confirmed_transcript_hash(self) -> bytes:
        """Names the history of commits up to this epoch; empty in epoch 0."""
        return self._state.epoch.context.confirmed_transcript_hash

    @property
    def tree_hash(self) -> bytes:
        """Hash of the ratchet tree, Nh bytes."""
        return self._state.epoch.context.tree_hash

    @property
    def epoch_authenticator(self) -> Secret:
        """Equal for two members exactly if they are in the same epoch of the same history (section 8.7), Nh bytes."""
        return self._state.epoch.secrets.epoch_authenticator

    @property
    def context_extensions(self) -> tuple[Extension, ...]:
        """The extensions of the group context."""
        return self._state.epoch.context.extensions

    @property
    def ratchet_tree(self) -> bytes:
        """The tree as data of a ratchet_tree extension, for who gets a Welcome without it."""
        return self._state.epoch.tree.encode()

    def extension(self, extension_type: int) -> bytes | None:
        """Return the data of a group context extension, or None."""
        return find(self.context_extensions, extension_type)

    def members(self) -> tuple[Member, ...]:
        """Return the members, by leaf."""
        return self._state.epoch.members()

    def member(self, leaf: int) -> Member:
        """Return the member at a leaf; raises UsageError where there is none."""
        return self._state.epoch.member(leaf)

    def export(self, label: bytes | str, context: bytes, length: int) -> Secret:
        """Derive a secret of this epoch for the application (MLS-Exporter, section 8.5).

        Args:
            label: Names the purpose; text is UTF-8.
            context: Any bytes.
            length: Bytes wanted, at most 255 hash lengths.

        Raises:
            UsageError: ``length`` is out of range.
        """
        return self._state.epoch.export(label, context, length)

    def resumption_psk(self, epoch: int | None = None) -> Secret | None:
        """Return the resumption PSK of an epoch (section 8.6), the present one if none is named; None if it is gone."""
        return self._state.resumption_psk(self.epoch if epoch is None else epoch)

    def pending_proposals(self) -> tuple[SentProposal, ...]:
        """Return the proposals that wait for a commit, in the order they came."""
        return () if self._state.is_removed else tuple(self._state.pending)

    def group_info(self, *, random: Random, with_tree: bool = True, external_pub: bool = True) -> bytes:
        """Return a signed GroupInfo of this epoch as an MLSMessage: with it others can join by an external commit.

        Args:
            random: Picks a value that receivers must ignore.
            with_tree: Put the ratchet tree into it.
            external_pub: Put the key for external commits into it.
        """
        return wrap(self._state.active_epoch.group_info(with_tree=with_tree, external_pub=external_pub, random=random))

    # --- application messages

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
        return encrypt(self._state, data, authenticated_data, random, padding)

    def receive(
        self, message: bytes, *, psks: FindPsk | None = None, now: int | None = None
    ) -> ApplicationMessage | ProposalMessage | StagedCommit:
        """Process a message of the group. What it raises leaves everything as it was.

        An application message spends its key, a proposal is kept, a commit changes nothing before ``merge``. A message
        of our own leaf that this state has not sent opens like any other: then a second copy of our keys is in use.

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
        return receive(self._state, message, own_psks_first(self._state, psks), now)

    # --- proposals

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
            now: Unix time, needed for an Add: the key package must be within its lifetime.

        Returns:
            An MLSMessage.

        Raises:
            GroupClosedError: Nothing is sent here any more.
            ValidationError: The proposal is not valid.
        """
        if isinstance(proposal, Update):
            raise UsageError("an Update is made by propose_update, which draws its keys")
        if isinstance(proposal, Add) and now is None:
            raise UsageError("the time is needed to add somebody: a key package has a lifetime")
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
        epoch = self._state.active_epoch
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
        epoch, pending = self._state.active_epoch, self._state.pending
        check_sendable([proposal])
        scene = epoch.scene(now=now, limits=self.limits)
        check_proposal(scene, SentProposal(MemberSender(epoch.own_leaf), proposal))
        if len(pending) >= self.limits.pending_proposals:
            raise UsageError("more proposals wait than are kept: commit or forget some first")
        signed = sign_content(epoch, ProposalContent(proposal), authenticated_data, _wire_format(private))
        kept = pending.add(signed, own_update)
        try:
            return protect(self._state, signed, random)
        except MlsError:
            self.forget_proposal(kept.reference or b"")
            raise

    def forget_proposal(self, reference: bytes) -> None:
        """Drop a proposal that we would not commit.

        Whoever commits it all the same leaves us behind: drop only what the application's rules void for everyone.
        """
        if not self._state.is_removed:
            self._state.pending.forget(reference)

    # --- commits

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
            now: Unix time, needed to add somebody, also by reference: key packages must be within their lifetimes.

        Raises:
            GroupClosedError: Nothing is sent here any more.
            ValidationError: What is to be committed breaks a rule; ``rule`` names it.
            UnknownPskError: A pre-shared key is not known.
            UsageError: The arguments make no sense together.
        """
        proposals: list[Proposal] = [Remove(leaf) for leaf in remove]
        proposals += [Add(key_package) for key_package in add]
        if extensions is not None:
            proposals.append(GroupContextExtensions(extensions))
        if reinit is not None:
            proposals.append(reinit)
        if path is False:
            raise UsageError("a path is made (True) or made where it is needed (None); it cannot be forbidden")
        return commit(
            self._state,
            proposals,
            psks,
            profile=_profile(self._state.active_epoch, member, leaf_extensions),
            by_reference=by_reference,
            force_path=bool(path) or member is not None or leaf_extensions is not None,
            authenticated_data=authenticated_data,
            private=private,
            welcome_tree=welcome_tree,
            group_info_extensions=group_info_extensions,
            find_psk=find_psk,
            random=random,
            now=now,
        )

    def load_staged(self, data: bytes) -> StagedCommit:
        """Take back what ``StagedCommit.encode`` gave, to merge it after a crash.

        Raises:
            DecodeError: The data is none.
            EpochGoneError: The commit ends another epoch than the one that stands.
        """
        return decode_staged(data, self._state.active_epoch)

    def own_commit(self, message: bytes, staged: Sequence[StagedCommit]) -> StagedCommit | None:
        """Tell which of our own staged commits a message holds, whoever encrypted it again, and however.

        Args:
            message: An MLSMessage, as it came.
            staged: Of the epoch that stands.

        Returns:
            The one to merge where the message stands; None if it holds none of these.

        Raises:
            CannotFollowError: It holds one, with another confirmation tag: those who follow it lead an epoch that is
                not ours.
            EpochGoneError: One of the staged commits ends another epoch than the one that stands.
        """
        return own_commit(self._state, message, staged)

    def merge(self, staged: StagedCommit) -> None:
        """Go over into the epoch that a commit begins. If it removes us, everything is forgotten.

        Raises:
            EpochGoneError: The commit ends another epoch than the one that stands.
        """
        self._state.advance(staged)

    def forget_past_epochs(self) -> None:
        """Delete what is kept of past epochs for late messages, and their resumption PSKs."""
        self._state.forget_past()

    # --- saving

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
        return cls(State.load(parts, limits))

    def parts(self) -> dict[str, bytes]:
        """Return all parts, by name (state.py). They hold secrets, and none that was spent."""
        return {name: self._state.part(name) for name in sorted(self._state.names())}

    def part(self, name: str) -> bytes:
        """Return one part; raises UsageError if there is none of that name."""
        return self._state.part(name)

    def witness(self, staged: Sequence[StagedCommit] = ()) -> dict[str, bytes]:
        """Return parts of which ``load`` makes a group that judges the commits of this epoch, and does nothing else.

        They open the commits that were not opened yet, and no message; nothing in them leads into another epoch. Of
        such a group ``receive`` raises CannotFollowError for every commit that keeps the rules.

        Args:
            staged: Commits of ours for this epoch, which can be judged as well.
        """
        return self._state.witness(staged)

    def changed(self) -> set[str]:
        """Return the names of the parts that are new or differ from what was saved."""
        return self._state.changed()

    def changed_parts(self) -> dict[str, bytes]:
        """Return the parts that are new or differ from what was saved, by name."""
        return {name: self._state.part(name) for name in sorted(self._state.changed())}

    def removed_parts(self) -> set[str]:
        """Return the names of the parts that were saved and are to be deleted."""
        return self._state.removed()

    def mark_saved(self) -> None:
        """Note that what has changed is written and what is to be deleted is deleted."""
        self._state.mark_saved()

    def __copy__(self) -> NoReturn:
        raise TypeError("a Group is not copied: two copies would use one key twice")

    def __deepcopy__(self, memo: object) -> NoReturn:
        raise TypeError("a Group is not copied: two copies would use one key twice")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Group is not pickled: save its parts")

    def __repr__(self) -> str:
        return "Group(closed)" if self._state.is_removed else f"Group(epoch {self.epoch}, leaf {self.own_leaf})"


def _check_unknown(group_id: bytes, known_groups: Container[bytes]) -> None:
    if group_id in known_groups:
        raise ValidationError("group_info.group_known", "this client is in a group of this id already")


def _profile(
    epoch: Epoch, member: MemberProfile | None, leaf_extensions: tuple[Extension, ...] | None
) -> MemberProfile:
    profile = epoch.own_profile if member is None else member
    return profile if leaf_extensions is None else replace(profile, extensions=leaf_extensions)


def _wire_format(private: bool) -> WireFormat:
    return WireFormat.PRIVATE_MESSAGE if private else WireFormat.PUBLIC_MESSAGE
