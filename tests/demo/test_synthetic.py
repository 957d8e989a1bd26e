"""The invented agency: equal seeds give equal bytes, its marginals are those of the audits, and its truth is true."""

import csv
import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from cmfc.feeds.catalog import feeds
from cmfc.ingest.mapping import AgencyMapping, load_mapping
from cmfc.pipeline.folder import reconcile_folder
from cmfc.pipeline.nightly import pull_feed, run_night
from cmfc.pipeline.run import run_of
from cmfc.timing.clock import as_of_night
from cmfc.timing.moments import parse_moments
from cmfc.validation.quarantine import SCHEMA
from cmfc.validation.types import checked_schema
from cmfc_demo.synthetic import native, population
from cmfc_demo.synthetic.agency import write_canonical, write_demo
from cmfc_demo.synthetic.planted import BOOK, plant
from cmfc_demo.synthetic.population import generate, generate_typed, generate_with_truth, write_checked, write_text

ZONE = "America/Chicago"
AS_OF = as_of_night("2026-09-30", ZONE)
DAY = 86400
Key = tuple[str, ...]
KEY = ("rule_id", "recipient", "severity", "queue")
KEYLESS = re.compile(r"^([a-z_]+)#[0-9a-f]{8}$")
"""A row without a key is named by a hash of its content as it was pulled."""


@pytest.fixture(scope="module")
def many() -> tuple[dict[str, Any], Any]:
    tables, plan = generate_with_truth(40_000, 7, AS_OF, ZONE)
    return tables, plan.to_pandas()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder, 400, 7, AS_OF, ZONE)
    return folder


