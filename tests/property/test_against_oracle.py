"""The SQL core and the plain-Python oracle give the same answer (spec 2, 3, 4.2, 5)."""

import os
import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.oracle.compare import compare, rows_of, show, shrink
from tests.oracle.core import TABLES, read_answer, run_core
from tests.oracle.law_files import law_at
from tests.oracle.laws import STATE, write_law
from tests.oracle.world import Night
from tests.oracle.worlds import Feeds, draw_night, draw_world
from tests.support.long import first

NIGHTS, WORLDS, FIRST_DRAWN = 16, 125, 500
"""From the last number on the seeds of nights under laws that are drawn."""
SOAK_NIGHTS, SOAK_WORLDS = 100, 1000
ROOT = Path(__file__).parents[2]


def many_worlds(seed: int, count: int) -> tuple[Feeds, Night]:
    """Many independent worlds of one night: they share nothing but the tables."""
    rng = random.Random(seed)
    night = draw_night(rng)
    feeds: Feeds = {}
    for number in range(count):
        for feed, rows in draw_world(rng, night, f"w{number}").items():
            feeds.setdefault(feed, []).extend(rows)
    return feeds, night


def hold_against_oracle(seed: int, count: int, folder: Path, figures: Counter[str]) -> None:
    figures.update(worlds=count)
    hold(*many_worlds(seed, count), seed, folder, figures)


def hold(feeds: Feeds, night: Night, seed: int, folder: Path, figures: Counter[str]) -> None:
    differences = compare(feeds, night, folder)
    figures.update(nights=1, differences=len(differences))
    if differences:
        child = min(differences, key=lambda c: (sum(map(len, rows_of(feeds, c).values())), c))
        world = show(*_smallest(feeds, night, child, differences[child]))
        pytest.fail(f"seed {seed}: {len(differences)} children differ; the smallest:\n{world}", pytrace=False)


def _smallest(feeds: Feeds, night: Night, child: str, differences: list[str]) -> tuple[Feeds, Night, list[str]]:
    small, still = shrink(feeds, night, child)
    return small, night, still or differences


@pytest.mark.parametrize("seed", first(4, range(NIGHTS)))
def test_core_agrees_with_the_oracle_on_small_nasty_worlds(seed: int, tmp_path: Path, figures: Counter[str]) -> None:
    hold_against_oracle(seed, WORLDS, tmp_path, figures)


def under_a_drawn_law(seed: int, count: int, folder: Path, figures: Counter[str]) -> None:
    """The same worlds under the law of a state that does not exist: every word of a law file acts (spec 3)."""
    feeds, night = many_worlds(seed, count)
    figures.update(worlds=count)
    law = write_law(random.Random(seed), night.date_of(night.as_of), folder)
    with law_at(law):
        hold(feeds, replace(night, jurisdiction=STATE), seed, folder, figures)


@pytest.mark.parametrize("seed", first(4, range(FIRST_DRAWN, FIRST_DRAWN + NIGHTS)))
def test_core_agrees_with_the_oracle_under_drawn_laws(seed: int, tmp_path: Path, figures: Counter[str]) -> None:
    under_a_drawn_law(seed, WORLDS, tmp_path, figures)


@pytest.mark.soak("oracle")
@pytest.mark.parametrize("seed", range(5000, 5000 + SOAK_NIGHTS // 2))
def test_core_agrees_with_the_oracle_under_very_many_laws(seed: int, tmp_path: Path, figures: Counter[str]) -> None:
    under_a_drawn_law(seed, SOAK_WORLDS // 2, tmp_path, figures)


@pytest.mark.soak("oracle")
@pytest.mark.parametrize("seed", range(1000, 1000 + SOAK_NIGHTS))
def test_core_agrees_with_the_oracle_on_very_many_worlds(seed: int, tmp_path: Path, figures: Counter[str]) -> None:
    hold_against_oracle(seed, SOAK_WORLDS, tmp_path, figures)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Feeds, Night, Path]:
    feeds, night = many_worlds(77, 60)
    return feeds, night, run_core(feeds, night, tmp_path_factory.mktemp("told"))


def same_tables(a: Path, b: Path) -> bool:
    return all((a / f"{t}.parquet").read_bytes() == (b / f"{t}.parquet").read_bytes() for t in TABLES)


@pytest.mark.parametrize("seed", [1, 2])
def test_order_of_rows_changes_nothing(seed: int, judged: tuple[Feeds, Night, Path], tmp_path: Path) -> None:
    feeds, night, work = judged
    rng = random.Random(seed)
    mixed = {name: rng.sample(rows, len(rows)) for name, rows in feeds.items()}
    assert same_tables(work, run_core(mixed, night, tmp_path))


def test_number_of_threads_changes_nothing(judged: tuple[Feeds, Night, Path], tmp_path: Path) -> None:
    feeds, night, work = judged
    assert same_tables(work, run_core(feeds, night, tmp_path, threads=1))


AGAIN = """
import sys
from pathlib import Path
from tests.property.test_against_oracle import many_worlds
from tests.oracle.core import run_core
run_core(*many_worlds(77, 60), Path(sys.argv[1]))
"""


@pytest.mark.parametrize(("zone", "language"), [("Asia/Kathmandu", "C"), ("Pacific/Apia", "tr_TR.UTF-8")])
def test_zone_and_language_of_the_machine_change_nothing(
    zone: str, language: str, judged: tuple[Feeds, Night, Path], tmp_path: Path
) -> None:
    places = os.pathsep.join((str(ROOT), str(ROOT / "plugins")))
    around = os.environ | {"TZ": zone, "LANG": language, "LC_ALL": language, "PYTHONPATH": places}
    subprocess.run([sys.executable, "-c", AGAIN, str(tmp_path)], check=True, env=around, cwd=ROOT)
    assert same_tables(judged[2], tmp_path / "work")


def test_an_unrelated_child_changes_nothing_for_others(judged: tuple[Feeds, Night, Path], tmp_path: Path) -> None:
    feeds, night, work = judged
    more = draw_world(random.Random(5), night, "w999")
    both = read_answer(run_core({f: rows + more[f] for f, rows in feeds.items()}, night, tmp_path))
    alone = read_answer(work)
    others = {k: f for k, f in both.findings.items() if "w999" not in f"{f.child_id}{f.subject_id}"}
    assert others == alone.findings
    assert {k: e for k, e in both.episodes.items() if "w999" not in e["child_id"]} == alone.episodes
    assert pq.read_table(work / "links.parquet").num_rows == len([x for x in both.links if "w999" not in x[1]])
