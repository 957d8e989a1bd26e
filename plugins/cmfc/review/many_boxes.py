"""Forms of many boxes: a page has as many as it has findings, and everybody may select all."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

MOST_FIELDS = 50_000
"""Fields of a form; the framework takes 1,000."""


class _Wide(Request):
    def form(self, **_: Any) -> Any:
        return super().form(max_fields=MOST_FIELDS)


class ManyBoxes(APIRoute):
    """A route that takes such a form."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As any, of a request with so many fields."""
        handle = super().get_route_handler()

        async def wide(request: Request) -> Response:
            widened = _Wide(request.scope, request.receive)
            request.state.widened = widened
            return await handle(widened)

        return wide


async def form_of(request: Request) -> Any:
    """The form of a request that was refused: it can be read once, so whoever read it first is asked."""
    return await getattr(request.state, "widened", request).form()
