"""What must hold for a feed as a whole, and the sentences that say so when it does not (spec 1: Contract broken)."""

from collections import Counter
from collections.abc import Sequence
from math import ceil, floor
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cmfc.feeds.catalog import Feed
from cmfc.ingest.mapping import FeedMapping
from cmfc.ingest.pulled import PulledFeed
from cmfc.ingest.voids import Voids
from cmfc.validation.breach import Breach
from cmfc.validation.gx import run_suite
from cmfc.validation.suites import Expectation

Flags = npt.NDArray[np.bool_]

HOUR = 3600
_BEFORE_ALL = -(2**53)
_KEY_SHARE, _KEY_ROWS = 0.05, 20
_MOST_SHARE, _MOST_ROWS, _ALL_OF = 0.20, 20, 5
_LEFT_SHARE, _BEFORE_ROWS = 0.5, 20
_ALL_VOIDED = 3
_WORDS = {
    "required_missing": "is empty",
    "code_not_listed": "holds a code that is not in the mapping",
    "not_an_id": "is no id",
    "time_unparseable": "is no time that can be read",
    "date_unparseable": "is no date that can be read",
    "bool_unparseable": "is neither true nor false",
    "after_the_pull": "lies after the pull",
    "end_before_begin": "lies before the begin",
    "time_before_1990": "lies before 1990",
}
"""Why a row goes; an agency's own rule is called by its name."""


def broken_sentences(
    feed: Feed, mapped: FeedMapping, pulled: PulledFeed, suite: list[Expectation], previous_rows: int | None
) -> list[str]:
    """Hold what was pulled against the contract part of the suite; one sentence per breach.

    Args:
        feed: the feed.
        mapped: its mapping: emptiness, age and band.
        pulled: what the pull said.
        suite: the feed's suite.
        previous_rows: rows of the last accepted pull; None or 0: the band is not judged.
    """
    least, most = _normal_rows(mapped, previous_rows)
    oldest = None if mapped.max_age_hours is None else pulled.pulled_at - int(mapped.max_age_hours * HOUR)
    newest = pulled.newest_at
    if newest is None and oldest is not None and pulled.rows:
        newest = _BEFORE_ALL  # there are rows, and none has a time before the pull
    facts: dict[str, Any] = {"source_row": [0], "rows": [pulled.rows], "newest_at": pd.array([newest], dtype="Int64")}
    columns = {name: [None] for name in feed.columns if name not in pulled.missing_columns}
    parameters = {
        "least_rows": least,
        "most_rows": most,
        "oldest_allowed": _BEFORE_ALL + 1 if oldest is None else oldest,
        "pulled_at": pulled.pulled_at,
    }
    expectations = [e for e in suite if e["meta"]["effect"] == "contract"]
    breaches = run_suite(feed.name, expectations, pd.DataFrame(facts | columns), parameters)
    where = f"{feed.name}: {pulled.source}"
    return [f"{where} {_sentence(breach, mapped, pulled, (least, most))}" for breach in breaches]


def rows_before(mapped: FeedMapping, rows: int, previous_rows: int | None) -> int | None:
    """Rows of the last accepted pull, where less than half of them came and no band says what is normal; else None."""
    if mapped.count_band is not None or previous_rows is None or previous_rows < _BEFORE_ROWS:
        return None
    return previous_rows if rows < _LEFT_SHARE * previous_rows else None


def broken_keys(feed: Feed, source: str, bad: int, rows: int) -> list[str]:
    """Keys that are null, or copies that differ, in more than 5 % of the rows and in 20 rows or more."""
    if bad < _KEY_ROWS or bad <= _KEY_SHARE * rows:
        return []
    what = f"has {bad} of {rows} rows without {_article(feed.key)}, or with other content than another row of its"
    return [f"{feed.name}: {source} {what} {feed.key} and child; correct the extract."]


def broken_rows(feed: Feed, source: str, is_out: Flags, breaches: Sequence[Breach]) -> list[str]:
    """A feed of which most rows are set aside says nothing (spec 1); the sentence says for what, the commonest first.

    Args:
        feed: the feed.
        source: how messages name its source.
        is_out: per row, whether it is set aside.
        breaches: what does not hold, by source row.
    """
    bad, rows = int(is_out.sum()), len(is_out)
    if not is_mostly(bad, rows):
        return []
    reasons = Counter({(b.column, b.rule): len(b.rows) for b in breaches if b.effect == "row"})
    listed = sorted(reasons.items(), key=lambda reason: (-reason[1], reason[0]))
    why = ", ".join(f"{column} {_WORDS.get(rule, rule)} ({count})" for (column, rule), count in listed)
    what = f"{feed.name}: {source} has {bad} of {rows} rows that cannot be used"
    return [f"{what}: {why}; correct the extract or the mapping."]


