"""What others ask us to send again, and how often we do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.group.payload import AskPayload
from taboon_client.group.snapshot import answer_question
from taboon_client.vault import groups

if TYPE_CHECKING:
    from taboon_client.vault import Connection
    from tests.client.ledger.home import Home

SAMI, NOOR = b"s" * 32, b"n" * 32


def sent(home: Home, question: AskPayload, asker: bytes) -> int:
    """Answer a question; returns how much goes out because of it."""

    def answer(tx: Connection) -> None:
        tx.execute("DELETE FROM outbox")
        answer_question(tx, home.grp, question, asker, home.desk.now)

    home.write(answer)
    return home.count("outbox")


def test_an_item_is_sent_again_to_each_who_asks_once_in_a_while(home: Home) -> None:
    me = home.read(lambda tx: groups.get_group(tx, home.grp)).identity
    item = home.post("Bread")
    for _ in range(9):
        home.act(item, lambda acts: acts.comment(item, "a word"))
    question = AskPayload((item.id,), (me, SAMI))
    assert sent(home, question, SAMI) == 10
    assert sent(home, question, SAMI) == 0
    assert sent(home, question, NOOR) == 10
    home.time += 13 * 3_600
    assert sent(home, question, SAMI) == 10


def test_an_event_is_sent_again_once_and_whoever_is_not_meant_sends_nothing(home: Home) -> None:
    me = home.read(lambda tx: groups.get_group(tx, home.grp)).identity
    item = home.post("Bread")
    question = AskPayload((), (me,), (item.id,))
    assert sent(home, AskPayload((), (SAMI,), (item.id,)), SAMI) == 0
    assert sent(home, question, SAMI) == 1
    assert sent(home, question, SAMI) == 0


def test_who_asks_all_members_for_whole_items_is_sent_none(home: Home) -> None:
    me = home.read(lambda tx: groups.get_group(tx, home.grp)).identity
    item = home.post("Bread")
    everyone = (me, *(bytes([number]) * 32 for number in range(9)))
    assert sent(home, AskPayload((item.id,), everyone), SAMI) == 0


def test_nobody_gets_more_than_so_much_in_that_time(home: Home) -> None:
    me = home.read(lambda tx: groups.get_group(tx, home.grp)).identity
    items = [home.post(f"Need {number}").id for number in range(320)]
    got = sum(sent(home, AskPayload((), (me,), tuple(items[at : at + 80])), SAMI) for at in range(0, 320, 80))
    assert got == 300
