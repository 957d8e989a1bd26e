"""What the ledger knows of two nights held against each other: what lived after each, and which episodes went on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from cmfc.findings.lifecycle import Tonight
from cmfc.ledger.before import before_at
from cmfc.ledger.runs import last_run
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import lineage, runs


@dataclass(frozen=True)
class Between:
    """From one night to a later one.

    Attributes:
        before, after: the findings after each night (findings/lifecycle.py, BASE), those that could not be checked too.
        heirs: the episode that goes on in the place of another, by the other's id.
    """

    before: Any
    after: Any
    heirs: Mapping[str, str]


def between(ledger: Ledger, agency: str, first: date, second: date, until: int | None) -> Between:
    """What was known of two nights on record.

    Args:
        ledger: open.
        agency: whose.
        first: the earlier night.
        second: the later one.
        until: epoch seconds UTC; what was recorded later is left out. None: all counts.
    """
    with ledger.reading() as connection:
        before, after = (_after(connection, agency, night, until) for night in (first, second))
        return Between(before, after, _heirs(connection, agency, first, second, until))


def _after(connection: Connection, agency: str, night: date, until: int | None) -> Any:
    run, following = last_run(connection, agency, night, until), night + timedelta(days=1)
    assert run is not None  # its lists were laid side by side
    return before_at(connection, agency, Tonight(following, following, Path()), run.seq + 1).base


def _heirs(connection: Connection, agency: str, first: date, second: date, until: int | None) -> dict[str, str]:
    there = [runs.c.agency == agency, runs.c.business_date > first, runs.c.business_date <= second]
    there += [runs.c.is_late.is_(False)] + ([runs.c.recorded_at <= until] if until is not None else [])
    last = select(func.max(runs.c.seq)).where(*there).group_by(runs.c.business_date).order_by(runs.c.business_date)
    heirs: dict[str, str] = {}
    for seq in list(connection.scalars(last)):
        stmt = select(lineage.c.other_id, func.min(lineage.c.episode_id)).where(
            lineage.c.agency == agency, lineage.c.seq == seq, lineage.c.change == "supersedes"
        )
        tonight = {row[0]: row[1] for row in connection.execute(stmt.group_by(lineage.c.other_id))}
        heirs = {other: tonight.get(heir, heir) for other, heir in heirs.items()} | tonight
    return heirs
