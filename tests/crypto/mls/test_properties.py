"""What holds of a group whatever happens in it, also against who has stolen a member's whole state.

A group lives by random steps: members come, go, change and speak, messages are lost, late and doubled, members are
saved and loaded, commits are made and dropped. At any time a thief may copy all that a member has saved. After every
step:

- all members agree on tree hash, transcript, exporter and epoch authenticator;
- nobody outside reads anything: a stranger with a group of the same id, whoever was removed, a thief after its victim's
  next update. Of these last two every private key they ever had is tried on every secret of every later path;
- what is saved and loaded is what it was.

Some steps in an ordinary run; with TABOON_SOAK=1 many. The seed is printed with a failure, TABOON_SEED runs it again.
"""

import os
import random
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from taboon_crypto import mls
from taboon_crypto.mls.group.epoch import next_context
from taboon_crypto.mls.keys.secret_tree import Ratchet
from taboon_crypto.mls.messages.envelope import MLSMessage
from taboon_crypto.mls.messages.framing import CommitContent
from taboon_crypto.mls.messages.protection import PrivateMessage, PublicMessage

from .kit import LEAF, NOW, POLICY, Dice, agree, found, package, profile

SOAK = os.environ.get("TABOON_SOAK") == "1"
SEED = int(os.environ.get("TABOON_SEED") or random.SystemRandom().randrange(2**32))
LARGEST = 12

somebody = st.integers(0, 2**16)


@dataclass
class Mail:
    """An application message on its way, and who has read it."""

    epoch: int
    message: bytes
    said: bytes
    sender: mls.Group
    addressees: list[mls.Group]
    read: list[mls.Group] = field(default_factory=list)


@dataclass
class Thief:
    """Somebody with all that a member had saved at some time, who follows the group as long as that lets it.

    Attributes:
        name: Whose state it is, for the report.
        group: The stolen state, moved on as far as it goes.
        keys: Every private key of the tree that it ever had.
        own_updates: References of Updates whose private keys were stolen too.
        victim: The member; None if this is somebody who was removed.
        shut_out: It was removed, or its victim has renewed its keys since.
    """

    name: str
    group: mls.Group
    keys: set[bytes]
    own_updates: set[bytes]
    victim: mls.Group | None
    shut_out: bool = False

    @classmethod
    def of(cls, victim: mls.Group, name: str, *, removed: bool = False) -> "Thief":
        group = mls.Group.load(victim.parts())
        updates = set(group.state.pending.own_updates())
        return cls(name, group, _keys(group), updates, None if removed else victim, shut_out=removed)

    def follow(self, message: bytes) -> None:
        try:
            staged = self.group.receive(message, psks=lambda _, __: b"known")
            assert isinstance(staged, mls.StagedCommit)
            self.group.merge(staged)
            self.keys |= _keys(self.group)
        except mls.MlsError:
            return


def _keys(group: mls.Group) -> set[bytes]:
    keys = {bytes(entry.private) for entry in group.state.epoch.private.keys}
    return keys | {bytes(update.encryption_private) for update in group.state.pending.own_updates().values()}


