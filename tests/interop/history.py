"""A group that lives at random, from a seed, with members of this package and of ts-mls in it.

History(peer, suite, seed).run(steps)

A step is one commit with what stands around it: talk that may arrive late, proposals of several members, perhaps a
rival commit that loses, the commit (by anybody, of any shape, or from outside), and the newcomers. Then all must agree
and everybody must read everybody. What ts-mls gets wrong (README.md beside) is kept out of its way here, and shown in
test_differences.py.

The file is one world and its moves, so it is longer than others.
"""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from taboon_crypto import mls
from taboon_crypto.mls.credential import Certificate

from .participants import (
    GROUP_EXTENSION,
    Commitment,
    Committed,
    Delivery,
    Ours,
    Participant,
    Theirs,
    read_by_all,
    refused_by_all,
)
from .process import PeerProcess, PeerRefusalError

UNMERGED: Final = "non-blank intermediate node must list leaf node in its unmerged_leaves"
"""What ts-mls says of trees whose parents have different unmerged leaves: it cannot join such a group."""
TAKEN_PLACE: Final = "No overlap between provided private keys and update path"
"""What ts-mls says when it is removed and somebody else gets its leaf in the same commit: it does not see it."""


@dataclass(frozen=True)
class Waiting:
    """A proposal of the epoch that stands."""

    reference: bytes
    sender: Participant | None
    proposal: mls.Proposal | None

    @property
    def replaced(self) -> int | None:
        """The leaf that an Update or a Remove is about."""
        if isinstance(self.proposal, mls.Remove):
            return self.proposal.removed
        return self.sender.leaf if self.proposal is None and self.sender is not None else None


