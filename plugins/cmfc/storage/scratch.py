"""Folders for a while, under names that cannot be a user's, which the next process clears away after a kill.

Such a folder is called `.cmfc-<name>-<16 hex>` and held by a lock as long as its maker lives, so whoever finds one
that nobody holds may remove it.
"""

import fcntl
import os
import re
import secrets
import shutil
import weakref
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

_OURS = re.compile(r"\.cmfc-(.+)-[0-9a-f]{16}")


class ScratchFolder:
    """One such folder, for its owner alone; gone when it is closed, forgotten, or its process ends."""

    def __init__(self, parent: Path, name: str) -> None:
        """Make it in `parent`, which is made if it is absent; what killed processes left there is removed first."""
        parent.mkdir(parents=True, exist_ok=True)
        sweep(parent)
        self.folder, self._lock = _make(parent, name)
        self._end = weakref.finalize(self, _clear, self.folder, self._lock, os.getpid())

    def close(self) -> None:
        """Remove it."""
        self._end()

    def __enter__(self) -> Self:
        """Gives itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove it."""
        self.close()


def leftovers(parent: Path, name: str | None = None) -> Iterator[Path]:
    """Folders of ours in `parent` that no process holds, held while the caller looks at them.

    Args:
        parent: where they lie; it need not be there.
        name: those of one name; else all.
    """
    for path in sorted(parent.glob(".cmfc-*")):
        called = _OURS.fullmatch(path.name)
        if called is None or name not in (None, called[1]) or path.is_symlink() or not path.is_dir():
            continue
        descriptor = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # another process holds it, or its disk knows no locks: it stays
            continue
        else:
            yield path
        finally:
            os.close(descriptor)


def sweep(parent: Path) -> None:
    """Remove what killed processes left in a folder; what stood in for a published folder stays (atomic.py)."""
    for path in leftovers(parent):
        if not is_former(path):
            shutil.rmtree(path, ignore_errors=True)


def former_name(name: str) -> str:
    """What a folder is called while a new one takes its place."""
    return f"{name}.former"


def is_former(path: Path) -> bool:
    """Whether such a folder is one that was being replaced."""
    called = _OURS.fullmatch(path.name)
    return called is not None and called[1].endswith(".former")


def scratch_name(name: str) -> str:
    """A new name of ours."""
    return f".cmfc-{name}-{secrets.token_hex(8)}"


def _make(parent: Path, name: str) -> tuple[Path, int]:
    while True:
        folder = parent / scratch_name(name)
        folder.mkdir(mode=0o700)
        descriptor = os.open(folder, os.O_RDONLY)
        with suppress(OSError):  # a disk without locks: nobody will sweep it either
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if folder.exists():  # else another process swept it before it was held
            return folder, descriptor
        os.close(descriptor)


def _clear(folder: Path, descriptor: int, owner: int) -> None:
    if os.getpid() != owner:  # a forked process ends before its parent
        return
    shutil.rmtree(folder, ignore_errors=True)
    os.close(descriptor)
