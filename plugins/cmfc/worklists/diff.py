"""Holds one night's exceptions against another's."""

from pathlib import Path
from typing import Any

from cmfc.storage.duck import open_duckdb, quoted

SAID = ("severity", "status", "is_open", "queue", "deadline_earliest", "deadline_latest", "assignee", "waived_until")


def differences(before: Path, after: Path) -> list[dict[str, Any]]:
    """Findings that are new, gone or changed from the lists in one folder to those in another, ids and codes only.

    What changes by itself with time (hours over, ages, sentences) is left out.
    """
    changed = " || ".join(f"CASE WHEN b.{n} IS DISTINCT FROM a.{n} THEN ' {n}' ELSE '' END" for n in SAID)
    with open_duckdb() as engine:
        for name, folder in (("b", before), ("a", after)):
            path = quoted(folder / "exceptions.parquet")
            engine.execute(f"CREATE TABLE {name} AS SELECT * FROM read_parquet('{path}')")
        rows = engine.execute(f"""
            SELECT CASE WHEN b.exception_id IS NULL THEN 'new'
                        WHEN a.exception_id IS NULL THEN 'gone' ELSE 'changed' END,
                   exception_id, coalesce(a.code, b.code), coalesce(a.subject_id, b.subject_id),
                   coalesce(a.severity, b.severity),
                   CASE WHEN a.exception_id IS NOT NULL AND b.exception_id IS NOT NULL THEN trim({changed}) ELSE '' END
            FROM b FULL JOIN a USING (exception_id)
            WHERE a.exception_id IS NULL OR b.exception_id IS NULL OR {changed} <> ''
            ORDER BY 1, 3, 4, 2""").fetchall()
    names = ("change", "exception_id", "code", "subject_id", "severity", "differs_in")
    return [dict(zip(names, row, strict=True)) for row in rows]
