"""An open episode that vanished (RC-09) ends by a person's word with a reason, and what a word holds for (spec 5)."""

import json
import os
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from cmfc.cli.acting import user
from cmfc.cli.main import main
from cmfc.errors import UsageError
from cmfc.feeds.catalog import feeds
from cmfc.ledger.actions import Action, apply_action
from cmfc.ledger.queries import Filter, history, list_findings
from cmfc.ledger.retention import Retention, retain
from cmfc.ledger.verify import verify
from cmfc.pipeline.ledger_steps import ledger_of
from cmfc.pipeline.nightly import run_night
from cmfc.pipeline.rebuild import rebuild
from cmfc.pipeline.run import Run, run_of
from tests.ledger.core_nights import DAY, CoreNights, absence, child, core_nights, unreadable
from tests.ledger.nights import AGENCY, instant, night_number
from tests.support import small_agency as door

pytestmark = pytest.mark.long

GONE = instant(night_number(0)) - 5 * DAY
CHILD = {"children": [child()]}
THERE = {**CHILD, "absences": [absence("A1", GONE)]}


@pytest.fixture
def nights(tmp_path: Path) -> CoreNights:
    """The child is missing on night 0, and its records are gone on night 1."""
    core = core_nights(tmp_path)
    core.judge(0, THERE)
    core.judge(1, CHILD)
    return core


def vanished(nights: CoreNights, number: int) -> list[str]:
    """The states of the children on the night's `missing_now`, held against RC-09."""
    states = [row["record_state"] for row in nights.work(number, "missing_now")]
    assert ("vanished" in states) is ("RC-09" in nights.codes(number))
    return states


