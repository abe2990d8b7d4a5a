"""Memory: how much there is; the process's own, kept out of core files and given back when it is not needed."""

import asyncio
import contextlib
import ctypes
import gc
import os
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4
_M_ARENA_MAX: Final = -8
_ARENAS: Final = 2
_SECONDS: Final = 20.0


def there_is() -> int:
    """Return how many bytes of memory the machine has; 4 GiB where it does not say."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 4 << 30


def no_core_dumps() -> None:
    """Keep the process's memory out of core files, where the system has a way to say so."""
    if sys.platform != "win32":
        import resource

        with contextlib.suppress(OSError, ValueError):  # under a strict unit, which has said so itself
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


async def give_back_for_ever() -> None:
    """Give back now and then what was freed: the C library keeps as much for every thread as it ever had."""
    gc.collect()
    gc.freeze()  # what starting has made stays for good: nobody need look through it again
    with contextlib.suppress(OSError, AttributeError):  # glibc's own
        library = ctypes.CDLL(None)
        library.mallopt(_M_ARENA_MAX, _ARENAS)
        while True:
            await asyncio.to_thread(library.malloc_trim, 0)
            await asyncio.sleep(_SECONDS)
