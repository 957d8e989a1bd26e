"""Questions about matches (ID-03): is this report about this child? The score is shown once the person has answered."""

from collections.abc import Collection
from math import ceil
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response

from cmfc.errors import UsageError
from cmfc.ledger.match_answers import add_answer, answers_in_force
from cmfc.ledger.queries import Filter, list_findings
from cmfc.matching.answers import FIRST_SAME, Answer, Decision
from cmfc.matching.match import prints_of
from cmfc.reconcile.recipients import RECIPIENTS
from cmfc.reconcile.registry import titles
from cmfc.review.context import Changing, Visit, Working, typed
from cmfc.review.data import AgencyData
from cmfc.review.search_words import NUMBERS
from cmfc.storage.layout import checked_folder

router = APIRouter()
PAGE = 50
"""Reports on a page."""
Feed = Literal["le_reports", "ncmec_reports"]
RECIPIENT = {one.feed: one.recipient for one in RECIPIENTS}
UNREPORTED = ("LE-01", "LE-06", "NC-01", "NC-06")
COMPARED = (("first_name", "first_name"), ("last_name", "last_name"), ("date_of_birth", "date_of_birth"),
            ("sex", "sex"))  # fmt: skip
"""Columns a person compares, and the comparison of matching/comparisons.py that goes with each."""


@router.get("/questions", response_class=HTMLResponse)
def questions(visit: Working, page: Annotated[int, Query(ge=1, le=1_000_000)] = 1) -> Response:
    """The reports of the night that a person is asked about."""
    rows = _candidates(visit)
    answers = _answers(visit)
    ends = would_end(visit, {(row["feed"], row["child_id"]) for row in rows})
    missing = {row["child_id"]: row for row in visit.data.night_rows("SELECT child_id, record_state FROM missing_now")}
    urgent = sorted(rows, key=lambda r: (r["child_id"] not in missing, not ends[r["feed"], r["child_id"]]))
    open_reports: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in urgent:
        open_reports.setdefault((row["feed"], row["report_id"]), []).append(row)
    pages = max(1, ceil(len(open_reports) / PAGE))
    page = min(page, pages)  # the list became shorter, say
    on_page = dict(list(open_reports.items())[(page - 1) * PAGE : page * PAGE])
    children = [row["child_id"] for of_report in on_page.values() for row in of_report]
    visit.data.note_view(visit.person, "questions", (f"children:{one}" for one in children), visit.act_time)
    return visit.page(
        "questions.html.j2", reports=on_page, total=len(open_reports), page=page,
        pages=pages, answers=answers, ends=ends, missing=missing, titles=titles(),
        names=visit.names(children), back="questions",
    )  # fmt: skip


@router.get("/questions/{feed}/{report_id:path}", response_class=HTMLResponse)
def question(visit: Working, feed: Feed, report_id: str) -> Response:
    """One report beside its candidates."""
    return show(visit, feed, report_id)


def show(
    visit: Visit, feed: Feed, report_id: str, conflict: str = "", kept: tuple[str, str, str] = ("", "", "")
) -> Response:
    """The page of a question.

    `conflict` says why an answer was not taken; `kept` is one that was not: about which child, what, and why, which
    it may lack.
    """
    candidates = _candidates(visit, feed, report_id)
    if not candidates:
        raise UsageError("CMFC-E05", "The current list asks nothing about this report.")
    report = visit.data.by(feed, "record_id", [report_id])[report_id]
    children = visit.data.by("children", "child_id", (row["child_id"] for row in candidates))
    records = [f"{feed}:{report_id}", *(f"children:{child}" for child in children)]
    visit.data.note_view(visit.person, "question", records, visit.act_time)
    answers = {d.child_id: d for d in _answers(visit).get((feed, report_id), [])}
    return visit.page(
        "question.html.j2", 409 if conflict else 422 if kept[0] else 200, conflict=conflict, kept=kept,
        feed=feed, report=report, report_id=report_id,
        children=children, compared=COMPARED, candidates=candidates, answers=answers,
        own={c for c, d in answers.items() if d.decided_by == visit.person.name},
        second={c for c in children if visit.settings.review_second_reader and _clears_critical(visit, feed, c)},
        episodes={c: _episodes(visit, c) for c in children}, titles=titles(),
        ends={c: codes for (_, c), codes in would_end(visit, {(feed, c) for c in children}).items()},
        numbers={c: _numbers(visit, c) for c in children},
        own_numbers=[report[name] for name in NUMBERS[feed] if report.get(name)],
        missing=visit.data.by("missing_now", "child_id", children), back=quote(f"questions/{feed}/{report_id}"),
    )  # fmt: skip


