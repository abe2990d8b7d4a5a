"""What other implementations keep, and should not: spent keys, secrets after wiping, and what either follows from."""

import gc
from collections.abc import Iterator

import pytest

from taboon_crypto import mls
from taboon_crypto.mls.extension import GREASE
from taboon_crypto.mls.group import sending
from taboon_crypto.mls.keys.secret_tree import MessageKey, Ratchet
from taboon_crypto.primitives.secret import Secret

from .kit import NOW, Dice, agree, profile, step, town


def reachable(thing: object) -> list[bytes]:
    """Return every bytes object that can be reached from an object, through whatever it holds."""
    seen: dict[int, object] = {}
    path = [thing]
    while path:
        found = path.pop()
        if id(found) in seen or isinstance(found, type) or callable(found):
            continue
        seen[id(found)] = found
        path.extend(gc.get_referents(found))
    return [bytes(found) for found in seen.values() if isinstance(found, bytes)]


def windows(parts: dict[str, bytes]) -> Iterator[bytes]:
    """Yield everything of 32 bytes that stands anywhere in what was saved."""
    for data in parts.values():
        for start in range(len(data) - 31):
            yield data[start : start + 32]


def keys_from(suite: mls.CipherSuite, secret: bytes, kind: Ratchet, generation: int) -> Iterator[bytes]:
    """Yield what a generation's key could be if a secret is that key, or of a ratchet, or of the tree."""
    yield secret
    sides: list[bytes] = [secret]
    # A tree of two members is one step deep.
    sides += [suite.expand_with_label(node, b"tree", side, 32) for node in sides for side in (b"left", b"right")]
    starts = [secret] + [suite.expand_with_label(node, kind.value, b"", 32) for node in dict.fromkeys(sides)]
    for start in starts:
        for first in range(generation + 1):
            ratchet: bytes = start
            for step_number in range(first, generation):
                ratchet = suite.derive_tree_secret(ratchet, b"secret", step_number, 32)
            yield suite.derive_tree_secret(ratchet, b"key", generation, suite.aead.key_length)


def test_spent_keys_do_not_follow_from_saved_bytes(dice: Dice) -> None:
    groups = town(2, dice)
    speaker, listener = groups
    spent: list[MessageKey] = []
    for number in range(2):
        message = speaker.encrypt(b"text", random=dice)
        key = mls.Group.load(listener.parts()).state.ratchets.peek(speaker.own_leaf, Ratchet.APPLICATION, number)
        listener.receive(message)
        spent.append(key)
    for holder in groups:
        parts = holder.parts()
        for key in spent:
            with pytest.raises(mls.KeySpentError):
                mls.Group.load(parts).state.ratchets.peek(key.leaf, key.ratchet, key.generation)
        # Whatever stands in the saved bytes, and whatever follows from it by the steps of chapter 9.
        wanted = {bytes(key.key) for key in spent}
        found = {
            derived
            for secret in set(windows(parts))
            for derived in keys_from(holder.suite, secret, Ratchet.APPLICATION, 1)
        }
        assert not wanted & found
    # The search finds what is there: before the message is read, its key does follow.
    before = mls.Group.load(town(2, Dice(1))[1].parts())
    key = before.state.ratchets.peek(0, Ratchet.APPLICATION, 1)
    assert bytes(key.key) in {
        derived
        for secret in set(windows({"secrets": before.parts()["secrets"]}))
        for derived in keys_from(before.suite, secret, Ratchet.APPLICATION, 1)
    }


def test_spent_keys_are_not_in_memory_either(dice: Dice) -> None:
    speaker, listener = town(2, dice)
    message = speaker.encrypt(b"text", random=dice)
    key = bytes(listener.state.ratchets.peek(0, Ratchet.APPLICATION, 0).key)
    listener.receive(message)
    for group in (speaker, listener):
        assert key not in reachable(group)


