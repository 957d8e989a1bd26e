"""Walks a journal from its first entry and says where it was edited, cut, or had something put in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from cmfc.ledger.journal import GENESIS, Head, entry_hash
from cmfc.ledger.tables import journal


@dataclass(frozen=True)
class Fault:
    """Something wrong: at which entry, and what in a sentence."""

    seq: int
    what: str


def verify_chain(connection: Connection, agency: str, heads: Mapping[int, str] | None = None) -> Iterator[Fault]:
    """Every fault of an agency's journal, in order.

    Args:
        connection: to read with.
        agency: whose journal.
        heads: hashes by entry number that somebody wrote down outside (manifests, `--head`); without one, entries cut
            off the end leave no trace.
    """
    asked = select(journal).where(journal.c.agency == agency).order_by(journal.c.seq)
    rows: Any = connection.execution_options(yield_per=10_000).execute(asked)
    previous, expected, outside = GENESIS, 1, dict(heads or {})
    for row in rows:
        if row.seq != expected:
            yield Fault(expected, f"Entries {expected} to {row.seq - 1} are missing.")
        elif row.previous != previous:
            yield Fault(row.seq, "It does not follow the entry before it: one of them was put in, moved or replaced.")
        if row.hash != entry_hash(agency, row.seq, row.at, row.kind, row.body, row.previous):
            yield Fault(row.seq, "It was changed: its hash is not that of its content.")
        if outside.pop(row.seq, row.hash) != row.hash:
            yield Fault(row.seq, "It is not the entry that the given head names: the journal was written anew.")
        previous, expected = row.hash, row.seq + 1
    for seq in sorted(outside):
        yield Fault(seq, f"The journal ends at entry {expected - 1}; the given head names entry {seq}.")


def head_from(text: str) -> Head:
    """A head as a manifest prints it, `seq:hash`.

    Raises:
        ValueError: it is none.
    """
    seq, _, hashed = text.strip().partition(":")
    if len(hashed) != 64:
        raise ValueError("a head is an entry number, a colon and 64 hex digits")
    return Head(int(seq), hashed)
