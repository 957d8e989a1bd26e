"""What is written is for the account that runs cmfc, and for a group if one is named (docs/security.md, S6 and S12)."""

import grp
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cmfc.errors import UsageError
from cmfc.storage.closed import close_folder
from cmfc_demo.run import write_agency

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
NIGHT = "2026-09-30"
PAGE = """
import sys
from fastapi.testclient import TestClient
import cmfc.orchestration
from cmfc.review.access import Person, Role
from cmfc.review.app import build_app
with TestClient(build_app(lambda: Person("rita", Role.ADMIN), "secret")) as client:
    for path in ("/demo/", "/demo/export.csv", "/demo/export.xlsx"):
        assert client.get(path).status_code == 200
    if "wait" in sys.argv:
        print("there", flush=True)
        sys.stdin.read()
"""


class Installation:
    """One whose processes begin with the mask of an ordinary account."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "tmp").mkdir()
        folders = {f"CMFC_{name.upper()}": str(root / name) for name in ("store", "lists", "agencies", "audits")}
        self.env = {
            **os.environ, **folders, "CMFC_CLOCK": "2026-10-01T08:30:00Z", "TMPDIR": str(root / "tmp"),
            "CMFC_AUDIT_KEY": "k" * 32, "PYTHONPATH": f"{ROOT / 'plugins'}:{ROOT / 'demo'}:{ROOT}",
            "CMFC_CONN_CMFC_DEMO_CASE_MANAGEMENT": f"sqlite:///{root / 'agencies' / 'case_management.sqlite'}",
        }  # fmt: skip

    def run(self, *words: str) -> None:
        """One process of this installation; it must end well."""
        done = subprocess.run(
            [sys.executable, *words], env=self.env, umask=0o022, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def cmfc(self, *words: str) -> None:
        """A command."""
        self.run("-m", "cmfc.cli", *words)

    def written(self) -> Iterator[Path]:
        """What cmfc made, without what the test itself made."""
        for name in ("store", "lists", "audits"):
            yield from (self.root / name, *(self.root / name).rglob("*"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    root = tmp_path_factory.mktemp("closed")
    write_agency(root / "agencies", NIGHT, children=120)
    place = Installation(root)
    place.cmfc("night", "--agency", str(root / "agencies" / "demo.yml"), "--date", NIGHT)
    return place


def modes(paths: Iterator[Path]) -> set[tuple[str, str]]:
    """Kinds and rights of what is open to others than the owner, with a name for each."""
    rights = [(path, path.lstat().st_mode) for path in paths]
    assert len(rights) > 30
    return {(path.name, stat.filemode(mode)) for path, mode in rights if mode & 0o077}


def test_after_a_night_the_page_and_an_audit_nobody_else_can_read_anything(place: Installation) -> None:
    place.run("-c", PAGE)
    moment = "2026-10-01T09:00:00Z"
    place.cmfc("audit", "--from", "2026-06-01", "--to", "2026-08-31", "--as-known-on", moment, "--seed", "1",
               "--out", str(place.root / "audits" / "a"))  # fmt: skip
    rebuilt = str(place.root / "lists" / "then")
    place.cmfc("night", "--agency", str(place.root / "agencies" / "demo.yml"), "--date", NIGHT,
               "--as-known-on", moment, "--out", rebuilt)  # fmt: skip
    assert modes(place.written()) == set()
    assert list((place.root / "tmp").iterdir()) == []
    assert not list((place.root / "store").glob(".cmfc-*"))


def test_names_that_a_killed_page_leaves_lie_in_the_store_and_go_at_the_next_start(place: Installation) -> None:
    command = [sys.executable, "-c", PAGE, "wait"]
    with subprocess.Popen(
        command, env=place.env, umask=0o022, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as page:
        assert page.stdout
        assert page.stdout.readline() == "there\n"
        os.kill(page.pid, signal.SIGKILL)
    (left,) = (place.root / "store").glob(".cmfc-review-*")
    assert (left / "review.duckdb").stat().st_size and modes(place.written()) == set()
    assert list((place.root / "tmp").iterdir()) == []
    place.run("-c", PAGE)
    assert not list((place.root / "store").glob(".cmfc-*"))


def test_a_group_may_read_what_the_settings_let_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.umask(0o022)
    try:
        (tmp_path / "store").mkdir(mode=0o755)
        monkeypatch.setenv("CMFC_FILE_GROUP", grp.getgrgid(os.getgid()).gr_name)
        close_folder(tmp_path / "store")
        (tmp_path / "store" / "night").mkdir()
        (tmp_path / "store" / "night" / "list").write_text("x")
        rights = [stat.filemode(path.stat().st_mode) for path in sorted(tmp_path.rglob("*"))]
        assert rights == ["drwxr-s---", "drwxr-s---", "-rw-r-----"]
        monkeypatch.setenv("CMFC_FILE_GROUP", "nosuchgroup")
        with pytest.raises(UsageError, match="CMFC-N05"):
            close_folder(tmp_path / "store")
    finally:
        os.umask(before)


def test_an_open_folder_of_another_account_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store").chmod(0o755)  # whatever the umask
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(UsageError, match="CMFC-N05"):
        close_folder(tmp_path / "store")
    (tmp_path / "store").chmod(0o750)
    close_folder(tmp_path / "store")


def test_no_secret_is_an_argument() -> None:
    """Every account may list arguments: keys and passwords come from the environment or a file alone."""
    done = subprocess.run(
        [sys.executable, "-c", "import json; from typer.main import get_command; from cmfc.cli.main import app\n"
         "def walk(c):\n    yield from (p.name for p in c.params)\n"
         "    for s in getattr(c, 'commands', {}).values():\n        yield from walk(s)\n"
         "print(json.dumps(sorted(set(walk(get_command(app))))))"],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT / "plugins")},
    )  # fmt: skip
    names = json.loads(done.stdout)
    assert "agency" in names and not [n for n in names if any(w in n for w in ("key", "secret", "password", "token"))]
