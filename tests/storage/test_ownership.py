"""Nothing is replaced that cmfc did not write for the same agency and date (docs/security.md, S4)."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cmfc.cli.main import main
from cmfc.errors import UsageError
from cmfc.storage.atomic import replace_folder
from cmfc.storage.digest import sha256_of
from cmfc.storage.scratch import ScratchFolder, scratch_name

OURS = {"agency": "demo", "business_date": "2026-09-30"}


def write(out: Path, text: str = "a", made_for: dict[str, str] = OURS, spared: tuple[Path, ...] = ()) -> None:
    """A folder as a night leaves it."""
    with replace_folder(out, made_for, spared) as folder:
        (folder / "list.csv").write_text(text, encoding="utf-8")
        outputs = {"list.csv": {"sha256": sha256_of(folder / "list.csv")}}
        (folder / "manifest.json").write_text(json.dumps({**made_for, "outputs": outputs}), encoding="utf-8")


def everything(root: Path) -> dict[str, str]:
    """Every file and link below a folder, with what it holds."""
    paths = (path for path in root.rglob("*") if path.is_symlink() or path.is_file())
    return {str(p.relative_to(root)): str(p.readlink()) if p.is_symlink() else p.read_text() for p in paths}


def precious(root: Path) -> Path:
    (root / "precious" / "sub").mkdir(parents=True)
    (root / "precious" / "important.txt").write_text("mine")
    (root / "precious" / "sub" / "x").write_text("mine too")
    return root / "precious"


def a_link(root: Path) -> Path:
    write(root / "real")
    (root / "link").symlink_to(root / "real")
    return root / "link"


def a_link_to_nowhere(root: Path) -> Path:
    (root / "link").symlink_to(root / "absent")
    return root / "link"


def a_file(root: Path) -> Path:
    (root / "file").write_text("mine")
    return root / "file"


def of_another_agency(root: Path) -> Path:
    write(root / "out", made_for={**OURS, "agency": "other"})
    return root / "out"


def of_another_night(root: Path) -> Path:
    write(root / "out", made_for={**OURS, "business_date": "2026-09-29"})
    return root / "out"


def an_extract(root: Path) -> Path:
    write(root / "out", made_for={"agency": "demo"})
    return root / "out"


def a_manifest_of_something_else(root: Path) -> Path:
    (root / "out").mkdir()
    (root / "out" / "manifest.json").write_text('["a", {"agency": "demo"}]')
    return root / "out"


def above_what_is_spared(root: Path) -> Path:
    (root / "out" / "kept").mkdir(parents=True)
    return root / "out"


def this_folder(root: Path) -> Path:
    os.chdir(root)
    return Path()


def the_folder_above(root: Path) -> Path:
    (root / "here").mkdir()
    os.chdir(root / "here")
    return Path("..")


@pytest.mark.parametrize(
    "make",
    [
        precious, a_link, a_link_to_nowhere, a_file, of_another_agency, of_another_night, an_extract,
        a_manifest_of_something_else, above_what_is_spared, this_folder, the_folder_above,
    ],
)  # fmt: skip
def test_what_is_not_ours_stays(make: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    out = make(tmp_path)
    before = everything(tmp_path)
    with pytest.raises(UsageError, match=r"CMFC-P02.*Nothing was replaced") as refused:
        write(out, spared=(tmp_path / "out" / "kept",))
    assert refused.value.exit_code == 2 and everything(tmp_path) == before
    assert not list(tmp_path.rglob(".cmfc-*"))


def test_an_absent_an_empty_and_our_own_folder_are_replaced(tmp_path: Path) -> None:
    for out in (tmp_path / "new" / "out", tmp_path / "empty"):
        write(out, "a") if out.name == "out" else out.mkdir()
        write(out, "b")
        assert (out / "list.csv").read_text() == "b" and [p.name for p in out.parent.glob(".*")] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "new"]


def test_neighbours_with_names_like_ours_stay(tmp_path: Path) -> None:
    for name in (".out.old", ".out.new", ".cmfc-out", ".cmfc-out-mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text("mine")
    write(tmp_path / "out")
    write(tmp_path / "out", "b")
    assert len([path for path in everything(tmp_path) if path.endswith("/x")]) == 4


def test_what_people_put_into_a_list_or_changed_there_is_kept_beside_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out)
    (out / "notes.txt").write_text("mine")
    (out / "list.csv").write_text("a, and my remark")
    (out / "shortcut").symlink_to(tmp_path)
    (out / ".DS_Store").write_text("litter")
    write(out, "b")
    assert sorted(path.name for path in out.iterdir()) == ["list.csv", "manifest.json"]
    (others,) = tmp_path.glob("out.other-files-*")
    assert everything(others) == {"notes.txt": "mine", "list.csv": "a, and my remark", "shortcut": str(tmp_path)}


KILLED = """
import os, signal, sys
from pathlib import Path
from cmfc.storage import atomic
from cmfc.storage.scratch import ScratchFolder
from tests.storage.test_ownership import write
where, out = sys.argv[1], Path(sys.argv[2])
def end(*_):
    print("there", flush=True)
    signal.pause()
