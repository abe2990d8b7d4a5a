"""A relay moves from SQLite to PostgreSQL and back, and loses nothing on the way."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.server.caller import Caller, blob
from tests.server.signing import SIZES, Keys
from tests.server.trials.grounds import Ground

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres_server import PostgresServer


def copy(source: str, target: str) -> None:
    command = [sys.executable, "-m", "taboon_server", "copy", source, target]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def test_a_relay_moves_to_postgresql_and_back_without_losing_a_blob(tmp_path: Path, postgres: PostgresServer) -> None:
    home = tmp_path / "home"
    first, there, back = f"sqlite:///{home}/relay.db", postgres.new_database(), f"sqlite:///{tmp_path}/back.db"
    dice = random.Random(5)
    held: dict[Keys, list[bytes]] = {}
    with Ground(home).relay() as relay, Caller(relay) as caller:
        for number in range(12):
            keys = caller.new_mailbox(number % 4)
            held[keys] = [blob(dice.choice(SIZES)) for _ in range(dice.randrange(6))]
            for content in held[keys]:
                caller.appended(keys, content)
        sealed = next(iter(held))
        held[sealed].append(blob())
        caller.appended(sealed, held[sealed][-1], seal=True)
    for source, target in ((first, there), (there, back)):
        copy(source, target)
        with Ground(home, target).relay() as moved, Caller(moved) as caller:
            assert moved.relay_id == relay.relay_id
            for keys, contents in held.items():
                assert caller.all_blobs(keys) == contents
            assert caller.page(sealed).sealed
            # It goes on where it stood: the same numbers, and a head that binds all that came before.
            for keys in [*held][1:4]:
                held[keys].append(blob())
                assert caller.appended(keys, held[keys][-1]).number == len(held[keys])
