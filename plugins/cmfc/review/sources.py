"""For the owner of a source: what was set aside of each feed over the nights, by rule, and the rows (spec 6).

Counts are for everybody; rows, with their records, for those who work the list. No page here names a child.
"""

from dataclasses import dataclass
from itertools import takewhile
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from cmfc.errors import UsageError
from cmfc.feeds.catalog import feeds
from cmfc.ledger.runs import list_feeds
from cmfc.review.context import Reading, Visit, Working
from cmfc.worklists.set_aside import EFFECTS, Reason, as_csv, count_rules, set_aside, source_name

router = APIRouter()
NIGHTS = 14
"""Nights beside each other."""
SHOWN = 500
"""Rows on the page; the CSV file has all."""


@dataclass(frozen=True)
class FeedNight:
    """One feed on one night, as the ledger has it. `quarantined` rows and `fields` were set aside.

    `sha256`: of what was pulled; empty where nothing was. `before`: rows of the last delivery, where more than twice
    as many came.
    """

    night: str
    status: str
    pulled: int
    quarantined: int
    fields: int
    sha256: str
    before: int | None

    @property
    def share(self) -> float:
        """Per cent of the rows that were set aside; of no rows, none."""
        return 100 * self.quarantined / self.pulled if self.pulled else 0.0


@router.get("/sources", response_class=HTMLResponse)
def sources(visit: Reading) -> Response:
    """Every feed: where it comes from, and what was set aside of it on the last nights."""
    by_feed = {name: _nights(visit, name) for name in feeds()}
    names = {name: source_name(visit.data.mapping, name) for name in feeds()}
    same = {name: same_since(nights) for name, nights in by_feed.items()}
    return visit.page("sources.html.j2", by_feed=by_feed, names=names, same=same)


@router.get("/sources/{feed}", response_class=HTMLResponse)
def source(visit: Reading, feed: str, about: Annotated[str, Query(max_length=400)] = "") -> Response:
    """One feed: by rule over the nights, and tonight's rows; `about` is the subject of a finding that led here."""
    nights = _nights(visit, _name_of_feed(feed))
    by_night = set_aside(visit.data.store, visit.data.mapping, feed, [night.night for night in nights])
    visible = {night: None if rows is None else _for(visit, rows) for night, rows in by_night.items()}
    tonight = visible.get(visit.data.night) or []
    first = sorted(tonight, key=lambda row: about not in (row.record, row.subject)) if about else tonight
    return visit.page(
        "source.html.j2", feed=feed, nights=nights, source=source_name(visit.data.mapping, feed),
        same=same_since(nights),
        rules=count_rules(visible), effects=EFFECTS, about=about, total=len(tonight),
        rows=first[:SHOWN] if visit.person.sees_names else [],
        facts=visit.data.facts.feeds.get(feed),
    )  # fmt: skip


@router.get("/sources/{feed}/rows.csv")
def rows_as_csv(visit: Working, feed: str, night: Annotated[str, Query(max_length=10)] = "") -> Response:
    """The rows of a night, or of all nights that are kept, to send to the owner of the source."""
    nights = [one.night for one in _nights(visit, _name_of_feed(feed)) if night in ("", one.night)]
    if night and not nights:
        raise UsageError("CMFC-W02", "There is no such night of this feed, or its rows are kept no more.")
    by_night = set_aside(visit.data.store, visit.data.mapping, feed, nights)
    rows = [row for of_night in by_night.values() for row in _for(visit, of_night or [])]
    name = f"cmfc-{visit.data.key}-{feed}-{night or 'nights'}.csv"
    return Response(as_csv(rows), media_type="text/csv; charset=utf-8",
                    headers={"Content-Disposition": f'attachment; filename="{name}"'})  # fmt: skip


def _name_of_feed(feed: str) -> str:
    if feed not in feeds():
        raise UsageError("CMFC-W01", "There is no feed with this name.")
    return feed


def _nights(visit: Visit, feed: str) -> list[FeedNight]:
    """The feed's last nights up to that of the list, the oldest first."""
    listed = list_feeds(visit.data.ledger, visit.data.agency, NIGHTS * len(feeds()))
    return [_night(row) for row in listed if row["feed"] == feed and row["night"] <= visit.data.night]


def same_since(nights: list[FeedNight]) -> str:
    """The first of the nights since which the feed's last delivery is the same, row for row; empty: it is new."""
    last = nights[-1] if nights else None
    if last is None or not last.sha256 or not last.pulled:
        return ""
    *_, first = takewhile(lambda night: night.sha256 == last.sha256, reversed(nights))
    return "" if first is last else first.night


def _night(row: dict[str, Any]) -> FeedNight:
    counts = row["accounting"]
    return FeedNight(
        row["night"], row["status"], counts["pulled"], counts["quarantined"], row["fields_set_aside"], row["sha256"],
        row.get("rows_before"),  # what an earlier version recorded has none
    )  # fmt: skip


def _for(visit: Visit, rows: list[Reason]) -> list[Reason]:
    """The rows of children whom the visitor may see, and of nobody on file where the rest is theirs."""
    if visit.sight is None:
        return rows
    children = visit.data.by("children", "child_id", (row.child_id for row in rows))
    return [row for row in rows if visit.sees((children.get(row.child_id or "") or {"office": None})["office"])]
