"""Running numbers: gaps, doubles, the end of a whole chain, and how far a cut reaches back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from taboon_client.board import Authors, Gap, Link
from taboon_client.board.authors import Reach
from tests.client.board.worlds import digest

if TYPE_CHECKING:
    import random

AMAL, RAMI = digest("amal"), digest("rami")


def chain(author: bytes, count: int, *, tag: str = "", start: int = 1, below: bytes | None = None) -> list[Link]:
    links = []
    for number in range(start, start + count):
        below = None if number == 1 else below
        links.append(Link(author, number, digest(f"{author.hex()} {number} {tag}"), below))
        below = links[-1].name
    return links


def test_a_whole_chain_has_no_gap() -> None:
    links = chain(AMAL, 5)
    authors = Authors(links)
    assert authors.gaps(AMAL) == ()
    assert authors.wanted(AMAL) == frozenset()
    assert authors.last_without_gap(AMAL) == (5, links[-1].name)


def test_three_messages_missing_are_named() -> None:
    links = chain(AMAL, 9)
    authors = Authors([*links[:2], *links[5:7], links[8]])
    assert authors.gaps(AMAL) == (Gap(AMAL, 3, 5), Gap(AMAL, 8, 8))
    assert sum(gap.size for gap in authors.gaps(AMAL)) == 4
    assert authors.wanted(AMAL) == {links[4].name, links[7].name}
    assert authors.last_without_gap(AMAL) == (2, links[1].name)


def test_nothing_is_whole_while_the_first_is_missing() -> None:
    authors = Authors(chain(AMAL, 4)[1:])
    assert authors.last_without_gap(AMAL) is None
    assert sum(gap.size for gap in authors.gaps(AMAL)) == 1


def test_an_author_of_whom_nothing_is_held() -> None:
    authors = Authors()
    assert (authors.gaps(AMAL), authors.wanted(AMAL), authors.doubles(AMAL)) == ((), frozenset(), ())
    assert authors.last_without_gap(AMAL) is None


def test_a_claim_of_the_highest_number_costs_nothing() -> None:
    authors = Authors([Link(AMAL, 2**53 - 1, digest("high"), digest("below"))])
    assert sum(gap.size for gap in authors.gaps(AMAL)) == 2**53 - 2


def test_two_events_with_one_number_are_both_shown() -> None:
    links = chain(AMAL, 3)
    twin = Link(AMAL, 3, digest("twin"), links[1].name)
    authors = Authors([*links, twin])
    assert authors.doubles(AMAL) == ((3, tuple(sorted((links[2].name, twin.name)))),)


def test_one_number_at_two_authors_is_no_double() -> None:
    authors = Authors([*chain(AMAL, 3), *chain(RAMI, 3)])
    assert authors.doubles(AMAL) == authors.doubles(RAMI) == ()
    assert list(authors) == sorted((AMAL, RAMI))


def test_of_a_forked_chain_the_longer_branch_is_named_and_then_the_lower_name() -> None:
    stem = chain(AMAL, 2)
    short = chain(AMAL, 1, tag="short", start=3, below=stem[-1].name)
    long = chain(AMAL, 2, tag="long", start=3, below=stem[-1].name)
    assert Authors([*stem, *short, *long]).last_without_gap(AMAL) == (4, long[-1].name)
    other = chain(AMAL, 1, tag="other", start=3, below=stem[-1].name)
    assert Authors([*stem, *short, *other]).last_without_gap(AMAL) == (3, min(short[0].name, other[0].name))


def test_a_chain_does_not_go_on_through_another_author_or_over_a_number() -> None:
    rami = chain(RAMI, 2)
    stolen = Link(AMAL, 3, digest("stolen"), rami[-1].name)
    assert Authors([*rami, stolen]).last_without_gap(AMAL) is None
    amal = chain(AMAL, 2)
    skipping = Link(AMAL, 5, digest("skipping"), amal[-1].name)
    assert Authors([*amal, skipping]).last_without_gap(AMAL) == (2, amal[-1].name)


def test_what_lies_below_a_snapshot_is_no_gap() -> None:
    links = chain(AMAL, 9)
    authors = Authors([links[2]])
    authors.start_at(AMAL, 6, links[5].name)
    assert authors.gaps(AMAL) == ()
    assert authors.wanted(AMAL) == frozenset()
    assert authors.last_without_gap(AMAL) == (6, links[5].name)
    authors.add(links[8])
    assert authors.gaps(AMAL) == (Gap(AMAL, 7, 8),)
    authors.add(links[6])
    assert authors.last_without_gap(AMAL) == (7, links[6].name)
    authors.add(links[7])
    assert authors.last_without_gap(AMAL) == (9, links[8].name)


@st.composite
def tangles(draw: st.DrawFn) -> list[Link]:
    """Links that a liar could have signed: forked, skipping, borrowed, circular."""
    pool = [digest(str(n)) for n in range(12)]
    links = []
    for name in pool:
        number = draw(st.integers(1, 6))
        previous = None if number == 1 else draw(st.sampled_from(pool))
        links.append(Link(draw(st.sampled_from((AMAL, RAMI))), number, name, previous))
    return links


def _said(authors: Authors) -> list[object]:
    return [(authors.gaps(a), authors.wanted(a), authors.doubles(a), authors.last_without_gap(a)) for a in (AMAL, RAMI)]


@given(tangles(), st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_arrival_does_not_matter(links: list[Link], chance: random.Random, based: bool) -> None:
    straight, shuffled = Authors(links), Authors()
    if based:
        straight.start_at(AMAL, links[0].number, links[0].name)
    order = chance.sample(links + links[:3], len(links) + 3)
    turn = chance.randrange(len(order))
    for place, link in enumerate(order):
        if based and place == turn:
            shuffled.start_at(AMAL, links[0].number, links[0].name)
        shuffled.add(link)
    assert _said(straight) == _said(shuffled)


def _reached(last: bytes, event: Link, held: dict[bytes, Link]) -> bool:
    """The plain reading of the protocol: walk down by ``previous``, each the author's event with the number before."""
    here = held[last] if last in held and held[last].author == event.author else None
    while here is not None and here.name != event.name:
        below = held.get(here.previous or b"")
        here = below if below and below.author == here.author and below.number == here.number - 1 else None
    return here is not None


