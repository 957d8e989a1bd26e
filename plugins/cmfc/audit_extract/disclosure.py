"""The tables that may leave the agreement: small cells hidden, with those that would give them away (spec 6).

Only the auditor's population is shared. Two populations of which one holds the other would give small cells away by
subtraction, and so would a total that is shown in one table and hidden in another; so totals are never hidden: values
with few episodes are taken together, and outcomes with few are folded into `other`, alike in all tables of a dimension.
"""

from collections import defaultdict

import duckdb
import pyarrow as pa

from cmfc.audit_extract.suppression import OTHER, Cell, fold_columns, hide, is_small
from cmfc.audit_extract.tables import OUTCOMES

SHOWN = OUTCOMES[:4]
POOLED = "(others)"
Counted = dict[str, list[int]]


def draw_shareable(connection: duckdb.DuckDBPyConnection) -> int:
    """Make the table `shareable` from `timeliness`; give the number of hidden cells."""
    by_view: dict[tuple[str, str], dict[str, Counted]] = defaultdict(lambda: defaultdict(dict))
    rows = connection.execute(
        f"SELECT recipient, dimension, view, value, {', '.join(OUTCOMES)} FROM timeliness"
        " WHERE population = 'audit' ORDER BY recipient, dimension, view, value"
    ).fetchall()
    for recipient, dimension, view, value, *counts in rows:
        by_view[recipient, dimension][view][value] = counts
    rows_of_table: list[tuple[object, ...]] = []
    hidden = 0
    for (recipient, dimension), views in by_view.items():
        alone, tables, cells = _protected(views)
        gone = ";".join(n for n in SHOWN if n not in alone)
        for view, table in tables.items():
            hidden += len(cells[view])
            for place, (value, row) in enumerate(table.items()):
                visible = {n: row[at] for at, n in enumerate((*alone, OTHER)) if (place, at) not in cells[view]}
                hid = ";".join(n for at, n in enumerate((*alone, OTHER)) if (place, at) in cells[view])
                shown = (visible.get(n) for n in (*SHOWN, OTHER))
                rows_of_table.append((recipient, view, dimension, value, sum(row), *shown, hid, gone))
    columns = ("recipient", "view", "dimension", "value", "episodes", *SHOWN, OTHER, "hidden", "folded")
    kinds = [pa.string()] * 4 + [pa.int64()] * 6 + [pa.string()] * 2
    arrays = [pa.array([row[at] for row in rows_of_table], kind) for at, kind in enumerate(kinds)]
    connection.register("made", pa.table(dict(zip(columns, arrays, strict=True))))
    connection.execute("CREATE TABLE shareable AS SELECT * FROM made")
    connection.unregister("made")
    return hidden


def _protected(views: dict[str, Counted]) -> tuple[list[str], dict[str, Counted], dict[str, set[Cell]]]:
    """Outcomes that stand alone, and the folded table of each view with its hidden cells.

    The views count the same episodes and often agree, so that a cell hidden in one would be given away by another.
    """
    totals = [
        dict(zip(OUTCOMES, map(sum, zip(*counted.values(), strict=True)), strict=True)) for counted in views.values()
    ]
    alone = fold_columns(totals, SHOWN)
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
