"""The nightly run of one agency: pull, check, reconcile, publish. Wiring only; the work is in cmfc.night."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import Connection, CronPartitionTimetable, Param, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from cmfc.feeds.catalog import feeds

DOC = """
### Which children missing from care were not reported, or late?

Every night, per agency: **pull** each feed into a hashed snapshot, **check** it at the door (Great Expectations),
**reconcile** episodes with the law and the reports, **publish** the lists whole or not at all.

* The business date is the run's partition key, or the param `business_date` of a manual run.
* Running a date again uses the snapshot it has and changes nothing; set `again` to pull anew.
* A broken input fails at once (asking again does not mend it); anything else, such as a database that does not
  answer, is tried twice more after five minutes.
* When a task fails for good, the last list stays and is marked stale (`STALE.json`).
* Between tasks go ids, counts and paths only.
"""

logger = logging.getLogger(__name__)


def _place(context: Any) -> Any:
    from cmfc.intake.mapping import load_mapping
    from cmfc.night import place_of
    from cmfc.settings import Settings

    settings = Settings()
    params = context["params"]
    business_date = getattr(context["dag_run"], "partition_key", None) or params["business_date"]
    if not business_date:
        raise AirflowFailException("There is no business date: give the param business_date, such as 2026-09-30.")
    mapping = load_mapping(settings.agencies / f"{Path(params['agency']).name}.yml")
    return place_of(mapping, business_date, settings.store, settings.lists)


def _connect(name: str) -> str:
    """The SQLAlchemy URL of an Airflow connection; a SQLite file stands in its host."""
    connection = Connection.get(name)
    if connection.conn_type == "sqlite":
        return f"sqlite:///{connection.host}"
    return str(connection.get_uri())


def _in_place(work: Callable[[Any], Any]) -> Any:
    """Runs one step of tonight; a broken input fails at once and is not retried."""
    from cmfc.errors import CmfcError

    try:
        return work(_place(get_current_context()))
    except CmfcError as error:
        raise AirflowFailException(str(error)) from None


def _mark_stale(context: Any) -> None:
    """The notice of a failed night: a sentence and a place, never a record."""
    from cmfc.night import fall_short
    from cmfc.settings import Settings

    error = context.get("exception")
    said = (str(error),) if isinstance(error, AirflowFailException) else ()
    fall_short(_place(context), Settings().lists, *said)
    logger.error("The night failed; the last list stays and is marked stale.")


@dag(
    schedule=CronPartitionTimetable("30 3 * * *", timezone="America/Chicago", run_offset=-1, key_format="%Y-%m-%d"),
    catchup=False,
    max_active_runs=1,
    doc_md=DOC,
    tags=["cmfc"],
    params={
        "agency": Param("agency", type="string", pattern="^[A-Za-z0-9_-]+$", description="Mapping file, without .yml"),
        "business_date": Param(None, type=["null", "string"], format="date", description="YYYY-MM-DD"),
        "again": Param(False, type="boolean", description="Pull again, though a snapshot is there"),
    },
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5), "on_failure_callback": _mark_stale},
)
def cmfc_nightly() -> None:
    """See DOC."""

    @task
    def pull(feed: str) -> dict[str, Any]:
        from cmfc.night import pull_feed

        again = bool(get_current_context()["params"]["again"])
        return _in_place(lambda place: pull_feed(place, feed, int(time.time()), _connect, again))

    @task
    def check(pulled: dict[str, Any]) -> dict[str, Any]:
        from cmfc.night import check_feed

        return _in_place(lambda place: check_feed(place, pulled["feed"]))

    @task
    def reconcile(checked: Any) -> dict[str, int]:
        from cmfc.night import reconcile_night

        logger.info("%d feeds have been checked.", len(list(checked)))
        return _in_place(reconcile_night)

    @task
    def publish(reconciled: dict[str, int]) -> dict[str, Any]:
        from cmfc.night import publish_night, stand
        from cmfc.settings import Settings

        logger.info("%d findings.", reconciled["findings"])
        report = _in_place(publish_night)
        _in_place(lambda place: stand(place, Settings().lists))
        return {"folder": report["folder"], "counts": report["counts"]}

    publish(reconcile(check.expand(pulled=pull.expand(feed=list(feeds())))))


cmfc_nightly()
