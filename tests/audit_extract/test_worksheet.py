"""The worksheet goes out blank, comes back filled, and gives estimates that know the truth."""

import csv
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from cmfc.audit_extract.estimate import ALL, Estimate, estimate, estimate_package
from cmfc.audit_extract.intervals import Stratum, exact_one_sided, stratified_limits
from cmfc.errors import UsageError
from tests.audit_extract.test_truth import told
from tests.support.audited import Audited

Answers = Callable[[dict[str, str]], dict[str, str]]


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
        "le_on_file": what("le"),
        "ncmec_on_file": what("ncmec"),
        "record_agrees": "yes",
        "note": "free text, not read",
    }


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
    assert told(audited.package, "sample", 3, "in_stratum")


def test_an_estimate_weighs_strata_by_their_size() -> None:
    """100 of 900 and 10 of 100: nine in ten of the weight lies with the first, whatever was drawn."""
    strata = {f"a{n}": "a" for n in range(10)} | {f"b{n}": "b" for n in range(10)}
    found = {e: {"record_agrees": "no" if e.startswith("b") else "yes"} for e in strata}
    one = by_key(estimate(found, strata, {"a": 900, "b": 100}))["record_agrees", "no", ALL]
    assert one.share == pytest.approx(0.1) and one.total == pytest.approx(100)
    drawn = [Stratum(900, 10, 0), Stratum(100, 10, 10)]
    assert (one.low_95, one.high_95) == (stratified_limits(drawn, 0.95).low, stratified_limits(drawn, 0.95).high)
    assert one.at_most_95 == exact_one_sided(drawn, 0.95).high


def test_files_that_were_not_found_count_as_not_drawn(audited: Audited, tmp_path: Path) -> None:
    gone: list[str] = []

    def half(line: dict[str, str]) -> dict[str, str]:
        if line["length_band"] == "002-007" and not gone:
            gone.append(line["episode"])
            return {}
        return honest(line)

    filled = fill(audited, tmp_path / "filled.xlsx", half)
    one = by_key(estimate_package(audited.package, filled, tmp_path / "out"))["le_on_file", "never", ALL]
    assert gone and (one.sampled, one.answered) == (60, 59)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda book: book["Worksheet"].delete_rows(3), "CMFC-U08"),
        (lambda book: book["Worksheet"].cell(2, 8, "perhaps"), "CMFC-U08"),
        (lambda book: book["Worksheet"].cell(2, 2, "Enobody"), "CMFC-U08"),
        (lambda book: book["Worksheet"].cell(3, 2, book["Worksheet"].cell(2, 2).value), "CMFC-U08"),
        (lambda book: book["About"].cell(1, 1, "frame_hash: another"), "CMFC-U08"),
        (lambda book: book["Worksheet"].cell(1, 8, "le"), "CMFC-U08"),
    ],
    ids=["line gone", "other answer", "nobody", "twice", "other sample", "no column"],
)
def test_a_worksheet_that_does_not_fit_is_refused(
    audited: Audited, tmp_path: Path, change: Callable[..., object], code: str
) -> None:
    path = fill(audited, tmp_path / "filled.xlsx", honest)
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    with pytest.raises(UsageError, match=code):
        estimate_package(audited.package, path, tmp_path / "out")


def test_a_blank_worksheet_is_too_little(audited: Audited, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="CMFC-U09"):
        estimate_package(audited.package, audited.package / "worksheet.xlsx", tmp_path / "out")


def test_the_worksheet_shows_no_verdict(audited: Audited) -> None:
    """Who reads the paper file must not know what the lists say."""
    book = openpyxl.load_workbook(audited.package / "worksheet.xlsx", read_only=True)
    names = next(book["Worksheet"].iter_rows(values_only=True))
    assert not [name for name in names if name and ("verdict" in name or "reported" in name or "late" in name)]
