"""The committed suites: one expectation a line, so that a change reads as lines, and such that they can be loaded."""

import json
import runpy
import sys
from pathlib import Path

import pytest

from cmfc.feeds.catalog import feeds
from cmfc.validation.gx_import import import_gx
from cmfc.validation.suites import SUITES, load_suite, suite_text, write_suites

FEEDS = list(feeds())


@pytest.mark.parametrize("feed", FEEDS)
def test_a_suite_is_written_with_one_expectation_a_line(feed: str) -> None:
    text = (SUITES / f"{feed}.json").read_text(encoding="utf-8")
    expectations = load_suite(feed)
    lines = [json.loads(line.strip().rstrip(",")) for line in text.splitlines() if line.startswith("    ")]
    assert lines == expectations
    assert len(lines) > 5
    assert text == suite_text(feed, expectations)


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
def test_the_command_writes_nothing_unless_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["suites"])
    with pytest.raises(SystemExit, match="usage"):
        runpy.run_module("cmfc.validation.suites", run_name="__main__")


def test_writing_keeps_what_a_data_team_added(tmp_path: Path) -> None:
    write_suites(tmp_path)
    own = {
        "type": "expect_column_values_to_not_be_null",
        "kwargs": {"column": "county"},
        "meta": {"column": "county", "rule": "no_county", "effect": "note"},
    }
    path = tmp_path / "children.json"
    path.write_text(suite_text("children", [own, *load_suite("children", tmp_path)]), encoding="utf-8")
    write_suites(tmp_path)
    assert load_suite("children", tmp_path)[-1] == own
    assert own not in load_suite("children")


@pytest.mark.parametrize("feed", FEEDS)
def test_great_expectations_loads_a_suite_as_it_is_committed(feed: str) -> None:
    import_gx()
    from great_expectations.core.expectation_suite import ExpectationSuite

    raw = json.loads((SUITES / f"{feed}.json").read_text(encoding="utf-8"))
    suite = ExpectationSuite(name=raw["name"], expectations=raw["expectations"])
    assert [e.expectation_type for e in suite.expectations] == [e["type"] for e in raw["expectations"]]
    assert [e.meta for e in suite.expectations] == [e["meta"] for e in raw["expectations"]]
