"""Runs the numbered steps and the checks on an engine of SQL (house: set logic is SQL)."""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, field, fields
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import holidays
import numpy as np

from cmfc.errors import UsageError
from cmfc.feeds.catalog import Feed, feeds
from cmfc.law.library import CUSTODIES, Duty, Law, Value
from cmfc.reconcile.engines import Engine, EngineName, open_engine
from cmfc.reconcile.known_children import known_children
from cmfc.reconcile.recipients import RECIPIENTS
from cmfc.reconcile.registry import Check, checks
from cmfc.timing.zones import load_zone
from cmfc.validation.result import UNTIMED, LostColumn, Unknown
from cmfc.validation.types import AGAIN

STEPS = files("cmfc.reconcile").joinpath("steps")
TABLES = files("cmfc.reconcile").joinpath("tables")
EPOCH = date(1970, 1, 1)
_FIRST_WEEKDAY = EPOCH.weekday()
WORK_TABLES = (
    "episodes", "determinations", "links", "findings", "missing_now", "episode_rows", "notices", "known", "lineage",
    "recipient_duties", "rules", "duties",
)  # fmt: skip
KNOWN_ROWS = {
    "episode_id": "VARCHAR", "child_id": "VARCHAR", "state": "VARCHAR", "kind": "VARCHAR", "id": "VARCHAR",
    "key": "VARCHAR", "nth": "BIGINT", "is_name": "BOOLEAN", "began_earliest": "BIGINT", "began_latest": "BIGINT",
    "ended_earliest": "BIGINT", "ended_latest": "BIGINT",
}  # fmt: skip
"""The work table `known` of the night before: episodes by their evidence rows (steps/064_episode_successors.sql)."""

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
    engine: EngineName = "duckdb",
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
        engine: on what the SQL runs; the work tables are the same (docs/how-to/spark.md).

    Returns:
        Rows per work table.
    """
    work.mkdir(parents=True, exist_ok=True)
    with open_engine(engine, night.zone, work / "spill", night.threads) as opened:
        began = time.perf_counter()
        judge(opened, checked, night, law, known, matches, is_tidy=True)
        judged = time.perf_counter()
        counts: dict[str, int] = {}
        for name in WORK_TABLES:
            sql = TABLES.joinpath(f"{name}.sql").read_text(encoding="utf-8")
            counts[name] = opened.write(sql, work / f"{name}.parquet")
            _drop_read(opened, f"table {name}")
        if timings is not None:
            timings |= {"judge": judged - began, "write": time.perf_counter() - judged}
    return counts


def judge(
    engine: Engine,
    checked: Path,
    night: Night,
    law: Law,
    known: Path | None = None,
    matches: Path | None = None,
    is_tidy: bool = False,
) -> None:
    """Everything up to the facts and the findings, as tables in the engine.

    `is_tidy`: a step's table goes when neither another step, nor a check, nor a work table will read it.
    """
    lay_out(engine, checked, night, law, known, matches)
    for step in _steps():
        engine.table(step.name[4:-4], step.read_text(encoding="utf-8"))
        if is_tidy:
            _drop_read(engine, f"step {step.name[4:-4]}")
    engine.unite("raised_findings", {"code": "VARCHAR", **FINDING_COLUMNS}, _raised(engine, night, is_tidy))
    _refuse_faulty(engine)


def lay_out(
    engine: Engine, checked: Path, night: Night, law: Law, known: Path | None = None, matches: Path | None = None
) -> None:
    """What the first step finds: the night, the law, and what has happened by then, feed by feed."""
    _lay_out_matches(engine, matches)
    lay_out_night(engine, night, law)
    for feed in feeds().values():
        engine.view(feed.name, _happened(engine, feed, checked, night.as_of))
        if feed.role == "report":  # a night of before such rows were kept has none
            there = (checked / f"{UNTIMED}{feed.name}.parquet").exists()
            nothing = f"SELECT * FROM {feed.name} WHERE FALSE"
            untimed = _happened(engine, feed, checked, night.as_of, UNTIMED) if there else nothing
            engine.view(f"untimed_{feed.name}", untimed)
    set_aside = engine.read(sorted(checked.glob("quarantine.*.parquet")))
    engine.view("quarantine", f"SELECT * FROM {set_aside}")
    engine.table("known_children", known_children(checked, engine.read))
    _lay_out_known(engine, known)


def _lay_out_matches(engine: Engine, matches: Path | None) -> None:
    """The view `matches`: one row per report and child that matters to it (matching/steps/060_choice.sql)."""
    columns = "feed, report_id, method, place, child_id, score, is_asked_again"
    if matches is None:
        nothing = "SELECT '' AS feed, '' AS report_id, '' AS method, 1 AS place, '' AS child_id,"
        engine.view("matches", f"{nothing} CAST(0 AS DOUBLE) AS score, FALSE AS is_asked_again WHERE FALSE")
    else:
        engine.view("matches", f"SELECT {columns} FROM {engine.read([matches])}")


def _drop_read(engine: Engine, statement: str) -> None:
    for table in _last_read().get(statement, ()):
        engine.drop(table)


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


def lay_out_night(engine: Engine, night: Night, law: Law) -> None:
    """The small tables: run, law, calendar and what the checks say."""
    _lay_out_run(engine, night)
    _lay_out_law(engine, law)
    days = {"day": "BIGINT", "ends_at": "BIGINT", "working_days": "BIGINT", "is_working": "BOOLEAN"}
    engine.fill("calendar", days, working_calendar(night.zone))
    unknowns = [(u.subject, u.severity, _packed(u.records), _packed(u.children)) for u in night.unknowns]
    engine.fill("unknowns", _texts("subject", "severity", "records", "children"), unknowns)
    lost = [(feed, c.column, c.sentence) for feed, columns in night.lost.items() for c in columns]
    engine.fill("lost_columns", _texts("feed", "name", "sentence"), lost)
    engine.fill("explained", _texts("episode_id"), [(episode_id,) for episode_id in night.explained])
    nexts = [(c.code, at, text.replace("{refusal}", law.refusal)) for c in checks() for at, text in c.nexts.items()]
    engine.fill("check_nexts", _texts("code", "state", "next"), nexts)
    texts = [(c.code, sentence.state, c.title, sentence.why, c.queue) for c in checks() for sentence in c.sentences]
    engine.fill("check_texts", _texts("code", "state", "title", "why", "queue"), texts)


def _lay_out_run(engine: Engine, night: Night) -> None:
    ok = {name: night.status.get(name) == "ok" for name in feeds()}
    broken = {name for name, status in night.status.items() if status == "broken"}
    facts: dict[str, tuple[str, object]] = {
        "agency": ("VARCHAR", night.agency),
        "as_of": ("BIGINT", night.as_of),
        "stitch_gap_seconds": ("BIGINT", night.stitch_gap_seconds),
        "is_runaway_placement_kept": ("BOOLEAN", night.runaway_placements_kept),
        "history_begins": ("BIGINT", night.history_begins),
        "is_sightings_checked": ("BOOLEAN", "sightings" not in broken),
        "is_contacts_checked": ("BOOLEAN", ok["contacts"]),
        "is_returns_checked": ("BOOLEAN", ok["returns"]),
        "has_state": ("BOOLEAN", night.jurisdiction != "us/federal"),
        "is_end_reason_kept": ("BOOLEAN", night.end_reasons_kept),
        "is_run_a_placement_only": ("BOOLEAN", night.runs_are_placements_only),
        "is_proof_complete": ("BOOLEAN", not {"returns", "sightings"} & broken),
    }
    engine.fill("run", {name: kind for name, (kind, _) in facts.items()}, [tuple(value for _, value in facts.values())])
    columns = {**_texts("recipient", "name", "report_duty", "located_duty"), "is_checked": "BOOLEAN"}
    recipients = [(r.recipient, r.name, r.report_duty, r.located_duty, ok[r.feed]) for r in RECIPIENTS]
    engine.fill("recipients", columns, recipients)


def _lay_out_law(engine: Engine, law: Law) -> None:
    ranks = [(custody, rank) for rank, custody in enumerate(CUSTODIES[:-1])]
    engine.fill("custody_ranks", {"custody": "VARCHAR", "rank": "BIGINT"}, ranks)
    engine.fill("duties", _texts(*(f.name for f in fields(Duty))), [astuple(d) for d in law.duties])
    kinds = {"int": "BIGINT", "int | None": "BIGINT", "bool": "BOOLEAN"}
    scalars = {f.name: kinds.get(str(getattr(f.type, "__name__", f.type)), "VARCHAR") for f in fields(Value)}
    del scalars["scopes"]
    rows = [(n, *(getattr(v, name) for name in scalars)) for n, v in enumerate(law.values)]
    engine.fill("law_values", {"value_id": "BIGINT", **scalars}, rows)
    scopes = [(n, *pair) for n, v in enumerate(law.values) for pair in v.scopes]
    engine.fill("value_scopes", {"value_id": "BIGINT", **_texts("custody", "age_band")}, scopes)
    engine.table(
        "law_rules",
        "SELECT rule_id, level, duty, recipient, max(value_id) AS value_id FROM law_values"
        " GROUP BY rule_id, level, duty, recipient ORDER BY rule_id, level, duty, recipient",
    )


def _texts(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "VARCHAR")


def _lay_out_known(engine: Engine, known: Path | None) -> None:
    source = f"FROM {engine.read([known])}" if known else "WHERE FALSE"
    there = set(engine.columns_of(f"SELECT * {source}")) if known else set()
    # A table of before keys could be shared knows no key apart from the id.
    names = {name: name if name in there else "id" if name == "key" and known else "NULL" for name in KNOWN_ROWS}
    columns = ", ".join(f"CAST({names[name]} AS {kind}) AS {name}" for name, kind in KNOWN_ROWS.items())
    engine.view("known_rows", f"SELECT {columns} {source}")


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


@cache
def working_calendar(zone: str) -> list[tuple[object, ...]]:
    """Each day from 1990 to 2070: days since 1970, its last second UTC, working days up to it, whether it is one.

    A working day is Monday to Friday and no federal holiday.
    """
    federal = [(day - EPOCH).days for day in holidays.country_holidays("US", years=range(1990, 2072))]
    days = np.arange((date(1990, 1, 1) - EPOCH).days, (date(2071, 1, 1) - EPOCH).days, dtype=np.int64)
    midnights, _ = load_zone(zone).utc_of((days + 1) * 86_400)
    is_working = ((days + _FIRST_WEEKDAY) % 7 < 5) & ~np.isin(days, federal)
    columns = (days, midnights - 1, np.cumsum(is_working), is_working)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _happened(engine: Engine, feed: Feed, checked: Path, as_of: int, prefix: str = "") -> str:
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
    return f"SELECT {', '.join(parts)} FROM {engine.read([checked / f'{prefix}{feed.name}.parquet'])}"


def _raised(engine: Engine, night: Night, is_tidy: bool) -> Iterator[str]:
    """A query for the findings of each check that is judged."""
    silenced = _silenced(night)
    for check in checks():
        if check.code not in silenced:
            yield _findings_of(engine, check)
        if is_tidy:
            _drop_read(engine, f"check {check.code}")


def _findings_of(engine: Engine, check: Check) -> str:
    columns = set(engine.columns_of(check.sql))
    if "severity" not in columns or not {"subject_id", "episode_no"} & columns:
        raise UsageError("CMFC-K02", f"Check {check.code} does not give a severity and a subject.")
    fixed = {"recipient": check.recipient, "rule_id": check.rule}
    parts = [
        f"'{fixed[name]}'" if fixed.get(name) is not None else name if name in columns else "NULL"
        for name in FINDING_COLUMNS
    ]
    return f"SELECT '{check.code}', {', '.join(parts)} FROM ({check.sql}) AS finding"


def _refuse_faulty(engine: Engine) -> None:
    doubles = engine.rows_of(
        "SELECT code, count(*) FROM (SELECT code, coalesce(subject_id, CAST(episode_no AS VARCHAR)) AS subject,"
        " recipient FROM raised_findings GROUP BY code, coalesce(subject_id, CAST(episode_no AS VARCHAR)), recipient"
        " HAVING count(*) > 1) AS twice GROUP BY code ORDER BY code"
    )
    if doubles:
        raise UsageError("CMFC-K03", f"Checks raised a finding twice: {', '.join(str(code) for code, _ in doubles)}.")
    unsaid = engine.rows_of(
        "SELECT DISTINCT r.code, r.state FROM raised_findings AS r WHERE NOT EXISTS (SELECT 1 FROM check_texts AS t"
        " WHERE t.code = r.code AND t.state = coalesce(r.state, '')) ORDER BY r.code, r.state NULLS LAST"
    )
    if unsaid:
        names = ", ".join(f"{code} ({state})" for code, state in unsaid)
        raise UsageError("CMFC-K03", f"Checks raised findings without a sentence: {names}.")
