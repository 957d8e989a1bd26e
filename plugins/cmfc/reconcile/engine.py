"""Runs the numbered steps and the checks on DuckDB, embedded (house: set logic is SQL)."""

import os
import re
import time
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, fields
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import holidays
import pyarrow as pa

from cmfc.errors import UsageError
from cmfc.feeds.catalog import Feed, feeds
from cmfc.law.library import CUSTODIES, Duty, Law, Value
from cmfc.reconcile.known_children import known_children
from cmfc.reconcile.macros import CODE_WORDS, WORDS, zone_words
from cmfc.reconcile.recipients import RECIPIENTS
from cmfc.reconcile.registry import Check, checks
from cmfc.storage.duck import open_duckdb, quoted
from cmfc.validation.result import UNTIMED, LostColumn, Unknown
from cmfc.validation.types import AGAIN

STEPS = files("cmfc.reconcile").joinpath("steps")
TABLES = files("cmfc.reconcile").joinpath("tables")
EPOCH = date(1970, 1, 1)
MEMORY = "600MB"
"""What does not fit spills to disk beside the work tables; a night must not take the machine from others."""
WORK_TABLES = (
    "episodes", "determinations", "links", "findings", "missing_now", "episode_rows", "notices", "known", "lineage",
    "recipient_duties", "rules", "duties",
)  # fmt: skip
KNOWN_ROWS = {
    "episode_id": "VARCHAR", "child_id": "VARCHAR", "state": "VARCHAR", "kind": "VARCHAR", "id": "VARCHAR",
    "key": "VARCHAR", "nth": "BIGINT", "is_name": "BOOLEAN", "began_earliest": "BIGINT", "began_latest": "BIGINT",
    "ended_earliest": "BIGINT", "ended_latest": "BIGINT",
}  # fmt: skip
"""The work table `known` of the night before: episodes by their evidence rows (steps/063_episode_successors.sql)."""

FINDING_COLUMNS = {
    "subject_id": "VARCHAR", "child_id": "VARCHAR", "episode_no": "BIGINT", "severity": "VARCHAR",
    "recipient": "VARCHAR", "rule_id": "VARCHAR", "rules": "VARCHAR", "value_id": "BIGINT",
    "clock_earliest": "BIGINT", "clock_latest": "BIGINT", "deadline_earliest": "BIGINT", "deadline_latest": "BIGINT",
    "observed_earliest": "BIGINT", "observed_latest": "BIGINT",
    "over_min_seconds": "BIGINT", "over_max_seconds": "BIGINT",
    "evidence": "VARCHAR", "state": "VARCHAR", "next_state": "VARCHAR", "detail": "VARCHAR", "queue": "VARCHAR",
    "county": "VARCHAR", "office": "VARCHAR", "caseworker_id": "VARCHAR",
}  # fmt: skip
"""What a check's SELECT may give, by name; `severity` it must give, and the episode or another subject.

Without `subject_id`, a finding is about its episode (`episode_no`). Without `evidence`, it rests on the records of its
episode and the reports to its recipient. `state` says which of the check's sentences is true, `next_state` which next
action, where it is another's. Without `queue` it is worked in its check's; without county, office and caseworker those
of its child on file stand.
"""


@dataclass(frozen=True)
class Night:
    """What the core needs to know of a night. Times in epoch seconds UTC; `status` per feed: ok, absent, broken."""

    agency: str
    as_of: int
    zone: str
    jurisdiction: str
    stitch_gap_seconds: int
    runaway_placements_kept: bool
    history_begins: int | None
    status: Mapping[str, str]
    runs_are_placements_only: bool = False
    """Whether runs are written as placements alone, so that one without an absence lacks nothing (RC-01)."""
    end_reasons_kept: bool = True
    """Whether the source of absences has a column that says how they ended."""
    threads: int | None = None
    unknowns: tuple[Unknown, ...] = ()
    """Codes and columns that the mapping does not know (DQ-02)."""
    lost: Mapping[str, tuple[LostColumn, ...]] = field(default_factory=dict)
    """By feed, columns on whose silence nothing may rest (DQ-04)."""
    explained: tuple[str, ...] = ()
    """Ids of episodes that vanished and that a person explained (RC-09)."""


