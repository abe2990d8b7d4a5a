"""Every suite of the table lives the whole life of a group: nothing in MLS here knows the size of a key or a hash."""

from dataclasses import fields

import pytest

from taboon_crypto import mls
from taboon_crypto.mls.ciphersuite import SUITES, CipherSuite, HPKECiphertext, SigningKey
from taboon_crypto.mls.keys import schedule
from taboon_crypto.primitives.kem import MLKEM768_X25519, X25519, X_WING
from taboon_crypto.primitives.secret import Secret

from .grove import Grove, stream
from .kit import LEAF, NOW, POLICY, Dice, agree, copy, package, profile, raises, refused, step, town

suites = pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: f"{suite.suite_id:04x}")
hybrids = pytest.mark.parametrize("suite", [SUITES[0xF7B2], SUITES[0xF00E]], ids=lambda suite: f"{suite.suite_id:04x}")

RULES = (
    mls.Extension(mls.REQUIRED_CAPABILITIES, mls.RequiredCapabilities(extension_types=(POLICY, LEAF)).encode()),
    mls.Extension(POLICY, b"rules"),
)


@pytest.mark.parametrize(
    ("suite_id", "kem", "kem_id", "kdf", "aead_id", "hash_length"),
    [
        (0x0001, X25519, 0x0020, "sha256", 0x0001, 32),
        (0x0003, X25519, 0x0020, "sha256", 0x0003, 32),
        (0xF7B2, MLKEM768_X25519, 0x647A, "sha384", 0x0002, 48),
        (0xF00E, X_WING, 0x647A, "sha512", 0x0003, 64),
    ],
)
def test_each_row_is_what_its_source_says(
    suite_id: int, kem: object, kem_id: int, kdf: str, aead_id: int, hash_length: int
) -> None:
    suite = CipherSuite.of(suite_id)
    assert suite.hpke.kem is kem
    assert (suite.hpke.kem.kem_id, suite.hpke.kdf_hash, suite.hpke.aead.hpke_id) == (kem_id, kdf, aead_id)
    assert (suite.hash_name, suite.hash_length, suite.aead) == (kdf, hash_length, suite.hpke.aead)


def test_the_rows_of_new_groups_are_in_the_table() -> None:
    assert SUITES[0x0003] is CipherSuite.DEFAULT
    assert SUITES[0xF7B2] is CipherSuite.POST_QUANTUM
    # RFC 9420, section 17.1: until a registered code point is there, one of the private range
    assert 0xF000 <= CipherSuite.POST_QUANTUM.suite_id <= 0xFFFF


@suites
def test_a_group_of_any_suite_adds_talks_updates_removes_and_saves(suite: CipherSuite, dice: Dice) -> None:
    groups = town(5, dice, suite=suite.suite_id, extensions=RULES)
    assert {group.suite for group in groups} == {suite}
    agree(groups, dice)
    # by reference, from several members, in both framings
    for proposer, private in ((groups[1], True), (groups[2], False)):
        message = proposer.propose_update(private=private, random=dice)
        for group in groups:
            if group is not proposer:
                group.receive(message)
    step(groups, 0, dice)
    agree(groups, dice)
    gone = groups.pop(3)
    staged = groups[0].commit(remove=[gone.own_leaf], random=dice)
    assert staged.message is not None
    followed = gone.receive(staged.message)
    assert isinstance(followed, mls.StagedCommit)
    assert followed.removes_self
    for group in groups[1:]:
        other = group.receive(staged.message)
        assert isinstance(other, mls.StagedCommit)
        group.merge(other)
    groups[0].merge(groups[0].load_staged(staged.encode()))
    groups = [copy(group) for group in groups]
    agree(groups, dice)
    with raises(mls.MlsError, gone):
        gone.receive(groups[0].encrypt(b"after", random=dice))


