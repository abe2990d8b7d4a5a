"""Where ts-mls 1.6.4 differs from RFC 9420 (README.md beside); histories keep out of the way of these.

A test that fails here after an update of ts-mls is good news: mend README.md, and let histories go that way too.
"""

import random
import time
from collections.abc import Sequence

import pytest

from taboon_crypto import mls

from .history import TAKEN_PLACE, UNMERGED
from .participants import GROUP_EXTENSION, Commitment, Committed, Ours, Participant, Theirs, encoded
from .process import PeerProcess, PeerRefusalError, unb64

SUITE = 0x0003
DICE = random.Random(1).randbytes
EXTENSIONS = (mls.Extension(GROUP_EXTENSION, b"before"),)
CHANGE = mls.GroupContextExtensions((mls.Extension(GROUP_EXTENSION, b"after"),))


class Village:
    """A group of members in the order of their leaves; "o" is one of ours and "t" one of ts-mls."""

    def __init__(self, peer: PeerProcess, kinds: str, extensions: tuple[mls.Extension, ...] = EXTENSIONS) -> None:
        self.peer = peer
        self.now = int(time.time())
        first, *others = self.members = [self.client(kind) for kind in kinds]
        first.create(b"village", extensions)
        self.commit(first, [mls.Add(other.package) for other in others], joining=others)

    def client(self, kind: str, *, former: Participant | None = None) -> Participant:
        name = f"{kind}{DICE(6).hex()}"
        credential = former.credential if former else mls.BasicCredential(name.encode())
        if kind == "o":
            return Ours(name, SUITE, credential, now=self.now, random=DICE, former=former)
        return Theirs(name, SUITE, credential, peer=self.peer, now=self.now, former=former)

    def commit(
        self,
        committer: Participant,
        proposals: Sequence[mls.Proposal] = (),
        *,
        following: Sequence[Participant] | None = None,
        joining: Sequence[Participant] = (),
        path: bool = False,
    ) -> Committed:
        """One commits; those who follow process it (by default all but newcomers), those who join do."""
        committed = committer.commit(Commitment(proposals=tuple(proposals), force_path=path), {})
        if following is None:
            following = [member for member in self.members if member not in joining]
        for member in following:
            if member is not committer:
                member.receive(committed.message, (), {})
        committer.merge()
        for newcomer in joining:
            assert committed.welcome is not None
            newcomer.join(committed.welcome, None, {})
        return committed


def refused(text: str) -> "pytest.RaisesExc[PeerRefusalError]":
    return pytest.raises(PeerRefusalError, match=text)


def test_its_external_pub_has_no_length(peer: PeerProcess) -> None:
    village = Village(peer, "to")
    info = unb64(peer.one("groupInfoAsItIs", member=village.members[0].name))
    with pytest.raises(mls.DecodeError):
        village.client("o").join_by_commit(info, village.members[1].facts().tree, None, b"", {})


def test_it_commits_extensions_without_a_path(peer: PeerProcess) -> None:
    theirs, ours = Village(peer, "to").members
    committed = theirs.commit(Commitment(proposals=(CHANGE,)), {})
    with pytest.raises(mls.ValidationError) as caught:
        ours.receive(committed.message, (), {})
    assert caught.value.rule == "commit.path_missing"


def test_it_encrypts_path_secrets_under_the_extensions_of_before(peer: PeerProcess) -> None:
    theirs, ours, gone = Village(peer, "too").members
    committed = theirs.commit(Commitment(proposals=(CHANGE, mls.Remove(2))), {})
    with pytest.raises(mls.CannotFollowError) as caught:
        ours.receive(committed.message, (), {})
    assert isinstance(caught.value.cause, mls.DecryptionError)
    assert gone.receive(committed.message, (), {}).removed


def test_it_overlooks_a_list_of_no_extensions(peer: PeerProcess) -> None:
    village = Village(peer, "oto")
    ours, theirs, other = village.members
    committed = village.commit(ours, [mls.GroupContextExtensions(())], following=[other])
    assert ours.facts() == other.facts()
    with refused("invalid tag"):
        theirs.receive(committed.message, (), {})


