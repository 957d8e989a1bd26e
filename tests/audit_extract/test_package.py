"""The package: described, checkable by itself, the same bytes again, and nothing of anybody in it."""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import duckdb
import openpyxl
import pyarrow.parquet as pq
import pytest
from frictionless import Package, system

from cmfc.audit_extract.source_night import known_on
from cmfc.errors import UsageError
from cmfc.privacy.pseudonyms import read_key
from cmfc.timing.clock import as_of_night, local_time
from tests.support import planted_year as planted
from tests.support.audited import Audited
from tests.support.planted_year import CANARIES, NIGHT, ZONE

pytestmark = pytest.mark.long

BytesOf = Callable[[Path], dict[str, bytes]]


def verify(package: Path) -> tuple[int, str]:
    """Runs the package's own verifier, isolated: no path, no environment, nothing of ours."""
    command = [sys.executable, "-I", "-S", str(package / "verify.py"), str(package)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={}, cwd="/")
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


def test_its_own_verifier_finds_everything_right(audited: Audited) -> None:
    code, output = verify(audited.package)
    assert (code, output.count("ok   "), output.count("WRONG")) == (0, 38, 0), output


@pytest.mark.parametrize(
    "changes",
    [
        {"strata": ()},
        {"strata": ("county_size", "age_band"), "population": "statute"},
        {"first": date(2025, 7, 1), "last": date(2025, 7, 1), "sample_size": 12, "year_begins": 1},
        {"first": date(2024, 1, 1), "last": date(2026, 2, 28)},
    ],
    ids=["one stratum", "two columns, every episode", "a day", "all that is known"],
)
def test_other_requests_hold_too(audited: Audited, tmp_path: Path, changes: dict[str, Any]) -> None:
    audited.build(tmp_path / "package", **changes)
    code, output = verify(tmp_path / "package")
    assert code == 0, output


def test_a_period_without_any_episode_is_an_extract_too(audited: Audited, tmp_path: Path) -> None:
    summary = audited.build(tmp_path / "package", first=date(2020, 1, 1), last=date(2020, 1, 31))
    assert (summary["episodes"], summary["sampled"]) == (0, 0)
    assert verify(tmp_path / "package")[0] == 0


def _restamp(package: Path) -> None:
    """What somebody would do who changes a file and hides it: put the new hashes into the manifest."""
    manifest = json.loads((package / "manifest.json").read_bytes())
    for name, about in manifest["outputs"].items():
        about["sha256"] = hashlib.sha256((package / name).read_bytes()).hexdigest()
    (package / "manifest.json").write_text(json.dumps(manifest))


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new, 1).encode())


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        ("timeliness.csv", ",ncmec,statute,all,all,", ",ncmec,statute,all,all,1", "timeliness.csv follows"),
        ("episodes.csv", ",late,", ",met,", "timeliness.csv follows"),
        ("stock_and_flow.csv", "episodes,all,all,", "episodes,all,all,1", "open at start + new"),
        ("yearly.csv", ",children,", ",children,9", "yearly.csv follows"),
        ("population.csv", ",pulled,", ",pulled,9", "add up"),
        ("exclusions.csv", ",planned,", ",away_known,", "add up"),
        ("sample.csv", ",1,E", ",2,E", "the sample"),
        ("notices.csv", ",met,", ",met,9", "notices.csv follows"),
        ("ncic.csv", ",met,", ",met,9", "ncic.csv follows"),
    ],
)
def test_its_verifier_finds_what_was_changed(
    audited: Audited, tmp_path: Path, file: str, old: str, new: str, sentence: str
) -> None:
    package = audited.copy(tmp_path / "package")
    _edit(package / file, old, new)
    code, output = verify(package)
    assert code == 1 and f"         {file}, row " in output
    _restamp(package)
    code, output = verify(package)
    assert code == 1 and any(line.startswith("WRONG") and sentence in line for line in output.splitlines()), output


def test_its_verifier_finds_a_file_too_many(audited: Audited, tmp_path: Path) -> None:
    package = audited.copy(tmp_path / "package")
    (package / "more.txt").write_text("more")
    assert verify(package)[0] == 1


