"""What the post-quantum suite costs: sizes of commits and Welcomes, and what they take on the wire.

``python -m bench.suites [--quick] [--json]``. Groups of 10, 32 and 100 members with Taboon's own leaves and policy, in
the default suite and in the hybrid one. Sizes are bytes of the MLS message; they do not vary between runs. A *full*
tree is one in which everybody has rotated since the last change; in a *flat* one nobody has, so that a commit is
encrypted to each member singly: the two are the best and the worst that a group of that size can see. Names are
operation, tree, members, suite:

    rotate_full_32_hybrid       the commit by which a member renews its key
    add_full_32_hybrid          the commit that lets the last member in
    welcome_full_32_hybrid      what that member gets, the tree included
    …_wire                      the same as it goes to the relay: padded, in parts where it is larger than a blob
    request_hybrid(_wire)       what somebody who wants to join leaves at the rendezvous
    rotate_make_…, rotate_take_…, join_…   milliseconds: making and following that commit, joining by that Welcome

The peer of a hybrid figure is the same in the default suite. ``--table`` prints the table of docs/post-quantum.md.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.harness import Stopwatch, main
from taboon_client.group.commit_data import CommitData, psk_id
from taboon_client.group.leaf import LEAF_EXTENSION, LeafKeys, member_profile
from taboon_client.group.policy import POLICY_EXTENSION, Policy, RelayEntry
from taboon_client.group.rules import required_extensions
from taboon_client.group.settings import LIMITS, POST_QUANTUM, SUITE
from taboon_client.joining.link import InvitePayload
from taboon_client.joining.messages import make_request, make_welcome
from taboon_crypto import mls
from taboon_crypto.blob import Kind, split
from taboon_crypto.padding import BLOB_OVERHEAD, SIZE_CLASSES
from taboon_crypto.primitives.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.harness import Options, Samples

SIZES: Final = (10, 32, 100)
SUITES: Final = {"classic": SUITE, "hybrid": POST_QUANTUM}
MESSAGES: Final = {"commit: rotate": "rotate", "commit: add": "add", "Welcome": "welcome"}
"""As the page calls them, and the fields of :class:`Measured`."""
_NOW: Final = 1_800_000_000
_RELAY: Final = RelayEntry(url="https://relay.example:8425", id=bytes(range(32)))


class Device:
    """A member's keys and MLS state."""

    def __init__(self, suite: mls.CipherSuite) -> None:
        self.suite = suite
        self.signer = mls.SigningKey.generate(os.urandom)
        self.keys = LeafKeys.generate(os.urandom, suite=suite)
        self.profile = member_profile(self.signer, self.keys.content)
        self._group: mls.Group | None = None
        self._package: tuple[mls.KeyPackage, mls.KeyPackageSecrets] | None = None

    @property
    def group(self) -> mls.Group:
        """The group, once founded or joined."""
        assert self._group is not None
        return self._group

    def found(self) -> None:
        """Make a group."""
        extensions = (
            mls.Extension(mls.REQUIRED_CAPABILITIES, required_extensions()),
            mls.Extension(POLICY_EXTENSION, Policy.founding(self.signer.public, _RELAY).encode()),
        )
        self._group = mls.Group.create(
            self.suite,
            os.urandom(32),
            self.profile,
            extensions=extensions,
            now=_NOW,
            random=os.urandom,
            signed_generations=True,
            limits=LIMITS,
        )

    def package(self) -> mls.KeyPackage:
        """Make a key package."""
        self._package = mls.KeyPackage.generate(
            self.suite, self.profile, now=_NOW, lifetime=90 * 86_400, random=os.urandom
        )
        return self._package[0]

    def join(self, welcome: bytes, psks: list[bytes]) -> None:
        """Join by a Welcome."""
        assert self._package is not None
        self._group = mls.Group.join(
            welcome, *self._package, psks=_finder(psks), now=None, signed_generations=True, limits=LIMITS
        )

    def commit(self, add: list[mls.KeyPackage], psks: list[bytes]) -> mls.StagedCommit:
        """Stage a commit as Taboon makes them: fresh leaf content, a path, and a pre-shared key for each newcomer."""
        kept = {psk_id(Secret(psk)): Secret(psk) for psk in psks}
        fresh = LeafKeys.generate(os.urandom, suite=self.suite, sealing_private=self.keys.sealing_private)
        return self.group.commit(
            add=tuple(add),
            psks=tuple((mls.ExternalPsk(psk_id=name), secret) for name, secret in kept.items()),
            leaf_extensions=(mls.Extension(LEAF_EXTENSION, fresh.content.encode()),),
            path=True,
            authenticated_data=CommitData(psks=kept, cuts=()).encode(),
            random=os.urandom,
            now=_NOW,
        )

    def follow(self, message: bytes) -> None:
        """Take somebody else's commit."""
        staged = self.group.receive(message)
        assert isinstance(staged, mls.StagedCommit)
        self.group.merge(staged)


def _finder(psks: list[bytes]) -> Callable[[mls.PreSharedKeyID, bytes], bytes | None]:
    kept = {psk_id(Secret(psk)): psk for psk in psks}

    def find(wanted: mls.PreSharedKeyID, _: bytes) -> bytes | None:
        return kept.get(wanted.psk.psk_id) if isinstance(wanted.psk, mls.ExternalPsk) else None

    return find


@dataclass(frozen=True, slots=True)
class Measured:
    """What one group was measured to need: bytes of messages, and milliseconds."""

    rotate: int
    add: int
    welcome: int
    rotate_make: float
    rotate_take: float
    join: float


