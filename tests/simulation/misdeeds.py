"""What a member who wishes ill, or the relay, does to a group, with the keys that it rightly holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.board.event import Event
from taboon_client.group.approvals_held import approvals_held
from taboon_client.group.commit_data import CommitData, psk_id
from taboon_client.group.epoch import mailbox_keys, policy_of
from taboon_client.group.leaf import LEAF_EXTENSION, LeafKeys, content_of, member_profile
from taboon_client.group.payload import write_events
from taboon_client.group.policy import POLICY_EXTENSION
from taboon_client.group.rejoining import ReturnRequest, asking_mailbox, leaf_hash, return_blob_key
from taboon_client.session import steps
from taboon_client.session.watching import contents
from taboon_client.vault import coming_back, outbox
from taboon_client.vault import groups as rows
from taboon_crypto import mls
from taboon_crypto.blob import Kind, seal_blob, split
from taboon_crypto.mls.tree.kem import FreshPath, UpdatePath
from taboon_crypto.primitives.secret import Secret
from taboon_crypto.primitives.sodium import ed25519_expand_seed, ed25519_sign

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    import pytest

    from taboon_client.vault import Connection
    from taboon_crypto.mailbox import MailboxKeys
    from tests.simulation.world import Device, World

__all__ = [
    "MISDEEDS",
    "leaving_out",
    "let_paths_be_spoiled",
    "noise",
    "requests_of",
    "rotation_of",
    "seal_epoch_with",
    "seal_own_with",
    "signed_by",
]


def noise(device: Device) -> list[bytes]:
    """A blob that opens for nobody."""
    return [device.world.bytes(2048)]


def signed_by(device: Device, make: Callable[[mls.Group], bytes]) -> list[bytes]:
    """The blobs of an MLS message that a device would never send; it goes on as if it had not."""
    grp = device.row.id

    def act(tx: Connection) -> list[bytes]:
        mailbox = rows.get_mailbox(tx, grp)
        assert mailbox is not None
        message = make(device.desk.keeper.load(tx, grp))
        return [
            seal_blob(mailbox.blob_key, content, device.world.bytes)
            for content in split(Kind.MESSAGE, message, device.world.bytes)
        ]

    blobs = device.desk.keeper.read(act)
    device.desk.keeper.forget(grp)
    return blobs


def rotation_of(device: Device) -> list[bytes]:
    """The blobs of a valid commit by which a device makes its key anew, and which it has not sent."""
    world = device.world

    def make(group: mls.Group) -> bytes:
        keys = LeafKeys.generate(world.bytes, suite=group.suite)
        staged = group.commit(
            leaf_extensions=(mls.Extension(LEAF_EXTENSION, keys.content.encode()),),
            by_reference=False,
            path=True,
            authenticated_data=CommitData().encode(),
            random=world.bytes,
            now=int(world.now),
        )
        return staged.message or b""

    return signed_by(device, make)


def leaving_out(device: Device, node: int, place: int) -> Callable[[FreshPath, bytes, Collection[int]], UpdatePath]:
    """What takes the place of ``FreshPath.encrypt``: of a device's commits, one secret of one node opens for nobody."""
    grp, honest = device.row_id, FreshPath.encrypt
    leaf = device.desk.keeper.read(lambda tx: device.desk.keeper.load(tx, grp).own_leaf)

    def encrypt(path: FreshPath, context: bytes, newcomers: Collection[int] = ()) -> UpdatePath:
        made = honest(path, context, newcomers)
        if path.private.leaf != leaf:
            return made
        nodes = list(made.nodes)
        sealed = list(nodes[node].encrypted_path_secret)
        sealed[place] = replace(sealed[place], ciphertext=device.world.bytes(len(sealed[place].ciphertext)))
        nodes[node] = replace(nodes[node], encrypted_path_secret=tuple(sealed))
        return replace(made, nodes=tuple(nodes))

    return encrypt


def seal_epoch_with(device: Device, blobs: list[bytes]) -> bool:
    """Seal the mailbox of the epoch that a device is in. False if it was sealed before, or is not there."""
    return _seal(device, _epoch_keys(device), blobs)


def seal_own_with(device: Device, blobs: list[bytes]) -> bool:
    """Seal a device's own mailbox in a spoiled epoch."""
    own = steps.own_positions(device.desk, device.row_id)[-1]
    assert own.keys.append_seed is not None
    device.world.relay.create(own.keys.mailbox_id, own.keys.retention)
    return _seal(device, own.keys, blobs)


def _epoch_keys(device: Device) -> MailboxKeys:
    grp = device.row_id
    mailbox = device.desk.keeper.read(lambda tx: rows.get_mailbox(tx, grp))
    assert mailbox is not None
    return mailbox_keys(mailbox)


def _seal(device: Device, keys: MailboxKeys, blobs: list[bytes]) -> bool:
    relay = device.world.relay
    box = relay.boxes.get(keys.mailbox_id)
    if box is None or box.sealed:
        return False
    where = device.world.place_of(device, keys.mailbox_id)
    device.world.note(f"{device.name}: seals {where} with what is no commit")
    for blob in blobs[:-1]:
        relay.append(keys.mailbox_id, blob, seal=False, expected=None)
    relay.append(keys.mailbox_id, blobs[-1], seal=True, expected=None)
    return True


