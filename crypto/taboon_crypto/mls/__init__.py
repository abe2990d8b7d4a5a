"""MLS (RFC 9420): groups of members who share keys, and the messages between them.

Everything the library's users need is here; the modules behind it are arranged as the RFC is.
"""

from taboon_crypto.mls.ciphersuite import SUITES, CipherSuite, Random, SigningKey
from taboon_crypto.mls.credential import BasicCredential, Credential, X509Credential
from taboon_crypto.mls.errors import (
    DecodeError,
    DecryptionError,
    EpochGoneError,
    EpochUnknownError,
    GroupClosedError,
    KeySpentError,
    KeyTooFarError,
    KeyUnavailableError,
    MlsError,
    OwnCommitError,
    PendingProposalsError,
    SignatureError,
    UnknownPskError,
    UnsupportedError,
    UsageError,
    ValidationError,
)
from taboon_crypto.mls.extension import (
    EXTERNAL_SENDERS,
    LAST_RESORT,
    REQUIRED_CAPABILITIES,
    Extension,
    ExternalSender,
    RequiredCapabilities,
    encode_external_senders,
)
from taboon_crypto.mls.extension import find as find_extension
from taboon_crypto.mls.group.committing import PskName
from taboon_crypto.mls.group.epoch import Member
from taboon_crypto.mls.group.external import external_proposal, join_proposal
from taboon_crypto.mls.group.group import Group
from taboon_crypto.mls.group.limits import Limits
from taboon_crypto.mls.group.results import ApplicationMessage, ProposalMessage
from taboon_crypto.mls.group.resume import branch, reinitialise
from taboon_crypto.mls.group.staged import CannotFollowError, CommitSummary, StagedCommit
from taboon_crypto.mls.group.validation import SentProposal
from taboon_crypto.mls.keys.psk import ExternalPsk, PreSharedKeyID, ResumptionPsk, ResumptionUsage
from taboon_crypto.mls.messages.envelope import (
    authenticated_data_of,
    content_type_of,
    epoch_of,
    group_id_of,
    read_key_package,
    wire_format_of,
    write_key_package,
)
from taboon_crypto.mls.messages.framing import (
    ContentType,
    ExternalSenderIndex,
    MemberSender,
    NewMemberCommit,
    NewMemberProposal,
    Sender,
    WireFormat,
)
from taboon_crypto.mls.messages.key_package import KeyPackage, KeyPackageSecrets, MemberProfile
from taboon_crypto.mls.messages.proposal import (
    Add,
    ExternalInit,
    GroupContextExtensions,
    PreSharedKey,
    Proposal,
    ReInit,
    Remove,
    Update,
)
from taboon_crypto.mls.tree.leaf_node import Capabilities, LeafNode, Lifetime
from taboon_crypto.primitives.secret import Secret

__all__ = [
    "EXTERNAL_SENDERS",
    "LAST_RESORT",
    "REQUIRED_CAPABILITIES",
    "SUITES",
    "Add",
    "ApplicationMessage",
    "BasicCredential",
    "CannotFollowError",
    "Capabilities",
    "CipherSuite",
    "CommitSummary",
    "ContentType",
    "Credential",
    "DecodeError",
    "DecryptionError",
    "EpochGoneError",
    "EpochUnknownError",
    "Extension",
    "ExternalInit",
    "ExternalPsk",
    "ExternalSender",
    "ExternalSenderIndex",
    "Group",
    "GroupClosedError",
    "GroupContextExtensions",
    "KeyPackage",
    "KeyPackageSecrets",
    "KeySpentError",
    "KeyTooFarError",
    "KeyUnavailableError",
    "LeafNode",
    "Lifetime",
    "Limits",
    "Member",
    "MemberProfile",
    "MemberSender",
    "MlsError",
    "NewMemberCommit",
    "NewMemberProposal",
    "OwnCommitError",
    "PendingProposalsError",
    "PreSharedKey",
    "PreSharedKeyID",
    "Proposal",
    "ProposalMessage",
    "PskName",
    "Random",
    "ReInit",
    "Remove",
    "RequiredCapabilities",
    "ResumptionPsk",
    "ResumptionUsage",
    "Secret",
    "Sender",
    "SentProposal",
    "SignatureError",
    "SigningKey",
    "StagedCommit",
    "UnknownPskError",
    "UnsupportedError",
    "Update",
    "UsageError",
    "ValidationError",
    "WireFormat",
    "X509Credential",
    "authenticated_data_of",
    "branch",
    "content_type_of",
    "encode_external_senders",
    "epoch_of",
    "external_proposal",
    "find_extension",
    "group_id_of",
    "join_proposal",
    "read_key_package",
    "reinitialise",
    "wire_format_of",
    "write_key_package",
]