def reconcile(
    checked: Path,
    work: Path,
    night: Night,
    law: Law,
    timings: dict[str, float] | None = None,
    matches: Path | None = None,
    known: Path | None = None,
) -> dict[str, int]:
    """Judges one night.

    Args:
        checked: folder of accepted feeds (docs/architecture.md, Checked tables).
        work: where episodes, determinations, links and findings are written as Parquet.
        night: the night's facts; the only clock is `as_of`.
        law: the rules in force, from `load_law`.
        timings: filled with seconds per stage, for the benchmark.
        matches: what matching/match.py made of the reports without an id; None: only ids link.
        known: the work table `known` of the last earlier night, as the ledger kept it; None: this night is the first.

    Returns:
        Rows per work table.
    """
    work.mkdir(parents=True, exist_ok=True)
    threads = night.threads or os.cpu_count() or 1
    spill = work / "spill"
    with open_duckdb(threads=threads, memory=MEMORY, spill=spill, is_order_kept=False) as connection:
        began = time.perf_counter()
        _lay_out_matches(connection, matches)
        judge(connection, checked, night, law, known, is_tidy=True)
        judged = time.perf_counter()
        counts: dict[str, int] = {}
        for name in WORK_TABLES:
            counts[name] = _write(connection, name, work)
            _drop_read(connection, f"table {name}")
        if timings is not None:
            timings |= {"judge": judged - began, "write": time.perf_counter() - judged}
    return counts


def _lay_out_matches(connection: duckdb.DuckDBPyConnection, matches: Path | None) -> None:
    """The view `matches`: one row per report and child that matters to it (matching/steps/060_choice.sql)."""
    columns = "feed, report_id, method, place, child_id, score, is_asked_again"
    if matches is None:
        nothing = "SELECT '' AS feed, '' AS report_id, '' AS method, 1 AS place, '' AS child_id, 0.0 AS score,"
        connection.execute(f"CREATE VIEW matches AS {nothing} FALSE AS is_asked_again WHERE FALSE")
    else:
        connection.execute(f"CREATE VIEW matches AS SELECT {columns} FROM read_parquet('{quoted(matches)}')")


def judge(
    connection: duckdb.DuckDBPyConnection,
    checked: Path,
    night: Night,
    law: Law,
    known: Path | None = None,
    is_tidy: bool = False,
) -> None:
    """Everything up to the facts and the findings, as tables in the connection.

    `is_tidy`: a step's table goes when neither another step, nor a check, nor a work table will read it.
    """
    _say_words(connection, night.zone)
    _lay_out_night(connection, night, law)
    for feed in feeds().values():
        connection.execute(f"CREATE VIEW {feed.name} AS {_happened(feed, checked, night.as_of)}")
        if feed.role == "report":  # a night of before such rows were kept has none
            there = (checked / f"{UNTIMED}{feed.name}.parquet").exists()
            untimed = _happened(feed, checked, night.as_of, UNTIMED) if there else f"FROM {feed.name} WHERE FALSE"
            connection.execute(f"CREATE VIEW untimed_{feed.name} AS {untimed}")
    connection.execute(
        f"CREATE VIEW quarantine AS SELECT * FROM read_parquet('{quoted(checked)}/quarantine.*.parquet')"
    )
    connection.execute(f"CREATE TABLE known_children AS {known_children(checked)}")
    _lay_out_known(connection, known)
    for step in _steps():
        text = step.read_text(encoding="utf-8")
        connection.execute(f"CREATE TABLE {step.name[4:-4]} AS {text}")
        if is_tidy:
            _drop_read(connection, f"step {step.name[4:-4]}")
    columns = ", ".join(f"{name} {kind}" for name, kind in FINDING_COLUMNS.items())
    connection.execute(f"CREATE TABLE raised_findings (code VARCHAR, {columns})")
    silenced = _silenced(night)
    for check in checks():
        if check.code not in silenced:
            _raise(connection, check)
        if is_tidy:
            _drop_read(connection, f"check {check.code}")
    _refuse_faulty(connection)


