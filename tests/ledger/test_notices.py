"""Messages: counts and a link, never a child, and each at most once."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from cmfc.ledger.actions import Action, apply_action
from cmfc.ledger.outbox import put, render, send, unsure
from cmfc.ledger.queries import history
from cmfc.ledger.retention import Retention, expire_waivers, retain
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import journal, notes, outbox
from cmfc.ledger.verify import verify
from tests.ledger.nights import AGENCY, Nights, found, instant, night_number


@pytest.fixture
def nights(ledger: Ledger, tmp_path: Path) -> Nights:
    return Nights(ledger, tmp_path / "nights")


class Mail:
    def __init__(self, error: Exception | None = None) -> None:
        self.sent: list[tuple[str, str]] = []
        self.error = error

    def __call__(self, subject: str, html: str) -> None:
        if self.error:
            raise self.error
        self.sent.append((subject, html))


def key_of(nights: Nights, number: int) -> str:
    day = night_number(number)
    return f"night:{day.isoformat()}:{nights.done[day].run_id}"


def test_the_nights_message_has_counts_per_severity_and_office_and_no_child(nights: Nights) -> None:
    nights.night(0, [found("A"), found("B", office="South & East", severity="critical")])
    nights.night(1, [found("B", office="South & East", severity="critical")])
    mail = Mail()
    assert send(nights.ledger, AGENCY, key_of(nights, 1), mail, "https://x/runs/1?a=1&b=2", 5) == "sent"
    ((subject, html),) = mail.sent
    assert subject == "The list of 2026-03-03: critical 1"
    assert "Duties since the last night: 0 better, 0 worse, 0 new, 1 over." in html
    assert "South &amp; East" in html and "a=1&amp;b=2" in html
    for named in ("child of", found("A")["exception_id"], found("B")["exception_id"]):
        assert named not in subject + html


def test_a_message_goes_out_once(nights: Nights) -> None:
    nights.night(0, [found("A")])
    nights.night(0, [found("A")])
    mail = Mail()
    for _ in range(3):
        assert send(nights.ledger, AGENCY, key_of(nights, 0), mail, "", 5) == "sent"
    assert len(mail.sent) == 1
    assert not put(nights.ledger, AGENCY, key_of(nights, 0), "night", {}, 9)
    assert send(nights.ledger, AGENCY, "no such", mail, "", 5) == "absent"


def test_a_server_that_was_not_reached_is_asked_again_and_one_that_broke_off_is_not(nights: Nights) -> None:
    nights.night(0, [found("A")])
    key = key_of(nights, 0)
    with pytest.raises(ConnectionError):
        send(nights.ledger, AGENCY, key, Mail(ConnectionRefusedError()), "", 5)
    with pytest.raises(TimeoutError):
        send(nights.ledger, AGENCY, key, Mail(TimeoutError()), "", 5)
    mail = Mail()
    assert send(nights.ledger, AGENCY, key, mail, "", 5) == "unsure" and mail.sent == []
    assert unsure(nights.ledger, AGENCY) == [key]


def test_without_anybody_to_tell_it_is_logged(nights: Nights) -> None:
    nights.night(0, [found("A")])
    assert send(nights.ledger, AGENCY, key_of(nights, 0), None, "", 5) == "logged"
    assert unsure(nights.ledger, AGENCY) == []


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("late", {"business_date": "2026-03-03", "by": "07:00"}, "The list of 2026-03-03 is late"),
        (
            "watch",
            {"business_date": "2026-03-03", "due": 2, "fresh": 1},
            "2 reports fall due soon, 1 children newly missing",
        ),
    ],
)
def test_the_words_of_other_messages(kind: str, body: dict[str, object], told: str) -> None:
    subject, html = render(kind, body, "https://x")
    assert subject == told and "https://x" in html


def test_upkeep_ends_waivers_without_waiting_for_a_night(nights: Nights) -> None:
    rows = [found("A"), found("B")]
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
    rows = [found("A")]
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
    nights.night(0, [found("A")])
    with nights.ledger.writing(AGENCY) as connection:
        connection.execute(update(outbox).values(state="sending"))
    mail = Mail()
    assert send(nights.ledger, AGENCY, key_of(nights, 0), mail, "", 5) == "unsure" and mail.sent == []
