"""One run of an agency: its mapping, folders, instant and ledger, and what follows from them."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmfc.feeds.catalog import feeds
from cmfc.ingest.mapping import AgencyMapping
from cmfc.ingest.sources import SqlSource
from cmfc.settings import Settings
from cmfc.timing.clock import as_of_night

if TYPE_CHECKING:  # at run time each step imports what it needs: a DAG is parsed often, and pandas takes a second
    from cmfc.validation.result import CheckedFeed


@dataclass(frozen=True)
class Run:
    """A run: one agency, one business date.

    Attributes:
        folder: in the store.
        out: where its lists go.
        as_of: epoch seconds UTC; verdicts are true for it.
        business_date: YYYY-MM-DD; None if a folder of files is reconciled outside a night.
        ledger: SQLAlchemy URL; empty: nothing is recorded.
    """

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

    @property
    def spared(self) -> tuple[Path, ...]:
        """What must not go when its lists take the place of an older folder: its records and the installation."""
        records = [feed.source.path for feed in self.mapping.feeds.values() if not isinstance(feed.source, SqlSource)]
        return (*records, self.store, *Settings().folders())


def models_of(run: Run) -> Path:
    """The folder of the agency's own linkage models."""
    return run.folder.parent / "models"


def run_of(mapping: AgencyMapping, business_date: str, store: Path, lists: Path, ledger: str = "") -> Run:
    """The run of a night; its as_of is the local midnight that ends the business date (docs/readings.md)."""
    folder = store / mapping.agency / business_date
    out = lists / mapping.agency / business_date
    url = ledger or f"sqlite:///{store.absolute() / 'ledger.sqlite'}"
    return Run(mapping, folder, out, as_of_night(business_date, mapping.zone), business_date, url)


def law_of(mapping: AgencyMapping) -> Any:
    """The law that the agency is held to."""
    from cmfc.law.library import load_law

    return load_law(mapping.jurisdiction, mapping.zone)


def checked_feeds(run: Run) -> "dict[str, CheckedFeed]":
    """What validation made of every feed."""
    from cmfc.validation.result import load_checked

    return {name: load_checked(name, run.folder) for name in feeds()}


def previous_rows(run: Run, feed: str) -> int | None:
    """Rows of the last accepted pull of an earlier night, for the band.

    A night whose record cannot be read, as after a power cut, accepted nothing that is known of.
    """
    from cmfc.validation.result import load_checked

    if run.business_date is None:
        return None
    for earlier in _nights_before(run):
        with suppress(OSError, ValueError, KeyError, TypeError):
            checked = load_checked(feed, earlier)
            if checked.status == "ok":
                return checked.accounting.pulled
    return None


def matched_before(run: Run) -> Path | None:
    """What matching left on the last earlier night (matching/match.py)."""
    folders = (night / "matched" for night in _nights_before(run))
    return next((folder for folder in folders if (folder / "match.json").is_file()), None)


def _nights_before(run: Run) -> list[Path]:
    """The folders of the agency's earlier nights, the last one first; all of them if this is no nightly run."""
    nights = sorted(run.folder.parent.glob("????-??-??"), reverse=True)
    return [night for night in nights if run.business_date is None or night.name < run.business_date]
