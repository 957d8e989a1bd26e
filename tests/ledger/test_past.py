"""Whole nights: as they were known, at once, at the command line, and between two nights."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from cmfc.cli import main
from cmfc.cli.acting import user
from cmfc.errors import CmfcError, UsageError
from cmfc.feeds.catalog import feeds
from cmfc.findings.lifecycle import DUTY_CHANGES, Life
from cmfc.ledger.actions import Action, apply_action
from cmfc.ledger.bitemporal import known_after
from cmfc.ledger.heads import head_from
from cmfc.ledger.outbox import send
from cmfc.ledger.queries import Filter, list_findings
from cmfc.ledger.verify import verify
from cmfc.pipeline import nightly
from cmfc.pipeline.code import PACKAGE, current_code
from cmfc.pipeline.hourly import late, watch
from cmfc.pipeline.ledger_steps import kept_folder, ledger_of, record_run
from cmfc.pipeline.nightly import alone, mark_current, pull_feed, run_night
from cmfc.pipeline.rebuild import rebuild
from cmfc.pipeline.run import Run, run_of
from cmfc.reconcile.registry import titles
from cmfc.storage.digest import sha256_of
from cmfc.storage.lock import lock_file
from tests.support import small_agency as door
from tests.support.postgres import new_database

pytestmark = pytest.mark.long

FIRST, SECOND = "2026-03-09", "2026-03-10"
DAY = 86_400
Folder = dict[str, bytes]


def files(folder: Path) -> Folder:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def night(root: Path, day: str) -> Run:
    return run_of(door.mapping_of(root, max_age_hours=72), day, root / "store", root / "lists")


def mapping_file(root: Path, folder: Path) -> Path:
    mapping = json.loads(door.mapping_of(root, max_age_hours=72).model_dump_json())
    for feed in mapping["feeds"].values():
        feed["columns"] = {name: {"from": c.pop("native")} | c for name, c in feed["columns"].items()}
    (folder / "agency.yml").write_text(json.dumps(mapping), encoding="utf-8")
    return folder / "agency.yml"


def deliver(root: Path, at: int) -> None:
    for feed in feeds().values():
        rows = [row | ({"verified": "false"} if "verified" in row else {}) for row in door.good_rows(feed)]
        os.utime(door.deliver(root, feed, rows), (at, at))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two nights, something done between them, and a correction after the second that was pulled anew."""
    root = tmp_path_factory.mktemp("past")
    deliver(root, door.PULLED_AT)
    run_night(night(root, FIRST), door.PULLED_AT)
    mark_current(night(root, FIRST), root / "lists")
    ledger = ledger_of(night(root, FIRST))
    (some, *_, other), _ = list_findings(ledger, "demo", Filter())
    from datetime import date

    action = Action("waive", "pat", door.PULLED_AT + 9000, date(2026, 3, 10), text="Zebulonia", until=date(2026, 3, 30))
    apply_action(ledger, "demo", some.exception_id, action)
    seen = Action("acknowledge", "kim", door.PULLED_AT + 9000, date(2026, 3, 10))
    apply_action(ledger, "demo", other.exception_id, seen)
    ledger.close()
    run_night(night(root, SECOND), door.PULLED_AT + DAY)
    shutil.copytree(root / "lists" / "demo" / SECOND, root / "as published")
    log = root / "ncmec_reports.csv"
    log.write_text("\n".join(log.read_text().splitlines()[:-3]) + "\n")
    os.utime(log, (door.PULLED_AT + DAY, door.PULLED_AT + DAY))
    run_night(night(root, SECOND), door.PULLED_AT + DAY + 3600, again=True)
    mark_current(night(root, SECOND), root / "lists")
    return root


@pytest.mark.parametrize(("hours", "published"), [(0, "as published"), (2, f"lists/demo/{SECOND}")])
def test_a_night_is_rebuilt_byte_for_byte_as_it_was_known(
    hours: int, published: str, recorded: Path, tmp_path: Path
) -> None:
    answer = rebuild(night(recorded, SECOND), tmp_path / "out", door.PULLED_AT + DAY + hours * 3600)
    assert answer["is_as_published"] is True
    assert files(tmp_path / "out") == files(recorded / published)


