"""A name cannot turn the direction of writing on a worklist (docs/security.md, S15)."""

from pathlib import Path

import openpyxl
from markupsafe import Markup

from cmfc.worklists.direction import without_turns
from cmfc.worklists.publish import publish
from tests.support.outputs_night import child, facts, finding, write_night

TURNED = "Jo\u202eanA\u202c \u2067Lee\u2069\u200f\u061c"


def test_names_and_texts_stand_in_one_direction(tmp_path: Path) -> None:
    findings = [finding("LE-01", "e1", office=TURNED)]
    children = [child("C1", 1, last_name=TURNED)]
    publish(*write_night(tmp_path, findings, children), facts(agency_name=TURNED), tmp_path / "out")
    book = openpyxl.load_workbook(tmp_path / "out" / "exceptions.xlsx")
    cells = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row]
    for text in ("\n".join(cells), (tmp_path / "out" / "exceptions.html").read_text(encoding="utf-8")):
        assert "JoanA Lee" in text and not set(text) & set("\u202e\u202c\u2067\u2069\u200f\u061c")


def test_markup_stays_markup_and_numbers_numbers() -> None:
    assert without_turns(Markup("<b>\u202ea</b>")) == Markup("<b>a</b>")
    assert isinstance(without_turns(Markup("x")), Markup)
    assert without_turns(3) == 3 and without_turns(None) is None
