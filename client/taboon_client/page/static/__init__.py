"""What anybody gets who finds the port: one constant shell without data, its script and its style."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from taboon_client.page.web import Answer

__all__ = ["open_files"]

_FILES: Final = {
    "/": ("shell.html", "text/html; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
}


@cache
def open_files() -> dict[str, Answer]:
    """Return the answer for every path that needs no token."""
    here = Path(__file__).parent
    return {path: Answer(body=(here / name).read_bytes(), type=kind) for path, (name, kind) in _FILES.items()}
