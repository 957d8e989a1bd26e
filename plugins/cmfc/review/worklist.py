"""The worklist: tonight's findings, filtered, sorted and paged; and what is done to many of them at once."""

from datetime import date, timedelta
from math import ceil
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field, ValidationError, field_validator

from cmfc.errors import UsageError
from cmfc.ledger.actions import WAIVER_DAYS, Action, Kind, apply_to_many
from cmfc.ledger.queries import Filter, count_changes, list_findings
from cmfc.review.access import Role
from cmfc.review.context import Changing, Reading, Refused, Visit, typed
from cmfc.timing.clock import local_date

router = APIRouter()
PAGE = 50
STATUSES = ("new", "reopened", "open", "acknowledged", "waived", "resolved")


class ListQuery(BaseModel):
    """What the address of a list says; kept in the address, it is a saved filter."""

    model_config = {"extra": "ignore"}
    severity: Literal["critical", "high", "medium", "low", "info"] | None = None
    queue: Literal["act_now", "explain", "correct_record", "history"] | None = None
    status: Literal["new", "reopened", "open", "acknowledged", "waived", "resolved"] | None = None
    changed: Literal["better", "worse", "new", "over"] | None = None
    code: Annotated[str, Field(max_length=8)] | None = None
    office: Annotated[str, Field(max_length=200)] | None = None
    county: Annotated[str, Field(max_length=200)] | None = None
    assignee: Annotated[str, Field(max_length=200)] | None = None
    episode: Literal["open", "closed"] | None = None
    min_age: Annotated[int, Field(ge=0, le=36500)] | None = None
    sort: Literal["urgency", "oldest", "deadline", "code", "office", "child"] = "urgency"
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1

    @property
    def is_of_the_list(self) -> bool:
        """Whether what is asked for is on tonight's list, and not what was on earlier ones."""
        return self.status != "resolved" and self.changed != "over"

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any, info: Any) -> Any:
        text = typed(value) if isinstance(value, str) else value
        return cls.model_fields[info.field_name].default if text == "" else text

    def filter(self, visit: Visit, search: str | None = None) -> Filter:
        """As the ledger is asked."""
        return Filter(
            status=self.status, severity=self.severity, queue=self.queue, code=self.code, office=self.office,
            county=self.county, assignee=self.assignee, search=search, sight=visit.sight,
            changed=self.changed,
            is_open=None if self.episode is None else self.episode == "open",
            first_seen_until=None if self.min_age is None else visit.data.seen_on - timedelta(days=self.min_age),
        )  # fmt: skip


@router.get("/", response_class=HTMLResponse)
def worklist(visit: Reading, query: Annotated[ListQuery, Query()]) -> Response:
    """One page of the list."""
    return show(visit, query)


@router.get("/search")
@router.get("/acts")
def again(visit: Reading) -> Response:
    """A page that a form brought is loaded anew: the list."""
    return visit.back_to("")


@router.post("/search", response_class=HTMLResponse)
def search(
    visit: Changing, text: Annotated[str, Form(max_length=200)], page: Annotated[int, Form(ge=1, le=1_000_000)] = 1
) -> Response:
    """The findings of one id. Sent as a form, since addresses are logged and what is typed may be anything."""
    return show(visit, ListQuery(page=page), search=typed(text))


def show(
    visit: Visit,
    query: ListQuery,
    refused: dict[str, UsageError] | None = None,
    done: str = "",
    search: str | None = None,
) -> Response:
    """The list as a page, what was refused of a bulk act, or what was found of an id."""
    data = visit.data
    wanted, offset = query.filter(visit, search), (query.page - 1) * PAGE
    findings, total = list_findings(data.ledger, data.agency, wanted, PAGE, offset, query.sort, data.places)
    records = data.by("findings", "exception_id", (f.exception_id for f in findings))
    names = visit.names(f.child_id for f in findings)
    if visit.person.sees_names:
        data.note_view(visit.person, "worklist", (f.exception_id for f in findings), visit.act_time)
    return visit.page(
        "worklist.html.j2", 409 if refused else 200,
        findings=findings, total=total, records=records, names=names, filters=query,
        now=query.model_dump(exclude={"page"}),
        pages=max(1, ceil(total / PAGE)), offset=offset, choices=_choices(visit),
        statuses=STATUSES, refused=refused or {}, done=done, search=search,
        changed=count_changes(data.ledger, data.agency, visit.sight),
    )  # fmt: skip


@router.post("/acts", response_class=HTMLResponse)
def act_at_once(
    visit: Changing,
    kind: Annotated[Kind, Form()],
    chosen: Annotated[list[str] | None, Form()] = None,
    text: Annotated[str, Form(max_length=4000)] = "",
    assignee: Annotated[str, Form(max_length=200)] = "",
    until: Annotated[str, Form(max_length=10)] = "",
    back: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Do one thing to the chosen findings; say which had changed meanwhile."""
    seen = {}
    for one in chosen or ():
        exception_id, _, revision = one.partition(":")
        if not revision.isdecimal():
            raise UsageError("CMFC-W02", "The list of chosen findings cannot be read. Load the page again.")
        seen[visit.finding(exception_id).exception_id] = int(revision)
    if not seen:
        raise UsageError("CMFC-F03", "Choose at least one finding.")
    what = action_of(visit, kind, text, assignee, until)
    done, refused = apply_to_many(visit.data.ledger, visit.data.agency, seen, what)
    query = _parse_query(back)
    return show(visit, query, refused, f"{len(done)} of {len(seen)} findings: {kind} done.")


def action_of(visit: Visit, kind: Kind, text: str, assignee: str, until: str) -> Action:
    """A form as an action.

    Raises:
        UsageError: CMFC-F03 the day cannot be read.
        Refused: a waiver of more than WAIVER_DAYS by somebody who is no admin.
    """
    at = visit.act_time
    today = local_date(at, visit.data.mapping.zone)
    try:
        last = date.fromisoformat(until) if until and kind == "waive" else None
    except ValueError:
        raise UsageError("CMFC-F03", "Write the last day of a waiver as YYYY-MM-DD.") from None
    if last and last > today + timedelta(days=WAIVER_DAYS) and visit.person.role < Role.ADMIN:
        raise Refused(f"Only an admin may waive for more than {WAIVER_DAYS} days.")
    return Action(
        kind, visit.person.name, at, today, typed(text), typed(assignee), last,
        may_waive_longer=visit.person.role >= Role.ADMIN,
    )  # fmt: skip


def _parse_query(query: str) -> ListQuery:
    try:
        return ListQuery.model_validate(dict(parse_qsl(query)))
    except ValidationError:
        return ListQuery()


def _choices(visit: Visit) -> dict[str, list[str]]:
    """What can be chosen in the filters, by those who see it."""
    where, values = visit.visible_offices()
    choices = {}
    for name in ("code", "office", "county"):
        sql = f"SELECT DISTINCT {name} AS v FROM findings WHERE {name} IS NOT NULL AND {where} ORDER BY v"
        choices[name] = [row["v"] for row in visit.data.rows(sql, values)]
    return choices
