"""The ratchet tree: the official operations, the value semantics, and every rule a received tree can break."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taboon_crypto.mls.ciphersuite import CipherSuite
from taboon_crypto.mls.codec import Struct, UInt16, UInt32, varint
from taboon_crypto.mls.credential import X509, X509Credential
from taboon_crypto.mls.errors import DecodeError, MlsError, UsageError, ValidationError
from taboon_crypto.mls.tree import hashes, ratchet_tree
from taboon_crypto.mls.tree.indices import NodeIndex
from taboon_crypto.mls.tree.leaf_node import Capabilities, LeafNode
from taboon_crypto.mls.tree.nodes import ParentNode
from taboon_crypto.mls.tree.ratchet_tree import RatchetTree

from .grove import SUITE, Grove, stream
from .vectors import Case, each, unhex


@dataclass(frozen=True, slots=True)
class AddedKeyPackage(Struct, tag=1):
    """As much of an Add proposal as the tree needs: the KeyPackage up to its leaf node, and the rest of it."""

    version: UInt16
    cipher_suite: UInt16
    init_key: bytes
    leaf_node: LeafNode
    extensions: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class UpdatedLeaf(Struct, tag=2):
    leaf_node: LeafNode


@dataclass(frozen=True, slots=True)
class RemovedLeaf(Struct, tag=3):
    removed: UInt32


@dataclass(frozen=True, slots=True)
class Operation(Struct):
    proposal: AddedKeyPackage | UpdatedLeaf | RemovedLeaf


def refused(rule: str) -> "pytest.RaisesExc[ValidationError]":
    return pytest.raises(ValidationError, match=rf"\[{rule}\]$")


def as_vector(*nodes: bytes) -> bytes:
    body = b"".join(nodes)
    return varint(len(body)) + body


def leaf_entry(grove: Grove, leaf: int) -> bytes:
    return b"\x01\x01" + grove.leaf(leaf).encode()


def parent_entry(key: bytes, *unmerged: int) -> bytes:
    return b"\x01\x02" + ParentNode(key, b"", unmerged).encode()


BLANK = b"\x00"
KEY = SUITE.derive_key_pair(b"\x09" * 32).public


@each("tree-operations")
def test_operations_give_the_official_trees(case: Case) -> None:
    suite = CipherSuite.of(case["cipher_suite"])
    tree = RatchetTree.decode(suite, unhex(case["tree_before"]))
    assert tree.encode() == unhex(case["tree_before"])
    assert hashes.tree_hash(tree) == unhex(case["tree_hash_before"])
    proposal = Operation.decode(unhex(case["proposal"])).proposal
    if isinstance(proposal, AddedKeyPackage):
        after, _ = tree.add(proposal.leaf_node)
    elif isinstance(proposal, UpdatedLeaf):
        after = tree.update(case["proposal_sender"], proposal.leaf_node)
    else:
        after = tree.remove(proposal.removed)
    assert after.encode() == unhex(case["tree_after"])
    assert hashes.tree_hash(after) == unhex(case["tree_hash_after"])
    assert tree.encode() == unhex(case["tree_before"])


@each("tree-validation")
def test_official_trees_resolve_as_they_should(case: Case) -> None:
    tree = RatchetTree.decode(CipherSuite.of(case["cipher_suite"]), unhex(case["tree"]))
    assert tree.encode() == unhex(case["tree"])
    assert [tree.resolution(NodeIndex(node)) for node in range(len(case["resolutions"]))] == case["resolutions"]


# operations


def test_a_new_member_takes_the_leftmost_blank_leaf_and_widens_a_full_tree() -> None:
    grove = Grove.planted(4)
    grove.remove(1)
    assert grove.add() == 1
    assert grove.tree.leaf_count == 4
    assert grove.add() == 4
    assert grove.tree.leaf_count == 8
    grove.check()


def test_removing_the_rightmost_members_narrows_the_tree_as_far_as_it_goes() -> None:
    grove = Grove.grown(5)
    grove.remove(1)
    grove.remove(2)
    grove.remove(3)
    assert grove.tree.leaf_count == 8
    grove.remove(4)
    assert grove.tree.leaf_count == 1
    assert grove.tree.member_count == 1
    grove.check()


def test_an_operation_leaves_the_old_tree_as_it_was() -> None:
    grove = Grove.grown(6)
    tree = grove.tree
    before, hash_before = tree.encode(), hashes.tree_hash(tree)
    other = Grove.planted(1, random=stream("other")).leaf(0)
    for changed in (tree.add(other)[0], tree.remove(2), tree.update(3, other), grove.fresh(1).tree):
        assert hashes.tree_hash(changed) != hash_before
    assert tree.encode() == before
    tree.hash_cache[:] = [None] * len(tree.hash_cache)
    assert hashes.tree_hash(tree) == hash_before


def test_an_added_leaf_is_unmerged_at_every_parent_above_it_in_order() -> None:
    grove = Grove.grown(8)
    for leaf in (5, 2, 6):
        grove.remove(leaf)
    for sender in (0, 7, 3):
        grove.path(sender)
    for _ in range(3):
        grove.add()
    root = grove.tree.node(grove.tree.root)
    assert isinstance(root, ParentNode)
    assert root.unmerged_leaves == (2, 5, 6)
    assert grove.tree.resolution(grove.tree.root) == [7, 4, 10, 12]
    grove.check()


def test_blank_or_absent_members_are_neither_removed_nor_updated() -> None:
    grove = Grove.planted(3)
    for leaf in (3, 4, -1, 100):
        assert grove.tree.leaf(leaf) is None
        with pytest.raises(UsageError):
            grove.tree.remove(leaf)
        with pytest.raises(UsageError):
            grove.tree.update(leaf, grove.leaf(0))
    with pytest.raises(UsageError):
        RatchetTree.of_one(SUITE, grove.leaf(0)).remove(0)


def test_a_reserved_leaf_is_the_one_an_added_member_would_get() -> None:
    full = Grove.planted(4).tree
    wider, leaf = full.reserve_leaf()
    assert (leaf, wider.leaf_count, full.leaf_count) == (4, 8, 4)
    assert wider.reserve_leaf() == (wider, 4)


def test_members_are_found_by_their_exact_leaf() -> None:
    grove = Grove.planted(5)
    assert grove.tree.find(LeafNode.decode(grove.leaf(3).encode())) == 3
    assert grove.tree.find(replace(grove.leaf(3), signature=bytes(64))) is None


steps = st.lists(st.tuples(st.sampled_from(["add", "remove", "update", "path"]), st.integers(0, 1 << 16)), max_size=12)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 9), steps)
def test_whatever_happens_the_tree_stays_valid_and_everybody_can_follow(
    members: int, todo: list[tuple[str, int]]
) -> None:
    grove = Grove.planted(members)
    for what, choice in todo:
        leaf = grove.leaves[choice % len(grove.leaves)]
        if what == "add":
            grove.add()
        elif what == "remove" and len(grove.leaves) > 1:
            grove.remove(leaf)
        elif what == "update":
            grove.update(leaf)
        elif what == "path":
            grove.path(leaf)
    grove.check()


# received trees


def test_a_tree_that_is_empty_or_ends_blank_is_refused() -> None:
    leaf = leaf_entry(Grove.planted(1), 0)
    for data in (as_vector(), as_vector(leaf, BLANK), as_vector(leaf, BLANK, BLANK), as_vector(BLANK)):
        with refused("tree.trailing_blank"):
            RatchetTree.decode(SUITE, data)


def test_a_tree_that_ends_with_a_parent_of_nobody_is_refused() -> None:
    leaf = leaf_entry(Grove.planted(1), 0)
    with refused("tree.trailing_blank"):
        RatchetTree.decode(SUITE, as_vector(leaf, parent_entry(KEY)))


def test_leaves_stand_at_even_places_and_parents_at_odd_ones() -> None:
    grove = Grove.planted(2)
    first, second = leaf_entry(grove, 0), leaf_entry(grove, 1)
    for nodes in (
        (first, second),
        (first, first, second),
        (parent_entry(KEY), BLANK, second),
        (first, b"\x01\x03", second),
    ):
        with pytest.raises(DecodeError, match="neither blank nor of the kind"):
            RatchetTree.decode(SUITE, as_vector(*nodes))
    RatchetTree.decode(SUITE, as_vector(first, parent_entry(KEY), second))


def test_a_tree_wider_than_the_limit_is_refused_before_it_is_built() -> None:
    leaf = leaf_entry(Grove.planted(1), 0)
    with pytest.raises(DecodeError, match="more than 131071 nodes"):
        RatchetTree.decode(SUITE, as_vector(*([BLANK] * 1_000_000), leaf))
    narrow = as_vector(leaf, *([BLANK] * 7), leaf)
    with pytest.raises(DecodeError, match="more than 7 nodes"):
        RatchetTree.decode(SUITE, narrow, max_leaves=4)
    assert RatchetTree.decode(SUITE, narrow, max_leaves=8).leaf_count == 8


def test_a_tree_of_too_many_bytes_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = Grove.planted(3).tree.encode()
    monkeypatch.setattr(ratchet_tree, "MAX_MESSAGE_LENGTH", len(data))
    RatchetTree.decode(SUITE, data)
    monkeypatch.setattr(ratchet_tree, "MAX_MESSAGE_LENGTH", len(data) - 1)
    with pytest.raises(DecodeError, match="more than the limit"):
        RatchetTree.decode(SUITE, data)


def test_a_vector_that_lies_about_its_length_is_refused() -> None:
    data = Grove.planted(3).tree.encode()
    for wrong in (data[:-1], data + b"\x00", b"", b"\xff", b"\x40"):
        with pytest.raises(DecodeError):
            RatchetTree.decode(SUITE, wrong)


@pytest.mark.parametrize(
    ("rule", "unmerged"),
    [
        ("tree.unmerged_sorted", (3, 2)),
        ("tree.unmerged_sorted", (2, 2)),
        ("tree.unmerged_descendant", (4,)),
        ("tree.unmerged_descendant", (4_000_000_000,)),
        ("tree.unmerged_blank", (1,)),
    ],
)
def test_unmerged_leaves_are_sorted_members_below_the_node(rule: str, unmerged: tuple[int, ...]) -> None:
    grove = Grove.planted(5)
    nodes = [leaf_entry(grove, 0), BLANK, BLANK, parent_entry(KEY, *unmerged), leaf_entry(grove, 2), BLANK]
    nodes += [leaf_entry(grove, 3), BLANK, leaf_entry(grove, 4)]
    with refused(rule):
        RatchetTree.decode(SUITE, as_vector(*nodes))


def test_a_leaf_unmerged_at_a_node_is_unmerged_at_all_between() -> None:
    grove = Grove.planted(4)
    leaves = [leaf_entry(grove, leaf) for leaf in range(4)]
    other = SUITE.derive_key_pair(b"\x08" * 32).public
    for inner, fine in ((parent_entry(other), False), (parent_entry(other, 2), True), (BLANK, True)):
        data = as_vector(leaves[0], BLANK, leaves[1], parent_entry(KEY, 2), leaves[2], inner, leaves[3])
        if fine:
            RatchetTree.decode(SUITE, data)
        else:
            with refused("tree.unmerged_between"):
                RatchetTree.decode(SUITE, data)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_mutilated_tree_raises_only_errors_of_this_package(data: st.DataObject) -> None:
    encoding = bytearray(Grove.grown(3, random=stream("mutilated")).tree.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        encoding[data.draw(st.integers(0, len(encoding) - 1))] = data.draw(st.integers(0, 255))
    try:
        tree = RatchetTree.decode(SUITE, bytes(encoding))
        hashes.tree_hash(tree)
        ratchet_tree.check_unique_keys(tree)
        hashes.check_parent_hashes(tree)
    except MlsError:
        return
    assert RatchetTree.decode(SUITE, tree.encode()).encode() == bytes(encoding)


# keys and credentials of all members


def test_two_members_with_one_signature_key_are_refused() -> None:
    grove = Grove.planted(3)
    twin = replace(grove.leaf(1), encryption_key=KEY)
    tree, _ = grove.tree.add(twin)
    with refused("tree.signature_key_unique"):
        ratchet_tree.check_unique_keys(tree)
    with refused("tree.signature_key_unique"):
        ratchet_tree.check_unique_keys(grove.tree.update(2, twin))
    ratchet_tree.check_unique_keys(grove.tree.update(1, twin))


@pytest.mark.parametrize("of_parent", [False, True])
def test_two_nodes_with_one_encryption_key_are_refused(*, of_parent: bool) -> None:
    grove = Grove.grown(3)
    node = grove.tree.node(NodeIndex(1 if of_parent else 4))
    assert node is not None
    twin = replace(Grove.planted(1, random=stream("twin")).leaf(0), encryption_key=node.encryption_key)
    tree, _ = grove.tree.add(twin)
    with refused("tree.encryption_key_unique"):
        ratchet_tree.check_unique_keys(tree)


def test_a_credential_type_is_used_only_where_everybody_supports_it() -> None:
    grove = Grove.planted(3)
    ratchet_tree.check_credentials(grove.tree)
    newcomer = Grove.planted(1, random=stream("x509")).leaf(0)
    both = Capabilities.of(credentials=(1, X509))
    ratchet_tree.check_credentials(grove.tree.add(replace(newcomer, capabilities=both))[0])
    with refused("tree.credentials_supported"):
        ratchet_tree.check_credentials(
            grove.tree.add(replace(newcomer, credential=X509Credential(()), capabilities=both))[0]
        )
    with refused("tree.credentials_supported"):
        ratchet_tree.check_credentials(
            grove.tree.add(replace(newcomer, capabilities=Capabilities.of(credentials=())))[0]
        )
