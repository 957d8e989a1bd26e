"""The readable side of an extract: report.html with inline SVG charts, and tables.xlsx (spec 6)."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter
from jinja2 import Environment, PackageLoader, StrictUndefined

from cmfc.audit_extract.tables import OUTCOMES
from cmfc.publishing.schema import OutputTable
from cmfc.reconcile.registry import checks
from cmfc.storage.duck import rows_of
from cmfc.timing.clock import local_time, parse_iso

MOST_BARS = 25
RECIPIENTS = {"law_enforcement": "law enforcement", "ncmec": "NCMEC"}
WORDS = {
    "never": "Never reported", "late": "Late", "on_time": "On time", "undetermined": "Undetermined",
    "ended_first": "Over before the limit", "pending": "Limit not over", "no_rule": "No rule on file",
    "no_number": "No hours in the rule",
    "no_duty": "No duty", "not_checked": "Log not usable", "statute": "Statute (hours)", "state": "State rule",
    "calendar_days": "Auditor (calendar days)", "law_enforcement": "Law enforcement", "ncmec": "NCMEC",
    "before": "Before", "d00": "Same day", "d01": "1 day", "d02": "2 days", "d03": "3 days", "d04-007": "4-7 days",
    "d08-030": "8-30 days", "d31+": "31 or more", "none": "No report",
}  # fmt: skip
BARS = ("on_time", "late", "never", "undetermined")
"""The outcomes that charts show; the rest stands in the tables."""

NEVERS = """SELECT recipient, count(*) AS number, count(*) FILTER (is_in_doubt) AS in_doubt,
    count(*) FILTER (undated_of_child > 0) AS undated, count(*) FILTER (set_aside_of_child > 0) AS set_aside,
    count(*) FILTER (unlinked_of_days > 0) AS unlinked, count(*) FILTER (not_counting_of_days > 0) AS other
    FROM {table} GROUP BY recipient ORDER BY recipient"""
"""What is on file beside the nevers of a table."""
ROWS = "'rows_pulled', 'rows_accepted', 'rows_set_aside', 'rows_voided', 'rows_doubled', 'control_total'"
"""Measures that stand in the table of feeds."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Segment:
    """One coloured part of a bar. x and width in percent of the bar's room."""

    kind: str
    number: int
    x: float
    width: float


@dataclass(frozen=True)
class Bar:
    """One bar: what it is, how many episodes, its parts; `share` is that of the longest bar, in percent."""

    label: str
    number: int
    share: float
    segments: tuple[Segment, ...]


def write_report(
    connection: duckdb.DuckDBPyConnection, facts: Mapping[str, Any], own: Mapping[str, Any], path: Path
) -> None:
    """Write report.html from the tables in the connection; one page by itself, readable without JavaScript.

    Args:
        connection: holds the extract's tables.
        facts: what manifest.json says, but for the outputs.
        own: what an agency's page has and a state's has in another way: `agency_rows`, or `state_report.state_rows`.
        path: the page.
    """
    page = (
        _templates()
        .get_template("report.html.j2")
        .render(
            facts=facts,
            as_of=as_of_told(facts),
            words=WORDS,
            outcomes=OUTCOMES,
            funnel=rows_of(connection, "SELECT * FROM funnel ORDER BY step, feed NULLS FIRST, item"),
            headline=rows_of(
                connection,
                "SELECT * FROM timeliness WHERE dimension = 'all' AND (population = 'audit' OR view <> 'calendar_days')"
                " ORDER BY population, recipient, view",
            ),
            by_rule=rows_of(
                connection,
                "SELECT t.*, r.words, r.citation, CAST(r.from_on AS VARCHAR) AS from_on,"
                " CAST(r.until_on AS VARCHAR) AS until_on FROM timeliness AS t LEFT JOIN rules AS r ON r.rule = t.value"
                " WHERE t.dimension = 'rule' AND t.population = 'audit' AND t.view <> 'calendar_days'"
                " ORDER BY t.recipient, t.view, r.from_on NULLS LAST, t.value",
            ),
            undetermined=rows_of(
                connection, "SELECT * FROM undetermined ORDER BY population, recipient, view, episodes DESC, because"
            ),
            ncic=rows_of(connection, "SELECT * FROM ncic WHERE dimension = 'all' ORDER BY population, verdict"),
            notices=rows_of(
                connection,
                "SELECT * FROM notices WHERE dimension = 'all' ORDER BY population, recipient, rule, verdict",
            ),
            stock=rows_of(connection, "SELECT * FROM stock_and_flow ORDER BY counted DESC, dimension, value"),
            yearly=rows_of(connection, "SELECT * FROM yearly ORDER BY year, counted"),
            titles={check.code: check.title for check in checks()},
            incidence=rows_of(connection, "SELECT * FROM incidence ORDER BY dimension = 'all' DESC, dimension, value"),
            terms=rows_of(connection, "SELECT * FROM definitions WHERE about = 'term' ORDER BY code"),
            limits=rows_of(connection, "SELECT * FROM definitions WHERE about = 'limitation' ORDER BY code"),
            months={to: _stacked(connection, to, "month", "value", facts["period"]["first"][:7]) for to in RECIPIENTS},
            most={
                dimension: {
                    to: _stacked(connection, to, dimension, "episodes DESC, value")[:MOST_BARS] for to in RECIPIENTS
                }
                for dimension in ("county", "agency")
            },
            times={to: _times(connection, to) for to in RECIPIENTS},
            **own,
        )
    )
    path.write_text(page, encoding="utf-8", newline="\n")


def known_run_at(facts: Mapping[str, Any]) -> int:
    """When the run was recorded, epoch seconds UTC; `facts` as for `write_report`."""
    return parse_iso(facts["night"]["run"]["recorded_at"])


