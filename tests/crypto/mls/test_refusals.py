"""What other implementations let through, each refused here: messages. Each in both framings where there are two.

After every refusal the saved bytes are what they were and the group goes on: everybody follows the next commit and
reads everybody. Joining is in test_refusals_joining.py, keys and saved state in test_refusals_keys.py.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from taboon_crypto import mls
from taboon_crypto.mls.codec import opaque, varint
from taboon_crypto.mls.group.sending import protect
from taboon_crypto.mls.keys.secret_tree import Ratchet, guarded_nonce, sender_data_key_and_nonce
from taboon_crypto.mls.messages.envelope import MLSMessage, open_as, wrap
from taboon_crypto.mls.messages.framing import (
    ApplicationContent,
    AuthenticatedContent,
    CommitContent,
    Content,
    ContentType,
    FramedContent,
    FramedContentAuthData,
    MemberSender,
    ProposalContent,
    WireFormat,
    content_type,
    sign,
)
from taboon_crypto.mls.messages.protection import PrivateMessage, PublicMessage, SenderData

from .kit import (
    DAY,
    LEAF,
    NOW,
    POLICY,
    Dice,
    agree,
    commit_in,
    forge,
    forge_commit,
    forge_leaf,
    forge_package,
    package,
    profile,
    reforge_commit,
    step,
    town,
)

framings = pytest.mark.parametrize("private", [True, False], ids=["private", "public"])


@pytest.fixture
def groups(dice: Dice) -> list[mls.Group]:
    """Three members: the receiver, the attacker, and who is attacked."""
    return town(3, dice)


@contextmanager
def refuses(group: mls.Group, error: type[mls.MlsError], rule: str | None = None) -> Iterator[None]:
    """What happens inside is refused by this group with this error, and changes none of its saved bytes."""
    before, tree = group.parts(), group.tree_hash
    with pytest.raises(error) as caught:
        yield
    if rule is not None:
        assert isinstance(caught.value, mls.ValidationError)
        assert caught.value.rule == rule
    assert group.parts() == before
    assert mls.Group.load(before).tree_hash == group.tree_hash == tree


def goes_on(groups: list[mls.Group], dice: Dice) -> None:
    """Everybody follows the next commits, and reads everybody."""
    for actor in range(len(groups)):
        step(groups, actor, dice, by_reference=False)
    agree(groups, dice)


def signed(
    group: mls.Group, content: Content, *, private: bool, leaf: int | None = None, signature: bytes | None = None
) -> AuthenticatedContent:
    """Sign a content as a member, in the name of a leaf, or put any signature there."""
    epoch = group.state.epoch
    wire_format = WireFormat.PRIVATE_MESSAGE if private else WireFormat.PUBLIC_MESSAGE
    sender = MemberSender(epoch.own_leaf if leaf is None else leaf)
    framed = FramedContent(epoch.group_id, epoch.number, sender, b"", content)
    if signature is None:
        signature = sign(epoch.suite, epoch.signing_key, wire_format, framed, epoch.context.encode())
    tag = bytes(epoch.suite.hash_length) if isinstance(content, CommitContent) else None
    return AuthenticatedContent(wire_format, framed, FramedContentAuthData(signature, tag))


def encrypted(group: mls.Group, message: AuthenticatedContent, generation: int = 0, padding: int = 0) -> bytes:
    """Encrypt a content with the keys of the leaf that it names: every member can derive them."""
    sender = message.content.sender
    assert isinstance(sender, MemberSender)
    plaintext = message.content.content.encode() + message.auth.encode() + bytes(padding)
    return sealed(group, content_type(message.content.content), plaintext, sender.leaf_index, generation)


def sealed(
    group: mls.Group, kind: ContentType, plaintext: bytes, leaf: int, generation: int = 0, named: int | None = None
) -> bytes:
    """Encrypt any plaintext with a member's keys of a generation; the sender data may name another one."""
    epoch, suite = group.state.epoch, group.suite
    ratchet = Ratchet.APPLICATION if kind is ContentType.APPLICATION else Ratchet.HANDSHAKE
    key = group.state.ratchets.peek(leaf, ratchet, generation)
    head = opaque(epoch.group_id) + epoch.number.to_bytes(8) + kind.to_bytes(1)
    guard = b"\1\2\3\4"
    ciphertext = suite.seal(key.key, guarded_nonce(key.nonce, guard), plaintext, head + opaque(b""))
    data_key, data_nonce = sender_data_key_and_nonce(suite, epoch.secrets.sender_data_secret, ciphertext)
    data = SenderData(leaf, generation if named is None else named, guard).encode()
    return wrap(
        PrivateMessage(
            epoch.group_id, epoch.number, kind, b"", suite.seal(data_key, data_nonce, data, head), ciphertext
        )
    )


