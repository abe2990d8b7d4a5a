"""What reads MLS: every decoder, and a group that is spoken to by a member who keeps to no rule.

Each function takes bytes and returns, whatever they are. It raises nothing of its own: an error that is no MlsError, a
refused message that changed what is saved, or a struct that does not encode to what it was read from, is a finding.
"""

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from taboon_crypto import mls
from taboon_crypto.mls import codec
from taboon_crypto.mls.codec import opaque
from taboon_crypto.mls.credential import Credential
from taboon_crypto.mls.extension import ExternalPub, decode_external_senders
from taboon_crypto.mls.group.epoch import EpochState
from taboon_crypto.mls.group.saved import GroupState, PastState
from taboon_crypto.mls.group.staged import decode_staged
from taboon_crypto.mls.keys.psk import psk_secret
from taboon_crypto.mls.keys.schedule import GroupContext, welcome_key_and_nonce, welcome_secret
from taboon_crypto.mls.keys.secret_tree import Ratchet, guarded_nonce, sender_data_key_and_nonce
from taboon_crypto.mls.messages.envelope import MLSMessage, open_as, wrap
from taboon_crypto.mls.messages.framing import AuthenticatedContent, ContentType, FramedContent, MemberSender
from taboon_crypto.mls.messages.proposal import Commit
from taboon_crypto.mls.messages.protection import PrivateMessage, PublicMessage, SenderData
from taboon_crypto.mls.messages.welcome import (
    EncryptedGroupSecrets,
    GroupInfo,
    GroupSecrets,
    Welcome,
    open_group_info,
)
from taboon_crypto.mls.tree.kem import TreePrivate, UpdatePath
from taboon_crypto.mls.tree.nodes import ParentNode
from taboon_crypto.mls.tree.ratchet_tree import RatchetTree
from tests.crypto.mls import vectors
from tests.crypto.mls.kit import NOW, Dice, commit_in, package, profile, town

__all__ = [
    "decode",
    "decode_seeds",
    "insider",
    "insider_seeds",
    "join",
    "join_seeds",
    "receive",
    "receive_seeds",
    "staged",
    "staged_seeds",
]

SUITE = mls.CipherSuite.of(0x0003)

# --- decoders: the first byte picks one


def _tree(data: bytes) -> RatchetTree:
    return RatchetTree.decode(SUITE, data, max_leaves=1 << 12)


class _Credential:
    """A credential by itself, which is no message: its type, then the struct."""

    def __init__(self, data: bytes) -> None:
        self.value = codec.decode(Credential, data)

    def encode(self) -> bytes:
        return codec.encode(Credential, self.value)


DECODERS: tuple[Callable[[bytes], Any], ...] = (
    MLSMessage.decode,
    AuthenticatedContent.decode,
    FramedContent.decode,
    Commit.decode,
    GroupInfo.decode,
    GroupSecrets.decode,
    Welcome.decode,
    SenderData.decode,
    PrivateMessage.decode,
    PublicMessage.decode,
    mls.KeyPackage.decode,
    mls.KeyPackageSecrets.decode,
    mls.LeafNode.decode,
    mls.Capabilities.decode,
    mls.RequiredCapabilities.decode,
    mls.PreSharedKeyID.decode,
    ParentNode.decode,
    UpdatePath.decode,
    GroupContext.decode,
    ExternalPub.decode,
    _tree,
    _Credential,
    EpochState.decode,
    GroupState.decode,
    PastState.decode,
    TreePrivate.decode,
)


def decode(data: bytes) -> None:
    """Read bytes as one of the structs: an error, or a struct that encodes to these very bytes."""
    if not data:
        return
    reader, body = DECODERS[data[0] % len(DECODERS)], data[1:]
    try:
        struct = reader(body)
    except mls.MlsError:
        return
    assert struct.encode() == body
    try:
        decode_external_senders(body)
    except mls.MlsError:
        return


def decode_seeds() -> Iterator[bytes]:
    """Yield everything that the official vectors hold, before every decoder that takes it, and our own structs."""
    found = list(_official()) + [bytes(value) for value in _own_structs()]
    for body in found:
        for number, reader in enumerate(DECODERS):
            try:
                reader(body)
            except mls.MlsError:
                continue
            yield bytes((number,)) + body


def _official() -> Iterator[bytes]:
    folder = vectors.folder()
    for name, most in (
        ("messages", 12),
        ("tree-operations", 5),
        ("treekem", 4),
        ("welcome", 2),
        ("tree-validation", 6),
    ):
        path = folder / f"{name}.json"
        if path.is_file():
            for case in json.loads(path.read_text("utf-8"))[:most]:
                for value in case.values():
                    if isinstance(value, str) and len(value) < 1 << 14:
                        try:
                            yield bytes.fromhex(value)
                        except ValueError:
                            continue


