import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import frictionless
import pytest

from cmfc.errors import UsageError
from cmfc.pipeline.current_list import clear_stale, current, write_current, write_stale
from cmfc.storage.scratch import scratch_name
from cmfc.worklists.publish import publish
from tests.support.outputs_night import facts, finding, write_night

FILES = {
    "exceptions.csv", "exceptions.parquet", "exceptions.xlsx", "exceptions.html", "episodes.csv", "episodes.parquet",
    "missing_now.csv", "missing_now.parquet", "episode_rows.parquet", "determinations.csv", "links.csv",
    "quarantine.csv", "delta.csv", "datapackage.json", "manifest.json", "history.xlsx",
}  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_folder_holds_what_the_specification_names_and_nothing_else(tmp_path: Path) -> None:
    report = publish(*write_night(tmp_path), facts(), tmp_path / "lists" / "demo" / "2026-03-02")
    assert {path.name for path in (tmp_path / "lists" / "demo" / "2026-03-02").iterdir()} == FILES
    assert [path.name for path in (tmp_path / "lists" / "demo").iterdir()] == ["2026-03-02"]
    assert report["lines"] == 8 and report["rows"]["exceptions.csv"] == 9
    assert report["counts"]["by_code"]["LE-01"] == 2
    assert report["rows"]["missing_now.csv"] == 3 and report["rows"]["episode_rows.parquet"] == 1


