"""Scenario folders: CSVs in, the whole expected list out. README.md says how to add one."""

import csv
import random
from pathlib import Path

import pytest
import yaml

from cmfc.night import reconcile_folder

HERE = Path(__file__).parent
FOLDERS = sorted(path.parent.name for path in HERE.glob("*/scenario.yml"))


def run(folder: Path, records: Path, out: Path) -> Path:
    asked = yaml.safe_load((folder / "scenario.yml").read_text(encoding="utf-8"))
    as_of = int(asked["as_of"].timestamp())
    kept = asked.get("runaway_placements_kept", False)
    reconcile_folder(records, asked["zone"], asked["jurisdiction"], as_of, out, runaway_placements_kept=kept)
    return out


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def raised(out: Path) -> list[tuple[str, ...]]:
    """The findings, with an episode named as <child>#<its place in the child's history>."""
    names: dict[str, str] = {}
    counted: dict[str, int] = {}
    for episode in rows(out / "episodes.csv"):
        child = episode["child_id"]
        counted[child] = counted.get(child, 0) + 1
        names[episode["episode_id"]] = f"{child}#{counted[child]}"
    return sorted(
        (f["code"], names.get(f["subject_id"], f["subject_id"]), f["recipient"], f["rule_id"], f["severity"])
        for f in rows(out / "exceptions.csv")
    )


@pytest.mark.parametrize("name", FOLDERS)
def test_scenario(name: str, tmp_path: Path) -> None:
    out = run(HERE / name, HERE / name, tmp_path / "out")
    assert raised(out) == sorted(tuple(row.values()) for row in rows(HERE / name / "expected_exceptions.csv"))
    for table in ("episodes", "determinations", "links"):
        expected = HERE / name / f"expected_{table}.csv"
        if expected.exists():
            wanted = rows(expected)
            got = [{column: row[column] for column in wanted[0]} for row in rows(out / f"{table}.csv")]
            assert got == wanted


def test_row_order_and_time_zone_of_the_machine_change_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = HERE / "many_children"
    first = run(folder, folder, tmp_path / "first")
    shuffled = tmp_path / "shuffled"
    shuffled.mkdir()
    for path in folder.glob("[!e]*.csv"):
        head, *body = path.read_text(encoding="utf-8").splitlines()
        random.Random(5).shuffle(body)
        (shuffled / path.name).write_text("\n".join([head, *body]) + "\n", encoding="utf-8")
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    monkeypatch.setenv("LANG", "tr_TR.UTF-8")
    second = run(folder, shuffled, tmp_path / "second")
    for name in ("exceptions.csv", "episodes.csv", "determinations.csv", "links.csv", "exceptions.parquet"):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
