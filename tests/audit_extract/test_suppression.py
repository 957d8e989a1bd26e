"""No hidden cell can be computed from what is shown, checked by linear programming and not by the code that hid it."""

import csv
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from cmfc.audit_extract.disclosure import SHOWN, _side_by_side, pool
from cmfc.audit_extract.suppression import THRESHOLD, fold_columns, hide, is_small
from cmfc.audit_extract.tables import OUTCOMES
from tests.support.audited import Audited

Table = list[list[int]]


def bounds_of(table: Table, hidden: set[tuple[int, int]], least: int) -> dict[tuple[int, int], tuple[float, float]]:
    """The least and most that each hidden cell can be, from the shown cells and every row and column total."""
    cells = sorted(hidden)
    lines, sums = [], []
    for axis, size in ((0, len(table)), (1, len(table[0]))):
        for line in range(size):
            members = [cell for cell in cells if cell[axis] == line]
            if members:
                lines.append([float(cell in members) for cell in cells])
                sums.append(sum(table[r][c] for r, c in members))
    bounds = {}
    for place, cell in enumerate(cells):
        aim = np.zeros(len(cells))
        aim[place] = 1
        low, high = (
            linprog(sign * aim, A_eq=lines, b_eq=sums, bounds=[(least, None)] * len(cells)) for sign in (1, -1)
        )
        assert low.success and high.success
        bounds[cell] = (low.fun, -high.fun)
    return bounds


def has_small_margin(table: Table) -> bool:
    return any(is_small(sum(line)) for line in (*table, *zip(*table, strict=True)))


tables = st.integers(2, 6).flatmap(
    lambda columns: st.lists(
        st.lists(st.one_of(st.integers(0, 14), st.integers(0, 400)), min_size=columns, max_size=columns),
        min_size=2,
        max_size=7,
    )
)


@settings(max_examples=80, deadline=None)
@given(tables)
def test_no_hidden_cell_can_be_computed_from_the_margins(table: Table) -> None:
    if has_small_margin(table):
        table = [[n + 11 for n in row] if is_small(sum(row)) else row for row in table]
    if has_small_margin(table):
        return
    hidden = hide(table)
    small = {(r, c) for r, row in enumerate(table) for c, n in enumerate(row) if is_small(n)}
    assert small <= hidden
    # Where nothing less is safe the whole table is withheld; its large cells may then follow from the margins.
    watched = small if len(hidden) == len(table) * len(table[0]) else hidden
    leasts = (0, 1) if all(table[r][c] for r, c in hidden) else (0,)  # 1: for those who know that no zero is hidden
    for least in leasts:
        bounds = bounds_of(table, hidden, least)
        for cell in watched:
            assert bounds[cell][1] - bounds[cell][0] >= 1 - 1e-6, (cell, bounds[cell])


def test_the_check_sees_a_cell_that_only_its_row_hides() -> None:
    """The test above must be able to fail: one hidden cell is its row's total less the rest."""
    table = [[5, 20, 30], [40, 50, 60]]
    assert bounds_of(table, {(0, 0)}, 0)[0, 0] == (5, 5)
    assert len(hide(table)) == 4


def test_a_table_without_small_cells_is_shown_whole() -> None:
    assert hide([[11, 0, 40], [12, 13, 0]]) == set()


def test_cells_that_another_table_hides_are_hidden_here_too() -> None:
    hidden = hide([[50, 60, 70], [80, 90, 100]], also={(0, 0)})
    assert (0, 0) in hidden and len(hidden) == 4


def test_a_bridge_is_closed_by_hiding_a_zero() -> None:
    """Row 3 has one cell, column 1 two: without a hidden zero, five would be forty less what row 3 shows."""
    table = [[5, 20, 0], [0, 30, 0], [40, 0, 0]]
    for cell, (low, high) in bounds_of(table, hide(table), 0).items():
        assert high - low >= 1, cell


def test_columns_with_few_are_folded_and_the_rest_is_not_small() -> None:
    totals = {"never": 200, "late": 9, "on_time": 100, "undetermined": 0, "no_duty": 4}
    alone = fold_columns([totals], SHOWN)
    assert "on_time" in alone and "late" not in alone
    assert not is_small(sum(n for name, n in totals.items() if name not in alone))
    assert fold_columns([{"never": 3, "late": 2, "on_time": 0, "undetermined": 0}], SHOWN) == []


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.lists(st.integers(0, 30), min_size=2, max_size=2)))
def test_pooling_keeps_every_episode_and_leaves_no_small_total(counted: dict[str, list[int]]) -> None:
    pooled = pool(counted)
    if not pooled:
        assert is_small(sum(map(sum, counted.values()))) or not counted
        return
    assert sum(map(sum, pooled.values())) == sum(map(sum, counted.values()))
    assert not any(is_small(sum(row)) for row in pooled.values())


