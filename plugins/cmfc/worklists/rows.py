"""Writes the lines of a long sheet as XML into the workbook's own file of rows: the same bytes as cell by cell.

A list of 48,000 lines has a million cells, and the writer makes an object, a list and several calls of each. What a
cell may hold, and how it is escaped, is the writer's word still (`_escape_control_characters` and others); a test
compares the bytes.
"""

import re
from collections.abc import Iterable
from functools import lru_cache, partial
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from cmfc.worklists.direction import TURNS
from cmfc.worklists.sheets import MAX_TEXT, SheetColumn, is_framed, kind_of, plain_text, write_row

_BATCH = 1_000
"""Rows that are held before they are written."""
_TEXTS = 4_096
"""Texts whose XML is kept."""
_SHORT = MAX_TEXT // 2
_ODD = re.compile(rf"[&<>\x00-\x08\x0b-\x1f\ufffe\uffff{TURNS}]|_x[0-9a-fA-F]{{4}}_|^\s|\s\Z")
"""What a text must not have, to be written as it is."""


def write_rows(
    sheet: Any,
    row: int,
    lines: Iterable[tuple[Any, bool | None]],
    columns: list[SheetColumn],
    formats: dict[str, Any],
) -> int:
    """Write lines below a row that has been written; the sheet must be the one that is being written.

    Args:
        sheet: of a workbook in constant memory.
        row: the last row that was written, from 0.
        lines: what the columns take their cells from, and whether it is of the case of the line above (`write_row`).
        columns: the sheet's.
        formats: of `formats_of`.

    Returns:
        The last row.
    """
    shape = _Shape(columns, formats, sheet)
    batch: list[str] = []
    last: Any = None
    for line in lines:
        if last is None:
            sheet._write_single_row(row + 1)  # noqa: SLF001 - what was written so far leaves the writer's buffer
        else:
            row += 1
            batch.append(shape.xml(row + 1, last[0], last[1]))
            if len(batch) == _BATCH:
                sheet.fh.write("".join(batch))
                batch.clear()
        last = line
    sheet.fh.write("".join(batch))
    if last is None:
        return row
    write_row(sheet, row + 1, last[0], columns, formats, last[1])  # leaves the writer's own bookkeeping right
    return row + 1


class _Shape:
    """How the rows of a sheet look: its columns, the numbers of their formats, and texts as the writer escapes them."""

    def __init__(self, columns: list[SheetColumn], formats: dict[str, Any], sheet: Any) -> None:
        self.cells = [(xl_col_to_name(at), column.cell, _Styles(column, formats)) for at, column in enumerate(columns)]
        self.text = lru_cache(_TEXTS)(partial(_text_xml, sheet=sheet))  # most cells hold what others hold

    def xml(self, number: int, line: Any, is_same: bool | None) -> str:
        """One line; `number` as a sheet counts rows."""
        parts = [f'<row r="{number}">']
        for letter, cell, styles in self.cells:
            value = cell(line)
            is_empty = value is None or value == ""
            if is_empty and not is_framed(is_same):
                continue
            begin = f'<c r="{letter}{number}" s="{styles[is_same, value if styles.is_by_value else None]}"'
            if is_empty:
                parts.append(f"{begin}/>")
            elif isinstance(value, str):
                parts.append(f'{begin} t="inlineStr"><is>{self.text(value)}</is></c>')
            else:
                parts.append(f"{begin}><v>{value:.16G}</v></c>")
        parts.append("</row>")
        return "".join(parts)


class _Styles(dict[tuple[bool | None, Any], int]):
    """The numbers of a column's formats, each given when it is first used, as the writer does."""

    def __init__(self, column: SheetColumn, formats: dict[str, Any]) -> None:
        self.column, self.formats = column, formats
        self.is_by_value = column.title == "Severity"

    def __missing__(self, key: tuple[bool | None, Any]) -> int:
        kind = kind_of(self.column, key[1], self.formats, key[0])
        self[key] = self.formats[kind]._get_xf_index()  # noqa: SLF001
        return self[key]


def _text_xml(text: str, sheet: Any) -> str:
    """A text as the writer escapes it."""
    if len(text) < _SHORT and not _ODD.search(text):
        return f"<t>{text}</t>"
    text = sheet._escape_control_characters(plain_text(text))  # noqa: SLF001
    if not text:
        return "<t></t>"
    keep = ' xml:space="preserve"' if text[0].isspace() or text[-1].isspace() else ""
    return f"<t{keep}>{sheet._escape_data(text)}</t>"  # noqa: SLF001
