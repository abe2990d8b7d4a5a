"""What a group has besides its board and its people, as a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client.page.language import N_

if TYPE_CHECKING:
    from taboon_client.page.screens.visit import Visit
    from taboon_client.page.web import Answer

__all__ = ["ENTRIES", "SCREENS"]

ENTRIES: Final = (("/outbox", N_("Outbox"), N_("What is saved here and waits to go out.")),)


async def _more(visit: Visit) -> Answer:
    return visit.render_in(await visit.place(), "more.html", "more", entries=ENTRIES)


SCREENS = {"/more": _more}