def commit_of(group: mls.Group, private: bool, dice: Dice, **wishes: Any) -> bytes:
    message = group.commit(random=dice, private=private, **wishes).message
    assert message is not None
    return message


# --- who said it


@pytest.mark.parametrize("signer", ["nobody", "zeros", "another member", "itself, for another content"])
def test_an_application_message_with_an_empty_or_another_members_signature_is_refused(
    signer: str, groups: list[mls.Group], dice: Dice
) -> None:
    receiver, attacker, victim = groups
    text = ApplicationContent(b"meet at the well")
    other = signed(victim, ApplicationContent(b"stay at home"), private=True).auth.signature
    signature = {
        "nobody": b"",
        "zeros": bytes(64),
        "another member": signed(attacker, text, private=True, leaf=victim.own_leaf).auth.signature,
        "itself, for another content": other,
    }[signer]
    forged = encrypted(attacker, signed(victim, text, private=True, signature=signature))
    with refuses(receiver, mls.SignatureError, "message.signature"):
        receiver.receive(forged)
    # The attacker has spent none of the victim's keys.
    assert isinstance(receiver.receive(victim.encrypt(b"real", random=dice)), mls.ApplicationMessage)
    goes_on(groups, dice)


@framings
@pytest.mark.parametrize("content", ["application", "proposal", "commit"])
def test_what_a_member_says_is_not_attributed_to_another_leaf(
    content: str, private: bool, groups: list[mls.Group], dice: Dice
) -> None:
    receiver, attacker, victim = groups
    contents: dict[str, Content] = {
        "application": ApplicationContent(b"I will not come"),
        "proposal": ProposalContent(mls.Remove(receiver.own_leaf)),
        "commit": CommitContent(commit_in(commit_of(attacker, False, dice, path=True))),
    }
    message = signed(attacker, contents[content], private=private, leaf=victim.own_leaf)
    forged = encrypted(attacker, message) if private else protect(attacker.state, message, dice)
    public_data = content == "application" and not private
    rule = "message.public_application" if public_data else "message.signature"
    with refuses(receiver, mls.ValidationError, rule):
        receiver.receive(forged)
    goes_on(groups, dice)


def test_the_author_is_the_leaf_whose_key_verifies_and_nothing_in_the_text(groups: list[mls.Group], dice: Dice) -> None:
    receiver, attacker, _ = groups
    heard = receiver.receive(attacker.encrypt(b'{"author": "leaf 2"}', authenticated_data=b"leaf 2", random=dice))
    assert isinstance(heard, mls.ApplicationMessage)
    assert heard.sender_leaf == attacker.own_leaf
    assert heard.signature_key == attacker.own_profile.signing_key.public


# --- how often


def test_the_same_ciphertext_is_read_once(groups: list[mls.Group], dice: Dice) -> None:
    receiver, _, victim = groups
    message = victim.encrypt(b"once", random=dice)
    later = victim.encrypt(b"later", random=dice)
    receiver.receive(message)
    for _ in range(2):
        with refuses(receiver, mls.KeySpentError):
            receiver.receive(message)
        receiver = groups[0] = mls.Group.load(receiver.parts())
    assert isinstance(receiver.receive(later), mls.ApplicationMessage)
    goes_on(groups, dice)
    for late in (message, later):
        with refuses(receiver, mls.MlsError):
            receiver.receive(late)


@framings
def test_the_same_proposal_is_taken_once(private: bool, groups: list[mls.Group], dice: Dice) -> None:
    receiver, attacker, victim = groups
    message = victim.propose_update(private=private, random=dice)
    kept = receiver.receive(message)
    attacker.receive(message)
    with refuses(receiver, mls.KeySpentError if private else mls.ValidationError):
        receiver.receive(message)
    assert isinstance(kept, mls.ProposalMessage)
    receiver.forget_proposal(kept.reference)
    if private:
        with refuses(receiver, mls.KeySpentError):
            receiver.receive(message)
    for group in groups:
        group.forget_proposal(kept.reference)
    goes_on(groups, dice)


