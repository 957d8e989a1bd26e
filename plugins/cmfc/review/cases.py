"""Cases as people work them: one per child, under it its duties, under these what was found."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cmfc.ledger.desk import listed_of
from cmfc.reconcile.registry import titles
from cmfc.review.case_query import MANY, TABS, CaseQuery, Conditions, conditions, facet_sql, tabs_sql
from cmfc.review.context import Visit
from cmfc.worklists.order import SEVERITIES

PAGE = 25
"""Cases on a page of the list."""
ACTED_ON = ("status", "assignee")
SETTLED = tuple(name for name in MANY if name not in ACTED_ON)
"""The filters whose counts are the night's; those of ACTED_ON change with what people do."""
MOST_CHOICES = 60
"""Choices of one filter that are shown, those with the most children."""
_OF_FINDING = ("why", "next_action", "hours_over_min", "hours_over_max", "rules", "evidence", "rule_verified",
               "rule_id", "began_earliest", "reason")  # fmt: skip


@dataclass(frozen=True)
class Duty:
    """One duty of a case: rows of `desk` with `finding`, the finding as the ledger has it."""

    name: str
    rows: tuple[dict[str, Any], ...]

    @property
    def first(self) -> dict[str, Any]:
        """The most urgent one."""
        return self.rows[0]

    @property
    def severity(self) -> str:
        """The highest."""
        return min((str(row["severity"]) for row in self.rows), key=SEVERITIES.index)

    @property
    def chosen(self) -> str:
        """What a form sends for all of it."""
        return ",".join(filter(None, (row["chosen"] for row in self.rows)))

    @property
    def ids(self) -> list[str]:
        """Of what can be acted on."""
        return [row["exception_id"] for row in self.rows if row["chosen"]]


