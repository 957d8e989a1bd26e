"""The folders of this directory: what scenario.yml says, and the rows beside it."""

import csv
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from cmfc.pipeline.nightly import reconcile_folder

HERE = Path(__file__).parent
FOLDERS = sorted(file.parent for file in HERE.glob("*/scenario.yml"))
SLUGS = [folder.name for folder in FOLDERS]
TABLES = ("exceptions", "episodes", "determinations", "links", "missing_now")

Row = dict[str, str]


@dataclass(frozen=True)
class Scenario:
    """What scenario.yml says."""

    folder: Path
    said: dict[str, Any]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.said["zone"])

    @property
    def as_of(self) -> int:
        return int(instant(str(self.said["as_of"]), self.zone).timestamp())

    @property
    def records(self) -> list[Path]:
        return sorted(file for file in self.folder.glob("*.csv") if not file.name.startswith("expected_"))

    @property
    def setting(self) -> str:
        """What scenarios have in common that can be one agency's night; the slug of one that stays alone."""
        if "alone" in self.said:
            return self.folder.name
        said = [str(self.said[key]) for key in ("zone", "jurisdiction", "as_of")]
        kept = "kept" if self.said.get("runaway_placements_kept", False) else "not kept"
        return " ".join([*said, kept, *(file.stem for file in self.records)])

    def run(self, out: Path, records: Path | None = None) -> Path:
        """Reconciles the folder as `cmfc reconcile` does."""
        reconcile_folder(
            records or self.folder,
            self.said["zone"],
            self.said["jurisdiction"],
            self.as_of,
            out,
            "local",
            self.said.get("runaway_placements_kept", False),
        )
        return out


def scenario(folder: Path) -> Scenario:
    return Scenario(folder, yaml.safe_load((folder / "scenario.yml").read_text(encoding="utf-8")))


def read(file: Path) -> list[Row]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def columns(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as lines:
        return next(csv.reader(lines))


def instant(text: str, zone: ZoneInfo) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
