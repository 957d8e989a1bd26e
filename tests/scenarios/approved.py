"""Whole findings of every scenario as a person approved them, word for word: what no scenario's own list asks for.

`python -m tests.scenarios.rewrite SLUG…` writes them anew with the lists.
"""

from collections import defaultdict
from functools import cache

from tests.scenarios.compare import Comparison, compare_rows, rows_with_names
from tests.scenarios.joint import Joint
from tests.scenarios.scenario import HERE, SLUGS, Scenario
from tests.support.tables import Row, read_rows, text_of

FILE = HERE / "findings.csv"
COLUMNS = (
    "scenario", "code", "subject_id", "recipient", "rules", "child_id", "episode_id", "severity", "queue", "is_open",
    "began_earliest", "days_missing", "age", "reason", "clock_start_earliest", "clock_start_latest",
    "deadline_earliest", "deadline_latest", "observed_at_earliest", "observed_at_latest", "hours_over_min",
    "hours_over_max", "basis", "evidence", "county", "office", "caseworker_id", "why", "next_action",
)  # fmt: skip


@cache
def approved() -> dict[str, list[Row]]:
    """By scenario."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in read_rows(FILE):
        rows[row["scenario"]].append(row)
    return rows


def compare_findings(this: Scenario, night: Joint) -> Comparison:
    """The findings of a night beside those that were approved."""
    return compare_rows(approved().get(this.slug, []), COLUMNS, findings_of(night, this.slug), this.zone)


def findings_of(night: Joint, slug: str) -> list[Row]:
    """A scenario's findings by code, subject and recipient."""
    rows = sorted(
        rows_with_names(night, slug, "exceptions"), key=lambda row: (row["code"], row["subject_id"], row["recipient"])
    )
    return [{column: {"scenario": slug, **row}[column] for column in COLUMNS} for row in rows]


def rewrite_findings(this: Scenario, night: Joint) -> list[str]:
    """Writes the file where a scenario's findings differ; gives a line for each that went or came."""
    changes = compare_findings(this, night).sentences(FILE.name)
    if changes:
        rows = {**approved(), this.slug: findings_of(night, this.slug)}
        text = text_of(COLUMNS, [row for slug in SLUGS for row in rows.get(slug, [])])
        FILE.write_text(text, encoding="utf-8", newline="")
        approved.cache_clear()
    return changes
