"""Gauges for StatsD or OpenTelemetry through Airflow's own module; without `[metrics]` switched on they go nowhere.

Names are `cmfc.<agency>.<what>`, as a plain StatsD server knows no tags (docs/how-to/observe.md).
"""

from contextlib import suppress
from dataclasses import asdict
from typing import Any

from airflow.sdk.observability import stats

from cmfc.orchestration import wiring
from cmfc.pipeline.figures import Figures
from cmfc.settings import Settings


def gauge(agency: str, what: str, value: float) -> None:
    """Set one gauge."""
    stats.gauge(f"cmfc.{agency}.{what}", value)


def tell_figures(agency: str, figures: Figures) -> None:
    """The numbers of a list that was just published."""
    for what, value in asdict(figures).items():
        gauge(agency, what, value)


def tell_age(agency: str) -> None:
    """The age of the list that stands, in seconds since the midnight it is true for; nothing where none stands.

    Raises:
        CmfcError: of a mapping that cannot be read.
    """
    from cmfc.pipeline.agencies import load_agency
    from cmfc.pipeline.current_list import current
    from cmfc.timing.clock import as_of_night

    settings = Settings()
    night = current(settings.lists, agency)
    if night is not None:
        gauge(agency, "list_age_seconds", settings.now() - as_of_night(night, load_agency(settings, agency).zone))


def tell_seconds(context: Any) -> None:
    """How long a task took that is done. A callback: it runs in the task's process, and what it lacks stops nothing."""
    from datetime import UTC, datetime

    with suppress(Exception):
        task = context["ti"]
        seconds = (datetime.now(UTC) - task.start_date).total_seconds()
        gauge(wiring.agency_of(context), f"seconds.{task.task_id}", seconds)
