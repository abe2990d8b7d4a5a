"""Epochs are told as what is different from the one before, and mean the same as if each were told whole."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from taboon_client import cbor
from taboon_client.board import ADMIN, DISPATCH, Cut, EpochChange, EpochRecord, History
from taboon_client.group.payload import HistoryPayload, history_in_pieces, read_payload

PEOPLE = [sha256(bytes((number,))).digest() for number in range(6)]
ROSTERS = st.dictionaries(st.sampled_from(PEOPLE), st.sets(st.sampled_from([ADMIN, DISPATCH])), min_size=1)


@st.composite
def chains(draw: st.DrawFn) -> list[EpochRecord]:
    """Epochs in order, now and then with some of them unknown."""
    numbers = draw(st.lists(st.integers(0, 12), unique=True, max_size=8).map(sorted))
    return [
        EpochRecord(
            epoch_id=sha256(b"epoch" + bytes((number,))).digest(),
            number=number,
            members=draw(ROSTERS),
            cuts=[Cut(who, "", None) for who in draw(st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True))],
        )
        for number in numbers
    ]


@given(chains())
def test_differences_say_what_whole_records_say(epochs: list[EpochRecord]) -> None:
    history = History(epochs)
    assert list(history.epochs()) == epochs
    assert history.last == (epochs[-1] if epochs else None)
    written = cbor.encode(history.to_value())
    read = History.from_value(cbor.decode(written))
    assert list(read.epochs()) == epochs
    assert cbor.encode(read.to_value()) == written
    assert set(read.ever) == {who for epoch in epochs for who in epoch.members}


@given(chains())
def test_a_history_that_goes_on_leaves_the_old_one_as_it_was(epochs: list[EpochRecord]) -> None:
    history, before = History(), list[History]()
    for epoch in epochs:
        before.append(history)
        history = history.followed_by(epoch)
    assert list(history.epochs()) == epochs
    assert [list(one.epochs()) for one in before] == [epochs[:length] for length in range(len(epochs))]


@given(chains(), st.integers(0, 13))
def test_each_piece_of_a_history_is_read_by_itself(epochs: list[EpochRecord], before: int) -> None:
    told: dict[int, EpochRecord] = {}
    for payload in reversed(history_in_pieces(History(epochs), before, ())):
        piece = read_payload(payload)
        assert isinstance(piece, HistoryPayload)
        told |= {epoch.number: epoch for epoch in History(piece.epochs).epochs()}
    assert [told[number] for number in sorted(told)] == [epoch for epoch in epochs if epoch.number < before]


def test_an_epoch_in_which_nobody_came_or_went_is_told_in_the_same_few_bytes_in_any_group() -> None:
    def rotations(size: int) -> EpochChange:
        members = {sha256(number.to_bytes(4)).digest(): () for number in range(size)}
        history = History(
            EpochRecord(epoch_id=sha256(bytes((number,))).digest(), number=number, members=members)
            for number in range(3)
        )
        return history.changes()[-1]

    small, large = (cbor.encode(rotations(size).to_value()) for size in (3, 1_000))
    assert small == large
    assert len(large) < 50
