"""Scenarios with expectations written by hand from the specification (README.md tells how to add one)."""

import csv
import os
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from cmfc.feeds.catalog import feeds
from cmfc.night import reconcile_folder

HERE = Path(__file__).parent
FOLDERS = sorted(file.parent for file in HERE.glob("*/scenario.yml"))
SLUGS = [folder.name for folder in FOLDERS]
KEYS = {"title", "covers", "spec", "zone", "jurisdiction", "as_of"}
TABLES = ("exceptions", "episodes", "determinations", "links")
FINDING = ["code", "subject_id", "recipient", "rule_id", "severity"]
ITEM_ROW = re.compile(r"^\| (?!item )([a-z]+(?:-[a-z0-9]+)*) \|.*\| ([^|]+) \|$", re.MULTILINE)
SHUFFLED = ["nested-absences", "absence-twice-in-the-file", "report-could-belong-to-two-episodes"]

Row = dict[str, str]


@dataclass(frozen=True)
class Scenario:
    """What scenario.yml says."""

    folder: Path
    said: dict[str, Any]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.said["zone"])

    @property
    def as_of(self) -> int:
        return int(_instant(str(self.said["as_of"]), self.zone).timestamp())

    def run(self, out: Path, records: Path | None = None) -> Path:
        """Reconciles the folder as `cmfc reconcile` does."""
        reconcile_folder(
            records or self.folder,
            self.said["zone"],
            self.said["jurisdiction"],
            self.as_of,
            out,
            "local",
            self.said.get("runaway_placements_kept", False),
        )
        return out


