"""The nightly job: wiring only. What each step does is in plugins/cmfc/pipeline/nightly.py."""

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, get_current_context, task

from cmfc.feeds.catalog import feeds
from cmfc.orchestration import notifications, wiring
from cmfc.privacy.logs import without_values
from cmfc.settings import Settings

DOC = """
### Children missing from care: one night

Takes an agency's records of one **business date**, validates them, works out who was missing, holds that
against the law and the reports, and publishes the lists people work through.

`begin` → `pull` (one per feed) → `validate` → `match` → `reconcile` → `record` → `publish` →
`notify`, and `report`

* **Which night**: the run's partition key (the business date; as_of is the local midnight that ends it), else the param
  `business_date`, else the last whole day; one that is not over is refused. Runs at 03:30 local, which every day has.
* **Again**: run twice, a night gives the same lists and the same ledger. Snapshots of the same mapping, pulled when the
  night was over, are reused; the log says so. `again` pulls and scores anew.
* **Retries**: a database that does not answer and a system that refuses are asked again, twice. Input that breaks its
  contract fails at once, since waiting does not mend it. The reason stands with the task.
* **Notification**: counts per severity and office, what changed and a link, once per recorded run, after the
  lists.
* **Failure**: the last list stays, marked stale (`STALE.json`); a notification goes out.
  The task's reason says what to do.
* **A report feed that cannot be used** does not stop the night: its verdicts are `not_checked`; every output says so.
* **Privacy**: only ids, counts and paths pass between tasks: no name, birth date or report number.
"""

FEEDS = list(feeds())
WHOLE = {"multiple_outputs": False}  # one XCom a task, not one more per key
EACH = {**WHOLE, "map_index_template": "{{ task.op_kwargs['feed'] }}"}
settings = Settings()


@dag(
    dag_id="cmfc_nightly",
    schedule=wiring.nightly_at("30 3 * * *"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=6),
    doc_md=DOC,
    tags=["cmfc"],
    params={
        "business_date": Param(None, type=["null", "string"], format="date", description="Without a partition."),
        "agency": Param("", type="string", pattern=r"^[A-Za-z0-9_.-]*$", description="A mapping's file name."),
        "again": Param(False, type="boolean", description="Pull anew, though a snapshot is there."),
    },
    default_args={
        "retries": 2,
        "retry_delay": timedelta(seconds=settings.retry_seconds),
        "retry_policy": wiring.OnlyWhatMayPass(),
        "on_failure_callback": [notifications.note_failure, wiring.mark_stale],
        "execution_timeout": timedelta(hours=2),
    },
    on_failure_callback=notifications.NightFailed(),
)
def cmfc_nightly() -> None:  # noqa: C901 - one short function per task
    """See DOC."""

    @task(**WHOLE)
    def begin() -> dict[str, str]:
        return wiring.begin(wiring.night_of_run(get_current_context()))

    @task(**EACH)
    def pull(night: dict[str, str], feed: str) -> dict[str, Any]:
        from cmfc.pipeline.nightly import pull_feed

        context = get_current_context()
        with without_values():
            again = context["params"]["again"]
            summary = pull_feed(wiring.find_run(night), feed, settings.now(), wiring.connect, again)
        if summary["is_broken"] and summary["may_pass"] and context["ti"].try_number <= context["ti"].max_tries:
            raise wiring.SourceBusy(f"{feed}: its database could not be read.")
        return summary

    @task(**WHOLE)
    def validate(night: dict[str, str]) -> dict[str, dict[str, Any]]:
        from cmfc.pipeline.nightly import validate_night

        with without_values():
            return validate_night(wiring.find_run(night))

    @task(**WHOLE)
    def match(night: dict[str, str]) -> dict[str, int]:
        from cmfc.pipeline.nightly import match_night

        with wiring.held(night) as run:
            return match_night(run, get_current_context()["params"]["again"])

    @task(**WHOLE)
    def reconcile(night: dict[str, str]) -> dict[str, int]:
        from cmfc.pipeline.nightly import reconcile_night

        with wiring.held(night) as run:
            return reconcile_night(run)

    @task(**WHOLE)
    def record(night: dict[str, str]) -> dict[str, Any]:
        from cmfc.pipeline.nightly import record_night

        with wiring.held(night) as run:
            return record_night(run, settings.now())

    @task(**WHOLE)
    def publish(night: dict[str, str]) -> dict[str, Any]:
        from cmfc.pipeline.nightly import mark_current, publish_night

        with wiring.held(night) as run:
            summary = publish_night(run, settings.now())
            mark_current(run, settings.lists)
        return {**summary, "incomplete": len(summary["incomplete"]), "notes": len(summary["notes"])}

    @task(**WHOLE)
    def report(summary: dict[str, Any]) -> None:
        from cmfc.pipeline.nightly import log_summary

        log_summary(summary)

    @task(**WHOLE)
    def notify(night: dict[str, str], run: dict[str, Any]) -> str:
        key = f"night:{night['business_date']}:{run['run_id']}"
        with without_values():
            return notifications.send_notification(night, key, get_current_context())

    night = begin()
    pulled = pull.partial(night=night).expand(feed=FEEDS)
    validated, matched, judged = validate(night), match(night), reconcile(night)
    recorded, published = record(night), publish(night)
    pulled >> validated >> matched >> judged >> recorded >> published >> notify(night, recorded)
    report(published)


cmfc_nightly()
