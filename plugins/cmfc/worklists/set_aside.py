"""What was set aside of one feed over the nights, in the words of its source's owner: table or file, own column, row.

No value of a record stands here, and no child: keys are shown only where they are plain ids (spec 1, Ids and text).
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from cmfc.feeds.catalog import feeds
from cmfc.ingest.mapping import AgencyMapping
from cmfc.ingest.sources import SqlSource
from cmfc.publishing.tables import guarded
from cmfc.storage.duck import open_duckdb
from cmfc.storage.layout import quarantine_file

_TABLE = re.compile(r"\b(?:from|join)\s+([\w.\"\[\]`$#]+)", re.IGNORECASE)
RULES = {
    "required_missing": "is empty and must be filled",
    "time_unparseable": "cannot be read as a time",
    "date_unparseable": "cannot be read as a date",
    "bool_unparseable": "is neither true nor false",
    "cell_unreadable": "cannot be read",
    "code_not_listed": "holds a code that the mapping does not list",
    "not_an_id": "is no id",
    "after_the_pull": "lies after the pull",
    "end_before_begin": "lies before the begin",
    "too_early": "lies before what it should follow",
    "before_the_birth": "lies before the birth",
    "time_before_1990": "lies before 1990",
    "birth_date_implausible": "cannot be right",
    "control_characters": "held control characters, which were taken off",
    "key_twice": "stands in several rows with different content",
    "key_shared": "is used for several children or kinds of record",
    "two_people": "stands for children of different names and birth dates",
}
_NOTED = ("control_characters", "key_twice", "key_shared", "two_people")
"""Rules that take nothing away from a row by themselves."""
EFFECTS = {"row": "the row is not used", "field": "the field is left empty", "note": "noted; the row is used"}
COLUMNS = ("night", "feed", "source", "row", "record", "own_column", "column", "rule", "what", "effect")


@dataclass(frozen=True)
class Reason:
    """One reason for one row. `row` is counted in the file, None for a query; `own_column` empty: none is mapped."""

    night: str
    feed: str
    source: str
    row: int | None
    record: str
    own_column: str
    column: str
    rule: str
    effect: str
    subject: str
    child_id: str | None

    @property
    def what(self) -> str:
        """The rule in words, to be read after the column's name."""
        return RULES.get(self.rule, self.rule.replace("_", " "))


@dataclass(frozen=True)
class RuleCount:
    """How often a rule was broken by a column, by night; 0: not at all, None: that night's rows are kept no more."""

    column: str
    own_column: str
    rule: str
    what: str
    effect: str
    per_night: tuple[int | None, ...]


def source_name(mapping: AgencyMapping, feed: str) -> str:
    """The file, or the tables of the query and its connection; empty for a feed that is not mapped."""
    if feed not in mapping.feeds:
        return ""
    source = mapping.feeds[feed].source
    if not isinstance(source, SqlSource):
        return source.label
    tables = dict.fromkeys(name.strip('"[]`') for name in _TABLE.findall(source.query))
    return f"{', '.join(tables)} ({source.label})" if tables else source.label


def set_aside(store: Path, mapping: AgencyMapping, feed: str, nights: Iterable[str]) -> dict[str, list[Reason] | None]:
    """By night, every reason in the order of rows; None for a night whose rows are kept no more."""
    return {night: _of_night(store / mapping.agency / night, mapping, feed, night) for night in nights}


def count_rules(rows: dict[str, list[Reason] | None]) -> list[RuleCount]:
    """By column, rule and effect: rows per night, the most of the last night first."""
    counted: dict[tuple[str, str, str, str, str], Counter[str]] = {}
    for night, of_night in rows.items():
        for one in of_night or ():
            key = (one.column, one.own_column, one.rule, one.what, one.effect)
            counted.setdefault(key, Counter())[night] += 1
    counts = [
        RuleCount(*key, tuple(None if rows[night] is None else per[night] for night in rows))
        for key, per in counted.items()
    ]
    return sorted(counts, key=lambda one: (-(one.per_night[-1] or 0), one.column, one.rule, one.effect))


def as_csv(rows: Sequence[Reason]) -> str:
    """The rows for the owner of the source; no cell is taken for a formula."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    with open_duckdb(threads=1) as connection:
        for one in rows:
            cells = [getattr(one, name) for name in COLUMNS]
            writer.writerow(["" if cell is None else _guarded(connection, str(cell)) for cell in cells])
    return lines.getvalue()


def _guarded(connection: duckdb.DuckDBPyConnection, cell: str) -> str:
    row = connection.execute(f"SELECT {guarded('$1')}", [cell]).fetchone()
    assert row is not None
    return str(row[0])


def _of_night(folder: Path, mapping: AgencyMapping, feed: str, night: str) -> list[Reason] | None:
    path = quarantine_file(folder, feed)
    if not path.exists():
        return None
    is_file = feed in mapping.feeds and not isinstance(mapping.feeds[feed].source, SqlSource)
    source = source_name(mapping, feed)
    rows = pq.read_table(path).select(["row", "record", "field", "rule", "effect", "subject", "child_id"]).to_pylist()
    return [
        Reason(night, feed, source, row["row"] if is_file else None, row["record"] or row["subject"] or "",
              _own(mapping, feed, row["field"]), row["field"] or "", row["rule"],
              "note" if row["rule"] in _NOTED and row["effect"] == "field" else row["effect"], row["subject"] or "",
              row["child_id"])
        for row in rows
    ]  # fmt: skip


def _own(mapping: AgencyMapping, feed: str, column: str | None) -> str:
    if feed not in mapping.feeds or column not in feeds()[feed].columns:
        return ""
    return mapping.feeds[feed].column(str(column)).native or ""
