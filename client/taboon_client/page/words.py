"""What the board's own words are called on the page, for the catalogue: kinds, statuses, urgencies, standings."""

from __future__ import annotations

from typing import Final

from taboon_client.page.language import N_

__all__ = [
    "AUDIENCES",
    "CLOSE_REASONS",
    "COLUMNS",
    "FOR_WHOM",
    "FRESHNESS",
    "HELPER_NEEDS",
    "KINDS",
    "ORDERS",
    "REPEATS",
    "RISKS",
    "SPOKEN",
    "STANDINGS",
    "STATUSES",
    "URGENCIES",
    "listed",
]

KINDS: Final = {"need": N_("Need"), "offer": N_("Offer"), "standing": N_("Standing offer"), "loan": N_("To lend")}
STATUSES: Final = {
    "open": N_("open"),
    "partly": N_("partly pledged"),
    "covered": N_("all pledged"),
    "delivered": N_("handed over"),
    "done": N_("done"),
    "paused": N_("paused"),
    "withdrawn": N_("closed"),
    "merged": N_("merged"),
}
URGENCIES: Final = {
    "now": N_("now, within hours"),
    "soon": N_("soon, a day or two"),
    "week": N_("this week"),
    "whenever": N_("whenever it suits"),
}
STANDINGS: Final = {
    "primary": N_("goes"),
    "on-the-way": N_("on the way"),
    "standby": N_("stands by"),
    "released": N_("gave it back"),
    "lapsed": N_("lapsed"),
    "handed-over": N_("handed over"),
    "confirmed": N_("arrived"),
    "returned": N_("brought it back"),
}
FRESHNESS: Final = {"stale": N_("not confirmed lately"), "faded": N_("fading: is it still so?")}
FOR_WHOM: Final = {
    "self": N_("for me"),
    "household": N_("for my household"),
    "neighbour": N_("for a neighbour"),
    "group": N_("for the group"),
}
AUDIENCES: Final = {
    "group": N_("this group only"),
    "neighbours": N_("neighbouring groups too"),
    "allies": N_("allies too"),
    "text": N_("anybody, as a text"),
}
HELPER_NEEDS: Final = {
    "vehicle": N_("a vehicle"),
    "lifting": N_("heavy lifting"),
    "woman": N_("a woman"),
    "medic": N_("somebody with medical training"),
    "two-people": N_("two people"),
    "language": N_("another language"),
    "tools": N_("tools"),
    "night": N_("going at night"),
}
RISKS: Final = {"careful": N_("careful on the way"), "two-people": N_("two people should go")}
REPEATS: Final = {
    "FREQ=DAILY": N_("every day"),
    "FREQ=WEEKLY": N_("every week"),
    "FREQ=MONTHLY": N_("every month"),
}
SPOKEN: Final = ("ar", "en", "am", "es", "fa", "fr", "ku", "ru", "ti", "tr", "uk", "ur")
"""Languages that can be ticked; Babel knows what they are called."""
COLUMNS: Final = {
    "title": N_("what is needed or offered"),
    "message": N_("a note"),
    "original": N_("the text as it came"),
    "id": N_("its number"),
    "kind": N_("need or offer"),
    "category": N_("category"),
    "area": N_("area"),
    "urgency": N_("urgency"),
    "quantity": N_("how many"),
    "unit": N_("unit"),
    "by": N_("needed by"),
    "language": N_("language"),
    "names": N_("whom to ask for (sealed)"),
    "phone": N_("phone (sealed)"),
    "place": N_("the exact place (sealed)"),
    "people": N_("how many people (sealed)"),
}
"""What a column of a sheet can be."""
CLOSE_REASONS: Final = {
    "done": N_("it is done"),
    "done-by-others": N_("others have done it"),
    "not-wanted": N_("it is not wanted any more"),
    "no-answer": N_("nobody answers there"),
    "out-of-reach": N_("it cannot be reached"),
    "passed-on": N_("passed on to others"),
    "duplicate": N_("it stands there twice"),
    "unsafe": N_("it is not safe"),
    "wrong": N_("it was a mistake"),
    "undone": N_("it was not done, and that is all right"),
}
ORDERS: Final = {
    "urgency": N_("most urgent first"),
    "oldest": N_("oldest first"),
    "newest": N_("newest first"),
    "latest": N_("last changed first"),
    "needed": N_("needed first"),
}


def listed(text: str) -> tuple[str, ...]:
    """Return the words of a field that takes several, with commas of either script between."""
    return tuple(filter(None, (part.strip() for part in text.replace("،", ",").split(","))))
