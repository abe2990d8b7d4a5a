"""How long items stay, and what is left of them: nothing in the file but an id, links and totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.board import SETTINGS, Comment, Consent, Details, Line, Status
from taboon_client.board.register_kinds import Keeping
from taboon_client.vault import board, events, outbox

if TYPE_CHECKING:
    from taboon_client.board import Item
    from tests.client.ledger.home import Home


def carry(home: Home) -> None:
    """Let the relay have all that waits."""

    home.write(lambda tx: tx.execute("DELETE FROM outbox WHERE grp = ?", (home.grp,)))


def test_an_open_item_goes_thirty_days_after_it_was_last_renewed(home: Home) -> None:
    item = home.post("Bread", urgency="week")
    kept = home.post("Soap", urgency="week")
    home.later(days=29)
    home.act(kept, lambda acts: acts.renew(kept))
    assert home.titles() == {"Bread", "Soap"}
    home.later(days=1.1)
    assert home.titles() == {"Soap"}
    assert home.item(item.id) is None
    home.later(days=29)
    assert home.titles() == set()


def test_an_open_urgent_item_that_nobody_has_answered_is_never_deleted(home: Home) -> None:
    home.post("Insulin", urgency="now")
    home.later(days=4_000)
    assert home.titles() == {"Insulin"}


def test_a_closed_item_goes_a_week_after_it_was_closed_here(home: Home) -> None:
    item = home.post("Bread", urgency="now")
    home.later(days=3)
    home.act(item, lambda acts: acts.withdraw(item, "came by itself", "done-by-others"))
    home.later(days=6.9)
    assert home.titles() == {"Bread"}
    home.later(days=0.2)
    assert home.titles() == set()


def test_a_group_says_for_how_long_it_keeps_items(home: Home) -> None:
    home.post("Bread")
    keeping = Keeping(open_days=2, closed_days=0)
    home.write(lambda tx: home.desk.ledger.make(tx, home.grp, keeping, SETTINGS, ()))
    closed = home.post("Soap")
    home.act(closed, lambda acts: acts.withdraw(closed, ""))
    home.later(days=0)
    assert home.titles() == {"Bread"}
    home.later(days=2)
    assert home.titles() == set()


def test_nobody_keeps_an_item_alive_by_stating_a_time_to_come(home: Home) -> None:
    now = home.time
    home.time = now + 900 * 86_400
    item = home.post("Bread", urgency="week")
    home.write(lambda tx: tx.execute("UPDATE event SET received = ?", (int(now),)))
    home.time = now
    home.write(lambda tx: home.desk.ledger.refold(tx, home.grp, [item.id], anew=True))
    home.later(days=31)
    assert home.titles() == set()


def _closed(home: Home) -> Item:
    item = home.post(
        "Blankets for the Haddad family",
        note="third floor of the blue house",
        category="shelter",
        sub="bedding",
        area="upper school side",
        urgency="soon",
        lines=(Line(quantity=6, unit="piece", name="wool blankets", people=4),),
        consent=Consent(asked=True, by="Umm Karim"),
        details=Details(names="Haddad", place="Olive street 7", note="their son is ill"),
    )
    home.time += 2 * 3_600
    item = home.act(item, lambda acts: acts.pledge(item, 6)) or item
    home.time += 3 * 3_600
    item = home.act(item, lambda acts: acts.deliver(item, "left with Umm Karim")) or item
    item = home.act(item, lambda acts: acts.confirm(item, "the Haddads are grateful")) or item
    assert item.status is Status.DONE
    return item


def test_a_deleted_item_leaves_nothing_of_its_texts_names_or_signatures_in_the_file(home: Home) -> None:
    item = _closed(home)
    raws = home.read(lambda tx: [raw for _, raw in events.events_of_place(tx, home.grp, item.id)])
    traces = [b"Haddad", b"blue house", b"wool blankets", b"Umm Karim", b"grateful", b"Olive street"]
    traces += [cbor.decode(raw)[1] for raw in raws]
    before = home.bytes_on_disk()
    # The plaintext of the sealed details was never there, whoever has posted them.
    assert [trace for trace in traces if trace not in before] == [b"Olive street"]
    carry(home)
    home.later(days=8)
    after = home.bytes_on_disk()
    assert [trace for trace in traces if trace in after] == []
    assert item.id in after
    assert b"Harbour" in after


def test_what_waits_to_be_sent_of_a_deleted_item_goes_with_it(home: Home) -> None:
    item = _closed(home)
    assert home.read(lambda tx: outbox.unsent(tx, home.grp)) > 4
    home.later(days=8)
    waiting = home.read(lambda tx: [row[1] for row in outbox.waiting(tx, home.grp, 100)])
    assert all(item.id not in (raw or b"") for raw in waiting)


def test_a_deleted_item_leaves_its_totals_and_no_name(home: Home) -> None:
    item = _closed(home)
    home.later(days=8)
    (total,) = home.read(lambda tx: board.totals(tx, home.grp))
    assert (total.kind, total.category, total.sub, total.area) == ("need", "shelter", "bedding", "upper school side")
    assert (total.urgency, total.status, total.why, total.people) == ("soon", "done", "", 4)
    assert (total.week, total.pledge_hours, total.deliver_hours) == (item.created // 604_800, 2, 5)
    assert cbor.decode(total.lines) == [["piece", 6, 6, 6]]


def test_late_events_do_not_bring_a_deleted_item_back_and_are_no_gap(home: Home) -> None:
    item = _closed(home)
    raws = home.read(lambda tx: [raw for _, raw in events.events_of_place(tx, home.grp, item.id)])
    late = home.write(lambda tx: home.desk.ledger.make(tx, home.grp, Comment(text="still here?"), item.id, ()))
    home.write(lambda tx: events.delete_place(tx, home.grp, item.id))
    home.write(lambda tx: tx.execute("DELETE FROM gone_event WHERE name = ?", (late.name,)))
    home.desk.ledger.forget(home.grp)
    took, foreign = home.write(lambda tx: home.desk.ledger.take(tx, home.grp, [*raws, late.raw], 0))
    assert (took, foreign) == (0, False)
    assert home.item(item.id) is None
    assert home.read(lambda tx: home.desk.ledger.missing(tx, home.grp)) == 0
    last = home.read(lambda tx: home.desk.ledger.last_of_authors(tx, home.grp))
    assert [number for _, number, _ in last] == [late.number]
    home.vault.tidy()
    assert late.raw not in home.bytes_on_disk()
