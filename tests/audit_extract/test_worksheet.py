"""The worksheet goes out blank, comes back filled, and gives estimates that know the truth."""

import csv
import hashlib
from collections.abc import Callable
from datetime import date, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmfc.audit_extract.answers import follow
from cmfc.audit_extract.estimate import ALL, Estimate, estimate, estimate_package
from cmfc.audit_extract.intervals import Stratum, exact_limits, exact_one_sided, pooled_limits, stratified_limits
from cmfc.errors import UsageError
from cmfc.timing.clock import local_date, parse_iso
from tests.audit_extract.test_truth import counts_of
from tests.support.audited import Audited
from tests.support.planted_year import ZONE

Answers = Callable[[dict[str, str]], dict[str, Any]]


def episodes(audited: Audited) -> dict[str, dict[str, str]]:
    with (audited.package / "episodes.csv").open(encoding="utf-8", newline="") as stream:
        return {row["episode"]: row for row in csv.DictReader(stream)}


def fill(audited: Audited, path: Path, answers: Answers) -> Path:
    """The worksheet as an auditor would fill it in whose paper files say what the lists say."""
    book = openpyxl.load_workbook(audited.package / "worksheet.xlsx")
    sheet = book["Worksheet"]
    lines = episodes(audited)
    names = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        episode = row[names.index("episode")].value
        for question, answer in answers(lines[episode]).items():
            row[names.index(question)].value = answer
    book.save(path)
    return path


def honest(line: dict[str, str]) -> dict[str, str]:
    def what(to: str) -> str:
        if line[f"has_{to}_report"] == "false":
            return "never"
        return "late" if line[f"{to}_audit_late"] == "true" else "on_time"

    return {
        "file": "located",
        "le_on_file": what("le"),
        "ncmec_on_file": what("ncmec"),
        "record_agrees": "yes",
        "note": "free text, not read",
    }


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def by_key(estimates: list[Estimate]) -> dict[tuple[str, str, str], Estimate]:
    return {(e.question, e.value, e.stratum): e for e in estimates}


def test_a_filled_worksheet_estimates_what_is_true_of_the_population(audited: Audited, tmp_path: Path) -> None:
    filled = fill(audited, tmp_path / "filled.xlsx", honest)
    estimates = by_key(estimate_package(audited.package, filled, tmp_path / "out"))
    lines = [line for line in episodes(audited).values() if line["in_audit_population"] == "true"]
    for value in ("never", "late", "on_time"):
        true = sum(honest(line)["le_on_file"] == value for line in lines) / len(lines)
        one = estimates["le_on_file", value, ALL]
        assert one.exact_low_95 <= true <= one.exact_high_95
        assert one.low_90 >= one.low_95 and one.high_90 <= one.high_95
        assert one.total == pytest.approx(one.share * len(lines))
    assert sum(estimates["le_on_file", value, ALL].share for value in ("never", "late", "on_time")) == pytest.approx(1)
    agrees = estimates["record_agrees", "no", ALL]
    assert (agrees.cases, agrees.share, agrees.quote) == (0, 0.0, "one_sided")
    assert 0 < agrees.at_most_95 < agrees.exact_high_95
    with (tmp_path / "out" / "estimates.csv").open(encoding="utf-8", newline="") as stream:
        assert len(list(csv.DictReader(stream))) == len(estimates)
    assert counts_of(audited.package, "sample", 3, "in_stratum")


def test_an_estimate_weighs_strata_by_their_size() -> None:
    """100 of 900 and 10 of 100: nine in ten of the weight lies with the first, whatever was drawn."""
    strata = {f"a{n}": "a" for n in range(10)} | {f"b{n}": "b" for n in range(10)}
    answers = {e: {"record_agrees": "no" if e.startswith("b") else "yes"} for e in strata}
    one = by_key(estimate(answers, strata, {"a": 900, "b": 100}))["record_agrees", "no", ALL]
    assert one.share == pytest.approx(0.1) and one.total == pytest.approx(100)
    samples = [Stratum(900, 10, 0), Stratum(100, 10, 10)]
    assert (one.low_95, one.high_95) == (stratified_limits(samples, 0.95).low, stratified_limits(samples, 0.95).high)
    assert one.at_most_95 == exact_one_sided(samples, 0.95).high


