"""Which run's knowledge an extract is made from: its snapshots and work tables, and what the ledger has of it.

A night is complete once its list was published. A business date names a night; where the night was run more than once
with other records, the run must be named (spec 6, As known on): an instant names the one that stood then.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cmfc.errors import UsageError
from cmfc.ledger.extracts import Record, published_runs, read_record
from cmfc.ledger.runs import RunRow
from cmfc.ledger.store import opened
from cmfc.storage.layout import ledger_record
from cmfc.timing.clock import iso, local_time

NEEDED = (
    "checked/children.parquet", "checked/custody.parquet", "checked/placements.parquet", "checked/absences.parquet",
    "checked/le_reports.parquet", "checked/ncmec_reports.parquet", "checked/contacts.parquet",
    "checked/returns.parquet", "work/episodes.parquet", "work/episode_rows.parquet", "work/determinations.parquet",
    "work/notices.parquet", "work/findings.parquet", "work/links.parquet", "work/standing.parquet",
    "work/recipient_duties.parquet", "work/rules.parquet", "work/duties.parquet",
)  # fmt: skip
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Chosen:
    """The run whose knowledge is used.

    Attributes:
        run: as the ledger has it.
        same_night: every published run of its night that is on record now, first one first.
    """

    run: RunRow
    same_night: tuple[RunRow, ...]

    @property
    def nth(self) -> int:
        """Which run of its night it is, from 1."""
        return [one.run_id for one in self.same_night].index(self.run.run_id) + 1

    def facts(self) -> dict[str, Any]:
        """What manifest.json says of it."""
        others = [
            {"run_id": one.run_id, "recorded_at": iso(one.recorded_at), "nth": nth}
            for nth, one in enumerate(self.same_night, 1)
            if one.run_id != self.run.run_id
        ]
        return {"run_id": self.run.run_id, "recorded_at": iso(self.run.recorded_at), "nth": self.nth,
                "of": len(self.same_night), "others": others}  # fmt: skip


@dataclass(frozen=True)
class Knowledge:
    """What was known on a night.

    Attributes:
        as_of: epoch seconds UTC; the night's verdicts are true for it.
        folder: the night's folder in the store, or one in which it was built again.
        manifest: that of the run's published list.
        manifest_path: where it lies.
        chosen: which run it is.
        record: what the ledger had on record with it.
    """

    agency: str
    business_date: str
    as_of: int
    zone: str
    jurisdiction: str
    folder: Path
    manifest: Mapping[str, Any]
    manifest_path: Path
    chosen: Chosen
    record: Record

    @property
    def status(self) -> dict[str, str]:
        """Each feed's status on this run: ok, absent or broken."""
        return {one.feed: one.status for one in self.record.feeds if one.seq == self.chosen.run.seq}


def known_on(store: Path, lists: Path, agency: str, moment: int | str, run_id: str = "", ledger: str = "") -> Knowledge:
    """The last complete night at or before a moment, as its run left it in the store.

    Args:
        store: snapshots and work tables, one folder per agency and business date.
        lists: the published lists.
        agency: the agency's id; empty for the only one there is.
        moment: epoch seconds UTC, or a business date YYYY-MM-DD.
        run_id: the run, where it is named; then the moment does not matter.
        ledger: SQLAlchemy URL; empty: the one in the store.

    Raises:
        UsageError: CMFC-U01 for no such agency, run, or complete night by then; CMFC-U02 where a table of the night
            is gone, or the store has another run of it (pipeline/past_run.py builds that one again); CMFC-U18 where
            the night has several runs and none is named.
    """
    agency = agency or only_agency(lists)
    if not run_id and isinstance(moment, str):
        _refuse_gone(store, lists, agency, moment)
    url = ledger or f"sqlite:///{store.absolute() / 'ledger.sqlite'}"
    chosen = choose(url, agency, moment, run_id)
    day = chosen.run.business_date.isoformat()
    knowledge = knowledge_of(store / agency / day, lists / agency / day, chosen, url)
    if knowledge is None:
        message = f"The night of {day} was judged again since, or is no longer in the store as that run left it."
        raise UsageError("CMFC-U02", message)
    return knowledge


def choose(ledger: str, agency: str, moment: int | str, run_id: str = "") -> Chosen:
    """Choose the run; arguments and errors as for `known_on`, `ledger` a URL."""
    with opened(ledger) as opened_ledger:
        there = published_runs(opened_ledger, agency)
    if run_id:
        by_then = [run for run in there if run.run_id == run_id]
    elif isinstance(moment, str):
        by_then = [run for run in there if run.business_date.isoformat() <= moment]
    else:
        by_then = [run for run in there if max(run.recorded_at, run.as_of) <= moment]
    if not by_then:
        raise UsageError("CMFC-U01", "No night of this agency was complete by then, or no run has this id.")
    night = max(run.business_date for run in by_then)
    same_night = tuple(run for run in there if run.business_date == night)
    if not run_id and isinstance(moment, str) and len(same_night) > 1:
        zone = json.loads(same_night[0].mapping)["zone"]
        named = "; ".join(f"{run.run_id} of {local_time(run.recorded_at, zone)}" for run in same_night)
        message = f"The night of {night} was run {len(same_night)} times: {named}. Name one with --run, or an instant."
        raise UsageError("CMFC-U18", message)
    return Chosen([run for run in by_then if run.business_date == night][-1], same_night)


def knowledge_of(folder: Path, listed: Path, chosen: Chosen, ledger: str) -> Knowledge | None:
    """What a folder of the store and one of lists hold, if both are of the run.

    Raises:
        UsageError: CMFC-U02 where a table is gone.
    """
    run, path = chosen.run, listed / "manifest.json"
    judged = ledger_record(folder)
    if not (judged.is_file() and path.is_file()):
        return None
    manifest = json.loads(path.read_bytes())
    if {json.loads(judged.read_bytes())["run_id"], manifest["ledger"]["run_id"]} != {run.run_id}:
        return None
    day = run.business_date.isoformat()
    if missing := [name for name in NEEDED if not (folder / name).is_file()]:
        raise UsageError("CMFC-U02", f"The night of {day} is published, but the store lacks {missing[0]}.")
    with opened(ledger) as opened_ledger:
        record = read_record(opened_ledger, run)
    return Knowledge(
        agency=run.agency,
        business_date=day,
        as_of=run.as_of,
        zone=manifest["zone"],
        jurisdiction=manifest["jurisdiction"],
        folder=folder,
        manifest=manifest,
        manifest_path=path,
        chosen=chosen,
        record=record,
    )


def only_agency(lists: Path) -> str:
    """The only agency that has a list.

    Raises:
        UsageError: CMFC-U01 if there is none, or there are several.
    """
    there = sorted(path.parent.name for path in lists.glob("*/current.json"))
    if len(there) != 1:
        raise UsageError("CMFC-U01", f"{len(there)} agencies have a list; name one.")
    return there[0]


def _refuse_gone(store: Path, lists: Path, agency: str, moment: str) -> None:
    """Say which night is not in the store, before anything is asked of a ledger that may not be there either."""
    nights = sorted(path.parent.name for path in (lists / agency).glob("*/manifest.json"))
    by_then = [night for night in nights if _DAY.fullmatch(night) and night <= moment]
    if not by_then:
        raise UsageError("CMFC-U01", "No night of this agency was complete by then.")
    if missing := [name for name in NEEDED if not (store / agency / by_then[-1] / name).is_file()]:
        raise UsageError("CMFC-U02", f"The night of {by_then[-1]} is published, but the store lacks {missing[0]}.")
