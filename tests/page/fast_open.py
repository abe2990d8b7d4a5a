"""``taboon open``, whose child opens vaults at once."""

import sys

from taboon_client.cli.app import run_command
from taboon_client.page import parent

if __name__ == "__main__":
    parent._CHILD = "tests.page.fast_child"
    sys.exit(run_command(sys.argv[1:] if sys.argv[1:] == ["lock"] else ["open", *sys.argv[1:]]))
