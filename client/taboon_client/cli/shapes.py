"""What ``--json`` answers: the library's values as plain objects. Keys are added, never changed (docs/cli.md)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from taboon_client.board.sentences import say
from taboon_client.cli.terminal import instant

if TYPE_CHECKING:
    from taboon_client.blocking import Group
    from taboon_client.board import Item, ItemComment, ItemLine, ItemPledge
    from taboon_client.board.fields import Hours
    from taboon_client.board.news import News
    from taboon_client.cli.people import People
    from taboon_client.values import GroupStatus, Invite, Joining, JoinRequest, Member, SyncReport
    from taboon_client.views.filters import View
    from taboon_crypto.safety_code import SafetyCode

__all__ = [
    "comment",
    "group_ref",
    "hours_text",
    "invite",
    "item",
    "join_request",
    "joining",
    "member",
    "news",
    "safety_code",
    "status",
    "sync_report",
    "view",
    "view_filters",
]


def group_ref(group: Group) -> dict[str, object]:
    """Which group."""
    return {"name": group.name, "code": group.code}


def member(one: Member) -> dict[str, object]:
    """One member."""
    return {"name": one.name, "tag": one.tag, "identity": one.identity.hex(), "admin": one.admin, "me": one.me}


def safety_code(code: SafetyCode) -> dict[str, object]:
    """A safety code in its three forms."""
    return {"words": list(code.words_en), "words_ar": list(code.words_ar), "digits": code.digits}


def invite(one: Invite) -> dict[str, object]:
    """An invite, with its link."""
    return {"code": one.code, "state": one.state.value, "expires": instant(one.expires), "link": one.link}


def join_request(one: JoinRequest) -> dict[str, object]:
    """Somebody who asks to join."""
    return {
        "code": one.code,
        "name": one.name,
        "approved": one.approved,
        "device_of": one.person.hex() or None,
        "safety_code": safety_code(one.safety),
    }


def joining(one: Joining) -> dict[str, object]:
    """Our own request to join."""
    return {
        "code": one.code,
        "state": one.state.value,
        "name": one.name,
        "safety_code": safety_code(one.safety),
        "group": one.group,
        "problem": one.problem,
    }


def status(one: GroupStatus) -> dict[str, object]:
    """How a group stands on this device."""
    return {
        "name": one.name,
        "code": one.code,
        "state": one.state.value,
        "problem": one.problem,
        "epoch": one.epoch,
        "members": one.members,
        "admin": one.admin,
        "relay": one.relay,
        "popup": one.popup,
        "unsent": one.unsent,
        "wishes": list(one.wishes),
        "missing": one.missing,
        "synced": instant(one.synced),
    }


def sync_report(one: SyncReport) -> dict[str, object]:
    """What one sync did."""
    return {
        "reached": one.reached,
        "received": one.received,
        "sent": one.sent,
        "unsent": one.unsent,
        "synced": instant(one.synced),
        "problem": one.problem,
        "notices": list(one.notices),
        "stopped": one.stopped,
    }


def view(name: str, one: View) -> dict[str, object]:
    """A saved view: its name and what it shows."""
    return {"name": name, "filters": view_filters(one)}


def view_filters(one: View) -> dict[str, object]:
    """What a view shows; what it leaves open is left out."""
    told: dict[str, object] = json.loads(one.encode())
    return told


def _taking(pairs: tuple[tuple[int, int], ...]) -> list[dict[str, int]]:
    return [{"line": line, "quantity": quantity} for line, quantity in pairs]


def hours_text(hours: Hours) -> str:
    """Return hours as they are typed: ``mon,wed 18:00-20:30``."""
    days = ",".join(("mon", "tue", "wed", "thu", "fri", "sat", "sun")[day] for day in hours.days)
    span = f"{hours.start // 60:02}:{hours.start % 60:02}-{hours.end // 60:02}:{hours.end % 60:02}"
    return f"{days} {span}".lstrip()


def _line(line: ItemLine) -> dict[str, object]:
    return {
        "quantity": line.quantity,
        "unit": line.unit,
        "name": line.name,
        "form": line.form,
        "category": line.category,
        "people": line.people,
        "open": line.open,
        "pledged": line.pledged,
        "going": line.going,
        "delivered": line.delivered,
        "confirmed": line.confirmed,
    }


def _pledge(one: ItemPledge, people: People) -> dict[str, object]:
    return {
        "author": people.data(one.author),
        "standing": one.standing.value,
        "promised": _taking(one.promised),
        "taken": _taking(one.taken),
        "day": one.day,
        "note": one.note,
        "said": one.said,
        "created": instant(one.created or None),
        "changed": instant(one.changed or None),
        "expected": instant(one.expected or None),
        "lease": instant(one.lease or None),
        "hours": [hours_text(each) for each in one.hours],
        "company": one.company,
        "late": one.late,
        "chosen": one.chosen,
        "granted": one.granted,
        "rejected": one.rejected,
    }


def news(one: News, people: People) -> dict[str, object]:
    """Something new that concerns whoever asks."""
    about = one.message
    return {
        "item": people.code(one.item),
        "what": about.id.removeprefix("news."),
        "who": people.data(about.who) if about.who else None,
        "text": say(about, "en", people.called),
    }


def comment(one: ItemComment, people: People) -> dict[str, object]:
    """What somebody said about an item."""
    return {"author": people.data(one.author), "text": one.text, "created": instant(one.created or None)}


def item(one: Item, people: People) -> dict[str, object]:
    """One need or offer, whole."""
    return {
        "id": one.id.hex(),
        "code": people.code(one),
        "kind": one.kind,
        "status": one.status.value,
        "urgency": one.urgency or None,
        "title": one.title,
        "note": one.note,
        "text": one.note or one.title,
        "original": one.original,
        "language": one.language,
        "category": one.category,
        "sub": one.sub,
        "tags": list(one.tags),
        "area": one.area,
        "urgency_reason": one.urgency_reason,
        "needed_by": instant(one.needed_by or None),
        "not_before": instant(one.not_before or None),
        "safe_hours": [hours_text(each) for each in one.safe_hours],
        "household": {
            "size": one.household.size,
            "children": one.household.children,
            "elder": one.household.elder,
            "disability": one.household.disability,
        },
        "for_whom": one.for_whom,
        "consent": {"asked": one.consent.asked, "by": one.consent.by, "audience": one.consent.audience},
        "languages": list(one.languages),
        "interpreter": one.interpreter,
        "helper_needs": list(one.helper_needs),
        "risk": one.risk,
        "heavy": one.heavy,
        "repeat": one.repeat,
        "first": one.first,
        "answers": [{"question": each.question.hex(), "value": each.value} for each in one.answers],
        "source": one.source,
        "lines": [_line(line) for line in one.lines],
        "days": [{"day": each.day, "lines": [_line(line) for line in each.lines]} for each in one.rounds],
        "author": people.data(one.author),
        "created": instant(one.created),
        "latest": instant(one.latest),
        "reason": one.reason,
        "why": one.why,
        "paused_until": instant(one.paused_until or None),
        "merged_into": one.merged_into.hex() or None,
        "details": bool(one.sealed),
        "opened": [
            {"who": people.data(each.author), "times": each.times, "last": instant(each.created or None)}
            for each in one.opened
        ],
        "follow_ups": [
            {"when": instant(each.when), "note": each.note, "done": bool(each.done_by), "answer": each.answer}
            for each in one.follow_ups
        ],
        "outcomes": [{"author": people.data(each.author), "text": each.text} for each in one.outcomes],
        "pledges": [_pledge(pledge, people) for pledge in one.pledges],
        "comments": [comment(said, people) for said in one.comments],
        "comment_count": one.comment_count,
        "set_aside": one.set_aside,
        "opening_set_aside": one.opening_set_aside,
    }
