"""The first screen: who is missing now, or may be; above them what falls due, what is new, what a person can decide."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from cmfc.review.context import Reading, Visit
from cmfc.review.watch import Watch, last_watch
from cmfc.worklists import wording
from cmfc.worklists.missing_now import DONE, STATES, UNTOLD, Missing, missing_sentence
from cmfc.worklists.order import SOON_SECONDS

router = APIRouter()
PAGE = 100
_COLUMNS = ", ".join(f"m.{name}" for name in Missing.__dataclass_fields__)
_TOLD = {
    "le": ("e.le_reported_earliest", "e.le_reported_latest"),
    "ncmec": ("e.ncmec_reported_earliest", "e.ncmec_reported_latest"),
    "ncic": ("n.entered_earliest", "n.entered_latest"),
}
_FROM = """
    FROM missing_named AS m
    LEFT JOIN episodes AS e ON e.episode_id = m.episode_id
    LEFT JOIN (SELECT l.episode_id, min(r.ncic_entered_at_earliest) AS entered_earliest,
                      min(r.ncic_entered_at_latest) AS entered_latest
               FROM links AS l JOIN le_reports AS r ON r.le_report_id = l.report_id
               WHERE l.feed = 'le_reports' AND l.episode_id IS NOT NULL GROUP BY ALL) AS n
           ON n.episode_id = m.episode_id
"""


class MissingQuery(BaseModel):
    """What the address of the first screen says."""

    model_config = {"extra": "ignore"}
    only: Literal["", "new", "due", "open", "cannot_be_read", "vanished", "seen"] = ""
    caseworker: Annotated[str, Field(max_length=200)] = ""
    office: Annotated[str, Field(max_length=200)] = ""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1


@dataclass(frozen=True)
class Row:
    """A missing child with when each was told; times in epoch seconds UTC."""

    child: Missing
    informed: tuple[int | None, int | None]
    told: dict[str, tuple[int | None, int | None]]

    def state(self, who: str) -> str:
        """The code of a state: le, ncic or ncmec."""
        return str(getattr(self.child, f"{who}_state"))

    def text(self, who: str) -> str:
        """A state in words; empty where nothing can be said."""
        words = wording.NCIC_STATE if who == "ncic" else wording.TOLD_STATE
        return words.get(self.state(who), "")

    def owed(self) -> list[tuple[int, str]]:
        """What is still to be told, by when and whom, the earliest first."""
        names = {"le": "law enforcement", "ncmec": "NCMEC"}
        there = [(due, names[who]) for who in names if (due := getattr(self.child, f"{who}_due")) is not None
                 and self.state(who) not in DONE]  # fmt: skip
        return sorted(there)

    def is_due(self, now: int, as_of: int) -> bool:
        """Whether something falls due within 12 hours, or did since the list was made."""
        return any(as_of <= due <= now + SOON_SECONDS for due, _ in self.owed())


@router.get("/", response_class=HTMLResponse)
def missing_now(visit: Reading, query: Annotated[MissingQuery, Query()]) -> Response:
    """Who is missing now."""
    data = visit.data
    watch = last_watch(visit.settings.lists, data.store, data.agency, data.as_of)
    as_of = watch.as_of if watch else data.as_of
    everybody = missing_rows(visit, watch)
    due = [row for row in everybody if row.is_due(visit.now, as_of)]
    new = [row for row in everybody if row.child.is_new]
    listed = [row for row in everybody if _fits(row, query, visit.now, as_of)]
    shown = listed[(query.page - 1) * PAGE :][:PAGE]
    if visit.person.sees_names:
        ids = {row.child.child_id for row in (*shown, *due, *new)}
        data.note_view(visit.person, "missing", (f"children:{one}" for one in ids), visit.act_time)
    return visit.page(
        "missing.html.j2", rows=shown, due=due, new=new, total=len(listed), of=len(everybody), query_now=query,
        pages=max(1, -(-len(listed) // PAGE)), sentence=missing_sentence(count(everybody)), watch=watch,
        questions=_questions(visit, {row.child.child_id for row in everybody}) if visit.person.sees_names else [],
        offices=sorted({row.child.office for row in everybody if row.child.office}), data_time=as_of,
        caseworkers=sorted({row.child.caseworker_id for row in everybody if row.child.caseworker_id}),
        back="",
    )  # fmt: skip


def missing_rows(visit: Visit, watch: Watch | None) -> list[Row]:
    """Whom a person sees, in the order of the list."""
    sql, values = visit.visible_offices("m.office")
    told = ", ".join(f"{column} AS t{n}" for n, column in enumerate(c for pair in _TOLD.values() for c in pair))
    asked = f"SELECT {_COLUMNS}, m.informed_earliest, m.informed_latest, {told} {_FROM} WHERE {sql} ORDER BY m.place"
    rows = watch.rows(asked, values) if watch else visit.data.rows(asked, values)
    return [_row(row) for row in rows]


def _row(row: dict[str, Any]) -> Row:
    child = Missing(**{name: row[name] for name in Missing.__dataclass_fields__})
    told = {who: (row[f"t{2 * n}"], row[f"t{2 * n + 1}"]) for n, who in enumerate(_TOLD)}
    return Row(child, (row["informed_earliest"], row["informed_latest"]), told)


def count(rows: list[Row]) -> dict[str, int]:
    """Children by record state, and those missing that law enforcement was not told of (worklists/missing_now.py)."""
    counts = {state: sum(row.child.record_state == state for row in rows) for state in STATES}
    return counts | {"untold": sum(r.child.record_state == "open" and r.child.le_state in UNTOLD for r in rows)}


def _fits(row: Row, query: MissingQuery, now: int, as_of: int) -> bool:
    child = row.child
    if query.office not in ("", child.office) or query.caseworker not in ("", child.caseworker_id):
        return False
    if query.only in STATES:
        return child.record_state == query.only
    return not query.only or (child.is_new if query.only == "new" else row.is_due(now, as_of))


def _questions(visit: Visit, missing: set[str]) -> list[dict[str, Any]]:
    """The reports that may be about a child who is missing: an answer would change what is owed."""
    sql, values = visit.visible_offices("c.office")
    rows = visit.data.rows(
        "SELECT m.feed, m.report_id, m.child_id FROM matches AS m JOIN children AS c ON c.child_id = m.child_id"
        f" WHERE m.method = 'candidate' AND ({sql}) ORDER BY ALL",
        values,
    )
    return [row for row in rows if row["child_id"] in missing]
