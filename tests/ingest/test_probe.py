"""check-mapping: what it says of sources, columns and a thousand rows, and that it shows no value."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from cmfc.feeds.catalog import feeds
from cmfc.ingest.mapping import load_mapping
from cmfc.ingest.probe import probe_sources
from tests.cli.test_cli import run
from tests.ingest.test_mapping import whole
from tests.support.small_agency import FIRST, LAST, Row, good_rows, text_of

Change = Callable[[dict[str, list[Row]]], None]


def agency(folder: Path, change: Change = lambda rows: None, raw: dict[str, Any] | None = None) -> Path:
    """An agency of six mandatory CSV feeds, with its rows changed; the path of its mapping."""
    raw = raw or whole()
    rows = {name: good_rows(feeds()[name]) for name in raw["feeds"]}
    change(rows)
    (folder / "drop").mkdir(exist_ok=True)
    for name, of in rows.items():
        (folder / "drop" / f"{name}.csv").write_text(text_of(feeds()[name], of), encoding="utf-8")
    path = folder / "agency.yml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    return path


def every(feed: str, column: str, value: str, first: int = 0, until: int = 30) -> Change:
    def change(rows: dict[str, list[Row]]) -> None:
        for row in rows[feed][first:until]:
            row[column] = value

    return change


def test_a_good_agency_has_nothing_to_mend_and_nothing_to_look_at(tmp_path: Path) -> None:
    for reached in probe_sources(load_mapping(agency(tmp_path)), None).values():
        assert (reached.faults, reached.hints, reached.missing_columns, reached.unknown_columns) == ((), (), (), ())
        assert reached.sample is not None and reached.sample.rows == 30


@pytest.mark.parametrize(
    ("change", "feed", "sentence"),
    [
        (
            every("absences", "absent_since", "3/9/2026", 0, 20),
            "absences",
            "33 % of 30 values of absent_since can be read as times; look at its `format`.",
        ),
        (
            every("children", "date_of_birth", "3/9/12", 29),
            "children",
            "97 % of 30 values of date_of_birth can be read as dates; look at its `format`.",
        ),
        (
            every("absences", "kind", "AWOL", 0, 7),
            "absences",
            "codes that are not in its table, with their rows: AWOL (7).",
        ),
        (every("absences", "kind", LAST, 0, 1), "absences", "with their rows: #"),
        (
            every("absences", "child_id", "9.0", 0, 3),
            "absences",
            "90 % of 30 child ids are ids of children on file; are they written as in children",
        ),
        (
            every("absences", "absence_id", "A1", 0, 4),
            "absences",
            "Of 30 rows 0 have no absence_id, and 4 share theirs",
        ),
        (every("absences", "absence_id", "", 0, 2), "absences", "Of 30 rows 2 have no absence_id, and 0 share theirs"),
        (
            every("absences", "absent_since", "2026-03-01T00:00:00", 0, 10),
            "absences",
            "33 % of the times in absent_since are midnight; if that means only the day is known, say midnight_means",
        ),
        (every("absences", "voided", "yes", 0, 16), "absences", "16 of 30 rows are voided; is voided mapped the right"),
    ],
    ids=["times", "dates", "codes", "a name as a code", "children", "shared keys", "no keys", "midnights", "voided"],
)
def test_a_sample_is_judged_and_no_value_is_shown(tmp_path: Path, change: Change, feed: str, sentence: str) -> None:
    reached = probe_sources(load_mapping(agency(tmp_path, change)), None)
    assert [hint for hint in reached[feed].hints if sentence in hint], reached[feed].hints
    assert not reached[feed].faults
    text = repr(reached)
    assert LAST not in text and FIRST not in text and "9.0" not in text


@pytest.mark.parametrize(("voided", "is_said"), [(10, True), (9, True), (8, False)])
def test_a_flag_that_follows_the_end_is_said(tmp_path: Path, voided: int, is_said: bool) -> None:
    def change(rows: dict[str, list[Row]]) -> None:
        every("absences", "ended_at", "2026-03-09T12:00:00", 10)(rows)
        every("absences", "ended_at", "9999-12-31", 0, 5)(rows)
        every("absences", "voided", "Y", 0, voided)(rows)

    hints = probe_sources(load_mapping(agency(tmp_path, change)), None)["absences"].hints
    sentence = f"{voided} of 10 rows without an end are voided, and 0 of 20 with one; is voided mapped to a flag"
    assert any(sentence in hint for hint in hints) == is_said


def test_midnights_that_are_said_to_be_days_are_no_news(tmp_path: Path) -> None:
    raw = whole()
    raw["feeds"]["absences"]["columns"]["absent_since"] = {"from": "absent_since", "midnight_means_date_only": True}
    path = agency(tmp_path, every("absences", "absent_since", "2026-03-01T00:00:00"), raw)
    assert probe_sources(load_mapping(path), None)["absences"].hints == ()


def test_ids_are_held_against_all_children_and_not_only_the_first(tmp_path: Path) -> None:
    def many(rows: dict[str, list[Row]]) -> None:
        rows["children"] = good_rows(feeds()["children"], 1200)
        rows["absences"] = [row | {"child_id": "CH1150"} for row in rows["absences"]]

    reached = probe_sources(load_mapping(agency(tmp_path, many)), None)
    assert reached["absences"].sample is not None and reached["absences"].sample.children_found == 1.0
    assert reached["children"].sample is not None and reached["children"].sample.rows == 1000


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda raw: raw["feeds"]["absences"]["columns"].update(kind="TYPE"),
         "absences.csv lacks the required column kind (in the mapping: TYPE)"),
        (lambda raw: raw["feeds"]["absences"]["columns"].update(kind="KIND"), "; differs only in case: KIND -> kind"),
        (lambda raw: raw["feeds"]["absences"]["columns"].update(entered_at="TYPED"),
         "absences.csv lacks the column entered_at (in the mapping: TYPED)"),
        (lambda raw: raw["feeds"]["absences"].update(
            columns={name: name.upper() for name in feeds()["absences"].columns}),
         "has none of the mapped columns; differs only in case: ABSENCE_ID -> absence_id"),
        (lambda raw: raw["feeds"]["absences"]["source"].update(path="nowhere.csv"), "nowhere.csv"),
        (lambda raw: raw["feeds"]["absences"]["source"].update(delimiter=";"),
         "mapped columns; the delimiter is another one: `kind: csv` and `delimiter: ','` would find 11 of 11"),
        (lambda raw: raw["feeds"]["absences"]["source"].update(kind="tsv"),
         "mapped columns; the delimiter is another one: `kind: csv` and `delimiter: ','` would find 11 of 11"),
        (lambda raw: raw["feeds"]["absences"].update(
            columns={name: f"x{name}" for name in feeds()["absences"].columns}),
         "has none of the mapped columns; is the header there?"),
    ],
    ids=["required", "case", "promised", "none", "unreadable", "semicolons", "tabs", "no header"],
)  # fmt: skip
def test_a_mapping_that_cannot_run_exits_1_and_says_what_to_mend(
    spoil: Any, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = whole()
    spoil(raw)
    path = str(agency(tmp_path, raw=raw))
    code, out, err = run(capsys, monkeypatch, "check-mapping", path, "--json")
    assert code == 1 and err.startswith("CMFC-M04: ") and "absences" in err and "children" not in err
    assert sentence in " ".join(json.loads(out)["feeds"]["absences"]["faults"])
    code, out, err = run(capsys, monkeypatch, "check-mapping", path)
    assert code == 1 and "FAULT: absences: " in out and sentence in out


def test_children_that_cannot_be_read_leave_the_other_feeds_judged_and_every_code_hidden(tmp_path: Path) -> None:
    path = agency(tmp_path, every("absences", "kind", "AWOL"))
    (tmp_path / "drop" / "children.csv").unlink()
    reached = probe_sources(load_mapping(path), None)
    assert reached["children"].faults
    assert reached["absences"].sample is not None and reached["absences"].sample.children_found is None
    assert "AWOL" not in repr(reached["absences"])