class History:
    """One group and its members.

    Attributes:
        trace: What was done, a line each.
        counts: How often what was done.
    """

    def __init__(self, peer: PeerProcess, suite: int, seed: int, *, now: int, largest: int = 7) -> None:
        self.peer = peer
        self.suite = self.first_suite = suite
        self.now = now
        self.largest = largest
        self.seed = seed
        self.chance = random.Random(seed)
        self.keys = random.Random(seed + 1).randbytes
        self.trace: list[str] = []
        self.counts: Counter[str] = Counter()
        self.members: list[Participant] = []
        self.absent: list[Participant] = []  # added to the group, and kept out by a fault of ts-mls
        self.clients: dict[bytes, Participant] = {}  # by key package
        self.psks: dict[bytes, bytes] = {}
        self.waiting: list[Waiting] = []
        self.removed_now: set[int] = set()
        self.steps = 0
        self.epoch = 0
        self._made = 0

    def run(self, steps: int) -> None:
        """Begin, and live so many steps; a failure carries the trace as a note."""
        try:
            self._begin()
            for _ in range(steps):
                self.steps += 1
                self._step()
        except Exception as error:
            error.add_note("\n".join(["What happened before:", *self.trace]))
            error.add_note(
                f"To run it again: python -m tests.interop --suite 0x{self.first_suite:04x} --seed {self.seed} "
                f"--steps {self.steps} --largest {self.largest}"
            )
            raise

    # --- words

    def note(self, text: str) -> None:
        self.trace.append(f"{self.steps:4} {text}")

    def dice(self, length: int) -> bytes:
        return self.chance.randbytes(length)

    def maybe(self, probability: float) -> bool:
        return self.chance.random() < probability

    def some_data(self) -> bytes:
        return self.dice(self.chance.choice([0, 0, 3, 40]))

    def some_padding(self) -> int:
        return self.chance.choice([0, 0, 7, 300])

    @property
    def now_in(self) -> list[Participant]:
        """Those who are in the tree, whether they could join or not."""
        return [*self.members, *self.absent]

    def newcomer(self, kind: str | None = None, former: Participant | None = None) -> Participant:
        """Make a client; ``former`` gives it credential and signing key."""
        kind = kind or (former.kind if former else self.chance.choice(["ours", "theirs"]))
        self._made += 1
        name = f"{kind[0]}{self._made}"
        credential = former.credential if former else self._credential(name)
        made = (
            Ours(name, self.suite, credential, now=self.now, random=self.keys, former=former)
            if kind == "ours"
            else Theirs(name, self.suite, credential, peer=self.peer, now=self.now, former=former)
        )
        self.clients[made.package.encode()] = made
        return made

    def added(self, proposals: Iterable[mls.Proposal | None]) -> list[Participant]:
        """Return those whom proposals add."""
        return [self.clients[item.key_package.encode()] for item in proposals if isinstance(item, mls.Add)]

    def _credential(self, name: str) -> mls.Credential:
        if self.maybe(0.8):
            return mls.BasicCredential(name.encode())
        return mls.X509Credential((Certificate(self.dice(70)), Certificate(self.dice(9))))

    def _extensions(self) -> tuple[mls.Extension, ...]:
        required = mls.RequiredCapabilities(extension_types=(GROUP_EXTENSION,), credential_types=(1, 2))
        extensions = [mls.Extension(GROUP_EXTENSION, self.dice(self.chance.choice([0, 5, 200])))]
        if self.maybe(0.3):
            extensions.append(mls.Extension(mls.REQUIRED_CAPABILITIES, required.encode()))
        return tuple(extensions)

    # --- the beginning

    def _begin(self) -> None:
        first = self.newcomer()
        extensions = self._extensions() if self.maybe(0.7) else ()
        self.note(f"{first} creates the group with {len(extensions)} extensions, suite 0x{self.suite:04x}")
        first.create(self.dice(self.chance.choice([1, 16, 32])), extensions)
        first.leaf = 0
        self.members = [first]
        other = self.newcomer("theirs" if first.kind == "ours" else "ours")
        committed = first.commit(Commitment(proposals=(mls.Add(other.package),)), self.psks)
        self.note(f"{first} adds {other}")
        first.merge()
        self._welcome([other], committed, with_tree=True)
        self._check()

    # --- one step

    def _step(self) -> None:
        if not self.absent and len(self.members) > 2:
            if self.maybe(0.03):
                self._reinitialise()
                return
            if self.maybe(0.03):
                self._branch()
                return
        late = self._talk()
        if self.maybe(0.12) and len(self.now_in) < self.largest:
            stayed = self._join_by_commit()
        else:
            self.waiting, self.removed_now = [], set()
            # With a resumption PSK nobody can be added: newcomers do not have it.
            resuming = self.maybe(0.15)
            for _ in range(self.chance.choice([0, 0, 1, 2, 3])):
                self._propose(resuming)
            if self.maybe(0.15):
                self._rival()
            stayed = self._commit(resuming)
        read_by_all([delivery for delivery in late if delivery.reader in stayed])
        for member in self.members:
            if isinstance(member, Ours) and self.maybe(0.2):
                self.note(f"{member} is saved and loaded")
                member.save_and_load()
        self._check()

    def _talk(self) -> list[Delivery]:
        """Some say something; what is returned arrives only after the commit. Some of it is lost."""
        deliveries = []
        for speaker in self.members:
            for _ in range(self.chance.choice([0, 0, 1, 2])):
                data = self.dice(self.chance.choice([0, 1, 30, 700]))
                message = speaker.say(data, self.some_data(), self.some_padding())
                readers = [member for member in self.members if member is not speaker and self.maybe(0.8)]
                deliveries += [Delivery(reader, message, data) for reader in readers]
        self.chance.shuffle(deliveries)
        cut = self.chance.randint(0, len(deliveries))
        if deliveries:
            self.note(f"talk: {cut} messages arrive, {len(deliveries) - cut} later")
        read_by_all(deliveries[:cut])
        return deliveries[cut:]

    # --- proposals

    def _propose(self, resuming: bool) -> None:
        kinds = ["update", "update", "remove", "psk", "extensions", *(["resumption"] if resuming else ["add", "join"])]
        kind = self.chance.choice(kinds)
        public, aad, padding = self.maybe(0.5), self.some_data(), self.some_padding()
        if kind == "join":
            self._propose_to_join()
            return
        sender = self.chance.choice(self.members)
        proposal: mls.Proposal | None
        match kind:
            case "update":
                if any(waiting.sender is sender and waiting.proposal is None for waiting in self.waiting):
                    return
                proposal = None
            case "add":
                proposal = mls.Add(self.newcomer().package)
            case "remove":
                victim = self._victim()
                if victim is None or victim is sender:
                    return
                proposal = mls.Remove(victim.leaf)
            case "extensions":
                proposal = mls.GroupContextExtensions(self._extensions())
            case _:
                proposal = self._psk(kind)
        shape = "public" if public else f"private, padded by {padding}"
        self.note(f"{sender} proposes {self._named(proposal)} ({shape})")
        message, reference = sender.propose(proposal, public, aad, padding)
        self._hand_around(message, reference, sender)
        self.waiting.append(Waiting(reference, sender, proposal))

    def _propose_to_join(self) -> None:
        newcomer, host = self.newcomer(), self.chance.choice(self.members)
        self.note(f"{newcomer} proposes to join, with the GroupInfo of {host}")
        message = newcomer.propose_to_join(host.group_info(True))
        reference = self._hand_around(message, None, None)
        self.waiting.append(Waiting(reference, None, mls.Add(newcomer.package)))

    def _hand_around(self, message: bytes, reference: bytes | None, sender: Participant | None) -> bytes:
        for member in self.members:
            if member is sender:
                continue
            seen = member.receive(message, (), self.psks).reference
            assert seen is not None, f"{member} took a proposal for something else"
            assert reference in (None, seen), f"{member} has another reference of the proposal"
            reference = seen
        assert reference is not None
        return reference

    def _victim(self) -> Participant | None:
        """Somebody to remove; of each kind one stays, and somebody in the left half. Who could not join goes first."""
        staying = [member for member in self.now_in if member.leaf not in self.removed_now]
        kinds = Counter(member.kind for member in staying if member in self.members)
        can_go = [member for member in staying if member in self.absent] or [
            member for member in staying if member in self.members and kinds[member.kind] > 1
        ]
        can_go = [
            member
            for member in can_go
            if not _left_half_empty([other.leaf for other in staying if other is not member])
        ]
        if not can_go:
            return None
        victim = self.chance.choice(can_go)
        self.removed_now.add(victim.leaf)
        return victim

    def _psk(self, kind: str) -> mls.PreSharedKey:
        suite = mls.CipherSuite.of(self.suite)
        if kind == "resumption":
            # Nobody knows what was before it joined.
            epoch = self.chance.randint(max(self.epoch - 2, *(member.since for member in self.members)), self.epoch)
            group_id = next(member for member in self.members if isinstance(member, Ours)).group.group_id
            resumption = mls.ResumptionPsk(mls.ResumptionUsage.APPLICATION, group_id, epoch)
            return mls.PreSharedKey(mls.PreSharedKeyID.fresh(suite, resumption, self.dice))
        name = self.dice(self.chance.choice([1, 9]))
        self.psks.setdefault(name, self.dice(self.chance.choice([1, 32, 100])))
        return mls.PreSharedKey(mls.PreSharedKeyID.fresh(suite, mls.ExternalPsk(name), self.dice))

    # --- commits

    def _chosen(self, committer: Participant) -> list[Waiting]:
        """Which of the waiting proposals a commit of this member may cover together."""
        chosen: list[Waiting] = []
        leaves, extended = {committer.leaf}, False
        for waiting in self.waiting:
            if waiting.replaced is not None:
                if waiting.replaced in leaves or self.maybe(0.1):
                    continue
                leaves.add(waiting.replaced)
            if isinstance(waiting.proposal, mls.GroupContextExtensions):
                if extended:
                    continue
                extended = True
            chosen.append(waiting)
        return chosen

    def _shape(self, committer: Participant, chosen: list[Waiting], resuming: bool) -> Commitment:
        """Draw what a commit carries besides what is chosen of the waiting proposals."""
        values: list[mls.Proposal] = []
        touched = {waiting.replaced for waiting in chosen} | {committer.leaf}
        wanted = 1 if self.absent else self.chance.choice([0, 0, 0, 1, 2])
        for _ in range(wanted):
            victim = self._victim()
            if victim is not None and victim.leaf not in touched:
                values.append(mls.Remove(victim.leaf))
                touched.add(victim.leaf)
                if not resuming and self.maybe(0.2):
                    values.append(mls.Add(self.newcomer(former=victim).package))
        if not resuming:
            room = self.largest - len(self.now_in) - len(self.added([*values, *(item.proposal for item in chosen)]))
            for _ in range(min(room, self.chance.choice([0, 0, 1, 1, 2]))):
                values.append(mls.Add(self.newcomer().package))
        for _ in range(self.chance.choice([0, 0, 0, 1, 2])):
            values.append(self._psk("resumption" if resuming and self.maybe(0.5) else "psk"))
        extended = any(isinstance(waiting.proposal, mls.GroupContextExtensions) for waiting in chosen)
        if not extended and self.maybe(0.15):
            values.append(mls.GroupContextExtensions(self._extensions()))
        if committer.kind == "theirs":
            chosen, values = _without_extensions(chosen, values)
        return Commitment(
            references=tuple(waiting.reference for waiting in chosen),
            proposals=tuple(values),
            public=self.maybe(0.5),
            welcome_tree=self.maybe(0.6),
            force_path=self.maybe(0.4),
            whatever_fits=self.maybe(0.3) and committer.kind == "ours",
            fresh_signer=self.maybe(0.1),
            leaf_extension=self.dice(6) if self.maybe(0.2) else None,
            aad=self.some_data(),
            padding=self.some_padding(),
        )

    def _rival(self) -> None:
        """Somebody commits and somebody else is faster: nothing comes of it."""
        rival = self.chance.choice(self.members)
        references = tuple(waiting.reference for waiting in self._chosen(rival))
        if rival.kind == "theirs":
            references = ()
        self.note(f"{rival} commits in vain")
        self.counts["commit in vain"] += 1
        rival.commit(Commitment(references=references, public=self.maybe(0.5)), self.psks)
        rival.drop()

    def _commit(self, resuming: bool) -> list[Participant]:
        committer = self.chance.choice([member for member in self.members if member.leaf not in self.removed_now])
        wanted = self._shape(committer, self._chosen(committer), resuming)
        self._tell(committer, wanted)
        committed = committer.commit(wanted, self.psks)
        references = wanted.references
        if wanted.whatever_fits:
            assert isinstance(committer, Ours)
            references = tuple(sent.reference for sent in committer.staged.sent if sent.reference is not None)
        proposals = [*self._waiting(references), *wanted.proposals]
        self._count(committer, wanted, references)
        removed = {item.removed for item in proposals if isinstance(item, mls.Remove)}
        stayed = self._follow(committed.message, committer, references, removed)
        committer.merge()
        self._welcome(self.added(proposals), committed, with_tree=wanted.welcome_tree)
        return stayed

    def _waiting(self, references: Sequence[bytes]) -> list[mls.Proposal | None]:
        return [waiting.proposal for waiting in self.waiting if waiting.reference in references]

    def _tell(self, committer: Participant, wanted: Commitment) -> None:
        parts = [f"by reference {self._named(proposal)}" for proposal in self._waiting(wanted.references)]
        parts = ["by reference whatever fits"] if wanted.whatever_fits else parts
        parts += [self._named(proposal) for proposal in wanted.proposals]
        flags = "force_path", "fresh_signer", "leaf_extension", "welcome_tree"
        said = [flag.replace("_", " ") for flag in flags if getattr(wanted, flag)]
        framing = "public" if wanted.public else f"private, padded by {wanted.padding}"
        self.note(f"{committer} commits [{'; '.join(parts)}] ({', '.join([framing, *said])})")

    def _count(self, committer: Participant, wanted: Commitment, references: Sequence[bytes]) -> None:
        self.counts[f"commit, {committer.kind}, {'public' if wanted.public else 'private'}"] += 1
        for proposal in self._waiting(references):
            self.counts[f"by reference {type(proposal).__name__ if proposal else 'Update'}"] += 1
        for proposal in wanted.proposals:
            self.counts[f"by value {type(proposal).__name__}"] += 1

    def _named(self, proposal: mls.Proposal | None) -> str:
        match proposal:
            case None:
                return "an Update"
            case mls.Add():
                return f"Add {self.added([proposal])[0]}"
            case mls.Remove(removed):
                return f"Remove of leaf {removed}"
            case mls.PreSharedKey(mls.PreSharedKeyID(mls.ResumptionPsk(psk_epoch=epoch))):
                return f"PreSharedKey of epoch {epoch}"
        return type(proposal).__name__

    def _follow(
        self, message: bytes, committer: Participant | None, references: Sequence[bytes], removed: set[int]
    ) -> list[Participant]:
        """Everybody processes a commit; returns those who were there before and still are."""
        for member in self.members:
            if member is committer:
                continue
            try:
                came = member.receive(message, references, self.psks)
            except PeerRefusalError as refusal:
                if member.leaf not in removed or TAKEN_PLACE not in refusal.text:
                    refusal.add_note(f"{member}, at leaf {member.leaf} since epoch {member.since}, was to follow")
                    raise
                self.counts["not noticed to be removed, a known fault"] += 1
                continue
            assert came.removed == (member.leaf in removed), f"{member} misunderstood who is removed"
            assert came.removed or came.epoch is not None, f"{member} took a commit for something else"
        self.members = [member for member in self.members if member.leaf not in removed]
        self.absent = [member for member in self.absent if member.leaf not in removed]
        return list(self.members)

    def _welcome(self, newcomers: list[Participant], committed: Committed, *, with_tree: bool) -> None:
        for newcomer in newcomers:
            assert committed.welcome is not None, "newcomers were added, and there is no Welcome"
            tree = None if with_tree else committed.tree
            try:
                newcomer.join(committed.welcome, tree, self.psks)
            except PeerRefusalError as refusal:
                if refusal.text != UNMERGED:
                    raise
                self.note(f"{newcomer} cannot join: a known fault of ts-mls")
                self.counts["kept out by the known fault"] += 1
                newcomer.leaf = _leaf_of(newcomer, self.members)
                self.absent.append(newcomer)
                continue
            self.note(f"{newcomer} joins by Welcome")
            self.counts[f"joined by Welcome, {newcomer.kind}"] += 1
            self.members.append(newcomer)

    def _join_by_commit(self) -> list[Participant]:
        host = self.chance.choice(self.members)
        with_tree = self.maybe(0.6)
        tree = None if with_tree else host.facts().tree
        former = self.chance.choice(self.members) if self.maybe(0.3) and len(self.members) > 2 else None
        if former is host:
            former = None
        newcomer = self.newcomer(former=former)
        replacing = None if former is None else former.leaf
        some = self.chance.sample(sorted(self.psks), min(len(self.psks), self.chance.choice([0, 0, 1, 2])))
        psks = {name: self.psks[name] for name in some} if newcomer.kind == "ours" else {}
        self.note(
            f"{newcomer} joins by a commit with {len(psks)} PSKs, with the GroupInfo of {host}, replacing {former}"
        )
        self.counts[f"external commit, {newcomer.kind}" + (", replacing" if former else "")] += 1
        try:
            message = newcomer.join_by_commit(host.group_info(with_tree), tree, replacing, self.some_data(), psks)
        except PeerRefusalError as refusal:
            if refusal.text != UNMERGED:
                raise
            self.note(f"{newcomer} cannot join: a known fault of ts-mls")
            self.counts["kept out by the known fault"] += 1
            return list(self.members)
        if former is not None:
            # Its old state is given up, not told.
            self.members.remove(former)
        stayed = self._follow(message, None, (), set())
        if newcomer.kind == "theirs":
            newcomer.merge()
        self.members.append(newcomer)
        return stayed

    # --- groups that continue another

    def _reinitialise(self) -> None:
        committer = self.chance.choice(self.members)
        suite = self.chance.choice(sorted({self.suite, *(suite for suite in REINIT_SUITES if suite in mls.SUITES)}))
        reinit = mls.ReInit(self.dice(16), 1, suite, self._extensions())
        public, by_reference = self.maybe(0.5), self.maybe(0.5)
        self.note(f"{committer} reinitialises the group to suite 0x{suite:04x}")
        if by_reference:
            proposer = self.chance.choice(self.members)
            message, reference = proposer.propose(reinit, public, b"", 0)
            self._hand_around(message, reference, proposer)
            wanted = Commitment(references=(reference,), public=public)
        else:
            wanted = Commitment(proposals=(reinit,), public=public)
        committed = committer.commit(wanted, self.psks)
        self._follow(committed.message, committer, wanted.references, set())
        committer.merge()
        self._agree()
        self.suite = suite
        old = list(self.members)
        creator, *others = [self.newcomer(former=member) for member in self._creator_first(old)]
        self.note(f"{creator} begins the new group")
        self.counts[f"reinitialised, new group by {creator.kind}"] += 1
        by_credential = {member.name: former for member, former in zip([creator, *others], self._order, strict=True)}
        committed = creator.begin_reinitialised(by_credential[creator.name], others)
        self._continue(creator, others, by_credential, committed, branch=False)

    def _branch(self) -> None:
        kinds = {member.kind for member in self.members}
        chosen = [
            self.chance.choice([member for member in self.members if member.kind == kind]) for kind in sorted(kinds)
        ]
        chosen += [member for member in self.members if member not in chosen and self.maybe(0.5)]
        stays, members = self.maybe(0.5), list(self.members)
        creator, *others = [self.newcomer(former=member) for member in self._creator_first(chosen)]
        by_credential = {member.name: former for member, former in zip([creator, *others], self._order, strict=True)}
        self.note(f"{creator} begins a branch with {others}; the history goes on {'here' if stays else 'there'}")
        self.counts[f"branch, by {creator.kind}"] += 1
        committed = creator.begin_branch(by_credential[creator.name], self.dice(16), others)
        self._continue(creator, others, by_credential, committed, branch=True)
        if stays:
            self.members = members
            self._check()

    def _creator_first(self, members: list[Participant]) -> list[Participant]:
        self._order = self.chance.sample(members, len(members))
        return self._order

    def _continue(
        self,
        creator: Participant,
        others: list[Participant],
        former: dict[str, Participant],
        committed: Committed,
        *,
        branch: bool,
    ) -> None:
        creator.merge()
        assert committed.welcome is not None
        for other in others:
            other.continue_from(former[other.name], committed.welcome, committed.tree, branch=branch)
        self.members = [creator, *others]
        self._check()

    # --- what must hold

    def _agree(self) -> None:
        facts = {member: member.facts() for member in self.members}
        first = facts[self.members[0]]
        for member, seen in facts.items():
            assert seen == first, f"{member} and {self.members[0]} are in different epochs"
            member.leaf = seen.leaf
            member.since = min(member.since, seen.epoch)
        self.epoch = first.epoch
        assert len({seen.leaf for seen in facts.values()}) == len(self.members)

    def _check(self) -> None:
        """All agree, and everybody reads everybody."""
        self._agree()
        deliveries = []
        for speaker in self.members:
            data = f"{speaker} in step {self.steps}".encode()
            message = speaker.say(data, self.some_data(), self.some_padding())
            deliveries += [Delivery(reader, message, data) for reader in self.members if reader is not speaker]
        self.chance.shuffle(deliveries)
        read_by_all(deliveries)
        refused_by_all(self.chance.sample(deliveries, min(2, len(deliveries))))
        self.counts["messages read"] += len(deliveries)


REINIT_SUITES: Final = (0x0001, 0x0003, 0xF00E)


def _without_extensions(chosen: list[Waiting], values: list[mls.Proposal]) -> tuple[list[Waiting], list[mls.Proposal]]:
    """Leave GroupContextExtensions out: ts-mls makes no commit of them that RFC 9420 allows."""
    return (
        [waiting for waiting in chosen if not isinstance(waiting.proposal, mls.GroupContextExtensions)],
        [item for item in values if not isinstance(item, mls.GroupContextExtensions)],
    )


def _left_half_empty(leaves: Sequence[int]) -> bool:
    """Tell whether all stand in the right half of the tree: there ts-mls derives another commit secret."""
    width = 1 << max(leaves).bit_length()
    return len(leaves) > 1 and all(leaf >= width // 2 for leaf in leaves)


def _leaf_of(newcomer: Participant, members: Sequence[Participant]) -> int:
    """Where a newcomer stands in the tree of those who are in."""
    key = newcomer.package.leaf_node.signature_key
    ours = next(member for member in members if isinstance(member, Ours))
    return next(member.leaf for member in ours.group.members() if member.signature_key == key)
