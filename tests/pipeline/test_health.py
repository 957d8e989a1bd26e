"""Health: what a monitor outside is told, and that what cannot be read is never well."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cmfc.cli.main import app, main
from cmfc.ledger.delivery import HandOver, Parcel, Receipt
from cmfc.ledger.journal import append
from cmfc.ledger.outbox import put, send, unsure
from cmfc.ledger.store import open_ledger, opened
from cmfc.pipeline.current_list import write_current, write_stale
from cmfc.pipeline.health import check_health, due_list
from cmfc.pipeline.spool import Spool, Spooled
from cmfc.review.app import build_app
from cmfc.settings import Settings
from cmfc.timing.clock import iso, parse_iso
from cmfc_demo.run import write_agency

pytestmark = pytest.mark.long

BODY = {"business_date": "2026-09-30", "by": "07:00"}


class Installation:
    """The demonstration agency with a list, an entry in the journal, and the clock at nine in the morning."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.root, self.patch = root, patch
        for name in ("agencies", "store", "lists"):
            patch.setenv(f"CMFC_{name.upper()}", str(root / name))
        patch.setenv("CMFC_CLOCK", "2026-10-01T14:00:00Z")
        write_agency(root / "agencies", "2026-09-30", children=5)
        write_current(root / "lists", "demo", "2026-09-30")
        with opened(Settings().ledger_url()) as ledger, ledger.writing("demo") as connection:
            append(connection, "demo", 5, "night", {})

    def health(self) -> Any:
        return check_health(Settings(), Settings().now())

    def faults(self) -> list[str]:
        health = self.health()
        return [*health.faults, *(fault for agency in health.agencies for fault in agency.faults)]

    def message(self, state: str, key: str = "late:1") -> None:
        def deliver(_parcel: Parcel, hand_over: HandOver) -> Receipt:
            hand_over()
            return Receipt(state)  # type: ignore[arg-type]

        with opened(Settings().ledger_url()) as ledger:
            put(ledger, "demo", key, "late", BODY, Settings().now())
            send(ledger, "demo", key, deliver, "", Settings().now())

    def ask(self) -> Any:
        """As a monitor asks: over HTTP, as nobody."""
        return TestClient(build_app(lambda: None, "a secret of this test")).get("/health")  # type: ignore[arg-type]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    return Installation(tmp_path, monkeypatch)


def test_an_installation_that_does_what_it_should_is_well(place: Installation) -> None:
    health = place.health()
    assert health.is_well and place.faults() == []
    (agency,) = health.agencies
    assert (agency.agency, agency.night, agency.due_night) == ("demo", "2026-09-30", "2026-09-30")
    assert (agency.age_seconds, agency.due_at) == (9 * 3600, "2026-10-01T12:00:00Z")
    assert re.fullmatch("1:[0-9a-f]{64}", str(agency.head))


@pytest.mark.parametrize(
    ("now", "night", "due"),
    [
        ("2026-10-01T11:59:59Z", "2026-09-29", "2026-09-30T12:00:00Z"),
        ("2026-10-01T12:00:00Z", "2026-09-30", "2026-10-01T12:00:00Z"),
        ("2026-03-08T12:30:00Z", "2026-03-07", "2026-03-08T12:00:00Z"),  # 23 hours
        ("2026-11-01T13:30:00Z", "2026-10-31", "2026-11-01T13:00:00Z"),  # 25 hours
    ],
)
def test_a_list_is_due_at_a_local_hour(now: str, night: str, due: str) -> None:
    day, at = due_list(parse_iso(now), "America/Chicago", 7)
    assert (day, iso(at)) == (night, due)


def break_mapping(place: Installation) -> None:
    (place.root / "agencies" / "demo.yml").write_text("agency: [broken", encoding="utf-8")


def add_mapping(name: str) -> Callable[[Installation], None]:
    """A second agency, whose list never came; its jobs are made of either ending."""

    def add(place: Installation) -> None:
        text = (place.root / "agencies" / "demo.yml").read_text(encoding="utf-8")
        (place.root / "agencies" / name).write_text(text.replace("agency: demo", "agency: hill"), encoding="utf-8")

    return add


def lose_mappings(place: Installation) -> None:
    place.patch.setenv("CMFC_AGENCIES", str(place.root / "nowhere"))


def lose_ledger(place: Installation) -> None:
    place.patch.setenv("CMFC_LEDGER", "postgresql+psycopg2://reader:secret@127.0.0.1:1/no")