@pytest.mark.parametrize("is_by_day", [False, True])
def test_it_is_a_valid_data_package(audited: Audited, tmp_path: Path, is_by_day: bool) -> None:
    package = audited.package
    if is_by_day:
        package = tmp_path / "package"
        audited.build(package, is_by_day=True)
    with system.use_context(trusted=True):
        report = Package(str(package / "datapackage.json")).validate()
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "note"])[:3]
    described = {resource["path"] for resource in json.loads((package / "datapackage.json").read_bytes())["resources"]}
    assert described == {path.relative_to(package).as_posix() for path in package.rglob("*.csv")}


def test_by_the_day_no_time_and_no_hour_is_told_and_the_tables_stay(audited: Audited, tmp_path: Path) -> None:
    audited.build(tmp_path / "package", is_by_day=True)
    with (tmp_path / "package" / "episodes.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert not any("T" in row[name] for row in rows for name in row if name.endswith(("_earliest", "_latest")))
    assert {row["le_hours_min"] for row in rows} == {""}
    assert any(row["began_earliest"] == row["began_on"] for row in rows)
    for name in ("timeliness.csv", "stock_and_flow.csv", "yearly.csv"):
        assert (tmp_path / "package" / name).read_bytes() == (audited.package / name).read_bytes()
    assert verify(tmp_path / "package")[0] == 0


def texts(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file as it is, and what is packed in it."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        yield path.name, content
        if path.suffix == ".xlsx":
            with ZipFile(BytesIO(content)) as parts:
                yield path.name, b"".join(parts.read(name) for name in parts.namelist())
        if path.suffix == ".parquet":
            yield path.name, str(pq.read_table(path).to_pylist()).encode()


def test_no_name_birth_date_report_number_or_raw_id_is_in_any_byte(audited: Audited) -> None:
    feeds = audited.planted.feeds
    born = {row["date_of_birth"] for row in feeds["children"]}
    # Born in 2005 to 2018: no date of an episode can be one of these.
    raw = [row["child_id"] for row in feeds["children"]]
    raw += [row["absence_id"] for row in feeds["absences"]] + [row["placement_id"] for row in feeds["placements"]]
    raw += [row["le_report_id"] for row in feeds["le_reports"]]
    episode_ids = pq.read_table(audited.root / "store" / "planted" / NIGHT / "work" / "episodes.parquet")["episode_id"]
    secrets = [*CANARIES, *born, *episode_ids.to_pylist()]
    assert len(born) > 5 and len(episode_ids) > 200
    for name, content in texts(audited.package):
        for planted_one in secrets:
            assert planted_one.encode() not in content, (name, planted_one)
        words = set(
            content.replace(b'"', b",")
            .replace(b"\r\n", b",")
            .replace(b"'", b",")
            .replace(b"<", b",")
            .replace(b">", b",")
            .split(b",")
        )
        assert not words & {one.encode() for one in raw}, name


def test_what_is_planted_is_really_in_the_snapshots(audited: Audited) -> None:
    """Else the test above would find nothing, whatever leaked."""
    checked = audited.root / "store" / "planted" / NIGHT / "checked"
    assert CANARIES[0] in pq.read_table(checked / "children.parquet")["last_name"].to_pylist()
    assert any(
        n and n.startswith(CANARIES[2])
        for n in pq.read_table(checked / "le_reports.parquet")["report_number"].to_pylist()
    )


def test_the_same_request_gives_the_same_bytes(audited: Audited, tmp_path: Path, bytes_of: BytesOf) -> None:
    audited.build(tmp_path / "again")
    assert bytes_of(tmp_path / "again") == bytes_of(audited.package)


BUILD = """
import sys
from pathlib import Path
from tests.support.audited import Audited
from tests.support.planted_year import Planted
Audited(Path(sys.argv[1]), Planted({}, [], {}), Path(), {}).build(Path(sys.argv[2]))
"""


def test_row_order_time_zone_and_language_do_not_matter(audited: Audited, tmp_path: Path, bytes_of: BytesOf) -> None:
    """Another machine gets the same files. What differs is only what names the snapshots: their hashes."""
    planted.write(tmp_path / "records", audited.planted, shuffle=3)
    planted.night(tmp_path, tmp_path / "records")
    environment = {**os.environ, "TZ": "Asia/Tokyo", "LANG": "tr_TR.UTF-8", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    project = Path(__file__).parents[2]
    environment["PYTHONPATH"] = f"{project}{os.pathsep}{project / 'plugins'}"
    command = [sys.executable, "-c", BUILD, str(tmp_path), str(tmp_path / "package")]
    subprocess.run(command, check=True, env=environment, cwd=tmp_path)
    ours, theirs = bytes_of(audited.package), bytes_of(tmp_path / "package")
    naming = {"manifest.json", "fingerprints.json", "nights.csv", "nights.parquet", "tables.xlsx", "datapackage.json"}
    assert {name for name in ours if ours[name] != theirs[name]} <= naming
    first, second = (json.loads(files["manifest.json"]) for files in (ours, theirs))
    for manifest in (first, second):
        for name in ("manifest_sha256", "inputs", "feeds", "run", "run_id", "journal_head"):
            del manifest["night"][name]
        for name in naming - {"manifest.json"}:
            del manifest["outputs"][name]
    assert first == second


def test_what_is_corrected_later_changes_nothing(audited: Audited, tmp_path: Path, bytes_of: BytesOf) -> None:
    """A night later reasons were changed and the log to NCMEC is gone; the extract as known before stays as it was."""
    root = tmp_path / "installation"
    root.mkdir()
    for folder in ("store", "lists"):
        shutil.copytree(audited.root / folder, root / folder)
    corrected = planted.plant()
    for row in corrected.feeds["absences"]:
        row["reason"] = "other"
    planted.write(root / "records", corrected)
    (root / "records" / "ncmec_reports.csv").unlink()
    planted.night(root, root / "records", "2026-03-01")
    later = Audited(root, corrected, root / "package", {})
    later.build(tmp_path / "same")
    assert bytes_of(tmp_path / "same") == bytes_of(audited.package)
    later.build(tmp_path / "corrected", night="2026-03-01")
    with (tmp_path / "corrected" / "timeliness.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["recipient"] == "ncmec"]
    assert rows and all(int(row["not_checked"]) + int(row["no_duty"]) == int(row["episodes"]) for row in rows)
    manifest = json.loads((tmp_path / "corrected" / "manifest.json").read_bytes())
    assert manifest["incomplete"] and manifest["night"]["nights_on_record"] == 2
    assert "Incomplete." in (tmp_path / "corrected" / "report.html").read_text(encoding="utf-8")
    with (tmp_path / "corrected" / "resolution.csv").open(encoding="utf-8", newline="") as stream:
        assert list(csv.DictReader(stream)) == []  # both nights are after the period


def test_the_night_is_the_last_complete_one_by_then(audited: Audited) -> None:
    store, lists, as_of = audited.root / "store", audited.root / "lists", as_of_night(NIGHT, ZONE)
    for moment in (NIGHT, "2027-01-01", as_of, as_of + 5):
        assert known_on(store, lists, "", moment).business_date == NIGHT
    for too_early in ("2026-02-27", as_of - 1):
        with pytest.raises(UsageError, match="CMFC-U01"):
            known_on(store, lists, "planted", too_early)


def test_another_key_gives_other_pseudonyms_and_the_same_tables(audited: Audited, tmp_path: Path) -> None:
    audited.build(tmp_path / "package", key=read_key("another secret key, also of thirty-two bytes"))
    assert (tmp_path / "package" / "timeliness.csv").read_bytes() == (audited.package / "timeliness.csv").read_bytes()
    with (tmp_path / "package" / "episodes.csv").open(encoding="utf-8", newline="") as stream:
        theirs = {row["episode"] for row in csv.DictReader(stream)}
    assert theirs and not any(episode.encode() in (audited.package / "episodes.csv").read_bytes() for episode in theirs)


def test_a_package_is_never_written_over_another(audited: Audited) -> None:
    with pytest.raises(UsageError, match="CMFC-U12"):
        audited.build(audited.package)


def test_nothing_is_left_of_an_extract_that_fails(audited: Audited, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="CMFC-U07"):
        audited.build(tmp_path / "package", sample_size=3)
    assert list(tmp_path.iterdir()) == []


def test_a_period_that_is_not_over_is_refused(audited: Audited, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="CMFC-U05"):
        audited.build(tmp_path / "package", last=date(2026, 3, 1))
    with pytest.raises(UsageError, match="CMFC-U05"):
        audited.build(tmp_path / "package", first=date(1, 1, 1))


def test_the_report_is_one_page_without_script_and_says_what_the_tables_say(audited: Audited) -> None:
    page = (audited.package / "report.html").read_text(encoding="utf-8")
    assert f"(as of {local_time(as_of_night(NIGHT, ZONE), ZONE)})" in page and "Z)" not in page
    assert "<script" not in page and "http" not in page.replace("http-equiv", "") and page.count("<svg") > 6
    with (audited.package / "timeliness.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["dimension"] == "all"]
    assert len(rows) == 12
    for row in rows:
        if (row["population"], row["view"]) == ("statute", "calendar_days"):
            continue  # an absence of two hours would count as never reported
        share = 100 * (int(row["never"]) + int(row["late"])) / (int(row["episodes"]) - int(row["no_duty"]))
        assert f"<strong>{share:.1f} %</strong>" in page


def test_the_workbook_has_a_sheet_per_table(audited: Audited) -> None:
    book = openpyxl.load_workbook(audited.package / "tables.xlsx", read_only=True)
    assert {"About", "population", "timeliness", "stock_and_flow", "yearly", "sample"} <= set(book.sheetnames)
    rows = list(book["yearly"].iter_rows(values_only=True))
    with (audited.package / "yearly.csv").open(encoding="utf-8", newline="") as stream:
        assert len(rows) == len(list(csv.reader(stream)))


@pytest.mark.parametrize(
    ("table", "where", "code"),
    [
        ("work/episodes", "episode_id > 'f'", "CMFC-U06"),  # evidence that is in no episode any more
        ("work/determinations", "kind = 'whereabouts_known'", "CMFC-U06"),
        ("checked/custody", "child_id > 'C00'", None),  # who is not in care but missing still has days
    ],
)
def test_a_store_that_lacks_rows_is_found_out(
    audited: Audited, tmp_path: Path, table: str, where: str, code: str | None
) -> None:
    """Every evidence row is in an episode or has a reason, or nothing is written."""
    for folder in ("store", "lists"):
        shutil.copytree(audited.root / folder, tmp_path / folder)
    path = tmp_path / "store" / "planted" / NIGHT / f"{table}.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT * FROM '{path}' WHERE NOT ({where})) TO '{path}.less' (FORMAT parquet)")
    Path(f"{path}.less").replace(path)
    changed = Audited(tmp_path, audited.planted, tmp_path, {})
    if code is None:
        assert changed.build(tmp_path / "package")["episodes"] == audited.summary["episodes"]
        return
    with pytest.raises(UsageError, match=code):
        changed.build(tmp_path / "package")
    assert not (tmp_path / "package").exists()


def test_a_night_whose_tables_are_gone_is_named(audited: Audited, tmp_path: Path) -> None:
    shutil.copytree(audited.root / "lists", tmp_path / "lists")
    with pytest.raises(UsageError, match=f"CMFC-U02.*{NIGHT}"):
        known_on(tmp_path / "store", tmp_path / "lists", "planted", NIGHT)


def test_the_extract_names_the_run_and_the_head_of_the_journal(audited: Audited) -> None:
    night = json.loads((audited.root / "lists" / "planted" / NIGHT / "manifest.json").read_bytes())["ledger"]
    manifest_night = json.loads((audited.package / "manifest.json").read_bytes())["night"]
    assert (manifest_night["run_id"], manifest_night["journal_head"]) == (night["run_id"], night["journal_head"])
    assert int(manifest_night["journal_head"].partition(":")[0]) >= 1


def test_a_night_judged_again_and_not_published_is_refused(audited: Audited, tmp_path: Path) -> None:
    for folder in ("store", "lists"):
        shutil.copytree(audited.root / folder, tmp_path / folder)
    judged = tmp_path / "store" / "planted" / NIGHT / "work" / "ledger.json"
    judged.write_text(json.dumps(json.loads(judged.read_bytes()) | {"run_id": "another"}), encoding="utf-8")
    with pytest.raises(UsageError, match=r"CMFC-U02.*judged again"):
        known_on(tmp_path / "store", tmp_path / "lists", "planted", NIGHT)
