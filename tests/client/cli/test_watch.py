"""`taboon sync --watch` stays, tells of each change, and ends when it is asked to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.client.cli.people import People
    from tests.relay_process import RelayProcess

_WATCH = """
import sys
import pytest
from tests.support import allow_fast_kdf
allow_fast_kdf(pytest.MonkeyPatch())
from taboon_client import library
library._POLL = 0.05
from taboon_client.cli import main
raise SystemExit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches one process alone only on POSIX")
@pytest.mark.parametrize("group", [("Harbour",), ()])
def test_a_watch_tells_of_what_comes_in_until_ctrl_c(
    people: People, cli_relay: RelayProcess, group: tuple[str, ...]
) -> None:
    people.found("amal", cli_relay.url)
    people.bring_in("amal", "basil")
    words = people.folder / "words"
    with subprocess.Popen(
        [sys.executable, "-c", _WATCH, "sync", *group, "--watch", "--json", "--passphrase-file", str(words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=os.environ | {"TABOON_HOME": str(people.home("basil"))},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = json.loads(process.stdout.readline())
        assert first["reports"][0]["group"] == "Harbour"
        people.json("amal", "post", "Harbour", "need", "--title", "Water")
        second = json.loads(process.stdout.readline())
        assert second["reports"][0]["received"] == 1
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == ""
        assert process.stderr.read() == ""
        assert process.wait() == 0
    titles = [item["title"] for item in people.json("basil", "board", "Harbour", "--offline")["items"]]
    assert titles == ["Water"]
