"""TreeKEM: the official paths both ways, and every way a path can be wrong."""

from dataclasses import replace

import pytest

from taboon_crypto.mls.ciphersuite import CipherSuite, HPKECiphertext, SigningKey
from taboon_crypto.mls.credential import BasicCredential
from taboon_crypto.mls.errors import DecodeError, DecryptionError, UsageError, ValidationError
from taboon_crypto.mls.keys.schedule import GroupContext
from taboon_crypto.mls.tree import hashes
from taboon_crypto.mls.tree.kem import (
    FreshPath,
    TreePrivate,
    UpdatePath,
    check_path,
    decrypt_path,
    join_path,
    merge_path,
)
from taboon_crypto.mls.tree.leaf_node import Capabilities
from taboon_crypto.mls.tree.ratchet_tree import RatchetTree

from .grove import GROUP_ID, SUITE, Grove, stream
from .vectors import Case, each, unhex


def refused(rule: str) -> "pytest.RaisesExc[ValidationError]":
    return pytest.raises(ValidationError, match=rf"\[{rule}\]$")


@each("treekem")
def test_official_paths_are_followed_and_our_own_are_followed_by_the_same_members(case: Case) -> None:
    suite = CipherSuite.of(case["cipher_suite"])
    group_id, epoch = unhex(case["group_id"]), case["epoch"]
    tree = RatchetTree.decode(suite, unhex(case["ratchet_tree"]))
    members: dict[int, TreePrivate] = {}
    signing: dict[int, SigningKey] = {}
    for leaf in case["leaves_private"]:
        private = TreePrivate.of_leaf(leaf["index"], unhex(leaf["encryption_priv"]))
        for known in leaf["path_secrets"]:
            secret = suite.derive_secret(unhex(known["path_secret"]), b"node")
            private = private.with_keys({known["node"]: suite.derive_key_pair(secret).private})
        private.check(tree)
        members[leaf["index"]] = private
        signing[leaf["index"]] = SigningKey(unhex(leaf["signature_priv"]))

    def context(tree: RatchetTree) -> bytes:
        transcript = unhex(case["confirmed_transcript_hash"])
        return GroupContext(1, suite.suite_id, group_id, epoch, hashes.tree_hash(tree), transcript).encode()

    def follow(sender: int, path: UpdatePath) -> tuple[RatchetTree, set[bytes]]:
        path.leaf_node.check_signature(suite, group_id, sender)
        check_path(tree, sender, path)
        merged = merge_path(tree, sender, path)
        hashes.check_parent_hashes(merged)
        secrets = set()
        for leaf, private in members.items():
            if leaf != sender:
                known, commit_secret = decrypt_path(merged, private, sender, path, context(merged))
                known.check(merged)
                secrets.add(bytes(commit_secret))
        return merged, secrets

    for official in case["update_paths"]:
        sender = official["sender"]
        path = UpdatePath.decode(unhex(official["update_path"]))
        assert path.encode() == unhex(official["update_path"])
        merged, secrets = follow(sender, path)
        assert hashes.tree_hash(merged) == unhex(official["tree_hash_after"])
        assert secrets == {unhex(official["commit_secret"])}
        for leaf, path_secret in enumerate(official["path_secrets"]):
            if path_secret is not None:
                leaf_key = members[leaf].key_of(2 * leaf)
                assert leaf_key is not None
                join_path(merged, leaf, leaf_key, sender, unhex(path_secret)).check(merged)

        old = tree.leaf(sender)
        assert old is not None
        fresh = FreshPath.create(
            tree,
            sender,
            signing[sender],
            credential=old.credential,
            capabilities=old.capabilities,
            extensions=old.extensions,
            group_id=group_id,
            random=stream(sender),
        )
        merged, secrets = follow(sender, UpdatePath.decode(fresh.encrypt(context(fresh.tree)).encode()))
        assert merged.encode() == fresh.tree.encode()
        assert secrets == {bytes(fresh.commit_secret)}
        fresh.private.check(merged)


