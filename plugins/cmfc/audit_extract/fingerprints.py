"""fingerprints.json: what finds the row and the column that was edited, once the root hash says that something was.

Short hashes of every row and column of every CSV file, the hash of every file, and the facts of manifest.json. From it
verify.py writes manifest.json again; if that has the root hash, both are proven (spec 6, the same verifier).
"""

import csv
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FINGERPRINTS = "fingerprints.json"
DIGITS = 8
"""Of each short hash: enough to find a row; the hash of the file proves."""


def write_fingerprints(folder: Path, facts: Mapping[str, Any], outputs: Mapping[str, Mapping[str, Any]]) -> None:
    """Write fingerprints.json.

    Args:
        folder: the package without it and its manifest.
        facts: what manifest.json will say, but for its outputs.
        outputs: what it will say of every file but this one.
    """
    tables = {name: _fingerprint(folder / name) for name in sorted(outputs) if name.endswith(".csv")}
    content = {"facts": dict(facts), "files": dict(outputs), "tables": tables}
    (folder / FINGERPRINTS).write_bytes(json.dumps(content, sort_keys=True, ensure_ascii=False).encode() + b"\n")


def _fingerprint(path: Path) -> dict[str, Any]:
    rows: list[str] = []
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        head = next(reader)
        columns = [hashlib.sha256() for _ in head]
        rows.append(_short(json.dumps(head)))
        for cells in reader:
            rows.append(_short(json.dumps(cells)))
            for digest, cell in zip(columns, cells, strict=True):
                digest.update(len(cell.encode()).to_bytes(4, "big") + cell.encode())
    return {
        "rows": "".join(rows),
        "columns": {name: digest.hexdigest()[:DIGITS] for name, digest in zip(head, columns, strict=True)},
    }


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