@router.post("/questions/{feed}/{report_id:path}", response_class=HTMLResponse)
def answer(
    visit: Changing,
    feed: Feed,
    report_id: str,
    child_id: Annotated[str, Form(max_length=200)],
    choice: Annotated[Literal["same", "not_same", "cannot_tell"], Form()],
    why: Annotated[str, Form(max_length=4000)],
    revision: Annotated[int, Form(ge=0)],
) -> Response:
    """Put an answer on record; it counts from the next night on. Of two who saw the same state, the second is told.

    Where a second reader is asked for, the first "same" waits (`first_same`) until another person says it too.
    """
    if not any(row["child_id"] == child_id for row in _candidates(visit, feed, report_id)):
        raise UsageError("CMFC-E05", "This child is not a candidate for this report, or you may not see the child.")
    if not typed(why):
        return show(visit, feed, report_id, kept=(child_id, choice, ""))
    verdict: Answer = choice
    before = {d.child_id: d for d in _answers(visit).get((feed, report_id), [])}.get(child_id)
    if choice == "same" and visit.settings.review_second_reader and _clears_critical(visit, feed, child_id):
        first = before.decided_by if before and before.answer == FIRST_SAME else None
        verdict = "same" if first and first != visit.person.name else FIRST_SAME
    prints = prints_of(checked_folder(visit.data.folder), visit.data.as_of, f"{feed}:{report_id}", child_id)
    decision = Decision(feed, report_id, child_id, verdict, visit.person.name, visit.act_time,
                        typed(why), *prints)  # fmt: skip
    try:
        add_answer(visit.data.ledger, visit.data.agency, decision, seen=revision)
    except UsageError as error:
        if error.code != "CMFC-F02":
            raise
        return show(visit, feed, report_id, conflict=error.message, kept=(child_id, choice, typed(why)))
    return visit.back_to(f"questions/{feed}/{report_id}")


def _candidates(visit: Visit, feed: str = "", report_id: str = "") -> list[dict[str, Any]]:
    """Rows of matches.parquet that ask a person, of the children the visitor may see."""
    where, values = ("AND m.feed = ? AND m.report_id = ?", [feed, report_id]) if feed else ("", [])
    rows = visit.data.night_rows(
        "SELECT m.*, c.office AS office FROM matches AS m JOIN children AS c ON c.child_id = m.child_id"
        f" WHERE m.method = 'candidate' {where} ORDER BY m.feed, m.report_id, m.place",
        values,
    )
    return [row for row in rows if visit.sees(row["office"])]


def _answers(visit: Visit) -> dict[tuple[str, str], list[Decision]]:
    """What stands, by report."""
    answers: dict[tuple[str, str], list[Decision]] = {}
    for one in answers_in_force(visit.data.ledger, visit.data.agency, max(visit.now, visit.act_time) + 1):
        answers.setdefault((one.feed, one.report_id), []).append(one)
    return answers


def _clears_critical(visit: Visit, feed: str, child_id: str) -> bool:
    """Whether a report of this child would end a critical finding."""
    critical = Filter(child_id=child_id, severity="critical")
    findings, _ = list_findings(visit.data.ledger, visit.data.agency, critical, 200, places=visit.data.places)
    return any(f.recipient == RECIPIENT[feed] for f in findings)


def would_end(visit: Visit, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    """By feed and child, the codes of what is open about the duty to report, most urgent first: a yes may end it."""
    codes = visit.data.recall(0, "unreported", lambda: _unreported(visit.data))
    return {(feed, child_id): codes.get((RECIPIENT[feed], child_id), []) for feed, child_id in pairs}


def _unreported(data: AgencyData) -> dict[tuple[str, str], list[str]]:
    """By recipient and child, the codes of the children that anything is asked about."""
    hits = data.rows(
        f"SELECT exception_id, recipient, child_id, code FROM findings WHERE code IN {UNREPORTED}"
        " AND child_id IN (SELECT child_id FROM matches WHERE method = 'candidate')"
    )
    places = data.places
    rows = sorted((row for row in hits if row["exception_id"] in places), key=lambda row: places[row["exception_id"]])
    codes: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        codes.setdefault((row["recipient"], row["child_id"]), []).append(row["code"])
    return codes


def _numbers(visit: Visit, child_id: str) -> list[str]:
    """The official numbers of the child's other reports."""
    rows = [(feed, row) for feed in NUMBERS for row in visit.data.of_feed(feed, child_id)]
    return sorted({str(row[name]) for feed, row in rows for name in NUMBERS[feed] if row.get(name)})


def _episodes(visit: Visit, child_id: str) -> list[dict[str, Any]]:
    rows = visit.data.find("episodes", "child_id", [child_id])
    return sorted(rows, key=lambda row: (row["began_earliest"], row["episode_id"]))
