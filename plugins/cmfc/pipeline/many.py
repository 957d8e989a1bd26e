"""Many agencies in one run: each is judged by its own zone and law, and one that fails does not stop the others."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cmfc.errors import CmfcError, UsageError
from cmfc.ingest.mapping import load_mapping
from cmfc.pipeline.nightly import core_night
from cmfc.pipeline.run import Run, checked_feeds, law_of
from cmfc.privacy.logs import logger
from cmfc.storage.layout import checked_folder, work_folder
from cmfc.timing.clock import as_of_night

if TYPE_CHECKING:
    from cmfc.reconcile.engines import EngineName

log = logger(__name__)
MAPPING, MATCHES, KNOWN = "agency.yml", "matches.parquet", "known.parquet"
"""What an agency's folder holds beside its checked tables; matches and known episodes only where there are any."""


@dataclass(frozen=True)
class Outcome:
    """What became of one agency: rows by work table, or why there are none."""

    agency: str
    rows: dict[str, int]
    code: str = ""
    message: str = ""


def reconcile_many(
    folder: Path,
    business_date: str,
    engine: "EngineName" = "duckdb",
    at_once: int = 1,
    step: Callable[[str], None] = lambda _: None,
) -> list[Outcome]:
    """Judges every agency of a folder; the work tables of each lie in its own `work`.

    Args:
        folder: a folder for each agency, named by its id (MAPPING and the names beside it say what it holds).
        business_date: YYYY-MM-DD; each agency's night ends with its own local midnight.
        engine: on what all are judged; one Spark serves them all.
        at_once: how many agencies are judged at a time.
        step: called with the name of each agency as it is done.

    Returns:
        One outcome for each agency, in the order of their names.

    Raises:
        UsageError: CMFC-C12, there is no folder of an agency; CMFC-K04 or CMFC-K05, Spark cannot run.
    """
    agencies = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    if not agencies:
        raise UsageError("CMFC-C12", f"There is no folder of an agency in {folder}.")

    def judge(agency: Path) -> Outcome:
        outcome = _judge_or_say(agency, business_date, engine)
        step(agency.name)
        return outcome

    with _running(engine), ThreadPoolExecutor(max_workers=at_once) as pool:
        return list(pool.map(judge, agencies))


def _running(engine: "EngineName") -> AbstractContextManager[object]:
    if engine == "duckdb":
        return nullcontext()
    from cmfc.reconcile.engines import refuse_without_spark

    refuse_without_spark()
    from cmfc.reconcile.spark_engine import running

    return running()


def _judge_or_say(agency: Path, business_date: str, engine: "EngineName") -> Outcome:
    """What is left of an earlier run goes first, and of this one if it fails: no old table passes for tonight's."""
    work = work_folder(agency)
    shutil.rmtree(work, ignore_errors=True)
    try:
        return Outcome(agency.name, _judge(agency, business_date, engine))
    except CmfcError as error:
        code, message = error.code, error.message
    except Exception as error:  # noqa: BLE001 - whatever it is, the other agencies have their night
        code, message = "CMFC-C13", f"It could not be judged ({type(error).__name__})."
    shutil.rmtree(work, ignore_errors=True)
    log.error("Agency not judged.", agency=agency.name, code=code)
    return Outcome(agency.name, {}, code, message)


def _judge(agency: Path, business_date: str, engine: "EngineName") -> dict[str, int]:
    from cmfc.reconcile.engine import reconcile

    mapping = load_mapping(agency / MAPPING)
    if mapping.agency != agency.name:
        raise UsageError("CMFC-C14", f"The folder {agency.name} holds the mapping of another agency.")
    run = Run(mapping, agency, work_folder(agency), as_of_night(business_date, mapping.zone), business_date)
    matches, known_episodes = (path if path.is_file() else None for path in (agency / MATCHES, agency / KNOWN))
    night, law = core_night(run, checked_feeds(run)), law_of(mapping)
    return reconcile(checked_folder(agency), run.out, night, law, matches=matches, known=known_episodes, engine=engine)
