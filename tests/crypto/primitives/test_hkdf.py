"""HKDF: the test cases of RFC 5869, appendix A, and lengths that do not exist."""

import pytest

from taboon_crypto.primitives import hkdf
from taboon_crypto.primitives.secret import Secret

unhex = bytes.fromhex


@pytest.mark.parametrize(
    ("input_key", "salt", "info", "prk", "output"),
    [
        (
            b"\x0b" * 22,
            bytes(range(13)),
            bytes(range(0xF0, 0xFA)),
            "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            bytes(range(0x50)),
            bytes(range(0x60, 0xB0)),
            bytes(range(0xB0, 0x100)),
            "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
            (
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
                "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
            ),
        ),
        (
            b"\x0b" * 22,
            b"",
            b"",
            "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ],
    ids=["short", "long", "without salt and info"],
)
def test_the_published_cases_come_out(input_key: bytes, salt: bytes, info: bytes, prk: str, output: str) -> None:
    key = hkdf.extract("sha256", salt, input_key)
    assert key == unhex(prk)
    assert hkdf.expand("sha256", key, info, len(output) // 2) == unhex(output)


@pytest.mark.parametrize(("name", "size"), [("sha256", 32), ("sha384", 48)])
def test_a_shorter_output_is_the_beginning_of_a_longer_one(name: str, size: int) -> None:
    assert hkdf.hash_length(name) == size
    key = hkdf.extract(name, b"salt", b"input")
    assert len(key) == size
    longest = hkdf.expand(name, key, b"info", 255 * size)
    for length in (0, 1, size - 1, size, size + 1, 3 * size, 255 * size):
        output = hkdf.expand(name, key, b"info", length)
        assert isinstance(output, Secret)
        assert output == longest[:length]


@pytest.mark.parametrize("length", [-1, 255 * 32 + 1])
def test_a_length_that_hkdf_cannot_give_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="gives 0 to 8160 bytes"):
        hkdf.expand("sha256", bytes(32), b"", length)
