"""Matching handles names and keeps none: not in its files, not in the log, not in the core's tables (spec 6)."""

import logging
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cmfc.matching.match import match
from cmfc.matching.model import load_model
from tests.support.small_world import AS_OF, absence_of, child, others, report, write

PLANTED = ("Zzyzxovar", "Quenthildry", "Midwintrel", "20110923", "2011-09-23", "K-7788-X")


def test_nothing_that_is_written_or_said_names_anybody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    child_row = child(1, "Quenthildry", "Zzyzxovar", "2011-09-23", middle_name="Midwintrel", aliases="Midwintrel")
    typed = [
        report(1, "Quenthildry", "Zzyzxovar", "2011-09-23", report_number="K-7788-X"),
        report(2, "Quenthildry", "Zzyzxovar", None, report_number="K-7788-X"),
    ]
    checked = write(tmp_path / "checked", [child_row, *others()], typed, [absence_of(1)])
    match(checked, tmp_path / "out", AS_OF, load_model("default"))
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert {path.name for path in written} == {"matches.parquet", "scored.parquet", "rows.parquet", "match.json"}
    output = caplog.text + "".join(capfd.readouterr())
    for path in written:
        output += path.read_bytes().decode("latin-1")
        output += str(pq.read_table(path).to_pylist()) if path.suffix == ".parquet" else ""
    assert "le_reports:L1" in output
    for word in PLANTED:
        assert word.lower() not in output.lower(), word
