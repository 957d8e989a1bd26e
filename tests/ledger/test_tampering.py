"""The tamper table: every column of every table and every file x change, delete, add; as the owner and as each role."""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text, update

from cmfc.errors import UsageError
from cmfc.ledger.actions import Action, apply_action
from cmfc.ledger.heads import current_head
from cmfc.ledger.store import Ledger, open_ledger
from cmfc.ledger.tables import findings, metadata, outbox, waivers
from cmfc.ledger.verify import verify
from tests.ledger.nights import AGENCY, Nights, finding_of, instant, night_number
from tests.ledger.tampering import Change, changes, fill, forge_chain, rows_of, take_off_triggers, tamper
from tests.support.postgres import new_database

SAMPLE, SEED = 24, 17
ROLES = ("cmfc_run", "cmfc_desk")


class Undone(Exception):
    """Ends a transaction without leaving anything."""


def found_after(ledger: Ledger, change: Change, heads: list[tuple[int, str]], is_forged: bool) -> list[Any]:
    """What verifying says after a tampering, which is undone."""
    faults: list[Any] = []
    try:
        with ledger.engine.connect() as connection, connection.begin():
            tamper(connection, change)
            if is_forged:
                forge_chain(connection)
            alone = Ledger(ledger.engine)
            alone.reading = lambda: _as_it_is(connection)  # type: ignore[method-assign,assignment]
            faults = verify(alone, AGENCY, heads)[1]
            raise Undone
    except Undone:
        return faults


class _as_it_is:  # noqa: N801 - a context manager
    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def __enter__(self) -> Any:
        return self.connection

    def __exit__(self, *_: object) -> None:
        """The transaction goes on."""


def table_of(ledger: Ledger, folder: Path, tamperings: list[Change]) -> Counter[str]:
    """How many tamperings by the owner are located: alone, and with the chain made right again."""
    fill(ledger, folder)
    assert verify(ledger, AGENCY, [])[1] == []
    with ledger.reading() as connection:
        assert all(count for _, count in rows_of(connection))
    head = current_head(ledger, AGENCY)
    take_off_triggers(ledger)
    figures = Counter[str]()
    for change in tamperings:
        plain = found_after(ledger, change, [], is_forged=False)
        assert plain, f"{change} is not seen"
        if change.table not in ("journal", "finding_events", "lineage", "row_digests"):
            assert any(fault.table == change.table and fault.key for fault in plain), f"{change} names no row: {plain}"
        figures["located without a head"] += 1
        forged = found_after(ledger, change, [(head.seq, head.hash)], is_forged=True)
        assert forged, f"{change}, re-chained, is not seen by the head from outside"
        figures["located by a head"] += 1
    return figures


def test_a_sample_of_the_tamper_table_is_located(ledger: Ledger, tmp_path: Path) -> None:
    sample = random.Random(SEED).sample(changes(), SAMPLE)
    figures = table_of(ledger, tmp_path / "nights", sample)
    assert set(figures.values()) == {SAMPLE}


@pytest.mark.soak("tamper")
def test_every_change_of_the_tamper_table_is_located(ledger: Ledger, tmp_path: Path, figures: Counter[str]) -> None:
    every = changes()
    figures.update(table_of(ledger, tmp_path / "nights", every))
    assert set(figures.values()) == {len(every)}


@pytest.fixture
def as_roles(server: str) -> Iterator[tuple[str, dict[str, Ledger]]]:
    """A database, and the ledger as each role opens it."""
    url = new_database(server)
    open_ledger(url).close()
    opened = {
        role: open_ledger(
            make_url(url).update_query_dict({"options": f"-crole={role}"}).render_as_string(hide_password=False)
        )
        for role in ROLES
    }
    yield url, opened
    for ledger in opened.values():
        ledger.close()


def test_each_role_can_do_its_own_work(as_roles: tuple[str, dict[str, Ledger]], tmp_path: Path) -> None:
    _, opened = as_roles
    nights = fill(opened["cmfc_run"], tmp_path / "nights", opened["cmfc_desk"])
    nights.night(2, [finding_of("A", county="Boone")])
    for ledger in opened.values():
        assert verify(ledger, AGENCY, [])[1] == []


TASKS = {"runs": "insert", "snapshots": "insert", "lineage": "insert", "duty_changes": "insert", "outbox": "insert",
         "episodes": "insert", "links": "insert"}  # fmt: skip