def _own_structs() -> Iterator[bytes]:
    groups, key_package, secrets, messages = scene()
    yield from messages.values()
    yield from (key_package.encode(), secrets.encode(), key_package.leaf_node.encode())
    yield from groups[0].parts().values()
    epoch = groups[0].state.epoch
    yield from (epoch.context.encode(), groups[0].ratchet_tree, epoch.private.encode())
    path = commit_in(messages["public commit"]).path
    assert path is not None
    yield from (path.encode(), commit_in(messages["public commit"]).encode())


# --- a group, and what is said to it


@cache
def scene() -> tuple[list[mls.Group], mls.KeyPackage, mls.KeyPackageSecrets, dict[str, bytes]]:
    """Return three members, somebody who is being added, and honest messages of every kind for the first of them."""
    dice = Dice(11)
    groups = town(3, dice)
    key_package, secrets = package(dice)
    other, _ = package(dice)
    change = mls.GroupContextExtensions(
        (mls.Extension(mls.REQUIRED_CAPABILITIES, mls.RequiredCapabilities().encode()),)
    )
    psk = mls.PreSharedKey(mls.PreSharedKeyID.fresh(SUITE, mls.ExternalPsk(b"psk"), dice))
    reinit = mls.ReInit(b"next", 1, 0x0001, ())
    commit = groups[1].commit(
        add=[key_package], psks=[(b"psk", b"key")], private=False, path=True, random=dice, now=NOW
    )
    outside = mls.Group.join_by_commit(groups[0].group_info(random=dice), profile(dice), random=dice)[1]
    back = mls.Group.join_by_commit(
        groups[0].group_info(random=dice), groups[2].own_profile, replacing=groups[2].own_leaf, random=dice
    )[1]
    plain = [mls.Group.load(groups[1].parts()) for _ in range(8)]
    messages = {
        "public commit": commit.message or b"",
        "private commit": plain[0].commit(remove=[2], random=dice).message or b"",
        "small commit": plain[1].commit(add=[other], private=False, random=dice, now=NOW).message or b"",
        "extensions": plain[2].commit(extensions=change.extensions, private=False, random=dice).message or b"",
        "reinit": plain[3].commit(reinit=reinit, private=False, random=dice).message or b"",
        "external commit": outside,
        "resync": back,
        "application": groups[2].encrypt(b"data", authenticated_data=b"aad", random=dice),
        "remove": plain[4].propose(mls.Remove(2), private=False, random=dice),
        "update": plain[5].propose_update(private=False, random=dice),
        "psk": plain[6].propose(psk, private=False, random=dice),
        "add": plain[7].propose(mls.Add(other), private=False, random=dice, now=NOW),
        "join": mls.join_proposal(groups[0].group_id, groups[0].epoch, *_newcomer(dice)),
        "welcome": commit.welcome or b"",
        "group info": groups[0].group_info(random=dice),
        "key package": wrap(key_package),
    }
    return groups, key_package, secrets, messages


def _newcomer(dice: Dice) -> tuple[mls.KeyPackage, mls.SigningKey]:
    member = profile(dice)
    return package(dice, member)[0], member.signing_key


@cache
def _saved() -> dict[str, bytes]:
    return scene()[0][0].parts()


_fresh: list[mls.Group] = []


def _hear(message: bytes) -> None:
    """Say something to a member: it is refused and nothing changes, or taken and the group goes on."""
    group = _fresh.pop() if _fresh else mls.Group.load(_saved())
    try:
        heard = group.receive(message, psks=lambda _, __: b"key", now=NOW)
    except mls.MlsError:
        assert group.parts() == _saved()
        _fresh.append(group)
        return
    if isinstance(heard, mls.StagedCommit):
        assert group.parts() == _saved()
        again = group.load_staged(heard.encode())
        assert again.encode() == heard.encode()
        _ = (heard.added, heard.removed, heard.updated, heard.psk_ids, heard.members())
        group.merge(again)
    parts = group.parts()
    loaded = mls.Group.load(parts)
    assert loaded.parts() == parts
    if loaded.is_active and not loaded.pending_proposals():
        loaded.encrypt(b"after", random=Dice(0))
        loaded.commit(random=Dice(0))


def receive(data: bytes) -> None:
    """Give a member whole messages."""
    _hear(data)


def receive_seeds() -> Iterator[bytes]:
    """Yield honest messages of every kind."""
    yield from scene()[3].values()