def test_it_joins_no_tree_whose_parents_have_different_unmerged_leaves(peer: PeerProcess) -> None:
    village = Village(peer, "ooooooo")
    founder, fifth = village.members[0], village.members[4]
    village.commit(fifth, path=True)
    village.commit(founder, [mls.Remove(3)], path=True)
    del village.members[3]
    # They get leaves 3 and 7: both are unmerged at the root, and each at one of its children.
    ours, theirs = village.client("o"), village.client("t")
    committed = village.commit(founder, [mls.Add(ours.package), mls.Add(theirs.package)], joining=[ours])
    assert ours.facts() == fifth.facts()
    assert committed.welcome is not None
    with refused(UNMERGED):
        theirs.join(committed.welcome, None, {})


def test_it_does_not_notice_its_removal_when_its_leaf_is_given_away(peer: PeerProcess) -> None:
    village = Village(peer, "oto")
    founder, theirs, other = village.members
    newcomer = village.client("o")
    committed = village.commit(
        founder, [mls.Remove(1), mls.Add(newcomer.package)], following=[other], joining=[newcomer]
    )
    assert founder.facts() == other.facts() == newcomer.facts()
    with refused(TAKEN_PLACE):
        theirs.receive(committed.message, (), {})


def test_it_derives_another_commit_secret_when_all_stand_in_the_right_half_of_the_tree(peer: PeerProcess) -> None:
    village = Village(peer, "oooooto")
    *gone, ours, theirs, other = village.members
    committed = village.commit(ours, [mls.Remove(leaf) for leaf in range(len(gone))], following=[other])
    assert ours.facts() == other.facts()
    with refused("Could not verify confirmation tag"):
        theirs.receive(committed.message, (), {})


def test_it_takes_every_resumption_psk_for_a_continued_group(peer: PeerProcess) -> None:
    village = Village(peer, "oo")
    founder, other = village.members
    assert isinstance(founder, Ours)
    epoch = founder.facts().epoch
    resumption = mls.ResumptionPsk(mls.ResumptionUsage.APPLICATION, founder.group.group_id, epoch)
    psk_id = mls.PreSharedKeyID.fresh(mls.CipherSuite.of(SUITE), resumption, DICE)
    secret = founder.facts().resumption
    ours, theirs = newcomers = [village.client("o"), village.client("t")]
    committed = village.commit(
        founder, [*(mls.Add(newcomer.package) for newcomer in newcomers), mls.PreSharedKey(psk_id)], following=[other]
    )
    assert committed.welcome is not None
    assert isinstance(ours, Ours)
    joined = mls.Group.join(committed.welcome, ours.package, ours.secrets, psks=lambda _, __: secret, now=village.now)
    assert joined.epoch_authenticator == other.facts().authenticator
    with refused("Could not find pskId"):
        theirs.join(committed.welcome, None, {})


def test_it_reads_one_external_sender_where_there_is_a_list(peer: PeerProcess) -> None:
    signer = mls.SigningKey.generate(DICE)
    senders = (mls.ExternalSender(signer.public, mls.BasicCredential(b"outside")),)
    extension = mls.Extension(mls.EXTERNAL_SENDERS, mls.encode_external_senders(senders))
    village = Village(peer, "oto", (extension,))
    ours, theirs, _ = village.members
    assert isinstance(ours, Ours)
    group = ours.group
    message = mls.external_proposal(SUITE, group.group_id, group.epoch, 0, signer, mls.Remove(2))
    assert ours.receive(message, (), {}).reference is not None
    with refused("Could not decode ExternalSender"):
        theirs.receive(message, (), {})


def test_it_understands_all_default_proposals(peer: PeerProcess) -> None:
    """No difference: so that a proposal that ts-mls cannot read is noticed here and not in a long trace."""
    village = Village(peer, "ot")
    ours, theirs = village.members
    psk_id = mls.PreSharedKeyID.fresh(mls.CipherSuite.of(SUITE), mls.ExternalPsk(b"id"), DICE)
    for proposal in (mls.Add(village.client("o").package), mls.PreSharedKey(psk_id), mls.Remove(1), CHANGE):
        message, reference = ours.propose(proposal, True, b"", 0)
        assert theirs.receive(message, (), {}).reference == reference
        assert encoded(proposal) in message
