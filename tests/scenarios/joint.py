"""Scenarios of one setting as one agency: a night costs as much for a hundred children as for one.

Every id gets the mark of its scenario in front (`s12-C1`), and in what comes out every row must carry the mark of
exactly one scenario; it is taken off before anything is compared. A row without a mark, or with two, belongs to
nobody, and no scenario of the night holds.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cmfc.feeds.catalog import feeds
from tests.scenarios.scenario import SLUGS, TABLES, Scenario
from tests.support.tables import Row, columns_of, read_rows, rows_of, text_of

IDS = {"child_id", "report_id", *(feed.key for feed in feeds().values())}
MARK = re.compile(r"(?<![A-Za-z0-9])s(\d+)-")
WORD = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class Joint:
    """What one night gave.

    Attributes:
        rows: rows by scenario and table, with the ids of the scenario's own records.
        nobodys: rows that belong to no scenario, or to several.
        words: every word of every published CSV.
    """

    rows: dict[tuple[str, str], list[Row]]
    nobodys: list[str]
    words: frozenset[str]

    def of(self, slug: str, table: str) -> list[Row]:
        return self.rows.get((slug, table), [])


def run_jointly(members: Sequence[Scenario], root: Path) -> Joint:
    """One night of these scenarios; a single one is run with its records as they stand."""
    if len(members) == 1:
        out = members[0].run(members[0].lay_out(root / "records"), root / "out")
        slug = members[0].slug
        return Joint({(slug, table): read_rows(out / f"{table}.csv") for table in TABLES}, [], words_of(out))
    lay_out(members, root / "records")
    out = members[0].run(root / "records", root / "out")
    rows: dict[tuple[str, str], list[Row]] = defaultdict(list)
    nobodys = []
    for table in TABLES:
        for row in read_rows(out / f"{table}.csv"):
            marks = {int(number) for value in row.values() for number in MARK.findall(value)}
            if len(marks) == 1:
                rows[SLUGS[marks.pop()], table].append({column: MARK.sub("", value) for column, value in row.items()})
            else:
                nobodys.append(f"{table}, of {sorted(SLUGS[n] for n in marks) or 'no scenario'}: {row}")
    return Joint(rows, nobodys, words_of(out))


def words_of(out: Path) -> frozenset[str]:
    return frozenset(word for file in out.glob("*.csv") for word in WORD.findall(file.read_text(encoding="utf-8")))


def lay_out(members: Sequence[Scenario], folder: Path, is_backwards: bool = False) -> None:
    """Writes the members' rows into one folder of files, with marked ids; columns that some lack are empty there."""
    folder.mkdir(parents=True)
    for feed in members[0].records:
        header = list(dict.fromkeys(column for one in members for column in columns_of(one.records[feed])))
        rows = [marked(row, one) for one in members for row in rows_of(one.records[feed])]
        text = text_of(header, rows[::-1] if is_backwards else rows)
        (folder / f"{feed}.csv").write_text(text, encoding="utf-8", newline="")


def marked(row: Row, one: Scenario) -> Row:
    mark = f"s{SLUGS.index(one.slug)}-"
    return {column: f"{mark}{value}" if column in IDS and value else value for column, value in row.items()}
