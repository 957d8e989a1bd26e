"""Locks between processes of one machine; they end with the process that holds them."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def lock_file(path: Path, *, is_waiting: bool) -> Iterator[IO[bytes]]:
    """Hold a file for this process alone, and give it open for appending.

    Args:
        path: the file; made if it is absent.
        is_waiting: wait until another process lets go.

    Raises:
        BlockingIOError: another process holds it, and `is_waiting` is false.
    """
    with path.open("ab", buffering=0) as stream:
        fcntl.flock(stream, fcntl.LOCK_EX if is_waiting else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield stream
