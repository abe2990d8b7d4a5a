"""The local page with 1,000 items: what its screens weigh, and how long they take the local process.

``python -m bench.page [--quick] [--json]``: a real `taboon open` in processes of its own, asked as the script asks it.

    page_first_bytes    the shell, its files, the lock screen and the first board: everything until somebody reads it
    page_next_bytes     the second screen of the board
    page_first_ms       the first board after the vault was opened, the templates not yet filled in once
    page_board_ms       the same board again, median of 20
    page_search_ms      a search on it
    page_item_ms        one item

Floors: of the times the shell, which is constant bytes from memory, by the same way in the same run.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import pytest
from tests.page.running import PageProcess
from tests.relay_process import RelayProcess
from tests.support import PASSPHRASE, allow_fast_kdf

from bench.harness import Stopwatch, main
from taboon_client.blocking import Taboon
from taboon_client.board import Line, Need, Offer

if TYPE_CHECKING:
    from bench.harness import Options, Samples

_ITEMS = 1_000
_AGAIN = 20
_TYPING = 3.0
"""Seconds in which somebody types five words, while the process loads what the first screens need."""
_URGENCIES = ("now", "soon", "week", "whenever")


def _fill(folder: Path, relay: str) -> tuple[str, str]:
    """Make a vault with a full board; return the codes of its group and of one item."""
    with pytest.MonkeyPatch.context() as patch:
        allow_fast_kdf(patch)
        with Taboon.create(PASSPHRASE, folder) as taboon:
            group = taboon.create_group("Harbour", relay=relay, me="Amal")
            now = int(time.time())
            group.post_all(
                [
                    (
                        f"{at}",
                        (Offer if at % 3 else Need)(
                            title=f"Drinking water for the school, round {at}",
                            created=now - 60 * at,
                            category="water",
                            area="Hill",
                            urgency=_URGENCIES[at % 4],
                            note="Sixty litres would be best, and the gate is open until eight." * 3,
                            lines=(Line(quantity=60, unit="litre"),),
                        ),
                    )
                    for at in range(_ITEMS)
                ]
            )
            return group.code, group.board()[0].id.hex()


def measure(samples: Samples, _options: Options) -> None:
    """Measure once."""
    with (
        tempfile.TemporaryDirectory() as kept,
        RelayProcess(Path(kept) / "relay") as relay,
    ):
        folder = Path(kept) / "vault"
        group, item = _fill(folder, relay.url)
        with PageProcess(folder) as page:
            token, _ = page.enter()

            def get(path: str, token: str = token) -> tuple[int, float]:
                with Stopwatch() as watch:
                    got = page.ask("GET", path, token=token)
                assert got.status == 200, path
                return len(got.body), watch.seconds * 1_000

            shell = [get(path, "") for path in ("/", "/page.js", "/page.css", "/icon.svg")]
            door = get("/home")
            time.sleep(_TYPING)
            assert page.ask("POST", "/unlock", {"passphrase": PASSPHRASE}, token=token).status == 200
            first = get(f"/board?g={group}")
            floor = median(get("/", "")[1] for _ in range(_AGAIN))
            samples.add("page_first_bytes", "B", sum(size for size, _ in (*shell, door, first)))
            samples.add("page_next_bytes", "B", get(f"/board?g={group}&page=1")[0])
            samples.add("page_first_ms", "ms", first[1], floor=floor)
            for name, path in (
                ("page_board_ms", f"/board?g={group}"),
                ("page_search_ms", f"/board?g={group}&text=school"),
                ("page_item_ms", f"/item?g={group}&i={item}"),
            ):
                samples.add(name, "ms", median(get(path)[1] for _ in range(_AGAIN)), floor=floor)


if __name__ == "__main__":
    sys.exit(main("page", "the local page with 1,000 items", measure))
