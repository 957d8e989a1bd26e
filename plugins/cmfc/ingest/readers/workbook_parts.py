"""What lies in a workbook, read from its XML apart from the library that reads the cells (spec 1)."""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")
_TRANSITIONAL = rb"http://schemas.openxmlformats.org/\1/2006/"
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_PIECE, _LONGEST_ROW = 1 << 20, 1 << 25
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?row\s*>)", re.DOTALL)
_ROW_END = re.compile(rb"</(?:\w+:)?row\s*>")
_CELL = re.compile(rb"<(?:\w+:)?c\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*?)(?:/>|>(.*?)</(?:\w+:)?c\s*>)", re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>/]*>[^<]|<(?:\w+:)?is\b")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b")
_NUMBER = re.compile(rb"\br\s*=\s*[\"'](\d+)[\"']")
_REFERENCE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]+)\d+[\"']")
_TEXT_RESULT = re.compile(rb"\bt\s*=\s*[\"']str[\"']")


class DamagedWorkbook(Exception):
    """A workbook whose parts do not fit together."""


@dataclass(frozen=True)
class Sheet:
    """One tab. `position` counts from 1; `part` is its file, empty for one that holds no cells (a chart)."""

    position: int
    name: str
    is_visible: bool
    part: str


@dataclass
class SheetCount:
    """What a sheet's XML holds.

    Attributes:
        rows: rows with a value.
        cells: cells with a value.
        last_row: the highest number of a row with a value.
        valueless: of each row, the columns (from 1) of formulas whose result was not stored.
    """

    rows: int = 0
    cells: int = 0
    last_row: int = 0
    valueless: dict[int, set[int]] = field(default_factory=dict)


def open_workbook(path: Path) -> io.BytesIO | Path:
    """The workbook as a library for the common dialect reads it: "Strict Open XML" differs in its namespaces alone."""
    with zipfile.ZipFile(path) as book:
        if not any(_STRICT.search(book.read(name)) for name in book.namelist() if name.endswith("workbook.xml")):
            return path
        common = io.BytesIO()
        with zipfile.ZipFile(common, "w", zipfile.ZIP_STORED) as copy:
            for part in book.infolist():
                content = book.read(part)
                is_xml = part.filename.endswith((".xml", ".rels"))
                copy.writestr(part.filename, _STRICT.sub(_TRANSITIONAL, content) if is_xml else content)
    common.seek(0)
    return common


def sheets_of(file: io.BytesIO | Path) -> list[Sheet]:
    """The tabs in their order.

    Raises:
        DamagedWorkbook: a part that others name is not there.
    """
    with zipfile.ZipFile(file) as book:
        main = _main(book)
        if main is None:
            raise DamagedWorkbook
        folder, name = posixpath.split(main)
        relations = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
        related = {rel.get("Id", ""): rel for rel in _parse(book.read(relations))}
        tabs = [tab for tab in _parse(book.read(main)).iter() if _local(tab.tag) == "sheet"]
        sheets = []
        for position, tab in enumerate(tabs, 1):
            link = next((value for key, value in tab.attrib.items() if _local(key) == "id" and key != "id"), "")
            rel = related.get(link)
            if rel is None:
                raise DamagedWorkbook
            part = _resolve(folder, rel.get("Target", ""))
            if part not in book.namelist():
                raise DamagedWorkbook
            has_cells = rel.get("Type", "").endswith("/worksheet")
            visible = tab.get("state", "visible") == "visible"
            sheets.append(Sheet(position, tab.get("name", ""), visible, part if has_cells else ""))
    return sheets


def count_sheet(file: io.BytesIO | Path, sheet: Sheet) -> SheetCount:
    """Count a sheet's rows and cells by its XML.

    Raises:
        DamagedWorkbook: rows out of order, longer than 32 MiB or beyond what a sheet can hold: readers lose such rows.
    """
    count, number = SheetCount(), 0
    if not sheet.part:
        return count
    for attributes, body in _rows(file, sheet.part):
        own = _NUMBER.search(attributes)
        number, before = int(own[1]) if own else number + 1, number
        if number <= before or number > _LAST_ROW:
            raise DamagedWorkbook
        cells = len(_VALUE.findall(body))
        has_formula = _FORMULA.search(body) is not None
        if has_formula and (columns := set(_valueless(body))):
            count.valueless[number] = columns
        if cells or number in count.valueless:
            count.rows, count.cells, count.last_row = count.rows + 1, count.cells + cells, number
    return count


def _rows(file: io.BytesIO | Path, part: str) -> Iterator[tuple[bytes, bytes]]:
    with zipfile.ZipFile(file) as book, book.open(part) as xml:
        text = b""
        while piece := xml.read(_PIECE):
            text += piece
            if len(text) > _LONGEST_ROW:
                raise DamagedWorkbook
            ends = [end.end() for end in _ROW_END.finditer(text)]
            if ends:
                yield from _whole_rows(text[: ends[-1]])
                text = text[ends[-1] :]
        yield from _whole_rows(text)


def _whole_rows(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    for row in _ROW.finditer(text):
        yield row[1], row[2] or b""


def _valueless(body: bytes) -> Iterator[int]:
    column = 0
    for cell in _CELL.finditer(body):
        own = _REFERENCE.search(cell[1])
        column = _column(own[1]) if own else column + 1
        inside = cell[2] or b""
        # A formula that gives an empty text stores it: t="str" with nothing in it.
        if _FORMULA.search(inside) and not _VALUE.search(inside) and not _TEXT_RESULT.search(cell[1]):
            yield column


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    if number > _LAST_COLUMN:
        raise DamagedWorkbook
    return number


def _main(book: zipfile.ZipFile) -> str | None:
    for rel in _parse(book.read("_rels/.rels")):
        if rel.get("Type", "").endswith("/officeDocument"):
            return _resolve("", rel.get("Target", ""))
    return None


def _resolve(folder: str, target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _parse(part: bytes) -> ElementTree.Element:
    """A part as a tree. Expat loads nothing from outside and stops where entities blow up (since 2.4.1)."""
    return ElementTree.fromstring(part)  # noqa: S314
