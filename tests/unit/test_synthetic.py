"""The demonstration agency through its three real sources: what goes in comes out."""

import json
from pathlib import Path

from cmfc.intake.mapping import load_mapping
from cmfc.night import as_of_night, place_of, run_night
from cmfc.synthetic.agency import write_demo
from cmfc.synthetic.population import generate

ZONE = "America/Chicago"
AS_OF = as_of_night("2026-09-30", ZONE)


def test_same_seed_same_population() -> None:
    assert generate(200, 7, AS_OF, ZONE) == generate(200, 7, AS_OF, ZONE)
    assert generate(200, 7, AS_OF, ZONE) != generate(200, 8, AS_OF, ZONE)


def test_the_demo_night_loses_no_row_and_leaks_no_name(tmp_path: Path) -> None:
    mapping = load_mapping(write_demo(tmp_path / "in", 300, 7, AS_OF, ZONE))
    place = place_of(mapping, "2026-09-30", tmp_path / "store", tmp_path / "lists")
    report = run_night(place, AS_OF + 10**6, lambda name: f"sqlite:///{tmp_path}/in/case_management.sqlite")
    drawn = generate(300, 7, AS_OF, ZONE)
    for feed, counted in report["feeds"].items():
        if counted["status"] == "ok":
            assert counted["pulled"] == counted["accepted"] == len(getattr(drawn, feed))
    first = {path.name: path.read_bytes() for path in place.out.iterdir()}
    assert run_night(place, AS_OF, None)["manifest_sha256"] == report["manifest_sha256"]
    assert {path.name: path.read_bytes() for path in place.out.iterdir()} == first
    assert "Grünwald" not in json.dumps(report) and "Grünwald".encode() not in first["exceptions.csv"]
    assert report["counts"]["by_code"]["NC-01"] > 0
