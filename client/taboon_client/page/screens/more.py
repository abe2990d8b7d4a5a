"""What a group has besides its board and its people, as a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client.page.language import N_

if TYPE_CHECKING:
    from taboon_client.page.screens.visit import Visit
    from taboon_client.page.web import Answer

__all__ = ["ENTRIES", "GROUPS", "SCREENS"]

_Entry = tuple[str, str, str]

GROUPS: Final[tuple[tuple[str, tuple[_Entry, ...]], ...]] = (
    (
        N_("Helping"),
        (
            ("/fits", N_("What fits me"), N_("Needs that you could go for, and why.")),
            ("/follow-ups", N_("Ask again"), N_("Whom to ask how it went, and what became of what you helped with.")),
            ("/rest", N_("A rest"), N_("Give back what you hold, and be reminded of nothing for some days.")),
            ("/numbers", N_("Numbers"), N_("Totals as pictures; nobody is named.")),
        ),
    ),
    (
        N_("Paper, sheets and other channels"),
        (
            ("/import", N_("Import"), N_("A sheet or an exported chat, looked at before anything is posted.")),
            ("/enter-rows", N_("From paper"), N_("The rows of an intake sheet, typed in quickly.")),
            ("/sheet", N_("On paper"), N_("The open needs to print, with boxes to tick.")),
            (
                "/export",
                N_("A list for other channels"),
                N_("The open needs as a text, without names, numbers and addresses."),
            ),
        ),
    ),
    (
        N_("How the group decides"),
        (
            ("/votes", N_("Votes"), N_("What the group is asked to decide.")),
            ("/rules", N_("Rules and admins"), N_("Who decides, how many must agree, what was done.")),
            (
                "/lists",
                N_("Lists of the group"),
                N_("Areas, categories, questions, how long items stay, the agreement."),
            ),
        ),
    ),
    (
        N_("Keys and safety"),
        (
            ("/keys", N_("Health of the keys"), N_("Who has followed, how old the keys are, what to do.")),
            ("/meeting", N_("Meeting in person"), N_("Check each other's keys, and that you see the same group.")),
            (
                "/evidence",
                N_("One history or two"),
                N_("Compare with another member what the relay has shown each of you."),
            ),
        ),
    ),
    (
        N_("The way to the relay"),
        (
            ("/outbox", N_("Outbox"), N_("What is saved here and waits to go out.")),
            ("/popup", N_("Without internet"), N_("Go on at a relay that somebody in the place has started.")),
        ),
    ),
)
"""What a group has: headings, and below each the screens, what they are called and what they are for."""

ENTRIES: Final = tuple(entry for _, entries in GROUPS for entry in entries)


async def _more(visit: Visit) -> Answer:
    return visit.render_in(await visit.place(), "more.html", "more", groups=GROUPS)


SCREENS = {"/more": _more}
