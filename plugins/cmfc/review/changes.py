"""Since the last night: what became better and worse, what is new and what is over, by duty."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from cmfc.findings.lifecycle import DUTY_CHANGES
from cmfc.review.context import Reading, Visit
from cmfc.review.weeks import nights_of

router = APIRouter()


@router.get("/changes", response_class=HTMLResponse)
def changes(visit: Reading) -> Response:
    """A row per duty; each number leads to its cases."""
    version = visit.data.catch_up()
    sql, values = visit.visible_offices()
    by_duty = visit.data.recall(version, ("changes", str(visit.sight)), lambda: visit.data.rows(
        "SELECT duty, duty_change, count(DISTINCT case_no) AS children, count(DISTINCT duty_no) AS duties,"
        f" count(*) AS findings FROM desk WHERE duty_change IS NOT NULL AND ({sql})"
        " GROUP BY ROLLUP (duty_change, duty) ORDER BY ALL",
        values,
    ))  # fmt: skip
    totals = {row["duty_change"]: row for row in by_duty if row["duty"] is None and row["duty_change"]}
    duties = sorted({row["duty"] for row in by_duty if row["duty"]})
    cells = {(row["duty"], row["duty_change"]): row for row in by_duty if row["duty"]}
    return visit.page(
        "changes.html.j2", kinds=DUTY_CHANGES, totals=totals, duties=duties, cells=cells,
        first=len(nights_of(visit)) < 2, codes=_codes(visit), back="changes",
    )  # fmt: skip


def _codes(visit: Visit) -> dict[str, list[str]]:
    """The codes of each duty, for links to the list."""
    rows = visit.data.rows("SELECT DISTINCT duty, code FROM desk ORDER BY ALL")
    codes: dict[str, list[str]] = {}
    for row in rows:
        codes.setdefault(row["duty"], []).append(row["code"])
    return codes
