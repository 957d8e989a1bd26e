"""What a stranger fed: each took a missing child off the list, or made a late report timely, without a word."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cmfc.errors import CmfcError
from tests.sources.case import CASES, run

Edit = Callable[[str], str]
C3 = "A3,C3,missing,2026-03-02T20:00:00,2026-03-02T20:00:00,,,ran_away,2026-03-02T21:00:00\n"


def base(folder: Path, **edits: Edit) -> Path:
    """The agency of 00-base, with the text of some feeds edited."""
    shutil.copytree(CASES / "00-base", folder)
    for feed, edit in edits.items():
        file = folder / f"{feed}.csv"
        before = file.read_text(encoding="utf-8")
        file.write_text(edit(before), encoding="utf-8")
        assert file.read_text(encoding="utf-8") != before
    return folder


def second_header(header: str) -> Edit:
    """Another header before the last two records, of which the first has its columns in that order."""
    return lambda text: text.replace(C3, header + "A3,C3,missing,2026-03-02T20:00:00,,2026-03-02T20:00:00,,ran_away,\n")


def with_a_stray_quote(text: str) -> str:
    """A column of notes, in one of which a record stands that could not be used: no key, no begin."""
    head, first, second, _, last = text.splitlines()
    swallowed = ',somebody,missing,unknown,,,,,,the mall"'
    return "\n".join([f"{head},note", f"{first},", f'{second},"seen at', swallowed, f"{last},", ""])


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (with_a_stray_quote, "row 3 holds a quoted value with whole records"),
        (
            second_header("abs_id,client,kind,absent_since,ended_at,agency_informed_at,end_reason,reason,entered_at\n"),
            "row 4 is a second header",
        ),
        (
            second_header("absence_id,child_id,kind,absent_since,ended_at,notified,end_reason,reason,entered_at\n"),
            "row 4 is a second header",
        ),
        (
            second_header("ID,Client,Type,Missing Since,Returned,Informed,How,Why,Typed\n"),
            "row 4 is a second header, whose columns have other names",
        ),
    ],
    ids=["swallowed", "other order", "one name changed", "all names changed"],
)  # fmt: skip
def test_the_feed_is_refused(edit: Edit, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(CmfcError, match=sentence):
        run(base(tmp_path / "in", absences=edit), tmp_path)


def test_from_when_until_when_is_no_time_with_an_offset(tmp_path: Path) -> None:
    """Read as seven by a clock twenty hours behind UTC, it made both reports timely."""

    def typed(text: str) -> str:
        return text.replace("2026-03-02T07:00:00,,,ran_away,2026-03-02T08:00:00", "2026-03-02 07:00-20:00,,,ran_away,")

    night = run(base(tmp_path / "in", absences=typed), tmp_path)
    assert ("absences", "agency_informed_at") in {(row["feed"], row["field"]) for row in night.rows("quarantine")}


@pytest.mark.parametrize("written", ["2.0260301E12", "########"])
def test_two_children_whose_ids_were_rounded_to_one_are_not_one_child(written: str, tmp_path: Path) -> None:
    def both(text: str) -> str:
        return text.replace("C3", written).replace("C4", written)

    feeds = ("children", "custody", "placements", "absences", "le_reports", "ncmec_reports")
    edits = {feed: both for feed in feeds if "C4" in (CASES / "00-base" / f"{feed}.csv").read_text(encoding="utf-8")}
    night = run(base(tmp_path / "in", **edits), tmp_path)
    critical = {
        row["subject_id"] for row in night.rows("exceptions") if (row["code"], row["severity"]) == ("DQ-01", "critical")
    }
    assert critical == {"absences:A3", "absences:A4"}


def test_children_whose_ids_differ_by_zeros_alone_are_noted(tmp_path: Path) -> None:
    """In a workbook that lost its zeros the one would be named for the other."""
    more = "0103,Abc,Def,2010-01-01,F\n103,Ghi,Jkl,2011-01-01,M\nA-7,Mno,Pqr,2012-01-01,M\na7,Stu,Vwx,2013-01-01,F\n"
    head = (CASES / "00-base" / "children.csv").read_text(encoding="utf-8").splitlines()[0].count(",")
    rows = "".join(f"{line}{',' * (head - line.count(','))}\n" for line in more.splitlines())
    night = run(base(tmp_path / "in", children=lambda text: text + rows), tmp_path)
    assert "children: Ids that are another child's but for zeros, signs or capitals: 4" in " ".join(
        night.report["notes"]
    )
