"""A few numbers of a published night for machines that watch: no child, no office, no id."""

import json
from dataclasses import dataclass

from cmfc.pipeline.run import Run
from cmfc.publishing.manifest import MANIFEST


@dataclass(frozen=True)
class Figures:
    """What a night's list says in numbers.

    Attributes:
        missing_now: children who are, or may be, missing.
        overdue_now: of these, for whom a report to law enforcement, NCMEC or NCIC is overdue.
        set_aside: rows that validation set aside.
        findings: all that are listed.
    """

    missing_now: int
    overdue_now: int
    set_aside: int
    findings: int


def figures_of(run: Run) -> Figures:
    """The numbers of the night that lies published in `run.out`."""
    from cmfc.storage.duck import open_duckdb, quoted  # DAGs load this module when they are parsed

    manifest = json.loads((run.out / MANIFEST).read_bytes())
    with open_duckdb() as engine:
        query = (
            "SELECT count(*), count(*) FILTER (WHERE 'overdue' IN (le_state, ncic_state, ncmec_state))"
            f" FROM read_csv('{quoted(run.out / 'missing_now.csv')}', all_varchar = TRUE)"
        )
        missing, overdue = engine.execute(query).fetchall()[0]
    quarantined = sum(feed["accounting"]["quarantined"] for feed in manifest["feeds"].values() if feed["accounting"])
    return Figures(missing, overdue, quarantined, sum(manifest["counts"]["by_code"].values()))
