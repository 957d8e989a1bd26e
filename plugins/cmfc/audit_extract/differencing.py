"""Whether what was released, taken together, gives a count from 1 to 10 away (spec 6, A release register).

Every figure that is shown says that a sum of unknown counts is a number. The unknown counts are those of one month (or
of months that every release takes together), recipient, view, value and outcome. A count is given away if every way to
fill in whole numbers has the same number from 1 to 10 in its place. First what follows from one sum at a time; then, in
each group of counts that no sum joins with others, integer programming: filling in at random shows most counts to be
free, and the rest are taken one by one, least and most.
"""

import time
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from cmfc.audit_extract.disclosure import FLOWS, POOLED, SHOWN
from cmfc.audit_extract.suppression import OTHER, is_small

SPARE = 1000
"""How far an unknown count may lie above all that is shown; some are in no sum, and need an end."""
ROUNDS = 6
"""Fillings at random, before counts are taken one by one."""
UNNAMED = "(unnamed)"
REST = "rest"
Form = tuple[str, tuple[int, ...]]
"""What it is called, and the unknown counts whose sum it is."""
Sum = tuple[dict[int, int], int]
"""Unknown counts, each with the sign it has in the sum, and what the sum is."""


class Contradiction(Exception):
    """Two releases say different things of the same."""


class TooLong(Exception):
    """It could not be decided in time."""


@dataclass(frozen=True)
class Shared:
    """What one release shows.

    Attributes:
        period: its name (disclosure.share_period).
        first, last: its days.
        timeliness, flows: rows of the shareable tables, by column; None where nothing is shown.
        corrects: the name of the correction, where it takes the place of what was released before.
        agencies: of a state's release, those whose episodes it counts.
    """

    period: str
    first: date
    last: date
    timeliness: tuple[Mapping[str, Any], ...]
    flows: tuple[Mapping[str, Any], ...]
    corrects: str = ""
    agencies: tuple[str, ...] = ()

    @property
    def months(self) -> tuple[str, ...]:
        """The months it is made of."""
        count = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        begins = self.first.year * 12 + self.first.month - 1
        return tuple(f"{n // 12}-{n % 12 + 1:02}" for n in range(begins, begins + count))


@dataclass
class _System:
    """Unknown counts by name, and sums of them that are known (or nought)."""

    names: dict[Hashable, int] = field(default_factory=dict)
    sums: list[Sum] = field(default_factory=list)

    def at(self, *name: Hashable) -> int:
        """The place of an unknown count."""
        return self.names.setdefault(name, len(self.names))

    def say(self, plus: Iterable[int], number: int = 0, minus: Iterable[int] = ()) -> None:
        """A sum less another is a number."""
        terms: dict[int, int] = {}
        for sign, places in ((1, plus), (-1, minus)):
            for place in places:
                terms[place] = terms[place] + sign if place in terms else sign
        self.sums.append((terms, number))


def given_away(releases: Sequence[Shared], seconds: float = 600) -> list[str]:
    """Which counts from 1 to 10 follow from all of what these releases show, by name; the first ones that are found.

    Raises:
        Contradiction: no counts fit them all.
        TooLong: it was not decided within the seconds.
    """
    system, forms = _lay_out(current(releases))
    if not system.names:
        return []
    return _fixed(system, forms, time.monotonic() + seconds)


def current(releases: Sequence[Shared]) -> list[Shared]:
    """Without what a named correction took the place of: former releases that have a month of it in common."""
    latest: list[Shared] = []
    for one in releases:
        if one.corrects:
            latest = [former for former in latest if not set(former.months) & set(one.months)]
        latest.append(one)
    return latest


def _lay_out(releases: Sequence[Shared]) -> tuple[_System, list[Form]]:
    system, forms = _System(), list[Form]()
    parts = _parts(releases)
    values = _values(releases)
    views = {(row["recipient"], row["view"]) for one in releases for row in one.timeliness if not row["not_checked"]}
    for part in sorted(set(parts.values())):
        for dimension, universe in values.items():
            for value in universe:
                total = system.at("t", part, dimension, value)
                forms.append((f"{part} {dimension} {value}: episodes", (total,)))
                for to, view in sorted(views):
                    cells = [system.at("x", part, to, view, dimension, value, o) for o in (*SHOWN, REST)]
                    system.say(cells, minus=[total])
                    forms += [(f"{part} {to} {view} {dimension} {value}: {o}", (cell,))
                              for o, cell in zip((*SHOWN, REST), cells, strict=True)]  # fmt: skip
            if dimension != "all":
                _add_up(system, part, dimension, universe, views)
    for one in releases:
        _say_timeliness(system, forms, one, sorted({parts[month] for month in one.months}), values)
    _say_flows(system, forms, releases, parts)
    return system, forms


