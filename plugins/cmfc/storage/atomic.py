"""Files and folders that appear whole or not at all, and survive a kill and a power cut.

A folder is replaced only where it is empty or its manifest says that cmfc wrote it for the same agency and date.
"""

import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cmfc.errors import UsageError
from cmfc.storage.closed import close_files, folder_mode
from cmfc.storage.digest import sha256_of
from cmfc.storage.scratch import ScratchFolder, former_name, leftovers, scratch_name

MANIFEST = "manifest.json"
_LITTER = (".DS_Store", "Thumbs.db", "desktop.ini")
"""What desktops leave in every folder they show."""


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
            part.chmod(part.stat().st_mode & 0o444)
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
def replace_folder(out: Path, made_for: Mapping[str, Any], spared: Iterable[Path] = ()) -> Iterator[Path]:
    """Give a folder to write to, which takes the place of `out` when the block ends well and is removed otherwise.

    What lies in the old folder and is not as its manifest lists it is somebody's work: it is kept beside the new one,
    in `<name>.other-files-<8 hex>`.

    Args:
        out: the folder to appear.
        made_for: what the manifest of a folder that may be replaced says, such as agency and business date.
        spared: files and folders that must never go with it.

    Raises:
        UsageError: CMFC-P02, `out` is not ours to replace.
    """
    close_files()
    out = _place_of(out)
    _put_back(out)
    refuse_others(out, made_for, spared)
    with ScratchFolder(out.parent, out.name) as fresh:
        fresh.folder.chmod(folder_mode())
        yield fresh.folder
        _make_durable(fresh.folder)
        refuse_others(out, made_for, spared)
        _put_in_place(fresh.folder, out)


def refuse_others(out: Path, made_for: Mapping[str, Any], spared: Iterable[Path] = ()) -> None:
    """Refuse to replace what cmfc did not write for this agency and date.

    Args:
        out: the folder to appear.
        made_for: as for `replace_folder`.
        spared: as for `replace_folder`.

    Raises:
        UsageError: CMFC-P02 for a link, a file, the working folder or one of `spared` or a folder above them, and a
            folder that is neither empty nor says in its manifest that it was made for the same.
    """
    out = _place_of(out)
    if out.is_symlink():
        raise _not_ours(out, "is a link; name the folder itself")
    if out.exists() and not out.is_dir():
        raise _not_ours(out, "is a file; name a folder")
    for path in (Path.cwd(), Path.home(), *spared):
        if path.resolve().is_relative_to(out.resolve()):
            raise _not_ours(out, f"holds {path.name or path}, which must stay; name another folder")
    if out.exists() and any(out.iterdir()) and not _is_made_for(out, made_for):
        raise _not_ours(out, "is not empty, and no manifest says that cmfc wrote it for this agency and date")


def _place_of(out: Path) -> Path:
    """The folder's own address; only links above it are followed."""
    return out.parent.resolve() / out.name if out.name not in ("", "..") else out.resolve()


def _not_ours(out: Path, why: str) -> UsageError:
    return UsageError("CMFC-P02", f"The folder {out.name or out} {why}. Nothing was replaced.")


def _is_made_for(folder: Path, made_for: Mapping[str, Any]) -> bool:
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return False
    if not isinstance(manifest, dict) or not isinstance(manifest.get("outputs"), dict):
        return False
    return all(name in manifest and manifest[name] == value for name, value in made_for.items())


def _put_back(out: Path) -> None:
    """Put the old folder back if a process was killed between taking it away and putting the new one in its place."""
    for former in leftovers(out.parent, former_name(out.name)):
        if not out.exists():
            former.rename(out)
        else:
            _discard(former, out)


def _put_in_place(fresh: Path, out: Path) -> None:
    """Rename the new folder into place. POSIX cannot swap two folders at once: for an instant there is none."""
    former = out.with_name(scratch_name(former_name(out.name)))
    if out.exists():
        out.rename(former)
    try:
        fresh.rename(out)
    except BaseException:
        if former.exists():
            former.rename(out)
        raise
    _sync(out.parent)
    if former.exists():
        _discard(former, out)


def _discard(former: Path, out: Path) -> None:
    """Remove a replaced folder, except what is not as its manifest lists it."""
    listed: dict[str, dict[str, str]] = {}
    if any(former.iterdir()):
        listed = json.loads((former / MANIFEST).read_bytes())["outputs"]
    others = [path for path in former.iterdir() if not _is_listed(path, listed)]
    if others:
        folder = out.with_name(f"{out.name}.other-files-{secrets.token_hex(4)}")
        folder.mkdir()
        for path in others:
            path.rename(folder / path.name)
    shutil.rmtree(former, ignore_errors=True)


def _is_listed(path: Path, listed: Mapping[str, Mapping[str, str]]) -> bool:
    if path.name == MANIFEST or path.name in _LITTER:
        return True
    if path.is_symlink() or not path.is_file() or path.name not in listed:
        return False
    return sha256_of(path) == listed[path.name]["sha256"]


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
