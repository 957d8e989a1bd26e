"""Reads findings out of the ledger: a page of a filtered list, one finding, and its history."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from itertools import groupby, islice
from types import MappingProxyType
from typing import Any, Protocol

from sqlalchemy import Connection, case, func, or_, select

from cmfc.findings.lifecycle import DUTY_CHANGES
from cmfc.ledger.bulk import select_by
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import duty_changes, finding_events, findings, notes


class Sight(Protocol):
    """What a reader sees: `offices`, and where `named` is there, all that is of none of these too."""

    @property
    def offices(self) -> tuple[str, ...]:
        """The offices."""

    @property
    def named(self) -> tuple[str, ...] | None:
        """Those that anybody is named for."""


@dataclass(frozen=True)
class Filter:
    """Which findings; None: any.

    Attributes:
        status: as the lists show it; resolved ones only when asked for.
        changed: what the last night changed for its duty: better, worse, new or over, whatever people did since.
        first_seen_until: first seen on this day or earlier.
        search: the whole id of a child, an episode, a finding, or of what the finding is about; resolved ones too.
        sight: what the reader may see.
    """

    status: str | None = None
    changed: str | None = None
    severity: str | None = None
    queue: str | None = None
    code: str | None = None
    county: str | None = None
    office: str | None = None
    caseworker_id: str | None = None
    assignee: str | None = None
    child_id: str | None = None
    episode_id: str | None = None
    is_open: bool | None = None
    first_seen_until: date | None = None
    search: str | None = None
    sight: Sight | None = None


@dataclass(frozen=True)
class Listed:
    """A finding as the ledger has it. Instants in epoch seconds UTC.

    `status` as the lists show it: new, open, reopened, acknowledged, waived or resolved. What changes by itself every
    night (hours over, the sentence) is in the night's list.
    """

    exception_id: str
    code: str
    subject_id: str
    rule_id: str
    recipient: str
    child_id: str | None
    episode_id: str | None
    severity: str
    queue: str
    status: str
    is_open: bool
    county: str | None
    office: str | None
    caseworker_id: str | None
    clock_start_earliest: int | None
    deadline_earliest: int | None
    first_seen: date
    resolved_on: date | None
    resolved_by: str | None
    acknowledged_by: str | None
    assignee: str | None
    waived_until: date | None
    revision: int


@dataclass(frozen=True)
class Event:
    """One thing that happened to a finding; `text` is what a person typed, None if it was erased or nothing was."""

    seq: int
    exception_id: str
    kind: str
    night: date | None
    at: int
    actor: str
    detail: dict[str, Any]
    text: str | None

    @property
    def who(self) -> str:
        """Who did it, and who entered it for them."""
        entered = self.detail.get("entered_by")
        return f"entered by {entered} for {self.actor}" if entered else self.actor


SHOWN = case(
    (findings.c.is_live.is_(False), "resolved"),
    (findings.c.waived_until.is_not(None), "waived"),
    (findings.c.acknowledged_by.is_not(None), "acknowledged"),
    else_=findings.c.status,
).label("status")
COLUMNS = [SHOWN if f.name == "status" else findings.c[f.name] for f in fields(Listed)]


_SEVERE = (
    findings.c.severity_rank, findings.c.clock_start_earliest.is_(None), findings.c.clock_start_earliest,
    findings.c.exception_id,
)  # fmt: skip
ORDERS: dict[str, tuple[Any, ...]] = {
    "urgency": (),
    "oldest": (findings.c.first_seen,),
    "deadline": (findings.c.deadline_earliest.is_(None), findings.c.deadline_earliest),
    "code": (findings.c.code,),
    "office": (findings.c.office.is_(None), findings.c.office),
    "child": (findings.c.child_id.is_(None), findings.c.child_id),
}
"""What a list may be sorted by. Ties go by the place on the night's list (worklists/order.py); what has none
there, since it is resolved, comes after it by severity, clock start and exception_id."""
_FEW, _WALKED = 5_000, 20_000
"""Findings that are read whole to put them in order; places that are walked before that is done all the same."""
_SEARCHED = (findings.c.exception_id, findings.c.child_id, findings.c.episode_id, findings.c.subject_id)


def list_findings(
    ledger: Ledger, agency: str, criteria: Filter, limit: int = 50, offset: int = 0, order: str = "urgency",
    places: Mapping[str, int] = MappingProxyType({}),
) -> tuple[list[Listed], int]:  # fmt: skip
    """One page in one of ORDERS, and how many there are in all.

    `places`: by exception_id, where each finding stands in the order of the night's list; in that order.
    """
    where, of_agency = _where(agency, criteria), findings.c.agency == agency
    with ledger.reading() as connection:
        total = _count(connection, where)
        if not places:
            by = (findings.c.is_live.desc(), *ORDERS[order], *_SEVERE)
            page = select(findings.c.exception_id).where(*where).order_by(*by).limit(limit).offset(offset)
            # The page first, from an index alone (findings_listed).
            stmt = select(*COLUMNS).where(of_agency, findings.c.exception_id.in_(page)).order_by(*by)
            return [Listed(*row) for row in connection.execute(stmt)], total
        ids = None
        if total > _FEW and criteria.search is None:
            find = _first_placed if order == "urgency" else _placed_among
            ids = find(connection, where, places, order, offset, limit)
        if ids is None:
            ids = _placed(connection, where, places, order)[offset : offset + limit]
        rows = {
            row.exception_id: row for row in select_by(connection, COLUMNS, findings.c.exception_id, ids, of_agency)
        }
        return [Listed(*rows[one]) for one in ids], total


def _placed(connection: Connection, where: list[Any], places: Mapping[str, int], order: str) -> list[str]:
    """Ids by what the list is sorted by, then by their place; what has none comes after, by severity."""
    sort = (findings.c.is_live.desc(), *ORDERS[order])
    keys = (findings.c.exception_id, findings.c.is_live, *ORDERS[order])
    ids: list[str] = []
    rows = connection.execute(select(*keys).where(*where).order_by(*sort, *_SEVERE))
    for _, same in groupby(rows, key=lambda row: row[1:]):
        ids += sorted((row[0] for row in same), key=lambda one: places.get(one, len(places) + 1))
    return ids


def _first_placed(
    connection: Connection, where: list[Any], places: Mapping[str, int], _: str, offset: int, limit: int
) -> list[str] | None:
    """A page by place, without reading all ids; None where that would not be quicker."""
    ids: list[str] = []
    ordered = islice(places, _WALKED)
    only = [findings.c.exception_id]
    while len(ids) < offset + limit:
        if not (chunk := list(islice(ordered, 2 * (offset + limit)))):
            return None
        there = {row[0] for row in select_by(connection, only, findings.c.exception_id, chunk, *where)}
        ids += [one for one in chunk if one in there]
    return ids[offset : offset + limit]


def _placed_among(
    connection: Connection, where: list[Any], places: Mapping[str, int], order: str, offset: int, limit: int
) -> list[str]:
    """A page of a sorted list, out of the ids that share a value of the column with one of the page."""
    by, column = ORDERS[order], ORDERS[order][-1]
    page = select(column).where(*where).order_by(*by).limit(limit).offset(offset)
    values = list(dict.fromkeys(connection.scalars(page)))
    if not values:
        return []
    before = column.is_not(None) if values[0] is None else column < values[0]
    there = [value for value in values if value is not None]
    among = or_(column.in_(there), column.is_(None)) if None in values else column.in_(there)
    start = offset - _count(connection, [*where, before])
    return _placed(connection, [*where, among], places, order)[start : start + limit]


def count_changes(ledger: Ledger, agency: str, sight: Sight | None) -> dict[str, int]:
    """What the last night changed, by duty: how many are better, worse, new and over (spec 5)."""
    filters = {name: Filter(changed=name, sight=sight) for name in DUTY_CHANGES}
    with ledger.reading() as connection:
        return {name: _count(connection, _where(agency, criteria)) for name, criteria in filters.items()}


def _count(connection: Connection, where: list[Any]) -> int:
    return int(connection.scalar(select(func.count()).select_from(findings).where(*where)) or 0)


def _where(agency: str, criteria: Filter) -> list[Any]:
    where = [findings.c.agency == agency, findings.c.status != "withdrawn"]
    if criteria.search is None:
        where.append(findings.c.is_live == (criteria.status != "resolved" and criteria.changed != "over"))
    for name in (f.name for f in fields(Filter)):
        if (value := getattr(criteria, name)) is None:
            continue
        match name:
            case "status":
                where.append(value == SHOWN)
            case "changed":
                of = (duty_changes.c.agency == agency, duty_changes.c.change == value)
                where.append(findings.c.exception_id.in_(select(duty_changes.c.exception_id).where(*of)))
            case "first_seen_until":
                where.append(findings.c.first_seen <= value)
            case "search":
                where.append(or_(*(column == value for column in _SEARCHED)))
            case "sight":
                theirs: list[Any] = [findings.c.office.in_(value.offices)]
                if value.named is not None:
                    theirs += [findings.c.office.is_(None), findings.c.office.not_in(value.named)]
                where.append(or_(*theirs))
            case _:
                where.append(findings.c[name] == value)
    return where


def one_finding(ledger: Ledger, agency: str, exception_id: str) -> Listed | None:
    """A finding by its id."""
    where = (findings.c.agency == agency, findings.c.exception_id == exception_id, findings.c.status != "withdrawn")
    with ledger.reading() as connection:
        row = connection.execute(select(*COLUMNS).where(*where)).first()
    return Listed(*row) if row else None


def history(ledger: Ledger, agency: str, exception_id: str) -> list[Event]:
    """Everything that happened to a finding and to those it took over from, in order."""
    with ledger.reading() as connection:
        by_key: dict[tuple[int, str, str], Event] = {}
        pending = [exception_id]
        while pending:
            events = events_of(connection, agency, [pending.pop()])
            by_key |= {(event.seq, event.exception_id, event.kind): event for event in events}
            ids = {event.exception_id for event in by_key.values()}
            pending += [e.detail["from"] for e in events if e.kind == "inherits" and e.detail["from"] not in ids]
    return [by_key[key] for key in sorted(by_key)]


def events_of(connection: Connection, agency: str, ids: Iterable[str]) -> list[Event]:
    """What happened to some findings, in order."""
    listed = sorted(set(ids))
    of_agency = finding_events.c.agency == agency
    rows = list(select_by(connection, list(finding_events.c), finding_events.c.exception_id, listed, of_agency))
    texts = {
        row.note_id: row.text
        for row in select_by(connection, list(notes.c), notes.c.exception_id, listed, notes.c.agency == agency)
    }
    events = []
    for row in sorted(rows, key=lambda row: (row.seq, row.ordinal)):
        detail = json.loads(row.detail)
        text = texts.get(detail.get("note", ""))
        events.append(Event(row.seq, row.exception_id, row.kind, row.night, row.at, row.actor, detail, text))
    return events
