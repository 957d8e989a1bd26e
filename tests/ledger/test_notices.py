"""Messages: counts and a link, never a child, and each at most once."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy import select, update

from cmfc.ledger.actions import Action, apply_action
from cmfc.ledger.delivery import ClaimLost, HandOver, Parcel, Receipt
from cmfc.ledger.messages import render
from cmfc.ledger.outbox import CLAIM_SECONDS, Tally, due, put, send, settle, tally, unsure
from cmfc.ledger.queries import history
from cmfc.ledger.retention import Retention, expire_waivers, retain
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import journal, notes, outbox
from cmfc.ledger.verify import verify
from tests.ledger.nights import AGENCY, Nights, finding_of, instant, night_number


@pytest.fixture
def nights(ledger: Ledger, tmp_path: Path) -> Nights:
    return Nights(ledger, tmp_path / "nights")


class Mail:
    """Delivers, or leaves a message as `state` says."""

    def __init__(self, state: Literal["sent", "waiting", "unsure"] = "sent") -> None:
        self.sent: list[tuple[str, str]] = []
        self.state = state

    def __call__(self, parcel: Parcel, hand_over: HandOver) -> Receipt:
        if self.state != "waiting":
            hand_over()
        if self.state == "sent":
            self.sent.append((parcel.subject, parcel.html))
        return Receipt(self.state)


def key_of(nights: Nights, number: int) -> str:
    day = night_number(number)
    return f"night:{day.isoformat()}:{nights.done[day].run_id}"


def test_the_nights_message_has_counts_per_severity_and_office_and_no_child(nights: Nights) -> None:
    nights.night(0, [finding_of("A"), finding_of("B", office="South & East", severity="critical")])
    nights.night(1, [finding_of("B", office="South & East", severity="critical")])
    mail = Mail()
    assert send(nights.ledger, AGENCY, key_of(nights, 1), mail, "https://x/runs/1?a=1&b=2", 5) == "sent"
    ((subject, html),) = mail.sent
    assert subject == "The list of 2026-03-03: critical 1"
    assert "Duties since the last night: 0 better, 0 worse, 0 new, 1 over." in html
    assert "South &amp; East" in html and "a=1&amp;b=2" in html
    for named in ("child of", finding_of("A")["exception_id"], finding_of("B")["exception_id"]):
        assert named not in subject + html


def test_it_says_that_every_source_brought_the_very_same_rows_again(nights: Nights) -> None:
    """As when the deliveries did not run: yesterday's files are there still."""
    nights.night(0, [finding_of("A")])
    nights.night(1, [finding_of("A")])
    nights.night(2, [finding_of("A")], broken=("absences",))
    nights.night(3, [finding_of("A")])
    mail = Mail()
    for number in range(4):
        assert send(nights.ledger, AGENCY, key_of(nights, number), mail, "", 5) == "sent"
    dates = [re.findall(r"Every source brought the very same rows as on (\S+):", html) for _, html in mail.sent]
    assert dates == [[], [night_number(0).isoformat()], [], []]


def test_it_says_which_sources_brought_less_than_half(nights: Nights) -> None:
    """A log that is not whole makes many findings, and nothing else says why."""
    nights.night(0, [finding_of("A")], before=4000)
    nights.night(1, [finding_of("A")])
    mail = Mail()
    for number in range(2):
        assert send(nights.ledger, AGENCY, key_of(nights, number), mail, "", 5) == "sent"
    sentences = [re.findall(r"rows of the last delivery came: ([^.]+)\.", html) for _, html in mail.sent]
    assert sentences == [["absences 9 (then 4000), le_reports 9 (then 4000), ncmec_reports 9 (then 4000)"], []]


