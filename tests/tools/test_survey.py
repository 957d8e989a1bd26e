"""The survey of mutants sees that a statement gives another table, and that the statement as it is does not."""

from contextlib import ExitStack

import duckdb
import pytest

from cmfc.law.library import load_law
from cmfc.reconcile import engine
from tests.oracle.core import write_checked
from tests.property.test_against_oracle import many_worlds
from tools import survey
from tools.mutation.site import Site

CORE = "plugins/cmfc/reconcile/"
PLACES = ("steps/070_episodes.sql", "checks/le/LE-01_not_reported.sql", "tables/missing_now.sql")


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> survey.Night:
    """A night of random worlds, as the survey catches it from a test that judges it."""
    folder = tmp_path_factory.mktemp("survey")
    feeds, world = many_worlds(3, 40)
    write_checked(feeds, world, folder / "checked")
    own = engine.Night("a", world.as_of, world.zone, "us/federal", 0, True, None, world.status)
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setattr(engine, "judge", engine.judge)  # taken back after the catcher
        survey.Catcher(folder / "nights").pytest_configure()
        opened = stack.enter_context(engine.open_engine("duckdb", world.zone, folder / "spill", 1))
        engine.judge(opened, folder / "checked", own, load_law("us/federal", world.zone))
    return survey.Night(folder / "nights" / "00000")


@pytest.mark.parametrize("place", PLACES)
def test_a_statement_as_it_is_changes_nothing_and_one_without_rows_something(night: survey.Night, place: str) -> None:
    text = (survey.ROOT / CORE / place).read_text(encoding="utf-8")
    assert not night.is_changed(CORE + place, text)
    body = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    assert night.is_changed(CORE + place, f"SELECT * FROM ({body}) AS whole WHERE FALSE")


def test_what_cannot_be_read_is_told_from_a_change(night: survey.Night) -> None:
    with pytest.raises(survey.UNREADABLE):
        night.is_changed(CORE + PLACES[0], "SELECT no_such_column FROM episodes")
    with pytest.raises(duckdb.Error):
        night.is_changed(CORE + PLACES[0], "SELECT error('a change') FROM episodes")


def test_files_that_are_gone_are_no_change(night: survey.Night, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(path: str, text: str) -> bool:
        raise duckdb.IOException("No files found that match the pattern")

    site = Site(CORE + PLACES[0], 0, 0, "", "conjunct", is_sql=True)
    monkeypatch.setattr(survey, "_NIGHTS", [night])
    assert survey.judge(site) == survey.SURVIVED
    monkeypatch.setattr(night, "is_changed", gone)
    with pytest.raises(duckdb.IOException):
        survey.judge(site)