def test_files_that_were_not_located_count_as_not_drawn_and_are_counted(audited: Audited, tmp_path: Path) -> None:
    unlocated: list[str] = []

    def half(line: dict[str, str]) -> dict[str, str]:
        if line["length_band"] == "002-007" and not unlocated:
            unlocated.append(line["episode"])
            return {"file": "not_located"}
        return honest(line)

    filled = fill(audited, tmp_path / "filled.xlsx", half)
    estimates = by_key(estimate_package(audited.package, filled, tmp_path / "out"))
    one, lost = estimates["le_on_file", "never", ALL], estimates["file", "not_located", ALL]
    assert unlocated and (one.sampled, one.answered, one.not_located) == (60, 59, 1)
    assert (lost.answered, lost.cases) == (60, 1)
    assert one.if_none < one.share < one.if_all and one.if_all - one.if_none < 0.05


def test_a_stratum_without_a_file_is_taken_together_with_its_neighbour() -> None:
    """One of one stratum and all of another are not there: no estimate is refused, and the row says what was joined."""
    strata = {"a1": "a", "a2": "a", "b1": "b", "b2": "b", "c1": "c", "c2": "c", "d1": "d"}
    followed: dict[str, dict[str, str]] = {case: {"file": "located", "le_on_file": "late"} for case in strata}
    followed["a2"] = followed["b1"] = followed["b2"] = {"file": "not_located"}
    rows = [e for e in estimate(followed, strata, {"a": 10, "b": 20, "c": 30, "d": 1}) if e.question == "le_on_file"]
    late = {e.stratum: e for e in rows if e.value == "late"}
    assert set(late) == {ALL, "a + b + c", "d"} and late[ALL].share == pytest.approx(1) and late[ALL].in_frame == 61
    assert (late["a + b + c"].answered, late["a + b + c"].not_located, late["a + b + c"].in_frame) == (3, 3, 60)
    with pytest.raises(UsageError, match="CMFC-U09"):
        estimate({"a1": {"le_on_file": "late"}}, {"a1": "a", "a2": "a"}, {"a": 5})


@given(st.lists(st.tuples(st.integers(2, 40), st.integers(2, 40), st.integers(0, 40)), min_size=1, max_size=6))
def test_no_limit_is_below_what_was_seen_nor_above_what_is_left(parts: list[tuple[int, int, int]]) -> None:
    strata = [Stratum(size + n, n, min(cases, n)) for size, n, cases in parts]
    size, cases = sum(s.size for s in strata), sum(s.cases for s in strata)
    others = sum(s.sampled for s in strata) - cases
    for limits in (stratified_limits(strata, 0.95), exact_limits(strata, 0.95), pooled_limits(strata, 0.95)):
        if limits is not None:
            assert cases / size - 1e-9 <= limits.low <= limits.high <= 1 - others / size + 1e-9


def test_in_proportion_the_pooled_limit_is_one_hypergeometric() -> None:
    """One case in 100 of 125 in seven strata: at most 2.4 %, where the strata added up say 10 %."""
    sizes = {25: 20, 30: 24, 20: 16, 10: 8, 15: 12, 5: 4}
    strata = [Stratum(size, n, int(size == 25)) for size, n in sizes.items()] + [Stratum(20, 16, 0)]
    pooled = pooled_limits(strata, 0.95)
    assert pooled is not None and pooled.high < 0.05 < exact_limits(strata, 0.95).high
    assert pooled_limits([Stratum(100, 10, 1), Stratum(10, 10, 1)], 0.95) is None


