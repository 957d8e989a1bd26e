"""Episodes of the night before, as an earlier release wrote them."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cmfc.reconcile.duck_engine import open_duck
from cmfc.reconcile.engine import KNOWN_ROWS, _lay_out_known


@pytest.mark.parametrize("lacking", [(), ("key",), ("key", "is_name", "state")])
def test_without_a_key_the_id_is_the_key_and_what_else_lacks_is_unknown(
    tmp_path: Path, lacking: tuple[str, ...]
) -> None:
    whole = {"id": "A1", "key": "K1", "state": "open", "is_name": True, "began_earliest": 7}
    row = {name: value for name, value in whole.items() if name not in lacking}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "known.parquet")
    with open_duck("UTC", tmp_path / "spill") as engine:
        _lay_out_known(engine, tmp_path / "known.parquet")
        (found,) = engine.rows_of("SELECT * FROM known_rows")
    expected = dict.fromkeys(KNOWN_ROWS) | row | ({"key": "A1"} if lacking else {})
    assert dict(zip(KNOWN_ROWS, found, strict=True)) == expected


def test_on_the_first_night_there_are_none(tmp_path: Path) -> None:
    with open_duck("UTC", tmp_path / "spill") as engine:
        _lay_out_known(engine, None)
        assert engine.rows_of("SELECT * FROM known_rows") == []
