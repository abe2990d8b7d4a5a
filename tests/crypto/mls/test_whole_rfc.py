"""The whole of RFC 9420 from outside: everything here is done with what ``from taboon_crypto import mls`` gives."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from taboon_crypto import mls

NOW = 1_760_000_000
WEEK = 7 * 86_400
AGENDA = 0xF7AA

suites = pytest.mark.parametrize("suite", sorted(mls.SUITES), ids=lambda suite: f"{suite:04x}")
framings = pytest.mark.parametrize("private", [True, False], ids=["private", "public"])


def counter() -> Callable[[int], bytes]:
    """Return a source of bytes that are always others and never secret: for tests alone."""
    numbers = itertools.count(1)
    return lambda size: b"".join(
        mls.CipherSuite.DEFAULT.hash(next(numbers).to_bytes(8)) for _ in range(size // 32 + 1)
    )[:size]


@pytest.fixture
def random() -> Callable[[int], bytes]:
    return counter()


def person(random: Callable[[int], bytes], name: str = "", **says: Any) -> mls.MemberProfile:
    key = mls.SigningKey.generate(random)
    says.setdefault("capabilities", mls.Capabilities.of(extensions=(AGENDA,)))
    return mls.MemberProfile(key, mls.BasicCredential(name.encode() or key.public), **says)


def invited(
    random: Callable[[int], bytes], suite: int = 3, member: mls.MemberProfile | None = None, **wishes: Any
) -> tuple[mls.KeyPackage, mls.KeyPackageSecrets]:
    return mls.KeyPackage.generate(suite, member or person(random), now=NOW, lifetime=WEEK, random=random, **wishes)


def known(_: mls.PreSharedKeyID, __: bytes) -> bytes:
    return b"known to all"


def follow(groups: Sequence[mls.Group], staged: mls.StagedCommit, committer: mls.Group | None) -> list[mls.Group]:
    """Everybody else processes a commit; return who is still in the group."""
    assert staged.message is not None
    left = []
    for group in groups:
        if group is committer:
            group.merge(staged)
            left.append(group)
            continue
        before = group.parts()
        followed = group.receive(staged.message, psks=known)
        assert isinstance(followed, mls.StagedCommit)
        assert group.parts() == before
        gone = followed.removes_self
        group.merge(followed)
        assert group.is_active is (not gone and staged.reinit is None)
        if not gone:
            left.append(group)
    return left


def told(groups: Sequence[mls.Group], sender: mls.Group, message: bytes) -> None:
    for group in groups:
        if group is not sender:
            assert isinstance(group.receive(message), mls.ProposalMessage)


def agree(groups: Sequence[mls.Group], random: Callable[[int], bytes]) -> None:
    for group in groups:
        assert group.epoch_authenticator == groups[0].epoch_authenticator
        assert group.members() == groups[0].members()
        message = group.encrypt(b"hello", random=random)
        for other in groups:
            if other is not group:
                heard = other.receive(message)
                assert isinstance(heard, mls.ApplicationMessage)
                assert heard.data == b"hello"


def settled(
    count: int, random: Callable[[int], bytes], suite: int = 3, extensions: tuple[mls.Extension, ...] = ()
) -> list[mls.Group]:
    """Return a group of so many, everybody in it."""
    founder = mls.Group.create(suite, random(32), person(random), extensions=extensions, now=NOW, random=random)
    packages = [invited(random, suite) for _ in range(count - 1)]
    staged = founder.commit(add=[key_package for key_package, _ in packages], random=random, now=NOW)
    founder.merge(staged)
    return [founder, *(mls.Group.join(staged.welcome or b"", *each, now=NOW) for each in packages)]


# --- commits


@suites
@framings
def test_proposals_of_several_members_are_committed_by_reference_in_one_commit(
    suite: int, private: bool, random: Callable[[int], bytes]
) -> None:
    groups = settled(5, random, suite)
    newcomer = invited(random, suite)
    rules = (mls.Extension(AGENDA, b"water first"),)
    psk = mls.PreSharedKey(mls.PreSharedKeyID.fresh(groups[0].suite, mls.ExternalPsk(b"psk"), random))
    old_key = groups[1].member(1).encryption_key
    for sender, message in (
        (groups[1], groups[1].propose_update(private=private, random=random)),
        (groups[2], groups[2].propose(mls.Add(newcomer[0]), private=private, random=random, now=NOW)),
        (groups[3], groups[3].propose(mls.Remove(4), private=private, random=random)),
        (groups[4], groups[4].propose(psk, private=private, random=random)),
        (groups[2], groups[2].propose(mls.GroupContextExtensions(rules), private=private, random=random)),
    ):
        told(groups, sender, message)
    staged = groups[0].commit(private=private, find_psk=known, random=random, now=NOW)
    assert all(sent.reference is not None for sent in staged.sent)
    assert {sent.sender_leaf for sent in staged.sent} == {1, 2, 3, 4}
    # Who comes, who goes, what changes: read before it happens, and the same for everyone.
    assert [member.signature_key for member in staged.added] == [newcomer[0].leaf_node.signature_key]
    assert [member.leaf for member in staged.removed] == [4]
    assert {member.leaf for member in staged.updated} == {0, 1}
    assert staged.context_extensions == rules
    assert staged.extensions_changed
    assert len(staged.psk_ids) == 1
    seen = groups[1].receive(staged.message or b"", psks=known)
    assert isinstance(seen, mls.StagedCommit)
    assert (seen.added, seen.removed, seen.updated) == (staged.added, staged.removed, staged.updated)
    groups = follow(groups, staged, groups[0])
    assert len(groups) == 4
    groups.append(mls.Group.join(staged.welcome or b"", *newcomer, psks=known, now=NOW))
    assert groups[1].member(1).encryption_key != old_key
    assert groups[3].context_extensions == rules
    agree(groups, random)


@suites
def test_a_commit_that_loses_its_race_is_dropped_and_the_winner_followed(
    suite: int, random: Callable[[int], bytes]
) -> None:
    groups = settled(3, random, suite)
    mine = groups[0].commit(random=random)
    theirs = groups[1].commit(random=random)
    follow(groups, theirs, groups[1])
    with pytest.raises(mls.EpochGoneError):
        groups[0].merge(mine)
    agree(groups, random)


@suites
@framings
def test_a_commit_is_merged_after_a_crash(suite: int, private: bool, random: Callable[[int], bytes]) -> None:
    groups = settled(2, random, suite)
    staged = groups[0].commit(private=private, random=random)
    on_disk, parts = staged.encode(), groups[0].parts()
    groups[0] = mls.Group.load(parts)
    # Coming back from the relay it cannot be processed: its key is spent, or it says that it is our own.
    with pytest.raises(mls.KeySpentError if private else mls.OwnCommitError):
        groups[0].receive(staged.message or b"")
    follow(groups, groups[0].load_staged(on_disk), groups[0])
    agree(groups, random)


# --- pre-shared keys


@suites
def test_external_and_resumption_psks_bind_members_and_newcomers(suite: int, random: Callable[[int], bytes]) -> None:
    groups = settled(2, random, suite)
    past, group_id = groups[0].epoch, groups[0].group_id
    follow(groups, groups[1].commit(random=random), groups[1])
    newcomer = invited(random, suite)
    resumption = mls.ResumptionPsk(mls.ResumptionUsage.APPLICATION, group_id, past)
    secret = groups[0].resumption_psk(past)
    staged = groups[0].commit(
        add=[newcomer[0]], psks=[(b"from the meeting", b"known to all"), (resumption, None)], random=random, now=NOW
    )
    assert [type(psk_id.psk) for psk_id in staged.psk_ids] == [mls.ExternalPsk, mls.ResumptionPsk]
    nonces = {psk_id.psk_nonce for psk_id in staged.psk_ids}
    assert {len(nonce) for nonce in nonces} == {groups[0].suite.hash_length}
    assert len(nonces) == 2
    follow(groups, staged, groups[0])

    def find(psk_id: mls.PreSharedKeyID, _: bytes) -> bytes | None:
        return secret if isinstance(psk_id.psk, mls.ResumptionPsk) else b"known to all"

    with pytest.raises(mls.UnknownPskError):
        mls.Group.join(staged.welcome or b"", *newcomer)
    groups.append(mls.Group.join(staged.welcome or b"", *newcomer, psks=find))
    agree(groups, random)


# --- from outside


@suites
def test_external_commits_are_made_and_processed(suite: int, random: Callable[[int], bytes]) -> None:
    groups = settled(3, random, suite)
    info = groups[1].group_info(random=random, with_tree=False)
    newcomer, message = mls.Group.join_by_commit(
        info, person(random), ratchet_tree=groups[1].ratchet_tree, authenticated_data=b"hello", now=NOW, random=random
    )
    for group in groups:
        staged = group.receive(message)
        assert isinstance(staged, mls.StagedCommit)
        assert staged.external
        assert staged.authenticated_data == b"hello"
        group.merge(staged)
    groups.append(newcomer)
    agree(groups, random)
    # Somebody who has lost everything but the signing key comes back in place of itself, with a key they all know.
    lost = groups[2]
    psk = mls.PreSharedKeyID.fresh(lost.suite, mls.ExternalPsk(b"psk"), random)
    back, message = mls.Group.join_by_commit(
        groups[0].group_info(random=random),
        lost.own_profile,
        replacing=lost.own_leaf,
        psks=[(psk, b"known to all")],
        random=random,
    )
    for group in groups:
        staged = group.receive(message, psks=known)
        assert isinstance(staged, mls.StagedCommit)
        assert staged.removes_self is (group is lost)
        group.merge(staged)
    groups[2] = back
    agree(groups, random)


@suites
def test_external_senders_and_newcomers_propose(suite: int, random: Callable[[int], bytes]) -> None:
    service = mls.SigningKey.generate(random)
    senders = mls.encode_external_senders((mls.ExternalSender(service.public, mls.BasicCredential(b"intake")),))
    groups = settled(3, random, suite, (mls.Extension(mls.EXTERNAL_SENDERS, senders),))
    group_id, epoch = groups[0].group_id, groups[0].epoch
    member = person(random)
    newcomer = invited(random, suite, member)
    messages = [
        mls.external_proposal(suite, group_id, epoch, 0, service, mls.Remove(2)),
        mls.join_proposal(group_id, epoch, newcomer[0], member.signing_key),
    ]
    for message in messages:
        assert mls.wire_format_of(message) is mls.WireFormat.PUBLIC_MESSAGE
        for group in groups:
            heard = group.receive(message, now=NOW)
            assert isinstance(heard, mls.ProposalMessage)
            assert heard.sender_leaf is None
    staged = groups[0].commit(random=random, now=NOW)
    groups = follow(groups, staged, groups[0])
    groups.append(mls.Group.join(staged.welcome or b"", *newcomer))
    assert len(groups) == 3
    agree(groups, random)


# --- groups that go on as others


@suites
def test_a_group_is_reinitialised_in_another_suite_with_another_context(
    suite: int, random: Callable[[int], bytes]
) -> None:
    groups = settled(3, random, suite)
    other = next(each for each in sorted(mls.SUITES) if each != suite)
    wanted = mls.ReInit(random(32), 1, other, (mls.Extension(AGENDA, b"new"),))
    told(groups, groups[2], groups[2].propose(wanted, random=random))
    follow(groups, groups[1].commit(random=random), groups[1])
    for group in groups:
        assert group.reinit == wanted
        with pytest.raises(mls.GroupClosedError):
            group.encrypt(b"", random=random)
        with pytest.raises(mls.GroupClosedError):
            group.commit(random=random)
        with pytest.raises(mls.GroupClosedError):
            group.propose_update(random=random)
    # Whoever comes first begins the successor, here not who committed.
    packages = {old: invited(random, other, person_like(old, random)) for old in (groups[0], groups[1])}
    successor, staged = mls.reinitialise(
        groups[2],
        person_like(groups[2], random),
        [key_package for key_package, _ in packages.values()],
        now=NOW,
        random=random,
    )
    successor.merge(staged)
    joined = [mls.Group.join(staged.welcome or b"", *each, continues=old, now=NOW) for old, each in packages.items()]
    assert successor.epoch == 1
    assert successor.suite.suite_id == other
    assert successor.context_extensions == wanted.extensions
    agree([successor, *joined], random)


def person_like(group: mls.Group, random: Callable[[int], bytes]) -> mls.MemberProfile:
    """Return the same person as in a group, with a fresh key."""
    return mls.MemberProfile(
        mls.SigningKey.generate(random),
        group.own_profile.credential,
        capabilities=mls.Capabilities.of(extensions=(AGENDA,)),
    )


@suites
def test_some_of_a_group_branch_off(suite: int, random: Callable[[int], bytes]) -> None:
    groups = settled(4, random, suite)
    packages = {old: invited(random, suite, person_like(old, random)) for old in groups[1:3]}
    branch, staged = mls.branch(
        groups[0],
        random(32),
        person_like(groups[0], random),
        [key_package for key_package, _ in packages.values()],
        now=NOW,
        random=random,
    )
    branch.merge(staged)
    joined = [mls.Group.join(staged.welcome or b"", *each, continues=old, now=NOW) for old, each in packages.items()]
    agree([branch, *joined], random)
    agree(groups, random)


# --- what members can do


@suites
def test_required_capabilities_are_asked_of_everyone_who_is_in_and_who_comes(
    suite: int, random: Callable[[int], bytes]
) -> None:
    required = mls.RequiredCapabilities(extension_types=(AGENDA,), proposal_types=(), credential_types=(1,))
    rule = mls.Extension(mls.REQUIRED_CAPABILITIES, required.encode())
    group = settled(2, random, suite, (rule,))[0]
    plain = invited(random, suite, person(random, capabilities=mls.Capabilities.of()))[0]
    with pytest.raises(mls.ValidationError) as caught:
        group.commit(add=[plain], random=random, now=NOW)
    assert caught.value.rule == "leaf_node.required_capabilities"
    more = mls.RequiredCapabilities(extension_types=(AGENDA, 0xF7AB))
    with pytest.raises(mls.ValidationError):
        group.commit(extensions=(mls.Extension(mls.REQUIRED_CAPABILITIES, more.encode()),), random=random)
    with pytest.raises(mls.ValidationError):
        mls.Group.create(
            suite, b"id", person(random, capabilities=mls.Capabilities.of()), extensions=(rule,), now=NOW, random=random
        )
    assert group.commit(add=[invited(random, suite)[0]], random=random, now=NOW).added_leaves == (2,)


GREASE = {0x0A0A + 0x1010 * step for step in range(15)}


@suites
def test_leaves_and_group_infos_hold_values_to_be_ignored_and_everyone_ignores_them(
    suite: int, random: Callable[[int], bytes]
) -> None:
    own, secrets = invited(random, suite)
    capabilities = own.leaf_node.capabilities
    for values in (
        capabilities.cipher_suites,
        capabilities.extensions,
        capabilities.proposals,
        capabilities.credentials,
    ):
        assert GREASE & set(values)
    # And all that others may put there.
    loud = mls.Capabilities(
        versions=(1, 0x0A0A, 0x7777),
        cipher_suites=(suite, *GREASE, 0x7777),
        extensions=(AGENDA, *GREASE, 0x7777),
        proposals=(*GREASE, 0x7777),
        credentials=(1, *GREASE, 0x7777),
    )
    member = person(
        random, capabilities=loud, extensions=(mls.Extension(0x1A1A, random(20)), mls.Extension(0x7777, b"?"))
    )
    strange = invited(random, suite, member, extensions=(mls.Extension(0x2A2A, b"!"), mls.Extension(0x3A3A, b"")))
    groups = settled(2, random, suite)
    staged = groups[0].commit(
        add=[own, strange[0]],
        group_info_extensions=(mls.Extension(0x7778, b"ignore me"),),
        random=random,
        now=NOW,
    )
    follow(groups, staged, groups[0])
    groups += [mls.Group.join(staged.welcome or b"", *each, now=NOW) for each in ((own, secrets), strange)]
    agree(groups, random)
    follow(groups, groups[3].commit(random=random), groups[3])
    assert GREASE & set(groups[3].own_profile.capabilities.extensions if groups[3].own_profile.capabilities else ())
    agree(groups, random)


@suites
def test_a_key_package_of_last_resort_is_marked_and_lets_its_owner_into_several_groups(
    suite: int, random: Callable[[int], bytes]
) -> None:
    key_package, secrets = invited(random, suite, last_resort=True)
    assert key_package.is_last_resort
    assert mls.LAST_RESORT in key_package.leaf_node.capabilities.extensions
    assert mls.read_key_package(mls.write_key_package(key_package)).is_last_resort
    assert not invited(random, suite)[0].is_last_resort
    joined = []
    for _ in range(2):
        groups = settled(2, random, suite)
        staged = groups[0].commit(add=[key_package], random=random, now=NOW)
        follow(groups, staged, groups[0])
        joined.append(mls.Group.join(staged.welcome or b"", key_package, secrets, now=NOW))
        agree([*groups, joined[-1]], random)
    assert joined[0].group_id != joined[1].group_id


# --- trees


@suites
def test_a_group_with_blanks_and_unmerged_leaves_grows_and_shrinks(suite: int, random: Callable[[int], bytes]) -> None:
    groups = settled(9, random, suite)
    wide = len(groups[0].ratchet_tree)
    for actor in (0, 3, 6):  # fill some parents
        follow(groups, groups[actor].commit(random=random), groups[actor])
    # Holes, and newcomers in them without a path: unmerged at every parent above.
    groups = follow(groups, groups[0].commit(remove=[1, 4, 5], random=random), groups[0])
    newcomers = [invited(random, suite) for _ in range(2)]
    staged = groups[0].commit(add=[key_package for key_package, _ in newcomers], random=random, now=NOW)
    assert not staged.has_path
    assert staged.added_leaves == (1, 4)
    groups = follow(groups, staged, groups[0])
    groups += [mls.Group.join(staged.welcome or b"", *each, now=NOW) for each in newcomers]
    agree(groups, random)
    for actor in (5, 0, 7):
        follow(groups, groups[actor].commit(random=random), groups[actor])
        agree(groups, random)
    # Down to two: the tree gets narrower each time its right half is empty.
    while len(groups) > 2:
        last = max(group.own_leaf for group in groups)
        committer = next(group for group in groups if group.own_leaf != last)
        groups = follow(groups, committer.commit(remove=[last], random=random), committer)
        agree(groups, random)
    assert len(groups[0].ratchet_tree) < wide / 3
    # And up again.
    newcomers = [invited(random, suite) for _ in range(3)]
    staged = groups[1].commit(add=[key_package for key_package, _ in newcomers], path=True, random=random, now=NOW)
    groups = follow(groups, staged, groups[1])
    groups += [mls.Group.join(staged.welcome or b"", *each, now=NOW) for each in newcomers]
    agree(groups, random)


@suites
def test_a_newcomer_gets_the_tree_beside_the_welcome(suite: int, random: Callable[[int], bytes]) -> None:
    groups = settled(3, random, suite)
    newcomer = invited(random, suite)
    staged = groups[0].commit(add=[newcomer[0]], welcome_tree=False, random=random, now=NOW)
    follow(groups, staged, groups[0])
    groups.append(mls.Group.join(staged.welcome or b"", *newcomer, ratchet_tree=groups[1].ratchet_tree, now=NOW))
    agree(groups, random)


def test_what_a_message_says_without_keys(random: Callable[[int], bytes]) -> None:
    group = settled(2, random)[0]
    message = group.encrypt(b"secret", authenticated_data=b"legible", random=random)
    assert mls.group_id_of(message) == group.group_id
    assert mls.epoch_of(message) == group.epoch
    assert mls.content_type_of(message) is mls.ContentType.APPLICATION
    assert mls.authenticated_data_of(message) == b"legible"


def test_a_published_key_package_is_of_the_version_of_its_message(random: Callable[[int], bytes]) -> None:
    key_package, _ = invited(random)
    message = mls.write_key_package(key_package)
    assert mls.read_key_package(message) == key_package
    forged = message[:4] + b"\x00\x02" + message[6:]
    with pytest.raises(mls.ValidationError) as caught:
        mls.read_key_package(forged)
    assert caught.value.rule == "key_package.version"