def test_dates_and_times_of_the_file_are_judged_again(audited: Audited, tmp_path: Path) -> None:
    """By two calendar days and by the hours that the file has; what the records say of each date is held against it."""
    lines = episodes(audited)

    def dated(line: dict[str, str]) -> dict[str, Any]:
        out: dict[str, Any] = honest(line)
        learned = local_date(parse_iso(line["informed_earliest"]), ZONE)
        out["learned_on"] = learned
        if line["has_le_report"] == "true":
            out["le_on"] = local_date(parse_iso(line["le_reported_earliest"]), ZONE)
            out["le_number"] = "12-345"
        return out

    filled = fill(audited, tmp_path / "filled.xlsx", dated)
    estimates = by_key(estimate_package(audited.package, filled, tmp_path / "out"))
    sample = [lines[row["episode"]] for row in rows_of(audited.package / "sample.csv")]
    for value in ("on_time", "late", "never"):
        expected = sum(honest(line)["le_on_file"] == value for line in sample)
        assert estimates["le_calendar_days", value, ALL].cases == expected
    assert estimates["learned_on_agrees", "no", ALL].cases == estimates["le_on_agrees", "no", ALL].cases == 0
    assert estimates["le_number_on_file", "yes", ALL].cases == estimates["le_on_agrees", "yes", ALL].cases > 20
    assert "12-345" not in (tmp_path / "out" / "estimates.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("learned", "reported", "expected"),
    [
        (time(9), time(8, 59), "on_time"),
        (time(9), time(9, 1), "late"),
        (None, time(9), "in_doubt"),
        (time(9), None, "in_doubt"),
    ],
)
def test_24_hours_are_counted_from_what_the_file_has_of_the_times(
    learned: time | None, reported: time | None, expected: str
) -> None:
    answered: dict[str, Any] = {"learned_on": date(2025, 5, 5), "le_on": date(2025, 5, 6), "le_on_file": "on_time"}
    answered |= {n: t for n, t in (("learned_time", learned), ("le_time", reported)) if t}
    assert follow(answered, {})["le_by_the_dates"] == expected


def test_other_samples_are_estimated_by_their_own_frames(audited: Audited, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(fill(audited, tmp_path / "filled.xlsx", honest))
    for sheet, question in (("Exclusions", "was_missing"), ("Reports", "in_records")):
        names = [cell.value for cell in book[sheet][1]]
        for row in book[sheet].iter_rows(min_row=2):
            row[names.index("file")].value, row[names.index(question)].value = "located", "no"
    book.save(tmp_path / "filled.xlsx")
    estimates = estimate_package(audited.package, tmp_path / "filled.xlsx", tmp_path / "out")
    totals = {e.question: e for e in estimates if e.stratum == ALL and e.value == "no" and e.sheet != "Worksheet"}
    assert totals["was_missing"].share == totals["in_records"].share == 1
    assert totals["in_records"].in_frame == len(rows_of(audited.package / "reports.csv"))
    row = rows_of(tmp_path / "out" / "estimates.csv")[0]
    manifest = (audited.package / "manifest.json").read_bytes()
    assert row["package"] == audited.package.name and row["manifest_sha256"] == hashlib.sha256(manifest).hexdigest()
    assert row["seed"] == "42" and len(row["worksheet_sha256"]) == 64


def test_each_sheet_prints_one_page_wide_with_its_case_on_every_page(audited: Audited) -> None:
    book = openpyxl.load_workbook(audited.package / "worksheet.xlsx")
    for name, subject in (("Worksheet", "episode"), ("Exclusions", "subject"), ("Reports", "report")):
        sheet = book[name]
        assert sheet.page_setup.orientation == "landscape" and sheet.page_setup.fitToWidth in (None, 1)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage and sheet.print_title_rows == "$1:$1"
        assert [cell.value for cell in sheet[1]][:2] == ["case", subject] and sheet.max_row > 3
        assert sheet.data_validations.count >= 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda book: book["Worksheet"].delete_rows(3), "CMFC-U08"),
        (lambda book: book["Worksheet"].cell(2, 12, "perhaps"), "CMFC-U08"),
        (lambda book: book["Worksheet"].cell(2, 10, "May"), "CMFC-U08"),
        (lambda book: book["Worksheet"].cell(2, 2, "Enobody"), "CMFC-U08"),
        (lambda book: book["Worksheet"].cell(3, 2, book["Worksheet"].cell(2, 2).value), "CMFC-U08"),
        (lambda book: book["About"].cell(1, 1, "frame_hash: another"), "CMFC-U08"),
        (lambda book: book["Worksheet"].cell(1, 12, "le"), "CMFC-U08"),
        (lambda book: book["Worksheet"].cell(2, 12, '="never"'), "CMFC-U08.*not a formula"),
        (lambda book: book["Worksheet"].cell(1, 30, "le_on_file"), "CMFC-U08.*more than once"),
        (lambda book: book["Worksheet"].cell(2, 10, date(1926, 5, 5)), "CMFC-U08.*2000-01-01"),
        (lambda book: book["Worksheet"].cell(2, 11, "13.30"), "CMFC-U08.*HH:MM"),
        (lambda book: book["Worksheet"].cell(2, 11, "13:30Z"), "CMFC-U08.*HH:MM"),
        (lambda book: book["Worksheet"].cell(2, 15, "n/a"), "CMFC-U08.*leave it empty"),
        (lambda book: [book["Worksheet"].cell(2, place, date(2026, 1, 5).replace(year=year))
                       for place, year in ((10, 2026), (13, 2025))], "CMFC-U08.*365 days before"),
    ],
    ids=["line gone", "other answer", "no date", "nobody", "twice", "other sample", "no column", "formula",
         "column twice", "other century", "no time", "other zone", "no number", "last year"],
)  # fmt: skip
def test_a_worksheet_that_does_not_fit_is_refused(
    audited: Audited, tmp_path: Path, change: Callable[..., object], code: str
) -> None:
    path = fill(audited, tmp_path / "filled.xlsx", honest)
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    with pytest.raises(UsageError, match=code):
        estimate_package(audited.package, path, tmp_path / "out")


