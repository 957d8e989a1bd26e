"""Whole findings of every scenario as a person approved them, word for word: what no scenario's own list asks for.

After a change that is meant: python -m tests.scenarios.approved, and read the difference before it is committed.
"""

import tempfile
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tests.scenarios.compare import named_episodes, subjects
from tests.scenarios.joint import Joint, run_jointly
from tests.scenarios.scenario import HERE, SLUGS, Scenario, scenario
from tests.support.tables import Row, read_rows, text_of

FILE = HERE / "findings.csv"
COLUMNS = (
    "scenario", "code", "subject_id", "recipient", "rules", "child_id", "episode_id", "severity", "queue", "is_open",
    "began_earliest", "days_missing", "age", "reason", "clock_start_earliest", "clock_start_latest",
    "deadline_earliest", "deadline_latest", "observed_at_earliest", "observed_at_latest", "hours_over_min",
    "hours_over_max", "basis", "evidence", "county", "office", "caseworker_id", "why", "next_action",
)  # fmt: skip


def findings_of(night: Joint, slug: str) -> list[Row]:
    """A scenario's findings by code, subject and recipient; episodes by child and number."""
    names = named_episodes(night.of(slug, "episodes"))
    rows = [{"scenario": slug, **row, **subjects(row, names)} for row in night.of(slug, "exceptions")]
    rows.sort(key=lambda row: (row["code"], row["subject_id"], row["recipient"]))
    return [{column: row[column] for column in COLUMNS} for row in rows]


@cache
def approved() -> dict[str, list[Row]]:
    """By scenario."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in read_rows(FILE):
        rows[row["scenario"]].append(row)
    return rows


def differences(night: Joint, slug: str) -> list[str]:
    """A line for each finding that went (-) or came (+)."""
    was, now = approved().get(slug, []), findings_of(night, slug)
    return [f"- {row}" for row in was if row not in now] + [f"+ {row}" for row in now if row not in was]


def main() -> None:
    """Writes the file anew."""
    settings: dict[str, list[Scenario]] = defaultdict(list)
    for slug in SLUGS:
        settings[scenario(slug).setting].append(scenario(slug))
    rows: dict[str, Sequence[Row]] = {}
    with tempfile.TemporaryDirectory(prefix="cmfc-") as root:
        for number, members in enumerate(settings.values()):
            night = run_jointly(members, Path(root, str(number)))
            rows |= {one.slug: findings_of(night, one.slug) for one in members}
    text = text_of(list(COLUMNS), [row for slug in SLUGS for row in rows[slug]])
    FILE.write_text(text, encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