def test_the_two_runs_of_that_night_differ(recorded: Path) -> None:
    """Else the test above would show nothing."""
    assert files(recorded / "as published") != files(recorded / "lists" / "demo" / SECOND)


def test_what_was_not_on_record_then_is_refused(recorded: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"CMFC-J05: By 2026-.* C[DS]T, the night 2026-03-10 was not on record"):
        rebuild(night(recorded, SECOND), tmp_path / "out", door.PULLED_AT)
    assert not (tmp_path / "out").exists()


@pytest.fixture
def later_code(recorded: Path, tmp_path: Path) -> Callable[[str, str, str], dict[str, Any]]:
    """Rebuilds the second night, in another process, by a copy of this code in which one text was replaced."""

    def rebuild_by(file: str, old: str, new: str) -> dict[str, Any]:
        code = tmp_path / "later"
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PACKAGE, code / "plugins" / "cmfc", ignore=ignore)
        shutil.copytree(PACKAGE.parents[1] / "expectations", code / "expectations")
        edited = code / "plugins" / "cmfc" / file
        text = edited.read_text(encoding="utf-8")
        assert old in text
        edited.write_text(text.replace(old, new, 1), encoding="utf-8")
        mapping = mapping_file(recorded, tmp_path)
        command = [sys.executable, "-m", "cmfc.cli", "night", "--agency", str(mapping), "--date", SECOND, "--json",
                   "--as-known-on", "2026-03-12T00:00:00Z", "--out", str(tmp_path / "out")]  # fmt: skip
        environment = os.environ | {"PYTHONPATH": str(code / "plugins"), "CMFC_STORE": str(recorded / "store"),
                                    "CMFC_LISTS": str(recorded / "lists")}  # fmt: skip
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        return dict(json.loads(ended.stdout.splitlines()[-1]))

    return rebuild_by


def test_code_with_another_comment_gives_the_night_byte_for_byte(
    later_code: Callable[[str, str, str], dict[str, Any]], recorded: Path, tmp_path: Path
) -> None:
    report = later_code("reconcile/steps/010_evidence.sql", "-- ", "-- x\n-- ")
    assert report["code_now"]["version"] != report["code_then"]["version"] == current_code().version
    assert (report["is_same"], report["rows_differing"], report["files_differing"]) == (True, 0, [])
    assert files(tmp_path / "out") == files(recorded / "lists" / "demo" / SECOND)


def test_code_with_another_severity_is_not_refused_and_the_rows_are_counted(
    later_code: Callable[[str, str, str], dict[str, Any]], recorded: Path, tmp_path: Path
) -> None:
    with (recorded / "lists" / "demo" / SECOND / "exceptions.csv").open(encoding="utf-8", newline="") as stream:
        raised = list(csv.DictReader(stream))
    checks = {path.stem[:5]: path for path in (PACKAGE / "reconcile" / "checks").rglob("*.sql")}
    code, severity = next(
        (row["code"], row["severity"])
        for row in raised
        if row["code"] in checks and checks[row["code"]].read_text().count(f"'{row['severity']}'") == 1
    )
    report = later_code(str(checks[code].relative_to(PACKAGE)), f"'{severity}'", "'info'")
    changed = sum((row["code"], row["severity"]) == (code, severity) for row in raised)
    assert (report["is_same"], report["rows_differing"]) == (False, changed) and changed > 0
    assert "exceptions.csv" in report["files_differing"]
    then = report["code_then"]
    assert (
        report["sentence"].startswith(f"Differs in {changed} rows (files: ") and then["version"] in report["sentence"]
    )
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    assert manifest["code_version"] == report["code_now"]["version"] != then["version"]


