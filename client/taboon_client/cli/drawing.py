"""Items as people read them: a line on the board, a page of their own. Rules in terminal.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Self

from taboon_client.board.explain import about_item
from taboon_client.board.item import HOLDING, PledgeStanding, Status
from taboon_client.board.sentences import say
from taboon_client.cli import terminal
from taboon_client.cli.shapes import hours_text
from taboon_client.cli.terminal import Cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from taboon_client.blocking import Group
    from taboon_client.board import Freshness, Item, ItemComment, ItemLine, ItemPledge
    from taboon_client.board.fields import Answer
    from taboon_client.board.news import News
    from taboon_client.board.vocabulary import Asked, Vocabulary
    from taboon_client.cli.people import People

__all__ = ["Around", "board", "called", "comment", "coverage", "explained", "item", "my_part", "news", "who"]

_URGENT: Final = {"now": "bold red", "soon": "yellow", "week": "", "whenever": "dim"}
_STATUS: Final = {
    "open": "bold",
    "partly": "yellow",
    "covered": "green",
    "delivered": "green",
    "done": "dim",
    "withdrawn": "dim",
}
_FRESHNESS: Final = {"stale": " stale", "faded": " fading"}
_STANDINGS: Final = {
    "primary": "goes",
    "on-the-way": "on the way",
    "standby": "stands by",
    "released": "gave it back",
    "lapsed": "lapsed",
    "returned": "brought it back",
    "handed-over": "handed over",
    "confirmed": "arrived",
}
_MY_STANDINGS: Final = {
    "primary": "you go",
    "on-the-way": "you are on the way",
    "standby": "you stand by, someone pledged before you",
    "released": "you gave it back",
    "lapsed": "someone says that your pledge has lapsed; “taboon contest” says that you still stand by it",
    "returned": "you brought it back",
    "handed-over": "you handed it over",
    "confirmed": "it arrived",
}


def board(items: Sequence[Item], people: People, now: int, fresh: Mapping[bytes, Freshness]) -> None:
    """Write a line for each item."""
    terminal.rows([(_cells(one, people, now, fresh), one.title) for one in items], fit=True)


def coverage(items: Sequence[Item], people: People) -> None:
    """Write a line for each line of each item: how much of it is open, pledged, on the way, delivered, confirmed."""
    names = ("", "of", "open", "pledged", "going", "handed", "arrived")
    rows: list[tuple[Sequence[Cell], str]] = [([Cell(name, "dim") for name in names], "")] if items else []
    for one in items:
        for line in one.lines:
            counts = (line.quantity, line.open, line.pledged, line.going, line.delivered, line.confirmed)
            cells = (Cell(str(count).rjust(len(name))) for name, count in zip(names[1:], counts, strict=True))
            what = " ".join(filter(None, (line.unit, line.name)))
            rows.append(([Cell(f"#{people.code(one)}", "cyan"), *cells], ": ".join(filter(None, (one.title, what)))))
    terminal.rows(rows, fit=True)


def _cells(one: Item, people: People, now: int, fresh: Mapping[bytes, Freshness]) -> tuple[Cell, ...]:
    return (
        Cell(f"#{people.code(one)}", "cyan"),
        Cell(one.kind),
        Cell(one.urgency or "-", _URGENT.get(one.urgency, "")),
        Cell(_status(one), _STATUS.get(one.status.value, "")),
        Cell(_share(one)),
        Cell(f"{terminal.ago(one.created, now)}{_FRESHNESS.get(fresh.get(one.id, ''), '')}"),
        Cell(_mine(one, people), "magenta"),
    )


def _status(one: Item) -> str:
    """How far it has come, and that somebody was to go who does not."""
    lapsed = any(pledge.standing is PledgeStanding.LAPSED for pledge in one.pledges)
    waits = one.status.value in {"open", "partly"}
    return f"{one.status.value}, lapsed" if lapsed and waits else one.status.value


def _share(one: Item) -> str:
    """How much of it is pledged, where there is more than one thing to count."""
    pledged = sum(line.pledged for line in one.lines)
    quantity = sum(line.quantity for line in one.lines)
    return f"{pledged}/{quantity}" if quantity > 1 else ""


def _mine(one: Item, people: People) -> str:
    if people.is_me(one.author):
        return "yours"
    standings = {pledge.standing.value for pledge in one.pledges if people.is_me(pledge.author)}
    if standings & {"primary", "on-the-way"}:
        return "you go"
    return "you stand by" if "standby" in standings else "yours lapsed" if "lapsed" in standings else ""


def my_part(pledge: ItemPledge, one: Item) -> str:
    """Say how one's own pledge stands."""
    taken = sum(quantity for _, quantity in pledge.taken)
    whole = sum(line.quantity for line in one.lines)
    part = f", with {taken} of {whole}" if taken and whole > 1 else ""
    return f"{_MY_STANDINGS[pledge.standing.value]}{part}"


