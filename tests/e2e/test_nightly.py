"""The nightly DAG on a real api-server, scheduler and dag-processor, triggered over the API."""

import csv
import json
import sqlite3
from pathlib import Path

from cmfc.demo import airflow, run_dag
from cmfc.night import as_of_night
from cmfc.synthetic.agency import write_demo

ZONE = "America/Chicago"
PLANTED = "Zebulonia"


def test_a_night_succeeds_and_a_broken_one_leaves_the_last_list(tmp_path: Path) -> None:
    agency = tmp_path / "agency"
    write_demo(agency, 150, 3, as_of_night("2026-09-30", ZONE), ZONE)
    database = agency / "case_management.sqlite"
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE TBL_CLIENT SET GIVEN_NM = ?", [PLANTED])
    with airflow(tmp_path, agency) as service:
        assert run_dag(service, "2026-09-30")["state"] == "success"
        lists = tmp_path / "lists" / "demo"
        first = {path.name: path.read_bytes() for path in (lists / "2026-09-30").iterdir()}
        with sqlite3.connect(database) as connection:
            connection.execute("DELETE FROM TBL_ABSENCE")
        assert run_dag(service, "2026-10-01")["state"] == "failed"

    assert {path.name: path.read_bytes() for path in (lists / "2026-09-30").iterdir()} == first
    assert json.loads((lists / "current.json").read_bytes())["business_date"] == "2026-09-30"
    assert json.loads((lists / "STALE.json").read_bytes())["since"] == "2026-10-01"
    assert not (lists / "2026-10-01").exists()
    rows = list(csv.DictReader(first["exceptions.csv"].decode().splitlines()))
    manifest = json.loads(first["manifest.json"])
    assert len(rows) == sum(manifest["counts"]["by_code"].values()) > 0
    assert PLANTED.encode() in first["exceptions.html"]
    for path in [*(tmp_path / "airflow").rglob("*"), *lists.glob("*/*.csv"), *lists.glob("*/*.json")]:
        assert not path.is_file() or PLANTED.encode() not in path.read_bytes(), path.name
