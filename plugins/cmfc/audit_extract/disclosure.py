"""The tables that may leave the agreement: small cells hidden, with those that would give them away (spec 6).

Only the auditor's population is shared, by the month or fiscal year in which episodes began, so that months add up to
years. Two populations of which one holds the other would give small cells away by subtraction, and so would a total
that is shown in one table and hidden in another; so totals are never hidden: values with few episodes are taken
together, and outcomes with few are folded into `other`, alike in all tables of a dimension. What could not be checked
is a column of its own: a recipient whose log was not usable has no other.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations

import duckdb
import pyarrow as pa

from cmfc.audit_extract.population import Period
from cmfc.audit_extract.suppression import OTHER, Cell, fold_columns, hide, is_small
from cmfc.audit_extract.tables import OUTCOMES
from cmfc.storage.duck import make_table

SHOWN = ("on_time", "never", "late", "undetermined")
"""The outcomes that are shown apart where they can be, the most wanted first: the rate of compliance before all."""
VIEWS = ("statute", "calendar_days", "state")
"""The most wanted first."""
POOLED = "(others)"


@dataclass(frozen=True)
class Level:
    """How much a release shows: broken down by what, which outcomes apart, and whether stock and flow."""

    dimensions: tuple[str, ...]
    outcomes: tuple[str, ...]
    has_flows: bool = True


LEVELS = (
    Level(("all", "age_band", "county"), SHOWN),
    Level(("all", "age_band"), SHOWN),
    Level(("all",), SHOWN),
    Level(("all",), SHOWN[:2]),
    Level(("all",), SHOWN[:1]),
    Level(("all",), SHOWN[:1], has_flows=False),
)
"""Each is tried, the most detailed first, against what was released before."""
NOTHING = Level((), (), has_flows=False)
COLUMNS = ("recipient", "view", "dimension", "value", "episodes", *SHOWN, "not_checked", OTHER, "hidden", "folded")
FLOWS = ("open_at_start", "new", "returned", "left_care", "not_recorded", "open_at_end")
SETTLING_DAYS = 2
"""Days after a period's end from which on it can be shared: then each of its episodes is in the population or not."""
Counted = dict[str, list[int]]
Row = tuple[object, ...]


def share_period(period: Period, year_begins: int) -> str:
    """What a period is called in the register of releases: a calendar month or a fiscal year; empty for any other."""
    following = period.last + timedelta(days=1)
    if period.first.day != 1 or following.day != 1:
        return ""
    months = (following.year - period.first.year) * 12 + following.month - period.first.month
    if months == 1:
        return f"{period.first:%Y-%m}"
    return f"FY{period.last.year}" if months == 12 and period.first.month == year_begins else ""


def is_settled(period: Period, business_date: str) -> bool:
    """Whether every episode of the period is known to be in the auditor's population, or not to be."""
    return (date.fromisoformat(business_date) - period.last).days >= SETTLING_DAYS


def draw_shareable(connection: duckdb.DuckDBPyConnection, level: Level) -> int:
    """Make `shareable`, `shareable_flows` and `shareable_years`; give the number of hidden cells.

    Args:
        connection: holds `judged`, `lines` and `request`.
        level: how much is shown.
    """
    rows, hidden = _timeliness(connection, level)
    kinds = [pa.string()] * 4 + [pa.int64()] * 7 + [pa.string()] * 2
    _register(connection, "shareable", COLUMNS, kinds, rows)
    flows = _flows(connection) if level.has_flows else []
    kinds = [pa.int64()] * (1 + len(FLOWS)) + [pa.string()]
    _register(connection, "shareable_flows", ("missing", *FLOWS, "hidden"), kinds, flows)
    return hidden + sum(1 for row in flows for cell in row[1:-1] if cell is None)


