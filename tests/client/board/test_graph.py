"""The events of one place: ready, deep, missing, and whom a new one stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.board import Event, Graph, code_of
from taboon_client.board.event import MAX_PARENTS
from taboon_client.errors import FieldError
from tests.client.board.worlds import Actor, digest

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

EPOCH = digest("first epoch")
PLACE = digest("a place")


def bare(name: str, parents: Iterable[bytes] = (), *, place: bytes | str | None = PLACE, author: str = "a") -> Event:
    """An event without bytes: a graph looks at names and parents alone."""
    return Event(
        name=digest(name), author=digest(author), number=1, previous=None, place=place, parents=tuple(sorted(parents)),
        epoch=EPOCH, kind="comment", body={}, understood=True, raw=b"",
    )  # fmt: skip


def names(events: Iterable[Event]) -> list[bytes]:
    return [event.name for event in events]


def test_an_event_is_ready_once_everything_below_it_is() -> None:
    one, two, three = bare("1"), bare("2", [digest("1")]), bare("3", [digest("1"), digest("2")])
    graph = Graph(PLACE)
    assert graph.add(three) == ()
    assert graph.add(two) == ()
    assert graph.missing() == {digest("1")}
    assert graph.waiting == 2
    assert names(graph.add(one)) == names([one, two, three])
    assert [graph.depth(event.name) for event in (one, two, three)] == [0, 1, 2]
    assert (graph.missing(), graph.waiting) == (frozenset(), 0)


def test_an_event_that_is_here_already_changes_nothing() -> None:
    graph = Graph(PLACE, [bare("1")])
    assert graph.add(bare("1")) == ()
    assert (len(graph), len(graph.ready())) == (1, 1)


def test_an_event_of_another_place_is_refused() -> None:
    with pytest.raises(FieldError):
        Graph(PLACE).add(bare("1", place="people"))


def test_an_opening_belongs_to_the_item_that_it_opens() -> None:
    opening = bare("1", place=None)
    assert names(Graph(opening.name).add(opening)) == [opening.name]


def test_whatever_stands_on_another_place_never_becomes_ready() -> None:
    elsewhere = bare("elsewhere", place="people")
    graph = Graph(PLACE, [bare("1"), bare("2", [digest("1"), elsewhere.name]), bare("3", [digest("2")])])
    assert [name for _, name, _ in graph.ready()] == [digest("1")]
    assert graph.missing() == {elsewhere.name}


def test_a_circle_never_becomes_ready() -> None:
    graph = Graph(PLACE, [bare("1", [digest("2")]), bare("2", [digest("1")]), bare("3", [digest("3")])])
    assert not graph.ready()
    assert graph.waiting == 3
    assert graph.missing() == frozenset()


@pytest.mark.parametrize("backwards", [False, True], ids=["oldest first", "youngest first"])
def test_a_chain_of_ten_thousand_is_no_trouble(backwards: bool) -> None:
    chain = [bare("0")]
    for number in range(1, 10_000):
        chain.append(bare(str(number), [chain[-1].name]))
    graph = Graph(PLACE, reversed(chain) if backwards else chain)
    assert graph.depth(chain[-1].name) == 9_999
    assert [event for _, _, event in graph.ready()] == chain
    assert graph.heads() == (chain[-1].name,)


@st.composite
def webs(draw: st.DrawFn) -> list[Event]:
    """Events that stand on any earlier ones."""
    web: list[Event] = []
    for number in range(draw(st.integers(1, 25))):
        below = draw(st.sets(st.sampled_from(web), max_size=4)) if web else set()
        web.append(bare(str(number), names(below), author=draw(st.sampled_from("abc"))))
    return web


@given(webs(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(web: list[Event], chance: random.Random) -> None:
    straight = Graph(PLACE, web)
    shuffled = chance.sample(web + web[:5], len(web) + len(web[:5]))
    other = Graph(PLACE, shuffled)
    assert list(straight.ready()) == list(other.ready())
    assert set(straight.heads()) == set(other.heads())
    assert [(depth, name) for depth, name, _ in straight.ready()] == sorted(
        (straight.depth(event.name) or 0, event.name) for event in web
    )


@given(webs(), st.data())
def test_heads_are_what_no_event_that_counts_stands_on_by_any_path(web: list[Event], data: st.DataObject) -> None:
    aside = frozenset(names(data.draw(st.sets(st.sampled_from(web)))))
    graph = Graph(PLACE, web)
    covered: set[bytes] = set()
    for event in reversed(web):
        if event.name not in aside or event.name in covered:
            covered.update(event.parents)
    expected = {event.name for event in web} - covered - aside
    assert set(graph.heads(aside)) == expected


@given(webs(), st.data())
def test_a_writer_names_its_own_last_what_it_speaks_of_and_the_deepest_heads(
    web: list[Event], data: st.DataObject
) -> None:
    aside = frozenset(names(data.draw(st.sets(st.sampled_from(web)))))
    counting = [event for event in web if event.name not in aside]
    speaks_of = names(data.draw(st.sets(st.sampled_from(counting), max_size=3))) if counting else []
    graph = Graph(PLACE, web)
    parents = graph.parents_for(digest("a"), speaks_of=speaks_of, aside=aside)
    own = [event for event in counting if event.author == digest("a")]
    assert len(parents) <= MAX_PARENTS
    assert list(parents) == sorted(set(parents))
    assert not aside & set(parents)
    assert set(speaks_of) <= set(parents)
    assert not own or max(own, key=lambda event: (event.number, event.name)).name in parents
    heads = [name for name in graph.heads(aside) if name not in parents]
    if heads:
        assert len(parents) == MAX_PARENTS
        deepest_left_out = max(graph.depth(name) or 0 for name in heads)
        chosen_freely = set(graph.heads(aside)) & set(parents) - set(speaks_of) - set(names(own))
        assert all((graph.depth(name) or 0) >= deepest_left_out for name in chosen_freely)


def test_of_forty_heads_sixteen_are_named_the_deepest_first() -> None:
    low = [bare(f"low {number}") for number in range(30)]
    high = [bare(f"high {number}", [low[0].name]) for number in range(10)]
    own = bare("own", author="me")
    graph = Graph(PLACE, [*low, *high, own])
    parents = graph.parents_for(digest("me"), speaks_of=[low[1].name])
    assert len(parents) == MAX_PARENTS
    assert {own.name, low[1].name, *names(high)} <= set(parents)


def test_nobody_stands_on_what_is_not_here_or_does_not_count() -> None:
    graph = Graph(PLACE, [bare("1"), bare("2", [digest("never comes")])])
    for name, aside in ((digest("unknown"), ()), (digest("2"), ()), (digest("1"), (digest("1"),))):
        with pytest.raises(FieldError):
            graph.parents_for(digest("me"), speaks_of=[name], aside=frozenset(aside))
    with pytest.raises(FieldError):
        Graph(PLACE, many := [bare(str(n)) for n in range(17)]).parents_for(digest("me"), speaks_of=names(many))


def test_an_empty_place_gives_no_parents() -> None:
    assert Graph("people").parents_for(digest("me")) == ()


def test_ten_thousand_heads_do_not_hide_ones_own_last() -> None:
    opening = bare("opening", place=None)
    crowd = [bare(f"c{n}", [opening.name], place=opening.name, author="crowd") for n in range(10_000)]
    own = bare("own", [opening.name], place=opening.name, author="me")
    parents = Graph(opening.name, [opening, *crowd, own]).parents_for(digest("me"))
    assert len(parents) == MAX_PARENTS
    assert own.name in parents


def test_events_made_for_real_sort_into_the_same_graph() -> None:
    amal = Actor("amal")
    opening = amal.make("need", {"title": "Bread", "created": 5}, epoch=EPOCH)
    comment = amal.make("comment", {"text": "hi"}, place=opening.name, parents=[opening.name], epoch=EPOCH)
    graph = Graph(opening.name, [comment, opening])
    assert [code_of(name) for _, name, _ in graph.ready()] == [code_of(opening.name), code_of(comment.name)]
