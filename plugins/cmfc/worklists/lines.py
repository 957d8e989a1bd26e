"""The lines people work: one per subject and recipient with everything found, the most urgent first (spec 5, 6).

A subject is an episode, mostly. People work cases: the lines of one child stand together, children who are missing now
first, in the order in which they are listed (missing_now.py); then each case where its first finding stands in the one
order (order.py), and in a case each line where its first finding stands.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from cmfc.storage.duck import quoted
from cmfc.worklists.evidence import records_of
from cmfc.worklists.order import ABDUCTED, IS_NEW, QUEUES, YOUNG, create_places, is_due_soon, rank_of

HISTORY = ("history",)
"""What is done: it lies in a workbook of its own and is on no page."""
WORK = tuple(queue for queue in QUEUES if queue not in HISTORY)
_BATCH = 5_000


class Finding(NamedTuple):
    """One finding of a line, as read from the worklist table. Times in epoch seconds UTC, durations in hours.

    `is_due_soon`: within 12 hours; `is_new`: found tonight, or again tonight.
    """

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
    rules: str
    rule_verified: bool | None
    citation: str
    why: str
    next_action: str
    status: str
    is_open: bool | None
    is_due_soon: bool
    is_new: bool
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
class Line:
    """One line of a worklist: a subject and a recipient with everything found, in the order of lists."""

    findings: tuple[Finding, ...]

    @cached_property
    def first(self) -> Finding:
        """The most urgent finding; subject, child and routing are the same on all."""
        return self.findings[0]

    @property
    def queue(self) -> str:
        """The queue of the first finding."""
        return self.first.queue

    @property
    def case(self) -> str:
        """What its lines stand together under: the child; a record that names none is a case of its own."""
        return self.first.child_id or self.first.subject_id

    @property
    def child_name(self) -> str:
        """Family name, given and middle name; empty if the child is not on file."""
        return full_name(self.first.last_name, self.first.first_name, self.first.middle_name)

    @property
    def is_young(self) -> bool:
        """Younger than 13 when the child went missing."""
        return self.first.age is not None and self.first.age < YOUNG

    @property
    def is_abducted(self) -> bool:
        """Taken by a stranger or by a relative, as recorded."""
        return self.first.reason in ABDUCTED

    @property
    def flags(self) -> list[str]:
        """What moves a line up within its severity, in words."""
        due, new = (any(getattr(f, name) for f in self.findings) for name in ("is_due_soon", "is_new"))
        is_raised = {"Under 13": self.is_young, "Abducted": self.is_abducted, "Due within 12 h": due, "New": new}
        return [words for words, is_so in is_raised.items() if is_so]

    @property
    def actions(self) -> list[str]:
        """The next actions of all findings, each once, most urgent first."""
        return list(dict.fromkeys(f.next_action for f in self.findings if f.next_action))

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
        times = [at for f in self.findings if (at := getattr(f, name)) is not None]
        return min(times) if times else None

    @cached_property
    def hours_over(self) -> tuple[float | None, float | None]:
        """Hours over, at least and at most, of the finding that is furthest over its limit."""
        over = [(f.hours_over_max, f.hours_over_min) for f in self.findings if f.hours_over_max is not None]
        at_most, at_least = max(over, key=lambda pair: pair[0]) if over else (None, None)
        return at_least, at_most


def name_of(child: Mapping[str, Any]) -> str:
    """The name of a row of the feed children."""
    return full_name(child["last_name"], child["first_name"], child["middle_name"])


def full_name(last: str | None, first: str | None, middle: str | None) -> str:
    """A child's name as the worklists write it; empty if there is none."""
    first_names = " ".join(part for part in (first, middle) if part)
    return ", ".join(part for part in (last, first_names) if part)


