"""From built to released: who built, who approved or refused, why; and then the package never changes (spec 6).

Every step is an entry of the ledger's journal (ledger/releases.py). A released package carries its approval with the
journal's head, so that whoever holds the package holds a head from outside.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cmfc.audit_extract.differencing import Shared
from cmfc.audit_extract.extract import Request, build
from cmfc.audit_extract.merge import StateRequest, merge
from cmfc.audit_extract.options import REASONS
from cmfc.audit_extract.package import read_manifest
from cmfc.audit_extract.sharing import from_json, read_shared, refuse_beside, refuse_given_away, to_json
from cmfc.audit_extract.source_night import Knowledge
from cmfc.errors import UsageError
from cmfc.ledger.releases import Decision, Release, list_releases, list_shared, list_shared_with, note_release
from cmfc.ledger.store import Ledger
from cmfc.privacy.pseudonyms import Key
from cmfc.publishing.manifest import MANIFEST, write_json
from cmfc.storage.digest import sha256_of
from cmfc.timing.clock import iso

RELEASED, APPROVAL = "released", "approval.json"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
"""What a correction may be called."""
Make = Callable[[Path, Sequence[Shared]], dict[str, Any]]
"""Writes a package into a folder, beside what was released before."""
SIGNATURES = (f"{MANIFEST}.sig", f"{MANIFEST}.tsr")
"""What may be put beside the manifest: its signature (ssh-keygen -Y) and its time stamp (RFC 3161)."""


def build_extract(
    knowledge: Knowledge, request: Request, key: Key, package: Path, code_version: str, ledger: Ledger, by: str, at: int
) -> dict[str, Any]:
    """Build a package and note who did.

    Args:
        knowledge: as for `extract.build`, like the next four.
        request: what is asked for.
        key: for the pseudonyms.
        package: the folder; one that is there is taken if it is what this request gives.
        code_version: which code makes it.
        ledger: open.
        by: who builds it.
        at: epoch seconds UTC.

    Returns:
        As `extract.build`. A task that was killed or cleared finds its package again, also where it was released.

    Raises:
        UsageError: as `extract.build`; CMFC-U12 if a package of that name is there, or was released, that another
            request, person, key, night or code made.
    """

    def make(folder: Path, shared: Sequence[Shared]) -> dict[str, Any]:
        return build(knowledge, request, key, folder, code_version, shared)

    return _build_noted(knowledge.agency, package, make, asdict(request), ledger, by, at)


def build_state(
    packages: Sequence[Path], package: Path, name: str, request: StateRequest, ledger: Ledger, by: str, at: int
) -> dict[str, Any]:
    """Join a state's extract, and note who did in the journal of the state: the agency of that name.

    Args:
        packages: extracts of its agencies, as for `merge.merge`.
        package: the folder; one that is there is taken if it is what this request gives.
        name: of the state.
        request: what is asked for.
        ledger: open.
        by: who joins it.
        at: epoch seconds UTC.

    Returns:
        As `merge.merge`.

    Raises:
        UsageError: as `merge.merge` and `build_extract`.
    """

    def make(folder: Path, shared: Sequence[Shared]) -> dict[str, Any]:
        return merge(packages, folder, name, request, shared)

    roots = {str(read_manifest(folder)["agency"]): sha256_of(folder / MANIFEST) for folder in packages}
    return _build_noted(name, package, make, {**asdict(request), "agencies": roots}, ledger, by, at)


def _build_noted(
    agency: str, package: Path, make: Make, request: Mapping[str, Any], ledger: Ledger, by: str, at: int
) -> dict[str, Any]:
    summary = _build_or_find(package, make, _shared_before(ledger, agency, package.name))
    digest = summary["manifest_sha256"]
    noted = _steps(ledger, agency, package.name, digest)
    if any(step.decision == "built" and step.by == by for step in noted):
        return summary
    if noted or not package.exists():  # another person's, or one whose build this ledger does not know
        raise UsageError("CMFC-U12", "A package of this name is there, or was released, and is another person's.")
    made_by = json.dumps({**request, "frame_hash": summary["frame_hash"]}, default=str, sort_keys=True)
    built = Release("extract", package.name, digest, by, at, "built", "as_asked", made_by)
    note_release(ledger, agency, built)
    return summary


def _shared_before(ledger: Ledger, agency: str, name: str) -> list[Shared]:
    """What was passed on before a package of this name was first built: what came later changes no byte of it."""
    built = [head.seq for step, head in list_releases(ledger, agency, "extract", name) if step.decision == "built"]
    return [from_json(text) for text in list_shared(ledger, agency, min(built, default=None))]


def _build_or_find(package: Path, make: Make, shared: Sequence[Shared]) -> dict[str, Any]:
    """Build a package; one of its name that is there must be what a build beside it gives, or nobody vouches for it."""
    released = package.parent / RELEASED / package.name
    there = next((folder for folder in (released, package) if folder.exists()), None)
    if there is None:
        return make(package, shared)
    with TemporaryDirectory(prefix=f".{package.name}.", dir=package.parent) as folder:
        summary = make(Path(folder) / package.name, shared)
    manifest = there / MANIFEST
    if not manifest.is_file() or sha256_of(manifest) != summary["manifest_sha256"] or _is_changed(there):
        what = "was released; a released package is" if there == released else "is there already; an extract is"
        raise UsageError("CMFC-U12", f"Another package of this name {what} never written again.")
    return {**summary, "folder": str(package)}


def _steps(ledger: Ledger, agency: str, name: str, digest: str) -> list[Release]:
    """What is on record of a package with these bytes, first one first."""
    return [step for step, _ in list_releases(ledger, agency, "extract", name) if step.sha256 == digest]


def decide(
    package: Path, is_approved: bool, reason: str, ledger: Ledger, by: str, approvers: tuple[str, ...], at: int,
    manifest_sha256: str = "", correction: str = "",
) -> Path:  # fmt: skip
    """Release or refuse a package that was built.

    Args:
        package: the folder.
        is_approved: what the person decided.
        reason: one of REASONS.
        ledger: open; the one in which the build was noted.
        by: who decides.
        approvers: who may.
        at: epoch seconds UTC.
        manifest_sha256: of the manifest that the person was shown; empty: the person named the folder itself.
        correction: what the release is called, if it has other figures than one of the same month or year before.

    Returns:
        Where the package lies now: below `released/`, read-only; or where it was. What was decided before, by the same
        person in the same way, is not noted again, and a release that was interrupted is finished.

    Raises:
        UsageError: CMFC-U12 for refusing what was released; CMFC-U13 for a person who is not assigned or who built it,
            which is noted; CMFC-U11 for a name of a correction that is none; CMFC-U14 for a package that is not as it
            was built, or of which no build was noted; CMFC-U15 for another one than was shown; CMFC-U20 to U22 for
            tables that may not be passed on.
    """
    _refuse_words(reason, correction)
    target = package.parent / RELEASED / package.name
    there = package if package.exists() or not target.exists() else target
    agency, digest = _agency_of(there), sha256_of(there / MANIFEST)
    if manifest_sha256 not in ("", digest):
        raise UsageError("CMFC-U15", "The package is not the one that was shown.", package.name)
    steps = _steps(ledger, agency, package.name, digest)
    built = next((step for step in reversed(steps) if step.decision == "built"), None)
    is_unknown = there == target and not any(step.decision == "released" for step in steps)
    if built is None or is_unknown or _is_changed(there):
        raise UsageError("CMFC-U14", "The extract was changed since it was built, or was not built here.", package.name)

    def note(decision: Decision) -> None:
        note_release(ledger, agency, Release("extract", package.name, digest, by, at, decision, reason))

    if by not in approvers or by == built.by:
        note("not_allowed")
        raise UsageError("CMFC-U13", "Only an approver who did not build the extract may decide on it.")
    if not is_approved:
        if there == target:
            raise UsageError("CMFC-U12", "This package was released, and cannot be refused any more.", package.name)
        if (steps[-1].decision, steps[-1].by, steps[-1].reason) != ("refused", by, reason):
            note("refused")
        return package
    if there == package:
        _refuse_released(package)
        _share(package, ledger, agency, digest, by, at, correction)
        note("released")
        _write_approval(package, ledger, agency, built)
        _close_files(package)
        package.rename(target)
    return _close_folders(target)


def _refuse_words(reason: str, correction: str) -> None:
    if reason not in REASONS:
        raise UsageError("CMFC-U13", f"A reason is one of {', '.join(REASONS)}.")
    if correction and not NAME.fullmatch(correction):
        raise UsageError("CMFC-U11", "A correction is named in at most 32 small letters, digits and hyphens.")


def _share(package: Path, ledger: Ledger, agency: str, digest: str, by: str, at: int, correction: str) -> None:
    """Put what is passed on into the register, or refuse; a release that was interrupted is in it already."""
    shared = read_shared(package, read_manifest(package), correction)
    if shared is None or any(
        step.sha256 == digest for step, _ in list_releases(ledger, agency, "shared", shared.period)
    ):
        return
    refuse_beside(shared, list_beside(ledger, agency, shared))
    refuse_given_away(shared, [from_json(text) for text in list_shared(ledger, agency)])
    note_release(
        ledger, agency, Release("shared", shared.period, digest, by, at, "released", correction, shows=to_json(shared))
    )


def list_beside(ledger: Ledger, agency: str, shared: Shared) -> list[Shared]:
    """What this ledger's other registers have that counts the same episodes: a state's agencies, an agency's states."""
    own = [from_json(text) for one in shared.agencies for text in list_shared(ledger, one)]
    states = (from_json(text) for text in list_shared_with(ledger, agency))
    return [*own, *(state for state in states if agency in state.agencies)]


