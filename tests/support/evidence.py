"""A package that is edited and mended again, to see what its verifier finds."""

import csv
import hashlib
import importlib.util
import io
import json
import shutil
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType

Cells = list[list[str]]


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

    def told(self, root: str = "") -> str:
        """All that is printed."""
        said = io.StringIO()
        with redirect_stdout(said):
            self.module.check_folder(
                self.folder, Namespace(root=root, fingerprints=None, signers="", signer="", authority="")
            )
        return said.getvalue()

    def content(self) -> list[str]:
        """What the tables alone show, without hashes and without tables.xlsx."""
        said = io.StringIO()
        with redirect_stdout(said):
            package = self.module.Package(self.folder)
            self.module.check_content(package, self.module.Report())
        return [line.strip() for line in said.getvalue().splitlines() if line.startswith("         ")]

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
