"""The case list: queues as tabs, filters with counts, views that a person keeps, and acts on what is chosen."""

from collections import Counter
from math import ceil
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import ValidationError

from cmfc.ledger.desk import drop_view, keep_view, views_of
from cmfc.reconcile.registry import titles
from cmfc.review.case_query import MANY, MINE, NOBODY, TABS, CaseQuery
from cmfc.review.cases import MOST_CHOICES, PAGE, list_cases
from cmfc.review.context import Changing, Reading, Visit, typed
from cmfc.review.desk import BANDS
from cmfc.review.draft import NONE, Draft
from cmfc.review.people import choices
from cmfc.worklists import wording
from cmfc.worklists.lines import name_of

router = APIRouter()
LABELS = {
    "severity": "Severity", "code": "What", "status": "Status", "assignee": "Assigned to", "caseworker": "Caseworker",
    "office": "Office", "county": "County", "band": "Age when the child went missing", "feed": "Rests on records of",
    "changed": "Since the last night",
}  # fmt: skip


@router.get("/list", response_class=HTMLResponse)
def case_list(visit: Reading, query: Annotated[CaseQuery, Query()]) -> Response:
    """A page of cases."""
    return show(visit, query)


@router.get("/views")
def again(visit: Reading) -> Response:
    """A page that a form brought is loaded anew: the list."""
    return visit.back_to("list")


@router.post("/views")
def keep(
    visit: Changing,
    name: Annotated[str, Form(max_length=80)],
    query: Annotated[str, Form(max_length=4000)] = "",
    drop: Annotated[str, Form(max_length=1)] = "",
) -> Response:
    """Keep a view under a name, or keep it no longer."""
    ledger, agency, person = visit.data.ledger, visit.data.agency, visit.person.name
    if drop:
        drop_view(ledger, agency, person, typed(name), visit.act_time)
        return visit.back_to("list")
    filters = parse_query(query)
    keep_view(ledger, agency, person, typed(name), urlencode(filters.pairs()), visit.act_time)
    return visit.back_to("list", filters.pairs())


def show(visit: Visit, query: CaseQuery, draft: Draft = NONE) -> Response:
    """The list; `draft` is a form that could not be done, or was."""
    listing = list_cases(visit, query)
    cases, tab = listing.cases, listing.tabs[query.queue]
    pages = max(1, ceil(tab["children"] / PAGE))
    if query.page > pages:  # the list became shorter, say
        return show(visit, query.model_copy(update={"page": pages}), draft)
    if visit.person.sees_names:
        visit.data.note_view(visit.person, "list", (row["exception_id"] for c in cases for row in c.rows),
                             visit.act_time)  # fmt: skip
    names = {c.child_id: name_of(c.child) for c in cases if c.child and c.child_id}
    return visit.page(
        "list.html.j2", draft.status,
        draft=draft, query_now=query, cases=cases, tabs=listing.tabs, order=TABS, count=tab,
        pages=pages, names=names if visit.person.sees_names else {},
        facets={name: _choices(name, listing.facets[name], getattr(query, name), visit) for name in MANY},
        labels=LABELS, chosen_texts=_texts(visit), people=choices(visit, (c.of("caseworker_id") for c in cases)),
        views=views_of(visit.data.ledger, visit.data.agency, visit.person.name), link=link,
        back=f"list?{link(query, page=query.page)}",
    )  # fmt: skip


def parse_query(query: str) -> CaseQuery:
    """The query of an address of ours; what cannot be read is left out."""
    pairs = parse_qsl(query)
    by_name = {name: [value for key, value in pairs if key == name] for name, _ in pairs}
    fields = {name: values if name in MANY else values[0] for name, values in by_name.items()}
    try:
        return CaseQuery.model_validate(fields)
    except ValidationError:
        return CaseQuery()


def link(query: CaseQuery, **changes: object) -> str:
    """The address of a list, some of it changed; from its first page on."""
    page = changes.pop("page", None)
    pairs = query.pairs(**changes)
    return urlencode([*pairs, *([("page", str(page))] if page and page != 1 else [])])


def _choices(
    name: str, counted: list[tuple[str, int]], chosen: list[str], visit: Visit
) -> list[tuple[str, str, int, bool]]:
    """Value, words, children and whether it is chosen; what is chosen first, and then those with the most children."""
    counts = Counter(dict(counted))  # what no child has is in no row
    if name == "assignee":
        counts[MINE] = counts[visit.person.name]
    texts = _texts(visit)
    values = [*chosen, *([MINE, NOBODY] if name == "assignee" else []), *counts]
    options = list(dict.fromkeys(values))[: max(MOST_CHOICES, len(chosen))]
    return [(one, texts[name].get(one, one), counts[one], one in chosen) for one in options]


def _texts(visit: Visit) -> dict[str, dict[str, str]]:
    return {
        **{name: {} for name in MANY}, "severity": wording.SEVERITY, "status": wording.STATUS, "band": BANDS,
        "code": {code: f"{title} ({code})" for code, title in titles().items()}, "feed": wording.FEED,
        "assignee": {MINE: f"me ({visit.person.name})", NOBODY: "nobody"}, "changed": wording.CHANGED,
        "caseworker": {}, "office": {}, "county": {}, "episode": {"open": "missing episode open",
                                                                 "closed": "missing episode over"},
        "soon": {"1": "due within 12 hours"},
    }  # fmt: skip