CALLS: dict[str, Callable[[mls.Group, Dice], object]] = {
    "parts": lambda group, dice: group.parts(),
    "what changed": lambda group, dice: (group.changed_parts(), group.removed_parts()),
    "saved": lambda group, dice: group.mark_saved(),
    "commit, dropped": lambda group, dice: group.commit(random=dice),
    "commit, saved and taken back": lambda group, dice: group.load_staged(group.commit(random=dice).encode()),
    "public commit": lambda group, dice: group.commit(random=dice, private=False),
    "proposal": lambda group, dice: forget_all(group, group.propose_update(random=dice)),
    "group info": lambda group, dice: group.group_info(random=dice),
    "export": lambda group, dice: group.export("label", b"", 32),
    "garbage": lambda group, dice: refuse(group, dice(200)),
    "members": lambda group, dice: (group.members(), group.own_profile, group.ratchet_tree, repr(group)),
    "forgetting": lambda group, dice: group.forget_past_epochs(),
}


def forget_all(group: mls.Group, _: bytes) -> None:
    for waiting in group.pending_proposals():
        group.forget_proposal(waiting.reference or b"")


def refuse(group: mls.Group, message: bytes) -> None:
    with pytest.raises(mls.MlsError):
        group.receive(message)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("reload", [False, True], ids=["in memory", "after saving and loading"])
def test_no_generation_is_used_again_after_any_call(
    call: str, reload: bool, groups: list[mls.Group], dice: Dice
) -> None:
    speaker, listener = groups[1], groups[0]
    used: dict[tuple[ContentType, int], bytes] = {}

    def note(message: bytes) -> None:
        private = open_as(PrivateMessage, message)
        generation = private.sender_data(listener.suite, listener.state.epoch.secrets.sender_data_secret).generation
        assert (private.content_type, generation) not in used
        used[private.content_type, generation] = message

    for _ in range(3):
        note(speaker.encrypt(b"one", random=dice))
        note(commit_of(speaker, True, dice, by_reference=False))
        CALLS[call](speaker, dice)
        if reload:
            speaker = mls.Group.load(speaker.parts())
    # What was read stays read, whatever is called.
    texts = [message for (kind, _), message in used.items() if kind is ContentType.APPLICATION]
    for message in texts:
        assert isinstance(listener.receive(message), mls.ApplicationMessage)
        CALLS[call](listener, dice)
        if reload:
            listener = mls.Group.load(listener.parts())
    for message in texts:
        with refuses(listener, mls.KeySpentError):
            listener.receive(message)


def test_generation_0xffffffff_is_refused_without_a_step(groups: list[mls.Group], dice: Dice) -> None:
    receiver, attacker, victim = groups
    for leaf in (attacker.own_leaf, victim.own_leaf):
        for kind in ContentType:
            forged = sealed(attacker, kind, b"anything", leaf, named=0xFFFF_FFFF)
            with refuses(receiver, mls.KeyTooFarError):
                receiver.receive(forged)
    forged = sealed(attacker, ContentType.APPLICATION, b"anything", victim.own_leaf, named=0xFFFF_FFFF)
    late = victim.encrypt(b"late", random=dice)
    goes_on(groups[:], dice)
    with refuses(receiver, mls.MlsError):
        receiver.receive(forged)
    receiver = groups[0] = mls.Group.load(receiver.parts(), limits=mls.Limits(past_epochs=9))
    with refuses(receiver, mls.MlsError):
        receiver.receive(late)
    goes_on(groups, dice)


def test_generation_0xffffffff_of_a_past_epoch_is_refused_too(groups: list[mls.Group], dice: Dice) -> None:
    receiver, attacker, victim = groups
    forged = sealed(attacker, ContentType.APPLICATION, b"anything", victim.own_leaf, named=0xFFFF_FFFF)
    late = victim.encrypt(b"late", random=dice)
    step(groups, 1, dice)
    with refuses(receiver, mls.KeyTooFarError):
        receiver.receive(forged)
    assert isinstance(receiver.receive(late), mls.ApplicationMessage)
    goes_on(groups, dice)


# --- commits that nobody should follow


def _no_path(group: mls.Group, dice: Dice, private: bool) -> bytes:
    return forge_commit(group, [], dice, private=private)


def _removes_itself(group: mls.Group, dice: Dice, private: bool) -> bytes:
    return forge_commit(group, [mls.Remove(group.own_leaf)], dice, private=private)


def _unknown_proposal(group: mls.Group, dice: Dice, private: bool) -> bytes:
    return forge_commit(group, [bytes(32)], dice, private=private)