def create_worklist(connection: duckdb.DuckDBPyConnection, checked: Path, as_of: int) -> int:
    """Make the table `worklist` from findings and children, numbered by line; resolved findings are not work.

    Where the table `places` is there already, its order stands: that of the night, whatever people did since. Children
    of the table `missing_named`, if there is one, come first.

    Args:
        connection: holds the night's tables.
        checked: the folder of the accepted feeds.
        as_of: of the night, epoch seconds UTC.

    Returns:
        The number of lines.
    """
    there = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if "places" not in there:
        create_places(connection, as_of)
    named = "missing_named" if "missing_named" in there else "(SELECT '' AS child_id, 0 AS place WHERE FALSE)"
    texts = ("subject_id", "recipient", "code", "title", "basis", "rule_id", "rules", "citation", "why", "next_action",
             "status", "child_id", "reason", "evidence", "county", "office", "caseworker_id",
             "exception_id")  # fmt: skip
    plain = ", ".join(f"coalesce(f.{name}, '') AS {name}" for name in texts)
    names = ", ".join(f"coalesce(c.{name}, '') AS {name}" for name in ("last_name", "first_name", "middle_name"))
    connection.execute(f"""
        CREATE TABLE worklist AS
        WITH plain AS (
            SELECT {plain}, {names}, c.date_of_birth,
                   f.severity, f.queue, f.is_open, f.rule_verified, f.age, f.days_missing,
                   f.began_earliest, f.clock_start_earliest, f.deadline_earliest, f.hours_over_min, f.hours_over_max,
                   {is_due_soon(as_of)} AS is_due_soon, {IS_NEW} AS is_new, p.place
            FROM findings AS f
            JOIN places AS p ON p.exception_id = f.exception_id
            LEFT JOIN read_parquet('{quoted(checked / "children.parquet")}') AS c ON c.child_id = f.child_id
            WHERE coalesce(f.status, '') <> 'resolved'
        ),
        grouped AS (
            SELECT *, min(place) OVER line AS line_place, arg_min(queue, place) OVER line AS line_queue,
                   arg_min(severity, place) OVER line AS line_severity, max(office) OVER line AS line_office
            FROM plain
            WINDOW line AS (PARTITION BY subject_id, recipient)
        ),
        cases AS (
            SELECT g.*, m.place AS missing_place,
                   min(line_place) OVER (PARTITION BY coalesce(nullif(g.child_id, ''), g.subject_id)) AS case_place
            FROM grouped AS g
            LEFT JOIN {named} AS m ON m.child_id = g.child_id
        )
        SELECT *, dense_rank() OVER (ORDER BY missing_place NULLS LAST, case_place, line_place) AS line
        FROM cases""")
    row = connection.execute("SELECT coalesce(max(line), 0) FROM worklist").fetchone()
    assert row is not None
    return int(row[0])


def first_lines(connection: duckdb.DuckDBPyConnection, limit: int, queues: Collection[str] = QUEUES) -> Iterator[Line]:
    """The first lines of these queues, in the order of lines; where there are more, the last queues give way."""
    rank = rank_of("line_queue", QUEUES)
    first = (
        f"SELECT line FROM worklist WHERE {_of(queues)} GROUP BY line, line_queue ORDER BY {rank}, line"
        f" LIMIT {int(limit)}"
    )
    return _lines(connection, f"WHERE line IN ({first}) ORDER BY line")


def offices_of(connection: duckdb.DuckDBPyConnection, queues: Collection[str] = QUEUES) -> list[tuple[str, int]]:
    """Every office with lines of these queues, and how many; the one without a name comes last."""
    return connection.execute(
        f"SELECT line_office, count(DISTINCT line) FROM worklist WHERE {_of(queues)}"
        " GROUP BY line_office ORDER BY nullif(line_office, '') NULLS LAST"
    ).fetchall()


def lines_by_office(
    connection: duckdb.DuckDBPyConnection, queues: Collection[str] = QUEUES
) -> Iterator[tuple[str, Iterator[Line]]]:
    """Every office with its lines of these queues in their order; the office without a name comes last."""
    lines = _lines(connection, f"WHERE {_of(queues)} ORDER BY line_office = '', line_office, line")
    return groupby(lines, key=lambda line: line.first.line_office)


def _of(queues: Collection[str]) -> str:
    return f"line_queue IN ({', '.join(repr(queue) for queue in queues)})"


def _lines(connection: duckdb.DuckDBPyConnection, which: str) -> Iterator[Line]:
    columns = ", ".join(Finding._fields)
    rows = connection.cursor().execute(f"SELECT {columns} FROM worklist {which}, place")
    return (Line(tuple(findings)) for _, findings in groupby(_findings(rows), key=lambda f: f.line))


def _findings(rows: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    while batch := rows.fetchmany(_BATCH):
        yield from map(Finding._make, batch)
