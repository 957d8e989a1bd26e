"""Whole nights: as they were known, at once, at the command line, and between two nights."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cmfc.cli import main
from cmfc.errors import CmfcError, UsageError
from cmfc.feeds.catalog import feeds
from cmfc.ledger.actions import Act, act
from cmfc.ledger.queries import Filter, list_findings
from cmfc.ledger.replay import verify
from cmfc.ledger.verify import head_from
from cmfc.pipeline import rebuild as rebuilding
from cmfc.pipeline.hourly import late, watch
from cmfc.pipeline.ledger_steps import kept_of, ledger_of
from cmfc.pipeline.nightly import Place, alone, place_of, run_night, stand
from cmfc.pipeline.rebuild import rebuild
from tests.support import small_agency as door
from tests.support.validation import validation_once  # noqa: F401

FIRST, SECOND = "2026-03-09", "2026-03-10"
DAY = 86_400
Folder = dict[str, bytes]


def files(folder: Path) -> Folder:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def night(root: Path, day: str) -> Place:
    return place_of(door.mapping_of(root, max_age_hours=72), day, root / "store", root / "lists")


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
    stand(night(root, FIRST), root / "lists")
    ledger = ledger_of(night(root, FIRST))
    (some, *_), _ = list_findings(ledger, "demo", Filter())
    from datetime import date

    said = Act("waive", "pat", door.PULLED_AT + 9000, date(2026, 3, 10), text="Zebulonia", until=date(2026, 3, 30))
    act(ledger, "demo", some.exception_id, said)
    ledger.close()
    run_night(night(root, SECOND), door.PULLED_AT + DAY)
    shutil.copytree(root / "lists" / "demo" / SECOND, root / "as published")
    log = root / "ncmec_reports.csv"
    log.write_text("\n".join(log.read_text().splitlines()[:-3]) + "\n")
    os.utime(log, (door.PULLED_AT + DAY, door.PULLED_AT + DAY))
    run_night(night(root, SECOND), door.PULLED_AT + DAY + 3600, again=True)
    stand(night(root, SECOND), root / "lists")
    return root


@pytest.mark.parametrize(("hours", "published"), [(0, "as published"), (2, f"lists/demo/{SECOND}")])
def test_a_night_is_rebuilt_byte_for_byte_as_it_was_known(
    hours: int, published: str, recorded: Path, tmp_path: Path
) -> None:
    told = rebuild(night(recorded, SECOND), tmp_path / "out", door.PULLED_AT + DAY + hours * 3600)
    assert told["is_as_published"] is True
    assert files(tmp_path / "out") == files(recorded / published)


def test_the_two_runs_of_that_night_differ(recorded: Path) -> None:
    """Else the test above would show nothing."""
    assert files(recorded / "as published") != files(recorded / "lists" / "demo" / SECOND)


def test_what_was_not_on_record_then_is_refused(recorded: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"CMFC-J05: By 2026-.*Z, the night 2026-03-10 was not on record"):
        rebuild(night(recorded, SECOND), tmp_path / "out", door.PULLED_AT)
    assert not (tmp_path / "out").exists()


def test_other_code_is_refused(recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "code_version", lambda: "9.9+later")
    with pytest.raises(UsageError, match=r"CMFC-J06: That night was judged by code .*; this is 9.9\+later"):
        rebuild(night(recorded, SECOND), tmp_path / "out")


def test_a_snapshot_that_is_gone_or_changed_is_refused(recorded: Path, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(recorded, root)
    place = night(root, SECOND)
    pulled = json.loads((place.folder / "pulled" / "absences.json").read_bytes())["sha256"]
    kept = kept_of(place) / f"{pulled}.parquet"
    kept.chmod(0o644)
    kept.write_bytes(kept.read_bytes()[:-1] + b"?")
    with pytest.raises(UsageError, match="CMFC-J06: The snapshot of absences"):
        rebuild(place, tmp_path / "out")
    kept.unlink()
    with pytest.raises(UsageError, match="CMFC-J06: The snapshot of absences"):
        rebuild(place, tmp_path / "out")


def test_the_manifest_prints_a_head_that_verifies(recorded: Path) -> None:
    place = night(recorded, SECOND)
    head = head_from(json.loads((place.out / "manifest.json").read_bytes())["ledger"]["journal_head"])
    ledger = ledger_of(place)
    found, faults = verify(ledger, "demo", {head.seq: head.hash})
    ledger.close()
    assert faults == [] and found.seq > head.seq  # the release came after


def test_of_two_processes_at_one_night_the_second_is_told(recorded: Path) -> None:
    place = night(recorded, SECOND)
    before = files(place.out)
    with alone(place), pytest.raises(CmfcError, match="CMFC-N03: Another process runs this night"):
        run_night(place, door.PULLED_AT + DAY)
    assert files(place.out) == before


@pytest.fixture
def cmfc(
    recorded: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """The command line on the recorded agency; its mapping is a file."""
    mapping = json.loads(door.mapping_of(recorded, max_age_hours=72).model_dump_json())
    for feed in mapping["feeds"].values():
        feed["columns"] = {name: {"from": c.pop("native")} | c for name, c in feed["columns"].items()}
    (tmp_path / "agency.yml").write_text(json.dumps(mapping), encoding="utf-8")
    monkeypatch.setenv("CMFC_STORE", str(recorded / "store"))
    monkeypatch.setenv("CMFC_LISTS", str(recorded / "lists"))
    monkeypatch.setenv("CMFC_CLOCK", "2026-03-11T08:30:00Z")

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["cmfc", *words, "--agency", str(tmp_path / "agency.yml")])
        with pytest.raises(SystemExit) as left:
            main.main()
        told = capsys.readouterr()
        return int(left.value.code or 0), told.out, told.err

    return run


def test_people_act_from_the_command_line(cmfc: Callable[..., tuple[int, str, str]], recorded: Path) -> None:
    ledger = ledger_of(night(recorded, SECOND))
    found = next(f for f in list_findings(ledger, "demo", Filter())[0] if f.status != "waived")
    ledger.close()
    it = found.exception_id
    assert cmfc("finding", "ack", it, "--by", "pat", "--revision", str(found.revision))[0] == 0
    assert cmfc("finding", "ack", it, "--by", "kim", "--revision", str(found.revision))[0] == 2
    assert cmfc("finding", "assign", it, "--to", "kim", "--by", "pat")[0] == 0
    assert cmfc("finding", "comment", it, "--text", "Quillfeather", "--by", "pat")[0] == 0
    code, _, err = cmfc("finding", "waive", it, "--reason", "Quillfeather", "--until", "2026-03-11", "--by", "pat")
    assert code == 2 and "CMFC-F03" in err and "Quillfeather" not in err
    assert cmfc("finding", "waive", it, "--reason", "x", "--until", "2026-03-20", "--by", "pat")[0] == 0
    assert cmfc("finding", "unwaive", it, "--by", "pat")[0] == 0
    code, out, _ = cmfc("finding", "history", it, "--json")
    told = json.loads(out)
    kinds = ["found", "acknowledged", "assigned", "commented", "waived", "unwaived"]
    assert code == 0 and [event["kind"] for event in told["events"]] == kinds
    assert (told["finding"]["assignee"], told["finding"]["status"]) == ("kim", "acknowledged")


def test_verify_and_diff_and_a_past_night_from_the_command_line(
    cmfc: Callable[..., tuple[int, str, str]], recorded: Path, tmp_path: Path
) -> None:
    code, out, _ = cmfc("verify")
    assert code == 0 and "2 heads from outside: 0 faults." in out
    code, _, err = cmfc("verify", "--head", f"2:{'0' * 64}")
    assert code == 1 and "CMFC-J08" in err
    assert "CMFC-J07" in cmfc("verify", "--head", "nonsense")[2]
    code, out, _ = cmfc("diff", FIRST, SECOND, "--json")
    changes = {line["change"] for line in json.loads(out)["findings"]}
    assert code == 0 and "changed" in changes
    words = ("--date", SECOND, "--as-known-on", "2026-03-12T00:00:00Z", "--out", str(tmp_path / "again"), "--json")
    code, out, _ = cmfc("night", *words)
    assert code == 0 and json.loads(out)["is_as_published"] is True
    assert files(tmp_path / "again") == files(recorded / "lists" / "demo" / SECOND)


def test_the_watch_tells_of_a_child_that_went_missing_since_the_night(recorded: Path, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    shutil.copytree(recorded, root)
    path = root / "absences.csv"
    header, *rest = path.read_text().splitlines()
    gone = dict.fromkeys(header.split(","), "") | {
        "absence_id": "A-NEW", "child_id": "C1", "kind": "missing", "absent_since": "2026-03-11T06:00:00Z",
        "agency_informed_at": "2026-03-11T06:00:00Z",
    }  # fmt: skip
    path.write_text("\n".join([header, *rest, ",".join(gone.values())]) + "\n")
    now = instant_of("2026-03-11T19:00:00Z")
    for name in feeds():
        os.utime(root / f"{name}.csv", (now, now))
    place = night(root, SECOND)
    ledger = ledger_of(place)
    told = watch(place, ledger, now, None)
    assert told["fresh"] == 1 and told["key"]
    again = watch(place, ledger, now + 60, None)
    assert (again["fresh"], again["key"]) == (1, None)  # said before
    listed = (root / "lists" / "demo" / "watch" / "exceptions.csv").read_text()
    assert "A-NEW" in listed and (root / "lists" / "demo" / SECOND / "manifest.json").exists()
    assert verify(ledger, "demo", {})[1] == []
    ledger.close()


def test_a_list_that_has_not_come_is_told_once(recorded: Path) -> None:
    place = night(recorded, SECOND)
    ledger = ledger_of(place)
    morning = instant_of("2026-03-12T12:30:00Z")  # 07:30 in Chicago; the last list is that of the 10th
    lists = recorded / "lists"
    assert late(place.mapping, ledger, lists, morning - 3600, 7) is None
    assert late(place.mapping, ledger, lists, morning, 7) == "late:2026-03-11"
    assert late(place.mapping, ledger, lists, morning + 3600, 7) is None
    assert late(place.mapping, ledger, lists, morning - DAY, 7) is None
    ledger.close()


def instant_of(text: str) -> int:
    from datetime import datetime

    return int(datetime.fromisoformat(text).timestamp())


def test_a_night_without_a_record_is_not_published(recorded: Path, tmp_path: Path) -> None:
    from cmfc.pipeline.nightly import publish_night

    place = replace(night(recorded, SECOND), folder=tmp_path / "store" / "demo" / SECOND, out=tmp_path / "out")
    shutil.copytree(night(recorded, SECOND).folder, place.folder)
    (place.folder / "work" / "ledger.json").unlink()
    with pytest.raises(UsageError, match="CMFC-P03"):
        publish_night(place)
    assert not (tmp_path / "out").exists()
