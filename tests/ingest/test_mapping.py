"""Source mappings: what is accepted, and sentences that name file and key."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from cmfc.errors import InputError
from cmfc.feeds.catalog import feeds
from cmfc.ingest.column_mapping import known_zone
from cmfc.ingest.formats import DIRECTIVES, format_fault
from cmfc.ingest.mapping import load_mapping, mapping_of_folder
from cmfc.ingest.sources import Source

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


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC", "EST5EDT", "America/Phoenix", "Pacific/Honolulu", "US/Eastern"])
def test_a_zone_that_says_what_it_means_is_taken(zone: str) -> None:
    assert known_zone(zone) == zone


def test_no_zone_is_proposed_that_would_be_refused() -> None:
    for zone in ("EST", "MST", "HST", "Etc/GMT", "Etc/GMT+0", "Etc/GMT-14", "Etc/Zulu"):
        with pytest.raises(ValueError, match="; write ") as error:
            known_zone(zone)
        proposed = re.findall(r"[A-Z][a-z]+/[A-Z]\w+|UTC$", str(error.value).split("; write ")[1])
        assert proposed and all(known_zone(one) for one in proposed)


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


NO_ENCODINGS = [
    "utf-9", "hex", "rot13", "base64", "zlib", "bz2", "quopri", "uu", "idna", "punycode", "mbcs", "oem", "undefined",
    "unicode_escape", "raw_unicode_escape", "UTF-7", "utf_7", "charmap", "", "a\0b",
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (put("zone", "Chicago"), "zone: no such time zone"),
        (put("zone", "EST"), "zone: EST knows no summer time; write America/New_York, or America/Panama where"),
        (put("zone", "MST"), "zone: MST knows no summer time; write America/Denver, or America/Phoenix where"),
        (put("zone", "HST"), "zone: HST knows no summer time; write Pacific/Honolulu"),
        (put("zone", "Etc/GMT-6"), "zone: Etc/GMT-6 may be hours off, since names under Etc/ count the other way"),
        (put("feeds/absences/columns/absent_since", {"from": "A", "zone": "Etc/GMT+5"}), "write a region and city"),
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
        (put("feeds/absences/columns/kind", {"from": "K", "pad": 8}), "kind.pad: this column holds no ids"),
        (
            put("feeds/absences/columns/kind", {"from": "K", "whole_number": True}),
            "kind.whole_number: this column",
        ),
        (put("feeds/absences/freshness_column", "kind"), "feeds.absences.freshness_column"),
        (put("feeds/absences/source", {"kind": "ftp"}), "feeds.absences.source"),
        (put("feeds/absences/source", {"kind": "fixed_width", "path": "x", "fields": []}), "fields"),
        *[
            (
                put("feeds/absences/source/encoding", name),
                f"source.encoding: '{name}' is not known; write it like utf-8",
            )
            for name in NO_ENCODINGS
        ],
        (
            put("feeds/absences/columns/kind", {"codes": {"1": "missing"}}),
            "columns.kind: name the column it comes from",
        ),
        (put("feeds/absences/columns/kind", {"always": "gone"}), "columns.kind.always: not one of our codes (missing,"),
        (put("feeds/absences/columns/kind", {"always": "missing", "from": "K"}), "columns.kind: name the column"),
        (put("feeds/absences/columns/kind", {"always": "missing", "null_values": []}), "`always` stands alone"),
        (put("feeds/absences/columns/absent_since", {"always": "2026-01-01"}), "absent_since.always: only a code"),
        (put("feeds/absences/columns/kind", {"from": "K", "id_pattern": "a"}), "only for absence_id and child_id"),
        (put("feeds/absences/columns/child_id", {"from": "C", "id_pattern": "["}), "child_id.id_pattern: this is no"),
        (put("id_pattern", "("), "id_pattern: this is no regular expression"),
        (
            put("feeds/absences/columns/absence_id", "child_id"),
            "columns.absence_id: is mapped to the column of child_id",
        ),
        (
            put("feeds/absences/columns/kind", {"from": "K", "format": "%Y-%m-%d"}),
            "kind.format: this column is no time",
        ),
        (put("stitch_gap_hours", float("inf")), "stitch_gap_hours"),
        (put("history_begins_on", "0001-01-01"), "history_begins_on"),
        (
            put("feeds/absences/columns/kind", {"from": "K", "codes": {"AWOL": "missing", " awol ": "planned"}}),
            "' awol ' and 'AWOL' are one code",
        ),
    ],
)
def test_a_wrong_key_is_named(tmp_path: Path, change: Any, sentence: str) -> None:
    raw = copy.deepcopy(whole())
    change(raw)
    with pytest.raises(InputError) as error:
        load_mapping(write(tmp_path, raw))
    assert error.value.code == "CMFC-M03"
    assert "agency.yml" in error.value.message
    assert sentence in error.value.message


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("%m/%d/%Q", "the format directive '%Q' is not known"),
        ("MM/DD/YYYY", "the format 'MM/DD/YYYY' has no % directive; write it like %m/%d/%Y"),
        ("%m/%d/%Y %", "the format directive '%' is not known"),
        ("%m/%d/%Y %H:%m", "'%m' stands twice"),
        ("%m/%d", "does not say the year, the month and the day"),
        ("%M/%d/%Y", "does not say the year, the month and the day"),
        ("%m/%d/%Y %I:%M", "without %p"),
        ("%m/%d/%Y %H:%M %p", "%p beside %H"),
        ("%m/%d/%Y %M", "no hour"),
        ("%m/%d/%Y %H:%M %Z", "'%Z' is not known"),
        ("%c", "'%c' is not known"),
    ],
)
def test_a_format_that_cannot_be_meant_is_refused_when_the_mapping_is_read(
    tmp_path: Path, written: str, sentence: str
) -> None:
    raw = whole()
    raw["feeds"]["absences"]["columns"]["absent_since"] = {"from": "A", "format": written}
    with pytest.raises(InputError, match="CMFC-M03") as error:
        load_mapping(write(tmp_path, raw))
    assert "feeds.absences.columns.absent_since.format: " in error.value.message and sentence in error.value.message


def test_every_directive_that_is_taken_can_be_read_with() -> None:
    """A format that passes here must not fail while rows are read."""
    import pandas as pd

    instant = pd.Timestamp("2026-03-02T14:05:06.25+00:00")
    for text in ("%Y-%m-%d", "%y %j", "%d %b %Y", "%d %B %Y", "%G %V %u", "%Y %U %w", "%Y %W %a", "%Y %W %A",
                 "%Y-%m-%d %H:%M:%S.%f%z", "%Y-%m-%d %I:%M %p", "100%% %Y-%m-%d"):  # fmt: skip
        assert format_fault(text) is None, text
        assert pd.to_datetime(instant.strftime(text), format=text).strftime("%Y-%m-%d") == "2026-03-02", text
    used = set("YmdyjbBGVuUwWaAHMSfzIp")
    assert used == DIRECTIVES


LINES = """\
agency: demo
name: Demo
zone: America/Chicago
jurisdiction: us/federal
feeds:
  absences:
    source: {kind: csv, path: absences.csv}
    ignore: [NOTE]
    columns:
      absence_id: A
      child_id: C
      kind:
        from: K
        codes:
          AWOL: missing
          VISIT: planned
