"""The findings one by one, as a table: filtered, sorted, paged; resolved ones too. People work cases (caselist.py)."""

from datetime import timedelta
from math import ceil
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field, ValidationError, field_validator

from cmfc.ledger.queries import Filter, list_findings
from cmfc.reconcile.registry import titles
from cmfc.review.case_query import STATUSES
from cmfc.review.context import Reading, Visit, as_query, typed
from cmfc.review.draft import NONE, Draft
from cmfc.review.people import choices

router = APIRouter()
PAGE = 50


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

    def filter(self, visit: Visit) -> Filter:
        """As the ledger is asked."""
        return Filter(
            status=self.status, severity=self.severity, queue=self.queue, code=self.code, office=self.office,
            county=self.county, assignee=self.assignee, sight=visit.sight,
            changed=self.changed,
            is_open=None if self.episode is None else self.episode == "open",
            first_seen_until=None if self.min_age is None else visit.data.seen_on - timedelta(days=self.min_age),
        )  # fmt: skip


@router.get("/findings", response_class=HTMLResponse)
def worklist(visit: Reading, query: Annotated[ListQuery, Query()]) -> Response:
    """One page of the findings."""
    return show(visit, query)


def show(visit: Visit, query: ListQuery, draft: Draft = NONE) -> Response:
    """The findings as a table; `draft` is a form that could not be done, or was."""
    data = visit.data
    criteria, offset = query.filter(visit), (query.page - 1) * PAGE
    findings, total = list_findings(data.ledger, data.agency, criteria, PAGE, offset, query.sort, data.places)
    records = data.by("findings", "exception_id", (f.exception_id for f in findings))
    names = visit.names(f.child_id for f in findings)
    if visit.person.sees_names:
        data.note_view(visit.person, "findings", (f.exception_id for f in findings), visit.act_time)
    now = query.model_dump(exclude={"page"})
    return visit.page(
        "findings.html.j2", draft.status,
        draft=draft, findings=findings, total=total, records=records, names=names, filters=query, now=now,
        pages=max(1, ceil(total / PAGE)), offset=offset, choices=_choices(visit), titles=titles(),
        statuses=STATUSES, people=choices(visit, (f.caseworker_id for f in findings)),
        back=f"findings?{as_query(now, page=query.page)}",
    )  # fmt: skip


def parse_query(query: str) -> ListQuery:
    """The query of an address of ours; what cannot be read is left out."""
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
        choices[name] = [row["v"] for row in visit.data.night_rows(sql, values)]
    return choices