class Around(NamedTuple):
    """What the group knows around an item, for its page.

    Attributes:
        categories: The group's.
        asked: Every version of every question, by the name that answers give.
        merged: Items that go on in this one.
        into: The item that this one goes on in.
        overtaken: Pledges that came in late and stand before one that was here, each with that one.
        notes: How many private notes of others are for whoever looks.
    """

    categories: Vocabulary
    asked: Mapping[bytes, Asked]
    merged: Sequence[Item]
    into: Item | None
    overtaken: Sequence[tuple[ItemPledge, ItemPledge]]
    notes: int

    @classmethod
    def of(cls, group: Group, one: Item, people: People) -> Self:
        """Ask the group."""
        merged = one.merged_into if one.status is Status.MERGED else b""
        into = next((other for other in group.board() if other.id == merged), None) if merged else None
        notes = sum(not people.is_me(author) for author, _ in group.private_notes(one)) if one.private else 0
        asked = group.all_questions() if one.answers else {}
        return cls(group.categories(), asked, group.merged_into(one), into, group.overtaken(one), notes)


def explained(one: Item, people: People, language: str) -> list[str]:
    """Return who goes and why, and how much is open, in sentences."""
    return [say(message, language, lambda identity: called(identity, people)) for message in about_item(one)]


def news(told: Sequence[News], people: People, language: str = "en") -> None:
    """Write what is new for whoever looks, a line each."""
    for one in told:
        sentence = say(one.message, language, people.called)
        terminal.hint(f"New: #{people.code(one.item)}  {sentence}: {terminal.member(one.item.title)}")


def item(one: Item, people: People, now: int, around: Around, language: str = "en") -> None:
    """Write all there is about one item."""
    urgency = f", {one.urgency}" if one.urgency else ""
    terminal.say(f"#{people.code(one)}  {one.kind}{urgency}, {one.status.value}: {terminal.member(one.title)}")
    for line in one.lines:
        if line.quantity > 1 or line.unit or line.name:
            _line(line)
    for sentence in explained(one, people, language):
        terminal.say(f"  {sentence}")
    for before, after in around.overtaken:
        terminal.say(
            f"  look: {called(before.author, people)} came in later and stands before {called(after.author, people)}"
        )
    if around.into is not None:
        terminal.say(f"  goes on in #{people.code(around.into)}: {terminal.member(around.into.title)}")
    for other in around.merged:
        terminal.say(f"  #{people.code(other)} goes on in this one: {terminal.member(other.title)}")
        for pledge in other.pledges:
            if pledge.standing in HOLDING:
                terminal.say(f"      who had pledged there: {who(pledge.author, people)}")
    if around.notes:
        terminal.say("  a note for you alone waits: “taboon notes”")
    _field("category", _category(one, around.categories, language))
    _field("area", one.area)
    _field("why now", one.urgency_reason)
    for name, when in (
        ("needed by", one.needed_by),
        ("not before", one.not_before),
        ("paused until", one.paused_until),
    ):
        if when:
            terminal.say(f"  {name} {terminal.when(when)}")
    if one.safe_hours:
        terminal.say(f"  come {', '.join(map(hours_text, one.safe_hours))}")
    for name, words in (
        ("who lives there", _household(one)),
        ("on behalf of", (one.for_whom,)),
        ("agreed to be told to", (one.consent.audience,)),
        ("speak", (*one.languages, "an interpreter is needed" if one.interpreter else "")),
        ("the helper needs", one.helper_needs),
        ("mind", (one.risk,)),
        ("comes again", (one.repeat, one.first)),
        ("words", one.tags),
    ):
        _field(name, ", ".join(filter(None, words)))
    terminal.say(
        f"  posted {terminal.when(one.created)} ({terminal.ago(one.created, now)} ago) by {who(one.author, people)}"
    )
    _field("why withdrawn", one.reason)
    if one.opening_set_aside:
        terminal.say("  set aside: whoever posted it was no member then, and others have answered")
    if one.sealed:
        # Every item has some, so that their being there tells nothing.
        terminal.say("  names and address, if there are any: “taboon details” (everyone sees who opens them)")
    for answer in one.answers:
        _answer(answer, around.asked.get(answer.question), language)
    _text("note", one.note)
    _text("original", one.original)
    for day in one.rounds:
        pledged, whole = (sum(getattr(line, name) for line in day.lines) for name in ("pledged", "quantity"))
        terminal.say(f"  on {terminal.member(day.day)}: {pledged} of {whole} pledged")
    for pledge in one.pledges:
        _pledge(pledge, people, now)
    for seen in one.opened:
        often = f" {seen.times} times" if seen.times > 1 else ""
        terminal.say(f"  details opened{often}: {who(seen.author, people)}")
    for asked in one.follow_ups:
        terminal.say(f"  {'asked again' if asked.done_by else 'ask again ' + terminal.when(asked.when)}")
        for text in filter(None, (asked.note, asked.answer)):
            terminal.say(terminal.paragraph(text, "      "))
    for told in one.outcomes:
        terminal.say(f"  what became of it, by {who(told.author, people)}")
        terminal.say(terminal.paragraph(told.text, "      "))
    if one.comment_count > len(one.comments):
        terminal.say(f"  {one.comment_count - len(one.comments)} older comments are not shown")
    for said in one.comments:
        comment(said, people, now)


