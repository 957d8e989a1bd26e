"""The damages of one cell or one row each, made from the catalogue, and how many of them fit one night.

Each hits another child of the set. So many fit a night that no contract breaks by their number: less than 4 % of a
feed's rows in one column, less than 10 % in all (spec 1: 5 % of keys, 20 % of a column or of a feed's rows).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random

from cmfc.feeds.catalog import Column, Feed, feeds
from tests.damage.agency import WITNESS, Agency, Row
from tests.damage.honest import excuse
from tests.damage.values import GARBAGE, Cell, Value, values_of
from tests.damage.verdicts import names_of

ROW = "(row)"
PER_COLUMN, PER_FEED = 0.04, 0.10


@dataclass(frozen=True)
class Spec:
    """A damage before it has a child: `name` is one of those of its column, or of a row."""

    feed: str
    column: str
    shape: str
    name: str


@dataclass(frozen=True)
class Damage:
    """One damage of one record.

    Attributes:
        child: the child of the set that must stand, or be named.
        row: the record as it was; it lies at `place` in the feed's rows.
        instead: what stands in its place; other rows at its end.
        end: rows appended to the feed.
        excuse: why the night cannot know (honest.py); empty where it must.
        names: how a finding may name the record.
    """

    spec: Spec
    child: str
    place: int
    row: Row
    instead: tuple[Row, ...]
    end: tuple[Row, ...] = ()
    excuse: str = ""
    names: frozenset[str] = frozenset()


@dataclass
class Planner:
    """Makes damages of an agency's records."""

    agency: Agency
    places: dict[int, tuple[str, int]] = field(default_factory=dict)
    went: dict[str, datetime] = field(default_factory=dict)
    born: dict[str, date] = field(default_factory=dict)
    donors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        rows = self.agency.rows
        self.places = {id(row): (name, i) for name in rows for i, row in enumerate(rows[name])}
        for row in rows["children"]:
            self.born[row["child_id"]] = date.fromisoformat(row["date_of_birth"])
        for child in self.agency.missing:
            row = self.agency.target.get(("absences", child)) or self.agency.target["placements", child]
            self.went[child] = datetime.fromisoformat(row.get("absent_since") or row["began_at"])
        self.donors = [child for child in self.born if child not in self.agency.missing]

    def specs(self) -> list[Spec]:
        """Every damage of every cell and row of the catalogue, by shape."""
        return [
            Spec(feed.name, column, shape, name)
            for feed in feeds().values()
            for shape in WITNESS[feed.name]
            for column in (*feed.columns, ROW)
            for name in self._names(feed, column, self.agency.of_shape(shape)[0])
        ]

    def _names(self, feed: Feed, column: str, child: str) -> list[str]:
        row = self.agency.target[feed.name, child]
        if column == ROW:
            return [name for name, _, _, _ in _row_damages(feed, row, self._cells(feed, child, row))]
        return [value.name for value in values_of(self._cell(feed, feed.columns[column], child, row))]

    def damage(self, spec: Spec, child: str) -> Damage | None:
        """The damage done to this child's record; None where it would change nothing."""
        feed, row = feeds()[spec.feed], self.agency.target[spec.feed, child]
        place = self.places[id(row)][1]
        if spec.column == ROW:
            return self._row_damage(spec, feed, child, row, place)
        cell = self._cell(feed, feed.columns[spec.column], child, row)
        value = next((v for v in values_of(cell) if v.name == spec.name), None)
        if value is None:
            return None
        fresh = row | {spec.column: value.text}
        keys = {row[feed.key], fresh[feed.key]}
        return Damage(
            spec, child, place, row, (fresh,), excuse=self._excuse(feed, spec.column, value, row, child),
            names=frozenset(names_of(feed.name, keys)),
        )  # fmt: skip

    def _row_damage(self, spec: Spec, feed: Feed, child: str, row: Row, place: int) -> Damage | None:
        for name, instead, end, why in _row_damages(feed, row, self._cells(feed, child, row)):
            if name == spec.name:
                keys = {line[feed.key] for line in (row, *instead, *end)}
                names = frozenset(names_of(feed.name, keys))
                return Damage(spec, child, place, row, instead, end, why, names)
        return None

    def _excuse(self, feed: Feed, column: str, value: Value, row: Row, child: str) -> str:
        shape, ids = self.agency.missing[child], set(self.born)
        return excuse(feed.name, column, value.means, row, shape, self.went[child], ids)

    def _cells(self, feed: Feed, child: str, row: Row) -> dict[str, Cell]:
        return {name: self._cell(feed, column, child, row) for name, column in feed.columns.items()}

    def _cell(self, feed: Feed, column: Column, child: str, row: Row) -> Cell:
        at = self.places[id(row)][1]
        rows = self.agency.rows[feed.name]
        around = (rows[(at + step) % len(rows)] for step in range(3, 60))
        strangers = (r for r in around if r["child_id"] not in self.agency.missing)
        other = next((r[column.name] for r in strangers if r[column.name] not in ("", row[column.name])), "")
        begins = datetime.fromisoformat(row[feed.begins]) if feed.begins else self.went[child]
        return Cell(column, row[column.name], begins, self.born[child], other, self.donors[at % len(self.donors)])


