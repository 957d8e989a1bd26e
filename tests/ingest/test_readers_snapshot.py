"""What the readers counted and found stands in the pulled feed (spec 1, Completeness of a pull)."""

import json
from pathlib import Path

from cmfc.feeds.catalog import feeds
from cmfc.ingest.pulled import load_pulled
from cmfc.ingest.snapshot import pull
from tests.support.small_agency import AS_OF, PULLED_AT, deliver, mapping_of


def test_the_census_is_kept_with_the_snapshot(tmp_path: Path) -> None:
    path = deliver(tmp_path, feeds()["absences"])
    path.write_text(path.read_text() + "\n\n")
    pulled = pull("absences", mapping_of(tmp_path), tmp_path / "night", pulled_at=PULLED_AT, as_of=AS_OF)
    assert pulled.census == {
        "bytes": path.stat().st_size,
        "lines_blank": 2,
        "records": pulled.rows,
        "records_counted_apart": pulled.rows,
    }
    assert load_pulled("absences", tmp_path / "night") == pulled
    assert json.loads((tmp_path / "night/pulled/absences.json").read_text())["census"] == pulled.census


def test_data_without_a_header_is_an_unknown_column(tmp_path: Path) -> None:
    path = deliver(tmp_path, feeds()["absences"])
    header, first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([header + ",,", first + ",,free text", *(line + ",," for line in rest)]) + "\n")
    pulled = pull("absences", mapping_of(tmp_path), tmp_path / "night", pulled_at=PULLED_AT, as_of=AS_OF)
    position = len(header.split(",")) + 2
    assert pulled.unknown_columns == (f"column {position} (no header)",)
