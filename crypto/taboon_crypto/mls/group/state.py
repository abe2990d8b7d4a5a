"""What moves in a group, and how it is saved: the epoch that stands, its ratchets, waiting proposals, past epochs.

    "group"             what lasts: format, who welcomed us, whether the group is closed, resumption PSKs of past epochs
    "epoch"             the state of the epoch, with its secrets
    "tree"              its ratchet tree
    "secrets"           tree secrets of the secret tree that were not used yet
    "sender/N"          the ratchets of leaf N
    "proposal/N"        a proposal that waits
    "past/E/epoch"      what is kept of the past epoch E for late application messages
    "past/E/secrets", "past/E/sender/N"

All parts are written in one transaction; one message changes one or two of them. No part holds a spent key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Self, TypeVar

from taboon_crypto.mls.errors import EpochGoneError, GroupClosedError, UsageError
from taboon_crypto.mls.group.epoch import Epoch, EpochState
from taboon_crypto.mls.group.limits import Limits
from taboon_crypto.mls.group.pending import Pending
from taboon_crypto.mls.group.saved import (
    FORMAT,
    EpochPsk,
    GroupState,
    PastEpoch,
    Status,
    past_prefix,
    split_past,
    under,
)
from taboon_crypto.mls.group.staged import StagedCommit
from taboon_crypto.mls.keys.secret_tree import Ratchet, SecretTree
from taboon_crypto.primitives.secret import Secret

__all__ = ["State"]

T = TypeVar("T")


class State:
    """The moving state of one member in one group.

    Attributes:
        lasting: What outlasts epochs.
        limits: Of this device.
        past: Past epochs that are kept, by number.
    """

    __slots__ = ("_dirty", "_epoch", "_pending", "_ratchets", "_saved_names", "lasting", "limits", "past")

    def __init__(
        self,
        epoch: Epoch | None,
        ratchets: SecretTree | None,
        pending: Pending | None,
        lasting: GroupState,
        limits: Limits,
    ) -> None:
        """For this class: use ``begin`` or ``load``."""
        self._epoch = epoch
        self._ratchets = ratchets
        self._pending = pending
        self.lasting = lasting
        self.limits = limits
        self.past: dict[int, PastEpoch] = {}
        self._dirty = {"group", "epoch", "tree"}
        self._saved_names: frozenset[str] = frozenset()

    @classmethod
    def begin(
        cls,
        epoch: Epoch,
        encryption_secret: Secret,
        *,
        welcomed_by: int | None = None,
        signed_generations: bool,
        limits: Limits,
    ) -> Self:
        """Begin with the first epoch that this member knows."""
        lasting = GroupState(FORMAT, Status.ACTIVE, signed_generations, welcomed_by, None, ())
        ratchets = SecretTree(epoch.suite, epoch.tree.leaf_count, encryption_secret, limits.ratchet)
        return cls(epoch, ratchets, Pending(epoch.suite), lasting, limits)

    # what stands

    @property
    def epoch(self) -> Epoch:
        """The epoch that stands; raises GroupClosedError after our removal."""
        return _held(self._epoch)

    @property
    def active_epoch(self) -> Epoch:
        """The same, for acting in it; raises GroupClosedError after a reinitialisation too."""
        if self.lasting.status is Status.REINITIALISED:
            raise GroupClosedError("the group was reinitialised: wait for the Welcome to the new one")
        return _held(self._epoch)

    @property
    def ratchets(self) -> SecretTree:
        """The ratchets of the epoch that stands; raises GroupClosedError after our removal."""
        return _held(self._ratchets)

    @property
    def pending(self) -> Pending:
        """The proposals that wait; raises GroupClosedError after our removal."""
        return _held(self._pending)

    @property
    def is_removed(self) -> bool:
        """Whether this member was removed."""
        return self._epoch is None

    def resumption_psk(self, number: int) -> Secret | None:
        """Return the resumption PSK of an epoch, or None if it is gone."""
        epoch = self.epoch
        if number == epoch.number:
            return epoch.secrets.resumption_psk
        return next((entry.psk for entry in self.lasting.resumption_psks if entry.epoch == number), None)

    # moving on

    def check_base(self, staged: StagedCommit) -> None:
        """Refuse a commit that ends another epoch (EpochGoneError) or was staged by another member (UsageError)."""
        epoch = self.active_epoch
        if staged.base != epoch.interim_transcript_hash:
            raise EpochGoneError("the staged commit was made for another epoch than the one that stands")
        if staged.next_epoch is not None and staged.next_epoch.own_leaf != epoch.own_leaf:
            raise UsageError("the commit was staged by another member of the group")

    def advance(self, staged: StagedCommit) -> None:
        """Go over into the epoch that a commit begins.

        Raises:
            EpochGoneError: The commit ends another epoch than the one that stands.
        """
        self.check_base(staged)
        if staged.next_epoch is None:
            self._close()
            return
        epoch, ratchets = self.epoch, self.ratchets
        if self.limits.past_epochs:
            if staged.handshake_key is not None:
                # What the commit said is not to be read again from what is kept of this epoch.
                key = staged.handshake_key
                ratchets.spend(ratchets.peek(key.leaf, Ratchet.HANDSHAKE, key.generation))
            self.past[epoch.number] = PastEpoch.of(epoch, ratchets)
        for number in sorted(self.past)[: max(0, len(self.past) - self.limits.past_epochs)]:
            del self.past[number]
        kept = (*self.lasting.resumption_psks, EpochPsk(epoch.number, epoch.secrets.resumption_psk))
        self.lasting = replace(
            self.lasting,
            status=Status.ACTIVE if staged.reinit is None else Status.REINITIALISED,
            reinit=staged.reinit,
            resumption_psks=kept[max(0, len(kept) - self.limits.resumption_psks) :],
        )
        following = staged.next_epoch
        self._epoch = following
        self._ratchets = SecretTree(
            following.suite, following.tree.leaf_count, staged.encryption_secret, self.limits.ratchet
        )
        self._pending = Pending(following.suite)
        self._dirty |= {"group", "epoch", "tree"}

    def forget_past(self) -> None:
        """Delete what is kept of past epochs."""
        self.past.clear()
        if self.lasting.resumption_psks:
            self.lasting = replace(self.lasting, resumption_psks=())
            self._dirty.add("group")

    def _close(self) -> None:
        """Forget everything: we were removed (section 12.4.2)."""
        self.lasting = replace(self.lasting, status=Status.REMOVED, welcomed_by=None, reinit=None, resumption_psks=())
        self._epoch = self._ratchets = self._pending = None
        self.past.clear()
        self._dirty = {"group"}

    # saving

    @classmethod
    def load(cls, parts: Mapping[str, bytes], limits: Limits) -> Self:
        """Take back what was saved; the tree and the ratchets are decoded when they are first needed.

        Raises:
            UsageError: A part is missing.
            DecodeError: A part is malformed.
        """
        lasting = GroupState.read_part(parts)
        if lasting.status is Status.REMOVED:
            state = cls(None, None, None, lasting, limits)
        else:
            if not {"epoch", "tree", "secrets"} <= parts.keys():
                raise UsageError("a saved group lacks one of the parts 'epoch', 'tree' and 'secrets'")
            epoch = Epoch.of_state(EpochState.decode(parts["epoch"]), parts["tree"])
            own = {name: data for name, data in parts.items() if name == "secrets" or name.startswith("sender/")}
            ratchets = SecretTree.load(epoch.suite, own, limits.ratchet)
            pending = Pending(epoch.suite)
            for name, data in sorted(under("proposal/", parts).items(), key=lambda item: (len(item[0]), item[0])):
                pending.load(name, data)
            state = cls(epoch, ratchets, pending, lasting, limits)
            for number, saved in split_past(parts).items():
                state.past[number] = PastEpoch.load(epoch.suite, saved, limits.ratchet)
        state._dirty.clear()
        state._saved_names = frozenset(parts)
        return state

    def witness(self, staged: Sequence[StagedCommit]) -> dict[str, bytes]:
        """Return the parts of a group that judges the commits of this epoch; see ``Group.witness``."""
        epoch = self.epoch
        lasting = replace(self.lasting, resumption_psks=())
        ratchets = self.ratchets.handshakes(leaf for leaf, _ in epoch.tree.leaves())
        for key in (one.own_key for one in staged if one.own_key is not None):
            ratchets.take_back(epoch.own_leaf, Ratchet.HANDSHAKE, key.generation, key.key, key.nonce)
        mine = {"group": lasting.encode(), "epoch": epoch.witness().encode(), "tree": epoch.saved_tree().data}
        return mine | ratchets.parts()

    def names(self) -> set[str]:
        """Return the names of all parts."""
        names = {"group"}
        if self._epoch is not None:
            names |= {"epoch", "tree", *self.ratchets.names()}
            names |= {f"proposal/{name}" for name in self.pending.names()}
        for number, past in self.past.items():
            names |= {past_prefix(number) + name for name in past.names()}
        return names

    def part(self, name: str) -> bytes:
        """Return one part, encoded.

        Raises:
            UsageError: There is none of that name.
        """
        kind, _, rest = name.partition("/")
        if name == "group":
            return self.lasting.encode()
        if kind == "past":
            number, _, rest = rest.partition("/")
            if number.isdecimal() and int(number) in self.past:
                return self.past[int(number)].part(rest)
        elif name == "epoch":
            return self.epoch.state().encode()
        elif name == "tree":
            return self.epoch.saved_tree().data
        elif kind == "proposal":
            return self.pending.part(rest)
        elif self._ratchets is not None:
            return self._ratchets.part(name)
        raise UsageError(f"a group has no part named {name!r}")

    def changed(self) -> set[str]:
        """Return the names of the parts that are new or differ from what was saved."""
        names = self.names()
        found = (self._dirty & names) | (names - self._saved_names)
        if self._epoch is not None:
            found |= self.ratchets.changed()
            found |= {f"proposal/{name}" for name in self.pending.changed()}
        for number, past in self.past.items():
            found |= {past_prefix(number) + name for name in past.ratchets.changed()}
        return found

    def removed(self) -> set[str]:
        """Return the names of the parts that were saved and are no more."""
        return set(self._saved_names) - self.names()

    def mark_saved(self) -> None:
        """Note that what has changed is written, and what is no more is deleted."""
        self._dirty.clear()
        if self._epoch is not None:
            self.ratchets.mark_saved()
            self.pending.mark_saved()
        for past in self.past.values():
            past.ratchets.mark_saved()
        self._saved_names = frozenset(self.names())


def _held(value: T | None) -> T:
    if value is None:
        raise GroupClosedError("this member was removed from the group, and has deleted its state")
    return value
