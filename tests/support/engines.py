"""Both engines over one night: every step, check and work table by its rows and a hash of them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from cmfc.law.library import Law
from cmfc.reconcile.duck_engine import DuckEngine
from cmfc.reconcile.engine import STEPS, TABLES, WORK_TABLES, Night, judge
from cmfc.reconcile.engines import Engine, open_engine
from cmfc.reconcile.registry import checks
from tests.support.spark import rows_hash, table_hash

STEP_NAMES = sorted(path.name[4:-4] for path in STEPS.iterdir() if path.name.endswith(".sql"))
Answer = dict[str, tuple[int, str]]
"""Rows and hash by `step NAME`, `check CODE` and `table NAME`."""


@dataclass(frozen=True)
class Inputs:
    """What a night is judged from."""

    checked: Path
    night: Night
    law: Law
    matches: Path | None = None
    known_episodes: Path | None = None


def on_duckdb(inputs: Inputs, work: Path) -> Answer:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        engine = DuckEngine(connection, inputs.night.zone)
        return _answer(engine, inputs, work, lambda name: connection.table(name).to_arrow_table())


def on_spark(inputs: Inputs, work: Path) -> Answer:
    folder = work / "spill" / "spark"
    with open_engine("spark", inputs.night.zone, work / "spill") as engine:
        return _answer(engine, inputs, work, lambda name: pq.read_table(folder / name))


def _answer(engine: Engine, inputs: Inputs, work: Path, rows_of: Callable[[str], pa.Table]) -> Answer:
    work.mkdir(parents=True, exist_ok=True)
    judge(engine, inputs.checked, inputs.night, inputs.law, inputs.known_episodes, inputs.matches)
    answer: Answer = {}
    for name in STEP_NAMES:
        rows = rows_of(name)
        answer[f"step {name}"] = (rows.num_rows, rows_hash(rows))
    findings = rows_of("raised_findings")
    for check in checks():
        rows = findings.filter(pa.compute.equal(findings["code"], check.code))
        answer[f"check {check.code}"] = (rows.num_rows, rows_hash(rows))
    for name in WORK_TABLES:
        file = work / f"{name}.parquet"
        count = engine.write(TABLES.joinpath(f"{name}.sql").read_text(encoding="utf-8"), file)
        answer[f"table {name}"] = (count, table_hash(file))
    return answer


def differences(one: Answer, other: Answer) -> list[str]:
    return [f"{name}: {one[name][0]} rows and {other[name][0]}" for name in one if one[name] != other.get(name)]
