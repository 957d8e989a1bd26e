"""One finding: why it stands, its rule, the timeline, the records it rests on, what happened to it, what to do next."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from cmfc.errors import UsageError
from cmfc.feeds.catalog import feeds
from cmfc.ledger.actions import EVENT, apply_action
from cmfc.ledger.queries import Event, Filter, history, list_findings
from cmfc.reconcile.registry import titles
from cmfc.review.acts import INVERSE, FormKind, action_of
from cmfc.review.context import Changing, Visit, Working
from cmfc.review.draft import NONE, Draft, Undo
from cmfc.review.people import choices
from cmfc.review.records import tables_of
from cmfc.review.timeline import draw, marks
from cmfc.worklists.evidence import records_of
from cmfc.worklists.explain import BASES
from cmfc.worklists.rules import rule_names, rule_sentences

router = APIRouter()
IN_PLACE = ("CMFC-F03", "CMFC-F04", "CMFC-F05", "CMFC-F09", "CMFC-W04")
"""Errors that are said beside the form."""
ANEW = ("found", "reopened")
"""Events after which an acknowledgement or a word of before is over."""


@router.get("/findings/{exception_id}", response_class=HTMLResponse)
def finding(visit: Working, exception_id: str, done: str = "") -> Response:
    """The page of a finding."""
    return show(visit, exception_id, done)


@router.post("/findings/{exception_id}", response_class=HTMLResponse)
def act_on_it(
    visit: Changing,
    exception_id: str,
    kind: Annotated[FormKind, Form()],
    revision: Annotated[int, Form(ge=0)],
    text: Annotated[str, Form(max_length=4000)] = "",
    assignee: Annotated[str, Form(max_length=200)] = "",
    until: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Do what the form says; of two people who looked at the same state, the second is told."""
    finding = visit.finding(exception_id)
    draft = Draft(kind, text, assignee, until)
    try:
        what = action_of(visit, kind, text, assignee, until)
        apply_action(visit.data.ledger, visit.data.agency, finding.exception_id, replace(what, revision=revision))
    except UsageError as error:
        if error.code == "CMFC-F02":
            return show(visit, exception_id, "", conflict=error.message, draft=draft)
        if error.code not in IN_PLACE:
            raise
        return show(visit, exception_id, "", problem=error.message, draft=draft)
    return visit.back_to(f"findings/{exception_id}", [("done", what.kind)])


def show(
    visit: Visit, exception_id: str, done: str, conflict: str = "", problem: str = "", draft: Draft = NONE
) -> Response:
    """The page of a finding.

    Args:
        visit: who looks.
        exception_id: the finding.
        done: an act that has just been done.
        conflict: why one was not: somebody was quicker.
        problem: why one was not: it lacked something.
        draft: what was typed for it.
    """
    data, finding = visit.data, visit.finding(exception_id)
    record = data.by("findings", "exception_id", [exception_id]).get(exception_id, {})
    on_file = data.by("children", "child_id", [finding.child_id]).get(finding.child_id or "")
    has_moved = on_file is not None and not visit.sees(on_file["office"])  # since the finding ended
    child_id = None if has_moved else finding.child_id
    records = data.about(child_id) if child_id else {feed: [] for feed in feeds()}
    episode = data.by("episodes", "episode_id", [finding.episode_id if child_id else None]).get(
        finding.episode_id or ""
    )
    pictures, timeline = [], []
    if episode:
        timeline = marks(episode, records, data.law, visit.local)
        pictures = draw(episode, timeline, data.as_of, data.zone)
    data.note_view(visit.person, "finding", [exception_id], visit.act_time)
    others, _ = (
        list_findings(data.ledger, data.agency, Filter(episode_id=finding.episode_id), 100, places=data.places)
        if episode
        else ([], 0)
    )
    events = history(data.ledger, data.agency, exception_id)
    acted, undo = last_act(visit, done, [event for event in events if event.exception_id == exception_id])
    evidence = [] if has_moved else records_of(record.get("evidence"))
    return visit.page(
        "finding.html.j2", 409 if conflict else 422 if problem else 200,
        f=finding, t=record, episode=episode, pictures=pictures, marks=timeline, names=visit.names([finding.child_id]),
        child=next(iter(records["children"]), None), basis=BASES,
        rules=rule_sentences(record.get("rules"), rule_names(data.mapping.jurisdiction, data.mapping.zone)),
        tables=tables_of(visit, _records(visit, records, evidence)), evidence=evidence, conflict=conflict,
        acted=acted, undo=undo,
        others=[o for o in others if o.exception_id != exception_id and visit.sees(o.office)],
        quarantined=_quarantined(visit, finding.subject_id), titles=titles(), problem=problem, draft=draft,
        back=f"findings/{exception_id}", has_moved=has_moved,
        people=choices(visit, [finding.caseworker_id]),
        missing=data.by("missing_now", "child_id", [child_id]).get(child_id or ""),
        events=events,
    )  # fmt: skip


def last_act(visit: Visit, done: str, events: Sequence[Event]) -> tuple[str, Undo | None]:
    """The act that an address says was just done, and what takes it back: as long as nothing came after it.

    Args:
        visit: who looks.
        done: the kind of an act.
        events: what happened to the finding, in order.
    """
    if not events or done not in EVENT or (events[-1].kind, events[-1].actor) != (EVENT[done], visit.person.name):
        return "", None
    *before, _ = events
    if done == "assign":
        whom = next((str(event.detail["assignee"]) for event in reversed(before) if event.kind == "assigned"), "")
        return done, Undo("assign" if whom else "unassign", (), whom)
    marks = {
        "acknowledge": ("unacknowledged", *ANEW),
        "waive": ("unwaived", "lapsed"),
        "explain": ("unexplained", *ANEW),
    }
    if done not in marks:
        return done, None
    earlier = [event.kind for event in before if event.kind in (EVENT[done], *marks[done])]
    is_twice = bool(earlier) and earlier[-1] == EVENT[done]  # what was there before would go with it
    return done, None if is_twice else Undo(INVERSE[done], ())


def _quarantined(visit: Visit, subject: str) -> list[dict[str, Any]]:
    """What was set aside of the record that a finding is about: where it stands in its source, and under which name."""
    rows = visit.data.rows(
        "SELECT DISTINCT feed, source, row, key, field, rule, effect FROM quarantine WHERE subject = ? ORDER BY ALL",
        [subject],
    )
    mapped = visit.data.mapping.feeds
    for row in rows:
        column = mapped[row["feed"]].columns.get(row["field"] or "") if row["feed"] in mapped else None
        row["native"] = column.native if column else None
    return rows


def _records(
    visit: Visit, records: dict[str, list[dict[str, Any]]], evidence: list[str]
) -> dict[str, list[dict[str, Any]]]:
    """The child's rows by feed, and rows of others that the finding rests on; feeds that it rests on first."""
    own = {row["record"] for rows in records.values() for row in rows}
    more: dict[str, list[dict[str, Any]]] = {}
    rests = [re.split("[:#]", name, maxsplit=1)[0] for name in evidence]
    for feed, name in zip(rests, evidence, strict=True):
        if name not in own and feed in feeds():
            record = visit.data.by(feed, "record", [name]).get(name)
            if record and (feed != "children" or visit.sees(record["office"])):
                more.setdefault(feed, []).append(record)
    order = sorted(records, key=lambda feed: feed not in rests)
    return {feed: [*records[feed], *more.get(feed, [])] for feed in order}
