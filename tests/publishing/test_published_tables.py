import csv
import random
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from cmfc.errors import UsageError
from cmfc.publishing.schema import output_tables
from cmfc.publishing.tables import create_views, open_engine
from cmfc.worklists.publish import publish
from tests.support.outputs_night import (
    AS_OF,
    facts,
    finding,
    some_episodes,
    some_findings,
    some_missing,
    write,
    write_night,
)

AWKWARD = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'=1", "''-1", "'plain", "a=b", 'say "x"', "a,b", "a\r\nb",
    " =1", "#c", "ü", "true", "0012", "＝1+1", "＋1", "－1", "＠SUM(A1)", "﹦1", "−1", "|cmd", "%0A=x", "%3D1", "100%",
    "c\n=1", "c\r\n@a\n'+b\n\n-c", "\n\n=1", "'\n=1", "\u200b=1", "\ufeff@a", "\u00a0+1", "\u3000－1", "\u202e=1",
    "O'Brien\nx", "\r",
]  # fmt: skip

SIGNS, INVISIBLE = "=+-@|\t＝＋－＠﹦﹢﹣﹫−", " \u00a0\u3000\u200b\ufeff\u202e"


def records(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_permuted_rows_give_the_same_bytes_in_every_file(tmp_path: Path) -> None:
    findings = [finding("LE-01", f"e{n}", child_id=f"C{n % 3}", office=f"Office {n % 4}") for n in range(400)]
    files = []
    for seed in (1, 2):
        random.Random(seed).shuffle(findings)
        publish(*write_night(tmp_path / str(seed), findings), facts(), tmp_path / str(seed) / "out")
        files.append({path.name: path.read_bytes() for path in (tmp_path / str(seed) / "out").iterdir()})
    assert len(files[0]) == 16 and files[0].keys() == files[1].keys()
    assert [name for name in files[0] if files[0][name] != files[1][name]] == []


def test_rows_are_sorted_by_the_first_listed_columns_byte_by_byte(tmp_path: Path) -> None:
    findings = [finding("LE-01", subject) for subject in ("e2", "E9", "é", "e10", "z")]
    publish(*write_night(tmp_path, findings), facts(), tmp_path / "out")
    subjects = [row["subject_id"] for row in records(tmp_path / "out" / "exceptions.csv")]
    assert subjects == sorted(subjects, key=str.encode) == ["E9", "e10", "e2", "z", "é"]


def test_csv_is_rfc_4180_with_iso_times_plain_numbers_and_empty_nulls(tmp_path: Path) -> None:
    publish(*write_night(tmp_path), facts(), tmp_path / "out")
    content = (tmp_path / "out" / "episodes.csv").read_bytes()
    assert content.startswith(b"child_id,began_earliest,") and content.count(b"\r\n") == 3 and content.endswith(b"\r\n")
    assert b'"' not in content
    first, second = records(tmp_path / "out" / "episodes.csv")
    assert first["began_earliest"] == "2026-02-26T07:00:00Z" and first["ended_earliest"] == ""
    assert (first["le_hours_min"], first["le_hours_max"]) == ("24.0003", "1234567.5")
    assert (first["le_audit_late"], second["le_audit_late"]) == ("true", "false")
    quarantine = (tmp_path / "out" / "quarantine.csv").read_bytes().decode().split("\r\n")
    assert quarantine[1:3] == [
        "absences,absences.csv,3,A3,ended_at,end_before_begin,field",
        "absences,absences.csv,17,,absence_id,not_null,row",
    ]


PRINTED = {0.0: "0", 72.0: "72", 1e7: "10000000", 1e-4: "0.0001", -3.25: "-3.25", 100.1: "100.1", 1 / 3600: "0.0003"}


@pytest.mark.parametrize(("number", "printed"), PRINTED.items())
def test_numbers_have_no_exponent_and_no_idle_zeros(tmp_path: Path, number: float, printed: str) -> None:
    publish(*write_night(tmp_path, [finding("LE-01", "e1", hours_over_max=number)]), facts(), tmp_path / "out")
    assert records(tmp_path / "out" / "exceptions.csv")[0]["hours_over_max"] == printed


def test_csv_text_is_safe_in_a_spreadsheet_and_comes_back_unchanged(tmp_path: Path) -> None:
    findings = [finding("RC-02", f"{n:02}", county=text, evidence=text) for n, text in enumerate(AWKWARD)]
    publish(*write_night(tmp_path, findings), facts(), tmp_path / "out")
    path = tmp_path / "out" / "exceptions.csv"
    written = [row["county"] for row in records(path)]
    first = {line.lstrip(INVISIBLE)[:1] for cell in written for line in re.split("[\r\n]", cell)}
    assert first.isdisjoint(SIGNS) and not [cell for cell in written if cell[0] in "\t\r\n"]
    assert not re.search(r"(^|[\r\n])%[0-9A-Fa-f]{2}", "\n".join(written))
    line = rf"(^|[\r\n])'('*[{INVISIBLE}]*[{re.escape(SIGNS)}]|'*%[0-9A-Fa-f]{{2}})"
    back = [re.sub(line, r"\1\2", re.sub(r"^'('*[\r\n])", r"\1", cell)) for cell in written]
    assert back == AWKWARD
    assert list(pd.read_csv(path, dtype=str, keep_default_na=False)["county"]) == written
    options = pa_csv.ParseOptions(newlines_in_values=True)
    strings = pa_csv.ConvertOptions(column_types={"county": pa.string()})
    read = pa_csv.read_csv(path, parse_options=options, convert_options=strings)
    assert read["county"].to_pylist() == written
    assert pq.read_table(tmp_path / "out" / "exceptions.parquet")["county"].to_pylist() == AWKWARD


def test_negative_numbers_keep_their_sign(tmp_path: Path) -> None:
    publish(*write_night(tmp_path, [finding("LE-06", "e1", hours_over_min=-5.5)]), facts(), tmp_path / "out")
    assert records(tmp_path / "out" / "exceptions.csv")[0]["hours_over_min"] == "-5.5"


def test_parquet_has_real_types_and_the_rows_of_the_csv(tmp_path: Path) -> None:
    publish(*write_night(tmp_path), facts(incomplete=("It's broken.",)), tmp_path / "out")
    table = pq.read_table(tmp_path / "out" / "exceptions.parquet")
    assert table.schema.field("began_earliest").type == pa.timestamp("us", tz="UTC")
    assert table.schema.field("first_seen").type == pa.date32()
    assert table.schema.field("is_open").type == pa.bool_()
    assert table.schema.field("hours_over_max").type == pa.float64()
    assert table.schema.metadata[b"incomplete"] == b"It's broken."
    row = table.to_pylist()[1]
    assert row["clock_start_earliest"] == datetime(2026, 2, 27, 7, tzinfo=UTC) and row["first_seen"] == date(2026, 3, 2)
    rows = records(tmp_path / "out" / "exceptions.csv")
    assert table["exception_id"].to_pylist() == [r["exception_id"] for r in rows]


def test_delta_lists_what_is_new_reopened_or_resolved(tmp_path: Path) -> None:
    states = ("new", "open", "reopened", "resolved")
    findings = [finding("LE-01", f"e{n}", status=state) for n, state in enumerate(states)]
    publish(*write_night(tmp_path, findings), facts(), tmp_path / "out")
    assert [row["change"] for row in records(tmp_path / "out" / "delta.csv")] == ["new", "reopened", "resolved"]


def test_delta_of_the_ledger_is_used_where_there_is_one(tmp_path: Path) -> None:
    work, checked = write_night(tmp_path)
    write(work / "delta.parquet", "delta", [{"change": "resolved", "exception_id": "x", "code": "LE-01",
                                             "subject_id": "e0", "severity": "high"}])  # fmt: skip
    publish(work, checked, facts(), tmp_path / "out")
    assert [row["exception_id"] for row in records(tmp_path / "out" / "delta.csv")] == ["x"]


def test_an_empty_night_gives_headers(tmp_path: Path) -> None:
    work, checked = write_night(tmp_path, [])
    (checked / "quarantine.absences.parquet").unlink()
    publish(work, checked, facts(), tmp_path / "out")
    for name, table in output_tables().items():
        if "csv" not in table.formats:
            continue
        assert (
            (tmp_path / "out" / f"{name}.csv").read_bytes().startswith(",".join(table.column_names).encode() + b"\r\n")
        )
    assert records(tmp_path / "out" / "exceptions.csv") == records(tmp_path / "out" / "quarantine.csv") == []


def test_a_table_without_its_columns_or_absent_is_refused(tmp_path: Path) -> None:
    work, checked = write_night(tmp_path)
    thin = pq.read_table(work / "findings.parquet").drop(["why"])
    pq.write_table(thin, work / "findings.parquet")
    with open_engine(tmp_path / "spill") as connection, pytest.raises(UsageError, match=r"CMFC-P01.*missing: why"):
        create_views(connection, work, checked)
    (work / "findings.parquet").unlink()
    with open_engine(tmp_path / "spill") as connection, pytest.raises(UsageError, match="CMFC-P01"):
        create_views(connection, work, checked)


def test_fixture_rows_have_the_published_columns() -> None:
    assert set(some_findings()[0]) == set(output_tables()["exceptions"].column_names)
    assert set(some_episodes()[0]) <= set(output_tables()["episodes"].column_names) and AS_OF
    assert {name for row in some_missing() for name in row} == set(output_tables()["missing_now"].column_names)
