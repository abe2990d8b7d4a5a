"""Cipher suites: labelled functions against the official vectors, and keys nobody should use."""

from taboon_crypto.mls.ciphersuite import CipherSuite, HPKECiphertext, SigningKey

from .vectors import Case, each, unhex


@each("crypto-basics")
def test_labelled_functions_give_the_official_results(case: Case) -> None:
    suite = CipherSuite.of(case["cipher_suite"])
    part = case["ref_hash"]
    assert suite.ref_hash(part["label"].encode(), unhex(part["value"])) == unhex(part["out"])
    part = case["expand_with_label"]
    secret, label, context = unhex(part["secret"]), part["label"].encode(), unhex(part["context"])
    assert suite.expand_with_label(secret, label, context, part["length"]) == unhex(part["out"])
    part = case["derive_secret"]
    assert suite.derive_secret(unhex(part["secret"]), part["label"].encode()) == unhex(part["out"])
    part = case["derive_tree_secret"]
    secret, label = unhex(part["secret"]), part["label"].encode()
    assert suite.derive_tree_secret(secret, label, part["generation"], part["length"]) == unhex(part["out"])
    part = case["sign_with_label"]
    key, label, content = SigningKey(unhex(part["priv"])), part["label"].encode(), unhex(part["content"])
    assert key.public == unhex(part["pub"])
    assert suite.verify_with_label(key.public, label, content, unhex(part["signature"]))
    assert suite.sign_with_label(key, label, content) == unhex(part["signature"])
    part = case["encrypt_with_label"]
    private, public, label = unhex(part["priv"]), unhex(part["pub"]), part["label"].encode()
    context, plaintext = unhex(part["context"]), unhex(part["plaintext"])
    official = HPKECiphertext(unhex(part["kem_output"]), unhex(part["ciphertext"]))
    assert suite.public_of(private) == public
    assert suite.decrypt_with_label(private, label, context, official) == plaintext
    ours = suite.encrypt_with_label(public, label, context, plaintext)
    assert suite.decrypt_with_label(private, label, context, ours) == plaintext
