"""A package that is edited and mended again, to see what its verifier finds."""

import csv
import hashlib
import importlib.util
import io
import json
import shutil
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType

Cells = list[list[str]]
Edit = tuple[str, Cells]
"""What kind of edit it is, and the rows after it."""


class Evidence:
    """A package that is edited and mended again, and its verifier in this process."""

    def __init__(self, folder: Path, module: ModuleType) -> None:
        self.folder, self.module = folder, module
        self.root = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
        self.tables = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.csv"))

    def read(self, name: str) -> Cells:
        with (self.folder / name).open(encoding="utf-8", newline="") as stream:
            return list(csv.reader(stream))

    @contextmanager
    def edited(self, name: str, rows: Cells, renew: tuple[str, ...] = ()) -> Iterator[None]:
        names = (name, "manifest.json", "fingerprints.json")
        before = {n: (self.folder / n).read_bytes() for n in names}
        with (self.folder / name).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\r\n").writerows(rows)
        if "fingerprints" in renew:
            self._renew_fingerprints(name, rows)
        if "manifest" in renew:
            self._renew_manifest()
        yield
        for n, content in before.items():
            (self.folder / n).write_bytes(content)

    def proof(self) -> list[str]:
        """What the hashes alone show, with the root hash."""
        proof = self.module.Proof(self.folder, self.root)
        return [*proof.wrong_files(), *proof.wrong_facts()]

    def output(self, root: str = "") -> str:
        """All that is printed."""
        printed = io.StringIO()
        with redirect_stdout(printed):
            self.module.check_folder(
                self.folder, Namespace(root=root, fingerprints=None, signers="", signer="", authority="")
            )
        return printed.getvalue()

    def content(self) -> list[str]:
        """What the tables alone show, without hashes and without tables.xlsx."""
        printed = io.StringIO()
        with redirect_stdout(printed):
            package = self.module.Package(self.folder)
            self.module.check_content(package, self.module.Report())
        return [line.strip() for line in printed.getvalue().splitlines() if line.startswith("         ")]

    def _renew_manifest(self) -> None:
        manifest = json.loads((self.folder / "manifest.json").read_bytes())
        for name, about in manifest["outputs"].items():
            content = (self.folder / name).read_bytes()
            about.update(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
        (self.folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")

    def _renew_fingerprints(self, name: str, rows: Cells) -> None:
        path = self.folder / "fingerprints.json"
        prints = json.loads(path.read_bytes())
        prints["tables"][name] = {
            "rows": "".join(self.module.row_hash(cells) for cells in rows),
            "columns": self.module._columns(rows),
        }
        content = (self.folder / name).read_bytes()
        prints["files"][name].update(sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
        path.write_bytes(json.dumps(prints, sort_keys=True).encode() + b"\n")


def evidence_of(package: Path, folder: Path) -> Evidence:
    """A copy of a package, with its own verifier loaded."""
    shutil.copytree(package, folder)
    spec = importlib.util.spec_from_file_location("verify_of_the_package", folder / "verify.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    shutil.rmtree(folder / "__pycache__", ignore_errors=True)
    return Evidence(folder, module)


def _other(rows: Cells, place: int, column: int) -> str:
    """Another value that the column has, or one that looks like it."""
    cell = rows[place][column]
    others = sorted({row[column] for row in rows[1:]} - {cell, ""})
    if others:
        return others[0]
    return str(int(cell) + 1) if cell.isdigit() else f"{cell}x"


def edits_of(rows: Cells) -> Iterator[Edit]:
    """Each kind of edit: another value in every column, a row taken out, put in, doubled, two rows exchanged."""
    if len(rows) == 1:
        yield "add", [*rows, ["x"] * len(rows[0])]
        return
    middle = 1 + (len(rows) - 1) // 2
    for column, name in enumerate(rows[0]):
        at = next((n for n, row in enumerate(rows[1:], start=1) if row[column]), middle)
        changed = [list(row) for row in rows]
        changed[at][column] = _other(rows, at, column)
        yield f"change {name}", changed
    yield "delete", rows[:middle] + rows[middle + 1 :]
    fresh = [cell + "x" if n == 0 and not cell.isdigit() else cell for n, cell in enumerate(rows[middle])]
    yield "add", [*rows, [str(int(fresh[0]) + 1), *fresh[1:]] if fresh[0].isdigit() else fresh]
    yield "duplicate", [*rows[: middle + 1], rows[middle], *rows[middle + 1 :]]
    swapped = list(rows)
    swapped[1], swapped[middle] = swapped[middle], swapped[1]
    if swapped != rows:
        yield "swap", swapped


def not_proven(evidence: Evidence, edits: Callable[[Cells], Iterator[Edit]]) -> tuple[int, list[tuple[str, ...]]]:
    """Edits of every CSV file, with its hash left and renewed: how many, and which the root hash did not locate."""
    missed: list[tuple[str, ...]] = []
    tried = 0
    for name in evidence.tables:
        for kind, rows in edits(evidence.read(name)):
            for renew in ((), ("manifest",)):
                with evidence.edited(name, rows, renew):
                    tried += 1
                    column = kind.removeprefix("change ") if kind.startswith("change") else ""
                    if not any(name in line and "row" in line and column in line for line in evidence.proof()):
                        missed.append((name, kind, *renew))
    return tried, missed


def seen_by_content(evidence: Evidence, edits: Callable[[Cells], Iterator[Edit]]) -> tuple[int, list[str], list[str]]:
    """Edits of every CSV file with all hashes made again: how many are located, which are not, which not even seen."""
    located, missed, unseen = 0, list[str](), list[str]()
    for name in evidence.tables:
        for kind, rows in edits(evidence.read(name)):
            with evidence.edited(name, rows, ("manifest", "fingerprints")):
                printed = evidence.output()
            if any(name in line for line in printed.splitlines() if line.startswith("         ")):
                located += 1
            else:
                missed.append(f"{name} {kind}")
                unseen += [] if "WRONG" in printed else missed[-1:]
    return located, missed, unseen
