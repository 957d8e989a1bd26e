"""The planted year run through a night, and one extract of it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cmfc.timing.clock import as_of_night
from tests.support import planted_year as planted
from tests.support import several_nights
from tests.support.audited import Audited
from tests.support.evidence import Evidence, evidence_of
from tests.support.packages import Packages
from tests.support.validation import asked_once


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    root = tmp_path_factory.mktemp("audited")
    year = planted.plant()
    planted.write(root / "records", year)
    with asked_once():
        planted.night(root, root / "records")
    empty = Audited(root, year, root / "package", {})
    return replace(empty, summary=empty.build(root / "package"))


@pytest.fixture(scope="session")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """Four nights and five runs (tests/support/several_nights.py), and extracts of them, each made once."""
    root = tmp_path_factory.mktemp("nights")
    with asked_once():
        several_nights.run_nights(root)
    return Packages(root)


@pytest.fixture(scope="session")
def evidence(nights: Packages, tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """A fiscal year with corrections, a log that broke, a night run twice and a former extract: no table is empty."""
    first = as_of_night(several_nights.CORRECTED, several_nights.ZONE) + 6 * 3600
    package = nights.package(several_nights.DOUBTFUL, former=nights.package(first))
    return evidence_of(package, tmp_path_factory.mktemp("tampered") / "package")


@pytest.fixture(scope="session")
def state_evidence(nights: Packages, tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """Two agencies joined into a state, with findings, a doubtful log and children whom both know."""
    package = nights.state(several_nights.DOUBTFUL)
    return evidence_of(package, tmp_path_factory.mktemp("tampered_state") / "package")


@pytest.fixture
def bytes_of() -> Callable[[Path], dict[str, bytes]]:
    return lambda folder: {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
