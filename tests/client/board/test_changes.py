"""What changes an item after it was posted: edits, pauses, closings, merges, what is said about it, taking back."""

from __future__ import annotations

import pytest

from taboon_client.board import Comment, Line, Pledge, PledgeStanding, Status, Withdraw, thread
from taboon_client.board.deeds import (
    Details,
    FollowedUp,
    FollowUp,
    Merge,
    Opened,
    Outcome,
    Pause,
    Private,
    Renew,
    Share,
    Undo,
)
from taboon_client.board.openings import Edit
from tests.client.board.test_pledging import Street
from tests.client.board.worlds import digest, need


@pytest.fixture
def street() -> Street:
    return Street()


def test_an_edit_changes_what_it_names_and_nothing_else(street: Street) -> None:
    item = street.say(street.noor, need("Bred", note="two loaves", category="food", lines=(Line(quantity=2),)))
    street.say(street.noor, Edit(title="Bread", lines=(Line(quantity=3), Line(quantity=1, name="jam"))), item)
    shown = street.item(item)
    assert (shown.title, shown.note, shown.category) == ("Bread", "two loaves", "food")
    assert [line.quantity for line in shown.lines] == [3, 1]
    assert shown.renewal != item.name


def test_an_edit_takes_no_line_away_from_those_who_have_pledged_it(street: Street) -> None:
    item = street.say(street.noor, need(lines=(Line(quantity=2), Line(quantity=5))))
    pledge = street.say(street.rami, Pledge(quantities=((1, 5),)), item)
    street.say(street.noor, Edit(title="Less", lines=(Line(quantity=2),)), item)
    shown = street.item(item)
    assert (shown.title, [line.quantity for line in shown.lines]) == ("Less", [2, 5])
    assert street.standing(item, pledge) is PledgeStanding.PRIMARY


@pytest.mark.parametrize(
    "body",
    [
        Edit(title="Mine now"),
        Pause(reason="x"),
        Withdraw(reason="x"),
        Merge(into=b"m" * 32),
        Renew(created=9),
        Details(box=b"x"),
    ],
    ids=lambda body: body.kind,
)
def test_only_the_items_side_changes_an_item(street: Street, body: Edit) -> None:
    item = street.say(street.noor, need())
    before = street.item(item)
    street.say(street.rami, body, item)
    after = street.item(item)
    assert (after.title, after.status, after.merged_into, after.renewal, after.sealed) == (
        before.title,
        before.status,
        before.merged_into,
        before.renewal,
        before.sealed,
    )
    street.say(street.amal, body, item)
    acted = street.item(item)
    assert (acted.title, acted.status, acted.merged_into, acted.renewal, acted.sealed) != (
        before.title,
        before.status,
        before.merged_into,
        before.renewal,
        before.sealed,
    )


def test_a_pause_lasts_until_somebody_says_that_it_is_still_so(street: Street) -> None:
    item = street.say(street.noor, need())
    street.say(street.noor, Pause(until=99, reason="away"), item)
    shown = street.item(item)
    assert (shown.status, shown.paused_until, shown.reason) == (Status.PAUSED, 99, "away")
    street.say(street.noor, Renew(created=7), item)
    shown = street.item(item)
    assert (shown.status, shown.paused_until, shown.reason, shown.renewed) == (Status.OPEN, 0, "", 7)


def test_a_merged_item_names_the_other_and_keeps_its_texts_and_undo_brings_it_back(street: Street) -> None:
    item, twin = street.say(street.noor, need("Bread")), street.say(street.rami, need("Loaves", note="two"))
    merge = street.say(street.rami, Merge(into=item.name), twin)
    shown = street.item(twin)
    assert (shown.status, shown.merged_into, shown.title, shown.note) == (Status.MERGED, item.name, "Loaves", "two")
    assert shown.closed
    assert street.item(item).status is Status.OPEN
    street.say(street.amal, Undo(event=merge.name), twin, merge)
    assert (street.item(twin).status, street.item(twin).merged_into) == (Status.OPEN, b"")


def test_two_items_merged_into_each_other_or_into_themselves_are_both_there(street: Street) -> None:
    one, other = street.say(street.noor, need("One")), street.say(street.noor, need("Other"))
    street.say(street.noor, Merge(into=other.name), one)
    street.say(street.noor, Merge(into=one.name), other)
    street.say(street.noor, Merge(into=one.name), one)
    assert [street.item(item).merged_into for item in (one, other)] == [other.name, one.name]


