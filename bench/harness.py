"""What all benchmarks share: flags, repeated runs, medians, the table for people and the lines for machines.

A benchmark is a function that measures once and notes what it found; the harness calls it several times:

    def measure(samples: Samples, options: Options) -> None:
        with Stopwatch() as ours: ...
        with Stopwatch() as least: ...
        samples.add("encrypt", "ms", ours.seconds * 1000, floor=least.seconds * 1000)

    if __name__ == "__main__":
        sys.exit(main("name", "what it measures", measure))

A **floor** is what cannot be avoided: the same primitives on the same bytes, from the same libraries, in the same run.
The **ratio** is value against floor, so a lower one is better for times and sizes, and a higher one for rates (units
that end in ``/s``). A **peer** is what another program takes for the same, where there is one.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import TextIO

__all__ = ["Figure", "Options", "Samples", "Stopwatch", "main"]

_RUNS = 5
_QUICK_RUNS = 3


@dataclass(frozen=True, slots=True)
class Options:
    """How a benchmark was called.

    Attributes:
        quick: Whether all runs together shall take less than a minute.
        runs: How many runs there are.
    """

    quick: bool
    runs: int


class Stopwatch:
    """Measures the wall time of a ``with`` block, in seconds; several blocks add up."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._started = 0.0

    def __enter__(self) -> Self:
        self._started = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.seconds += time.perf_counter() - self._started


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the result: medians over the runs.

    Attributes:
        bench: Name of the benchmark.
        name: What was measured.
        value: How much.
        unit: Of value, floor and peer.
        floor: What cannot be avoided; None where nothing of the kind exists.
        peer: What another program takes, if there is one to compare with.
        spread: Lowest and highest value of the runs.
    """

    bench: str
    name: str
    value: float
    unit: str
    floor: float | None
    peer: float | None
    spread: tuple[float, float]

    @property
    def ratio(self) -> float | None:
        """Value against floor."""
        return self.value / self.floor if self.floor else None

    @property
    def higher_is_better(self) -> bool:
        """Whether the unit is a rate."""
        return self.unit.endswith("/s")

    def line(self) -> str:
        """Return the figure as one JSON object on one line."""
        told: dict[str, object] = {
            "bench": self.bench,
            "name": self.name,
            "value": _rounded(self.value),
            "unit": self.unit,
            "floor": _rounded(self.floor),
            "ratio": _rounded(self.ratio),
        }
        if self.peer is not None:
            told["peer"] = _rounded(self.peer)
        return json.dumps(told)


@dataclass(slots=True)
class _Series:
    unit: str
    values: list[float] = field(default_factory=list)
    floors: list[float] = field(default_factory=list)
    peers: list[float] = field(default_factory=list)


class Samples:
    """What the runs of one benchmark found."""

    def __init__(self, bench: str) -> None:
        self._bench = bench
        self._series: dict[str, _Series] = {}
        self._notes: dict[str, None] = {}

    def add(self, name: str, unit: str, value: float, *, floor: float | None = None, peer: float | None = None) -> None:
        """Note what one run found.

        Args:
            name: Of the figure.
            unit: Of all three numbers, the same in every run; rates end in ``/s``.
            value: How much.
            floor: What cannot be avoided, measured in this run.
            peer: What another program takes, measured in this run.

        Raises:
            ValueError: The unit is another than before.
        """
        series = self._series.setdefault(name, _Series(unit))
        if series.unit != unit:
            raise ValueError(f"{name} is measured in {series.unit}, not in {unit}")
        series.values.append(value)
        if floor is not None:
            series.floors.append(floor)
        if peer is not None:
            series.peers.append(peer)

    def note(self, text: str) -> None:
        """Say something about the result; the same sentence is told once."""
        self._notes[text] = None

    @property
    def notes(self) -> tuple[str, ...]:
        """All notes, in the order they came."""
        return tuple(self._notes)

    def figures(self) -> list[Figure]:
        """Return the medians, in the order in which the names came."""
        return [
            Figure(
                bench=self._bench,
                name=name,
                value=median(series.values),
                unit=series.unit,
                floor=median(series.floors) if series.floors else None,
                peer=median(series.peers) if series.peers else None,
                spread=(min(series.values), max(series.values)),
            )
            for name, series in self._series.items()
        ]


def main(
    bench: str,
    about: str,
    measure: Callable[[Samples, Options], None],
    arguments: Sequence[str] | None = None,
    output: TextIO | None = None,
) -> int:
    """Run a benchmark as its command line says, and write the result.

    Args:
        bench: Name of the benchmark.
        about: What it measures, for ``--help``.
        measure: Measures once.
        arguments: Of the command line; those of this process unless told.
        output: Where the result goes; standard output unless told. Progress and notes go to standard error.

    Returns:
        The exit code, 0. Whatever ``measure`` raises comes out.
    """
    out = output or sys.stdout
    parser = argparse.ArgumentParser(prog=f"python -m bench.{bench}", description=about)
    parser.add_argument("--quick", action="store_true", help="less of everything: done in under a minute")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--runs", type=int, metavar="N", help=f"how often ({_RUNS}; quick: {_QUICK_RUNS})")
    told = parser.parse_args(arguments)
    runs = told.runs if told.runs is not None else _QUICK_RUNS if told.quick else _RUNS
    if runs < 1:
        parser.error("--runs is 1 or more")
    options = Options(quick=told.quick, runs=runs)
    samples = Samples(bench)
    for run in range(runs):
        print(f"{bench}: run {run + 1} of {runs} …", file=sys.stderr, flush=True)
        measure(samples, options)
    for figure in samples.figures() if told.json else ():
        print(figure.line(), file=out)
    if not told.json:
        print(_table(bench, samples.figures(), runs), file=out)
    for note in samples.notes:
        print(note, file=sys.stderr if told.json else out)
    out.flush()
    return 0


def _table(bench: str, figures: list[Figure], runs: int) -> str:
    rows: list[tuple[str, ...]] = [("name", "value", "unit", "floor", "ratio", "better", "lowest to highest", "peer")]
    rows += [
        (
            figure.name,
            _shown(figure.value),
            figure.unit,
            _shown(figure.floor),
            _shown(figure.ratio),
            "higher" if figure.higher_is_better else "lower",
            f"{_shown(figure.spread[0])} to {_shown(figure.spread[1])}",
            _shown(figure.peer),
        )
        for figure in figures
    ]
    if all(figure.peer is None for figure in figures):
        rows = [row[:-1] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    numbers = {1, 3, 4, 7}
    lines = [
        "  ".join(
            cell.rjust(width) if place in numbers else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    head = f"bench.{bench}: median of {runs} {'run' if runs == 1 else 'runs'}"
    return "\n".join([head, "", lines[0], "-" * max(map(len, lines)), *lines[1:], ""])


def _shown(number: float | None) -> str:
    if number is None:
        return "-"
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if abs(number) >= 10 else f"{number:.3g}"


def _rounded(number: float | None) -> float | None:
    """Keep five digits: no figure here is truer than that."""
    return None if number is None else float(f"{number:.5g}")
