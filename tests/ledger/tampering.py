"""A small ledger with every kind of row, and every change that somebody with the database could make to it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Connection, Date, Float, Integer, Table, delete, insert, select, text, update

from cmfc.ledger.actions import Action, apply_action
from cmfc.ledger.claims import Claim, add_claim, withdraw_claim
from cmfc.ledger.desk import keep_view
from cmfc.ledger.journal import GENESIS, entry_hash
from cmfc.ledger.match_answers import add_answer
from cmfc.ledger.outbox import put, send
from cmfc.ledger.releases import Release, note_release
from cmfc.ledger.row_digests import NewEntry
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import APPEND_ONLY, SCHEMA, journal, links, metadata
from cmfc.matching.answers import Decision
from tests.ledger.nights import AGENCY, LINK, Nights, finding_of, instant, night_number, write

TABLES = {table.name: table for table in metadata.sorted_tables}


@dataclass(frozen=True)
class Change:
    """One tampering: `kind` is change, delete or add; of one column where it changes one."""

    table: str
    kind: str
    column: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.kind, self.table, self.column)))


def changes() -> list[Change]:
    """Every column of every table, and every table's rows, of which one is deleted or one is added."""
    return [
        *(Change(t.name, "change", column.name) for t in metadata.sorted_tables for column in t.columns),
        *(Change(t.name, kind) for t in metadata.sorted_tables for kind in ("delete", "add")),
    ]


def fill(ledger: Ledger, folder: Path, desk: Ledger | None = None) -> Nights:
    """Nights, acts of every kind, answers, messages and releases: no table is empty.

    Args:
        ledger: of the tasks.
        folder: of the nights.
        desk: the same database as people open it; None: as the tasks do.
    """
    desk = desk or ledger
    nights, one, other = Nights(ledger, folder), finding_of("A"), finding_of("B", severity="critical")
    names = [{"episode_id": "A", "child_id": "child of A", "state": "open", "kind": "absence", "id": "A1", "nth": 1,
              "is_name": True, "began_earliest": 1000, "began_latest": 1000}]  # fmt: skip
    nights.night(0, [one, other], known=names, lineage=[("A", "first_row", "absence:A1")])
    today = night_number(1)
    at = max(instant(today), nights.at)

    def act(kind: Any, **more: Any) -> None:
        apply_action(desk, AGENCY, one["exception_id"], Action(kind, "pat", at, today, **more))

    act("acknowledge")
    act("assign", assignee="kim")
    act("comment", text="Called the office.")
    act("waive", text="why", until=today + timedelta(days=9))
    decision = Decision("le_reports", "L1", "C1", "same", "ann", at, "it is", "p", "q")
    add_answer(desk, AGENCY, decision, entered_by="kim")
    withdraw_claim(desk, AGENCY, add_claim(desk, AGENCY, Claim("C1", "A", "ncmec", at, "ann", at, "77")), "kim", at)
    put(ledger, AGENCY, "late:1", "late", {"business_date": "2026-03-02", "by": "7"}, at)
    send(ledger, AGENCY, "late:1", None, "", at)
    keep_view(desk, AGENCY, "pat", "mine", "queue=all", at)
    note_release(ledger, AGENCY, Release("list", nights.done[night_number(0)].run_id, "0" * 64, "cmfc", at))
    nights.night(1, [one, other, finding_of("C")], known=names)
    with ledger.writing(AGENCY) as connection:  # a link, as a night with reports writes it
        entry = NewEntry(connection, AGENCY)
        entry.touch(links, [("le_reports", "L1", entry.seq)])
        connection.execute(insert(links).values(
            agency=AGENCY, feed="le_reports", report_id="L1", from_seq=entry.seq, child_id="C1", episode_id="A",
            method="probable", score=0.25,
        ))  # fmt: skip
        entry.append(nights.at, "test", {})
    write(folder / "links.parquet", LINK, [])
    return nights


def take_off_triggers(ledger: Ledger) -> None:
    """What the owner of the tables may do."""
    with ledger.engine.begin() as connection:
        for name in APPEND_ONLY:
            if ledger.is_sqlite:
                for what in ("update", "delete"):
                    connection.execute(text(f"DROP TRIGGER {name}_refuses_{what}"))
            else:
                connection.execute(text(f"DROP TRIGGER {name}_append_only ON {SCHEMA}.{name}"))


def tamper(connection: Connection, change: Change) -> None:
    """Do it, past every check that the owner can switch off."""
    table = TABLES[change.table]
    of_agency = table.c.agency == AGENCY
    keys = list(table.primary_key)
    first = connection.execute(select(table).where(of_agency).order_by(*keys).limit(1)).mappings().one()
    this = [column == first[column.name] for column in keys]
    if change.kind == "delete":
        connection.execute(delete(table).where(*this))
    elif change.kind == "change":
        column = table.c[change.column]
        connection.execute(update(table).where(*this).values({column.name: another(column, first[column.name])}))
    else:
        own = [column for column in keys if column.name != "agency"]
        row = dict(first) | {own[-1].name: another(own[-1], first[own[-1].name])}
        if "run_id" in row:
            row["run_id"] = "another"
        if table.name == "link_decisions":
            row["revision"] = 9
        connection.execute(insert(table).values(**row))


def another(column: Any, value: Any) -> Any:
    """A value of the column's kind that is not there."""
    kind = column.type
    if isinstance(kind, Boolean):
        return not value
    if isinstance(kind, Date):
        return (value or night_number(0)) + timedelta(days=1)
    if isinstance(kind, Float):
        return (value or 0.5) / 2
    if isinstance(kind, Integer):
        return (value or 0) + 900
    return "x" if value is None else ("y" if value[:1] == "x" else "x") + value[1:]


def forge_chain(connection: Connection) -> None:
    """What the owner does next: every row's digest and the whole chain are made right again."""
    from cmfc.ledger.row_digests import VOUCHED, digests_of, last_digests
    from cmfc.ledger.tables import row_digests
    from cmfc.ledger.verify import hashes_of_rows

    for table in VOUCHED:
        now, last = digests_of(connection, AGENCY, table), last_digests(connection, AGENCY, table)
        for key in now.keys() | last.keys():
            digest, (seq, noted) = now.get(key, ""), last.get(key, (1, None))
            if noted is None:
                connection.execute(insert(row_digests).values(
                    agency=AGENCY, relation=table.name, key=key, seq=seq, digest=digest
                ))  # fmt: skip
            elif noted != digest:
                of_row = (row_digests.c.agency == AGENCY, row_digests.c.relation == table.name)
                of_row += (row_digests.c.key == key, row_digests.c.seq == seq)
                connection.execute(update(row_digests).where(*of_row).values(digest=digest))
    hashed = hashes_of_rows(connection, AGENCY)
    previous = GENESIS
    for entry in connection.execute(select(journal).where(journal.c.agency == AGENCY).order_by(journal.c.seq)).all():
        try:
            body = json.loads(entry.body)
        except ValueError:
            body = {}
        for name, by_entry in hashed.items():
            body.pop(name, None)
            if entry.seq in by_entry:
                body[name] = by_entry[entry.seq]
        written = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        values = {"body": written, "previous": previous}
        values["hash"] = entry_hash(AGENCY, entry.seq, entry.at, entry.kind, written, previous)
        connection.execute(update(journal).where(journal.c.agency == AGENCY, journal.c.seq == entry.seq).values(values))
        previous = values["hash"]


def rows_of(connection: Connection) -> Iterator[tuple[Table, int]]:
    """How many rows each table has."""
    for table in metadata.sorted_tables:
        yield table, len(connection.execute(select(table)).all())