def insider(data: bytes) -> None:
    """Say what no honest member says, encrypted with the keys of one: the first byte is the type of the content."""
    if not data:
        return
    kind = ContentType(data[0] % 3 + 1)
    speaker = scene()[0][1].state
    epoch, suite = speaker.epoch, speaker.epoch.suite
    ratchet = Ratchet.APPLICATION if kind is ContentType.APPLICATION else Ratchet.HANDSHAKE
    key = speaker.ratchets.next_key(epoch.own_leaf, ratchet)
    guard = b"\0\1\2\3"
    head = opaque(epoch.group_id) + epoch.number.to_bytes(8) + kind.to_bytes(1)
    sealed = suite.seal(key.key, guarded_nonce(key.nonce, guard), data[1:], head + opaque(b""))
    data_key, data_nonce = sender_data_key_and_nonce(suite, epoch.secrets.sender_data_secret, sealed)
    sender = suite.seal(data_key, data_nonce, SenderData(epoch.own_leaf, key.generation, guard).encode(), head)
    _hear(wrap(PrivateMessage(epoch.group_id, epoch.number, kind, b"", sender, sealed)))


def insider_seeds() -> Iterator[bytes]:
    """Yield the plaintexts of honest messages."""
    for message in scene()[3].values():
        body = MLSMessage.decode(message).body
        if isinstance(body, PublicMessage) and isinstance(body.content.sender, MemberSender):
            kind = type(body.content.content)._tag or 1
            yield bytes((kind - 1,)) + body.content.content.encode() + body.auth.encode() + bytes(3)
    yield b"\0" + opaque(b"data") + opaque(bytes(64))


# --- joining


def join(data: bytes) -> None:
    """Be welcomed with any GroupInfo or GroupSecrets, or let in by any GroupInfo; the first byte says which."""
    if not data:
        return
    _, key_package, secrets, messages = scene()
    way, body = data[0] % 4, data[1:]
    honest = open_as(Welcome, messages["welcome"])
    opened = honest.open_secrets(SUITE, key_package.ref(), secrets.init_private)
    try:
        if way == 0:
            mls.Group.join(body, key_package, secrets, psks=lambda _, __: b"key", now=NOW)
        elif way == 1:
            mls.Group.join_by_commit(body, profile(Dice(3)), random=Dice(3), now=NOW)
        elif way == 2:
            # The key of the GroupInfo follows from what the GroupSecrets say, so both are made anew.
            plain = GroupSecrets(opened.joiner_secret, opened.path_secret, ())
            _welcome(key_package, secrets, body, plain.encode())
        else:
            _welcome(key_package, secrets, _info(opened), body)
    except mls.MlsError:
        return


def _info(opened: GroupSecrets) -> bytes:
    honest = open_as(Welcome, scene()[3]["welcome"])
    psks = psk_secret(SUITE, [(psk_id, b"key") for psk_id in opened.psks])
    return open_group_info(
        SUITE, welcome_secret(SUITE, opened.joiner_secret, psks), honest.encrypted_group_info
    ).encode()


def _welcome(key_package: mls.KeyPackage, secrets: mls.KeyPackageSecrets, info: bytes, plain: bytes) -> None:
    group_secrets = GroupSecrets.decode(plain)
    psks = psk_secret(SUITE, [(psk_id, b"key") for psk_id in group_secrets.psks])
    key, nonce = welcome_key_and_nonce(SUITE, welcome_secret(SUITE, group_secrets.joiner_secret, psks))
    sealed = SUITE.seal(key, nonce, info, b"")
    entry = EncryptedGroupSecrets.seal(SUITE, key_package.ref(), key_package.init_key, sealed, group_secrets)
    group = mls.Group.join(
        wrap(Welcome(SUITE.suite_id, (entry,), sealed)), key_package, secrets, psks=lambda _, __: b"key", now=NOW
    )
    parts = group.parts()
    assert mls.Group.load(parts).parts() == parts


def join_seeds() -> Iterator[bytes]:
    """Yield an honest Welcome, and what is inside it."""
    _, key_package, secrets, messages = scene()
    opened = open_as(Welcome, messages["welcome"]).open_secrets(SUITE, key_package.ref(), secrets.init_private)
    yield b"\0" + messages["welcome"]
    yield b"\1" + messages["group info"]
    yield b"\2" + _info(opened)
    yield b"\3" + opened.encode()
    yield b"\3" + GroupSecrets(opened.joiner_secret, None, ()).encode()


# --- what was saved


def staged(data: bytes) -> None:
    """Take back a staged commit from any bytes."""
    group = scene()[0][0]
    try:
        again = decode_staged(data, group.state.epoch)
        assert again.encode() == data
    except mls.MlsError:
        return


def staged_seeds() -> Iterator[bytes]:
    """Yield staged commits as they are saved."""
    group = scene()[0][0]
    for name in ("public commit", "small commit", "extensions", "external commit"):
        heard = mls.Group.load(group.parts()).receive(scene()[3][name], psks=lambda _, __: b"key")
        assert isinstance(heard, mls.StagedCommit)
        yield heard.encode()