# What somebody who wishes ill does when nobody expects it: each takes the device and does one thing.


async def _noise(device: Device) -> None:
    """End the epoch with what opens for nobody."""
    seal_epoch_with(device, noise(device))


async def _own(device: Device) -> None:
    """End the epoch, and the own mailbox as well."""
    if steps.own_positions(device.desk, device.row_id):
        seal_own_with(device, noise(device))
    else:
        seal_epoch_with(device, noise(device))


async def _rule(device: Device) -> None:
    """End the epoch with a commit that breaks a rule: one of several."""
    world = device.world
    own = device.row.identity

    def make(group: mls.Group) -> bytes:
        policy = policy_of(group)
        others = [one for one in group.members() if one.signature_key != own]
        admins = [one.leaf for one in others if policy.is_admin(one.signature_key)]
        remove: tuple[int, ...] = ()
        extensions = None
        match world.random.randrange(4):
            case 0:
                remove = tuple(admins[:1])
            case 1:
                # Who wishes to be admin says so.
                mine = policy.changed(admins=tuple(sorted({*policy.admins, own})))
                kept = [one for one in group.context_extensions if one.extension_type != POLICY_EXTENSION]
                extensions = (*kept, mls.Extension(POLICY_EXTENSION, mine.encode()))
            case 2:
                remove = tuple(one.leaf for one in others[-1:])
        data = world.random.choice((b"", CommitData().encode()))
        staged = group.commit(
            remove=remove,
            extensions=extensions,
            by_reference=False,
            path=True,
            authenticated_data=data,
            random=world.bytes,
            now=int(world.now),
        )
        return staged.message or b""

    seal_epoch_with(device, signed_by(device, make))


async def _approvals(device: Device) -> None:
    """Remove somebody on the strength of whatever others have ever agreed to."""
    world = device.world
    grp = device.row_id
    ledger = device.desk.ledger
    held = device.desk.keeper.read(lambda tx: approvals_held(tx, grp, [*ledger.history(tx, grp).ever]))
    own = device.row.identity

    def make(group: mls.Group) -> bytes:
        others = [one for one in group.members() if one.signature_key != own]
        target = world.random.choice(others)
        data = CommitData(approvals=tuple(one.raw for one in held[-20:]))
        staged = group.commit(
            remove=(target.leaf,),
            by_reference=False,
            path=True,
            authenticated_data=data.encode(),
            random=world.bytes,
            now=int(world.now),
        )
        return staged.message or b""

    if held:
        seal_epoch_with(device, signed_by(device, make))


async def _path(device: Device) -> None:
    """Make new keys, on a path that some of the others cannot open."""
    device.spoils_paths = True
    device.world.note(f"{device.name}: makes a path that some cannot open")
    await (await device.group()).rotate(0)


async def _race(device: Device) -> None:
    """Commit at every chance."""
    group = await device.group()
    for _ in range(3):
        await group.rotate(30.0)


async def _forged(device: Device) -> None:
    """Say something that stands on what nobody has, in an epoch that never was, or with a number of its own."""
    world = device.world
    item = world.random.choice(sorted(device.posted) or [world.bytes(32)])
    board = await (await device.group()).board()
    if board:
        item = world.random.choice(board).id
    match world.random.randrange(4):
        case 0:
            _say(device, place=item, parents=(world.bytes(32),))
        case 1:
            _say(device, place=item, epoch=world.bytes(32))
        case 2:
            _say(device, place=item, ahead=world.random.choice((1, 5, 1_000_000)))
        case _:
            _say(device, place=item, previous=world.bytes(32))


async def _twice(device: Device) -> None:
    """Say two things under one running number."""
    for _ in range(2):
        _say(device, place=None, body={"title": f"twice {device.world.random.random()}", "created": 0}, kind="need")


async def _flood(device: Device) -> None:
    """Fill the mailbox of the epoch with what opens for nobody."""
    keys = _epoch_keys(device)
    relay = device.world.relay
    box = relay.boxes.get(keys.mailbox_id)
    if box is not None and not box.sealed:
        for _ in range(30):
            relay.append(keys.mailbox_id, device.world.bytes(2048), seal=False, expected=None)


async def _stale(device: Device) -> None:
    """Bring somebody back on a request that was answered long ago."""
    world = device.world
    if not world.requests:
        return
    raw = world.random.choice(world.requests)

    def make(group: mls.Group) -> bytes:
        request = ReturnRequest.read(device.row.group_id, group.suite, raw)
        leaf = next((one.leaf for one in group.members() if one.signature_key == request.identity), None)
        psk = mls.ExternalPsk(psk_id=psk_id(bytes(32)))
        data = CommitData(psks={psk.psk_id: Secret(bytes(32))}, returns=(raw,))
        staged = group.commit(
            add=(request.package,),
            remove=() if leaf is None else (leaf,),
            psks=((psk, bytes(32)),),
            by_reference=False,
            path=True,
            authenticated_data=data.encode(),
            random=world.bytes,
            now=int(world.now),
        )
        return staged.message or b""

    try:
        blobs = signed_by(device, make)
    except mls.MlsError:
        return
    seal_epoch_with(device, blobs)