Change = tuple[str, tuple[Row, ...], tuple[Row, ...], str]


def _row_damages(feed: Feed, row: Row, cells: dict[str, Cell]) -> Iterator[Change]:
    """Name, what stands instead, what stands at the end, and the excuse."""
    names = list(feed.columns)
    values = [row[name] for name in names]
    reason = "the row is gone, and what is left is whole" if feed.name in ("absences", "placements") else ""
    yield "deleted", (), (), reason
    yield "all cells empty", (dict.fromkeys(names, ""),), (), reason
    yield "doubled", (row, row), (), ""
    yield "moved to the end", (), (row,), ""
    yield "doubled at the end", (row,), (row,), ""
    yield "all cells garbage", (dict.fromkeys(names, GARBAGE),), (), ""
    yield "all but the key empty", (dict.fromkeys(names, "") | {feed.key: row[feed.key]},), (), ""
    yield "all but the child empty", (dict.fromkeys(names, "") | {"child_id": row["child_id"]},), (), ""
    yield "shifted right", (dict(zip(names, ["", *values[:-1]], strict=True)),), (), ""
    yield "shifted left", (dict(zip(names, [*values[1:], ""], strict=True)),), (), ""
    yield "the header again", (dict(zip(names, names, strict=True)),), (), ""
    yield "the header again before it", (dict(zip(names, names, strict=True)), row), (), ""
    yield "a total before it", (dict.fromkeys(names, "") | {feed.key: "Total: 4"}, row), (), ""
    yield from _other_content(feed, row, cells)


def _other_content(feed: Feed, row: Row, cells: dict[str, Cell]) -> Iterator[Change]:
    """The row twice, once with another value in one column."""
    for name, column in feed.columns.items():
        if name == feed.key:
            continue
        for value in values_of(cells[name]):
            if column.type == "code" and value.name not in {f"code {c}" for c in column.codes} | {"garbage"}:
                continue
            if column.type != "code" and value.name not in _TWINS:
                continue
            twin = row | {name: value.text}
            # Before or after by turns: neither may matter.
            both = (row, twin) if len(value.name) % 2 else (twin, row)
            yield f"doubled, {name} {value.name}", both, (), ""


_TWINS = (
    "true as true", "false as false", "says nothing: empty", "garbage", "another row's", "another child's id",
    "ten years back", "a day after the begin", "this morning",
)  # fmt: skip


def nights_of(planner: Planner, specs: Sequence[Spec], seed: int) -> Iterator[list[Damage]]:
    """Deal the damages out to children and nights; every child is hit once a night."""
    dice = Random(seed)
    rest = list(specs)
    dice.shuffle(rest)
    children = {shape: planner.agency.of_shape(shape) for shapes in WITNESS.values() for shape in shapes}
    turn: Counter[str] = Counter()
    while rest:
        night: list[Damage] = []
        later: list[Spec] = []
        hit: set[str] = set()
        count: Counter[str] = Counter()
        for spec in rest:
            rows = len(planner.agency.rows[spec.feed])
            share = {spec.feed: PER_FEED, f"{spec.feed} {spec.column}": PER_COLUMN}
            child = _next(children[spec.shape], turn, spec.shape, hit)
            if child is None or any(count[what] + 1 >= part * rows for what, part in share.items()):
                later.append(spec)
                continue
            if damage := planner.damage(spec, child):
                hit.add(child)
                count.update(share)
                night.append(damage)
        if not night:
            raise AssertionError(f"the agency is too small for {len(later)} damages")
        yield night
        rest = later


def _next(children: Sequence[str], turn: Counter[str], shape: str, hit: set[str]) -> str | None:
    for _ in range(len(children)):
        child = children[turn[shape] % len(children)]
        turn[shape] += 1
        if child not in hit:
            return child
    return None


Places = dict[int, tuple[str, list[int]]]
"""Where the rows of each damage lie in its feed, counted from 0."""


def damaged_rows(agency: Agency, damages: Sequence[Damage]) -> tuple[dict[str, list[Row]], Places]:
    """The feeds that these damages change, and where."""
    by_feed: dict[str, dict[int, Damage]] = defaultdict(dict)
    for damage in damages:
        by_feed[damage.spec.feed][damage.place] = damage
    changed: dict[str, list[Row]] = {}
    places: Places = {}
    for name, at in by_feed.items():
        lines: list[Row] = []
        for place, row in enumerate(agency.rows[name]):
            if place in at:
                places[id(at[place])] = (name, list(range(len(lines), len(lines) + len(at[place].instead))))
            lines.extend(at[place].instead if place in at else (row,))
        for place in sorted(at):
            places[id(at[place])][1].extend(range(len(lines), len(lines) + len(at[place].end)))
            lines.extend(at[place].end)
        changed[name] = lines
    return changed, places
