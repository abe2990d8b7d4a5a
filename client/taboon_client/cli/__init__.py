"""The command line: ``taboon``. It uses the library's blocking front and nothing else of the client.

app          the commands put together, and ``main``
terminal     what is written and read, and its rules
command      makes a function a command
errand       one command at work
exits        exit codes
passphrases  where a passphrase comes from
arguments    what several commands take
people       names, tags and codes in one group
shapes       what ``--json`` answers
drawing      items for people
outcomes     answers about commits
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
    from taboon_client.cli.terminal import prepare_streams

    prepare_streams()

    return run_command(arguments)
