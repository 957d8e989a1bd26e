"""Where a night lies, and what belongs to it wherever it is looked at: its instant, its law, its feeds."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmfc.feeds.catalog import feeds
from cmfc.ingest.mapping import AgencyMapping
from cmfc.timing.clock import as_of_night

if TYPE_CHECKING:  # at run time each step imports what it needs: a DAG is parsed often, and pandas takes a second
    from cmfc.validation.result import CheckedFeed


@dataclass(frozen=True)
class Place:
    """Where one night lies: its mapping, its folder in the store, where its lists go, and the ledger's URL (if any)."""

    mapping: AgencyMapping
    folder: Path
    out: Path
    as_of: int
    business_date: str | None
    ledger: str = ""

    @property
    def store(self) -> Path:
        """The folder of all agencies' nights."""
        return self.folder.parent.parent


def models_of(place: Place) -> Path:
    """The folder of the agency's own linkage models."""
    return place.folder.parent / "models"


def place_of(mapping: AgencyMapping, business_date: str, store: Path, lists: Path, ledger: str = "") -> Place:
    """A night of an agency; its as_of is the local midnight that ends the business date (docs/readings.md)."""
    folder = store / mapping.agency / business_date
    out = lists / mapping.agency / business_date
    url = ledger or f"sqlite:///{store.absolute() / 'ledger.sqlite'}"
    return Place(mapping, folder, out, as_of_night(business_date, mapping.zone), business_date, url)


@cache
def code_version() -> str:
    """The package's version and a digest of its sources: which code judged the night."""
    here = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(here.rglob("*")):
        if path.suffix in (".py", ".sql", ".yml", ".json", ".j2"):
            digest.update(str(path.relative_to(here)).encode() + b"\0" + path.read_bytes())
    return f"{version('cmfc')}+{digest.hexdigest()[:12]}"


def law_of(mapping: AgencyMapping) -> Any:
    """The law that the agency is held to."""
    from cmfc.law.library import load_law

    return load_law(mapping.jurisdiction, mapping.zone)


def checked_feeds(place: Place) -> "dict[str, CheckedFeed]":
    """What the door said of every feed."""
    from cmfc.validation.result import load_checked

    return {name: load_checked(name, place.folder) for name in feeds()}


def previous_rows(place: Place, feed: str) -> int | None:
    """Rows of the last accepted pull of an earlier night, for the band."""
    from cmfc.validation.result import load_checked

    if place.business_date is None:
        return None
    for earlier in _nights_before(place):
        if (earlier / "checked" / f"{feed}.json").exists():
            checked = load_checked(feed, earlier)
            if checked.status == "ok":
                return checked.accounting.pulled
    return None


def matched_before(place: Place) -> Path | None:
    """What matching left on the last earlier night (matching/match.py)."""
    found = (night / "matched" for night in _nights_before(place))
    return next((folder for folder in found if (folder / "match.json").is_file()), None)


def _nights_before(place: Place) -> list[Path]:
    """The folders of the agency's earlier nights, the last one first; all nights where the place is none."""
    nights = sorted(place.folder.parent.glob("????-??-??"), reverse=True)
    return [night for night in nights if place.business_date is None or night.name < place.business_date]