if where == "scratch":
    scratch = ScratchFolder(out.parent, "review")
    (scratch.folder / "names").write_text("Abara")
    end()
elif where == "writing":
    atomic._make_durable = end
else:
    atomic.Path.rename, rename = (lambda self, to: end() if not self.name.count("former") and to.name == "out"
                                  else rename(self, to)), atomic.Path.rename
write(out, "b")
"""


@pytest.mark.parametrize("where", ["scratch", "writing", "between"])
def test_what_a_killed_process_left_is_gone_after_the_next_start(where: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out)
    root = Path(__file__).parents[2]
    env = {**os.environ, "PYTHONPATH": f"{root / 'plugins'}:{root}"}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, where, str(out)], stdout=subprocess.PIPE, text=True, env=env
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "there\n"
        names = {path.name for path in tmp_path.glob(".cmfc-*")}
        ScratchFolder(tmp_path, "another").close()
        assert {path.name for path in tmp_path.glob(".cmfc-*")} == names  # the living keep theirs
        os.kill(other.pid, signal.SIGKILL)
    assert len(names) == {"scratch": 1, "writing": 1, "between": 2}[where] and out.exists() == (where != "between")
    write(out, "c")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"] and (out / "list.csv").read_text() == "c"


def test_a_scratch_folder_is_for_its_owner_and_goes_with_its_object(tmp_path: Path) -> None:
    scratch = ScratchFolder(tmp_path, "review")
    folder = scratch.folder
    assert folder.stat().st_mode & 0o777 == 0o700
    if os.fork() == 0:
        scratch.close()
        os._exit(0)
    os.wait()
    assert folder.exists()  # a forked process ends before its parent
    del scratch
    assert not folder.exists()


def test_a_link_with_a_name_of_ours_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x").write_text("mine")
    (tmp_path / scratch_name("review")).symlink_to(tmp_path / "real")
    ScratchFolder(tmp_path, "review").close()
    assert (tmp_path / "real" / "x").read_text() == "mine"


def records(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in ("children", "absences", "placements", "custody", "le_reports", "ncmec_reports"):
        (folder / f"{name}.csv").write_text("id\n1\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["recs", ".", "precious", "link", "elsewhere/.."])
def test_reconcile_replaces_neither_its_records_nor_what_holds_them(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CMFC_STORE", str(tmp_path / "elsewhere" / "store"))
    records(tmp_path / "recs")
    precious(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    before = everything(tmp_path)
    words = ["--records", "recs", "--zone", "America/Chicago", "--jurisdiction", "us/mo", "--out", name]
    monkeypatch.setattr(sys, "argv", ["cmfc", "reconcile", *words, "--as-of", "2026-03-05T06:00:00Z"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2 and "CMFC-P02" in capsys.readouterr().err
    assert everything(tmp_path) == before
