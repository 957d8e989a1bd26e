"""How findings of the period stand and ended, from the ledger; which could not be checked, since when and why."""

from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from cmfc.audit_extract.population import EPOCH, run_step
from cmfc.audit_extract.source_night import Knowledge
from cmfc.audit_extract.tables import assert_identities
from cmfc.findings.lifecycle import SILENT
from cmfc.ledger.extracts import FeedNight
from cmfc.privacy.pseudonyms import Key
from cmfc.storage.duck import make_table, quoted

IDENTITIES = {
    "findings: every one is resolved, still open, set aside or not checked": """SELECT count(*) FROM resolution
        WHERE found <> resolved + still_open + set_aside + not_checked""",
    "findings: every resolved one ended in one way": """SELECT count(*) FROM resolution
        WHERE resolved <> done + worse + milder + corrected + "left" + not_recorded""",
}


def draw_findings(connection: duckdb.DuckDBPyConnection, knowledge: Knowledge, key: Key) -> None:
    """Make `findings` and `resolution`.

    Raises:
        UsageError: CMFC-U06 if a finding is counted twice or not at all.
    """
    make_table(connection, "told_lives", knowledge.record.lives)
    connection.execute(
        "CREATE VIEW life_events AS SELECT *, CAST(CAST(night AS DATE) - DATE '1970-01-01' AS BIGINT) AS night_day"
        " FROM told_lives"
    )
    for name in ("findings", "standing"):
        path = quoted(knowledge.folder / "work" / f"{name}.parquet")
        connection.execute(f"CREATE VIEW night_{name} AS SELECT * FROM read_parquet('{path}')")
    run_step(connection, "200_ended_findings")
    ids = [row[0] for row in connection.execute("SELECT exception_id FROM ended_findings ORDER BY 1").fetchall()]
    named = {
        "exception_id": pa.array(ids, pa.string()),
        "pseudonym": pa.array([key.pseudonym(knowledge.agency, "finding", one) for one in ids], pa.string()),
    }
    make_table(connection, "finding_pseudonyms", pa.table(named))
    _create_silences(connection, knowledge)
    for step in ("205_findings", "210_resolution"):
        run_step(connection, step)
    assert_identities(connection, IDENTITIES)


def _create_silences(connection: duckdb.DuckDBPyConnection, knowledge: Knowledge) -> None:
    """Per code and recipient whose findings are unchecked: which feeds were silent, and since which night."""
    pairs = connection.execute(
        "SELECT DISTINCT code, recipient FROM ended_findings WHERE state = 'not_checked' ORDER BY ALL"
    ).fetchall()
    last: dict[date, int] = {run.business_date: run.seq for run in knowledge.record.runs}
    nights = sorted(last, reverse=True)
    by_run: dict[int, list[FeedNight]] = {}
    for one in knowledge.record.feeds:
        by_run.setdefault(one.seq, []).append(one)
    rows: list[tuple[Any, ...]] = []
    for code, recipient in pairs:
        feeds = [one.feed for one in by_run[last[nights[0]]] if _is_silent(one, code, recipient)]
        feeds = feeds or [one.feed for one in by_run[last[nights[0]]] if _is_unusable(one)]
        since = nights[0]
        for night in nights:
            if not any(one.feed in feeds and _is_unusable(one) for one in by_run[last[night]]):
                break
            since = night
        rows.append((code, recipient, ";".join(sorted(feeds)) or None, (since - EPOCH).days))
    columns = list(zip(*rows, strict=True)) or [()] * 4
    kinds = {"code": pa.string(), "recipient": pa.string(), "feeds": pa.string(), "since_day": pa.int64()}
    named = {name: pa.array(values, kind) for (name, kind), values in zip(kinds.items(), columns, strict=True)}
    make_table(connection, "silences", pa.table(named))


def _is_unusable(one: FeedNight) -> bool:
    return one.status == "broken" or bool(one.checked["lost_columns"])


def _is_silent(one: FeedNight, code: str, recipient: str | None) -> bool:
    if not _is_unusable(one) or one.feed not in SILENT:
        return False
    whose, codes = SILENT[one.feed]
    return (whose is not None and whose == recipient) or code in codes
