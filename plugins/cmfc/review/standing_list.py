"""The findings of the list that stands: out of the night's own tables, with what the ledger has of each.

The ledger has what the last night on record left; it alone is asked for what is resolved. After `cmfc current --set` an
earlier list stands, and a ledger that was restored from an older copy, or is another one, does not know the list at
all. Pages and exports then go by the list, so that nothing on it is lost by what a night did that nobody works.
"""

from datetime import date
from typing import Any

from cmfc.ledger.desk import listed_of
from cmfc.ledger.queries import Listed, list_findings
from cmfc.review.context import Visit
from cmfc.review.worklist_query import ListQuery

_SORTED = {"urgency": "", "oldest": "first_seen,", "deadline": "deadline_earliest NULLS LAST,", "code": "code,",
           "office": "office NULLS LAST,", "child": "child_id NULLS LAST,"}  # fmt: skip
_EQUAL = {"status": "status", "changed": "duty_change", "severity": "severity", "queue": "queue", "code": "code",
          "office": "office", "county": "county", "assignee": "assignee"}  # fmt: skip


def findings_of(visit: Visit, query: ListQuery, limit: int, offset: int) -> tuple[list[Listed], int]:
    """A page of the findings that a query asks for, and how many there are in all."""
    data = visit.data
    if not query.is_of_the_list:
        return list_findings(data.ledger, data.agency, query.filter(visit), limit, offset, query.sort, data.places)
    version, part = data.catch_up(), f"LIMIT {limit} OFFSET {offset}"
    key = (query.model_dump_json(exclude={"page"}), str(visit.sight), part)
    rows, total = data.recall(version, key, lambda: (rows_of_list(visit, query, "*", part), _count(visit, query)))
    known = listed_of(data.ledger, data.agency, (row["exception_id"] for row in rows))
    return [_listed(row, known.get(row["exception_id"])) for row in rows], total


def rows_of_list(visit: Visit, query: ListQuery, columns: str, part: str = "") -> list[dict[str, Any]]:
    """Columns of the rows of `desk`, as it was last brought up to date, that a query asks for; `part`: a LIMIT."""
    where, values = _where(visit, query)
    return visit.data.rows(
        f"SELECT {columns} FROM desk WHERE {where} ORDER BY {_SORTED[query.sort]} place {part}", values
    )


def _count(visit: Visit, query: ListQuery) -> int:
    where, values = _where(visit, query)
    (counted,) = visit.data.rows(f"SELECT count(*) AS n FROM desk WHERE {where}", values)
    return int(counted["n"])


def _where(visit: Visit, query: ListQuery) -> tuple[str, list[Any]]:
    sql, values = visit.visible_offices()
    parts, parameters = ["ended IS NULL", f"({sql})"], list(values)
    for name, column in _EQUAL.items():
        if (value := getattr(query, name)) is not None:
            parts.append(f"{column} = ?")
            parameters.append(value)
    if query.episode:
        parts.append("is_open" if query.episode == "open" else "NOT coalesce(is_open, FALSE)")
    if query.min_age is not None:
        parts.append(f"date_diff('day', CAST(first_seen AS DATE), DATE '{visit.data.seen_on}') >= {query.min_age}")
    return " AND ".join(parts), parameters


def _listed(row: dict[str, Any], known: Listed | None) -> Listed:
    """A row of the list as the ledger would give it; the revision is the ledger's, where it has the finding."""
    return Listed(
        **{name: row[name] for name in ("exception_id", "code", "subject_id", "recipient", "child_id", "episode_id",
                                        "severity", "queue", "status", "county", "office", "caseworker_id",
                                        "clock_start_earliest", "deadline_earliest", "assignee")},
        rule_id=row["rule_id"] or "", is_open=bool(row["is_open"]), first_seen=date.fromisoformat(row["first_seen"]),
        resolved_on=None, resolved_by=None, acknowledged_by=known.acknowledged_by if known else None,
        waived_until=date.fromisoformat(row["waived_until"]) if row["waived_until"] else None,
        revision=known.revision if known else 0,
    )  # fmt: skip