def requests_of(device: Device) -> list[bytes]:
    """The requests to come back that a device has left, which all members can read."""
    grp = device.row_id
    row = device.desk.keeper.read(lambda tx: coming_back.get_coming(tx, grp))
    return [
        whole.body
        for secret, _, _, blobs in cbor.decode(row.asking if row is not None else cbor.encode([]))
        for whole in contents(return_blob_key(secret), blobs)
    ]


async def _poison(device: Device) -> None:
    """Ask to come back, with a leaf that claims to be somebody else's device."""
    world, grp = device.world, device.row_id

    def act(tx: Connection) -> tuple[MailboxKeys, list[bytes]] | None:
        own, mailbox = rows.get_group(tx, grp), rows.get_mailbox(tx, grp)
        group = device.desk.keeper.load(tx, grp)
        here = group.member(group.own_leaf)
        said = content_of(here, group.suite)
        seed = rows.leaf_secret(tx, grp, said.append_key)
        others = [one.signature_key for one in group.members() if one.signature_key != own.identity]
        if mailbox is None or seed is None or not others:
            return None
        signer = mls.SigningKey(own.identity_seed)
        keys = LeafKeys.generate(world.bytes, suite=group.suite, person=world.random.choice(others))
        profile = member_profile(signer, keys.content)
        package, _ = mls.KeyPackage.generate(
            group.suite, profile, now=int(world.now), lifetime=85 * 86_400, random=world.bytes
        )
        request = ReturnRequest.make(own.group_id, package.encode(), leaf_hash(here), world.bytes(32), signer)
        blob_key = return_blob_key(said.rejoin_secret)
        blobs = [seal_blob(blob_key, one, world.bytes) for one in split(Kind.RETURN, request.raw, world.bytes)]
        return asking_mailbox(said.rejoin_secret, seed, mailbox.retention), blobs

    found = device.desk.keeper.read(act)
    if found is None:
        return
    keys, blobs = found
    world.note(f"{device.name}: asks to come back as somebody's device")
    world.relay.create(keys.mailbox_id, keys.retention)
    for blob in blobs:
        world.relay.append(keys.mailbox_id, blob, seal=False, expected=None)


MISDEEDS: dict[str, Callable[[Device], Awaitable[None]]] = {
    "noise": _noise,
    "own": _own,
    "rule": _rule,
    "approvals": _approvals,
    "path": _path,
    "race": _race,
    "forged": _forged,
    "twice": _twice,
    "flood": _flood,
    "stale": _stale,
    "poison": _poison,
}


def _say(
    device: Device,
    *,
    place: bytes | None,
    parents: tuple[bytes, ...] = (),
    epoch: bytes | None = None,
    previous: bytes | None = None,
    ahead: int = 0,
    kind: str = "comment",
    body: dict[str, object] | None = None,
) -> None:
    """Send an event that the ledger would never make; the device goes on as if it had not."""
    grp = device.row_id

    def act(tx: Connection) -> None:
        own = rows.get_group(tx, grp)
        private = ed25519_expand_seed(own.identity_seed)[1]
        last = device.desk.ledger.history(tx, grp).last
        number = own.next_number + ahead
        event = Event.make(
            sign=lambda message: ed25519_sign(private, message),
            group_id=own.group_id,
            author=own.identity,
            number=number,
            previous=None if number == 1 else previous or own.previous or device.world.bytes(32),
            place=place,
            parents=parents,
            epoch=epoch or (last.epoch_id if last is not None else device.world.bytes(32)),
            kind=kind,
            body=body or {"text": "forged", "created": 0},
        )
        outbox.queue_payload(tx, grp, write_events([event.raw]))

    device.world.note(f"{device.name}: says what an honest device would not")
    device.desk.keeper.write(act)


def let_paths_be_spoiled(patch: pytest.MonkeyPatch, at_work: Callable[[], Device | None], world: World) -> None:
    """Let a device that wishes to make paths which some cannot open."""
    honest = FreshPath.encrypt

    def encrypt(path: FreshPath, context: bytes, newcomers: Collection[int] = ()) -> UpdatePath:
        made = honest(path, context, newcomers)
        device = at_work()
        if device is None or not device.spoils_paths:
            return made
        device.spoils_paths = False
        nodes = [list(node.encrypted_path_secret) for node in made.nodes]
        places = [(node, place) for node, sealed in enumerate(nodes) for place in range(len(sealed))]
        if len(places) < 2:
            # Nobody would be left to bring anyone back.
            return made
        node, place = world.random.choice(places)
        sealed = nodes[node][place]
        nodes[node][place] = replace(sealed, ciphertext=world.bytes(len(sealed.ciphertext)))
        spoiled = [
            replace(one, encrypted_path_secret=tuple(sealed)) for one, sealed in zip(made.nodes, nodes, strict=True)
        ]
        return replace(made, nodes=tuple(spoiled))

    patch.setattr(FreshPath, "encrypt", encrypt)