def _register(
    connection: duckdb.DuckDBPyConnection, name: str, columns: Sequence[str], kinds: Sequence[object], rows: list[Row]
) -> None:
    arrays = {c: pa.array([row[at] for row in rows], kinds[at]) for at, c in enumerate(columns)}
    make_table(connection, name, pa.table(arrays), again=True)


def _timeliness(connection: duckdb.DuckDBPyConnection, level: Level) -> tuple[list[Row], int]:
    by_view: dict[tuple[str, str], dict[str, Counted]] = defaultdict(lambda: defaultdict(dict))
    counts = ", ".join(f"count(*) FILTER (outcome = '{name}')" for name in OUTCOMES)
    records = connection.execute(
        f"""SELECT recipient, d.dimension, view, coalesce(d.value, 'not recorded'), {counts}
        FROM judged CROSS JOIN request
        CROSS JOIN LATERAL (VALUES ('all', 'all'), ('age_band', age_band), ('county', county)) AS d(dimension, value)
        WHERE population = 'audit' AND began_on >= day_of(first_day) AND began_on <= day_of(last_day)
        GROUP BY ALL ORDER BY ALL"""
    ).fetchall()
    whole = {(row[0], row[2]): sum(row[4:]) for row in records if row[1] == "all"}
    for recipient, dimension, view, value, *numbers in records:
        # A view that does not hold every episode would tell how many few it lacks.
        if dimension in level.dimensions and whole[recipient, view] == whole[recipient, "statute"]:
            by_view[recipient, dimension][view][value] = numbers
    rows: list[Row] = []
    hidden = 0
    for (recipient, dimension), views in by_view.items():
        if any(counts[OUTCOMES.index("not_checked")] for table in views.values() for counts in table.values()):
            if dimension == "all":
                rows += _unchecked(recipient, views)
            continue
        whole_views = _side_by_side(by_view[recipient, "all"], level.outcomes)
        chosen = {view: views[view] for view in whole_views}  # a view left out of the whole is the sum of its parts
        alone, tables, cells = _protected(_side_by_side(chosen, level.outcomes), level.outcomes)
        others = ";".join(n for n in SHOWN if n not in alone)
        for view, table in tables.items():
            hidden += len(cells[view])
            for place, (value, row) in enumerate(table.items()):
                visible = {n: row[at] for at, n in enumerate((*alone, OTHER)) if (place, at) not in cells[view]}
                hid = ";".join(n for at, n in enumerate((*alone, OTHER)) if (place, at) in cells[view])
                figures = (visible.get(n) for n in SHOWN)
                rows.append((recipient, view, dimension, value, sum(row), *figures, 0, visible.get(OTHER), hid, others))
    return rows, hidden


def _unchecked(recipient: str, views: dict[str, Counted]) -> list[Row]:
    """All episodes in the one column that says so: who had no duty was not looked into either."""
    total = {view: sum(map(sum, table.values())) for view, table in views.items()}
    none = (None,) * len(SHOWN)
    return [
        (recipient, view, "all", "all", number, *none, number, None, "", "")
        for view, number in total.items()
        if not is_small(number)
    ]


