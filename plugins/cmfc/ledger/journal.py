"""The journal: append-only, each entry chained to the one before by SHA-256 over canonical JSON.

What it proves and what it cannot is in docs/how-to/ledger.md.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from cmfc.errors import UsageError
from cmfc.ledger.tables import journal

GENESIS = "0" * 64
EARLY_SECONDS = 300
"""By so much the clocks of two machines may differ."""
_OF_ROWS = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=repr, check_circular=False)
"""Made once: a night has a million rows."""


@dataclass(frozen=True)
class Head:
    """The last entry of an agency's journal; `seq` 0 before the first. Printed as `seq:hash`."""

    seq: int
    hash: str

    def __str__(self) -> str:
        """As printed."""
        return f"{self.seq}:{self.hash}"


def canonical(value: Any) -> str:
    """The one JSON text of a value: sorted keys, no spaces, UTF-8 as it is; floats are refused as they have many."""
    if _has_float(value):
        raise TypeError("a float has no canonical text")
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: Any) -> str:
    """SHA-256 of the canonical text, hex."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def line_of(row: Iterable[Any]) -> str:
    """A row of text and whole numbers as one canonical line; of anything else Python's own text."""
    return _OF_ROWS.encode(list(row))


def lines_digest(lines: Iterable[Iterable[Any]]) -> str:
    """SHA-256 over rows of text and whole numbers, each as one canonical line, in the order given."""
    hashed = hashlib.sha256()
    for line in lines:
        hashed.update(line_of(line).encode(errors="surrogatepass") + b"\n")
    return hashed.hexdigest()


def entry_hash(agency: str, seq: int, at: int, kind: str, body: str, previous: str) -> str:
    """What chains an entry: over everything it says and the hash before it."""
    return digest([agency, seq, at, kind, body, previous])


def head_of(connection: Connection, agency: str) -> Head:
    """The agency's last entry."""
    stmt = select(journal.c.seq, journal.c.hash).where(journal.c.agency == agency).order_by(journal.c.seq.desc())
    row = connection.execute(stmt.limit(1)).first()
    return Head(row.seq, row.hash) if row else Head(0, GENESIS)


def append(connection: Connection, agency: str, at: int, kind: str, body: Mapping[str, Any]) -> Head:
    """Adds an entry; the caller holds the agency's lock (store.Ledger.writing).

    Args:
        connection: of the transaction that writes what the entry speaks of.
        agency: whose journal.
        at: when, epoch seconds UTC.
        kind: what happened.
        body: ids, counts, hashes and codes; never what a person typed.
    """
    last = head_of(connection, agency)
    written = canonical(body)
    head = Head(last.seq + 1, entry_hash(agency, last.seq + 1, at, kind, written, last.hash))
    connection.execute(
        insert(journal).values(
            agency=agency, seq=head.seq, at=at, kind=kind, body=written, previous=last.hash, hash=head.hash
        )
    )
    return head


def refuse_early(connection: Connection, agency: str, at: int) -> None:
    """Refuse a person's act that would stand before what the journal has.

    Raises:
        UsageError: CMFC-J12 if `at` is more than EARLY_SECONDS before the last entry.
    """
    stmt = select(journal.c.at).where(journal.c.agency == agency).order_by(journal.c.seq.desc())
    last = connection.scalar(stmt.limit(1))
    if last is not None and at < last - EARLY_SECONDS:
        raise UsageError("CMFC-J12", "This machine's clock is behind the time of the journal's last entry.")


def _has_float(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_float, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_has_float, value))
    return isinstance(value, float)