def lose_store(place: Installation) -> None:
    place.patch.setenv("CMFC_STORE", str(place.root / "empty"))


def lose_lists(place: Installation) -> None:
    place.patch.setenv("CMFC_LISTS", str(place.root / "empty"))


def test_a_file_that_an_editor_left_is_no_mapping(place: Installation) -> None:
    (place.root / "agencies" / ".demo.yml").write_text("half", encoding="utf-8")
    assert place.health().is_well


def half_a_list(place: Installation) -> None:
    (place.root / "lists" / "demo" / "current.json").write_text("{", encoding="utf-8")


def spool_a_message(place: Installation) -> None:
    Spool(place.root / "store").keep(Spooled("demo", "failed:1", "failed", {}, "", 5))


FAULTS: dict[str, tuple[Callable[[Installation], None], str]] = {
    "late": (lambda p: write_current(p.root / "lists", "demo", "2026-09-29"), "The list of 2026-09-30, due at"),
    "stale": (lambda p: write_stale(p.root / "lists", "demo", "2026-10-01"), "is out of date"),
    "waiting": (lambda p: p.message("waiting"), "Notifications: 1 wait."),
    "unsure": (lambda p: p.message("unsure"), "nobody knows whether they arrived: 1."),
    "spool": (spool_a_message, "Messages about failed runs: 1 wait"),
    "ledger": (lose_ledger, "CMFC-J09"),
    "store": (lose_store, "CMFC-J09"),
    "lists": (lose_lists, "does not stand"),
    "half a list": (half_a_list, "The folder of lists cannot be read."),
    "mapping": (break_mapping, "The mapping cannot be read: CMFC-M"),
    "the other ending": (add_mapping("hill.yaml"), "The list of 2026-09-30, due at"),
    "another's name": (add_mapping("copy.yml"), "The mapping cannot be read: CMFC-A06."),
    "two mappings": (add_mapping("demo.yaml"), "The mapping cannot be read: CMFC-A06."),
    "no agency's name": (add_mapping("hill county.yml"), "The mapping cannot be read: CMFC-A01."),
    "no mapping": (lose_mappings, "CMFC_AGENCIES has no mapping"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_wrong_is_said_and_not_to_strangers(
    name: str, place: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil, sentence = FAULTS[name]
    assert place.ask().status_code == 200
    spoil(place)
    assert any(sentence in fault for fault in place.faults())
    answer = place.ask()
    assert answer.status_code == 503 and answer.json()["is_well"] is False
    for word in ("demo", ".yml", "2026-", "CMFC-", "late:1", "secret"):
        assert word not in answer.text
    for words, text in ((["health"], sentence), (["health", "--json"], '"is_well": false')):
        monkeypatch.setattr("sys.argv", ["cmfc", *words])
        with pytest.raises(SystemExit) as left:
            main(app)
        assert left.value.code == 1 and text in capsys.readouterr().out


def test_only_numbers_and_yes_or_no_are_shown_to_strangers(place: Installation) -> None:
    place.message("unsure")

    def leaves(value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [leaf for part in value.values() for leaf in leaves(part)]
        return [leaf for part in value for leaf in leaves(part)] if isinstance(value, list) else [value]

    answer = place.ask().json()
    assert {type(leaf) for leaf in leaves(answer)} == {bool, int}
    assert answer["agencies"] == [{"list_age_hours": 9, "waiting": 0, "unsure": 1, "faults": 1}]


def test_a_person_settles_what_is_unsure_at_the_command_line(
    place: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place.message("unsure")
    command = ["cmfc", "settle", "late:1", "--agency", str(place.root / "agencies" / "demo.yml"), "--arrived"]
    for code, words in ((0, "late:1: sent"), (2, "CMFC-C08")):
        monkeypatch.setattr("sys.argv", command)
        with pytest.raises(SystemExit) as left:
            main(app)
        printed = capsys.readouterr()
        assert (left.value.code, words in printed.out + printed.err) == (code, True), printed
    ledger = open_ledger(Settings().ledger_url())
    assert unsure(ledger, "demo") == [] and place.health().is_well
    ledger.close()


def test_health_as_json_names_what_it_looked_at(
    place: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["cmfc", "health", "--json"])
    with pytest.raises(SystemExit) as left:
        main(app)
    answer = json.loads(capsys.readouterr().out)
    assert left.value.code == 0 and answer["is_well"] and answer["agencies"][0]["head"].startswith("1:")
