"""Over the weeks: per night, how many are missing and untold, how soon reports were made, what was set aside (spec 5).

Counted from the published lists, so that a night says what it said then; of the visitor's offices alone.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any, Literal

import duckdb
from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from cmfc.errors import UsageError
from cmfc.publishing.manifest import NightFacts, read_facts
from cmfc.review.context import Reading, Visit
from cmfc.storage.duck import open_duckdb, quoted, rows_of
from cmfc.worklists.missing_now import UNTOLD

router = APIRouter()
NIGHTS, SINCE_DAYS = 60, 30
WIDTH, HEIGHT, LEFT, EDGE = 640, 120, 34, 30
Which = Literal["missing", "le", "ncmec", "le_reports", "ncmec_reports"]
FIGURES = (
    ("missing", "Missing, or may be", "missing"), ("le", "Law enforcement not told", "le"),
    ("ncmec", "NCMEC not told", "ncmec"),
    ("le_hours", "Law enforcement: median hours", "le_reports"),
    ("le_share", "Law enforcement: per cent in time", "le_reports"),
    ("ncmec_hours", "NCMEC: median hours", "ncmec_reports"),
    ("ncmec_share", "NCMEC: per cent in time", "ncmec_reports"),
    ("aside", "Rows set aside", ""),
)  # fmt: skip
"""Name, heading, and which rows it leads to; rows set aside lead to the sources."""
TITLES = {"missing": "Missing, or may be", "le": "Law enforcement not told", "ncmec": "NCMEC not told",
          "le_reports": "Reports to law enforcement", "ncmec_reports": "Reports to NCMEC"}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A figure over the nights: a point for each night (None: its list does not say), and the polylines between."""

    points: tuple[tuple[float, float] | None, ...]
    stretches: tuple[str, ...]


@router.get("/weeks", response_class=HTMLResponse)
def weeks(visit: Reading) -> Response:
    """All figures of the nights whose lists are kept, the oldest first."""
    nights = {night: _figures(visit, night) for night in nights_of(visit)}
    lines = {name: _line([of_night[name] for of_night in nights.values()]) for name, _, _ in FIGURES}
    return visit.page("weeks.html.j2", nights=nights, figures=FIGURES, lines=lines, width=WIDTH, height=HEIGHT,
                      edge=EDGE, since_days=SINCE_DAYS, back="weeks")  # fmt: skip


@router.get("/weeks/{night}/{which}", response_class=HTMLResponse)
def rows_of_night(visit: Reading, night: str, which: Which) -> Response:
    """The rows behind a number, of that night's own list; by pseudonym for those who may see no id."""
    rows = _rows(visit, night, which) if night in nights_of(visit) else None
    if rows is None:
        raise UsageError("CMFC-W02", "There is no such table in a list of that night, or it cannot be read any more.")
    if visit.person.sees_names:
        visit.data.note_view(visit.person, "weeks", [f"children:{row['child_id']}" for row in rows], visit.act_time)
    return visit.page("weeks_night.html.j2", rows=rows, night=night, title=TITLES[which], is_reports="_" in which,
                      names=visit.names(row["child_id"] for row in rows), back=f"weeks/{night}/{which}")  # fmt: skip


def _lists(visit: Visit) -> Path:
    return visit.settings.lists / visit.data.agency


def nights_of(visit: Visit) -> list[str]:
    """Nights with a published list, up to the current one, the earliest first; at most NIGHTS."""
    nights = (path.parent.name for path in _lists(visit).glob("????-??-??/manifest.json"))
    return sorted(night for night in nights if night <= visit.data.night)[-NIGHTS:]


def _figures(visit: Visit, night: str) -> dict[str, float | None]:
    """A night's figures; None: that list does not say."""
    figures: dict[str, float | None] = {}
    for which in ("missing", "le", "ncmec"):
        rows = _rows(visit, night, which)
        figures[which] = None if rows is None else len(rows)
    for who in ("le", "ncmec"):
        rows = _rows(visit, night, f"{who}_reports") or []
        hours = [row["hours"] for row in rows if row["hours"] is not None]
        judged = [row for row in rows if row["verdict"] in ("met", "late", "missing")]
        figures[f"{who}_hours"] = round(median(hours), 1) if hours else None
        met = sum(row["verdict"] == "met" for row in judged)
        figures[f"{who}_share"] = round(100 * met / len(judged), 1) if judged else None
    facts = _facts(_lists(visit) / night)
    # Rows are set aside of a feed, not of an office: who sees some offices goes to the sources for their own.
    figures["aside"] = None
    if facts is not None and visit.sight is None:
        figures["aside"] = sum(feed.accounting["quarantined"] for feed in facts.feeds.values() if feed.accounting)
    return figures


def _rows(visit: Visit, night: str, which: str) -> list[dict[str, Any]] | None:
    """The rows of a figure that the visitor may see; None: the list has no such table."""
    folder, (who, _, is_reports) = _lists(visit) / night, which.partition("_")
    table = "episodes" if is_reports else "missing_now"
    path, facts = folder / f"{table}.parquet", _facts(folder)
    if facts is None or not path.is_file():
        return None
    if is_reports:
        since = facts.as_of - SINCE_DAYS * 86_400
        sql = (f"SELECT child_id, office, {who}_verdict AS verdict, {who}_hours_max AS hours FROM t"
               f" WHERE {who}_duty = 'required' AND epoch(began_earliest) > {since}")  # fmt: skip
    else:
        untold = ", ".join(f"'{state}'" for state in UNTOLD)
        column = "le_state" if who == "missing" else f"{who}_state"
        where = "TRUE" if who == "missing" else f"{column} IN ({untold})"
        sql = f"SELECT child_id, office, {column} AS verdict, NULL AS hours FROM t WHERE {where}"
    try:
        rows = _read(path, sql, path.stat().st_mtime_ns)
    except (OSError, duckdb.Error):  # the file of an old night is damaged: the others stand
        return None
    return [row for row in rows if visit.sees(row["office"] or None)]


def _facts(folder: Path) -> NightFacts | None:
    """What the manifest of a night says; None: nobody can read it any more."""
    try:
        return read_facts(folder)
    except (OSError, ValueError, KeyError, TypeError):
        return None


@lru_cache(maxsize=512)
def _read(path: Path, sql: str, _stamp: int) -> tuple[dict[str, Any], ...]:
    """Rows of a published table; `_stamp` is new when the night was published again."""
    with open_duckdb() as connection:
        return tuple(rows_of(connection, f"WITH t AS (FROM read_parquet('{quoted(path)}')) {sql} ORDER BY ALL"))


def _line(values: list[float | None]) -> Line:
    """Points of a figure from zero up; a night that does not say breaks the line."""
    most = max([1.0, *(value for value in values if value is not None)])
    step = (WIDTH - 2 * LEFT) / max(1, len(values) - 1)
    points = tuple(
        None if value is None else
        (round(LEFT + step * number, 1), round(HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * value / most, 1))
        for number, value in enumerate(values)
    )  # fmt: skip
    stretches = [[point for point in group if point] for is_there, group in groupby(points, bool) if is_there]
    return Line(points, tuple(" ".join(f"{x},{y}" for x, y in stretch) for stretch in stretches if len(stretch) > 1))
