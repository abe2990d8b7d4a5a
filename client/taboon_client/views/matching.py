"""Who could help with what: offers for a need, needs for a person, ranked on this device, each with its reasons.

A rank is a sum of small whole numbers, and every one of them is a reason that is shown. Nothing is learned, nothing is
sent, and no person is given a score: what is ranked is how well two things fit.
"""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta

from taboon_client.board.fields import Hours
from taboon_client.board.freshness import Freshness
from taboon_client.board.item import HOLDING, Status
from taboon_client.errors import FormatError
from taboon_client.text.folding import fold, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from taboon_client.board import Item

__all__ = ["Helping", "Match", "Person", "Reason", "loads", "needs_for", "offers_for", "person_of"]

_DAY: Final = 86_400
_URGENCY: Final = {"now": 12, "soon": 8, "week": 3}
_SAME_SUB, _SAME_CATEGORY, _SAME_WORDS = 40, 25, 15
_ALL_OF_IT, _PART_OF_IT = 15, 8
_SAME_AREA, _SAME_LANGUAGE, _HAS_SKILL = 20, 10, 10
_LACKS_SKILL, _NO_LANGUAGE, _AT_LIMIT = -15, -10, -30
_SAME_HOURS, _NO_HOURS = 6, -15
_MINUTES: Final = 1_440
_WEEK: Final = 7 * _MINUTES
_LONGEST_WAIT: Final = 7
_AGES: Final = {Freshness.STALE: -8, Freshness.FADED: -20}
_FRESH: Final[Mapping[bytes, Freshness]] = MappingProxyType({})
_NOBODY: Final[Mapping[bytes, frozenset[bytes]]] = MappingProxyType({})
_BUSY: Final = 3
_MATCHED_WORDS: Final = 2
_When = Annotated[tuple[Hours, ...], Meta(max_length=8)]
_Few = Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=30)]


class Reason(NamedTuple):
    """One reason for a rank: its id in :mod:`.wording`, its points, and a word or number that the sentence holds."""

    id: str
    points: int
    detail: str = ""


class Match(NamedTuple):
    """An item that fits, and why. The reasons' points add up to ``points``."""

    item: Item
    points: int
    reasons: tuple[Reason, ...]


