"""Tampering with a sample chain, on both databases: every kind of change is found, and located."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, text, update

from cmfc.ledger.actions import Action, apply_action
from cmfc.ledger.journal import GENESIS, append, canonical, digest, entry_hash
from cmfc.ledger.releases import Release, note_release
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import APPEND_ONLY, SCHEMA, finding_events, journal, lineage, notes, releases, runs
from cmfc.ledger.verify import verify, verify_chain
from tests.ledger.nights import AGENCY, Nights, finding_of, instant, night_number

LENGTH = 12


@pytest.fixture
def open_to_forgers(ledger: Ledger) -> Ledger:
    """Somebody with the owner's account took the triggers off."""
    with ledger.engine.connect() as connection, connection.begin():
        for name in APPEND_ONLY:
            if ledger.is_sqlite:
                for what in ("update", "delete"):
                    connection.execute(text(f"DROP TRIGGER {name}_refuses_{what}"))
            else:
                connection.execute(text(f"DROP TRIGGER {name}_append_only ON {SCHEMA}.{name}"))
    return ledger


@pytest.fixture
def chain(open_to_forgers: Ledger) -> Ledger:
    with open_to_forgers.writing(AGENCY) as connection:
        for n in range(LENGTH):
            append(connection, AGENCY, 1000 + n, "test", {"n": n, "word": "é☃"})
    return open_to_forgers


def faults(ledger: Ledger, heads: dict[int, str] | None = None) -> list[int]:
    with ledger.reading() as connection:
        return [fault.seq for fault in verify_chain(connection, AGENCY, (heads or {}).items())]


def forge(ledger: Ledger, how: Callable[[Connection], Any]) -> None:
    with ledger.writing(AGENCY) as connection:
        how(connection)


def row(connection: Connection, seq: int) -> Any:
    return connection.execute(select(journal).where(journal.c.seq == seq)).one()


def test_an_untouched_chain_has_no_fault(chain: Ledger) -> None:
    assert faults(chain) == []


@pytest.mark.parametrize("seq", [1, 6, LENGTH])
@pytest.mark.parametrize("column", ["at", "kind", "body", "previous", "hash"])
def test_an_edit_of_any_column_is_located(column: str, seq: int, chain: Ledger) -> None:
    def edit(connection: Connection) -> None:
        old = getattr(row(connection, seq), column)
        new = old + 1 if column == "at" else ("f" if old[0] != "f" else "e") + old[1:]
        connection.execute(update(journal).where(journal.c.seq == seq).values({column: new}))

    forge(chain, edit)
    assert set(faults(chain)) <= {seq, seq + 1} and seq in faults(chain)


def test_every_byte_of_an_entry_counts(chain: Ledger) -> None:
    """Each character of a body replaced in turn; each time the entry is named."""
    with chain.reading() as connection:
        body = row(connection, 5).body
    for n, letter in enumerate(body):
        changed = body[:n] + chr(ord(letter) ^ 1) + body[n + 1 :]
        forge(chain, lambda c, forged=changed: c.execute(update(journal).where(journal.c.seq == 5).values(body=forged)))
        assert faults(chain) == [5], n


def test_an_edit_with_its_hash_made_right_is_located_by_the_next_entry(chain: Ledger) -> None:
    def edit(connection: Connection) -> None:
        old = row(connection, 6)
        body = canonical({"n": "forged"})
        hashed = entry_hash(AGENCY, 6, old.at, old.kind, body, old.previous)
        connection.execute(update(journal).where(journal.c.seq == 6).values(body=body, hash=hashed))

    forge(chain, edit)
    assert faults(chain) == [7]


def test_a_deletion_is_located(chain: Ledger) -> None:
    forge(chain, lambda c: c.execute(delete(journal).where(journal.c.seq.in_([4, 5]))))
    with chain.reading() as connection:
        assert next(verify_chain(connection, AGENCY)).what == "Entries 4 to 5 are missing."


def test_a_deletion_with_the_rest_numbered_anew_is_located(chain: Ledger) -> None:
    def cut(connection: Connection) -> None:
        connection.execute(delete(journal).where(journal.c.seq == 4))
        for seq in range(5, LENGTH + 1):
            connection.execute(update(journal).where(journal.c.seq == seq).values(seq=seq - 1))

    forge(chain, cut)
    assert faults(chain)[0] == 4


def test_an_insertion_is_located(chain: Ledger) -> None:
    def put_in(connection: Connection) -> None:
        for seq in range(LENGTH, 5, -1):
            connection.execute(update(journal).where(journal.c.seq == seq).values(seq=seq + 1))
        before = row(connection, 5)
        hashed = entry_hash(AGENCY, 6, 1, "test", "{}", before.hash)
        values = {"agency": AGENCY, "seq": 6, "at": 1, "kind": "test", "body": "{}"}
        connection.execute(insert(journal).values(**values, previous=before.hash, hash=hashed))

    forge(chain, put_in)
    assert faults(chain)[0] == 7


