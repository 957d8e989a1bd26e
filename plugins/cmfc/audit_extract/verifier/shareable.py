"""Checks what may be passed on: every number that is shown follows from the lines, and none from 1 to 10 is."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Dict, List, Optional, Set, Tuple

from cmfc.audit_extract.verifier.clock import day_number
from cmfc.audit_extract.verifier.lines import FOUND, LEFT
from cmfc.audit_extract.verifier.reading import Row
from cmfc.audit_extract.verifier.tables import OUTCOMES, TO, Context, outcome, value_of

POOLED = "(others)"
SHOWN = ("on_time", "never", "late", "undetermined")
SHARED_BY = ("all", "age_band", "county")
SHARED = ("shareable/timeliness", "shareable/stock_and_flow")
Group = Tuple[str, str, str]


def wrong_shares(context: Context) -> List[str]:
    """Cells of the shareable tables that do not follow from episodes.csv, or are too small to show."""
    package = context.package
    period = package.fact("shareable", "period")
    there = [name for name in SHARED if package.has(name)]
    if not period:
        return [f"{name}.csv is there, and manifest.json says that nothing may be passed on" for name in there]
    if len(there) < len(SHARED):
        return [f"{name}.csv is missing, and manifest.json says what may be passed on" for name in SHARED]
    return _wrong_timeliness(context) + _wrong_flows(context)


def _wrong_timeliness(context: Context) -> List[str]:
    full = _begun(context)
    whole = {group[:2]: sum(c["episodes"] for c in full[group].values()) for group in full if group[2] == "all"}
    rows: Dict[Group, List[Row]] = defaultdict(list)
    for row in context.package.table("shareable/timeliness"):
        rows[row["recipient"], row["view"], row["dimension"]].append(row)
    wrong = []
    for group, some in rows.items():
        recipient, view, dimension = group
        if whole.get((recipient, view)) != whole.get((recipient, "statute")):
            wrong.append(f"shareable/timeliness.csv shows {'/'.join(group)}, a view that does not hold every episode")
        wrong += [
            f"shareable/timeliness.csv lacks {recipient}/{other}/{dimension}, and shows other views of it"
            for (to, other), number in whole.items()
            if to == recipient
            and number == whole.get((to, "statute"))
            and (to, other, dimension) not in rows
            and (other == "statute" or full[to, other, dimension] == full[to, "statute", dimension])
        ]  # another view may be left out, if it differs: by few it would tell of these few
        is_checked = not any(cells["not_checked"] for cells in full[recipient, "statute", "all"].values())
        wrong += _wrong_group(group, some, full[group], is_checked)
    return wrong


def _begun(context: Context) -> Dict[Group, Dict[str, Counter[str]]]:
    """The auditor's population that began in the period, by recipient, view, dimension and value."""
    full: Dict[Group, Dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for line in context.lines:
        began = day_number(line["began_on"], line.place("began_on"))
        if line["in_audit_population"] != "true" or not context.first <= began <= context.last:
            continue
        for recipient, to in TO:
            for view in ("statute", "state", "calendar_days"):
                if view == "state" and not line[f"{to}_state_verdict"]:
                    continue
                for dimension in SHARED_BY:
                    cell = full[recipient, view, dimension][value_of(line, dimension)]
                    cell.update(("episodes", outcome(line, to, view)))
    return full


def _wrong_group(group: Group, some: List[Row], full: Dict[str, Counter[str]], is_checked: bool) -> List[str]:
    listed: Set[str] = {row["value"] for row in some}
    pooled: Counter[str] = Counter()
    for value, cells in full.items():
        if value not in listed:
            pooled.update(cells)
    wrong = []
    if pooled["episodes"] and POOLED not in listed:
        wrong.append(f"shareable/timeliness.csv lacks a row of {'/'.join(group)}")
    for row in some:
        wrong += _wrong_row(row, pooled if row["value"] == POOLED else full.get(row["value"]), is_checked)
    return wrong


def _wrong_row(row: Row, cells: Optional[Counter[str]], is_checked: bool) -> List[str]:
    if cells is None:
        return [f"shareable/timeliness.csv, row {row.number}: no line gives such a row"]
    folded, hidden = set(row["folded"].split(";")), set(row["hidden"].split(";"))
    numbers: Dict[str, int] = {"episodes": cells["episodes"], "not_checked": 0 if is_checked else cells["episodes"]}
    if is_checked:
        numbers.update({name: cells[name] for name in SHOWN if name not in folded})
        numbers["other"] = sum(cells[name] for name in OUTCOMES if name not in numbers)
    wrong = []
    for name in ("episodes", *SHOWN, "not_checked", "other"):
        should = "" if name in hidden or name not in numbers else str(numbers[name])
        if row[name] != should:
            wrong.append(f"{row.place(name)}: '{row[name]}', not '{should}'")
    return wrong + _small(row, ("episodes", *SHOWN, "not_checked", "other"))


def _wrong_flows(context: Context) -> List[str]:
    counts: Counter[str] = Counter()
    for line in context.lines:
        if line["in_audit_population"] != "true":
            continue
        began = day_number(line["began_on"], line.place("began_on"))
        ended = day_number(line["ended_on"], line.place("ended_on")) if line["ended_on"] else context.last + 1
        kind = "returned" if line["outcome"] in FOUND else "left_care" if line["outcome"] in LEFT else "not_recorded"
        counts.update(
            ("missing", "open_at_start" if began < context.first else "new",
             kind if ended <= context.last else "open_at_end")
        )  # fmt: skip
    names = ("missing", "open_at_start", "new", "returned", "left_care", "not_recorded", "open_at_end")
    wrong, rows = [], context.package.table("shareable/stock_and_flow")
    expected = int(context.package.fact("shareable", "has_flows") is True and counts["missing"] > 10)
    if len(rows) != expected:
        wrong.append(f"shareable/stock_and_flow.csv has {len(rows)} rows, not {expected}")
    for row in rows:
        hidden = set(row["hidden"].split(";"))
        should = {name: "" if name in hidden else str(counts[name]) for name in names}
        wrong += [f"{row.place(n)}: '{row[n]}', not '{value}'" for n, value in should.items() if row[n] != value]
        wrong += _small(row, names)
    return wrong


def _small(row: Row, names: Tuple[str, ...]) -> List[str]:
    return [
        f"{row.place(name)}: a number from 1 to 10 is shown"
        for name in names
        if row[name] and 1 <= row.whole(name) <= 10
    ]
