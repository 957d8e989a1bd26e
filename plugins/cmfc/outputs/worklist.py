"""The lines people work: one per subject and recipient, codes and rules merged, the most urgent first (spec 5, 6).

A subject is an episode, mostly. A line stands in the most urgent queue of its findings, so that it is read once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from pathlib import Path

import duckdb

from cmfc.outputs.evidence import records_of
from cmfc.sql import quoted

QUEUES = ("act_now", "explain", "correct_record", "history")
SEVERITIES = ("critical", "high", "medium", "low", "info")
URGENT_REASONS = ("abducted_by_stranger", "taken_or_kept_by_relative")
_BATCH = 5_000


@dataclass(frozen=True)
class Finding:
    """One finding of a line, as read from the worklist table. Times in epoch seconds UTC, durations in hours."""

    line: int
    line_office: str
    subject_id: str
    recipient: str
    queue: str
    code: str
    title: str
    severity: str
    basis: str
    rule_id: str
    rule_verified: bool | None
    citation: str
    why: str
    next_action: str
    status: str
    is_open: bool | None
    child_id: str
    age: int | None
    reason: str
    began_earliest: int | None
    days_missing: int | None
    clock_start_earliest: int | None
    deadline_earliest: int | None
    hours_over_min: float | None
    hours_over_max: float | None
    evidence: str
    county: str
    office: str
    caseworker_id: str
    exception_id: str
    last_name: str
    first_name: str
    middle_name: str
    date_of_birth: date | None


@dataclass(frozen=True)
class Entry:
    """The findings of one code on a line, merged over their rules; most severe rule first."""

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """The finding that speaks for the entry."""
        return self.findings[0]

    @property
    def whys(self) -> list[str]:
        """The sentences, each once."""
        return list(dict.fromkeys(f.why for f in self.findings if f.why))

    @property
    def actions(self) -> list[str]:
        """The next actions, each once."""
        return list(dict.fromkeys(f.next_action for f in self.findings if f.next_action))

    @property
    def rules(self) -> list[Finding]:
        """One finding per rule that was applied."""
        return [f for f in self.findings if f.rule_id]


@dataclass(frozen=True)
class Line:
    """One line of a worklist: a subject and a recipient with everything found, most severe code first."""

    entries: tuple[Entry, ...]

    @cached_property
    def findings(self) -> list[Finding]:
        """Every finding of the line."""
        return [finding for entry in self.entries for finding in entry.findings]

    @property
    def first(self) -> Finding:
        """The most severe finding; subject, child and routing are the same on all."""
        return self.entries[0].first

    @property
    def queue(self) -> str:
        """The most urgent queue of the findings."""
        return min((f.queue for f in self.findings), key=QUEUES.index)

    @property
    def child_name(self) -> str:
        """Family name, given and middle name; empty if the child is not on file."""
        return full_name(self.first.last_name, self.first.first_name, self.first.middle_name)

    @property
    def is_urgent(self) -> bool:
        """Younger than 13, or abducted: such a line comes first among its severity (spec 5)."""
        return self.is_abducted or (self.first.age is not None and self.first.age < 13)

    @property
    def is_abducted(self) -> bool:
        """Taken by a stranger or by a relative, as recorded."""
        return self.first.reason in URGENT_REASONS

    @property
    def actions(self) -> list[str]:
        """The next actions of all codes, each once, most severe first."""
        return list(dict.fromkeys(action for entry in self.entries for action in entry.actions))

    @property
    def evidence(self) -> list[str]:
        """Every record the line rests on, sorted, each once."""
        return sorted({record for f in self.findings for record in records_of(f.evidence)})

    @property
    def unverified(self) -> list[str]:
        """The rules on this line that nobody has checked against their source."""
        return sorted({f.rule_id for f in self.findings if f.rule_id and f.rule_verified is False})

    def earliest(self, name: str) -> int | None:
        """The earliest of a time over the findings, in epoch seconds UTC."""
        return min((at for f in self.findings if (at := getattr(f, name)) is not None), default=None)

    @cached_property
    def hours_over(self) -> tuple[float | None, float | None]:
        """Hours over, at least and at most, of the finding that is furthest over its limit."""
        over = [(f.hours_over_max, f.hours_over_min) for f in self.findings if f.hours_over_max is not None]
        at_most, at_least = max(over, key=lambda pair: pair[0]) if over else (None, None)
        return at_least, at_most


def full_name(last: str | None, first: str | None, middle: str | None) -> str:
    """A child's name as the worklists write it; empty if there is none."""
    given = " ".join(part for part in (first, middle) if part)
    return ", ".join(part for part in (last, given) if part)


