"""Every route of the review page and every REST endpoint that could show anything of a child, and who gets what.

docs/reference/access.md has the table; a route that is here or there alone fails the test.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from tests.support.deployment import NAMES, Browser
from tests.support.places import PROJECT

PAGE = PROJECT / "docs" / "reference" / "access.md"
ROLES = {"ada": "Admin", "olga": "Op", "uma": "User", "vera": "Viewer", "rita": "CMFC Reviewer", "cora": "CMFC Viewer",
         "pat": "Public"}  # fmt: skip
COLUMNS = [*ROLES.values(), "nobody"]

REVIEW = (
    "GET /", "GET /health", "GET /static/review.css", "GET /{agency}", "GET /{agency}/", "GET /{agency}/overview",
    "GET /{agency}/search", "GET /{agency}/acts", "GET /{agency}/views", "GET /{agency}/list",
    "GET /{agency}/findings", "GET /{agency}/changes", "GET /{agency}/help", "GET /{agency}/child/{child}",
    "GET /{agency}/findings/{finding}", "GET /{agency}/questions",
    "GET /{agency}/questions/{report}", "GET /{agency}/export.csv", "GET /{agency}/export.xlsx",
    "GET /{agency}/child/{child}/sheet", "GET /{agency}/child/{child}/sheet/undo", "GET /{agency}/noted",
    "GET /{agency}/sources", "GET /{agency}/sources/{feed}", "GET /{agency}/sources/{feed}/rows.csv",
    "GET /{agency}/weeks", "GET /{agency}/weeks/{night}/{which}",
    "POST /{agency}/child/{child}/sheet", "POST /{agency}/child/{child}/sheet/undo",
    "POST /{agency}/search", "POST /{agency}/acts", "POST /{agency}/views", "POST /{agency}/findings/{finding}",
    "POST /{agency}/questions/{report}",
)  # fmt: skip
"""Below /cmfc."""
RUN = "/dags/{dag}/dagRuns/{run}"
TASK = RUN + "/taskInstances/{task}"
REST = (
    "/dags", "/dags/{dag}", "/dags/{dag}/details", "/dags/{dag}/tasks", "/dags/{dag}/dagVersions", "/dagSources/{dag}",
    "/dags/{dag}/dagRuns", RUN, RUN + "/hitlDetails", RUN + "/upstreamAssetEvents",
    RUN + "/taskInstances", TASK, TASK + "/tries", TASK + "/logs/1", TASK + "/links",
    TASK + "/xcomEntries", TASK + "/xcomEntries/return_value",
    TASK + "/state-store", "/eventLogs", "/importErrors", "/dagWarnings", "/jobs", "/assets", "/assets/events",
    "/backfills?dag_id={dag}", "/plugins", "/connections", "/variables", "/config", "/pools",
)  # fmt: skip
"""Below /api/v2, with GET."""
FORMS = {
    "search": {"text": "{child}"},
    "views": {"name": "Mine", "query": "queue=all"},
    "acts": {"kind": "comment", "text": "Called the office.", "chosen": "{finding}:{revision}"},
    "findings/{finding}": {"kind": "comment", "text": "Called the office.", "revision": "{revision}"},
    "sheet": {"recipient": "ncmec", "reported_at": "2026-11-01T08:00", "number": "77"},
    "sheet/undo": {"claim": "0"},
    "questions/{report}": {"child_id": "{child}", "choice": "cannot_tell", "why": "Not clear.", "revision": "0"},
}


def people(admin: Browser) -> dict[str, Browser]:
    """One person per role, made as an admin makes them; and nobody."""
    browsers = {}
    for login, role in ROLES.items():
        about = {"username": login, "email": f"{login}@x.example", "first_name": login, "last_name": "x",
                 "password": f"{login}-secret", "roles": [{"name": role}]}  # fmt: skip
        admin.ask("/auth/fab/v1/users", about)
        browsers[role] = Browser(admin.url, login, f"{login}-secret")
    return {**browsers, "nobody": Browser(admin.url)}


def observe(browsers: dict[str, Browser], names: dict[str, str]) -> dict[str, dict[str, str]]:
    """By route and role what the table says; `names` gives what stands in braces."""
    table: dict[str, dict[str, str]] = {}
    for route in REVIEW:
        method, path = route.split()
        table[f"{method} `/cmfc{path}`"] = {
            role: _word(*_ask(browser, method, "/cmfc" + path, names)) for role, browser in browsers.items()
        }
    for path in REST:
        table[f"GET `/api/v2{path}`"] = {
            role: _word(*browser.status(f"/api/v2{_filled(path, names)}")) for role, browser in browsers.items()
        }
    return table


def _ask(browser: Browser, method: str, path: str, names: dict[str, str]) -> tuple[int, bytes]:
    if method == "GET":
        return browser.status(_filled(path, names))
    form = next(form for end, form in FORMS.items() if path.endswith(end))
    return browser.send(_filled(path, names), {key: _filled(value, names) for key, value in form.items()})


def _filled(text: str, names: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: names[match[1]], text)


def _word(status: int, body: bytes) -> str:
    if status >= 400 and status not in (409, 503):  # which are answers: somebody was faster; something is not well
        return str(status)
    if body.startswith(b"PK"):
        with ZipFile(BytesIO(body)) as book:
            body = b"".join(book.read(part) for part in book.namelist())
    return "names" if any(name.encode() in body for name in NAMES) else "shown"


def read_table() -> dict[str, dict[str, str]]:
    """The table of the page."""
    rows = [line.strip("|").split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if "| " in line]
    heads = [[cell.strip() for cell in row] for row in rows]
    start = next(at for at, row in enumerate(heads) if row[0] == "Route")
    assert heads[start][1:] == COLUMNS
    routes = [row for row in heads[start + 1 :] if not row[0].startswith("--")]
    return {row[0]: dict(zip(COLUMNS, row[1:], strict=True)) for row in routes}


def write_table(table: dict[str, dict[str, str]]) -> Iterator[str]:
    """The table's lines."""
    yield f"| Route | {' | '.join(COLUMNS)} |"
    yield "|---" * (len(COLUMNS) + 1) + "|"
    for route, by in table.items():
        yield f"| {route} | {' | '.join(by[role] for role in COLUMNS)} |"


def routes_of(app: Any) -> set[str]:
    """The routes of the review page, as the table writes them."""
    names = {"{exception_id}": "{finding}", "{feed}/{report_id:path}": "{report}", "{name}": "review.css",
             "{child_id:path}": "{child}"}  # fmt: skip
    routes = set()
    for route in app.routes:
        path = route.path
        for name, other in names.items():
            path = path.replace(name, other)
        routes |= {f"{method} {path}" for method in route.methods - {"HEAD"}}
    return routes
