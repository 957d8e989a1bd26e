"""The checks at the door: what was pulled becomes accepted, typed rows and a list of what was set aside (spec 1).

The rule behind all of it: the door must not make a missing child disappear.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cmfc.errors import CmfcError, InputError
from cmfc.feeds.catalog import Feed, feeds
from cmfc.intake.checked import Accounting, CheckedFeed, write_checked
from cmfc.intake.contract import broken_keys, broken_sentences
from cmfc.intake.gate import Breach, columns_of, validate
from cmfc.intake.mapping import AgencyMapping
from cmfc.intake.quarantine import SCHEMA, list_breaches
from cmfc.intake.settling import settle
from cmfc.intake.snapshot import PulledFeed, load_pulled
from cmfc.intake.suites import SUITES, Expectation, load_suite
from cmfc.intake.twins import settle_twins
from cmfc.intake.typed import accepted_columns, checked_schema, type_feed

__all__ = ["check", "settle"]


def check(
    feed_name: str,
    mapping: AgencyMapping,
    folder: Path,
    *,
    as_of: int,
    previous_rows: int | None = None,
    suites: Path = SUITES,
) -> CheckedFeed:
    """Check one pulled feed and write `<folder>/checked/`.

    Args:
        feed_name: a feed of the catalogue; one that is not mapped is `absent`.
        mapping: the agency's mapping.
        folder: the night's folder.
        as_of: the night's instant, epoch seconds UTC; a parameter of the suites.
        previous_rows: rows of the last accepted pull, for the band.
        suites: folder of the suites.

    Raises:
        InputError: CMFC-I02, the contract of a feed without which the night cannot go on is broken; all sentences.
    """
    feed = feeds()[feed_name]
    if feed_name not in mapping.feeds:
        return _write_nothing(feed, folder, CheckedFeed(feed_name, "absent"))
    pulled = load_pulled(feed_name, folder)
    if pulled.broken:
        return _refuse(feed, folder, pulled, list(pulled.broken))
    suite = load_suite(feed_name, suites)
    if broken := broken_sentences(feed, mapping.feeds[feed_name], pulled, suite, previous_rows):
        return _refuse(feed, folder, pulled, broken)
    return _check_rows(feed, mapping, folder, pulled, suite, as_of)


def _check_rows(
    feed: Feed, mapping: AgencyMapping, folder: Path, pulled: PulledFeed, suite: list[Expectation], as_of: int
) -> CheckedFeed:
    table = pq.read_table(folder / "pulled" / f"{feed.name}.parquet")
    typed = type_feed(feed, table, mapping, pulled.pulled_at)
    live = _not_voided(feed, typed)
    breaches = _row_breaches(feed, suite, live, {"pulled_at": pulled.pulled_at, "as_of": as_of})
    bad_keys = [
        b.rows for b in breaches if b.rule == "key_twice" or (b.rule, b.column) == ("required_missing", feed.key)
    ]
    bad = len(np.unique(np.concatenate(bad_keys))) if bad_keys else 0
    if broken := broken_keys(feed, pulled.source, bad, len(live)):
        return _refuse(feed, folder, pulled, broken)

    breaches = [breach for breach in breaches if breach.rule != "key_twice"]
    is_out, nulled = _judge(live, breaches)
    settled = settle_twins(feed, accepted_columns(feed, live, nulled).filter(pa.array(~is_out)))
    if len(settled.replaced):
        breaches.append(Breach("key_twice", feed.key, "field", np.sort(settled.replaced)))
    lines = list_breaches(feed, pulled.source, live, breaches, is_out)
    accounting = Accounting(
        pulled=pulled.rows,
        accepted=len(settled.table),
        quarantined=int(is_out.sum()),
        voided=len(typed) - len(live),
        collapsed=settled.collapsed,
    )
    _assert_balanced(feed, accounting)
    fields = int(pc.sum(pc.equal(lines["effect"], "field")).as_py() or 0)
    checked = replace(_described(feed, pulled), accounting=accounting, fields_set_aside=fields)
    write_checked(folder, checked, settled.table, lines)
    return checked


def _not_voided(feed: Feed, typed: Any) -> Any:
    if "voided" not in feed.columns:
        return typed
    return typed.filter(pc.invert(pc.fill_null(typed["voided_value"], False)))


def _row_breaches(
    feed: Feed, suite: Sequence[Expectation], live: Any, parameters: dict[str, int | None]
) -> list[Breach]:
    asked = [e for e in suite if e["meta"]["effect"] != "contract"]
    # Only the columns that are looked at leave Arrow: less memory, and no free text where nothing asks for it.
    names = [name for name in live.column_names if name in columns_of(asked) or name == "source_row"]
    return validate(feed.name, asked, live.select(names).to_pandas(), parameters) if len(live) else []


def _judge(live: Any, breaches: Sequence[Breach]) -> tuple[npt.NDArray[np.bool_], dict[str, npt.NDArray[np.bool_]]]:
    """Which rows go, and which fields of which rows become null."""
    numbers = live["source_row"].to_numpy()
    is_out = np.zeros(len(live), dtype=np.bool_)
    nulled: dict[str, npt.NDArray[np.bool_]] = {}
    for breach in breaches:
        mask = is_out if breach.effect == "row" else nulled.setdefault(breach.column, np.zeros_like(is_out))
        mask[np.searchsorted(numbers, breach.rows)] = True
    return is_out, nulled


def _refuse(feed: Feed, folder: Path, pulled: PulledFeed, sentences: list[str]) -> CheckedFeed:
    """A broken contract: the night stops, or goes on without the feed. All its rows count as set aside, unlisted."""
    accounting = Accounting(pulled=pulled.rows, quarantined=pulled.rows)
    described = _described(feed, pulled)
    checked = replace(described, status="broken", broken=tuple(sentences), accounting=accounting)
    _write_nothing(feed, folder, checked)
    if feed.role == "agency":
        raise InputError("CMFC-I02", " ".join(sentences))
    return checked


def _write_nothing(feed: Feed, folder: Path, checked: CheckedFeed) -> CheckedFeed:
    write_checked(folder, checked, checked_schema(feed).empty_table(), SCHEMA.empty_table())
    return checked


def _described(feed: Feed, pulled: PulledFeed) -> CheckedFeed:
    return CheckedFeed(
        feed.name,
        "ok",
        source=pulled.source,
        sha256=pulled.sha256,
        missing_columns=pulled.missing_columns,
        unknown_columns=pulled.unknown_columns,
        unknown_codes=pulled.unknown_codes,
    )


def _assert_balanced(feed: Feed, counted: Accounting) -> None:
    if counted.pulled != counted.accepted + counted.quarantined + counted.voided + counted.collapsed:
        raise CmfcError("CMFC-G03", f"{feed.name}: the rows do not add up: {counted}.")
