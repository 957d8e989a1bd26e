"""The samples of an extract and their worksheet: episodes, what was left out, reports of the logs (spec 6)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from cmfc.audit_extract.answers import SHEETS
from cmfc.audit_extract.sample import LEAST, SampleRow, draw, frame_hash, frame_of
from cmfc.audit_extract.worksheet import CASE_COLUMNS, Draw, write_worksheet
from cmfc.storage.duck import make_table

OTHER_SAMPLES = {
    "sample_exclusions": (
        "subject",
        "SELECT subject, item FROM exclusions WHERE item NOT IN ('began_after_the_period', 'ended_before_the_period')",
    ),
    "sample_reports": (
        "report",
        "SELECT report, feed, CASE WHEN episode IS NULL THEN 'not_assigned' ELSE 'assigned' END FROM reports",
    ),
}
"""What is drawn of the samples beside the first one, and its frame with the stratum."""
OTHER_SIZE = 30
"""Of each of them; more where two of every stratum are more."""


def write_sample(
    connection: duckdb.DuckDBPyConnection, population: str, strata: Sequence[str], seed: int, size: int
) -> dict[str, Any]:
    """Draw the sample as the table `sample`, and give what the manifest says of it.

    Args:
        connection: holds `lines`.
        population: `audit` or `statute`.
        strata: columns of the lines.
        seed: of the draw.
        size: episodes to draw.
    """
    where = "WHERE in_audit_population" if population == "audit" else ""
    columns = ", ".join(("episode", *strata))
    frame = frame_of(connection.execute(f"SELECT {columns} FROM lines {where}").fetchall())
    about = _draw_into(connection, "sample", "episode", frame, seed, size)
    return {"population": population, "strata": list(strata), **about}


def write_other_samples(connection: duckdb.DuckDBPyConnection, seed: int) -> dict[str, Any]:
    """Draw from what was left out and from the logs of reports; give what the manifest says of them."""
    facts = {}
    for name, (subject, query) in OTHER_SAMPLES.items():
        frame = frame_of(connection.execute(query).fetchall())
        size = max(OTHER_SIZE, LEAST * len(set(frame.values())))
        facts[name] = _draw_into(connection, name, subject, frame, seed, size)
    return facts


def _draw_into(
    connection: duckdb.DuckDBPyConnection, table: str, subject: str, frame: Mapping[str, str], seed: int, size: int
) -> dict[str, Any]:
    sample = draw(frame, seed, size)
    names = ("stratum", "draw", "episode", "in_stratum", "sampled", "weight")
    kinds = (pa.string(), pa.int64(), pa.string(), pa.int64(), pa.int64(), pa.float64())
    arrays = {
        subject if n == "episode" else n: pa.array([getattr(d, n) for d in sample], k)
        for n, k in zip(names, kinds, strict=True)
    }
    make_table(connection, table, pa.table(arrays))
    return {
        "seed": seed, "size": size, "frame": len(frame), "frame_hash": frame_hash(frame), "drawn": len(sample),
        "allocation": _allocation(sample),
    }  # fmt: skip


def _allocation(sample: Sequence[SampleRow]) -> dict[str, dict[str, int]]:
    return {d.stratum: {"in_stratum": d.in_stratum, "sampled": d.sampled} for d in sample}


def write_sheet(connection: duckdb.DuckDBPyConnection, facts: Mapping[str, Any], as_of: int, path: Path) -> None:
    """Write the worksheet of the sample."""
    columns = ", ".join(f"s.{name}" if name == "stratum" else f"l.{name}" for name in CASE_COLUMNS)
    result = connection.execute(
        f"SELECT {columns} FROM sample AS s JOIN lines AS l ON l.episode = s.episode ORDER BY s.stratum, s.draw"
    ).fetchall()
    rows = [dict(zip(CASE_COLUMNS, row, strict=True)) for row in result]
    others = {}
    for sheet in SHEETS[1:] if "other_samples" in facts else ():
        names = ", ".join(sheet.columns)
        some = connection.execute(f"SELECT {names} FROM {sheet.table} ORDER BY stratum, draw").fetchall()
        others[sheet.name] = [dict(zip(sheet.columns, row, strict=True)) for row in some]
    sample = facts["sample"]
    draw_of_it = Draw(sample["frame_hash"], sample["seed"], tuple(sample["strata"]), others)
    write_worksheet(path, rows, draw_of_it, as_of)
