"""Files and folders that appear whole or not at all, and survive a kill and a power cut."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cmfc.errors import UsageError


@contextmanager
def replace_file(path: Path, *, is_durable: bool = False, is_read_only: bool = False) -> Iterator[Path]:
    """Give a file to write to, which takes the place of `path` when the block ends well and is removed otherwise.

    Args:
        path: the file to replace; its folder is there.
        is_durable: wait until the content is on the disk.
        is_read_only: nobody may write to the new file.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        if is_read_only:
            part.chmod(0o444)
        if is_durable:
            _sync(part)
        part.replace(path)
        if is_durable:
            _sync(path.parent)
    finally:
        part.unlink(missing_ok=True)


def write_text(path: Path, text: str, *, is_durable: bool = False) -> None:
    """Replace a file by UTF-8 text; a reader sees the old content or the new one."""
    with replace_file(path, is_durable=is_durable) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def replace_folder(out: Path) -> Iterator[Path]:
    """Give a folder to write to, which takes the place of `out` when the block ends well and is removed otherwise.

    Raises:
        UsageError: CMFC-P02 where `out` is not a folder.
    """
    fresh, older = out.with_name(f".{out.name}.new"), out.with_name(f".{out.name}.old")
    out.parent.mkdir(parents=True, exist_ok=True)
    _clear_leftovers(out, fresh, older)
    fresh.mkdir(mode=0o750)
    try:
        yield fresh
        _make_durable(fresh)
        _put_in_place(fresh, out, older)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _clear_leftovers(out: Path, fresh: Path, older: Path) -> None:
    """Clear what a process that was killed left behind, and put the old folder back if it had got that far."""
    if out.exists() and not out.is_dir():
        raise UsageError("CMFC-P02", "The lists' folder is not a folder.", out.name)
    if older.exists() and not out.exists():
        older.rename(out)
    for leftover in (fresh, older):
        if leftover.exists():
            shutil.rmtree(leftover)


def _put_in_place(fresh: Path, out: Path, older: Path) -> None:
    """Rename the new folder into place. POSIX cannot swap two folders at once: for an instant there is none."""
    if out.exists():
        out.rename(older)
    try:
        fresh.rename(out)
    except BaseException:
        if older.exists():
            older.rename(out)
        raise
    _sync(out.parent)
    shutil.rmtree(older, ignore_errors=True)


def _make_durable(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
