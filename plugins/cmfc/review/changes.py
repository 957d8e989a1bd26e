"""Since the last night, and over the nights: what became better and worse, by duty, and the trends."""

from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from cmfc.errors import UsageError
from cmfc.findings.lifecycle import DUTY_CHANGES
from cmfc.review.context import Reading, Visit
from cmfc.review.nights import ROWS, WHO, NightFigures, figures, nights_of, rows_of
from cmfc.worklists.times import HOUR, duration_text

router = APIRouter()
WIDTH, HEIGHT, EDGE = 640, 150, 34


@dataclass(frozen=True)
class Trend:
    """One line over the nights. `points`: night, value and its words; None where there is nothing to measure."""

    name: str
    title: str
    rows: str
    points: tuple[tuple[str, float | None, str], ...]

    @property
    def most(self) -> float:
        """The top of the picture."""
        return max([1.0, *(value for _, value, _ in self.points if value is not None)])

    @property
    def placed(self) -> list[tuple[float, float, str, str]]:
        """Place, night and words of each point that has a value."""
        step = (WIDTH - 2 * EDGE) / max(1, len(self.points) - 1)
        return [
            (
                round(EDGE + place * step, 1),
                round(HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * value / self.most, 1),
                night,
                text,
            )
            for place, (night, value, text) in enumerate(self.points)
            if value is not None
        ]


@router.get("/changes", response_class=HTMLResponse)
def changes(visit: Reading) -> Response:
    """Both."""
    assert visit.data.version >= 0
    sql, values = visit.visible_offices()
    by_duty = visit.data.rows(
        "SELECT duty, duty_change, count(DISTINCT case_no) AS children, count(DISTINCT duty_no) AS duties,"
        f" count(*) AS findings FROM desk WHERE duty_change IS NOT NULL AND ({sql})"
        " GROUP BY ROLLUP (duty_change, duty) ORDER BY ALL",
        values,
    )
    totals = {row["duty_change"]: row for row in by_duty if row["duty"] is None and row["duty_change"]}
    duties = sorted({row["duty"] for row in by_duty if row["duty"]})
    cells = {(row["duty"], row["duty_change"]): row for row in by_duty if row["duty"]}
    nights = nights_of(visit.settings.lists, visit.data.agency, visit.data.night)
    measured = [figures(visit.settings.lists, visit.data.agency, night, sql, values) for night in nights]
    return visit.page(
        "changes.html.j2", kinds=DUTY_CHANGES, totals=totals, duties=duties, cells=cells, first=len(nights) < 2,
        trends=trends_of(measured), nights=measured, width=WIDTH, height=HEIGHT, edge=EDGE,
        codes=_codes(visit),
        back="changes",
    )  # fmt: skip


def _codes(visit: Visit) -> dict[str, list[str]]:
    """The codes of each duty, for links to the list."""
    rows = visit.data.rows("SELECT DISTINCT duty, code FROM desk ORDER BY ALL")
    codes: dict[str, list[str]] = {}
    for row in rows:
        codes.setdefault(row["duty"], []).append(row["code"])
    return codes


def trends_of(nights: list[NightFigures]) -> list[Trend]:
    """Every line."""
    lines = [Trend("missing", "Children missing", "missing", _whole(nights, "missing")),
             Trend("untold", "Missing, and a report not made", "untold", _whole(nights, "untold"))]  # fmt: skip
    for who, name in WHO.items():
        hours = tuple((n.night, h, "" if h is None else duration_text(h * HOUR)) for n in nights
                      for h in (getattr(n, f"{who}_hours"),))  # fmt: skip
        shares = tuple((n.night, s, "" if s is None else f"{100 * s:.0f} %") for n in nights
                       for s in (getattr(n, f"{who}_share"),))  # fmt: skip
        lines.append(Trend(f"{who}-hours", f"Median time from informed to the report to {name}", who, hours))
        lines.append(Trend(f"{who}-share", f"Share of reports to {name} in time", who, shares))
    return [*lines, Trend("set-aside", "Rows of the sources set aside", "", _whole(nights, "set_aside"))]


def _whole(nights: list[NightFigures], name: str) -> tuple[tuple[str, float | None, str], ...]:
    return tuple((one.night, float(getattr(one, name)), f"{getattr(one, name):,}") for one in nights)


@router.get("/nights/{night}/{what}", response_class=HTMLResponse)
def night_rows(visit: Reading, night: str, what: Literal["missing", "untold", "le", "ncmec"]) -> Response:
    """The rows behind a point of a trend.

    Raises:
        UsageError: CMFC-W01 no list of that night was published.
    """
    if night not in nights_of(visit.settings.lists, visit.data.agency, visit.data.night):
        raise UsageError("CMFC-W01", "No list of that night was published, or it is older than what is shown.")
    sql, values = visit.visible_offices()
    rows = rows_of(visit.settings.lists, visit.data.agency, night, what, sql, values)
    if visit.person.sees_names:
        visit.data.note_view(visit.person, "night", (f"children:{row['child_id']}" for row in rows), visit.act_time)
    return visit.page("night.html.j2", night=night, what=what, title=ROWS[what][2], rows=rows,
                      names=visit.names(row["child_id"] for row in rows), back="changes")  # fmt: skip
