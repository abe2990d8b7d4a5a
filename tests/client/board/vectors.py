"""Writes tests/vectors/events.json from docs/protocol.md, section 3: `python -m tests.client.board.vectors`.

One small group whose members do a bit of everything, so that another client can check itself: keys, the fields and
bytes of every event, and what the events come to. Bytes are hexadecimal. The file is frozen: to change it is to
change the format.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from taboon_client import cbor
from taboon_client.board import (
    AREAS,
    PEOPLE,
    QUESTIONS,
    SETTINGS,
    TAXONOMY,
    Answer,
    Body,
    Comment,
    Confirm,
    Consent,
    Deliver,
    Event,
    GroupName,
    Hours,
    Household,
    Item,
    Line,
    LoanOffer,
    Name,
    Offer,
    Pledge,
    Release,
    StandingOffer,
    Withdraw,
    code_of,
    fold_group_name,
    fold_people,
    tags,
)
from taboon_client.board.deeds import (
    Contest,
    FollowedUp,
    FollowUp,
    Going,
    Grant,
    Lapse,
    Merge,
    Opened,
    Outcome,
    Pause,
    Private,
    Reject,
    Renew,
    Returned,
    Share,
    Undo,
)
from taboon_client.board.deeds import Details as SealedDetails
from taboon_client.board.openings import Edit
from taboon_client.board.register_kinds import AreaTerm, CategoryTerm, Keeping, Question
from tests.client.board.test_cbor import REFUSED
from tests.client.board.worlds import GROUP, Actor, Board, Device, digest, group_of, meet, need

PATH = Path(__file__).parents[2] / "vectors" / "events.json"
NAMES = ("amal", "rami", "noor", "sami")


def readable(value: Any) -> Any:
    """Return a value for JSON, bytes as hexadecimal."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {readable(key): readable(inner) for key, inner in value.items()}
    return [readable(inner) for inner in value] if isinstance(value, list | tuple) else value


def item_fields(item: Item) -> dict[str, Any]:
    """Return everything that an item shows, by name."""

    def fields(value: Any) -> Any:
        if isinstance(value, msgspec.Struct):
            return {name: fields(getattr(value, name)) for name in value.__struct_fields__}
        return [fields(inner) for inner in value] if isinstance(value, tuple) else readable(value)

    return {"code": item.code, **fields(item)}


def event_fields(event: Event) -> dict[str, Any]:
    """Return the bytes of an event and what is in them."""
    content, signature = cbor.decode(event.raw)
    return {
        "name": event.name.hex(),
        "author": event.author.hex(),
        "number": event.number,
        "previous": readable(event.previous),
        "place": readable(event.place),
        "parents": readable(event.parents),
        "epoch": event.epoch.hex(),
        "kind": event.kind,
        "body": readable(event.body),
        "understood": event.understood,
        "content": content.hex(),
        "signature": signature.hex(),
        "bytes": event.raw.hex(),
    }


