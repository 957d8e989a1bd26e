"""A wrong list is taken back, and missed nights are made up for; each as its user does it, on the command line."""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest

from cmfc.cli import main
from cmfc.feeds.catalog import feeds
from cmfc.ledger.current_lists import announce_choice, current_standing
from cmfc.ledger.releases import Release, note_release
from cmfc.ledger.retention import Retention, retain
from cmfc.ledger.store import opened
from cmfc.pipeline import backfill as missed
from cmfc.pipeline.current_list import current, stale
from cmfc.pipeline.health import check_health
from cmfc.pipeline.nightly import mark_current, mark_stale, run_night
from cmfc.pipeline.run import Run, run_of
from cmfc.settings import Settings
from cmfc.storage.digest import sha256_of
from tests.ledger.nights import Nights
from tests.support import small_agency as door

pytestmark = pytest.mark.long

DAYS = [f"2026-03-{day:02}" for day in range(9, 13)]
DAY = 86_400
Cmfc = Callable[..., tuple[int, str, str]]


def set_clock(patch: pytest.MonkeyPatch, number: int) -> None:
    """The morning after a night."""
    patch.setenv("CMFC_CLOCK", datetime.fromtimestamp(door.PULLED_AT + number * DAY, UTC).isoformat())


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("store", "lists"):
        monkeypatch.setenv(f"CMFC_{name.upper()}", str(tmp_path / name))
    set_clock(monkeypatch, 3)
    monkeypatch.setenv("CMFC_CLOCK_FOR_ACTS", "true")
    return tmp_path


