"""What a built package says of itself."""

import json
from pathlib import Path
from typing import Any

from cmfc.errors import UsageError
from cmfc.publishing.manifest import MANIFEST


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a package.

    Raises:
        UsageError: CMFC-U10 where the folder is no audit extract.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        manifest = {}
    if manifest.get("kind") != "cmfc audit extract":
        raise UsageError("CMFC-U10", "This folder is not an audit extract.", folder.name)
    return manifest