def _line(line: ItemLine) -> None:
    what = " ".join(filter(None, (terminal.member(line.unit), terminal.member(line.name), terminal.member(line.form))))
    done = f"{line.pledged} pledged, {line.delivered} handed over, {line.confirmed} arrived"
    people = f", for {line.people}" if line.people else ""
    terminal.say(f"  {line.quantity}{people} ({done}){': ' if what else ''}{what}")


def _category(one: Item, categories: Vocabulary, language: str) -> str:
    """Return what an item's category is called, in the meaning that it had when the item was posted."""
    terms = [(code, categories.meant(code, one.sense)) for code in (one.category, one.sub) if code]
    return ", ".join(code if term is None else term.label(language) for code, term in terms)


def _answer(answer: Answer, asked: Asked | None, language: str) -> None:
    """Write a question of the group's and its answer, each a text by a member and so on a line of its own."""
    text = "" if asked is None else asked.labels.get(language) or next(iter(asked.labels.values()), asked.code)
    terminal.say(f"  the group asks: {terminal.member(text)}")
    value = answer.value
    if isinstance(value, bool):
        said = "yes" if value else "no"
    else:
        said = ", ".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)
    terminal.say(terminal.paragraph(said, "      "))


def _household(one: Item) -> tuple[str, ...]:
    lives = one.household
    true = ((lives.children, "children"), (lives.elder, "elder"), (lives.disability, "disability"))
    return (lives.size, *(word for there, word in true if there))


def comment(one: ItemComment, people: People, now: int) -> None:
    """Write what somebody said."""
    said = f"comment, {terminal.ago(one.created, now)} ago" if one.created else "comment"
    terminal.say(f"  {said}, by {who(one.author, people)}")
    terminal.say(terminal.paragraph(one.text, "      "))


def _pledge(pledge: ItemPledge, people: People, now: int) -> None:
    taken, promised = (sum(quantity for _, quantity in pairs) for pairs in (pledge.taken, pledge.promised))
    of = f" of {taken} (wanted {promised})" if 0 < taken < promised else f" of {promised}" if promised > 1 else ""
    age = f", {terminal.ago(pledge.changed, now)} ago" if pledge.changed else ""
    day = f" for {terminal.member(pledge.day)}" if pledge.day else ""
    terminal.say(f"  pledge{of}{day}, {_STANDINGS[pledge.standing.value]}{age}: {who(pledge.author, people)}")
    for name, when in (("means to hand over", pledge.expected), ("holds until", pledge.lease)):
        if when:
            terminal.say(f"      {name} {terminal.when(when)}")
    if pledge.hours:
        terminal.say(f"      can come {', '.join(map(hours_text, pledge.hours))}")
    if pledge.company:
        terminal.say("      would rather not go alone")
    for text in (pledge.note, pledge.said):
        if text:
            terminal.say(terminal.paragraph(text, "      "))


def who(identity: bytes, people: People) -> str:
    """Return how a member is named: the tag that nobody can choose, then the name."""
    return f"{_tag(identity, people)} {terminal.member(people.name(identity))}".rstrip()


def called(identity: bytes, people: People) -> str:
    """Return what a member is called in the middle of a sentence."""
    return f"{people.called(identity)}{' (you)' if people.is_me(identity) else ''}"


def _tag(identity: bytes, people: People) -> str:
    return f"{people.tag(identity)}{' (you)' if people.is_me(identity) else ''}"


def _field(name: str, text: str) -> None:
    if text:
        terminal.say(f"  {name}: {terminal.member(text)}")


def _text(name: str, text: str) -> None:
    if text:
        terminal.say(f"  {name}:")
        terminal.say(terminal.paragraph(text, "      "))