REFUSED = [
    *(("cmfc_desk", f"INSERT INTO cmfc.{t} SELECT * FROM cmfc.{t}") for t in (*TASKS, "findings")),
    *(("cmfc_desk", f"UPDATE cmfc.findings SET {c.name} = {c.name}") for c in findings.columns
      if c.name not in ("acknowledged_by", "assignee", "waived_until", "waiver_facts", "revision")),
    *(("cmfc_desk", f"UPDATE cmfc.waivers SET {c.name} = {c.name}") for c in waivers.columns
      if c.name not in ("to_seq", "ended_why")),
    *(("cmfc_run", f"UPDATE cmfc.outbox SET {c.name} = {c.name}") for c in outbox.columns
      if c.name not in ("body", "state", "claimed_at", "sent_at", "tries", "due_at")),
    *(("cmfc_run", f"INSERT INTO cmfc.{t} SELECT * FROM cmfc.{t}")
      for t in ("waivers", "notes", "link_decisions", "claims")),
    *(("cmfc_run", f"UPDATE cmfc.{t} SET agency = agency") for t in ("notes", "assignments", "runs", "snapshots")),
    *((role, f"DELETE FROM cmfc.{t.name}") for role in ROLES for t in metadata.sorted_tables
      if not (role == "cmfc_run" and t.name in ("duty_changes", "notes", "outbox"))
      and not (role == "cmfc_desk" and t.name == "saved_views")),
    *((role, f"UPDATE cmfc.{t} SET agency = agency") for role in ROLES
      for t in ("journal", "row_digests", "finding_events", "lineage", "releases", "link_decisions", "claims")),
    *((role, f"TRUNCATE cmfc.{t.name}") for role in ROLES for t in metadata.sorted_tables),
    *((role, f"ALTER TABLE cmfc.{t.name} DISABLE TRIGGER ALL") for role in ROLES for t in metadata.sorted_tables),
]  # fmt: skip


def test_what_is_not_a_roles_own_is_refused(as_roles: tuple[str, dict[str, Ledger]]) -> None:
    url, _ = as_roles
    engine = create_engine(url)
    for role, statement in REFUSED:
        with engine.connect() as connection:
            connection.execute(text(f"SET ROLE {role}"))
            with pytest.raises(Exception, match=r"permission denied|must be owner"):
                connection.execute(text(statement))
    engine.dispose()


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_may_write_past_the_journal_is_located(
    role: str, as_roles: tuple[str, dict[str, Ledger]], tmp_path: Path
) -> None:
    """Its grants are those of its work, so it can change such a row; verifying names it, and an act refuses it."""
    _, opened = as_roles
    fill(opened["cmfc_run"], tmp_path / "nights", opened["cmfc_desk"])
    one = finding_of("A")["exception_id"]
    with opened[role].engine.begin() as connection:
        connection.execute(update(findings).where(findings.c.exception_id == one).values(acknowledged_by="x"))
    (fault,) = verify(opened["cmfc_desk"], AGENCY, [])[1]
    assert (fault.table, fault.key) == ("findings", f'["{one}"]')
    with pytest.raises(UsageError, match="CMFC-J11"):
        apply_action(opened["cmfc_desk"], AGENCY, one, _comment())


def _comment() -> Action:
    today = night_number(30)
    return Action("comment", "pat", instant(today), today, text="x")


def test_a_night_that_writes_an_altered_row_says_so_for_ever(ledger: Ledger, tmp_path: Path) -> None:
    nights, one = Nights(ledger, tmp_path / "nights"), finding_of("A")
    nights.night(0, [one])
    with ledger.engine.begin() as connection:
        connection.execute(update(findings).values(office="Nowhere", status="withdrawn"))
    nights.night(1, [one])
    assert nights.statuses(1).keys() == {one["exception_id"]}  # it is back on the list
    faults = verify(ledger, AGENCY, [])[1]
    assert [(fault.seq, fault.table) for fault in faults if "found it so" in fault.what] == [(2, "findings")]


def test_an_act_is_refused_before_the_journals_last_entry(ledger: Ledger, tmp_path: Path) -> None:
    nights, one = Nights(ledger, tmp_path / "nights"), finding_of("A")
    nights.night(0, [one])
    today = night_number(1)
    for early, is_refused in ((301, True), (300, False)):
        action = Action("acknowledge", "pat", nights.at - early, today)
        if is_refused:
            with pytest.raises(UsageError, match="CMFC-J12"):
                apply_action(ledger, AGENCY, one["exception_id"], action)
        else:
            apply_action(ledger, AGENCY, one["exception_id"], action)


def test_a_waiver_is_limited_on_every_path(ledger: Ledger, tmp_path: Path) -> None:
    nights, one = Nights(ledger, tmp_path / "nights"), finding_of("A")
    nights.night(0, [one])
    today = night_number(1)
    for days, is_admin, is_refused in ((31, False, True), (30, False, False), (31, True, False)):
        until = today.fromordinal(today.toordinal() + days)
        action = Action("waive", "pat", nights.at, today, text="w", until=until, may_waive_longer=is_admin)
        if is_refused:
            with pytest.raises(UsageError, match="CMFC-F05"):
                apply_action(ledger, AGENCY, one["exception_id"], action)
        else:
            apply_action(ledger, AGENCY, one["exception_id"], action)


def test_the_owner_without_a_head_from_outside_is_not_proven_wrong(ledger: Ledger, tmp_path: Path) -> None:
    """What the documentation says cannot be proven: a chain made right again, before a head has left."""
    fill(ledger, tmp_path / "nights")
    head = current_head(ledger, AGENCY)
    take_off_triggers(ledger)
    change = Change("findings", "change", "office")
    assert found_after(ledger, change, [], is_forged=True) == []
    assert found_after(ledger, change, [(1, head.hash)], is_forged=True)[0].seq == 1
