"""Claims: that a report was made, by somebody's word; undone by a row of its own, their number under retention."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from cmfc.errors import UsageError
from cmfc.ledger.claims import Claim, add_claim, list_claims, withdraw_claim
from cmfc.ledger.retention import Retention, retain
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import journal, notes
from cmfc.ledger.verify import verify

AT = 1_790_000_000
NUMBER = "LPD-77-4410"
DAY = 86_400


def claim(recipient: str = "ncmec", at: int = AT, **more: str) -> Claim:
    return Claim("C1", "e1", recipient, at - 600, "rita", at, **more)


def journalled(ledger: Ledger) -> list[tuple[str, dict[str, object]]]:
    with ledger.reading() as connection:
        rows = connection.execute(select(journal.c.kind, journal.c.body).order_by(journal.c.seq))
        return [(row.kind, json.loads(row.body)) for row in rows]


def test_the_journal_holds_who_when_and_that_but_not_the_number(ledger: Ledger) -> None:
    seq = add_claim(ledger, "hill", claim(number=NUMBER, entered_by="kim"))
    (noted,) = list_claims(ledger, "hill")
    assert (noted.claim, noted.child_id, noted.recipient, noted.by, noted.number) == (
        seq,
        "C1",
        "ncmec",
        "rita",
        NUMBER,
    )
    assert (noted.reported_at, noted.at) == (AT - 600, AT)
    ((kind, body),) = journalled(ledger)
    assert kind == "claim" and NUMBER not in json.dumps(body)
    assert (body["by"], body["entered_by"], body["child_id"], body["change"]) == ("rita", "kim", "C1", "noted")
    assert verify(ledger, "hill", [])[1] == []


def test_an_undo_is_a_row_of_its_own_and_comes_once(ledger: Ledger) -> None:
    first, second = (add_claim(ledger, "hill", claim(recipient)) for recipient in ("law_enforcement", "ncmec"))
    withdraw_claim(ledger, "hill", first, "ada", AT + 60)
    assert [one.claim for one in list_claims(ledger, "hill", "C1")] == [second]
    taken_back = list_claims(ledger, "hill", is_withdrawn_shown=True)[0]
    assert (taken_back.withdrawn_by, taken_back.withdrawn_at, taken_back.by) == ("ada", AT + 60, "rita")
    for wrong in (first, first + 999):
        with pytest.raises(UsageError, match="CMFC-F07"):
            withdraw_claim(ledger, "hill", wrong, "ada", AT + 61)
    assert [body["change"] for _, body in journalled(ledger)] == ["noted", "noted", "withdrawn"]
    assert verify(ledger, "hill", [])[1] == []


def test_a_night_reads_what_stood_before_its_instant(ledger: Ledger) -> None:
    first = add_claim(ledger, "hill", claim())
    withdraw_claim(ledger, "hill", first, "ada", AT + 60)
    assert list_claims(ledger, "hill", before=AT) == []
    assert [one.claim for one in list_claims(ledger, "hill", before=AT + 1)] == [first]
    assert list_claims(ledger, "hill", before=AT + 61) == []
    assert [one.claim for one in list_claims(ledger, "hill", until_seq=first)] == [first]
    assert list_claims(ledger, "hill", "C2") == [] and list_claims(ledger, "other") == []


def test_retention_erases_the_number_and_nothing_else(ledger: Ledger, tmp_path: Path) -> None:
    add_claim(ledger, "hill", claim(number=NUMBER))
    today = date(2026, 9, 21)
    young = retain(ledger, "hill", Retention(notes=30), tmp_path, today, AT + 20 * DAY)
    assert young["notes"] == 0 and list_claims(ledger, "hill")[0].number == NUMBER
    old = retain(ledger, "hill", Retention(notes=30), tmp_path, today + timedelta(40), AT + 40 * DAY)
    assert old["notes"] == 1
    (noted,) = list_claims(ledger, "hill")
    assert noted.number is None and noted.by == "rita"
    with ledger.reading() as connection:
        assert connection.execute(select(notes)).all() == []
    assert verify(ledger, "hill", [])[1] == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (Claim("", "e1", "ncmec", AT, "rita", AT), "CMFC-F03"),
        (Claim("C1", "e1", "the press", AT, "rita", AT), "CMFC-F03"),
        (Claim("C1", "e1", "ncmec", AT, " ", AT), "CMFC-F03"),
        (Claim("C1", "e1", "ncmec", AT + 3600, "rita", AT), "CMFC-F03"),
        (Claim("C1", "e1", "ncmec", AT - DAY, "rita", AT - DAY), "CMFC-J12"),
    ],
)
def test_what_cannot_be_a_claim_is_refused_and_leaves_nothing(ledger: Ledger, wrong: Claim, code: str) -> None:
    add_claim(ledger, "hill", claim())
    with pytest.raises(UsageError, match=code):
        add_claim(ledger, "hill", wrong)
    assert len(journalled(ledger)) == len(list_claims(ledger, "hill")) == 1
