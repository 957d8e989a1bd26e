"""A package is released by an assigned person who did not build it, once, and never changes after that."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cmfc.audit_extract.release import build_extract, decide
from cmfc.audit_extract.source_night import known_on
from cmfc.errors import UsageError
from cmfc.ledger.heads import head_from
from cmfc.ledger.releases import list_releases
from cmfc.ledger.store import Ledger, opened
from cmfc.ledger.verify import verify
from tests.support.audited import KEY, REQUEST, Audited
from tests.support.planted_year import NIGHT

APPROVERS = ("vera", "otto")
Build = Callable[..., Path]
Go = Callable[..., Path]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with opened(f"sqlite:///{tmp_path / 'ledger.sqlite'}") as ledger:
        yield ledger


@pytest.fixture
def built(audited: Audited, tmp_path: Path, ledger: Ledger) -> Build:
    def build(name: str = "first", by: str = "otto") -> Path:
        known = known_on(audited.root / "store", audited.root / "lists", "planted", NIGHT)
        package, request = tmp_path / "audits" / name, replace(REQUEST, sample_size=30)
        build_extract(known, request, KEY, package, "tests", ledger, by, 1_800_000_000)
        return package

    return build


@pytest.fixture
def go(ledger: Ledger) -> Go:
    def go(package: Path, by: str = "vera", is_approved: bool = True, reason: str = "as_asked") -> Path:
        return decide(package, is_approved, reason, ledger, by, APPROVERS, 1_800_000_500)

    return go


def steps(ledger: Ledger) -> list[tuple[str, str, str]]:
    return [(step.decision, step.by, step.reason) for step, _ in list_releases(ledger, "planted", "extract", "first")]


def test_an_assigned_person_who_did_not_build_it_releases_it(
    built: Build, go: Go, ledger: Ledger, tmp_path: Path
) -> None:
    package = built()
    folder = go(package)
    assert folder == tmp_path / "audits" / "released" / "first" and not package.exists()
    assert steps(ledger) == [("built", "otto", "as_asked"), ("released", "vera", "as_asked")]
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 20 and all(path.stat().st_mode & 0o222 == 0 for path in [folder, *files])


def test_a_released_package_carries_its_approval_and_a_head_of_the_journal(
    built: Build, go: Go, ledger: Ledger
) -> None:
    folder = go(built())
    approval = json.loads((folder / "approval.json").read_bytes())
    assert (approval["built_by"], approval["released_by"], approval["reason"]) == ("otto", "vera", "as_asked")
    head = head_from(approval["journal_head"])
    assert verify(ledger, "planted", [(head.seq, head.hash)]) == (head, [])
    checked = subprocess.run(
        [sys.executable, folder / "verify.py", folder], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0 and "ok     the approval is of this manifest.json" in checked.stdout
    (folder / "approval.json").chmod(0o640)
    (folder / "approval.json").write_text(json.dumps(approval | {"manifest_sha256": "0" * 64}))
    checked = subprocess.run(
        [sys.executable, folder / "verify.py", folder], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 1 and "WRONG  the approval" in checked.stdout


def test_a_release_that_was_interrupted_is_finished_and_noted_once(
    built: Build, go: Go, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = built()

    def fail(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="disk full"):
        patch.setattr(Path, "rename", fail)
        go(package)
    assert package.exists() and steps(ledger)[-1][0] == "released"
    folder = go(package)
    assert not package.exists() and [step[0] for step in steps(ledger)] == ["built", "released"]
    assert json.loads((folder / "approval.json").read_bytes())["released_by"] == "vera"


@pytest.mark.parametrize("by", ["otto", "stranger", ""])
def test_nobody_else_does_and_the_attempt_is_noted(
    built: Build, go: Go, ledger: Ledger, tmp_path: Path, by: str
) -> None:
    package = built()
    with pytest.raises(UsageError, match="CMFC-U13"):
        go(package, by)
    assert package.exists() and steps(ledger)[1:] == [("not_allowed", by, "as_asked")]
    assert not (tmp_path / "audits" / "released").exists()


def test_a_refusal_and_its_reason_are_noted_and_the_package_stays(built: Build, go: Go, ledger: Ledger) -> None:
    package = built()
    assert go(package, is_approved=False, reason="privacy") == package
    assert steps(ledger)[-1] == ("refused", "vera", "privacy")


def test_a_released_package_is_never_written_again(built: Build, go: Go) -> None:
    folder = go(built())
    with pytest.raises(UsageError, match="CMFC-U12"):
        built()
    assert folder.exists()


def test_what_was_changed_after_it_was_built_is_not_released(built: Build, go: Go, tmp_path: Path) -> None:
    package = built()
    (package / "yearly.csv").write_text("changed")
    with pytest.raises(UsageError, match="CMFC-U14"):
        go(package)
    (tmp_path / "other").mkdir()
    with pytest.raises(UsageError, match="CMFC-U14"):
        go(tmp_path / "other")


def test_a_manifest_that_was_made_to_fit_is_not_released(built: Build, go: Go) -> None:
    package = built()
    manifest = json.loads((package / "manifest.json").read_bytes())
    manifest["seed"] = 43
    (package / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UsageError, match="CMFC-U14"):
        go(package)


def test_a_reason_is_a_code(built: Build, go: Go) -> None:
    with pytest.raises(UsageError, match="CMFC-U13"):
        go(built(), reason="because the child")
