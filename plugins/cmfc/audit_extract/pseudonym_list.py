"""Every id of a night that has a pseudonym in some extract of it: what the agency's crosswalk lists."""

from collections.abc import Iterator

from cmfc.audit_extract.source_night import Knowledge
from cmfc.reconcile.macros import CODE_WORDS
from cmfc.storage.duck import open_duckdb, quoted


def register(knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Kind and id of every episode, row that says a child was away, child of these, report and finding.

    It does not depend on a period, so that one crosswalk reads every extract of the night.
    """

    def source(name: str) -> str:
        return f"read_parquet('{quoted(knowledge.folder / name)}')"

    away = "NOT is_ordinary_setting(setting)"
    with open_duckdb(threads=1) as connection:
        for signature, body in CODE_WORDS.items():
            connection.execute(f"CREATE MACRO {signature} AS {body}")
        yield from connection.execute(
            f"""SELECT 'episode', episode_id FROM {source("work/episodes.parquet")}
            UNION SELECT 'child', child_id FROM {source("work/episodes.parquet")}
            UNION SELECT 'child', child_id FROM {source("checked/absences.parquet")}
            UNION SELECT 'absences', record_id FROM {source("checked/absences.parquet")}
            UNION SELECT 'child', child_id FROM {source("checked/placements.parquet")} WHERE {away}
            UNION SELECT 'placements', record_id FROM {source("checked/placements.parquet")} WHERE {away}
            UNION SELECT 'le_reports', record_id FROM {source("checked/le_reports.parquet")}
            UNION SELECT 'ncmec_reports', record_id FROM {source("checked/ncmec_reports.parquet")}
            ORDER BY ALL"""
        ).fetchall()
    yield from (("finding", one) for one in sorted(set(knowledge.record.lives["exception_id"].to_pylist())))
