"""Hides small cells of a table so that nobody can get them back from its margins (spec 6: below 11, complementary).

A table with published row and column totals is a network: a hidden cell is an arc between its row and its column, and
every other way to fill the hidden cells is a set of cycles. A hidden cell can be recovered when no cycle through it
can carry one more or one less. That is decided here exactly, and cells are added until none can be recovered.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, count

THRESHOLD = 11
ZERO_COST = 1_000_000
"""A zero is hidden only where nothing else helps: it is no small count of anybody."""
Cell = tuple[int, int]
Table = Sequence[Sequence[int]]
OTHER = "other"


def is_small(number: int, threshold: int = THRESHOLD) -> bool:
    """1 to threshold-1: somebody is in the cell, and few are."""
    return 0 < number < threshold


def fold_columns(tables: Sequence[Mapping[str, int]], keep: Sequence[str], threshold: int = THRESHOLD) -> list[str]:
    """Which of `keep` stand alone in every table; all others go into one further column. No total is small then.

    Args:
        tables: the column totals of each table that is shown beside the others.
        keep: names, the most wanted first.
        threshold: as for `hide`.

    Returns:
        As many names as can be, in the order of `keep`; empty if not even the whole is large enough.
    """
    for size in range(len(keep), 0, -1):
        for alone in combinations(keep, size):
            totals = [total[name] for total in tables for name in alone]
            rests = [sum(n for name, n in total.items() if name not in alone) for total in tables]
            if not any(is_small(number, threshold) for number in (*totals, *rests)):
                return list(alone)
    return []


def hide(table: Table, threshold: int = THRESHOLD, also: Iterable[Cell] = ()) -> set[Cell]:
    """The cells to hide, small ones and those that would give them away.

    Args:
        table: counts without margins; row and column totals are taken to be published, none of them small.
        threshold: a count from 1 to below this is small.
        also: cells that are hidden in any case, such as those of a table that nearly repeats this one.

    Returns:
        (row, column) of every hidden cell; every filled cell where nothing less is safe.
    """
    hidden = {(r, c) for r, row in enumerate(table) for c, n in enumerate(row) if is_small(n, threshold)}
    empty = {c for c, column in enumerate(zip(*table, strict=True)) if not any(column)}
    hidden |= {
        (r, c) for r, c in also if c not in empty and any(table[r])
    }  # its margin says that an empty line is empty
    for cell in sorted(hidden):
        if not _is_safe(table, hidden, cell):
            hidden |= _cheapest_cycle(table, hidden, cell)
    while exposed := sorted(cell for cell in hidden if not _is_safe(table, hidden, cell)):
        more = _cheapest_cycle(table, hidden, exposed[0]) - hidden
        if not more:
            return {(r, c) for r, row in enumerate(table) for c in range(len(row))}
        hidden |= more
    return hidden


def _least(table: Table, cell: Cell) -> int:
    """A hidden cell is known not to be empty, unless it is a zero that had to be hidden."""
    return 1 if table[cell[0]][cell[1]] else 0


def _is_safe(table: Table, hidden: set[Cell], cell: Cell) -> bool:
    return any(_path(table, hidden, cell, up, free=False) is not None for up in (True, False))


def _cheapest_cycle(table: Table, hidden: set[Cell], cell: Cell) -> set[Cell]:
    paths = [path for up in (True, False) if (path := _path(table, hidden, cell, up, free=True)) is not None]
    return min(paths, key=lambda path: (path[0], sorted(path[1])))[1] if paths else set()


def _path(table: Table, hidden: set[Cell], cell: Cell, up: bool, *, free: bool) -> tuple[int, set[Cell]] | None:
    """The cheapest way to make up for one more (`up`) or one less in a cell, through other hidden cells.

    `free` allows cells that are not hidden yet, at the cost of their count. Dijkstra over rows and columns: one more in
    (r, c) needs one less in column c, so one more in that row, and so on until row r has one less.
    """
    row, column = cell
    if not up and table[row][column] <= _least(table, cell):
        return None
    rows, columns = range(len(table)), range(len(table[0]))
    # Nodes: rows as (0, r), columns as (1, c). With `up`, a column is left by one less, a row by one more.
    start, goal = (1, column) if up else (0, row), (0, row) if up else (1, column)
    tie = count()
    queue: list[tuple[int, int, tuple[int, int], set[Cell]]] = [(0, next(tie), start, set())]
    done: set[tuple[int, int]] = set()
    while queue:
        cost, _, node, used = heapq.heappop(queue)
        if node == goal:
            return cost, used
        if node in done:
            continue
        done.add(node)
        is_column, index = node
        for other in rows if is_column else columns:
            step = (other, index) if is_column else (index, other)
            if step == cell or (not free and step not in hidden):
                continue
            takes_away = bool(is_column)
            if takes_away and table[step[0]][step[1]] <= _least(table, step):
                continue
            price = 0 if step in hidden else table[step[0]][step[1]] or ZERO_COST
            heapq.heappush(queue, (cost + price, next(tie), (1 - is_column, other), used | {step}))
    return None
