"""The key schedule: RFC 9420, chapter 8 without PSKs (``psk``) and transcripts (``transcript``).

    joiner = joiner_secret(suite, init_secret, commit_secret, context)      or received in a Welcome
    welcome_secret(suite, joiner, psk_secret), welcome_key_and_nonce(suite, welcome)
    secrets, encryption_secret = epoch_secrets(suite, joiner, psk_secret, context)
    exported(suite, secrets.exporter_secret, label, context, length)
    external_key_pair(suite, secrets.external_secret)
    send_external_init / receive_external_init                              section 8.3
    founding_secrets(suite, epoch_secret)                                   chapter 11: a group of one

``context`` is the encoded GroupContext of the new epoch. ``EpochSecrets`` is what a member keeps through an epoch; it
encodes for saving. The encryption_secret is handed out apart because it goes into the secret tree and is then deleted.
Everything on the way to them is gone when the function returns.
"""

from dataclasses import dataclass

from taboon_crypto.mls.ciphersuite import CipherSuite, KeyPair, Random
from taboon_crypto.mls.codec import Kept, Struct, UInt16, UInt64
from taboon_crypto.mls.errors import DecryptionError, ValidationError
from taboon_crypto.mls.extension import Extensions
from taboon_crypto.primitives.errors import BadKeyError, OpenError
from taboon_crypto.primitives.secret import Secret

__all__ = [
    "EpochSecrets",
    "GroupContext",
    "epoch_secrets",
    "exported",
    "external_key_pair",
    "founding_secrets",
    "joiner_secret",
    "receive_external_init",
    "send_external_init",
    "welcome_key_and_nonce",
    "welcome_secret",
]

_EXTERNAL_INIT_LABEL = b"MLS 1.0 external init secret"


@dataclass(frozen=True, slots=True)
class GroupContext(Kept):
    """GroupContext (section 8.1)."""

    version: UInt16
    cipher_suite: UInt16
    group_id: bytes
    epoch: UInt64
    tree_hash: bytes
    confirmed_transcript_hash: bytes
    extensions: Extensions = ()


@dataclass(frozen=True, slots=True)
class EpochSecrets(Struct):
    """The secrets a member keeps through an epoch, Nh bytes each (table 4), and the init_secret of the next."""

    sender_data_secret: Secret
    exporter_secret: Secret
    external_secret: Secret
    confirmation_key: Secret
    membership_key: Secret
    resumption_psk: Secret
    epoch_authenticator: Secret
    init_secret: Secret


def joiner_secret(suite: CipherSuite, init_secret: bytes, commit_secret: bytes, context: bytes) -> Secret:
    """Return the joiner_secret of a new epoch.

    Args:
        suite: Suite of the group.
        init_secret: Of the epoch before, or by external init; Nh bytes.
        commit_secret: Of the UpdatePath, or Nh zeros without one.
        context: The encoded GroupContext of the new epoch.
    """
    return suite.expand_with_label(suite.extract(init_secret, commit_secret), b"joiner", context, suite.hash_length)


def welcome_secret(suite: CipherSuite, joiner: bytes, psk_secret: bytes) -> Secret:
    """Return the welcome_secret."""
    return suite.derive_secret(suite.extract(joiner, psk_secret), b"welcome")


def welcome_key_and_nonce(suite: CipherSuite, welcome: bytes) -> tuple[Secret, Secret]:
    """Return key and nonce of the encrypted GroupInfo (section 12.4.3.1)."""
    key = suite.expand_with_label(welcome, b"key", b"", suite.aead.key_length)
    return key, suite.expand_with_label(welcome, b"nonce", b"", suite.aead.nonce_length)


def epoch_secrets(suite: CipherSuite, joiner: bytes, psk_secret: bytes, context: bytes) -> tuple[EpochSecrets, Secret]:
    """Return (the secrets of the epoch, its encryption_secret).

    Args:
        suite: Suite of the group.
        joiner: The joiner_secret.
        psk_secret: Of ``psk.psk_secret``; Nh zeros without PSKs.
        context: The encoded GroupContext of the epoch.
    """
    member = suite.extract(joiner, psk_secret)
    return founding_secrets(suite, suite.expand_with_label(member, b"epoch", context, suite.hash_length))


def founding_secrets(suite: CipherSuite, epoch_secret: bytes) -> tuple[EpochSecrets, Secret]:
    """Return (the secrets of an epoch, its encryption_secret) from the epoch_secret: random when a group is founded."""
    secrets = EpochSecrets(
        sender_data_secret=suite.derive_secret(epoch_secret, b"sender data"),
        exporter_secret=suite.derive_secret(epoch_secret, b"exporter"),
        external_secret=suite.derive_secret(epoch_secret, b"external"),
        confirmation_key=suite.derive_secret(epoch_secret, b"confirm"),
        membership_key=suite.derive_secret(epoch_secret, b"membership"),
        resumption_psk=suite.derive_secret(epoch_secret, b"resumption"),
        epoch_authenticator=suite.derive_secret(epoch_secret, b"authentication"),
        init_secret=suite.derive_secret(epoch_secret, b"init"),
    )
    return secrets, suite.derive_secret(epoch_secret, b"encryption")


def exported(suite: CipherSuite, exporter_secret: bytes, label: bytes, context: bytes, length: int) -> Secret:
    """MLS-Exporter (section 8.5).

    Raises:
        UsageError: ``length`` is not in 0 to 255 hash lengths.
    """
    secret = suite.derive_secret(exporter_secret, label)
    return suite.expand_with_label(secret, b"exported", suite.hash(context), length)


def external_key_pair(suite: CipherSuite, external_secret: bytes) -> KeyPair:
    """Return the key pair to which newcomers encapsulate (chapter 8)."""
    return suite.derive_key_pair(external_secret)


def send_external_init(suite: CipherSuite, external_pub: bytes, random: Random) -> tuple[bytes, Secret]:
    """Return (kem_output, init_secret) for an external commit (section 8.3).

    Raises:
        ValidationError: Rule "hpke_key": ``external_pub`` is none to encapsulate to.
    """
    try:
        return suite.hpke.send_export(external_pub, b"", _EXTERNAL_INIT_LABEL, suite.hash_length, random)
    except BadKeyError as error:
        raise ValidationError("hpke_key", str(error)) from None


def receive_external_init(suite: CipherSuite, external_secret: bytes, kem_output: bytes) -> Secret:
    """Return the init_secret of a received external commit (section 8.3).

    Raises:
        DecryptionError: The kem_output is malformed.
    """
    private = external_key_pair(suite, external_secret).private
    try:
        return suite.hpke.receive_export(private, kem_output, b"", _EXTERNAL_INIT_LABEL, suite.hash_length)
    except OpenError as error:
        raise DecryptionError(str(error)) from None
