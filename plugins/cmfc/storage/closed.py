"""Who may read what is written: the account that runs cmfc, and a group if the settings name one. Nobody else."""

import grp
import os
from pathlib import Path

from cmfc.errors import UsageError
from cmfc.settings import Settings


def close_files() -> None:
    """Close every file and folder that this process will make to others: 0600 and 0700, or 0640 and 0750 for a group.

    Called where Airflow's processes begin (`cmfc.orchestration`) and wherever a folder of ours is made.
    """
    os.umask(0o027 if Settings().file_group else 0o077)


def close_folder(path: Path) -> None:
    """Make a folder that everything of ours lies in, or close the one that is there.

    What is made in it later belongs to the group of the settings.

    Raises:
        UsageError: CMFC-N05, it is another account's and open to everybody, or there is no such group.
        OSError: it cannot be made.
    """
    close_files()
    path.mkdir(parents=True, exist_ok=True)
    group, now = Settings().file_group, path.stat()
    if now.st_uid != os.geteuid():
        if now.st_mode & 0o007:
            raise UsageError("CMFC-N05", f"Every account of this machine may read {path}, and its owner is another.")
        return
    if group:
        try:
            os.chown(path, -1, grp.getgrnam(group).gr_gid)
        except (KeyError, PermissionError):
            message = "CMFC_FILE_GROUP names no group of this machine that this account belongs to."
            raise UsageError("CMFC-N05", message) from None
    path.chmod(folder_mode())


def folder_mode() -> int:
    """Of a folder of ours; what is made in one with a group belongs to the group too."""
    return 0o2750 if Settings().file_group else 0o700
