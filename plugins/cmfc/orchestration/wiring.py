"""What the DAGs share: which night a run is, connections, retries, and what a failure does.

Beside the plugin and dags/, only this folder knows Airflow.
Nothing heavy may be imported at the top (docs/architecture.md).
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import date, timedelta
from typing import Any

from airflow.sdk import (
    CronPartitionTimetable,
    RetryDecision,
    RetryPolicy,
    get_current_context,
    get_parsing_context,
)

from cmfc.errors import CmfcError, UsageError
from cmfc.ingest.mapping import AGENCY
from cmfc.orchestration.connections import connect as connect
from cmfc.pipeline.agencies import Schedule, agencies, load_agency, schedule_of
from cmfc.pipeline.nightly import alone
from cmfc.pipeline.run import Run, run_of
from cmfc.privacy.logs import without_values
from cmfc.settings import Settings
from cmfc.timing.clock import as_of_night, local_date

CONF = ("again", "business_date")
"""What a run of the nightly DAG may be configured with."""


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


def defaults(**more: Any) -> dict[str, Any]:
    """What the tasks of every DAG have in common, and what one of them has beside."""
    pause = timedelta(seconds=Settings().retry_seconds)
    return {"owner": "cmfc", "retries": 2, "retry_delay": pause, "retry_policy": OnlyWhatMayPass(), **more}


def dags_of(kind: str) -> Iterator[tuple[str, str, Schedule]]:
    """For each agency the id of its DAG of a kind (`cmfc_nightly__<agency>`), its name and its hours.

    A process that runs a task gets only the DAG of that task, also where its mapping is gone: the task then says so.
    """
    settings, dag_id = Settings(), get_parsing_context().dag_id
    names: Iterable[str] = agencies(settings)
    if dag_id is not None:
        prefix, _, name = dag_id.partition("__")
        names = [name] if prefix == kind and AGENCY.fullmatch(name) else []
    for name in names:
        yield f"{kind}__{name}", name, schedule_of(settings, name)


def nightly_at(schedule: Schedule) -> CronPartitionTimetable:
    """The agency's hours in its zone, keyed by the day before."""
    return CronPartitionTimetable(schedule.cron, timezone=schedule.zone, run_offset=-1, key_format="%Y-%m-%d")


def agency_of(context: Any) -> str:
    """The agency of a run, by the id of its DAG: nobody who may trigger a run can name another."""
    return str(context["dag"].dag_id).partition("__")[2]


def key_of(context: Any) -> str:
    """The key under which the ledger knows a run."""
    from cmfc.pipeline.pin import run_key

    return run_key(context["dag"].dag_id, context["run_id"])


def refuse_unknown_conf(context: Any, allowed: Iterable[str] = ()) -> None:
    """A key that nobody reads may hold anything, and everybody who may see the run would read it.

    Raises:
        UsageError: CMFC-A05, with the place of the key and not what it says.
    """
    conf = getattr(context.get("dag_run"), "conf", None) or {}
    if unknown := [str(place) for place, key in enumerate(conf, 1) if key not in set(allowed)]:
        params = ", ".join(sorted(allowed)) or "none"
        message = (
            f"The run's configuration has keys that are not known, at position {', '.join(unknown)}; known: {params}."
        )
        raise UsageError("CMFC-A05", message)


def night_of_run(context: Any) -> dict[str, str]:
    """Which night a run is: the agency's name and the business date.

    The date is the run's partition key, else the param `business_date`, else the last whole local day. A partition key
    is right on the days on which clocks change, where a logical date need not be.
    """
    settings, agency = Settings(), agency_of(context)
    day = _named_day(context)
    return {"agency": agency, "business_date": _calendar_day(day) if day else _last_whole_day(settings, agency)}


def begin(context: Any) -> dict[str, str]:
    """The night, once it is over and all that it needs beside its feeds is there (cmfc/pipeline/preflight.py).

    What it begins with goes into the ledger; every later task is held to it.
    """
    from cmfc.pipeline.pin import note_night
    from cmfc.pipeline.preflight import refuse_unfinished, refuse_unready

    settings = Settings()
    with without_values():
        refuse_unknown_conf(context, CONF)
        night = night_of_run(context)
        run = find_run(night)
        refuse_unfinished(run, settings.now())
        refuse_unready(run)
        schedule_of(settings, night["agency"])
        with ledger(run) as opened_ledger:
            return {**night, "places": note_night(run, opened_ledger, key_of(context), settings.now())}


