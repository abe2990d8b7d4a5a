"""The group that another one continues: RFC 9420, sections 11.2 (reinitialisation) and 11.3 (branching).

Both begin with a new group whose first commit adds everybody and mixes in the resumption PSK of the old one. Here is
what is checked of it; who begins such a group is in resume.py.

    OldGroup            what it takes of the group that is continued
    check_resumed(...)  what a newcomer checks
"""

from collections import Counter
from dataclasses import dataclass

from taboon_crypto.mls.credential import Credential
from taboon_crypto.mls.errors import UsageError, ValidationError
from taboon_crypto.mls.group.epoch import Epoch, Member
from taboon_crypto.mls.group.state import State
from taboon_crypto.mls.keys.psk import PreSharedKeyID, ResumptionPsk, ResumptionUsage
from taboon_crypto.mls.messages.proposal import ReInit
from taboon_crypto.primitives.secret import Secret

__all__ = ["OldGroup", "check_resumed", "check_same_members", "check_subset"]


@dataclass(frozen=True, slots=True, repr=False)
class OldGroup:
    """What it takes of a group that is continued by another.

    Attributes:
        epoch: Its last epoch that we know.
        reinit: By what it was ended, if it was.
    """

    epoch: Epoch
    reinit: ReInit | None

    @classmethod
    def of(cls, state: State) -> "OldGroup":
        """Look at the state of a group."""
        return cls(state.epoch, state.lasting.reinit)

    @property
    def credentials(self) -> Counter[Credential]:
        """Who is in it, by credential: that is how members of two groups are compared."""
        return Counter(member.credential for member in self.epoch.members())

    def psk(self, usage: ResumptionUsage) -> ResumptionPsk:
        """Name the resumption PSK of its present epoch."""
        return ResumptionPsk(usage, self.epoch.group_id, self.epoch.number)

    def secret_of(self, psk_id: PreSharedKeyID) -> Secret | None:
        """Return the resumption PSK, if that is what an id names."""
        psk = psk_id.psk
        if isinstance(psk, ResumptionPsk) and psk == self.psk(psk.usage):
            return self.epoch.secrets.resumption_psk
        return None


def _credentials(members: tuple[Member, ...]) -> Counter[Credential]:
    return Counter(member.credential for member in members)


def check_same_members(old: OldGroup, members: tuple[Member, ...]) -> None:
    """Verify that all members of a reinitialised group are in the new one; rule "resume.members"."""
    if not old.credentials <= _credentials(members):
        raise ValidationError("resume.members", "a reinitialised group lacks a member of the group it continues")


def check_subset(old: OldGroup, members: tuple[Member, ...]) -> None:
    """Verify that all members of a branch are in the group it comes from; rule "resume.members"."""
    if not _credentials(members) <= old.credentials:
        raise ValidationError("resume.members", "a branch has a member that is not in the group it comes from")


def check_resumed(epoch: Epoch, resumed: ResumptionPsk, old: OldGroup) -> None:
    """Check a group that was joined by a Welcome with a PSK for reinitialisation or branching (section 12.4.3.1).

    Args:
        epoch: Of the new group; that it is number 1 was checked.
        resumed: The pre-shared key by which the Welcome continues a group.
        old: The group that should be continued.

    Raises:
        UsageError: The PSK is that of another group or epoch.
        ValidationError: Rule "resume.not_reinitialised", "resume.parameters" or "resume.members".
    """
    if resumed != old.psk(resumed.usage):
        raise UsageError("the Welcome continues another group than the one that was given, or another epoch of it")
    context = epoch.context
    if resumed.usage is ResumptionUsage.REINIT:
        reinit = old.reinit
        if reinit is None:
            raise ValidationError("resume.not_reinitialised", "the group that is continued was not reinitialised")
        wanted = ReInit(context.group_id, context.version, context.cipher_suite, context.extensions)
        if wanted != reinit:
            raise ValidationError("resume.parameters", "the new group is not what the old one was reinitialised to")
        check_same_members(old, epoch.members())
        return
    before = old.epoch.context
    if (context.version, context.cipher_suite) != (before.version, before.cipher_suite):
        raise ValidationError("resume.parameters", "a branch has another version or cipher suite than its origin")
    check_subset(old, epoch.members())
