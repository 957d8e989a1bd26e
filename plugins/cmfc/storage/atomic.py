"""Folders that appear whole or not at all, and survive a kill and a power cut."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cmfc.errors import UsageError


@contextmanager
def appearing(out: Path) -> Iterator[Path]:
    """A folder to write to, which takes the place of `out` when the block ends well, and is gone when it does not.

    Raises:
        UsageError: CMFC-P02 where `out` is not a folder.
    """
    aside, older = out.with_name(f".{out.name}.new"), out.with_name(f".{out.name}.old")
    out.parent.mkdir(parents=True, exist_ok=True)
    _clear_leftovers(out, aside, older)
    aside.mkdir(mode=0o750)
    try:
        yield aside
        _make_durable(aside)
        _put_in_place(aside, out, older)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _clear_leftovers(out: Path, aside: Path, older: Path) -> None:
    """Clears what a process that was killed left behind, and puts the old folder back if it had got that far."""
    if out.exists() and not out.is_dir():
        raise UsageError("CMFC-P02", "The lists' folder is not a folder.", out.name)
    if older.exists() and not out.exists():
        older.rename(out)
    for leftover in (aside, older):
        if leftover.exists():
            shutil.rmtree(leftover)


def _put_in_place(aside: Path, out: Path, older: Path) -> None:
    """Renames the new folder into place. POSIX cannot swap two folders at once: for an instant there is none."""
    if out.exists():
        out.rename(older)
    try:
        aside.rename(out)
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
