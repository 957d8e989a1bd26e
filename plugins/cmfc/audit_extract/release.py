"""From built to released: who built, who approved or refused, why; and then the package never changes (spec 6).

Every step is an entry of the ledger's journal (ledger/releases.py). A released package carries its approval with the
journal's head, so that whoever holds the package holds a head from outside.
"""

from pathlib import Path
from typing import Any

from cmfc.audit_extract.extract import Request, build, read_manifest
from cmfc.audit_extract.options import REASONS
from cmfc.audit_extract.source_night import Knowledge
from cmfc.errors import UsageError
from cmfc.ledger.releases import Decision, Release, list_releases, note_release
from cmfc.ledger.store import Ledger
from cmfc.privacy.pseudonyms import Key
from cmfc.publishing.manifest import MANIFEST, write_json
from cmfc.storage.digest import sha256_of
from cmfc.timing.clock import iso

RELEASED, APPROVAL = "released", "approval.json"


def build_extract(
    known: Knowledge, request: Request, key: Key, package: Path, code_version: str, ledger: Ledger, by: str, at: int
) -> dict[str, Any]:
    """Build a package and note who did.

    Args:
        known: as for `extract.build`, like the next four.
        request: what is asked for.
        key: for the pseudonyms.
        package: a folder that is not there yet.
        code_version: which code makes it.
        ledger: open.
        by: who builds it.
        at: epoch seconds UTC.

    Raises:
        UsageError: as `extract.build`; CMFC-U12 also if a package of that name was released.
    """
    _refuse_released(package)
    summary = build(known, request, key, package, code_version)
    step = Release("extract", package.name, summary["manifest_sha256"], by, at, "built", "as_asked")
    note_release(ledger, known.agency, step)
    return summary


def decide(
    package: Path, is_approved: bool, reason: str, ledger: Ledger, by: str, approvers: tuple[str, ...], at: int,
    shown: str = "",
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
        shown: SHA-256 of the manifest that the person was shown; empty: the person named the folder itself.

    Returns:
        Where the package lies now: below `released/`, read-only; or where it was.

    Raises:
        UsageError: CMFC-U13 for a person who is not assigned or who built it, which is noted; CMFC-U14 for a package
            that is not as it was built, or of which no build was noted; CMFC-U15 for another one than was shown.
    """
    if reason not in REASONS:
        raise UsageError("CMFC-U13", f"A reason is one of {', '.join(REASONS)}.")
    agency, digest = _agency_of(package), sha256_of(package / MANIFEST)
    if shown not in ("", digest):
        raise UsageError("CMFC-U15", "The package is not the one that was shown.", package.name)
    steps = [step for step, _ in list_releases(ledger, agency, "extract", package.name) if step.sha256 == digest]
    built = next((step for step in reversed(steps) if step.decision == "built"), None)
    if built is None or _is_changed(package):
        raise UsageError("CMFC-U14", "The extract was changed since it was built, or was not built here.", package.name)

    def note(decision: Decision) -> None:
        note_release(ledger, agency, Release("extract", package.name, digest, by, at, decision, reason))

    if by not in approvers or by == built.by:
        note("not_allowed")
        raise UsageError("CMFC-U13", "Only an approver who did not build the extract may decide on it.")
    if not is_approved:
        note("refused")
        return package
    _refuse_released(package)
    note("released")
    _write_approval(package, ledger, agency, built)
    return _move(package)


def _agency_of(package: Path) -> str:
    if not (package / MANIFEST).is_file():
        raise UsageError("CMFC-U14", "The package is not as it was built, or nobody built it here.", package.name)
    return str(read_manifest(package)["agency"])


def _is_changed(package: Path) -> bool:
    outputs: dict[str, dict[str, str]] = read_manifest(package)["outputs"]
    names = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()}
    if names - {MANIFEST, APPROVAL} != set(outputs):  # an approval is there if releasing was interrupted
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
    write_json(package / APPROVAL, content)


def _move(package: Path) -> Path:
    target = package.parent / RELEASED / package.name
    target.parent.mkdir(exist_ok=True)
    for path in package.rglob("*"):
        if path.is_file():
            path.chmod(path.stat().st_mode & 0o444)
    package.rename(target)
    for path in (target, *(p for p in target.rglob("*") if p.is_dir())):
        path.chmod(path.stat().st_mode & 0o2555)
    return target


def _refuse_released(package: Path) -> None:
    if (package.parent / RELEASED / package.name).exists():
        raise UsageError("CMFC-U12", "A package of this name was released; a released package is never written again.")
