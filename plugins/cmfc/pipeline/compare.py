"""Holds a night that was built again against what is on record of it: the same, or how many rows differ (spec 6)."""

import csv
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmfc.pipeline.code import Code, current_code
from cmfc.publishing.manifest import MANIFEST
from cmfc.storage.digest import sha256_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cmfc.findings.lifecycle import Life, Tonight
    from cmfc.ledger.inputs import NightInputs
    from cmfc.ledger.runs import RunRow

FINDINGS = "exceptions.csv"


@dataclass(frozen=True)
class Comparison:
    """What a night that was built again has in common with the record.

    Attributes:
        is_same: its bytes are those that went out; where nothing was noted, its findings and their status are.
        is_as_published: the manifest has the bytes that went out then; None where nothing was noted.
        rows_differing: findings that are on one list alone or differ in a column; None: the list of that run is gone,
            and the ledger has no rows of it, as it was late.
        files_differing: names of files with other bytes, where the list that went out still lies in its folder.
        then, now: the code that judged then, and this one.
        pieces: what else is another now: set engine, expectations, law, linkage model.
    """

    is_same: bool
    is_as_published: bool | None
    rows_differing: int | None
    files_differing: tuple[str, ...]
    then: Code
    now: Code
    pieces: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """One sentence or two for a person."""
        if self.is_same:
            record = "the list that went out then, byte for byte" if self.is_as_published else "the findings on record"
            return f"Same: this is {record}."
        rows = "an unknown number of" if self.rows_differing is None else str(self.rows_differing)
        files = f" (files: {', '.join(self.files_differing)})" if self.files_differing else ""
        others = f" Another since: {', '.join(self.pieces)}." if self.pieces else ""
        then, now = _name(self.then), _name(self.now)
        return f"Differs in {rows} rows{files}; judged then by code {then}, now by {now}.{others}"

    def summary(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "is_same": self.is_same,
            "is_as_published": self.is_as_published,
            "rows_differing": self.rows_differing,
            "files_differing": list(self.files_differing),
            "code_then": {"version": self.then.version, "commit": self.then.commit},
            "code_now": {"version": self.now.version, "commit": self.now.commit},
            "other_pieces": list(self.pieces),
            "sentence": self.sentence,
        }


def compare(
    row: "RunRow", pieces: tuple[str, ...], rebuilt: Path, former: Path | None, has_same_status: bool,
    differing: int | None, is_as_published: bool | None,
) -> Comparison:  # fmt: skip
    """Compare a rebuilt night with the record.

    Args:
        row: the run on record.
        pieces: what else is another now.
        rebuilt: the folder that was built.
        former: the folder that went out; None where it is gone.
        has_same_status: the findings and their status are those on record.
        differing: rows that differ by the ledger; used where the folder is gone.
        is_as_published: whether the manifest is one that went out.
    """
    files: tuple[str, ...] = ()
    if is_as_published:
        differing = 0
    elif former is not None:
        differing = count_differing_rows(former / FINDINGS, rebuilt / FINDINGS)
        files = _differing_files(former, rebuilt)
    then = Code(row.code_version, row.code_commit)
    is_same = has_same_status if is_as_published is None else is_as_published
    return Comparison(is_same, is_as_published, differing, files, then, current_code(), pieces)


def count_differing_rows(former: Path, rebuilt: Path) -> int:
    """Findings that are in one of two exceptions.csv alone, or differ in a column."""
    before, after = _read_rows(former), _read_rows(rebuilt)
    return sum(before.get(name) != after.get(name) for name in before.keys() | after.keys())


def count_differing(connection: "Connection", life: "Life", tonight: "Tonight", row: "RunRow") -> int | None:
    """Findings that differ from the ledger's events of a run in being there, severity or first day; None if late."""
    from dataclasses import replace

    from cmfc.ledger.before import before_at

    if row.is_late:
        return None
    following = replace(tonight, business_date=tonight.business_date + timedelta(days=1))
    base = before_at(connection, row.agency, following, row.seq + 1).base.to_pylist()
    recorded = {row["exception_id"]: (row["severity"], row["first_seen"]) for row in base if row["is_live"]}
    rebuilt = {row[0]: row[1:] for row in life.rows("SELECT exception_id, severity, first_seen FROM lines")}
    on_hold = {row[0] for row in life.rows("SELECT exception_id FROM absent_findings WHERE is_held")}
    return sum(recorded.get(name) != rebuilt.get(name) for name in (recorded.keys() | rebuilt.keys()) - on_hold)


def other_pieces(row: "RunRow", inputs: "NightInputs") -> tuple[str, ...]:
    """What a run was made from, its code apart, that is another now."""
    pairs = {
        "set engine": (row.engine, inputs.engine),
        "expectations": (row.expectations_digest, inputs.expectations_digest),
        "law": (row.law_digest, inputs.law_digest),
        "linkage model": (row.model_digest, inputs.model_digest),
    }
    return tuple(name for name, (then, now) in pairs.items() if then != now)


def _differing_files(former: Path, rebuilt: Path) -> tuple[str, ...]:
    names = {path.name for folder in (former, rebuilt) for path in folder.iterdir() if path.name != MANIFEST}
    return tuple(sorted(name for name in names if _hash(former / name) != _hash(rebuilt / name)))


def _hash(path: Path) -> str | None:
    return sha256_of(path) if path.is_file() else None


def _read_rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return {row["exception_id"]: row for row in csv.DictReader(stream)}


def _name(code: Code) -> str:
    return f"{code.version} (commit {code.commit})" if code.commit else f"{code.version} (commit unknown)"
