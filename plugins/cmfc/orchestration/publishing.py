"""The task that publishes: whether the list comes to stand, and what is said of it to Airflow and to gauges."""

from typing import Any

from cmfc.orchestration import lineage, metrics, wiring
from cmfc.pipeline.run import Run
from cmfc.settings import Settings


def publish(run: Run, context: Any) -> dict[str, Any]:
    """Publish a night, and make its list the current one unless a backfill made it of an earlier night."""
    from cmfc.pipeline.backfill import is_latest
    from cmfc.pipeline.current_list import current
    from cmfc.pipeline.figures import figures_of
    from cmfc.pipeline.nightly import mark_current, publish_night

    settings, agency = Settings(), run.mapping.agency
    is_aside = _is_backfill(context) and not is_latest(run, settings.now())
    summary = publish_night(run, settings.now(), is_aside=is_aside)
    if not is_aside:
        mark_current(run, settings.lists, wiring.key_of(context))
    is_current, figures = current(settings.lists, agency) == run.business_date, figures_of(run)
    lineage.tell_published(context, run, figures, is_current)
    if is_current:
        metrics.tell_figures(agency, figures)
    metrics.tell_age(agency)
    return {**summary, "incomplete": len(summary["incomplete"]), "notes": len(summary["notes"])}


def _is_backfill(context: Any) -> bool:
    kind = getattr(context["dag_run"], "run_type", "")
    return str(getattr(kind, "value", kind)) == "backfill"
