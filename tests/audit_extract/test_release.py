"""A package is released by an assigned person who did not build it, once, and never changes after that."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from cmfc.audit_extract.release import build_extract, decide
from cmfc.audit_extract.source_night import known_on
from cmfc.errors import UsageError
from cmfc.ledger.heads import head_from
from cmfc.ledger.releases import list_releases
from cmfc.ledger.store import Ledger, opened
from cmfc.ledger.verify import verify
from tests.support.audited import KEY, REQUEST, Audited
from tests.support.planted_year import NIGHT

pytestmark = pytest.mark.long

APPROVERS = ("vera", "otto")
ENTRIES = text("SELECT body FROM journal ORDER BY seq")
KILLED = """
import os, signal
from pathlib import Path
from cmfc.audit_extract import extract
from tests.support.audited import Audited
from tests.support.planted_year import Planted
extract.write_files = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
Path({out!r}).parent.mkdir(parents=True)
Audited(Path({root!r}), Planted({{}}, [], {{}}), Path(), {{}}).build(Path({out!r}))
"""
Build = Callable[..., Path]
Go = Callable[..., Path]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with opened(f"sqlite:///{tmp_path / 'ledger.sqlite'}") as ledger:
        yield ledger


@pytest.fixture
def built(audited: Audited, tmp_path: Path, ledger: Ledger) -> Build:
    def build(name: str = "first", by: str = "otto", seed: int = 42) -> Path:
        knowledge = known_on(audited.root / "store", audited.root / "lists", "planted", NIGHT)
        package, request = tmp_path / "audits" / name, replace(REQUEST, sample_size=30, seed=seed)
        build_extract(knowledge, request, KEY, package, "tests", ledger, by, 1_800_000_000)
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
    assert checked.returncode == 1 and "WRONG  the approval is of this manifest.json" in checked.stdout


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


def test_a_released_package_is_never_written_again(built: Build, go: Go, ledger: Ledger) -> None:
    folder = go(built())
    for other in ({"seed": 43}, {"by": "vera"}):
        with pytest.raises(UsageError, match="CMFC-U12"):
            built(**other)
    with pytest.raises(UsageError, match="CMFC-U12"):
        go(folder.parents[1] / "first", is_approved=False)
    assert folder.exists() and [step[0] for step in steps(ledger)] == ["built", "released"]


def test_what_is_done_is_seen_as_done(built: Build, go: Go, ledger: Ledger) -> None:
    """Airflow starts a task again that was killed, or that somebody cleared."""
    package = built()
    before = {path: path.read_bytes() for path in package.rglob("*") if path.is_file()}
    assert built() == package and {path: path.read_bytes() for path in before} == before
    for _ in range(2):
        assert go(package, is_approved=False, reason="privacy") == package
    released = go(package)
    assert go(package) == released and built() == package and not package.exists()
    assert [step[0] for step in steps(ledger)] == ["built", "refused", "released"]
    assert [path.name for path in package.parent.iterdir()] == ["released"]


class Killed(BaseException):
    """Stands for kill -9: nothing catches it."""


KILLS = {
    "while it is built": ("cmfc.audit_extract.extract._write_manifest", 1, False),
    "before the build is noted": ("cmfc.audit_extract.release.note_release", 1, False),
    "after the build is noted": ("cmfc.audit_extract.release.note_release", 1, True),
    "before the release is noted": ("cmfc.audit_extract.release.note_release", 2, False),
    "after the release is noted": ("cmfc.audit_extract.release.note_release", 2, True),
    "after the approval is written": ("cmfc.audit_extract.release._write_approval", 1, True),
    "after the files are closed": ("cmfc.audit_extract.release._close_files", 1, True),
    "after the folder is moved": ("cmfc.audit_extract.release._close_folders", 1, False),
    "after everything": ("cmfc.audit_extract.release._close_folders", 1, True),
}


@pytest.mark.parametrize("moment", KILLS)
def test_a_kill_at_any_point_costs_nothing(
    moment: str, built: Build, go: Go, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, call, is_after = KILLS[moment]
    module, _, function = name.rpartition(".")
    real = getattr(sys.modules[module], function)
    calls: list[object] = []

    def die(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == call and not is_after:
            raise Killed
        result = real(*arguments)
        if len(calls) == call:
            raise Killed
        return result

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(name, die)
        go(built())
    folder = go(built())
    assert [step[0] for step in steps(ledger)] == ["built", "released"]
    assert folder == tmp_path / "audits" / "released" / "first" and (folder / "approval.json").is_file()
    assert all(path.stat().st_mode & 0o222 == 0 for path in [folder, *folder.rglob("*")])
    assert verify(ledger, "planted", {})[1] == []


@pytest.mark.parametrize("file", ["yearly.csv", "manifest.json", "more.csv"])
def test_a_folder_that_another_made_is_not_taken_for_ours(
    built: Build, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    """Killed before the build is noted, and then changed: what lies there is vouched for by nobody."""

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr("cmfc.audit_extract.release.note_release", die)
        built()
    (tmp_path / "audits" / "first" / file).write_text("{}")
    with pytest.raises(UsageError, match="CMFC-U12"):
        built()
    assert steps(ledger) == []


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


def test_every_seed_that_was_tried_stands_in_the_journal(built: Build, ledger: Ledger) -> None:
    for seed in (1, 2, 3):
        built(f"try-{seed}", seed=seed)
    with ledger.reading() as connection:
        entries = [json.loads(row[0]) if isinstance(row[0], str) else row[0] for row in connection.execute(ENTRIES)]
    requests = [json.loads(entry["request"]) for entry in entries if entry.get("decision") == "built"]
    assert [request["seed"] for request in requests] == [1, 2, 3]
    assert len({request["frame_hash"] for request in requests}) == 1 and verify(ledger, "planted", [])[1] == []


def test_a_build_that_is_killed_leaves_nothing_in_the_way_and_is_made_again(audited: Audited, tmp_path: Path) -> None:
    """The process dies in the middle; the same request, asked again, gives the package."""
    code = KILLED.format(root=str(audited.root), out=str(tmp_path / "audits" / "first"))
    project = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{project}{os.pathsep}{project / 'plugins'}"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, check=False)
    assert done.returncode == -signal.SIGKILL and not (tmp_path / "audits" / "first").exists()
    summary = audited.build(tmp_path / "audits" / "first")
    assert summary["manifest_sha256"] == audited.summary["manifest_sha256"]