"""


@pytest.mark.parametrize(
    ("line", "put_in", "sentence"),
    [
        (
            16,
            "          AWOL: planned",
            "feeds.absences.columns.kind.codes: the key AWOL is written twice (lines 15 and 17)",
        ),
        (16, "          YES: missing", 'feeds.absences.columns.kind.codes: put codes in quotes, "YES" (line 17)'),
        (16, "          01: missing", 'feeds.absences.columns.kind.codes: put codes in quotes, "01" (line 17)'),
        (16, "          ~: missing", 'feeds.absences.columns.kind.codes: put codes in quotes, "~" (line 17)'),
        (16, "        null_values: [NULL]", 'columns.kind.null_values: put it in quotes, "NULL" (line 17)'),
        (16, "      kind: K", "feeds.absences.columns: the key kind is written twice (lines 12 and 17)"),
        (16, "      absent_since: No", 'feeds.absences.columns.absent_since: put it in quotes, "No" (line 17)'),
        (16, "      absent_since:", "feeds.absences.columns.absent_since: this names nothing (line 17)"),
        (16, "  absences: {}", "feeds: the key absences is written twice (lines 6 and 17)"),
        (16, "agency: other", "wrong at the key agency is written twice (lines 1 and 17)"),
        (8, "    ignore: [1]", "feeds.absences: the key ignore is written twice (lines 8 and 9)"),
        (4, "stitch_gap_hours: 4:00", "stitch_gap_hours: YAML reads 4:00 as 240; write the number plainly (line 5)"),
        (8, "    count_band: [010, 011]", "feeds.absences.count_band: YAML reads 010 as 8; write the number plainly"),
        (9, "      <<: {kind: K, kind: L}", "feeds.absences.columns: the key kind is written twice (lines 10 and 10)"),
    ],
)
def test_what_yaml_would_decide_in_silence_is_refused_with_its_line(
    tmp_path: Path, line: int, put_in: str, sentence: str
) -> None:
    lines = LINES.splitlines()
    with pytest.raises(InputError, match="CMFC-M03") as error:
        load_mapping(write(tmp_path, "\n".join([*lines[:line], put_in, *lines[line:]])))
    assert sentence in error.value.message


@pytest.mark.parametrize(
    "text", ["history_begins_on: 2024-02-31", "a: " + "[" * 5000, "a: \x00", "? [a]\n: b", "a: !!python/x y"]
)
def test_nothing_written_into_a_mapping_ends_without_a_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"CMFC-M0[23].*agency\.yml"):
        load_mapping(write(tmp_path, text))


def test_a_byte_order_mark_line_ends_and_anchors_are_read(tmp_path: Path) -> None:
    text = yaml.safe_dump(whole()).replace("\n", "\r\n")
    path = tmp_path / "agency.yml"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load_mapping(path).agency == "demo"
    shared = "x: &x {kind: csv, path: a.csv}\n"
    with pytest.raises(InputError, match="wrong at x: Extra"):
        load_mapping(write(tmp_path, shared + yaml.safe_dump(whole())))


def test_true_and_false_are_codes_of_a_truth_without_quotes(tmp_path: Path) -> None:
    raw = whole()
    raw["feeds"]["absences"]["columns"]["voided"] = {"from": "V", "codes": {"x": True, "-": False}}
    raw["feeds"]["le_reports"]["columns"]["voided"] = {"always": False}
    mapping = load_mapping(write(tmp_path, raw))
    assert mapping.feeds["absences"].column("voided").codes == {"x": "true", "-": "false"}
    assert mapping.feeds["le_reports"].column("voided").always == "false"


def test_an_id_looks_as_its_column_says_else_as_the_agency_says(tmp_path: Path) -> None:
    raw = whole() | {"id_pattern": "[0-9]{8}"}
    raw["feeds"]["absences"]["columns"]["absence_id"] = {"from": "A", "id_pattern": "A-[0-9]+"}
    mapping = load_mapping(write(tmp_path, raw))
    assert mapping.id_pattern_of("absences", "absence_id") == "A-[0-9]+"
    assert mapping.id_pattern_of("absences", "child_id") == "[0-9]{8}"
    assert load_mapping(write(tmp_path, whole())).id_pattern_of("absences", "child_id") is None


def test_the_digest_of_a_feed_is_of_what_is_read_and_how_it_is_understood(tmp_path: Path) -> None:
    def digest(**changes: Any) -> str:
        raw = whole()
        for path, value in changes.items():
            put(path.replace("__", "/"), value)(raw)
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        return load_mapping(write(folder, raw)).digest_of("absences")

    same = digest()
    assert same == digest(name="Other", feeds__absences__count_band=[1, 2], feeds__absences__may_be_empty=True)
    assert same == digest(feeds__absences__columns__kind={"from": "kind"}, feeds__custody__source__path="other.csv")
    assert same == digest(feeds__absences__source__delimiter=",")  # the default
    others = [
        digest(zone="America/Denver"),
        digest(id_pattern="[0-9]+"),
        digest(feeds__absences__source__path="drop/other/absences.csv"),
        digest(feeds__absences__source__delimiter=";"),
        digest(feeds__absences__source={"kind": "sql", "connection": "c", "query": "select 1"}),
        digest(feeds__absences__source={"kind": "sql", "connection": "c", "query": "select 2"}),
        digest(feeds__absences__columns__kind={"from": "kind", "codes": {"A": "missing"}}),
        digest(feeds__absences__columns__kind={"from": "kind", "codes": {"A": "planned"}}),
        digest(feeds__absences__columns__kind={"always": "missing"}),
        digest(feeds__absences__columns__ended_at={"from": "ended_at", "null_values": []}),
        digest(feeds__absences__ignore=["x"]),
        digest(feeds__absences__freshness_column="absent_since"),
    ]
    assert len({same, *others}) == len(others) + 1


def test_the_digest_is_the_same_however_the_mapping_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = whole()
    raw["feeds"]["custody"]["source"]["path"] = str(tmp_path / "drop" / "custody.csv")
    path = write(tmp_path, raw)
    by_place = load_mapping(path)
    monkeypatch.chdir(tmp_path)
    by_name = load_mapping(Path("agency.yml"))
    for feed in ("absences", "custody"):
        assert by_name.digest_of(feed) == by_place.digest_of(feed)


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


def test_a_file_of_a_feed_that_would_not_be_read_is_refused_by_name(tmp_path: Path) -> None:
    for name in ("sightings.csv", "Sightings.csv", "contacts.CSV", "returns.xlsx", "absences.txt", "Absences",
                 "custody.csv.gz", "children.2026-11-29.CSV", "placements .csv", "Decisions.CSV"):  # fmt: skip
        (tmp_path / name).write_text("sighting_id\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        mapping_of_folder(tmp_path, "America/Chicago", "us/federal", "demo")
    assert error.value.code == "CMFC-M03"
    for name, right in {
        "Absences": "absences", "Sightings.csv": "sightings", "absences.txt": "absences", "contacts.CSV": "contacts",
        "returns.xlsx": "returns", "custody.csv.gz": "custody", "children.2026-11-29.CSV": "children",
        "placements .csv": "placements", "Decisions.CSV": "decisions",
    }.items():  # fmt: skip
        assert f"{name} must be a CSV file called {right}.csv" in error.value.message
    assert "sightings.csv must be" not in error.value.message.replace("Sightings.csv must be", "")


def test_other_files_of_a_folder_are_no_feeds(tmp_path: Path) -> None:
    for name in ("decisions.csv", "notes.txt", "custody.csv.sha256", "case.txt", "my sightings.csv", "custody.csv",
                 "custody.xlsx", "custody.csv.gz"):  # fmt: skip
        (tmp_path / name).write_text("x\n", encoding="utf-8")
    (tmp_path / "returns").mkdir()
    assert set(mapping_of_folder(tmp_path, "America/Chicago", "us/federal", "demo").feeds) == set(MANDATORY)


def test_the_example_in_the_guide_is_a_mapping(tmp_path: Path) -> None:
    guide = Path(__file__).parents[2] / "docs" / "how-to" / "add-your-agency.md"
    example = guide.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    assert set(load_mapping(write(tmp_path, example)).feeds) == set(MANDATORY)


PLACE = {"start": 1, "width": 4}
FIELDS = [{"name": "id", **PLACE}]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ({"kind": "csv", "path": "a", "delimiter": '"'}, "must be one ASCII sign"),
        ({"kind": "csv", "path": "~/exports/a.csv"}, "write out the folder that ~ or a variable stands for"),
        ({"kind": "xlsx", "path": "$HOME/a.xlsx"}, "write out the folder that ~ or a variable stands for"),
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
def test_a_source_that_contradicts_itself_is_refused(source: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        TypeAdapter(Source).validate_python(source)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (None, "30 3 * * *"),
        ("45 3 * * *", "45 3 * * *"),
        (" 5  4 * * 1-5 ", "5 4 * * 1-5"),
        ("0,30 3-5 * * *", "0,30 3-5 * * *"),
        ("*/20 3 1-15/2 * 0,7", "*/20 3 1-15/2 * 0,7"),
        ("0 3 29 2 *", "0 3 29 2 *"),
    ],
)
def test_a_schedule_is_cron_text_of_five_parts(written: str | None, read: str, tmp_path: Path) -> None:
    raw = whole() | ({"schedule": written} if written else {})
    assert load_mapping(write(tmp_path, raw)).schedule == read


@pytest.mark.parametrize(
    "schedule",
    [
        "", "30 3 * *", "30 3 * * * *", "60 3 * * *", "30 24 * * *", "30 3 0 * *", "30 3 32 * *", "30 3 * 13 *",
        "30 3 * * 8", "@daily", "30 3 * JAN *", "30 3 * * MON", "30 5-3 * * *", "*/0 3 * * *", "30 3 30 2 *",
        "-5 3 * * *", "30 3 L * *", "30,  3 * * *", "30;3 * * *", "half past three in the morning", 330, ["30 3 * * *"],
    ],
)  # fmt: skip
def test_a_schedule_that_cannot_be_is_refused(schedule: object, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"CMFC-M03: .*schedule"):
        load_mapping(write(tmp_path, whole() | {"schedule": schedule}))
