"""What every page shares: who sees which agency, how a page is made, what a form must carry."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from cmfc.errors import UsageError
from cmfc.ledger.actions import WAIVER_DAYS
from cmfc.ledger.queries import Listed, one_finding
from cmfc.privacy.pseudonyms import Key
from cmfc.review.access import Forms, Person, Role, Sight, sight_of
from cmfc.review.data import AgencyData, open_agency
from cmfc.settings import Settings, settings_now
from cmfc.timing.clock import local_date, local_time
from cmfc.worklists import times, wording
from cmfc.worklists.direction import without_turns
from cmfc.worklists.evidence import records_of
from cmfc.worklists.lines import name_of
from cmfc.worklists.order import SEVERITIES
from cmfc.worklists.rules import VERDICT
from cmfc.worklists.sheet_page import sheet_style

ASSETS = {"review.css": "text/css", "sheet.css": "text/css", "desk.js": "text/javascript",
          "htmx-2.0.11.min.js": "text/javascript"}  # fmt: skip
HTMX = {
    "allowEval": False, "includeIndicatorStyles": False,  # as the content security policy has it
    "historyCacheSize": 0, "refreshOnHistoryMiss": True,  # else named records would stay in the browser's storage
    "responseHandling": [{"code": "204", "swap": False}, {"code": "[2345]..", "swap": True}],
}  # fmt: skip
"""Links and forms swap the page's body instead of loading all anew; without JavaScript they are plain ones."""


NAV = (("", "Missing now"), ("list", "Cases"), ("questions", "Questions about matches"),
       ("noted", "Reports noted"), ("changes", "Since the last night"), ("weeks", "Over the weeks"),
       ("overview", "Overview"), ("sources", "Sources"), ("help", "Help"))  # fmt: skip
"""The pages that every page leads to."""
OF_NAMES = ("questions", "noted")
"""Those of them for who may see names."""


class Refused(UsageError):
    """What a person may not do (CMFC-W04); the page says 403."""

    def __init__(self, message: str) -> None:
        super().__init__("CMFC-W04", message)


class Late(UsageError):
    """A form that is not taken (CMFC-W03). `typed`: what the person had typed, to be shown again."""

    def __init__(self, error: UsageError, form: Mapping[str, Any]) -> None:
        super().__init__(error.code, error.message)
        self.typed = typed_in(form)


def typed_in(form: Mapping[str, Any]) -> dict[str, str]:
    """What a person had typed into a form, by the names of the fields."""
    return {TYPED[name]: text for name in TYPED if isinstance(text := form.get(name), str) and text}


TYPED = {"text": "Reason, comment or search", "why": "Why", "assignee": "Assign to", "until": "Until", "name": "Name"}
"""The fields into which people type."""


def signed_in() -> Person:
    """Stands for whoever is signed in; `build_app` puts the real question in its place."""
    raise HTTPException(401)