@suites
def test_pre_shared_keys_of_both_kinds_go_into_the_epoch(suite: CipherSuite, dice: Dice) -> None:
    groups = town(3, dice, suite=suite.suite_id, extensions=RULES)
    resumption = mls.ResumptionPsk(mls.ResumptionUsage.APPLICATION, groups[0].group_id, groups[0].epoch)
    key_package, secrets = package(dice, suite=suite.suite_id)
    staged = step(
        groups, 1, dice, psks=[(b"psk", b"secret"), (resumption, None)], find=lambda _, __: b"secret", path=True
    )
    assert {len(one.psk_nonce) for one in staged.psk_ids} == {suite.hash_length}
    agree(groups, dice)
    staged = step(groups, 2, dice, add=[key_package], psks=[(b"psk", b"other")], find=lambda _, __: b"other", now=NOW)
    assert staged.welcome is not None
    with pytest.raises(mls.MlsError):
        mls.Group.join(staged.welcome, key_package, secrets, psks=lambda _, __: b"wrong", now=NOW)
    newcomer = mls.Group.join(staged.welcome, key_package, secrets, psks=lambda _, __: b"other", now=NOW)
    agree([*groups, newcomer], dice)


@suites
def test_newcomers_come_in_from_outside_and_by_welcome_without_the_tree(suite: CipherSuite, dice: Dice) -> None:
    groups = town(3, dice, suite=suite.suite_id, extensions=RULES)
    info = groups[0].group_info(random=dice)
    newcomer, message = mls.Group.join_by_commit(info, profile(dice), random=dice)
    for group in groups:
        staged = group.receive(message)
        assert isinstance(staged, mls.StagedCommit)
        assert staged.external
        group.merge(staged)
    groups.append(newcomer)
    agree(groups, dice)
    key_package, secrets = package(dice, suite=suite.suite_id)
    staged = step(groups, 3, dice, add=[key_package], welcome_tree=False, now=NOW)
    tree = groups[3].ratchet_tree
    other = mls.Group.join(staged.welcome or b"", key_package, secrets, ratchet_tree=tree, now=NOW)
    agree([*groups, other], dice)


@suites
def test_both_sides_of_an_external_init_derive_one_secret_and_a_bad_encapsulation_is_refused(
    suite: CipherSuite, dice: Dice
) -> None:
    external_secret = dice(suite.hash_length)
    public = schedule.external_key_pair(suite, external_secret).public
    kem_output, secret = schedule.send_external_init(suite, public, dice)
    assert (len(kem_output), len(secret)) == (suite.hpke.kem.enc_length, suite.hash_length)
    assert schedule.receive_external_init(suite, external_secret, kem_output) == secret
    for bad in (b"", kem_output[:-1], kem_output + b"\x00", kem_output[:-32] + bytes(32)):
        with pytest.raises(mls.DecryptionError):
            schedule.receive_external_init(suite, external_secret, bad)
    with pytest.raises(mls.ValidationError):
        schedule.send_external_init(suite, public[:-32] + bytes(32), dice)
    with pytest.raises(mls.ValidationError):
        schedule.send_external_init(suite, public[:-1], dice)


def test_a_group_moves_to_the_post_quantum_suite_by_reinitialisation(dice: Dice) -> None:
    signers = [SigningKey.generate(dice) for _ in range(3)]
    members = [profile(dice, signer=signer) for signer in signers]
    founder = mls.Group.create(0x0003, dice(32), members[0], extensions=RULES, now=NOW, random=dice)
    packages = [package(dice, member) for member in members[1:]]
    staged = founder.commit(add=[key_package for key_package, _ in packages], random=dice, now=NOW)
    founder.merge(staged)
    groups = [founder] + [mls.Group.join(staged.welcome or b"", *each) for each in packages]
    wanted = mls.ReInit(dice(32), 1, CipherSuite.POST_QUANTUM.suite_id, RULES)
    step(groups, 0, dice, reinit=wanted)
    fresh = [package(dice, member, suite=wanted.cipher_suite) for member in members[1:]]
    new, first = mls.reinitialise(groups[0], members[0], [each[0] for each in fresh], now=NOW, random=dice)
    new.merge(first)
    joined = [
        mls.Group.join(first.welcome or b"", *each, continues=group)
        for each, group in zip(fresh, groups[1:], strict=True)
    ]
    assert new.suite == CipherSuite.POST_QUANTUM
    agree([new, *joined], dice)