def lay_out_worklist(connection: duckdb.DuckDBPyConnection, checked: Path) -> int:
    """Makes the table `worklist` from findings and children, numbered by line; resolved findings are not work.

    Order of lines: queue, severity, under 13 or abducted first, clock start (none last), code, subject, recipient.

    Returns:
        The number of lines.
    """
    texts = ("subject_id", "recipient", "code", "title", "basis", "rule_id", "citation", "why", "next_action", "status",
             "child_id", "reason", "evidence", "county", "office", "caseworker_id", "exception_id")  # fmt: skip
    plain = ", ".join(f"coalesce(f.{name}, '') AS {name}" for name in texts)
    names = ", ".join(f"coalesce(c.{name}, '') AS {name}" for name in ("last_name", "first_name", "middle_name"))
    urgent = f"coalesce(f.age < 13, false) OR coalesce(f.reason IN {URGENT_REASONS}, false)"
    connection.execute(f"""
        CREATE TABLE worklist AS
        WITH plain AS (
            SELECT {plain}, {names}, c.date_of_birth,
                   f.severity, f.queue, f.is_open, f.rule_verified, f.age, f.days_missing,
                   f.began_earliest, f.clock_start_earliest, f.deadline_earliest, f.hours_over_min, f.hours_over_max,
                   {urgent} AS is_urgent,
                   list_position({list(SEVERITIES)}, f.severity) AS severity_rank,
                   list_position({list(QUEUES)}, f.queue) AS queue_rank
            FROM findings AS f
            LEFT JOIN read_parquet('{quoted(checked / "children.parquet")}') AS c ON c.child_id = f.child_id
            WHERE coalesce(f.status, '') <> 'resolved'
        ),
        grouped AS (
            SELECT *, min(queue_rank) OVER line AS line_queue, min(severity_rank) OVER line AS line_severity,
                   NOT bool_or(is_urgent) OVER line AS is_calm, min(clock_start_earliest) OVER line AS line_clock,
                   min(severity_rank || code) OVER line AS line_code, max(office) OVER line AS line_office
            FROM plain
            WINDOW line AS (PARTITION BY subject_id, recipient)
        )
        SELECT *, dense_rank() OVER (ORDER BY line_queue NULLS LAST, line_severity NULLS LAST, is_calm,
                                     line_clock NULLS LAST, line_code, subject_id, recipient) AS line
        FROM grouped""")
    row = connection.execute("SELECT coalesce(max(line), 0) FROM worklist").fetchone()
    assert row is not None
    return int(row[0])


def first_lines(connection: duckdb.DuckDBPyConnection, limit: int) -> Iterator[Line]:
    """The first lines in their order."""
    return _lines(connection, f"WHERE line <= {int(limit)} ORDER BY line")


def lines_by_office(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, Iterator[Line]]]:
    """Every office with its lines in their order; the office without a name comes last."""
    found = _lines(connection, "ORDER BY line_office = '', line_office, line")
    return groupby(found, key=lambda line: line.first.line_office)


def _lines(connection: duckdb.DuckDBPyConnection, which: str) -> Iterator[Line]:
    columns = ", ".join(Finding.__dataclass_fields__)
    rows = connection.cursor().execute(
        f"SELECT {columns} FROM worklist {which}, severity_rank, code, rule_verified NULLS LAST, rule_id, exception_id"
    )
    return (_line(found) for _, found in groupby(_findings(rows), key=lambda f: f.line))


def _findings(rows: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    while batch := rows.fetchmany(_BATCH):
        yield from (Finding(*row) for row in batch)


def _line(found: Iterator[Finding]) -> Line:
    by_code: dict[str, list[Finding]] = {}
    for finding in found:
        by_code.setdefault(finding.code, []).append(finding)
    return Line(tuple(Entry(tuple(merged)) for merged in by_code.values()))
