"""Notes in the journal which named records a person was shown."""

from collections.abc import Iterable

from cmfc.ledger.journal import append
from cmfc.ledger.store import Ledger


def note_view(ledger: Ledger, agency: str, by: str, page: str, ids: Iterable[str], at: int) -> None:
    """Note a view; nothing is written if no id is named.

    Args:
        ledger: open.
        agency: whose.
        by: who looked.
        page: the page's name.
        ids: of what was shown; empty ones are dropped.
        at: when, epoch seconds UTC.
    """
    unique_ids = sorted({one for one in ids if one})
    if unique_ids:
        with ledger.writing(agency) as connection:
            append(connection, agency, at, "view", {"by": by, "page": page, "shown": unique_ids})