def _wrong_tag(group: mls.Group, dice: Dice, private: bool) -> bytes:
    honest = commit_of(group, False, dice, path=True)
    return forge(group, CommitContent(commit_in(honest)), dice, private=private, tag=bytes(32))


def _empty_tag(group: mls.Group, dice: Dice, private: bool) -> bytes:
    honest = commit_of(group, False, dice, path=True)
    return forge(group, CommitContent(commit_in(honest)), dice, private=private, tag=b"")


def _same_leaf_key(group: mls.Group, dice: Dice, private: bool) -> bytes:
    return _with_leaf(group, dice, private, encryption_key=group.member(group.own_leaf).encryption_key)


def _unsigned_leaf(group: mls.Group, dice: Dice, private: bool) -> bytes:
    honest = commit_of(group, False, dice, path=True)

    def change(commit: Any) -> Any:
        leaf_node = replace(commit.path.leaf_node, signature=bytes(64))
        return replace(commit, path=replace(commit.path, leaf_node=leaf_node))

    return reforge_commit(group, honest, change, dice, private=private)


def _leaf_of_another_group(group: mls.Group, dice: Dice, private: bool) -> bytes:
    return _with_leaf(group, dice, private, group_id=b"elsewhere")


def _with_leaf(group: mls.Group, dice: Dice, private: bool, *, group_id: bytes | None = None, **changes: Any) -> bytes:
    honest, signer = commit_of(group, False, dice, path=True), group.own_profile.signing_key

    def change(commit: Any) -> Any:
        leaf_node = forge_leaf(
            commit.path.leaf_node, signer, group_id=group_id or group.group_id, leaf=group.own_leaf, **changes
        )
        return replace(commit, path=replace(commit.path, leaf_node=leaf_node))

    return reforge_commit(group, honest, change, dice, private=private)


GARBAGE: dict[str, tuple[Callable[[mls.Group, Dice, bool], bytes], type[mls.MlsError], str | None]] = {
    "no path": (_no_path, mls.ValidationError, "commit.path_missing"),
    "removes its own sender": (_removes_itself, mls.ValidationError, "commit.own_removal"),
    "names a proposal that nobody has": (_unknown_proposal, mls.ValidationError, "commit.unknown_proposal"),
    "wrong confirmation tag": (_wrong_tag, mls.CannotFollowError, None),
    "no confirmation tag": (_empty_tag, mls.CannotFollowError, None),
    "leaf key not rotated": (_same_leaf_key, mls.ValidationError, "path.leaf_key"),
    "leaf signature wrong": (_unsigned_leaf, mls.SignatureError, "leaf_node.signature"),
    "leaf of another group": (_leaf_of_another_group, mls.SignatureError, "leaf_node.signature"),
}


@framings
@pytest.mark.parametrize("kind", GARBAGE)
def test_a_garbage_commit_moves_nothing_and_does_not_block_the_real_one(
    kind: str, private: bool, groups: list[mls.Group], dice: Dice
) -> None:
    make, error, rule = GARBAGE[kind]
    receiver, attacker, victim = groups
    honest = victim.commit(random=dice, private=private)
    garbage = make(attacker, dice, private)
    for _ in range(2):
        with refuses(receiver, error, rule):
            receiver.receive(garbage)
    # The real one is followed, in memory and from what was saved.
    for reader in (receiver, mls.Group.load(receiver.parts())):
        staged = reader.receive(honest.message or b"")
        assert isinstance(staged, mls.StagedCommit)
        reader.merge(staged)
        assert reader.epoch_authenticator == honest.epoch_authenticator
    victim.merge(honest)
    followed = attacker.receive(honest.message or b"")
    assert isinstance(followed, mls.StagedCommit)
    attacker.merge(followed)
    goes_on(groups, dice)


@framings
def test_a_commit_that_is_inspected_and_dropped_leaves_nothing(
    private: bool, groups: list[mls.Group], dice: Dice
) -> None:
    receiver, attacker, victim = groups
    first = attacker.commit(remove=[victim.own_leaf], private=private, random=dice)
    second = victim.commit(extensions=(), private=private, random=dice)
    before = receiver.parts()
    staged = receiver.receive(first.message or b"")
    assert isinstance(staged, mls.StagedCommit)
    assert [member.leaf for member in staged.removed] == [victim.own_leaf]
    del staged
    assert receiver.parts() == before
    other = receiver.receive(second.message or b"")
    assert isinstance(other, mls.StagedCommit)
    receiver.merge(other)
    victim.merge(second)
    followed = attacker.receive(second.message or b"")
    assert isinstance(followed, mls.StagedCommit)
    attacker.merge(followed)
    goes_on(groups, dice)