@dataclass(frozen=True)
class Visit:
    """One request of one person on the pages of one agency. `now` in epoch seconds UTC."""

    request: Request
    person: Person
    data: AgencyData
    settings: Settings
    forms: Forms
    pseudonyms: Key
    now: int

    @property
    def base(self) -> str:
        """Where the agency's pages begin."""
        return f"{self.request.scope.get('root_path', '')}/{self.data.key}"

    @property
    def act_time(self) -> int:
        """When the person acts, epoch seconds UTC; also of a view that is noted."""
        return self.settings.act_time()

    @property
    def today(self) -> date:
        """The agency's local date."""
        return local_date(self.now, self.data.mapping.zone)

    @property
    def sight(self) -> Sight | None:
        """What the person sees of this agency; None: all of it."""
        settings = self.settings
        return sight_of(self.person.name, self.data.agency, settings.review_offices, settings.review_default_offices)

    def sees(self, office: str | None) -> bool:
        """Whether a row of an office is for the person."""
        return self.sight is None or self.sight.covers(office)

    def finding(self, exception_id: str) -> Listed:
        """A finding that the person may see.

        Raises:
            UsageError: CMFC-F01 there is none for them.
        """
        row = one_finding(self.data.ledger, self.data.agency, exception_id)
        if row is None or not self.sees(row.office):
            raise UsageError("CMFC-F01", "No finding has this id, or you may not see it.")
        return row

    def visible_offices(self, column: str = "office") -> tuple[str, list[Any]]:
        """An SQL condition on a column of offices of what the person sees, and its values."""
        if self.sight is None:
            return "TRUE", []
        sql, values = self.sight.sql(column)
        return sql, list(values)

    def pseudonym(self, child_id: str | None) -> str:
        """What stands for a child where names may not be seen."""
        return self.pseudonyms.pseudonym(self.data.agency, "child", child_id)[:13] if child_id else ""

    def names(self, child_ids: Iterable[str | None]) -> dict[str, str]:
        """Names by child, for those who may see them; of children of their offices as they are now."""
        if not self.person.sees_names:
            return {}
        rows = self.data.by("children", "child_id", child_ids)
        return {key: name_of(row) for key, row in rows.items() if self.sees(row["office"])}

    def page(self, template: str, status: int = 200, **more: Any) -> HTMLResponse:
        """A page of `pages/`."""
        context = {
            "visit": self, "person": self.person, "agency": self.data, "base": self.base, "token": self.token(),
            "root": self.request.scope.get("root_path", ""), "htmx": HTMX, "roles": Role, "words": wording,
            "nav": NAV, "of_names": OF_NAMES, "back": "", "term": "", "verdict_words": VERDICT,
            "records_of": records_of,
            "times": times, "severities": SEVERITIES, "local": self.local, "done": "", "conflict": "",
            "waiver_days": WAIVER_DAYS, "tomorrow": self.today + timedelta(days=1),
            "last_day": self.today + timedelta(days=WAIVER_DAYS),
        }  # fmt: skip
        return HTMLResponse(render(template, **context | more), status)

    def token(self) -> str:
        """For this page's forms."""
        return self.forms.token(self.person) if self.person.sees_names else ""

    def local(self, at: int | None) -> str:
        """An instant on the agency's clock; empty for none."""
        return "" if at is None else local_time(at, self.data.mapping.zone)

    def url(self, path: str) -> str:
        """The address of a page of the agency."""
        return f"{self.base}/{quote(path)}"

    def back_to(self, path: str, query: Sequence[tuple[str, str]] = ()) -> RedirectResponse:
        """After a form: to a page, by GET."""
        return RedirectResponse(f"{self.base}/{quote(path)}" + (f"?{urlencode(query)}" if query else ""), 303)


def visit(request: Request, agency: str, person: Annotated[Person, Depends(signed_in)]) -> Visit:
    """Any signed-in person on an agency's pages.

    Raises:
        UsageError: CMFC-W01, there is no such agency or list, or none of it is for them.
    """
    settings, state = settings_now(), request.app.state
    data = open_agency(settings, agency)
    here = Visit(request, person, data, settings, state.forms, state.pseudonyms, settings.now())
    if here.sight is not None and here.sight.is_blind:
        raise UsageError("CMFC-W01", "There is no agency with this name, or you are named for none of its offices.")
    return here


def work(here: Annotated[Visit, Depends(visit)]) -> Visit:
    """Somebody who works the list.

    Raises:
        Refused: a viewer.
    """
    if here.person.role < Role.REVIEWER:
        raise Refused("Viewers see counts and pseudonyms; this page is for reviewers.")
    return here


async def change(visit: Annotated[Visit, Depends(work)], token: Annotated[str, Form()] = "") -> Visit:
    """Somebody who sends a form of ours.

    Raises:
        UsageError: CMFC-W03 the form is not of this page.
    """
    if visit.request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise UsageError("CMFC-W03", "This form was sent from another site.")
    try:
        visit.forms.check(token, visit.person)
    except UsageError as error:
        raise Late(error, await visit.request.form()) from None
    return visit


Reading = Annotated[Visit, Depends(visit)]
Working = Annotated[Visit, Depends(work)]
Changing = Annotated[Visit, Depends(change)]


def render(template: str, **context: Any) -> str:
    """A page of `pages/`, without signs that turn the direction of writing."""
    return str(without_turns(_templates().get_template(template).render(context)))


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("cmfc.review", "pages"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.globals["query"] = as_query
    environment.filters["clean"] = lambda value: typed(str(value))
    return environment


@cache
def asset(name: str) -> bytes:
    """A file that pages load."""
    if name == "sheet.css":
        return sheet_style().encode()
    return files("cmfc.review").joinpath("static", name).read_bytes()


def typed(text: str) -> str:
    """What a person typed, as it is kept: without the blanks around it and what databases refuse."""
    return text.replace("\x00", "").strip()


def as_query(now: dict[str, Any], **changes: Any) -> str:
    """A query string: what is set now, with changes; None takes a part away."""
    return urlencode({name: value for name, value in (now | changes).items() if value not in (None, "")})


Identify = Callable[..., Person]
