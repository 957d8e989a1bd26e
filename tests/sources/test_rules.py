"""Odd records and what the rules make of them: rules/<slug>/ with case.txt and expected.json, the whole night."""

import csv
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cmfc.pipeline.folder import reconcile_folder

pytestmark = pytest.mark.long

RULES = Path(__file__).parent / "rules"
SLUGS = sorted(path.name for path in RULES.iterdir() if path.is_dir())
COUNTS = ("accepted", "quarantined", "voided", "collapsed")
FINDING = ("code", "subject_id", "recipient", "severity", "queue", "child_id")
EPISODE = [
    *("child_id", "began_earliest", "began_latest", "episode_id", "ended_earliest", "ended_latest", "status"),
    *("outcome", "informed_earliest", "informed_latest", "informed_basis", "custody", "days_missing"),
    *(
        "le_duty",
        "ncmec_duty",
        "le_report_id",
        "le_verdict",
        "ncmec_report_id",
        "ncmec_verdict",
        "ncic_verdict",
        "is_back",
    ),
]
MISSING = ("child_id", "record_state", "le_state", "ncmec_state")

Rows = list[tuple[str, ...]]


@pytest.mark.parametrize("slug", SLUGS)
def test_rule(slug: str, tmp_path: Path) -> None:
    folder, out = RULES / slug, tmp_path / "out"
    head, _, about = (folder / "case.txt").read_text(encoding="utf-8").partition("\n\n")
    head_of_case = dict(line.split(": ", 1) for line in head.splitlines())
    as_of = int(datetime.fromisoformat(head_of_case["as_of"]).timestamp())
    report = reconcile_folder(folder, head_of_case["zone"], head_of_case["jurisdiction"], as_of, out)
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    wrong = [
        f"{name} does not add up: {facts}"
        for name, facts in report["feeds"].items()
        if facts["pulled"] != sum(facts[count] for count in COUNTS)
    ]
    for name, key, columns in (
        ("exceptions", "findings", FINDING),
        ("episodes", "episodes", EPISODE),
        ("missing_now", "missing_now", MISSING),
    ):
        wrong += compare(key, keyed(expected[key], columns), keyed(read(out / f"{name}.csv"), columns))
    assert not wrong, "\n".join([f"{slug}: {about.strip()}", *wrong])


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def keyed(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> Rows:
    """Rows as tuples of text; true and false as the CSVs write them, a key that is not there as empty."""
    return sorted(tuple(_text(row.get(column, "")) for column in columns) for row in rows)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def compare(kind: str, expected: Rows, got: Rows) -> list[str]:
    """What differs."""
    left = list(got)
    wrong = []
    for row in expected:
        if row in left:
            left.remove(row)
        else:
            wrong.append(f"{kind}: lacks {text_of(row)}")
    return wrong + [f"{kind}: has {text_of(row)}" for row in left]


def text_of(row: tuple[str, ...]) -> str:
    return " ".join(cell or "-" for cell in row)


def test_every_folder_says_what_is_right() -> None:
    for slug in SLUGS:
        assert {"case.txt", "expected.json"} <= {path.name for path in (RULES / slug).iterdir()}, slug
