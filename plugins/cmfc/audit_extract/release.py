"""From built to released: who built, who approved or refused, why; and then the package never changes (spec 6).

Every step is a line of `decisions.jsonl` beside the packages; each line holds the hash of the one before, so that none
can be taken out or changed unseen.
"""

import fcntl
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cmfc.audit_extract.extract import Request, build, read_manifest
from cmfc.audit_extract.options import REASONS
from cmfc.audit_extract.source_night import Knowledge
from cmfc.errors import UsageError
from cmfc.privacy.pseudonyms import Key
from cmfc.publishing.manifest import MANIFEST, iso, sha256_of

JOURNAL, RELEASED = "decisions.jsonl", "released"
Step = Mapping[str, Any]


def build_extract(
    known: Knowledge, request: Request, key: Key, package: Path, code_version: str, by: str, at: int
) -> dict[str, Any]:
    """Builds a package and notes who did.

    Args:
        known, request, key, package, code_version: as for `extract.build`.
        by: who builds it.
        at: epoch seconds UTC.

    Raises:
        UsageError: as `extract.build`; CMFC-U12 also where a package of that name was released.
    """
    if (package.parent / RELEASED / package.name).exists():
        raise UsageError("CMFC-U12", "An extract of this name was released; a released extract is never written again.")
    told = build(known, request, key, package, code_version)
    _note(package, "built", told["manifest_sha256"], by, "as_asked", at)
    return told


def decide(package: Path, is_approved: bool, reason: str, by: str, approvers: tuple[str, ...], at: int) -> Path:
    """Releases or refuses a package that was built.

    Args:
        package: the folder.
        is_approved: what the person decided.
        reason: one of REASONS.
        by: who decides.
        approvers: who may.
        at: epoch seconds UTC.

    Returns:
        Where the package lies now: below `released/`, read-only; or where it was.

    Raises:
        UsageError: CMFC-U13 for a person who is not assigned or who built it, which is noted; CMFC-U14 for a package
            that is not as it was built, or that nobody noted as built.
    """
    if reason not in REASONS:
        raise UsageError("CMFC-U13", f"A reason is one of {', '.join(REASONS)}.")
    digest = sha256_of(package / MANIFEST) if (package / MANIFEST).is_file() else ""
    steps = [step for step in read_journal(package.parent) if step["package"] == package.name]
    built = next((step for step in reversed(steps) if step["what"] == "built"), None)
    if built is None or built["manifest_sha256"] != digest or _is_changed(package):
        raise UsageError("CMFC-U14", "The extract was changed since it was built, or was not built here.", package.name)
    if by not in approvers or by == built["by"]:
        _note(package, "not_allowed", digest, by, reason, at)
        raise UsageError("CMFC-U13", "Only an approver who did not build the extract may decide on it.")
    if not is_approved:
        _note(package, "refused", digest, by, reason, at)
        return package
    target = package.parent / RELEASED / package.name
    if target.exists():
        raise UsageError("CMFC-U12", "An extract of this name was released; a released extract is never written again.")
    target.parent.mkdir(exist_ok=True, mode=0o750)
    _note(package, "released", digest, by, reason, at)
    for path in sorted(package.rglob("*")):
        if path.is_file():
            path.chmod(0o440)
    package.rename(target)
    for path in (target, *(p for p in target.rglob("*") if p.is_dir())):
        path.chmod(0o550)
    return target


def read_journal(folder: Path) -> list[Step]:
    """Every step, first one first.

    Raises:
        UsageError: CMFC-U14 where a line does not follow from the one before.
    """
    path = folder / JOURNAL
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    steps: list[Step] = []
    previous = ""
    for line in lines:
        try:
            step = json.loads(line)
        except ValueError:
            step = {}
        if step.get("previous") != previous:
            raise UsageError("CMFC-U14", "The journal of decisions was changed.", f"line {len(steps) + 1}")
        previous = hashlib.sha256(line).hexdigest()
        steps.append(step)
    return steps


def _is_changed(package: Path) -> bool:
    outputs: dict[str, dict[str, str]] = read_manifest(package)["outputs"]
    there = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()} - {MANIFEST}
    return there != set(outputs) or any(sha256_of(package / name) != told["sha256"] for name, told in outputs.items())


def _note(package: Path, what: str, digest: str, by: str, reason: str, at: int) -> None:
    with _alone(package.parent) as append:
        steps = read_journal(package.parent)
        previous = hashlib.sha256(_line(steps[-1])).hexdigest() if steps else ""
        step = {"at": iso(at), "by": by, "manifest_sha256": digest, "package": package.name, "previous": previous}
        append(_line({**step, "reason": reason, "what": what}))


def _line(step: Step) -> bytes:
    return json.dumps(step, sort_keys=True).encode() + b"\n"


@contextmanager
def _alone(folder: Path) -> Iterator[Callable[[bytes], int]]:
    """The journal opened to be added to, by one process at a time."""
    with (folder / JOURNAL).open("ab", buffering=0) as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield stream.write
