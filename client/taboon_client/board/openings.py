"""What opens an item, and what changes one that is open (docs/protocol.md, section 3.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import UNSET, Meta, UnsetType

from taboon_client.board.fields import (
    AUDIENCES,
    FOR_WHOM,
    HELPER_NEEDS,
    HOUSEHOLD_SIZES,
    MAX_LINES,
    RISKS,
    SOURCES,
    Answer,
    Body,
    Consent,
    Day,
    Hours,
    Household,
    Line,
    LongText,
    Time,
    Title,
    Word,
    Words,
    Wraps,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["EDITABLE", "OPENING_KINDS", "Edit", "LoanOffer", "Need", "Offer", "Opening", "StandingOffer"]

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?\Z")
_SENSE = Annotated[bytes, Meta(max_length=32)]
# \Z and not $, which would take a line end after the word.
_Urgency = Annotated[str, Meta(pattern=r"^(?:now|soon|week|whenever)\Z")]
_Why = Annotated[str, Meta(max_length=280)]
_Area = Annotated[str, Meta(max_length=64)]
_Lines = Annotated[tuple[Line, ...], Meta(max_length=MAX_LINES)]
_Hours = Annotated[tuple[Hours, ...], Meta(max_length=8)]
_Rule = Annotated[str, Meta(max_length=200)]
_Answers = Annotated[tuple[Answer, ...], Meta(max_length=20)]


class Opening(Body, frozen=True, omit_defaults=True, kw_only=True):
    """What opens an item.

    Attributes:
        title: 1 to 140 characters.
        created: Unix seconds, for display.
        note: To 4 000 characters.
        original: To 4 000: the text as it came, in its own language.
        language: Of the texts, as in ``ar`` or ``en``.
        category: To 32; a code of :mod:`.taxonomy`, or the group's own.
        sub: To 32; a code below it.
        sense: Name of the event that gave the code its meaning for whoever posted; empty for the built-in meaning.
        tags: At most 10 of 32 characters.
        lines: At most 50; none means one line of quantity 1.
        urgency: One of :data:`.fields.URGENCIES`, or ``""``.
        urgency_reason: To 280 characters; asked for when it is ``now`` (:meth:`asks`).
        needed_by: And ``not_before``: Unix seconds, 0 if it does not matter.
        safe_hours: When somebody can come, at most 8.
        area: To 64; the group's own name for it, never coordinates.
        household: Roughly who lives there.
        for_whom: One of :data:`.fields.FOR_WHOM`, or ``""``.
        consent: What those agreed to who are spoken for.
        languages: Spoken there, codes of ISO 639, at most 10; ``interpreter``: one is needed.
        helper_needs: Of :data:`.fields.HELPER_NEEDS`, or the group's own words.
        risk: One of :data:`.fields.RISKS`, or ``""``; never why.
        heavy: The story is hard to read.
        repeat: A recurrence rule (:mod:`.recurrence`) or ``""``; ``first``: the first day.
        answers: To the group's own questions, at most 20.
        source: One of :data:`.fields.SOURCES`, or ``""``.
        key: 16 bytes or none: the same key is the same post, for imports.
        details: The sealed details (:mod:`taboon_crypto.sealed_details`); ``keys``: their key, sealed to each who must
            know. Whoever makes the event puts them in: every item has some, also empty ones.
    """

    place: ClassVar[str | None] = None

    title: Title
    created: Time
    note: LongText = ""
    original: LongText = ""
    language: Word = ""
    category: Word = ""
    sub: Word = ""
    sense: _SENSE = b""
    tags: Words = ()
    lines: _Lines = ()
    urgency: _Urgency = ""
    urgency_reason: _Why = ""
    needed_by: Time = 0
    not_before: Time = 0
    safe_hours: _Hours = ()
    area: _Area = ""
    household: Household = Household()
    for_whom: Word = ""
    consent: Consent = Consent()
    languages: Words = ()
    interpreter: bool = False
    helper_needs: Words = ()
    risk: Word = ""
    heavy: bool = False
    repeat: _Rule = ""
    first: Day = ""
    answers: _Answers = ()
    source: Word = ""
    key: Annotated[bytes, Meta(min_length=16, max_length=16)] = b""
    details: Annotated[bytes, Meta(max_length=2_048)] = b""
    keys: Wraps = ()

    def asks(self) -> tuple[str, ...]:
        """Return the fields that whoever posts should still be asked for: nothing is refused for lack of them."""
        wanted = []
        if self.urgency == "now" and not self.urgency_reason.strip():
            wanted.append("urgency_reason")
        if self.for_whom == "neighbour" and not self.consent.asked:
            wanted.append("consent")
        return tuple(wanted)

    def faults(self) -> Iterator[tuple[str, str]]:
        """Go through what a reader takes and a writer should not send."""
        yield from _faults(self)


class Need(Opening, frozen=True, omit_defaults=True, kw_only=True):
    """Something is asked for."""

    kind: ClassVar[str] = "need"


class Offer(Opening, frozen=True, omit_defaults=True, kw_only=True):
    """Something is on offer."""

    kind: ClassVar[str] = "offer"


class StandingOffer(Opening, frozen=True, omit_defaults=True, kw_only=True):
    """Something is on offer again and again: whoever takes some leaves the rest to others. Lines say how much at once.

    No pledge on it stands by, and it is never covered.
    """

    kind: ClassVar[str] = "standing"


class LoanOffer(Opening, frozen=True, omit_defaults=True, kw_only=True):
    """Something can be borrowed: what comes back is free again."""

    kind: ClassVar[str] = "loan"


OPENING_KINDS: tuple[type[Opening], ...] = (Need, Offer, StandingOffer, LoanOffer)

EDITABLE = (
    *("title", "note", "language", "category", "sub", "sense", "tags", "lines", "urgency", "urgency_reason"),
    *("needed_by", "not_before", "safe_hours", "area", "household", "for_whom", "consent", "languages"),
    *("interpreter", "helper_needs", "risk", "heavy", "repeat", "first", "answers"),
)
"""The fields of an opening that can be changed later."""


class Edit(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The item's author, or somebody of the dispatch circle, changes what the opening said; fields as there.

    Of the lines, none goes: an edit that has fewer than there are changes none. ``created``: Unix seconds, for display.
    """

    kind: ClassVar[str] = "edit"

    created: Time = 0
    title: Title | UnsetType = UNSET
    note: LongText | UnsetType = UNSET
    language: Word | UnsetType = UNSET
    category: Word | UnsetType = UNSET
    sub: Word | UnsetType = UNSET
    sense: _SENSE | UnsetType = UNSET
    tags: Words | UnsetType = UNSET
    lines: _Lines | UnsetType = UNSET
    urgency: _Urgency | UnsetType = UNSET
    urgency_reason: _Why | UnsetType = UNSET
    needed_by: Time | UnsetType = UNSET
    not_before: Time | UnsetType = UNSET
    safe_hours: _Hours | UnsetType = UNSET
    area: _Area | UnsetType = UNSET
    household: Household | UnsetType = UNSET
    for_whom: Word | UnsetType = UNSET
    consent: Consent | UnsetType = UNSET
    languages: Words | UnsetType = UNSET
    interpreter: bool | UnsetType = UNSET
    helper_needs: Words | UnsetType = UNSET
    risk: Word | UnsetType = UNSET
    heavy: bool | UnsetType = UNSET
    repeat: _Rule | UnsetType = UNSET
    first: Day | UnsetType = UNSET
    answers: _Answers | UnsetType = UNSET

    def changes(self) -> dict[str, object]:
        """Return the fields that it changes."""
        return {name: value for name in EDITABLE if (value := getattr(self, name)) is not UNSET}

    def faults(self) -> Iterator[tuple[str, str]]:
        """Go through what a reader takes and a writer should not send."""
        if not self.changes():
            yield "edit", "changes nothing: say which field is to be another"
        yield from _faults(self)