def test_the_shared_file_of_the_planted_year_gives_no_small_cell_away(audited: Audited, tmp_path: Path) -> None:
    audited.build(tmp_path / "package", year_begins=1)
    with (tmp_path / "package" / "shareable" / "timeliness.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    grouped: dict[tuple[str, ...], list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        grouped[row["recipient"], row["view"], row["dimension"]].append(row)
        assert int(row["episodes"]) >= THRESHOLD
        assert not any(is_small(int(row[name] or 0)) for name in (*SHOWN, "other"))
    checked = 0
    whole = {key[:2]: group[0] for key, group in grouped.items() if key[2] == "all"}
    for (recipient, view, dimension), group in grouped.items():
        checked += _recoverable(group, whole[recipient, view], dimension)
    assert checked > 20


def test_no_two_views_of_the_shared_file_differ_by_few(audited: Audited, tmp_path: Path) -> None:
    """What is in time by the stricter rule is in time by the other: the difference would be a count of episodes."""
    audited.build(tmp_path / "package", year_begins=1)
    with (tmp_path / "package" / "shareable" / "timeliness.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    cells: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row in rows:
        for name in (*SHOWN, "other"):
            cells[row["recipient"], row["dimension"], row["value"], name] += [int(row[name])] if row[name] else []
    assert not [key for key, some in cells.items() if any(is_small(abs(a - b)) for a, b in combinations(some, 2))]
    assert {row["view"] for row in rows if row["dimension"] == "all"} >= {"statute"}


def test_a_view_is_left_out_where_it_differs_from_the_first_by_few() -> None:
    def counted(on_time: int) -> dict[str, list[int]]:
        return {"all": [on_time if name == "on_time" else 90 - on_time if name == "late" else 0 for name in OUTCOMES]}

    views = {"state": counted(40), "calendar_days": counted(52), "statute": counted(50)}
    assert set(_side_by_side(views, SHOWN)) == {"statute"}
    assert set(_side_by_side({**views, "state": counted(39), "calendar_days": counted(50)}, SHOWN)) == set(views)


def _recoverable(group: list[dict[str, str]], whole: dict[str, str], dimension: str) -> int:
    """Asserts that no hidden cell is determined; totals of a column come from the row `all` where it shows them."""
    names = [name for name in (*SHOWN, "other") if name not in group[0]["folded"].split(";")]
    hidden = [(at, name) for at, row in enumerate(group) for name in names if row[name] == ""]
    if dimension == "all" or not hidden:
        return 0
    equations, sums = [], []
    for at, row in enumerate(group):
        equations.append([float(cell[0] == at) for cell in hidden])
        sums.append(int(row["episodes"]) - sum(int(row[name] or 0) for name in names))
    if whole["folded"] == group[0]["folded"]:
        for name in names:
            equations.append([float(cell[1] == name) for cell in hidden])
            sums.append(int(whole[name]) - sum(int(row[name] or 0) for row in group))
    for place, cell in enumerate(hidden):
        aim = np.zeros(len(hidden))
        aim[place] = 1
        ends = [linprog(sign * aim, A_eq=equations, b_eq=sums, bounds=[(0, None)] * len(hidden)) for sign in (1, -1)]
        assert all(end.success for end in ends)
        assert -ends[1].fun - ends[0].fun >= 1 - 1e-6, cell
    return len(hidden)


def test_hiding_does_not_depend_on_chance() -> None:
    table = [[5, 30, 30, 30], [30, 30, 30, 30], [30, 30, 30, 7]]
    assert len({frozenset(hide(table)) for _ in range(5)}) == 1


@pytest.mark.parametrize("size", [60])
def test_a_state_with_many_counties_is_hidden_in_a_moment(size: int) -> None:
    random = np.random.default_rng(3)
    table = [[int(n) for n in random.poisson(mean, 5)] for mean in random.integers(8, 80, size)]
    hidden = hide(table)
    assert {(r, c) for r, row in enumerate(table) for c, n in enumerate(row) if is_small(n)} <= hidden
