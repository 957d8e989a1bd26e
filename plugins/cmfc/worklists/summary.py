"""Counts the worklist for the top of the page and the first sheet of the workbook (spec 6)."""

from dataclasses import dataclass
from typing import Any

import duckdb

from cmfc.publishing.manifest import NightFacts, Tally
from cmfc.worklists.direction import without_turns
from cmfc.worklists.order import QUEUES, SEVERITIES
from cmfc.worklists.sheets import set_paper
from cmfc.worklists.wording import BASIS, PRIVACY, QUEUE, SEVERITY, as_of_text, banner

Row = tuple[str, list[str | int]]
ACCOUNTS = ("pulled", "accepted", "quarantined", "voided", "collapsed")


@dataclass(frozen=True)
class CodeCount:
    """One code tonight: findings in all and per severity, in the order of SEVERITIES."""

    code: str
    title: str
    basis: str
    per_severity: tuple[int, ...]

    @property
    def total(self) -> int:
        """Findings of the code."""
        return sum(self.per_severity)


def count_codes(connection: duckdb.DuckDBPyConnection) -> list[CodeCount]:
    """Findings per code and severity, from the table `worklist`."""
    each = ", ".join(f"count(*) FILTER (severity = '{severity}')" for severity in SEVERITIES)
    rows = connection.execute(
        f"SELECT code, min(title), string_agg(DISTINCT basis, ',' ORDER BY basis DESC), {each}"
        " FROM worklist GROUP BY code ORDER BY code"
    ).fetchall()
    return [CodeCount(code, title, _basis(basis), tuple(counts)) for code, title, basis, *counts in rows]


def tally(connection: duckdb.DuckDBPyConnection) -> Tally:
    """Findings per code, severity and queue, from the table `worklist`."""

    def per(column: str) -> dict[str, int]:
        return dict(connection.execute(f"SELECT {column}, count(*) FROM worklist GROUP BY ALL ORDER BY ALL").fetchall())

    return Tally(by_code=per("code"), by_severity=per("severity"), by_queue=per("queue"))


def count_lines(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """Lines per queue and severity, every queue and severity present, from the table `worklist`."""
    counts = {queue: dict.fromkeys(SEVERITIES, 0) for queue in QUEUES}
    rows = connection.execute(
        "SELECT line_queue, line_severity, count(DISTINCT line) FROM worklist GROUP BY ALL"
    ).fetchall()
    for queue, severity, number in rows:
        counts[queue][severity] = number
    return counts


def write_summary(
    connection: duckdb.DuckDBPyConnection,
    facts: NightFacts,
    sheet: Any,
    formats: dict[str, Any],
    offices: list[tuple[str, int]],
) -> None:
    """Write the summary: which night, what is wrong with it, count, offices, and the accounting per feed."""
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 48)
    sheet.set_column(2, 9, 11)
    for row, (kind, cells) in enumerate(_summary_rows(connection, facts, offices)):
        for column, cell in enumerate(cells):
            if cell == "":
                continue
            if isinstance(cell, str):
                sheet.write_string(row, column, without_turns(cell), formats[kind])
            else:
                sheet.write_number(row, column, cell)
    set_paper(sheet)


def _summary_rows(
    connection: duckdb.DuckDBPyConnection, facts: NightFacts, offices: list[tuple[str, int]]
) -> list[Row]:
    severities = [SEVERITY[s] for s in SEVERITIES]
    rows: list[Row] = [
        ("title", [facts.agency_name]),
        ("text", [PRIVACY]),
        *_rows("alert", [[sentence] for sentence in banner(facts)]),
        ("text", ["As of", as_of_text(facts)]),
        ("text", ["Business date", facts.business_date or "none"]),
        ("text", ["Law", facts.jurisdiction]),
        ("text", []),
        ("head", ["Lines by queue", "", *severities, "All"]),
    ]
    for queue, counts in count_lines(connection).items():
        rows.append(("text", [QUEUE[queue], "", *counts.values(), sum(counts.values())]))
    rows += [("text", []), ("head", ["Findings by code", "", *severities, "All", "Basis"])]
    rows += _rows("text", [[c.code, c.title, *c.per_severity, c.total, c.basis] for c in count_codes(connection)])
    rows += [("text", []), ("head", ["Sheet", "", "Lines"]), *_rows("text", [[name, "", n] for name, n in offices])]
    rows += [("text", []), ("head", ["Feed", "Status", *(name.capitalize() for name in ACCOUNTS)])]
    for name, feed in facts.feeds.items():
        rows.append(("text", [name, feed.status, *(feed.accounting.get(account, "") for account in ACCOUNTS)]))
    return rows


def _rows(kind: str, cells: list[list[str | int]]) -> list[Row]:
    return [(kind, row) for row in cells]


def _basis(joined: str) -> str:
    return " / ".join(BASIS[basis] for basis in joined.split(",") if basis)
