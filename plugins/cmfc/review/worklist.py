"""The findings one by one, as a table: filtered, sorted, paged; resolved ones too. People work cases (caselist.py)."""

from math import ceil
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from cmfc.reconcile.registry import titles
from cmfc.review.case_query import STATUSES
from cmfc.review.context import Reading, Visit, as_query
from cmfc.review.draft import NONE, Draft
from cmfc.review.people import choices
from cmfc.review.standing_list import findings_of
from cmfc.review.worklist_query import ListQuery

router = APIRouter()
PAGE = 50


@router.get("/findings", response_class=HTMLResponse)
def worklist(visit: Reading, query: Annotated[ListQuery, Query()]) -> Response:
    """One page of the findings."""
    return show(visit, query)


def show(visit: Visit, query: ListQuery, draft: Draft = NONE) -> Response:
    """The findings as a table; `draft` is a form that could not be done, or was."""
    data = visit.data
    offset = (query.page - 1) * PAGE
    findings, total = findings_of(visit, query, PAGE, offset)
    pages = max(1, ceil(total / PAGE))
    if query.page > pages:  # the list became shorter, say
        return show(visit, query.model_copy(update={"page": pages}), draft)
    records = data.by("findings", "exception_id", (f.exception_id for f in findings))
    names = visit.names(f.child_id for f in findings)
    if visit.person.sees_names:
        data.note_view(visit.person, "findings", (f.exception_id for f in findings), visit.act_time)
    now = query.model_dump(exclude={"page"})
    return visit.page(
        "findings.html.j2", draft.status,
        draft=draft, findings=findings, total=total, records=records, names=names, filters=query, now=now,
        pages=pages, offset=offset, choices=_choices(visit), titles=titles(),
        statuses=STATUSES, people=choices(visit, (f.caseworker_id for f in findings)),
        back=f"findings?{as_query(now, page=query.page)}",
    )  # fmt: skip


def _choices(visit: Visit) -> dict[str, list[str]]:
    """What can be chosen in the filters, by those who see it."""
    where, values = visit.visible_offices()
    choices = {}
    for name in ("code", "office", "county"):
        sql = f"SELECT DISTINCT {name} AS v FROM findings WHERE {name} IS NOT NULL AND {where} ORDER BY v"
        choices[name] = [row["v"] for row in visit.data.night_rows(sql, values)]
    return choices