def _parts(releases: Sequence[Shared]) -> dict[str, str]:
    """Months that every release takes together are one unknown; it is called by its first month."""
    together: dict[tuple[bool, ...], str] = {}
    parts: dict[str, str] = {}
    for month in sorted({month for one in releases for month in one.months}):
        key = tuple(month in one.months for one in releases)
        parts[month] = together.setdefault(key, month)
    return parts


def _values(releases: Sequence[Shared]) -> dict[str, list[str]]:
    named: dict[str, set[str]] = {"all": {"all"}}
    for one in releases:
        for row in one.timeliness:
            named.setdefault(row["dimension"], {UNNAMED}).add(row["value"])
    return {dimension: sorted(those - {POOLED}) for dimension, those in sorted(named.items())}


def _add_up(system: _System, part: str, dimension: str, universe: list[str], views: set[tuple[str, str]]) -> None:
    system.say([system.at("t", part, dimension, v) for v in universe], minus=[system.at("t", part, "all", "all")])
    for to, view in sorted(views):
        for o in (*SHOWN, REST):
            plus = [system.at("x", part, to, view, dimension, v, o) for v in universe]
            system.say(plus, minus=[system.at("x", part, to, view, "all", "all", o)])


def _say_timeliness(
    system: _System, forms: list[Form], one: Shared, parts: list[str], values: Mapping[str, list[str]]
) -> None:
    named: dict[tuple[str, str, str], set[str]] = {}
    for row in one.timeliness:
        named.setdefault((row["recipient"], row["view"], row["dimension"]), set()).add(row["value"])
    for (_, _, dimension), there in named.items():
        if POOLED not in there:  # nobody is in a value that is not named
            missing = [v for v in values[dimension] if v not in there]
            system.say([system.at("t", p, dimension, v) for p in parts for v in missing])
    for row in one.timeliness:
        to, view, dimension = row["recipient"], row["view"], row["dimension"]
        own = [row["value"]]
        if own == [POOLED]:
            own = [v for v in values[dimension] if v not in named[to, view, dimension]]
        system.say([system.at("t", p, dimension, v) for p in parts for v in own], row["episodes"])
        if row["not_checked"]:
            continue
        hidden = [name for name in (row["hidden"] or "").split(";") if name]
        folded = [name for name in (row["folded"] or "").split(";") if name]
        for column in (*(name for name in SHOWN if name not in folded), OTHER):
            outcomes = [REST, *folded] if column == OTHER else [column]
            cells = tuple(system.at("x", p, to, view, dimension, v, o) for p in parts for v in own for o in outcomes)
            if column in hidden:
                forms.append((f"{one.period} {to} {view} {dimension} {row['value']}: {column}", cells))
            else:
                system.say(cells, row[column])


def _say_flows(system: _System, forms: list[Form], releases: Sequence[Shared], parts: Mapping[str, str]) -> None:
    whole = {one.period: one for one in releases if one.flows}
    for one in whole.values():
        row = one.flows[0]
        cells = {name: system.at("f", one.period, name) for name in FLOWS}
        system.say([cells[name] for name in FLOWS[:2]], row["missing"])
        system.say([cells[name] for name in FLOWS[2:]], row["missing"])
        system.say([cells["new"]], minus=[system.at("t", p, "all", "all") for p in {parts[m] for m in one.months}])
        for name, cell in cells.items():
            if row[name] is None:
                forms.append((f"{one.period} stock and flow: {name}", (cell,)))
            else:
                system.say([cell], row[name])
        months = [month for month in one.months if month in whole and month != one.period]
        for name in ("returned", "left_care", "not_recorded"):
            if months:
                rest = [] if len(months) == len(one.months) else [system.at("f", one.period, name, REST)]
                system.say([*(system.at("f", m, name) for m in months), *rest], minus=[cells[name]])
        if months and one.months[0] == months[0]:
            system.say([system.at("f", months[0], "open_at_start")], minus=[cells["open_at_start"]])
        if months and one.months[-1] == months[-1]:
            system.say([system.at("f", months[-1], "open_at_end")], minus=[cells["open_at_end"]])
    singles = sorted(name for name, one in whole.items() if len(one.months) == 1)
    for former, latter in pairwise(singles):
        if _next(former) == latter:
            system.say([system.at("f", former, "open_at_end")], minus=[system.at("f", latter, "open_at_start")])


def _next(month: str) -> str:
    number = int(month[:4]) * 12 + int(month[5:])
    return f"{number // 12}-{number % 12 + 1:02}"


def _fixed(system: _System, forms: list[Form], deadline: float) -> list[str]:
    """The forms that can only be one small number; the first such ones are enough."""
    solution = _follow(system.sums)
    names = [name for name, cells in forms if _is_known_small(cells, solution)]
    if names:
        return list(dict.fromkeys(names))
    for sums, own in _apart(system.sums, forms, solution):
        if names := _fixed_apart(sums, own, solution, deadline):
            return list(dict.fromkeys(names))
    return []


