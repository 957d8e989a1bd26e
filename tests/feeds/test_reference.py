"""The reference pages are what the program says."""

import re

import pytest

from cmfc.cli.reference import FOLDER, pages
from cmfc.reconcile.registry import checks
from cmfc.settings import Settings, meanings
from tests.scenarios.scenario import scenario
from tests.support.places import PROJECT
from tests.support.tables import rows_of

GENERATED = ["records.md", "outputs.md", "checks.md", "law.md", "audit.md", "errors.md", "settings.md"]


@pytest.mark.parametrize("name", GENERATED)
def test_a_page_is_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == pages()[name], "run cmfc reference --write"


def test_no_generated_page_is_left_out() -> None:
    names = {path.name for path in FOLDER.glob("*.md") if "cmfc reference --write" in path.read_text(encoding="utf-8")}
    assert names == set(pages())


def test_the_page_of_rules_tells_law_policy_and_advice_apart() -> None:
    parts = {part.split("\n", 1)[0]: part for part in pages()["law.md"].split("\n## ")}
    assert "advice/" not in parts["Law"] + parts["Policy"] and "us/" not in parts["Advice"]
    assert "(policy)" in parts["Policy"] and "(policy)" not in parts["Law"]


def test_the_page_of_rules_says_what_each_state_asks_for() -> None:
    part = pages()["law.md"].partition("## State by state")[2].partition("\n## ")[0]
    rows = {row.split(" | ")[0].strip("| "): row for row in part.splitlines() if row.startswith("| ")}
    assert "| 2 hours | 2 hours | federal only |" in rows["Missouri"]
    assert "| 24 hours | 24 hours (policy) |" in rows["Texas"]


def test_every_check_is_on_its_page_with_severity_and_queue() -> None:
    page = pages()["checks.md"]
    for check in checks():
        part = page.partition(f"### {check.code} {check.title}\n")[2].partition("\n#")[0]
        assert re.search(r"^Severity: \w+.*\. Queue: `\w+`", part, re.MULTILINE) and "- Next: " in part, check.code
        assert "{" not in part


def test_the_scenarios_know_no_other_severity_of_a_check() -> None:
    may_be = {check.code: check.severities for check in checks()}
    for path in sorted((PROJECT / "tests" / "scenarios").glob("*.yml")):
        for row in rows_of(scenario(path.stem).expected.get("exceptions", "code,severity\n")):
            assert row.get("severity", "*") in (*may_be[row["code"]], "*"), (path.name, row["code"])


def test_every_setting_is_explained() -> None:
    assert list(meanings()) == list(Settings.model_fields)
