"""docs/mls.md: what the page shows is what happens, and what it names is there."""

import re
from pathlib import Path

from taboon_crypto import mls

PAGE = Path(__file__).resolve().parents[3] / "docs" / "mls.md"


def blocks() -> list[tuple[int, str]]:
    """Return the blocks of Python on the page, with the line where each begins."""
    text = PAGE.read_text("utf-8")
    found = re.finditer(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [(text[: match.start(1)].count("\n"), match[1]) for match in found]


def test_the_code_of_the_page_runs_from_top_to_bottom() -> None:
    shown = blocks()
    assert len(shown) > 10
    names: dict[str, object] = {"__name__": "page"}
    for line, code in shown:
        exec(compile("\n" * line + code, str(PAGE), "exec"), names)  # noqa: S102 - our own page


def test_every_error_that_the_page_names_exists_and_every_error_is_named() -> None:
    text = PAGE.read_text("utf-8")
    named = set(re.findall(r"`(\w+Error)\b", text))
    there = {name for name in mls.__all__ if name.endswith("Error")}
    assert named - {"MlsError"} <= there
    assert there - named - {"KeyUnavailableError"} == {"MlsError"} - named
