"""Extracts of the agency of several nights, each built once, and their tables."""

import csv
import json
import shutil
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from cmfc.audit_extract.extract import Request, build
from cmfc.audit_extract.merge import StateRequest, merge
from cmfc.pipeline.past_run import known_at
from tests.support.audited import KEY
from tests.support.several_nights import AGENCY, PERIOD

Row = dict[str, str]


@dataclass
class Packages:
    """The installation below `root`; `package` builds what is asked for, or gives what was built of it."""

    root: Path
    built: dict[tuple[Any, ...], Path] = field(default_factory=dict)

    @property
    def ledger(self) -> str:
        return f"sqlite:///{self.root / 'store' / 'ledger.sqlite'}"

    def package(self, moment: int | str, run: str = "", period: tuple[date, date] = PERIOD, **changes: Any) -> Path:
        """The folder of an extract."""
        key = (moment, run, *period, *sorted((name, str(value)) for name, value in changes.items()))
        if key not in self.built:
            out = self.root / "packages" / f"p{len(self.built)}"
            request = Request(*period, str(moment or run), seed=42, sample_size=60, **changes)
            with known_at(self.root / "store", self.root / "lists", AGENCY, moment, run, self.ledger) as knowledge:
                build(knowledge, request, KEY, out, "tests")
            self.built[key] = out
        return self.built[key]

    def state(self, moment: int | str) -> Path:
        """A state of this agency and another, which knows every second child under another name."""
        request = Request(*PERIOD, str(moment), seed=42, sample_size=60, is_shareable=False, is_for_state=True)
        folders = [self.root / "of_state" / name for name in ("first", "second")]
        with known_at(self.root / "store", self.root / "lists", AGENCY, moment, "", self.ledger) as knowledge:
            build(knowledge, request, KEY, folders[0], "tests")
            copied = Path(shutil.copytree(knowledge.folder, self.root / "of_state" / "night"))
            path = copied / "checked" / "children.parquet"
            with duckdb.connect() as connection:
                connection.execute(
                    "COPY (SELECT * REPLACE (CASE WHEN hash(child_id) % 2 = 0 THEN 'Other' || child_id"
                    f" ELSE last_name END AS last_name) FROM '{path}') TO '{path}.new' (FORMAT parquet)"
                )
            Path(f"{path}.new").replace(path)
            build(replace(knowledge, agency="second", folder=copied), request, KEY, folders[1], "tests")
        merge(folders, self.root / "of_state" / "state", "us-xx", StateRequest(7, 60))
        return self.root / "of_state" / "state"


def rows_of(package: Path, name: str, **values: str) -> list[Row]:
    """The rows of a table that have these values."""
    with (package / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream) if all(row[key] == value for key, value in values.items())]


def one_of(package: Path, name: str, **values: str) -> Row:
    """The only such row."""
    (row,) = rows_of(package, name, **values)
    return row


def manifest_of(package: Path) -> dict[str, Any]:
    """What manifest.json says."""
    content: dict[str, Any] = json.loads((package / "manifest.json").read_bytes())
    return content
