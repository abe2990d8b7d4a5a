"""The room that the other scripts share: a Python that is new enough, and `.venv` with Taboon in it.

Plain standard library, and readable by old Pythons too, so that they get a sentence and not a syntax error.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")

_NEEDED = (3, 11)
_STAMP = VENV / "taboon-installed"
_PIP = "pip>=25.1"  # the first that knows dependency groups
_GET_PYTHON = (
    "Taboon needs Python 3.11 or newer, and this is {}. Get it from python.org, or with: "
    "sudo apt install python3 python3-venv (Debian, Ubuntu), brew install python (macOS), "
    "winget install Python.Python.3.13 (Windows)."
)
_GET_VENV = (
    "This Python comes without venv. Get it with: sudo apt install python{}.{}-venv (Debian, Ubuntu), "
    "or take Python from python.org."
)


def require_python() -> None:
    """End with one line unless this Python is new enough; a newer one that is installed beside it takes over."""
    if sys.version_info[:2] >= _NEEDED:
        return
    for minor in range(19, _NEEDED[1] - 1, -1):
        newer = shutil.which("python3.%d" % minor)  # noqa: UP031 - the file speaks to old Pythons
        if newer:
            sys.exit(subprocess.call([newer, *sys.argv]))
    sys.exit(_GET_PYTHON.format(sys.version.split()[0]))


def python() -> str:
    """The path of the Python in `.venv`."""
    return str(BIN / ("python.exe" if os.name == "nt" else "python"))


def tool(name: str) -> str:
    """The path of a command in `.venv`."""
    return str(BIN / (name + ".exe" if os.name == "nt" else name))


def say(text: str) -> None:
    """Write a line at once, also where the output is a file."""
    print(text, flush=True)


def prepare(*wanted: str) -> None:
    """Make `.venv` if it is missing, and install Taboon into it if what it needs has changed.

    Args:
        wanted: What to give pip: the project with its extras, and options.
    """
    if not _works():
        _make()
    known = _STAMP.read_text(encoding="utf-8").splitlines() if _STAMP.is_file() else []
    # Whoever installed more (the tools for the tests) has what is wanted here too.
    line = f"{_fingerprint()} {' '.join(wanted)}"
    if line in known:
        return
    say(f"Installing {' '.join(wanted)} into .venv (the first time, this takes a minute) ...")
    _pip("install", "--quiet", "--upgrade", _PIP)
    _pip("install", "--quiet", *wanted)
    kept = [old for old in known if old.startswith(_fingerprint())]
    _STAMP.write_text("\n".join([*kept, line]) + "\n", encoding="utf-8")


def _works() -> bool:
    try:
        code = f"import sys, pip; sys.exit(sys.version_info[:2] < {_NEEDED})"
        return subprocess.run([python(), "-c", code], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _make() -> None:
    try:
        import ensurepip  # noqa: F401 - Debian takes it out of Python
        import venv
    except ImportError:
        sys.exit(_GET_VENV.format(*sys.version_info[:2]))
    say("Making .venv ...")
    try:
        venv.EnvBuilder(clear=True, with_pip=True, symlinks=os.name != "nt").create(VENV)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"The folder .venv cannot be made: {error}")


def _fingerprint() -> str:
    return hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()[:16]


def _pip(*arguments: str) -> None:
    command = [python(), "-m", "pip", "--disable-pip-version-check", *arguments]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        sys.exit("The installation failed; what pip says stands above. Is the network there?")
