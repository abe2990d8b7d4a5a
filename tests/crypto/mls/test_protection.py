"""messages/protection: the two framings, by the official vectors and against changed messages."""

import secrets
from dataclasses import replace
from typing import Any

import pytest

from taboon_crypto.mls import codec
from taboon_crypto.mls.ciphersuite import CipherSuite, SigningKey
from taboon_crypto.mls.errors import DecodeError, DecryptionError, MlsError, SignatureError, UsageError, ValidationError
from taboon_crypto.mls.keys.schedule import GroupContext
from taboon_crypto.mls.keys.secret_tree import Ratchet, SecretTree
from taboon_crypto.mls.messages.envelope import open_as, wrap
from taboon_crypto.mls.messages.framing import (
    ApplicationContent,
    AuthenticatedContent,
    CommitContent,
    Content,
    ExternalSenderIndex,
    FramedContent,
    FramedContentAuthData,
    MemberSender,
    ProposalContent,
    WireFormat,
    sign,
)
from taboon_crypto.mls.messages.proposal import Commit, Proposal
from taboon_crypto.mls.messages.protection import PrivateMessage, PublicMessage

from .vectors import Case, cases, each, unhex

SENDER = 1


class World:
    """What a vector case says about its epoch: two members, the sender at leaf 1."""

    def __init__(self, case: Case) -> None:
        self.suite = CipherSuite.of(case["cipher_suite"])
        self.context = GroupContext(
            1,
            case["cipher_suite"],
            unhex(case["group_id"]),
            case["epoch"],
            unhex(case["tree_hash"]),
            unhex(case["confirmed_transcript_hash"]),
            (),
        )
        self.key = SigningKey(unhex(case["signature_priv"]))
        self.signature_pub = unhex(case["signature_pub"])
        self.encryption_secret = unhex(case["encryption_secret"])
        self.sender_data_secret = unhex(case["sender_data_secret"])
        self.membership_key = unhex(case["membership_key"])

    def ratchets(self) -> SecretTree:
        return SecretTree(self.suite, 2, self.encryption_secret)

    def sign(self, wire_format: WireFormat, content: Content, authenticated_data: bytes = b"") -> AuthenticatedContent:
        framed = FramedContent(
            self.context.group_id, self.context.epoch, MemberSender(SENDER), authenticated_data, content
        )
        signature = sign(self.suite, self.key, wire_format, framed, self.context.encode())
        tag = self.suite.mac(b"any key", b"") if isinstance(content, CommitContent) else None
        return AuthenticatedContent(wire_format, framed, FramedContentAuthData(signature, tag))

    def seal(self, message: AuthenticatedContent, ratchet: Ratchet, padding: int = 0) -> PrivateMessage:
        key = self.ratchets().next_key(SENDER, ratchet)
        return PrivateMessage.protect(
            self.suite, message, self.sender_data_secret, key.key, key.nonce, key.generation, b"grds", padding
        )

    def open_private(self, message: bytes) -> AuthenticatedContent:
        private = open_as(PrivateMessage, message)
        sender = private.sender_data(self.suite, self.sender_data_secret)
        ratchet = Ratchet.APPLICATION if private.content_type == 1 else Ratchet.HANDSHAKE
        key = self.ratchets().peek(sender.leaf_index, ratchet, sender.generation)
        opened = private.unprotect(self.suite, sender, key.key, key.nonce)
        opened.check_signature(self.suite, self.signature_pub, self.context.encode())
        return opened

    def open_public(self, message: bytes) -> AuthenticatedContent:
        public = open_as(PublicMessage, message)
        public.check_membership(self.suite, self.membership_key, self.context.encode())
        opened = public.authenticated_content
        opened.check_signature(self.suite, self.signature_pub, self.context.encode())
        return opened


def contents(case: Case) -> dict[str, Content]:
    return {
        "proposal": ProposalContent(codec.decode(Proposal, unhex(case["proposal"]))),
        "commit": CommitContent(Commit.decode(unhex(case["commit"]))),
        "application": ApplicationContent(unhex(case["application"])),
    }


@each("message-protection")
def test_official_messages_open_in_both_framings(case: Case) -> None:
    world = World(case)
    for name, content in contents(case).items():
        assert world.open_private(unhex(case[f"{name}_priv"])).content.content == content
        if name != "application":
            assert world.open_public(unhex(case[f"{name}_pub"])).content.content == content


@each("message-protection")
def test_what_is_protected_opens_again_in_both_framings(case: Case) -> None:
    world = World(case)
    for name, content in contents(case).items():
        ratchet = Ratchet.APPLICATION if name == "application" else Ratchet.HANDSHAKE
        signed = world.sign(WireFormat.PRIVATE_MESSAGE, content, b"seen by all")
        assert world.open_private(wrap(world.seal(signed, ratchet, padding=19))) == signed
        signed = world.sign(WireFormat.PUBLIC_MESSAGE, content, b"seen by all")
        public = PublicMessage.protect(world.suite, signed, world.membership_key, world.context.encode())
        assert world.open_public(wrap(public)) == signed


@pytest.fixture
def world() -> World:
    return World(cases("message-protection")[1])


