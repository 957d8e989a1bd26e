"""Who owes which report: the federal table, and whom a state's words cover (spec 2.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cmfc.law.quotes import lacks_proof
from cmfc.law.reading import COVERAGE, refuse
from cmfc.law.terms import AGE_BANDS, CUSTODIES, REPORT_DUTIES, SCOPE_OF_ALL, bands_of
from cmfc.law.values import Pair, Rules, dated_values

COLUMNS = {"report_to_le": ("to_le", "law_enforcement"), "report_to_ncmec": ("to_ncmec", "ncmec")}


@dataclass(frozen=True)
class Duty:
    """Who owes which report: one row per (level, duty, custody, age band).

    `obligation`: required, third_party, review, not_required; no_duty where only the state's words do not cover, or
    the state has no rule on this duty; `rule_id` is empty there.
    """

    level: str
    duty: str
    recipient: str
    custody: str
    age_band: str
    obligation: str
    rule_id: str | None
    why: str


def federal_duties(table: dict[str, Any], rules: Rules) -> list[Duty]:
    """The table of spec 2.3, row by row.

    Raises:
        UsageError: CMFC-L02, for a pair without a row, a row that never decides, a duty without a rule.
    """
    deciding = _deciding(table)
    duties = []
    for custody, band in SCOPE_OF_ALL:
        row = deciding[custody, band]
        for duty in REPORT_DUTIES:
            column, recipient = COLUMNS[duty]
            rule = _governing(rules, duty, (custody, band))
            if rule is None:
                refuse("us/federal", duty, f"no rule is for custody {custody}, age {band}; add one.")
            duties.append(Duty("federal", duty, recipient, custody, band, row[column], rule, row["why"]))
    return duties


def covered_by(folder: str, document: dict[str, Any], rules: Rules) -> dict[str, frozenset[Pair]]:
    """Per duty of a state, whom its words cover.

    Raises:
        UsageError: CMFC-L02, for a duty that is covered twice or not at all, ages that cut a band, an overlay that
            nothing would read.
    """
    name = f"{folder}/{COVERAGE}"
    on_file = {rule["duty"] for rule in rules.values()}
    for part in ("covers", "overlay"):
        for number, entry in enumerate(document.get(part, [])):
            if problem := lacks_proof(entry["citation"]):
                refuse(name, f"{part}/{number}/citation", f"{problem}; quote it, or write 'verified: false'.")
    pairs_of_duty = _pairs_by_duty(name, folder, document["covers"], on_file)
    if silent := sorted(on_file - set(pairs_of_duty)):
        refuse(name, "covers", f"it does not say whom {', '.join(silent)} covers; add that, with its citation.")
    _check_overlay(name, folder, document.get("overlay", []), rules)
    for row in document.get("overlay", []):
        pairs_of_duty[row["duty"]] |= _pairs(row)
    return pairs_of_duty


def _pairs_by_duty(
    name: str, folder: str, entries: list[dict[str, Any]], on_file: set[str]
) -> dict[str, frozenset[Pair]]:
    """The pairs that `covers` names, by duty; refuses what is said twice or has no rule."""
    pairs: dict[str, frozenset[Pair]] = {}
    for number, entry in enumerate(entries):
        if (bands := bands_of(*entry["ages"])) is None:
            refuse(name, f"covers/{number}/ages", "they cut an age band (0-17, 18-20, 21-120); use whole bands.")
        for duty in entry["duties"]:
            if duty in pairs:
                refuse(name, f"covers/{number}/duties", f"{duty} stands twice; say once whom it covers.")
            if duty not in on_file:
                refuse(name, f"covers/{number}/duties", f"there is no rule on {duty} in {folder}; leave it out.")
            pairs[duty] = frozenset((custody, band) for custody in entry["custody"] for band in bands)
    return pairs


def _check_overlay(name: str, folder: str, rows: list[dict[str, Any]], rules: Rules) -> None:
    """Refuse a row that decides what another one decides, or that nothing would read."""
    on_file = {rule["duty"] for rule in rules.values()}
    decided: set[tuple[str, Pair]] = set()
    for number, row in enumerate(rows):
        if row["duty"] not in on_file:
            refuse(name, f"overlay/{number}/duty", f"there is no rule on {row['duty']} in {folder}; leave it out.")
        for pair in sorted(_pairs(row)):
            if (row["duty"], pair) in decided:
                refuse(name, f"overlay/{number}", f"a row above it decides custody {pair[0]}, age {pair[1]}; keep one.")
            if _governing(rules, row["duty"], pair) is None:
                refuse(name, f"overlay/{number}", f"no rule is for custody {pair[0]}, age {pair[1]}; take them out.")
            decided.add((row["duty"], pair))


def state_duties(
    federal: list[Duty], document: dict[str, Any], rules: Rules, covered: Mapping[str, frozenset[Pair]]
) -> list[Duty]:
    """A state's duties: as the federal ones where its words cover, `no_duty` elsewhere, its overlay first."""
    state = document["name"]
    overlay = document.get("overlay", [])
    duties = []
    for base in federal:
        pair = (base.custody, base.age_band)
        rule = _governing(rules, base.duty, pair) if pair in covered.get(base.duty, ()) else None
        own = next((row for row in overlay if row["duty"] == base.duty and pair in _pairs(row)), None)
        if own and rule:
            obligation, why = own["obligation"], own["why"]
        elif base.obligation == "not_required":
            obligation, why, rule = "not_required", base.why, None
        elif rule is None:
            words = "words do not cover this child" if base.duty in covered else "law has no rule of its own on this"
            obligation, why = "no_duty", f"{state}'s {words}; the federal rule stands."
        else:
            obligation, why = base.obligation, base.why
        duties.append(Duty("state", base.duty, base.recipient, *pair, obligation, rule, why))
    return duties


def _deciding(table: dict[str, Any]) -> dict[Pair, dict[str, Any]]:
    """The first row that matches each pair."""
    rules_of_pair: dict[Pair, dict[str, Any]] = {}
    for number, row in enumerate(table["rows"]):
        fresh = _pairs(row) - set(rules_of_pair)
        if not fresh:
            refuse(COVERAGE, f"rows/{number}", "rows above it decide all it names; take it out or move it up.")
        rules_of_pair |= dict.fromkeys(fresh, row)
    for custody, band in SCOPE_OF_ALL:
        if (custody, band) not in rules_of_pair:
            refuse(COVERAGE, "rows", f"no row is for custody {custody}, age {band}; add one.")
    return rules_of_pair


def _pairs(row: dict[str, Any]) -> frozenset[Pair]:
    return frozenset((c, b) for c in CUSTODIES for b in AGE_BANDS if c in row["custody"] and b in row["ages"])


def _governing(rules: Rules, duty: str, pair: Pair) -> str | None:
    """The rule for this custody and age: one that names them stands before the general one."""
    named, general = [], []
    for rule_id, rule in rules.items():
        if rule["duty"] != duty:
            continue
        dated = [v for v in dated_values(f"{rule_id}.yml", rule) if pair in v.scope]
        if any("applies_to" in v.value for v in dated):
            named.append(rule_id)
        elif dated:
            general.append(rule_id)
    for several in (named, general):
        if len(several) > 1:
            refuse(f"{several[1]}.yml", "applies_to", f"{several[0]} is for the same children too; keep one for each.")
    return next(iter(named + general), None)