# what a path does


def test_a_removed_member_can_follow_no_later_path() -> None:
    grove = Grove.grown(4)
    left_behind = grove.private[2]
    grove.remove(2)
    assert left_behind.fitting(grove.tree).keys == ()
    fresh = grove.fresh(0)
    path = fresh.encrypt(b"context")
    merged = merge_path(grove.tree, 0, path)
    with pytest.raises(DecryptionError):
        decrypt_path(merged, left_behind, 0, path, b"context")
    for sealed in (sealed for node in path.nodes for sealed in node.encrypted_path_secret):
        for entry in left_behind.keys:
            with pytest.raises(DecryptionError):
                SUITE.decrypt_with_label(entry.private, b"UpdatePathNode", b"context", sealed)


def test_a_removed_member_beside_whom_nobody_is_left_is_told_that_a_path_is_not_for_it() -> None:
    grove = Grove.grown(4)
    left_behind = grove.private[1]
    grove.remove(1)
    fresh = grove.fresh(0)
    with pytest.raises(DecryptionError, match="our leaf is blank"):
        decrypt_path(fresh.tree, left_behind, 0, fresh.encrypt(b"context"), b"context")


def test_keys_of_nodes_that_are_gone_fit_no_longer() -> None:
    grove = Grove.grown(5)
    private = grove.private[0]
    assert private.key_of(7) is not None
    grove.remove(4)
    assert grove.tree.leaf_count == 4
    with refused("path.public_key"):
        private.check(grove.tree)
    assert private.fitting(grove.tree).key_of(7) is None
    private.fitting(grove.tree).check(grove.tree)


def test_members_added_by_the_same_commit_get_no_ciphertext_but_their_path_secret() -> None:
    grove = Grove.grown(5)
    newcomers = [grove.add(), grove.add()]
    private = {leaf: grove.private[leaf].keys[0].private for leaf in newcomers}
    fresh, path = grove.path(1, newcomers)
    assert sum(len(node.encrypted_path_secret) for node in path.nodes) < len(
        [node for _, beside in grove.tree.filtered_direct_path(1) for node in grove.tree.resolution(beside)]
    )
    for leaf in newcomers:
        secret = fresh.path_secret_for(leaf)
        grove.private[leaf] = join_path(grove.tree, leaf, private[leaf], 1, secret)
        assert grove.private[leaf].key_of(grove.tree.root) == fresh.private.key_of(grove.tree.root)
    grove.check()
    grove.path(newcomers[0])
    grove.check()


def test_a_sender_alone_in_its_group_still_gets_a_fresh_commit_secret() -> None:
    grove = Grove.planted(1)
    first, path = grove.path(0)
    second, _ = grove.path(0)
    assert path.nodes == ()
    assert first.commit_secret != second.commit_secret
    grove.check()


def test_two_paths_over_the_same_nodes_share_no_secret() -> None:
    grove = Grove.grown(4)
    first, _ = grove.path(0)
    second, _ = grove.path(0)
    assert first.commit_secret != second.commit_secret
    assert not {entry.private for entry in first.private.keys} & {entry.private for entry in second.private.keys}


def test_a_newcomer_by_external_commit_takes_a_reserved_leaf() -> None:
    grove = Grove.grown(4)
    tree, leaf = grove.tree.reserve_leaf()
    grove.tree, grove.signing[leaf] = tree, SigningKey.generate(grove.random)
    fresh = FreshPath.create(
        tree,
        leaf,
        grove.signing[leaf],
        credential=BasicCredential(b"newcomer"),
        capabilities=Capabilities.of(),
        extensions=(),
        group_id=GROUP_ID,
        random=grove.random,
    )
    path = fresh.encrypt(b"context")
    check_path(tree, leaf, path)
    grove.tree = merge_path(tree, leaf, path)
    for member in list(grove.private):
        grove.private[member], secret = decrypt_path(grove.tree, grove.private[member], leaf, path, b"context")
        assert secret == fresh.commit_secret
    grove.private[leaf] = fresh.private
    grove.check()