def test_the_datapackage_is_valid_and_says_type_meaning_and_sensitivity(tmp_path: Path) -> None:
    findings = [finding("LE-01", "e1"), finding("LE-02", "=e2", why='"a",\r\nb', hours_over_min=-1.5)]
    publish(*write_night(tmp_path, findings), facts(), tmp_path / "out")
    report = frictionless.validate(str(tmp_path / "out" / "datapackage.json"))
    assert report.valid, report.flatten(["name", "fieldName", "note"])
    package = json.loads((tmp_path / "out" / "datapackage.json").read_text())
    assert [resource["name"] for resource in package["resources"]] == [
        "exceptions", "episodes", "missing_now", "determinations", "links", "quarantine", "delta",
        "exceptions_workbook", "history_workbook"]  # fmt: skip
    for resource in package["resources"]:
        content = (tmp_path / "out" / resource["path"]).read_bytes()
        assert (resource["bytes"], resource["hash"]) == (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")
        if resource["format"] == "xlsx":
            assert (resource["sensitivity"], resource["type"]) == ("identifying", "file") and resource["description"]
        else:
            assert all(field["description"] and field["sensitivity"] for field in resource["schema"]["fields"])


def test_a_changed_csv_no_longer_matches_its_datapackage(tmp_path: Path) -> None:
    publish(*write_night(tmp_path), facts(), tmp_path / "out")
    path = tmp_path / "out" / "links.csv"
    path.write_bytes(path.read_bytes().replace(b"probable", b"guesswork"))
    assert not frictionless.validate(str(tmp_path / "out" / "datapackage.json")).valid


def test_the_manifest_says_what_the_night_was_made_from(tmp_path: Path) -> None:
    publish(*write_night(tmp_path), facts(incomplete=("Broken.",)), tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["as_of"] == "2026-03-03T07:00:00Z" and manifest["law_digest"] == "c" * 64
    assert (
        manifest["feeds"]["absences"]["accounting"]["pulled"] == 40
        and manifest["feeds"]["children"]["sha256"] == "a" * 64
    )
    assert manifest["counts"]["by_severity"] == {"critical": 3, "low": 3, "medium": 3}
    assert manifest["incomplete"] == ["Broken."] and manifest["linkage_model_digest"] is None
    assert set(manifest["outputs"]) == FILES - {"manifest.json"}
    for name, described in manifest["outputs"].items():
        assert described["sha256"] == hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest()


@pytest.mark.parametrize(
    "step",
    [
        *(f"cmfc.worklists.publish.write_{what}" for what in ("parquet", "page", "manifest")),
        "cmfc.storage.atomic._make_durable",
    ],
)
def test_a_failure_half_way_leaves_the_old_folder_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    night, out = write_night(tmp_path / "night"), tmp_path / "lists" / "out"
    publish(*night, facts(), out)
    before = contents(out)

    def fail(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(step, fail)
    with pytest.raises(OSError, match="disk full"):
        publish(*night, facts(stale=True), out)
    assert contents(out) == before and [path.name for path in out.parent.iterdir()] == ["out"]


def test_a_failed_rename_brings_the_old_folder_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    night, out = write_night(tmp_path / "night"), tmp_path / "lists" / "out"
    publish(*night, facts(), out)
    before, rename = contents(out), Path.rename

    def fail(self: Path, target: Path) -> Path:
        if self.name.startswith(".cmfc-out-"):
            raise OSError("no")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="no"):
        publish(*night, facts(stale=True), out)
    assert contents(out) == before and [path.name for path in out.parent.iterdir()] == ["out"]


def test_what_a_killed_process_left_is_cleared_and_the_old_list_is_back(tmp_path: Path) -> None:
    work, checked = write_night(tmp_path / "night")
    out = tmp_path / "lists" / "out"
    publish(work, checked, facts(), out)
    out.rename(out.with_name(scratch_name("out.former")))
    out.with_name(scratch_name("out")).mkdir()
    (work / "links.parquet").unlink()
    with pytest.raises(UsageError, match="CMFC-P01"):
        publish(work, checked, facts(), out)
    assert {path.name for path in out.iterdir()} == FILES and [path.name for path in out.parent.iterdir()] == ["out"]


def test_a_second_publication_replaces_the_first(tmp_path: Path) -> None:
    out = tmp_path / "lists" / "out"
    publish(*write_night(tmp_path / "a"), facts(), out)
    publish(*write_night(tmp_path / "b", [finding("LE-01", "e9")]), facts(), out)
    assert b"e9" in (out / "exceptions.csv").read_bytes() and b"e5" not in (out / "exceptions.csv").read_bytes()
    assert [path.name for path in out.parent.iterdir()] == ["out"]


ELSEWHERE = """
import os, sys, time
from pathlib import Path
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
now = time.time
time.time = lambda: now() + 400 * 86_400
time.tzset()
from cmfc.worklists.publish import publish
from tests.support.outputs_night import facts
publish(*(Path(name) for name in sys.argv[1:3]), facts(), Path(sys.argv[3]))
"""


def test_the_same_work_folder_gives_the_same_bytes_at_another_time_and_place(tmp_path: Path) -> None:
    """Another day, zone, language, order of hashing and number of threads: no file says any of it."""
    work, checked = write_night(tmp_path / "night")
    publish(work, checked, facts(), tmp_path / "first")
    root = Path(__file__).parents[2]
    env = {**os.environ, "TZ": "Pacific/Kiritimati", "LANG": "tr_TR.UTF-8", "LC_ALL": "C", "PYTHONHASHSEED": "7",
           "OMP_NUM_THREADS": "1", "PYTHONPATH": f"{root / 'plugins'}:{root}"}  # fmt: skip
    folders = [str(folder) for folder in (work, checked, tmp_path / "second")]
    subprocess.run([sys.executable, "-c", ELSEWHERE, *folders], check=True, env=env, cwd=tmp_path)
    first, second = contents(tmp_path / "first"), contents(tmp_path / "second")
    assert first.keys() == second.keys() == FILES
    assert [name for name in first if first[name] != second[name]] == []


def test_a_file_in_the_place_of_the_lists_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(UsageError, match="CMFC-P02"):
        publish(*write_night(tmp_path), facts(), tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_the_current_list_and_its_stale_mark(tmp_path: Path) -> None:
    assert current(tmp_path, "demo") is None
    write_current(tmp_path, "demo", "2026-03-01")
    write_current(tmp_path, "demo", "2026-03-02")
    assert current(tmp_path, "demo") == "2026-03-02"
    write_stale(tmp_path, "demo", "2026-03-03", "The absences could not be read.")
    write_stale(tmp_path, "demo", "2026-03-04", "The placements could not be read.")
    assert json.loads((tmp_path / "demo" / "STALE.json").read_text()) == {
        "agency": "demo", "since": "2026-03-03", "until": "2026-03-04",
        "message": "The placements could not be read."}  # fmt: skip
    clear_stale(tmp_path, "demo")
    clear_stale(tmp_path, "demo")
    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["current.json"]
