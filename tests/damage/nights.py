"""Runs the agency's nights: the first undamaged, kept with its ledger, and copies of it for each damaged night."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from cmfc.errors import CmfcError
from cmfc.feeds.catalog import feeds
from cmfc.pipeline.nightly import run_night
from cmfc.pipeline.run import run_of
from cmfc.timing.clock import as_of_night
from tests.damage.agency import NIGHTS, ZONE, Agency
from tests.damage.sources import ADDRESS, Sheet, connect_in, mapping_of, sheet_of, write

HOUR = 3600


class Nights:
    """An agency's store after its first night, and what comes after it.

    Args:
        agency: the planted agency.
        folder: a folder of its own.
        kinds: the kind of source of each feed.
        postgres: address of an empty database, for feeds that come from PostgreSQL.
    """

    def __init__(self, agency: Agency, folder: Path, kinds: Mapping[str, str], postgres: str = "") -> None:
        self.agency, self.folder, self.kinds = agency, folder, dict(kinds)
        self.sources, self.store, self.lists = folder / "sources", folder / "store", folder / "lists"
        self.sources.mkdir(parents=True)
        self.numbers: dict[int, list[int]] = {}
        (self.sources / ADDRESS).write_text(postgres, encoding="utf-8")
        self.mapping = mapping_of(self.sources, kinds)
        self.deliver({})
        error = self.run(NIGHTS[0])
        assert error is None, error
        self.keep("first")

    def deliver(self, damaged: Mapping[str, Sheet]) -> None:
        """Write all feeds, some of them damaged."""
        for name, feed in feeds().items():
            write(self.sources, name, self.kinds[name], damaged.get(name) or sheet_of(feed, self.agency.rows[name]))

    def run(self, day: str) -> CmfcError | None:
        """One night; gives the error it failed with."""
        run = run_of(self.mapping, day, self.store, self.lists)
        try:
            run_night(run, as_of_night(day, ZONE) + HOUR, connect=connect_in(self.sources))
        except CmfcError as error:
            return error
        except Exception as error:  # what the command line calls N01: the program broke
            return CmfcError("CMFC-N01", "", type(error).__name__)
        return None

    def out(self, day: str) -> Path:
        """The folder of the night's lists."""
        return self.lists / self.mapping.agency / day

    def checked(self, day: str) -> Path:
        """The folder of the night's checked feeds."""
        return self.store / self.mapping.agency / day / "checked"

    def keep(self, name: str) -> None:
        """Keep the store as it is now under a name."""
        shutil.rmtree(self.folder / name, ignore_errors=True)
        shutil.copytree(self.store, self.folder / name)

    def back_to(self, name: str) -> None:
        """Put the store back as it was kept."""
        shutil.rmtree(self.store)
        shutil.copytree(self.folder / name, self.store)
        for day in NIGHTS[1:]:
            shutil.rmtree(self.out(day), ignore_errors=True)


def second_nights(nights: Nights, damaged: Mapping[str, Sheet], days: Sequence[str] = NIGHTS[1:2]) -> CmfcError | None:
    """From the first night on, the damaged feeds on each of the days."""
    nights.back_to("first")
    nights.deliver(damaged)
    for day in days:
        if error := nights.run(day):
            return error
    return None
