"""What verifying the ledger finds."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Something wrong.

    Attributes:
        seq: at which entry of the journal.
        what: in a sentence.
        table: of the row, or `lists` or `kept` for a file; empty: the entry itself.
        key: of the row as JSON, or the file's name; empty: all of the table's rows of that entry.
    """

    seq: int
    what: str
    table: str = ""
    key: str = ""

    def __str__(self) -> str:
        """As printed."""
        place = (
            f"{self.table} {', '.join(map(str, json.loads(self.key)))}"
            if self.key[:1] == "["
            else f"{self.table} {self.key}".strip()
        )
        return f"Entry {self.seq}: {place + ': ' if place else ''}{self.what}"