def _flows(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """The period's stock and flow of the auditor's population; two partitions of one total, each without small cells.

    What is missing at the start or begins is what ends or is missing at the end: Arizona's form, with the ends as Texas
    splits them. Of children nothing is shown, since less the episodes it would count the few who ran again.
    """
    row = connection.execute(
        """SELECT count(*), count(*) FILTER (began_day < first_day), count(*) FILTER (began_day >= first_day),
        count(*) FILTER (ended_day <= last_day AND is_found_outcome(outcome)),
        count(*) FILTER (ended_day <= last_day AND is_out_of_care(outcome)),
        count(*) FILTER (ended_day <= last_day AND NOT is_found_outcome(outcome) AND NOT is_out_of_care(outcome)),
        count(*) FILTER (ended_day IS NULL OR ended_day > last_day)
        FROM lines CROSS JOIN request WHERE in_audit_population"""
    ).fetchall()[0]
    total, numbers = row[0], dict(zip(FLOWS, row[1:], strict=True))
    if is_small(total):
        return []
    blanks = _lonely({name: numbers[name] for name in FLOWS[:2]}) | _lonely({name: numbers[name] for name in FLOWS[2:]})
    figures = [None if name in blanks else numbers[name] for name in FLOWS]
    return [(total, *figures, ";".join(name for name in FLOWS if name in blanks))]


def _lonely(parts: dict[str, int]) -> set[str]:
    """The parts of a shown total to hide: small ones, and the smallest others until their sum says nothing of one."""
    blanks = {name for name, number in parts.items() if is_small(number)}
    rest = sorted((number, name) for name, number in parts.items() if name not in blanks)
    while blanks and rest and (len(blanks) < 2 or is_small(sum(parts[name] for name in blanks))):
        blanks.add(rest.pop(0)[1])
    return blanks


def _side_by_side(views: dict[str, Counted], outcomes: Sequence[str]) -> dict[str, Counted]:
    """The views that can be shown beside one another, the first of VIEWS in any case.

    One view is often part of another: what is in time by the state's two hours is in time by the nation's 24, and what
    is by these is by calendar days. So the difference of two shown cells is a count of episodes, and may not be small.
    """
    subset: dict[str, Counted] = {}
    for name in sorted(views, key=VIEWS.index):
        tried = {**subset, name: views[name]}
        _, tables, cells = _protected(tried, outcomes)
        if not subset or not _differs_by_few(tables, cells):
            subset = tried
    return subset


def _differs_by_few(tables: dict[str, Counted], cells: dict[str, set[Cell]]) -> bool:
    for one, other in combinations(tables, 2):
        for place, (value, row) in enumerate(tables[one].items()):
            for at, number in enumerate(row):
                is_shown = not {(place, at)} & (cells[one] | cells[other])
                if is_shown and is_small(abs(number - tables[other][value][at])):
                    return True
    return False


def _protected(
    views: dict[str, Counted], outcomes: Sequence[str]
) -> tuple[list[str], dict[str, Counted], dict[str, set[Cell]]]:
    """Outcomes that stand alone, and the folded table of each view with its hidden cells.

    The views count the same episodes and often agree, so that a cell hidden in one would be given away by another.
    """
    totals = [
        dict(zip(OUTCOMES, map(sum, zip(*counted.values(), strict=True)), strict=True)) for counted in views.values()
    ]
    alone = fold_columns(totals, outcomes)
    pooled = {view: pool(counted) for view, counted in views.items()}
    if not alone or not all(pooled.values()):
        return [], {}, {}  # so few episodes that nothing about them may be shown
    tables = {
        view: {value: [*(c[OUTCOMES.index(n)] for n in alone), _rest(c, alone)] for value, c in counted.items()}
        for view, counted in pooled.items()
    }
    everywhere: set[Cell] = set()
    while True:
        cells = {view: hide(list(table.values()), also=everywhere) for view, table in tables.items()}
        if set().union(*cells.values()) == everywhere:
            return alone, tables, cells
        everywhere |= set().union(*cells.values())


def pool(counted: Counted) -> Counted:
    """Values with few episodes taken together, with the next smallest while even they are few; empty if all are."""
    large = {value: counts for value, counts in sorted(counted.items()) if not is_small(sum(counts))}
    rest = [counts for value, counts in sorted(counted.items()) if value not in large]
    while rest and is_small(sum(map(sum, rest))):
        if not large:
            return {}
        smallest = min(large, key=lambda value: (sum(large[value]), value))
        rest.append(large.pop(smallest))
    return large | ({POOLED: [sum(column) for column in zip(*rest, strict=True)]} if rest else {})


def _rest(counts: list[int], alone: list[str]) -> int:
    return sum(number for name, number in zip(OUTCOMES, counts, strict=True) if name not in alone)