def test_a_private_tree_survives_saving_and_does_not_print() -> None:
    private = Grove.grown(4).private[2]
    assert TreePrivate.decode(private.encode()) == private
    for entry in private.keys:
        assert entry.private.hex() not in repr(private)
        assert repr(bytes(entry.private))[2:-1] not in repr(private)
    fresh = Grove.grown(3).fresh(0)
    assert repr(bytes(fresh.commit_secret))[2:-1] not in repr(fresh)


# how a path can be wrong


@pytest.fixture
def grove() -> Grove:
    return Grove.grown(5)


def changed(path: UpdatePath, position: int, **fields: object) -> UpdatePath:
    nodes = list(path.nodes)
    nodes[position] = replace(nodes[position], **fields)  # type: ignore[arg-type]  # fields are named by each test
    return replace(path, nodes=tuple(nodes))


def test_a_path_that_is_too_short_or_too_long_is_refused(grove: Grove) -> None:
    path = grove.fresh(1).encrypt(b"context")
    for nodes in ((), path.nodes[:-1], (*path.nodes, path.nodes[0])):
        with refused("path.length"):
            check_path(grove.tree, 1, replace(path, nodes=nodes))


def test_a_path_that_leaves_somebody_out_or_encrypts_to_more_is_refused(grove: Grove) -> None:
    newcomer = grove.add()
    path = grove.fresh(1).encrypt(b"context", [newcomer])
    check_path(grove.tree, 1, path, [newcomer])
    with refused("path.ciphertexts"):
        check_path(grove.tree, 1, path)
    for position, node in enumerate(path.nodes):
        for sealed in ((), node.encrypted_path_secret[:-1], (*node.encrypted_path_secret, HPKECiphertext(b"", b""))):
            with refused("path.ciphertexts"):
                check_path(grove.tree, 1, changed(path, position, encrypted_path_secret=sealed), [newcomer])


def test_a_path_with_a_key_that_is_in_the_tree_or_twice_in_the_path_is_refused(grove: Grove) -> None:
    path = grove.fresh(1).encrypt(b"context")
    root = grove.tree.node(grove.tree.root)
    assert root is not None
    keys = [
        grove.leaf(3).encryption_key,
        grove.leaf(1).encryption_key,
        root.encryption_key,
        path.nodes[1].encryption_key,
    ]
    for key in keys:
        with refused("path.key_unique"):
            check_path(grove.tree, 1, changed(path, 0, encryption_key=key))
    for key in (grove.leaf(1).encryption_key, grove.leaf(2).encryption_key, path.nodes[0].encryption_key):
        with refused("path.key_unique"):
            check_path(grove.tree, 1, replace(path, leaf_node=replace(path.leaf_node, encryption_key=key)))


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(32), b"\x01" + bytes(31), b"\xff" * 32])
def test_a_path_with_a_key_nobody_can_use_is_refused(grove: Grove, key: bytes) -> None:
    path = grove.fresh(1).encrypt(b"context")
    with refused("hpke_key"):
        check_path(grove.tree, 1, changed(path, 1, encryption_key=key))
    with refused("hpke_key"):
        check_path(grove.tree, 1, replace(path, leaf_node=replace(path.leaf_node, encryption_key=key)))


def test_a_leaf_that_does_not_carry_the_hash_of_its_path_is_refused(grove: Grove) -> None:
    path = grove.fresh(1).encrypt(b"context")
    other_leaf = grove.fresh(1).leaf_node
    for leaf_node in (other_leaf, Grove.planted(1).leaf(0)):
        with refused("path.parent_hash"):
            merge_path(grove.tree, 1, replace(path, leaf_node=leaf_node))


