"""The inviting side of a rendezvous: invites in the vault, requests that came, answers that go back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from taboon_client import cbor
from taboon_client.errors import FormatError
from taboon_client.group.sealed_invites import end_shared, share_invite
from taboon_client.joining.link import InvitePayload
from taboon_client.joining.messages import is_withdrawn, make_asks, make_ended, make_welcome, read_request
from taboon_client.relay.cursor import Cursor
from taboon_client.vault import groups
from taboon_client.vault import rendezvous as rows
from taboon_crypto import mls
from taboon_crypto.blob import Kind, Part, open_blob, parse_content, seal_blob, split
from taboon_crypto.errors import CryptoError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taboon_client.group.ledger import Ledger
    from taboon_client.joining.messages import Asks
    from taboon_client.vault import Connection
    from taboon_client.vault.rendezvous import InviteRow
    from taboon_crypto.mls import Random
    from taboon_crypto.primitives.secret import Secret

__all__ = ["GRACE", "Approved", "answer", "approved", "create_invite", "end_invite", "take_page", "wish_data"]

GRACE: Final = 7 * 24 * 60
"""Minutes after an invite's expiry in which a request that came in time can still be approved."""

_WITHDRAWN = "whoever asked to join has taken the request back"
_TWICE = "two people used one invite link, so it was ended and nobody was let in. Make a new link, for one person"


@dataclass(frozen=True, slots=True)
class Approved:
    """A request that a commit can act upon; ``wish`` is what the wish for it says."""

    wish: bytes
    identity: bytes
    key_package: mls.KeyPackage
    psk: Secret


def create_invite(
    tx: Connection,
    ledger: Ledger,
    grp: int,
    *,
    asks: Asks,
    relay_url: str,
    relay_id: bytes,
    retention: int,
    expires: int,
    suite: mls.CipherSuite,
    random: Random,
    person: bytes = b"",
    parent: bytes = b"",
) -> int:
    """Make an invite for one person; ``expires`` is Unix time in seconds. Returns its row id.

    With ``person``, an identity key, it is for a further device of that member. ``parent`` is the id of the group that
    a circle is in.
    """
    payload, seed = InvitePayload.generate(
        relay_url=relay_url,
        relay_id=relay_id,
        expires=expires // 60,
        retention=retention,
        random=random,
        suite=suite,
        person=person,
        parent=parent,
    )
    start = Cursor.start(payload.mailbox.mailbox_id)
    event = share_invite(
        tx,
        ledger,
        grp,
        digest=payload.digest,
        payload=payload.encode(),
        seed=seed,
        expires=payload.expires * 60,
        random=random,
    )
    asked = _blobs(payload, Kind.ASKS, make_asks(payload, seed, asks), random) if asks else None
    return rows.add_invite(
        tx,
        grp,
        digest=payload.digest,
        payload=payload.encode(),
        invite_seed=seed,
        head=start.head,
        maker=groups.get_group(tx, grp).identity,
        event=event,
        blobs=asked,
    )


def take_page(
    tx: Connection,
    ledger: Ledger,
    invite: int,
    before: Cursor,
    after: Cursor,
    blobs: Sequence[bytes],
    random: Random,
) -> list[str]:
    """Take what came to a rendezvous of the group. Returns sentences for the user.

    The first request is kept; a second one with another key package ends the invite, and so does whoever made the
    request by taking it back.
    """
    row = rows.get_invite(tx, invite)
    # Another sync may have answered or ended it since this page was asked for: then its secrets are gone.
    if row is None or not row.payload or (row.number, row.head) != (before.number, before.head):
        return []
    payload = InvitePayload.decode(row.payload)
    notices = []
    state, request, why = row.state, row.request, ""
    for blob in blobs:
        kind, body = _content(payload, blob)
        if kind is Kind.WITHDRAWN and state == "requested" and is_withdrawn(payload, request or b"", body):
            state, why = "ended", "withdrawn"
            notices.append(_WITHDRAWN)
        if kind is not Kind.REQUEST:
            continue
        if request is None and state == "open":
            request, state = body, "requested"
            notices.append(f"somebody asks to join with an invite, as {read_request(payload, body).name}")
        elif state == "requested" and _package(payload, request or b"") != _package(payload, body):
            state, why = "ended", "twice"
            notices.append(_TWICE)
    if state == "ended" and row.state != "ended":
        if row.event is not None:
            end_shared(tx, ledger, row.grp, row.event, why)
        if row.request is not None:
            rows.drop_add_wish(tx, row.grp, wish_data(row))
        end_invite(tx, invite, random)
    elif state != row.state:
        rows.set_invite(tx, invite, state, request=request, blobs=row.blobs)
    rows.move_invite(tx, invite, after.number, after.head)
    return notices


def end_invite(tx: Connection, invite: int, random: Random) -> None:
    """End an invite: what says so, signed by the invite key, waits for the rendezvous."""
    row = rows.get_invite(tx, invite)
    if row is None or row.state not in ("open", "requested"):
        return
    payload = InvitePayload.decode(row.payload)
    body = make_ended(payload, row.invite_seed)
    rows.set_invite(tx, invite, "ended", request=None, blobs=_blobs(payload, Kind.ENDED, body, random))


def wish_data(row: InviteRow) -> bytes:
    """Return what a wish to admit says: the digests of the invite and of the very key package that was approved."""
    payload = InvitePayload.decode(row.payload)
    return row.digest + hashlib.sha256(_package(payload, row.request or b"")).digest()


def _wished(tx: Connection, wish: bytes) -> InviteRow | None:
    row = rows.invite_of_digest(tx, wish[:32])
    if row is None or not row.payload or row.request is None or row.state not in ("requested", "approved"):
        return None
    return row if wish_data(row) == wish else None


def approved(tx: Connection, wish: bytes, *, now: int) -> Approved | None:
    """Return what the next commit adds for a wish, None if its request is gone or no longer good."""
    row = _wished(tx, wish)
    if row is None:
        return None
    payload = InvitePayload.decode(row.payload)
    if now // 60 > payload.expires + GRACE:
        return None
    try:
        request = read_request(payload, row.request or b"")
        package = mls.KeyPackage.decode(request.key_package)
        package.verify(now=now)
    except (FormatError, mls.MlsError):
        return None
    return Approved(wish, request.identity, package, payload.psk)


def answer(tx: Connection, wish: bytes, welcome: bytes, random: Random) -> None:
    """Make the answer to a request whose commit stands: the Welcome, signed by the invite key."""
    row = _wished(tx, wish)
    if row is None:
        return
    payload = InvitePayload.decode(row.payload)
    body = make_welcome(payload, row.invite_seed, _package(payload, row.request or b""), welcome)
    blobs = _blobs(payload, Kind.WELCOME, body, random)
    rows.set_invite(tx, row.id, "approved", request=row.request, blobs=blobs)


def _blobs(payload: InvitePayload, kind: Kind, body: bytes, random: Random) -> bytes:
    return cbor.encode([seal_blob(payload.blob_key, content, random) for content in split(kind, body, random)])


def _content(payload: InvitePayload, blob: bytes) -> tuple[Kind | None, bytes]:
    """Return what lies in a blob if it is for us: a request that was checked, or that one was taken back."""
    try:
        parsed = parse_content(open_blob(payload.blob_key, blob))
        if isinstance(parsed, Part):
            return None, b""
        if parsed.kind is Kind.REQUEST:
            read_request(payload, parsed.body)
    except (CryptoError, FormatError):
        return None, b""
    return parsed.kind, parsed.body


def _package(payload: InvitePayload, request: bytes) -> bytes:
    return read_request(payload, request).key_package
