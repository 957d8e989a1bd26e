"""One child: the open missing episode first, then the earlier ones, with duties, timeline and all that was done."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from cmfc.errors import UsageError
from cmfc.ledger.desk import acts_on, of_child
from cmfc.ledger.queries import Listed
from cmfc.reconcile.registry import titles
from cmfc.review.cases import Case, Duty, cases_of
from cmfc.review.context import Visit, Working
from cmfc.review.draft import NONE, Draft
from cmfc.review.people import choices
from cmfc.review.records import tables_of
from cmfc.review.timeline import Mark, Picture, draw, draw_all, marks, of_episode
from cmfc.review.today import today_of, whereabouts
from cmfc.worklists.duties import DUTIES, duty_of
from cmfc.worklists.lines import name_of

router = APIRouter()
_NAMELESS = dict.fromkeys(("last_name", "first_name", "middle_name"))
REPORTS = {"le": DUTIES["LE"], "ncmec": DUTIES["NC"]}


@dataclass(frozen=True)
class DutyLine:
    """One duty of an episode: what the rules say of it, the evidence, and what was found, if anything.

    `verdicts`: by whose rule; `report`: the record that counts, with its time (ends, epoch seconds UTC).
    """

    name: str
    obligation: str
    verdicts: tuple[tuple[str, str], ...]
    report: tuple[str, int | None, int | None] | None
    duty: Duty | None


@dataclass(frozen=True)
class Episode:
    """A missing episode of the child with its duties; `duties`: those that are no report."""

    row: dict[str, Any]
    lines: tuple[DutyLine, ...]
    duties: tuple[Duty, ...]


@router.get("/child/{child_id:path}", response_class=HTMLResponse)
def child(visit: Working, child_id: str) -> Response:
    """The page of a child."""
    return show(visit, child_id)


def show(visit: Visit, child_id: str, draft: Draft = NONE) -> Response:
    """The page; `draft` is a form that could not be done, or was.

    Raises:
        UsageError: CMFC-W05 there is no such child for the person.
    """
    data = visit.data
    everything = [one for one in of_child(data.ledger, data.agency, child_id) if visit.sees(one.office)]
    child = data.by("children", "child_id", [child_id]).get(child_id)
    state = whereabouts(visit, today_of(visit), [child_id])[child_id]
    is_there = bool(everything) or (state.row is not None and visit.sees(state.row["office"] or None))
    if (child is None and not is_there) or (child is not None and not visit.sees(child["office"])):
        raise UsageError("CMFC-W05", "No child on file has this id, or you may not see the child.")
    data.catch_up()
    case = cases_of(visit, [child_id])[0]
    records = data.about(child_id)
    rows = sorted(data.find("episodes", "child_id", [child_id]),
                  key=lambda row: (row["status"] != "open", -row["began_earliest"], row["episode_id"]))  # fmt: skip
    episodes = [episode_of(row, case) for row in rows]
    items = _marks(visit, rows, records)
    data.note_view(visit.person, "child", [f"children:{child_id}", *(one.exception_id for one in everything)],
                   visit.act_time)  # fmt: skip
    return visit.page(
        "child.html.j2", draft.status, draft=draft, child_id=child_id, child=child, case=case, episodes=episodes,
        name=name_of(child or state.row or _NAMELESS), state=state,
        others=[duty for duty in case.duties if duty.first["episode_id"] not in {row["episode_id"] for row in rows}],
        pictures=_pictures(visit, rows, items), marks=items, events=_events(visit, everything), titles=titles(),
        findings=_ordered(everything, case), tables=tables_of(visit, records), duty_of=duty_of,
        people=choices(visit, [case.of("caseworker_id")]), back=quote(f"child/{child_id}"),
        sheet=visit.url(f"child/{child_id}/sheet") if rows or any(records.values()) or state.is_newer else "",
    )  # fmt: skip


def episode_of(row: dict[str, Any], case: Case) -> Episode:
    """An episode with its duties: the reports and the entry always, the others where something was found."""
    duties = {duty.name: duty for duty in case.duties if duty.first["episode_id"] == row["episode_id"]}
    lines = []
    for who, name in REPORTS.items():
        report_id = row[f"{who}_report_id"]
        report = (f"{who}_reports:{report_id}", row[f"{who}_reported_earliest"], row[f"{who}_reported_latest"])
        verdicts = (("federal", row[f"{who}_verdict"]), ("state", row[f"{who}_state_verdict"]))
        lines.append(DutyLine(name, row[f"{who}_duty"], tuple(one for one in verdicts if one[1]),
                              report if report_id else None, duties.pop(name, None)))  # fmt: skip
    entry = DUTIES["NI"]
    judged = (("federal", row["ncic_verdict"]),) if row["ncic_verdict"] != "not_required" else ()
    lines.insert(1, DutyLine(entry, "", judged, None, duties.pop(entry, None)))
    return Episode(row, tuple(lines), tuple(duties.values()))


def _marks(visit: Visit, rows: list[dict[str, Any]], records: dict[str, list[dict[str, Any]]]) -> list[Mark]:
    """The marks of all episodes on one timeline."""
    if not rows:
        return []
    law = visit.data.law
    items = marks(rows[0], records, law, visit.local)
    return [*items, *(mark for row in rows[1:] for mark in of_episode(row, law, visit.local))]


def _pictures(visit: Visit, rows: list[dict[str, Any]], items: list[Mark]) -> list[Picture]:
    """The one over all, and the first days of the current or last episode; of a single episode, what it needs."""
    if len(rows) < 2:
        return draw(rows[0], items, visit.data.as_of, visit.data.zone) if rows else []
    whole = draw_all(rows, items, visit.data.as_of, visit.data.zone)
    return [whole, *draw(rows[0], items, visit.data.as_of, visit.data.zone)[-1:]]


def _events(visit: Visit, everything: list[Listed]) -> list[Any]:
    """What people did, and what nights ended, the last first."""
    codes = {one.exception_id: one.code for one in everything}
    events = acts_on(visit.data.ledger, visit.data.agency, codes)
    return [(event, codes[event.exception_id]) for event in events if event.kind not in ("found", "severity")]


def _ordered(everything: list[Listed], case: Case) -> list[Listed]:
    """The findings in the order of lists, resolved ones last."""
    places = {row["exception_id"]: place for place, row in enumerate(case.rows)}
    return sorted(everything, key=lambda one: (places.get(one.exception_id, len(places)), one.exception_id))
