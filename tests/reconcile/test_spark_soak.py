"""The long comparison of the engines; it writes docs/reference/spark.md from whatever has been held so far."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cmfc.law.library import load_law
from cmfc.reconcile import engine
from cmfc.reconcile.engine import WORK_TABLES, Night
from cmfc.reconcile.registry import checks
from tests.oracle.core import write_checked
from tests.property.test_against_oracle import many_worlds
from tests.scenarios.joint import run_jointly
from tests.scenarios.scenario import SLUGS, Scenario, scenario
from tests.support.engines import STEP_NAMES, Inputs, differences, on_duckdb, on_spark
from tests.support.soak import PROJECT, STORE, commit
from tests.support.spark import spark_session, table_hash

PAGE = PROJECT / "docs" / "reference" / "spark.md"
ANSWERS = STORE / "spark-answers"
SETS = {"scenarios": "scenario settings", "agencies": "invented agencies", "million": "nights of a million children"}


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    yield from spark_session(**{"spark.driver.memory": "3g"})


def _settings() -> list[list[Scenario]]:
    """Scenarios by what they have in common; the setting with the most of them first."""
    by: dict[str, list[Scenario]] = defaultdict(list)
    for slug in SLUGS:
        by[scenario(slug).setting].append(scenario(slug))
    return sorted(by.values(), key=lambda members: (-len(members), members[0].slug))


def _hold(part: str, name: str, inputs: Inputs, folder: Path) -> None:
    ours, theirs = on_duckdb(inputs, folder / "duckdb"), on_spark(inputs, folder / "spark")
    _note(part, name, ours, theirs)
    assert differences(ours, theirs) == []


def _note(part: str, name: str, ours: Any, theirs: Any) -> None:
    file = ANSWERS / commit() / f"{part}-{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"duckdb": ours, "spark": theirs}), encoding="utf-8")


@pytest.mark.soak("spark")
@pytest.mark.parametrize("number", range(len(_settings())))
def test_scenarios(
    number: int, session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figures: Counter[str]
) -> None:
    members = _settings()[number]
    judged: list[Inputs] = []
    real = engine.reconcile

    def reconcile(checked: Path, work: Path, night: Night, law: Any, **more: Any) -> dict[str, int]:
        inputs = Inputs(checked, night, law, more["matches"], more["known"])
        judged.append(inputs)
        _hold("scenarios", f"{number:02d}", inputs, work.parent / "both")
        return real(checked, work, night, law, **more)

    monkeypatch.setattr(engine, "reconcile", reconcile)
    run_jointly(members, tmp_path)
    assert len(judged) == 1
    figures.update(scenarios=len(members))


@pytest.mark.soak("spark")
@pytest.mark.parametrize("seed", range(20))
def test_agencies(seed: int, session: Any, tmp_path: Path, figures: Counter[str]) -> None:
    feeds, world = many_worlds(1000 + seed, 60)
    write_checked(feeds, world, tmp_path / "checked")
    night = Night("a", world.as_of, world.zone, "us/mo", 0, True, None, world.status, threads=1)
    _hold("agencies", f"{seed:02d}", Inputs(tmp_path / "checked", night, load_law("us/mo", world.zone)), tmp_path)
    figures.update(agencies=1)


@pytest.mark.soak("spark")
def test_a_million_children() -> None:
    """In processes of their own, with compiled code and Spark's own settings (benchmarks/spark.py)."""
    import subprocess
    import sys

    from benchmarks.reconcile import FOLDER

    command = [sys.executable, "-m", "benchmarks.spark", "--children", "1000000"]
    subprocess.run(command, cwd=PROJECT, check=True)
    answers = {
        name: {f"table {table}": _counted(FOLDER / "1000000" / f"work-{name}" / f"{table}.parquet")
               for table in WORK_TABLES}
        for name in ("duckdb", "spark")
    }  # fmt: skip
    _note("million", "00", answers["duckdb"], answers["spark"])
    assert differences(answers["duckdb"], answers["spark"]) == []


def _counted(file: Path) -> tuple[int, str]:
    return pq.read_metadata(file).num_rows, table_hash(file)


@pytest.mark.soak("spark")
def test_write_the_page() -> None:
    """Of what was held at this commit, which need not be all."""
    text = page(ANSWERS / commit(), commit())
    PAGE.write_text(text, encoding="utf-8")
    assert "no differences" in text


def page(folder: Path, at: str) -> str:
    nights = {part: sorted(folder.glob(f"{part}-*.json")) for part in SETS}
    read = {part: [json.loads(file.read_bytes()) for file in files] for part, files in nights.items()}
    statements = [
        *(f"step {name}" for name in STEP_NAMES),
        *(f"check {check.code}" for check in checks()),
        *(f"table {name}" for name in WORK_TABLES),
    ]
    lines, wrong = [], 0
    for statement in statements:
        cells = []
        for answers in read.values():
            one, other = (_summed(answers, engine_name, statement) for engine_name in ("duckdb", "spark"))
            wrong += one != other
            cells += [str(one[0]) if one[1] else "", one[1], other[1]]
        lines.append(f"| {statement} | {' | '.join(cells)} |")
    sets = [part for part in SETS if read[part]]
    places = [n for n, part in enumerate(SETS) if part in sets]
    lines = [_only(line, places) for line in lines]
    scope = ", ".join(f"{len(read[part])} {SETS[part]}" for part in sets)
    verdict = "no differences" if not wrong else f"{wrong} DIFFERENCES"
    head = [cell for part in sets for cell in (f"{part}: rows", "DuckDB", "Spark")]
    return "\n".join([
        "# The engines compared",
        "",
        "Written by `make soak PART=spark`; do not edit. Every step, check and work table on DuckDB and on Spark:",
        "its rows and the begin of a SHA-256 over the hashes of all nights. A step's and a check's rows count in any",
        "order, a work table's in its own, with its types ([how to judge on Spark](../how-to/spark.md)).",
        "",
        f"**{verdict}** in {scope}; commit {at}, {datetime.now(UTC):%Y-%m-%d}.",
        "",
        "| | " + " | ".join(head) + " |",
        "|---|" + "---|" * len(head),
        *lines,
        "",
    ])  # fmt: skip


def _summed(answers: list[Any], engine_name: str, statement: str) -> tuple[int, str]:
    results = [answer[engine_name][statement] for answer in answers if statement in answer[engine_name]]
    digest = sha256("".join(sign for _, sign in results).encode()).hexdigest()[:12] if results else ""
    return sum(rows for rows, _ in results), digest


def _only(line: str, places: list[int]) -> str:
    name, *cells = [cell.strip() for cell in line.strip("| ").split("|")]
    cells += [""] * (3 * len(SETS) - len(cells))
    return "| " + " | ".join([name, *(cell for n in places for cell in cells[3 * n : 3 * n + 3])]) + " |"
