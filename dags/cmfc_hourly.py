"""The hourly watch: wiring only. What it does is in plugins/cmfc/pipeline/hourly.py."""

from datetime import timedelta
from typing import Any

from airflow.sdk import dag, get_current_context, task

from cmfc.orchestration import notifications as notices
from cmfc.orchestration import wiring
from cmfc.settings import Settings

DOC = """
### Children missing from care: between two nights

Every hour, `watch` judges the records as of now with the same core and publishes the list as it stands into `watch`
beside the nights' lists: absences that opened since the last night, and reports that fall due within 12 hours (LE-06,
NC-06). `late` says when last night's list has not come by the hour that is set (`CMFC_LATE_HOUR`).

* **Messages**: counts and a link, once for the same findings. Nothing else goes into the ledger.
* **Retries**: as in `cmfc_nightly`. A failure says so in the log; the nights' lists are not marked stale.
* **Privacy**: only counts and keys pass between tasks.
"""

settings = Settings()


@dag(
    dag_id="cmfc_hourly",
    schedule="@hourly" if settings.mapping_file() else None,
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=55),
    doc_md=DOC,
    tags=["cmfc"],
    default_args={
        "retries": 2,
        "retry_delay": timedelta(seconds=settings.retry_seconds),
        "retry_policy": wiring.OnlyWhatMayPass(),
        "execution_timeout": timedelta(minutes=45),
    },
)
def cmfc_hourly() -> None:
    """See DOC."""

    @task(multiple_outputs=False)
    def late() -> str:
        from cmfc.pipeline.hourly import late
        from cmfc.privacy.logs import without_values

        context = get_current_context()
        night = wiring.night_of_run(context)
        with without_values(), wiring.ledger(wiring.place(night)) as ledger:
            key = late(wiring.place(night).mapping, ledger, settings.lists, settings.now(), settings.late_hour)
        return notices.send_notice(night, key, context) if key else "in time"

    @task(multiple_outputs=False)
    def watch() -> dict[str, Any]:
        from cmfc.pipeline.hourly import watch
        from cmfc.privacy.logs import without_values

        context = get_current_context()
        night = wiring.night_of_run(context)
        with without_values(), wiring.ledger(wiring.place(night)) as ledger:
            summary = watch(wiring.place(night), ledger, settings.now(), wiring.connect)
            state = notices.send_notice(night, summary["key"], context) if summary["key"] else "nothing new"
        return {"due": summary["due"], "fresh": summary["fresh"], "notice": state}

    late()
    watch()


cmfc_hourly()
