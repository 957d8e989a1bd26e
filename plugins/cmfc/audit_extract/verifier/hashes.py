"""Holds the files against the root hash, and finds the rows and columns that were edited.

The root is the SHA-256 of manifest.json as it was approved: it stands in the agency's ledger and in the approval.
fingerprints.json has the hash of every file and, of every CSV file, short hashes of its rows and columns. From it
manifest.json can be written again; if that has the root hash, both are as approved, whatever was done to manifest.json.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Dict, List, Optional, Set, Tuple

from cmfc.audit_extract.verifier.reading import Odd, read_cells, read_object, sha256, short_hash

FINGERPRINTS = "fingerprints.json"
BESIDE = {"manifest.json", "approval.json", "manifest.json.sig", "manifest.json.tsr"}
"""Files that are not in the manifest: itself, and what is put beside it afterwards."""

LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}
"""What desktops leave in every folder that they show; it says nothing of the package."""


class Proof:
    """What is proven about the files: `files` and `prints` are as approved where they are not None."""

    def __init__(self, folder: Path, root: str, copy: Optional[Path] = None) -> None:
        self.folder, self.root = folder, root
        self.wrong: List[str] = []
        self.prints = _object(copy) if copy else _object(folder / FINGERPRINTS)
        self.files: Optional[Dict[str, Any]] = None
        manifest = folder / "manifest.json"
        actual = sha256(manifest) if manifest.is_file() else ""
        self.is_manifest_proven = bool(root) and actual == root
        if root and actual != root:
            self.wrong.append(f"manifest.json has the hash {actual or '(it is missing)'}, not the root hash {root}")
        restored = _restored(self.prints, copy or folder / FINGERPRINTS)
        self.is_restored = bool(root) and hashlib.sha256(restored).hexdigest() == root
        if self.is_restored:
            self.files = json.loads(restored)["outputs"]
        elif actual:
            self.files = _object(manifest).get("outputs")
        if not self.is_restored and not self._is_print_hash_right():
            self.prints = {}

    def _is_print_hash_right(self) -> bool:
        entry = (self.files or {}).get(FINGERPRINTS)
        path = self.folder / FINGERPRINTS
        return isinstance(entry, dict) and path.is_file() and entry.get("sha256") == sha256(path)

    def wrong_files(self) -> List[str]:
        """Files that are not as the manifest says, are missing, or are not in it; CSV files by row and column."""
        if not isinstance(self.files, dict):
            return ["manifest.json does not list the files"]
        wrong = []
        for name, entry in sorted(self.files.items()):
            path = self.folder / name
            expected = entry.get("sha256") if isinstance(entry, dict) else None
            if not path.is_file():
                wrong.append(f"{name} is missing")
            elif sha256(path) != expected:
                wrong += self._edits(name) if name.endswith(".csv") else [f"{name} was changed"]
        there = {n for n in self._there() if Path(n).name not in LITTER}
        return wrong + [f"{name} is not in the manifest" for name in sorted(there - set(self.files) - BESIDE)]

    def litter(self) -> List[str]:
        """What a desktop left in the folder."""
        return sorted(name for name in self._there() if Path(name).name in LITTER)

    def _there(self) -> Set[str]:
        return {p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*") if p.is_file()}

    def wrong_facts(self) -> List[str]:
        """Facts of manifest.json that are not those that were approved, where these can be proven."""
        if not self.is_restored or self.is_manifest_proven:
            return []
        facts, now = self.prints["facts"], _object(self.folder / "manifest.json")
        names = sorted(({*facts} | {*now}) - {"outputs"})
        return [f"manifest.json: {name} was changed" for name in names if facts.get(name) != now.get(name)]

    def differing_facts(self) -> List[str]:
        """Facts that manifest.json and fingerprints.json have otherwise: one of them was edited."""
        facts, now = _object(self.folder / FINGERPRINTS).get("facts"), _object(self.folder / "manifest.json")
        if not isinstance(facts, dict) or not now:
            return []
        names = sorted(({*facts} | {*now}) - {"outputs"})
        return [f"manifest.json: {name} is not what {FINGERPRINTS} has" for name in names
                if facts.get(name) != now.get(name)]  # fmt: skip

    def _edits(self, name: str) -> List[str]:
        prints = self.prints.get("tables", {}).get(name) if isinstance(self.prints.get("tables"), dict) else None
        if not isinstance(prints, dict):
            return [f"{name} was changed"]
        try:
            return edits(self.folder, name, prints)
        except Odd as odd:
            return [f"{name} was changed: {odd}"]


def _object(path: Path) -> Dict[str, Any]:
    try:
        return read_object(path.parent, path.name)
    except Odd:
        return {}


def _restored(prints: Dict[str, Any], path: Path) -> bytes:
    """manifest.json as fingerprints.json has it, in its own form: sorted keys, two blanks, one line end."""
    facts, files = prints.get("facts"), prints.get("files")
    if not isinstance(facts, dict) or not isinstance(files, dict):
        return b""
    own = {"bytes": path.stat().st_size, "rows": None, "sha256": sha256(path)}
    manifest = {**facts, "outputs": {**files, FINGERPRINTS: own}}
    try:
        return json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"
    except ValueError:  # half a letter, which no file of ours has
        return b""


def row_hash(cells: List[str]) -> str:
    """The short hash of a row."""
    return short_hash(json.dumps(cells))


def _columns(rows: List[List[str]]) -> Dict[str, str]:
    """The short hash of each column: every cell after its length in bytes."""
    hashed = {}
    for place, column in enumerate(rows[0]):
        digest = hashlib.sha256()
        for cells in rows[1:]:
            cell = cells[place].encode() if place < len(cells) else b""
            digest.update(len(cell).to_bytes(4, "big") + cell)
        hashed[column] = digest.hexdigest()[:8]
    return hashed


def edits(folder: Path, name: str, prints: Dict[str, Any]) -> List[str]:
    """What was done to a CSV file: rows changed, taken out, put in, doubled, or in another order."""
    rows = read_cells(folder, name)
    before = [prints["rows"][at : at + 8] for at in range(0, len(prints["rows"]), 8)]
    now = [row_hash(cells) for cells in rows]
    if before == now:
        return [f"{name} was written anew: its bytes differ, and no cell does"]
    lost, extra = _beyond(before, now), _beyond(now, before)
    if not lost and not extra:
        moved = [at + 1 for at, (a, b) in enumerate(zip(before, now)) if a != b]
        return [f"{name}, row {number} is not in its place" for number in moved]
    both = [at for at, (a, b) in enumerate(zip(before, now)) if a != b] if len(before) == len(now) else []
    if len(both) > len(extra):  # not only cells that were changed where they stand
        both = sorted(set(lost) & set(extra))
    elif both:
        lost, extra = [], []
    columns = [column for column, hashed in _columns(rows).items() if prints["columns"].get(column) != hashed]
    changed = " or ".join(columns) or "the order of the columns"
    wrong = [f"{name}, row {at + 1} was changed, in {changed}" for at in both]
    originals = set(before)
    wrong += [
        f"{name}, row {at + 1} was {'doubled' if now[at] in originals else 'put in'}" for at in extra if at not in both
    ]
    return wrong + [f"{name}: what was row {at + 1} was taken out" for at in lost if at not in both]


def _beyond(some: List[str], others: List[str]) -> List[int]:
    """Places in `some` of what is not in `others`, or is there less often; the last of alike ones."""
    places: Dict[str, List[int]] = defaultdict(list)
    for at, one in enumerate(some):
        places[one].append(at)
    there = Counter(others)
    return sorted(at for one, own in places.items() for at in own[there[one] :])


def wrong_approval(folder: Path, root: str) -> List[str]:
    """An approval that is of another manifest, or of another root than the one that was given."""
    approval = read_object(folder, "approval.json")
    manifest = folder / "manifest.json"
    actual = root or (sha256(manifest) if manifest.is_file() else "")
    if approval.get("manifest_sha256") == actual:
        return []
    return [f"approval.json is of a manifest with the hash {str(approval.get('manifest_sha256'))[:64]}"]


def wrong_rows(folder: Path, name: str, kinds: Dict[str, str], key: List[str]) -> List[str]:
    """Rows that stand twice or out of order: rows are sorted by their columns as listed, the empty first."""
    head, *rows = read_cells(folder, name)
    wrong: List[str] = []
    keys: Set[Tuple[str, ...]] = set()
    previous: Optional[List[Tuple[bool, Any]]] = None
    places = [head.index(column) for column in key if column in head]
    for number, cells in enumerate(rows, start=2):
        if len(cells) != len(head):
            return [f"{name}, row {number} has {len(cells)} cells; the header has {len(head)}"]
        own = tuple(cells[at] for at in places) if places else tuple(cells)
        if own in keys:
            wrong.append(f"{name}, row {number} is there twice")
        keys.add(own)
        try:
            order = [_order(cell, kinds.get(column, "string")) for cell, column in zip(cells, head)]
        except ValueError:
            return [*wrong, f"{name}, row {number} holds what is not a number where one should be"]
        if previous is not None and order < previous:
            wrong.append(f"{name}, row {number} is not in its place")
        previous = order
    return wrong


def _order(cell: str, kind: str) -> Tuple[bool, Any]:
    """How a cell compares: the empty first, numbers as numbers, text by its bytes, without a spreadsheet's guard."""
    if not cell:
        return False, 0 if kind in ("integer", "number") else b""
    if kind in ("integer", "number"):
        return True, float(cell)
    is_guarded = cell[0] == "'" and len(cell) > 1 and not cell[1].isalnum()
    return True, (cell[1:] if is_guarded else cell).encode()
