"""Reads a package. What is missing or odd becomes a sentence that names the file, the row and the column."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

Counts = Dict[Tuple[str, ...], "Counter[str]"]
"""Numbers by column, for each key of a table."""


WHOLE = re.compile(r"-?[0-9]{1,18}")


class Odd(Exception):
    """A file that is missing, or a value that cannot be what it should be, in one sentence."""


class Row(Dict[str, str]):
    """One row of a CSV file, which knows where it stands. The header is row 1."""

    file: str
    number: int

    def __missing__(self, name: str) -> str:
        """A column that the file does not have."""
        raise Odd(f"{self.file} has no column {name}")

    def place(self, name: str) -> str:
        """Where a value stands, for a sentence."""
        return f"{self.file}, row {self.number}, column {name}"

    def whole(self, name: str) -> int:
        """A whole number."""
        text = self[name]
        if not WHOLE.fullmatch(text):
            raise Odd(f"{self.place(name)}: '{text[:40]}' is not a whole number")
        return int(text)

    def number_or_none(self, name: str) -> Optional[float]:
        """A number, or None where the cell is empty."""
        if not self[name]:
            return None
        try:
            return float(self[name])
        except ValueError:
            raise Odd(f"{self.place(name)}: '{self[name][:40]}' is not a number") from None

    def is_true(self, name: str) -> bool:
        """A yes or no."""
        if self[name] not in ("true", "false"):
            raise Odd(f"{self.place(name)}: '{self[name][:40]}' is neither true nor false")
        return self[name] == "true"


class Package:
    """The folder of an extract: its manifest and its tables, each read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = read_object(folder, "manifest.json")
        self._tables: Dict[str, Tuple[List[str], List[Row]]] = {}

    def fact(self, *path: str) -> Any:
        """A fact of the manifest."""
        value: Any = self.manifest
        for name in path:
            if not isinstance(value, dict) or name not in value:
                raise Odd(f"manifest.json does not say {'.'.join(path)}")
            value = value[name]
        return value

    def has(self, name: str) -> bool:
        """Whether there is such a table."""
        return (self.folder / f"{name}.csv").is_file()

    def header(self, name: str) -> List[str]:
        """The columns of a table."""
        return self._read(name)[0]

    def table(self, name: str) -> List[Row]:
        """The rows of a table."""
        return self._read(name)[1]

    def _read(self, name: str) -> Tuple[List[str], List[Row]]:
        if name not in self._tables:
            self._tables[name] = read_rows(self.folder, f"{name}.csv")
        return self._tables[name]


def read_object(folder: Path, name: str) -> Dict[str, Any]:
    """A JSON file that holds one object."""
    try:
        content = json.loads((folder / name).read_bytes())
    except FileNotFoundError:
        raise Odd(f"{name} is missing") from None
    except (OSError, ValueError, RecursionError) as error:
        raise Odd(f"{name} cannot be read: {type(error).__name__}") from None
    if not isinstance(content, dict):
        raise Odd(f"{name} does not hold one object")
    return content


def read_cells(folder: Path, name: str) -> List[List[str]]:
    """Every row of a CSV file as it stands, the header first."""
    try:
        with (folder / name).open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream, strict=True))
    except FileNotFoundError:
        raise Odd(f"{name} is missing") from None
    except (OSError, ValueError, csv.Error) as error:
        raise Odd(f"{name} cannot be read: {type(error).__name__}") from None
    if not rows:
        raise Odd(f"{name} is empty: not even a header")
    return rows


def read_rows(folder: Path, name: str) -> Tuple[List[str], List[Row]]:
    """The columns and the rows of a CSV file."""
    head, *rest = read_cells(folder, name)
    if len(set(head)) != len(head):
        raise Odd(f"{name} has a column twice")
    rows = []
    for number, cells in enumerate(rest, start=2):
        if len(cells) != len(head):
            raise Odd(f"{name}, row {number} has {len(cells)} cells; the header has {len(head)}")
        row = Row(zip(head, cells))
        row.file, row.number = name, number
        rows.append(row)
    return head, rows


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def short_hash(text: str) -> str:
    """Eight digits that tell one text from another: they find a row, the hash of its file proves it."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]
