"""Scenarios with expectations written by hand from the specification (README.md tells how to add one)."""

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cmfc.feeds.catalog import feeds
from tests.scenarios.folders import FOLDERS, HERE, SLUGS, TABLES, Row, Scenario, columns, instant, read, scenario
from tests.scenarios.joint import Joint, lay_out, run_jointly

SCENARIOS = {folder.name: scenario(folder) for folder in FOLDERS}
KEYS = {"title", "covers", "spec", "zone", "jurisdiction", "as_of"}
MAY = {"runaway_placements_kept", "alone"}
FINDING = ["code", "subject_id", "recipient", "rule_id", "severity"]
ITEM_ROW = re.compile(r"^\| (?!item )([a-z]+(?:-[a-z0-9]+)*) \|.*\| ([^|]+) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def night_of(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Joint]:
    """Gives a scenario's night, which it shares with those of its setting that are to be run too."""
    asked = {item.callspec.params["slug"] for item in request.session.items
             if getattr(item, "originalname", "") == test_scenario.__name__}  # fmt: skip
    nights: dict[str, Joint] = {}

    def give(slug: str) -> Joint:
        setting = SCENARIOS[slug].setting
        if setting not in nights:
            members = [SCENARIOS[other] for other in sorted(asked) if SCENARIOS[other].setting == setting]
            nights[setting] = run_jointly(members, tmp_path_factory.mktemp("night"))
        return nights[setting]

    return give


@pytest.mark.parametrize("slug", SLUGS)
def test_scenario(slug: str, night_of: Callable[[str], Joint]) -> None:
    hold(SCENARIOS[slug], night_of(slug))


@pytest.mark.soak("scenarios")
@pytest.mark.parametrize("slug", [slug for slug in SLUGS if "alone" not in SCENARIOS[slug].said])
def test_scenario_alone(slug: str, tmp_path: Path) -> None:
    """That the others of its night neither help a scenario nor hide anything in it."""
    hold(SCENARIOS[slug], run_jointly([SCENARIOS[slug]], tmp_path))


def hold(this: Scenario, night: Joint) -> None:
    """Every row that is expected is there, and nothing else; nobody's name; every finding has its sentence."""
    slug = this.folder.name
    names = named_episodes(night.of(slug, "episodes"))
    differences: list[str] = [*night.nobodys]
    for table in TABLES:
        expected = this.folder / f"expected_{table}.csv"
        if expected.exists():
            got = [{**row, **subjects(row, names)} for row in night.of(slug, table)]
            differences += differences_of(table, read(expected), columns(expected), got, this.zone)
    assert not differences, "\n".join([f"{slug}: {this.said['title']}", *differences])
    assert not personal(this.folder, night.words), f"{slug}: a name or a birth date stands in a table"
    unsaid = [row["code"] for row in night.of(slug, "exceptions")
              if not row["title"] or not row["why"] or not row["next_action"] or "{" in row["why"]]  # fmt: skip
    assert unsaid == [], f"{slug}: findings without their sentence"


def test_neither_row_order_nor_the_machines_zone_matters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held for all scenarios of the commonest setting at once, as one agency."""
    setting, _ = Counter(one.setting for one in SCENARIOS.values()).most_common(1)[0]
    members = [one for one in SCENARIOS.values() if one.setting == setting]
    assert {"nested-absences", "absence-twice-in-the-file", "report-could-belong-to-two-episodes"} <= {
        one.folder.name for one in members
    }
    lay_out(members, tmp_path / "records")
    lay_out(members, tmp_path / "backwards", is_backwards=True)
    first = members[0].run(tmp_path / "first", tmp_path / "records")
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    try:
        second = members[0].run(tmp_path / "second", tmp_path / "backwards")
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    for name in [*(f"{table}.csv" for table in TABLES), "exceptions.parquet", "episodes.parquet"]:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_command_line_in_another_language_and_zone_gives_the_same_bytes(tmp_path: Path) -> None:
    this = SCENARIOS["autumn-clock-shown-twice"]
    first = this.run(tmp_path / "first")
    second = tmp_path / "second"
    said = this.said
    command = [sys.executable, "-m", "cmfc.cli", "reconcile", "--json", "--records", str(this.folder)]
    command += ["--zone", said["zone"], "--jurisdiction", said["jurisdiction"], "--as-of", said["as_of"]]
    env = {**os.environ, "TZ": "Asia/Kathmandu", "LANG": "tr_TR.UTF-8", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    env["PYTHONPATH"] = str(HERE.parents[1] / "plugins")
    subprocess.run([*command, "--out", str(second)], check=True, env=env, capture_output=True)
    files = sorted(p.name for p in first.iterdir())
    assert files == sorted(p.name for p in second.iterdir())
    assert [n for n in files if (first / n).read_bytes() != (second / n).read_bytes()] == []


def test_every_scenario_is_described_whole() -> None:
    assert FOLDERS
    for folder in FOLDERS:
        this = SCENARIOS[folder.name]
        assert KEYS <= set(this.said) <= KEYS | MAY, folder.name
        assert this.said.get("alone", "a reason"), f"{folder.name}: why does it stay alone?"
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
        for item in SCENARIOS[folder.name].said["covers"]:
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
        return instant(text, zone).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
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


def personal(records: Path, words: frozenset[str]) -> list[str]:
    """Names and birth dates of the scenario that stand in a table."""
    private: set[str] = set()
    for feed in ("children", "le_reports", "ncmec_reports"):
        for row in read(records / f"{feed}.csv") if (records / f"{feed}.csv").exists() else []:
            private |= {row.get(c) or "" for c in ("first_name", "last_name", "date_of_birth")}
    private = {word for word in private if len(word) > 3 and word != "unknown"}
    return sorted(private & words)


def shown(row: Row) -> str:
    return ", ".join(f"{c}={v or '(empty)'}" for c, v in row.items())


def readme() -> str:
    return (HERE / "README.md").read_text(encoding="utf-8")
