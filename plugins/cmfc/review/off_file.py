"""Children without a row on file who are spoken of all the same, so that a search does not say that nothing fits."""

from collections.abc import Iterable
from typing import Any

from cmfc.ledger.desk import of_child
from cmfc.privacy.ids import short_hash
from cmfc.review.context import Visit
from cmfc.review.search_words import named
from cmfc.review.today import Today

MOST = 50
"""So many of those whom only the hourly watch has."""
_COLUMNS = ("child_id", "last_name", "first_name", "middle_name", "aliases", "date_of_birth", "office", "caseworker_id")
Row = dict[str, Any]


def children_off_file(visit: Visit, today: Today, term: str, ids: Iterable[str]) -> list[Row]:
    """Rows as those of the feed children, of what a term means.

    One whose records have gone or whose row was set aside is found by id, and so is one who was on an earlier list; one
    whom the hourly watch has and the night had not, by name too.

    Args:
        visit: who searches.
        today: what there is besides the night.
        term: what was typed.
        ids: of children to whom a record, a report or a finding of that id leads.
    """
    hits = {
        row["child_id"]: row for row in (*_former(visit, term), *_listed(visit, term, ids), *_newer(visit, today, term))
    }
    on_file = visit.data.by("children", "child_id", hits)
    return [dict.fromkeys(_COLUMNS) | row for one, row in hits.items() if one not in on_file]


def _listed(visit: Visit, term: str, ids: Iterable[str]) -> list[Row]:
    """Those of the night's list; an id that was no plain token is there as its hash."""
    visit.data.catch_up()
    off_file = visit.data.night_rows(  # what people do changes none of these columns
        "SELECT * FROM (SELECT child_id, office, caseworker_id FROM missing_now"
        " UNION SELECT child_id, office, caseworker_id FROM desk)"
        " WHERE child_id IS NOT NULL AND child_id NOT IN (SELECT child_id FROM children) ORDER BY ALL"
    )
    wanted = {*ids, f"#{short_hash(term)}"}
    named = (row for row in off_file if row["child_id"] in wanted or row["child_id"].lower() == term.lower())
    return [row for row in named if visit.sees(row["office"])]


def _former(visit: Visit, term: str) -> list[Row]:
    """The child of earlier lists with this id."""
    seen = [one for one in of_child(visit.data.ledger, visit.data.agency, term) if visit.sees(one.office)]
    return [{"child_id": one.child_id, "office": one.office, "caseworker_id": one.caseworker_id} for one in seen[:1]]


def _newer(visit: Visit, today: Today, term: str) -> list[Row]:
    """Those whom the hourly watch has among the missing."""
    if today.watch is None:
        return []
    (sql, offices), (where, words) = visit.visible_offices(), named(term)
    by_name = f" OR child_id IN (SELECT child_id FROM child_names WHERE {where})" if where else ""
    columns = ", ".join(name for name in _COLUMNS if name != "aliases")
    return today.watch.rows(
        f"SELECT {columns} FROM missing_named WHERE ({sql}) AND (lower(child_id) = lower(?){by_name})"
        f" ORDER BY place LIMIT {MOST}",
        [*offices, term, *words],
    )
