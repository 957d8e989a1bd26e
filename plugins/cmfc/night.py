"""One night as a few plain function calls: what the DAG's tasks and the command line both call.

Every function takes and gives ids, counts and paths only, so that nothing personal can cross between tasks.
"""

import hashlib
import json
import logging
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from cmfc.feeds.catalog import feeds
from cmfc.intake.mapping import AgencyMapping, mapping_of_folder
from cmfc.intake.sources import SqlSource
from cmfc.logs import logger

if TYPE_CHECKING:  # at run time each step imports what it needs: a DAG is parsed often, and pandas takes a second
    from cmfc.intake.checked import CheckedFeed
    from cmfc.intake.readers import Connect

log = logger(__name__)


@dataclass(frozen=True)
class Place:
    """Where one night lies: its mapping, its folder in the store, and where its lists go."""

    mapping: AgencyMapping
    folder: Path
    out: Path
    as_of: int
    business_date: str | None


def place_of(mapping: AgencyMapping, business_date: str, store: Path, lists: Path) -> Place:
    """A night of an agency; its as_of is the local midnight that ends the business date (docs/readings.md)."""
    folder = store / mapping.agency / business_date
    out = lists / mapping.agency / business_date
    return Place(mapping, folder, out, as_of_night(business_date, mapping.zone), business_date)


def as_of_night(business_date: str, zone: str) -> int:
    """Epoch seconds of the local midnight that ends a business date; right on days of 23 and 25 hours."""
    following = date.fromisoformat(business_date) + timedelta(days=1)
    return int(datetime(following.year, following.month, following.day, tzinfo=ZoneInfo(zone)).timestamp())


def pull_feed(
    place: Place, feed: str, pulled_at: int, connect: "Connect | None", again: bool = False
) -> dict[str, Any]:
    """Pulls one feed, or takes the snapshot that is there (intake/snapshot.py).

    `may_pass` says of a broken feed that it comes from a database, which may answer later.
    """
    from cmfc.intake.snapshot import pull

    pulled = pull(feed, place.mapping, place.folder, pulled_at=pulled_at, connect=connect, again=again)
    log.info("Feed pulled.", feed=feed, rows=pulled.rows, status="broken" if pulled.broken else "read")
    mapped = place.mapping.feeds.get(feed)
    return {
        "feed": feed,
        "rows": pulled.rows,
        "sha256": pulled.sha256,
        "is_broken": bool(pulled.broken),
        "may_pass": mapped is not None and isinstance(mapped.source, SqlSource),
    }


def check_feed(place: Place, feed: str) -> dict[str, Any]:
    """Checks one pulled feed at the door (intake/door.py)."""
    # Importing it writes some 200 lines, and this must be said before.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    from cmfc.intake.door import check

    checked = check(feed, place.mapping, place.folder, as_of=place.as_of, previous_rows=_previous_rows(place, feed))
    log.info("Feed checked.", feed=feed, status=checked.status, **asdict(checked.accounting))
    return {"feed": feed, "status": checked.status, **asdict(checked.accounting)}


def settle_night(place: Place) -> dict[str, str]:
    """What the door can only say with every feed at hand (intake/settling.py); gives each feed's status."""
    from cmfc.intake.door import settle

    return {name: checked.status for name, checked in settle(place.folder, place.mapping).items()}


def match_night(place: Place, decisions_url: str = "", everything: bool = False) -> dict[str, int]:
    """Matches the reports that carry no id of a child on file (matching/match.py); gives reports per method.

    What people answered before as_of is applied. `everything`: nothing is taken over from an earlier night.
    """
    from cmfc.matching.decisions import decisions_of
    from cmfc.matching.match import SUMMARY, Rules, match
    from cmfc.matching.model import load_model

    said, agency_folder = place.mapping.matching, place.folder.parent
    model = load_model(said.model, agency_folder / "models")
    answers = decisions_of(agency_folder.parent, place.mapping.agency, decisions_url).standing(place.as_of)
    told = match(
        place.folder / "checked",
        place.folder / "matched",
        place.as_of,
        model,
        rules=Rules(said.accept, said.review),
        answers=answers,
        previous=None if everything else _before(place, f"matched/{SUMMARY}"),
    )
    log.info("Reports matched.", model=told.model, reports=told.reports, scored=told.scored, kept=told.kept)
    return {"reports": told.reports, **told.methods}


