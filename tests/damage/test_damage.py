"""The damages themselves: they cover the catalogue, the agency stands, and a seeded tenth loses no child."""

from collections import Counter
from random import Random

import pytest

from cmfc.feeds.catalog import feeds
from tests.damage.agency import NIGHTS, SHAPES, WITNESS, Agency, plant
from tests.damage.damages import ROW, Planner, nights_of
from tests.damage.many import Outcome, run_damages
from tests.damage.nights import Nights, second_nights
from tests.damage.sources import KINDS
from tests.damage.table import line_of, lost, sentence
from tests.damage.texts import DELIMITER
from tests.damage.values import BY_TYPE
from tests.damage.verdicts import LOUD, Findings, read_findings
from tests.damage.wholes import wholes_of

pytestmark = pytest.mark.long

SEED, TENTH = 20260303, 10


@pytest.fixture(scope="module")
def agency() -> Agency:
    return plant(children=1900, missing=1200)  # so many that a tenth of the damages fits two nights


@pytest.fixture(scope="module")
def nights(agency: Agency, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """Each feed in another kind of source."""
    kinds = {feed: KINDS[number % len(KINDS)] for number, feed in enumerate(feeds())}
    return Nights(agency, tmp_path_factory.mktemp("damage"), kinds)


def test_every_feed_and_column_of_the_catalogue_is_filled_and_damaged(agency: Agency) -> None:
    specs = Planner(agency).specs()
    damaged = Counter((spec.feed, spec.column) for spec in specs)
    for feed in feeds().values():
        for name, column in feed.columns.items():
            filled = sum(row[name] != "" for row in agency.rows[feed.name])
            assert filled >= 20, f"{feed.name}.{name} is empty in the planted agency"
            assert column.type in BY_TYPE
            assert damaged[feed.name, name] >= 25 * len(WITNESS[feed.name]), f"{feed.name}.{name} is hardly damaged"
        assert damaged[feed.name, ROW] >= 12
    codes = {(f.name, c.name, code) for f in feeds().values() for c in f.of_type("code") for code in c.codes}
    tried = {(s.feed, s.column, s.name.removeprefix("code ").removeprefix("says nothing: ")) for s in specs} | {
        (f.name, c.name, row[c.name])
        for f in feeds().values()
        for c in f.of_type("code")
        for row in agency.rows[f.name]
    }
    assert codes <= tried


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_is_damaged_in_every_kind_of_source(kind: str) -> None:
    small = plant(children=46, missing=32)
    for feed in feeds().values():
        damaged = {whole.column for whole in wholes_of(feed, small.rows[feed.name], kind)}
        assert damaged >= set(feed.columns), f"{feed.name} as {kind}"


@pytest.fixture(scope="module")
def undamaged(nights: Nights) -> Findings:
    """The findings of a second night without damage."""
    assert second_nights(nights, {}) is None
    return read_findings(nights.out(NIGHTS[1]))


def test_every_child_of_the_set_stands_on_an_undamaged_second_night(nights: Nights, undamaged: Findings) -> None:
    findings = undamaged
    for child, shape in nights.agency.missing.items():
        codes = {row["code"] for row in findings.by_child[child] if row["severity"] in LOUD}
        assert codes == _usual(shape), f"{child} ({shape})"
    assert set(nights.agency.missing.values()) == set(SHAPES)
    assert not [
        row for row in findings.rows if row["severity"] in LOUD and row["child_id"] not in nights.agency.missing
    ]


def _usual(shape: str) -> set[str]:
    if shape.startswith("le_"):
        return {"LE-01"}
    if shape.startswith("ncmec_"):
        return {"NC-01", "NC-05"} if shape == "ncmec_police" else {"NC-01"}
    return {"LE-01", "NC-01", "RC-01"} if shape in ("runaway", "unknown") else {"LE-01", "NC-01"}


def test_a_tenth_of_the_damages_loses_no_child(nights: Nights, undamaged: Findings) -> None:
    """Whole, and in every kind of source, in soak."""
    planner = Planner(nights.agency)
    # A line break in a delimited key is refused, and each refusal costs a night more: those are left to soak.
    specs = [s for s in planner.specs() if not (nights.kinds[s.feed] in DELIMITER and "line break" in s.name)]
    tenth = Random(SEED).sample(specs, len(specs) // TENTH)
    before = undamaged.loud()
    outcomes: list[Outcome] = []
    for damages in nights_of(planner, tenth, SEED):
        outcomes += run_damages(nights, damages, before, third=False)
    lines = [line_of(outcome) for outcome in outcomes]
    print(sentence(lines))
    assert len(lines) > len(tenth) * 0.9
    assert not lost(lines), "\n".join(lost(lines))