class Helping(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What somebody said that they can help with. It is kept on their own device; no other is told.

    Attributes:
        categories: Codes; none means anything.
        areas: Where they can go; none means anywhere.
        languages: That they speak.
        skills: Of :data:`~taboon_client.board.fields.HELPER_NEEDS`, or the group's own words.
        limit: How many pledges they want to hold at most, 0 for no limit.
        hours: When they can come; none means not stated.
    """

    categories: _Few = ()
    areas: _Few = ()
    languages: _Few = ()
    skills: _Few = ()
    limit: Annotated[int, Meta(ge=0, le=1_000)] = 0
    hours: _When = ()

    def __repr__(self) -> str:
        return "<Helping>"

    def encode(self) -> bytes:
        """Return the bytes to store in the vault."""
        return msgspec.json.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> Helping:
        """Read what :meth:`encode` wrote.

        Raises:
            FormatError: It is nothing of this version.
        """
        try:
            return msgspec.json.decode(data, type=cls)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise FormatError("what you can help with cannot be read by this version: say it again") from None


class Person(NamedTuple):
    """What somebody can do; it stays on their device.

    Attributes:
        identity: Identity key.
        categories: Codes of what they can help with; none means anything.
        areas: Where they can go; none means anywhere.
        languages: That they speak; none means not stated.
        skills: Of :data:`~taboon_client.board.fields.HELPER_NEEDS`, or the group's own words.
        load: How many pledges they hold (:func:`loads`).
        limit: How many they want to hold at most, 0 for no limit.
        hours: When they can come; none means not stated.
    """

    identity: bytes
    categories: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    load: int = 0
    limit: int = 0
    hours: tuple[Hours, ...] = ()


def loads(items: Iterable[Item]) -> Counter[bytes]:
    """Return how many pledges still bind each member, by identity key."""
    return Counter(
        pledge.author for item in items if not item.closed for pledge in item.pledges if pledge.standing in HOLDING
    )


def person_of(identity: bytes, items: Sequence[Item], helping: Helping) -> Person:
    """Return what is known of somebody: what they said themselves, and what their open offers say.

    Args:
        identity: Identity key.
        items: All items of the board.
        helping: Empty for anybody but whoever looks. Where it names categories, those alone count.
    """
    offers = [item for item in items if item.author == identity and item.kind != "need" and not item.closed]
    named = helping.categories or (code for one in offers for code in (one.category, one.sub))
    return Person(
        identity=identity,
        categories=frozenset(named) - {""},
        areas=frozenset((*helping.areas, *(one.area for one in offers))) - {""},
        languages=frozenset((*helping.languages, *(word for one in offers for word in one.languages))),
        skills=frozenset((*helping.skills, *(word for one in offers for word in (*one.helper_needs, *one.tags)))),
        load=loads(items)[identity],
        limit=helping.limit,
        hours=(*helping.hours, *(one for offer in offers for one in offer.safe_hours)),
    )


def offers_for(
    need: Item,
    items: Sequence[Item],
    most: int = 10,
    *,
    now: int = 0,
    fresh: Mapping[bytes, Freshness] = _FRESH,
    not_with: Mapping[bytes, frozenset[bytes]] = _NOBODY,
) -> list[Match]:
    """Return the offers that fit a need, the best first.

    Args:
        need: What is asked for.
        items: All items of the board.
        most: How many at most.
        now: Unix seconds; 0 leaves what is past aside.
        fresh: How fresh items are, by id.
        not_with: Whom not to send, by the item's id: they are left out without a word.
    """
    found = []
    held = loads(items)
    for offer in items:
        if offer.kind == "need" or offer.closed or offer.id == need.id or not _has_any(offer):
            continue
        if offer.author in not_with.get(need.id, ()):
            continue
        # Whoever offers it has asked to wait, or said until when it is there.
        if offer.status is Status.PAUSED or 0 < offer.needed_by < now:
            continue
        if need.needed_by and offer.not_before > need.needed_by:
            continue
        about = _about(need, offer)
        if about is None:
            continue
        reasons = [about, *_lines(need, offer), *_area(need, frozenset({fold(offer.area)} - {""}))]
        reasons += _languages(need, frozenset(offer.languages))
        reasons += _skills(need, frozenset((*offer.helper_needs, *offer.tags)), lacking=False)
        reasons += _hours(need, offer.safe_hours)
        if age := fresh.get(offer.id):
            reasons += [Reason(f"offer-{age.value}", _AGES[age])] if age in _AGES else []
        if load := held[offer.author]:
            reasons.append(Reason("busy", -min(load, _BUSY), str(load)))
        found.append(_match(offer, reasons))
    return _best(found, most)


def needs_for(
    person: Person,
    items: Sequence[Item],
    now: int,
    most: int = 10,
    *,
    not_with: Mapping[bytes, frozenset[bytes]] = _NOBODY,
) -> list[Match]:
    """Return the needs that a person could go for, the best first; needs of their own and pledged ones are left out.

    Args:
        person: Who.
        items: All items of the board.
        now: Unix seconds.
        most: How many at most.
        not_with: Whom not to send, by the item's id: such needs are left out without a word.
    """
    found = []
    for need in items:
        if person.identity in not_with.get(need.id, ()):
            continue
        if need.kind != "need" or need.closed or need.author == person.identity or not _has_any(need):
            continue
        if need.status is Status.PAUSED:
            continue
        if any(one.author == person.identity and one.standing in HOLDING for one in need.pledges):
            continue
        codes = {need.category, need.sub} & person.categories
        if person.categories and not codes:
            continue
        reasons = [Reason("can-do", _SAME_CATEGORY, need.sub or need.category)] if codes else []
        reasons += _area(need, frozenset(map(fold, person.areas)))
        reasons += _languages(need, person.languages)
        reasons += _skills(need, person.skills, lacking=True)
        reasons += _hours(need, person.hours)
        reasons += _pressing(need, now)
        if person.limit and person.load >= person.limit:
            reasons.append(Reason("at-limit", _AT_LIMIT, str(person.limit)))
        found.append(_match(need, reasons))
    return _best(found, most)


def _has_any(item: Item) -> bool:
    return item.kind == "standing" or any(line.open for line in item.lines)


def _about(need: Item, offer: Item) -> Reason | None:
    if need.sub and need.sub == offer.sub:
        return Reason("same-sub", _SAME_SUB, need.sub)
    if need.category and need.category == offer.category:
        return Reason("same-category", _SAME_CATEGORY, need.category)
    shared = _words(need) & _words(offer)
    if len(shared) >= _MATCHED_WORDS or (shared and (not need.category or not offer.category)):
        return Reason("same-words", _SAME_WORDS, ", ".join(sorted(shared)[:3]))
    return None


def _words(item: Item) -> frozenset[str]:
    said = "\n".join((item.title, *(line.name for line in item.lines)))
    return frozenset(word for word in words(said) if len(word) > 2 and not word.isdecimal())


def _lines(need: Item, offer: Item) -> list[Reason]:
    """Compare quantities where both say of what measure."""
    for wanted in need.lines:
        for there in offer.lines:
            if not wanted.open or not wanted.unit or fold(wanted.unit) != fold(there.unit):
                continue
            if wanted.name and there.name and fold(wanted.name) != fold(there.name):
                continue
            free = there.quantity if offer.kind == "standing" else there.open
            if free >= wanted.open:
                return [Reason("all-of-it", _ALL_OF_IT, f"{wanted.open} {wanted.unit}")]
            return [Reason("part-of-it", _PART_OF_IT, f"{free} {wanted.unit}")]
    return []


def _area(need: Item, areas: frozenset[str]) -> list[Reason]:
    return [Reason("same-area", _SAME_AREA, need.area)] if need.area and fold(need.area) in areas else []


def _languages(need: Item, spoken: frozenset[str]) -> list[Reason]:
    if not need.languages or not spoken:
        return []
    shared = sorted(spoken & set(need.languages))
    if shared:
        return [Reason("same-language", _SAME_LANGUAGE, ", ".join(shared))]
    return [Reason("no-language", _NO_LANGUAGE, ", ".join(need.languages))]


def _skills(need: Item, skills: frozenset[str], *, lacking: bool) -> list[Reason]:
    has = [word for word in need.helper_needs if word in skills]
    lacks = [word for word in need.helper_needs if word not in skills]
    reasons = [Reason("has-skill", _HAS_SKILL * len(has), ", ".join(has))] if has else []
    if lacks and lacking:
        reasons.append(Reason("lacks-skill", _LACKS_SKILL * len(lacks), ", ".join(lacks)))
    return reasons


def _hours(need: Item, stated: Sequence[Hours]) -> list[Reason]:
    """Compare when it is safe there with when somebody can come, where both are known."""
    if not need.safe_hours or not stated:
        return []
    spans = [span for one in stated for span in _spans(one)]
    safe = ", ".join(f"{_clock(one.start)}-{_clock(one.end)}" for one in need.safe_hours)
    fits = any(
        first < end + week and begin + week < last
        for one in need.safe_hours
        for first, last in _spans(one)
        for begin, end in spans
        for week in (-_WEEK, 0, _WEEK)
    )
    return [Reason("same-hours", _SAME_HOURS, safe) if fits else Reason("no-hours", _NO_HOURS, safe)]


def _spans(hours: Hours) -> list[tuple[int, int]]:
    """Return the minutes of the week from which and until which some hours last; past midnight they go on."""
    until = hours.end if hours.end > hours.start else hours.end + _MINUTES
    return [(day * _MINUTES + hours.start, day * _MINUTES + until) for day in hours.days or range(7)]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _pressing(need: Item, now: int) -> list[Reason]:
    reasons = [Reason(f"urgent-{need.urgency}", _URGENCY[need.urgency])] if need.urgency in _URGENCY else []
    days = min((now - need.created) // _DAY, _LONGEST_WAIT) if need.created else 0
    if days > 0:
        reasons.append(Reason("waits", days, str((now - need.created) // _DAY)))
    return reasons


def _match(item: Item, reasons: list[Reason]) -> Match:
    return Match(item, sum(reason.points for reason in reasons), tuple(reasons))


def _best(found: list[Match], most: int) -> list[Match]:
    return sorted(found, key=lambda match: (-match.points, match.item.created, match.item.id))[:most]
