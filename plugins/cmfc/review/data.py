"""What the pages read: the current list of an agency, its records, and the ledger."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from cmfc.errors import UsageError
from cmfc.feeds.catalog import feeds
from cmfc.ingest.mapping import AgencyMapping, load_mapping
from cmfc.law.library import Law, load_law
from cmfc.ledger.heads import has_entry, head_from
from cmfc.ledger.journal import Head
from cmfc.ledger.store import Ledger, open_ledger
from cmfc.ledger.views import note_view
from cmfc.matching.match import MATCHES
from cmfc.pipeline.current_list import current, stale, taken_back
from cmfc.pipeline.run import run_of
from cmfc.publishing.manifest import NightFacts, read_facts
from cmfc.publishing.tables import with_status
from cmfc.reconcile.recipients import LOGS
from cmfc.review.access import Person
from cmfc.review.answers import Answers
from cmfc.review.desk import Desk
from cmfc.review.lookup import Lookup
from cmfc.review.search_words import report_numbers, searched_children
from cmfc.settings import Settings
from cmfc.storage.duck import open_duckdb, quoted, rows_of
from cmfc.storage.layout import checked_folder, matched_folder, work_folder, work_table
from cmfc.storage.scratch import ScratchFolder
from cmfc.worklists.child_records import LINKED
from cmfc.worklists.missing_now import create_missing_now
from cmfc.worklists.order import create_places

MEMORY = "512MB"
NIGHTS = 4
"""So many agencies' nights a process keeps open; each takes MEMORY at most, the rest is in its file."""

SCANNED = {"findings": "", "episodes": "", "children": "", "searched_children": "", "report_numbers": "number"}
"""Tables that pages read whole, and by which column one of them is asked for a few rows."""
FEW = 1000
"""So many rows are looked up one by one; of more the whole table is read, which takes no longer then."""

_ledger = lru_cache(maxsize=4)(open_ledger)
_law = lru_cache(maxsize=4)(load_law)


@lru_cache(maxsize=4)
def _mapping(path: Path, _stamp: int) -> AgencyMapping:
    """The mapping as it is now; `_stamp` is new when somebody has changed it."""
    return load_mapping(path)


