"""The intake sheet that the main job imports: the real one where it lies beside the project, else one of its sizes."""

from __future__ import annotations

import csv
import io
import os
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from taboon_client.board.vocabulary import BUILT_IN, Vocabulary
from taboon_client.intake.columns import drafts_of_table, guess
from taboon_client.intake.table import read_table

if TYPE_CHECKING:
    from taboon_client.library.items import Post

__all__ = ["Intake", "posts_of", "read_intake"]

_ROWS = 2_000
_NAME = "crisis-messages.csv"
_FOLDER = Path(__file__).resolve().parent.parent.parent.parent / "shared" / "data"
_COLUMNS = ("id", "message", "original")

# Shortest and longest text in bytes of each tenth of the real sheet's rows, without the few longest (up to 603 bytes);
# one row in ten has no original.
_MESSAGE_LENGTHS = (
    (28, 42), (42, 52), (52, 63), (63, 74), (74, 87), (87, 102), (102, 121), (121, 142), (142, 169), (169, 250),
)  # fmt: skip
_ORIGINAL_LENGTHS = (
    (0, 0), (29, 44), (44, 55), (55, 66), (66, 79), (79, 96), (96, 117), (117, 145), (145, 152), (152, 255),
)  # fmt: skip
_SYLLABLES = ("ba", "ke", "lo", "mi", "nu", "ra", "se", "ti", "vo", "wa", "dlo", "pan", "sou", "gen")


@dataclass(frozen=True, slots=True)
class Intake:
    """A sheet to import.

    Attributes:
        csv: The file.
        texts: Pairs (message, original), in the order of the rows.
        note: What a reader of the result should know about it; empty for the real sheet.
    """

    csv: bytes = field(repr=False)
    texts: tuple[tuple[str, str], ...] = field(repr=False)
    note: str

    @property
    def payload(self) -> int:
        """Bytes of all texts, in UTF-8."""
        return sum(len(message.encode()) + len(original.encode()) for message, original in self.texts)


def read_intake(rows: int = _ROWS) -> Intake:
    """Return the first rows of the real sheet; TABOON_DATA names another folder than ``../shared/data``."""
    path = Path(os.environ.get("TABOON_DATA") or _FOLDER) / _NAME
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            return _intake(list(csv.DictReader(file))[:rows], "")
    note = (
        f"{_NAME} is not there (TABOON_DATA names its folder): this sheet was generated, with texts of the same lengths"
    )
    return _intake(_generated(rows), note)


def posts_of(intake: Intake, *, created: int) -> list[Post]:
    """Return what an import of the sheet posts, read and redacted as the program does it."""
    table = read_table(intake.csv)
    read = drafts_of_table(
        table, guess(table.header), vocabulary=Vocabulary(BUILT_IN), secret=bytes(32), created=created
    )
    return [
        (draft.key, draft.opening) if draft.details is None else (draft.key, draft.opening, draft.details)
        for draft in read.drafts
    ]


def _intake(rows: list[dict[str, str]], note: str) -> Intake:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, _COLUMNS, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    texts = tuple((row["message"], row["original"]) for row in rows)
    return Intake(file.getvalue().encode(), texts, note)


def _generated(rows: int) -> list[dict[str, str]]:
    dice = random.Random(4636)
    return [
        {
            "id": str(row),
            "message": _text(dice, _length(dice, _MESSAGE_LENGTHS)),
            "original": _text(dice, _length(dice, _ORIGINAL_LENGTHS)),
        }
        for row in range(1, rows + 1)
    ]


def _length(dice: random.Random, tenths: tuple[tuple[int, int], ...]) -> int:
    return dice.randint(*dice.choice(tenths))


def _text(dice: random.Random, length: int) -> str:
    words = ""
    while len(words) < length:
        words += "".join(dice.choices(_SYLLABLES, k=dice.randint(1, 4))) + " "
    # No text of the real sheet ends in a blank.
    text = words[:length]
    return text[:-1] + "." if text.endswith(" ") else text