def _life() -> Board:
    amal, rami, noor, sami = devices = group_of(*NAMES)
    extra: list[Event] = []

    def post(device: Device, body: Any, place: bytes | str | None = None, *speaks_of: Event) -> Event:
        return device.post(body, place, [event.name for event in speaks_of])

    post(amal, GroupName(name="خبازو الحارة"), SETTINGS)
    post(rami, GroupName(name="not by an admin"), SETTINGS)
    post(amal, Name(name="Amal"), PEOPLE)
    post(rami, Name(name="amal "), PEOPLE)
    flour = post(
        amal,
        need(
            "Flour and blankets", note="for the oven", original="طحين وبطانيات", category="food", urgency="soon",
            area="upper school side", key=bytes(range(16)),
            lines=(Line(quantity=10, unit="kg", name="flour"), Line(quantity=3, name="blankets")),
        ),
    )  # fmt: skip
    gas = post(noor, need("Gas cylinder"))
    room = post(sami, Offer(title="A spare room", created=1_700_000_500))
    meet(*devices)
    # Two offline pledges on the same thing, and one that was made after seeing both.
    post(rami, Pledge(created=1_700_001_000), gas.name)
    second = post(amal, Pledge(created=1_700_001_001), gas.name)
    meet(*devices)
    post(sami, Pledge(created=1_700_001_002), gas.name)
    post(amal, Deliver(pledge=second.name), gas.name, second)
    # Parts, handing over, confirming, releasing, a comment.
    part = post(rami, Pledge(quantities=((0, 7),), note="tonight", created=1_700_002_000), flour.name)
    meet(*devices)
    rest = post(noor, Pledge(quantities=((1, 1), (0, 7), (1, 1)), created=1_700_002_100), flour.name)
    post(sami, Pledge(quantities=((1, 9),)), flour.name)
    post(rami, Deliver(pledge=part.name, note="at the door", created=1_700_002_200), flour.name, part)
    meet(*devices)
    post(amal, Confirm(pledge=part.name, created=1_700_002_300), flour.name, part)
    post(noor, Release(pledge=rest.name, reason="the road is closed", created=1_700_002_400), flour.name, rest)
    post(amal, Comment(text="شكرا", created=1_700_002_500), flour.name)
    # An item that is withdrawn before somebody pledges it.
    post(sami, Withdraw(reason="taken", created=1_700_003_000), room.name)
    noor.hear(sami)
    post(noor, Pledge(created=1_700_003_100), room.name)
    # Rami is removed. What Amal had of his counts, what she had not is set aside; one item stays for Noor's pledge.
    meet(*devices)
    stays = post(rami, need("Stays for Noor's sake"))
    post(rami, need("Goes"))
    noor.hear(rami)
    post(noor, Pledge(created=1_700_004_000), stays.name)
    amal.commit(remove=[rami])
    meet(*devices)
    post(rami, Comment(text="after the removal"), flour.name)
    post(noor, Comment(text="in the new epoch"), flour.name)
    # What a later version, a mistake and a liar would send.
    epoch, actor = sami.epoch.epoch_id, sami.actor
    extra.append(actor.make("roll-call", {"until": 5}, place=flour.name, parents=[flour.name], epoch=epoch))
    extra.append(actor.make("need", {"title": "x" * 141, "created": 5}, epoch=epoch))
    extra.append(actor.make("confirm", {"pledge": part.name}, place=gas.name, parents=[gas.name], epoch=epoch))
    extra.append(actor.make("comment", {"text": "waits"}, place=gas.name, parents=[digest("never")], epoch=epoch))
    extra.append(_tenth_field(actor, flour, epoch))
    extra.append(actor.make("comment", {"text": "a double"}, place=gas.name, parents=[gas.name], epoch=epoch, number=1))
    extra.append(actor.make("need", {"title": "In a fork", "created": 5}, epoch=digest("a fork")))
    meet(*devices)
    _more_life(amal, noor, sami)
    amal.board.take(rami.board.events.values())
    amal.board.take(extra)
    return amal.board


