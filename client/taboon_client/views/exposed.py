"""What in the open texts of an item would let everybody in the group call somebody, or stand at their door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.text.contacts import redact

if TYPE_CHECKING:
    from taboon_client.board import Opening
    from taboon_client.board.openings import Edit

__all__ = ["exposed"]


def exposed(said: Opening | Edit) -> tuple[str, ...]:
    """Return the numbers to call, addresses, links and map points in texts that all members would read.

    Whoever posts sees them and decides: they belong into the sealed details. No rule finds all of them.
    """
    texts = [said.title, said.note, said.area, said.urgency_reason, getattr(said, "original", "")]
    texts += [text for line in said.lines or () for text in (line.unit, line.name, line.form)]
    texts += [one.value for one in said.answers or () if isinstance(one.value, str)]
    found = [piece for text in texts if isinstance(text, str) for piece in redact(text).found]
    return tuple(dict.fromkeys(found))
