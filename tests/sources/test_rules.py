"""What the records' side of a night owes to the rules: rules/<slug>/ with case.txt and expected.json (README.md).

expected.json is the whole night by the specification. What in it rests on rules that come later stands in waits.yml,
with the reason; everything else is compared, and nothing may be found that it does not hold.
"""

import csv
import json
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from cmfc.night import reconcile_folder

RULES = Path(__file__).parent / "rules"
SLUGS = sorted(path.name for path in RULES.iterdir() if path.is_dir())
WAITING: dict[str, dict[str, Any]] = yaml.safe_load((RULES / "waits.yml").read_text(encoding="utf-8")) or {}
COUNTS = ("accepted", "quarantined", "voided", "collapsed")
FINDING = ("code", "subject_id", "recipient", "severity", "child_id")  # queue comes with spec 5
EPISODE = [
    *("child_id", "began_earliest", "began_latest", "episode_id", "ended_earliest", "ended_latest", "status"),
    *("outcome", "informed_earliest", "informed_latest", "informed_basis", "custody", "days_missing"),
    *("le_duty", "ncmec_duty", "le_report_id", "le_verdict", "ncmec_report_id", "ncmec_verdict", "ncic_verdict"),
]  # is_back and outcome_basis come with spec 2.2

Rows = list[tuple[str, ...]]


@pytest.mark.parametrize("slug", SLUGS)
def test_rule(slug: str, tmp_path: Path) -> None:
    folder, out = RULES / slug, tmp_path / "out"
    head, _, about = (folder / "case.txt").read_text(encoding="utf-8").partition("\n\n")
    said = dict(line.split(": ", 1) for line in head.splitlines())
    as_of = int(datetime.fromisoformat(said["as_of"]).timestamp())
    report = reconcile_folder(folder, said["zone"], said["jurisdiction"], as_of, out)
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    later = WAITING.get(slug, {})
    wrong = [
        f"{name} does not add up: {facts}"
        for name, facts in report["feeds"].items()
        if facts["pulled"] != sum(facts[count] for count in COUNTS)
    ]
    findings = [keyed(rows, FINDING) for rows in (expected["findings"], read(out / "exceptions.csv"))]
    wrong += compare("finding", *findings, later.get("findings", []))
    columns = [column for column in EPISODE if column not in later.get("episodes", [])]
    wrong += compare("episode", *[keyed(rows, columns) for rows in (expected["episodes"], read(out / "episodes.csv"))])
    assert not wrong, "\n".join([f"{slug}: {about.strip()}", *wrong])


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def keyed(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> Rows:
    """Rows as tuples of text; true and false as the CSVs write them, a key that is not there as empty."""
    return sorted(tuple(str(row.get(column, "")) for column in columns) for row in rows)


def compare(kind: str, expected: Rows, got: Rows, later: Collection[str] = ()) -> list[str]:
    """What differs; rows whose first cell is `later` are not compared."""
    left = list(got)
    wrong = []
    for row in expected:
        if row in left:
            left.remove(row)
        elif row[0] not in later:
            wrong.append(f"lacks the {kind} {shown(row)}")
    return wrong + [f"has the {kind} {shown(row)}" for row in left if row[0] not in later]


def shown(row: tuple[str, ...]) -> str:
    return " ".join(cell or "-" for cell in row)


def test_every_folder_says_what_is_right_and_what_waits_is_a_folder() -> None:
    assert set(WAITING) <= set(SLUGS)
    for slug in SLUGS:
        assert {"case.txt", "expected.json"} <= {path.name for path in (RULES / slug).iterdir()}, slug
        assert set(WAITING.get(slug, {})) <= {"findings", "episodes", "why"}, slug
        assert slug not in WAITING or WAITING[slug]["why"], slug