def root_of(package: Path, ledger: Ledger) -> str:
    """The root hash of a package as the ledger noted it; of several of its name the one it has, else the released one.

    Raises:
        UsageError: CMFC-U14 where this ledger knows no such package.
    """
    agency = str(read_manifest(package)["agency"])
    steps = [step for step, _ in list_releases(ledger, agency, "extract", package.name)]
    actual = sha256_of(package / MANIFEST)
    if any(step.sha256 == actual for step in steps):
        return actual
    for decision in ("released", "built"):
        if hashes := [step.sha256 for step in steps if step.decision == decision]:
            return hashes[-1]
    raise UsageError("CMFC-U14", "This ledger has no entry of a package of that name.", package.name)


def _agency_of(package: Path) -> str:
    if not (package / MANIFEST).is_file():
        raise UsageError("CMFC-U14", "The package is not as it was built, or nobody built it here.", package.name)
    return str(read_manifest(package)["agency"])


def _is_changed(package: Path) -> bool:
    outputs: dict[str, dict[str, str]] = read_manifest(package)["outputs"]
    names = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    if names - {MANIFEST, APPROVAL, *SIGNATURES} != set(outputs):  # an approval: releasing was interrupted
        return True
    return any(sha256_of(package / name) != output["sha256"] for name, output in outputs.items())


