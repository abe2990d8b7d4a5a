"""GroupInfo, GroupSecrets and Welcome: RFC 9420, section 12.4.3: what a newcomer needs, and how it is locked away.

    GroupInfo           the public state of an epoch, signed by a member
    GroupSecrets        the joiner secret, the path secret and the names of the pre-shared keys, for one newcomer
    Welcome             a GroupInfo under the welcome key, and GroupSecrets for each newcomer

Joining itself, with all its checks, is in group/join.py.
"""

from dataclasses import dataclass
from typing import Self

from taboon_crypto.mls.ciphersuite import CipherSuite, HPKECiphertext, SigningKey
from taboon_crypto.mls.codec import Kept, Struct, UInt16, UInt32, opaque
from taboon_crypto.mls.errors import DecryptionError, SignatureError, ValidationError
from taboon_crypto.mls.extension import Extension, Extensions
from taboon_crypto.mls.keys.psk import PreSharedKeyID
from taboon_crypto.mls.keys.schedule import GroupContext, welcome_key_and_nonce
from taboon_crypto.mls.messages.framing import WireFormat
from taboon_crypto.primitives.secret import Secret

__all__ = ["EncryptedGroupSecrets", "GroupInfo", "GroupSecrets", "Welcome", "open_group_info", "seal_group_info"]


@dataclass(frozen=True, slots=True)
class GroupInfo(Kept, tag=WireFormat.GROUP_INFO):
    """GroupInfo (section 12.4.3)."""

    group_context: GroupContext
    extensions: Extensions
    confirmation_tag: bytes
    signer: UInt32
    signature: bytes

    @classmethod
    def make(
        cls,
        suite: CipherSuite,
        key: SigningKey,
        signer: int,
        group_context: GroupContext,
        confirmation_tag: bytes,
        extensions: tuple[Extension, ...],
    ) -> Self:
        """Sign a GroupInfo as the member at leaf ``signer``."""
        unsigned = cls(group_context, extensions, confirmation_tag, signer, b"")
        signature = suite.sign_with_label(key, b"GroupInfoTBS", unsigned._to_be_signed())
        return cls(group_context, extensions, confirmation_tag, signer, signature)

    def check_signature(self, suite: CipherSuite, public: bytes) -> None:
        """Check the signature with the signature key of the signer's leaf.

        Raises:
            SignatureError: Rule "group_info.signature".
        """
        if not suite.verify_with_label(public, b"GroupInfoTBS", self._to_be_signed(), self.signature):
            raise SignatureError("group_info.signature", "the signature of the GroupInfo does not verify")

    def _to_be_signed(self) -> bytes:
        """GroupInfoTBS: all that stands before the signature."""
        encoding = self.encode()
        return encoding[: len(encoding) - len(opaque(self.signature))]


@dataclass(frozen=True, slots=True)
class GroupSecrets(Struct):
    """GroupSecrets (section 12.4.3.1). ``path_secret`` is there if the commit had a path."""

    joiner_secret: Secret
    path_secret: Secret | None
    psks: tuple[PreSharedKeyID, ...]


@dataclass(frozen=True, slots=True)
class EncryptedGroupSecrets(Struct):
    """The GroupSecrets of the newcomer whose key package has this KeyPackageRef."""

    new_member: bytes
    encrypted_group_secrets: HPKECiphertext

    @classmethod
    def seal(
        cls, suite: CipherSuite, new_member: bytes, init_key: bytes, encrypted_group_info: bytes, secrets: GroupSecrets
    ) -> Self:
        """Encrypt to the init key of a newcomer's key package."""
        sealed = suite.encrypt_with_label(init_key, b"Welcome", encrypted_group_info, secrets.encode())
        return cls(new_member, sealed)


@dataclass(frozen=True, slots=True)
class Welcome(Struct, tag=WireFormat.WELCOME):
    """Welcome (section 12.4.3.1)."""

    cipher_suite: UInt16
    secrets: tuple[EncryptedGroupSecrets, ...]
    encrypted_group_info: bytes

    def open_secrets(self, suite: CipherSuite, new_member: bytes, init_private: bytes) -> GroupSecrets:
        """Decrypt what is meant for one key package.

        Args:
            suite: Of the key package.
            new_member: KeyPackageRef of the key package.
            init_private: Private half of its init key.

        Raises:
            ValidationError: Rule "welcome.cipher_suite" or "welcome.new_member": not meant for this key package.
            DecryptionError: It does not open.
            DecodeError: It opens to something else.
        """
        if self.cipher_suite != suite.suite_id:
            raise ValidationError("welcome.cipher_suite", "the Welcome has another cipher suite than the key package")
        for entry in self.secrets:
            if entry.new_member == new_member:
                opened = suite.decrypt_with_label(
                    init_private, b"Welcome", self.encrypted_group_info, entry.encrypted_group_secrets
                )
                return GroupSecrets.decode(opened)
        raise ValidationError("welcome.new_member", "the Welcome holds nothing for this key package")


def seal_group_info(suite: CipherSuite, welcome_secret: bytes, group_info: GroupInfo) -> bytes:
    """Encrypt a GroupInfo under the welcome secret of its epoch."""
    key, nonce = welcome_key_and_nonce(suite, welcome_secret)
    return suite.seal(key, nonce, group_info.encode(), b"")


def open_group_info(suite: CipherSuite, welcome_secret: bytes, encrypted: bytes) -> GroupInfo:
    """Decrypt a GroupInfo; its signature is not checked.

    Raises:
        DecryptionError: It does not open; one of the pre-shared keys is probably not the sender's.
        DecodeError: It opens to something else.
    """
    key, nonce = welcome_key_and_nonce(suite, welcome_secret)
    try:
        data = suite.open(key, nonce, encrypted, b"")
    except DecryptionError:
        raise DecryptionError("the GroupInfo does not open: a pre-shared key differs, or it was changed") from None
    return GroupInfo.decode(data)
