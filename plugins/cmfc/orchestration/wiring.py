"""What the DAGs share: which night a run is, connections, retries, and what a failure does.

Beside the plugin and dags/, only this folder knows Airflow.
Nothing heavy may be imported at the top (docs/architecture.md).
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import Connection, CronPartitionTimetable, RetryDecision, RetryPolicy

from cmfc.errors import CmfcError, UsageError
from cmfc.ingest.mapping import load_mapping
from cmfc.pipeline import nightly
from cmfc.pipeline.nightly import alone
from cmfc.pipeline.run import Run, run_of
from cmfc.privacy.logs import without_values
from cmfc.settings import Settings
from cmfc.timing.clock import local_date

DRIVERS = {"postgres": "postgresql+psycopg2", "postgresql": "postgresql+psycopg2", "sqlite": "sqlite"}
"""SQLAlchemy's name of a driver by Airflow's connection type; another one is named in the connection's extra."""


class SourceBusy(OSError):
    """A database that could not be read just now, for a feed without which the night could go on."""


class OnlyWhatMayPass(RetryPolicy):  # type: ignore[misc]
    """Tries again only where errors.yml says that it may pass, or the system refused. Bad input fails at once."""

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,  # noqa: ARG002 - Airflow's signature
        max_tries: int,  # noqa: ARG002
        context: Any = None,  # noqa: ARG002
    ) -> RetryDecision:
        """Runs in the task's process; the reason is kept with the task."""
        wait = timedelta(seconds=Settings().retry_seconds)
        if isinstance(exception, CmfcError):
            reason = f"{exception.code}, {exception.entry.title}. {' '.join(exception.entry.remedy)}"
            if exception.entry.may_pass:
                return RetryDecision.retry(wait, reason)
            return RetryDecision.fail(reason)
        if isinstance(exception, OSError):
            return RetryDecision.retry(wait, f"The system refused ({type(exception).__name__}); this may pass.")
        return RetryDecision.default()


def nightly_at(cron: str) -> CronPartitionTimetable | None:
    """A time in the agency's zone, keyed by the day before. Without an agency there is nothing to schedule."""
    path = Settings().mapping_file()
    try:
        zone = load_mapping(path).zone if path else None
    except CmfcError:
        return None  # the task that reads a broken mapping reports it; an import error here would hide the DAG
    return CronPartitionTimetable(cron, timezone=zone, run_offset=-1, key_format="%Y-%m-%d") if zone else None


def night_of_run(context: Any) -> dict[str, str]:
    """Which night a run is: the mapping's path and the business date.

    The date is the run's partition key, else the param `business_date`, else the last whole local day. A partition key
    is right on the days on which clocks change, where a logical date need not be.
    """
    settings, params = Settings(), context.get("params") or {}
    path = settings.mapping_file(params.get("agency") or "")
    if path is None:
        raise UsageError("CMFC-A01", "No agency's mapping has that name.", settings.agencies.name)
    day = getattr(context.get("dag_run"), "partition_key", None) or params.get("business_date")
    return {"agency_file": str(path), "business_date": _calendar_day(day or _last_whole_day(path, settings))}


def begin(night: dict[str, str]) -> dict[str, str]:
    """The night, once it is over and all that it needs beside its feeds is there (cmfc/pipeline/preflight.py)."""
    from cmfc.pipeline.preflight import refuse_unfinished, refuse_unready

    with without_values():
        run = find_run(night)
        refuse_unfinished(run, Settings().now())
        refuse_unready(run)
    return night


def find_run(night: dict[str, str]) -> Run:
    """The run of a night."""
    settings = Settings()
    mapping, day = load_mapping(Path(night["agency_file"])), night["business_date"]
    return run_of(mapping, day, settings.store, settings.lists, settings.ledger)


@contextmanager
def held(night: dict[str, str]) -> Iterator[Run]:
    """The night, while no other process may write it; what a library says of an error is withheld."""
    with without_values(), alone(find_run(night)):
        yield find_run(night)


@contextmanager
def ledger(run: Run) -> Iterator[Any]:
    """The ledger of a night's agency, open."""
    from cmfc.ledger.store import opened

    with opened(run.ledger) as opened_ledger:
        yield opened_ledger


def connect(name: str) -> Any:
    """The SQLAlchemy URL of an Airflow connection. A URL object hides its password when printed.

    The driver is named, since a bare `postgresql://` means another one to SQLAlchemy 2.1. Extra: `sqlalchemy_driver`
    names one that is not known here, `sqlalchemy_query` gives the URL's parameters.
    """
    from airflow.sdk.exceptions import AirflowNotFoundException
    from sqlalchemy import URL

    try:
        connection = Connection.get(name)
    except AirflowNotFoundException:
        raise UsageError("CMFC-A02", f"Airflow has no connection '{name}', which the mapping names.") from None
    extra = connection.extra_dejson
    driver = extra.get("sqlalchemy_driver") or DRIVERS.get(connection.conn_type)
    if driver is None:
        raise UsageError("CMFC-A03", f"Connection '{name}' is of a type without a known driver; name one in its extra.")
    if driver.startswith("sqlite"):
        return URL.create(driver, database=connection.host)
    query = extra.get("sqlalchemy_query", {})
    return URL.create(
        driver, connection.login, connection.password, connection.host, connection.port, connection.schema, query
    )


def mark_stale(context: Any) -> None:
    """A task failed for good: the last list stays and says that it is out of date. Runs in the task's process."""
    error = context.get("exception")
    if isinstance(error, CmfcError) and error.code == "CMFC-N04":
        return  # of a night that has not been, no list can be stale
    sentence = (f"{error.code}: {error.message}",) if isinstance(error, CmfcError) else ()
    with suppress(CmfcError):  # a run that names no agency or no day has no list
        nightly.mark_stale(find_run(night_of_run(context)), Settings().lists, *sentence)


def _last_whole_day(path: Path, settings: Settings) -> str:
    today = local_date(settings.now(), load_mapping(path).zone)
    return (today - timedelta(days=1)).isoformat()


def _calendar_day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError("CMFC-A04", "The business date is not a date such as 2026-09-30.") from None
