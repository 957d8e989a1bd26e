"""Figures of the published nights: who was missing, who was untold, how long reports took, what was set aside.

They are counted from each night's own files, as they were published, and kept as long as a file is the same.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cmfc.publishing.manifest import MANIFEST
from cmfc.storage.duck import open_duckdb, quoted
from cmfc.worklists.missing_now import UNTOLD

NIGHTS = 30
RECENT_DAYS = 30
"""Reports are measured over the missing episodes of which the agency was informed in so many days before a night."""
WHO = {"le": "law enforcement", "ncmec": "NCMEC"}


@dataclass(frozen=True)
class NightFigures:
    """One night. Hours: the median from informed to report, at most; shares: of the reports owed, those in time."""

    night: str
    missing: int
    untold: int
    le_hours: float | None
    ncmec_hours: float | None
    le_share: float | None
    ncmec_share: float | None
    set_aside: int


def nights_of(lists: Path, agency: str, until: str) -> list[str]:
    """The last published nights up to one, the earliest first."""
    there = sorted(path.parent.name for path in (lists / agency).glob(f"????-??-??/{MANIFEST}"))
    return [night for night in there if night <= until][-NIGHTS:]


def figures(lists: Path, agency: str, night: str, where: str, values: Sequence[Sequence[str]]) -> NightFigures:
    """The figures of a night.

    Args:
        lists: of all agencies.
        agency: whose.
        night: the business date.
        where: SQL on the column `office`, of what the person sees.
        values: of it.
    """
    folder = lists / agency / night
    stamp = (folder / MANIFEST).stat().st_mtime_ns
    return _figures(folder, stamp, where, tuple(tuple(value) for value in values))


@lru_cache(maxsize=2_000)
def _figures(folder: Path, _stamp: int, where: str, values: tuple[tuple[str, ...], ...]) -> NightFigures:
    manifest = json.loads((folder / MANIFEST).read_bytes())
    bound = [list(value) for value in values]
    asked = ", ".join(_measured(who) for who in WHO)
    with open_duckdb(threads=1) as engine:
        missing = engine.execute(
            f"SELECT count(*) FILTER (record_state = 'open'), count(*) FILTER (record_state = 'open' AND"
            f" (le_state IN {UNTOLD} OR ncmec_state IN {UNTOLD})) FROM {_table(folder, 'missing_now')} WHERE {where}",
            bound,
        ).fetchone()
        reports = engine.execute(
            f"SELECT {asked} FROM {_table(folder, 'episodes')} WHERE ({where}) AND informed_earliest IS NOT NULL"
            f" AND informed_earliest >= CAST(? AS TIMESTAMPTZ) - INTERVAL {RECENT_DAYS} DAY",
            [*bound, manifest["as_of"]],
        ).fetchone()
    assert missing is not None and reports is not None
    rows = sum(feed["accounting"]["quarantined"] for feed in manifest["feeds"].values() if feed["accounting"])
    return NightFigures(folder.name, missing[0], missing[1], reports[0], reports[2], reports[1], reports[3], rows)


def _measured(who: str) -> str:
    """SQL: the median hours to a report that was made, and the share of reports in time of those judged."""
    owed = f"{who}_verdict IN ('met', 'late', 'missing')"
    return (
        f"median({who}_hours_max) FILTER ({who}_report_id IS NOT NULL AND {who}_duty = 'required'),"
        f" count(*) FILTER ({who}_verdict = 'met') / nullif(count(*) FILTER ({owed}), 0)"
    )


def _table(folder: Path, name: str) -> str:
    return f"read_parquet('{quoted(folder / name)}.parquet')"


ROWS = {
    "missing": ("missing_now", "record_state = 'open'", "Missing that night"),
    "untold": ("missing_now", f"record_state = 'open' AND (le_state IN {UNTOLD} OR ncmec_state IN {UNTOLD})",
               "Missing that night, and a report not made"),
    "le": ("episodes", "le_duty = 'required' AND le_verdict IN ('met', 'late', 'missing')",
           "Reports to law enforcement that were judged"),
    "ncmec": ("episodes", "ncmec_duty = 'required' AND ncmec_verdict IN ('met', 'late', 'missing')",
              "Reports to NCMEC that were judged"),
}  # fmt: skip
"""What a point of a trend leads to: the file, which of its rows, and what they are."""
MOST = 500


def rows_of(lists: Path, agency: str, night: str, what: str, where: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    """The rows behind a figure, at most MOST of them; times in epoch seconds UTC."""
    folder = lists / agency / night
    name, condition, _ = ROWS[what]
    manifest = json.loads((folder / MANIFEST).read_bytes())
    since = "missing_since_earliest" if name == "missing_now" else "began_earliest"
    recent = (
        "" if name == "missing_now" else
        f" AND informed_earliest >= CAST('{manifest['as_of']}' AS TIMESTAMPTZ) - INTERVAL {RECENT_DAYS} DAY"
    )  # fmt: skip
    verdicts = ("le_state AS le, ncmec_state AS ncmec, CAST(NULL AS DOUBLE) AS hours" if name == "missing_now" else
                f"le_verdict AS le, ncmec_verdict AS ncmec, {what}_hours_max AS hours")  # fmt: skip
    with open_duckdb(threads=1) as engine:
        result = engine.execute(
            f"SELECT child_id, CAST(epoch({since}) AS BIGINT) AS since, days_missing, age, {verdicts}, office"
            f" FROM {_table(folder, name)} WHERE ({where}) AND {condition}{recent}"
            f" ORDER BY since, child_id LIMIT {MOST}",
            list(values),
        )
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
