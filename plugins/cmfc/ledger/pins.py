"""What a run of the engine began with, noted in the journal, so that no later step takes something else (spec 6).

A user of Airflow may edit what its tasks hand on to one another; nobody may edit an entry of the journal.
"""

import json
from collections.abc import Mapping

from sqlalchemy import select

from cmfc.ledger.journal import append
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import journal

KIND = "begin"


def note_pin(ledger: Ledger, agency: str, key: str, facts: Mapping[str, str], at: int) -> None:
    """Note what a run has to go on with; nothing is written if the last note of the run says the same.

    Args:
        ledger: open.
        agency: whose journal.
        key: of the run, hex digits.
        facts: ids, dates and digests; never what a person typed.
        at: when, epoch seconds UTC.
    """
    if read_pin(ledger, agency, key) == facts:
        return
    with ledger.writing(agency) as connection:
        append(connection, agency, at, KIND, {"run": key, "facts": dict(facts)})


def read_pin(ledger: Ledger, agency: str, key: str) -> dict[str, str] | None:
    """What was noted last of a run; None: nothing."""
    of = (
        journal.c.agency == agency,
        journal.c.kind == KIND,
        journal.c.body.contains(f'"run":"{key}"', autoescape=True),
    )
    stmt = select(journal.c.body).where(*of).order_by(journal.c.seq.desc())
    with ledger.reading() as connection:
        for body in connection.execute(stmt).scalars():
            entry = json.loads(body)
            if entry["run"] == key:
                return dict(entry["facts"])
    return None
