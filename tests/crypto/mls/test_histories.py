"""Members who follow the same commits agree, whatever the history; whoever was removed reads nothing after."""

import random

import pytest

from taboon_crypto import mls

from .kit import LEAF, NOW, POLICY, Dice, agree, package, profile, raises, town


class Town:
    """A group that lives at random, from a seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.dice = Dice(seed)
        self.suite = tuple(mls.SUITES)[seed % len(mls.SUITES)]
        self.groups = town(self.chance.randint(1, 6), self.dice, suite=self.suite, renew=self.chance.random() < 0.5)
        self.gone: list[mls.Group] = []

    def by_leaf(self, leaf: int) -> mls.Group:
        return next(group for group in self.groups if group.own_leaf == leaf)

    def live(self) -> None:
        """Some proposals, some talk, a commit that may lose its race, and one that stands."""
        chance, dice = self.chance, self.dice
        talk = [
            (group, group.encrypt(dice(chance.randint(0, 40)), random=dice))
            for group in self.groups
            if chance.random() < 0.5
        ]
        present = list(self.groups)
        for _ in range(chance.randint(0, 3)):
            self.propose()
        committer = chance.choice(self.groups)
        if chance.random() < 0.2:
            committer.commit(find_psk=lambda _, __: b"secret", random=dice)  # forgotten: somebody else was first
        if chance.random() < 0.1:
            self.join_from_outside()
        else:
            self.commit(committer)
        for speaker, message in talk:
            for group in self.groups:
                if group is not speaker and group in present and chance.random() < 0.7:
                    assert isinstance(group.receive(message), mls.ApplicationMessage)
        for number in range(len(self.groups)):
            if chance.random() < 0.3:
                self.groups[number] = mls.Group.load(self.groups[number].parts())

    def propose(self) -> None:
        chance, dice = self.chance, self.dice
        proposer, private = chance.choice(self.groups), chance.random() < 0.5
        kind = chance.choice(["update", "remove", "extensions", "psk"])
        if kind == "update":
            message = proposer.propose_update(private=private, random=dice)
        elif kind == "remove":
            leaf = chance.choice(proposer.members()).leaf
            message = proposer.propose(mls.Remove(leaf), authenticated_data=dice(4), private=private, random=dice)
        elif kind == "extensions":
            change = mls.GroupContextExtensions((mls.Extension(POLICY, dice(4)),))
            message = proposer.propose(change, authenticated_data=dice(4), private=private, random=dice)
        else:
            psk_id = mls.PreSharedKeyID.fresh(proposer.suite, mls.ExternalPsk(b"known"), dice)
            message = proposer.propose(mls.PreSharedKey(psk_id), private=private, random=dice)
        for group in self.groups:
            if group is not proposer:
                group.receive(message)

    def commit(self, committer: mls.Group) -> None:
        chance, dice = self.chance, self.dice
        packages = [package(dice, suite=self.suite) for _ in range(chance.choice([0, 0, 1, 2]))]
        others = [group.own_leaf for group in self.groups if group is not committer]
        removed = chance.sample(others, chance.randint(0, min(2, len(others)))) if chance.random() < 0.4 else []
        if removed and chance.random() < 0.3:
            # The first of them rejoins in the very same commit.
            packages.append(package(dice, self.by_leaf(removed[0]).own_profile, suite=self.suite))
        staged = committer.commit(
            add=[key_package for key_package, _ in packages],
            remove=removed,
            psks=[(b"known", b"secret")] if chance.random() < 0.2 else [],
            leaf_extensions=(mls.Extension(LEAF, dice(3)),) if chance.random() < 0.3 else None,
            path=True if chance.random() < 0.5 else None,
            private=chance.random() < 0.5,
            welcome_tree=chance.random() < 0.7,
            find_psk=lambda _, __: b"secret",
            random=dice,
            now=NOW,
        )
        assert staged.message is not None
        self.follow(staged.message, committer)
        committer.merge(committer.load_staged(staged.encode()))
        for key_package, secrets in packages:
            self.groups.append(
                mls.Group.join(
                    staged.welcome or b"",
                    key_package,
                    secrets,
                    psks=lambda _, __: b"secret",
                    ratchet_tree=committer.ratchet_tree,
                    now=NOW,
                )
            )

    def join_from_outside(self) -> None:
        info = self.chance.choice(self.groups).group_info(random=self.dice)
        newcomer, message = mls.Group.join_by_commit(info, profile(self.dice), random=self.dice)
        self.follow(message, None)
        self.groups.append(newcomer)

    def follow(self, message: bytes, committer: mls.Group | None) -> None:
        for group in list(self.groups):
            if group is committer:
                continue
            staged = group.receive(message, psks=lambda _, __: b"secret")
            assert isinstance(staged, mls.StagedCommit)
            if staged.removes_self:
                self.groups.remove(group)
                self.gone.append(group)
            else:
                group.merge(staged)


@pytest.mark.parametrize("seed", range(12))
def test_members_agree_after_any_history_and_the_removed_read_nothing(seed: int) -> None:
    world = Town(seed)
    for _ in range(7):
        world.live()
        agree(world.groups, world.dice)
    after = [group.encrypt(b"after", random=world.dice) for group in world.groups]
    after += [staged.message or b"" for staged in (world.groups[0].commit(random=world.dice),)]
    for group in world.gone:
        for message in after:
            with raises(mls.MlsError, group):
                group.receive(message)
