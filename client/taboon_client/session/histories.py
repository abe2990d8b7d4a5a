"""Two histories of a group are brought together: learned of by a second path, decided alike, and left for the other.

A relay can show two parts of a group two commits of one epoch, and to each alone this looks like silence. Whoever
learns what the other side shows (``showing``) judges both with what is kept of the epoch where they part. If the other
one stands, its own side is told, and then the device goes over by itself: it asks to come back with the leaf that it
had in that epoch, which the other side still has in its tree. Nobody chooses by hand (docs/protocol.md, section 2.13).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from taboon_client import cbor
from taboon_client.board import Event
from taboon_client.errors import EventError, FormatError
from taboon_client.group.epoch import policy_of
from taboon_client.group.home import settle_at
from taboon_client.group.payload import OtherSidePayload
from taboon_client.group.popup import keys_at
from taboon_client.group.sides import standing as standing_side
from taboon_client.relay.address import RelayAddress
from taboon_client.relay.cursor import HASH_LENGTH, Cursor
from taboon_client.relay.signed import Signed
from taboon_client.session import redo
from taboon_client.session.coming_back import ask
from taboon_client.session.judging import Judge
from taboon_client.session.outbox import say
from taboon_client.session.showing import Showing
from taboon_client.session.watching import contents
from taboon_client.vault import ended, events, groups, other_sides, outbox
from taboon_client.vault import members as member_rows
from taboon_crypto.blob import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from taboon_client.group.desk import Desk
    from taboon_client.group.sides import Side
    from taboon_client.session.judging import Judged
    from taboon_client.vault import Connection
    from taboon_client.vault.ended import EndedRow
    from taboon_crypto.mailbox import MailboxKeys

__all__ = ["Again", "Stands", "leave", "look_again", "show", "take_page", "take_said", "weigh"]

_HOUR: Final = 3_600
_DAYS: Final = 7 * 86_400
"""Seconds for which home is asked again, once an hour, whether it still shows the commit that we have followed."""
_OTHER_STANDS: Final = (
    "the relay has shown two parts of the group two histories, from epoch {number} on, and the other one stands by the "
    "group's rules, which decide alike on every device. This device tells the others of its part and then goes over by "
    "itself, with new keys, as soon as the relay lets it reach the other part. What you post is kept until then, and "
    "what you had posted since is posted again"
)
_OURS_STANDS: Final = (
    "the relay has shown two parts of the group two histories, from epoch {number} on, and this one stands by the "
    "group's rules, which decide alike on every device. The devices of the other part come over by themselves once one "
    "of them was given the text of “taboon evidence GROUP”"
)
_CANNOT_TELL: Final = (
    "a member's device says that the group goes on in another history, from epoch {number} on, and this one was not "
    "there when the two parted, or it is too long ago. If the others fall silent, ask one of them for a new invite"
)
_GONE: Final = (
    "the relay has shown two parts of the group two histories. In the one that stands you were removed. What you have "
    "read stays on this device; nothing new will come"
)


class Stands(StrEnum):
    """What came of weighing two sides."""

    HERE = "here"
    THERE = "there"
    SAME = "same"
    """It is the commit that we have followed."""
    UNKNOWN = "unknown"
    """Nothing is kept here to judge by."""
    NOTHING = "nothing"
    """What was shown is no commit that could stand."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """Which side stands, and sentences for the user."""

    stands: Stands
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Again:
    """The mailbox of an ended epoch, to be asked for once more; ``cursor`` is before the seal that it had shown."""

    relay: RelayAddress
    epoch: int
    keys: MailboxKeys
    cursor: Cursor
    seal: bytes = field(repr=False)


def show(tx: Connection, grp: int, epoch: int) -> bytes | None:
    """Return what our side shows of itself to those who part from it in an epoch; None if it is not kept any more."""
    row = ended.get(tx, grp, epoch)
    judge = None if row is None else Judge.of(row)
    ours = None if row is None or judge is None else _ours(judge, row)
    if row is None or judge is None or ours is None:
        return None
    spoken: dict[bytes, bytes] = {}
    for raw in events.of_epoch(tx, grp, ours.made):
        person = _person(judge, Event.parse(raw), ours.made)
        if person is not None:
            spoken.setdefault(person, raw)
    said = list(spoken.values())
    try:
        return Showing.of(epoch, _word(judge, row), cbor.decode(row.blobs), judge.blob_key, said).encode()
    except FormatError:
        return None


def weigh(tx: Connection, grp: int, raw: bytes, *, now: int, heard: bool = False) -> Weighed:
    """Hold what another side shows against ours, and keep which one stands.

    Args:
        tx: A transaction that writes.
        grp: The group.
        raw: What the other side shows.
        now: Unix time.
        heard: Whether a member of our side has said it to all of us.
    """
    try:
        showing = Showing.decode(raw)
    except FormatError:
        return Weighed(Stands.NOTHING)
    row = ended.get(tx, grp, showing.epoch)
    judge = None if row is None else Judge.of(row)
    ours = None if row is None or judge is None else _ours(judge, row)
    if judge is None or ours is None:
        return Weighed(Stands.UNKNOWN, (_CANNOT_TELL.format(number=showing.epoch + 1),))
    theirs = _theirs(judge, showing)
    if theirs is None:
        return Weighed(Stands.NOTHING)
    if theirs.side.tag == ours.side.tag:
        return Weighed(Stands.SAME)
    known = other_sides.get(tx, grp, showing.epoch)
    before = None if known is None or known.showing is None else Showing.decode(known.showing)
    shown = [showing] if before in (None, showing) else [showing, before]
    here = replace(ours.side, persons=_persons(tx, grp, judge, ours.made))
    sides = {side: one for one in shown if (side := _side(tx, grp, judge, one)) is not None}
    gone = _gone_since(tx, grp, showing.epoch)
    sides = {side: one for side, one in sides.items() if _can_move(side, judge, gone)}
    if not sides:
        other_sides.note(tx, grp, showing.epoch, now)
        other_sides.judged(tx, grp, showing.epoch, showing.encode(), stands=False, heard=heard)
        return Weighed(Stands.HERE, (_OURS_STANDS.format(number=showing.epoch + 1),) if before is None else ())
    stands = standing_side([here, *sides], judge.persons)
    other_sides.note(tx, grp, showing.epoch, now)
    other_sides.judged(
        tx, grp, showing.epoch, sides.get(stands, showing).encode(), stands=stands is not here, heard=heard
    )
    told = _OURS_STANDS if stands is here else _OTHER_STANDS
    return Weighed(Stands.HERE if stands is here else Stands.THERE, (told.format(number=showing.epoch + 1),))


def weigh_seal(tx: Connection, grp: int, epoch: int, blobs: Sequence[bytes], *, word: bytes = b"", now: int) -> Weighed:
    """Hold another seal of an ended epoch, as it was found at a relay, against the one that we have followed.

    Args:
        tx: A transaction that writes.
        grp: The group.
        epoch: Which one.
        blobs: What lies there, the last one is the seal.
        word: What home has signed of it; else it is looked for among the blobs.
        now: Unix time.
    """
    row = ended.get(tx, grp, epoch)
    judge = None if row is None else Judge.of(row)
    if judge is None:
        return Weighed(Stands.UNKNOWN)
    words = [whole.body for whole in contents(judge.blob_key, blobs) if whole.kind is Kind.STOOD]
    word = word or next((one for one in words if judge.stood(one, blobs[-1])), b"")
    try:
        showing = Showing.of(epoch, word, blobs, judge.blob_key, ())
    except FormatError:
        return Weighed(Stands.NOTHING)
    return weigh(tx, grp, showing.encode(), now=now)


def leave(desk: Desk, tx: Connection, grp: int) -> list[bytes] | None:
    """Where another history stands before ours: tell our side, then go over.

    Returns:
        Blobs that tell it; empty once this device has gone over; None where our history stands.
    """
    row, mailbox = other_sides.standing(tx, grp), groups.get_mailbox(tx, grp)
    if row is None or mailbox is None or row.showing is None:
        return None
    blobs: list[bytes] | None = None
    if row.blobs is not None and row.made == mailbox.epoch:
        blobs = cbor.decode(row.blobs)
    if row.heard or (blobs and all(outbox.is_sent(tx, sha256(blob).digest()) for blob in blobs)):
        _go_over(desk, tx, grp, row.epoch, row.showing)
        return []
    if blobs is None:
        blobs = say(tx, desk.keeper, grp, OtherSidePayload(row.showing).encode(), desk.random)
        other_sides.set_blobs(tx, grp, row.epoch, cbor.encode(blobs), mailbox.epoch)
    return blobs


def _go_over(desk: Desk, tx: Connection, grp: int, epoch: int, raw: bytes) -> None:
    row = ended.get(tx, grp, epoch)
    judge = None if row is None else Judge.of(row)
    theirs = None if judge is None else _theirs(judge, Showing.decode(raw))
    if judge is None or theirs is None:
        # It is too long ago by now; what was kept to judge by is gone.
        other_sides.drop_from(tx, grp, epoch)
        return
    if groups.get_group(tx, grp).identity in theirs.side.removes:
        groups.set_state(tx, grp, "removed", _GONE)
        groups.delete_mls_state(tx, grp)
        desk.keeper.forget(grp)
        return
    parted, here = policy_of(judge.group), policy_of(desk.keeper.load(tx, grp))
    redo.later(tx, grp, redo.of_chain(tx, grp, epoch, parted, here))
    # The other side looks for us where home was when the two parted.
    settle_at(tx, grp, parted.home, left=here.home, now=desk.now, random=desk.random)
    why = _OTHER_STANDS.format(number=epoch + 1)
    groups.set_state(tx, grp, "astray", why)
    ask(tx, desk.keeper, grp, why, now=desk.now, random=desk.random)


def look_again(desk: Desk, grp: int, former: RelayAddress | None = None) -> Again | None:
    """Return the mailbox of an ended epoch that home is to be asked for once more, None where none is due.

    With ``former`` it is a home that the group has left.
    """

    def relay(tx: Connection) -> RelayAddress:
        own = groups.get_group(tx, grp)
        return former or RelayAddress(own.relay_url, own.relay_id)

    def due(tx: Connection) -> EndedRow | None:
        if groups.get_group(tx, grp).state != "active":
            return None
        asked = [row for row in ended.witnessed(tx, grp) if desk.now - _DAYS < row.at <= desk.now - _HOUR]
        asked = [row for row in asked if row.home and row.stood is not None and row.relook <= desk.now]
        asked = [row for row in asked if row.relay_id == relay(tx).relay_id]
        return min(asked, key=lambda row: (row.relook, -row.epoch), default=None)

    def act(tx: Connection) -> Again | None:
        row = due(tx)
        judge = None if row is None else Judge.of(row)
        if row is None or judge is None:
            return None
        ended.set_relook(tx, grp, row.epoch, desk.now + _HOUR)
        word = _word(judge, row)
        if not word:
            return None
        before = Cursor(Signed.parse(word[HASH_LENGTH:]).number - 1, word[:HASH_LENGTH])
        keys = keys_at(row.mailbox_secret, row.retention)
        return Again(relay(tx), row.epoch, keys, before, cbor.decode(row.blobs)[-1])

    return desk.keeper.write(act) if desk.keeper.read(due) is not None else None


def take_page(desk: Desk, grp: int, again: Again, blobs: Sequence[bytes], signed: bytes) -> list[str]:
    """Home shows another seal than before. Returns sentences for the user.

    Args:
        desk: Of the vault.
        grp: The group.
        again: What it was asked for.
        blobs: All that lies there, the last one is the seal.
        signed: What home has signed of it.
    """
    before = Cursor.start(again.keys.mailbox_id)
    for blob in blobs[:-1]:
        before = before.after(sha256(blob).digest())
    word = before.head + signed
    return list(desk.keeper.write(lambda tx: weigh_seal(tx, grp, again.epoch, blobs, word=word, now=desk.now).told))


def take_said(tx: Connection, grp: int, payload: OtherSidePayload, *, now: int) -> tuple[str, ...]:
    """Take what a member of our side says of another one. Returns sentences for the user."""
    return weigh(tx, grp, payload.showing, now=now, heard=True).told


def _ours(judge: Judge, row: EndedRow) -> Judged | None:
    return judge.look(cbor.decode(row.blobs), words=[_word(judge, row)])


def _theirs(judge: Judge, showing: Showing) -> Judged | None:
    try:
        return judge.look(showing.blobs(judge.blob_key), words=[showing.word])
    except FormatError:
        return None


def _side(tx: Connection, grp: int, judge: Judge, showing: Showing) -> Side | None:
    """Return the side that shows something, with whom we know to have spoken in it besides."""
    theirs = _theirs(judge, showing)
    if theirs is None:
        return None
    group_id = groups.get_group(tx, grp).group_id
    said = (_person(judge, event, theirs.made) for event in _read(showing.events, group_id))
    shown = frozenset(person for person in said if person is not None)
    return replace(theirs.side, persons=_persons(tx, grp, judge, theirs.made) | shown)


def _can_move(side: Side, judge: Judge, gone: Collection[bytes]) -> bool:
    """Tell whether another side, if it stands, moves those who have gone on here.

    One in which more than half have spoken does. Of any other, home must have signed that it stood: a commit that was
    never the seal of anything takes one member to make. And somebody beside its author must have spoken there: a relay
    that has kept a commit which lost a race could sign that it stood, and lead everyone into a history where nobody
    lives. Whoever was removed here since speaks for none: they can follow that commit, or make theirs only now.
    """
    if 2 * len(side.persons) > judge.persons:
        return True
    people = judge.people
    lives = side.persons - {people.of(side.author)} - {people.of(identity) for identity in gone}
    return side.home and bool(lives) and side.author not in gone


def _gone_since(tx: Connection, grp: int, epoch: int) -> frozenset[bytes]:
    """Return whom our side has removed after the commit that ended an epoch: that one is judged by the rules."""
    gone = [one for one in member_rows.deeds(tx, grp) if one.epoch > epoch + 1 and one.kind in ("removed", "left")]
    return frozenset(identity for one in gone for identity in cbor.decode(one.members))


def _word(judge: Judge, row: EndedRow) -> bytes:
    blobs = [] if row.stood is None else [row.stood]
    return next((whole.body for whole in contents(judge.blob_key, blobs) if whole.kind is Kind.STOOD), b"")


def _persons(tx: Connection, grp: int, judge: Judge, made: bytes) -> frozenset[bytes]:
    found = {_person(judge, Event.parse(raw), made) for raw in events.of_epoch(tx, grp, made)}
    return frozenset(person for person in found if person is not None)


def _read(raws: Sequence[bytes], group_id: bytes) -> list[Event]:
    found = []
    for raw in raws:
        try:
            found.append(Event.read(raw, group_id))
        except (EventError, FormatError):
            continue
    return found


def _person(judge: Judge, event: Event, made: bytes) -> bytes | None:
    """Return who of the epoch where the sides part has said something in the epoch that one of them made."""
    members = {member.signature_key for member in judge.group.members()}
    return judge.people.of(event.author) if event.epoch == made and event.author in members else None
