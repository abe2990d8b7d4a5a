"""The frozen file tests/vectors/events.json, which another client can check itself by, holds for this one."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest

from taboon_client import cbor
from taboon_client.board import (
    PEOPLE,
    SETTINGS,
    Event,
    History,
    PledgeStanding,
    Standing,
    code_of,
    fold_group_name,
    fold_people,
    tags,
)
from taboon_client.errors import CborError, EventError
from taboon_crypto.primitives.sodium import ed25519_expand_seed, ed25519_sign
from tests.client.board import vectors
from tests.client.board.worlds import Board


@pytest.fixture(scope="module")
def frozen() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(vectors.PATH.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def board(frozen: dict[str, Any]) -> Board:
    group_id = bytes.fromhex(frozen["group_id"])
    history = History.from_value(cbor.decode(bytes.fromhex(frozen["history"]["bytes"])))
    events = [Event.read(bytes.fromhex(event["bytes"]), group_id) for event in frozen["events"]]
    return Board(history.epochs(), reversed(events))


def test_nothing_in_the_format_has_changed_since_the_file_was_written() -> None:
    assert vectors.PATH.read_text(encoding="utf-8") == vectors.text()


def test_names_and_signatures_follow_from_seeds_and_contents_alone(frozen: dict[str, Any]) -> None:
    keys = {}
    for member in frozen["members"]:
        public, private = ed25519_expand_seed(bytes.fromhex(member["seed"]))
        assert public.hex() == member["identity"]
        keys[member["identity"]] = private
    for event in frozen["events"]:
        content = bytes.fromhex(event["content"])
        message = b"taboon event v1" + bytes.fromhex(frozen["group_id"]) + content
        signature = ed25519_sign(keys[event["author"]], message)
        raw = b"\x82" + cbor.encode(content) + cbor.encode(signature)
        assert signature.hex() == event["signature"]
        assert raw.hex() == event["bytes"]
        assert sha256(b"taboon event name v1" + raw).hexdigest() == event["name"]


def test_every_event_reads_with_the_fields_it_states(frozen: dict[str, Any]) -> None:
    for event in frozen["events"]:
        read = Event.read(bytes.fromhex(event["bytes"]), bytes.fromhex(frozen["group_id"]))
        assert vectors.event_fields(read) == event


def test_every_refused_event_is_refused(frozen: dict[str, Any]) -> None:
    assert len(frozen["refused_events"]) >= 10
    for case in frozen["refused_events"]:
        with pytest.raises(EventError):
            Event.read(bytes.fromhex(case["bytes"]), bytes.fromhex(frozen["group_id"]))


def test_every_refused_encoding_is_refused(frozen: dict[str, Any]) -> None:
    for case in frozen["refused_cbor"]:
        with pytest.raises(CborError):
            cbor.decode(bytes.fromhex(case["bytes"]))


def test_every_place_folds_to_what_the_file_says(frozen: dict[str, Any], board: Board) -> None:
    assert len(frozen["places"]) == len(board.graphs)
    for place in frozen["places"]:
        word = place["place"]
        home = bytes.fromhex(word) if place["code"] else word
        graph = board.graph(home)
        assert [[depth, name.hex()] for depth, name, _ in graph.ready()] == place["order"]
        assert sorted(name.hex() for name in board.aside(home)) == place["set_aside"]
        assert sorted(name.hex() for name in graph.heads(board.aside(home))) == place["heads"]
        assert (graph.waiting, sorted(name.hex() for name in graph.missing())) == (place["waiting"], place["missing"])
        item = board.items.get(home) if isinstance(home, bytes) else None
        assert (None if item is None else vectors.item_fields(item)) == place["item"]
        if isinstance(home, bytes):
            assert code_of(home) == place["code"]


def test_the_registers_fold_to_what_the_file_says(frozen: dict[str, Any], board: Board) -> None:
    people = fold_people(board.graph(PEOPLE), board.counts)
    assert [
        {"identity": identity.hex(), "name": name, "tag": tags(people)[identity]}
        for identity, name in sorted(people.items())
    ] == frozen["people"]
    assert fold_group_name(board.graph(SETTINGS), board.counts) == frozen["group_name"]


def test_the_chains_of_the_authors_are_what_the_file_says(frozen: dict[str, Any], board: Board) -> None:
    for author in frozen["authors"]:
        identity = bytes.fromhex(author["identity"])
        assert vectors.readable(board.authors.last_without_gap(identity)) == author["last_without_gap"]
        assert [[gap.first, gap.last] for gap in board.authors.gaps(identity)] == author["missing"]
        assert vectors.readable(board.authors.doubles(identity)) == author["doubles"]


def test_the_file_shows_every_case_worth_showing(frozen: dict[str, Any], board: Board) -> None:
    items = [place["item"] for place in frozen["places"] if place["item"]]
    standings = {pledge["standing"] for item in items for pledge in item["pledges"]}
    assert standings == set(PledgeStanding)
    assert {item["status"] for item in items} >= {"partly", "delivered", "covered", "withdrawn"}
    assert any(item["opening_set_aside"] for item in items)
    assert any(pledge["late"] for item in items for pledge in item["pledges"])
    assert any(place["waiting"] for place in frozen["places"])
    assert any(author["doubles"] for author in frozen["authors"])
    assert not all(event["understood"] for event in frozen["events"])
    reasons = {board.history.judge(event, board.authors.link) for event in board.events.values()}
    assert reasons >= {Standing.COUNTS, Standing.CUT, Standing.WITHOUT_ROLE}
