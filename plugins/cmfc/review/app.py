"""The review page's application. It knows nobody by itself: who is signed in is asked of what it is given.

Every route asks for a person but `/health`, which shows ages and counts alone, so that a monitor elsewhere needs no
password; there is no description of the interface (openapi) to read.
"""

import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from threading import Lock
from types import MappingProxyType
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException as StarletteError

from cmfc.errors import CmfcError, UsageError, entries
from cmfc.pipeline.health import Health, check_health
from cmfc.privacy.logs import logger
from cmfc.privacy.pseudonyms import Key
from cmfc.review import (
    acts,
    caselist,
    changes,
    child,
    export,
    finding,
    missing,
    noted,
    overview,
    questions,
    search,
    sheet,
    sources,
    weeks,
    worklist,
)
from cmfc.review import help as help_page
from cmfc.review.access import Forms, Person
from cmfc.review.context import ASSETS, NAV, OF_NAMES, Identify, Late, asset, render, signed_in, typed_in
from cmfc.review.many_boxes import form_of
from cmfc.settings import settings_now

log = logger(__name__)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
STATUS = {"CMFC-W01": 404, "CMFC-W02": 400, "CMFC-W03": 403, "CMFC-W04": 403, "CMFC-W05": 404, "CMFC-W07": 503,
          "CMFC-F01": 404, "CMFC-F02": 409, "CMFC-F03": 422, "CMFC-F04": 422, "CMFC-F05": 422,
          "CMFC-F07": 404, "CMFC-F08": 404, "CMFC-F09": 422, "CMFC-E04": 400, "CMFC-E05": 404,
          "CMFC-J01": 503, "CMFC-J09": 503}  # fmt: skip
HEALTH_SECONDS = 10
"""How long the answer to a monitor holds."""


def build_app(identify: Identify, secret: str) -> FastAPI:
    """Make the application.

    Args:
        identify: a FastAPI dependency that gives the person who is signed in, or answers 401 or 403.
        secret: signs forms and keys the viewers' pseudonyms; the same in every process.
    """
    app = FastAPI(title="cmfc review", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.forms = Forms(secret)
    app.state.pseudonyms = Key(hmac.digest(secret.encode(), b"cmfc review pseudonyms", hashlib.sha256))
    app.dependency_overrides[signed_in] = identify
    app.middleware("http")(_guarded)
    for kind, handler in (
        (CmfcError, _show_error),
        (RequestValidationError, _unread),
        (StarletteError, _plain),
        (Exception, _broken),
    ):
        app.add_exception_handler(kind, handler)

    @app.get("/")
    def home(request: Request, person: Annotated[Person, Depends(signed_in)]) -> Response:
        root = request.scope.get("root_path", "")
        if not person.agencies:
            raise UsageError("CMFC-W01", "No agency is set up here: CMFC_AGENCIES has no mapping.")
        if len(person.agencies) > 1:
            return HTMLResponse(render("agencies.html.j2", root=root, agencies=person.agencies))
        return RedirectResponse(f"{root}/{person.agencies[0]}/", 303)

    app.get("/health")(_Monitored().answer)

    @app.get("/static/{name}")
    def static(name: str, _person: Annotated[Person, Depends(signed_in)]) -> Response:
        if name not in ASSETS:
            raise HTTPException(404)
        return Response(asset(name), media_type=ASSETS[name])

    @app.get("/{agency}")
    def without_slash(agency: str, request: Request, _person: Annotated[Person, Depends(signed_in)]) -> Response:
        if agency not in settings_now().mapping_files():
            raise HTTPException(404)
        return RedirectResponse(f"{request.scope.get('root_path', '')}/{quote(agency)}/", 303)

    parts = (missing, caselist, acts, search, changes, overview, questions, export, finding, sheet, noted, sources,
             weeks, worklist, help_page)  # fmt: skip
    for part in (*parts, child):  # last, since its path takes whatever stands below it
        app.include_router(part.router, prefix="/{agency}")
    return app


class _Monitored:
    """Answers a monitor; anybody may ask, so what was found is told again for a while instead of looked for anew."""

    def __init__(self) -> None:
        self._lock, self._until, self._health = Lock(), 0.0, Health((), 0, 0, ())

    def answer(self) -> JSONResponse:
        """200: all is well; 503: something is not. Ages and counts alone."""
        with self._lock:
            if time.monotonic() >= self._until:
                settings = settings_now()
                self._health = check_health(settings, settings.now())
                self._until = time.monotonic() + HEALTH_SECONDS
            return JSONResponse(self._health.counted(), 200 if self._health.is_well else 503)


async def _guarded(request: Request, following: Callable[[Request], Awaitable[Response]]) -> Response:
    answer = await following(request)
    for name, value in HEADERS.items():
        answer.headers[name] = value
    return answer


def _show_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, CmfcError)
    typed = error.typed if isinstance(error, Late) else {}
    return _sorry(request, STATUS.get(error.code, 500), error.message, error.code, typed)


def _unread(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # (where, name, place in a list): the name is what a person can find in the address
    parts = sorted({str(one["loc"][:2][-1]) for one in error.errors() if one["loc"]})
    return _sorry(request, 400, f"The address or the form cannot be read at: {', '.join(parts)}.", "CMFC-W02")


async def _plain(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteError)
    words = {401: "Sign in to Airflow first. Nothing was written.", 404: "There is no such page.",
             405: "This cannot be done here."}  # fmt: skip
    typed: dict[str, str] = {}
    if error.status_code == 401 and request.method == "POST":  # the session ended while somebody was typing
        with suppress(StarletteError, RuntimeError):
            typed = typed_in(await form_of(request))
    answer = _sorry(request, error.status_code, words.get(error.status_code, str(error.detail)), "", typed)
    answer.headers.update(error.headers or {})
    return answer


def _broken(request: Request, error: Exception) -> Response:
    """What nobody has thought of: a page all the same; the log of the interface has its kind, without values."""
    log.error("A review page failed.", status=type(error).__name__)
    message = "The page could not be made. Nothing was lost or written; the list itself is as it was."
    return _sorry(request, 500, message, "CMFC-W06")


def _sorry(
    request: Request, status: int, message: str, code: str, typed: Mapping[str, str] = MappingProxyType({})
) -> Response:
    root = request.scope.get("root_path", "")
    remedy = entries()[code].remedy if code else ()
    path = str(request.scope["path"]).removeprefix(root)
    agency = request.path_params.get("agency") or path.strip("/").partition("/")[0]
    has_mapping = agency in settings_now().mapping_files() if agency else False
    base = f"{root}/{agency}" if has_mapping else ""
    nav = [link for link in NAV if link[0] not in OF_NAMES]
    text = render("sorry.html.j2", root=root, base=base, nav=nav, status=status, message=message, code=code,
                  remedy=remedy, typed=typed)  # fmt: skip
    return HTMLResponse(text, status)
