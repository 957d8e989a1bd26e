"""Digests of the ledger's rows: each entry of the journal vouches for the rows that it brought, changed or erased.

Every write of a row goes through a `NewEntry`. It notes the row's digest in `row_digests`, and a hash over these notes
in the entry. `cmfc verify` computes the digests again and names a row that was changed past the journal.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Boolean, Connection, Date, Integer, String, Table, cast, func, select, type_coerce

from cmfc.errors import UsageError
from cmfc.ledger.bulk import insert_rows, select_by
from cmfc.ledger.journal import Head, append, head_of, line_of, lines_digest
from cmfc.ledger.tables import (
    assignments,
    claims,
    duty_changes,
    episodes,
    findings,
    link_decisions,
    links,
    notes,
    outbox,
    releases,
    row_digests,
    runs,
    saved_views,
    snapshots,
    waivers,
)

Key = tuple[Any, ...]
"""The primary key of a row without the agency."""
VOUCHED = (runs, snapshots, episodes, links, findings, duty_changes, assignments, waivers, notes, releases,
           link_decisions, claims, outbox, saved_views)  # fmt: skip
"""The tables whose rows have digests. Those of finding_events and lineage are hashed per entry (ledger/verify.py)."""
GONE = ""
"""The digest of a row that is not there."""
_BY = {links: "report_id"}
"""The column by which rows are looked up, where it is not the first of the key."""
_MANY = 20_000
"""Rows from which on a whole table is read instead of one query per 500 of them."""
STREAM = {"yield_per": 10_000}
"""Reads many rows without holding them all."""


@dataclass
class NewEntry:
    """An entry that is being written, and the rows it vouches for; the caller holds the agency's lock.

    Attributes:
        connection: of the transaction that writes them.
        agency: whose.
        seq: the entry's number.
        altered: table and key of rows that were not, before this entry, as the journal last had them.
    """

    connection: Connection
    agency: str
    seq: int = 0
    altered: list[tuple[str, str]] = field(default_factory=list)
    _touched: dict[Table, dict[Key, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Takes the number after the last one."""
        self.seq = head_of(self.connection, self.agency).seq + 1

    def touch(self, table: Table, keys: Iterable[Key]) -> None:
        """Name rows that are about to be written or erased; those that differ from their last digest are noted."""
        there = self._touched.setdefault(table, {})
        fresh = {key: text_of(key) for key in set(keys).difference(there)}
        there |= fresh
        now = digests_of(self.connection, self.agency, table, fresh)
        last = last_digests(self.connection, self.agency, table, None if len(fresh) > _MANY else fresh.values())
        altered = [key for key in fresh.values() if now.get(key, GONE) != last.get(key, (0, GONE))[1]]
        self.altered += [(table.name, key) for key in sorted(altered)]

    def refuse_altered(self) -> None:
        """Stop a person's act on a row that was changed past the journal.

        Raises:
            UsageError: CMFC-J11.
        """
        if self.altered:
            table = self.altered[0][0]
            raise UsageError("CMFC-J11", f"A row of {table} that this act needs was changed outside cmfc.")

    def append(self, at: int, kind: str, body: Mapping[str, Any]) -> Head:
        """Add the entry, once every row has been written; return the journal's head."""
        noted = []
        for table, keys in self._touched.items():
            now = digests_of(self.connection, self.agency, table, keys)
            noted += [(table.name, key, now.get(key, GONE)) for key in keys.values()]
        noted.sort()
        more: dict[str, Any] = {"rows": lines_digest(noted)} if noted else {}
        if self.altered:
            more["altered"] = [list(one) for one in self.altered]
        head = append(self.connection, self.agency, at, kind, {**body, **more})
        assert head.seq == self.seq
        names = ("agency", "relation", "key", "seq", "digest")
        rows = ((self.agency, relation, key, self.seq, digest) for relation, key, digest in noted)
        insert_rows(self.connection, row_digests, names, rows)
        return head


def text_of(key: Key) -> str:
    """A key as it is noted."""
    return line_of(key)


def key_of(table: Table) -> list[str]:
    """The columns of a row's key."""
    return [column.name for column in table.primary_key if column.name != "agency"]


def raw(connection: Connection, table: Table) -> list[Any]:
    """A table's columns as text and numbers, alike on both databases and whatever somebody wrote into them."""
    return [_raw(connection, column) for column in table.columns]


def digests_of(
    connection: Connection, agency: str, table: Table, keys: Mapping[Key, str] | None = None
) -> dict[str, str]:  # fmt: skip
    """The digests of rows as they are now, by the text of their key.

    `keys`: which rows, each key with its text; None: all rows of the agency.
    """
    names = [column.name for column in table.columns]
    places = [names.index(name) for name in key_of(table)]
    digests = {}
    for row in _rows(connection, agency, table, keys):
        key = tuple([row[place] for place in places])
        name = text_of(key) if keys is None else keys.get(key)
        if name is not None:
            line = line_of((table.name, *row))
            digests[name] = hashlib.sha256(line.encode(errors="surrogatepass")).hexdigest()
    return digests


def last_digests(
    connection: Connection, agency: str, table: Table, keys: Iterable[str] | None = None
) -> dict[str, tuple[int, str]]:
    """By key, the entry that last noted a row and its digest then; `keys` None: of all rows of the agency."""
    t, later = row_digests, row_digests.alias("later")
    of_key = (later.c.agency == agency, later.c.relation == table.name, later.c.key == t.c.key)
    newest = select(func.max(later.c.seq)).where(*of_key).scalar_subquery()
    where = (t.c.agency == agency, t.c.relation == table.name, t.c.seq == newest)
    columns = [t.c.key, t.c.seq, t.c.digest]
    rows: Iterable[Any]
    if keys is None:
        rows = connection.execute(select(*columns).where(*where), execution_options=STREAM)
    else:
        rows = select_by(connection, columns, t.c.key, keys, *where)
    return {key: (seq, digest) for key, seq, digest in rows}


def _rows(connection: Connection, agency: str, table: Table, keys: Mapping[Key, str] | None) -> Iterator[Sequence[Any]]:
    columns, of_agency = raw(connection, table), table.c.agency == agency
    if keys is None or len(keys) > _MANY:
        yield from connection.execute(select(*columns).where(of_agency), execution_options=STREAM)
        return
    by = _BY.get(table, key_of(table)[0])
    place = key_of(table).index(by)
    yield from select_by(connection, columns, table.c[by], sorted({key[place] for key in keys}), of_agency)


def _raw(connection: Connection, column: Any) -> Any:
    if not isinstance(column.type, Boolean | Date):
        return column
    if connection.dialect.name == "sqlite":  # as it is stored, and not what SQLAlchemy makes of it
        kind: Any = Integer() if isinstance(column.type, Boolean) else String()
        return type_coerce(column, kind)
    return cast(column, Integer) if isinstance(column.type, Boolean) else func.to_char(column, "YYYY-MM-DD")
