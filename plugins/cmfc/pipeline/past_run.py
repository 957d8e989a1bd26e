"""The knowledge of a run for an audit extract: as it lies in the store, or built again (spec 6, As known on)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cmfc.audit_extract.source_night import Knowledge, choose, knowledge_of, only_agency
from cmfc.errors import UsageError
from cmfc.ingest.mapping import AgencyMapping
from cmfc.pipeline.rebuild import run_again
from cmfc.pipeline.run import run_of


@contextmanager
def known_at(store: Path, lists: Path, agency: str, moment: int | str, run_id: str, ledger: str) -> Iterator[Knowledge]:
    """The knowledge of the run that a moment or an id names (audit_extract/source_night.py, known_on).

    A run whose files another run of the night replaced is built again from its snapshots, for as long as this lasts.

    Raises:
        UsageError: CMFC-U01, U02 and U18 as `known_on`; CMFC-U19 where a run cannot be built again as it was;
            CMFC-J06 where its snapshots are gone.
    """
    agency = agency or only_agency(lists)
    chosen = choose(ledger, agency, moment, run_id)
    day = chosen.run.business_date.isoformat()
    if knowledge := knowledge_of(store / agency / day, lists / agency / day, chosen, ledger):
        yield knowledge
        return
    mapping = AgencyMapping.model_validate(json.loads(chosen.run.mapping))
    run = run_of(mapping, day, store, lists, ledger)
    with run_again(replace(run, as_of=chosen.run.as_of), chosen.run.run_id) as (folder, listed):
        knowledge = knowledge_of(folder, listed, chosen, ledger)
        if knowledge is None:
            raise UsageError("CMFC-U02", f"The night of {day} was built again, and is not that run.")
        yield knowledge
