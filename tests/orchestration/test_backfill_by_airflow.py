"""Airflow's own backfill: its keys are business dates in order, and its lists do not become the current one."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from cmfc.orchestration import lineage, metrics, publishing, wiring
from cmfc.pipeline.agencies import Schedule


@pytest.mark.parametrize("zone", ["America/Chicago", "Pacific/Guam", "UTC"])
def test_its_runs_have_the_business_dates_of_the_range_in_order(zone: str) -> None:
    from airflow.serialization.decoders import decode_timetable
    from airflow.serialization.encoders import encode_timetable

    timetable = decode_timetable(encode_timetable(wiring.nightly_at(Schedule("30 3 * * *", zone, ""))))
    first, last = datetime(2026, 10, 30, tzinfo=UTC), datetime(2026, 11, 1, 23, 59, tzinfo=UTC)  # clocks change
    keys = [info.partition_key for info in timetable.iter_partition_dagrun_infos(earliest=first, latest=last)]
    assert keys == ["2026-10-30", "2026-10-31", "2026-11-01"]
    # A bare date is the midnight before that day's tick: docs/how-to/backfill.md asks for 23:59.
    bare = timetable.iter_partition_dagrun_infos(earliest=first, latest=datetime(2026, 11, 1, tzinfo=UTC))
    assert [info.partition_key for info in bare] == keys[:-1]


@pytest.mark.parametrize(
    ("run_type", "day", "is_aside"),
    [
        ("backfill", "2026-09-28", True),
        ("backfill", "2026-09-30", False),  # the latest that is over
        ("scheduled", "2026-09-28", False),
        ("manual", "2026-09-28", False),
    ],
)
def test_a_list_that_it_made_of_an_earlier_night_stands_aside(
    run_type: str, day: str, is_aside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Any] = []
    monkeypatch.setenv("CMFC_CLOCK", "2026-10-01T08:30:00Z")
    summary = {"incomplete": [], "notes": []}
    monkeypatch.setattr(
        "cmfc.pipeline.nightly.publish_night", lambda *_, is_aside: done.append(("published", is_aside)) or summary
    )
    monkeypatch.setattr("cmfc.pipeline.nightly.mark_current", lambda *_: done.append("current"))
    monkeypatch.setattr("cmfc.pipeline.figures.figures_of", lambda _: None)
    monkeypatch.setattr(lineage, "tell_published", lambda *_: None)
    monkeypatch.setattr(metrics, "tell_age", lambda _: None)
    mapping = SimpleNamespace(agency="hill", zone="America/Chicago")
    run: Any = SimpleNamespace(mapping=mapping, business_date=day)
    context = {"dag_run": SimpleNamespace(run_type=run_type), "dag": SimpleNamespace(dag_id="x"), "run_id": "r"}
    publishing.publish(run, context)
    assert done == [("published", is_aside), *([] if is_aside else ["current"])]