def agency_rows(connection: duckdb.DuckDBPyConnection, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the page of an agency says of its run, its findings, the last extract and its data."""
    others = facts["night"]["run"]["others"]
    return {
        "run_at": local_time(known_run_at(facts), facts["zone"]),
        "others": [{**one, "recorded_at": local_time(parse_iso(one["recorded_at"]), facts["zone"])} for one in others],
        "resolution": rows_of(connection, "SELECT * FROM resolution ORDER BY code"),
        "reconciliation": rows_of(connection, "SELECT * FROM reconciliation ORDER BY item"),
        **_reliability(connection),
    }


def _reliability(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Row]]:
    """What the page says of data reliability."""
    feeds = """SELECT feed, any_value(status) FILTER (night = last) AS status, count(*) AS nights,
        count(*) FILTER (status <> 'ok') AS down, any_value(pulled) FILTER (night = last) AS pulled,
        any_value(control_difference) FILTER (night = last) AS control_difference,
        any_value(quarantined) FILTER (night = last) AS quarantined, any_value(voided) FILTER (night = last) AS voided,
        any_value(collapsed) FILTER (night = last) AS collapsed
        FROM nights CROSS JOIN (SELECT max(night) AS last FROM nights) WHERE is_last GROUP BY feed ORDER BY feed"""
    return {
        "unusable": rows_of(
            connection,
            "SELECT recipient, test, feed, percent, most, why, list(table_name ORDER BY table_name) AS tables"
            " FROM usability WHERE NOT is_usable GROUP BY ALL ORDER BY feed, test, recipient NULLS FIRST",
        ),
        "feed_rows": rows_of(connection, feeds),
        "nevers": rows_of(connection, NEVERS.format(table="nevers")),
        "measures": rows_of(
            connection,
            f"SELECT * FROM reliability WHERE measure NOT IN ({ROWS}, 'control_difference')"
            " ORDER BY feed NULLS FIRST, measure, item NULLS FIRST",
        ),
    }


def as_of_told(facts: Mapping[str, Any]) -> str:
    """The instant for which the extract is true, on the agency's clock; `facts` as for `write_report`."""
    return local_time(int(datetime.fromisoformat(facts["night"]["as_of"]).timestamp()), facts["zone"])


def write_tables(tables: Sequence[OutputTable], folder: Path, facts: Mapping[str, Any], path: Path) -> None:
    """Write tables.xlsx: one sheet per table, from its CSV file, and one that says what they mean."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        created = datetime.fromisoformat(facts["night"]["as_of"]).astimezone(UTC).replace(tzinfo=None)
        book.set_properties({"title": "Audit extract: tables", "created": created, "comments": "Confidential"})
        head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E6EBF0"})
        about = book.add_worksheet("About")
        about.set_column(0, 1, 24)
        about.set_column(2, 2, 120)
        lines = [("table", "column", "meaning")]
        lines += [(table.name, "", table.meaning) for table in tables]
        lines += [(table.name, column.name, column.meaning) for table in tables for column in table.columns]
        for number, line in enumerate(lines):
            for place, cell in enumerate(line):
                about.write_string(number, place, cell, None if number else head)
        for table in tables:
            _write_sheet(book.add_worksheet(table.name[:31]), table, folder / f"{table.name}.csv", head)


def _write_sheet(sheet: Any, table: OutputTable, source: Path, head: Any) -> None:
    with source.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream)
        for place, name in enumerate(next(rows)):
            sheet.write_string(0, place, name, head)
        number = 0
        for number, row in enumerate(rows, start=1):
            for place, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
                if cell and column.type in ("integer", "number"):
                    sheet.write_number(number, place, float(cell))
                elif cell:
                    sheet.write_string(number, place, cell)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, number), len(table.columns) - 1)
    sheet.set_column(0, len(table.columns) - 1, 16)


def _stacked(
    connection: duckdb.DuckDBPyConnection, recipient: str, dimension: str, order: str, least: str = ""
) -> list[Bar]:
    """The auditor's population by a dimension, one bar per value from `least` on."""
    rows = connection.execute(
        f"SELECT value, {', '.join(BARS)} FROM timeliness WHERE population = 'audit' AND view = 'calendar_days'"
        f" AND recipient = ? AND dimension = ? AND value >= ? ORDER BY {order}",
        [recipient, dimension, least],
    ).fetchall()
    longest = max((sum(counts) for _, *counts in rows), default=0) or 1
    return [_bar(value, dict(zip(BARS, counts, strict=True)), longest) for value, *counts in rows]


def _times(connection: duckdb.DuckDBPyConnection, recipient: str) -> list[Bar]:
    rows = connection.execute(
        "SELECT days, episodes FROM time_to_report WHERE population = 'audit' AND recipient = ?"
        " AND days NOT IN ('no_duty', 'not_checked', 'no_rule')",
        [recipient],
    ).fetchall()
    if not rows:
        return []
    counted = Counter(dict(rows))  # days on which nobody reported are in no row
    longest = max(counted.values(), default=0) or 1
    order = ("before", "d00", "d01", "d02", "d03", "d04-007", "d08-030", "d31+", "none")
    kinds = {"none": "never", "before": "on_time", "d00": "on_time", "d01": "on_time"}
    return [_bar(WORDS[days], {kinds.get(days, "late"): counted[days]}, longest) for days in order]


def _bar(label: str, counts: Mapping[str, int], longest: int) -> Bar:
    x, segments = 0.0, []
    for kind, number in counts.items():
        width = round(100 * number / longest, 3)
        segments.append(Segment(kind, number, round(x, 3), width))
        x += width
    return Bar(label, sum(counts.values()), round(x, 3), tuple(segments))


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("cmfc.audit_extract"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