def _more_life(amal: Device, noor: Device, sami: Device) -> None:
    """Every kind that the first part does not use; Amal is the dispatch circle."""

    def post(device: Device, body: Body, place: Event | str | None = None, *speaks_of: Event) -> Event:
        names = [event.name for event in speaks_of]
        event = device.post(body, place.name if isinstance(place, Event) else place, names)
        meet(amal, noor, sami)
        return event

    bread = post(amal, CategoryTerm(code="bread", under="food", labels={"en": "Bread", "ar": "عيش"}), TAXONOMY)
    post(amal, AreaTerm(code="upper", labels={"en": "Upper school side", "ar": "جهة المدرسة"}), AREAS)
    asked = post(amal, Question(code="stairs", labels={"en": "Are there stairs?"}, type="yes-no"), QUESTIONS)
    post(amal, Keeping(open_days=20, closed_days=3), SETTINGS)
    insulin = post(
        noor,
        need(
            "Insulin", category="food", sub="bread", sense=bread.name, urgency="now", urgency_reason="none left",
            needed_by=1_700_100_000, not_before=1_700_000_000, area="upper", language="en", tags=("cold",),
            safe_hours=(Hours(start=480, end=1_080, days=(0, 1)),), household=Household(size="4-6", elder=True),
            for_whom="neighbour", consent=Consent(asked=True, by="Noor", audience="group"), languages=("ar",),
            interpreter=True, helper_needs=("vehicle",), risk="careful", heavy=True, source="walk",
            answers=(Answer(question=asked.name, value=True),), details=b"s" * 704, keys=((b"t" * 8, b"k" * 80),),
            lines=(Line(quantity=4, unit="pen", name="insulin", form="100 U/ml", category="med", people=2),),
        ),
    )  # fmt: skip
    first = noor.post(Pledge(expected=9, lease=10, company=True, hours=(Hours(start=0, end=60),)), insulin.name)
    second = sami.post(Pledge(quantities=((0, 4),)), insulin.name)
    meet(amal, noor, sami)
    goes, stands = (first, second) if _taken(amal, insulin, first) else (second, first)
    going, standing = (noor, sami) if goes is first else (sami, noor)
    post(going, Going(pledge=goes.name, lease=1_700_009_000), insulin, goes)
    post(amal, Lapse(pledge=goes.name, reason="not seen"), insulin, goes)
    post(going, Contest(pledge=goes.name), insulin, goes)
    post(amal, Grant(pledge=stands.name, key=(b"u" * 8, b"l" * 80), first=True), insulin, stands)
    post(standing, Opened(created=7), insulin)
    post(amal, Share(keys=((b"v" * 8, b"m" * 80),)), insulin)
    post(noor, SealedDetails(box=b"x" * 704), insulin)
    post(sami, Private(box=b"y" * 704, locks=(b"n" * 80,)), insulin)
    edit = post(noor, Edit(title="Insulin pens", lines=(Line(quantity=5, unit="pen"),), created=8), insulin)
    post(noor, Edit(note="a mistake"), insulin, edit)
    post(noor, Undo(event=amal.board.graph(insulin.name).ready()[-1][1]), insulin, edit)
    ask = post(sami, FollowUp(when=1_700_200_000, note="still some left?"), insulin)
    post(amal, FollowedUp(follow_up=ask.name, note="yes"), insulin, ask)
    post(amal, Outcome(text="it lasted"), insulin)
    post(noor, Pause(until=1_700_300_000, reason="away"), insulin)
    post(amal, Renew(created=1_700_250_000), insulin)
    twin = post(sami, need("Insulin again"))
    merge = post(sami, Merge(into=insulin.name), twin)
    post(sami, Undo(event=merge.name), twin, merge)
    post(sami, Merge(into=insulin.name), twin)
    post(noor, StandingOffer(title="Tea", created=6, lines=(Line(quantity=2),)))
    drill = post(amal, LoanOffer(title="Drill", created=6))
    lent = post(sami, Pledge(), drill)
    post(sami, Deliver(pledge=lent.name), drill, lent)
    post(amal, Returned(pledge=lent.name, note="clean"), drill, lent)
    ride = post(noor, need("A ride"))
    driver = post(sami, Pledge(), ride)
    post(sami, Going(pledge=driver.name), ride, driver)
    tent = post(noor, need("A tent"))
    tarp = post(sami, Pledge(), tent)
    post(sami, Deliver(pledge=tarp.name), tent, tarp)
    post(noor, Reject(pledge=tarp.name, reason="nothing came"), tent, tarp)
    post(sami, Deliver(pledge=tarp.name), tent, tarp)
    waits = post(noor, need("Company on the way"))
    forgotten = post(sami, Pledge(), waits)
    post(noor, Lapse(pledge=forgotten.name), waits, forgotten)
    visits = post(noor, need("A visit", repeat="FREQ=WEEKLY;BYDAY=MO", first="2026-11-23"))
    always = post(sami, Pledge(), visits)
    post(sami, Release(pledge=always.name, day="2026-11-30"), visits, always)
    post(amal, Pledge(day="2026-11-30"), visits)
    post(sami, Deliver(pledge=always.name, day="2026-11-23"), visits, always)
    post(noor, Withdraw(why="undone"), visits)


def _taken(device: Device, item: Event, pledge: Event) -> bool:
    found = device.board.items[item.name].pledge(pledge.name)
    return found is not None and bool(found.taken)


def _tenth_field(actor: Actor, item: Event, epoch: bytes) -> Event:
    content = cbor.encode(
        [1, actor.identity, actor.number + 1, actor.last, item.name, [item.name], epoch, "withdraw", {}, "later"]
    )
    event = Event.read(cbor.encode([content, actor.sign(b"taboon event v1" + GROUP + content)]), GROUP)
    actor.number, actor.last = event.number, event.name
    return event


