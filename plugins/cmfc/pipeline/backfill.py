"""Nights that were missed, one after the other, judged with the records as they are now (docs/how-to/backfill.md)."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmfc.errors import CmfcError
from cmfc.pipeline.nightly import mark_current, mark_stale, run_night
from cmfc.pipeline.preflight import refuse_unfinished
from cmfc.pipeline.run import Run, run_of
from cmfc.publishing.manifest import MANIFEST
from cmfc.timing.clock import local_date

if TYPE_CHECKING:
    from cmfc.ingest.mapping import AgencyMapping
    from cmfc.ingest.readers import Connect
    from cmfc.settings import Settings


def is_latest(run: Run, now: int) -> bool:
    """Whether a night is the latest that is over; `now` in epoch seconds UTC."""
    latest = local_date(now, run.mapping.zone) - timedelta(days=1)
    return run.business_date == latest.isoformat()


def backfill(
    mapping: "AgencyMapping",
    days: tuple[date, date],
    settings: "Settings",
    connect: "Connect",
    again: bool = False,
    step: Callable[[str], None] = lambda _: None,
) -> list[dict[str, Any]]:
    """Run the nights of a range in order; each rests on the one before, so the first that fails ends it.

    A list of an earlier night than the latest that is over does not become the current one.

    Args:
        mapping: the agency.
        days: first and last business date.
        settings: folders, ledger and clock.
        connect: gives the SQLAlchemy URL of a named connection.
        again: also nights that have a list, their records read anew.
        step: called with the name of each step.

    Returns:
        For each night `night`, `is_there` (it had a list and was left), `is_current`, and the manifest's `counts`.

    Raises:
        UsageError: CMFC-N04, the last night is not over; nothing was run.
        CmfcError: CMFC-C10, a night failed.
    """
    runs = [run_of(mapping, day, settings.store, settings.lists, settings.ledger) for day in _days(*days)]
    refuse_unfinished(runs[-1], settings.now())
    done: list[dict[str, Any]] = []
    for run in runs:
        if not again and (run.out / MANIFEST).is_file():
            done.append({"night": run.business_date, "is_there": True, "is_current": False, "counts": {}})
            continue
        try:
            counts, is_current = _one(run, settings.now(), settings.lists, connect, again, step)
        except CmfcError as error:
            sentence = f"The night of {run.business_date} failed: {error.code}: {error.message}"
            raise CmfcError("CMFC-C10", f"{sentence} {len(done)} nights are done.", error.detail) from error
        done.append({"night": run.business_date, "is_there": False, "is_current": is_current, "counts": counts})
    return done


def _one(
    run: Run, now: int, lists: Path, connect: "Connect", again: bool, step: Callable[[str], None]
) -> tuple[dict[str, Any], bool]:
    is_current = is_latest(run, now)
    try:
        report = run_night(run, now, connect, again, lambda name: step(f"{run.business_date} {name}"),
                           is_aside=not is_current)  # fmt: skip
    except Exception as error:
        mark_stale(run, lists, f"{error.code}: {error.message}" if isinstance(error, CmfcError) else None)
        raise
    if is_current:
        mark_current(run, lists)
    return report["counts"], is_current


def _days(first: date, last: date) -> Iterator[str]:
    for number in range((last - first).days + 1):
        yield (first + timedelta(days=number)).isoformat()
