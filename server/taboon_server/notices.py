"""What the operator is told: a kind and a count, and nothing that came in a request."""

import contextlib
import logging
import sys
from collections import Counter
from collections.abc import Callable
from typing import Final

_LIBRARIES: Final = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi", "asyncio", "fastapi", "sqlalchemy")


def _to_stderr(line: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # nobody reads there any more; the relay goes on
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - this is where the operator reads


class Notices:
    """Counts kinds of trouble; writes a line at the 1st, 10th, 100th of a kind, so that nobody can flood it.

    Args:
        write: takes one line.
    """

    def __init__(self, write: Callable[[str], None] = _to_stderr) -> None:
        self.counts: Counter[str] = Counter()
        self.answers: Counter[tuple[str, int]] = Counter()
        """How often each call was answered with each status."""
        self._write = write

    def count(self, kind: str) -> None:
        """Count one more of a kind. `kind` is a fixed word of the code's, never from a request."""
        self.counts[kind] += 1
        total = self.counts[kind]
        if str(total).strip("0") == "1":
            self._write(f"taboon relay: {kind} ({total})")

    def metrics(self, **now: int) -> str:
        """Return the totals as Prometheus reads them, and what there is `now` of things that come and go."""
        lines = ["# TYPE taboon_relay_answers_total counter", "# TYPE taboon_relay_notices_total counter"]
        for (call, status), total in sorted(self.answers.items()):
            lines.append(f'taboon_relay_answers_total{{call="{call}",status="{status}"}} {total}')
        for kind, total in sorted(self.counts.items()):
            lines.append(f'taboon_relay_notices_total{{kind="{kind}"}} {total}')
        for name, value in now.items():
            lines += (f"# TYPE taboon_relay_{name} gauge", f"taboon_relay_{name} {value}")
        return "\n".join(lines) + "\n"


class _Counting(logging.Handler):
    def __init__(self, notices: Notices) -> None:
        super().__init__(logging.WARNING)
        self._notices = notices

    def emit(self, record: logging.LogRecord) -> None:
        """Count a record by where it comes from; its text and its traceback may hold what came in a request."""
        what = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else record.levelname.lower()
        self._notices.count(f"{record.name} {what}")


def take_over_logging(notices: Notices) -> None:
    """Let nothing that a library logs be written: it is counted instead."""
    logging.captureWarnings(capture=True)
    root = logging.getLogger()
    root.handlers = [_Counting(notices)]
    root.setLevel(logging.WARNING)
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
        logger.setLevel(logging.WARNING)
