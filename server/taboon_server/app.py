"""The relay as a web application: five calls, and the same empty 404 for everything else.

FastAPI holds the routes and describes them; answers go past its routing and models (docs/decisions/0002-fastapi.md).
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from taboon_server import openapi, problems
from taboon_server.calls import Calls, GoneError
from taboon_server.expiry import purge_for_ever
from taboon_server.identity import Identity
from taboon_server.listening import listen_for_ever
from taboon_server.memory import give_back_for_ever
from taboon_server.notices import Notices
from taboon_server.problems import Answer, Problem
from taboon_server.settings import Settings
from taboon_server.store import Store


class _Relay(FastAPI):
    """FastAPI with one exact table in the place of routing, models and middleware."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return what answers: the routes as they stand, found by method and exact path."""
        routes = [route for route in self.routes if isinstance(route, APIRoute)]
        table = {(method, route.path.encode()): route for route in routes for method in route.methods or ()}
        notices: Notices = self.state.notices

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await self.router(scope, receive, send)
                return
            route = None if scope["query_string"] else table.get((scope["method"], scope["raw_path"]))
            found: Answer = (404, [], b"")
            if route is not None:
                try:
                    found = await route.endpoint(Request(scope, receive))
                except Problem as problem:
                    found = problem.answer
                except GoneError:
                    return
                except Exception as error:  # noqa: BLE001 - its text may hold what came in a request
                    notices.count(f"mistake {type(error).__name__}")
                    found = problems.internal().answer
            status, headers, body = found
            notices.answers[route.name if route else "none", status] += 1
            if status != 204:
                headers = [*headers, (b"content-length", b"%d" % len(body))]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

        return answer


def application(calls: Calls, notices: Notices, lifespan: Callable[[FastAPI], Any] | None = None) -> FastAPI:
    """Return the application of these calls. `app.state.calls` holds them."""
    app = _Relay(
        title="Taboon relay",
        version="1",
        description=openapi.INTRODUCTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        # Said in full: the framework would trace, and export by environment variables alone.
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
    )
    app.state.calls, app.state.notices = calls, notices
    for method, path, call in (
        ("PUT", "/v1/mailbox", calls.create),
        ("POST", "/v1/blobs", calls.append),
        ("GET", "/v1/blobs", calls.read),
        ("GET", "/v1/health", calls.health),
        ("GET", "/v1/limits", calls.limits),
    ):
        described = openapi.CALLS[call.__name__]
        app.add_api_route(path, call, methods=[method], response_class=Response, response_model=None, **described)
    return app


def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    return application(object.__new__(Calls), Notices()).openapi()


def create_app(
    store: Store, identity: Identity, settings: Settings, notices: Notices, wall: Callable[[], float] = time.time
) -> FastAPI:
    """Build the relay's application over an open database, which the caller closes."""
    calls = Calls(store, identity, settings, wall, notices)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        calls.writer.start()
        purging = purge_for_ever(store, calls.writer, calls.days, notices, settings.purge_seconds)
        listening = listen_for_ever(store, calls.waiters, notices)
        tasks = [asyncio.create_task(each) for each in (purging, listening, give_back_for_ever())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await calls.close()

    return application(calls, notices, lifespan)