class GroupLife(RuleBasedStateMachine):
    """One group, its members, its mail and its enemies."""

    suite = 0x0003

    @initialize(count=st.integers(1, 6), number=st.integers(0, 2**32 - 1))
    def begin(self, count: int, number: int) -> None:
        note(f"TABOON_SEED={SEED}")
        self.dice = Dice(number)
        self.groups = [found(self.dice, suite=self.suite)]
        self.mail: list[Mail] = []
        self.thieves: list[Thief] = []
        stranger = mls.Group.create(self.suite, self.groups[0].group_id, profile(self.dice), now=NOW, random=self.dice)
        self.stranger = stranger
        if count > 1:
            self._commit(0, added=count - 1)

    def _pick(self, number: int) -> mls.Group:
        return self.groups[number % len(self.groups)]

    # --- what members do

    @rule(who=somebody, size=st.integers(0, 40))
    def say(self, who: int, size: int) -> None:
        speaker = self._pick(who)
        said = self.dice(size)
        if speaker.pending_proposals():
            with pytest.raises(mls.PendingProposalsError):
                speaker.encrypt(said, random=self.dice)
            return
        message = speaker.encrypt(said, padding=size % 3, random=self.dice)
        others = [group for group in self.groups if group is not speaker]
        self.mail.append(Mail(speaker.epoch, message, said, speaker, others))
        del self.mail[:-30]  # what is older is lost
        self._nobody_outside_reads(message)

    @precondition(lambda self: self.mail)
    @rule(which=somebody, who=somebody)
    def deliver(self, which: int, who: int) -> None:
        mail = self.mail[which % len(self.mail)]
        reader = self._pick(who)
        before = reader.parts()
        if reader is mail.sender or reader in mail.read or reader not in mail.addressees:
            expected: type[mls.MlsError] | None = mls.MlsError
        elif reader.epoch - mail.epoch > reader.limits.past_epochs:
            expected = mls.EpochGoneError
        else:
            expected = None
        if expected is None:
            heard = reader.receive(mail.message)
            assert isinstance(heard, mls.ApplicationMessage)
            assert (heard.data, heard.epoch) == (mail.said, mail.epoch)
            mail.read.append(reader)
        else:
            with pytest.raises(expected):
                reader.receive(mail.message)
            assert reader.parts() == before

    @rule(
        who=somebody,
        whom=somebody,
        kind=st.sampled_from(["update", "remove", "add", "psk", "rules"]),
        private=st.booleans(),
    )
    def propose(self, who: int, whom: int, kind: str, private: bool) -> None:
        proposer = self._pick(who)
        wanted: mls.Proposal
        if kind == "update":
            message = proposer.propose_update(private=private, random=self.dice)
        else:
            if kind == "remove":
                wanted = mls.Remove(self._pick(whom).own_leaf)
            elif kind == "add":
                wanted = mls.Add(package(self.dice, suite=self.suite)[0])
            elif kind == "psk":
                psk = mls.ExternalPsk(b"known")
                wanted = mls.PreSharedKey(mls.PreSharedKeyID.fresh(proposer.suite, psk, self.dice))
            else:
                wanted = mls.GroupContextExtensions((mls.Extension(POLICY, self.dice(4)),))
            message = proposer.propose(
                wanted, authenticated_data=self.dice(4), private=private, random=self.dice, now=NOW
            )
        for group in self.groups:
            if group is not proposer:
                assert isinstance(group.receive(message), mls.ProposalMessage)

    @rule(who=somebody)
    def forget_proposals(self, who: int) -> None:
        for group in self.groups:
            for waiting in group.pending_proposals():
                group.forget_proposal(waiting.reference or b"")

    @rule(
        who=somebody,
        added=st.sampled_from([0, 0, 1, 2]),
        removed=st.lists(somebody, max_size=2),
        path=st.sampled_from([None, True]),
        private=st.booleans(),
        psk=st.booleans(),
        fresh=st.sampled_from(["", "extensions", "signing key"]),
    )
    def commit(
        self, who: int, added: int, removed: list[int], path: bool | None, private: bool, psk: bool, fresh: str
    ) -> None:
        if len(self.groups) + added > LARGEST:
            added = 0
        wishes: dict[str, Any] = {"path": path, "private": private}
        if psk:
            wishes["psks"] = [(b"known", b"known")]
        if fresh == "extensions":
            wishes["leaf_extensions"] = (mls.Extension(LEAF, self.dice(4)),)
        elif fresh:
            wishes["member"] = profile(self.dice)
        self._commit(who, added=added, removed=removed, **wishes)

    @rule(who=somebody)
    def commit_and_drop(self, who: int) -> None:
        committer = self._pick(who)
        authenticator = committer.epoch_authenticator
        committer.commit(find_psk=lambda _, __: b"known", random=self.dice, now=NOW)
        assert committer.epoch_authenticator == authenticator

    @precondition(lambda self: len(self.groups) < LARGEST)
    @rule(who=somebody, replacing=st.booleans())
    def join_from_outside(self, who: int, replacing: bool) -> None:
        member = self._pick(who)
        info = member.group_info(random=self.dice)
        if replacing and len(self.groups) > 1:
            newcomer, message = mls.Group.join_by_commit(
                info, member.own_profile, replacing=member.own_leaf, random=self.dice
            )
        else:
            newcomer, message = mls.Group.join_by_commit(info, profile(self.dice), random=self.dice)
        self._follow(message, None)
        self.groups.append(newcomer)

    @rule(who=somebody)
    def save_and_load(self, who: int) -> None:
        number = who % len(self.groups)
        old = self.groups[number]
        parts = old.parts()
        new = mls.Group.load(parts, limits=old.limits)
        assert new.parts() == parts
        assert new.pending_proposals() == old.pending_proposals()
        self.groups[number] = new
        for mail in self.mail:
            for readers in (mail.read, mail.addressees):
                readers[:] = [new if group is old else group for group in readers]
            mail.sender = new if mail.sender is old else mail.sender
        for thief in self.thieves:
            thief.victim = new if thief.victim is old else thief.victim

    @rule(who=somebody)
    def steal(self, who: int) -> None:
        if len(self.thieves) < 6:
            victim = self._pick(who)
            self.thieves.append(Thief.of(victim, f"leaf {victim.own_leaf} of epoch {victim.epoch}"))

    # --- how a commit goes round

    def _commit(self, who: int, *, added: int = 0, removed: list[int] | None = None, **wishes: Any) -> None:
        committer = self._pick(who)
        packages = [package(self.dice, suite=self.suite) for _ in range(added)]
        leaves = {self._pick(number).own_leaf for number in removed or ()} - {committer.own_leaf}
        staged = committer.commit(
            add=[key_package for key_package, _ in packages],
            remove=sorted(leaves),
            find_psk=lambda _, __: b"known",
            random=self.dice,
            now=NOW,
            **wishes,
        )
        assert staged.message is not None
        self._follow(staged.message, committer, staged)
        # By reference others may have been added, whose secrets nobody here has: they are members who stay silent.
        for key_package, secrets in packages:
            self.groups.append(
                mls.Group.join(staged.welcome or b"", key_package, secrets, psks=lambda _, __: b"known", now=NOW)
            )

    def _follow(self, message: bytes, committer: mls.Group | None, staged: mls.StagedCommit | None = None) -> None:
        """Everybody but the committer processes a commit; then the enemies try."""
        before = list(self.groups)
        seen: mls.StagedCommit | None = staged
        states = {id(group): group.parts() for group in before}
        gone = []
        for group in before:
            if group is committer:
                continue
            followed = group.receive(message, psks=lambda _, __: b"known")
            assert isinstance(followed, mls.StagedCommit)
            assert group.parts() == states[id(group)]
            if followed.removes_self:
                gone.append(group)
            else:
                seen = seen or followed
                again = group.load_staged(followed.encode())
                assert again.encode() == followed.encode()
        assert seen is not None
        for group in gone:
            self.thieves.append(Thief.of(group, f"removed from leaf {group.own_leaf}", removed=True))
        old_context = before[0].state.epoch.context
        self._update_thieves(seen, gone)
        for thief in self.thieves:
            if not thief.shut_out:
                thief.follow(message)
        opener = next(group for group in before if group is not committer) if len(before) > 1 else None
        self._no_enemy_opens_the_path(message, opener, seen, old_context)
        for group in before:
            if group in gone:
                followed = group.receive(message, psks=lambda _, __: b"known")
                assert isinstance(followed, mls.StagedCommit)
                group.merge(followed)
                assert set(group.parts()) == {"group"}
                self.groups.remove(group)
            elif group is committer and staged is not None:
                group.merge(staged)
            else:
                followed = group.receive(message, psks=lambda _, __: b"known")
                assert isinstance(followed, mls.StagedCommit)
                group.merge(followed)
        del self.thieves[:-12]

    def _update_thieves(self, staged: mls.StagedCommit, gone: list[mls.Group]) -> None:
        """Note whose victim has renewed its keys by this commit, or is gone."""
        by_update = {sent.sender_leaf: sent.reference for sent in staged.sent if isinstance(sent.proposal, mls.Update)}
        for thief in self.thieves:
            victim = thief.victim
            if victim is None or thief.shut_out:
                continue
            leaf = victim.own_leaf
            renewed = (staged.has_path and not staged.external and staged.sender_leaf == leaf) or (
                leaf in by_update and by_update[leaf] not in thief.own_updates
            )
            if renewed or victim in gone:
                thief.shut_out = True

    def _no_enemy_opens_the_path(
        self, message: bytes, opener: mls.Group | None, staged: mls.StagedCommit, old_context: Any
    ) -> None:
        """Try every key that an enemy who is shut out ever had on every secret in the path of a commit."""
        body = MLSMessage.decode(message).body
        if isinstance(body, PublicMessage):
            content = body.content.content
        else:
            assert isinstance(body, PrivateMessage)
            if opener is None:
                return
            sender = body.sender_data(opener.suite, opener.state.epoch.secrets.sender_data_secret)
            key = opener.state.ratchets.peek(sender.leaf_index, Ratchet.HANDSHAKE, sender.generation)
            content = body.unprotect(opener.suite, sender, key.key, key.nonce).content.content
        assert isinstance(content, CommitContent)
        path = content.commit.path
        if path is None:
            return
        suite = self.groups[0].suite
        context = next_context(old_context, staged.after, staged.context_extensions).encode()
        secrets = [sealed for node in path.nodes for sealed in node.encrypted_path_secret]
        for thief in self.thieves:
            if not thief.shut_out:
                continue
            for stolen, sealed in product(thief.keys, secrets):
                try:
                    suite.decrypt_with_label(stolen, b"UpdatePathNode", context, sealed)
                except mls.DecryptionError:
                    continue
                pytest.fail(f"{thief.name} opens the path of epoch {staged.epoch}")

    # --- what holds

    def _nobody_outside_reads(self, message: bytes) -> None:
        enemies = [self.stranger, *(thief.group for thief in self.thieves if thief.shut_out)]
        for enemy in enemies:
            before = enemy.parts()
            with pytest.raises(mls.MlsError):
                enemy.receive(message)
            assert enemy.parts() == before

    @invariant()
    def all_members_agree(self) -> None:
        if not hasattr(self, "groups"):
            return
        first = self.groups[0]
        for group in self.groups[1:]:
            assert group.epoch == first.epoch
            assert group.tree_hash == first.tree_hash
            assert group.confirmed_transcript_hash == first.confirmed_transcript_hash
            assert group.epoch_authenticator == first.epoch_authenticator
            assert group.export("label", b"context", 32) == first.export("label", b"context", 32)
            assert group.members() == first.members()

    def teardown(self) -> None:
        if not hasattr(self, "groups"):
            return
        for group in self.groups:
            for waiting in group.pending_proposals():
                group.forget_proposal(waiting.reference or b"")
        agree(self.groups, self.dice)
        secrets = {bytes(group.epoch_authenticator) for group in self.groups}
        assert len(secrets) == 1
        for thief in self.thieves:
            if thief.shut_out:
                assert bytes(thief.group.epoch_authenticator) not in secrets
                assert thief.group.epoch < self.groups[0].epoch or thief.group.tree_hash != self.groups[0].tree_hash


class GroupLifeAes(GroupLife):
    """The same in the other suite."""

    suite = 0x0001


def run(machine: type[RuleBasedStateMachine], examples: int, steps: int) -> None:
    run_state_machine_as_test(
        seed(SEED)(machine),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
        _min_steps=steps,
    )


@pytest.mark.parametrize("machine", [GroupLife, GroupLifeAes], ids=["chacha20", "aes"])
def test_members_agree_and_nobody_else_reads_whatever_happens(machine: type[RuleBasedStateMachine]) -> None:
    print(f"TABOON_SEED={SEED}")  # shown with a failure
    if SOAK:
        run(machine, 300, 60)
    else:
        run(machine, 5, 20)
