"""Joins extracts of the agencies of one state: a child or episode that two know counts once (spec 6, State level).

Each agency's extract is checked first by its own verifier. What is joined, and how, is listed; the tables of the state
are made by the same steps as those of an agency, and the same verifier checks them.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from cmfc.audit_extract.differencing import Shared
from cmfc.audit_extract.extract import Request
from cmfc.audit_extract.package import read_manifest
from cmfc.audit_extract.population import EPOCH
from cmfc.audit_extract.sample import LEAST
from cmfc.audit_extract.state_judgement import Basis
from cmfc.audit_extract.state_package import write_state
from cmfc.audit_extract.verifier_file import verifier_text
from cmfc.errors import UsageError
from cmfc.ingest.mapping import AGENCY
from cmfc.publishing.manifest import MANIFEST
from cmfc.storage.atomic import replace_folder
from cmfc.storage.digest import sha256_of
from cmfc.timing.clock import parse_iso

SHARED = (
    "period", "zone", "zone_changes", "holidays", "jurisdiction", "year_begins", "code_version", "is_by_day",
    "is_for_state",
)  # fmt: skip
"""Facts of the manifest that must be the same in every extract."""


@dataclass(frozen=True)
class StateRequest:
    """What is asked for of a state.

    Attributes:
        seed: of the state's own sample; agencies are its strata.
        sample_size: episodes to draw; more where two of every agency are more.
        is_shareable: whether tables to pass on are asked for.
    """

    seed: int
    sample_size: int = 100
    is_shareable: bool = True


@dataclass(frozen=True)
class Part:
    """One agency's extract."""

    agency: str
    folder: Path
    manifest: Mapping[str, Any]
    root: str


def merge(
    packages: Sequence[Path], out: Path, name: str, request: StateRequest, shared: Sequence[Shared] = ()
) -> dict[str, Any]:
    """Write the state's extract.

    Args:
        packages: extracts of its agencies, each made with the state's key and for a state.
        out: a folder that is not there yet.
        name: of the state's extract, such as `us-co`; none of its agencies'.
        request: what is asked for.
        shared: what was released of this state before, first one first.

    Returns:
        Counts and hashes: `agencies`, `episodes`, `joined_children`, `joined_episodes`, `manifest_sha256`,
        `frame_hash`.

    Raises:
        UsageError: CMFC-U10 for a folder that is no extract; CMFC-U11 for a name that is none, or an agency's; CMFC-U12
            where `out` is there; CMFC-U16 for extracts that do not belong together; CMFC-U17 for one that does not
            hold by its own verifier.
    """
    if out.exists():
        raise UsageError("CMFC-U12", "The folder exists already, and an extract is never overwritten.")
    parts = sorted((_part(folder) for folder in packages), key=lambda part: part.agency)
    _assert_together(parts)
    if not AGENCY.fullmatch(name) or name in {part.agency for part in parts}:
        message = "A state's extract has a name of letters, digits, hyphens and underscores, other than its agencies'."
        raise UsageError("CMFC-U11", message)
    facts = parts[0].manifest
    with replace_folder(out, {}) as folder:
        (folder / "verify.py").write_text(verifier_text(), encoding="utf-8", newline="\n")
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:  # each waits for a process of its own
            list(pool.map(partial(_verify, folder / "verify.py"), parts))
        days = [date.fromisoformat(facts["period"][end]) for end in ("first", "last")]
        size = max(request.sample_size, LEAST * len(parts))
        of_extract = Request(
            days[0], days[1], facts["as_known_on"], request.seed, size, ("agency",), "audit",
            year_begins=facts["year_begins"], is_for_state=True, is_shareable=request.is_shareable,
        )  # fmt: skip
        basis = Basis(
            zone=facts["zone"], as_of=parse_iso(facts["night"]["as_of"]),
            as_of_day=(date.fromisoformat(facts["night"]["business_date"]) - EPOCH).days + 1,
            first_day=(days[0] - EPOCH).days, last_day=(days[1] - EPOCH).days,
            has_state=facts["jurisdiction"] != "us/federal",
            rules=parts[0].folder / "rules.parquet", duties=parts[0].folder / "duties.parquet",
        )  # fmt: skip
        with duckdb.connect() as connection:
            summary = write_state(connection, parts, folder, name, of_extract, basis, shared)
        shutil.rmtree(folder / "__pycache__", ignore_errors=True)
    return {"folder": str(out), "agencies": len(parts), **summary}


def _part(folder: Path) -> Part:
    manifest = read_manifest(folder)
    return Part(str(manifest["agency"]), folder, manifest, sha256_of(folder / MANIFEST))


def _assert_together(parts: Sequence[Part]) -> None:
    """Refuse extracts of which not all say the same of what they are made by."""
    try:
        _assert_alike(parts)
    except (KeyError, TypeError):
        raise UsageError("CMFC-U10", "The manifest.json of one extract lacks what that of an extract has.") from None


def _assert_alike(parts: Sequence[Part]) -> None:
    if len(parts) < 2 or len({part.agency for part in parts}) != len(parts):
        raise UsageError("CMFC-U16", "A state needs extracts of two agencies or more, each agency once.")
    first = parts[0]
    for part in parts:
        if part.manifest.get("is_state") or not part.manifest.get("is_for_state") or part.manifest.get("is_by_day"):
            raise UsageError(
                "CMFC-U16", f"The extract of {part.agency} was not made with --for-state, or only to the day."
            )
        for name in SHARED:
            if part.manifest.get(name) != first.manifest.get(name):
                raise UsageError("CMFC-U16", f"{part.agency} and {first.agency} have another {name.replace('_', ' ')}.")
        for where, fact in (("night", "law_digest"), ("night", "as_of"), ("pseudonyms", "key_fingerprint")):
            if part.manifest[where][fact] != first.manifest[where][fact]:
                raise UsageError("CMFC-U16", f"{part.agency} and {first.agency} have another {fact.replace('_', ' ')}.")


def _verify(verifier: Path, part: Part) -> None:
    """By itself first: its own hashes and content, against the root it has now."""
    command = [sys.executable, "-I", "-S", str(verifier), str(part.folder), "--root", part.root]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own text
    if done.returncode:
        lines = done.stdout.splitlines()
        first = next((at for at, line in enumerate(lines) if line.startswith("WRONG")), len(lines))
        wrong = " ".join(line.removeprefix("WRONG  ").strip() for line in lines[first : first + 2])
        raise UsageError("CMFC-U17", f"The extract of {part.agency} does not hold by its own verifier: {wrong}")
