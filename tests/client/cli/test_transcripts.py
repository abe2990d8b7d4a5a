"""What people see: commands as they are typed, with what comes of each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.client.cli.transcript import replay
from tests.relay_process import RelayProcess

if TYPE_CHECKING:
    from tests.client.cli.people import People

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda path: path.stem)
def test_people_see_what_the_transcript_says(transcript: Path, people: People, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("id,message\n1,Bread\n2,خبز\n3,Bread and milk\n", encoding="utf-8")
    with RelayProcess(tmp_path / "relay") as relay:
        assert replay(transcript, people, relay, {"relay": relay.url, "sheet": str(sheet)}) > 0
