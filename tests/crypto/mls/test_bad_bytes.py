"""Whatever bytes come in: nothing but MlsError is raised, and nothing that is saved changes."""

import contextlib
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from taboon_crypto import mls
from taboon_crypto.mls.codec import opaque
from taboon_crypto.mls.keys.secret_tree import Ratchet, guarded_nonce, sender_data_key_and_nonce
from taboon_crypto.mls.messages import envelope
from taboon_crypto.mls.messages.framing import AuthenticatedContent, CommitContent, ContentType, FramedContent
from taboon_crypto.mls.messages.proposal import Commit
from taboon_crypto.mls.messages.protection import PrivateMessage, PublicMessage, SenderData
from taboon_crypto.mls.messages.welcome import GroupInfo, GroupSecrets, Welcome

from .kit import NOW, Dice, commit_in, forge, package, profile, step, town

quick = settings(max_examples=60, deadline=None)

DECODERS: list[Callable[[bytes], object]] = [
    envelope.MLSMessage.decode,
    AuthenticatedContent.decode,
    FramedContent.decode,
    Commit.decode,
    GroupInfo.decode,
    GroupSecrets.decode,
    Welcome.decode,
    SenderData.decode,
    PrivateMessage.decode,
    mls.KeyPackage.decode,
    mls.KeyPackageSecrets.decode,
    envelope.wire_format_of,
    envelope.epoch_of,
    envelope.group_id_of,
    envelope.content_type_of,
    envelope.authenticated_data_of,
]


@cache
def scene() -> tuple[list[mls.Group], mls.KeyPackage, mls.KeyPackageSecrets, dict[str, bytes]]:
    """Three members, somebody who is being added, and one honest message of every kind for the first of them."""
    dice = Dice(5)
    groups = town(3, dice)
    key_package, secrets = package(dice)
    commit = groups[1].commit(add=[key_package], private=False, path=True, random=dice, now=NOW)
    assert commit.message is not None
    assert commit.welcome is not None
    outside = mls.Group.join_by_commit(groups[0].group_info(random=dice), profile(dice), random=dice)[1]
    messages = {
        "public commit": commit.message,
        "private commit": groups[1].commit(remove=[2], random=dice).message or b"",
        "external commit": outside,
        "application": groups[2].encrypt(b"data", authenticated_data=b"aad", random=dice),
        "public proposal": groups[1].propose(mls.Remove(2), private=False, random=dice),
        "private proposal": groups[2].propose_update(random=dice),
        "welcome": commit.welcome,
        "group info": groups[0].group_info(random=dice),
        "key package": envelope.wrap(key_package),
    }
    return groups, key_package, secrets, messages


def mutate(message: bytes, edits: list[tuple[int, int, int]]) -> bytes:
    changed = bytearray(message)
    for kind, position, value in edits:
        position %= len(changed) + 1
        if kind == 0 and position < len(changed):
            changed[position] ^= value or 1
        elif kind == 1:
            changed.insert(position, value)
        elif position < len(changed):
            del changed[position]
    return bytes(changed)


edits = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=4)


@quick
@given(st.binary(max_size=300))
@example(b"")
@example(b"\x00\x01" * 40)
def test_random_bytes_decode_to_nothing_or_raise_an_mls_error(data: bytes) -> None:
    for decode in DECODERS:
        try:
            decode(data)
        except mls.MlsError:
            continue


@quick
@given(st.sampled_from(sorted(scene()[3])), edits)
def test_mutated_messages_decode_or_raise_an_mls_error(name: str, changes: list[tuple[int, int, int]]) -> None:
    data = mutate(scene()[3][name], changes)
    for decode in DECODERS:
        try:
            decode(data)
        except mls.MlsError:
            continue


def unmoved(group: mls.Group, message: bytes) -> None:
    """Receive what nobody honest sent; a commit in other bytes of the same meaning is the most that can come of it."""
    before = group.parts()
    try:
        group.receive(message, psks=lambda _, __: bytes(32), now=NOW)
    except mls.MlsError:
        pass
    else:
        pytest.fail("a message that nobody sent was taken")
    assert group.parts() == before


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(set(scene()[3]) - {"welcome", "group info", "key package"})), edits)
def test_a_mutated_message_is_refused_and_changes_nothing(name: str, changes: list[tuple[int, int, int]]) -> None:
    groups, _, _, messages = scene()
    message = mutate(messages[name], changes)
    if message not in messages.values():
        unmoved(groups[0], message)


@quick
@given(st.binary(max_size=200))
def test_random_bytes_are_refused_and_change_nothing(data: bytes) -> None:
    unmoved(scene()[0][0], data)
    unmoved(scene()[0][0], b"\x00\x01\x00\x02" + data)
    unmoved(scene()[0][0], b"\x00\x01\x00\x01" + data)