def test_columns_of_the_auditors_own_move_no_answer(audited: Audited, tmp_path: Path) -> None:
    """One without a name before the last question, one with a name, and words as people write them."""

    def freely(line: dict[str, str]) -> dict[str, str]:
        return {name: value.replace("_", " ").title() for name, value in honest(line).items()}

    plain = estimate_package(audited.package, fill(audited, tmp_path / "plain.xlsx", honest), tmp_path / "plain")
    path = fill(audited, tmp_path / "filled.xlsx", freely)
    book = openpyxl.load_workbook(path)
    sheet = book["Worksheet"]
    names = [cell.value for cell in sheet[1]]
    sheet.insert_cols(names.index("record_agrees") + 1)
    sheet.insert_cols(names.index("le_on_file") + 1)
    sheet.cell(1, names.index("le_on_file") + 1, "my remarks")
    sheet.insert_rows(4)
    book.save(path)
    assert estimate_package(audited.package, path, tmp_path / "out") == plain
    assert any(one.question == "record_agrees" for one in plain)


def test_a_sample_that_was_changed_is_not_estimated_from(audited: Audited, tmp_path: Path) -> None:
    package = audited.copy(tmp_path / "package")
    (package / "sample.csv").write_bytes((package / "sample.csv").read_bytes() + b"\r\n")
    with pytest.raises(UsageError, match=r"CMFC-U10: sample\.csv"):
        estimate_package(package, fill(audited, tmp_path / "filled.xlsx", honest), tmp_path / "out")


def test_a_blank_worksheet_is_too_little(audited: Audited, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="CMFC-U09"):
        estimate_package(audited.package, audited.package / "worksheet.xlsx", tmp_path / "out")


def test_the_worksheet_shows_no_verdict(audited: Audited) -> None:
    """Who reads the paper file must not know what the lists say."""
    book = openpyxl.load_workbook(audited.package / "worksheet.xlsx", read_only=True)
    names = next(book["Worksheet"].iter_rows(values_only=True))
    assert not [name for name in names if name and ("verdict" in name or "reported" in name or "late" in name)]
    rows = list(book["Worksheet"].iter_rows(values_only=True, min_row=2))
    filled_in = [
        cell
        for row in rows
        for name, cell in zip(names, row, strict=False)
        if name and name.startswith(("le_", "ncmec_"))
    ]
    assert rows and not any(filled_in)
