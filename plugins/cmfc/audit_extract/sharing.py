"""What of an extract may be passed on: how much detail, against what was released before, and the note beside it."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from cmfc.audit_extract.differencing import Contradiction, Shared, TooLong, given_away
from cmfc.audit_extract.disclosure import LEVELS, NOTHING, Level, draw_shareable, is_settled, share_period
from cmfc.audit_extract.population import Period
from cmfc.errors import UsageError
from cmfc.storage.duck import rows_of

FOLDER = "shareable"
FILES = {"shareable": "timeliness", "shareable_flows": "stock_and_flow"}
"""The files of the folder by the table they hold."""
_NUMBERS = ("episodes", "on_time", "never", "late", "undetermined", "not_checked", "other", "missing", "open_at_start",
            "new", "returned", "left_care", "not_recorded", "open_at_end")  # fmt: skip
NO_PERIOD = "The period is neither a calendar month nor a fiscal year, so nothing of it may be passed on."
NOT_SETTLED = "The night is less than two days after the period's end, so nothing of it may be passed on yet."
NOT_ASKED = "It was built without tables to pass on."
ALL_SMALL = "There are so few episodes that nothing about them may be passed on."
LESS = "Left out, as with what was released before it would give small counts away: {left}."


@dataclass(frozen=True)
class Sharing:
    """What a package has to pass on.

    Attributes:
        period: its name in the register; empty: nothing is passed on.
        dimensions: what it is broken down by.
        outcomes: which may be shown apart.
        has_flows: whether stock and flow is shown, where there are episodes enough.
        why: why nothing, or less than all, is passed on; else empty.
        hidden: cells that are hidden.
        before: how many releases it was held against.
    """

    period: str
    dimensions: tuple[str, ...]
    outcomes: tuple[str, ...]
    has_flows: bool
    why: str
    hidden: int
    before: int

    def facts(self) -> dict[str, Any]:
        """What manifest.json says of it."""
        return {**asdict(self), "where": f"{FOLDER}/"}


def draw_sharing(
    connection: duckdb.DuckDBPyConnection,
    period: Period,
    year_begins: int,
    business_date: str,
    is_asked: bool,
    before: Sequence[Shared],
) -> Sharing:
    """Make the shareable tables, as detailed as what was released before allows.

    Args:
        connection: holds `judged`, `lines` and `request`.
        period: the period.
        year_begins: month in which the fiscal year begins.
        business_date: the night.
        is_asked: whether anything shall be passed on.
        before: every release of the agency, first one first.
    """
    name = share_period(period, year_begins)
    why = NOT_ASKED if not is_asked else NO_PERIOD if not name else ""
    why = why or ("" if is_settled(period, business_date) else NOT_SETTLED)
    others = [one for one in before if one.period != name]
    for level in () if why else LEVELS:
        hidden = draw_shareable(connection, level)
        shared = _shared(connection, name, period)
        if not shared.timeliness:
            why = ALL_SMALL
            break
        if _is_safe([*others, shared]):
            return Sharing(name, level.dimensions, level.outcomes, level.has_flows, _left(level), hidden, len(others))
    draw_shareable(connection, NOTHING)
    return Sharing("", (), (), False, why or LESS.format(left="everything"), 0, len(others))


def _left(level: Level) -> str:
    """Which of the most that can be shown is not."""
    most = LEVELS[0]
    left = [name for name in (*most.dimensions, *most.outcomes) if name not in (*level.dimensions, *level.outcomes)]
    left += ["stock and flow"] if most.has_flows > level.has_flows else []
    return LESS.format(left=", ".join(left).replace("_", " ")) if left else ""


def _is_safe(releases: Sequence[Shared]) -> bool:
    try:
        return not given_away(releases)
    except TooLong:
        return False
    except Contradiction:  # another figure for what was released: whoever releases it is asked (CMFC-U20)
        return True


def _shared(connection: duckdb.DuckDBPyConnection, name: str, period: Period) -> Shared:
    rows = {table: tuple(rows_of(connection, f"SELECT * FROM {table}")) for table in FILES}
    return Shared(name, period.first, period.last, rows["shareable"], rows["shareable_flows"])


def read_shared(package: Path, manifest: Mapping[str, Any], corrects: str = "") -> Shared | None:
    """What a package passes on; None if nothing."""
    sharing = manifest["shareable"]
    if not sharing["period"]:
        return None
    rows = {name: _read(package / FOLDER / f"{file}.csv") for name, file in FILES.items()}
    first, last = (date.fromisoformat(manifest["period"][end]) for end in ("first", "last"))
    agencies = tuple(sorted(manifest["agencies"])) if manifest["is_state"] else ()
    return Shared(sharing["period"], first, last, rows["shareable"], rows["shareable_flows"], corrects, agencies)


def _read(path: Path) -> tuple[dict[str, Any], ...]:
    with path.open(encoding="utf-8", newline="") as stream:
        return tuple(
            {name: int(cell) if cell and name in _NUMBERS else cell or None for name, cell in row.items()}
            for row in csv.DictReader(stream)
        )


def to_json(shared: Shared) -> str:
    """A release as the register keeps it."""
    body = {**asdict(shared), "first": shared.first.isoformat(), "last": shared.last.isoformat()}
    return json.dumps(body, sort_keys=True)


def from_json(text: str) -> Shared:
    """A release out of the register."""
    body = json.loads(text)
    days = {name: date.fromisoformat(body[name]) for name in ("first", "last")}
    listed = {name: tuple(body[name]) for name in ("timeliness", "flows", "agencies")}
    return Shared(**{**body, **days, **listed})


def refuse_beside(shared: Shared, others: Sequence[Shared]) -> None:
    """Refuse a state's tables beside those of its agencies, and the other way round.

    Raises:
        UsageError: CMFC-U22 where the state or one of its agencies passed on a month that both count: the state's
            figures less the agencies' would count the few children whom two of them know.
    """
    if months := sorted({month for other in others for month in other.months} & set(shared.months)):
        message = f"Of {', '.join(months)} tables of the state or of its agencies were passed on; not both can be."
        raise UsageError("CMFC-U22", message)


def refuse_given_away(shared: Shared, before: Sequence[Shared], seconds: float = 600) -> None:
    """Refuse what may not be passed on beside what was.

    Raises:
        UsageError: CMFC-U20 for another figure without a name of the correction; CMFC-U21 for what would give small
            counts away, or is not decided in time.
    """
    same = [one for one in before if one.period == shared.period]
    last = same[-1] if same else None
    figures = (shared.timeliness, shared.flows)
    if last is not None and (last.timeliness, last.flows) == figures:
        return
    if last is not None and not shared.corrects:
        raise UsageError("CMFC-U20", f"{shared.period} was released with other figures.")
    try:
        leaks = given_away([*before, shared], seconds)
    except Contradiction:
        message = f"The figures of {shared.period} do not agree with what was released of its months or year."
        raise UsageError("CMFC-U20", message) from None
    except TooLong:
        raise UsageError("CMFC-U21", "It could not be decided in time whether small counts are given away.") from None
    if leaks:
        message = f"With what was released before, {len(leaks)} small counts would be given away."
        raise UsageError("CMFC-U21", message)
