"""Checks what may be shared: every number that is shown is that of timeliness.csv, and none from 1 to 10 is."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Dict, List, Set, Tuple

from cmfc.audit_extract.verifier.reading import Package, Row
from cmfc.audit_extract.verifier.tables import OUTCOMES

POOLED = "(others)"
SHOWN = OUTCOMES[:4]
Group = Tuple[str, str, str]


def wrong_shares(package: Package) -> List[str]:
    """Cells of shareable/timeliness.csv that do not follow from timeliness.csv, or are too small to show."""
    full: Dict[Group, Dict[str, Counter[str]]] = defaultdict(dict)
    for row in package.table("timeliness"):
        if row["population"] == "audit":
            cells = Counter({name: row.whole(name) for name in ("episodes", *OUTCOMES)})
            full[row["recipient"], row["view"], row["dimension"]][row["value"]] = cells
    rows: Dict[Group, List[Row]] = defaultdict(list)
    for row in package.table("shareable/timeliness"):
        rows[row["recipient"], row["view"], row["dimension"]].append(row)
    wrong = []
    for group, some in rows.items():
        listed: Set[str] = {row["value"] for row in some}
        pooled: Counter[str] = Counter()
        for value, cells in full[group].items():
            if value not in listed:
                pooled.update(cells)
        if pooled["episodes"] and POOLED not in listed:
            wrong.append(f"shareable/timeliness.csv lacks a row of {'/'.join(group)}")
        for row in some:
            wrong += _wrong_row(row, pooled if row["value"] == POOLED else full[group].get(row["value"]))
    return wrong


def _wrong_row(row: Row, cells: "Counter[str] | None") -> List[str]:
    if cells is None:
        return [f"shareable/timeliness.csv, row {row.number}: timeliness.csv has no such row"]
    folded, hidden = set(row["folded"].split(";")), set(row["hidden"].split(";"))
    numbers = {name: cells[name] for name in SHOWN if name not in folded}
    numbers["other"] = cells["episodes"] - sum(numbers.values())
    numbers["episodes"] = cells["episodes"]
    wrong = []
    for name in ("episodes", *SHOWN, "other"):
        should = "" if name in hidden or name not in numbers else str(numbers[name])
        if row[name] != should:
            wrong.append(f"{row.place(name)}: '{row[name]}', not '{should}'")
        if row[name] and 1 <= row.whole(name) <= 10:
            wrong.append(f"{row.place(name)}: a number from 1 to 10 is shown")
    return wrong
