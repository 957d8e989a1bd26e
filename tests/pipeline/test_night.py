"""A night as function calls: its instant, which list stands, and what a failure leaves."""

import json
from pathlib import Path

import pytest

from cmfc.ingest.mapping import mapping_of_folder
from cmfc.pipeline.nightly import mark_current, mark_stale
from cmfc.pipeline.run import Run, run_of
from cmfc.settings import Settings
from cmfc.timing.clock import as_of_night


@pytest.mark.parametrize(
    ("day", "begins", "hours"),
    [("2026-03-07", "2026-03-06", 24), ("2026-03-08", "2026-03-07", 23), ("2026-11-01", "2026-10-31", 25)],
)
def test_as_of_is_the_midnight_that_ends_the_day_also_when_clocks_change(day: str, begins: str, hours: int) -> None:
    zone = "America/Chicago"
    assert as_of_night(day, zone) - as_of_night(begins, zone) == hours * 3600


def night(day: str, root: Path) -> Run:
    mapping = mapping_of_folder(root / "records", "America/Chicago", "us/mo", "hill")
    return run_of(mapping, day, root / "store", root / "lists")


def current_and_stale(root: Path) -> tuple[str | None, str | None]:
    """The current list's day, and since when it is stale."""
    here = root / "lists" / "hill"
    files = [here / "current.json", here / "STALE.json"]
    current, stale = (json.loads(path.read_bytes()) if path.exists() else {} for path in files)
    return current.get("business_date"), stale.get("since")


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        ("+30", ("30", None)),
        ("-30", (None, "30")),
        ("+30 -31", ("30", "31")),
        ("+30 -31 +31", ("31", None)),
        ("+29 -30 -31 +31", ("31", None)),
        ("+29 -30 +29", ("29", "30")),  # an older night again does not mend the one that failed
        ("+29 -30 -31 +30", ("30", "31")),  # nor does it mend a later one
        ("+30 -31 -30 +30", ("30", "31")),
        ("+29 -30 -31 +30 +31", ("31", None)),
        ("+30 -29", ("30", None)),  # nor is a list stale because an older night failed
        ("+30 +29", ("30", None)),
    ],
)
def test_which_list_stands_and_since_when_it_is_stale(
    happened: str, expected: tuple[str | None, str | None], tmp_path: Path
) -> None:
    lists = tmp_path / "lists"
    for event in happened.split():
        run = night(f"2026-08-{event[1:]}", tmp_path)
        if event[0] == "+":
            mark_current(run, lists)
        else:
            mark_stale(run, lists)
    assert current_and_stale(tmp_path) == tuple(day and f"2026-08-{day}" for day in expected)


def test_a_mapping_is_named_never_pathed(tmp_path: Path) -> None:
    for name in ("b.yml", "a.yml"):
        (tmp_path / name).touch()
    settings = Settings(agencies=tmp_path)
    assert settings.mapping_file() is None  # two of them: nobody is taken because of a name
    assert Settings(agencies=tmp_path, agency="b").mapping_file() == tmp_path / "b.yml"
    assert settings.mapping_file("b") == settings.mapping_file("b.yml") == tmp_path / "b.yml"
    assert settings.mapping_file("../b") is None and settings.mapping_file("c") is None
    assert Settings(agencies=tmp_path / "absent").mapping_file() is None
    (tmp_path / "b.yml").unlink()
    assert settings.mapping_file() == tmp_path / "a.yml"
    (tmp_path / "a.yaml").touch()
    assert settings.mapping_file() is settings.mapping_file("a") is None
