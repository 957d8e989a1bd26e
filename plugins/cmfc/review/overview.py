"""The overview: counts, times from informed to report, ageing, and the feeds over the nights; charts beside tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from cmfc.feeds.catalog import feeds
from cmfc.ledger.runs import list_feeds
from cmfc.review.context import Reading, Visit
from cmfc.worklists.order import SEVERITIES

router = APIRouter()
BAR, LEFT, WIDTH = 20, 300, 640
HOURS = ((6, "up to 6 h"), (12, "6 to 12 h"), (24, "12 to 24 h"), (48, "24 to 48 h"), (168, "2 to 7 days"),
         (720, "7 to 30 days"))  # fmt: skip
AGES = ((0, "new tonight"), (7, "1 to 7 days"), (30, "8 to 30 days"), (90, "31 to 90 days"))
NIGHTS = 30
WEEKS = 12


@dataclass(frozen=True)
class Chart:
    """Bars of whole numbers: a heading, the names of the series, and per bar a label and one number per series.

    `links`: by label, the page that shows what was counted.
    """

    name: str
    title: str
    series: tuple[str, ...]
    bars: tuple[tuple[str, tuple[int, ...]], ...]
    note: str = ""
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def most(self) -> int:
        """The longest bar."""
        return max([1, *(n for _, numbers in self.bars for n in numbers)])

    @property
    def height(self) -> int:
        """Of the picture."""
        return 10 + BAR * len(self.bars) * len(self.series) + 6 * len(self.bars)

    @property
    def layout(self) -> list[tuple[str, float, list[tuple[float, float, int]]]]:
        """Per bar: label, its place, and place, width and number of each series."""
        bars, y = [], 5.0
        for label, numbers in self.bars:
            parts = []
            for number in numbers:
                parts.append((y, round((WIDTH - LEFT - 60) * number / self.most, 1), number))
                y += BAR
            bars.append((label, parts[0][0] + 14, parts))
            y += 6
        return bars


@router.get("/overview", response_class=HTMLResponse)
def overview(visit: Reading) -> Response:
    """All charts, of the offices that the visitor sees."""
    charts = [
        Chart("severity", "Findings by severity", ("findings",), _in_order(_count(visit, "severity"), SEVERITIES)),
        _by_code(visit),
        Chart("office", "Findings by office", ("findings",), tuple(_count(visit, "coalesce(office, 'none on file')")),
              links=_office_links(visit)),
        _weeks(visit), _times(visit), _ageing(visit),
    ]  # fmt: skip
    return visit.page(
        "overview.html.j2",
        charts=charts,
        feeds=list_feeds(visit.data.ledger, visit.data.agency, NIGHTS * len(feeds())),
        left=LEFT,
        width=WIDTH,
        bar=BAR,
    )


def _count(visit: Visit, what: str) -> list[tuple[str, tuple[int, ...]]]:
    where, values = visit.visible_offices()
    sql = f"SELECT {what} AS label, count(*) AS n FROM findings WHERE {where} GROUP BY label ORDER BY label"
    return [(str(row["label"]), (row["n"],)) for row in visit.data.night_rows(sql, values)]


def _office_links(visit: Visit) -> dict[str, str]:
    offices = visit.data.night_rows("SELECT DISTINCT office FROM findings WHERE office IS NOT NULL")
    return {row["office"]: f"list?{urlencode({'queue': 'all', 'office': row['office']})}" for row in offices}


def _by_code(visit: Visit) -> Chart:
    """What there is most of, but for history; each leads to its cases."""
    where, values = visit.visible_offices()
    rows = visit.data.night_rows(
        f"SELECT code, title, count(*) AS n FROM findings WHERE queue <> 'history' AND {where}"
        " GROUP BY ALL ORDER BY n DESC, code",
        values,
    )
    bars = tuple((f"{row['title']} ({row['code']})", (row["n"],)) for row in rows)
    links = {label: f"list?queue=all&code={row['code']}" for (label, _), row in zip(bars, rows, strict=True)}
    return Chart("code", "Findings by what they are", ("findings",), bars, "Without history.", links)


def _in_order(
    counted: list[tuple[str, tuple[int, ...]]], order: tuple[str, ...]
) -> tuple[tuple[str, tuple[int, ...]], ...]:
    counts = dict(counted)
    return tuple((name, counts.get(name, (0,))) for name in order)


def _weeks(visit: Visit) -> Chart:
    """Missing episodes that began in each of the last weeks, and how many of them lack a report in time."""
    where, values = visit.visible_offices()
    late = "('late', 'missing')"
    rows = visit.data.night_rows(
        "SELECT (? - began_earliest) // 604800 AS week, count(*) AS n,"
        f" count(*) FILTER (le_verdict IN {late} OR ncmec_verdict IN {late}) AS bad FROM episodes"
        f" WHERE {where} AND began_earliest > ? GROUP BY week ORDER BY week DESC",
        [visit.data.as_of, *values, visit.data.as_of - WEEKS * 604_800],
    )
    counted = {row["week"]: (row["n"], row["bad"]) for row in rows}
    ends = date.fromisoformat(visit.data.night)
    bars = tuple((f"week to {ends - timedelta(weeks=w)}", counted.get(w, (0, 0))) for w in range(WEEKS - 1, -1, -1))
    return Chart(
        "week", "Missing episodes by week of their beginning", ("missing episodes", "a report late or missing"), bars
    )


def _times(visit: Visit) -> Chart:
    """Hours from informed to report, at most, for both recipients."""
    where, values = visit.visible_offices()
    sums = ", ".join(
        f"count(*) FILTER ({who}_duty = 'required' AND {_within(f'{who}_hours_max', number)}) AS {who}_{number}"
        for who in ("le", "ncmec") for number in range(len(HOURS) + 2)
    )  # fmt: skip
    row = visit.data.night_rows(f"SELECT {sums} FROM episodes WHERE {where}", values)[0]
    labels = [*(label for _, label in HOURS), "later", "no report, or time unknown"]
    bars = tuple((label, (row[f"le_{n}"], row[f"ncmec_{n}"])) for n, label in enumerate(labels))
    note = "Where the times are uncertain, the longest they allow. Only episodes for which federal law asks a report."
    return Chart("times", "From informed to report", ("law enforcement", "NCMEC"), bars, note)


def _within(column: str, number: int) -> str:
    if number == len(HOURS) + 1:
        return f"{column} IS NULL"
    low = f" AND {column} > {HOURS[number - 1][0]}" if number else ""
    high = f" AND {column} <= {HOURS[number][0]}" if number < len(HOURS) else ""
    return f"{column} IS NOT NULL{low}{high}"


def _ageing(visit: Visit) -> Chart:
    where, values = visit.visible_offices()
    cases = " ".join(f"WHEN s.age_days <= {days} THEN {n}" for n, (days, _) in enumerate(AGES))
    rows = visit.data.night_rows(
        f"SELECT CASE {cases} ELSE {len(AGES)} END AS step, count(*) AS n FROM standing AS s JOIN findings AS f"
        f" ON f.exception_id = s.exception_id WHERE {where} GROUP BY step",
        values,
    )
    counted = {row["step"]: (row["n"],) for row in rows}
    labels = [*(label for _, label in AGES), "longer"]
    return Chart("ageing", "How long findings have been on the list", ("findings",),
                 tuple((label, counted.get(n, (0,))) for n, label in enumerate(labels)))  # fmt: skip