def _write_approval(package: Path, ledger: Ledger, agency: str, built: Release) -> None:
    """The approval as the ledger has it; that of an earlier try if releasing was interrupted."""
    steps = list_releases(ledger, agency, "extract", package.name)
    released, head = next(one for one in steps if one[0].decision == "released" and one[0].sha256 == built.sha256)
    content = {
        "built_by": built.by, "built_at": iso(built.at), "released_by": released.by, "released_at": iso(released.at),
        "reason": released.reason, "manifest_sha256": released.sha256, "journal_head": str(head),
    }  # fmt: skip
    (package / APPROVAL).unlink(missing_ok=True)  # one of an interrupted release is read-only already
    write_json(package / APPROVAL, content)


def _close_files(package: Path) -> None:
    (package.parent / RELEASED).mkdir(exist_ok=True, mode=0o750)
    for path in package.rglob("*"):
        if path.is_file():
            path.chmod(0o440)


def _close_folders(target: Path) -> Path:
    for path in (target, *(p for p in target.rglob("*") if p.is_dir())):
        path.chmod(path.stat().st_mode & 0o2555)
    return target


def _refuse_released(package: Path) -> None:
    if (package.parent / RELEASED / package.name).exists():
        raise UsageError("CMFC-U12", "A package of this name was released; a released package is never written again.")
