"""Reads columns.yml, the one description of every output column, and writes docs/reference/outputs.md (spec 6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal

from cmfc.storage.yaml_text import load_yaml

OutputType = Literal["text", "code", "moment_end", "date", "bool", "number", "integer"]
_HEAD = """# Outputs

Generated from `plugins/cmfc/publishing/columns.yml` by `cmfc reference --write`; do not edit.

One folder per agency and night; it appears whole or not at all. `exceptions.xlsx` and `exceptions.html` are worklists:
first who is missing now, or may be; then, if there are any, reports that people noted and the log does not have after
two days; then one line per subject (usually a missing episode) and recipient. They and `history.xlsx` alone show names
and birth dates, and are for the people who work them: times are on the agency's clock, durations in words. They and the
review page share one order: queue; severity; children under 13 or abducted; due within 12 hours; new tonight; clock
start. The lines of a child stand together, where the first of them stands; children who are missing now come first.
`history.xlsx` has what is done with (the queue `history`), laid out alike; the page only counts it. Each sheet prints
on one page's width at 8 points or more, its header on every page; columns that do not fit are on screen only.
`datapackage.json` describes the CSV files and names the workbooks,
`manifest.json` says what the night was made from and carries the SHA-256 of every other file. The same input gives the
same bytes.

**CSV.** UTF-8, RFC 4180 (lines end in CRLF, quotes only where needed), a header, nulls empty, rows sorted by the
columns in the order listed (nulls first, bytes compared). In `text` columns, ids included, every line of a
cell that begins with `=`, `+`, `-`, `@`, `|` or tab, in full or small width too, with a percent-encoded sign
(`%3D`), or with blanks, signs without width or apostrophes before one of these, gets one apostrophe in front, and
so does a cell that begins with a line end; so no
spreadsheet runs it as a formula. A program that reads the file takes that one apostrophe off again. Parquet has
the text as it is.

| Type | CSV | Parquet |
|---|---|---|
| `text`, `code` | text | string |
| `moment_end` | `YYYY-MM-DDTHH:MM:SSZ` | timestamp, microseconds, UTC |
| `date` | `YYYY-MM-DD` | date |
| `bool` | `true`, `false` | boolean |
| `number` | digits without exponent, at most 4 decimals unless said | double |
| `integer` | digits | 64-bit integer |

**Sensitivity.** `internal`; `pseudonymous` (ids that the agency can resolve); `sensitive` (says that a child is or was
missing, or how it was handled). No column of these tables is identifying.
"""


@dataclass(frozen=True)
class OutputColumn:
    """One published column. `decimals` holds for numbers; `codes` are the only values, where they are listed."""

    name: str
    type: OutputType
    sensitivity: str
    meaning: str
    codes: tuple[str, ...] = ()
    decimals: int = 4


@dataclass(frozen=True)
class OutputTable:
    """One published table. `source` is the core's table that it comes from; `key` is what no two rows share."""

    name: str
    meaning: str
    source: str
    formats: tuple[str, ...]
    columns: tuple[OutputColumn, ...]
    key: tuple[str, ...] = ()

    @property
    def column_names(self) -> list[str]:
        """Names in published order."""
        return [column.name for column in self.columns]


@cache
def output_tables() -> Mapping[str, OutputTable]:
    """Every published table by name, in the order of columns.yml."""
    return read_tables(files("cmfc.publishing").joinpath("columns.yml"))


def read_tables(source: Traversable) -> Mapping[str, OutputTable]:
    """Tables by name from a description such as columns.yml, in its order."""
    raw = load_yaml(source.read_text(encoding="utf-8"))
    return {name: _table(name, body) for name, body in raw.items()}


def _table(name: str, body: Mapping[str, Any]) -> OutputTable:
    columns = (
        OutputColumn(name=column, **{**spec, "codes": tuple(spec.get("codes", ()))})
        for column, spec in body["columns"].items()
    )
    return OutputTable(
        name=name,
        meaning=body["meaning"],
        source=body["from"],
        formats=tuple(body["formats"]),
        columns=tuple(columns),
        key=tuple(body.get("key", ())),
    )


def reference() -> str:
    """The description of the outputs as Markdown: one section per table, one row per column."""
    return _HEAD + "".join(section(table) for table in output_tables().values())


def section(table: OutputTable) -> str:
    """One table as Markdown: its files, its meaning, its key, one row per column."""
    names = ", ".join(f"`{table.name}.{ending}`" for ending in table.formats)
    key = " No two rows share " + ", ".join(f"`{name}`" for name in table.key) + "." if table.key else ""
    head = f"\n## {table.name}\n\n{names}. {table.meaning}{key}\n\n"
    return (
        head
        + "| Column | Type | Sensitivity | Meaning |\n|---|---|---|---|\n"
        + "".join(_row(column) for column in table.columns)
    )


def _row(column: OutputColumn) -> str:
    codes = " One of " + ", ".join(f"`{code}`" for code in column.codes) + "." if column.codes else ""
    kind = f"{column.type}, {column.decimals} decimals" if column.type == "number" else column.type
    return (
        f"| `{column.name}` | {kind} | {column.sensitivity} | {column.meaning.replace('|', chr(92) + '|')}{codes} |\n"
    )
