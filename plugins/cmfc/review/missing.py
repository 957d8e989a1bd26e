"""The first screen: who is missing now, or may be; above them what falls due, what is new, what a person can decide."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from cmfc.review.case_query import LONGEST
from cmfc.review.context import Reading, Visit
from cmfc.review.today import today_of
from cmfc.worklists import wording
from cmfc.worklists.missing_now import DONE, STATES, UNTOLD_COUNTS, Missing, missing_sentence
from cmfc.worklists.order import SOON_SECONDS

router = APIRouter()
PAGE, STRIP, CHOICES = 100, 12, 500
"""Children on a page, in the strips above it, and choices of a filter."""
_COLUMNS = ", ".join(f"m.{name}" for name in Missing.__dataclass_fields__)
_TOLD = {
    "le": ("e.le_reported_earliest", "e.le_reported_latest"),
    "ncmec": ("e.ncmec_reported_earliest", "e.ncmec_reported_latest"),
    "ncic": tuple(
        f"(SELECT min(r.ncic_entered_at_{end}) FROM links AS l JOIN le_reports AS r ON r.le_report_id = l.report_id"
        " WHERE l.feed = 'le_reports' AND l.episode_id = m.episode_id)"
        for end in ("earliest", "latest")
    ),
}


class MissingQuery(BaseModel):
    """What the address of the first screen says."""

    model_config = {"extra": "ignore"}
    only: Literal["", "new", "due", "open", "cannot_be_read", "vanished", "seen"] = ""
    caseworker: Annotated[str, Field(max_length=LONGEST)] = ""
    office: Annotated[str, Field(max_length=LONGEST)] = ""
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1


@dataclass(frozen=True)
class Row:
    """A missing child with when each was told; times in epoch seconds UTC."""

    child: Missing
    informed: tuple[int | None, int | None]
    times: dict[str, tuple[int | None, int | None]]

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
        return sorted(there, key=lambda one: one[0])  # law enforcement first, where both are due at once


@router.get("/", response_class=HTMLResponse)
def missing_now(visit: Reading, query: Annotated[MissingQuery, Query()]) -> Response:
    """Who is missing now."""
    data = visit.data
    today = today_of(visit)
    as_of, ask = today.as_of, today.ask
    due_now = is_due(as_of, visit.now - visit.now % 60)  # one question a minute, for everybody
    counts = ask(*_counts(visit, due_now))[0]
    where, values = _filters(query, due_now)
    (total,) = (row["n"] for row in ask(*_select(visit, "count(*) AS n", where, values)))
    pages = max(1, -(-total // PAGE))
    query = query.model_copy(update={"page": min(query.page, pages)})  # the list became shorter, say
    on_page = _rows(ask, visit, where, values, f"LIMIT {PAGE} OFFSET {(query.page - 1) * PAGE}")
    due, new = (_rows(ask, visit, condition, [], f"LIMIT {STRIP}") for condition in (due_now, "m.is_new"))
    if visit.person.sees_names:
        ids = {row.child.child_id for row in (*on_page, *due, *new)}
        data.note_view(visit.person, "missing", (f"children:{one}" for one in ids), visit.act_time)
    return visit.page(
        "missing.html.j2", rows=on_page, due=due, new=new, total=total, counts=counts, query_now=query,
        pages=pages, sentence=missing_sentence(counts), today=today, data_time=as_of,
        questions=_questions(visit, ask) if visit.person.sees_names else [], back="",
        offices=[row["v"] for row in ask(*_choice(visit, "office"))],
        caseworkers=[row["v"] for row in ask(*_choice(visit, "caseworker_id"))],
    )  # fmt: skip


def is_due(as_of: int, now: int) -> str:
    """SQL: whether something falls due within 12 hours, or did since the list was made; epoch seconds UTC."""
    return " OR ".join(
        f"coalesce(m.{who}_state NOT IN {DONE} AND m.{who}_due BETWEEN {as_of} AND {now + SOON_SECONDS}, FALSE)"
        for who in ("le", "ncmec")
    )


def _select(visit: Visit, what: str, where: str = "TRUE", values: list[Any] | None = None) -> tuple[str, list[Any]]:
    sql, offices = visit.visible_offices("m.office")
    return f"SELECT {what} FROM missing_named AS m WHERE ({sql}) AND ({where})", [*offices, *(values or [])]


def _counts(visit: Visit, due_now: str) -> tuple[str, list[Any]]:
    """Children by record state, those missing that nobody told of, by recipient, what is due, new, and all."""
    states = [f"count(*) FILTER (m.record_state = '{state}') AS {state}" for state in STATES]
    more = f"count(*) FILTER ({due_now}) AS due, count(*) FILTER (m.is_new) AS new, count(*) AS everybody"
    return _select(visit, ", ".join([*states, UNTOLD_COUNTS, more]))


def _choice(visit: Visit, column: str) -> tuple[str, list[Any]]:
    sql, values = _select(visit, f"DISTINCT m.{column} AS v", f"m.{column} <> ''")
    return f"{sql} ORDER BY v LIMIT {CHOICES}", values


def _filters(query: MissingQuery, due_now: str) -> tuple[str, list[Any]]:
    parts, values = ["TRUE"], list[Any]()
    for column, value in (("office", query.office), ("caseworker_id", query.caseworker)):
        if value:
            parts.append(f"m.{column} = ?")
            values.append(value)
    if query.only in STATES:
        parts.append(f"m.record_state = '{query.only}'")
    elif query.only:
        parts.append("m.is_new" if query.only == "new" else f"({due_now})")
    return " AND ".join(parts), values


def _rows(ask: Any, visit: Visit, where: str, values: list[Any], limit: str) -> list[Row]:
    """Whom a person sees, in the order of the list."""
    times = ", ".join(f"{column} AS t{n}" for n, column in enumerate(c for pair in _TOLD.values() for c in pair))
    sql, bound = _select(visit, "*", where, values)
    return [_row(row) for row in ask(
        f"SELECT {_COLUMNS}, m.informed_earliest, m.informed_latest, {times} FROM ({sql} ORDER BY m.place {limit}) AS m"
        " LEFT JOIN episodes AS e ON e.episode_id = m.episode_id ORDER BY m.place", bound,
    )]  # fmt: skip


def _row(row: dict[str, Any]) -> Row:
    child = Missing(**{name: row[name] for name in Missing.__dataclass_fields__})
    times = {who: (row[f"t{2 * n}"], row[f"t{2 * n + 1}"]) for n, who in enumerate(_TOLD)}
    return Row(child, (row["informed_earliest"], row["informed_latest"]), times)


def _questions(visit: Visit, ask: Any) -> list[dict[str, Any]]:
    """The reports that may be about a child who is missing: an answer would change what is owed."""
    sql, values = visit.visible_offices("c.office")
    rows = visit.data.night_rows(
        "SELECT m.feed, m.report_id, m.child_id FROM matches AS m JOIN children AS c ON c.child_id = m.child_id"
        f" WHERE m.method = 'candidate' AND ({sql}) ORDER BY ALL",
        values,
    )
    ids = sorted({row["child_id"] for row in rows})
    there = {row["child_id"] for row in ask(*_select(visit, "m.child_id", "m.child_id IN (SELECT unnest(?))", [ids]))}
    return [row for row in rows if row["child_id"] in there]