@pytest.mark.parametrize(
    "wishes",
    [{}, {"leaf_extensions": (mls.Extension(LEAF, b"new"),)}, {"member": "new key"}, {"remove": [2]}, {"add": True}],
    ids=["empty", "new extensions", "new signing key", "removal", "addition with a path"],
)
@framings
def test_every_commit_with_a_path_is_one_that_others_can_follow(
    private: bool, wishes: dict[str, Any], groups: list[mls.Group], dice: Dice
) -> None:
    receiver, committer, _ = groups
    if wishes.get("member"):
        wishes = {"member": profile(dice)}
    if wishes.get("add"):
        wishes = {"add": [package(dice)[0]], "now": NOW}
    old = committer.member(committer.own_leaf)
    staged = committer.commit(random=dice, private=private, path=True, **wishes)
    renewed = next(member for member in staged.members() if member.leaf == committer.own_leaf)
    assert renewed.encryption_key != old.encryption_key
    renewed.leaf_node.check_signature(committer.suite, committer.group_id, committer.own_leaf)
    committer.merge(staged)
    followed = receiver.receive(staged.message or b"")
    assert isinstance(followed, mls.StagedCommit)
    receiver.merge(followed)
    agree([receiver, committer], dice)


# --- who is added


def _unsigned(key_package: mls.KeyPackage, _: mls.SigningKey) -> mls.KeyPackage:
    return replace(key_package, signature=b"")


def _signed_by_another(key_package: mls.KeyPackage, _: mls.SigningKey) -> mls.KeyPackage:
    return forge_package(key_package, mls.SigningKey.generate(Dice(99)))


def _leaf_unsigned(key_package: mls.KeyPackage, signer: mls.SigningKey) -> mls.KeyPackage:
    return forge_package(key_package, signer, leaf_node=replace(key_package.leaf_node, signature=b""))


@framings
@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (_unsigned, "key_package.signature"),
        (_signed_by_another, "key_package.signature"),
        (_leaf_unsigned, "leaf_node.signature"),
    ],
    ids=["unsigned", "signed by another", "leaf unsigned"],
)
def test_an_unsigned_key_package_is_added_by_nobody(
    spoil: Callable[[mls.KeyPackage, mls.SigningKey], mls.KeyPackage],
    rule: str,
    private: bool,
    groups: list[mls.Group],
    dice: Dice,
) -> None:
    receiver, attacker, _ = groups
    member = profile(dice)
    bad = spoil(package(dice, member)[0], member.signing_key)
    with refuses(attacker, mls.SignatureError, rule):
        attacker.commit(add=[bad], private=private, random=dice, now=NOW)
    with refuses(attacker, mls.SignatureError, rule):
        attacker.propose(mls.Add(bad), private=private, random=dice, now=NOW)
    by_value = forge_commit(attacker, [mls.Add(bad)], dice, private=private)
    proposed = forge(attacker, ProposalContent(mls.Add(bad)), dice, private=private)
    for message in (by_value, proposed):
        with refuses(receiver, mls.SignatureError, rule):
            receiver.receive(message)
    goes_on(groups, dice)


@framings
def test_an_expired_key_package_is_committed_by_nobody_neither_by_value_nor_by_reference(
    private: bool, groups: list[mls.Group], dice: Dice
) -> None:
    receiver, proposer, _ = groups
    key_package, _ = package(dice, lifetime=DAY)
    later = NOW + 2 * DAY
    # By value.
    with refuses(receiver, mls.ValidationError, "leaf_node.lifetime"):
        receiver.commit(add=[key_package], private=private, random=dice, now=later)
    with refuses(proposer, mls.ValidationError, "leaf_node.lifetime"):
        proposer.propose(mls.Add(key_package), private=private, random=dice, now=later)
    # By reference: proposed while it was good, and committed when it is no more.
    kept = receiver.receive(proposer.propose(mls.Add(key_package), private=private, random=dice, now=NOW))
    assert isinstance(kept, mls.ProposalMessage)
    with refuses(receiver, mls.ValidationError, "leaf_node.lifetime"):
        receiver.commit(by_reference=[kept.reference], private=private, random=dice, now=later)
    assert receiver.commit(private=private, random=dice, now=later).added_leaves == ()
    # Nor by somebody who does not know what time it is.
    with refuses(receiver, mls.UsageError):
        receiver.commit(private=private, random=dice)
    with refuses(receiver, mls.UsageError):
        receiver.commit(by_reference=[kept.reference], private=private, random=dice)
    assert receiver.commit(private=private, random=dice, now=NOW).added_leaves != ()


