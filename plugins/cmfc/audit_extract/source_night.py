"""Which night's knowledge an extract is made from: the snapshots and work tables in the store.

A night is complete once its list was published; where it was run again, the run whose list is out counts.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cmfc.errors import UsageError
from cmfc.storage.layout import ledger_record, work_table
from cmfc.timing.clock import parse_iso

NEEDED = (
    "checked/children.parquet", "checked/custody.parquet", "checked/placements.parquet", "checked/absences.parquet",
    "checked/le_reports.parquet", "checked/ncmec_reports.parquet", "work/links.parquet",
    "work/episodes.parquet", "work/episode_rows.parquet", "work/determinations.parquet", "work/notices.parquet",
    "work/findings.parquet", "work/recipient_duties.parquet", "work/rules.parquet", "work/duties.parquet",
)  # fmt: skip


@dataclass(frozen=True)
class Knowledge:
    """What was known on a night.

    Attributes:
        as_of: epoch seconds UTC; the night's verdicts are true for it.
        folder: the night's folder in the store.
        manifest: that of the night's published list.
        manifest_path: where it lies.
        earlier: findings tables of this and every earlier complete night, by business date.
    """

    agency: str
    business_date: str
    as_of: int
    zone: str
    jurisdiction: str
    folder: Path
    manifest: Mapping[str, Any]
    manifest_path: Path
    earlier: Mapping[str, Path]


def known_on(store: Path, lists: Path, agency: str, moment: int | str) -> Knowledge:
    """The last complete night at or before a moment.

    Args:
        store: snapshots and work tables, one folder per agency and business date.
        lists: the published lists.
        agency: the agency's id; empty for the only one there is.
        moment: epoch seconds UTC, or a business date YYYY-MM-DD.

    Raises:
        UsageError: CMFC-U01 for no such agency or no complete night by then; CMFC-U02 where a table of the night
            is gone.
    """
    agency = agency or _only(lists)
    nights: dict[str, tuple[Path, dict[str, Any]]] = {}
    for path in sorted((lists / agency).glob("*/manifest.json")):
        manifest = json.loads(path.read_bytes())
        if _is_known(manifest, moment):
            nights[str(manifest["business_date"])] = (path, manifest)
    if not nights:
        raise UsageError("CMFC-U01", "No night of this agency was complete by then.")
    day = max(nights)
    folder = store / agency / day
    if gone := [name for name in NEEDED if not (folder / name).is_file()]:
        raise UsageError("CMFC-U02", f"The night of {day} is published, but the store lacks {gone[0]}.")
    path, manifest = nights[day]
    run, judged = manifest["ledger"], ledger_record(folder)
    if run and (not judged.is_file() or json.loads(judged.read_bytes())["run_id"] != run["run_id"]):
        raise UsageError("CMFC-U02", f"The night of {day} was judged again and not published; publish it first.")
    findings = {date: work_table(store / agency / date, "findings") for date in nights}
    return Knowledge(
        agency=agency,
        business_date=day,
        as_of=parse_iso(manifest["as_of"]),
        zone=manifest["zone"],
        jurisdiction=manifest["jurisdiction"],
        folder=folder,
        manifest=manifest,
        manifest_path=path,
        earlier={date: path for date, path in sorted(findings.items()) if path.is_file()},
    )


def _only(lists: Path) -> str:
    there = sorted(path.parent.name for path in lists.glob("*/current.json"))
    if len(there) != 1:
        raise UsageError("CMFC-U01", f"{len(there)} agencies have a list; name one.")
    return there[0]


def _is_known(manifest: Mapping[str, Any], moment: int | str) -> bool:
    day = manifest["business_date"]
    if not day or not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        return False
    return bool(day <= moment if isinstance(moment, str) else parse_iso(manifest["as_of"]) <= moment)
