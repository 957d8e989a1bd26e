"""Compares tables.xlsx and report files with the CSV files: the same numbers stand in both."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Dict, Iterator, List, Tuple
from xml.etree import ElementTree

from cmfc.audit_extract.verifier.reading import Odd, read_cells

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def wrong_copies(folder: Path) -> List[str]:
    """Cells of tables.xlsx that are not those of the CSV file of the same name."""
    wrong = []
    for name, cells in _sheets(folder / "tables.xlsx"):
        if not (folder / f"{name}.csv").is_file():
            if name != "About":
                wrong.append(f"{name}.csv is missing; tables.xlsx has a sheet of that name")
            continue
        wrong += _differing(f"{name}.csv", read_cells(folder, f"{name}.csv"), cells)
    return wrong


def _differing(file: str, rows: List[List[str]], cells: Dict[Tuple[int, int], str]) -> List[str]:
    wrong = []
    height = 1 + max((at for at, _ in cells), default=-1)
    if height != len(rows):
        wrong.append(f"{file} has {len(rows) - 1} rows, and its sheet in tables.xlsx {height - 1}")
    for number, row in enumerate(rows[:height]):
        for place, cell in enumerate(row):
            other = cells.get((number, place), "")
            if cell != other and not _is_same_number(cell, other):
                column = rows[0][place] if place < len(rows[0]) else str(place + 1)
                wrong.append(f"{file}, row {number + 1}, column {column} is not what tables.xlsx has")
    return wrong


def _is_same_number(one: str, other: str) -> bool:
    try:
        return abs(float(one) - float(other)) < 1e-9 * max(1.0, abs(float(one)))
    except ValueError:
        return False


def _sheets(path: Path) -> Iterator[Tuple[str, Dict[Tuple[int, int], str]]]:
    """Each sheet's name and its cells by row and column, from 0."""
    try:
        with zipfile.ZipFile(path) as book:
            names = {
                relation.get("Id"): relation.get("Target", "") for relation in _tree(book, "xl/_rels/workbook.xml.rels")
            }
            has_texts = "xl/sharedStrings.xml" in book.namelist()
            texts = [_text(item) for item in _tree(book, "xl/sharedStrings.xml")] if has_texts else []
            for sheet in _tree(book, "xl/workbook.xml").iter(f"{MAIN}sheet"):
                target = names[sheet.get(RELATION)].lstrip("/")
                part = target if target.startswith("xl/") else f"xl/{target}"
                yield sheet.get("name", ""), _cells(_tree(book, part), texts)
    except FileNotFoundError:
        raise Odd("tables.xlsx is missing") from None
    except (OSError, KeyError, ValueError, IndexError, zipfile.BadZipFile, ElementTree.ParseError) as error:
        raise Odd(f"tables.xlsx cannot be read: {type(error).__name__}") from None


def _tree(book: zipfile.ZipFile, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(book.read(name))  # noqa: S314 - whoever checks can make a file anew, no more


def _cells(sheet: ElementTree.Element, texts: List[str]) -> Dict[Tuple[int, int], str]:
    cells = {}
    for cell in sheet.iter(f"{MAIN}c"):
        letters = "".join(letter for letter in cell.get("r", "A1") if letter.isalpha())
        row = int(cell.get("r", "A1")[len(letters) :]) - 1
        place = 0
        for letter in letters:
            place = place * 26 + ord(letter) - ord("A") + 1
        value = cell.find(f"{MAIN}v")
        if cell.get("t") == "inlineStr":
            cells[row, place - 1] = _text(cell)
        elif value is not None and value.text is not None:
            cells[row, place - 1] = texts[int(value.text)] if cell.get("t") == "s" else value.text
    return cells


def _text(element: ElementTree.Element) -> str:
    return "".join(part.text or "" for part in element.iter(f"{MAIN}t"))