# --- what the keys are


LOW_ORDER_POINTS = [
    (0).to_bytes(32, "little"),
    (1).to_bytes(32, "little"),
    (325606250916557431795983626356110631294008115727848805560023387167927233504).to_bytes(32, "little"),
    (39382357235489614581723060781553021112529911719440698176882885853963445705823).to_bytes(32, "little"),
    (2**255 - 20).to_bytes(32, "little"),
    (2**255 - 19).to_bytes(32, "little"),
    (2**255 - 18).to_bytes(32, "little"),
]
SMALL_ORDER_KEYS = [
    bytes(32),
    (1).to_bytes(32, "little"),
    (2**255 - 20).to_bytes(32, "little"),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    bytes.fromhex("0100000000000000000000000000000000000000000000000000000000000080"),
]


@pytest.mark.parametrize("point", LOW_ORDER_POINTS, ids=lambda point: point.hex()[:8])
def test_a_low_order_point_is_nobodys_key(point: bytes, groups: list[mls.Group], dice: Dice) -> None:
    receiver, attacker, _ = groups
    member = profile(dice)
    honest, _ = package(dice, member)
    for bad in (
        forge_package(honest, member.signing_key, init_key=point),
        forge_package(honest, member.signing_key, leaf={"encryption_key": point}),
    ):
        with refuses(attacker, mls.ValidationError, "hpke_key"):
            attacker.commit(add=[bad], random=dice, now=NOW)
        for private in (True, False):
            with refuses(receiver, mls.ValidationError, "hpke_key"):
                receiver.receive(forge_commit(attacker, [mls.Add(bad)], dice, private=private))
    commit = commit_of(attacker, False, dice, path=True)
    path = commit_in(commit).path
    assert path is not None
    first = path.nodes[0]
    as_key = replace(path, nodes=(replace(first, encryption_key=point), *path.nodes[1:]))
    with refuses(receiver, mls.ValidationError, "hpke_key"):
        receiver.receive(reforge_commit(attacker, commit, lambda old: replace(old, path=as_key), dice))
    with refuses(receiver, mls.ValidationError, "hpke_key"):
        receiver.receive(_with_leaf(attacker, dice, False, encryption_key=point))
    secret = tuple(replace(each, kem_output=point) for each in first.encrypted_path_secret)
    as_output = replace(path, nodes=(replace(first, encrypted_path_secret=secret), *path.nodes[1:]))
    forged = reforge_commit(attacker, commit, lambda old: replace(old, path=as_output), dice)
    with refuses(receiver, mls.CannotFollowError):
        receiver.receive(forged)
    goes_on(groups, dice)


@pytest.mark.parametrize("key", SMALL_ORDER_KEYS, ids=lambda key: key.hex()[:8])
def test_a_small_order_key_signs_nothing(key: bytes, groups: list[mls.Group], dice: Dice) -> None:
    receiver, attacker, _ = groups
    member = profile(dice)
    honest, _ = package(dice, member)
    # With such a key, the neutral element and zero are a signature of anything to a careless verifier.
    anything = (1).to_bytes(32, "little") + bytes(32)
    leaf_node = replace(honest.leaf_node, signature_key=key, signature=anything)
    bad = replace(honest, leaf_node=leaf_node, signature=anything)
    for private in (True, False):
        with refuses(receiver, mls.ValidationError):
            receiver.receive(forge_commit(attacker, [mls.Add(bad)], dice, private=private))
    with refuses(receiver, mls.ValidationError):
        receiver.receive(mls.join_proposal(receiver.group_id, receiver.epoch, *_as(bad, key)))
    goes_on(groups, dice)


def _as(key_package: mls.KeyPackage, key: bytes) -> tuple[mls.KeyPackage, mls.SigningKey]:
    signer = mls.SigningKey.generate(Dice(0))
    signer.public = key
    return key_package, signer


# --- how it is written


def honest_messages(groups: list[mls.Group], dice: Dice) -> dict[str, bytes]:
    """One honest message of every kind that a group takes, from the attacker."""
    attacker = groups[1]
    copies = [mls.Group.load(attacker.parts()) for _ in range(4)]
    return {
        "application": attacker.encrypt(b"text", random=dice),
        "private proposal": copies[0].propose_update(random=dice),
        "public proposal": copies[1].propose_update(private=False, random=dice),
        "private commit": commit_of(copies[2], True, dice, path=True),
        "public commit": commit_of(copies[3], False, dice, path=True),
        "external commit": mls.Group.join_by_commit(groups[0].group_info(random=dice), profile(dice), random=dice)[1],
    }


