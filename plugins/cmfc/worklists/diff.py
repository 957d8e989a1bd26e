"""Holds one night's list against another's, by duty: better, worse, new, over (spec 5, Life of a finding)."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from cmfc.findings.lifecycle import DUTY_CHANGES, create_duty_codes
from cmfc.ledger.between import Between
from cmfc.storage.duck import open_duckdb, quoted

SAID = ("severity", "status", "is_open", "queue", "deadline_earliest", "deadline_latest", "assignee", "waived_until")
NAMES = ("change", "exception_id", "code", "was", "subject_id", "severity", "differs_in")


def differences(before: Path, after: Path, between: Between) -> list[dict[str, Any]]:
    """What is better, worse, new or over, not checked or changed otherwise, from the lists in one folder to another's.

    One line per duty, ids and codes only: of one that another code took the place of, `was` says the former code. What
    changes by itself with time (hours over, ages, sentences) is left out.

    Args:
        before: folder of the earlier published lists.
        after: folder of the later ones.
        between: what the ledger knows of the two nights.
    """
    changed = " || ".join(f"CASE WHEN b.{n} IS DISTINCT FROM a.{n} THEN ' {n}' ELSE '' END" for n in SAID)
    with open_duckdb() as engine:
        for name, folder in (("b", before), ("a", after)):
            path = quoted(folder / "exceptions.parquet")
            engine.execute(f"CREATE TABLE {name} AS SELECT * FROM read_parquet('{path}')")
        engine.register("known_before", between.before)
        engine.register("known_after", between.after)
        others = [pa.array(column, pa.string()) for column in (list(between.heirs), list(between.heirs.values()))]
        engine.register("heirs", pa.table(dict(zip(("other_id", "episode_id"), others, strict=True))))
        create_duty_codes(engine)
        engine.execute(_LIVED)
        rows = engine.execute(f"""
            {_CHANGES}
            UNION ALL
            SELECT 'changed', a.exception_id, a.code, '', a.subject_id, a.severity, trim({changed})
            FROM b JOIN a ON a.exception_id = b.exception_id WHERE {changed} <> ''
            ORDER BY 1, 3, 5, 2""").fetchall()
    return [dict(zip(NAMES, row, strict=True)) for row in rows]


def count_duties(lines: list[dict[str, Any]]) -> dict[str, int]:
    """How many duties are better, worse, new and over."""
    return {name: sum(line["change"] == name for line in lines) for name in DUTY_CHANGES}


_LIVED = """CREATE TABLE lived AS
SELECT k.*, coalesce(h.episode_id, k.subject_id) AS goes_on_as, d.rank
FROM known_before AS k
LEFT JOIN heirs AS h ON h.other_id = k.subject_id
LEFT JOIN duty_codes AS d ON d.code = k.code
WHERE k.is_live"""
_CHANGES = """WITH came AS (
    SELECT a.*, coalesce(a.recipient, '') AS to_whom, d.rank
    FROM a
    LEFT JOIN duty_codes AS d ON d.code = a.code
    WHERE a.exception_id NOT IN (SELECT exception_id FROM lived)
),
taken_over AS (
    SELECT c.exception_id, min(l.subject_id) AS former
    FROM came AS c
    JOIN lived AS l ON l.goes_on_as = c.subject_id AND l.code = c.code AND l.recipient = c.to_whom
    GROUP BY c.exception_id
),
former AS (
    SELECT goes_on_as, recipient, min(rank) AS rank, arg_min(code, rank) AS code
    FROM lived WHERE rank IS NOT NULL GROUP BY ALL
),
gone AS (
    SELECT l.*, l.exception_id IN (SELECT exception_id FROM known_after WHERE is_live) AS is_held
    FROM lived AS l
    WHERE l.exception_id NOT IN (SELECT exception_id FROM a)
)
SELECT CASE WHEN t.exception_id IS NOT NULL THEN 'changed' WHEN c.rank < f.rank THEN 'worse'
            WHEN c.rank > f.rank THEN 'better' ELSE 'new' END AS change,
       c.exception_id, c.code, CASE WHEN t.exception_id IS NULL AND c.rank <> f.rank THEN f.code ELSE '' END AS was,
       c.subject_id, c.severity, CASE WHEN t.exception_id IS NOT NULL THEN 'subject_id' ELSE '' END AS differs_in
FROM came AS c
LEFT JOIN taken_over AS t ON t.exception_id = c.exception_id
LEFT JOIN former AS f ON c.rank IS NOT NULL AND f.goes_on_as = c.subject_id AND f.recipient = c.to_whom
UNION ALL
SELECT CASE WHEN g.is_held THEN 'not_checked' ELSE 'over' END, g.exception_id, g.code, '', g.subject_id, g.severity, ''
FROM gone AS g
WHERE g.is_held OR NOT EXISTS (
    SELECT 1 FROM a
    LEFT JOIN duty_codes AS d ON d.code = a.code
    WHERE a.subject_id = g.goes_on_as AND coalesce(a.recipient, '') = g.recipient
      AND (a.code = g.code OR d.rank <> g.rank))"""
