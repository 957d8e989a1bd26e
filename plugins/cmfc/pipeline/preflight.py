"""What must hold before a night reads its first feed: it is over, and what it makes can be kept (spec 1, 6)."""

import tempfile
from pathlib import Path

from cmfc.errors import UsageError
from cmfc.pipeline.run import Run, law_of, models_of
from cmfc.storage.closed import close_folder
from cmfc.timing.clock import local_time


def refuse_unfinished(run: Run, now: int) -> None:
    """A business date ends with its local midnight; until then its records are not complete and no limit has passed.

    Args:
        run: the night; one without a business date is judged as of any instant.
        now: epoch seconds UTC.

    Raises:
        UsageError: CMFC-N04, the business date is not over.
    """
    if run.business_date is None or now >= run.as_of:
        return
    zone = run.mapping.zone
    local = local_time(now, zone)
    raise UsageError(
        "CMFC-N04",
        f"The business date {run.business_date} is not over: in {zone} it is {local}. A night takes a whole day; name"
        " an earlier date, or wait for midnight.",
    )


def refuse_unready(run: Run) -> None:
    """Looks at all that a night needs beside its feeds: its law, its linkage model, its folders, its ledger.

    Raises:
        UsageError: CMFC-L01 or CMFC-E01 for a law or model that is not there, CMFC-N05 for a folder that cannot be
            written, CMFC-J02 for a ledger that cannot be opened, CMFC-K04 or CMFC-K05 for Spark that cannot run.
    """
    from cmfc.matching.model import load_model
    from cmfc.reconcile.engines import refuse_without_spark

    if run.mapping.engine == "spark":
        refuse_without_spark()
    law_of(run.mapping)
    load_model(run.mapping.matching.model, models_of(run))
    if run.business_date is not None:  # else `out` is a place of the user's own
        for root in (run.store, run.out.parent.parent):
            _close(root)
    for name, folder in (("store", run.folder.parent), ("lists", run.out.parent)):
        _refuse_unwritable(name, folder)
    if run.ledger:
        from cmfc.ledger.store import open_ledger

        open_ledger(run.ledger).close()


def _close(root: Path) -> None:
    try:
        close_folder(root)
    except OSError as error:
        message = f"The folder cannot be written: {root}. Nothing was read."
        raise UsageError("CMFC-N05", message, type(error).__name__) from None


def _refuse_unwritable(name: str, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        message = f"The folder of the {name} cannot be written: {folder}. Nothing was read."
        raise UsageError("CMFC-N05", message, type(error).__name__) from None
