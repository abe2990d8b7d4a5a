"""Members of one group, some of this package and some of ts-mls, with the same face.

``Ours`` and ``Theirs`` are Participants. What is to be proposed is given as values of ``taboon_crypto.mls`` to both;
ts-mls decodes the encoding. ``read_by_all`` hands messages to many at once, so that Node is asked once and not n times.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from taboon_crypto import mls
from taboon_crypto.mls import codec
from taboon_crypto.mls.ciphersuite import SigningKey
from taboon_crypto.mls.messages.envelope import open_as, wrap
from taboon_crypto.mls.messages.welcome import GroupInfo

from .process import PeerProcess, PeerRefusalError, b64, spelled, unb64

GROUP_EXTENSION = 0xF7B0
LEAF_EXTENSION = 0xF7B1
SUPPORTED = (GROUP_EXTENSION, LEAF_EXTENSION)
LIFETIME = 30 * 24 * 3600
EXPORT = ("interop", b"context", 48)

Psks = Mapping[bytes, bytes]
"""External pre-shared keys by id."""


@dataclass(frozen=True)
class Facts:
    """What all members of an epoch must agree on, but for ``leaf``."""

    leaf: int = field(compare=False)
    epoch: int
    authenticator: bytes
    resumption: bytes
    context: bytes
    tree: bytes
    exported: bytes


@dataclass(frozen=True)
class Committed:
    """A commit that is staged; ``tree`` is that of the epoch it begins."""

    message: bytes
    welcome: bytes | None
    tree: bytes


@dataclass(frozen=True)
class Received:
    """What came of a message: exactly one of the four."""

    said: bytes | None = None
    reference: bytes | None = None
    epoch: int | None = None
    removed: bool = False


@dataclass(frozen=True)
class Commitment:
    """What a commit is to be. Only ours obey ``force_path`` and what stands between it and ``aad``.

    Attributes:
        whatever_fits: Cover those of the waiting proposals that this package picks, instead of ``references``.
        fresh_signer: Change the signature key.
    """

    references: tuple[bytes, ...] = ()
    proposals: tuple[mls.Proposal, ...] = ()
    public: bool = False
    welcome_tree: bool = True
    force_path: bool = False
    whatever_fits: bool = False
    fresh_signer: bool = False
    leaf_extension: bytes | None = None
    aad: bytes = b""
    padding: int = 0


class Participant(ABC):
    """One client: it makes a key package when it begins to exist, and is in one group at most.

    Attributes:
        leaf: Its leaf in the present epoch.
        since: The epoch it joined in.
    """

    kind: str

    def __init__(self, name: str, suite: int, credential: mls.Credential) -> None:
        self.name = name
        self.suite = suite
        self.credential = credential
        self.key_package: bytes = b""
        self.leaf = -1
        self.since = 2**63

    def __repr__(self) -> str:
        return self.name

    @property
    def package(self) -> mls.KeyPackage:
        """The key package, decoded."""
        return open_as(mls.KeyPackage, self.key_package)

    @abstractmethod
    def create(self, group_id: bytes, extensions: tuple[mls.Extension, ...]) -> None: ...
    @abstractmethod
    def join(self, welcome: bytes, tree: bytes | None, psks: Psks) -> None: ...
    @abstractmethod
    def join_by_commit(
        self, info: bytes, tree: bytes | None, replacing: int | None, aad: bytes, psks: Psks
    ) -> bytes: ...
    @abstractmethod
    def propose_to_join(self, info: bytes) -> bytes: ...
    @abstractmethod
    def group_info(self, with_tree: bool) -> bytes: ...
    @abstractmethod
    def propose(self, proposal: mls.Proposal | None, public: bool, aad: bytes, padding: int) -> tuple[bytes, bytes]: ...
    @abstractmethod
    def commit(self, wanted: Commitment, psks: Psks) -> Committed: ...
    @abstractmethod
    def merge(self) -> None: ...
    @abstractmethod
    def drop(self) -> None: ...
    @abstractmethod
    def receive(self, message: bytes, references: Sequence[bytes], psks: Psks) -> Received: ...
    @abstractmethod
    def say(self, data: bytes, aad: bytes, padding: int) -> bytes: ...
    @abstractmethod
    def facts(self) -> Facts: ...
    @abstractmethod
    def begin_reinitialised(self, old: Participant, others: Sequence[Participant]) -> Committed: ...
    @abstractmethod
    def begin_branch(self, old: Participant, group_id: bytes, others: Sequence[Participant]) -> Committed: ...
    @abstractmethod
    def continue_from(self, old: Participant, welcome: bytes, tree: bytes, *, branch: bool) -> None: ...


class Ours(Participant):
    """A member that runs this package."""

    kind = "ours"

    def __init__(
        self,
        name: str,
        suite: int,
        credential: mls.Credential,
        *,
        now: int,
        random: mls.Random,
        former: Participant | None = None,
    ) -> None:
        super().__init__(name, suite, credential)
        self.now = now
        self.random = random
        self.signer = SigningKey.generate(random)
        if isinstance(former, Ours):
            self.signer = former.group.own_profile.signing_key  # it may have changed since it was made
        self.profile = mls.MemberProfile(
            self.signer,
            credential,
            (mls.Extension(LEAF_EXTENSION, name.encode()),),
            mls.Capabilities.of(extensions=SUPPORTED, credentials=(1, 2)),
        )
        package, self.secrets = mls.KeyPackage.generate(suite, self.profile, now=now, lifetime=LIFETIME, random=random)
        self.key_package = wrap(package)
        self._group: mls.Group | None = None
        self._staged: mls.StagedCommit | None = None

    @property
    def group(self) -> mls.Group:
        """The group it is in."""
        assert self._group is not None
        return self._group

    def create(self, group_id: bytes, extensions: tuple[mls.Extension, ...]) -> None:
        self._group = mls.Group.create(
            self.suite, group_id, self.profile, extensions=extensions, now=self.now, random=self.random
        )

    def join(self, welcome: bytes, tree: bytes | None, psks: Psks) -> None:
        self._group = mls.Group.join(
            welcome, self.package, self.secrets, psks=_finding(psks), now=self.now, ratchet_tree=tree
        )

    def join_by_commit(self, info: bytes, tree: bytes | None, replacing: int | None, aad: bytes, psks: Psks) -> bytes:
        suite = mls.CipherSuite.of(self.suite)
        self._group, message = mls.Group.join_by_commit(
            info,
            self.profile,
            replacing=replacing,
            psks=[(mls.PreSharedKeyID.fresh(suite, mls.ExternalPsk(name), self.random), psks[name]) for name in psks],
            authenticated_data=aad,
            ratchet_tree=tree,
            now=self.now,
            random=self.random,
        )
        return message

    def propose_to_join(self, info: bytes) -> bytes:
        context = open_as(GroupInfo, info).group_context
        return mls.join_proposal(context.group_id, context.epoch, self.package, self.signer)

    def group_info(self, with_tree: bool) -> bytes:
        return self.group.group_info(random=self.random, with_tree=with_tree)

    def propose(self, proposal: mls.Proposal | None, public: bool, aad: bytes, padding: int) -> tuple[bytes, bytes]:
        if proposal is None:
            message = self.group.propose_update(
                member=self._renewed() if padding else None,
                authenticated_data=aad,
                private=not public,
                random=self.random,
            )
        else:
            message = self.group.propose(
                proposal, authenticated_data=aad, private=not public, random=self.random, now=self.now
            )
        reference = self.group.pending_proposals()[-1].reference
        assert reference is not None
        return message, reference

    def commit(self, wanted: Commitment, psks: Psks) -> Committed:
        values = wanted.proposals
        named = [proposal.psk for proposal in values if isinstance(proposal, mls.PreSharedKey)]
        extensions = [item.extensions for item in values if isinstance(item, mls.GroupContextExtensions)]
        staged = self.group.commit(
            add=[proposal.key_package for proposal in values if isinstance(proposal, mls.Add)],
            remove=[proposal.removed for proposal in values if isinstance(proposal, mls.Remove)],
            psks=[(psk, None) for psk in named],
            extensions=extensions[0] if extensions else None,
            reinit=next((proposal for proposal in values if isinstance(proposal, mls.ReInit)), None),
            leaf_extensions=(
                None if wanted.leaf_extension is None else (mls.Extension(LEAF_EXTENSION, wanted.leaf_extension),)
            ),
            member=self._renewed() if wanted.fresh_signer else None,
            by_reference=True if wanted.whatever_fits else wanted.references,
            path=True if wanted.force_path else None,
            authenticated_data=wanted.aad,
            private=not wanted.public,
            welcome_tree=wanted.welcome_tree,
            find_psk=_finding(psks),
            random=self.random,
            now=self.now,
        )
        return self._stage(staged)

    def _renewed(self) -> mls.MemberProfile:
        return replace(self.group.own_profile, signing_key=SigningKey.generate(self.random))

    @property
    def staged(self) -> mls.StagedCommit:
        """The commit that is staged."""
        assert self._staged is not None
        return self._staged

    def _stage(self, staged: mls.StagedCommit) -> Committed:
        assert staged.message is not None
        self._staged = staged
        return Committed(staged.message, staged.welcome, staged.after.encode())

    def merge(self) -> None:
        assert self._staged is not None
        self.group.merge(self._staged)

    def drop(self) -> None:
        self._staged = None

    def save_and_load(self) -> None:
        """Go on from what was saved."""
        self._group = mls.Group.load(self.group.parts())

    def receive(self, message: bytes, references: Sequence[bytes], psks: Psks) -> Received:
        result = self.group.receive(message, psks=_finding(psks), now=self.now)
        if isinstance(result, mls.ApplicationMessage):
            return Received(said=result.data)
        if isinstance(result, mls.ProposalMessage):
            return Received(reference=result.reference)
        self.group.merge(result)
        return Received(removed=True) if result.removes_self else Received(epoch=self.group.epoch)

    def say(self, data: bytes, aad: bytes, padding: int) -> bytes:
        return self.group.encrypt(data, authenticated_data=aad, random=self.random, padding=padding)

    def facts(self) -> Facts:
        group, resumption = self.group, self.group.resumption_psk()
        assert resumption is not None
        return Facts(
            group.own_leaf,
            group.epoch,
            bytes(group.epoch_authenticator),
            bytes(resumption),
            group.state.epoch.context.encode(),
            group.ratchet_tree,
            bytes(group.export(*EXPORT)),
        )

    def begin_reinitialised(self, old: Participant, others: Sequence[Participant]) -> Committed:
        assert isinstance(old, Ours)
        packages = [other.package for other in others]
        self._group, staged = mls.reinitialise(old.group, self.profile, packages, now=self.now, random=self.random)
        return self._stage(staged)

    def begin_branch(self, old: Participant, group_id: bytes, others: Sequence[Participant]) -> Committed:
        assert isinstance(old, Ours)
        packages = [other.package for other in others]
        self._group, staged = mls.branch(old.group, group_id, self.profile, packages, now=self.now, random=self.random)
        return self._stage(staged)

    def continue_from(self, old: Participant, welcome: bytes, tree: bytes, *, branch: bool) -> None:
        assert isinstance(old, Ours)
        self._group = mls.Group.join(
            welcome, self.package, self.secrets, now=self.now, ratchet_tree=tree, continues=old.group
        )


def _finding(psks: Psks) -> Any:
    def find(psk_id: mls.PreSharedKeyID, _: bytes) -> bytes | None:
        return psks.get(psk_id.psk.psk_id) if isinstance(psk_id.psk, mls.ExternalPsk) else None

    return find


def encoded(proposal: mls.Proposal) -> bytes:
    """Encode a proposal with its type."""
    return codec.encode(mls.Proposal, proposal)


class Theirs(Participant):
    """A member that runs ts-mls, in the Node process."""

    kind = "theirs"

    def __init__(
        self,
        name: str,
        suite: int,
        credential: mls.Credential,
        *,
        peer: PeerProcess,
        now: int,
        former: Participant | None = None,
    ) -> None:
        super().__init__(name, suite, credential)
        self.peer = peer
        message = peer.one(
            "keyPackage",
            member=name,
            suite=suite,
            now=now,
            credential=codec.encode(mls.Credential, credential),
            supports=SUPPORTED,
            extensions=[mls.Extension(LEAF_EXTENSION, name.encode()).encode()],
            former=None if former is None else former.name,
        )
        self.key_package = unb64(message)

    def _ask(self, name: str, **arguments: Any) -> Any:
        return self.peer.one(name, member=self.name, **arguments)

    def create(self, group_id: bytes, extensions: tuple[mls.Extension, ...]) -> None:
        self._ask("create", groupId=group_id, extensions=[extension.encode() for extension in extensions])

    def join(self, welcome: bytes, tree: bytes | None, psks: Psks) -> None:
        self._ask("join", welcome=welcome, tree=tree, psks=_spelled_psks(psks))

    def join_by_commit(self, info: bytes, tree: bytes | None, replacing: int | None, aad: bytes, psks: Psks) -> bytes:
        assert not psks, "ts-mls mixes no PSK into an external commit"
        made = self._ask("joinByCommit", groupInfo=info, tree=tree, resync=replacing is not None, aad=aad)
        return unb64(made["message"])

    def propose_to_join(self, info: bytes) -> bytes:
        return unb64(self._ask("proposeToJoin", groupInfo=info))

    def group_info(self, with_tree: bool) -> bytes:
        return unb64(self._ask("groupInfo", withTree=with_tree))

    def propose(self, proposal: mls.Proposal | None, public: bool, aad: bytes, padding: int) -> tuple[bytes, bytes]:
        manner = {"public": public, "aad": aad, "padding": padding}
        if proposal is None:
            made = self._ask("proposeUpdate", **manner)
        else:
            made = self._ask("propose", proposal=encoded(proposal), **manner)
        return unb64(made["message"]), unb64(made["reference"])

    def commit(self, wanted: Commitment, psks: Psks) -> Committed:
        made = self._ask(
            "commit",
            references=wanted.references,
            proposals=[encoded(proposal) for proposal in wanted.proposals],
            public=wanted.public,
            welcomeTree=wanted.welcome_tree,
            aad=wanted.aad,
            padding=wanted.padding,
            psks=_spelled_psks(psks),
        )
        return _committed(made)

    def merge(self) -> None:
        self._ask("merge")

    def drop(self) -> None:
        self._ask("drop")

    def receive(self, message: bytes, references: Sequence[bytes], psks: Psks) -> Received:
        return received(self._ask("receive", message=message, references=references, psks=_spelled_psks(psks)))

    def say(self, data: bytes, aad: bytes, padding: int) -> bytes:
        return unb64(self._ask("say", data=data, aad=aad, padding=padding))

    def facts(self) -> Facts:
        label, context, length = EXPORT
        seen = self._ask("look", label=label, context=context, length=length)
        return Facts(
            seen["leaf"],
            seen["epoch"],
            *(unb64(seen[name]) for name in ("authenticator", "resumption", "context", "tree", "exported")),
        )

    def begin_reinitialised(self, old: Participant, others: Sequence[Participant]) -> Committed:
        packages = [other.key_package for other in others]
        return _committed(self._ask("reinitialise", old=old.name, keyPackages=packages))

    def begin_branch(self, old: Participant, group_id: bytes, others: Sequence[Participant]) -> Committed:
        packages = [other.key_package for other in others]
        return _committed(self._ask("branch", old=old.name, groupId=group_id, keyPackages=packages))

    def continue_from(self, old: Participant, welcome: bytes, tree: bytes, *, branch: bool) -> None:
        self._ask("continue", old=old.name, welcome=welcome, tree=tree, branch=branch)


def _spelled_psks(psks: Psks) -> list[list[str]]:
    return [[b64(name), b64(secret)] for name, secret in psks.items()]


def _committed(made: dict[str, Any]) -> Committed:
    welcome = made["welcome"]
    return Committed(unb64(made["message"]), None if welcome is None else unb64(welcome), unb64(made["tree"]))


def received(answer: dict[str, Any]) -> Received:
    """Return what came of a message, from the peer's answer."""
    if "application" in answer:
        return Received(said=unb64(answer["application"]))
    if "epoch" in answer:
        return Received(epoch=answer["epoch"])
    if "removed" in answer:
        return Received(removed=True)
    return Received(reference=None if answer["reference"] is None else unb64(answer["reference"]))