def _refused(event: Event) -> list[dict[str, str]]:
    content, signature = cbor.decode(event.raw)
    fields = cbor.decode(content)
    stranger = Actor("stranger")

    def signed(changed: list[Any], actor: Actor) -> bytes:
        inner = cbor.encode(changed)
        return cbor.encode([inner, actor.sign(b"taboon event v1" + GROUP + inner)])

    author = next(actor for actor in map(Actor, NAMES) if actor.identity == event.author)
    cases = {
        "another bit in the signature": cbor.encode([content, signature[:-1] + bytes([signature[-1] ^ 1])]),
        "signed by somebody else": signed(fields, stranger),
        "signed without the group id": cbor.encode([content, author.sign(b"taboon event v1" + content)]),
        "bytes after it": event.raw + b"\x00",
        "version 2": signed([2, *fields[1:]], author),
        "number 0": signed([*fields[:2], 0, *fields[3:]], author),
        "number 2 without a previous": signed([*fields[:2], 2, None, *fields[4:]], author),
        "an opening with parents": signed([*fields[:5], [event.name], *fields[6:]], author),
        "parents in descending order": signed([*fields[:4], event.name, [b"\2" * 32, b"\1" * 32], *fields[6:]], author),
        "a kind with a capital": signed([*fields[:7], "Need", fields[8]], author),
        "a body that is no map": signed([*fields[:8], []], author),
        "eight fields": signed(fields[:8], author),
    }
    return [{"why": why, "bytes": raw.hex()} for why, raw in cases.items()]


def vectors() -> dict[str, Any]:
    """Return what the file holds."""
    board = _life()
    people = fold_people(board.graph(PEOPLE), board.counts)
    items = sorted(place for place in board.graphs if isinstance(place, bytes))
    places: list[bytes | str] = [PEOPLE, SETTINGS, TAXONOMY, AREAS, QUESTIONS, *items]
    return {
        "about": "docs/protocol.md, section 3. Bytes in hexadecimal; the seed is that of an Ed25519 key (RFC 8032).",
        "group_id": GROUP.hex(),
        "members": [
            {"name": name, "seed": digest(f"seed of {name}").hex(), "identity": Actor(name).identity.hex()}
            for name in NAMES
        ],
        "history": {
            "bytes": cbor.encode(board.history.to_value()).hex(),
            "epochs": readable(board.history.to_value()),
        },
        "events": [event_fields(event) for event in board.events.values()],
        "refused_events": _refused(next(event for event in board.events.values() if event.place is None)),
        "places": [_place(board, place) for place in places],
        "people": [
            {"identity": identity.hex(), "name": name, "tag": tags(people)[identity]}
            for identity, name in sorted(people.items())
        ],
        "group_name": fold_group_name(board.graph(SETTINGS), board.counts),
        "authors": [_author(board, author) for author in board.authors],
        "refused_cbor": [{"why": why, "bytes": data} for why, data in REFUSED.items()],
    }


def _place(board: Board, place: bytes | str) -> dict[str, Any]:
    graph = board.graph(place)
    item = board.items.get(place) if isinstance(place, bytes) else None
    return {
        "place": readable(place),
        "code": code_of(place) if isinstance(place, bytes) else None,
        "order": [[depth, name.hex()] for depth, name, _ in graph.ready()],
        "set_aside": sorted(readable(name) for name in board.aside(place)),
        "heads": sorted(readable(name) for name in graph.heads(board.aside(place))),
        "waiting": graph.waiting,
        "missing": sorted(readable(name) for name in graph.missing()),
        "item": None if item is None else item_fields(item),
    }


def _author(board: Board, author: bytes) -> dict[str, Any]:
    return {
        "identity": author.hex(),
        "last_without_gap": readable(board.authors.last_without_gap(author)),
        "missing": [[gap.first, gap.last] for gap in board.authors.gaps(author)],
        "doubles": readable(board.authors.doubles(author)),
    }


def text() -> str:
    """Return the file's text."""
    return json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8", newline="\n")
