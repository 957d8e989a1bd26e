"""A night of a folder of files: no mapping, no store, no ledger (`cmfc reconcile`)."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmfc.ingest.mapping import DECISIONS, mapping_of_folder, names_in_folder
from cmfc.pipeline.nightly import run_night
from cmfc.pipeline.run import Run
from cmfc.settings import Settings
from cmfc.storage.atomic import refuse_others
from cmfc.storage.scratch import ScratchFolder

if TYPE_CHECKING:
    from cmfc.matching.answers import Decision
    from cmfc.reconcile.engines import EngineName


def reconcile_folder(
    records: Path,
    zone: str,
    jurisdiction: str,
    as_of: int,
    out: Path,
    agency: str = "local",
    runaway_placements_kept: bool = False,
    step: Callable[[str], None] = lambda _: None,
    engine: "EngineName" = "duckdb",
) -> dict[str, Any]:
    """Reconciles a folder of `<feed>.csv` files with canonical columns, without Airflow and without a store.

    The pull is taken to have been at as_of. `decisions.csv` in the folder holds people's answers about matches, if
    there are any (docs/how-to/matching.md). Nothing is kept but `out`.
    """
    mapping = mapping_of_folder(records, zone, jurisdiction, agency, runaway_placements_kept)
    mapping = mapping.model_copy(update={"engine": engine})
    store = Settings().store  # what is in work for a while lies where names may lie
    with ScratchFolder(store, "reconcile") as scratch:
        run = Run(mapping, scratch.folder / agency / "night", out, as_of, None)
        refuse_others(out, {"agency": agency, "business_date": None}, (records, *run.spared))
        return run_night(run, as_of, step=step, answers=_answers_of(records, zone, as_of))


def not_read(records: Path) -> list[str]:
    """What a folder of records holds that `reconcile_folder` does not look at, by name; hidden files apart."""
    names = {f"{name}.csv" for name in names_in_folder()}
    return sorted(path.name for path in records.iterdir() if path.name not in names and not path.name.startswith("."))


def _answers_of(records: Path, zone: str, as_of: int) -> "list[Decision]":
    file = records / f"{DECISIONS}.csv"
    if not file.is_file():
        return []
    from cmfc.ledger.match_answers import latest, read_decisions

    return latest(read_decisions(file, zone), as_of)
