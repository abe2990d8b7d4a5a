"""The questions of ``post`` for somebody who gave no title: only what matters, and Enter passes over the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taboon_client.cli import reading, terminal
from taboon_client.cli.exits import UsageError
from taboon_client.cli.fields import Urgency

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.blocking import Group
    from taboon_client.cli.errand import Errand

__all__ = ["ask_for_fields", "ask_for_title"]


def ask_for_title(errand: Errand, kind: str) -> str:
    """Ask for the line that everyone reads.

    Raises:
        UsageError: Nobody can be asked here.
    """
    if not (errand.human and terminal.interactive()):
        raise UsageError("say what it is: --title “Water”, or --title - to read it from standard input")
    what = "is needed" if kind == "need" else "do you offer"
    return errand.ask(f"What {what}, in a line that everyone in the group may read? ")


def ask_for_fields(errand: Errand, place: Group, kind: str, title: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were given, and for those that matter and were left out what was answered."""
    said = {name: value for name, value in given.items() if value is not None}
    if "line" not in said and "quantity" not in said:
        lines = _until_it_fits(errand, "How much of what (20 litre, 2 box: insulin)? ", reading.line_of)
        said |= {"line": [lines]} if lines else {}
    if kind == "need" and "urgency" not in said:
        urgency = _until_it_fits(errand, f"How long can it wait ({', '.join(Urgency)})? ", _urgency)
        said |= {"urgency": Urgency(urgency)} if urgency else {}
    if "category" not in said:
        guess = next(iter(place.categories().in_text(title)), None)
        asked = f" ({guess.code})" if guess is not None else " (food, water, med …)"
        category = errand.ask(f"Category{asked}? ") or (guess.code if guess is not None else "")
        said |= {"category": category} if category else {}
    if "area" not in said:
        areas = place.areas()
        known = ", ".join(term.code for term in areas.offered())

        def fits(text: str) -> None:
            if known and not areas.find(text):
                raise UsageError(f"the group's areas are: {terminal.member(known)}")

        area = _until_it_fits(errand, f"Roughly where{f' ({terminal.member(known)})' if known else ''}? ", fits)
        said |= {"area": area} if area else {}
    return given | said


def _until_it_fits(errand: Errand, question: str, fits: Callable[[str], object]) -> str:
    """Ask until the answer fits or is empty: nobody should begin again for one slip."""
    while text := errand.ask(question):
        try:
            fits(text)
        except UsageError as error:
            terminal.hint(terminal.sentence(str(error)))
        else:
            return text
    return ""


def _urgency(text: str) -> Urgency:
    try:
        return Urgency(text)
    except ValueError:
        raise UsageError(f"one of {', '.join(Urgency)}, or nothing") from None
