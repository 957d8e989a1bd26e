"""Source mappings: what is accepted, and sentences that name file and key."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from cmfc.errors import InputError
from cmfc.feeds.catalog import feeds
from cmfc.intake.mapping import load_mapping, mapping_of_folder
from cmfc.intake.sources import Source

MANDATORY = [feed.name for feed in feeds().values() if feed.role != "optional"]


def whole() -> dict[str, Any]:
    """A mapping with the six mandatory feeds as canonical CSV files."""
    return {
        "agency": "demo",
        "name": "Demo County",
        "zone": "America/Chicago",
        "jurisdiction": "us/tx",
        "feeds": {
            name: {
                "source": {"kind": "csv", "path": f"drop/{name}.csv"},
                "columns": {column: column for column in feeds()[name].columns},
            }
            for name in MANDATORY
        },
    }


def write(folder: Path, raw: Any) -> Path:
    path = folder / "agency.yml"
    path.write_text(raw if isinstance(raw, str) else yaml.safe_dump(raw), encoding="utf-8")
    return path


def test_paths_start_at_the_mapping_file(tmp_path: Path) -> None:
    source = load_mapping(write(tmp_path, whole())).feeds["absences"].source
    assert source.path == tmp_path / "drop" / "absences.csv"  # type: ignore[union-attr]


def test_a_column_may_bring_its_codes_zone_and_precision(tmp_path: Path) -> None:
    raw = whole()
    raw["feeds"]["absences"]["columns"]["kind"] = {"from": "ABS_TYP", "codes": {"01": "missing", "02": "planned"}}
    raw["feeds"]["absences"]["columns"]["absent_since"] = {
        "from": "ABS_DT",
        "zone": "America/Denver",
        "midnight_means_date_only": True,
        "format": "%m/%d/%Y %H:%M",
    }
    mapping = load_mapping(write(tmp_path, raw))
    assert mapping.feeds["absences"].column("kind").codes == {"01": "missing", "02": "planned"}
    assert mapping.zone_of("absences", "absent_since") == "America/Denver"
    assert mapping.zone_of("absences", "ended_at") == "America/Chicago"


def put(path: str, value: Any) -> Any:
    def change(raw: dict[str, Any]) -> None:
        *steps, last = path.split("/")
        for step in steps:
            raw = raw[step]
        raw[last] = value

    return change


def drop(path: str) -> Any:
    def change(raw: dict[str, Any]) -> None:
        *steps, last = path.split("/")
        for step in steps:
            raw = raw[step]
        del raw[last]

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("zone", "Chicago"), "zone: no such time zone"),
        (put("jurisdiction", "tx"), "jurisdiction"),
        (put("colour", "red"), "colour"),
        (drop("feeds/custody"), "feeds.custody: this feed is mandatory and not mapped"),
        (put("feeds/absence", {"source": {"kind": "csv", "path": "x"}, "columns": {}}), "feeds.absence: no such feed"),
        (drop("feeds/absences/columns/kind"), "feeds.absences.columns.kind: this column is required and not mapped"),
        (put("feeds/absences/columns/knid", "X"), "feeds.absences.columns.knid: no such column"),
        (put("feeds/absences/columns/kind", {"from": "K", "codes": {"1": "gone"}}), "not our codes: gone"),
        (
            put("feeds/absences/columns/kind", {"from": "K", "codes": {1: "missing"}}),
            "feeds.absences.columns.kind.codes",
        ),
        (put("feeds/absences/columns/absent_since", {"from": "A", "zone": "Mars"}), "columns.absent_since.zone"),
        (put("feeds/absences/ignore", ["kind"]), "ignore names columns that are also mapped: kind"),
        (put("feeds/absences/count_band", [2, 1]), "count_band"),
        (put("feeds/absences/freshness_column", "kind"), "feeds.absences.freshness_column"),
        (put("feeds/absences/source", {"kind": "ftp"}), "feeds.absences.source"),
        (put("feeds/absences/source", {"kind": "fixed_width", "path": "x", "fields": []}), "fields"),
    ],
)
def test_a_wrong_key_is_named(tmp_path: Path, change: Any, said: str) -> None:
    raw = copy.deepcopy(whole())
    change(raw)
    with pytest.raises(InputError) as error:
        load_mapping(write(tmp_path, raw))
    assert error.value.code == "CMFC-M03"
    assert "agency.yml" in error.value.message
    assert said in error.value.message


def test_freshness_of_a_query_needs_a_column(tmp_path: Path) -> None:
    raw = whole()
    raw["feeds"]["absences"] |= {
        "source": {"kind": "sql", "connection": "sacwis", "query": "select 1"},
        "max_age_hours": 30,
    }
    with pytest.raises(InputError, match="max_age_hours needs a freshness_column"):
        load_mapping(write(tmp_path, raw))


@pytest.mark.parametrize(("text", "code"), [("a: [", "CMFC-M02"), ("- a", "CMFC-M03"), ("", "CMFC-M03")])
def test_what_is_not_a_mapping_is_refused(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(InputError) as error:
        load_mapping(write(tmp_path, text))
    assert error.value.code == code


def test_a_mapping_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"CMFC-M01.*nowhere\.yml"):
        load_mapping(tmp_path / "nowhere.yml")


def test_a_folder_of_canonical_files_needs_no_mapping_file(tmp_path: Path) -> None:
    (tmp_path / "sightings.csv").write_text("sighting_id\n", encoding="utf-8")
    mapping = mapping_of_folder(tmp_path, "America/Chicago", "us/federal", "demo", runaway_placements_kept=True)
    assert set(mapping.feeds) == {*MANDATORY, "sightings"}
    assert mapping.runaway_placements_kept
    assert mapping.feeds["custody"].may_be_empty


def test_the_example_in_the_guide_is_a_mapping(tmp_path: Path) -> None:
    guide = Path(__file__).parents[2] / "docs" / "how-to" / "add-your-agency.md"
    example = guide.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    assert set(load_mapping(write(tmp_path, example)).feeds) == set(MANDATORY)


PLACE = {"start": 1, "width": 4}
FIELDS = [{"name": "id", **PLACE}]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"kind": "csv", "path": "a", "delimiter": '"'}, "must be one ASCII sign"),
        ({"kind": "csv", "path": "a", "skip_footer": -1}, "greater than or equal to 0"),
        ({"kind": "xlsx", "path": "a", "sheet": "x", "sheets": ["y"]}, "say one of sheet, sheets and sheet_pattern"),
        ({"kind": "xlsx", "path": "a", "sheet_pattern": "("}, "not a regular expression"),
        ({"kind": "fixed_width", "path": "a", "fields": FIELDS, "record_length": 3}, "shorter than the fields"),
        ({"kind": "fixed_width", "path": "a", "fields": FIELDS, "trailer": "("}, "not a regular expression"),
        (
            {"kind": "fixed_width", "path": "a", "fields": FIELDS, "trailer_count": PLACE},
            "trailer_count needs a trailer",
        ),
    ],
)
def test_a_source_that_contradicts_itself_is_refused(source: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        TypeAdapter(Source).validate_python(source)
