"""Stopwatches on functions of the running program: the phases of the real job are timed, and nothing else runs."""

from __future__ import annotations

import functools
import inspect
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.harness import Stopwatch

__all__ = ["watched"]


@contextmanager
def watched(
    owner: Any, name: str, watch: Stopwatch, note: Callable[[tuple[Any, ...], Any], None] | None = None
) -> Iterator[None]:
    """Time every call of a function of a module or class, while the block lasts.

    Args:
        owner: The module or class.
        name: Of the function, class method or coroutine function.
        watch: Adds up what the calls take; one for each function that calls another watched one.
        note: Told the positional arguments and the result of every call, outside the time.
    """
    original = vars(owner)[name]
    plain = getattr(owner, name)

    @functools.wraps(plain)
    def timed(*arguments: Any, **named: Any) -> Any:
        with watch:
            result = plain(*arguments, **named)
        if note is not None:
            note(arguments, result)
        return result

    @functools.wraps(plain)
    async def timed_waiting(*arguments: Any, **named: Any) -> Any:
        with watch:
            result = await plain(*arguments, **named)
        if note is not None:
            note(arguments, result)
        return result

    replacement: Any = timed_waiting if inspect.iscoroutinefunction(plain) else timed
    # A class method is bound already when it is read from its class.
    setattr(owner, name, staticmethod(replacement) if isinstance(original, classmethod) else replacement)
    try:
        yield
    finally:
        setattr(owner, name, original)
