"""Names and birth dates are on the worklists that people work, and in no other published file (spec 6, Privacy)."""

import io
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pyarrow.parquet as pq
import pytest

from cmfc.worklists import publish as publishing
from cmfc.worklists.publish import publish
from tests.support.outputs_night import child, facts, some_findings, write_night

PLANTED = ["Zzyzxovar", "Quenthildry", "Midwintrel"]
BORN = date(2009, 11, 23)
WORKLISTS = {"exceptions.xlsx", "exceptions.html", "history.xlsx"}


def planted_night(folder: Path) -> tuple[Path, Path]:
    names = dict(zip(("last_name", "first_name", "middle_name"), PLANTED, strict=True))
    children = [child("C1", 1, **names, date_of_birth=BORN), child("C2", 2), child("C3", 3)]
    return write_night(folder, some_findings(), children)


def readable(path: Path) -> str:
    """The content as text, whatever the packing."""
    content = path.read_bytes()
    if path.suffix == ".xlsx":
        with ZipFile(io.BytesIO(content)) as parts:
            return "".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        return f"{table.schema}{table.to_pylist()}{content.decode('latin-1')}"
    return content.decode("utf-8")


def test_planted_names_and_birth_dates_are_only_on_the_worklists(tmp_path: Path) -> None:
    report = publish(*planted_night(tmp_path), facts(), tmp_path / "out")
    texts = {path.name: readable(path) for path in (tmp_path / "out").iterdir()} | {"report": str(report)}
    for name in PLANTED:
        assert {file for file, text in texts.items() if name in text} == WORKLISTS
    assert {file for file, text in texts.items() if BORN.isoformat() in text} == {"exceptions.html"}
    serial = str((BORN - date(1899, 12, 30)).days)
    assert f"<v>{serial}</v>" in texts["exceptions.xlsx"]


def test_nothing_with_names_is_left_behind_after_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    night = planted_night(tmp_path / "night")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(publishing, "write_datapackage", fail)
    with pytest.raises(OSError, match="disk full"):
        publish(*night, facts(), tmp_path / "lists" / "out")
    assert list((tmp_path / "lists").iterdir()) == []


def test_the_folder_is_closed_to_strangers(tmp_path: Path) -> None:
    publish(*planted_night(tmp_path), facts(), tmp_path / "out")
    assert (tmp_path / "out").stat().st_mode & 0o007 == 0


def test_the_worklists_say_that_they_are_confidential(tmp_path: Path) -> None:
    publish(*planted_night(tmp_path), facts(), tmp_path / "out")
    for file in WORKLISTS:
        assert "Nothing public may say that a child is in care" in readable(tmp_path / "out" / file)
