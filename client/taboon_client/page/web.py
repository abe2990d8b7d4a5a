"""Requests and answers as the screens see them, and nothing more of HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

__all__ = ["Answer", "Asked"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that came with a token.

    Attributes:
        path: As in ``/board``.
        query: What stands behind the question mark, each name once.
        form: What was sent, each name with all its values.
        unreadable: What was sent is too large, or no form.
        language: ``en`` or ``ar``.
    """

    path: str
    query: Mapping[str, str] = field(repr=False)
    form: Mapping[str, tuple[str, ...]] = field(repr=False)
    language: str
    unreadable: bool = False

    def several(self, name: str) -> tuple[str, ...]:
        """Return all values of a field of a filter, which the script writes as lines, whoever sends them."""
        return tuple(filter(None, (line.strip() for line in (self.query.get(name) or self.text(name)).splitlines())))

    def text(self, name: str) -> str:
        """Return the last value of a field of the form, without blanks around it; empty if there is none."""
        values = self.form.get(name, ())
        return values[-1].strip() if values else ""

    def many(self, name: str) -> tuple[str, ...]:
        """Return all values of a field of the form that are not empty."""
        return tuple(value.strip() for value in self.form.get(name, ()) if value.strip())


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    Attributes:
        status: As in HTTP.
        body: Whole, or empty where it comes in pieces.
        type: Media type with its character set; empty for an empty body.
        language: Of what is shown; empty where there is none.
        pieces: For an answer that goes on: its pieces as they come.
    """

    status: int = 200
    body: bytes = field(default=b"", repr=False)
    type: str = ""
    language: str = ""
    pieces: AsyncIterator[bytes] | None = None
