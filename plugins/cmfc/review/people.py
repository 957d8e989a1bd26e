"""To whom something can be assigned: people that the installation knows, those of the case first."""

from collections.abc import Iterable

from cmfc.errors import UsageError
from cmfc.review.context import Visit

MOST = 300
"""So many are shown to choose from; whoever is known can be assigned to all the same."""


def known_people(visit: Visit) -> list[str]:
    """Everybody: whoever looks, those who are named for offices, to whom anything is assigned, and caseworkers."""
    version = visit.data.catch_up()
    of_records = visit.data.recall(version, ("people", str(visit.sight)), lambda: _of_records(visit))
    named = [name for name in visit.settings.review_offices if name != "*"]
    return list(dict.fromkeys([visit.person.name, *sorted(named), *of_records]))


def _of_records(visit: Visit) -> list[str]:
    """To whom anything is assigned, and caseworkers."""
    sql, values = visit.visible_offices()
    workers = visit.data.night_rows(
        f"SELECT DISTINCT caseworker_id AS who FROM children WHERE caseworker_id IS NOT NULL AND ({sql}) ORDER BY who",
        values,
    )
    assigned = visit.data.rows(
        f"SELECT DISTINCT assignee AS who FROM desk WHERE assignee IS NOT NULL AND ({sql}) ORDER BY who", values
    )
    return [row["who"] for row in (*assigned, *workers)]


def choices(visit: Visit, caseworkers: Iterable[str | None]) -> list[str]:
    """Whom a page offers: the caseworkers of what it shows first, then whoever looks, then others."""
    first = sorted({one for one in caseworkers if one})
    return list(dict.fromkeys([*first, *known_people(visit)]))[: max(MOST, len(first) + 1)]


def refuse_unknown(visit: Visit, name: str) -> None:
    """Stop an assignment to nobody that is known.

    Raises:
        UsageError: CMFC-F09.
    """
    if name not in known_people(visit):
        raise UsageError("CMFC-F09", "Choose a person from the list; nobody has this name here.")