def test_a_message_goes_out_once(nights: Nights) -> None:
    nights.night(0, [finding_of("A")])
    nights.night(0, [finding_of("A")])
    mail = Mail()
    for _ in range(3):
        assert send(nights.ledger, AGENCY, key_of(nights, 0), mail, "", 5) == "sent"
    assert len(mail.sent) == 1
    assert not put(nights.ledger, AGENCY, key_of(nights, 0), "night", {}, 9)
    assert send(nights.ledger, AGENCY, "no such", mail, "", 5) == "absent"


def test_a_server_that_was_not_reached_is_asked_again_and_one_that_broke_off_is_not(nights: Nights) -> None:
    nights.night(0, [finding_of("A")])
    key = key_of(nights, 0)
    assert send(nights.ledger, AGENCY, key, Mail("waiting"), "", 5) == "waiting"
    assert tally(nights.ledger, AGENCY, 6) == Tally(1, 0)
    assert send(nights.ledger, AGENCY, key, Mail("unsure"), "", 6) == "unsure"
    mail = Mail()
    assert send(nights.ledger, AGENCY, key, mail, "", 7) == "unsure" and mail.sent == []
    assert unsure(nights.ledger, AGENCY) == [key] and tally(nights.ledger, AGENCY, 7) == Tally(0, 1)


@pytest.mark.parametrize(("has_arrived", "state", "sent"), [(True, "sent", 0), (False, "waiting", 1)])
def test_a_person_settles_what_is_unsure(nights: Nights, has_arrived: bool, state: str, sent: int) -> None:
    nights.night(0, [finding_of("A")])
    key, mail = key_of(nights, 0), Mail()
    assert settle(nights.ledger, AGENCY, key, has_arrived, 4) == "waiting"  # it is not unsure
    send(nights.ledger, AGENCY, key, Mail("unsure"), "", 5)
    assert settle(nights.ledger, AGENCY, key, has_arrived, 9) == state
    assert unsure(nights.ledger, AGENCY) == []
    assert send(nights.ledger, AGENCY, key, mail, "", 9) == "sent" and len(mail.sent) == sent
    assert settle(nights.ledger, AGENCY, "no such", has_arrived, 9) == "absent"


def test_each_try_waits_longer_up_to_a_limit(nights: Nights) -> None:
    nights.night(0, [finding_of("A")])
    key, at = key_of(nights, 0), 1000
    for pause in (300, 600, 1200, 2400, 4800, 7200, 7200):
        send(nights.ledger, AGENCY, key, Mail("waiting"), "", at)
        at += pause
        assert (due(nights.ledger, AGENCY, at - 1), due(nights.ledger, AGENCY, at)) == ([], [key])


def test_a_message_of_a_process_that_is_gone_is_taken_over_and_its_late_claim_is_void(nights: Nights) -> None:
    nights.night(0, [finding_of("A")])
    key, mail = key_of(nights, 0), Mail()

    def slow(_parcel: Parcel, hand_over: HandOver) -> Receipt:
        """Meanwhile its claim lapses, and another process sends the message."""
        assert due(nights.ledger, AGENCY, 1000 + CLAIM_SECONDS) == []
        assert due(nights.ledger, AGENCY, 1001 + CLAIM_SECONDS) == [key]
        assert send(nights.ledger, AGENCY, key, mail, "", 1001 + CLAIM_SECONDS) == "sent"
        with pytest.raises(ClaimLost):
            hand_over()
        return Receipt("waiting")

    send(nights.ledger, AGENCY, key, slow, "", 1000)
    assert len(mail.sent) == 1 and send(nights.ledger, AGENCY, key, mail, "", 9999) == "sent" and len(mail.sent) == 1


