"""One finding told in sentences: the evidence, the clock, the rule (spec 5)."""

from pathlib import Path
from typing import Any

import duckdb

from cmfc.errors import UsageError
from cmfc.outputs.columns import OutputColumn, output_tables
from cmfc.sql import quoted

BASES = {
    "law": "This is law",
    "advice": "This is advice of the project, not law",
    "record": "This is about the record, not a rule of law",
}


def find(folder: Path, exception_id: str) -> dict[str, Any]:
    """A finding of a published list, by its id, as text. From the Parquet: the CSV is written for spreadsheets.

    Raises:
        UsageError: CMFC-X01, no list there or no such finding in it.
    """
    path = folder / "exceptions.parquet"
    if not path.exists():
        raise UsageError("CMFC-X01", f"There is no list in {folder}.")
    with duckdb.connect() as connection:
        there = connection.execute(f"SELECT * FROM read_parquet('{quoted(path)}') LIMIT 0").description
        columns = [c for c in output_tables()["exceptions"].columns if c.name in {name for name, *_ in there}]
        found = connection.execute(
            f"SELECT {', '.join(map(_text, columns))} FROM read_parquet('{quoted(path)}') WHERE exception_id = ?",
            [exception_id],
        )
        row = found.fetchone()
    if row is None:
        raise UsageError("CMFC-X01", f"There is no finding {exception_id} in this list.")
    return dict(zip([column.name for column in columns], row, strict=True))


def explain_finding(finding: dict[str, Any]) -> str:
    """The finding in plain sentences, without any name."""
    lines = [f"{finding['code']} ({finding['severity']}): {finding['title']}.", finding["why"]]
    if finding["child_id"]:
        lines.append(f"It is about child {finding['child_id']}, {finding['subject_id']}.")
    if clock := _span(finding, "clock_start"):
        lines.append(f"The clock started {clock}.")
    if deadline := _span(finding, "deadline"):
        lines.append(f"The limit ended {deadline}.")
    if observed := _span(finding, "observed_at"):
        lines.append(f"What counts was done {observed}.")
    if finding["rule_id"]:
        checked = "read and verified" if finding["rule_verified"] == "true" else "NOT verified"
        lines.append(f"{BASES[finding['basis']]}: rule {finding['rule_id']}, {finding['citation']} ({checked}).")
    else:
        lines.append(f"{BASES[finding['basis']]}.")
    lines.append(f"It rests on: {finding['evidence'].replace(';', ', ')}.")
    lines.append(f"Next: {finding['next_action']}")
    return "\n".join(lines)


def _span(finding: dict[str, Any], name: str) -> str:
    earliest, latest = finding[f"{name}_earliest"], finding[f"{name}_latest"]
    if not earliest:
        return ""
    if earliest == latest:
        return f"at {earliest}"
    return f"between {earliest} and {latest}" if latest else f"at {earliest} or later"


def _text(column: OutputColumn) -> str:
    """A value as the CSV writes it, but for the quote that keeps a spreadsheet from calculating."""
    name = f'"{column.name}"'
    match column.type:
        case "moment_end":
            return f"strftime({name} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ')"
        case "number":
            exact = f"CAST(CAST({name} AS DECIMAL(20, {column.decimals})) AS VARCHAR)"
            return f"rtrim(rtrim({exact}, '0'), '.')" if column.decimals else exact
        case _:
            return f"CAST({name} AS VARCHAR)"