@pytest.fixture
def sealed(world: World) -> PrivateMessage:
    return world.seal(world.sign(WireFormat.PRIVATE_MESSAGE, ApplicationContent(b"bread"), b"aad"), Ratchet.APPLICATION)


@pytest.mark.parametrize(
    "change",
    [
        {"group_id": b"another"},
        {"epoch": 7},
        {"content_type": 2},
        {"authenticated_data": b"another"},
        {"ciphertext": bytes(64)},
        {"encrypted_sender_data": bytes(28)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_private_message_with_any_field_changed_is_refused(
    world: World, sealed: PrivateMessage, change: dict[str, Any]
) -> None:
    with pytest.raises(MlsError):
        world.open_private(wrap(replace(sealed, **change)))


def test_every_flipped_bit_of_a_private_message_is_refused(world: World, sealed: PrivateMessage) -> None:
    message = wrap(sealed)
    for position in range(len(message)):
        changed = bytearray(message)
        changed[position] ^= 1 << (position % 8)
        with pytest.raises(MlsError):
            world.open_private(bytes(changed))


def test_every_flipped_bit_of_a_public_message_is_refused(world: World) -> None:
    signed = world.sign(WireFormat.PUBLIC_MESSAGE, contents(cases("message-protection")[1])["proposal"])
    message = wrap(PublicMessage.protect(world.suite, signed, world.membership_key, world.context.encode()))
    for position in range(len(message)):
        changed = bytearray(message)
        changed[position] ^= 1 << (position % 8)
        with pytest.raises(MlsError):
            world.open_public(bytes(changed))


def test_padding_that_is_not_zero_is_refused(world: World) -> None:
    signed = world.sign(WireFormat.PRIVATE_MESSAGE, ApplicationContent(b"bread"))
    key = world.ratchets().next_key(SENDER, Ratchet.APPLICATION)

    class Leaky(FramedContentAuthData):
        def encode(self) -> bytes:
            return super().encode() + b"\x00\x01\x00"

    leaky = replace(signed, auth=Leaky(signed.auth.signature))
    message = PrivateMessage.protect(
        world.suite, leaky, world.sender_data_secret, key.key, key.nonce, key.generation, bytes(4)
    )
    with pytest.raises(ValidationError) as caught:
        world.open_private(wrap(message))
    assert caught.value.rule == "message.padding"


def test_a_signature_for_one_framing_is_refused_in_the_other(world: World) -> None:
    signed = world.sign(WireFormat.PUBLIC_MESSAGE, ApplicationContent(b"bread"))
    forged = world.seal(replace(signed, wire_format=WireFormat.PRIVATE_MESSAGE), Ratchet.APPLICATION)
    with pytest.raises(SignatureError) as caught:
        world.open_private(wrap(forged))
    assert caught.value.rule == "message.signature"


def test_a_wrong_membership_tag_is_refused(world: World) -> None:
    signed = world.sign(WireFormat.PUBLIC_MESSAGE, ApplicationContent(b"bread"))
    public = PublicMessage.protect(world.suite, signed, secrets.token_bytes(32), world.context.encode())
    for forged in (public, replace(public, membership_tag=b"")):
        with pytest.raises(SignatureError) as caught:
            world.open_public(wrap(forged))
        assert caught.value.rule == "message.membership_tag"


def test_only_a_members_content_is_framed_privately(world: World) -> None:
    signed = world.sign(WireFormat.PRIVATE_MESSAGE, ApplicationContent(b"bread"))
    outside = replace(signed, content=replace(signed.content, sender=ExternalSenderIndex(0)))
    with pytest.raises(UsageError):
        world.seal(outside, Ratchet.APPLICATION)
    with pytest.raises(UsageError):
        world.seal(world.sign(WireFormat.PUBLIC_MESSAGE, ApplicationContent(b"bread")), Ratchet.APPLICATION)
    with pytest.raises(UsageError):
        world.seal(signed, Ratchet.APPLICATION, padding=-1)


def test_the_content_opens_only_with_its_own_key(world: World, sealed: PrivateMessage) -> None:
    sender = sealed.sender_data(world.suite, world.sender_data_secret)
    key = world.ratchets().peek(SENDER, Ratchet.APPLICATION, 1)
    with pytest.raises(DecryptionError):
        sealed.unprotect(world.suite, sender, key.key, key.nonce)


def test_an_authenticated_content_survives_decoding_and_encoding(world: World) -> None:
    for content in contents(cases("message-protection")[1]).values():
        signed = world.sign(WireFormat.PUBLIC_MESSAGE, content)
        assert AuthenticatedContent.decode(signed.encode()) == signed
        for bad in (b"", b"\x00\x03" + signed.encode()[2:], signed.encode() + b"\x00", signed.encode()[:-1]):
            with pytest.raises(DecodeError):
                AuthenticatedContent.decode(bad)


def test_a_reference_names_one_signed_proposal(world: World) -> None:
    proposal = contents(cases("message-protection")[1])["proposal"]
    one, two = (world.sign(WireFormat.PUBLIC_MESSAGE, proposal, data) for data in (b"1", b"2"))
    assert one.reference(world.suite) != two.reference(world.suite)
    assert len(one.reference(world.suite)) == world.suite.hash_length
