"""The id of a folder that several machines share: a machine without it does not take its own for the shared one."""

import os
import re
import uuid
from pathlib import Path

NAME = ".cmfc-id"


def read_place(folder: Path) -> str | None:
    """The id of a folder; None: nothing was ever written there, or not by cmfc."""
    try:
        text = (folder / NAME).read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        return None
    return text if re.fullmatch("[0-9a-f]{32}", text) else None


def make_place(folder: Path) -> str:
    """The id of a folder, which gets one if it has none; two processes that make it at once agree.

    Raises:
        OSError: the folder cannot be written.
    """
    if there := read_place(folder):
        return there
    folder.mkdir(parents=True, exist_ok=True)
    fresh = uuid.uuid4().hex
    part = folder / f"{NAME}.{fresh}"
    part.write_text(f"{fresh}\n", encoding="ascii")
    try:
        os.link(part, folder / NAME)  # whole or not at all, and only for the first
    except FileExistsError:
        if read_place(folder) is None:  # what lies there is no id
            part.replace(folder / NAME)
    finally:
        part.unlink(missing_ok=True)
    return read_place(folder) or fresh
