"""Where the vault is used: on a thread of its own, or right here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ThreadPoolExecutor

__all__ = ["DirectRunner", "Runner", "ThreadRunner"]

T = TypeVar("T")


class Runner(Protocol):
    """Runs steps on the vault's thread, one after the other."""

    async def __call__(self, step: Callable[[], T]) -> T:
        """Run a step there and wait for it."""

    def close(self) -> None:
        """End what the runner holds."""


class ThreadRunner:
    """Runs steps on one thread of its own, so that a slow disk never stops an event loop."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None

    async def __call__(self, step: Callable[[], T]) -> T:
        """Run a step there and wait for it. A caller who is cancelled meanwhile does not stop it."""
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="taboon-vault")
        return await asyncio.get_running_loop().run_in_executor(self._pool, step)

    def close(self) -> None:
        """End the thread."""
        if self._pool is not None:
            self._pool.shutdown()


class DirectRunner:
    """Runs steps where it is called: for programs of one thread, and so that reading needs no event loop."""

    async def __call__(self, step: Callable[[], T]) -> T:
        """Run a step now."""
        return step()

    def close(self) -> None:
        """Nothing to end."""