def _is_known_small(cells: tuple[int, ...], solution: Mapping[int, int]) -> bool:
    return all(cell in solution for cell in cells) and is_small(sum(solution[cell] for cell in cells))


def _follow(sums: list[Sum]) -> dict[int, int]:
    """What follows from one sum at a time: its last unknown, and noughts where nothing is left to share out."""
    solution: dict[int, int] = {}
    using: dict[int, list[int]] = {}
    for at, (terms, _) in enumerate(sums):
        for cell in terms:
            using.setdefault(cell, []).append(at)
    waiting = list(range(len(sums)))
    while waiting:
        terms, number = sums[waiting.pop()]
        left = {cell: sign for cell, sign in terms.items() if sign and cell not in solution}
        rest = number - sum(sign * solution[cell] for cell, sign in terms.items() if cell in solution)
        if not left:
            if rest:
                raise Contradiction
            continue
        fresh: dict[int, int] = {}
        if len(left) == 1:
            ((cell, sign),) = left.items()
            fresh[cell] = rest * sign
        elif rest == 0 and len(set(left.values())) == 1:
            fresh = dict.fromkeys(left, 0)
        if any(value < 0 for value in fresh.values()):
            raise Contradiction
        solution |= fresh
        waiting += [at for cell in fresh for at in using[cell]]
    return solution


def _apart(sums: list[Sum], forms: list[Form], solution: Mapping[int, int]) -> list[tuple[list[Sum], list[Form]]]:
    """The sums with unknowns in groups of which no sum and no form joins two, each with its forms."""
    group: dict[int, int] = {}

    def top(cell: int) -> int:
        while group.setdefault(cell, cell) != cell:
            group[cell] = group[group[cell]]
            cell = group[cell]
        return cell

    joined = [[cell for cell, sign in terms.items() if sign] for terms, _ in sums] + [list(cells) for _, cells in forms]
    for cells in joined:
        unknown = [cell for cell in cells if cell not in solution]
        for cell in unknown[1:]:
            group[top(cell)] = top(unknown[0])
    parts: dict[int, tuple[list[Sum], list[Form]]] = {}
    for terms, number in sums:
        left = {cell: sign for cell, sign in terms.items() if sign and cell not in solution}
        if left:
            rest = number - sum(sign * solution[cell] for cell, sign in terms.items() if cell in solution)
            parts.setdefault(top(next(iter(left))), ([], []))[0].append((left, rest))
    for form in forms:
        unknown = [cell for cell in form[1] if cell not in solution]
        if unknown and top(unknown[0]) in parts:
            parts[top(unknown[0])][1].append(form)
    return [parts[key] for key in sorted(parts)]


def _fixed_apart(sums: list[Sum], forms: list[Form], solution: Mapping[int, int], deadline: float) -> list[str]:
    """As `_fixed`, of one group: filled in at random, then one by one."""
    cells = {cell for terms, _ in sums for cell in terms} | {c for _, own in forms for c in own if c not in solution}
    places = {cell: at for at, cell in enumerate(sorted(cells))}
    size = len(places)
    rows = [at for at, (terms, _) in enumerate(sums) for _ in terms]
    columns = [places[cell] for terms, _ in sums for cell in terms]
    data = [sign for terms, _ in sums for sign in terms.values()]
    matrix = csr_array((data, (rows, columns)), shape=(len(sums), size), dtype=float)
    numbers = np.array([number for _, number in sums], dtype=float)
    constraint, most = LinearConstraint(matrix, numbers, numbers), float(numbers.max(initial=0)) + SPARE

    def fill(aim: Any) -> Any:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TooLong
        done = milp(aim, constraints=constraint, bounds=Bounds(0, most), integrality=np.ones(size),
                    options={"time_limit": left})  # fmt: skip
        if done.status == 2:
            raise Contradiction
        if done.x is None or done.status != 0:
            raise TooLong
        return np.round(done.x)

    pairs = [(at, places[cell]) for at, (_, cells) in enumerate(forms) for cell in cells if cell in places]
    ones = ([1.0] * len(pairs), ([at for at, _ in pairs], [place for _, place in pairs]))
    added = csr_array(ones, shape=(len(forms), size))
    fixed = np.array([sum(solution[cell] for cell in cells if cell in solution) for _, cells in forms], dtype=float)
    first = added @ fill(np.zeros(size)) + fixed
    is_open = np.array([is_small(int(n)) for n in first], dtype=bool)
    chance = np.random.default_rng(0)
    for _ in range(ROUNDS):
        aim = chance.uniform(0.5, 1, size) * (added.T @ is_open.astype(float) > 0)
        for sign in (1, -1):
            if is_open.any():
                is_open &= added @ fill(sign * aim) + fixed == first
    names = []
    for at in np.flatnonzero(is_open):
        aim = added[[at]].toarray()[0]
        if all((added @ fill(sign * aim) + fixed)[at] == first[at] for sign in (1, -1)):
            names.append(forms[at][0])
    return names
