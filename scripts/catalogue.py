"""Bring the page's Arabic catalogue up to what its templates and code say: new sentences come in empty, old ones go.

    python scripts/catalogue.py

A test fails as long as one of them is empty.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from typing import TYPE_CHECKING

from scripts import _venv

if TYPE_CHECKING:
    from collections.abc import Sequence

_venv.require_python()

# Arabic's six forms in gettext's order, which is the order of CLDR: none, one, two, few, many, other.
_HEADER = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: ar\\n"
"Plural-Forms: nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);\\n"

"""


def main() -> int:
    """Write the catalogue anew; return 0."""
    from babel.messages.catalog import Catalog
    from babel.messages.extract import extract_from_dir
    from babel.messages.pofile import read_po, write_po

    page = _venv.ROOT / "client" / "taboon_client" / "page"
    path = page / "locale" / "ar.po"
    wanted = Catalog(locale="ar")
    ways = [("**.py", "python"), ("templates/**.html", "jinja2")]
    words = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
    for _, _, sentence, _, _ in extract_from_dir(page, ways, keywords=words):
        wanted.add(sentence)
    known = read_po(path.open("rb"), locale="ar") if path.is_file() else Catalog(locale="ar")
    for message in known:
        if message.id and message.id in wanted:
            wanted[message.id].string = message.string
    wanted.fuzzy = False
    with path.open("wb") as file:
        file.write(_HEADER.encode())
        write_po(file, wanted, omit_header=True, no_location=True, sort_output=True, width=120)
    empty = [message.id for message in wanted if message.id and not all(_strings(message.string))]
    _venv.say(f"{len(wanted)} sentences, {len(empty)} without Arabic")
    return 0


def _strings(said: "str | Sequence[str] | None") -> "tuple[str, ...]":
    return (said or "",) if isinstance(said, str | None) else tuple(said)


if __name__ == "__main__":
    sys.exit(main())
