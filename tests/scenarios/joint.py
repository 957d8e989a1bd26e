"""Scenarios of one setting as one agency: a night costs as much for a hundred children as for one.

Every id gets the mark of its scenario in front (`s12-C1`), and in what comes out every row must carry the mark of
exactly one scenario; it is taken off before anything is compared. A row without a mark, or with two, belongs to
nobody, and no scenario of the night holds.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cmfc.feeds.catalog import feeds
from tests.scenarios.folders import SLUGS, TABLES, Row, Scenario, columns, read

IDS = {"child_id", "report_id", *(feed.key for feed in feeds().values())}
MARK = re.compile(r"(?<![A-Za-z0-9])s(\d+)-")
WORD = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class Joint:
    """What one night gave.

    Attributes:
        rows: rows by scenario and table, with the ids of the scenario's own files.
        nobodys: rows that belong to no scenario, or to several.
        words: every word of every published CSV.
    """

    rows: dict[tuple[str, str], list[Row]]
    nobodys: list[str]
    words: frozenset[str]

    def of(self, slug: str, table: str) -> list[Row]:
        return self.rows.get((slug, table), [])


def run_jointly(members: Sequence[Scenario], root: Path) -> Joint:
    """One night of these scenarios; a single one is run from its folder, as it stands."""
    if len(members) == 1:
        out = members[0].run(root / "out")
        slug = members[0].folder.name
        return Joint({(slug, table): read(out / f"{table}.csv") for table in TABLES}, [], words_of(out))
    lay_out(members, root / "records")
    out = members[0].run(root / "out", root / "records")
    rows: dict[tuple[str, str], list[Row]] = defaultdict(list)
    nobodys = []
    for table in TABLES:
        for row in read(out / f"{table}.csv"):
            found = {int(number) for value in row.values() for number in MARK.findall(value)}
            if len(found) == 1:
                rows[SLUGS[found.pop()], table].append({column: MARK.sub("", value) for column, value in row.items()})
            else:
                nobodys.append(f"{table}, of {sorted(SLUGS[n] for n in found) or 'no scenario'}: {row}")
    return Joint(rows, nobodys, words_of(out))


def words_of(out: Path) -> frozenset[str]:
    return frozenset(word for file in out.glob("*.csv") for word in WORD.findall(file.read_text(encoding="utf-8")))


def lay_out(members: Sequence[Scenario], folder: Path, is_backwards: bool = False) -> None:
    """Writes the members' rows into one folder of files, with marked ids; columns that some lack are empty there."""
    folder.mkdir(parents=True)
    for name in [file.name for file in members[0].records]:
        header = list(dict.fromkeys(column for one in members for column in columns(one.folder / name)))
        rows = [marked(row, one) for one in members for row in read(one.folder / name)]
        with (folder / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, header, restval="")
            writer.writeheader()
            writer.writerows(reversed(rows) if is_backwards else rows)


def marked(row: Row, one: Scenario) -> Row:
    mark = f"s{SLUGS.index(one.folder.name)}-"
    return {column: f"{mark}{value}" if column in IDS and value else value for column, value in row.items()}