@dataclass(frozen=True)
class AgencyData:
    """One agency's current list.

    Attributes:
        agency: the agency's id; `key` is the name of its mapping, as in the page's address.
        folder: the night's folder in the store.
        store: the folder of all agencies' nights.
        night: the business date.
        as_of: of that night, epoch seconds UTC.
        stale: since when and why the list is out of date; None: it is current.
        apart: a sentence, where what the ledger has is of another night than the list; empty: it is of this one.
        facts: what its manifest says.
    """

    key: str
    mapping: AgencyMapping
    ledger: Ledger
    folder: Path
    store: Path
    night: str
    as_of: int
    stale: dict[str, str] | None
    facts: NightFacts
    apart: str = ""

    @property
    def agency(self) -> str:
        """The agency's id in the ledger."""
        return self.mapping.agency

    @property
    def zone(self) -> ZoneInfo:
        """The agency's time zone."""
        return ZoneInfo(self.mapping.zone)

    @property
    def law(self) -> Law:
        """What is law where the agency is; read once in a process."""
        return _law(self.mapping.jurisdiction, self.mapping.zone)

    @property
    def seen_on(self) -> date:
        """The day on which the list is read, from which days on the list are counted."""
        return date.fromisoformat(self.night) + timedelta(days=1)

    def _tables(self) -> "_Night":
        with _readable(), _reading:  # once, not once per visitor who waits
            stamp = (work_table(self.folder, "findings")).stat().st_mtime_ns
            night = _night(self.folder, self.store, self.as_of, stamp, _seq_of(self.facts))
            if night.is_broken:  # the disk was full, say; it may not be any more
                _night.cache_clear()
                night = _night(self.folder, self.store, self.as_of, stamp, _seq_of(self.facts))
        return night

    @property
    def places(self) -> Mapping[str, int]:
        """Where each finding of the list stands in the one order (worklists/order.py); in that order."""
        return self._tables().places

    def catch_up(self) -> int:
        """Bring the table `desk` (review/desk.py) up to what people did until now, before it is asked; its version."""
        return self._tables().desk.catch_up(self.ledger, self.agency)

    def recall(self, version: int, key: Any, make: Callable[[], Any]) -> Any:
        """What was counted before and still holds; `version`: that of `catch_up`."""
        return self._tables().answers.recall((version, key), make)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Ask the night's tables (see `_Night`); one row per dictionary."""
        with self._tables().connection.cursor() as cursor:
            return rows_of(cursor, sql, values)

    def night_rows(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """As `rows`, of all tables but `desk`: they stay as they are, so what was asked before is not asked again.

        Every caller is given the same rows: they are to be read, not written.
        """
        rows: list[dict[str, Any]] = self._tables().answers.recall((sql, repr(values)), lambda: self.rows(sql, values))
        return rows

    def by(self, table: str, key: str, ids: Iterable[Any], columns: Sequence[str] = ()) -> dict[str, dict[str, Any]]:
        """The rows of a table whose key is among ids, by key; of `columns`, where they are named, key among them."""
        return {row[key]: row for row in self.find(table, key, ids, columns)}

    def find(self, table: str, key: str, ids: Iterable[Any], columns: Sequence[str] = ()) -> list[dict[str, Any]]:
        """The rows of a table whose key is among ids; empty ids are dropped."""
        keys = sorted({one for one in ids if one})
        if not keys:
            return []
        lookup = self._tables().lookups.get(table)
        if lookup and lookup.has(key) and len(keys) <= FEW:
            return lookup.find(key, keys, columns)
        return self.rows(f'SELECT {", ".join(columns) or "*"} FROM {table} WHERE "{key}" IN (SELECT unnest(?))', [keys])

    def about(self, child_id: str) -> dict[str, list[dict[str, Any]]]:
        """The accepted rows about a child, by feed; of reports also those that were matched to it."""
        return {feed: self.of_feed(feed, child_id) for feed in feeds()}

    def of_feed(self, feed: str, child_id: str) -> list[dict[str, Any]]:
        """The accepted rows of one feed about a child."""
        key = feeds()[feed].key
        rows = self.find(feed, "child_id", [child_id])
        if feed in LOGS:
            links = self.find("links", "child_id", [child_id])
            matched = {row["report_id"] for row in links if row["feed"] == feed and row["method"] in LINKED}
            rows += self.by(feed, "record_id", matched - {row["record_id"] for row in rows}).values()
        return sorted(rows, key=lambda row: (row[key] is None, row[key] or "", row["record"]))

    def note_view(self, person: Person, page: str, ids: Iterable[str], at: int) -> None:
        """Note in the journal that a person was shown named records."""
        note_view(self.ledger, self.agency, person.name, page, ids, at)


def open_agency(settings: Settings, key: str) -> AgencyData:
    """What the pages of an agency read, by the name of its mapping.

    Raises:
        UsageError: CMFC-W01 there is no such agency, or no list of it yet.
    """
    path = settings.mapping_file(key) if key else None
    if path is None or path.stem != key:
        raise UsageError("CMFC-W01", "There is no agency with this name.")
    mapping = _mapping(path, path.stat().st_mtime_ns)
    if mapping.agency != key:  # who may see the pages of one name must not be shown another agency under it
        raise UsageError("CMFC-W01", "There is no agency with this name.")
    with _readable():
        night = current(settings.lists, mapping.agency)
    if night is None:
        raise UsageError("CMFC-W01", "No list of this agency has been published yet. Run the nightly job first.")
    run = run_of(mapping, night, settings.store, settings.lists, settings.ledger)
    with _readable():
        facts, mark = read_facts(run.out), stale(settings.lists, mapping.agency)
        later, head = taken_back(settings.lists, mapping.agency), head_from(str((facts.ledger or {})["journal_head"]))
    ledger = _ledger(settings.desk_url())
    return AgencyData(
        key=key, mapping=mapping, ledger=ledger, folder=run.folder, store=run.store, night=night, as_of=run.as_of,
        stale=mark, facts=facts, apart=_apart(ledger, mapping.agency, head, sorted(later)),
    )  # fmt: skip


def _apart(ledger: Ledger, agency: str, head: Head, later: Sequence[str]) -> str:
    """Why what the ledger has is not of the list that stands; empty: it is."""
    if not has_entry(ledger, agency, head):
        return (
            "The ledger does not have this list: it is another one, or an older copy. What people did does not show,"
            " and nothing can be done here until the right one is back."
        )
    if later:
        names = ", ".join(later)
        return (
            f"The ledger has the night of {names} too, which was taken back: what that one ended stands here all the"
            " same, and cannot be acted on."
        )
    return ""


@contextmanager
def _readable() -> Iterator[None]:
    """What is read within are files of the list, which may be gone or damaged.

    Raises:
        UsageError: CMFC-W07 they are.
    """
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, duckdb.Error) as error:
        message = "The files of the current list are missing or cannot be read. Run its night again."
        raise UsageError("CMFC-W07", message, type(error).__name__) from None


