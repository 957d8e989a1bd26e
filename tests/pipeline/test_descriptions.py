"""The optional feed `descriptions` (spec 6): no verdict and no list rests on it, whether it comes or is not there."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cmfc.pipeline.folder import reconcile_folder
from cmfc.timing.clock import as_of_night
from cmfc_demo.synthetic.agency import write_canonical
from cmfc_demo.synthetic.planted import plant
from cmfc_demo.synthetic.population import Feeds, generate

pytestmark = pytest.mark.long

ZONE = "America/Chicago"
AS_OF = as_of_night("2026-09-30", ZONE)
LISTS = ("exceptions.csv", "exceptions.parquet", "episodes.csv", "determinations.csv", "links.csv", "quarantine.csv",
         "missing_now.csv", "episode_rows.parquet")  # fmt: skip


@pytest.fixture(scope="module")
def tables() -> Feeds:
    feeds = generate(120, 7, AS_OF, ZONE)
    plant(feeds, 7, AS_OF, ZONE, 1)
    return feeds


@pytest.fixture(scope="module")
def without(tables: Feeds, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lists of an agency that does not keep the feed."""
    folder = tmp_path_factory.mktemp("without")
    write_canonical(folder / "in", {name: table for name, table in tables.items() if name != "descriptions"})
    reconcile_folder(folder / "in", ZONE, "us/mo", AS_OF, folder / "out", runaway_placements_kept=True)
    return folder / "out"


def test_the_lists_are_the_same_with_it_and_without(tables: Feeds, without: Path, tmp_path: Path) -> None:
    assert len(tables["descriptions"]) > 20
    write_canonical(tmp_path / "in", tables)
    reconcile_folder(tmp_path / "in", ZONE, "us/mo", AS_OF, tmp_path / "out", runaway_placements_kept=True)
    assert (without / "exceptions.csv").stat().st_size > 1000
    for name in LISTS:
        assert (tmp_path / "out" / name).read_bytes() == (without / name).read_bytes(), name


def test_a_description_of_nobody_on_file_is_told(tables: Feeds, without: Path, tmp_path: Path) -> None:
    one = tables["descriptions"].slice(0, 1).to_pylist()[0] | {"child_id": "C-NOBODY"}
    more = {**tables, "descriptions": tables["descriptions"].from_pylist([one])}
    write_canonical(tmp_path / "in", more)
    reconcile_folder(tmp_path / "in", ZONE, "us/mo", AS_OF, tmp_path / "out", runaway_placements_kept=True)
    before, after = (_subjects(folder) for folder in (without, tmp_path / "out"))
    assert after - before == {("DQ-03", "descriptions:C-NOBODY")}
    assert before <= after


def _subjects(folder: Path) -> set[tuple[str, str]]:
    table = pq.read_table(folder / "exceptions.parquet", columns=["code", "subject_id"])
    return {(row["code"], row["subject_id"]) for row in table.to_pylist()}
