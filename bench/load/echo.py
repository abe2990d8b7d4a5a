"""The plainest application on the relay's web server: reads a body and answers as many bytes as a receipt has.

``GET /N`` is answered with N bytes. No framework, no signature, no storage. Run as ``python -m bench.load.echo``; it
prints its port.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["echoing"]

_RECEIPT = bytes(202)


@contextmanager
def echoing() -> Iterator[int]:
    """Run the server in a process of its own, yield its port, and stop it afterwards."""
    with subprocess.Popen(
        [sys.executable, "-m", __name__],
        cwd=Path(__file__).resolve().parent.parent.parent,
        stdout=subprocess.PIPE,
        encoding="ascii",
    ) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()


async def _application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    answer = _RECEIPT if scope["method"] == "POST" else bytes(int(scope["path"][1:]))
    length = str(len(answer)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
    await send({"type": "http.response.body", "body": answer})


def _serve() -> None:
    import uvicorn

    # asyncio sends small answers at once only on sockets whose protocol is named; uvicorn's own are not of that kind.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1_024)
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(
        _application,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
    )
    uvicorn.Server(config).run([listener])


if __name__ == "__main__":
    _serve()
