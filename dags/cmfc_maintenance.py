"""The daily upkeep of the ledger: wiring only. What it does is in plugins/cmfc/findings."""

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, get_current_context, task

from cmfc.errors import InputError
from cmfc.orchestration import notifications, wiring
from cmfc.pipeline.agencies import Schedule
from cmfc.pipeline.run import Run
from cmfc.privacy.logs import logger, without_values
from cmfc.settings import Settings

DOC = """
### Children missing from care: upkeep of the ledger

One DAG per agency, `cmfc_maintenance__<agency>`, at 05:30 in its zone: `verify` walks the journal and what it vouches
for, also against the heads in the published manifests; `expire` ends waivers whose last day is past; `retain` erases
what is older than the settings keep it (never the journal); `look` lists law values that are due for reading again, and
messages of which nobody knows whether they went.

* **Failure**: `verify` fails with CMFC-J08 when something was changed, and an alarm goes out. A failed run sends mail.
* **Retries**: as in `cmfc_nightly`.
* **Privacy**: only counts, rule ids and keys pass between tasks.
"""

settings = Settings()
WHOLE = {"multiple_outputs": False}


def run_of_agency() -> Run:
    """The run of the night that this run of the DAG is for."""
    context = get_current_context()
    wiring.refuse_unknown_conf(context)
    return wiring.find_run(wiring.night_of_run(context))


@task(**WHOLE)
def verify() -> dict[str, Any]:
    from cmfc.pipeline.maintenance import verify_agency

    with without_values():
        try:
            return verify_agency(run_of_agency(), settings.lists)
        except InputError as error:
            notifications.sound_alarm(wiring.night_of_run(get_current_context()), error)
            raise


@task(**WHOLE)
def expire() -> int:
    from cmfc.pipeline.maintenance import expire

    with without_values():
        return expire(run_of_agency(), settings.now())


@task(**WHOLE)
def retain() -> dict[str, int]:
    from cmfc.pipeline.maintenance import retain

    keep = (settings.keep_records_days, settings.keep_notes_days, settings.keep_messages_days)
    with without_values():
        return retain(run_of_agency(), keep, settings.now())


@task(**WHOLE)
def look() -> dict[str, list[str]]:
    from cmfc.pipeline.maintenance import list_concerns

    with without_values():
        concerns = list_concerns(run_of_agency(), settings.now(), settings.read_law_days)
    for rule in concerns["law"]:
        logger("cmfc.airflow").warning("A law value is due for reading again.", code=rule)
    return concerns


def maintenance(dag_id: str, agency: str, schedule: Schedule) -> DAG:
    """The daily DAG of an agency; see DOC."""
    with DAG(
        dag_id=dag_id,
        dag_display_name=f"{agency}: upkeep of the ledger",
        schedule=CronTriggerTimetable("30 5 * * *", timezone=schedule.zone),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=3),
        doc_md=DOC,
        tags=["cmfc", "maintenance", agency],
        default_args=wiring.defaults(
            execution_timeout=timedelta(hours=1), on_failure_callback=notifications.note_failure
        ),
        on_failure_callback=notifications.UpkeepFailed(),
    ) as agency_dag:
        verify() >> expire() >> retain()
        look()
    return agency_dag


for one in wiring.dags_of("cmfc_maintenance"):
    maintenance(*one)
