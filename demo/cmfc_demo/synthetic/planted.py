"""Plants children with known findings into a population, and tells the truth about them (spec 5).

Each code is planted but RC-09 and RC-10 (they need two nights) and ID-03 (it needs the linkage), most in every severity
that the rule gives. RT-05 asks to explain only where no column says how absences end: that is another agency, with a
book of its own. The truth holds for Missouri (`us/mo`), all feeds configured, runaway placements kept, no
history limit, and an as_of that is a local midnight of 2024 or later.
"""

from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pyarrow as pa

from cmfc.feeds.catalog import feeds as catalogue
from cmfc_demo.synthetic import (
    planted_after,
    planted_identity,
    planted_le,
    planted_ncmec,
    planted_records,
    planted_validation,
)
from cmfc_demo.synthetic.cases import Day, Row, new_case
from cmfc_demo.synthetic.clock import LocalClock, local_clock
from cmfc_demo.synthetic.descriptions import describe_planted
from cmfc_demo.synthetic.population import Feeds

CHAPTERS = (planted_le, planted_ncmec, planted_after, planted_records, planted_identity, planted_validation)
BOOK = tuple(how for chapter in CHAPTERS for how in chapter.BOOK)
WITHOUT_END_REASONS = tuple(planted_after.WITHOUT_END_REASONS)
TRUTH_COLUMNS = ("code", "subject_kind", "subject", "child_id", "rule_id", "recipient", "severity", "queue")


def plant(
    feeds: Feeds, seed: int, as_of: int, zone: str, copies: int = 3, *, has_end_reasons: bool = True
) -> list[Row]:
    """Add planted children to the end of each feed.

    Args:
        feeds: canonical text by feed; its tables give way to longer ones, contacts with an unknown column.
        seed: same seed, same children.
        as_of: epoch seconds UTC, a local midnight.
        zone: IANA zone of the local times.
        copies: how many times each case is planted (1 to 20).
        has_end_reasons: else the column `end_reason` of absences goes, and what is planted is WITHOUT_END_REASONS.

    Returns:
        One row per finding that must be raised, with TRUTH_COLUMNS. `subject` is that of docs/readings.md, but for an
        episode it is `child_id|kind:id` of its first evidence row: SHA-256 of `agency|` and that gives its id.
        A row without a key is `feed#`: the rest is a hash of its content as it was pulled. `child_id` is the planted
        child that causes it; what is published about a row, a code or an unmatched report may name no child.
    """
    clock = local_clock(zone)
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 2**32 - 1])))
    numbered: Counter[str] = Counter()
    added: dict[str, list[Row]] = defaultdict(list)
    truth: list[Row] = []
    for turn in range(copies):
        for how in BOOK if has_end_reasons else WITHOUT_END_REASONS:
            numbered[how.code] += 1
            case = new_case(how, numbered[how.code], turn, random, clock, as_of)
            how.build(case)
            written = list(case.rows())
            if "children" in dict(written) and any(run.is_open for run in case.runs):
                written.append(("descriptions", describe_planted(case.id, numbered[how.code], as_of)))
            for feed, row in written:
                added[feed].append(row)
            truth += case.truth
    for feed, rows in added.items():
        feeds[feed] = pa.concat_tables([feeds[feed], _table(feed, rows, clock)])
    if not has_end_reasons:
        feeds["absences"] = feeds["absences"].drop_columns(["end_reason"])
    feed, column = planted_validation.UNKNOWN_COLUMN
    notes = pa.array([None] * (len(feeds[feed]) - 1) + ["kept from the old system"], pa.string())
    feeds[feed] = feeds[feed].append_column(column, notes)
    truth.append(_row("DQ-02", feed, f"{feed}:{column}", "medium", "correct_record"))
    return truth


def _row(code: str, kind: str, subject: str, severity: str, queue: str) -> Row:
    values = (code, kind, subject, "", "", "", severity, queue)
    return dict(zip(TRUTH_COLUMNS, values, strict=True))


def _table(feed: str, rows: list[Row], clock: LocalClock) -> Any:
    columns = catalogue()[feed].columns
    if unknown := {name for row in rows for name in row} - set(columns):
        raise KeyError(f"{feed} has no column {', '.join(sorted(unknown))}")
    return pa.table({name: pa.array([_text(row.get(name), clock, columns[name].type) for row in rows], pa.string())
                     for name in columns})  # fmt: skip


def _text(value: Any, clock: LocalClock, kind: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if kind != "moment":
        return str(value)
    at = value.of if isinstance(value, Day) else value
    wall = np.datetime64(int(clock.wall(clock.make_plain(np.array([at], dtype=np.int64)))[0]), "s")
    return str(wall.astype("M8[D]")) if isinstance(value, Day) else str(wall).replace("T", " ")
