"""What went before a run, out of the ledger: its rows as they are, or as they were at an entry of the journal."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from cmfc.findings.lifecycle import ACTIONS, ASSIGNED, BASE, CURRENT, EVENTS, FINDINGS, WAIVED, Before, Tonight, fold
from cmfc.findings.lifecycle import table as table_of
from cmfc.ledger.bulk import select_by
from cmfc.ledger.tables import assignments, finding_events, findings, waivers


def before_next(connection: Connection, agency: str, work: Path) -> Before:
    """What went before a night that follows the last one: the ledger's rows are it."""
    import duckdb

    columns = [findings.c[name] for name in CURRENT]
    extra = [findings.c.waived_until, findings.c.waiver_facts]
    where = findings.c.agency == agency
    rows = list(connection.execute(select(*columns, *extra).where(where, findings.c.is_live)))
    living = {row.exception_id for row in rows}
    tonight = duckdb.execute("SELECT exception_id FROM read_parquet(?)", [str(work / "findings.parquet")]).fetchall()
    if connection.execute(select(findings.c.code).where(where).limit(1)).first():
        unknown = [i for (i,) in tonight if i not in living]
        rows += list(select_by(connection, [*columns, *extra], findings.c.exception_id, unknown, where))
    # "New" and "reopened" were true for the night that wrote them; by this one they are open.
    aged = [(*r[:8], "open" if r.status in ("new", "reopened") else r.status, *r[9:]) for r in rows]
    base = table_of(BASE, [r[: len(BASE)] for r in aged if r[8] != "withdrawn"])
    current = table_of(CURRENT, [r[: len(CURRENT)] for r in aged])
    actions = [(r[0], *r[10:]) for r in aged if any(v is not None for v in r[10:])]
    return Before(base, current, table_of(ACTIONS, actions))


def before_at(connection: Connection, agency: str, tonight: Tonight, seq: int) -> Before:
    """What went before a run, by what had been written before the journal's entry `seq`; and the rows as they are."""

    def read(source: Any, names: Mapping[str, Any], *where: Any) -> Any:
        stmt = select(*(source.c[name] for name in names)).where(source.c.agency == agency, *where)
        return table_of(names, connection.execute(stmt))

    events = read(finding_events, EVENTS, finding_events.c.seq < seq)
    in_force = [and_(t.c.from_seq < seq, or_(t.c.to_seq.is_(None), t.c.to_seq >= seq)) for t in (assignments, waivers)]
    assigned, waived = read(assignments, ASSIGNED, in_force[0]), read(waivers, WAIVED, in_force[1])
    base, actions = fold(tonight, events, read(findings, FINDINGS), assigned, waived)
    return Before(base, read(findings, CURRENT), actions)
