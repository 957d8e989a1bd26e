"""The ordinary child: known, in state care, in a foster home since 2024: what a scenario need not say."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.tables import Row, rows_of, text_of

NAMES = {"C1": ("Alder", "Ana", "F"), "C2": ("Birch", "Ben", "M"), "C3": ("Cedar", "Cleo", "F"),
         "C4": ("Dogwood", "Dov", "M")}  # fmt: skip
BORN, SINCE = "2012-05-10", "2024-01-01 09:00"
HEADERS = {
    "children": ["child_id", "last_name", "first_name", "date_of_birth", "sex"],
    "custody": ["custody_id", "child_id", "authority", "began_at"],
    "placements": ["placement_id", "child_id", "setting", "began_at"],
    "absences": ["absence_id", "child_id", "kind", "absent_since"],
    "le_reports": ["le_report_id", "child_id", "reported_at", "outcome"],
    "ncmec_reports": ["ncmec_report_id", "child_id", "reported_at"],
}
"""The feeds that an ordinary agency has, with the columns that they have when there is nothing to say."""
OF_A_CHILD = ("children", "custody", "placements")
NONE = "none"


def ordinary_row(feed: str, child: str) -> Row:
    """What the feed says of an ordinary child.

    Raises:
        ValueError: no ordinary child has that id.
    """
    number = child.removeprefix("C")
    if not number.isdigit() or (feed == "children" and child not in NAMES):
        raise ValueError(f"{child} is no ordinary child: write the block of {feed}")
    if feed == "custody":
        return {"custody_id": f"K{number}", "child_id": child, "authority": "state_care", "began_at": SINCE}
    if feed == "placements":
        return {"placement_id": f"P{number}", "child_id": child, "setting": "foster_home", "began_at": SINCE}
    last, first, sex = NAMES[child]
    return {"child_id": child, "last_name": last, "first_name": first, "date_of_birth": BORN, "sex": sex}


def records_of(content: Mapping[str, Any], feeds: Sequence[str]) -> dict[str, str]:
    """The CSV of each feed that the agency has.

    A block of text stands as it is. For children, custody and placements a mapping says in what a child differs from
    the ordinary one; a list of children is ordinary ones. A feed of which nothing is said is there, and empty.

    Raises:
        ValueError: a child that is not there, or is not ordinary.
    """
    absent = content.get("not_configured", [])
    records = {feed: content[feed] for feed in feeds if isinstance(content.get(feed), str)}
    children = content.get("children", ["C1"])
    ids = [row["child_id"] for row in rows_of(children)] if isinstance(children, str) else list(children)
    for feed in OF_A_CHILD:
        if feed not in records and feed not in absent:
            differs = content.get(feed, {})
            records[feed] = _text(feed, ids, {} if isinstance(differs, list) else differs)
    for feed, header in HEADERS.items():
        if feed not in records and feed not in absent:
            records[feed] = text_of(header, [])
    return records


def _text(feed: str, children: Sequence[str], differs: Mapping[str, Any]) -> str:
    if not set(differs) <= set(children):
        raise ValueError(f"{feed}: {sorted(set(differs) - set(children))} are not among the children")
    rows = [{**ordinary_row(feed, child), **(differs.get(child) or {})}
            for child in children if differs.get(child) != NONE]  # fmt: skip
    return text_of(list(dict.fromkeys([*HEADERS[feed], *(column for row in rows for column in row)])), rows)
