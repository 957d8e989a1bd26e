"""The core's SQL cut at the verdict table: the work that the peers do, and no more.

The steps that the table needs, directly or through others, in their own files and order; what they read beside it, such
as the law and the calendar, is laid out as for a night.
"""

import re
from pathlib import Path

from benchmarks.peer_records import RESULT
from benchmarks.records import AS_OF
from cmfc.feeds.catalog import feeds
from cmfc.law.library import load_law
from cmfc.reconcile.engine import STEPS, Night, lay_out
from cmfc.reconcile.engines import Engine

ZONE, JURISDICTION = "America/Chicago", "us/mo"
VERDICTS = f"""WITH judged AS (
    SELECT episode_no, duty, max(CASE WHEN level = 'federal' THEN verdict END) AS federal,
           max(CASE WHEN level = 'state' THEN verdict END) AS state
    FROM verdicts GROUP BY episode_no, duty
)
SELECT e.child_id, e.began_earliest, e.began_latest, e.ended_earliest, e.ended_latest,
       coalesce(le.federal, 'not_required') AS le_verdict, coalesce(le.state, 'no_duty') AS le_state_verdict,
       coalesce(nc.federal, 'not_required') AS ncmec_verdict, coalesce(nc.state, 'no_duty') AS ncmec_state_verdict
FROM episodes AS e
LEFT JOIN judged AS le ON le.episode_no = e.episode_no AND le.duty = 'report_to_le'
LEFT JOIN judged AS nc ON nc.episode_no = e.episode_no AND nc.duty = 'report_to_ncmec'
ORDER BY {", ".join(RESULT[:3])}"""


def judge(engine: Engine, folder: Path) -> None:
    """Every step up to the verdicts."""
    lay_out(engine, folder, night(), load_law(JURISDICTION, ZONE))
    for name, sql in needed().items():
        engine.table(name, sql)


def night() -> Night:
    """The benchmark's night: feeds that no agency must have are absent."""
    status = {name: "absent" if feed.role == "optional" else "ok" for name, feed in feeds().items()}
    return Night("bench", AS_OF, ZONE, JURISDICTION, 0, True, None, status)


def needed() -> dict[str, str]:
    """The steps that the verdict table rests on, in order."""
    steps = {path.name[4:-4]: path.read_text(encoding="utf-8") for path in sorted(STEPS.iterdir(), key=lambda p: p.name)
             if path.name.endswith(".sql")}  # fmt: skip
    names = {name for name in steps if name in words_of(VERDICTS)}
    for name in reversed(steps):
        if name in names:
            names |= words_of(steps[name]) & steps.keys()
    return {name: sql for name, sql in steps.items() if name in names}


def words_of(sql: str) -> set[str]:
    """The names in a statement, without its comments."""
    return set(re.findall(r"\w+", re.sub(r"--[^\n]*", "", sql)))