KINDS = [
    "application",
    "private proposal",
    "public proposal",
    "private commit",
    "public commit",
    "external commit",
]


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_after_a_message_are_refused(kind: str, groups: list[mls.Group], dice: Dice) -> None:
    receiver = groups[0]
    message = honest_messages(groups, dice)[kind]
    for tail in (b"\0", b"\1", message):
        with refuses(receiver, mls.DecodeError):
            receiver.receive(message + tail)
    receiver.receive(message)


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_that_is_cut_off_is_refused(kind: str, groups: list[mls.Group], dice: Dice) -> None:
    receiver = groups[0]
    message = honest_messages(groups, dice)[kind]
    for length in range(0, len(message), 7):
        with refuses(receiver, mls.DecodeError):
            receiver.receive(message[:length])


@pytest.mark.parametrize("kind", KINDS)
def test_a_length_in_more_bytes_than_it_needs_is_refused(kind: str, groups: list[mls.Group], dice: Dice) -> None:
    receiver = groups[0]
    message = honest_messages(groups, dice)[kind]
    assert message[4] == len(receiver.group_id) < 64
    length, rest = message[4], message[5:]
    for head in ((0x4000 | length).to_bytes(2), (0x8000_0000 | length).to_bytes(4), b"\xc0" + bytes(7)):
        with refuses(receiver, mls.DecodeError):
            receiver.receive(message[:4] + head + rest)


@pytest.mark.parametrize("kind", KINDS)
def test_a_vector_longer_than_what_is_there_is_refused(kind: str, groups: list[mls.Group], dice: Dice) -> None:
    receiver = groups[0]
    message = honest_messages(groups, dice)[kind]
    for length in (len(message), 2**14, 2**30 - 1):
        with refuses(receiver, mls.DecodeError):
            receiver.receive(message[:4] + varint(length) + message[5:])
    with refuses(receiver, mls.DecodeError):
        receiver.receive(message[:4] + varint(33 * 2**20) + bytes(33 * 2**20))


@pytest.mark.parametrize("kind", list(ContentType), ids=lambda kind: kind.name.lower())
def test_padding_that_is_not_zero_is_refused(kind: ContentType, groups: list[mls.Group], dice: Dice) -> None:
    receiver, attacker, _ = groups
    contents: dict[ContentType, Content] = {
        ContentType.APPLICATION: ApplicationContent(b"text"),
        ContentType.PROPOSAL: ProposalContent(mls.Remove(2)),
        ContentType.COMMIT: CommitContent(commit_in(commit_of(attacker, False, dice, path=True))),
    }
    message = signed(attacker, contents[kind], private=True)
    plaintext = message.content.content.encode() + message.auth.encode()
    generation = 1 if kind is not ContentType.APPLICATION else 0
    for padding in (b"\1", bytes(15) + b"\1", b"\1" + bytes(15), bytes(7) + b"\x80" + bytes(8)):
        forged = sealed(attacker, kind, plaintext + padding, attacker.own_leaf, generation)
        with refuses(receiver, mls.ValidationError, "message.padding"):
            receiver.receive(forged)
    goes_on(groups, dice)


@pytest.mark.parametrize("kind", list(ContentType), ids=lambda kind: kind.name.lower())
def test_a_private_message_that_opens_to_nonsense_crashes_nobody(
    kind: ContentType, groups: list[mls.Group], dice: Dice
) -> None:
    receiver, attacker, _ = groups
    for plaintext in (b"", b"\0", bytes(40), b"\xff" * 40, dice(300), b"\0\1" * 60, b"\0\4" + bytes(90)):
        forged = sealed(attacker, kind, plaintext, attacker.own_leaf, 3)
        with refuses(receiver, mls.MlsError):
            receiver.receive(forged)
    goes_on(groups, dice)