def test_a_path_secret_that_gives_another_key_is_refused(grove: Grove) -> None:
    fresh = grove.fresh(1)
    path = fresh.encrypt(b"context")
    strange = SUITE.derive_key_pair(b"\x03" * 32).public
    bent = changed(path, 1, encryption_key=strange)
    nodes, parent_hash = hashes.path_nodes(grove.tree, 1, [node.encryption_key for node in bent.nodes])
    merged = grove.tree.with_path(1, path.leaf_node, nodes)
    assert parent_hash
    for leaf in (0, 2, 3):
        with refused("path.public_key"):
            decrypt_path(merged, grove.private[leaf], 1, bent, b"context")


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_path_secret_of_another_length_is_refused(grove: Grove, length: int) -> None:
    fresh = grove.fresh(1)
    path = fresh.encrypt(b"context")
    sealed = SUITE.encrypt_with_label(grove.leaf(0).encryption_key, b"UpdatePathNode", b"context", bytes(length))
    with refused("path.secret_length"):
        decrypt_path(fresh.tree, grove.private[0], 1, changed(path, 0, encrypted_path_secret=(sealed,)), b"context")


def test_a_path_opens_only_in_its_own_context_and_unchanged(grove: Grove) -> None:
    fresh = grove.fresh(1)
    path = fresh.encrypt(b"context")
    with pytest.raises(DecryptionError):
        decrypt_path(fresh.tree, grove.private[0], 1, path, b"another context")
    sealed = path.nodes[0].encrypted_path_secret[0]
    for wrong in (
        HPKECiphertext(sealed.kem_output, sealed.ciphertext[:-1]),
        HPKECiphertext(sealed.kem_output[:-1], sealed.ciphertext),
        HPKECiphertext(bytes(32), sealed.ciphertext),
        HPKECiphertext(b"", b""),
    ):
        with pytest.raises(DecryptionError):
            decrypt_path(fresh.tree, grove.private[0], 1, changed(path, 0, encrypted_path_secret=(wrong,)), b"context")


def test_a_path_of_our_own_is_not_decrypted(grove: Grove) -> None:
    fresh = grove.fresh(1)
    with pytest.raises(UsageError):
        decrypt_path(fresh.tree, grove.private[1], 1, fresh.encrypt(b"context"), b"context")


def test_a_member_without_any_fitting_key_is_told_so(grove: Grove) -> None:
    fresh = grove.fresh(1)
    with pytest.raises(DecryptionError):
        decrypt_path(fresh.tree, TreePrivate(0, ()), 1, fresh.encrypt(b"context"), b"context")


def test_a_truncated_path_does_not_decode(grove: Grove) -> None:
    encoding = grove.fresh(1).encrypt(b"context").encode()
    for cut in (0, 1, len(encoding) // 2, len(encoding) - 1):
        with pytest.raises(DecodeError):
            UpdatePath.decode(encoding[:cut])


# joining


def test_a_newcomer_refuses_a_path_secret_that_is_not_that_of_the_tree(grove: Grove) -> None:
    newcomer = grove.add()
    private = grove.private[newcomer].keys[0].private
    fresh, _ = grove.path(1, [newcomer])
    secret = fresh.path_secret_for(newcomer)
    join_path(grove.tree, newcomer, private, 1, secret).check(grove.tree)
    with refused("path.public_key"):
        join_path(grove.tree, newcomer, private, 1, bytes(32))
    with refused("path.secret_length"):
        join_path(grove.tree, newcomer, private, 1, secret[:-1])
    with refused("path.public_key"):
        join_path(grove.tree, newcomer, bytes(32), 1, secret)
    with refused("path.public_key"):
        join_path(grove.tree, newcomer, private, newcomer, secret)
    with pytest.raises(UsageError):
        fresh.path_secret_for(1)


def test_a_newcomer_refuses_a_path_secret_for_a_blank_node() -> None:
    grove = Grove.planted(4)
    private = grove.private[3].keys[0].private
    with refused("path.public_key"):
        join_path(grove.tree, 3, private, 0, bytes(32))
    assert join_path(grove.tree, 3, private, 0, None) == grove.private[3]
