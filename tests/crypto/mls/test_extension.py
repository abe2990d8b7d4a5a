"""Extensions and credentials: kept whether known or not, and never two of one type."""

import pytest

from taboon_crypto.mls import codec
from taboon_crypto.mls.credential import (
    BASIC,
    X509,
    BasicCredential,
    Certificate,
    Credential,
    X509Credential,
    credential_type,
)
from taboon_crypto.mls.errors import DecodeError, ValidationError
from taboon_crypto.mls.extension import (
    GREASE,
    Extension,
    ExternalPub,
    ExternalSender,
    RequiredCapabilities,
    check_unique_types,
    decode_external_senders,
    encode_external_senders,
    find,
)


def test_an_unknown_extension_is_kept_as_it_is() -> None:
    for kind in (*GREASE, 0x0000, 0xF7B0, 0xFFFF):
        extension = Extension(kind, b"whatever")
        assert Extension.decode(extension.encode()) == extension


def test_an_extension_is_found_by_its_type() -> None:
    extensions = (Extension(1, b"one"), Extension(2, b""))
    assert find(extensions, 1) == b"one"
    assert find(extensions, 2) == b""
    assert find(extensions, 3) is None


def test_no_list_names_a_type_twice() -> None:
    check_unique_types((Extension(1, b""), Extension(2, b"")), "GroupContext")
    with pytest.raises(ValidationError, match="GroupContext") as caught:
        check_unique_types((Extension(1, b""), Extension(2, b""), Extension(1, b"")), "GroupContext")
    assert caught.value.rule == "extensions.unique"


def test_known_bodies_travel() -> None:
    required = RequiredCapabilities((0xF7B0,), (8,), (1, 2))
    assert RequiredCapabilities.decode(required.encode()) == required
    assert ExternalPub.decode(ExternalPub(b"key").encode()) == ExternalPub(b"key")
    senders = (ExternalSender(b"key", BasicCredential(b"who")), ExternalSender(b"other", X509Credential(())))
    assert decode_external_senders(encode_external_senders(senders)) == senders
    with pytest.raises(DecodeError):
        decode_external_senders(encode_external_senders(senders)[:-1])


@pytest.mark.parametrize(
    ("credential", "kind"),
    [(BasicCredential(b"who"), BASIC), (X509Credential((Certificate(b"own"), Certificate(b"issuer"))), X509)],
)
def test_credentials_travel_with_their_type(credential: Credential, kind: int) -> None:
    encoding = codec.encode(Credential, credential)
    assert encoding[:2] == kind.to_bytes(2)
    assert codec.decode(Credential, encoding) == credential
    assert credential_type(credential) == kind


def test_a_credential_of_another_type_does_not_decode() -> None:
    for kind in (0, 3, GREASE[0], 0xFFFF):
        with pytest.raises(DecodeError):
            codec.decode(Credential, kind.to_bytes(2) + b"\x00")
