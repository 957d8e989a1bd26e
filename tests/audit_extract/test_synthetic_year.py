"""An extract of the synthetic agency counts what was drawn (synthetic/reporting.truth_table)."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cmfc.audit_extract.extract import Request, build
from cmfc.audit_extract.source_night import known_on
from cmfc.ingest.mapping import mapping_of_folder
from cmfc.pipeline.nightly import mark_current, run_night
from cmfc.pipeline.run import run_of
from cmfc.timing.clock import as_of_night
from cmfc_demo.synthetic.agency import write_canonical
from cmfc_demo.synthetic.clock import local_clock
from cmfc_demo.synthetic.population import generate_with_truth
from tests.support.audited import KEY

ZONE, NIGHT = "America/Chicago", "2026-09-30"
FIRST, LAST = date(2025, 10, 1), date(2026, 9, 30)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    root = tmp_path_factory.mktemp("year")
    feeds, truth_table = generate_with_truth(2000, 7, as_of_night(NIGHT, ZONE), ZONE, clean=True)
    write_canonical(root / "records", feeds)
    run = run_of(
        mapping_of_folder(root / "records", ZONE, "us/mo", "demo", True), NIGHT, root / "store", root / "lists"
    )
    run_night(run, as_of_night(NIGHT, ZONE))
    mark_current(run, root / "lists")
    knowledge = known_on(root / "store", root / "lists", "demo", NIGHT)
    build(knowledge, Request(FIRST, LAST, NIGHT, seed=1), KEY, root / "package", "tests")
    truth = truth_table.to_pandas()
    clock, never = local_clock(ZONE), 2**53
    for name in ("began", "ended"):
        at = truth[f"{name}_at"].fillna(never).to_numpy(dtype=np.int64)
        truth[f"{name}_day"] = np.where(at >= never, 10**6, clock.days(np.minimum(at, 4 * 10**9)))
    first, last = ((day - date(1970, 1, 1)).days for day in (FIRST, LAST))
    return root / "package", truth[(truth.began_day <= last) & (truth.ended_day >= first)].assign(
        first=first, last=last
    )


def one(package: Path, name: str, **values: str) -> dict[str, str]:
    with (package / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        (row,) = [row for row in csv.DictReader(stream) if all(row[k] == v for k, v in values.items())]
    return row


def test_stock_and_flow_counts_what_was_drawn(year: tuple[Path, Any]) -> None:
    package, truth = year
    row = one(package, "stock_and_flow", counted="episodes", dimension="all")
    closed = truth[truth.ended_day <= truth["last"]]
    assert len(truth) > 200 and len(closed) < len(truth)
    assert int(row["open_at_start"]) == (truth.began_day < truth["first"]).sum()
    assert int(row["new"]) == (truth.began_day >= truth["first"]).sum()
    assert int(row["returned"]) + int(row["otherwise_closed"]) == len(closed)
    assert int(row["open_at_end"]) == len(truth) - len(closed)
    children = one(package, "stock_and_flow", counted="children", dimension="all")
    assert int(children["open_at_end"]) == truth[truth.ended_day > truth["last"]].child_id.nunique()
    assert int(children["had_new"]) == truth[truth.began_day >= truth["first"]].child_id.nunique()


def test_a_clean_year_has_every_report_on_time(year: tuple[Path, Any]) -> None:
    package, truth = year
    for recipient in ("law_enforcement", "ncmec"):
        row = one(package, "timeliness", population="statute", recipient=recipient, view="statute", dimension="all")
        assert int(row["episodes"]) == len(truth)
        assert int(row["on_time"]) + int(row["no_duty"]) == len(truth) and int(row["on_time"]) > 0.9 * len(truth)
    yearly = one(package, "yearly", counted="episodes")
    assert int(yearly["missing"]) == len(truth) and yearly["is_whole"] == "true"


def test_the_auditors_population_is_those_of_two_calendar_days(year: tuple[Path, Any]) -> None:
    package, truth = year
    until = np.minimum(truth.ended_day, truth["last"] + 1)
    row = one(package, "timeliness", population="audit", recipient="ncmec", view="calendar_days", dimension="all")
    assert int(row["episodes"]) == (until - truth.began_day >= 2).sum()
