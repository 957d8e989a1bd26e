"""From the command line: a night, its question, the explanation, the answer, the next night; a model trained."""

import csv
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from cmfc.cli import main
from cmfc.cli.acting import user
from cmfc.timing.clock import as_of_night
from cmfc_demo.synthetic.agency import write_canonical
from cmfc_demo.synthetic.population import generate

CONTRADICTED = "le_reports:LX2"
ZONE, DAY, NEXT = "America/Chicago", "2026-09-29", "2026-09-30"
QUESTION = "le_reports:LX1"
MAPPING = """agency: hill
name: Hill County
zone: America/Chicago
jurisdiction: us/mo
feeds:
"""


@pytest.fixture(scope="module")
def hill(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An agency of CSV files, with a report whose birth date is missing and one that contradicts the id it carries."""
    folder = tmp_path_factory.mktemp("hill")
    feeds = generate(900, 3, as_of_night(DAY, ZONE), ZONE)
    write_canonical(folder, feeds)
    mapping = MAPPING
    for name, table in feeds.items():
        columns = "".join(f"      {column}: {column}\n" for column in table.column_names)
        mapping += (
            f"  {name}:\n    source: {{kind: csv, path: {name}.csv}}\n    columns:\n{columns}    may_be_empty: true\n"
        )
    (folder / "hill.yml").write_text(mapping, encoding="utf-8")
    child = feeds["children"].slice(0, 1).to_pylist()[0]
    report = {"le_report_id": "LX1", "first_name": child["first_name"], "last_name": child["last_name"],
              "sex": child["sex"], "reported_at": "2026-09-01 10:00:00", "outcome": "accepted"}  # fmt: skip
    contradicted = {"le_report_id": "LX2", "child_id": child["child_id"], "first_name": "Zebulon",
                    "last_name": "Quickenham", "date_of_birth": "2013-01-09",
                    "reported_at": "2026-09-01 10:00:00", "outcome": "accepted"}  # fmt: skip
    with (folder / "le_reports.csv").open("a", encoding="utf-8", newline="") as lines:
        csv.DictWriter(lines, feeds["le_reports"].column_names).writerows([report, contradicted])
    return folder


@pytest.fixture(scope="module", autouse=True)
def settings(hill: Path) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CMFC_STORE", str(hill / "store"))
        patch.setenv("CMFC_LISTS", str(hill / "lists"))
        patch.setenv("CMFC_CLOCK", f"{NEXT}T12:00:00")
        patch.setenv("CMFC_CLOCK_FOR_ACTS", "true")
        patch.setenv("CMFC_ACT_FOR", user())
        yield


@pytest.fixture(scope="module")
def night(hill: Path) -> dict[str, Any]:
    return links(hill, DAY)


def links(hill: Path, day: str) -> dict[str, Any]:
    """The published links of a night that is run for it."""
    from cmfc.ingest.mapping import load_mapping
    from cmfc.pipeline.nightly import run_night
    from cmfc.pipeline.run import run_of
    from cmfc.settings import Settings

    run = run_of(load_mapping(hill / "hill.yml"), day, hill / "store", hill / "lists")
    run_night(run, Settings().now())
    with (hill / "lists" / "hill" / day / "links.csv").open(encoding="utf-8", newline="") as lines:
        return {f"{row['feed']}:{row['report_id']}": row for row in csv.DictReader(lines)}


def run(capsys: pytest.CaptureFixture[str], hill: Path, *words: str, day: str = DAY) -> tuple[int, str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["cmfc", *words, "--agency", str(hill / "hill.yml"), "--date", day])
        with pytest.raises(SystemExit) as left:
            main.main()
    printed = capsys.readouterr()
    return int(left.value.code or 0), printed.out, printed.err


def test_the_night_links_some_asks_about_one_and_names_its_model(hill: Path, night: dict[str, Any]) -> None:
    assert night[QUESTION]["method"] == "candidate" and night[QUESTION]["child_id"] == ""
    assert {"id", "probable"} <= {row["method"] for row in night.values()}
    assert all(row["child_id"] for row in night.values() if row["method"] in ("id", "probable", "decided"))
    manifest = json.loads((hill / "lists" / "hill" / DAY / "manifest.json").read_bytes())
    summary = json.loads((hill / "store" / "hill" / DAY / "matched" / "match.json").read_bytes())
    assert manifest["linkage_model_digest"] == summary["model_digest"]


def test_the_explanation_shows_both_rows_only_to_who_may_see_names(
    hill: Path, night: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, hill, "explain-link", QUESTION)
    assert code == 2 and out == "" and "CMFC-E07" in err
    page = hill / "why.html"
    code, out, _ = run(capsys, hill, "explain-link", QUESTION, "--may-see-names", "--html", str(page))
    with (hill / "children.csv").open(encoding="utf-8", newline="") as lines:
        child = next(csv.DictReader(lines))
    assert code == 0
    assert child["first_name"] in out and child["last_name"] in out and child["child_id"] in out
    assert "before any field" in out and "+" * 5 in out
    html = page.read_text(encoding="utf-8")
    assert "<svg" in html and child["last_name"].replace("'", "&#39;") in html and "<script" not in html


def test_a_reports_bits_add_up_to_its_weight(hill: Path, night: dict[str, Any]) -> None:
    from cmfc.matching.explain import bars, explain
    from cmfc.matching.model import load_model

    checked, model = hill / "store" / "hill" / DAY / "checked", load_model("default")
    explanation = explain(checked, as_of_night(DAY, ZONE), model, QUESTION)
    assert f"{explanation.candidates[0].probability:.6f}" == f"{float(night[QUESTION]['score']):.6f}"
    for one in explanation.candidates:
        assert bars(one)[-1]["bits"] == pytest.approx(one.weight, abs=0.1)


@pytest.mark.long
def test_an_answer_is_applied_on_the_next_night_and_not_on_the_last(
    hill: Path, night: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["decide", QUESTION, "C0000000", "--answer", "same", "--by", "ann", "--why", "asked the worker", "--json"]
    code, out, _ = run(capsys, hill, *words)
    assert code == 0
    assert json.loads(out) == {"report": QUESTION, "child_id": "C0000000", "answer": "same", "revision": 1}
    assert night[CONTRADICTED]["method"] == "candidate"
    code, _, _ = run(capsys, hill, *[CONTRADICTED if word == QUESTION else word for word in words])
    assert code == 0
    assert links(hill, DAY) == night
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CMFC_CLOCK", "2026-10-01T12:00:00")  # that night is over
        patch.setenv("CMFC_CLOCK_FOR_ACTS", "true")
        patch.setenv("CMFC_ACT_FOR", user())
        linked = links(hill, NEXT)
    for report in (QUESTION, CONTRADICTED):
        assert (linked[report]["method"], linked[report]["child_id"]) == ("decided", "C0000000")
    summary = json.loads((hill / "store" / "hill" / NEXT / "matched" / "match.json").read_bytes())
    assert summary["kept"] > 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["decide", "le_reports:none", "C0000000", "--answer", "same", "--by", "a", "--why", "b"], "CMFC-E05"),
        (["decide", QUESTION, "nobody", "--answer", "same", "--by", "a", "--why", "b"], "CMFC-E05"),
        (["decide", QUESTION, "C0000000", "--answer", "yes", "--by", "a", "--why", "b"], "CMFC-E04"),
        (["explain-link", "le_reports:none", "--may-see-names"], "CMFC-E05"),
        (["train-linkage", "--name", "default"], "CMFC-E01"),
    ],
)
def test_wrong_usage_is_told_with_its_code(
    hill: Path, night: dict[str, Any], capsys: pytest.CaptureFixture[str], words: list[str], expected: str
) -> None:
    code, _, err = run(capsys, hill, *words)
    assert code == 2 and expected in err


def test_a_night_that_has_not_been_is_told(hill: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, hill, "explain-link", QUESTION, "--may-see-names", day="2020-01-01")
    assert code == 2 and "CMFC-E08" in err


def test_a_model_is_trained_once_under_a_name(
    hill: Path, night: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from cmfc.matching import training

    monkeypatch.setattr(training, "RANDOM_PAIRS", 2e5)
    monkeypatch.setattr(training, "FEWEST_REPORTS", 50)
    code, out, err = run(capsys, hill, "train-linkage", "--name", "hill-1", "--json")
    assert (code, err) == (0, "")
    answer = json.loads(out)
    model = json.loads((hill / "store" / "hill" / "models" / "hill-1.json").read_bytes())
    assert answer["digest"] == model["digest"] and answer["calibration"]
    code, _, err = run(capsys, hill, "train-linkage", "--name", "hill-1")
    assert code == 2 and "CMFC-E06" in err


@pytest.mark.long
def test_an_answer_put_on_record_later_leaves_the_night_as_it_was_known(
    hill: Path, night: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from cmfc.ingest.mapping import load_mapping
    from cmfc.ledger.match_answers import add_answer
    from cmfc.ledger.store import open_ledger
    from cmfc.matching.answers import Decision
    from cmfc.pipeline.rebuild import rebuild
    from cmfc.pipeline.run import run_of

    run = run_of(load_mapping(hill / "hill.yml"), DAY, hill / "store", hill / "lists")
    known_on = as_of_night(NEXT, ZONE)
    ledger = open_ledger(run.ledger)
    decision = Decision("le_reports", "LX1", "C0000000", "not_same", "ann", run.as_of - 10, "late", "", "")
    monkeypatch.setattr("cmfc.ledger.journal.EARLY_SECONDS", 7 * 86_400)  # a clock that is far behind, and not refused
    add_answer(ledger, "hill", decision)
    ledger.close()
    rebuilt = rebuild(run, hill / "then", known_on)
    assert rebuilt["is_as_published"] is True
    assert (hill / "then" / "links.csv").read_bytes() == (hill / "lists" / "hill" / DAY / "links.csv").read_bytes()
    assert night[QUESTION]["method"] == "candidate" and links(hill, DAY)[QUESTION]["method"] == "none"