def test_nothing_secret_is_left_after_a_removal(dice: Dice) -> None:
    groups = town(3, dice)
    removed = groups[2]
    removed.receive(groups[0].encrypt(b"text", random=dice))
    secrets = {found for found in reachable(removed) if len(found) == 32}
    assert bytes(removed.epoch_authenticator) in secrets
    staged = groups[0].commit(remove=[2], random=dice)
    followed = removed.receive(staged.message or b"")
    assert isinstance(followed, mls.StagedCommit)
    removed.merge(followed)
    assert not any(isinstance(found, Secret) for found in _objects(removed))
    assert not secrets & set(reachable(removed))
    assert set(removed.parts()) == {"group"}
    assert not secrets & set(windows(removed.parts()))


def test_nothing_of_past_epochs_is_left_once_they_are_forgotten(dice: Dice) -> None:
    groups = town(2, dice)
    group = groups[1]
    old = {bytes(group.epoch_authenticator), bytes(group.resumption_psk() or b""), bytes(group.export("x", b"", 32))}
    past = {bytes(secret) for secret in _objects(group) if isinstance(secret, Secret) and len(secret) == 32}
    step(groups, 0, dice)
    step(groups, 1, dice)
    group.forget_past_epochs()
    left = set(reachable(group)) | set(windows(group.parts()))
    # The signing key stays; of all other secrets of that epoch nothing does.
    stays = {bytes(group.own_profile.signing_key.seed)}
    assert not (past | old) - stays & left - stays
    assert not old & left
    agree(groups, dice)


def _objects(thing: object) -> list[object]:
    seen: dict[int, object] = {}
    path = [thing]
    while path:
        found = path.pop()
        if id(found) in seen or isinstance(found, type) or callable(found):
            continue
        seen[id(found)] = found
        path.extend(gc.get_referents(found))
    return list(seen.values())


def test_a_commit_replaces_every_key_that_the_committer_held(dice: Dice) -> None:
    groups = town(4, dice)
    group = groups[0]
    held = {bytes(entry.private) for entry in group.state.epoch.private.keys}
    step(groups, 0, dice)
    group.forget_past_epochs()
    assert not held & (set(reachable(group)) | set(windows(group.parts())))


# --- what is refused before it is sent


def test_more_than_anyone_reads_at_once_is_not_sent(dice: Dice, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = 2**12
    monkeypatch.setattr(sending, "MAX_MESSAGE_LENGTH", limit)
    speaker, listener = town(2, dice)
    before = speaker.parts()
    with pytest.raises(mls.UsageError):
        speaker.encrypt(bytes(limit), random=dice)
    with pytest.raises(mls.UsageError):
        speaker.encrypt(b"", padding=limit, random=dice)
    with pytest.raises(mls.UsageError):
        speaker.propose(mls.GroupContextExtensions(()), authenticated_data=bytes(limit), random=dice)
    assert speaker.parts() == before
    assert speaker.pending_proposals() == ()
    assert isinstance(listener.receive(speaker.encrypt(bytes(limit // 2), random=dice)), mls.ApplicationMessage)


@pytest.mark.parametrize("kind", GREASE, ids=lambda kind: f"{kind:04x}")
def test_an_extension_that_exists_to_be_ignored_is_not_put_where_nobody_may_ignore_it(kind: int, dice: Dice) -> None:
    extensions = (mls.Extension(kind, b""),)
    member = profile(dice)
    member = mls.MemberProfile(member.signing_key, member.credential, (), mls.Capabilities.of(extensions=GREASE))
    with pytest.raises(mls.UsageError):
        mls.Group.create(3, b"group", member, extensions=extensions, now=NOW, random=dice)
    group = town(2, dice)[0]
    before = group.parts()
    for attempt in (
        lambda: group.commit(extensions=extensions, random=dice),
        lambda: group.commit(reinit=mls.ReInit(b"next", 1, 3, extensions), random=dice),
        lambda: group.propose(mls.GroupContextExtensions(extensions), random=dice),
        lambda: group.propose(mls.ReInit(b"next", 1, 3, extensions), random=dice),
    ):
        with pytest.raises(mls.UsageError):
            attempt()
    assert group.parts() == before
