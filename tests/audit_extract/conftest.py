"""The planted year run through a night, and one extract of it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cmfc.audit_extract.extract import Request, build
from cmfc.audit_extract.source_night import known_on
from cmfc.privacy.pseudonyms import Key, read_key
from tests.audit import planted
from tests.audit.planted import NIGHT, Planted

KEY = read_key("a secret key of the tests, thirty-two bytes and more")
REQUEST = Request(date(2025, 1, 1), date(2025, 12, 31), NIGHT, seed=42, sample_size=60, year_begins=9)


@dataclass(frozen=True)
class Audited:
    """An installation with one night, what is true of it, and an extract."""

    root: Path
    planted: Planted
    package: Path
    told: dict[str, Any]

    def build(self, out: Path, key: Key = KEY, night: str = NIGHT, **changes: Any) -> dict[str, Any]:
        known = known_on(self.root / "store", self.root / "lists", "planted", night)
        return build(known, replace(REQUEST, **changes), key, out, "tests")

    def copy(self, target: Path) -> Path:
        return Path(shutil.copytree(self.package, target))


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    root = tmp_path_factory.mktemp("audited")
    made = planted.plant()
    planted.write(root / "records", made)
    planted.night(root, root / "records")
    empty = Audited(root, made, root / "package", {})
    return replace(empty, told=empty.build(root / "package"))


@pytest.fixture
def bytes_of() -> Callable[[Path], dict[str, bytes]]:
    return lambda folder: {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
