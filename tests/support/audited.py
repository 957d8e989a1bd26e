"""An installation with the planted year, and extracts of it."""

import shutil
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from cmfc.audit_extract.extract import Request, build
from cmfc.audit_extract.source_night import Knowledge, known_on
from cmfc.privacy.pseudonyms import Key, read_key
from tests.support.planted_year import NIGHT, Planted

KEY = read_key("a secret key of the tests, thirty-two bytes and more")
REQUEST = Request(date(2025, 1, 1), date(2025, 12, 31), NIGHT, seed=42, sample_size=60, year_begins=9)


@dataclass(frozen=True)
class Audited:
    """An installation with one night, what is true of it, and an extract."""

    root: Path
    planted: Planted
    package: Path
    summary: dict[str, Any]

    def build(self, out: Path, key: Key = KEY, night: str = NIGHT, **changes: Any) -> dict[str, Any]:
        return build(self.knowledge(night), self.request(**changes), key, out, "tests")

    def knowledge(self, night: str = NIGHT) -> Knowledge:
        return known_on(self.root / "store", self.root / "lists", "planted", night)

    def request(self, **changes: Any) -> Request:
        return replace(REQUEST, **changes)

    def copy(self, target: Path) -> Path:
        return Path(shutil.copytree(self.package, target))
