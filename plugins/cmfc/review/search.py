"""Finds children by name, by any id and by any report number. What is typed is sent as a form and kept nowhere.

The journal holds who searched, when, how many hits there were, and a keyed hash of what was typed, so that the same
search can be recognised by whoever has the key, and by nobody else.
"""

import hashlib
import hmac
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from cmfc.feeds.catalog import feeds
from cmfc.ledger.desk import note_search, of_subjects
from cmfc.ledger.queries import Listed
from cmfc.reconcile.registry import titles
from cmfc.review.context import Changing, Reading, Visit, typed
from cmfc.review.off_file import children_off_file
from cmfc.review.search_words import named, plain_number
from cmfc.review.today import said_of, today_of, whereabouts
from cmfc.worklists.lines import name_of

router = APIRouter()
MOST = 50
"""So many hits are shown of each kind."""


@router.get("/search")
def again(visit: Reading) -> Response:
    """A page that a form brought is loaded anew: the first screen."""
    return visit.back_to("")


@router.post("/search", response_class=HTMLResponse)
def search(visit: Changing, text: Annotated[str, Form(max_length=200)]) -> Response:
    """What is found, in the offices that the person sees."""
    term, today = typed(text), today_of(visit)
    numbered = _reports(visit, term) if term else []
    linked = {row["child_id"] for row in numbered if row["child_id"]}
    by_number = _children(visit, "child_id IN (SELECT unnest(?))", [sorted(linked)]) if linked else []
    everything = _findings(visit, term) if term else []
    owners = _owners(visit, term, everything) if term else set()
    children = [*_by_id(visit, term, owners), *by_number, *_by_name(visit, term)] if term else []
    by_id = {row["child_id"]: row for row in reversed(children)}
    off_file = children_off_file(visit, today, term, {*owners, *linked}) if term else []
    by_id = {row["child_id"]: row for row in off_file} | by_id
    why = dict.fromkeys(linked, "by the number of a report")
    # reports of no child on file are for those who see every office
    reports = [row for row in numbered if row["child_id"] is None] if visit.sight is None else []
    findings = [finding for finding in everything if visit.sees(finding.office)][:MOST]
    ids = [f"children:{one}" for one in by_id]
    visit.data.note_view(visit.person, "search", [*ids, *(f.exception_id for f in findings)], visit.act_time)
    hits = len(by_id) + len(reports) + len(findings)
    note_search(visit.data.ledger, visit.data.agency, visit.person.name, hits, _hashed(visit, term), visit.act_time)
    now = {one: (known.row, said_of(visit, known)) for one, known in whereabouts(visit, today, by_id).items()}
    return visit.page(
        "search.html.j2", term=term, children=sorted(by_id.values(), key=_place), why=why, most=MOST, reports=reports,
        findings=findings, titles=titles(), now=now, back="", is_short=bool(term) and not named(term)[0],
        name_of=name_of,
    )  # fmt: skip


def _place(row: dict[str, Any]) -> tuple[str, ...]:
    """By name; who has none comes first, so that nobody without a name is cut off."""
    return (row["last_name"] or "", row["first_name"] or "", row["child_id"])


def _hashed(visit: Visit, term: str) -> str:
    return hmac.digest(visit.pseudonyms.secret, b"cmfc search " + term.casefold().encode(), hashlib.sha256).hex()[:32]


def _children(visit: Visit, where: str, values: list[Any]) -> list[dict[str, Any]]:
    """The first of those whom a condition on `searched_children` fits."""
    sql, offices = visit.visible_offices()
    hits = visit.data.rows(
        f"SELECT child_id FROM searched_children WHERE ({where}) AND ({sql})"
        f" ORDER BY last_name, first_name, child_id LIMIT {MOST + 1}",
        [*values, *offices],
    )
    return list(visit.data.by("children", "child_id", (row["child_id"] for row in hits)).values())


def _by_id(visit: Visit, term: str, owners: set[str]) -> list[dict[str, Any]]:
    """The child of an id of its own, of a caseworker, or of a row of any feed."""
    where = "child_id IN (SELECT unnest(?)) OR plain_id = lower(?) OR plain_caseworker = lower(?)"
    return _children(visit, where, [sorted(owners), term, term])


def _owners(visit: Visit, term: str, findings: list[Listed]) -> set[str]:
    """The children that an episode, a row of a feed or a finding of this id is about."""
    rows = visit.data.find("episodes", "episode_id", [term])
    for feed in feeds().values():
        rows += visit.data.find(feed.name, feed.key, [term])
    about = [row["child_id"] for row in rows] + [finding.child_id for finding in findings]
    return {one for one in about if one}


def _reports(visit: Visit, term: str) -> list[dict[str, Any]]:
    """The reports with a number, however it is spaced, and the child that each is about."""
    number = plain_number(term)
    if not any(one.isdigit() for one in number):
        return []
    return visit.data.rows(
        "SELECT DISTINCT n.feed, n.report_id, coalesce(l.child_id, n.child_id) AS child_id FROM report_numbers AS n"
        " LEFT JOIN links AS l ON l.feed = n.feed AND l.report_id = n.report_id WHERE n.number = ?"
        f" ORDER BY ALL LIMIT {MOST + 1}",
        [number],
    )


def _by_name(visit: Visit, term: str) -> list[dict[str, Any]]:
    """Those whose names have a word that begins with each of the words typed, in any order, accents aside."""
    where, words = named(term)
    return _children(visit, where, words) if words else []


def _findings(visit: Visit, term: str) -> list[Listed]:
    """Those with this id, or about what has it, resolved ones too; of any office."""
    return of_subjects(visit.data.ledger, visit.data.agency, [term, *(f"{feed}:{term}" for feed in feeds())])
