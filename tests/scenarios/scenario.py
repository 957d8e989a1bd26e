"""A scenario: what <slug>.yml says, and what one need not say because it is ordinary (README.md)."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from cmfc.feeds.catalog import feeds
from cmfc.pipeline.folder import reconcile_folder
from tests.scenarios.ordinary import records_of

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.yml"), key=lambda file: file.stem)
SLUGS = [file.stem for file in FILES]
TABLES = ("exceptions", "episodes", "determinations", "links", "missing_now")
ORDINARY = {"zone": "America/Chicago", "jurisdiction": "us/federal", "as_of": "2026-02-20 12:00:00"}
ANSWERS = "decisions"


@dataclass(frozen=True)
class Scenario:
    """What a file says; everything in it is text."""

    slug: str
    content: dict[str, Any]

    def setting_of(self, name: str) -> str:
        return str(self.content.get(name, ORDINARY[name]))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.setting_of("zone"))

    @property
    def as_of(self) -> int:
        return int(instant(self.setting_of("as_of"), self.zone).timestamp())

    @property
    def runaway_placements_kept(self) -> bool:
        return bool(self.content.get("runaway_placements_kept", "false") == "true")

    @cached_property
    def records(self) -> dict[str, str]:
        """CSV by feed, and people's answers about matches."""
        return dict(sorted(records_of(self.content, [*feeds(), ANSWERS]).items()))

    @property
    def expected(self) -> dict[str, str]:
        """CSV by table."""
        return dict(self.content["expected"])

    @property
    def setting(self) -> str:
        """What scenarios have in common that can be one agency's night; the slug of one that stays alone."""
        if "alone" in self.content:
            return self.slug
        placements = "kept" if self.runaway_placements_kept else "not kept"
        return " ".join([*(self.setting_of(name) for name in ORDINARY), placements, *self.records])

    def lay_out(self, folder: Path) -> Path:
        """Writes the records as an agency gives them: a file for each feed."""
        folder.mkdir(parents=True)
        for name, text in self.records.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
        return folder

    def run(self, records: Path, out: Path) -> Path:
        """Reconciles a folder as `cmfc reconcile` does, by the settings of this scenario."""
        zone, jurisdiction = self.setting_of("zone"), self.setting_of("jurisdiction")
        reconcile_folder(records, zone, jurisdiction, self.as_of, out, "local", self.runaway_placements_kept)
        return out


def scenario(slug: str) -> Scenario:
    return Scenario(slug, yaml.load((HERE / f"{slug}.yml").read_text(encoding="utf-8"), yaml.CBaseLoader))  # noqa: S506 (gives texts only)


def instant(text: str, zone: ZoneInfo) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
