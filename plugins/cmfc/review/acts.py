"""What people do to cases, duties and findings, and how it is taken back. There is no default act."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Literal, get_args
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, Response

from cmfc.errors import UsageError
from cmfc.ledger.actions import WAIVER_DAYS, Action, Kind, apply_to_many
from cmfc.ledger.desk import listed_of
from cmfc.ledger.queries import Listed
from cmfc.review import caselist, child, worklist
from cmfc.review.access import Role
from cmfc.review.context import Changing, Reading, Refused, Visit, as_query, typed
from cmfc.review.draft import Draft, Undo
from cmfc.review.many_boxes import ManyBoxes
from cmfc.review.people import refuse_unknown
from cmfc.review.worklist_query import parse_query as parse_findings
from cmfc.timing.clock import local_date

router = APIRouter(route_class=ManyBoxes)
DONE = {
    "acknowledge": "acknowledged", "assign": "assigned", "waive": "set aside", "comment": "comment added",
    "explain": "explained", "unacknowledge": "acknowledgement taken back", "unwaive": "set aside no longer",
    "unexplain": "explanation taken back",
}  # fmt: skip
INVERSE: dict[str, Kind] = {"acknowledge": "unacknowledge", "waive": "unwaive", "assign": "assign",
                            "explain": "unexplain"}  # fmt: skip
FormKind = Literal[Kind, "unassign"]
"""On a form to assign to nobody is an act of its own, so that a field left empty takes a case from nobody."""
FIELD = {"CMFC-F05": "until", "CMFC-F09": "assignee", "CMFC-W04": "until"}


@dataclass(frozen=True)
class ActForm:
    """What a person does. `chosen`: per box, `id:revision` of its findings; `back`: the page it was done on."""

    kind: str
    chosen: tuple[str, ...]
    text: str
    assignee: str
    until: str
    back: str

    def draft(self, ids: Sequence[str], **more: object) -> Draft:
        """The form, to be shown again."""
        return replace(Draft(self.kind, self.text, self.assignee, self.until, frozenset(ids)), **more)  # type: ignore[arg-type]


def act_form(
    kind: Annotated[str, Form(max_length=200)] = "",
    chosen: Annotated[list[str] | None, Form()] = None,
    text: Annotated[str, Form(max_length=4000)] = "",
    assignee: Annotated[str, Form(max_length=200)] = "",
    until: Annotated[str, Form(max_length=10)] = "",
    back: Annotated[str, Form(max_length=4000)] = "",
) -> ActForm:
    """The form as it comes."""
    return ActForm(kind, tuple(chosen or ()), text, assignee, until, back)


@router.get("/acts")
def again(visit: Reading) -> Response:
    """A page that a form brought is loaded anew: the list."""
    return visit.back_to("list")


@router.post("/acts", response_class=HTMLResponse)
def act(visit: Changing, form: Annotated[ActForm, Depends(act_form)]) -> Response:
    """Do one thing to what was chosen; say what was not done, and offer to take it back."""
    chosen = parse_chosen(visit, form.chosen)
    try:
        kind = _kind_of(form, chosen)
        what = action_of(visit, kind, form.text, form.assignee, form.until)
        before = listed_of(visit.data.ledger, visit.data.agency, chosen)
        done, refused = apply_to_many(visit.data.ledger, visit.data.agency, chosen, what)
    except Lacks as error:
        return show_again(visit, form.back, form.draft(list(chosen), problems={error.field: error.message}))
    except UsageError as error:
        if error.code not in ("CMFC-F03", *FIELD):
            raise
        problems = {_field_of(error, form.kind): error.message}
        return show_again(visit, form.back, form.draft(list(chosen), problems=problems))
    whom = f" to {what.assignee or 'nobody'}" if what.kind == "assign" else ""
    sentence = f"{len(done)} of {len(chosen)} findings: {DONE[what.kind]}{whom}." if done else ""
    undo = _undo_of(what.kind, [before[one] for one in done])
    return show_again(visit, form.back, form.draft((), refused=refused, done=sentence, undo=undo))


class Lacks(Exception):
    """A form lacks something; `field` is beside what the message stands."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


