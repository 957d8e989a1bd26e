"""How the sheets of the workbook are written: columns, cells, formats, and a page that can be read when printed.

Every text is written as text: no formula, link or number is made out of what a record says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from cmfc.timing.zones import load_zone
from cmfc.worklists.direction import without_turns

MAX_TEXT = 32_767
"""Units of UTF-16 in a cell."""
PAGE_WIDTH = 165.0
"""Characters that a landscape letter page holds when the sheet's 10 points are printed at 8 or more (spec 6)."""
_SHEET_EPOCH_DAYS = 25_569
"""1970-01-01 as a sheet counts days."""

Cell = str | float | None


@dataclass(frozen=True)
class SheetColumn:
    """One column of a sheet. `kind` is text, wrapped, number, day or time; `width` in characters."""

    title: str
    width: float
    kind: str
    cell: Callable[[Any], Cell]


def formats_of(book: Any) -> dict[str, Any]:
    """The formats of cells, by kind."""
    top = {"valign": "top", "font_size": 10}
    dark = {"bg_color": "#1F3A52", "font_color": "#FFFFFF"}
    alert = {"bold": True, "font_color": "#8A1C16", "bg_color": "#F9D6D5"}
    fills = {"Critical": "#F9D6D5", "High": "#FCE3C5", "Medium": "#FFF4C7", "Low": "#E8EEF4", "Info": "#F2F2F2"}
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "head": book.add_format({"bold": True, "bottom": 1}),
        "alert": book.add_format(alert),
        "header": book.add_format({**top, **dark, "bold": True, "text_wrap": True, "border": 1}),
        "text": book.add_format({**top, "num_format": "@"}),
        "wrapped": book.add_format({**top, "num_format": "@", "text_wrap": True}),
        "number": book.add_format(top),
        "day": book.add_format({**top, "num_format": "yyyy-mm-dd", "align": "left"}),
        "time": book.add_format({**top, "num_format": "yyyy-mm-dd hh:mm", "align": "left"}),
        **{
            f"severity {name}": book.add_format({**top, "bold": True, "bg_color": fill}) for name, fill in fills.items()
        },
    }


def write_header(sheet: Any, row: int, columns: list[SheetColumn], formats: dict[str, Any]) -> None:
    """Write the titles of the columns and sets their widths."""
    for number, column in enumerate(columns):
        sheet.set_column(number, number, column.width)
        sheet.write_string(row, number, column.title, formats["header"])


def write_row(sheet: Any, row: int, line: Any, columns: list[SheetColumn], formats: dict[str, Any]) -> None:
    """Write one line."""
    for number, column in enumerate(columns):
        value = column.cell(line)
        if value is None or value == "":
            continue
        if isinstance(value, str):
            sheet.write_string(row, number, plain_text(value), formats[kind_of(column, value, formats)])
        else:
            sheet.write_number(row, number, value, formats[column.kind])


def kind_of(column: SheetColumn, value: str, formats: dict[str, Any]) -> str:
    """The kind of a cell with a text; a severity has a kind of its own."""
    severity = f"severity {value}"
    return severity if column.title == "Severity" and severity in formats else column.kind


def set_up(sheet: Any, header_row: int, last_row: int, columns: list[SheetColumn]) -> None:
    """Frozen header, filters, and the page: what fits one page's width is printed, the rest is on screen."""
    last = max(last_row, header_row + 1)
    sheet.freeze_panes(header_row + 1, 4)
    sheet.autofilter(header_row, 0, last, len(columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(1)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.print_area(0, 0, last, printed(columns) - 1)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(header_row)
    sheet.set_footer("&LConfidential&RPage &P of &N")


def printed(columns: list[SheetColumn]) -> int:
    """How many of the first columns a page holds."""
    width, number = 0.0, 0
    for column in columns:
        width += column.width
        if width > PAGE_WIDTH:
            break
        number += 1
    return number


def plain_text(text: str) -> str:
    """A text that a cell can hold, in one direction; the writer takes what begins with `<r>` for markup."""
    text = without_turns(text)
    text = " " + text if text.startswith("<r>") else text
    if len(text) > MAX_TEXT // 2:
        return text.encode("utf-16-le")[: 2 * MAX_TEXT].decode("utf-16-le", "ignore")
    return text


def day_number(day: date | None) -> float | None:
    """A date as a sheet counts days."""
    return None if day is None else float((day - date(1970, 1, 1)).days + _SHEET_EPOCH_DAYS)


def local_number(epoch_seconds: int | None, zone: ZoneInfo) -> float | None:
    """An instant as a sheet counts days, on the agency's clock."""
    if epoch_seconds is None:
        return None
    return (epoch_seconds + load_zone(zone.key).offset(epoch_seconds)) / 86_400 + _SHEET_EPOCH_DAYS
