"""Show Taboon at work: a relay, three people with a vault and processes of their own, and the whole main job.

    python scripts/run.py

Everything lies in `.demo`, which is made anew. At a terminal the relay then goes on until Ctrl-C, so that you can go on
too; without one, this ends with the walk. Any step that does not do what it says ends it with exit code 1.
"""

import csv
import http.client
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import _venv

# Before anything that an older Python cannot read.
_venv.require_python()

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DEMO = _venv.ROOT / ".demo"
RELAY_FOLDER = DEMO / "relay"
SHEET_NAME = "crisis-messages.csv"
_START_SECONDS = 60.0
_SHOWN_LINES = 12
_DIGITS = re.compile(r"\d{4} \d{4} \d{4} \d{4}")
_TITLE = "Drinking water for the clinic"
_AFTER = "The next meeting is at the blue gate"


class StepFailedError(Exception):
    """A step of the walk did not do what it says."""


def main() -> int:
    """Walk through the main job; return 0 if every step did what it says."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # text streams of this process
    _venv.prepare("-e", ".[relay]")
    _make_demo()
    try:
        with _relay() as url:
            _walk(url)
            _look_at_page()
            if sys.stdin.isatty() and sys.stdout.isatty():
                _go_on()
    except StepFailedError as error:
        _venv.say(f"\nFAILED: {error}")
        return 1
    except KeyboardInterrupt:
        _venv.say("\nStopped.")
        return 130
    return 0


# --- what the walk stands on


def _make_demo() -> None:
    shutil.rmtree(DEMO, ignore_errors=True)
    DEMO.mkdir(mode=0o700)


def _environment(home: Path | None = None) -> "dict[str, str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TABOON_")}
    return kept | {"PYTHONUTF8": "1"} | ({} if home is None else {"TABOON_HOME": str(home)})


@contextmanager
def _relay() -> "Iterator[str]":
    """Run `taboon relay` on a free port for as long as this is open, and give its address."""
    command = ["relay", "--port", "0", "--folder", str(RELAY_FOLDER)]
    _title("A relay. It stores encrypted blobs in mailboxes, and learns nothing")
    _venv.say(f"  relay $ taboon {' '.join(_short(command))}")
    process = subprocess.Popen(
        [_venv.tool("taboon"), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        env=_environment(),
    )
    lines: list[str] = []
    ready = threading.Event()

    def keep() -> None:
        for line in process.stdout or ():
            lines.append(line)
            if "://" in line:
                ready.set()
        ready.set()

    reader = threading.Thread(target=keep, daemon=True)
    reader.start()
    try:
        ready.wait(_START_SECONDS)
        url = next((line.split()[-1] for line in lines if "://" in line), None)
        if url is None:
            raise StepFailedError(f"the relay did not start: {''.join(lines)}")
        _show("".join(lines))
        yield url
    finally:
        process.terminate()
        process.wait()
        reader.join()


class Person:
    """Somebody with a vault of their own, who types commands; each runs in a process of its own."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.home = DEMO / name.lower()
        self.words = DEMO / f"{name.lower()}.words"
        self.home.mkdir(mode=0o700)
        # Outside a demo, a passphrase is typed and lies in no file.
        passphrase = _library("from taboon_client.blocking import generate_passphrase as g; print(g())")
        descriptor = os.open(self.words, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(passphrase)

    def types(self, *words: str, given: str | None = None, code: int = 0, shown: bool = True) -> str:
        """Run one command in front of the user and return what it wrote to standard output.

        Args:
            words: The command, as it is typed after `taboon`.
            given: What comes from standard input.
            code: The exit code that is right here.
            shown: Whether its answer is shown.
        """
        source = "" if given is None else "   < what was handed over"
        _venv.say(f"  {self.name.lower()} $ taboon {' '.join(_short(words))}{source}")
        done = self._run([*words], given)
        if done.returncode != code:
            raise StepFailedError(f"this ended with {done.returncode} instead of {code}:\n{done.stdout}{done.stderr}")
        if shown:
            _show(done.stdout + done.stderr)
        return done.stdout

    def knows(self, *words: str) -> "dict[str, Any]":
        """Run one command with --json, aside, to look at what the walk claims."""
        done = self._run([*words, "--json"], None)
        if done.returncode != 0:
            raise StepFailedError(f"{words[0]} --json ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        known: dict[str, Any] = json.loads(done.stdout)
        return known

    def _run(self, words: list[str], given: str | None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [_venv.tool("taboon"), *words, "--passphrase-file", str(self.words)],
            input="" if given is None else given,
            capture_output=True,
            encoding="utf-8",
            env=_environment(self.home),
            cwd=_venv.ROOT,
            check=False,
        )


def _library(code: str) -> str:
    return subprocess.run(
        [_venv.python(), "-c", code], capture_output=True, encoding="utf-8", check=True
    ).stdout.strip()


def _short(words: "Iterable[str]") -> "list[str]":
    """The words of a command as one would type them."""
    typed = []
    for word in words:
        path = word.replace(str(_venv.ROOT) + os.sep, "")
        typed.append(f'"{path}"' if " " in path or "#" in path else path)
    return typed


def _title(text: str) -> None:
    bold, plain = ("\x1b[1m", "\x1b[0m") if sys.stdout.isatty() and os.name == "posix" else ("", "")
    _venv.say(f"\n{bold}{text}{plain}")


def _show(output: str) -> None:
    lines = output.rstrip().splitlines()
    for line in lines[:_SHOWN_LINES]:
        _venv.say(f"      {line}")
    if len(lines) > _SHOWN_LINES:
        _venv.say(f"      … {len(lines) - _SHOWN_LINES} more lines")


def _claim(holds: bool, claim: str) -> None:
    """Say something that was looked at, or fail."""
    if not holds:
        raise StepFailedError(f"this does not hold: {claim}")
    _venv.say(f"  checked: {claim}")


# --- the walk


def _walk(url: str) -> None:
    amal, basil, dalal = Person("Amal"), Person("Basil"), Person("Dalal")
    _title("Three people, each with a vault that a passphrase opens")
    for person in (amal, basil, dalal):
        person.types("init")

    _title("Amal makes a group")
    amal.types("group", "create", "Harbour", "--relay", url, "--as", "Amal")

    _title("Basil and Dalal come in: an invite each, a safety code to compare, Amal's approval")
    _bring_in(amal, basil, members=2)
    _bring_in(amal, dalal, members=3)

    sheet = _sheet()
    _title(f"A real intake sheet: {sheet.name}")
    _import(amal, basil, sheet)

    _title("A need, in parts: two help, and it arrives")
    code = _help(amal, basil, dalal)
    _venv.say("")
    amal.types("show", "Harbour", code)

    _title("Two people pledge the same need, each without network")
    _pledge_twice(amal, basil, dalal)

    _title("Amal rotates her key; Basil follows")
    epoch = re.search(r"epoch (\d+)", amal.types("rotate", "Harbour"))
    basil.types("sync", "Harbour")
    _claim(
        epoch is not None and basil.knows("status", "Harbour", "--offline")["groups"][0]["epoch"] == int(epoch[1]),
        "both are in the same epoch",
    )

    _title("Amal removes Dalal. What is said from then on, Dalal cannot read")
    _remove(amal, basil, dalal)

    _title("What the relay has of all this")
    _look_at_relay([_TITLE, _AFTER, "Harbour", "Amal", "Basil", "Dalal", *_texts(sheet)[:200]])


def _bring_in(amal: Person, person: Person, members: int) -> None:
    link = amal.types("invite", "Harbour").strip()
    joiner_sees = _DIGITS.findall(person.types("join", "-", "--as", person.name, given=link))
    asked = amal.types("requests", "Harbour")
    _claim(joiner_sees == _DIGITS.findall(asked) != [], "both have the same safety code on the screen")
    amal.types("approve", "Harbour", asked.split()[0], "--yes")
    _claim(f"{members} members" in person.types("groups"), f"{person.name} is in")


def _sheet() -> Path:
    real = Path(os.environ.get("TABOON_DATA", _venv.ROOT.parent / "shared" / "data")) / SHEET_NAME
    return real if real.is_file() else _venv.ROOT / "scripts" / "demo-sheet.csv"


def _rows(sheet: Path) -> "list[dict[str, str]]":
    with sheet.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _relative(path: Path) -> str:
    """The path as one types it in the project's folder, where it lies near."""
    try:
        return os.path.relpath(path, _venv.ROOT)
    except ValueError:  # another drive
        return str(path)


_GAP = "[…]"


def _texts(sheet: Path) -> "list[str]":
    return [text for row in _rows(sheet) for text in (row["message"], row["original"]) if len(text) > 20]


def _import(amal: Person, basil: Person, sheet: Path) -> None:
    rows = _rows(sheet)
    for _ in ("the first time", "once more, which changes nothing"):
        amal.types("import", "Harbour", _relative(sheet), "--wait", "300")
    basil.types("sync", "Harbour", "--wait", "300")
    basil.types("board", "Harbour", "--offline")
    items = basil.knows("board", "Harbour", "--offline", "--all")["items"]
    sent = {(row["message"], row["original"]) for row in rows}
    sealed = [item for item in items if _GAP in item["text"] + item["original"]]
    whole = [(item["text"], item["original"]) for item in items if item not in sealed]
    _claim(len(items) == len(rows), f"{len(rows)} of {len(rows)} messages are on Basil's board, and none twice")
    _claim(sent.issuperset(whole), f"{len(whole)} of them are equal byte for byte")
    seen = f"of {len(sealed)} the addresses and telephone numbers are sealed: Basil sees {_GAP} in their place"
    _claim(all(item["details"] for item in sealed), seen)


def _help(amal: Person, basil: Person, dalal: Person) -> str:
    code = _code_of(
        amal.types(
            *("post", "Harbour", "need", "--title", _TITLE, "--category", "water"),
            *("--quantity", "60", "--unit", "litre", "--urgency", "now", "--area", "Hill"),
        )
    )
    basil.types("pledge", "Harbour", code, "--quantity", "40")
    # She has not looked since the sheet came, and a slow machine may take longer for that than a command waits.
    dalal.types("sync", "Harbour", "--wait", "300")
    dalal.types("pledge", "Harbour", code, "--quantity", "20")
    dalal.types("comment", "Harbour", code, "-", given="سنكون هناك في السادسة")
    for person in (basil, dalal):
        person.types("deliver", "Harbour", code)
    amal.types("confirm", "Harbour", code)
    _claim(
        amal.knows("show", "Harbour", code, "--offline")["item"]["status"] == "done",
        "all 60 litres were pledged, handed over and confirmed",
    )
    return code


def _code_of(posted: str) -> str:
    """The code that a post was answered with."""
    return posted.split()[0].removeprefix("#")


def _pledge_twice(amal: Person, basil: Person, dalal: Person) -> None:
    title = "Insulin for two people"
    code = _code_of(amal.types("post", "Harbour", "need", "--title", title, "--category", "med", "--urgency", "now"))
    for person in (basil, dalal):
        person.types("sync", "Harbour")
    basil.types("pledge", "Harbour", code, "--offline")
    dalal.types("pledge", "Harbour", code, "--offline")
    for person in (basil, dalal):
        person.types("sync", "Harbour")
    seen = []
    for person in (amal, basil, dalal):
        pledges = person.knows("show", "Harbour", code)["item"]["pledges"]
        seen.append([(pledge["author"]["name"], pledge["standing"]) for pledge in pledges])
    basil.types("show", "Harbour", code)
    _claim(seen[0] == seen[1] == seen[2], "all three see the same order")
    standings = sorted(standing for _, standing in seen[0])
    _claim(standings == ["primary", "standby"], "one goes, the other stands by, and no pledge is lost")


def _remove(amal: Person, basil: Person, dalal: Person) -> None:
    amal.types("remove", "Harbour", "Dalal", "--yes")
    amal.types("post", "Harbour", "offer", "--title", _AFTER)
    basil.types("sync", "Harbour")
    dalal.types("sync", "Harbour")
    _claim("removed" in dalal.types("status", "Harbour"), "Dalal's own device says so")
    titles = {item["title"] for item in basil.knows("board", "Harbour", "--offline")["items"]}
    _claim(_AFTER in titles, "Basil reads what Amal posted after the removal")
    titles = {item["title"] for item in dalal.knows("board", "Harbour", "--all")["items"]}
    _claim(_TITLE in titles and _AFTER not in titles, "Dalal has what was said before, and nothing of what came after")


def _look_at_relay(secrets: "list[str]") -> None:
    database = RELAY_FOLDER / "relay.db"
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        mailboxes = connection.execute("SELECT hex(id), head_number, sealed, bytes_used FROM mailbox").fetchall()
        blobs = connection.execute(
            "SELECT hex(mailbox), number, length(bytes), substr(bytes, 1, 96) FROM blob"
        ).fetchall()
    _venv.say(f"  {len(mailboxes)} mailboxes and {len(blobs)} blobs; nothing says which belong together, or to whom.")
    for mailbox, number, length, start in blobs[:1] + blobs[len(blobs) // 2 :][:1]:
        _venv.say(f"  mailbox {mailbox[:16]}…, blob {number}, {length} bytes:")
        for at in range(0, len(start), 32):
            _venv.say(f"      {start[at : at + 32].hex(' ', 2)}")
    stored = b"".join(path.read_bytes() for path in sorted(RELAY_FOLDER.rglob("*")) if path.is_file())
    found = [text for text in secrets if any(text.encode(form) in stored for form in ("utf-8", "utf-16-le"))]
    _claim(
        not found, f"none of {len(secrets)} names, titles and messages is in the relay's {len(stored)} bytes on disk"
    )
    sizes = {length for _, _, length, _ in blobs}
    _claim(sizes <= {2048, 16384, 65536, 262144}, f"every blob has one of the four sizes: {sorted(sizes)}")


def _look_at_page() -> None:
    _title("The local page, for a browser on this machine")
    _venv.say("  amal $ taboon open --no-browser")
    page = subprocess.Popen(
        [_venv.tool("taboon"), "open", "--no-browser"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        env=_environment(DEMO / "amal") | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        first = page.stdout.readline() if page.stdout else ""
        found = re.search(r"127\.0\.0\.1:(\d+)", first)
        if found is None:
            raise StepFailedError("the page did not start")
        _venv.say(f"      {first.strip()}")
        got = [_status(int(found[1]), path) for path in ("/", "/board")]
        _claim(got == [200, 404], "without the code there is an empty shell, and nothing else")
    finally:
        page.terminate()
        page.wait()


def _status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with closing(connection):
        connection.request("GET", path)
        return connection.getresponse().status


def _go_on() -> None:
    _title("The relay goes on until Ctrl-C. In another terminal, from this folder:")
    taboon = _short([_venv.tool("taboon")])[0]
    for name, command in (
        ("amal", "board Harbour --status open"),
        ("amal", 'post Harbour need --title "Candles"'),
        ("basil", "board Harbour --kind need --category water"),
        ("basil", "shell"),
    ):
        home, words = Path(".demo", name), Path(".demo", f"{name}.words")
        if os.name == "nt":
            _venv.say(f'  $env:TABOON_HOME="{home}"; {taboon} {command} --passphrase-file {words}')
        else:
            _venv.say(f"  TABOON_HOME={home} {taboon} {command} --passphrase-file {words}")
    _title("And here is Amal's page. Ctrl-C ends it, and the relay")
    _venv.say(f"  The passphrase: {Path(DEMO, 'amal.words').read_text('utf-8').strip()}")
    with suppress(KeyboardInterrupt):
        subprocess.run([_venv.tool("taboon"), "open"], env=_environment(DEMO / "amal"), cwd=_venv.ROOT, check=False)
    _venv.say("\nThe relay is stopped.")


if __name__ == "__main__":
    sys.exit(main())
