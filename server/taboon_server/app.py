"""The relay as a web application: five calls, and the same empty 404 for everything else."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from taboon_server import problems
from taboon_server.calls import Calls
from taboon_server.expiry import purge_for_ever
from taboon_server.identity import Identity
from taboon_server.listening import listen_for_ever
from taboon_server.notices import Notices
from taboon_server.problems import Problem
from taboon_server.settings import Settings
from taboon_server.store import Store


class _PlainRoute(APIRoute):
    """A route whose endpoint takes the request and gives the answer, with nothing parsed or built for it in between."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the endpoint itself."""
        return self.endpoint

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match this one spelling of the path, without a query."""
        if scope["query_string"] or scope["raw_path"] != self.path.encode():
            return Match.NONE, {}
        return super().matches(scope)


def create_app(
    store: Store,
    identity: Identity,
    settings: Settings,
    notices: Notices,
    wall: Callable[[], float] = time.time,
) -> FastAPI:
    """Build the relay's application. `app.state.calls` holds what answers its calls.

    Args:
        store: the open database; the caller closes it.
        identity: the relay's key.
        settings: the relay's limits.
        notices: where trouble is counted.
        wall: Unix time in seconds.
    """
    calls = Calls(store, identity, settings, wall, notices)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        calls.writer.start()
        purging = asyncio.create_task(
            purge_for_ever(store, calls.writer, calls.days, notices, settings.purge_seconds), name="expiry"
        )
        listening = asyncio.create_task(listen_for_ever(store, calls.waiters, notices), name="listening")
        try:
            yield
        finally:
            purging.cancel()
            listening.cancel()
            await calls.close()

    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)  # noqa: S101 - registered for no other
        return error.response()

    async def nothing_here(_: Request, error: Exception) -> Response:  # noqa: ARG001 - whatever it was
        return Response(status_code=404)

    async def reader_left(_: Request, error: Exception) -> Response:  # noqa: ARG001 - nobody is there to read this
        return Response(status_code=400)

    async def mistaken(_: Request, error: Exception) -> Response:
        notices.count(f"mistake {type(error).__name__}")
        return problems.internal().response()

    app = FastAPI(
        title="Taboon relay",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        # Said in full: the framework would trace, and export by environment variables alone.
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
        exception_handlers={
            Problem: refused,
            HTTPException: nothing_here,
            ClientDisconnect: reader_left,
            Exception: mistaken,
        },
    )
    app.router.route_class = _PlainRoute
    for method, path, call in (
        ("PUT", "/v1/mailbox", calls.create),
        ("POST", "/v1/blobs", calls.append),
        ("GET", "/v1/blobs", calls.read),
        ("GET", "/v1/health", calls.health),
        ("GET", "/v1/limits", calls.limits),
    ):
        app.add_api_route(path, call, methods=[method], response_class=Response)
    app.state.calls = calls
    return app
