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
    """One column of a sheet. `kind` is text, wrapped, number, day or time; `width` in characters.

    `is_of_case`: the same on every line of a case, and written small-voiced on all but the first; it stands on each, so
    that a filter or a sort keeps it.
    """

    title: str
    width: float
    kind: str
    cell: Callable[[Any], Cell]
    is_of_case: bool = False


def formats_of(book: Any) -> dict[str, Any]:
    """The formats of cells, by kind."""
    top = {"valign": "top", "font_size": 10}
    dark = {"bg_color": "#1F3A52", "font_color": "#FFFFFF"}
    alert = {"bold": True, "font_color": "#8A1C16", "bg_color": "#F9D6D5"}
    fills = {"Critical": "#F9D6D5", "High": "#FCE3C5", "Medium": "#FFF4C7", "Low": "#E8EEF4", "Info": "#F2F2F2"}
    plain: dict[str, dict[str, Any]] = {
        "text": {**top, "num_format": "@"},
        "wrapped": {**top, "num_format": "@", "text_wrap": True},
        "number": top,
        "day": {**top, "num_format": "yyyy-mm-dd", "align": "left"},
        "time": {**top, "num_format": "yyyy-mm-dd hh:mm", "align": "left"},
        **{f"severity {name}": {**top, "bold": True, "bg_color": fill} for name, fill in fills.items()},
    }
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "head": book.add_format({"bold": True, "bottom": 1}),
        "alert": book.add_format(alert),
        "header": book.add_format({**top, **dark, "bold": True, "text_wrap": True, "border": 1}),
        **{kind: book.add_format(style) for kind, style in plain.items()},
        **{f"{kind} first": book.add_format({**style, "top": 1}) for kind, style in plain.items()},
        **{f"{kind} again": book.add_format({**style, "font_color": "#66737F"}) for kind, style in plain.items()},
    }


def write_header(sheet: Any, row: int, columns: list[SheetColumn], formats: dict[str, Any]) -> None:
    """Write the titles of the columns and sets their widths."""
    for number, column in enumerate(columns):
        sheet.set_column(number, number, column.width)
        sheet.write_string(row, number, column.title, formats["header"])


def write_row(
    sheet: Any, row: int, line: Any, columns: list[SheetColumn], formats: dict[str, Any], is_same: bool | None = None
) -> None:
    """Write one line; `is_same`: it is of the case of the line above, None: there are no cases."""
    for number, column in enumerate(columns):
        value = column.cell(line)
        kind = kind_of(column, value, formats, is_same)
        if value is None or value == "":
            if is_framed(is_same):
                sheet.write_blank(row, number, None, formats[kind])
        elif isinstance(value, str):
            sheet.write_string(row, number, plain_text(value), formats[kind])
        else:
            sheet.write_number(row, number, value, formats[kind])


def kind_of(column: SheetColumn, value: Cell, formats: dict[str, Any], is_same: bool | None) -> str:
    """The kind of a cell: its column's or its severity's, and whether it begins a case or goes on with one."""
    severity = f"severity {value}"
    kind = severity if column.title == "Severity" and severity in formats else column.kind
    if is_same is None or (is_same and not column.is_of_case):
        return kind
    return f"{kind} again" if is_same else f"{kind} first"


def is_framed(is_same: bool | None) -> bool:
    """Whether a cell without anything is written too: a case begins with a line over all columns."""
    return is_same is False


def set_up(sheet: Any, header_row: int, last_row: int, columns: list[SheetColumn]) -> None:
    """Frozen header, filters, and the page: what fits one page's width is printed, the rest is on screen."""
    last = max(last_row, header_row + 1)
    sheet.freeze_panes(header_row + 1, 4)
    sheet.autofilter(header_row, 0, last, len(columns) - 1)
    sheet.print_area(0, 0, last, printed(columns) - 1)
    sheet.repeat_rows(header_row)
    set_paper(sheet)


def set_paper(sheet: Any) -> None:
    """A landscape letter page, one page wide, as many as it takes."""
    sheet.set_landscape()
    sheet.set_paper(1)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
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
