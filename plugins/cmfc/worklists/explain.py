"""One finding told in sentences: the evidence, the clock, the rule (spec 5)."""

from datetime import datetime
from pathlib import Path
from typing import Any

from cmfc.errors import UsageError
from cmfc.publishing.manifest import MANIFEST, NightFacts, read_facts
from cmfc.publishing.schema import output_tables
from cmfc.publishing.tables import text_of
from cmfc.storage.duck import open_duckdb, quoted
from cmfc.worklists.evidence import records_of
from cmfc.worklists.rules import rule_names, rule_sentences
from cmfc.worklists.times import local_text, over_text

BASES = {
    "law": "This is law",
    "policy": "This is policy, not law",
    "advice": "This is advice of the project, not law",
    "record": "This is about the record, not a rule of law",
}


def find(folder: Path, exception_id: str) -> dict[str, Any]:
    """A finding of a published list, by its id, as text. From the Parquet: the CSV is written for spreadsheets.

    Raises:
        UsageError: CMFC-X01, no list there or no such finding in it.
    """
    path = folder / "exceptions.parquet"
    if not path.exists():
        raise UsageError("CMFC-X01", f"There is no list in {folder}.")
    with open_duckdb() as connection:
        there = connection.execute(f"SELECT * FROM read_parquet('{quoted(path)}') LIMIT 0").description
        columns = [c for c in output_tables()["exceptions"].columns if c.name in {name for name, *_ in there}]
        texts = ", ".join(text_of(column, f"\"{column.name}\" AT TIME ZONE 'UTC'") for column in columns)
        result = connection.execute(
            f"SELECT {texts} FROM read_parquet('{quoted(path)}') WHERE exception_id = ?", [exception_id]
        )
        row = result.fetchone()
    if row is None:
        raise UsageError("CMFC-X01", f"There is no finding {exception_id} in this list.")
    return dict(zip([column.name for column in columns], row, strict=True))


def night_of(folder: Path) -> NightFacts:
    """What the manifest of a published list says of its night.

    Raises:
        UsageError: CMFC-X01, no list there.
    """
    if not (folder / MANIFEST).exists():
        raise UsageError("CMFC-X01", f"There is no list in {folder}.")
    return read_facts(folder)


def explain_finding(finding: dict[str, Any], facts: NightFacts) -> str:
    """The finding in plain sentences, without any name; times on the agency's clock."""
    lines = [f"{finding['code']} ({finding['severity']}): {finding['title']}.", finding["why"]]
    if finding["child_id"]:
        lines.append(f"It is about child {finding['child_id']}, {finding['subject_id']}.")
    if clock := _span(finding, "clock_start", facts.zone):
        lines.append(f"The clock started {clock}.")
    if deadline := _span(finding, "deadline", facts.zone):
        lines.append(f"The limit {_ends(finding, facts)} {deadline}.")
    if observed := _span(finding, "observed_at", facts.zone):
        lines.append(f"What counts was done {observed}.")
    if over := over_text(_number(finding["hours_over_min"]), _number(finding["hours_over_max"])):
        lines.append(f"Over the limit: {over}.")
    if finding["rule_id"]:
        checked = "read and verified" if finding["rule_verified"] == "true" else "NOT verified"
        lines.append(f"{BASES[finding['basis']]}: rule {finding['rule_id']}, {finding['citation']} ({checked}).")
    else:
        lines.append(f"{BASES[finding['basis']]}.")
    if rules := rule_sentences(finding.get("rules"), rule_names(facts.jurisdiction, facts.zone)):
        lines.append(f"By rule: {'; '.join(rules)}.")
    lines.append(f"It rests on: {', '.join(records_of(finding['evidence']))}.")
    lines.append(f"Next: {finding['next_action']}")
    return "\n".join(lines)


def _span(finding: dict[str, Any], name: str, zone: str) -> str:
    earliest, latest = (_seconds(finding[f"{name}_{end}"]) for end in ("earliest", "latest"))
    if earliest is None:
        return ""
    text = local_text(earliest, latest, zone)
    return text if text.startswith("between") else f"on {text}" if len(text) == len("2026-03-02") else f"at {text}"


def _ends(finding: dict[str, Any], facts: NightFacts) -> str:
    latest = _seconds(finding["deadline_latest"] or finding["deadline_earliest"])
    return "ends" if latest is not None and latest > facts.as_of else "ended"


def _seconds(moment: str | None) -> int | None:
    return int(datetime.fromisoformat(moment).timestamp()) if moment else None


def _number(text: str | None) -> float | None:
    return float(text) if text else None