class _Night:
    """A night's tables in files of this process's own, gone with it; `lookups`: by table, what pages look up by key."""

    def __init__(self, folder: Path, store: Path, as_of: int, seq: int) -> None:
        """Open them. Order, desk and lookups are made behind the first pages, which read the files meanwhile."""
        self._scratch = ScratchFolder(store, "review")  # it names children
        self.lookups: dict[str, Lookup] = {}
        self._keys: list[tuple[Path, tuple[str, ...]]] = []
        self.connection = open_duckdb(self._scratch.folder / "review.duckdb", threads=1, memory=MEMORY)
        self._table(work_folder(folder), "findings", "exception_id", "child_id")
        self._table(work_folder(folder), "episodes", "episode_id", "child_id")
        self._table(work_folder(folder), "links", "child_id")
        self._table(work_folder(folder), "standing")
        self._table(work_folder(folder), "missing_now", "child_id")
        self._table(work_folder(folder), "delta")
        create_missing_now(self.connection, checked_folder(folder))
        for feed in feeds().values():
            matched = ("record_id",) if feed.name in LOGS else ()
            self._table(checked_folder(folder), feed.name, *dict.fromkeys(("child_id", feed.key, *matched)))
        self._table(matched_folder(folder), Path(MATCHES).stem)
        self.connection.execute(f"CREATE VIEW searched_children AS {searched_children()}")
        self.connection.execute(f"CREATE VIEW report_numbers AS {report_numbers()}")
        parts = quoted(checked_folder(folder) / "quarantine.*.parquet")
        self.connection.execute(
            f"CREATE TABLE quarantine AS SELECT * FROM read_parquet('{parts}', union_by_name = true)"
        )
        self.answers = Answers()
        self._ordered: Future[tuple[Mapping[str, int], Desk]] = Future()
        # No daemon: DuckDB must not be cut off when the process ends.
        Thread(target=self._prepare, args=(as_of, seq)).start()

    @property
    def places(self) -> Mapping[str, int]:
        """Where each finding stands; waits until that is known."""
        return self._ordered.result()[0]

    @property
    def desk(self) -> Desk:
        """The table that lists ask; waits until it is there."""
        return self._ordered.result()[1]

    @property
    def is_broken(self) -> bool:
        """Whether order and desk could not be made."""
        return self._ordered.done() and self._ordered.exception() is not None

    def _prepare(self, as_of: int, seq: int) -> None:
        """Make, behind the first page, what that one does not need."""
        try:
            with self.connection.cursor() as cursor:
                create_places(cursor, as_of, f"({with_status('findings', 'standing')})")
                places = dict(cursor.execute("SELECT exception_id, place FROM places ORDER BY place").fetchall())
            self._ordered.set_result((places, Desk(self.connection, seq)))
        except Exception as error:  # noqa: BLE001 - the page that waits for it says so
            self._ordered.set_exception(error)
            return
        self._look_up()
        self._keep()

    def _table(self, folder: Path, name: str, *keys: str) -> None:
        path = folder / f"{name}.parquet"
        if not path.exists():
            raise FileNotFoundError(path.name)
        self.connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{quoted(path)}')")
        if keys:
            self._keys.append((path, keys))

    def _look_up(self) -> None:
        """Make the lookups; of a table that cannot be copied the files are asked, which is right too."""
        for path, keys in self._keys:
            with suppress(OSError, pa.ArrowException):
                self.lookups[path.stem] = Lookup(path, self._scratch.folder, keys)

    def _keep(self) -> None:
        """Put a table in the place of each view that pages read whole; what cannot be copied stays a view."""
        for name, column in SCANNED.items():
            with suppress(duckdb.Error), self.connection.cursor() as cursor:
                cursor.execute(f"CREATE TABLE kept_{name} AS SELECT * FROM {name}")
                if column:
                    cursor.execute(f"CREATE INDEX {name}_by_{column} ON kept_{name} ({column})")
                cursor.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM kept_{name}")


_reading = Lock()


@lru_cache(maxsize=NIGHTS)
def _night(folder: Path, store: Path, as_of: int, _stamp: int, seq: int) -> _Night:
    """The tables of a folder; `_stamp` is new when the night was run again."""
    return _Night(folder, store, as_of, seq)


def _seq_of(facts: NightFacts) -> int:
    """The journal's entry that recorded a night."""
    return int(str((facts.ledger or {})["journal_head"]).partition(":")[0])
