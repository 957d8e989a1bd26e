"""Nights through the core: checked tables written from plain rows, judged with what the ledger knew, and recorded."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cmfc.feeds.catalog import feeds
from cmfc.law.library import load_law
from cmfc.ledger.bitemporal import known_of
from cmfc.ledger.explained import explained_of
from cmfc.ledger.inputs import Recorded
from cmfc.ledger.runs import run_before
from cmfc.ledger.store import open_ledger
from cmfc.reconcile.engine import Night, reconcile
from cmfc.validation.quarantine import SCHEMA
from tests.ledger.nights import AGENCY, Nights, instant, night_number
from tests.support.named_rows import checked_table

HOUR, DAY = 3600, 86_400
Rows = Mapping[str, Sequence[Mapping[str, Any]]]
LAW = load_law("us/mo", "UTC")


class CoreNights(Nights):
    """As Nights, from records."""

    law = LAW

    def judge(self, number: int, rows: Rows, salt: Any = "", broken: tuple[str, ...] = ()) -> Recorded:
        """Judges and records a night; `broken`: feeds that could not be used."""
        day, folder = night_number(number), self.folder / night_number(number).isoformat()
        write_checked(folder / "checked", rows)
        with self.ledger.reading() as connection:
            base = run_before(connection, AGENCY, day)
            known_episodes = known_of(connection, AGENCY, base, self.folder / "kept") if base else None
            words = explained_of(connection, AGENCY, day, instant(night_number(number + 1)))
        status = {name: "ok" if name in rows or feed.role != "optional" else "absent" for name, feed in feeds().items()}
        status |= dict.fromkeys(broken, "broken")
        night = Night(
            agency=AGENCY, as_of=instant(night_number(number + 1)), zone="UTC", jurisdiction="us/mo",
            stitch_gap_seconds=0, runaway_placements_kept=False, history_begins=None,
            status=status,
            threads=1, explained=words,
        )  # fmt: skip
        reconcile(folder / "checked", folder, night, self.law, known=known_episodes)
        content = str(sorted((name, sorted(map(str, cells))) for name, cells in rows.items()))
        return self.record(number, broken, salt=[salt, content], explained=words)

    def work(self, number: int, name: str) -> list[dict[str, Any]]:
        """The rows of a work table."""
        return list(pq.read_table(self.folder / night_number(number).isoformat() / f"{name}.parquet").to_pylist())

    def episodes(self, number: int) -> dict[str, str]:
        """Episode ids by their evidence."""
        return {row["evidence"]: row["episode_id"] for row in self.work(number, "episodes")}

    def codes(self, number: int) -> dict[str, list[str]]:
        """Subjects by code."""
        by_code: dict[str, list[str]] = {}
        for row in self.work(number, "findings"):
            by_code.setdefault(row["code"], []).append(row["subject_id"])
        return by_code


def core_nights(folder: Path) -> CoreNights:
    """None yet. What the core works out knows no database: SQLite will do."""
    return CoreNights(open_ledger(f"sqlite:///{folder / 'ledger.sqlite'}"), folder / "nights")


def write_checked(folder: Path, rows: Rows) -> None:
    """A moment is given as one number, `x_at`, for both ends; `quarantine` is what was set aside of the absences."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, feed in feeds().items():
        table = checked_table(feed, [widened(row) for row in rows.get(name, ())])
        pq.write_table(table, folder / f"{name}.parquet")
    set_aside = pa.Table.from_pylist(list(rows.get("quarantine", ())), schema=SCHEMA)
    pq.write_table(set_aside, folder / "quarantine.absences.parquet")


def widened(row: Mapping[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name, value in row.items():
        columns |= {f"{name}_earliest": value, f"{name}_latest": value, name: value}
    return columns


def child(child_id: str = "C1") -> dict[str, Any]:
    return {"child_id": child_id, "last_name": "x", "first_name": "y", "office": "North"}


def absence(number: str, since: int, until: int | None = None, child_id: str = "C1", **more: Any) -> dict[str, Any]:
    ended = {"ended_at": until, "end_reason": "returned"} if until else {}
    return {"absence_id": number, "child_id": child_id, "kind": "missing", "absent_since": since,
            "agency_informed_at": since} | ended | more  # fmt: skip


def unreadable(number: str, child_id: str = "C1") -> dict[str, Any]:
    """An open absence whose begin nobody can read, as validation sets it aside."""
    return {"feed": "absences", "row": 1, "key": number, "field": "absent_since", "rule": "time_unparseable",
            "effect": "row", "severity": "critical", "subject": f"absences:{number}", "record": f"absences:{number}",
            "child_id": child_id, "is_open": True}  # fmt: skip


def placement(number: str, since: int, until: int | None = None, child_id: str = "C1") -> dict[str, Any]:
    return {"placement_id": number, "child_id": child_id, "setting": "runaway", "began_at": since, "ended_at": until}


def report(number: str, at: int, child_id: str = "C1") -> dict[str, Any]:
    return {"ncmec_report_id": number, "child_id": child_id, "reported_at": at, "source": "agency"}