@suites
def test_keys_of_another_suite_get_into_no_group(suite: CipherSuite, dice: Dice) -> None:
    alice, bob = town(2, dice, suite=suite.suite_id)
    for other in SUITES:
        if other == suite.suite_id:
            continue
        key_package, secrets = package(dice, suite=other)
        with refused("key_package.cipher_suite", alice):
            alice.commit(add=[key_package], random=dice, now=NOW)
        fitting, _ = package(dice, suite=suite.suite_id)
        welcome = alice.commit(add=[fitting], random=dice, now=NOW).welcome
        with pytest.raises(mls.MlsError):
            mls.Group.join(welcome or b"", key_package, secrets, now=NOW)
    agree([alice, bob], dice)


@suites
def test_a_tree_of_any_suite_grows_shrinks_and_every_member_finds_its_secrets(suite: CipherSuite) -> None:
    grove = Grove.grown(6, suite=suite)
    grove.check()
    grove.remove(2)
    grove.path(4)
    grove.add()
    grove.path(0)
    grove.check()


@hybrids
def test_low_order_points_in_a_hybrid_key_or_encapsulation_are_refused(suite: CipherSuite) -> None:
    pair = suite.generate_key_pair(stream(1))
    for point in (bytes(32), b"\x01" + bytes(31), b"\xff" * 32):
        with pytest.raises(mls.ValidationError) as caught:
            suite.check_hpke_key(pair.public[:-32] + point)
        assert caught.value.rule == "hpke_key"
        with pytest.raises(mls.ValidationError):
            suite.encrypt_with_label(pair.public[:-32] + point, b"", b"", b"secret")
        sealed = suite.encrypt_with_label(pair.public, b"Label", b"", b"secret")
        with pytest.raises(mls.DecryptionError):
            suite.decrypt_with_label(
                pair.private, b"Label", b"", HPKECiphertext(sealed.kem_output[:-32] + point, sealed.ciphertext)
            )


@suites
def test_keys_and_encapsulations_of_any_other_size_are_refused(suite: CipherSuite) -> None:
    pair = suite.generate_key_pair(stream(2))
    sealed = suite.encrypt_with_label(pair.public, b"Label", b"", b"secret")
    for size in {0, 31, 32, 33, 1_119, 1_120, 1_121, 1_184, 1_215, 1_216, 1_217, 4_096} - {len(pair.public)}:
        key = (pair.public * (size // len(pair.public) + 1))[:size]
        with pytest.raises(mls.ValidationError):
            suite.check_hpke_key(key)
        with pytest.raises(mls.ValidationError):
            suite.encrypt_with_label(key, b"Label", b"", b"secret")
    for size in {0, 31, 32, 33, 1_088, 1_119, 1_120, 1_121, 4_096} - {len(sealed.kem_output)}:
        enc = (sealed.kem_output * (size // len(sealed.kem_output) + 1))[:size]
        with pytest.raises(mls.DecryptionError):
            suite.decrypt_with_label(pair.private, b"Label", b"", HPKECiphertext(enc, sealed.ciphertext))


@suites
def test_the_group_of_any_suite_prints_no_secret(suite: CipherSuite, dice: Dice) -> None:
    alice, _ = town(2, dice, suite=suite.suite_id)
    _, secrets = package(dice, suite=suite.suite_id)
    staged = alice.commit(random=dice)
    shown = " ".join(repr(one) for one in (alice, suite, secrets, staged, alice.state.epoch, alice.state.epoch.secrets))
    kept = [getattr(secrets, one.name) for one in fields(secrets)]
    kept += [getattr(alice.state.epoch.secrets, one.name) for one in fields(alice.state.epoch.secrets)]
    assert len(kept) >= 10
    for secret in kept:
        assert isinstance(secret, Secret)
        assert secret.hex() not in shown
        assert repr(bytes(secret))[2:-1] not in shown
