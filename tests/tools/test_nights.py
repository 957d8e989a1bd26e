"""A mutant of the core's SQL meets the kept nights: does its statement give another table?"""

import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from cmfc.law.library import load_law
from cmfc.reconcile import engine
from tests.oracle.core import write_checked
from tests.property.test_against_oracle import many_worlds
from tools.mutation import keeper, nights
from tools.mutation.site import Site

CORE = "plugins/cmfc/reconcile/"
PLACES = ("steps/070_episodes.sql", "checks/le/LE-01_not_reported.sql", "tables/missing_now.sql")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nights of random worlds as the baseline keeps them: one that is judged twice, and one an hour later."""
    folder = tmp_path_factory.mktemp("nights")
    feeds, world = many_worlds(3, 40)
    write_checked(feeds, world, folder / "checked")
    own = engine.Night("a", world.as_of, world.zone, "us/federal", 0, True, None, world.status)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "judge", engine.judge)  # taken back after the keeper
        patch.setenv(keeper.SHARED, str(folder))
        keeper.pytest_configure()
        for asked in (own, own, replace(own, as_of=own.as_of + 3600)):
            with engine.open_engine("duckdb", world.zone, folder / "spill", 1) as opened:
                engine.judge(opened, folder / "checked", asked, load_law("us/federal", world.zone))
    shutil.rmtree(folder / "checked")  # what was kept stands alone
    return folder


@pytest.fixture(scope="module")
def night(folder: Path) -> nights.Night:
    return nights.Night(min((folder / keeper.FOLDER).iterdir()))


def test_a_night_is_kept_once_with_the_name_of_every_test(folder: Path) -> None:
    names = [(path / keeper.TESTS).read_text().splitlines() for path in (folder / keeper.FOLDER).iterdir()]
    assert sorted(map(len, names)) == [1, 2]
    assert {name.rpartition(" ")[2] for each in names for name in each} == {"(setup)"}


@pytest.mark.parametrize("place", PLACES)
def test_a_statement_as_it_is_changes_nothing_and_one_without_rows_something(night: nights.Night, place: str) -> None:
    text = (nights.ROOT / CORE / place).read_text(encoding="utf-8")
    assert not night.is_changed(CORE + place, text)
    body = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    assert night.is_changed(CORE + place, f"SELECT * FROM ({body}) AS whole WHERE FALSE")


def test_what_cannot_be_read_is_told_from_a_change(night: nights.Night) -> None:
    with pytest.raises(nights.UNREADABLE):
        night.is_changed(CORE + PLACES[0], "SELECT no_such_column FROM episodes")
    assert night.is_changed(CORE + PLACES[0], "SELECT error('a change') FROM episodes")


def test_files_that_are_gone_are_no_change(night: nights.Night) -> None:
    with pytest.raises(duckdb.IOException):
        night.is_changed(CORE + PLACES[0], "SELECT * FROM 'no_such_folder/part.parquet'")


def test_a_mutant_has_the_tests_of_the_nights_that_it_changes(night: nights.Night) -> None:
    text = (nights.ROOT / CORE / PLACES[1]).read_bytes()
    where = text.rindex(b"WHERE")
    same = Site(CORE + PLACES[1], 0, 0, "", "conjunct", is_sql=True)
    nothing = Site(CORE + PLACES[1], where, where + 5, "WHERE FALSE AND", "conjunct", is_sql=True)
    unreadable = Site(CORE + PLACES[1], where, where + 5, "WHERE no_such_column AND", "conjunct", is_sql=True)
    assert nights.tests_changed(same, [night]) == []
    assert nights.tests_changed(nothing, [night]) == sorted(night.tests) != []
    assert nights.tests_changed(unreadable, [night]) is None
    assert nights.tests_changed(nothing, [night] * nights.ENOUGH) == sorted({*night.tests, keeper.MORE})