def reconcile_night(place: Place, threads: int | None = None) -> dict[str, int]:
    """Judges the night (reconcile/engine.py); gives the rows of each work table."""
    from cmfc.reconcile.engine import reconcile

    night, law = _night(place, _checked(place), threads), _law(place.mapping)
    matches = place.folder / "matched" / "matches.parquet"
    rows = reconcile(place.folder / "checked", place.folder / "work", night, law, matches=matches)
    for table, count in rows.items():
        log.info("Table written.", table=table, rows=count)
    return rows


def publish_night(place: Place) -> dict[str, Any]:
    """Publishes the night's lists, whole or not at all (outputs/publish.py)."""
    from cmfc.matching.match import read_summary
    from cmfc.outputs.package import FeedFacts, NightFacts
    from cmfc.outputs.publish import publish

    checked = _checked(place)
    incomplete = tuple(
        f"{name} could not be used tonight: {' '.join(c.broken)}" for name, c in checked.items() if c.broken
    )
    facts = NightFacts(
        agency=place.mapping.agency,
        agency_name=place.mapping.name,
        business_date=place.business_date,
        as_of=place.as_of,
        zone=place.mapping.zone,
        jurisdiction=place.mapping.jurisdiction,
        code_version=code_version(),
        law_digest=_law(place.mapping).digest,
        linkage_model_digest=read_summary(place.folder / "matched").model_digest,
        feeds={
            name: FeedFacts(c.status, asdict(c.accounting), c.sha256 or None, c.broken) for name, c in checked.items()
        },
        incomplete=incomplete,
    )
    report = publish(place.folder / "work", place.folder / "checked", facts, place.out)
    log.info("Lists published.", folder=place.out)
    accounting = {name: {"status": c.status, **asdict(c.accounting)} for name, c in checked.items()}
    return {**report, "feeds": accounting, "incomplete": list(incomplete)}


def run_night(
    place: Place,
    pulled_at: int,
    connect: "Connect | None" = None,
    again: bool = False,
    step: Callable[[str], None] = lambda name: None,
    decisions_url: str = "",
) -> dict[str, Any]:
    """A whole night, one step after the other; `step` is told the name of each."""
    for feed in feeds():
        step(f"pull {feed}")
        pull_feed(place, feed, pulled_at, connect, again)
    for feed in feeds():
        step(f"check {feed}")
        check_feed(place, feed)
    step("settle")
    settle_night(place)
    step("match")
    match_night(place, decisions_url, everything=again)
    step("reconcile")
    reconcile_night(place)
    step("publish")
    return publish_night(place)


def stand(place: Place, lists: Path) -> None:
    """Makes the night's list the current one, unless a later night's stands.

    The mark of being stale goes when this night is not before the one that failed.
    """
    from cmfc.outputs.standing import STALE, clear_stale, current, point_current

    agency, date_now = place.mapping.agency, place.business_date
    assert date_now is not None
    standing, mark = current(lists, agency), lists / agency / STALE
    if standing is None or standing <= date_now:
        point_current(lists, agency, date_now)
    if mark.exists() and json.loads(mark.read_bytes())["since"] <= date_now:
        clear_stale(lists, agency)


def fall_short(place: Place, lists: Path, sentence: str | None = None) -> None:
    """The night failed: the last list stays and is marked stale, with a sentence for an analyst.

    A list of a later night is not stale because an earlier night failed. Without a sentence, the one that stands stays.
    """
    from cmfc.outputs.standing import current, mark_stale

    agency, date_now = place.mapping.agency, place.business_date
    assert date_now is not None
    standing = current(lists, agency)
    if standing is not None and standing > date_now:
        return
    mark_stale(lists, agency, date_now, sentence)
    log.warning("The last list is stale.", agency=agency, business_date=date_now)