@dataclass(frozen=True)
class Case:
    """A child, or what is about none on file; `child`: its row, None where there is none."""

    case_id: str
    child_id: str | None
    child: dict[str, Any] | None
    missing: dict[str, Any] | None
    duties: tuple[Duty, ...]

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Everything found."""
        return [row for duty in self.duties for row in duty.rows]

    @property
    def chosen(self) -> str:
        """What a form sends for all of it."""
        return ",".join(filter(None, (duty.chosen for duty in self.duties)))

    @property
    def ids(self) -> list[str]:
        """Of what can be acted on."""
        return [one for duty in self.duties for one in duty.ids]

    @property
    def severity(self) -> str:
        """The highest."""
        return min((duty.severity for duty in self.duties), key=SEVERITIES.index)

    def of(self, name: str) -> str | None:
        """Office, county or caseworker."""
        there = self.child or (self.rows[0] if self.rows else {})
        return there.get(name)


@dataclass(frozen=True)
class Listing:
    """A page of cases. `tabs`: by queue, children, duties and findings; `facets`: by filter, value and children."""

    cases: tuple[Case, ...]
    tabs: dict[str, dict[str, int]]
    facets: dict[str, list[tuple[str, int]]]


def list_cases(visit: Visit, query: CaseQuery) -> Listing:
    """What a person sees of a query."""
    version = visit.data.catch_up()
    now = visit.now - visit.now % 60
    filters = conditions(query, visit.person.name, visit.visible_offices(), visit.data.as_of, now)
    by = visit.person.name if query.assignee else ""  # "mine" is of a person; everything else is the same for all
    soon = now if query.soon else 0
    key = (query.model_copy(update={"page": 1}).model_dump_json(), by, str(filters.by_name["sight"]), soon)
    # What people do by day changes a status and to whom something is assigned, and no other count.
    of_night = version if query.status or query.assignee else 0
    ids = visit.data.recall(of_night, (*key, query.page), lambda: _page(visit, filters, query.page))
    tabs = visit.data.recall(of_night, (*key, "tabs"), lambda: _tabs(visit, filters))
    settled = visit.data.recall(of_night, (*key, "night"), lambda: _facets(visit, filters, SETTLED))
    acted_on = visit.data.recall(version, (*key, "day"), lambda: _facets(visit, filters, ACTED_ON))
    return Listing(tuple(cases_of(visit, ids, filters)), tabs, settled | acted_on)


def _page(visit: Visit, filters: Conditions, page: int) -> list[str]:
    sql, values = filters.where()
    rows = visit.data.rows(
        f"SELECT case_id FROM desk WHERE {sql} GROUP BY case_id"
        f" ORDER BY NOT bool_or(is_missing), min(place) LIMIT {PAGE} OFFSET {(page - 1) * PAGE}",
        values,
    )
    return [row["case_id"] for row in rows]


def _tabs(visit: Visit, filters: Conditions) -> dict[str, dict[str, int]]:
    rows = visit.data.rows(*tabs_sql(filters))
    none = {"children": 0, "duties": 0, "findings": 0}
    return {**dict.fromkeys(TABS, none), **{row.pop("queue"): row for row in rows}}


def _facets(visit: Visit, filters: Conditions, names: tuple[str, ...]) -> dict[str, list[tuple[str, int]]]:
    parts = [facet_sql(filters, name) for name in names]
    counted = visit.data.rows(
        f"SELECT * FROM ({' UNION ALL '.join(f'({sql})' for sql, _ in parts)}) ORDER BY name, n DESC, value",
        [one for _, values in parts for one in values],
    )
    facets: dict[str, list[tuple[str, int]]] = {name: [] for name in names}
    for row in counted:
        facets[row["name"]].append((row["value"], row["n"]))
    return facets


def cases_of(visit: Visit, ids: list[str], filters: Conditions | None = None) -> list[Case]:
    """Cases in the order given, with what conditions leave of them."""
    sql, values = filters.where() if filters else visit.visible_offices()
    marks = ", ".join("?" * len(ids)) or "NULL"
    rows = visit.data.rows(
        f"SELECT * FROM desk WHERE case_id IN ({marks}) AND {sql} ORDER BY place, exception_id", [*ids, *values]
    )
    ids_of_rows = (row["exception_id"] for row in rows)
    tonight = visit.data.by("findings", "exception_id", ids_of_rows, ("exception_id", *_OF_FINDING))
    for row in rows:
        finding = tonight.get(row["exception_id"], {})  # what the night ended is in no list of it
        row.update({name: finding.get(name) for name in _OF_FINDING})
    fill(visit, rows)
    on_file = visit.data.by("children", "child_id", ids)
    # What ended may have been of an office that the child has left: the finding is shown there, the child is not.
    children = {one: child for one, child in on_file.items() if visit.sees(child["office"])}
    missing = visit.data.by("missing_now", "child_id", (one for one in ids if one in children or one not in on_file))
    by_case: dict[str, list[dict[str, Any]]] = {one: [] for one in ids}
    for row in rows:
        by_case[row["case_id"]].append(row)
    return [Case(one, child_id_of(findings), children.get(one), missing.get(one), duties_of(findings))
            for one, findings in by_case.items()]  # fmt: skip


def child_id_of(rows: list[dict[str, Any]]) -> str | None:
    """The child that rows of one case are about."""
    return rows[0]["child_id"] if rows else None


def duties_of(rows: Iterable[dict[str, Any]]) -> tuple[Duty, ...]:
    """Rows by duty, in the order of the first of each."""
    groups: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["duty_no"], []).append(row)
    return tuple(Duty(group[0]["duty"], tuple(group)) for group in groups.values())


def fill(visit: Visit, rows: list[dict[str, Any]]) -> None:
    """Give rows their `title`, and `chosen`: id and revision for a form, empty where nothing can be done to it."""
    now = listed_of(visit.data.ledger, visit.data.agency, (row["exception_id"] for row in rows))
    for row in rows:
        finding = now.get(row["exception_id"])
        row["title"] = row["title"] or titles()[row["code"]]
        is_live = finding is not None and finding.status != "resolved" and row["ended"] is None
        row["chosen"] = f"{finding.exception_id}:{finding.revision}" if finding and is_live else ""
