"""Heads of the journal as they are printed, sent away and brought back."""

import re
from pathlib import Path

from sqlalchemy import select

from cmfc.errors import UsageError
from cmfc.ledger.journal import Head, head_of
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import journal

_LINE = "Journal head of {agency}: {head}"
_NAMED = re.compile(r"Journal head of (\S+): (\d+:[0-9a-f]{64})(?![0-9a-f])")
_BARE = re.compile(r"(?<![0-9a-f:])\d+:[0-9a-f]{64}(?![0-9a-f])")


def head_from(text: str) -> Head:
    """A head as a manifest prints it, `seq:hash`.

    Raises:
        ValueError: if `text` is not a head.
    """
    seq, _, hashed = text.strip().partition(":")
    if len(hashed) != 64:
        raise ValueError("a head is an entry number, a colon and 64 hex digits")
    return Head(int(seq), hashed)


def current_head(ledger: Ledger, agency: str) -> Head:
    """The journal's last entry."""
    with ledger.reading() as connection:
        return head_of(connection, agency)


def has_entry(ledger: Ledger, agency: str, head: Head) -> bool:
    """Whether the journal has this entry."""
    where = (journal.c.agency == agency, journal.c.seq == head.seq, journal.c.hash == head.hash)
    with ledger.reading() as connection:
        return connection.execute(select(journal.c.seq).where(*where)).first() is not None


def head_line(agency: str, head: Head) -> str:
    """A head as a message says it."""
    return _LINE.format(agency=agency, head=head)


def heads_in(file: Path, agency: str) -> list[Head]:
    """The heads of an agency that a text holds: saved messages, manifests, a list of heads.

    A head that is said to be another agency's is left out; one without a name is taken to be this agency's.

    Raises:
        UsageError: CMFC-J07 if there is none in it.
    """
    text = file.read_text(encoding="utf-8", errors="replace")
    named = [head for of, head in _NAMED.findall(text) if of == agency]
    heads = [head_from(head) for head in [*named, *_BARE.findall(_NAMED.sub("", text))]]
    if not heads:
        raise UsageError("CMFC-J07", f"{file.name} has no journal head of {agency}.")
    return heads
