"""Many callers at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.server.caller import Caller, blob
from tests.server.signing import Receipt, heads, read_receipt

if TYPE_CHECKING:
    import httpx


def test_of_two_seals_that_race_one_wins(caller: Caller) -> None:
    with ThreadPoolExecutor(8) as threads:
        for _ in range(15):
            keys = caller.new_mailbox()
            caller.appended(keys, blob())
            start = threading.Barrier(8)

            def seal(keys=keys, start=start) -> httpx.Response:  # type: ignore[no-untyped-def] # bound here
                start.wait()
                return caller.append(keys, blob(), seal=True)

            answers = [future.result() for future in [threads.submit(seal) for _ in range(8)]]
            assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
            page = caller.page(keys)
            assert page.sealed
            assert page.last == 2


def test_of_many_that_expect_one_number_one_wins(caller: Caller) -> None:
    keys = caller.new_mailbox()
    start = threading.Barrier(8)

    def append() -> int:
        start.wait()
        return caller.append(keys, blob(), expected=1).status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = [future.result() for future in [threads.submit(append) for _ in range(8)]]
    assert sorted(statuses) == [200] + [409] * 7
    assert caller.page(keys).last == 1


def test_numbers_have_no_gap_whoever_appends(caller: Caller) -> None:
    mailboxes = [caller.new_mailbox() for _ in range(3)]

    def append(position: int) -> tuple[int, bytes, Receipt]:
        content = blob()
        return position % 3, content, caller.appended(mailboxes[position % 3], content)

    with ThreadPoolExecutor(16) as threads:
        done = list(threads.map(append, range(240)))
    for which, keys in enumerate(mailboxes):
        mine = sorted((receipt.number, content, receipt.head) for box, content, receipt in done if box == which)
        blobs = [content for _, content, _ in mine]
        assert [number for number, _, _ in mine] == list(range(1, 81))
        assert [head for _, _, head in mine] == heads(keys.mailbox, blobs)[1:]
        assert caller.all_blobs(keys) == blobs


def test_one_blob_sent_many_times_at_once_is_stored_once(caller: Caller) -> None:
    keys, content = caller.new_mailbox(), blob()
    start = threading.Barrier(8)

    def append() -> Receipt:
        start.wait()
        answer = caller.append(keys, content)
        return read_receipt(answer.content, caller.relay_id)

    with ThreadPoolExecutor(8) as threads:
        receipts = {future.result() for future in [threads.submit(append) for _ in range(8)]}
    assert len(receipts) == 1
    assert caller.page(keys).last == 1


def test_many_create_one_mailbox_at_once(caller: Caller) -> None:
    keys = caller.new_mailbox()
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: caller.create(keys).status_code, range(16)))
    assert answers == [204] * 16