def test_without_anybody_to_tell_it_is_logged(nights: Nights) -> None:
    nights.night(0, [finding_of("A")])
    assert send(nights.ledger, AGENCY, key_of(nights, 0), None, "", 5) == "logged"
    assert unsure(nights.ledger, AGENCY) == []


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("late", {"business_date": "2026-03-03", "by": "07:00"}, "The list of 2026-03-03 is late"),
        (
            "watch",
            {"business_date": "2026-03-03", "due": 2, "fresh": 1},
            "2 reports fall due soon, 1 children newly missing",
        ),
        (
            "tamper",
            {"agency": "hill", "business_date": "2026-03-03", "where": "at entries 3"},
            "hill: the journal was changed (CMFC-J08)",
        ),
        (
            "failed",
            {
                "agency": "hill",
                "what": "the nightly reconciliation",
                "business_date": "2026-03-03",
                "run": "https://y",
                "code": "CMFC-I02",
                "sentence": "absences: <a column> is missing",
                "standing": "No list stands yet.",
            },
            "hill: the nightly reconciliation of 2026-03-03 failed (CMFC-I02)",
        ),
    ],
)
def test_the_words_of_other_messages(kind: str, body: dict[str, object], expected: str) -> None:
    subject, html = render(kind, body, "https://x")
    assert subject == expected and "https://x" in html and "<a column>" not in html


def test_upkeep_ends_waivers_without_waiting_for_a_night(nights: Nights) -> None:
    rows = [finding_of("A"), finding_of("B")]
    nights.night(0, rows)
    today = night_number(1)
    for row, days in zip(rows, (1, 9), strict=True):
        until = today + timedelta(days=days)
        apply_action(
            nights.ledger,
            AGENCY,
            row["exception_id"],
            Action("waive", "pat", instant(today), today, text="why", until=until),
        )
    after = today + timedelta(days=2)
    assert expire_waivers(nights.ledger, AGENCY, after, instant(after)) == 1
    assert expire_waivers(nights.ledger, AGENCY, after, instant(after)) == 0
    assert history(nights.ledger, AGENCY, rows[0]["exception_id"])[-1].kind == "lapsed"
    nights.night(3, rows)
    assert sorted(nights.statuses(3).values()) == ["open", "waived"]
    assert verify(nights.ledger, AGENCY, {})[1] == []


def test_retention_erases_what_is_old_and_never_the_journal(nights: Nights) -> None:
    rows = [finding_of("A")]
    nights.night(0, rows)
    today = night_number(1)
    apply_action(
        nights.ledger,
        AGENCY,
        rows[0]["exception_id"],
        Action("comment", "pat", instant(today), today, text="Zebulonia"),
    )
    send(nights.ledger, AGENCY, key_of(nights, 0), None, "", 5)
    for number in (1, 2, 3):
        nights.night(number, [])
    store = nights.folder
    late = night_number(100)
    nothing = retain(nights.ledger, AGENCY, Retention(), store, late, instant(late))
    assert set(nothing.values()) == {0}
    done = retain(nights.ledger, AGENCY, Retention(30, 30, 30), store, late, instant(late))
    assert done == {"notes": 1, "messages": 1, "snapshots": done["snapshots"], "nights": 2}
    assert [path.name for path in sorted(store.iterdir()) if path.name[:2] == "20"] == ["2026-03-04", "2026-03-05"]
    with nights.ledger.reading() as connection:
        assert connection.execute(select(notes)).all() == []
        assert [row.state for row in connection.execute(select(outbox))] == ["waiting"] * 3  # never sent: they stay
        kinds = [row.kind for row in connection.execute(select(journal).order_by(journal.c.seq))]
    assert kinds == ["night", "action", "message", "night", "night", "night", "retention"]
    assert verify(nights.ledger, AGENCY, {})[1] == []
    nights.night(4, rows)
    assert set(nights.statuses(4).values()) == {"reopened"}


def test_a_claimed_message_survives_what_people_see(nights: Nights) -> None:
    """A process that died while sending left its claim."""
    nights.night(0, [finding_of("A")])
    with nights.ledger.writing(AGENCY) as connection:
        connection.execute(update(outbox).values(state="sending"))
    mail = Mail()
    assert send(nights.ledger, AGENCY, key_of(nights, 0), mail, "", 5) == "unsure" and mail.sent == []
