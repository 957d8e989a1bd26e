"""The command line: what it prints where, and its exit codes (0 done, 1 input, 2 usage)."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from cmfc.cli import main
from cmfc.errors import entries
from cmfc.feeds.catalog import feeds
from cmfc_demo.run import write_agency
from cmfc_demo.synthetic.agency import CONNECTION


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    monkeypatch.setattr(sys, "argv", ["cmfc", *words])
    with pytest.raises(SystemExit) as left:
        main.main()
    output = capsys.readouterr()
    return int(left.value.code or 0), output.out, output.err


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """The six mandatory feeds, empty but for their headers."""
    folder = tmp_path / "records"
    folder.mkdir()
    for feed in feeds().values():
        if feed.role != "optional":
            (folder / f"{feed.name}.csv").write_text(",".join(feed.columns) + "\n", encoding="utf-8")
    return folder


def reconcile_words(records: Path, out: Path, more: Mapping[str, str] | None = None) -> list[str]:
    settings = {
        "records": str(records),
        "zone": "America/Chicago",
        "jurisdiction": "us/mo",
        "as-of": "2026-03-05T16:00:00Z",
    } | dict(more or {})
    options = [word for name, value in settings.items() for word in (f"--{name}", value)]
    return ["reconcile", "--out", str(out), *options, "--json"]


def test_reconcile_prints_one_object_and_nothing_else(
    records: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, err = run(capsys, monkeypatch, *reconcile_words(records, tmp_path / "out"))
    assert (code, err) == (0, "")
    assert json.loads(out)["feeds"]["children"]["status"] == "ok"
    assert (tmp_path / "out" / "manifest.json").exists()


def test_reconcile_names_what_it_did_not_read(
    records: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (".hidden", "notes.txt", "absences of May.csv"):
        (records / name).touch()
    (records / "2025").mkdir()
    code, out, err = run(capsys, monkeypatch, *reconcile_words(records, tmp_path / "out"))
    assert (code, err) == (0, "Not read, as no feed is called so: 2025, absences of May.csv, notes.txt\n")
    assert json.loads(out)["feeds"]["absences"]["status"] == "ok"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"as-of": "2026-03-05"}, "is a date; give a time as well"),
        ({"as-of": "noon"}, "is not an instant"),
        ({"as-of": "2026-11-01T01:30:00"}, "Clocks change"),
        ({"zone": "Central"}, "--zone 'Central' cannot be used: no such time zone; write it like America/Chicago."),
        ({"zone": "EST"}, "--zone 'EST' cannot be used: EST knows no summer time; write America/New_York"),
        ({"zone": "Etc/GMT-6"}, "--zone 'Etc/GMT-6' cannot be used: Etc/GMT-6 may be hours off"),
        ({"jurisdiction": "us/zz"}, "No law is on file"),
        ({"agency": "a b"}, "An agency id consists of"),
        ({"records": "/no/such"}, "There is no folder /no/such"),
        ({"no-such": "option"}, "No such option"),
    ],
    ids=lambda value: next(iter(value.values())) if isinstance(value, dict) else "",
)
def test_wrong_usage_exits_2_with_one_sentence_and_what_to_do(
    more: dict[str, str],
    expected: str,
    records: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code, out, err = run(capsys, monkeypatch, *reconcile_words(records, tmp_path / "out", more))
    assert (code, out) == (2, "")
    sentence, *steps = err.strip().splitlines()
    assert expected in sentence and all(step.startswith("  - ") for step in steps)
    assert bool(steps) == sentence.startswith("CMFC-")  # of wrong options only typer knows
    assert not (tmp_path / "out").exists()


def test_broken_input_exits_1_with_one_sentence_and_what_to_do(
    records: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (records / "absences.csv").unlink()
    code, out, err = run(capsys, monkeypatch, *reconcile_words(records, tmp_path / "out"))
    assert (code, out) == (1, "")
    sentence, *steps = err.strip().splitlines()
    assert sentence.startswith("CMFC-I01: absences: ")
    assert steps == [f"  - {step.replace('`', '')}" for step in entries()["CMFC-I01"].remedy]


def test_a_local_instant_is_local_in_the_zone() -> None:
    assert main._instant("2026-03-05T10:00:00", "America/Chicago") == main._instant("2026-03-05T16:00:00Z", "UTC")
    assert main._instant("2026-11-01T01:30:00-06:00", "America/Chicago") > 0


def test_an_unexpected_error_exits_2_and_quotes_nothing(
    records: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cmfc.pipeline.folder.reconcile_folder", lambda *_, **__: int("Zebulonia"))
    code, _, err = run(capsys, monkeypatch, *reconcile_words(records, tmp_path / "out"))
    assert code == 2 and err.startswith("CMFC-N01") and "ValueError" in err and "Zebulonia" not in err
    monkeypatch.setattr(sys, "argv", ["cmfc", *reconcile_words(records, tmp_path / "out"), "--debug"])
    with pytest.raises(ValueError, match="Zebulonia"):
        main.main()


def test_a_night_runs_explains_itself_and_fails_without_losing_its_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mapping = write_agency(tmp_path / "agencies", "2026-09-30", children=60)
    monkeypatch.setenv("CMFC_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("CMFC_LISTS", str(tmp_path / "lists"))
    words = ["night", "--agency", str(mapping), "--json", "--date"]
    code, _, err = run(capsys, monkeypatch, *words, "2026-09-30")
    assert code == 2 and "CMFC-C05" in err  # the connection is not set
    monkeypatch.setenv(f"CMFC_CONN_{CONNECTION.upper()}", f"sqlite:///{tmp_path}/agencies/case_management.sqlite")
    code, out, _ = run(capsys, monkeypatch, *words, "2026-09-30")
    assert code == 0 and sum(json.loads(out)["counts"]["by_code"].values()) > 0

    listed = (tmp_path / "lists" / "demo" / "2026-09-30" / "exceptions.csv").read_text(encoding="utf-8").splitlines()
    code, out, _ = run(capsys, monkeypatch, "explain", listed[1].rsplit(",", 1)[1])
    assert code == 0 and "It rests on:" in out

    code, out, _ = run(capsys, monkeypatch, "check-mapping", str(mapping), "--json")
    assert code == 0 and json.loads(out)["feeds"]["children"]["missing_columns"] == []

    code, out, _ = run(capsys, monkeypatch, *[word for word in words if word != "--json"], "2026-09-30")
    reused = [line for line in out.splitlines() if line.endswith(" reused.") and "Snapshot of " in line]
    assert code == 0 and len(reused) == len(feeds()) and reused[0].startswith("children: Snapshot of 20")

    monkeypatch.setenv("CMFC_CLOCK", "2026-10-01T23:59:00-05:00")
    code, out, err = run(capsys, monkeypatch, *words, "2026-10-01")
    assert (code, out) == (2, "") and err.startswith("CMFC-N04: The business date 2026-10-01 is not over")
    assert not (tmp_path / "lists" / "demo" / "STALE.json").exists()
    monkeypatch.delenv("CMFC_CLOCK")

    (tmp_path / "agencies" / "case_management.sqlite").unlink()
    code, _, err = run(capsys, monkeypatch, *words, "2026-10-01")
    assert code == 1 and err.startswith("CMFC-I01")
    here = tmp_path / "lists" / "demo"
    assert json.loads((here / "STALE.json").read_bytes())["since"] == "2026-10-01"
    assert json.loads((here / "current.json").read_bytes())["business_date"] == "2026-09-30"