def broken_voids(feed: Feed, mapped: FeedMapping, source: str, voided: int, rows: int) -> list[str]:
    """A flag that is mapped the wrong way round would void a whole feed in silence (docs/readings.md, Validation)."""
    if not is_mostly_voided(voided, rows, mapped.most_voided):
        return []
    what = f"{feed.name}: {source} has {voided} of {rows} rows that are voided; is the flag mapped the right way round?"
    return [f"{what} If so many are normal, say most_voided in the mapping."]


def open_voids(feed: Feed, mapped: FeedMapping, source: str, typed: Any, voided: Any) -> tuple[str, bool]:
    """A flag that says what is active would void just the rows that are open, however few of all rows they are.

    Args:
        feed: the feed; one without ends or voids has nothing to break.
        mapped: its mapping: `most_voided`.
        source: how messages name its source.
        typed: its rows, an end that says that there is none as null.
        voided: per row, whether it is withdrawn.

    Returns:
        A sentence, empty where it looks otherwise, and whether the contract is broken: of 20 open rows or more one
        would stand, but a few withdrawn ones that never got an end may be all there are where nobody is away.
    """
    if not {"ended_at", "voided"} <= set(feed.columns):
        return "", False
    voids = Voids.of(voided, typed["ended_at"].combine_chunks())
    if mapped.most_voided == 1 or not voids.follow_the_end(1):
        return "", False
    what = f"{feed.name}: {source} has {voids.open_rows} rows without an end, which are all voided, and"
    what += f" {voids.ended_rows} with one, of which {voids.ended} are; is voided mapped to a flag that says what is"
    what += " active? Correct its codes, or say most_voided: 1 in the mapping if withdrawn rows never get an end."
    return what, voids.open_rows >= _MOST_ROWS


def is_mostly_voided(voided: int, of: int, most: float) -> bool:
    """More than the share `most`, of 20 rows or more; or all of at least 3, where not all may be."""
    return (of >= _MOST_ROWS and voided > most * of) or (voided == of and of >= _ALL_VOIDED and most < 1)


def is_mostly(bad: int, of: int) -> bool:
    """More than 20 % and at least 20, or all of at least 5: no clerk's slip, but a column or an extract gone wrong."""
    return (bad > _MOST_SHARE * of and bad >= _MOST_ROWS) or (bad == of and of >= _ALL_OF)


def broken_ids(feed: Feed, source: str, alike: int, ids: int) -> list[str]:
    """Ids of children that are those on file but for zeros, signs and capitals: no row would find its child.

    Args:
        feed: any but that of the children.
        source: how messages name its source.
        alike: ids that are on file when they are written otherwise, and not as they are.
        ids: all there are.
    """
    if not is_mostly(alike, ids):
        return []
    what = f"has {ids} ids of children, of which {alike} are on file only if zeros, signs and capitals do not count"
    remedy = "have them written as in children, or say `pad` or `whole_number` in the mapping"
    return [f"{feed.name}: {source} {what}; {remedy}."]


def _article(name: str) -> str:
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def _normal_rows(mapped: FeedMapping, previous_rows: int | None) -> tuple[int, int | None]:
    least, most = (0 if mapped.may_be_empty else 1), None
    if mapped.count_band is not None and previous_rows:  # of none there is no multiple: a log would stay empty for ever
        low, high = mapped.count_band
        # One row more or less is normal in the smallest feed.
        least = max(least, min(ceil(low * previous_rows), previous_rows - 1))
        most = max(floor(high * previous_rows), previous_rows + 1)
    return least, most


def _sentence(breach: Breach, mapped: FeedMapping, pulled: PulledFeed, normal: tuple[int, int | None]) -> str:
    if breach.rule == "column_missing":
        native = mapped.column(breach.column).native or ""
        alike = [name for name in pulled.unknown_columns if name.strip().casefold() == native.strip().casefold()]
        hint = f"; it has {alike[0]}, which differs only in case or space" if alike else ""
        return f"lacks the required column {breach.column} (in the mapping: {native}){hint}."
    if breach.rule == "row_count":
        if pulled.rows == 0:
            return "has no records; deliver it again, or set may_be_empty in the mapping if that is normal."
        span = f"{normal[0]} to {normal[1]}"
        return f"has {pulled.rows} rows where {span} are normal; is the extract whole and for the right night?"
    if breach.rule == "stale":
        if pulled.newest_at is None:
            return f"has no time in {mapped.freshness_column} that is not after the pull; is it for the right night?"
        hours = (pulled.pulled_at - pulled.newest_at) / HOUR
        return f"is stale: its newest value is {hours:.1f} h old at the pull, {mapped.max_age_hours:g} h are allowed."
    return f"does not hold the rule {breach.rule} on {breach.column}."