def explain(nights: CoreNights, number: int, text: str = "with her aunt; the row was entered twice") -> str:
    """A person's word on the morning after a night; gives the finding's id."""
    (exception_id,) = [r["exception_id"] for r in nights.work(number, "findings") if r["code"] == "RC-09"]
    today = night_number(number + 1)
    apply_action(
        nights.ledger, AGENCY, exception_id, Action("explain", "pat", instant(today) + DAY // 2, today, text=text)
    )
    return str(exception_id)


def test_a_word_ends_it_from_the_next_night_on(nights: CoreNights) -> None:
    it = explain(nights, 1)
    assert vanished(nights, 1) == ["vanished"]
    nights.judge(2, CHILD)
    assert vanished(nights, 2) == [] and nights.ended(2)["RC-09"] == ("corrected", "over")
    for number in (3, 4):
        nights.judge(number, CHILD)
        assert vanished(nights, number) == [] and nights.delta(number) == set()
    kinds = [(event.kind, event.actor) for event in history(nights.ledger, AGENCY, it)]
    assert kinds == [("found", "cmfc"), ("explained", "pat"), ("resolved", "cmfc")]
    assert verify(nights.ledger, AGENCY, {})[1] == []


def test_a_word_ends_it_of_a_record_that_could_not_be_read(tmp_path: Path) -> None:
    """And one of the same child that cannot be read later, and vanishes, needs another word."""
    core = core_nights(tmp_path)
    core.judge(0, {**CHILD, "quarantine": [unreadable("A1")]})
    core.judge(1, CHILD)
    explain(core, 1)
    for number in (2, 3):
        core.judge(number, CHILD)
        assert vanished(core, number) == []
    core.judge(4, {**CHILD, "quarantine": [unreadable("A1")]})
    core.judge(5, CHILD)
    assert vanished(core, 4) == ["cannot_be_read"] and vanished(core, 5) == ["vanished"]
    assert verify(core.ledger, AGENCY, {})[1] == []


def test_without_a_word_it_stays(nights: CoreNights) -> None:
    nights.judge(2, CHILD)
    assert vanished(nights, 2) == ["vanished"]


def test_an_earlier_night_run_again_does_not_know_the_word(nights: CoreNights) -> None:
    explain(nights, 1)
    assert nights.judge(1, CHILD).is_again and vanished(nights, 1) == ["vanished"]
    nights.judge(2, CHILD)
    nights.judge(1, CHILD, salt="other code")
    assert vanished(nights, 1) == ["vanished"]
    assert nights.judge(2, CHILD, salt="other code").is_again is False
    assert vanished(nights, 2) == []


def test_records_that_come_back_and_vanish_again_need_a_new_word(nights: CoreNights) -> None:
    explain(nights, 1)
    nights.judge(2, CHILD)
    nights.judge(3, THERE)
    assert vanished(nights, 3) == ["open"]
    for number in (4, 5):
        nights.judge(number, CHILD)
        assert vanished(nights, number) == ["vanished"]
    explain(nights, 5)
    nights.judge(6, CHILD)
    assert vanished(nights, 6) == []
    nights.judge(2, CHILD, salt="other code")  # the first word was given, and what came later says nothing of it
    assert vanished(nights, 2) == []


def test_a_word_is_not_used_up_by_records_that_were_back_before_it_was_read(nights: CoreNights) -> None:
    explain(nights, 1)
    nights.judge(2, THERE)
    for number in (3, 4):
        nights.judge(number, CHILD)
        assert vanished(nights, number) == ["vanished"]


def test_a_word_is_about_one_episode(tmp_path: Path) -> None:
    nights = core_nights(tmp_path)
    both = {"children": [child("C1"), child("C2")]}
    nights.judge(0, {**both, "absences": [absence("A1", GONE), absence("A2", GONE, child_id="C2")]})
    nights.judge(1, both)
    (one,) = [r for r in nights.work(1, "findings") if r["code"] == "RC-09" and r["child_id"] == "C1"]
    today = night_number(2)
    apply_action(
        nights.ledger, AGENCY, one["exception_id"], Action("explain", "pat", instant(today) + 1, today, text="why")
    )
    nights.judge(2, both)
    assert [row["child_id"] for row in nights.work(2, "missing_now")] == ["C2"]


def test_the_reason_may_be_erased_and_the_word_holds(nights: CoreNights, tmp_path: Path) -> None:
    it = explain(nights, 1, "Quillfeather")
    nights.judge(2, CHILD)
    at = instant(night_number(40))
    done = retain(nights.ledger, AGENCY, Retention(notes=30), tmp_path / "store", night_number(40), at)
    assert done["notes"] == 1
    assert [(e.kind, e.text) for e in history(nights.ledger, AGENCY, it)][1] == ("explained", None)
    nights.judge(3, CHILD)
    assert vanished(nights, 3) == [] and verify(nights.ledger, AGENCY, {})[1] == []


def test_a_resolved_one_cannot_be_explained(nights: CoreNights) -> None:
    explain(nights, 1)
    nights.judge(2, CHILD)
    with pytest.raises(UsageError, match="CMFC-F01"):
        explain(nights, 1)


NIGHTS = ("2026-03-09", "2026-03-10", "2026-03-11")


def night(root: Path, day: str) -> Run:
    return run_of(door.mapping_of(root, max_age_hours=72), day, root / "store", root / "lists")


def deliver(root: Path, at: int, without: str = "") -> None:
    for feed in feeds().values():
        rows = [row for row in door.good_rows(feed) if row.get("absence_id") != without or not without]
        os.utime(door.deliver(root, feed, rows), (at, at))


def missing(folder: Path) -> dict[str, str]:
    return dict(duckdb.execute(f"SELECT child_id, record_state FROM '{folder}/missing_now.csv'").fetchall())


def test_three_whole_nights_and_the_second_as_it_was_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An open absence vanishes, is explained at the command line, and is gone; night 2 made again still shows it."""
    root, at = tmp_path, door.PULLED_AT
    deliver(root, at)
    run_night(night(root, NIGHTS[0]), at)
    (erased, open_one), *_ = [
        (row["child_id"], row["evidence"].partition(":")[2])
        for row in pq.read_table(night(root, NIGHTS[0]).folder / "work" / "episodes.parquet").to_pylist()
        if row["status"] == "open" and row["evidence"].startswith("absences:") and ";" not in row["evidence"]
    ]
    deliver(root, at + DAY, without=open_one)
    run_night(night(root, NIGHTS[1]), at + DAY)
    assert missing(night(root, NIGHTS[1]).out)[erased] == "vanished"
    ledger = ledger_of(night(root, NIGHTS[1]))
    (it,) = list_findings(ledger, "demo", Filter(code="RC-09"))[0]
    mapping = json.loads(door.mapping_of(root, max_age_hours=72).model_dump_json())
    for feed in mapping["feeds"].values():
        feed["columns"] = {name: {"from": c.pop("native")} | c for name, c in feed["columns"].items()}
    (tmp_path / "agency.yml").write_text(json.dumps(mapping), encoding="utf-8")
    monkeypatch.setenv("CMFC_STORE", str(root / "store"))
    monkeypatch.setenv("CMFC_LISTS", str(root / "lists"))
    monkeypatch.setenv("CMFC_CLOCK", "2026-03-11T15:00:00Z")
    monkeypatch.setenv("CMFC_CLOCK_FOR_ACTS", "true")
    monkeypatch.setenv("CMFC_ACT_FOR", user())
    for reason, left in (("", 2), ("Quillfeather", 0)):
        words = ["cmfc", "finding", "explain", it.exception_id, "--reason", reason, "--by", "pat"]
        monkeypatch.setattr(sys, "argv", [*words, "--agency", str(tmp_path / "agency.yml")])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert (ended.value.code or 0) == left and "Quillfeather" not in printed.out + printed.err
    deliver(root, at + 2 * DAY, without=open_one)
    run_night(night(root, NIGHTS[2]), at + 2 * DAY)
    assert erased not in missing(night(root, NIGHTS[2]).out)
    for number, state in ((1, "vanished"), (2, None)):
        again = rebuild(night(root, NIGHTS[number]), tmp_path / f"again {number}")
        assert again["is_as_published"] is True and missing(tmp_path / f"again {number}").get(erased) == state
    assert verify(ledger, "demo", {})[1] == []
    ledger.close()