def test_a_withdrawal_is_taken_back_by_its_author_or_the_items_side_and_by_nobody_else(street: Street) -> None:
    item = street.say(street.noor, need())
    closing = street.say(street.amal, Withdraw(why="no-answer"), item)
    assert (street.item(item).why, street.item(item).closing) == ("no-answer", closing.name)
    street.say(street.rami, Undo(event=closing.name), item, closing)
    assert street.item(item).status is Status.WITHDRAWN
    street.say(street.noor, Undo(event=closing.name), item, closing)
    assert (street.item(item).status, street.item(item).closing) == (Status.OPEN, b"")


def test_a_pledge_or_an_undo_is_not_undone(street: Street) -> None:
    item = street.say(street.noor, need())
    pledge = street.say(street.rami, Pledge(), item)
    street.say(street.rami, Undo(event=pledge.name), item, pledge)
    assert street.standing(item, pledge) is PledgeStanding.PRIMARY
    closing = street.say(street.noor, Withdraw(), item)
    undo = street.say(street.noor, Undo(event=closing.name), item, closing)
    street.say(street.noor, Undo(event=undo.name), item, undo)
    assert street.item(item).status is Status.COVERED


def test_an_undo_of_what_its_author_had_not_seen_moves_nothing(street: Street) -> None:
    item = street.say(street.noor, need())
    closing = street.say(street.noor, Withdraw(), item)
    forged = street.noor.actor.make(
        "undo", {"event": closing.name}, place=item.name, parents=[item.name], epoch=street.noor.epoch.epoch_id
    )
    for device in street.devices:
        device.board.take([forged])
    assert street.item(item).status is Status.WITHDRAWN


def test_a_comment_that_was_taken_back_is_shown_to_nobody(street: Street) -> None:
    item = street.say(street.noor, need())
    comment = street.say(street.rami, Comment(text="her name is …"), item)
    street.say(street.noor, Comment(text="thank you"), item)
    street.say(street.noor, Undo(event=comment.name), item, comment)
    assert street.item(item).comment_count == 2
    street.say(street.rami, Undo(event=comment.name), item, comment)
    assert [one.text for one in street.item(item).comments] == ["thank you"]
    graph = street.amal.board.graph(item.name)
    assert [one.text for one in thread(graph, street.amal.board.counts)] == ["thank you"]


def test_a_follow_up_waits_until_somebody_has_asked(street: Street) -> None:
    item = street.say(street.noor, need())
    ask = street.say(street.amal, FollowUp(when=500, note="still enough?"), item)
    (waiting,) = street.item(item).follow_ups
    assert (waiting.name, waiting.when, waiting.done_by) == (ask.name, 500, b"")
    street.say(street.rami, FollowedUp(follow_up=ask.name, note="yes"), item, ask)
    street.say(street.sami, FollowedUp(follow_up=ask.name, note="no"), item, ask)
    (done,) = street.item(item).follow_ups
    assert (done.done_by, done.answer) == (street.rami.actor.identity, "yes")


def test_an_outcome_is_kept_for_everyone_who_touched_the_item(street: Street) -> None:
    item = street.say(street.noor, need())
    street.say(street.rami, Pledge(), item)
    street.say(street.noor, Outcome(text="it lasted the week"), item)
    shown = street.item(item)
    assert [one.text for one in shown.outcomes] == ["it lasted the week"]
    assert shown.touched == (street.noor.actor.identity, street.rami.actor.identity)
    assert shown.answered


def test_every_opening_of_the_details_is_there_to_be_seen(street: Street) -> None:
    item = street.say(street.noor, need())
    for when in (5, 6):
        street.say(street.rami, Opened(created=when), item)
    street.say(street.amal, Opened(created=7), item)
    assert [(one.author, one.times, one.created) for one in street.item(item).opened] == [
        (street.rami.actor.identity, 2, 6),
        (street.amal.actor.identity, 1, 7),
    ]


def test_private_notes_and_shared_keys_show_that_they_are_there_and_no_more(street: Street) -> None:
    item = street.say(street.noor, need())
    street.say(street.rami, Private(box=b"b" * 704, locks=(b"l" * 80,) * 8), item)
    street.say(street.noor, Share(keys=((b"r" * 8, b"k" * 80),)), item)
    shown = street.item(item)
    assert (shown.private, shown.events) == (1, 3)
    assert b"llll" not in shown.encode()
    assert b"kkkk" not in shown.encode()


def test_what_closed_an_item_first_is_what_its_end_is_counted_from(street: Street) -> None:
    item = street.say(street.noor, need())
    first = street.say(street.noor, Withdraw(), item)
    street.say(street.noor, Withdraw(), item)
    street.say(street.noor, Merge(into=digest("another")), item)
    assert street.item(item).closing == first.name
