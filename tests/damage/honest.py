"""The rule that calls a damage *undetectable tonight*, made from the record and never from what was lost.

A damage is undetectable where the record that it leaves passes every rule of spec 1, could honestly have been typed,
and, if it were true, says that this child is not missing, or was reported. These are all the ways; each is one clause
below, with the spec's own words. A text that cannot be read, a word that says nothing (but where the spec lets an empty
cell mean something), a time out of order, an unlisted code: never. Everything that is not listed must be told tonight.
"""

from datetime import date, datetime, timedelta

from tests.damage.agency import NIGHTS, Row
from tests.damage.values import EMPTY, Meaning

AS_OF = datetime.fromisoformat(NIGHTS[1]) + timedelta(days=1)
_DAY = timedelta(hours=24)
_MISSING_SETTINGS = ("runaway", "whereabouts_unknown")
_BEGINS = {"absences": "absent_since", "placements": "began_at"}
_COUNTS = ("accepted", "refused", "told_to_wait")


def excuse(feed: str, column: str, means: Meaning, row: Row, shape: str, went: datetime, ids: set[str]) -> str:
    """Why the damaged record honestly says otherwise; empty where it does not.

    Args:
        feed: the feed of the damaged cell.
        column: its column.
        means: what the damaged cell means to a careful reader.
        row: the record before.
        shape: how the child of the set stands.
        went: the begin of the open absence.
        ids: the ids of all children on file.
    """
    if means == str(row[column]):
        return ""
    if feed in _BEGINS:
        return _of_agency_row(feed, column, means, row, ids)
    if feed in ("le_reports", "ncmec_reports"):
        return _of_report(feed, column, means, shape, went)
    if feed == "sightings":
        return _of_sighting(column, means, shape)
    if (feed, column) == ("children", "date_of_birth") and isinstance(means, date):
        age = went.year - means.year - ((went.month, went.day) < (means.month, means.day))
        return "21 or older: nobody need be told" if 21 <= age <= 26 else ""
    return ""


def _of_agency_row(feed: str, column: str, means: Meaning, row: Row, ids: set[str]) -> str:
    if column == "kind" and means in ("away_known", "planned"):
        return "the row says that the child is not missing"
    if column == "setting" and isinstance(means, str) and means in _listed_settings():
        return "" if means in _MISSING_SETTINGS else "the row says that the child is placed"
    if column == "voided" and means is True:
        return "the row is withdrawn"
    if column == "child_id" and means in ids:
        return "the row is another child's"
    if not isinstance(means, datetime):
        return ""
    began = datetime.fromisoformat(row[_BEGINS[feed]])
    if column == "ended_at" and began <= means <= AS_OF:
        return "the row is over"
    if column in (_BEGINS[feed], "agency_informed_at") and AS_OF - _DAY <= means <= AS_OF:
        return "known only since today"
    return ""


def _of_report(feed: str, column: str, means: Meaning, shape: str, went: datetime) -> str:
    kind = shape.partition("_")[2]
    if column == "voided" and kind == "voided" and (means is False or means == EMPTY):
        return "the report is not withdrawn (empty `voided` is not voided)"
    if column == "outcome" and shape == "le_attempted" and means in _COUNTS:
        return "the report was made"
    if column == "source" and shape == "ncmec_police" and means in ("agency", EMPTY):
        return "the agency made the report (an empty source counts, NC-12)"
    if column == "reported_at" and kind == "past" and isinstance(means, datetime) and went - _DAY <= means <= AS_OF:
        return "the report is of this absence"
    return ""


def _of_sighting(column: str, means: Meaning, shape: str) -> str:
    if column == "verified" and shape == "seen_unverified" and means is True:
        return "the sighting is verified"
    if (
        column == "known_to"
        and shape == "seen_before"
        and isinstance(means, datetime)
        and AS_OF - _DAY <= means <= AS_OF
    ):
        return "whereabouts known until today"
    return ""


def _listed_settings() -> tuple[str, ...]:
    from cmfc.feeds.catalog import feeds

    return feeds()["placements"].columns["setting"].codes
