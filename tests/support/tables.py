"""Tables as CSV, read alike wherever a test has some: a folder of them, or a block of text."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

Row = dict[str, str]


def rows_of(text: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def columns_of(text: str) -> list[str]:
    return next(csv.reader(io.StringIO(text, newline="")))


def read_rows(file: Path) -> list[Row]:
    return rows_of(read_text(file))


def read_text(file: Path) -> str:
    """The characters of a file as they are; the line ends too."""
    with file.open(encoding="utf-8", newline="") as stream:
        return stream.read()


def text_of(columns: Sequence[str], rows: Sequence[Row]) -> str:
    """CSV with these columns; what a row lacks is empty there."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()
