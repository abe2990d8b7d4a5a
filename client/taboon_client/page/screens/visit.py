"""One request at work, with what every screen needs: the group, who is who, what things are called, how it stands."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from taboon_client.page.faults import STOPPED, spoken_notice
from taboon_client.page.render import isolated, render, template_of

if TYPE_CHECKING:
    from taboon_client.library import Group
    from taboon_client.page.house import House
    from taboon_client.page.language import Language
    from taboon_client.page.web import Answer, Asked
    from taboon_client.values import GroupStatus, Member

__all__ = ["Place", "Strip", "Told", "Visit"]


class Told(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the script does after an act.

    Attributes:
        go: The screen to show.
        say: A sentence for the line that is read aloud; ``problem``: it is one.
        field: Name of the field that does not fit.
        show: A fragment for the place on the screen that is kept for it.
        download: A file for the user: ``name``, ``type``, ``text``; what is no text is ``coded`` in base64.
        language: The language from now on.
    """

    go: str = ""
    say: str = ""
    problem: bool = False
    field: str = ""
    show: str = ""
    download: dict[str, str] = {}
    language: str = ""


class Strip(msgspec.Struct, frozen=True):
    """How a group stands, for the line on top of every screen of it.

    Attributes:
        offline: The relay did not answer the last time.
        synced: When everything was last read, Unix seconds; None if never.
        unsent: How much of ours waits.
        stopped: The group does not go on here, and why; empty if it does.
        problem: What the last sync told; ``notices``: what else is worth reading.
        missing: Events that others name and nobody has sent.
    """

    offline: bool
    synced: int | None
    unsent: int
    stopped: str
    problem: str
    notices: tuple[str, ...]
    missing: int


class Place:
    """One group, as a screen needs it."""

    def __init__(self, group: Group, status: GroupStatus, people: dict[bytes, Member], codes: dict[bytes, str]) -> None:
        self.group = group
        self.status = status
        self.people = people
        self._codes = codes

    @property
    def name(self) -> str:
        """How it is called."""
        return self.status.name

    @property
    def code(self) -> str:
        """What the page calls it by."""
        return self.status.code

    @cached_property
    def me(self) -> bytes:
        """Our identity key."""
        return next((identity for identity, member in self.people.items() if member.me), b"")

    def who(self, identity: bytes) -> str:
        """Return what somebody is called, with their tag where names look alike."""
        member = self.people.get(identity)
        if member is None:
            return "?"
        return member.name if member.unique else f"{member.name} ({member.tag})"

    def called(self, identity: bytes) -> str:
        """Return the same for the middle of a sentence."""
        return isolated(self.who(identity))

    def item_code(self, identifier: bytes) -> str:
        """Return the shortest code that means one item alone."""
        return self._codes.get(identifier, identifier.hex()[:12])


class Visit:
    """One request at work."""

    def __init__(self, house: House, asked: Asked, language: Language) -> None:
        self.house = house
        self.asked = asked
        self.language = language
        self.now = int(time.time())

    def say(self, message: str, **values: object) -> str:
        """Return a sentence of ours in the language of whoever asks."""
        return self.language.text(message, **values)

    async def place(self) -> Place:
        """Return the group that the request is about.

        Raises:
            NotFoundError: It is not here.
        """
        code = self.asked.query.get("g", "") or self.asked.text("g")
        group = await self.house.taboon.group(code)
        return Place(group, await group.status(), await group.people(), await group.codes())

    def strip(self, place: Place) -> Strip:
        """Return how the group stands."""
        status, report = place.status, self.house.report(place.code)
        problem = (report.problem or "") if report else ""
        return Strip(
            offline=report is not None and not report.reached,
            synced=status.synced,
            unsent=status.unsent,
            stopped=spoken_notice(status.problem or STOPPED, self.language) if status.state.value != "active" else "",
            problem=spoken_notice(problem, self.language),
            notices=tuple(spoken_notice(one, self.language) for one in self.house.notices(place.code)),
            missing=status.missing,
        )

    def render(self, name: str, **values: Any) -> Answer:
        """Return a screen that stands outside every group."""
        return render(self.language, name, now=self.now, house_open=self.house.is_open, **values)

    def render_in(self, place: Place, name: str, tab: str, **values: Any) -> Answer:
        """Return a screen of a group.

        Args:
            place: The group.
            name: Of the template.
            tab: Which entry of the menu is the present one.
            values: For the template.
        """
        return self.render(name, place=place, strip=self.strip(place), tab=tab, **values)

    def fragment(self, name: str, **values: Any) -> str:
        """Return a part of a screen."""
        return template_of(self.language.code, name, {"now": self.now, **values})