def _findings(path: Path, of: str = "") -> Counter[Key]:
    """The findings of a list; `of`: those of children whose ids begin so, and those of no child."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [{**row, "subject_id": KEYLESS.sub(r"\1#", row["subject_id"])} for row in csv.DictReader(stream)]
    listed = [row for row in rows if not row["child_id"] or row["child_id"].startswith(of)]
    return Counter(tuple(row[name] for name in ("code", "subject_id", *KEY)) for row in listed)


def _planted(truth: list[dict[str, Any]], agency: str) -> Counter[Key]:
    def subject(text: str) -> str:
        return hashlib.sha256(f"{agency}|{text}".encode()).hexdigest()[:20] if "|" in text else text

    return Counter((t["code"], subject(t["subject"]), *(t[name] for name in KEY)) for t in truth)


def test_same_seed_same_population() -> None:
    first, again, other = (generate(300, seed, AS_OF, ZONE) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_chunks_do_not_depend_on_how_the_population_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(population, "CHUNK", 200)
    write_text(tmp_path, 500, 7, AS_OF, ZONE)
    for name, table in generate(500, 7, AS_OF, ZONE).items():
        assert pq.read_table(tmp_path / f"{name}.parquet") == table
    rows = write_checked(tmp_path, 500, 7, AS_OF, ZONE)
    assert pq.read_schema(tmp_path / "quarantine.absences.parquet") == SCHEMA
    for name, table in generate_typed(500, 7, AS_OF, ZONE).items():
        assert pq.read_table(tmp_path / f"{name}.parquet") == table
        assert rows[name] == len(table)


def test_every_feed_is_canonical_text(many: tuple[dict[str, Any], Any]) -> None:
    for name, feed in feeds().items():
        table = many[0][name]
        assert table.column_names == list(feed.columns)
        assert set(table.schema.types) == {pa.string()}
        assert pc.count_distinct(table[feed.key]).as_py() == len(table) > 0
        for column in feed.of_type("code"):
            assert set(pc.unique(table[column.name]).to_pylist()) <= {None, *column.codes}
        for column in feed.of_type("moment"):
            moments = parse_moments(table[column.name], ZONE)
            assert not pc.any(moments.is_bad).as_py()
            latest = AS_OF - 1 + (column.name == "expected_end_at") * 30 * DAY
            assert (pc.max(moments.earliest).as_py() or 0) <= latest


def test_children_are_on_file_in_every_feed(many: tuple[dict[str, Any], Any]) -> None:
    on_file = many[0]["children"]["child_id"].combine_chunks()
    for name, table in many[0].items():
        mentioned = pc.drop_null(table["child_id"])
        assert pc.all(pc.is_in(mentioned, value_set=on_file)).as_py(), name


def test_marginals_are_those_of_the_audits(many: tuple[dict[str, Any], Any]) -> None:
    plan = many[1]
    assert 2.3 < len(plan) / plan["child_id"].nunique() < 2.9
    assert 0.07 < plan["child_id"].nunique() / 40_000 < 0.1
    days = (plan["ended_at"].fillna(AS_OF) - plan["began_at"]) / DAY
    assert 1 < days.median() < 2
    assert 20 < days.mean() < 40
    assert 0.02 < plan["ended_at"].isna().mean() < 0.08
    for prefix, shares in (("le", (0.86, 0.08, 0.06)), ("ncmec", (0.33, 0.22, 0.45))):
        measured = plan[f"{prefix}_drawn"].value_counts(normalize=True)
        for word, share in zip(("in_time", "late", "never"), shares, strict=True):
            assert abs(measured[word] - share) < 0.015
        reported = plan[plan[f"{prefix}_reported_at"].notna()]
        hours = (reported[f"{prefix}_reported_at"] - reported["informed_at"]) / 3600
        assert 0.05 < reported[f"{prefix}_is_day_only"].mean() < 0.15
        assert (hours[reported[f"{prefix}_drawn"] == "late"] > 24).all()
    gaps = plan.groupby("child_id")["began_at"].shift(-1) - plan["ended_at"]
    assert 0.05 < (gaps < DAY / 2).sum() / gaps.notna().sum() < 0.3
    assert (gaps.dropna() > 0).all()


def test_a_report_drawn_in_time_is_in_time_to_law_enforcement(many: tuple[dict[str, Any], Any]) -> None:
    reported = many[1][(many[1]["le_drawn"] == "in_time") & many[1]["le_reported_at"].notna()]
    assert ((reported["le_reported_at"] - reported["informed_at"]) <= DAY).all()


def test_names_are_of_varied_origin(many: tuple[dict[str, Any], Any]) -> None:
    names = set(pc.unique(many[0]["children"]["last_name"]).to_pylist())
    assert len(names) > 250
    assert any("-" in name for name in names)
    assert any(" " in name for name in names)
    assert any(not name.isascii() for name in names)


def test_typed_form_is_what_the_door_would_accept(tmp_path: Path) -> None:
    typed = generate_typed(4000, 7, AS_OF, ZONE)
    for name, feed in feeds().items():
        assert typed[name].schema.equals(checked_schema(feed), check_metadata=False)
        for column in feed.of_type("moment"):
            earliest, latest = (typed[name][f"{column.name}_{end}"].combine_chunks() for end in ("earliest", "latest"))
            assert pc.all(pc.less_equal(earliest, latest)).as_py() is not False
    assert 4.5 < len(typed["placements"]) / 4000 < 5.5
    assert 0.4 < len(typed["absences"]) / 4000 < 0.65
    text = generate(4000, 7, AS_OF, ZONE, clean=True)
    again = generate_typed(4000, 7, AS_OF, ZONE, shape=population.Shape(is_clean=True))
    for feed_name, column_name in (("placements", "began_at"), ("returns", "returned_at"), ("custody", "ended_at")):
        moments = parse_moments(text[feed_name][column_name], ZONE)
        assert moments.earliest == again[feed_name][f"{column_name}_earliest"].combine_chunks()
        assert moments.latest == again[feed_name][f"{column_name}_latest"].combine_chunks()


def test_each_case_is_planted_as_often_as_asked() -> None:
    tables = generate(50, 7, AS_OF, ZONE, clean=True)
    truth = plant(tables, 7, AS_OF, ZONE, copies=2)
    children = pc.filter(tables["children"]["child_id"], pc.starts_with(tables["children"]["child_id"], "P-"))
    assert len(children) == 2 * len(BOOK)
    everywhere = {line.split(" ")[0] for line in _codes_of_the_catalogue()}
    assert everywhere - {row["code"] for row in truth} == {"RC-09", "RC-10", "ID-03", "DQ-04"}
    own = Counter(row["code"] for row in truth if row["child_id"].startswith(f"P-{row['code']}-"))
    planted = Counter(how.code for how in BOOK)
    assert all(own[code] >= 2 * count for code, count in planted.items() if code != "DQ-00")


def _codes_of_the_catalogue() -> list[str]:
    groups = {
        "LE": range(1, 9), "NC": range(1, 13), "NI": range(1, 5), "RT": range(1, 6), "ID": range(1, 7),
        "RC": (*range(1, 9), 9, 10, *range(11, 20)), "CV": range(1, 6), "CM": range(1, 3), "LW": range(1, 2),
        "DQ": range(1, 5),
    }  # fmt: skip
    return [f"{group}-{number:02d}" for group, numbers in groups.items() for number in numbers]


@pytest.mark.parametrize(
    ("seed", "children", "copies"),
    [(11, 600, 1), *(pytest.param(seed, 2000, 3, marks=pytest.mark.soak("planted")) for seed in range(100, 120))],
)
def test_clean_children_raise_nothing_and_planted_ones_what_they_must(
    seed: int, children: int, copies: int, tmp_path: Path, figures: Counter[str]
) -> None:
    tables = generate(children, seed, AS_OF, ZONE, clean=True)
    truth = plant(tables, seed, AS_OF, ZONE, copies=copies)
    write_canonical(tmp_path / "in", tables)
    reconcile_folder(tmp_path / "in", ZONE, "us/mo", AS_OF, tmp_path / "out", runaway_placements_kept=True)
    raised, planted = _findings(tmp_path / "out" / "exceptions.csv"), _planted(truth, "local")
    figures.update(agencies=1, planted_findings=sum(planted.values()))
    assert sorted((raised - planted).elements()) == []
    assert sorted((planted - raised).elements()) == []


@pytest.mark.parametrize(
    ("seed", "children"), [(12, 300), *(pytest.param(s, 2000, marks=pytest.mark.soak("planted")) for s in (120, 121))]
)
def test_where_no_column_says_how_an_absence_ended_some_are_to_be_explained(
    seed: int, children: int, tmp_path: Path, figures: Counter[str]
) -> None:
    """The others are clean only by their end reasons: who leaves care on the day of coming back is RT-04 without."""
    tables = generate(children, seed, AS_OF, ZONE, clean=True)
    truth = plant(tables, seed, AS_OF, ZONE, copies=3, has_end_reasons=False)
    counts = Counter((t["severity"], t["queue"]) for t in truth if t["code"] == "RT-05")
    assert counts == {("high", "act_now"): 3, ("medium", "history"): 3, ("medium", "explain"): 3}
    write_canonical(tmp_path / "in", tables)
    reconcile_folder(tmp_path / "in", ZONE, "us/mo", AS_OF, tmp_path / "out", runaway_placements_kept=True)
    raised, planted = _findings(tmp_path / "out" / "exceptions.csv", of="P-"), _planted(truth, "local")
    figures.update(agencies=1, planted_findings=sum(planted.values()))
    assert sorted((raised - planted).elements()) == []
    assert sorted((planted - raised).elements()) == []


def test_the_three_sources_give_back_what_was_generated(demo: Path, tmp_path: Path) -> None:
    mapping = load_mapping(demo / "demo.yml")
    run = run_of(mapping, "2026-09-30", tmp_path / "store", tmp_path / "lists")
    tables = generate(400, 7, AS_OF, ZONE)
    plant(tables, 7, AS_OF, ZONE, 2)
    for name, feed in feeds().items():
        pull_feed(run, name, AS_OF, lambda _: f"sqlite:///{demo}/case_management.sqlite")
        pulled = pq.read_table(run.folder / "pulled" / f"{name}.parquet")
        for column in feed.columns.values():
            theirs, ours = pulled[column.name], tables[name][column.name]
            if column.type != "moment":
                assert theirs.to_pylist() == ours.to_pylist(), (name, column.name)
                continue
            is_midnight = mapping.feeds[name].column(column.name).midnight_means_date_only
            read = parse_moments(theirs, ZONE, midnight_means_date_only=is_midnight)
            assert (read.earliest, read.latest) == (lambda m: (m.earliest, m.latest))(parse_moments(ours, ZONE))
            assert read.is_bad == parse_moments(ours, ZONE).is_bad


def test_the_demo_is_the_same_every_time_and_its_codes_are_known(demo: Path, tmp_path: Path) -> None:
    write_demo(tmp_path, 400, 7, AS_OF, ZONE)
    assert sorted(path.name for path in demo.iterdir()) == sorted(path.name for path in tmp_path.iterdir())
    for path in demo.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name
    mapping: AgencyMapping = load_mapping(demo / "demo.yml")
    assert set(mapping.feeds) == set(feeds())
    for name, layout in (*native.DATABASE.items(), ("le_reports", native.LE_LOG)):
        for column, how in layout.columns.items():
            codes = feeds()[name].columns[column].codes
            assert not codes or how.codes is None or len(set(how.codes.values())) == len(how.codes)


def test_the_demo_night_finds_all_that_was_planted(demo: Path, tmp_path: Path) -> None:
    mapping = load_mapping(demo / "demo.yml")
    run = run_of(mapping, "2026-09-30", tmp_path / "store", tmp_path / "lists")
    connect = lambda _: f"sqlite:///{demo}/case_management.sqlite"  # noqa: E731
    report = run_night(run, AS_OF, connect)
    assert report["incomplete"] == []
    with (demo / "truth.csv").open(encoding="utf-8", newline="") as stream:
        planted = _planted(list(csv.DictReader(stream)), "demo")
    raised = _findings(run.out / "exceptions.csv")
    assert sorted((planted - raised).elements()) == []
    assert sum(raised.values()) > sum(planted.values())
    assert run_night(run, AS_OF, None)["manifest_sha256"] == report["manifest_sha256"]


def test_instants_keep_clear_of_what_a_clock_cannot_tell() -> None:
    from cmfc_demo.synthetic.clock import local_clock

    clock = local_clock(ZONE)
    instants = np.arange(AS_OF, AS_OF + 60 * DAY, 600, dtype=np.int64)
    settled = clock.make_plain(instants)
    assert (np.diff(settled) >= 0).all()
    assert (settled - instants).max() <= 2 * 3600
    text = pa.array(clock.wall(settled)).cast(pa.timestamp("s")).cast(pa.string())
    moments = parse_moments(text, ZONE)
    assert moments.earliest.to_numpy().tolist() == moments.latest.to_numpy().tolist() == settled.tolist()
