"""The id of a shared folder."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cmfc.storage.place import NAME, make_place, read_place


def test_a_folder_keeps_the_id_that_it_got_first(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    assert read_place(folder) is None
    name = make_place(folder)
    assert make_place(folder) == read_place(folder) == name
    assert [path.name for path in folder.iterdir()] == [NAME]
    assert make_place(tmp_path / "other") != name


@pytest.mark.parametrize("content", [b"", b"x" * 32, b"\xff", b"0" * 31, b"0" * 32 + b"\nmore"])
def test_what_is_no_id_is_replaced(content: bytes, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(content)
    assert read_place(tmp_path) is None
    assert make_place(tmp_path) == read_place(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_those_who_make_it_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: make_place(tmp_path / "store"), range(40)))) == 1


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    assert read_place(tmp_path / "store") is None
    with pytest.raises(OSError, match="store"):
        make_place(tmp_path / "store")
