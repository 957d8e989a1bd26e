"""The registry of checks refuses a file that would raise a wrong or unfinished sentence (spec 5)."""

from pathlib import Path

import pytest

from cmfc.errors import UsageError
from cmfc.law.library import load_law
from cmfc.reconcile import engine
from cmfc.reconcile.registry import Check, read_checks
from tests.oracle.core import write_checked
from tests.property.test_against_oracle import many_worlds

WHOLE = {"title": "Not reported", "why": "Missing since {began}.{detail}", "next": "Tell {whom}. {refusal}"}
SELECT = "SELECT child_id, episode_no, 'high' AS severity FROM episodes\n"


def header(**changed: str) -> str:
    lines = WHOLE | changed
    return "".join(f"-- {key}: {text}\n" for key, text in lines.items()) + SELECT


def read(folder: Path, **texts: str) -> tuple[Check, ...]:
    """Reads files by name, all in the folder of the checks about law enforcement."""
    for name, text in texts.items():
        (folder / f"{name.replace('__', '-')}.sql").write_text(text, encoding="utf-8")
    return read_checks({"le": list(folder.iterdir())})


def test_a_header_says_only_what_is_not_its_familys_default(tmp_path: Path) -> None:
    (check,) = read(tmp_path, LE__01_not_reported=header())
    assert (check.code, check.recipient, check.rule, check.queue) == (
        "LE-01", "law_enforcement", "", "act_now while open",
    )  # fmt: skip
    (check,) = read(tmp_path, LE__01_not_reported=header(recipient="as given", rule="as given", queue="explain"))
    assert (check.recipient, check.rule, check.queue) == (None, None, "explain")


@pytest.mark.parametrize(
    ("key", "text", "unknown"),
    [
        ("why", "The report by {whom} has no {number}.", "{number}"),
        ("why", "Where to turn: {refusal}", "{refusal}"),
        ("next", "Tell them {rule}.", "{rule}"),
        ("title", "Not reported to {whom}", "{whom}"),
        ("why", "Missing since { began }.", "{ began }"),
    ],
)
def test_a_placeholder_that_nothing_fills_in_is_named_with_its_file(
    tmp_path: Path, key: str, text: str, unknown: str
) -> None:
    with pytest.raises(UsageError) as refused:
        read(tmp_path, LE__01_not_reported=header(**{key: text}))
    assert str(refused.value).startswith("CMFC-K01")
    assert f"LE-01_not_reported.sql asks for {unknown}, which nothing fills in" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (SELECT, "must say title"),
        (header(code="LE-01"), "nothing else"),
        (header() + "-- title: twice\n", None),
        ("-- title: once\n" + header(), "says 'title' twice"),
        (header(queue="someday"), "unknown queue"),
        (header(recipient="clearinghouse"), "recipient"),
        ("-- title: x\n-- next: y\n" + SELECT, "must say why, and next"),
        ("-- title: x\n-- why: y\n" + SELECT, "must say why, and next"),
        ("-- title: x\n-- why [rumour]: y\n-- next: z\n" + SELECT, "no record"),
    ],
)
def test_a_header_that_lacks_or_doubles_something_is_refused(tmp_path: Path, text: str, reason: str | None) -> None:
    if reason is None:  # what stands after the header is SQL
        assert read(tmp_path, LE__01_not_reported=text)
        return
    with pytest.raises(UsageError, match=reason):
        read(tmp_path, LE__01_not_reported=text)


def test_two_files_of_one_code_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"LE-01_reported_never\.sql is the second of LE-01"):
        read(tmp_path, LE__01_not_reported=header(), LE__01_reported_never=header())


@pytest.mark.parametrize("name", ["LE__01", "NC__01_not_reported", "not_reported", "XX__01_not_reported"])
def test_a_file_that_is_misnamed_or_in_anothers_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"must be named CODE_what_it_finds\.sql"):
        read(tmp_path, **{name: header()})


ONE = "SELECT 'CHILD-1' AS child_id, 'CHILD-1' AS subject_id, 'high' AS severity"


@pytest.mark.parametrize(
    ("sql", "code", "reason"),
    [
        ("SELECT 'CHILD-1' AS subject_id, 'high' AS grade\n", "CMFC-K02", "LE-01 does not give a severity"),
        (
            "SELECT 'CHILD-1' AS child_id, 'high' AS severity\n",
            "CMFC-K02",
            "LE-01 does not give a severity and a subject",
        ),
        (f"{ONE} UNION ALL {ONE}\n", "CMFC-K03", "raised a finding twice: LE-01"),
        (f"{ONE}, 'rumour' AS state\n", "CMFC-K03", r"without a sentence: LE-01 \(rumour\)"),
        (f"{ONE}\n", None, ""),
        (f"{ONE}, 'open' AS state\n", None, ""),
    ],
)
def test_a_check_whose_select_gives_the_wrong_rows_stops_the_night(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sql: str, code: str | None, reason: str
) -> None:
    text = header(**{"why open": "Still missing."}).replace(SELECT, sql)
    (tmp_path / "checks").mkdir()
    checks = read(tmp_path / "checks", LE__01_not_reported=text)
    monkeypatch.setattr(engine, "checks", lambda: checks)
    feeds, world = many_worlds(3, 2)
    write_checked(feeds, world, tmp_path)
    night = engine.Night("a", world.as_of, world.zone, "us/federal", 0, True, None, world.status)
    with engine.open_engine("duckdb", world.zone, tmp_path / "spill", 1) as opened:
        if code is None:
            engine.judge(opened, tmp_path, night, load_law("us/federal", world.zone))
            assert opened.rows_of("SELECT code, subject_id FROM raised_findings") == [("LE-01", "CHILD-1")]
        else:
            with pytest.raises(UsageError, match=reason) as refused:
                engine.judge(opened, tmp_path, night, load_law("us/federal", world.zone))
            assert refused.value.code == code
