"""Checked tables of any size for the benchmarks: 5 placements and half an absence a child, reports for most."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from cmfc.feeds.catalog import feeds
from cmfc.validation.quarantine import SCHEMA
from cmfc.validation.types import checked_schema

AS_OF = 1_790_830_800
"""2026-09-30 24:00 in Chicago."""

DRAW = "CREATE MACRO draw(i, salt, n) AS CAST(md5_number_lower(CAST(i * 1000 + salt AS VARCHAR)) % n AS BIGINT)"
"""By MD5, which is the same wherever and whenever it is computed; an engine's own `hash()` changes between versions."""

FEEDS = {
    "children": """SELECT 'C' || i AS child_id, 'Last' || draw(i, 1, 5000) AS last_name, 'First' || draw(i, 2, 2000)
        AS first_name, CASE WHEN draw(i, 3, 100) > 0 THEN DATE '2008-06-01' + CAST(draw(i, 4, 6000) AS INTEGER) END
        AS date_of_birth, CASE draw(i, 5, 2) WHEN 0 THEN 'F' ELSE 'M' END AS sex, 'County' || draw(i, 6, 100) AS county,
        'Office' || draw(i, 6, 40) AS office, 'W' || draw(i, 7, 3000) AS caseworker_id FROM range({n}) AS r(i)""",
    "custody": """SELECT 'K' || i AS custody_id, 'C' || i AS child_id, 'state_care' AS authority,
        {as_of} - 94608000 AS began_at_earliest, {as_of} - 94608000 AS began_at_latest FROM range({n}) AS r(i)""",
    "placements": """SELECT 'P' || i || '-' || k AS placement_id, 'C' || i AS child_id,
        CASE WHEN k = 3 AND draw(i, 20, 40) = 0 THEN 'runaway' ELSE 'foster_home' END AS setting,
        {as_of} - (6 - k) * 15552000 + draw(i, 21, 86400) AS began_at_earliest, began_at_earliest AS began_at_latest,
        CASE WHEN k < 5 THEN {as_of} - (5 - k) * 15552000 + draw(i, 21, 86400) END AS ended_at_earliest,
        ended_at_earliest AS ended_at_latest FROM range({n}) AS r(i), range(1, 6) AS s(k)""",
    "absences": """SELECT 'A' || i AS absence_id, 'C' || (i * 2) AS child_id, 'missing' AS kind,
        {as_of} - 86400 - draw(i, 30, 60000000) AS absent_since_earliest,
        absent_since_earliest + CASE draw(i, 31, 5) WHEN 0 THEN 86399 ELSE 0 END AS absent_since_latest,
        CASE WHEN draw(i, 32, 10) > 0 THEN absent_since_earliest + draw(i, 33, 30000) END
        AS agency_informed_at_earliest,
        agency_informed_at_earliest AS agency_informed_at_latest,
        CASE WHEN draw(i, 34, 25) > 0 THEN absent_since_earliest + 86400 + draw(i, 35, 2000000) END
        AS ended_at_earliest,
        ended_at_earliest AS ended_at_latest, CASE WHEN ended_at_earliest IS NOT NULL THEN 'returned' END AS end_reason,
        'ran_away' AS reason, absent_since_latest + 50000 AS entered_at_earliest,
        entered_at_earliest AS entered_at_latest
        FROM range({n} // 2) AS r(i)""",
    "le_reports": """SELECT 'L' || i AS le_report_id, 'C' || (i * 2) AS child_id, 'accepted' AS outcome,
        'agency' AS reporter, 'PD' || draw(i, 40, 300) AS agency_name, 'N' || i AS report_number,
        {as_of} - 86400 - draw(i, 30, 60000000) + draw(i, 41, 95000) AS reported_at_earliest,
        reported_at_earliest AS reported_at_latest, 'M' || i AS ncic_number,
        reported_at_earliest + draw(i, 42, 8000) AS ncic_entered_at_earliest,
        ncic_entered_at_earliest AS ncic_entered_at_latest FROM range({n} // 2) AS r(i) WHERE draw(i, 43, 50) > 0""",
    "ncmec_reports": """SELECT 'R' || i AS ncmec_report_id, 'C' || (i * 2) AS child_id, 'agency' AS source,
        'Q' || i AS ncmec_case_number,
        {as_of} - 86400 - draw(i, 30, 60000000) + draw(i, 51, 100000) AS reported_at_earliest,
        reported_at_earliest AS reported_at_latest FROM range({n} // 2) AS r(i) WHERE draw(i, 53, 10) > 0""",
}  # fmt: skip


def write_records(folder: Path, children: int) -> None:
    """Write the checked tables of `children` children, the same ones each time."""
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(SCHEMA.empty_table(), folder / "quarantine.children.parquet")
    with duckdb.connect() as connection:
        connection.execute(DRAW)
        for name, feed in feeds().items():
            schema = checked_schema(feed)
            if name not in FEEDS:
                pq.write_table(schema.empty_table(), folder / f"{name}.parquet")
                continue
            query = FEEDS[name].format(n=children, as_of=AS_OF)
            columns = [column[0] for column in connection.execute(f"DESCRIBE {query}").fetchall()]
            named = {"record": f"'{name}:' || {feed.key}", "record_id": feed.key, "may_count": "TRUE"}
            listed = ", ".join(f if f in columns else f"{named.get(f, 'NULL')} AS {f}" for f in schema.names)
            types = ", ".join(f"CAST({f.name} AS {_sql_type(f.type)}) AS {f.name}" for f in schema)
            target = folder / f"{name}.parquet"
            connection.execute(
                f"COPY (SELECT {types} FROM (SELECT {listed} FROM ({query}))) TO '{target}' (COMPRESSION zstd)"
            )


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_int64(kind):
        return "BIGINT"
    return "DATE" if pa.types.is_date32(kind) else "BOOLEAN" if pa.types.is_boolean(kind) else "VARCHAR"
