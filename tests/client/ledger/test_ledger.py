"""The ledger: what is in memory is what is in the vault, whatever was rolled back or written beside it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from taboon_client.board import AREAS, QUESTIONS, TAXONOMY, Comment, Event
from taboon_client.board.register_kinds import AreaTerm, CategoryTerm, Question
from taboon_client.errors import FieldError
from taboon_client.group import ledger
from taboon_client.group.desk import Desk
from taboon_client.vault import Vault, board, events, groups
from tests.support import PASSPHRASE

if TYPE_CHECKING:
    from taboon_client.board import Item
    from taboon_client.group.acts import Acts
    from taboon_client.vault import Connection
    from tests.client.ledger.home import Home


class _ChangedMindError(Exception):
    pass


def _texts(item: Item | None) -> list[str]:
    assert item is not None
    return [comment.text for comment in item.comments]


def _say(item: Item, acts: Acts) -> None:
    acts.comment(item, "x")


def test_what_was_rolled_back_is_not_remembered(home: Home) -> None:
    item = home.post()
    home.act(item, lambda acts: acts.comment(item, "stays"))

    def half(tx: Connection) -> None:
        home.acts(tx).comment(item, "never said")
        raise _ChangedMindError

    with pytest.raises(_ChangedMindError):
        home.write(half)
    assert _texts(home.act(item, lambda acts: acts.comment(item, "goes on"))) == ["stays", "goes on"]
    assert home.read(lambda tx: home.desk.ledger.missing(tx, home.grp)) == 0


def test_what_another_process_wrote_is_read(home: Home) -> None:
    item = home.post()
    home.act(item, lambda acts: acts.comment(item, "from here"))
    with Vault.open(home.folder, PASSPHRASE) as vault:
        other = Desk(vault, lambda count: bytes(count), lambda: home.time)
        other.keeper.write(lambda tx: other.ledger.make(tx, home.grp, Comment(text="from there"), item.id, ()))
    assert _texts(home.act(item, lambda acts: acts.comment(item, "here again"))) == [
        *("from here", "from there", "here again")
    ]


def test_a_board_that_another_version_folded_is_folded_anew_when_the_vault_is_opened(home: Home) -> None:
    item = home.post()
    home.write(lambda tx: tx.execute("UPDATE item SET folded = X'01ff'"))
    home.write(lambda tx: groups.set_fold_version(tx, home.grp, 1))
    home.desk.refresh()
    assert home.item(item.id) == item
    assert home.read(lambda tx: groups.fold_version(tx, home.grp)) == ledger.FOLD_VERSION


def test_a_known_event_is_neither_read_nor_folded_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    item = home.post()
    raws = home.read(lambda tx: [raw for _, raw in events.events_of_place(tx, home.grp, item.id)])

    def refused(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Event, "read", refused)
    monkeypatch.setattr(ledger.Ledger, "_keep_item", refused)
    assert home.write(lambda tx: home.desk.ledger.take(tx, home.grp, raws * 3, 5)) == (0, False)
    carried = home.read(lambda tx: events.carried_by(tx, home.grp, 5))
    assert carried == [item.id]


def test_memory_is_bounded_whatever_is_looked_at(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    from taboon_client.group import places

    monkeypatch.setattr(places, "_MOST_EVENTS", 5)
    items = [home.post(f"Bread {number}") for number in range(20)]
    for item in items:
        home.act(item, partial(_say, item))
    held = home.desk.ledger._places._places
    assert sum(len(place.graph) for place in held.values()) <= 5
    assert len(home.titles()) == 20


def test_the_groups_own_words_hold_for_what_is_posted_from_then_on(home: Home) -> None:
    before = home.post("Loaves", category="food", sub="bread", area="anywhere at all")
    area = AreaTerm(code="upper", labels={"en": "Upper side", "ar": "الجهة العليا"})
    bread = CategoryTerm(code="bread", under="power", labels={"en": "Firewood"})
    home.write(lambda tx: home.desk.ledger.make(tx, home.grp, area, AREAS, ()))
    changed = home.write(lambda tx: home.desk.ledger.make(tx, home.grp, bread, TAXONOMY, ()))
    after = home.post("Logs", category="power", sub="bread", area="الجهة العليا")
    assert (after.area, after.sense) == ("upper", changed.name)
    with pytest.raises(FieldError, match="Upper side"):
        home.post("Logs", area="somewhere else")
    words = home.read(lambda tx: home.desk.ledger.vocabulary(tx, home.grp, TAXONOMY))
    meant = [words.meant(item.sub, item.sense) for item in (before, after)]
    assert [term.label("en") if term else "" for term in meant] == ["Bread", "Firewood"]


def test_questions_are_kept_with_every_version(home: Home) -> None:
    for text in ("Are there stairs?", "How many stairs?"):
        question = Question(code="stairs", labels={"en": text})
        home.write(partial(home.desk.ledger.make, grp=home.grp, body=question, place=QUESTIONS, speaks_of=()))
    asked = home.read(lambda tx: home.desk.ledger.questions(tx, home.grp))
    assert [one.labels["en"] for one in asked] == ["Are there stairs?", "How many stairs?"]


def test_an_item_says_in_the_vault_what_is_filtered_by(home: Home) -> None:
    item = home.post("Bread", category="food", sub="bread", area="upper", urgency="now", needed_by=77)
    row = home.read(
        lambda tx: tx.execute(
            "SELECT category, sub, area, urgency, urgent, answered, needed, closed FROM item"
        ).fetchone()
    )
    assert tuple(row) == ("food", "bread", "upper", 0, 1, 0, 77, None)
    other = home.post("Loaves")
    home.act(item, lambda acts: acts.merge(item, other))
    assert home.read(lambda tx: len(board.merged_into(tx, home.grp, other.id))) == 1
    assert home.read(lambda tx: board.closed_item_ids(tx, home.grp)) == [item.id]


def test_an_undo_opens_an_item_again_and_sends_it_whole_to_those_who_came_meanwhile(home: Home) -> None:
    item = home.post()
    closed = home.act(item, lambda acts: acts.withdraw(item, ""))
    assert closed is not None
    home.write(lambda tx: tx.execute("DELETE FROM outbox"))
    opened = home.act(closed, lambda acts: acts.undo(closed, None))
    assert opened is not None
    assert not opened.closed
    waiting = home.read(lambda tx: {row[0] for row in tx.execute("SELECT event FROM outbox")})
    assert waiting == set(home.read(lambda tx: events.arrivals(tx, home.grp, item.id)))
