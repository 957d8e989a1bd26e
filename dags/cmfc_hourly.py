"""The hourly watch: wiring only. What it does is in plugins/cmfc/pipeline/hourly.py."""

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, get_current_context, task

from cmfc.orchestration import metrics, notifications, wiring
from cmfc.pipeline.agencies import Schedule
from cmfc.settings import Settings

DOC = """
### Children missing from care: between two nights

One DAG per agency, `cmfc_hourly__<agency>`. Every hour, `watch` judges the records as of now with the same core and
publishes the list as it stands into `watch` beside the nights' lists: absences that opened since the last night, and
reports that fall due within 12 hours (LE-06, NC-06). `late` says when last night's list has not come by the hour
that is set (`CMFC_LATE_HOUR`).

`resend` then sends what still waits of any message, and takes over what a failure left in files.

* **Messages**: counts and a link, once for the same findings. Nothing else goes into the ledger. A task fails while a
  message waits (CMFC-A10) or is unsure (CMFC-A11).
* **Retries**: as in `cmfc_nightly`. A failure is sent once a day; the nights' lists are not marked stale.
* **Privacy**: only counts and keys pass between tasks.
"""

settings = Settings()


@task(multiple_outputs=False)
def late() -> str:
    from cmfc.pipeline.hourly import late
    from cmfc.privacy.logs import without_values

    context = get_current_context()
    wiring.refuse_unknown_conf(context)
    night = wiring.night_of_run(context)
    with without_values(), wiring.ledger(wiring.find_run(night)) as ledger:
        key = late(wiring.find_run(night).mapping, ledger, settings.lists, settings.now(), settings.late_hour)
    return notifications.send_notification(night, key, context) if key else "in time"


@task(multiple_outputs=False)
def watch() -> dict[str, Any]:
    from cmfc.pipeline.hourly import watch
    from cmfc.privacy.logs import without_values

    context = get_current_context()
    wiring.refuse_unknown_conf(context)
    night = wiring.night_of_run(context)
    with without_values(), wiring.ledger(wiring.find_run(night)) as ledger:
        summary = watch(wiring.find_run(night), ledger, settings.now(), wiring.connect)
        key = summary["key"]
        state = notifications.send_notification(night, key, context) if key else "nothing new"
    return {"due": summary["due"], "fresh": summary["fresh"], "notification": state}


@task(multiple_outputs=False, trigger_rule="all_done")
def resend() -> dict[str, int]:
    from cmfc.privacy.logs import without_values

    with without_values():
        night = wiring.night_of_run(get_current_context())
        metrics.tell_age(night["agency"])
        return notifications.send_waiting(night)


def hourly(dag_id: str, agency: str, schedule: Schedule) -> DAG:
    """The hourly DAG of an agency; see DOC."""
    with DAG(
        dag_id=dag_id,
        dag_display_name=f"{agency}: missing from care, hourly",
        schedule=CronTriggerTimetable("0 * * * *", timezone=schedule.zone),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(minutes=55),
        doc_md=DOC,
        tags=["cmfc", "hourly", agency],
        default_args=wiring.defaults(
            execution_timeout=timedelta(minutes=45), on_failure_callback=notifications.note_failure
        ),
        on_failure_callback=notifications.HourFailed(),
    ) as agency_dag:
        [late(), watch()] >> resend()
    return agency_dag


for one in wiring.dags_of("cmfc_hourly"):
    hourly(*one)
