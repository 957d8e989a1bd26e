"""The nightly job: wiring only. What each step does is in plugins/cmfc/pipeline/nightly.py."""

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param, get_current_context, task

from cmfc.orchestration import lineage, metrics, notifications, publishing, wiring
from cmfc.pipeline.agencies import Schedule
from cmfc.privacy.logs import without_values
from cmfc.settings import Settings

DOC = """
### Children missing from care: one night

One DAG per agency, `cmfc_nightly__<agency>`, made from its mapping `<agency>.yml` and running at that mapping's
`schedule` in its zone. It takes the agency's records of one **business date**, validates them, works out who was
missing, holds that against the law and the reports, and publishes the lists people work through.

`begin` → `pull` (one per feed) → `validate` → `match` → `reconcile` → `record` → `publish` →
`notify`, and `report`

* **Which night**: the run's partition key (the business date; as_of is the local midnight that ends it), else the param
  `business_date`, else the last whole day; one that is not over is refused. The default, 03:30, is on every day.
* **Pinned**: `begin` notes agency, date, mapping, law, code and folders in the ledger. A later task that is given or
  sees another one stops: what passes between tasks may be edited, and is not believed.
* **Again**: run twice, a night gives the same lists and the same ledger. Snapshots of the same mapping, pulled when the
  night was over, are reused; the log says so. `again` pulls and scores anew.
* **Retries**: a database that does not answer and a system that refuses are asked again, twice. Input that breaks its
  contract fails at once, since waiting does not mend it. The reason stands with the task.
* **Notification**: counts per severity and office, what changed and a link, once per recorded run.
* **Backfill** (`docs/how-to/backfill.md`): one night at a time; its lists say that today's records judged them.
* **Failure**: up to `publish` the last list stays, marked stale (`STALE.json`). A message says what to do.
* **A report feed that cannot be used** does not stop the night: its verdicts are `not_checked`; every output says so.
* **Privacy**: only ids, counts and paths pass between tasks: no name, birth date or report number.
"""

WHOLE: dict[str, Any] = {"multiple_outputs": False}  # one XCom a task, not one more per key
# Without such a task there is no list of the night.
LIST = {**WHOLE, "on_failure_callback": [notifications.note_failure, wiring.mark_stale]}
EACH = {**LIST, "map_index_template": "{{ task.op_kwargs['feed'] }} {{ task.op_kwargs['night']['business_date'] }}"}
settings = Settings()


@task(**LIST)
def begin() -> dict[str, str]:
    return wiring.begin(get_current_context())


@task(**EACH)
def pull(night: dict[str, str], feed: str) -> dict[str, Any]:
    from cmfc.pipeline.nightly import pull_feed

    context = get_current_context()
    with without_values():
        run = wiring.pinned(night)
        lineage.tell_source(context, run, feed, wiring.connect)
        summary = pull_feed(run, feed, settings.now(), wiring.connect, context["params"]["again"])
    return wiring.retry_if_busy(feed, summary, context["ti"])


@task(**LIST)
def validate(night: dict[str, str]) -> dict[str, dict[str, Any]]:
    from cmfc.pipeline.nightly import validate_night

    with wiring.locked_night(night) as run:
        return validate_night(run, by=wiring.key_of(get_current_context()))


@task(**LIST)
def match(night: dict[str, str]) -> dict[str, int]:
    from cmfc.pipeline.nightly import match_night

    with wiring.locked_night(night) as run:
        return match_night(run, get_current_context()["params"]["again"])


@task(**LIST)
def reconcile(night: dict[str, str]) -> dict[str, int]:
    from cmfc.pipeline.nightly import reconcile_night

    with wiring.locked_night(night) as run:
        return reconcile_night(run)


@task(**LIST)
def record(night: dict[str, str]) -> dict[str, Any]:
    from cmfc.pipeline.nightly import record_night

    with wiring.locked_night(night) as run:
        return record_night(run, settings.now())


@task(**LIST)
def publish(night: dict[str, str]) -> dict[str, Any]:
    with wiring.locked_night(night) as run:
        return publishing.publish(run, get_current_context())


@task(**WHOLE)
def report(night: dict[str, str]) -> None:
    from cmfc.pipeline.nightly import log_list

    with without_values():
        log_list(wiring.pinned(night))


@task(**WHOLE)
def notify(night: dict[str, str]) -> str:
    from cmfc.pipeline.ledger_steps import notification_key

    with without_values():
        return notifications.send_notification(night, notification_key(wiring.pinned(night)), get_current_context())


def nightly(dag_id: str, agency: str, schedule: Schedule) -> DAG:
    """The nightly DAG of an agency; see DOC."""
    with DAG(
        dag_id=dag_id,
        dag_display_name=f"{agency}: missing from care, nightly",
        schedule=wiring.nightly_at(schedule),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=6),
        doc_md=DOC,
        tags=["cmfc", "nightly", agency],
        params={
            "business_date": Param(None, type=["null", "string"], format="date", description="Without a partition."),
            "again": Param(False, type="boolean", description="Pull anew, though a snapshot is there."),
        },
        default_args=wiring.defaults(
            on_success_callback=metrics.tell_seconds,
            execution_timeout=timedelta(hours=2),
            on_failure_callback=notifications.note_failure,
        ),
        on_failure_callback=notifications.NightFailed(),
    ) as agency_dag:
        night = begin()
        pulled = [
            pull.override(task_id=f"pull{where}", pool=pool).partial(night=night).expand(feed=some)
            for pool, where, some in schedule.by_pool(settings.source_pool)
        ]
        published = publish.override(outlets=[lineage.lists_of(agency)])(night)
        pulled >> validate(night) >> match(night) >> reconcile(night) >> record(night) >> published
        published >> [notify(night), report(night)]
    return agency_dag


for one in wiring.dags_of("cmfc_nightly"):
    nightly(*one)
