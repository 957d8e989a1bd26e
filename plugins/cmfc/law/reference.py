"""Writes docs/reference/law.md: every value that is held, law, policy and advice apart (spec 3)."""

from collections.abc import Iterable
from datetime import UTC, datetime

from cmfc.law.library import FEDERAL, Law, Value, jurisdictions, load_law
from cmfc.law.terms import AGE_BANDS, FOREVER, SCOPE_OF_ALL

_HEAD = """# The rules that are held

Generated from `plugins/cmfc/law/` by `cmfc reference --write`; do not edit. What a law file may say:
[how-to/law.md](../how-to/law.md).

*Law* is a statute or a state's rule, *policy* a manual or a digest of one, *advice* this project's own. Only what is
verified can make a finding critical by itself. A day marked `~` was inferred, not read.
"""
_BY_STATE = """
## State by state

What is in force without an end, with its basis where that is not law. A state's rule holds beside the federal one, and
each is judged. *Federal only* means that no rule of the state is held here, not that the state has none.

"""
_DUTIES = {
    "report_to_le": "report to law enforcement",
    "report_to_ncmec": "report to NCMEC",
    "ncic_entry": "entry into NCIC",
    "tell_le_located": "tell law enforcement of the return",
    "tell_ncmec_located": "tell NCMEC of the return",
}
_PARTS = {
    "law": ("Law", "Statutes and rules."),
    "policy": ("Policy", "Manuals and digests: what an agency told its workers, not law."),
    "advice": ("Advice", "Of this project, where the law gives no number. Never a legal deadline."),
}


def reference() -> str:
    """The page as Markdown."""
    laws = [load_law(jurisdiction, "UTC") for jurisdiction in jurisdictions()]
    values = list(dict.fromkeys(value for law in laws for value in law.values))
    parts = [_HEAD, _BY_STATE, _states(laws)]
    for basis, (title, what) in _PARTS.items():
        parts.append(f"\n## {title}\n\n{what}\n\n" + _table(v for v in values if v.basis == basis))
    parts.append("\n## Who owes what, by federal law\n\n" + _duties(next(x for x in laws if x.jurisdiction == FEDERAL)))
    parts.append("\n## When law enforcement refuses\n\n" + "".join(f"- {law.name}: {law.refusal}\n" for law in laws))
    return "".join(parts)


def _table(values: Iterable[Value]) -> str:
    lines = ["| rule | value | in force | for | verified | source and words |", "|---|---|---|---|---|---|"]
    for v in sorted(values, key=lambda v: (v.rule_id, v.from_at)):
        days = _day(v.from_at) + ("~" if v.in_force_certainty == "inferred" else "")
        days += f" until {_day(v.until_at)}" if v.until_at < FOREVER else " on"
        words = f": “{v.quote}”" if v.quote else ""
        is_read = "yes" if v.is_verified else "no"
        lines.append(f"| `{v.rule_id}` | {v.plain_name} | {days} | {_scope(v)} | {is_read} | {v.citation}{words} |")
    return "\n".join(lines) + "\n"


def _states(laws: Iterable[Law]) -> str:
    lines = [f"| | {' | '.join(_DUTIES.values())} |", "|---" * (len(_DUTIES) + 1) + "|"]
    lines += [f"| {law.name} | {' | '.join(_today(law, duty) for duty in _DUTIES)} |" for law in laws]
    return "\n".join(lines) + "\n"


def _today(law: Law, duty: str) -> str:
    """The values of a jurisdiction's own rule that have no end."""
    own = [v for v in law.values if v.rule_id == f"{law.jurisdiction}/{duty}" and v.until_at >= FOREVER]
    if not own:
        return "federal only"
    return "; ".join(dict.fromkeys(v.plain_name.partition(": ")[2] + _basis(v) for v in own))


def _basis(value: Value) -> str:
    return f" ({value.basis})" if value.basis != "law" else ""


def _scope(value: Value) -> str:
    if len(value.scopes) == len(SCOPE_OF_ALL):
        return "everyone with the duty"
    ages = "any age" if len(value.age_bands) == len(AGE_BANDS) else ", ".join(value.age_bands)
    return f"{', '.join(value.custodies)}; {ages}"


def _duties(law: Law) -> str:
    lines = ["| custody | age | to law enforcement | to NCMEC | why |", "|---|---|---|---|---|"]
    to_le = [d for d in law.duties if d.duty == "report_to_le"]
    to_ncmec = [d for d in law.duties if d.duty == "report_to_ncmec"]
    for le, ncmec in zip(to_le, to_ncmec, strict=True):
        lines.append(f"| {le.custody} | {le.age_band} | {le.obligation} | {ncmec.obligation} | {le.why} |")
    return "\n".join(lines) + "\n"


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()
