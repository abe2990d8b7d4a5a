"""Joining by a Welcome: RFC 9420, section 12.4.3.1, and the checks of a GroupInfo that every newcomer makes.

join_by_welcome(...)            -> Joined
check_group_info(...)           signature, tree hash, parent hashes, every leaf; also for an external commit
"""

from dataclasses import dataclass

from taboon_crypto.mls.ciphersuite import CipherSuite, SigningKey
from taboon_crypto.mls.errors import UnsupportedError, ValidationError
from taboon_crypto.mls.extension import RATCHET_TREE, check_unique_types, find
from taboon_crypto.mls.group.commit import FindPsk, collect_psks
from taboon_crypto.mls.group.epoch import Epoch
from taboon_crypto.mls.group.limits import Limits
from taboon_crypto.mls.group.validation import Scene, check_context_extensions, check_leaf_in_group
from taboon_crypto.mls.keys.psk import PreSharedKeyID, ResumptionPsk, ResumptionUsage, psk_secret
from taboon_crypto.mls.keys.schedule import epoch_secrets, welcome_secret
from taboon_crypto.mls.keys.transcript import check_confirmation_tag, interim_transcript_hash
from taboon_crypto.mls.messages.envelope import open_as
from taboon_crypto.mls.messages.key_package import KeyPackage, KeyPackageSecrets
from taboon_crypto.mls.messages.welcome import GroupInfo, Welcome, open_group_info
from taboon_crypto.mls.tree.hashes import check_parent_hashes, tree_hash
from taboon_crypto.mls.tree.kem import join_path
from taboon_crypto.mls.tree.leaf_node import MLS10
from taboon_crypto.mls.tree.ratchet_tree import RatchetTree, check_credentials, check_unique_keys
from taboon_crypto.primitives.secret import Secret

__all__ = ["Joined", "check_group_info", "join_by_welcome"]


@dataclass(frozen=True, slots=True, repr=False)
class Joined:
    """What a Welcome gives: the epoch, its encryption secret, and who signed the GroupInfo."""

    epoch: Epoch
    encryption_secret: Secret
    welcomed_by: int
    resumed: ResumptionPsk | None


def join_by_welcome(
    message: bytes,
    key_package: KeyPackage,
    secrets: KeyPackageSecrets,
    *,
    find_psk: FindPsk,
    now: int | None,
    ratchet_tree: bytes | None,
    limits: Limits,
) -> Joined:
    """Process a Welcome (section 12.4.3.1).

    Args:
        message: MLSMessage with the Welcome.
        key_package: Ours, that the Welcome is meant for.
        secrets: Of the key package.
        find_psk: Gives pre-shared keys; asked with empty authenticated data.
        now: Unix time, to look at the lifetimes of the members' leaves; None looks at none.
        ratchet_tree: Data of a ratchet_tree extension, if the Welcome does not bring it.
        limits: Of this device.

    Raises:
        ValidationError: A rule is broken.
        DecryptionError: Something does not open.
        UnknownPskError: A pre-shared key is not known.
        MlsError: Of other kinds, from malformed parts.
    """
    suite = CipherSuite.of(key_package.cipher_suite)
    key_package.check_secrets(secrets)
    welcome = open_as(Welcome, message)
    group_secrets = welcome.open_secrets(suite, key_package.ref(), secrets.init_private)
    resumed = _check_psk_ids(suite, group_secrets.psks)
    psks = psk_secret(suite, collect_psks(group_secrets.psks, find_psk, b""))
    joiner = group_secrets.joiner_secret
    group_info = open_group_info(suite, welcome_secret(suite, joiner, psks), welcome.encrypted_group_info)
    if group_info.group_context.cipher_suite != suite.suite_id:
        raise ValidationError("group_info.cipher_suite", "the GroupInfo has another cipher suite than the key package")
    tree = check_group_info(group_info, ratchet_tree=ratchet_tree, now=now, limits=limits)
    context = group_info.group_context
    leaf = tree.find(key_package.leaf_node)
    if leaf is None:
        raise ValidationError("welcome.own_leaf", "the group of the Welcome does not have the leaf of the key package")
    if leaf == group_info.signer:
        raise ValidationError("welcome.signer", "the GroupInfo claims to be signed by the very member it is for")
    private = join_path(tree, leaf, secrets.encryption_private, group_info.signer, group_secrets.path_secret)
    epoch_secret, encryption_secret = epoch_secrets(suite, joiner, psks, context.encode())
    confirmed, tag = context.confirmed_transcript_hash, group_info.confirmation_tag
    check_confirmation_tag(suite, epoch_secret.confirmation_key, confirmed, tag)
    if resumed is not None and context.epoch != 1:
        raise ValidationError("welcome.resumed_epoch", "a group that continues another one is joined in epoch 1 only")
    epoch = Epoch(
        context,
        tree,
        confirmation_tag=tag,
        interim_transcript_hash=interim_transcript_hash(suite, confirmed, tag),
        secrets=epoch_secret,
        private=private,
        signing_key=SigningKey(secrets.signing_seed),
    )
    return Joined(epoch, encryption_secret, group_info.signer, resumed)