@dataclass(frozen=True)
class Delivery:
    """One message on its way to one member, and what it must read there."""

    reader: Participant
    message: bytes
    expected: bytes


def refused_by_all(deliveries: Sequence[Delivery]) -> None:
    """Hand messages over that were read before: nobody may read them again."""
    for delivery in deliveries:
        try:
            delivery.reader.receive(delivery.message, (), {})
        except (mls.KeySpentError, PeerRefusalError):
            continue
        raise AssertionError(f"{delivery.reader} read one message twice")


def read_by_all(deliveries: Sequence[Delivery]) -> None:
    """Hand every message over, in the order given for each reader; all must read what was said."""
    theirs = [delivery for delivery in deliveries if isinstance(delivery.reader, Theirs)]
    answers: list[Any] = []
    if theirs:
        reader = theirs[0].reader
        assert isinstance(reader, Theirs)
        calls = [
            spelled("receive", {"member": delivery.reader.name, "message": delivery.message}) for delivery in theirs
        ]
        answers = reader.peer.call(calls)
    for delivery, answer in zip(theirs, answers, strict=True):
        if isinstance(answer, PeerRefusalError):
            answer.add_note(f"{delivery.reader} was to read {len(delivery.message)} bytes")
            raise answer
        assert received(answer).said == delivery.expected, f"{delivery.reader} read something else than was said"
    for delivery in deliveries:
        if isinstance(delivery.reader, Ours):
            said = delivery.reader.receive(delivery.message, (), {}).said
            assert said == delivery.expected, f"{delivery.reader} read something else than was said"
