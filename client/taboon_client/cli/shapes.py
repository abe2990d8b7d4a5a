"""What ``--json`` answers: the library's values as plain objects. Keys are added, never changed (docs/cli.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.cli.terminal import instant

if TYPE_CHECKING:
    from taboon_client.blocking import Group
    from taboon_client.board import Item, ItemPledge
    from taboon_client.cli.people import People
    from taboon_client.values import GroupStatus, Invite, Joining, JoinRequest, Member, SyncReport
    from taboon_crypto.safety_code import SafetyCode

__all__ = ["group_ref", "invite", "item", "join_request", "joining", "member", "safety_code", "status", "sync_report"]


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


def _taking(pairs: tuple[tuple[int, int], ...]) -> list[dict[str, int]]:
    return [{"line": line, "quantity": quantity} for line, quantity in pairs]


def _pledge(one: ItemPledge, people: People) -> dict[str, object]:
    return {
        "author": people.data(one.author),
        "standing": one.standing.value,
        "promised": _taking(one.promised),
        "taken": _taking(one.taken),
        "note": one.note,
        "said": one.said,
        "created": instant(one.created or None),
        "changed": instant(one.changed or None),
        "late": one.late,
    }


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
        "category": one.category,
        "area": one.area,
        "lines": [
            {
                "quantity": line.quantity,
                "unit": line.unit,
                "name": line.name,
                "pledged": line.pledged,
                "delivered": line.delivered,
                "confirmed": line.confirmed,
            }
            for line in one.lines
        ],
        "author": people.data(one.author),
        "created": instant(one.created),
        "latest": instant(one.latest),
        "reason": one.reason,
        "pledges": [_pledge(pledge, people) for pledge in one.pledges],
        "comments": [
            {
                "author": people.data(comment.author),
                "text": comment.text,
                "created": instant(comment.created or None),
            }
            for comment in one.comments
        ],
        "comment_count": one.comment_count,
        "set_aside": one.set_aside,
        "opening_set_aside": one.opening_set_aside,
    }
