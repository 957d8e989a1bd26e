"""Expected rows beside those that came: which are not there, and which nobody expected."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from zoneinfo import ZoneInfo

from tests.scenarios.joint import Joint
from tests.scenarios.scenario import Scenario, instant
from tests.support.tables import Row, columns_of, rows_of

ANY = "*"


@dataclass(frozen=True)
class Comparison:
    """A table: its columns that are expected, and the rows by what became of them."""

    columns: Sequence[str]
    confirmed: list[Row]
    missing: list[Row]
    unexpected: list[Row]

    def sentences(self, table: str) -> list[str]:
        lines = [f"  {table}: expected, not there: {cells_of(row)}" for row in self.missing]
        return lines + [f"  {table}: there, not expected: {cells_of(row)}" for row in self.unexpected]


def compare(this: Scenario, night: Joint) -> dict[str, Comparison]:
    """Every table of which the scenario has a list."""
    return {
        table: compare_rows(rows_of(text), columns_of(text), rows_with_names(night, this.slug, table), this.zone)
        for table, text in this.expected.items()
    }


def rows_with_names(night: Joint, slug: str, table: str) -> list[Row]:
    """A scenario's rows, with its episodes by child and number."""
    names = named_episodes(night.of(slug, "episodes"))
    return [{**row, **subjects(row, names)} for row in night.of(slug, table)]


def compare_rows(expected: list[Row], columns: list[str], rows: list[Row], zone: ZoneInfo) -> Comparison:
    """Pairs rows off, those with the fewest `*` first; `*` stands for any value."""
    left = [{c: value_of(c, row[c], zone) for c in columns} for row in rows]
    confirmed, missing = [], []
    for row in sorted(expected, key=lambda r: list(r.values()).count(ANY)):
        want = {c: value_of(c, v, zone) for c, v in row.items()}
        match = next((r for r in left if all(want[c] in (ANY, r[c]) for c in columns)), None)
        if match is None:
            missing.append(row)
        else:
            left.remove(match)
            confirmed.append(row)
    return Comparison(columns, confirmed, missing, left)


def value_of(column: str, text: str, zone: ZoneInfo) -> str:
    """One spelling for one value: times in UTC, numbers without trailing zeros."""
    if text and column.endswith(("_earliest", "_latest")) and text != ANY:
        return instant(text, zone).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if text and "_hours_" in column and text != ANY:
        return f"{float(text):g}"
    return text


def named_episodes(episodes: list[Row]) -> dict[str, str]:
    """episode_id to `episode:<child_id>#<n>`, the child's n-th episode by begin."""
    names, count = {}, Counter[str]()
    for row in sorted(episodes, key=lambda r: (r["child_id"], r["began_earliest"], r["began_latest"], r["evidence"])):
        count[row["child_id"]] += 1
        names[row["episode_id"]] = f"episode:{row['child_id']}#{count[row['child_id']]}"
    return names


def subjects(row: Row, names: dict[str, str]) -> Row:
    return {c: names.get(row[c], row[c]) for c in ("subject_id", "episode_id") if c in row}


def cells_of(row: Row) -> str:
    return ", ".join(f"{c}={v or '(empty)'}" for c, v in row.items())
