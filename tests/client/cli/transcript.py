"""Runs a transcript: commands that somebody could have typed, each with what has to come of it.

    # a line for the reader
    amal $ taboon groups
    {code:[0-9a-f]{8}}  1 member  admin  Harbour
    ! A line on standard error.

``! `` begins a line of standard error. ``< `` right after a command begins a line of its standard input. A command's
lines on standard output come first, then those on standard error; ``?3`` alone on a line is its exit code, 0 if left
out. ``{name:regex}`` takes a part and names it, ``{name}`` stands for what was taken, ``{...}`` for anything; as a
whole line, and the last one, for any number of lines. ``relay stop`` and ``relay start`` do what they say.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client.cli.people import Done, People
    from tests.relay_process import RelayProcess

__all__ = ["replay"]

_COMMAND = re.compile(r"(\w+) \$ taboon (.*)")
_HOLE = re.compile(r"\{(\.\.\.|\w+)(?::((?:[^{}]|\{\d+(?:,\d*)?\})+))?\}")


def replay(transcript: Path, people: People, relay: RelayProcess, known: dict[str, str]) -> int:
    """Type everything in a transcript and compare; returns how many commands there were."""
    names = dict(known)
    lines = transcript.read_text(encoding="utf-8").splitlines()
    count = at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not line.strip() or line.startswith("# "):
            continue
        if line == "relay stop":
            relay.stop()
            continue
        if line == "relay start":
            relay.start()
            continue
        command = _COMMAND.fullmatch(line)
        assert command, f"{transcript.name}:{at}: neither a command nor an answer to one: {line}"
        block: list[str] = []
        while at < len(lines) and not _COMMAND.fullmatch(lines[at]) and not lines[at].startswith(("# ", "relay st")):
            block.append(lines[at])
            at += 1
        while block and not block[-1].strip():
            block.pop()
        words = [_fill(word, names) for word in shlex.split(command[2])]
        given = "".join(_fill(one[2:], names) + "\n" for one in block if one.startswith("< "))
        done = people.type(command[1], *words, given=given)
        _compare(f"{transcript.name}: {line}", block, done, names)
        count += 1
    return count


def _fill(text: str, names: dict[str, str]) -> str:
    return _HOLE.sub(lambda hole: names[hole[1]] if hole[1] in names and not hole[2] else hole[0], text)


def _compare(where: str, block: list[str], done: Done, names: dict[str, str]) -> None:
    codes = [int(line[1:]) for line in block if re.fullmatch(r"\?\d+", line)]
    told = f"{where}\nended with {done.code}\n{done.out}{done.err}"
    assert done.code == (codes[0] if codes else 0), told
    out = [line for line in block if not line.startswith(("! ", "< ", "?")) and line != "!"]
    err = [line[2:] for line in block if line.startswith("! ") or line == "!"]
    for expected, got in ((out, done.out.splitlines()), (err, done.err.splitlines())):
        if expected[-1:] == ["{...}"]:
            del expected[-1], got[len(expected) :]
        assert len(expected) == len(got), told
        for want, have in zip(expected, got, strict=True):
            match = re.fullmatch(_pattern(want, names), have)
            assert match, f"{told}\nexpected: {want}\ngot:      {have}"
            names.update(match.groupdict())


def _pattern(want: str, names: dict[str, str]) -> str:
    parts, last = [], 0
    for hole in _HOLE.finditer(want):
        parts.append(re.escape(want[last : hole.start()]))
        if hole[1] == "...":
            parts.append(".*")
        elif hole[2]:
            parts.append(f"(?P<{hole[1]}>{hole[2]})")
        else:
            parts.append(re.escape(names[hole[1]]))
        last = hole.end()
    parts.append(re.escape(want[last:]))
    return "".join(parts)