def parse_chosen(visit: Visit, chosen: Sequence[str]) -> dict[str, int]:
    """The findings that were chosen, each once, with the revision that the person saw.

    Raises:
        UsageError: CMFC-W02 the form cannot be read; CMFC-F01 a finding is not there, or not for the person.
    """
    parts = [part.partition(":") for box in chosen for part in box.split(",") if part]
    if any(not revision.isdecimal() for _, _, revision in parts):
        raise UsageError("CMFC-W02", "The list of chosen findings cannot be read. Load the page again.")
    there = listed_of(visit.data.ledger, visit.data.agency, (one for one, _, _ in parts))
    if any(one not in there or not visit.sees(there[one].office) for one, _, _ in parts):
        raise UsageError("CMFC-F01", "No finding has this id, or you may not see it.")
    return {one: int(revision) for one, _, revision in parts}


def _kind_of(form: ActForm, chosen: dict[str, int]) -> FormKind:
    if form.kind not in get_args(FormKind):
        raise Lacks("kind", "Choose what to do. Nothing was done.")
    if not chosen:
        raise Lacks("chosen", "Choose at least one child, duty or finding. Nothing was done.")
    kind: FormKind = form.kind  # type: ignore[assignment]
    return kind


def _field_of(error: UsageError, kind: str) -> str:
    if error.code in FIELD:
        return FIELD[error.code]
    if kind == "assign":
        return "assignee"
    return "until" if kind == "waive" and "day" in error.message else "text"


def action_of(visit: Visit, kind: FormKind, text: str, assignee: str, until: str) -> Action:
    """A form as an action.

    Raises:
        UsageError: CMFC-F03 the day cannot be read, or it is not said to whom; CMFC-F09 nobody is called that.
        Refused: a waiver of more than WAIVER_DAYS by somebody who is no admin.
    """
    at = visit.act_time
    today = local_date(at, visit.data.mapping.zone)
    try:
        last = date.fromisoformat(until) if until and kind == "waive" else None
    except ValueError:
        raise UsageError("CMFC-F03", "Write the last day as YYYY-MM-DD.") from None
    if last and last > today + timedelta(days=WAIVER_DAYS) and visit.person.role < Role.ADMIN:
        raise Refused(f"Only an admin may set something aside for more than {WAIVER_DAYS} days.")
    whom = typed(assignee) if kind == "assign" else ""
    if kind == "assign":
        if not whom:
            raise UsageError("CMFC-F03", "To assign, say to whom.")
        refuse_unknown(visit, whom)
    return Action(
        "assign" if kind == "unassign" else kind, visit.person.name, at, today, typed(text), whom, last,
        may_waive_longer=visit.person.role >= Role.ADMIN,
    )  # fmt: skip


def _undo_of(kind: str, done: Sequence[Listed]) -> list[Undo]:
    """What takes an act back: an assignment goes back to whom it was before, each to theirs."""
    if kind not in INVERSE or not done:
        return []
    before: dict[str, list[str]] = {}
    for finding in done:
        if kind == "acknowledge" and finding.acknowledged_by:
            continue  # somebody else's would go with it
        to = finding.assignee or "" if kind == "assign" else ""
        before.setdefault(to, []).append(f"{finding.exception_id}:{finding.revision + 1}")
    if kind == "waive" and any(finding.waived_until for finding in done):
        return []  # the former one ended with this one
    inverse = INVERSE[kind]
    return [
        Undo("unassign" if inverse == "assign" and not to else inverse, tuple(ids), to) for to, ids in before.items()
    ]


def show_again(visit: Visit, back: str, draft: Draft) -> Response:
    """The page that a form was on, with what was typed or done; its address is that page's, for who loads it anew.

    A child may have left the list meanwhile. What was done is said all the same, on the list.
    """
    path, _, query = back.removeprefix("/").partition("?")
    try:
        page, address = _page_of(visit, path, query, draft)
    except UsageError as error:
        if error.code != "CMFC-W05":
            raise
        page, address = _page_of(visit, "list", "", draft)
    page.headers["HX-Push-Url"] = address
    return page


def _page_of(visit: Visit, path: str, query: str, draft: Draft) -> tuple[Response, str]:
    """A page and its address; `path` as it stands in an address."""
    if path.startswith("child/"):
        child_id = unquote(path.removeprefix("child/"))
        return child.show(visit, child_id, draft), visit.url(f"child/{child_id}")
    if path.startswith("findings"):
        rows = parse_findings(query)
        return worklist.show(visit, rows, draft), f"{visit.base}/findings?{as_query(rows.model_dump())}"
    cases = caselist.parse_query(query)
    return caselist.show(visit, cases, draft), f"{visit.base}/list?{caselist.link(cases, page=cases.page)}"