def find_run(night: dict[str, str]) -> Run:
    """The run of a night, by the name of its agency, which is no path."""
    settings = Settings()
    day = _calendar_day(night["business_date"])
    return run_of(load_agency(settings, night["agency"]), day, settings.store, settings.lists, settings.ledger)


def pinned(night: Any) -> Run:
    """The run of the night that a task was given, once it is the one that began.

    What tasks hand on may be edited by whoever may edit it in Airflow, so nothing of it is taken: agency and date are
    compared with the run itself, and mapping, law and code with what `begin` noted in the ledger.

    Raises:
        CmfcError: CMFC-A07 for another night, CMFC-N06 where this worker has not the folders, and those of
            `refuse_other_night` (cmfc/pipeline/pin.py).
    """
    from cmfc.pipeline.pin import refuse_other_night, refuse_other_places

    context = get_current_context()
    day = _named_day(context)
    arguments = night if isinstance(night, dict) and set(night) == {"agency", "business_date", "places"} else {}
    named = {"agency": agency_of(context)} | ({"business_date": _calendar_day(day)} if day else {})
    if not arguments or any(arguments[name] != text for name, text in named.items()):
        raise UsageError("CMFC-A07", "This task was given another night than the one that began.")
    run = find_run({name: str(text) for name, text in arguments.items()})
    refuse_other_places(run, str(arguments["places"]))
    with ledger(run) as opened_ledger:
        refuse_other_night(run, opened_ledger, key_of(context))
    return run


def retry_if_busy(feed: str, summary: dict[str, Any], attempt: Any) -> dict[str, Any]:
    """What a pull gives on.

    Raises:
        SourceBusy: the database may answer later, and a try is left.
    """
    if summary["is_broken"] and summary["may_pass"] and attempt.try_number <= attempt.max_tries:
        raise SourceBusy(f"{feed}: its database could not be read.")
    return summary


@contextmanager
def locked_night(night: Any) -> Iterator[Run]:
    """The night, while no other process may write it; what a library says of an error is withheld."""
    with without_values():
        run = pinned(night)
        with alone(run):
            yield run


def ledger(run: Run) -> AbstractContextManager[Any]:
    """The ledger of a night's agency, open."""
    return ledger_at(run.ledger)


def ledger_at(url: str) -> AbstractContextManager[Any]:
    """The ledger at a URL, open."""
    from cmfc.ledger.store import opened

    return opened(url)


def mark_stale(context: Any) -> None:
    """A task failed for good: the last list stays and says that it is out of date. Runs in the task's process.

    Needs no mapping: a broken one is a reason to mark. For a whole run that failed (there is no `exception`), a list
    that this very run published is not out of date.
    """
    from cmfc.pipeline.current_list import is_current_of, mark_night_stale

    error, settings = context.get("exception"), Settings()
    sentence = f"{error.code}: {error.message}" if isinstance(error, CmfcError) else None
    with suppress(CmfcError):  # a run that names no agency or no day has no list, nor has one that was refused as such
        refuse_unknown_conf(context, CONF)
        night = night_of_run(context)
        agency, day = night["agency"], night["business_date"]
        is_over = as_of_night(day, schedule_of(settings, agency).zone) <= settings.now()
        is_out = error is None and is_current_of(settings.lists, agency, key_of(context))
        if AGENCY.fullmatch(agency) and is_over and not is_out:
            mark_night_stale(settings.lists, agency, day, sentence)


def _named_day(context: Any) -> Any:
    params = context.get("params") or {}
    return getattr(context.get("dag_run"), "partition_key", None) or params.get("business_date")


def _last_whole_day(settings: Settings, agency: str) -> str:
    today = local_date(settings.now(), schedule_of(settings, agency).zone)
    return (today - timedelta(days=1)).isoformat()


def _calendar_day(text: Any) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except (ValueError, TypeError):
        raise UsageError("CMFC-A04", "The business date is not a date such as 2026-09-30.") from None
