"""Every way in which mail fails, for every kind of notification: what arrives, the outbox, the task."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from cmfc.errors import InputError
from cmfc.ledger.outbox import CLAIM_SECONDS, put
from cmfc.ledger.store import opened
from cmfc.orchestration import notifications
from tests.orchestration.mail_faults import DAY, FAULTS, KINDS, NIGHT, NOW, Fault, Place, code_of, failing
from tests.support.demo_agency import NAMES, Agency
from tests.support.mail_server import MailServer
from tests.support.places import PROJECT

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with MailServer() as mail_server:
        yield mail_server


@pytest.fixture
def place(agency: Agency, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: MailServer) -> Place:
    server.deliveries.clear()
    server.fault = ""
    return Place(agency, tmp_path, monkeypatch, server)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.server or fault.host)
def test_a_message_waits_or_is_unsure_and_the_task_says_so(
    fault: Fault, kind: str, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    with failing(place.server, fault, place.connect):
        code = code_of(lambda: place.task(kind))
    # a callback cannot be tried again, and the alarm's task fails with CMFC-J08: for both the sweep is what fails
    assert code == ("" if kind in ("failed", "tamper") else fault.code)
    assert list(place.states().values()) == [fault.state]
    assert f"status={fault.state}:{fault.reason}" in caplog.text
    assert len(place.server.deliveries) == fault.arrived
    if fault.state == "unsure":
        assert code_of(place.sweep) == "CMFC-A11" and code_of(lambda: place.task(kind)) in ("", "CMFC-A11")
        assert list(place.states().values()) == ["unsure"]
    else:
        assert place.sweep() == {"sent": 1, "logged": 0}
        assert list(place.states().values()) == ["sent"] and code_of(lambda: place.task(kind)) == ""
    assert len(place.server.deliveries) == 1
    recipients, text = place.server.deliveries[0]
    assert recipients == ["a@example.org", "b@example.org"]
    assert not [name for name in NAMES if name.encode() in text]


@pytest.mark.parametrize("kind", ["night", "late", "watch"])
def test_the_retry_of_a_task_sends_what_waits(kind: str, place: Place) -> None:
    with failing(place.server, FAULTS[0], place.connect):
        assert code_of(lambda: place.task(kind)) == "CMFC-A10"
    assert code_of(lambda: place.task(kind)) == "" and len(place.server.deliveries) == 1
    assert code_of(lambda: place.task(kind)) == "" and len(place.server.deliveries) == 1


def test_a_sweep_does_not_hammer_a_server_that_fails_and_fails_itself(place: Place) -> None:
    with failing(place.server, FAULTS[0], place.connect):
        assert code_of(lambda: place.task("watch")) == "CMFC-A10"
        assert code_of(lambda: place.sweep("2026-10-01T13:36:00Z")) == "CMFC-A10"
    assert code_of(lambda: place.sweep("2026-10-01T13:45:00Z")) == "CMFC-A10" and place.server.deliveries == []
    assert place.sweep("2026-10-01T13:46:00Z") == {"sent": 1, "logged": 0}


def test_who_was_refused_gets_it_later_and_the_others_once(place: Place) -> None:
    with failing(place.server, Fault("", "", server="greylists one"), place.connect):
        assert code_of(lambda: place.task("watch")) == "CMFC-A10"
    assert place.sweep() == {"sent": 1, "logged": 0}
    assert [to for to, _ in place.server.deliveries] == [["b@example.org"], ["a@example.org"]]
    assert len({mail["Message-ID"] for mail in place.server.mails()}) == 1


def test_a_night_that_was_never_announced_is_not_announced_by_the_sweep(place: Place) -> None:
    with opened(place.url) as ledger:
        put(ledger, "demo", "night:1", "night", NIGHT, 1)
    assert place.sweep() == {"sent": 0, "logged": 0} and place.states() == {"night:1": "waiting"}


DOWN = [
    [part for part, is_down in zip(("ledger", "lists", "store"), flags, strict=True) if is_down]
    for flags in [(a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1)]
]


@pytest.mark.parametrize("is_mail_down", [False, True], ids=["mail up", "mail down"])
@pytest.mark.parametrize("down", DOWN, ids=lambda down: "+".join(down) or "all up")
def test_the_failure_mail_arrives_once_whatever_is_down(down: list[str], is_mail_down: bool, place: Place) -> None:
    place.break_down(*down)
    failure = place.context(exception=InputError("CMFC-I02", "absences: a column is missing"))
    notifications.note_failure(failure)
    place.server.fault = "greylists" if is_mail_down else ""
    for _ in range(2):  # Airflow may run a callback again
        notifications.NightFailed().notify(place.context())
    assert len(place.server.deliveries) == (not is_mail_down)
    place.server.fault = ""
    code = code_of(place.sweep)  # what is down is still down
    assert code == ("CMFC-J09" if "ledger" in down else "") and len(place.server.deliveries) == 1
    place.break_down()
    place.sweep("2026-10-01T20:00:00Z")
    notifications.NightFailed().notify(place.context())
    assert len(place.server.deliveries) == 1 and list(place.states().values()) == ["sent"]
    (mail,) = place.server.mails()
    assert mail["Subject"] == f"demo: the nightly reconciliation of {DAY} failed (CMFC-I02)"
    text = str(mail.get_payload(decode=True), "utf-8")
    expected = [
        "CMFC-I02, absences: a column is missing",
        "What to do:",
        "/cmfc/demo/",
        "/dags/cmfc_nightly__demo/runs/r",
    ]
    list_sentence = "the folder of lists does not answer" if "lists" in down else "No list stands yet."
    assert [word for word in (*expected, list_sentence) if word not in text] == []


def test_with_nothing_that_could_keep_it_the_failure_mail_still_goes_out_or_the_callback_fails(place: Place) -> None:
    place.break_down("ledger", "lists", "store", "temporary")
    notifications.NightFailed().notify(place.context())
    assert len(place.server.deliveries) == 1
    place.server.fault = "busy"
    assert code_of(lambda: notifications.NightFailed().notify(place.context(run_id="s"))) == "CMFC-A10"


def test_the_failure_mail_says_which_list_stands_and_how_old_it_is(place: Place) -> None:
    folder = place.root / "lists" / "demo"
    folder.mkdir(parents=True)
    (folder / "current.json").write_text('{"agency": "demo", "business_date": "2026-09-29"}', encoding="utf-8")
    notifications.NightFailed().notify(place.context(reason="timed_out"))
    text = str(place.server.mails()[0].get_payload(decode=True), "utf-8")
    assert "The list of 2026-09-29 stands; what it says is 32 h 30 min old." in text
    assert "CMFC-A12" in text and json.loads((folder / "STALE.json").read_bytes())["since"] == DAY


def test_a_mapping_that_cannot_be_read_and_a_bare_context_still_make_a_mail(place: Place, tmp_path: Path) -> None:
    (tmp_path / "agencies").mkdir()
    (tmp_path / "agencies" / "hill.yml").write_text("agency: [broken", encoding="utf-8")
    place.patch.setenv("CMFC_AGENCIES", str(tmp_path / "agencies"))
    bare = {"dag": SimpleNamespace(dag_id="cmfc_nightly__hill"), "run_id": "r", "reason": "task_failure"}
    notifications.NightFailed().notify(bare)
    (mail,) = place.server.mails()
    assert mail["Subject"] == "hill: the nightly reconciliation of 2026-09-30 failed (CMFC-N01)"


def test_a_hour_that_fails_is_told_once_a_day(place: Place) -> None:
    for run in ("1", "2"):
        context = place.context(run_id=run, exception=InputError("CMFC-I02", "absences: a column is missing"))
        notifications.note_failure(context)
        notifications.HourFailed().notify(context)
    assert len(place.server.deliveries) == 1


def test_a_process_that_died_before_the_text_leaves_it_to_the_next_and_one_after_it_does_not(place: Place) -> None:
    """Killed at each of the two steps; the claim of the first lapses."""

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    for step, after in (("_name_recipients", "sent"), ("_quoted", "sending")):
        place.server.deliveries.clear()
        with opened(place.url) as ledger:
            put(ledger, "demo", f"watch:{step}", "watch", {"business_date": DAY, "due": 2, "fresh": 1}, 1)
        place.patch.setenv("CMFC_CLOCK", NOW)
        with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
            patch.setattr(f"cmfc.orchestration.mail.{step}", die)
            notifications.send_notification(place.night, f"watch:{step}")
        assert CLAIM_SECONDS < 2 * 3600
        code_of(place.sweep)
        assert place.states()[f"watch:{step}"] == after and len(place.server.deliveries) == (after == "sent")
    assert code_of(place.sweep) == "CMFC-A11"


def test_a_folder_in_the_temporary_one_that_others_may_write_to_is_not_used(place: Place) -> None:
    place.break_down("ledger", "store")
    place.server.fault = "busy"
    notifications.NightFailed().notify(place.context())
    (folder,) = (place.root / "temporary").iterdir()
    folder.chmod(0o777)
    place.server.fault = ""
    code_of(place.sweep)
    assert place.server.deliveries == []
    folder.chmod(0o700)
    code_of(lambda: place.sweep("2026-10-01T20:00:00Z"))
    assert len(place.server.deliveries) == 1


def test_the_documentation_has_this_table() -> None:
    text = (PROJECT / "docs" / "how-to" / "notifications.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+?) \| `([^`|]+)` \| `([^`|]+)` \|", text, re.MULTILINE)
    assert rows == [(fault.what, fault.state, fault.code) for fault in FAULTS]