def _drop_read(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    for table in _last_read().get(statement, ()):
        connection.execute(f"DROP TABLE {table}")


@cache
def _last_read() -> dict[str, tuple[str, ...]]:
    """The tables of steps that a statement is the last to read: `step NAME`, `check CODE` or `table NAME`, in order."""
    steps = {step.name[4:-4]: step.read_text(encoding="utf-8") for step in _steps()}
    tables = {name: TABLES.joinpath(f"{name}.sql").read_text(encoding="utf-8") for name in WORK_TABLES}
    texts = {f"step {name}": text for name, text in steps.items()}
    texts |= {f"check {check.code}": check.sql for check in checks()}
    texts |= {f"table {name}": text for name, text in tables.items()}
    last = {name: f"step {name}" for name in steps}
    for statement, text in texts.items():
        last |= dict.fromkeys(set(re.findall(r"\w+", text)) & set(steps), statement)
    return {statement: tuple(name for name in steps if last[name] == statement) for statement in texts}


def _steps() -> list[Traversable]:
    return sorted((s for s in STEPS.iterdir() if s.name.endswith(".sql")), key=lambda s: s.name)


def _say_words(connection: duckdb.DuckDBPyConnection, zone: str) -> None:
    for signature, body in {**CODE_WORDS, **zone_words(zone), **WORDS}.items():
        connection.execute(f"CREATE MACRO {signature} AS {body}")


def _lay_out_night(connection: duckdb.DuckDBPyConnection, night: Night, law: Law) -> None:
    """The small tables: run, law and calendar."""
    ok = {name: night.status.get(name) == "ok" for name in feeds()}
    connection.execute(
        """CREATE TABLE run AS SELECT ? AS agency, ?::BIGINT AS as_of, ?::BIGINT AS stitch_gap_seconds,
        ?::BOOLEAN AS is_runaway_placement_kept, ?::BIGINT AS history_begins, ?::BOOLEAN AS is_sightings_checked,
        ?::BOOLEAN AS is_contacts_checked, ?::BOOLEAN AS is_returns_checked, ?::BOOLEAN AS has_state,
        ?::BOOLEAN AS is_end_reason_kept, ?::BOOLEAN AS is_run_a_placement_only, ?::BOOLEAN AS is_proof_complete""",
        [night.agency, night.as_of, night.stitch_gap_seconds, night.runaway_placements_kept, night.history_begins,
         night.status.get("sightings") != "broken", ok["contacts"],
         ok["returns"], night.jurisdiction != "us/federal", night.end_reasons_kept,
         night.runs_are_placements_only,
         not {"returns", "sightings"} & {name for name, status in night.status.items() if status == "broken"}],
    )  # fmt: skip
    columns = "recipient VARCHAR, name VARCHAR, report_duty VARCHAR, located_duty VARCHAR, is_checked BOOLEAN"
    recipients: list[tuple[object, ...]] = [
        (r.recipient, r.name, r.report_duty, r.located_duty, ok[r.feed]) for r in RECIPIENTS
    ]
    _table(connection, "recipients", columns, recipients)
    _table(connection, "custody_ranks", "custody VARCHAR, rank BIGINT", [(c, n) for n, c in enumerate(CUSTODIES[:-1])])
    kinds = {"int": "BIGINT", "int | None": "BIGINT", "bool": "BOOLEAN"}
    scalars = [f for f in fields(Value) if f.name != "scopes"]
    duty_columns = ", ".join(f"{f.name} VARCHAR" for f in fields(Duty))
    _table(connection, "duties", duty_columns, [astuple(d) for d in law.duties])
    value_columns = ", ".join(
        f"{f.name} {kinds.get(str(getattr(f.type, '__name__', f.type)), 'VARCHAR')}" for f in scalars
    )
    rows = [(n, *(getattr(v, f.name) for f in scalars)) for n, v in enumerate(law.values)]
    _table(connection, "law_values", f"value_id BIGINT, {value_columns}", rows)
    scopes: list[tuple[object, ...]] = [(n, *pair) for n, v in enumerate(law.values) for pair in v.scopes]
    _table(connection, "value_scopes", "value_id BIGINT, custody VARCHAR, age_band VARCHAR", scopes)
    connection.execute(
        "CREATE TABLE law_rules AS SELECT rule_id, level, duty, recipient, max(value_id) AS value_id"
        " FROM law_values GROUP BY ALL ORDER BY ALL"
    )
    _table(connection, "calendar", "day BIGINT, ends_at BIGINT, working_days BIGINT, is_working BOOLEAN",
           working_calendar(night.zone))  # fmt: skip
    unknowns: list[tuple[object, ...]] = [
        (u.subject, u.severity, _packed(u.records), _packed(u.children)) for u in night.unknowns
    ]
    _table(connection, "unknowns", "subject VARCHAR, severity VARCHAR, records VARCHAR, children VARCHAR", unknowns)
    lost: list[tuple[object, ...]] = [
        (feed, c.column, c.sentence) for feed, columns in night.lost.items() for c in columns
    ]
    _table(connection, "lost_columns", "feed VARCHAR, name VARCHAR, sentence VARCHAR", lost)
    _table(connection, "explained", "episode_id VARCHAR", [(episode_id,) for episode_id in night.explained])
    nexts: list[tuple[object, ...]] = [
        (c.code, state, text.replace("{refusal}", law.refusal)) for c in checks() for state, text in c.nexts.items()
    ]
    _table(connection, "check_nexts", "code VARCHAR, state VARCHAR, next VARCHAR", nexts)
    texts: list[tuple[object, ...]] = [
        (c.code, said.state, c.title, said.why, c.queue) for c in checks() for said in c.sentences
    ]
    columns = "code VARCHAR, state VARCHAR, title VARCHAR, why VARCHAR, queue VARCHAR"
    _table(connection, "check_texts", columns, texts)


def _lay_out_known(connection: duckdb.DuckDBPyConnection, known: Path | None) -> None:
    source = f"FROM read_parquet('{quoted(known)}')" if known else "WHERE FALSE"
    there = {row[0] for row in connection.execute(f"DESCRIBE SELECT * {source}").fetchall()} if known else set()
    # A table of before keys could be shared knows no key apart from the id.
    names = {name: name if name in there else "id" if name == "key" and known else "NULL" for name in KNOWN_ROWS}
    columns = ", ".join(f"CAST({names[name]} AS {kind}) AS {name}" for name, kind in KNOWN_ROWS.items())
    connection.execute(f"CREATE VIEW known_rows AS SELECT {columns} {source}")


def _silenced(night: Night) -> set[str]:
    """Codes of checks that are not judged, because they rest on the silence of a column that is lost."""
    return {
        code
        for feed, columns in night.lost.items()
        for lost in columns
        for code in feeds()[feed].columns[lost.column].silences
    }


def _packed(items: tuple[str, ...]) -> str | None:
    return "\x1f".join(items) or None


def _table(connection: duckdb.DuckDBPyConnection, name: str, columns: str, rows: list[tuple[object, ...]]) -> None:
    connection.execute(f"CREATE TABLE {name} ({columns})")
    if rows:
        named = pa.table({f"c{n}": list(column) for n, column in enumerate(zip(*rows, strict=True))})
        connection.register("rows_to_insert", named)
        connection.execute(f"INSERT INTO {name} SELECT * FROM rows_to_insert")
        connection.unregister("rows_to_insert")


@cache
def working_calendar(zone: str) -> list[tuple[object, ...]]:
    """Each day from 1990 to 2070: days since 1970, its last second UTC, working days up to it, whether it is one.

    A working day is Monday to Friday and no federal holiday.
    """
    federal, local = holidays.country_holidays("US", years=range(1990, 2072)), ZoneInfo(zone)
    first, last = date(1990, 1, 1), date(2071, 1, 1)
    rows: list[tuple[object, ...]] = []
    working = 0
    for day in (first + timedelta(days=n) for n in range((last - first).days)):
        following = day + timedelta(days=1)
        ends_at = int(datetime(following.year, following.month, following.day, tzinfo=local).timestamp()) - 1
        is_working = day.weekday() < 5 and day not in federal
        working += is_working
        rows.append(((day - EPOCH).days, ends_at, working, is_working))
    return rows


def _happened(feed: Feed, checked: Path, as_of: int, prefix: str = "") -> str:
    """A feed as it was at as_of: what had not happened is null, what is open towards it is cut (spec 2.1)."""
    parts = ["record", "record_id", *(["may_count"] if feed.role == "report" else [])]
    if feed.name == "absences":
        parts += [f"CASE WHEN has_happened(again_earliest, {as_of}) THEN {name} END AS {name}" for name in AGAIN]
    for column in feed.columns.values():
        name = column.name
        if name == "voided":
            continue
        if column.type != "moment":
            parts.append(name)
        elif name == "expected_end_at":
            parts += [f"{name}_earliest", f"{name}_latest"]
        else:
            parts.append(f"if_happened({name}_earliest, {as_of}) AS {name}_earliest")
            latest = f"least({name}_latest, {as_of})"
            parts.append(f"CASE WHEN has_happened({name}_earliest, {as_of}) THEN {latest} END AS {name}_latest")
    return f"SELECT {', '.join(parts)} FROM read_parquet('{quoted(checked / (prefix + feed.name + '.parquet'))}')"


def _raise(connection: duckdb.DuckDBPyConnection, check: Check) -> None:
    given = [row[0] for row in connection.execute(f"DESCRIBE {check.sql}").fetchall()]
    if "severity" not in given or not {"subject_id", "episode_no"} & set(given):
        raise UsageError("CMFC-K02", f"Check {check.code} does not give a severity and a subject.")
    fixed = {"recipient": check.recipient, "rule_id": check.rule}
    parts = [
        f"'{fixed[name]}'" if fixed.get(name) is not None else name if name in given else "NULL"
        for name in FINDING_COLUMNS
    ]
    connection.execute(
        f"INSERT INTO raised_findings SELECT '{check.code}', {', '.join(parts)} FROM ({check.sql}) AS finding"
    )


def _refuse_faulty(connection: duckdb.DuckDBPyConnection) -> None:
    doubles = connection.execute(
        "SELECT code, count(*) FROM (SELECT code, coalesce(subject_id, CAST(episode_no AS VARCHAR)) AS subject,"
        " recipient FROM raised_findings GROUP BY ALL"
        " HAVING count(*) > 1) GROUP BY code ORDER BY code"
    ).fetchall()
    if doubles:
        raise UsageError("CMFC-K03", f"Checks raised a finding twice: {', '.join(code for code, _ in doubles)}.")
    unsaid = connection.execute(
        "SELECT DISTINCT code, state FROM raised_findings AS r WHERE NOT EXISTS (SELECT 1 FROM check_texts AS t"
        " WHERE t.code = r.code AND t.state = coalesce(r.state, '')) ORDER BY ALL"
    ).fetchall()
    if unsaid:
        found = ", ".join(f"{code} ({state})" for code, state in unsaid)
        raise UsageError("CMFC-K03", f"Checks raised findings without a sentence: {found}.")


def _write(connection: duckdb.DuckDBPyConnection, name: str, work: Path) -> int:
    sql = TABLES.joinpath(f"{name}.sql").read_text(encoding="utf-8")
    target = quoted(work / f"{name}.parquet")
    connection.execute("SET preserve_insertion_order = true")
    row = connection.execute(f"COPY ({sql}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)").fetchone()
    assert row is not None
    return int(row[0])