def _faults(said: Opening | Edit) -> Iterator[tuple[str, str]]:
    for field, words in (("for_whom", FOR_WHOM), ("risk", RISKS), ("source", SOURCES)):
        word = getattr(said, field, "")
        if word and word is not UNSET and word not in words:
            yield field, f"is one of {', '.join(words)}"
    household, consent = said.household, said.consent
    if isinstance(household, Household) and household.size and household.size not in HOUSEHOLD_SIZES:
        yield "household.size", f"is one of {', '.join(HOUSEHOLD_SIZES)}"
    if isinstance(consent, Consent) and consent.audience and consent.audience not in AUDIENCES:
        yield "consent.audience", f"is one of {', '.join(AUDIENCES)}"
    for field in ("languages", "language"):
        told = getattr(said, field)
        codes = () if told is UNSET or not told else (told,) if isinstance(told, str) else told
        if not all(map(_LANGUAGE.match, codes)):
            yield field, "is a language code such as ar or en"
    if isinstance(said.repeat, str) and said.repeat:
        from taboon_client.board.recurrence import fault_of

        fault = fault_of(said.repeat)
        if fault is not None:
            yield "repeat", fault
    if isinstance(said.sense, bytes) and len(said.sense) not in (0, 32):
        yield "sense", "is the name of an event, 32 bytes"
    helper_needs = said.helper_needs
    if isinstance(helper_needs, tuple) and any(not word.strip() for word in helper_needs):
        yield "helper_needs", f"are words such as {', '.join(HELPER_NEEDS)}"
