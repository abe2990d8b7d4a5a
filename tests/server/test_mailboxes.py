"""What a mailbox takes and gives back."""

from __future__ import annotations

from tests.server.caller import Caller, blob, refused
from tests.server.signing import SIZES, Keys, digest, heads


def test_what_was_appended_comes_back_in_order(caller: Caller) -> None:
    keys = caller.new_mailbox()
    blobs = [blob() for _ in range(5)]
    receipts = [caller.appended(keys, content) for content in blobs]
    page = caller.page(keys)
    assert page.blobs == blobs
    assert [receipt.number for receipt in receipts] == [1, 2, 3, 4, 5]
    assert [receipt.head for receipt in receipts] == heads(keys.mailbox, blobs)[1:]
    assert [receipt.blob_hash for receipt in receipts] == [digest(content) for content in blobs]
    assert (page.first, page.last, page.head) == (1, 5, receipts[-1].head)
    assert not page.sealed


def test_creating_twice_changes_nothing(caller: Caller) -> None:
    keys = caller.new_mailbox()
    caller.appended(keys, blob())
    assert caller.create(keys).status_code == 204
    assert caller.page(keys).last == 1


def test_a_repeated_append_gets_the_same_number(caller: Caller) -> None:
    keys = caller.new_mailbox()
    first, second = blob(), blob()
    original = caller.appended(keys, first)
    caller.appended(keys, second)
    assert caller.appended(keys, first) == original
    assert caller.appended(keys, first, expected=7) == original
    assert caller.page(keys).blobs == [first, second]


def test_a_repeated_append_gets_the_same_number_also_after_the_seal(caller: Caller) -> None:
    keys = caller.new_mailbox()
    content, commit = blob(), blob()
    original = caller.appended(keys, content)
    seal = caller.appended(keys, commit, seal=True)
    assert seal.seal
    assert caller.appended(keys, content) == original
    assert caller.appended(keys, content, seal=True) == original
    assert caller.appended(keys, commit, seal=True) == seal
    assert caller.appended(keys, commit) == seal


def test_nothing_comes_after_the_seal(caller: Caller) -> None:
    keys = caller.new_mailbox()
    caller.appended(keys, blob(), seal=True)
    refused(caller.append(keys, blob()), 409, "sealed")
    refused(caller.append(keys, blob(), seal=True), 409, "sealed")
    refused(caller.append(keys, blob(), expected=1), 409, "sealed")
    page = caller.page(keys)
    assert page.sealed
    assert page.last == 1


def test_an_expected_number_must_be_the_next(caller: Caller) -> None:
    keys = caller.new_mailbox()
    assert caller.appended(keys, blob(), expected=1).number == 1
    assert refused(caller.append(keys, blob(), expected=1), 409, "moved")["next"] == 2
    assert refused(caller.append(keys, blob(), seal=True, expected=3), 409, "moved")["next"] == 2
    assert caller.appended(keys, blob(), seal=True, expected=2).number == 2


def test_every_size_class_is_taken(caller: Caller) -> None:
    keys = caller.new_mailbox()
    blobs = [blob(size) for size in SIZES]
    for content in blobs:
        caller.appended(keys, content)
    assert caller.all_blobs(keys) == blobs


def test_a_page_holds_as_many_as_fit(caller: Caller) -> None:
    keys = caller.new_mailbox()
    sizes = [SIZES[0]] * 10 + [SIZES[1], SIZES[3], SIZES[0]]
    blobs = [blob(size) for size in sizes]
    for content in blobs:
        caller.appended(keys, content)
    small = caller.page(keys, answer=0)
    assert (small.blobs, small.body_class, small.first) == (blobs[:1], 0, 1)
    medium = caller.page(keys, answer=1)
    assert (medium.blobs, medium.body_class) == (blobs[:8], 1)
    late = caller.page(keys, after=10, answer=3)
    assert (late.blobs, late.body_class, late.first) == (blobs[10:11], 1, 11)
    larger_than_asked = caller.page(keys, after=11, answer=0)
    assert (larger_than_asked.blobs, larger_than_asked.body_class) == (blobs[11:12], 3)


def test_a_full_page_holds_128_blobs(caller: Caller) -> None:
    keys = caller.new_mailbox()
    blobs = [blob() for _ in range(130)]
    for content in blobs:
        caller.appended(keys, content)
    assert caller.page(keys).blobs == blobs[:128]
    assert caller.all_blobs(keys) == blobs


def test_an_empty_page_is_as_long_as_the_smallest(caller: Caller) -> None:
    keys = caller.new_mailbox()
    page = caller.page(keys)
    assert (page.blobs, page.body_class, page.first, page.last) == ([], 0, 1, 0)
    assert page.head == heads(keys.mailbox, [])[0]
    beyond = caller.page(keys, after=9, wait=25)
    assert (beyond.blobs, beyond.first, beyond.last) == ([], 10, 0)


def test_a_page_answers_this_very_request(caller: Caller) -> None:
    keys = caller.new_mailbox()
    answer = caller.read(keys, nonce=b"twelve bytes")
    assert answer.content[4:16] == b"twelve bytes"
    assert answer.content[16:48] == keys.mailbox


def test_the_same_blob_may_stand_in_two_mailboxes(caller: Caller) -> None:
    one, other = caller.new_mailbox(), caller.new_mailbox()
    content = blob()
    assert caller.appended(one, content).number == 1
    assert caller.appended(other, content).number == 1


def test_the_retention_class_is_part_of_the_mailbox(caller: Caller) -> None:
    keys = caller.new_mailbox(retention=2)
    same_keys = Keys(keys.read, keys.append, retention=3)
    refused(caller.read(same_keys), 404, "unknown-mailbox")


def test_a_pass_may_come_along(caller: Caller) -> None:
    assert caller.create(Keys(), b"p" * 64).status_code == 204