def wire(kind: Kind, suite: mls.CipherSuite, length: int) -> tuple[int, int]:
    """Return the bytes and the number of blobs in which a message of so many bytes travels."""
    body = bytes(length)
    if kind is Kind.WELCOME:
        invite, seed = _invite(suite)
        body = make_welcome(invite, seed, b"", body)
    contents = split(kind, body, os.urandom)
    return sum(next(c for c in SIZE_CLASSES if len(one) <= c - BLOB_OVERHEAD - 1) for one in contents), len(contents)


def request_body(suite: mls.CipherSuite) -> int:
    """Return the bytes of a request to join."""
    joiner = Device(suite)
    return len(make_request(_invite(suite)[0], joiner.package().encode(), "Sami", joiner.signer))


def _invite(suite: mls.CipherSuite) -> tuple[InvitePayload, Secret]:
    return InvitePayload.generate(
        relay_url=_RELAY.url, relay_id=_RELAY.id, expires=1, retention=2, random=os.urandom, suite=suite
    )


def full(suite: mls.CipherSuite, members: int) -> Measured:
    """Measure in a group in which everybody has rotated since they came."""
    founder = latest = Device(suite)
    founder.found()
    add = welcome = 0
    joining = Stopwatch()
    for _ in range(members - 1):
        latest, psk = Device(suite), os.urandom(32)
        staged = founder.commit([latest.package()], [psk])
        founder.group.merge(staged)
        add, welcome, joining = len(staged.message or b""), len(staged.welcome or b""), Stopwatch()
        with joining:
            latest.join(staged.welcome or b"", [psk])
        own = latest.commit([], [])
        founder.follow(own.message or b"")
        latest.group.merge(own)
    return _with_rotation(founder, latest, add, welcome, joining)


def flat(suite: mls.CipherSuite, members: int) -> Measured:
    """Measure in a group into which the founder let everybody, and nobody else has committed."""
    founder = latest = Device(suite)
    founder.found()
    add = welcome = 0
    joining = Stopwatch()
    for number in range(1, members):
        latest, psk = Device(suite), os.urandom(32)
        staged = founder.commit([latest.package()], [psk])
        founder.group.merge(staged)
        if number < members - 1:
            continue
        add, welcome = len(staged.message or b""), len(staged.welcome or b"")
        with joining:
            latest.join(staged.welcome or b"", [psk])
    return _with_rotation(founder, latest, add, welcome, joining)


def _with_rotation(founder: Device, other: Device, add: int, welcome: int, joining: Stopwatch) -> Measured:
    making, taking = Stopwatch(), Stopwatch()
    with making:
        staged = founder.commit([], [])
    with taking:
        other.follow(staged.message or b"")
    return Measured(
        len(staged.message or b""), add, welcome, making.seconds * 1000, taking.seconds * 1000, joining.seconds * 1000
    )


def measure(samples: Samples, options: Options) -> None:
    """Measure every suite at every size; quick leaves the largest out."""
    for name, suite in SUITES.items():
        _add(samples, f"request_{name}", suite, Kind.REQUEST, request_body(suite), request_body(SUITE))
    for members in SIZES[:-1] if options.quick else SIZES:
        for tree, build in (("full", full), ("flat", flat)):
            peer = build(SUITE, members)
            for name, suite in SUITES.items():
                found, at = (peer if suite == SUITE else build(suite, members)), f"{tree}_{members}_{name}"
                _add(samples, f"rotate_{at}", suite, Kind.MESSAGE, found.rotate, peer.rotate)
                _add(samples, f"add_{at}", suite, Kind.MESSAGE, found.add, peer.add)
                _add(samples, f"welcome_{at}", suite, Kind.WELCOME, found.welcome, peer.welcome)
                for what in ("rotate_make", "rotate_take", "join"):
                    value, before = getattr(found, what), getattr(peer, what)
                    samples.add(f"{what}_{at}", "ms", value, peer=None if suite == SUITE else before)


def _add(samples: Samples, name: str, suite: mls.CipherSuite, kind: Kind, length: int, classic: int) -> None:
    hybrid = suite != SUITE
    samples.add(name, "bytes", length, peer=classic if hybrid else None)
    on_wire, before = wire(kind, suite, length), wire(kind, SUITE, classic)
    samples.add(f"{name}_wire", "bytes", on_wire[0], peer=before[0] if hybrid else None)


def table() -> str:
    """Return the table of docs/post-quantum.md."""
    lines = [
        "| | members | tree | classic | hybrid | classic on the wire | hybrid on the wire |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        _row("request to join", "", "", Kind.REQUEST, [request_body(suite) for suite in SUITES.values()]),
    ]
    for members in SIZES:
        for tree, build in (("full", full), ("flat", flat)):
            found = [build(suite, members) for suite in SUITES.values()]
            for what, name in MESSAGES.items():
                kind = Kind.WELCOME if what == "Welcome" else Kind.MESSAGE
                lines.append(_row(what, str(members), tree, kind, [getattr(one, name) for one in found]))
    return "\n".join(lines)


def _row(what: str, members: str, tree: str, kind: Kind, lengths: list[int]) -> str:
    wires = []
    for suite, length in zip(SUITES.values(), lengths, strict=True):
        size, blobs = wire(kind, suite, length)
        wires.append(f"{size // 1024} KiB" + (f" in {blobs} parts" if blobs > 1 else ""))
    cells = (what, members, tree, *(f"{length:,}".replace(",", " ") for length in lengths), *wires)
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    if sys.argv[1:] == ["--table"]:
        print(table())
        sys.exit()
    sys.exit(main("suites", "what the post-quantum suite costs", measure))
