"""What changed since an earlier extract of the same period: episodes that came, went, or are told otherwise now."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from cmfc.audit_extract.package import read_manifest
from cmfc.errors import UsageError
from cmfc.publishing.manifest import MANIFEST
from cmfc.storage.digest import sha256_of
from cmfc.storage.duck import make_table, quoted

COMPARED = ("began_on", "ended_on", "outcome", "in_audit_population", "county", "le_verdict", "le_state_verdict",
            "ncmec_verdict", "ncmec_state_verdict", "has_le_report", "has_ncmec_report")  # fmt: skip
"""Columns of episodes.csv that are held against one another."""
LINES = "episodes.csv"


def draw_reconciliation(connection: duckdb.DuckDBPyConnection, former: Path | None) -> None:
    """Make `changes` and `reconciliation`; empty without an earlier package.

    Raises:
        UsageError: CMFC-U06 if the episodes do not add up.
    """
    if former is None:
        text = pa.string()
        make_table(connection, "changes", pa.table({n: pa.array([], text) for n in ("episode", "item", "was", "now")}))
        make_table(
            connection, "reconciliation", pa.table({"item": pa.array([], text), "number": pa.array([], pa.int64())})
        )
        return
    path = quoted(former / "episodes.csv")
    connection.execute(
        "CREATE TABLE former AS SELECT * FROM"
        f" read_csv('{path}', header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"')"
    )
    listed = ", ".join(f"('{name}', f.{name}, CAST(l.{name} AS VARCHAR))" for name in COMPARED)
    connection.execute(
        f"""CREATE TABLE changes AS
        SELECT episode, 'episode' AS item, NULL AS was, 'new' AS now
        FROM lines WHERE episode NOT IN (SELECT episode FROM former)
        UNION ALL
        SELECT episode, 'episode', 'there', 'gone' FROM former WHERE episode NOT IN (SELECT episode FROM lines)
        UNION ALL
        SELECT l.episode, d.item, d.was, d.now FROM lines AS l JOIN former AS f ON f.episode = l.episode
        CROSS JOIN LATERAL (VALUES {listed}) AS d(item, was, now)
        WHERE coalesce(d.was, '') <> coalesce(d.now, '')"""
    )
    connection.execute(
        """CREATE TABLE reconciliation AS
        SELECT 'then' AS item, count(*) AS number FROM former
        UNION ALL SELECT 'new', count(*) FROM changes WHERE item = 'episode' AND now = 'new'
        UNION ALL SELECT 'gone', count(*) FROM changes WHERE item = 'episode' AND now = 'gone'
        UNION ALL SELECT 'now', count(*) FROM lines
        UNION ALL SELECT 'the_same', count(*) FROM lines WHERE episode NOT IN (SELECT episode FROM changes)
        UNION ALL SELECT 'changed: ' || item, count(*) FROM changes WHERE item <> 'episode' GROUP BY item"""
    )
    number = dict(connection.execute("SELECT * FROM reconciliation").fetchall())
    if number["then"] + number["new"] - number["gone"] != number["now"]:
        raise UsageError("CMFC-U06", "The episodes then and now do not add up; an episode is in one of them twice.")


def former_facts(former: Path | None, facts: Mapping[str, Any]) -> dict[str, Any] | None:
    """What manifest.json says of the earlier package.

    Raises:
        UsageError: CMFC-U11 if it is of another agency, period or key, or not as it was built.
    """
    if former is None:
        return None
    manifest = read_manifest(former)
    if any(manifest[name] != facts[name] for name in ("agency", "period", "pseudonyms")):
        raise UsageError("CMFC-U11", "The earlier extract is of another agency, period or key.", former.name)
    if sha256_of(former / LINES) != manifest["outputs"].get(LINES, {}).get("sha256"):
        raise UsageError("CMFC-U11", "The earlier extract was changed since it was built.", former.name)
    night = {name: manifest["night"][name] for name in ("business_date", "run_id")}
    return {"name": former.name, "manifest_sha256": sha256_of(former / MANIFEST), **night}
