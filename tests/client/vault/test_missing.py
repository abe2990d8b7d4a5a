"""How many messages are missing is counted by the database; it is what the chains of the authors say."""

from __future__ import annotations

from importlib.resources import files

from hypothesis import given
from hypothesis import strategies as st
from sqlcipher3 import dbapi2

from taboon_client.board.authors import Authors, Link
from taboon_client.vault import events

AMAL, RAMI = bytes(32), bytes([1]) * 32
NUMBERS = st.integers(1, 12) | st.just(2**53)
HELD = st.lists(st.tuples(st.sampled_from([AMAL, RAMI]), NUMBERS, st.booleans()), max_size=14)


@given(HELD, st.dictionaries(st.sampled_from([AMAL, RAMI]), st.integers(1, 12)))
def test_the_count_is_that_of_the_chains(held: list[tuple[bytes, int, bool]], bases: dict[bytes, int]) -> None:
    tx = dbapi2.connect(":memory:")
    for step in sorted(files("taboon_client.vault").joinpath("schema").iterdir(), key=lambda path: path.name):
        tx.executescript(step.read_text(encoding="utf-8"))
    authors = Authors()
    for place, (author, number, gone) in enumerate(held):
        name = place.to_bytes(32, "big")
        authors.add(Link(author, number, name, None))
        if gone:
            tx.execute("INSERT INTO gone_event (name, grp, author, number) VALUES (?, 1, ?, ?)", (name, author, number))
        else:
            tx.execute(
                "INSERT INTO event (name, grp, author, number, place, epoch_id, bytes)"
                " VALUES (?, 1, ?, ?, '', x'', x'')",
                (name, author, number),
            )
    for author, number in bases.items():
        authors.start_at(author, number, bytes([9]) * 32)
        events.set_base(tx, 1, author, number, bytes([9]) * 32)
    assert events.missing(tx, 1) == sum(gap.size for author in (AMAL, RAMI) for gap in authors.gaps(author))
    tx.close()