def scenario(folder: Path) -> Scenario:
    return Scenario(folder, yaml.safe_load((folder / "scenario.yml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("slug", SLUGS)
def test_scenario(slug: str, tmp_path: Path) -> None:
    this = scenario(HERE / slug)
    out = this.run(tmp_path)
    episodes = read(out / "episodes.csv")
    names = named_episodes(episodes)
    differences: list[str] = []
    for table in TABLES:
        expected = HERE / slug / f"expected_{table}.csv"
        if expected.exists():
            got = [{**row, **subjects(row, names)} for row in read(out / f"{table}.csv")]
            differences += differences_of(table, read(expected), columns(expected), got, this.zone)
    assert not differences, "\n".join([f"{slug}: {this.said['title']}", *differences])
    assert not personal(this.folder, out), f"{slug}: a name or a birth date stands in a table"
    unsaid = [row["code"] for row in read(out / "exceptions.csv")
              if not row["title"] or not row["why"] or not row["next_action"] or "{" in row["why"]]  # fmt: skip
    assert unsaid == [], f"{slug}: findings without their sentence"


@pytest.mark.parametrize("slug", SHUFFLED)
def test_neither_row_order_nor_the_machines_zone_matters(
    slug: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    this = scenario(HERE / slug)
    first = this.run(tmp_path / "first")
    backwards = tmp_path / "records"
    backwards.mkdir()
    for file in this.folder.glob("[!e]*.csv"):
        head, *rows = file.read_text(encoding="utf-8").splitlines(keepends=True)
        (backwards / file.name).write_text("".join([head, *reversed(rows)]), encoding="utf-8")
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    try:
        second = this.run(tmp_path / "second", backwards)
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    for name in [*(f"{table}.csv" for table in TABLES), "exceptions.parquet", "episodes.parquet"]:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_command_line_in_another_language_and_zone_gives_the_same_bytes(tmp_path: Path) -> None:
    this = scenario(HERE / "autumn-clock-shown-twice")
    first = this.run(tmp_path / "first")
    second = tmp_path / "second"
    said = this.said
    command = [sys.executable, "-m", "cmfc.cli", "reconcile", "--json", "--records", str(this.folder)]
    command += ["--zone", said["zone"], "--jurisdiction", said["jurisdiction"], "--as-of", said["as_of"]]
    env = {**os.environ, "TZ": "Asia/Kathmandu", "LANG": "tr_TR.UTF-8", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    env["PYTHONPATH"] = str(HERE.parents[1] / "plugins")
    subprocess.run([*command, "--out", str(second)], check=True, env=env, capture_output=True, timeout=300)
    files = sorted(p.name for p in first.iterdir())
    assert files == sorted(p.name for p in second.iterdir())
    assert [n for n in files if (first / n).read_bytes() != (second / n).read_bytes()] == []


def test_every_scenario_is_described_whole() -> None:
    assert FOLDERS
    for folder in FOLDERS:
        this = scenario(folder)
        assert KEYS <= set(this.said) <= KEYS | {"runaway_placements_kept"}, folder.name
        assert this.said["covers"], folder.name
        assert set(FINDING) <= set(columns(folder / "expected_exceptions.csv")), folder.name
        known = (
            {f"{name}.csv" for name in feeds()}
            | {f"expected_{t}.csv" for t in TABLES}
            | {"scenario.yml", "decisions.csv"}
        )
        assert {p.name for p in folder.iterdir()} <= known, folder.name


def test_readme_maps_every_item_to_its_folders() -> None:
    claimed = {item: set(re.findall(r"`([a-z0-9_-]+)`", cell)) for item, cell in ITEM_ROW.findall(readme())}
    covered: dict[str, set[str]] = {item: set() for item in claimed}
    for folder in FOLDERS:
        for item in scenario(folder).said["covers"]:
            assert item in claimed, f"{folder.name}: README.md does not know {item}"
            covered[item].add(folder.name)
    assert claimed == covered
    assert {f"edge-{n}" for n in range(1, 35)} | {f"faq-{n}" for n in range(1, 32)} <= set(claimed)
    assert all(covered.values()), [item for item, slugs in covered.items() if not slugs]


def differences_of(table: str, expected: list[Row], wanted: list[str], got: list[Row], zone: ZoneInfo) -> list[str]:
    """Sentences about expected rows that are not there and rows that nobody expected; `*` stands for any value."""
    left = [{c: value_of(c, row[c], zone) for c in wanted} for row in got]
    differences = []
    for row in sorted(expected, key=lambda r: list(r.values()).count("*")):
        want = {c: value_of(c, v, zone) for c, v in row.items()}
        match = next((g for g in left if all(want[c] in ("*", g[c]) for c in wanted)), None)
        if match is None:
            differences.append(f"  {table}: expected, not there: {shown(want)}")
        else:
            left.remove(match)
    return differences + [f"  {table}: there, not expected: {shown(row)}" for row in left]


def value_of(column: str, text: str, zone: ZoneInfo) -> str:
    """One spelling for one value: times in UTC, numbers without trailing zeros."""
    if text and column.endswith(("_earliest", "_latest")) and text != "*":
        return _instant(text, zone).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if text and "_hours_" in column and text != "*":
        return f"{float(text):g}"
    return text


def named_episodes(episodes: list[Row]) -> dict[str, str]:
    """episode_id to `episode:<child_id>#<n>`, the child's n-th episode by begin."""
    names, seen = {}, Counter[str]()
    for row in sorted(episodes, key=lambda r: (r["child_id"], r["began_earliest"], r["began_latest"], r["evidence"])):
        seen[row["child_id"]] += 1
        names[row["episode_id"]] = f"episode:{row['child_id']}#{seen[row['child_id']]}"
    return names


def subjects(row: Row, names: dict[str, str]) -> Row:
    return {c: names.get(row[c], row[c]) for c in ("subject_id", "episode_id") if c in row}


def personal(records: Path, out: Path) -> list[str]:
    """Names and birth dates of the scenario that stand in a table."""
    private: set[str] = set()
    for feed in ("children", "le_reports", "ncmec_reports"):
        for row in read(records / f"{feed}.csv") if (records / f"{feed}.csv").exists() else []:
            private |= {row.get(c) or "" for c in ("first_name", "last_name", "date_of_birth")}
    private = {word for word in private if len(word) > 3 and word != "unknown"}
    text = "\n".join(file.read_text(encoding="utf-8") for file in out.glob("*.csv"))
    words = set(re.findall(r"[\w-]+", text))
    return sorted(private & words)


def read(file: Path) -> list[Row]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def columns(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as lines:
        return next(csv.reader(lines))


def shown(row: Row) -> str:
    return ", ".join(f"{c}={v or '(empty)'}" for c, v in row.items())


def readme() -> str:
    return (HERE / "README.md").read_text(encoding="utf-8")


def _instant(text: str, zone: ZoneInfo) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
