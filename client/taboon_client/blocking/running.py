"""Finishes coroutines of the library from a program without an event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator
    from typing import Any

__all__ = ["each", "now", "soon", "waiting"]

T = TypeVar("T")


def now(coroutine: Coroutine[Any, Any, T]) -> T:
    """Finish a coroutine that only uses the vault: with the direct runner it never waits."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    coroutine.close()
    raise RuntimeError("this waits for the network: it belongs into an event loop")


def waiting(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that talks to a relay."""
    import asyncio

    return asyncio.run(coroutine)


def soon(coroutine: Coroutine[Any, Any, T], wait: float) -> T:
    """Run a coroutine that talks to a relay if it may take any time at all, and else only uses the vault."""
    return waiting(coroutine) if wait else now(coroutine)


def each(reports: AsyncIterator[T]) -> Iterator[T]:
    """Go through an async iterator from here."""
    import asyncio

    async def following() -> T:
        return await anext(reports)

    with asyncio.Runner() as runner:
        while True:
            try:
                yield runner.run(following())
            except StopAsyncIteration:
                return