@framings
def test_handshakes_of_every_kind_are_taken_in_either_framing(private: bool, dice: Dice) -> None:
    groups = town(4, dice)
    alice, bob, carol, _ = groups
    psk = mls.PreSharedKey(mls.PreSharedKeyID.fresh(alice.suite, mls.ExternalPsk(b"psk"), dice))
    messages = [
        bob.propose(mls.Add(package(dice)[0]), private=private, random=dice, now=NOW),
        bob.propose_update(private=private, random=dice),
        bob.propose(mls.Remove(3), private=private, random=dice),
        bob.propose(psk, private=private, random=dice),
        bob.propose(mls.GroupContextExtensions((mls.Extension(POLICY, b"x"),)), private=private, random=dice),
        bob.propose(mls.ReInit(b"next", 1, 3, ()), private=private, random=dice),
    ]
    for message in messages:
        for group in (alice, carol, groups[3]):
            assert isinstance(group.receive(message), mls.ProposalMessage)
    staged = step(
        groups[:3], 0, dice, private=private, now=NOW, find=lambda _, __: b"key", find_psk=lambda _, __: b"key"
    )
    assert {type(proposal) for _, proposal in staged.proposals} == {
        mls.Add,
        mls.Update,
        mls.Remove,
        mls.PreSharedKey,
        mls.GroupContextExtensions,
    }
    agree(groups[:3], dice)


def test_a_message_of_one_kind_is_taken_for_no_other(groups: list[mls.Group], dice: Dice) -> None:
    receiver = groups[0]
    key_package, secrets = package(dice)
    adding = mls.Group.load(groups[1].parts()).commit(add=[key_package], random=dice, now=NOW)
    others = {
        "welcome": adding.welcome or b"",
        "group info": receiver.group_info(random=dice),
        "key package": wrap(key_package),
    }
    for message in others.values():
        with refuses(receiver, mls.ValidationError, "message.wire_format"):
            receiver.receive(message)
    everything = {**honest_messages(groups, dice), **others}
    for kind, message in everything.items():
        if kind != "welcome":
            with pytest.raises(mls.ValidationError, match=r"message\.wire_format"):
                mls.Group.join(message, key_package, secrets)
        if kind != "group info":
            with pytest.raises(mls.ValidationError, match=r"message\.wire_format"):
                mls.Group.join_by_commit(message, profile(dice), random=dice)
        for decoder in (mls.KeyPackage, mls.KeyPackageSecrets, mls.LeafNode):
            with pytest.raises(mls.DecodeError):
                decoder.decode(message)
        # Another wire format in front of the same body.
        for wire_format in WireFormat:
            forged = message[:2] + wire_format.to_bytes(2) + message[4:]
            if forged != message:
                with refuses(receiver, mls.MlsError):
                    receiver.receive(forged)
    assert MLSMessage.decode(everything["public commit"]).encode() == everything["public commit"]


def test_a_signature_for_one_framing_is_none_in_the_other(groups: list[mls.Group], dice: Dice) -> None:
    receiver, attacker, _ = groups
    content = ProposalContent(mls.Remove(2))
    public = signed(attacker, content, private=False)
    private = signed(attacker, content, private=True)
    with refuses(receiver, mls.SignatureError, "message.signature"):
        receiver.receive(encrypted(attacker, replace(public, wire_format=WireFormat.PRIVATE_MESSAGE), 1))
    epoch = attacker.state.epoch
    swapped = replace(private, wire_format=WireFormat.PUBLIC_MESSAGE)
    tagged = PublicMessage.protect(epoch.suite, swapped, epoch.secrets.membership_key, epoch.context.encode())
    with refuses(receiver, mls.SignatureError, "message.signature"):
        receiver.receive(wrap(tagged))
    goes_on(groups, dice)


# --- pre-shared keys


@framings
def test_an_unknown_psk_is_not_replaced_by_a_guess(private: bool, groups: list[mls.Group], dice: Dice) -> None:
    receiver, committer, _ = groups
    staged = committer.commit(psks=[(b"psk", b"the key")], private=private, random=dice)
    assert staged.message is not None
    for find in (None, lambda _, __: None):
        before = receiver.parts()
        with pytest.raises(mls.CannotFollowError) as caught:
            receiver.receive(staged.message, psks=find)
        assert isinstance(caught.value.cause, mls.UnknownPskError)
        assert receiver.parts() == before
    for guess in (b"", bytes(32), b"another key"):
        with refuses(receiver, mls.CannotFollowError):
            receiver.receive(staged.message, psks=lambda _, __, guess=guess: guess)  # type: ignore[misc]  # bound at once
    with refuses(committer, mls.UnknownPskError):
        committer.commit(psks=[(b"other", None)], private=private, random=dice)
    followed = receiver.receive(staged.message, psks=lambda _, __: b"the key")
    assert isinstance(followed, mls.StagedCommit)
