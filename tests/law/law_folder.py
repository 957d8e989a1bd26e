"""A copy of the law folder, with a state of its own to write into."""

from pathlib import Path
from shutil import copytree
from typing import Any

import yaml

import cmfc.law

CITED = {"title": "A Code", "section": "1.2", "read_on": "2026-11-26", "verified": False}
VALUE = {
    "in_force": "2020-01-01",
    "in_force_certainty": "read",
    "basis": "law",
    "limit_hours": 24,
    "starts_when": "agency_informed",
    "counting": "elapsed",
    "citation": CITED,
    "encoded": "2026-11-26",
}
RULE = {"title": "A rule", "duty": "report_to_ncmec", "recipient": "ncmec", "values": [VALUE]}
WORDS = {
    "name": "Zet",
    "encoded": "2026-11-26",
    "covers": [
        {"duties": ["report_to_ncmec"], "custody": ["state_care", "voluntary_extended_care"], "ages": [0, 120],
         "citation": CITED},
    ],
}  # fmt: skip


def law_folder(tmp_path: Path, **documents: Any) -> Path:
    """The law folder with the state us/zz: `report_to_ncmec`, `coverage`, or any other file by its stem."""
    root = tmp_path / "law"
    source = Path(cmfc.law.__file__).parent
    for part in ("us", "advice"):
        copytree(source / part, root / part)
    (root / "coverage.yml").write_bytes((source / "coverage.yml").read_bytes())
    for stem, document in {"report_to_ncmec": RULE, "coverage": WORDS, **documents}.items():
        if document is not None:
            write(root / "us" / "zz" / f"{stem}.yml", document)
    return root


def write(path: Path, document: Any) -> None:
    """One YAML file; text is written as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else yaml.safe_dump(document), encoding="utf-8")


def rule(*changes: dict[str, Any], **head: Any) -> dict[str, Any]:
    """The rule with one value per change; a key changed to None is left out."""
    values = [{k: v for k, v in {**VALUE, **change}.items() if v is not None} for change in changes or ({},)]
    return {**RULE, "values": values, **head}