def test_two_entries_that_changed_places_are_located(chain: Ledger) -> None:
    def swap(connection: Connection) -> None:
        for old, new in ((4, 1000), (5, 4), (1000, 5)):
            connection.execute(update(journal).where(journal.c.seq == old).values(seq=new))

    forge(chain, swap)
    assert faults(chain)[0] == 4


@pytest.mark.parametrize("left", [0, 1, LENGTH - 1])
def test_a_cut_at_the_end_is_found_against_a_head_from_outside(left: int, chain: Ledger) -> None:
    with chain.reading() as connection:
        head = row(connection, LENGTH).hash
    forge(chain, lambda c: c.execute(delete(journal).where(journal.c.seq > left)))
    assert faults(chain) == []  # alone it cannot be seen, and the documentation says so
    assert faults(chain, {LENGTH: head}) == [LENGTH]


def test_a_chain_written_anew_is_found_against_a_head_from_outside(chain: Ledger) -> None:
    with chain.reading() as connection:
        head = row(connection, 8).hash

    def anew(connection: Connection) -> None:
        previous = GENESIS
        for seq in range(1, LENGTH + 1):
            hashed = entry_hash(AGENCY, seq, 1, "test", "{}", previous)
            values = {"at": 1, "kind": "test", "body": "{}", "previous": previous, "hash": hashed}
            connection.execute(update(journal).where(journal.c.seq == seq).values(**values))
            previous = hashed

    forge(chain, anew)
    assert faults(chain) == [] and faults(chain, {8: head}) == [8]


TABLES: list[tuple[str, Callable[[Connection], Any], int]] = [
    (
        "an event edited",
        lambda c: c.execute(update(finding_events).where(finding_events.c.seq == 1).values(actor="x")),
        1,
    ),
    ("an event deleted", lambda c: c.execute(delete(finding_events).where(finding_events.c.seq == 2)), 2),
    ("a run edited", lambda c: c.execute(update(runs).where(runs.c.seq == 3).values(law_digest="x")), 3),
    ("a lineage edited", lambda c: c.execute(update(lineage).values(other_id="x")), 3),
    ("a release edited", lambda c: c.execute(update(releases).values(sha256="x")), 4),
    ("a refusal made an approval", lambda c: c.execute(update(releases).values(decision="released")), 5),
    ("a refusal taken out", lambda c: c.execute(delete(releases).where(releases.c.seq == 5)), 5),
    ("a comment edited", lambda c: c.execute(update(notes).values(text="something else")), 2),
]


@pytest.mark.parametrize(("what", "how", "seq"), TABLES, ids=[what for what, _, _ in TABLES])
def test_a_change_of_what_the_journal_vouches_for_is_located(
    what: str, how: Callable[[Connection], Any], seq: int, open_to_forgers: Ledger, tmp_path: Path
) -> None:
    nights = Nights(open_to_forgers, tmp_path / "nights")
    finding = finding_of("A")
    nights.night(0, [finding])
    today = night_number(1)
    action = Action("comment", "pat", instant(today), today, text="Zebulonia's aunt called")
    apply_action(open_to_forgers, AGENCY, finding["exception_id"], action)
    nights.night(1, [finding], lineage=[("A", "first_row", "absence:A1")])
    assert note_release(open_to_forgers, AGENCY, Release("list", "run", "0" * 64, "cmfc", 5))
    assert not note_release(
        open_to_forgers, AGENCY, Release("list", "run", "0" * 64, "cmfc", 9)
    )  # the same bytes, once
    refusal = Release("extract", "fy2026", "1" * 64, "vera", 10, "refused", "privacy")
    assert note_release(open_to_forgers, AGENCY, refusal)
    head, clean = verify(open_to_forgers, AGENCY, {})
    assert (head.seq, clean) == (5, [])
    forge(open_to_forgers, how)
    assert seq in [fault.seq for fault in verify(open_to_forgers, AGENCY, {})[1]], what


def test_what_people_type_is_in_no_table_but_the_notes(ledger: Ledger, tmp_path: Path) -> None:
    nights = Nights(ledger, tmp_path / "nights")
    finding = finding_of("A")
    nights.night(0, [finding])
    today = night_number(1)
    for what in (Action("comment", "pat", instant(today), today, text="Zebulonia"),
                 Action("waive", "pat", instant(today), today, text="Zebulonia", until=night_number(9))):  # fmt: skip
        apply_action(ledger, AGENCY, finding["exception_id"], what)
    nights.night(1, [finding])
    from cmfc.ledger.tables import metadata

    with ledger.reading() as connection:
        holds = {t.name for t in metadata.sorted_tables for r in connection.execute(select(t)) if "Zebulonia" in str(r)}
    assert holds == {"notes"}


def test_canonical_text_is_one_and_has_no_floats() -> None:
    assert canonical({"b": [1, None, True], "a": "é"}) == '{"a":"é","b":[1,null,true]}'
    assert digest(json.loads('{"a": 1, "b": 2}')) == digest(json.loads('{"b": 2, "a": 1}'))
    with pytest.raises(TypeError):
        canonical({"a": [0.5]})
