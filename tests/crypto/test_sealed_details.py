"""Sealed details open for those they were sealed to, under their own item, and tell nobody else anything."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taboon_crypto.errors import DetailsClosedError, DetailsTooLongError
from taboon_crypto.primitives.errors import BadKeyError
from taboon_crypto.primitives.kem import MLKEM768_X25519, X25519, Kem
from taboon_crypto.sealed_details import (
    BOX_LENGTH,
    MOST,
    Party,
    item_tag,
    new_key,
    open_box,
    seal_box,
    throwaway_wrap,
    unwrap_key,
    wrap_key,
)

TAG = item_tag(b"g" * 32, b"a need")


def party(kem: Kem = X25519, identity: bytes = b"r" * 32) -> tuple[Party, bytes]:
    private, public = kem.derive_key_pair(os.urandom(64))
    return Party(TAG, b"p" * 32, identity, public), private


@settings(max_examples=50)
@given(st.binary(max_size=MOST))
def test_a_box_opens_to_what_was_sealed_and_always_has_the_same_length(plaintext: bytes) -> None:
    key = new_key(os.urandom)
    box = seal_box(key, TAG, plaintext, os.urandom)
    assert len(box) == BOX_LENGTH
    assert bytes(open_box(key, TAG, box)) == plaintext


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(DetailsTooLongError, match=str(MOST)):
        seal_box(new_key(os.urandom), TAG, bytes(MOST + 1), os.urandom)


@pytest.mark.parametrize("kem", [X25519, MLKEM768_X25519])
def test_a_key_opens_for_whom_it_was_wrapped(kem: Kem) -> None:
    us, private = party(kem)
    key = new_key(os.urandom)
    assert unwrap_key(wrap_key(key, us), us, private) == key


@pytest.mark.parametrize("other", ["tag", "poster", "identity"])
def test_a_wrap_does_not_open_under_another_item_poster_or_recipient(other: str) -> None:
    us, private = party()
    wrap = wrap_key(new_key(os.urandom), us)
    with pytest.raises(DetailsClosedError):
        unwrap_key(wrap, replace(us, **{other: b"x" * 32}), private)


def test_a_wrap_does_not_open_for_another_members_key() -> None:
    us, _ = party()
    _, theirs = party()
    with pytest.raises(DetailsClosedError):
        unwrap_key(wrap_key(new_key(os.urandom), us), us, theirs)


def test_a_box_does_not_open_under_another_item_or_another_key_or_changed() -> None:
    key = new_key(os.urandom)
    box = seal_box(key, TAG, b"third floor", os.urandom)
    for wrong_key, tag, wrong_box in (
        (key, item_tag(b"g" * 32, b"another need"), box),
        (key, item_tag(b"h" * 32, b"a need"), box),
        (new_key(os.urandom), TAG, box),
        (key, TAG, box[:-1] + bytes([box[-1] ^ 1])),
        (key, TAG, box[:-1]),
        (key, TAG, b""),
    ):
        with pytest.raises(DetailsClosedError):
            open_box(wrong_key, tag, wrong_box)


@settings(max_examples=60)
@given(st.binary(max_size=200))
def test_no_bytes_crash_whoever_opens_them(data: bytes) -> None:
    us, private = party()
    with pytest.raises(DetailsClosedError):
        unwrap_key(data, us, private)
    with pytest.raises(DetailsClosedError):
        open_box(bytes(32), TAG, data)


def test_a_sealing_key_of_no_suite_is_refused() -> None:
    us, _ = party()
    with pytest.raises(BadKeyError):
        wrap_key(bytes(32), replace(us, public=b"short"))


@pytest.mark.parametrize("kem", [X25519, MLKEM768_X25519])
def test_a_throwaway_wrap_is_as_long_as_any_and_opens_for_nobody(kem: Kem) -> None:
    us, private = party(kem)
    wrap = throwaway_wrap(us.public, os.urandom)
    assert len(wrap) == len(wrap_key(new_key(os.urandom), us))
    with pytest.raises(DetailsClosedError):
        unwrap_key(wrap, us, private)


def test_a_wrap_says_whom_it_is_for_only_to_who_knows_item_and_member() -> None:
    us, _ = party()
    assert us.recipient != replace(us, tag=item_tag(b"g" * 32, b"another")).recipient
    assert us.recipient != replace(us, identity=b"q" * 32).recipient
