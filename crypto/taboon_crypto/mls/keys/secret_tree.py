"""The secret tree and the ratchets of the senders: RFC 9420, chapter 9, sections 6.3.1, 6.3.2 and 15.3.

    tree = SecretTree(suite, leaf_count, encryption_secret, limits)
    key = tree.peek(leaf, Ratchet.APPLICATION, generation)     computes, changes nothing
    key = tree.next_key(own_leaf, Ratchet.APPLICATION)         the same for the next message of our own
    tree.spend(key)                                            deletes all that the key could be derived from

A message is opened with the peeked key; the key is spent only after every check of the message, so that a forged
message moves nothing. A key is peeked as often as one likes and spent once: then ``peek`` raises KeySpentError.

Saving goes by parts: "secrets" for the tree secrets not yet used, "sender/N" for the two ratchets of leaf N.
``changed()`` names the parts to write since ``mark_saved()``. They belong in one transaction: together they never hold
a spent key, nor anything from which one follows. ``SecretTree.load`` reads each part when it is first needed.

    guarded_nonce(nonce, guard)                                         section 6.3.1
    sender_data_key_and_nonce(suite, sender_data_secret, ciphertext)    section 6.3.2
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, Self

from taboon_crypto.mls.ciphersuite import CipherSuite
from taboon_crypto.mls.codec import Struct, UInt32, UInt64
from taboon_crypto.mls.errors import KeySpentError, KeyTooFarError, KeyUnavailableError, UsageError
from taboon_crypto.mls.tree import indices as ix
from taboon_crypto.primitives.secret import Secret

__all__ = [
    "REUSE_GUARD_LENGTH",
    "MessageKey",
    "Ratchet",
    "RatchetLimits",
    "SecretTree",
    "guarded_nonce",
    "sender_data_key_and_nonce",
]

REUSE_GUARD_LENGTH: Final = 4
LAST_GENERATION: Final = 0xFFFF_FFFF
SECRETS_PART: Final = "secrets"


class Ratchet(Enum):
    """The two ratchets of a sender."""

    HANDSHAKE = b"handshake"
    APPLICATION = b"application"


@dataclass(frozen=True, slots=True)
class RatchetLimits:
    """How much disorder is borne (section 15.3).

    Attributes:
        out_of_order: Keys of skipped messages are kept for so many generations behind the newest one spent.
        max_forward: A message may be so many generations ahead of the next one expected.
    """

    out_of_order: int = 128
    max_forward: int = 4096

    def __post_init__(self) -> None:
        if self.out_of_order < 0 or self.max_forward < 0:
            raise UsageError("the limits of a ratchet are not negative")


@dataclass(frozen=True, slots=True)
class _SkippedKey(Struct):
    generation: UInt32
    key: Secret
    nonce: Secret


@dataclass(frozen=True, slots=True)
class _RatchetState(Struct):
    """``secret`` is ratchet_secret_[next_generation], empty after the last generation."""

    next_generation: UInt64
    secret: Secret
    skipped: tuple[_SkippedKey, ...]


@dataclass(frozen=True, slots=True)
class _SenderState(Struct):
    handshake: _RatchetState
    application: _RatchetState

    def of(self, ratchet: Ratchet) -> _RatchetState:
        return self.handshake if ratchet is Ratchet.HANDSHAKE else self.application

    def with_ratchet(self, ratchet: Ratchet, state: _RatchetState) -> Self:
        if ratchet is Ratchet.HANDSHAKE:
            return type(self)(state, self.application)
        return type(self)(self.handshake, state)


@dataclass(frozen=True, slots=True)
class _TreeSecret(Struct):
    node: UInt32
    secret: Secret


@dataclass(frozen=True, slots=True)
class _TreeSecrets(Struct):
    leaf_count: UInt32
    secrets: tuple[_TreeSecret, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """What spending a key changes: the sender's state, and the tree secrets where the sender had none yet."""

    version: int
    sender: _SenderState
    secrets: dict[int, Secret] | None


