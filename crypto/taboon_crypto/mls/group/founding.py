"""A new group of one: RFC 9420, chapter 11."""

from dataclasses import replace

from taboon_crypto.mls.ciphersuite import CipherSuite, Random
from taboon_crypto.mls.extension import Extension, check_no_grease
from taboon_crypto.mls.group.epoch import Epoch
from taboon_crypto.mls.group.validation import Scene, check_context_extensions, check_leaf_in_group
from taboon_crypto.mls.keys.schedule import GroupContext, founding_secrets
from taboon_crypto.mls.keys.transcript import confirmation_tag, interim_transcript_hash
from taboon_crypto.mls.messages.key_package import CLOCK_MARGIN, MemberProfile
from taboon_crypto.mls.tree.hashes import tree_hash
from taboon_crypto.mls.tree.kem import TreePrivate
from taboon_crypto.mls.tree.leaf_node import MLS10, Lifetime
from taboon_crypto.mls.tree.ratchet_tree import RatchetTree
from taboon_crypto.primitives.secret import Secret

__all__ = ["found"]


def found(
    suite: CipherSuite,
    group_id: bytes,
    member: MemberProfile,
    extensions: tuple[Extension, ...],
    *,
    now: int,
    lifetime: int,
    random: Random,
) -> tuple[Epoch, Secret]:
    """Return epoch 0 of a new group, and its encryption secret; see ``Group.create``.

    Raises:
        ValidationError: Extensions or profile break a rule.
        UsageError: An extension is of a type that exists to be ignored.
        DecodeError: An extension of a known type has data that is none.
    """
    check_context_extensions(extensions)
    check_no_grease(extensions)
    profile = replace(member, capabilities=member.supported().with_grease(random(1)[0]))
    key = suite.generate_key_pair(random)
    leaf_node = profile.leaf_node(suite, key.public, Lifetime(max(0, now - CLOCK_MARGIN), now + lifetime))
    leaf_node.check_credential()
    leaf_node.check_extensions()
    tree = RatchetTree.of_one(suite, leaf_node)
    check_leaf_in_group(Scene(suite, group_id, tree, extensions), leaf_node)
    secrets, encryption_secret = founding_secrets(suite, random(suite.hash_length))
    tag = confirmation_tag(suite, secrets.confirmation_key, b"")
    epoch = Epoch(
        GroupContext(MLS10, suite.suite_id, group_id, 0, tree_hash(tree), b"", extensions),
        tree,
        confirmation_tag=tag,
        interim_transcript_hash=interim_transcript_hash(suite, b"", tag),
        secrets=secrets,
        private=TreePrivate.of_leaf(0, key.private),
        signing_key=member.signing_key,
    )
    return epoch, encryption_secret
