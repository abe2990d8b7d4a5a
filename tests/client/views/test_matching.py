"""Who could help with what, in which order, and why: every point is a reason that is shown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.board import Freshness, Hours, PledgeStanding, Status
from taboon_client.views.matching import Match, Person, loads, needs_for, offers_for
from tests.client.views.boards import BASIL, NOON, ZAHRA, item, line, pledge

DAY = 86_400


def need(title: str = "need", **fields: Any) -> Any:
    return item(title, **({"category": "food", "sub": "bread"} | fields))


def offer(title: str = "offer", **fields: Any) -> Any:
    return item(title, **({"kind": "offer", "author": BASIL, "category": "food", "sub": "bread"} | fields))


def why(match: Match) -> dict[str, str]:
    return {reason.id: reason.detail for reason in match.reasons}


def better(wanted: Any, good: Any, worse: Any) -> None:
    assert [match.item.title for match in offers_for(wanted, [worse, good])] == [good.title, worse.title]


def test_the_nearer_the_category_the_better() -> None:
    found = offers_for(
        need(title="دواء سكري"),
        [
            offer("same"),
            offer("near", sub="meal"),
            offer("سكري", category="", sub=""),
            offer("far", category="water", sub="tank"),
        ],
    )
    assert [(match.item.title, match.reasons[0].id) for match in found] == [
        ("same", "same-sub"),
        ("near", "same-category"),
        ("سكري", "same-words"),
    ]


def test_an_offer_of_enough_comes_before_one_of_a_part() -> None:
    wanted = need(lines=(line(60, "litre", pledged=20),))
    better(wanted, offer("all", lines=(line(40, "Litre"),)), offer("some", lines=(line(39, "litre"),)))
    matches = offers_for(wanted, [offer("all", lines=(line(40, "litre"),)), offer("some", lines=(line(9, "litre"),))])
    assert [why(match).get("all-of-it") for match in matches] == ["40 litre", None]
    assert why(matches[1])["part-of-it"] == "9 litre"


def test_area_language_and_skill_count_for_an_offer() -> None:
    wanted = need(area="التلة", languages=("ar",), helper_needs=("vehicle",))
    better(wanted, offer("near", area="التّلة"), offer("far", area="Port"))
    better(wanted, offer("speaks", languages=("ar", "en")), offer("does not", languages=("en",)))
    better(wanted, offer("drives", tags=("vehicle",)), offer("walks"))


def test_whoever_holds_much_already_comes_later() -> None:
    held = [need(str(number), pledges=(pledge(BASIL),)) for number in range(2)]
    busy, free = offer("busy"), offer("free", author=ZAHRA)
    matches = offers_for(need(), [busy, free, *held])
    assert [match.item.title for match in matches] == ["free", "busy"]
    assert why(matches[1])["busy"] == "2"


@pytest.mark.parametrize(
    "fields",
    [
        {"status": Status.WITHDRAWN},
        {"status": Status.PAUSED},
        {"needed_by": NOON - DAY},
        {"lines": (line(5, pledged=5),)},
        {"not_before": NOON + 2 * DAY},
        {"kind": "need"},
    ],
)
def test_what_cannot_help_is_not_offered(fields: dict[str, Any]) -> None:
    assert offers_for(need(needed_by=NOON + DAY), [offer(**fields)], now=NOON) == []


def test_an_offer_that_nobody_has_confirmed_lately_comes_later_and_says_so() -> None:
    fresh, stale, faded = (offer(title) for title in ("fresh", "stale", "faded"))
    ages = {fresh.id: Freshness.FRESH, stale.id: Freshness.STALE, faded.id: Freshness.FADED}
    matches = offers_for(need(), [faded, stale, fresh], fresh=ages)
    assert [match.item.title for match in matches] == ["fresh", "stale", "faded"]
    assert {"offer-stale", "offer-faded"} == {
        reason for match in matches[1:] for reason in why(match) if reason.startswith("offer")
    }


def test_a_standing_offer_is_never_used_up() -> None:
    [match] = offers_for(need(lines=(line(3, "loaf"),)), [offer(kind="standing", lines=(line(5, "loaf", pledged=5),))])
    assert why(match)["all-of-it"] == "3 loaf"


def test_needs_for_a_person_are_ranked_by_what_they_can_where_they_are_and_what_presses() -> None:
    me = Person(ZAHRA, frozenset({"food"}), frozenset({"hill"}), frozenset({"ar"}), frozenset({"vehicle"}))
    board = [
        need("late", created=NOON - 3 * DAY),
        need("now", urgency="now", created=NOON),
        need("near", area="Hill", created=NOON),
        need("mine", author=ZAHRA),
        need("held", pledges=(pledge(ZAHRA),)),
        need("full", lines=(line(1, pledged=1),)),
        need("lifting", helper_needs=("lifting",), created=NOON),
        need("other", category="legal", sub=""),
        offer("an offer"),
    ]
    found = needs_for(me, board, NOON)
    assert [match.item.title for match in found] == ["near", "now", "late", "lifting"]
    assert why(found[2])["waits"] == "3"
    assert why(found[3])["lacks-skill"] == "lifting"


def test_who_can_do_anything_is_shown_everything_and_a_limit_is_told_and_forbids_nothing() -> None:
    me = Person(ZAHRA, load=3, limit=3)
    [match] = needs_for(me, [need(created=0)], NOON)
    assert why(match) == {"at-limit": "3"}


@given(
    st.lists(
        st.tuples(st.sampled_from(["food", "water", ""]), st.sampled_from(["hill", ""]), st.integers(0, 9)), max_size=12
    )
)
def test_points_are_the_sum_of_the_reasons_and_the_order_is_one(rows: list[tuple[str, str, int]]) -> None:
    board = [
        offer(f"bread {n}", category=category, sub="", area=area, lines=(line(5, pledged=min(5, taken)),))
        for n, (category, area, taken) in enumerate(rows)
    ]
    wanted = need("bread", sub="", area="Hill")
    found = offers_for(wanted, board)
    assert found == offers_for(wanted, board[::-1])
    assert all(match.points == sum(reason.points for reason in match.reasons) for match in found)
    assert [match.points for match in found] == sorted((match.points for match in found), reverse=True)


def test_load_counts_what_binds_on_open_items_alone() -> None:
    board = [
        need("a", pledges=(pledge(BASIL), pledge(ZAHRA, PledgeStanding.STANDBY))),
        need("b", pledges=(pledge(BASIL, PledgeStanding.RELEASED),)),
        need("c", status=Status.DONE, pledges=(pledge(BASIL),)),
    ]
    assert loads(board) == {BASIL: 1, ZAHRA: 1}


def test_every_item_is_looked_at_a_fixed_number_of_times() -> None:
    class Board(list[Any]):
        rounds = 0

        def __iter__(self) -> Any:
            self.rounds += 1
            return super().__iter__()

    held = [need(str(number), pledges=(pledge(BASIL),)) for number in range(50)]
    board = Board([offer(f"offer {number}") for number in range(50)] + held)
    offers_for(need(), board)
    assert board.rounds == 2


def test_whom_not_to_send_is_left_out_for_that_need_alone_and_nothing_says_why() -> None:
    wanted, other = need(), need("other")
    shut = {wanted.id: frozenset({BASIL})}
    theirs, another = offer(), offer("another", author=ZAHRA)
    [left] = offers_for(wanted, [theirs, another], not_with=shut)
    assert left == offers_for(wanted, [another])[0]
    assert len(offers_for(other, [theirs, another], not_with=shut)) == 2
    assert [match.item for match in needs_for(Person(BASIL), [wanted, other], NOON, not_with=shut)] == [other]


@pytest.mark.parametrize(
    ("safe", "stated", "fits"),
    [
        (Hours(start=600, end=720), Hours(start=700, end=800), True),
        (Hours(start=600, end=720), Hours(start=720, end=800), False),
        (Hours(start=600, end=720, days=(0,)), Hours(start=600, end=720, days=(1,)), False),
        (Hours(start=1_380, end=60, days=(6,)), Hours(start=0, end=30, days=(0,)), True),
        (Hours(start=0, end=30, days=(0,)), Hours(start=1_380, end=60, days=(6,)), True),
        (Hours(start=1_380, end=1_440, days=(6,)), Hours(start=0, end=30, days=(0,)), False),
    ],
)
def test_hours_are_compared_where_both_are_known_also_past_midnight_and_the_weeks_end(
    safe: Hours, stated: Hours, fits: bool
) -> None:
    wanted = need(safe_hours=(safe,), created=NOON)
    told = [
        *offers_for(wanted, [offer(safe_hours=(stated,))]),
        *needs_for(Person(ZAHRA, hours=(stated,)), [wanted], NOON),
    ]
    assert [{"same-hours", "no-hours"} & why(match).keys() for match in told] == [
        {("same-hours" if fits else "no-hours")}
    ] * 2
    for match in (*offers_for(wanted, [offer()]), *needs_for(Person(ZAHRA), [wanted], NOON)):
        assert not {"same-hours", "no-hours"} & why(match).keys()


def test_whoever_comes_when_it_is_safe_there_is_before_whoever_does_not() -> None:
    wanted = need(safe_hours=(Hours(start=1_080, end=1_200),))
    better(wanted, offer("evening", safe_hours=(Hours(start=1_020, end=1_320),)), offer("not said"))
    better(wanted, offer("not said"), offer("morning", safe_hours=(Hours(start=480, end=600),)))
