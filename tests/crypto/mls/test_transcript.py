"""Transcript hashes and the confirmation tag: the official vectors, and a tag that is not ours."""

import pytest

from taboon_crypto.mls.ciphersuite import CipherSuite
from taboon_crypto.mls.errors import SignatureError
from taboon_crypto.mls.keys import transcript

from .vectors import Case, each, unhex


@each("transcript-hashes")
def test_a_commit_moves_the_transcript_as_the_official_one(case: Case) -> None:
    suite = CipherSuite.of(case["cipher_suite"])
    content = unhex(case["authenticated_content"])
    # AuthenticatedContent of a commit ends with the confirmation tag, one length byte and a MAC.
    confirmed_input, tag = content[: -suite.hash_length - 1], content[-suite.hash_length :]
    interim = unhex(case["interim_transcript_hash_before"])
    confirmed = transcript.confirmed_transcript_hash(suite, interim, confirmed_input)
    assert confirmed == unhex(case["confirmed_transcript_hash_after"])
    assert transcript.interim_transcript_hash(suite, confirmed, tag) == unhex(case["interim_transcript_hash_after"])
    key = unhex(case["confirmation_key"])
    assert transcript.confirmation_tag(suite, key, confirmed) == tag
    transcript.check_confirmation_tag(suite, key, confirmed, tag)
    for wrong in (b"", tag[:-1], tag + b"\x00", bytes((tag[0] ^ 1,)) + tag[1:]):
        with pytest.raises(SignatureError) as caught:
            transcript.check_confirmation_tag(suite, key, confirmed, wrong)
        assert caught.value.rule == "confirmation_tag"