def _check_psk_ids(suite: CipherSuite, psk_ids: tuple[PreSharedKeyID, ...]) -> ResumptionPsk | None:
    """Check the pre-shared keys of a Welcome (sections 8.4 and 12.4.3.1); return that of another group, if any."""
    for psk_id in psk_ids:
        psk_id.check_nonce(suite)
    if len(set(psk_ids)) != len(psk_ids):
        raise ValidationError("welcome.psk_twice", "the Welcome names one pre-shared key twice")
    resumed = [
        psk_id.psk
        for psk_id in psk_ids
        if isinstance(psk_id.psk, ResumptionPsk) and psk_id.psk.usage is not ResumptionUsage.APPLICATION
    ]
    if len(resumed) > 1:
        raise ValidationError("welcome.resumption_count", "the Welcome continues more than one other group")
    return resumed[0] if resumed else None


def check_group_info(
    group_info: GroupInfo,
    *,
    ratchet_tree: bytes | None,
    now: int | None,
    limits: Limits,
) -> RatchetTree:
    """Check a GroupInfo and the tree that belongs to it (section 12.4.3.1), and return the tree.

    Args:
        group_info: From a Welcome, or from somebody who lets us join by ourselves.
        ratchet_tree: Data of a ratchet_tree extension, if the GroupInfo does not bring it.
        now: Unix time, to look at the lifetimes of leaves; None looks at none.
        limits: Of this device.

    Raises:
        UnsupportedError: Another protocol version or an unknown suite.
        ValidationError: A rule is broken.
    """
    context = group_info.group_context
    if context.version != MLS10:
        raise UnsupportedError(f"the group is of protocol version {context.version}")
    if context.epoch > limits.max_epoch:
        raise ValidationError("group_info.epoch", "the group counts more epochs than any has had")
    suite = CipherSuite.of(context.cipher_suite)
    check_unique_types(group_info.extensions, "a GroupInfo")
    check_context_extensions(context.extensions)
    data = find(group_info.extensions, RATCHET_TREE)
    if data is None:
        data = ratchet_tree
    if data is None:
        raise ValidationError("group_info.tree_missing", "the ratchet tree is neither in the GroupInfo nor beside it")
    tree = RatchetTree.decode(suite, data, max_leaves=limits.max_leaves)
    signer = tree.leaf(group_info.signer)
    if signer is None:
        raise ValidationError("group_info.signer", "the GroupInfo names a signer who is no member")
    group_info.check_signature(suite, signer.signature_key)
    if tree_hash(tree) != context.tree_hash:
        raise ValidationError("group_info.tree_hash", "the ratchet tree is not the one that the GroupInfo names")
    for node in tree.nodes():
        suite.check_hpke_key(node.encryption_key)
    check_parent_hashes(tree)
    scene = Scene(suite, context.group_id, tree, context.extensions)
    for leaf, leaf_node in tree.leaves():
        suite.check_signature_key(leaf_node.signature_key)
        leaf_node.check_signature(suite, context.group_id, leaf)
        leaf_node.check_credential()
        leaf_node.check_extensions()
        if now is not None:
            leaf_node.check_lifetime(now, limits.max_lifetime)
        check_leaf_in_group(scene, leaf_node)
    check_unique_keys(tree)
    check_credentials(tree)
    return tree
