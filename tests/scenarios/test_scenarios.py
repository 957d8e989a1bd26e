"""Scenarios with expectations written by hand from the specification (README.md tells how to add one)."""

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from cmfc.feeds.catalog import feeds
from tests.scenarios import approved
from tests.scenarios.compare import compare
from tests.scenarios.joint import Joint, lay_out, run_jointly
from tests.scenarios.ordinary import HEADERS, records_of
from tests.scenarios.rewrite import rewrite
from tests.scenarios.scenario import ANSWERS, HERE, ORDINARY, SLUGS, TABLES, Scenario, scenario
from tests.support.tables import columns_of, rows_of

SCENARIOS = {slug: scenario(slug) for slug in SLUGS}
KEYS = {"title", "covers", "spec", "expected"}
MAY = {*ORDINARY, "runaway_placements_kept", "alone", "not_configured", ANSWERS, *feeds()}
FINDING = ["code", "subject_id", "recipient", "rule_id", "severity"]
ITEM_ROW = re.compile(r"^\| (?!item )([a-z]+(?:-[a-z0-9]+)*) \|.*\| ([^|]+) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def night_of(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Joint]:
    """Gives a scenario's night, which it shares with those of its setting that are to be run too."""
    slugs = {item.callspec.params["slug"] for item in request.session.items
             if getattr(item, "originalname", "") == test_scenario.__name__}  # fmt: skip
    nights: dict[str, Joint] = {}

    def give(slug: str) -> Joint:
        setting = SCENARIOS[slug].setting
        if setting not in nights:
            members = [SCENARIOS[other] for other in sorted(slugs) if SCENARIOS[other].setting == setting]
            nights[setting] = run_jointly(members, tmp_path_factory.mktemp("night"))
        return nights[setting]

    return give


@pytest.mark.parametrize("slug", SLUGS)
def test_scenario(slug: str, night_of: Callable[[str], Joint]) -> None:
    hold(SCENARIOS[slug], night_of(slug))


@pytest.mark.soak("scenarios")
@pytest.mark.parametrize("slug", [slug for slug in SLUGS if "alone" not in SCENARIOS[slug].content])
def test_scenario_alone(slug: str, tmp_path: Path) -> None:
    """That the others of its night neither help a scenario nor hide anything in it."""
    hold(SCENARIOS[slug], run_jointly([SCENARIOS[slug]], tmp_path))


def hold(this: Scenario, night: Joint) -> None:
    """Every row that is expected is there, and nothing else, as approved; nobody's name; every finding is worded."""
    slug = this.slug
    differences: list[str] = [*night.nobodys]
    for table, comparison in compare(this, night).items():
        differences += comparison.sentences(table)
    differences += approved.compare_findings(this, night).sentences(approved.FILE.name)
    assert not differences, "\n".join([f"{slug}: {this.content['title']}", *differences])
    assert not personal(this, night.words), f"{slug}: a name or a birth date stands in a table"
    unsaid = [row["code"] for row in night.of(slug, "exceptions")
              if not row["title"] or not row["why"] or not row["next_action"] or "{" in row["why"]]  # fmt: skip
    assert unsaid == [], f"{slug}: findings without their sentence"


@pytest.mark.long
def test_neither_row_order_nor_the_machines_zone_matters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held for all scenarios of the commonest setting at once, as one agency."""
    setting, _ = Counter(one.setting for one in SCENARIOS.values()).most_common(1)[0]
    members = [one for one in SCENARIOS.values() if one.setting == setting]
    assert {"nested-absences", "absence-twice-in-the-file", "report-could-belong-to-two-episodes"} <= {
        one.slug for one in members
    }
    lay_out(members, tmp_path / "records")
    lay_out(members, tmp_path / "backwards", is_backwards=True)
    first = members[0].run(tmp_path / "records", tmp_path / "first")
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    try:
        second = members[0].run(tmp_path / "backwards", tmp_path / "second")
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    for name in [*(f"{table}.csv" for table in TABLES), "exceptions.parquet", "episodes.parquet"]:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


@pytest.mark.long
def test_command_line_in_another_language_and_zone_gives_the_same_bytes(tmp_path: Path) -> None:
    this = SCENARIOS["autumn-clock-shown-twice"]
    records = this.lay_out(tmp_path / "records")
    first = this.run(records, tmp_path / "first")
    second = tmp_path / "second"
    command = [sys.executable, "-m", "cmfc.cli", "reconcile", "--json", "--records", str(records)]
    for option, name in (("--zone", "zone"), ("--jurisdiction", "jurisdiction"), ("--as-of", "as_of")):
        command += [option, this.setting_of(name)]
    env = {**os.environ, "TZ": "Asia/Kathmandu", "LANG": "tr_TR.UTF-8", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    env["PYTHONPATH"] = str(HERE.parents[1] / "plugins")
    subprocess.run([*command, "--out", str(second)], check=True, env=env, capture_output=True)
    files = sorted(p.name for p in first.iterdir())
    assert files == sorted(p.name for p in second.iterdir())
    assert [n for n in files if (first / n).read_bytes() != (second / n).read_bytes()] == []


def test_every_scenario_is_described_whole() -> None:
    assert SLUGS
    for slug, this in SCENARIOS.items():
        content = this.content
        assert KEYS <= set(content) <= KEYS | MAY, slug
        keys = re.findall(r"(?m)^(?:  )?([a-z_]+): ?", (HERE / f"{slug}.yml").read_text(encoding="utf-8"))
        assert [key for key, count in Counter(keys).items() if count > 1] == [], f"{slug}: twice the same, one is lost"
        assert content.get("alone", "a reason"), f"{slug}: why does it stay alone?"
        assert content["covers"], slug
        assert set(this.expected) <= set(TABLES), slug
        assert set(FINDING) <= set(columns_of(this.expected["exceptions"])), slug
        assert set(HEADERS) - set(content.get("not_configured", [])) <= set(this.records), slug


def test_findings_are_approved_of_scenarios_that_are_there_alone() -> None:
    assert {*approved.approved()} <= {*SLUGS}


@pytest.mark.long
def test_a_list_is_written_anew_only_where_it_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slug = "left-care-while-missing"
    whole = (HERE / f"{slug}.yml").read_text(encoding="utf-8")
    right, wrong = "    RT-04,episode:C4#1,,,high\n", "    RT-04,episode:C9#1,,,low\n"
    file = tmp_path / f"{slug}.yml"
    monkeypatch.setattr("tests.scenarios.rewrite.HERE", tmp_path)
    monkeypatch.setattr("tests.scenarios.scenario.HERE", tmp_path)
    file.write_text(whole, encoding="utf-8")
    assert rewrite(slug) == []
    assert file.read_text(encoding="utf-8") == whole
    assert whole.count(right) == 1
    file.write_text(whole.replace(right, wrong), encoding="utf-8")
    assert rewrite(slug) == [f"- {slug} exceptions: {wrong.strip()}", f"+ {slug} exceptions: {right.strip()}"]
    assert file.read_text(encoding="utf-8") == whole
    findings = approved.FILE.read_text(encoding="utf-8")
    monkeypatch.setattr(approved, "FILE", tmp_path / "findings.csv")
    approved.FILE.write_text(findings.replace(f"\n{slug},RT-04,", f"\n{slug},RT-03,", 1), encoding="utf-8")
    approved.approved.cache_clear()
    went, came = rewrite(slug)
    assert "code=RT-03" in went and "code=RT-04" in came
    assert approved.FILE.read_text(encoding="utf-8") == findings
    approved.approved.cache_clear()


def test_an_ordinary_child_is_not_invented() -> None:
    assert records_of({"children": ["C2"], "custody": {"C2": "none"}}, list(feeds()))["custody"].count("\n") == 1
    with pytest.raises(ValueError, match="C7 is no ordinary child"):
        records_of({"children": ["C7"]}, list(feeds()))
    with pytest.raises(ValueError, match="not among the children"):
        records_of({"children": ["C1"], "custody": {"C2": {"authority": "tribal"}}}, list(feeds()))


def test_readme_maps_every_item_to_its_scenarios() -> None:
    claimed = {item: set(re.findall(r"`([a-z0-9_-]+)`", cell)) for item, cell in ITEM_ROW.findall(readme())}
    covered: dict[str, set[str]] = {item: set() for item in claimed}
    for slug in SLUGS:
        for item in SCENARIOS[slug].content["covers"]:
            assert item in claimed, f"{slug}: README.md does not know {item}"
            covered[item].add(slug)
    assert claimed == covered
    assert {f"edge-{n}" for n in range(1, 35)} | {f"faq-{n}" for n in range(1, 32)} <= set(claimed)
    assert all(covered.values()), [item for item, slugs in covered.items() if not slugs]


def personal(this: Scenario, words: frozenset[str]) -> list[str]:
    """Names and birth dates of the scenario that stand in a table."""
    private: set[str] = set()
    for feed in ("children", "le_reports", "ncmec_reports"):
        for row in rows_of(this.records[feed]) if feed in this.records else []:
            private |= {row.get(c) or "" for c in ("first_name", "last_name", "date_of_birth")}
    private = {word for word in private if len(word) > 3 and word != "unknown"}
    return sorted(private & words)


def readme() -> str:
    return (HERE / "README.md").read_text(encoding="utf-8")