@settings(max_examples=100, deadline=None)
@given(edits)
def test_a_mutated_welcome_is_refused(changes: list[tuple[int, int, int]]) -> None:
    _, key_package, secrets, messages = scene()
    welcome = mutate(messages["welcome"], changes)
    if welcome == messages["welcome"]:
        return
    with pytest.raises(mls.MlsError):
        mls.Group.join(welcome, key_package, secrets)


@quick
@given(edits)
def test_a_mutated_group_info_is_refused(changes: list[tuple[int, int, int]]) -> None:
    info = mutate(scene()[3]["group info"], changes)
    if info == scene()[3]["group info"]:
        return
    with pytest.raises(mls.MlsError):
        mls.Group.join_by_commit(info, profile(Dice(9)), random=Dice(9))


@quick
@given(edits)
def test_a_mutated_key_package_does_not_verify(changes: list[tuple[int, int, int]]) -> None:
    data = mutate(scene()[1].encode(), changes)
    if data == scene()[1].encode():
        return
    with pytest.raises(mls.MlsError):
        mls.KeyPackage.decode(data).verify()


@quick
@given(edits)
def test_a_commit_mutated_by_a_member_itself_is_refused(changes: list[tuple[int, int, int]]) -> None:
    """The sender signs and encrypts what it has mutated: only the rules stand between it and the others."""
    groups, _, _, messages = scene()
    honest = commit_in(messages["public commit"])
    data = mutate(honest.encode(), changes)
    try:
        commit = Commit.decode(data)
    except mls.MlsError:
        return
    if commit == honest:
        return
    tag = envelope.open_as(PublicMessage, messages["public commit"]).auth.confirmation_tag
    attacker = mls.Group.load(groups[1].parts())
    for private in (True, False):
        unmoved(groups[0], forge(attacker, CommitContent(commit), Dice(3), private=private, tag=tag))


def seal_anything(group: mls.Group, kind: ContentType, plaintext: bytes) -> bytes:
    """Encrypt any plaintext at all with a member's own key."""
    epoch, suite = group.state.epoch, group.suite
    ratchet = Ratchet.APPLICATION if kind is ContentType.APPLICATION else Ratchet.HANDSHAKE
    key = group.state.ratchets.next_key(group.own_leaf, ratchet)
    head = opaque(epoch.group_id) + epoch.number.to_bytes(8) + kind.to_bytes(1)
    ciphertext = suite.seal(key.key, guarded_nonce(key.nonce, b"grds"), plaintext, head + opaque(b""))
    sender = SenderData(group.own_leaf, key.generation, b"grds")
    data_key, nonce = sender_data_key_and_nonce(suite, epoch.secrets.sender_data_secret, ciphertext)
    encrypted = suite.seal(data_key, nonce, sender.encode(), head)
    return envelope.wrap(PrivateMessage(epoch.group_id, epoch.number, kind, b"", encrypted, ciphertext))


@quick
@given(st.sampled_from(ContentType), st.binary(max_size=80))
def test_a_plaintext_of_any_bytes_is_refused(kind: ContentType, plaintext: bytes) -> None:
    groups, _, _, _ = scene()
    unmoved(groups[0], seal_anything(mls.Group.load(groups[1].parts()), kind, plaintext))


@quick
@given(edits)
def test_loading_a_mutated_staged_commit_changes_nothing(changes: list[tuple[int, int, int]]) -> None:
    groups, _, _, _ = scene()
    staged = groups[0].commit(random=Dice(6)).encode()
    before = groups[0].parts()
    with contextlib.suppress(mls.MlsError):
        groups[0].load_staged(mutate(staged, changes))
    assert groups[0].parts() == before


@quick
@given(st.sampled_from(["group", "epoch", "tree", "secrets", "sender/1", "sender/2"]), edits)
def test_mutated_parts_raise_nothing_but_mls_errors(name: str, changes: list[tuple[int, int, int]]) -> None:
    groups, _, _, messages = scene()
    parts = groups[0].parts()
    if name in parts:
        parts[name] = mutate(parts[name], changes)
    try:
        group = mls.Group.load(parts)
        group.members()
        group.encrypt(b"x", random=Dice(1))
        group.receive(messages["application"])
    except mls.MlsError:
        pass


def test_a_replayed_message_is_refused_also_after_saving(dice: Dice) -> None:
    groups = town(3, dice)
    messages = [groups[0].encrypt(bytes([number]), random=dice) for number in range(5)]
    messages.append(groups[2].propose(mls.Remove(0), random=dice))
    messages.append(groups[2].propose(mls.Remove(0), private=False, random=dice))
    for message in messages:
        groups[1].receive(message)
    for group in (groups[1], mls.Group.load(groups[1].parts())):
        for message in messages:
            unmoved(group, message)
    commit = step(groups, 0, dice, by_reference=False).message or b""
    for group in (groups[1], mls.Group.load(groups[1].parts())):
        for message in (commit, *messages):
            unmoved(group, message)
