"""Everything that can go wrong in MLS, sorted by whose fault it is.

    MlsError
    ├── UsageError               our caller asked for something that makes no sense
    │   ├── GroupClosedError     this member was removed, or the group was reinitialised
    │   └── PendingProposalsError    proposals wait: commit or forget them before application data is sent
    ├── UnsupportedError         well-formed and perhaps valid, but this package does not speak it
    ├── DecodeError              the bytes are no encoding of the struct
    ├── ValidationError          the struct breaks a rule; ``rule`` names the rule
    │   └── SignatureError       a signature or a MAC does not verify
    ├── DecryptionError          a ciphertext does not open
    ├── OwnCommitError           a commit of our own leaf came in: load the staged one
    ├── CannotFollowError        a commit that may stand, but that this member cannot follow (in group.staged)
    └── KeyUnavailableError      the key for this message is not here
        ├── UnknownPskError      a pre-shared key is not known here
        ├── KeySpentError        it was used and deleted, or fell out of the window
        ├── KeyTooFarError       the sender's counter is further ahead than the limit allows
        ├── EpochGoneError       the epoch is past and its keys are deleted
        └── EpochUnknownError    the epoch has not begun here

A message never contains a secret or what a member wrote. No error leaves a state half changed: it is raised before.
"""

from __future__ import annotations

__all__ = [
    "DecodeError",
    "DecryptionError",
    "EpochGoneError",
    "EpochUnknownError",
    "GroupClosedError",
    "KeySpentError",
    "KeyTooFarError",
    "KeyUnavailableError",
    "MlsError",
    "OwnCommitError",
    "PendingProposalsError",
    "SignatureError",
    "UnknownPskError",
    "UnsupportedError",
    "UsageError",
    "ValidationError",
]


class MlsError(Exception):
    """Root of all errors of this package."""


class UsageError(MlsError):
    """The caller asked for something that makes no sense: a fault in our own program."""


class GroupClosedError(UsageError):
    """This member was removed from the group, or the group was reinitialised: nothing more is sent in it."""


class PendingProposalsError(UsageError):
    """Valid proposals of this epoch wait: commit them, or forget those that policy forbids, before sending data."""


class UnsupportedError(MlsError):
    """A protocol version, cipher suite, credential or extension that is not spoken here."""


class DecodeError(MlsError):
    """Bytes that are no encoding of the expected struct.

    Attributes:
        path: Where in the struct, outermost first, as in "KeyPackage.leaf_node.capabilities".
        reason: What is wrong there.
    """

    def __init__(self, reason: str, path: tuple[str, ...] = ()) -> None:
        self.reason = reason
        self.path = path
        super().__init__(reason)

    def inside(self, name: str) -> DecodeError:
        """Note that the failure happened inside ``name``, and return self."""
        self.path = (name, *self.path)
        return self

    def __str__(self) -> str:
        return f"{'.'.join(self.path)}: {self.reason}" if self.path else self.reason


class ValidationError(MlsError):
    """A struct that decodes but breaks a rule of the protocol.

    Attributes:
        rule: The name of the broken rule, stable, as in "leaf_node.lifetime".
    """

    def __init__(self, rule: str, message: str) -> None:
        self.rule = rule
        super().__init__(message)

    def __str__(self) -> str:
        return f"{super().__str__()} [{self.rule}]"


class SignatureError(ValidationError):
    """A signature, membership tag or confirmation tag that does not verify."""


class DecryptionError(MlsError):
    """A ciphertext that does not open: not for us, or changed on the way."""


class OwnCommitError(MlsError):
    """A commit of our own leaf came in: only the staged commit, saved when it was made, can be merged."""


class KeyUnavailableError(MlsError):
    """The key that would open the message is not here."""


class UnknownPskError(KeyUnavailableError):
    """A pre-shared key that a commit or a Welcome names is not known here."""


class KeySpentError(KeyUnavailableError):
    """The key was used once and deleted, or it fell out of the window of old keys that are kept."""


class KeyTooFarError(KeyUnavailableError):
    """The message counts further ahead than the limit for skipped messages allows."""


class EpochGoneError(KeyUnavailableError):
    """The message belongs to a past epoch whose keys are deleted."""


class EpochUnknownError(KeyUnavailableError):
    """The message belongs to an epoch that has not begun here: a commit is missing."""
