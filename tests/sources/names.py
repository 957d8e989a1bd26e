"""The names of a case's children, and every place outside the worklists and the snapshots where one stands."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow.parquet as pq

WORKLISTS = {"exceptions.xlsx", "exceptions.html", "history.xlsx"}
SNAPSHOTS = {"pulled", "checked", "kept"}  # they hold the records themselves
SAYS_NOTHING = {"Unknown"}  # a name in one case, and a word of the findings


def names_of(folder: Path) -> list[str]:
    """First and last names and birth dates of a folder's children and of the people in its log of reports."""
    names: set[str] = set()
    for file in ("children.csv", "le_reports.csv"):
        path = folder / file
        if path.is_file():
            for row in csv.DictReader(io.StringIO(decoded(path.read_bytes()))):
                names |= {row.get(column) or "" for column in ("first_name", "last_name", "date_of_birth")}
    return sorted(name for name in names if len(name) > 3 and name not in SAYS_NOTHING)


def decoded(content: bytes) -> str:
    return content.decode("utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")


def places_of(names: Iterable[str], root: Path, printed: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Where a name stands: a file below `root` (its name or content), or one of the texts that were said."""
    texts = dict(printed)
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        name_of_file = str(path.relative_to(root))
        texts[f"the name of {name_of_file}"] = name_of_file
        if path.name not in WORKLISTS and not SNAPSHOTS & set(path.relative_to(root).parts):
            texts[name_of_file] = readable(path)
    for place, text in texts.items():
        yield from ((place, name) for name in names if name in text)


def readable(path: Path) -> str:
    """A file's content as text, packed columns unpacked."""
    content = path.read_bytes()
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        return f"{table.schema}{table.to_pylist()}{content.decode('latin-1')}"
    return content.decode("utf-8", "replace")
