"""Exit codes: what a script can tell from a command that ended. They never change (docs/cli.md)."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

from taboon_client import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Exit", "UsageError", "exit_for"]


class Exit(IntEnum):
    """How a command ended; the name in small letters is the ``kind`` of an error with ``--json``."""

    DONE = 0
    FAILURE = 1
    USAGE = 2
    NOT_FOUND = 3
    VAULT = 4
    INPUT = 5
    RELAY = 6
    NOT_ALLOWED = 7
    GROUP_STOPPED = 8
    NOT_INSTALLED = 9
    INTERRUPTED = 130

    @property
    def kind(self) -> str:
        """The same as a word."""
        return self.name.lower().replace("_", "-")


class UsageError(errors.TaboonError):
    """The command cannot be carried out as it was given."""


_CODES: Final[Mapping[type[errors.TaboonError], Exit]] = {
    UsageError: Exit.USAGE,
    errors.NotFoundError: Exit.NOT_FOUND,
    errors.AmbiguousError: Exit.NOT_FOUND,
    errors.VaultError: Exit.VAULT,
    errors.RelayAddressError: Exit.INPUT,
    errors.RelayError: Exit.RELAY,
    errors.NotAllowedError: Exit.NOT_ALLOWED,
    errors.GroupStoppedError: Exit.GROUP_STOPPED,
    errors.NotInstalledError: Exit.NOT_INSTALLED,
}


def exit_for(error: errors.TaboonError) -> Exit:
    """Return the exit code of an error; one that the table does not name is about what was given."""
    for cls in type(error).__mro__:
        if cls in _CODES:
            return _CODES[cls]
    return Exit.INPUT
