"""Which code judged: a digest of the rooms that decide, and the Git commit where it is known (spec 6)."""

import hashlib
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
DECIDING = ("feeds", "findings", "ingest", "law", "matching", "publishing", "reconcile", "timing", "validation",
            "worklists")  # fmt: skip
"""Rooms that make a verdict or the bytes of a list. A change anywhere else leaves a night the same run."""
COMMIT = "commit.txt"
"""Written into the package when an image or a wheel is built, as neither holds the repository."""


@dataclass(frozen=True)
class Code:
    """The code that judges.

    Attributes:
        version: the package's version and a digest of the rooms that decide, `0.1.0+4f1c...`.
        commit: the Git commit, with `-dirty` where files differ from it; empty where it is not known.
    """

    version: str
    commit: str


@cache
def current_code() -> Code:
    """The code of this process, by the rooms that decide."""
    return Code(_version(DECIDING), commit_of(PACKAGE))


@cache
def extract_version() -> str:
    """The version of the code that makes audit extracts: the rooms that decide, and audit_extract."""
    return _version((*DECIDING, "audit_extract"))


def _version(rooms: tuple[str, ...]) -> str:
    return f"{version('cmfc')}+{deciding_digest(PACKAGE, rooms)[:12]}"


def deciding_digest(package: Path, rooms: tuple[str, ...] = DECIDING) -> str:
    """SHA-256 over the names and bytes of the files in some rooms, in hex; byte code is left out."""
    digest = hashlib.sha256()
    for room in rooms:
        for path in sorted((package / room).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                name, content = path.relative_to(package).as_posix().encode(), path.read_bytes()
                digest.update(b"%d %s\0%d\0" % (len(name), name, len(content)) + content)
    return digest.hexdigest()


def commit_of(package: Path) -> str:
    """The commit of a package, from its repository or from COMMIT; empty where neither says, never an error."""
    if (package.parents[1] / ".git").exists():  # the package lies in plugins/ of its own repository
        return _ask_git(package)
    try:
        return (package / COMMIT).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _ask_git(folder: Path) -> str:
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        # The command is fixed; only the folder of this installation is put into it.
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""
