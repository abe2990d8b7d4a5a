"""The command line: ``taboon``. It uses the library's blocking front and nothing else of the client.

app          the commands put together, and ``main``
terminal     what is written and read, and its rules
errand         what every command does alike
exits        exit codes
passphrases  where a passphrase comes from
shapes       what ``--json`` answers
drawing      items for people
device, groups, joining, items, pledges, sheets, syncing, shell, relay      the commands
"""

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command and return its exit code.

    Args:
        arguments: What follows the word ``taboon``; those of this process if None.
    """
    from taboon_client.cli.app import run_command

    return run_command(arguments)
