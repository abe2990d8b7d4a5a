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
    PEOPLE,
    SETTINGS,
    Comment,
    Confirm,
    Deliver,
    Event,
    GroupName,
    Item,
    Line,
    Name,
    Offer,
    Pledge,
    Release,
    Withdraw,
    code_of,
    fold_group_name,
    fold_people,
    tags,
)
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
    amal.board.take(rami.board.events.values())
    amal.board.take(extra)
    return amal.board


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
    places: list[bytes | str] = [PEOPLE, SETTINGS, *sorted(p for p in board.graphs if isinstance(p, bytes))]
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