@given(tangles(), st.data())
def test_a_cut_reaches_what_a_plain_walk_reaches_in_any_order_of_asking(links: list[Link], data: st.DataObject) -> None:
    held = {link.name: link for link in links}
    last = data.draw(st.sampled_from(links)).name
    reach = Reach(AMAL, last)
    for event in data.draw(st.permutations(links)):
        if event.author == AMAL:
            assert reach.covers(event, held.get) == _reached(last, event, held)


@given(st.integers(1, 30), st.data())
def test_a_link_that_comes_late_is_walked_then(count: int, data: st.DataObject) -> None:
    links = chain(AMAL, count)
    held: dict[bytes, Link] = {}
    reach = Reach(AMAL, links[-1].name)
    for link in data.draw(st.permutations(links)):
        held[link.name] = link
        for event in held.values():
            assert reach.covers(event, held.get) == all(above.name in held for above in links[event.number :])


def test_a_chain_of_ten_thousand_is_walked_once() -> None:
    links = chain(AMAL, 10_000)
    authors = Authors(reversed(links))
    assert authors.last_without_gap(AMAL) == (10_000, links[-1].name)
    asked = 0

    def link(name: bytes) -> Link | None:
        nonlocal asked
        asked += 1
        return authors.link(name)

    reach = Reach(AMAL, links[-1].name)
    assert all(reach.covers(event, link) for event in links)
    assert asked < 10_001
