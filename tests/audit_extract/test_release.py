"""A package is released by an assigned person who did not build it, once, and never changes after that."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cmfc.audit_extract.release import build_extract, decide, read_journal
from cmfc.audit_extract.source_night import known_on
from cmfc.errors import UsageError
from tests.support.audited import KEY, REQUEST, Audited
from tests.support.planted_year import NIGHT

APPROVERS = ("vera", "otto")
Build = Callable[..., Path]


@pytest.fixture
def built(audited: Audited, tmp_path: Path) -> Build:
    def build(name: str = "first", by: str = "otto") -> Path:
        known = known_on(audited.root / "store", audited.root / "lists", "planted", NIGHT)
        build_extract(known, replace(REQUEST, sample_size=30), KEY, tmp_path / name, "tests", by, 1_800_000_000)
        return tmp_path / name

    return build


def go(package: Path, by: str = "vera", is_approved: bool = True, reason: str = "as_asked") -> Path:
    return decide(package, is_approved, reason, by, APPROVERS, 1_800_000_500)


def steps(folder: Path) -> list[tuple[Any, ...]]:
    return [(step["what"], step["by"], step["reason"]) for step in read_journal(folder)]


def test_an_assigned_person_who_did_not_build_it_releases_it(built: Build, tmp_path: Path) -> None:
    package = built()
    place = go(package)
    assert place == tmp_path / "released" / "first" and not package.exists()
    assert steps(tmp_path) == [("built", "otto", "as_asked"), ("released", "vera", "as_asked")]
    files = [path for path in place.rglob("*") if path.is_file()]
    assert len(files) > 20 and all(path.stat().st_mode & 0o222 == 0 for path in [place, *files])


@pytest.mark.parametrize("by", ["otto", "stranger", ""])
def test_nobody_else_does_and_the_attempt_is_noted(built: Build, tmp_path: Path, by: str) -> None:
    package = built()
    with pytest.raises(UsageError, match="CMFC-U13"):
        go(package, by)
    assert package.exists() and steps(tmp_path)[1:] == [("not_allowed", by, "as_asked")]
    assert not (tmp_path / "released").exists()


def test_a_refusal_and_its_reason_are_noted_and_the_package_stays(built: Build, tmp_path: Path) -> None:
    package = built()
    assert go(package, is_approved=False, reason="privacy") == package
    assert steps(tmp_path)[-1] == ("refused", "vera", "privacy")


def test_a_released_package_is_never_written_again(built: Build) -> None:
    place = go(built())
    with pytest.raises(UsageError, match="CMFC-U12"):
        built()
    assert place.exists()


def test_what_was_changed_after_it_was_built_is_not_released(built: Build, tmp_path: Path) -> None:
    package = built()
    (package / "yearly.csv").write_text("changed")
    with pytest.raises(UsageError, match="CMFC-U14"):
        go(package)
    (tmp_path / "other").mkdir()
    with pytest.raises(UsageError, match="CMFC-U14"):
        go(tmp_path / "other")


def test_a_manifest_that_was_made_to_fit_is_not_released(built: Build) -> None:
    package = built()
    manifest = json.loads((package / "manifest.json").read_bytes())
    manifest["seed"] = 43
    (package / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UsageError, match="CMFC-U14"):
        go(package)


def test_a_journal_with_a_line_changed_or_gone_is_found(built: Build, tmp_path: Path) -> None:
    go(built(), is_approved=False)
    journal = tmp_path / "decisions.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    for changed in ([lines[1]], [lines[0].replace("otto", "vera"), lines[1]], ["not json\n", lines[1]]):
        journal.write_text("".join(changed))
        with pytest.raises(UsageError, match="CMFC-U14"):
            read_journal(tmp_path)


def test_a_reason_is_a_code(built: Build) -> None:
    with pytest.raises(UsageError, match="CMFC-U13"):
        go(built(), reason="because the child")