def test_rows_are_counted_by_the_ledger_where_the_list_that_went_out_is_gone(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "copy"
    shutil.copytree(recorded, root)
    shutil.rmtree(root / "lists")
    monkeypatch.setattr(Life, "digest", lambda _: "0" * 64)
    assert rebuild(night(root, SECOND), tmp_path / "out")["rows_differing"] == 0  # the bytes decide
    monkeypatch.setattr(nightly, "publish_night", lambda *_, **__: {"manifest_sha256": "0" * 64})
    report = rebuild(night(root, SECOND), tmp_path / "out")
    assert (report["is_same"], report["rows_differing"], report["files_differing"]) == (False, 0, [])
    lines = Life.rows

    def without_one(life: Life, query: str) -> list[Any]:
        rows = lines(life, query)
        return rows[1:] if query.endswith("FROM lines") else rows

    monkeypatch.setattr(Life, "rows", without_one)
    assert rebuild(night(root, SECOND), tmp_path / "out")["rows_differing"] == 1


def test_a_snapshot_that_is_gone_or_changed_is_refused(recorded: Path, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(recorded, root)
    run = night(root, SECOND)
    pulled = json.loads((run.folder / "pulled" / "absences.json").read_bytes())["sha256"]
    stored = kept_folder(run) / f"{pulled}.parquet"
    stored.chmod(0o644)
    stored.write_bytes(stored.read_bytes()[:-1] + b"?")
    with pytest.raises(UsageError, match="CMFC-J06: The snapshot of absences"):
        rebuild(run, tmp_path / "out")
    stored.unlink()
    with pytest.raises(UsageError, match="CMFC-J06: The snapshot of absences"):
        rebuild(run, tmp_path / "out")


def test_the_manifest_prints_a_head_that_verifies(recorded: Path) -> None:
    run = night(recorded, SECOND)
    head = head_from(json.loads((run.out / "manifest.json").read_bytes())["ledger"]["journal_head"])
    ledger = ledger_of(run)
    head_now, faults = verify(ledger, "demo", [(head.seq, head.hash)], run.out.parent, kept_folder(run))
    ledger.close()
    assert faults == [] and head_now.seq > head.seq  # the release came after


def test_of_two_processes_at_one_night_the_second_is_told(recorded: Path) -> None:
    run = night(recorded, SECOND)
    before = files(run.out)
    with alone(run), pytest.raises(CmfcError, match="CMFC-N03: Another process runs this night"):
        run_night(run, door.PULLED_AT + DAY)
    assert files(run.out) == before


def test_of_two_processes_at_one_pull_the_second_is_told(recorded: Path) -> None:
    run = night(recorded, SECOND)
    with lock_file(run.folder / ".absences.lock", is_waiting=False), pytest.raises(CmfcError, match="CMFC-N03"):
        pull_feed(run, "absences", door.PULLED_AT + DAY, None, again=True)
    assert pull_feed(run, "absences", door.PULLED_AT + DAY, None)["how"] == "reused"


def test_a_snapshot_that_was_replaced_since_it_was_validated_is_kept_under_no_name(
    recorded: Path, tmp_path: Path
) -> None:
    run = night(shutil.copytree(recorded, tmp_path / "copy"), SECOND)
    (pulled,) = (run.folder / "pulled").glob("absences.parquet")
    copy = kept_folder(run) / f"{sha256_of(pulled)}.parquet"
    copy.unlink()
    pulled.chmod(0o644)
    shutil.copy(run.folder / "pulled" / "custody.parquet", pulled.with_name("other"))
    pulled.with_name("other").replace(pulled)
    with pytest.raises(CmfcError, match=r"CMFC-I03: absences: the snapshot was replaced since it was validated"):
        record_run(run, door.PULLED_AT + DAY)
    assert not copy.exists()


def test_a_kept_table_that_is_not_the_one_on_record_is_made_again(recorded: Path, tmp_path: Path) -> None:
    run = night(shutil.copytree(recorded, tmp_path / "copy"), SECOND)
    copies, ledger, day = kept_folder(run), ledger_of(run), date.fromisoformat(SECOND)
    path, _ = known_after(ledger, "demo", day, copies)
    assert path is not None
    whole, other = path.read_bytes(), next(one for one in copies.iterdir() if one != path)
    rows = pq.read_table(path).drop_columns(["key"]).to_pylist()  # where it is not, the id stands for it
    for content in (b"", whole[:99], other.read_bytes()):
        path.chmod(0o644)
        path.write_bytes(content)
        new_path, _ = known_after(ledger, "demo", day, copies)
        assert new_path == path and pq.read_table(path).sort_by("episode_id").to_pylist() == rows
    ledger.close()


def test_two_machines_that_share_a_ledger_alone_do_not_run_one_night_at_once(server: str, recorded: Path) -> None:
    """Each has a store of its own, so neither sees the other's file."""
    here = replace(night(recorded, SECOND), ledger=new_database(server))
    there = replace(here, folder=recorded / "elsewhere" / SECOND)
    with alone(here):
        with alone(replace(there, folder=recorded / "elsewhere" / FIRST)):
            pass  # another night
        with pytest.raises(CmfcError, match="CMFC-N03"), alone(there):
            pass
    with alone(there), pytest.raises(CmfcError, match="CMFC-N03"), alone(here):
        pass


def test_a_night_that_the_database_let_go_of_is_not_taken_for_finished(server: str, recorded: Path) -> None:
    run = replace(night(recorded, SECOND), ledger=new_database(server))
    with pytest.raises(CmfcError, match="CMFC-J01"), alone(run):
        other = ledger_of(run)
        with other.engine.begin() as connection:
            connection.execute(text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
            ))  # fmt: skip
        other.close()
    with alone(run):
        pass


@pytest.fixture
def cmfc(
    recorded: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """The command line on the recorded agency; its mapping is a file."""
    file = mapping_file(recorded, tmp_path)
    monkeypatch.setenv("CMFC_STORE", str(recorded / "store"))
    monkeypatch.setenv("CMFC_LISTS", str(recorded / "lists"))
    monkeypatch.setenv("CMFC_CLOCK", "2026-03-11T18:30:00Z")
    monkeypatch.setenv("CMFC_CLOCK_FOR_ACTS", "true")
    monkeypatch.setenv("CMFC_ACT_FOR", f"nobody, {user()}")

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["cmfc", *words, "--agency", str(file)])
        with pytest.raises(SystemExit) as left:
            main.main()
        answer = capsys.readouterr()
        return int(left.value.code or 0), answer.out, answer.err

    return run


def test_people_act_from_the_command_line(cmfc: Callable[..., tuple[int, str, str]], recorded: Path) -> None:
    ledger = ledger_of(night(recorded, SECOND))
    head_now = next(f for f in list_findings(ledger, "demo", Filter())[0] if f.status != "waived")
    ledger.close()
    it = head_now.exception_id
    assert cmfc("finding", "ack", it, "--by", "pat", "--revision", str(head_now.revision))[0] == 0
    assert cmfc("finding", "ack", it, "--by", "kim", "--revision", str(head_now.revision))[0] == 2
    assert cmfc("finding", "assign", it, "--to", "kim", "--by", "pat")[0] == 0
    assert cmfc("finding", "comment", it, "--text", "Quillfeather", "--by", "pat")[0] == 0
    code, _, err = cmfc("finding", "waive", it, "--reason", "Quillfeather", "--until", "2026-03-11", "--by", "pat")
    assert code == 2 and "CMFC-F03" in err and "Quillfeather" not in err
    assert cmfc("finding", "waive", it, "--reason", "x", "--until", "2026-03-20", "--by", "pat")[0] == 0
    assert cmfc("finding", "unwaive", it, "--by", "pat")[0] == 0
    code, out, _ = cmfc("finding", "history", it, "--json")
    answer = json.loads(out)
    refused, _, err = cmfc("finding", "explain", it, "--reason", "Quillfeather", "--by", "pat")
    assert refused == 2 and "CMFC-F04" in err and "Quillfeather" not in err
    kinds = ["found", "acknowledged", "assigned", "commented", "waived", "unwaived"]
    assert code == 0 and [event["kind"] for event in answer["events"]] == kinds
    assert (answer["finding"]["assignee"], answer["finding"]["status"]) == ("kim", "acknowledged")


def test_verify_and_diff_and_a_past_night_from_the_command_line(
    cmfc: Callable[..., tuple[int, str, str]], recorded: Path, tmp_path: Path
) -> None:
    code, out, _ = cmfc("verify")
    assert code == 0 and "2 heads from outside: 0 faults." in out
    code, _, err = cmfc("verify", "--head", f"2:{'0' * 64}")
    assert code == 1 and "CMFC-J08" in err
    assert "CMFC-J07" in cmfc("verify", "--head", "nonsense")[2]
    code, out, err = cmfc("diff", FIRST, SECOND, "--json")
    assert code == 0, err
    answer = json.loads(out)
    changes = Counter(line["change"] for line in answer["findings"])
    assert code == 0 and "changed" in changes
    with (recorded / "lists" / "demo" / SECOND / "delta.csv").open(encoding="utf-8", newline="") as lines:
        delta = Counter(row["duty_change"] for row in csv.DictReader(lines))
    assert answer["duties"] == {name: delta[name] for name in DUTY_CHANGES} == {n: changes[n] for n in DUTY_CHANGES}
    assert sum(answer["duties"].values())
    code, out, _ = cmfc("diff", FIRST, SECOND)
    line = answer["findings"][0]
    assert f"{line['code']} {titles()[line['code']]}: {line['subject_id']}" in out
    assert code == 0 and out.rstrip().endswith(", ".join(f"{delta[n]} {n}" for n in DUTY_CHANGES) + ".")
    assert "CMFC-C03" in cmfc("diff", SECOND, FIRST)[2]
    code, out, _ = cmfc("finding", "history", answer["findings"][0]["exception_id"])
    assert code == 0 and " CDT found by cmfc" in out and "T0" not in out
    words = ("--date", SECOND, "--as-known-on", "2026-03-12T00:00:00Z", "--out", str(tmp_path / "again"), "--json")
    code, out, _ = cmfc("night", *words)
    assert code == 0 and json.loads(out)["is_as_published"] is True
    assert files(tmp_path / "again") == files(recorded / "lists" / "demo" / SECOND)


def test_the_watch_tells_of_a_child_that_went_missing_since_the_night(recorded: Path, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(recorded, root)
    path = root / "absences.csv"
    header, *rest = path.read_text().splitlines()
    row_of_child = dict.fromkeys(header.split(","), "") | {
        "absence_id": "A-NEW", "child_id": "C1", "kind": "missing", "absent_since": "2026-03-11T06:00:00Z",
        "agency_informed_at": "2026-03-11T06:00:00Z",
    }  # fmt: skip
    path.write_text("\n".join([header, *rest, ",".join(row_of_child.values())]) + "\n")
    now = instant_of("2026-03-11T19:00:00Z")
    for name in feeds():
        os.utime(root / f"{name}.csv", (now, now))
    run = night(root, SECOND)
    ledger = ledger_of(run)
    answer = watch(run, ledger, now, None)
    assert answer["fresh"] == 1 and answer["key"]
    waiting = watch(run, ledger, now + 30, None)
    assert (waiting["fresh"], waiting["key"]) == (1, answer["key"])  # nobody has sent it yet
    assert send(ledger, "demo", answer["key"], None, "", now + 40) == "logged"
    again = watch(run, ledger, now + 60, None)
    assert (again["fresh"], again["key"]) == (1, None)  # said before
    listed = (root / "lists" / "demo" / "watch" / "exceptions.csv").read_text()
    assert "A-NEW" in listed and (root / "lists" / "demo" / SECOND / "manifest.json").exists()
    assert verify(ledger, "demo", {})[1] == []
    ledger.close()


def test_the_watch_tells_of_a_child_whose_return_was_taken_back_since_the_night(recorded: Path, tmp_path: Path) -> None:
    """The night knew the missing episode as over, and nobody was told that it lasts."""
    root, at = tmp_path / "copy", door.PULLED_AT + 2 * DAY
    shutil.copytree(recorded, root)
    path = root / "absences.csv"
    as_it_was = path.read_text()
    first, *others = csv.DictReader(as_it_was.splitlines())
    back = first | {"ended_at": "2026-03-10T10:00:00", "end_reason": "returned"}
    path.write_text(door.text_of(feeds()["absences"], [back, *others]))
    for moment, third in ((at, True), (at + 6 * 3600, False)):
        for name in feeds():
            os.utime(root / f"{name}.csv", (moment, moment))
        if third:
            run_night(night(root, "2026-03-11"), moment)
            path.write_text(as_it_was)
    ledger = ledger_of(night(root, "2026-03-11"))
    answer = watch(night(root, "2026-03-11"), ledger, at + 6 * 3600, None)
    assert answer["fresh"] == 1 and answer["key"]
    ledger.close()


def test_a_list_that_has_not_come_is_told_once(recorded: Path) -> None:
    run = night(recorded, SECOND)
    ledger = ledger_of(run)
    morning = instant_of("2026-03-12T12:30:00Z")  # 07:30 in Chicago; the last list is that of the 10th
    lists = recorded / "lists"
    assert late(run.mapping, ledger, lists, morning - 3600, 7) is None
    assert late(run.mapping, ledger, lists, morning, 7) == "late:2026-03-11"
    assert late(run.mapping, ledger, lists, morning + 900, 7) == "late:2026-03-11"  # nobody has sent it yet
    assert send(ledger, "demo", "late:2026-03-11", None, "", morning + 900) == "logged"
    assert late(run.mapping, ledger, lists, morning + 3600, 7) is None
    assert late(run.mapping, ledger, lists, morning - DAY, 7) is None
    ledger.close()


def instant_of(text: str) -> int:
    from datetime import datetime

    return int(datetime.fromisoformat(text).timestamp())


def test_a_night_without_a_record_is_not_published(recorded: Path, tmp_path: Path) -> None:
    from cmfc.pipeline.nightly import publish_night

    run = replace(night(recorded, SECOND), folder=tmp_path / "store" / "demo" / SECOND, out=tmp_path / "out")
    shutil.copytree(night(recorded, SECOND).folder, run.folder)
    (run.folder / "work" / "ledger.json").unlink()
    with pytest.raises(UsageError, match="CMFC-P03"):
        publish_night(run)
    assert not (tmp_path / "out").exists()


def test_every_published_and_kept_file_is_under_the_journal(recorded: Path, tmp_path: Path) -> None:
    """Each file of the lists and each kept one, changed, deleted and added to: all named."""
    root = tmp_path / "copy"
    shutil.copytree(recorded, root)
    run = night(root, SECOND)
    lists, copies = run.out.parent, kept_folder(run)
    ledger = ledger_of(run)

    def faults() -> list[tuple[str, str]]:
        return [(fault.table, fault.key) for fault in verify(ledger, "demo", [], lists, copies)[1]]

    assert faults() == []
    places = [*((lists, "lists", path) for day in (FIRST, SECOND) for path in (lists / day).iterdir()),
              (lists, "lists", lists / "current.json"),
              *((copies, "kept", path) for path in copies.iterdir())]  # fmt: skip
    assert len(places) > 20
    for folder, table, path in places:
        key, content = path.relative_to(folder).as_posix(), path.read_bytes()
        path.unlink()
        assert (table, key) in faults()
        path.write_bytes(content[:-2] + b"?\n")
        assert (table, key) in faults()
        path.write_bytes(content)
    for folder, table, name in ((lists, "lists", f"{SECOND}/more.csv"), (lists, "lists", "2026-03-30"),
                                (copies, "kept", "more.parquet")):  # fmt: skip
        (folder / name).mkdir()
        assert faults() == [(table, name)]
        (folder / name).rmdir()
    shutil.copytree(lists / FIRST, lists / "before")
    shutil.rmtree(lists / SECOND)
    assert ("lists", f"{SECOND}/manifest.json") in faults()
    shutil.move(lists / "before", lists / SECOND)  # another night's list in its place
    assert ("lists", f"{SECOND}/manifest.json") in faults()
    ledger.close()


def test_a_kept_file_that_retention_erased_is_no_fault(recorded: Path, tmp_path: Path) -> None:
    from datetime import date

    from cmfc.ledger.retention import Retention, retain

    root = tmp_path / "copy"
    shutil.copytree(recorded, root)
    for day in ("2026-03-11", "2026-03-12"):
        deliver(root, door.PULLED_AT + DAY * (int(day[-2:]) - 9))
        run_night(night(root, day), door.PULLED_AT + DAY * (int(day[-2:]) - 9))
        mark_current(night(root, day), root / "lists")
    run = night(root, SECOND)
    ledger = ledger_of(run)
    before = set(kept_folder(run).iterdir())
    retain(ledger, "demo", Retention(records=1), run.folder.parent, date(2026, 4, 1), door.PULLED_AT + 9 * DAY)
    assert set(kept_folder(run).iterdir()) < before
    assert verify(ledger, "demo", [], run.out.parent, kept_folder(run))[1] == []
    ledger.close()
