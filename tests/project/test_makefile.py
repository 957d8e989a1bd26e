"""`make clean` takes away what can be made again and nothing else; a moved folder makes its environment anew."""

import shutil
import subprocess
from pathlib import Path

import pytest

from cmfc.settings import Settings
from tests.support.places import PROJECT


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the Makefile, with what an installation below it has."""
    for name in ("Makefile", "pyproject.toml", "uv.lock"):
        shutil.copy(PROJECT / name, tmp_path)
    (tmp_path / "tools").mkdir()
    shutil.copy(PROJECT / "tools" / "uv.txt", tmp_path / "tools")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / ".ready").write_text(f"{tmp_path}\n")
    return tmp_path


def make(folder: Path, *words: str) -> str:
    done = subprocess.run(["make", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def test_clean_leaves_store_lists_ledger_audits_and_mappings(house: Path) -> None:
    folders = [path.relative_to(PROJECT) for path in Settings().folders()]
    assert all(path.parts[0] == ".local" for path in folders)  # where an installation lies that names no other place
    files = [*(path / "a file" for path in folders), Path(".local/store/ledger.sqlite"), Path("agencies/hill.yml")]
    for file in (*files, Path(".local/site/index.html"), Path(".local/airflow/airflow.db")):
        (house / file).parent.mkdir(parents=True, exist_ok=True)
        (house / file).touch()
    make(house, "clean")
    assert [file for file in files if not (house / file).exists()] == []
    assert not any((house / name).exists() for name in (".venv", ".local/site", ".local/airflow"))


def test_an_environment_of_another_folder_is_made_anew_and_one_of_this_is_not(house: Path) -> None:
    def is_made() -> bool:
        return "-m venv .venv" in make(house, "--dry-run", "setup")

    assert not is_made()
    (house / ".venv" / ".ready").write_text("/home/somebody/elsewhere\n")
    assert is_made()
    (house / ".venv" / ".ready").unlink()
    assert is_made()