@pytest.fixture
def cmfc(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cmfc:
    def cmfc(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["cmfc", *words])
        with pytest.raises(SystemExit) as ended:
            main.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return cmfc


class Small:
    """Nights that are recorded and published with nothing in them but a manifest."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.lists, mapping = root / "lists", SimpleNamespace(agency="hill", zone="America/Chicago")
        patch.setattr("cmfc.cli.arguments.mapping", lambda _: mapping)
        patch.setattr("cmfc.pipeline.health.load_agency", lambda *_: mapping)
        self.mapping, self.url = mapping, Settings().ledger_url()
        with opened(self.url) as ledger:
            self.nights = Nights(ledger, root / "store" / "hill")

    def run(self, number: int) -> Run:
        day = self.day(number)
        return Run(self.mapping, self.nights.folder / day, self.lists / "hill" / day, 0, day)  # type: ignore[arg-type]

    @staticmethod
    def day(number: int) -> str:
        return (date(2026, 3, 2) + timedelta(days=number)).isoformat()

    def night(self, number: int, salt: str = "") -> None:
        """A night, on record and out; another `salt`: other bytes."""
        one = self.run(number)
        with opened(self.url) as self.nights.ledger:
            recorded = self.nights.night(number, [], salt=salt)
            one.out.mkdir(parents=True, exist_ok=True)
            (one.out / "manifest.json").write_text(json.dumps({"outputs": {}, "salt": salt}))
            sha256 = sha256_of(one.out / "manifest.json")
            at = door.PULLED_AT - 7 * DAY
            note_release(self.nights.ledger, "hill", Release("list", recorded.run_id, sha256, "cmfc", at))
        mark_current(one, self.lists)

    def stands(self) -> tuple[str | None, str | None]:
        """The current list, and since when it is out of date."""
        mark = stale(self.lists, "hill")
        return current(self.lists, "hill"), mark["since"] if mark else None


@pytest.fixture
def small(root: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    return Small(root, monkeypatch)


def faults(cmfc: Cmfc) -> list[str]:
    """Of rows and lists; the small nights keep no snapshots."""
    rows = json.loads(cmfc("verify", "--json")[1])["faults"]
    return [fault["key"] for fault in rows if fault["table"] != "kept"]


def test_a_wrong_list_is_taken_back_and_stays_so_until_its_bytes_are_others(
    root: Path, small: Small, cmfc: Cmfc, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.night(0)
    small.night(1)
    first, second = small.day(0), small.day(1)
    code, _, err = cmfc("current", "--set", first)
    assert code == 2 and err.startswith("CMFC-F03") and small.stands() == (second, None)
    code, _, err = cmfc("current", "--set", "2026-03-01", "--reason", "x")
    assert code == 2 and err.startswith("CMFC-C09")
    assert cmfc("current", "--set", first, "--unset", "--reason", "x")[0] == 2

    code, out, _ = cmfc("current", "--set", first, "--reason", "the placements of Zebulonia were those of May")
    assert code == 0 and f"the list of {first} stands" in out and f"The list of {second} is taken back" in out
    assert small.stands() == (first, second)
    mark = stale(small.lists, "hill")
    assert mark is not None and f"The list of {second} was taken back by a person" in mark["message"]
    answer = json.loads(cmfc("current", "--json")[1])
    assert answer["taken_back"] == [second] and "Zebulonia" in answer["decided"]["reason"]
    with opened(small.url) as ledger, ledger.reading() as connection:
        entries = connection.exec_driver_sql("SELECT body FROM journal WHERE kind = 'current'").fetchall()
    assert len(entries) == 1 and "Zebulonia" not in str(entries)  # the reason is a note, which may be erased
    assert faults(cmfc) == []
    (root / "agencies").mkdir()
    (root / "agencies" / "hill.yml").touch()
    monkeypatch.setenv("CMFC_AGENCIES", str(root / "agencies"))
    (health,) = check_health(Settings(), Settings().now()).agencies
    assert health.night == first and health.is_late and health.is_stale

    cmfc("current", "--set", first, "--reason", "twice is once")
    with opened(small.url) as ledger:
        assert current_standing(ledger, "hill").reason.startswith("the placements")
    small.night(1)  # the same bytes once more, as when somebody clears the task
    assert small.stands() == (first, second) and faults(cmfc) == []
    small.night(1, "corrected")
    assert small.stands() == (second, None) and faults(cmfc) == []


def test_why_a_list_was_taken_back_is_erased_as_what_people_type_is(root: Path, small: Small, cmfc: Cmfc) -> None:
    for number in (0, 1):
        small.night(number)
    cmfc("current", "--set", small.day(0), "--reason", "the placements of Zebulonia were those of May")
    for days, erased in ((20, 0), (40, 1)):
        now = Settings().now() + days * DAY
        with opened(small.url) as ledger:
            done = retain(ledger, "hill", Retention(notes=30), root / "store" / "hill", date(2026, 4, 21), now)
        assert done["notes"] == erased
    code, out, _ = cmfc("current")
    assert code == 0 and "; the reason was erased." in out and faults(cmfc) == []
    assert small.stands() == (small.day(0), small.day(1))


def test_the_next_night_stands_again_and_a_take_back_can_be_undone(small: Small, cmfc: Cmfc) -> None:
    for number in range(3):
        small.night(number)
    days = [small.day(number) for number in range(4)]
    cmfc("current", "--set", days[0], "--reason", "two wrong ones")
    assert small.stands() == (days[0], days[1])
    small.night(1, "corrected")
    assert small.stands() == (days[1], days[2]) and faults(cmfc) == []  # the other one is still taken back
    mark_stale(small.run(3), small.lists)  # and the night after fails as well
    assert small.stands() == (days[1], days[2])
    cmfc("current", "--unset", "--reason", "it was right")
    assert small.stands() == (days[2], days[2])  # that a night failed is still so
    cmfc("current", "--set", days[1], "--reason", "it was wrong after all")
    with opened(small.url) as ledger:
        announce_choice(ledger, "hill", Settings().now())
        announce_choice(ledger, "hill", Settings().now())
        with ledger.reading() as connection:
            sent = connection.exec_driver_sql("SELECT body FROM outbox WHERE kind = 'current'").fetchall()
    assert [json.loads(row[0])["taken_back"] for row in sent] == [[days[2]]]
    small.night(3)
    assert small.stands() == (days[3], None) and faults(cmfc) == []


def test_a_mark_that_a_failed_night_set_comes_back_with_the_list(small: Small, cmfc: Cmfc) -> None:
    small.night(0)
    small.night(1)
    mark_stale(small.run(2), small.lists, "CMFC-I01: absences: gone")
    cmfc("current", "--set", small.day(0), "--reason", "wrong")
    mark = stale(small.lists, "hill")
    assert mark is not None and mark["message"].startswith("CMFC-I01: absences: gone The list of")
    cmfc("current", "--unset", "--reason", "right")
    message = "CMFC-I01: absences: gone"
    assert stale(small.lists, "hill") == {"agency": "hill", "since": small.day(2), "message": message}


def test_a_current_json_that_somebody_wrote_is_found(small: Small, cmfc: Cmfc) -> None:
    small.night(0)
    small.night(1)
    path = small.lists / "hill" / "current.json"
    path.write_text(path.read_text().replace(small.day(1), small.day(0)))
    assert faults(cmfc) == ["current.json"]


@pytest.fixture
def whole(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Nine good files."""
    for feed in feeds().values():
        rows = [row | ({"verified": "false"} if "verified" in row else {}) for row in door.good_rows(feed)]
        door.deliver(root, feed, rows)
    with monkeypatch.context() as patch:
        patch.setattr("cmfc.cli.arguments.mapping", lambda _: door.mapping_of(root))
        yield root


def test_missed_nights_are_run_in_order_and_say_when_their_records_were_read(
    whole: Path, cmfc: Cmfc, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists, once = whole / "lists", run_night

    def stands() -> tuple[str | None, bool]:
        return current(lists, "demo"), stale(lists, "demo") is not None

    def spoilt(one: Run, *more: Any, **named: Any) -> Any:
        if one.business_date == DAYS[2]:
            (whole / "absences.csv").rename(whole / "away.csv")
        return once(one, *more, **named)

    code, _, err = cmfc("backfill", "--from", DAYS[0], "--to", "2026-03-13")
    assert code == 2 and err.startswith("CMFC-N04") and not lists.exists()
    assert cmfc("backfill", "--from", DAYS[1], "--to", DAYS[0])[0] == 2
    night = run_of(door.mapping_of(whole), DAYS[1], whole / "store", lists)
    run_night(night, door.PULLED_AT + DAY)
    mark_current(night, lists)

    monkeypatch.setattr(missed, "run_night", spoilt)
    code, _, err = cmfc("backfill", "--from", DAYS[0], "--to", DAYS[3])
    assert code == 2 and err.startswith(f"CMFC-C10: The night of {DAYS[2]} failed: CMFC-I01") and "2 nights" in err
    assert sorted(path.name for path in (lists / "demo").iterdir()) == [*DAYS[:2], "STALE.json", "current.json"]
    assert stands() == (DAYS[1], True)
    monkeypatch.setattr(missed, "run_night", once)
    (whole / "away.csv").rename(whole / "absences.csv")

    code, out, _ = cmfc("backfill", "--from", DAYS[0], "--to", DAYS[2])
    assert code == 0 and f"{DAYS[0]}: has a list; left as it is" in out and "current" not in out
    assert stands() == (DAYS[1], True)  # the third is later, and not the latest that is over
    for number, is_later in ((0, True), (1, False), (2, True)):
        here = lists / "demo" / DAYS[number]
        assert json.loads((here / "manifest.json").read_bytes())["read_on"] == ("2026-03-13" if is_later else None)
        sentence = "Judged with the records of 2026-03-13"
        assert (sentence in (here / "exceptions.html").read_text(encoding="utf-8")) == is_later
        cells = [cell.value for row in openpyxl.load_workbook(here / "exceptions.xlsx").worksheets[0] for cell in row]
        assert any(str(cell).startswith(sentence) for cell in cells) == is_later
    assert faults(cmfc) == []
    code, out, _ = cmfc("backfill", "--from", DAYS[2], "--to", DAYS[3])
    assert code == 0 and "it is the current list" in out and stands() == (DAYS[3], False) and faults(cmfc) == []
