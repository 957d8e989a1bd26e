"""Page, workbook and HTML list one night in one order, row by row (spec 5)."""

import json
import re
from datetime import datetime
from html import unescape
from io import BytesIO
from itertools import count
from math import inf
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from cmfc.settings import Settings
from cmfc.worklists.times import days_text
from tests.support.office import BASE, NIGHT, Office

QUEUES = ["act_now", "explain", "correct_record", "history"]
SEVERITIES = ["critical", "high", "medium", "low", "info"]


@pytest.fixture(scope="module")
def folder(office: Office) -> Path:
    return Settings().lists / office.agency / NIGHT


@pytest.fixture(scope="module")
def listed(folder: Path) -> dict[str, dict[str, Any]]:
    """The night's findings by exception_id, in the order of the specification, by hand."""
    rows = pq.read_table(folder / "exceptions.parquet").to_pylist()
    as_of = datetime.fromisoformat(json.loads((folder / "manifest.json").read_bytes())["as_of"])
    assert {row["queue"] for row in rows} == set(QUEUES) and len(rows) > 100
    assert any(soon(row, as_of) for row in rows) and not all(soon(row, as_of) for row in rows)
    return {row["exception_id"]: row for row in sorted(rows, key=lambda row: rank(row, as_of))}


def soon(row: dict[str, Any], as_of: datetime) -> bool:
    due = row["deadline_earliest"]
    return due is not None and 0 <= (due - as_of).total_seconds() <= 12 * 3600


def rank(row: dict[str, Any], as_of: datetime) -> tuple[Any, ...]:
    clock = row["clock_start_earliest"]
    return (
        QUEUES.index(row["queue"]),
        SEVERITIES.index(row["severity"]),
        not ((row["age"] is not None and row["age"] < 13) or row["reason"] in TAKEN),
        not soon(row, as_of),
        row["status"] not in ("new", "reopened"),
        clock.timestamp() if clock else inf,
        row["code"], row["subject_id"], row["recipient"] or "",
    )  # fmt: skip


TAKEN = ("abducted_by_stranger", "taken_or_kept_by_relative")


def lines_of(ids: list[str], rows: dict[str, dict[str, Any]]) -> list[tuple[str, ...]]:
    """Findings as lines: those of one subject and recipient together, where the first of them stands."""
    lines_by_subject: dict[tuple[str, str | None], list[str]] = {}
    for one in ids:
        lines_by_subject.setdefault((rows[one]["subject_id"], rows[one]["recipient"]), []).append(one)
    return [tuple(together) for together in lines_by_subject.values()]


def pages(browser: Any, query: str = "") -> list[str]:
    ids: list[str] = []
    for page in count(1):
        on_page = re.findall(r'name="chosen" value="([0-9a-f]{20}):', browser(f"{query}&page={page}"))
        ids += on_page
        if len(on_page) < 50:
            break
    return ids


def test_the_review_page_lists_the_findings_in_the_order_of_the_specification(browser: Any, listed: Any) -> None:
    assert pages(lambda query: browser("rita").get(f"{BASE}/findings?{query}").text) == list(listed)


def test_a_filtered_page_and_its_ties_keep_the_order(browser: Any, listed: Any) -> None:
    order_of = lambda more: pages(lambda query: browser("rita").get(f"{BASE}/findings?{more}{query}").text)  # noqa: E731
    office = next(row["office"] for row in listed.values() if row["office"])
    assert order_of(f"office={office}") == [one for one, row in listed.items() if row["office"] == office] != []
    assert order_of("sort=code") == sorted(listed, key=lambda one: listed[one]["code"])


def test_what_people_do_by_day_moves_nothing(office: Office, browser: Any, listed: Any) -> None:
    from tests.support.office import send

    one = next(iter(listed))
    before = browser("rita").get(f"{BASE}/findings/{one}").text
    revision = re.search(r'name="revision" value="(\d+)"', before)
    assert revision
    send(browser, "rita", f"/findings/{one}", kind="acknowledge", revision=revision[1])
    assert pages(lambda query: browser("rita").get(f"{BASE}/findings?{query}").text) == list(listed)


@pytest.fixture(scope="module")
def cases(folder: Path, listed: Any) -> list[tuple[str, ...]]:
    """The lines by case: children who are missing now first, as they are listed; else where a case's first line is."""
    head, *rows = [
        row for row in load_workbook(folder / "exceptions.xlsx", read_only=True)["Missing now"].values if row[1]
    ]
    missing = [row[head.index("Child id")] for row in rows]
    assert len(missing) == len(set(missing)) > 20
    lines = lines_of(list(listed), listed)
    case_of = lambda line: listed[line[0]]["child_id"] or listed[line[0]]["subject_id"]  # noqa: E731
    first = {case_of(line): number for number, line in reversed([*enumerate(lines)])}
    place = {child: number - len(missing) for number, child in enumerate(missing)}
    return sorted(lines, key=lambda line: place.get(case_of(line), first[case_of(line)]))


def queue_of(line: tuple[str, ...], listed: Any) -> str:
    return str(listed[line[0]]["queue"])


def test_every_sheet_lists_its_lines_by_case_in_that_order(
    folder: Path, browser: Any, listed: Any, cases: list[tuple[str, ...]]
) -> None:
    """What is done with lies in a workbook of its own; what a person exports is all that was asked for."""
    exported = browser("rita").get(f"{BASE}/export.xlsx").content
    for source, skipped, queues in (
        (folder / "exceptions.xlsx", 2, QUEUES[:3]), (folder / "history.xlsx", 1, QUEUES[3:]),
        (BytesIO(exported), 1, QUEUES),
    ):  # fmt: skip
        expected = [line for line in cases if queue_of(line, listed) in queues]
        number = 0
        for sheet in load_workbook(source, read_only=True).worksheets[skipped:]:
            head, *rows = list(sheet.iter_rows(values_only=True))
            lines = [tuple(str(row[head.index("Exception ids")]).split(";")) for row in rows]
            offices = {listed[line[0]]["office"] for line in lines}
            assert lines == [line for line in expected if listed[line[0]]["office"] in offices]
            number += len(lines)
        assert number == len(expected) > 50


def test_the_html_lists_its_lines_by_queue_and_case_in_that_order(
    folder: Path, listed: Any, cases: list[tuple[str, ...]]
) -> None:
    text = (folder / "exceptions.html").read_text(encoding="utf-8")
    rows = re.split(r'<tr role="row" class="s-', text.partition('<div id="worklist"')[2])[1:]
    lines = [
        ([*re.findall(r'<span class="code">([^<]+)</span>', row)],
         unescape(re.search(r"<span>id ([^<]*)</span>", row)[1]) if "<span>id " in row else None)
        for row in rows
    ]  # fmt: skip
    expected = [
        ([listed[one]["code"] for one in line], listed[line[0]]["child_id"])
        for queue in QUEUES[:3] for line in cases if queue_of(line, listed) == queue
    ]  # fmt: skip
    assert lines == expected
    assert "history.xlsx" in text


def test_a_finding_names_every_rule_and_says_for_how_long(browser: Any, listed: Any) -> None:
    one = next(key for key, row in listed.items() if row["code"] == "LE-01" and row["days_missing"] >= 2)
    text = " ".join(browser("rita").get(f"{BASE}/findings/{one}").text.split())
    assert re.search(r"By rule: [^<]*federal: 24 hours – limit over, nothing on file", text)
    assert f", {days_text(listed[one]['days_missing'])};" in text