@dataclass(frozen=True, slots=True)
class MessageKey:
    """Key and nonce of one message, peeked and not spent.

    Attributes:
        leaf: Leaf index of the sender.
        ratchet: Which of its ratchets.
        generation: Number of the message.
        key: Nk bytes.
        nonce: Nn bytes, before the reuse guard.
    """

    leaf: int
    ratchet: Ratchet
    generation: int
    key: Secret
    nonce: Secret
    _step: _Step


class SecretTree:
    """The secret tree of one epoch, with the ratchets of all senders."""

    __slots__ = ("_changed", "_leaf_count", "_limits", "_saved", "_secrets", "_senders", "_suite", "_version")

    def __init__(
        self, suite: CipherSuite, leaf_count: int, encryption_secret: bytes, limits: RatchetLimits | None = None
    ) -> None:
        """Begin an epoch.

        Args:
            suite: Suite of the group.
            leaf_count: Width of the ratchet tree, a power of two.
            encryption_secret: Nh bytes, to be forgotten by the caller.
            limits: How much disorder is borne.
        """
        self._suite = suite
        self._limits = limits or RatchetLimits()
        self._leaf_count = leaf_count
        self._secrets: dict[int, Secret] | None = {ix.root(leaf_count): Secret(encryption_secret)}
        self._senders: dict[int, _SenderState] = {}
        self._saved: dict[str, bytes] = {}
        self._changed = {SECRETS_PART}
        self._version = 0

    # using

    def peek(self, leaf: int, ratchet: Ratchet, generation: int) -> MessageKey:
        """Compute the key of a message without changing anything.

        Args:
            leaf: Leaf index of the sender.
            ratchet: Handshake for proposals and commits, application for the rest.
            generation: From the sender data of the message.

        Raises:
            KeySpentError: The key was spent, or fell out of the window.
            KeyTooFarError: The message is further ahead than the limit.
            KeyUnavailableError: There is no such leaf or generation.
        """
        if not 0 <= leaf < self._leaf_count_known() or not 0 <= generation <= LAST_GENERATION:
            raise KeyUnavailableError("a message names a sender or a generation that does not exist")
        sender, secrets = self._sender(leaf)
        state = sender.of(ratchet)
        if generation < state.next_generation:
            return self._peek_skipped(leaf, ratchet, generation, sender)
        ahead = generation - state.next_generation
        if ahead > self._limits.max_forward:
            limit = self._limits.max_forward
            raise KeyTooFarError(f"a message is {ahead} generations ahead; at most {limit} are derived at once")
        oldest = generation - self._limits.out_of_order
        secret = state.secret
        skipped = [entry for entry in state.skipped if entry.generation >= oldest]
        for passed in range(state.next_generation, generation):
            if passed >= oldest:
                skipped.append(_SkippedKey(passed, *self._key_and_nonce(secret, passed)))
            secret = self._advance(secret, passed)
        key, nonce = self._key_and_nonce(secret, generation)
        after = _RatchetState(generation + 1, self._advance(secret, generation), tuple(skipped))
        step = _Step(self._version, sender.with_ratchet(ratchet, after), secrets)
        return MessageKey(leaf, ratchet, generation, key, nonce, step)

    def next_key(self, leaf: int, ratchet: Ratchet) -> MessageKey:
        """Compute the key of our own next message.

        Raises:
            UsageError: All 2^32 generations of this epoch are used: commit, then send.
            KeyUnavailableError: There is no such leaf.
        """
        if not 0 <= leaf < self._leaf_count_known():
            raise KeyUnavailableError("nobody is at this leaf")
        generation = self._sender(leaf)[0].of(ratchet).next_generation
        if generation > LAST_GENERATION:
            raise UsageError("this epoch has no key left for sending: commit first")
        return self.peek(leaf, ratchet, generation)

    def handshakes(self, leaves: Iterable[int]) -> Self:
        """Return what opens the handshake messages of some senders that were not opened yet, and no other message."""
        secrets = dict(self._tree_secrets())
        nothing = _RatchetState(LAST_GENERATION + 1, Secret(b""), ())
        parts = {SECRETS_PART: _TreeSecrets(self._leaf_count, ()).encode()}
        for leaf in leaves:
            known = leaf in self._senders or _sender_part(leaf) in self._saved
            sender = self._sender(leaf)[0] if known else self._derived(leaf, secrets)
            parts[_sender_part(leaf)] = sender.with_ratchet(Ratchet.APPLICATION, nothing).encode()
        return self.load(self._suite, parts, self._limits)

    def take_back(self, leaf: int, ratchet: Ratchet, generation: int, key: Secret, nonce: Secret) -> None:
        """Have a key of a begun sender again that was spent here, as whoever kept it knows it."""
        sender, _ = self._sender(leaf)
        state = sender.of(ratchet)
        kept = replace(state, skipped=(*state.skipped, _SkippedKey(generation, key, nonce)))
        self._senders[leaf] = sender.with_ratchet(ratchet, kept)

    def spend(self, key: MessageKey) -> None:
        """Delete a peeked key and all it follows from.

        Raises:
            KeySpentError: It was spent meanwhile.
        """
        if key._step.version != self._version:  # noqa: SLF001  # of this module
            # Another key was spent since: its step is part of ours now.
            key = self.peek(key.leaf, key.ratchet, key.generation)
        step = key._step  # noqa: SLF001  # of this module
        self._senders[key.leaf] = step.sender
        self._outdate(_sender_part(key.leaf))
        if step.secrets is not None:
            self._secrets = step.secrets
            self._outdate(SECRETS_PART)
        self._version += 1

    def _outdate(self, name: str) -> None:
        """Note that a part is to be written, and forget what was saved of it: the spent key follows from that."""
        self._changed.add(name)
        self._saved.pop(name, None)

    def _peek_skipped(self, leaf: int, ratchet: Ratchet, generation: int, sender: _SenderState) -> MessageKey:
        state = sender.of(ratchet)
        entry = next((entry for entry in state.skipped if entry.generation == generation), None)
        if entry is None:
            raise KeySpentError("the key of a message was used already, or is older than the keys that are kept")
        rest = tuple(other for other in state.skipped if other is not entry)
        after = _RatchetState(state.next_generation, state.secret, rest)
        step = _Step(self._version, sender.with_ratchet(ratchet, after), None)
        return MessageKey(leaf, ratchet, generation, entry.key, entry.nonce, step)

    def _sender(self, leaf: int) -> tuple[_SenderState, dict[int, Secret] | None]:
        """Return the ratchets of a sender, and the tree secrets that remain once they are begun."""
        sender = self._senders.get(leaf)
        if sender is None:
            saved = self._saved.get(_sender_part(leaf))
            if saved is None:
                return self._begin(leaf)
            sender = self._senders[leaf] = _SenderState.decode(saved)
        return sender, None

    def _begin(self, leaf: int) -> tuple[_SenderState, dict[int, Secret]]:
        """Derive the ratchets of a sender who has none yet: down from the nearest ancestor with a secret."""
        secrets = dict(self._tree_secrets())
        return self._derived(leaf, secrets), secrets

    def _derived(self, leaf: int, secrets: dict[int, Secret]) -> _SenderState:
        """Derive the ratchets of a sender; the tree secrets are replaced by those that remain."""
        suite, node = self._suite, ix.node_of(leaf)
        down = [node]
        while node not in secrets:
            if node == ix.root(self._leaf_count):
                raise KeySpentError("the secrets of a sender are gone")
            node = ix.parent(node)
            down.append(node)
        secret = secrets.pop(node)
        for target in reversed(down[:-1]):
            is_left = target == ix.left(node)
            other = ix.right(node) if is_left else ix.left(node)
            secrets[other] = self._child(secret, b"right" if is_left else b"left")
            secret = self._child(secret, b"left" if is_left else b"right")
            node = target
        length = suite.hash_length
        ratchets = (
            _RatchetState(0, suite.expand_with_label(secret, ratchet.value, b"", length), ())
            for ratchet in (Ratchet.HANDSHAKE, Ratchet.APPLICATION)
        )
        return _SenderState(*ratchets)

    def _child(self, secret: Secret, side: bytes) -> Secret:
        return self._suite.expand_with_label(secret, b"tree", side, self._suite.hash_length)

    def _key_and_nonce(self, secret: Secret, generation: int) -> tuple[Secret, Secret]:
        derive, aead = self._suite.derive_tree_secret, self._suite.aead
        return (
            derive(secret, b"key", generation, aead.key_length),
            derive(secret, b"nonce", generation, aead.nonce_length),
        )

    def _advance(self, secret: Secret, generation: int) -> Secret:
        if generation == LAST_GENERATION:
            return Secret(b"")
        return self._suite.derive_tree_secret(secret, b"secret", generation, self._suite.hash_length)

    # saving

    @classmethod
    def load(cls, suite: CipherSuite, parts: Mapping[str, bytes], limits: RatchetLimits | None = None) -> Self:
        """Return the tree that was saved in parts; a part is decoded when it is first needed.

        Args:
            suite: Suite of the group.
            parts: By name.
            limits: How much disorder is borne from now on.

        Raises:
            UsageError: The part "secrets" is missing.
        """
        if SECRETS_PART not in parts:
            raise UsageError("a saved secret tree has a part named 'secrets'")
        tree = cls(suite, 1, b"", limits)
        tree._saved = dict(parts)
        tree._secrets = None
        tree._changed = set()
        return tree

    def changed(self) -> frozenset[str]:
        """Return the names of the parts that differ from what was saved."""
        return frozenset(self._changed)

    def part(self, name: str) -> bytes:
        """Return one part by name, encoded.

        Raises:
            UsageError: There is no such part.
        """
        if name == SECRETS_PART:
            secrets = self._tree_secrets()
            entries = tuple(_TreeSecret(node, secrets[node]) for node in sorted(secrets))
            return _TreeSecrets(self._leaf_count, entries).encode()
        _, _, leaf = name.partition("/")
        if leaf.isdecimal() and name == _sender_part(int(leaf)) and int(leaf) in self._senders:
            return self._senders[int(leaf)].encode()
        if name in self._saved:
            return self._saved[name]
        raise UsageError(f"a secret tree has no part named {name!r}")

    def names(self) -> frozenset[str]:
        """Return the names of all parts."""
        return frozenset({SECRETS_PART, *self._saved, *(_sender_part(leaf) for leaf in self._senders)})

    def parts(self) -> dict[str, bytes]:
        """Return all parts, by name."""
        return {name: self.part(name) for name in sorted(self.names())}

    def mark_saved(self) -> None:
        """Note that all changed parts are written."""
        self._changed.clear()

    def _tree_secrets(self) -> dict[int, Secret]:
        if self._secrets is None:
            saved = _TreeSecrets.decode(self._saved[SECRETS_PART])
            self._leaf_count = saved.leaf_count
            self._secrets = {entry.node: entry.secret for entry in saved.secrets}
        return self._secrets

    def _leaf_count_known(self) -> int:
        self._tree_secrets()
        return self._leaf_count

    def __repr__(self) -> str:
        return "SecretTree(<hidden>)"


def _sender_part(leaf: int) -> str:
    return f"sender/{leaf}"


def guarded_nonce(nonce: bytes, guard: bytes) -> bytes:
    """Return the nonce with the reuse guard mixed into its first four bytes (section 6.3.1).

    Raises:
        UsageError: The guard is not 4 bytes.
    """
    if len(guard) != REUSE_GUARD_LENGTH:
        raise UsageError(f"a reuse guard has {REUSE_GUARD_LENGTH} bytes, not {len(guard)}")
    first = int.from_bytes(nonce[:REUSE_GUARD_LENGTH]) ^ int.from_bytes(guard)
    return first.to_bytes(REUSE_GUARD_LENGTH) + nonce[REUSE_GUARD_LENGTH:]


def sender_data_key_and_nonce(
    suite: CipherSuite, sender_data_secret: bytes, ciphertext: bytes
) -> tuple[Secret, Secret]:
    """Return key and nonce of the sender data of a message, from a sample of its ciphertext (section 6.3.2)."""
    sample = ciphertext[: suite.hash_length]
    key = suite.expand_with_label(sender_data_secret, b"key", sample, suite.aead.key_length)
    return key, suite.expand_with_label(sender_data_secret, b"nonce", sample, suite.aead.nonce_length)
