"""messages/envelope: every struct of the official examples decodes, and encodes to the same bytes."""

from typing import Any

import pytest

from taboon_crypto.mls import codec
from taboon_crypto.mls.ciphersuite import CipherSuite
from taboon_crypto.mls.errors import DecodeError, UsageError, ValidationError
from taboon_crypto.mls.messages import proposal as proposals
from taboon_crypto.mls.messages.envelope import (
    MLSMessage,
    authenticated_data_of,
    content_type_of,
    epoch_of,
    group_id_of,
    open_as,
    wire_format_of,
    wrap,
)
from taboon_crypto.mls.messages.framing import ContentType, WireFormat
from taboon_crypto.mls.messages.key_package import KeyPackage
from taboon_crypto.mls.messages.protection import PrivateMessage, PublicMessage
from taboon_crypto.mls.messages.welcome import GroupInfo, GroupSecrets, Welcome
from taboon_crypto.mls.tree.ratchet_tree import RatchetTree

from .vectors import cases, unhex

STRUCTS: dict[str, Any] = {
    "mls_welcome": MLSMessage,
    "mls_group_info": MLSMessage,
    "mls_key_package": MLSMessage,
    "group_secrets": GroupSecrets,
    "add_proposal": proposals.Add,
    "update_proposal": proposals.Update,
    "remove_proposal": proposals.Remove,
    "pre_shared_key_proposal": proposals.PreSharedKey,
    "re_init_proposal": proposals.ReInit,
    "external_init_proposal": proposals.ExternalInit,
    "group_context_extensions_proposal": proposals.GroupContextExtensions,
    "commit": proposals.Commit,
    "public_message_application": MLSMessage,
    "public_message_proposal": MLSMessage,
    "public_message_commit": MLSMessage,
    "private_message": MLSMessage,
}


@pytest.mark.parametrize("name", STRUCTS)
def test_every_official_example_survives_decoding_and_encoding(name: str) -> None:
    ran = 0
    for case in cases("messages"):
        data = unhex(case[name])
        decoded = STRUCTS[name].decode(data)
        assert decoded.encode() == data
        # Nothing of what was kept is needed to get the same bytes again.
        assert codec.encode(STRUCTS[name], decoded) == data
        ran += 1
    assert ran == len(cases("messages")) > 0


def test_every_official_ratchet_tree_survives_decoding_and_encoding() -> None:
    for case in cases("messages"):
        data = unhex(case["ratchet_tree"])
        assert RatchetTree.decode(CipherSuite.of(1), data).encode() == data


@pytest.mark.parametrize("name", STRUCTS)
def test_a_cut_off_or_longer_example_is_refused(name: str) -> None:
    data = unhex(cases("messages")[0][name])
    for length in {*range(0, len(data), max(1, len(data) // 37)), len(data) - 1}:
        with pytest.raises(DecodeError):
            STRUCTS[name].decode(data[:length])
    with pytest.raises(DecodeError):
        STRUCTS[name].decode(data + b"\x00")


def test_a_message_tells_its_address_without_keys() -> None:
    case = cases("messages")[0]
    private = unhex(case["private_message"])
    assert wire_format_of(private) is WireFormat.PRIVATE_MESSAGE
    body = open_as(PrivateMessage, private)
    assert (group_id_of(private), epoch_of(private)) == (body.group_id, body.epoch)
    assert content_type_of(private) is body.content_type
    assert authenticated_data_of(private) == body.authenticated_data
    public = unhex(case["public_message_commit"])
    content = open_as(PublicMessage, public).content
    assert wire_format_of(public) is WireFormat.PUBLIC_MESSAGE
    assert (group_id_of(public), epoch_of(public)) == (content.group_id, content.epoch)
    assert content_type_of(public) is ContentType.COMMIT
    assert authenticated_data_of(public) == content.authenticated_data
    group_info = unhex(case["mls_group_info"])
    context = open_as(GroupInfo, group_info).group_context
    assert (group_id_of(group_info), epoch_of(group_info)) == (context.group_id, context.epoch)


def test_a_welcome_and_a_key_package_name_no_group() -> None:
    case = cases("messages")[0]
    welcome, key_package = unhex(case["mls_welcome"]), unhex(case["mls_key_package"])
    assert wrap(open_as(Welcome, welcome)) == welcome
    assert wrap(open_as(KeyPackage, key_package)) == key_package
    for message in (welcome, key_package):
        for peek in (group_id_of, epoch_of, content_type_of, authenticated_data_of):
            with pytest.raises(UsageError):
                peek(message)


def test_another_kind_of_message_than_the_one_expected_is_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        open_as(Welcome, unhex(cases("messages")[0]["mls_key_package"]))
    assert caught.value.rule == "message.wire_format"


def test_another_protocol_version_is_refused() -> None:
    data = unhex(cases("messages")[0]["private_message"])
    with pytest.raises(DecodeError):
        MLSMessage.decode(b"\x00\x02" + data[2:])


def test_what_the_application_says_is_in_no_repr() -> None:
    message = MLSMessage.decode(unhex(cases("messages")[0]["public_message_application"]))
    assert isinstance(message.body, PublicMessage)
    content = message.body.content
    assert repr(content.authenticated_data) not in repr(message)
    assert repr(getattr(content.content, "data", b"missing")) not in repr(message)