def log_summary(told: Mapping[str, Any]) -> None:
    """Says in the log what `publish_night` told: the accounting per feed, counts per code and severity, the folder."""
    for name, feed in told["feeds"].items():
        log.info("Feed.", feed=name, **feed)
    for severity, count in told["counts"]["by_severity"].items():
        log.info("Findings.", severity=severity, findings=count)
    for code, count in told["counts"]["by_code"].items():
        log.info("Findings.", code=code, findings=count)
    log.info("Lists.", folder=told["folder"])


def reconcile_folder(
    records: Path,
    zone: str,
    jurisdiction: str,
    as_of: int,
    out: Path,
    agency: str = "local",
    runaway_placements_kept: bool = False,
    threads: int | None = None,
    step: Callable[[str], None] = lambda name: None,
) -> dict[str, Any]:
    """Reconciles a folder of `<feed>.csv` files with canonical columns, without Airflow and without a store.

    The pull is taken to have been at as_of. `decisions.csv` in the folder holds people's answers about matches, if
    there are any (docs/how-to/matching.md). Nothing is kept but `out`.
    """
    mapping = mapping_of_folder(records, zone, jurisdiction, agency, runaway_placements_kept)
    with tempfile.TemporaryDirectory(prefix="cmfc-") as store:
        place = Place(mapping, Path(store) / agency / "night", out, as_of, None)
        _take_decisions(records, place)
        return run_night(place, as_of, step=step)


def _take_decisions(records: Path, place: Place) -> None:
    from cmfc.matching.decisions import decisions_of, read_decisions

    if (records / "decisions.csv").is_file():
        store = decisions_of(place.folder.parent.parent, place.mapping.agency)
        for decision in read_decisions(records / "decisions.csv", place.mapping.zone):
            store.add(decision)


@cache
def code_version() -> str:
    """The package's version and a digest of its sources: which code judged the night."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(here.rglob("*")):
        if path.suffix in (".py", ".sql", ".yml", ".json", ".j2"):
            digest.update(str(path.relative_to(here)).encode() + b"\0" + path.read_bytes())
    return f"{version('cmfc')}+{digest.hexdigest()[:12]}"


def _law(mapping: AgencyMapping) -> Any:
    from cmfc.law.library import load_law

    return load_law(mapping.jurisdiction, mapping.zone)


def _checked(place: Place) -> "dict[str, CheckedFeed]":
    from cmfc.intake.checked import load_checked

    return {name: load_checked(name, place.folder) for name in feeds()}


def _night(place: Place, checked: "Mapping[str, CheckedFeed]", threads: int | None) -> Any:
    from cmfc.reconcile.engine import Night

    mapping = place.mapping
    begins = mapping.history_begins_on
    before = (begins - timedelta(days=1)).isoformat() if begins else None
    return Night(
        agency=mapping.agency,
        as_of=place.as_of,
        zone=mapping.zone,
        jurisdiction=mapping.jurisdiction,
        stitch_gap_seconds=int(mapping.stitch_gap_hours * 3600),
        runaway_placements_kept=mapping.runaway_placements_kept,
        history_begins=as_of_night(before, mapping.zone) if before else None,
        status={name: c.status for name, c in checked.items()},
        threads=threads,
        unknowns=tuple(u for c in checked.values() for u in c.unknowns),
    )


def _previous_rows(place: Place, feed: str) -> int | None:
    """Rows of the last accepted pull of an earlier night, for the band."""
    from cmfc.intake.checked import load_checked

    if place.business_date is None or not place.folder.parent.is_dir():
        return None
    for earlier in sorted((p for p in place.folder.parent.iterdir() if p.name < place.business_date), reverse=True):
        if (earlier / "checked" / f"{feed}.json").exists():
            checked = load_checked(feed, earlier)
            if checked.status == "ok":
                return checked.accounting.pulled
    return None


def _before(place: Place, file: str) -> Path | None:
    """The folder of `file` in the last earlier night that has it."""
    if place.business_date is None or not place.folder.parent.is_dir():
        return None
    nights = sorted((p for p in place.folder.parent.iterdir() if p.name < place.business_date), reverse=True)
    return next(((night / file).parent for night in nights if (night / file).is_file()), None)
