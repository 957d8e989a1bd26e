"""Why a report was, or was not, linked to a child: both rows side by side and what each field put in (spec 4.1.3).

This is the one place of matching that shows names. Only the command line calls it, and only for somebody who says
that they may see them; nothing of it is logged or stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2
from pathlib import Path
from typing import Any

from cmfc.errors import UsageError
from cmfc.matching import scoring
from cmfc.matching.comparisons import COMPARISONS
from cmfc.matching.model import Model
from cmfc.storage.duck import rows_of


@dataclass(frozen=True)
class Step:
    """What one field put in, in bits: 1 makes the match twice as likely. `level` as in comparisons.py."""

    field: str
    level: str
    report: str
    child: str
    bits: float
    rarity_bits: float


@dataclass(frozen=True)
class Candidate:
    """One child for a report. `prior_bits`: before any field was looked at; `weight` is the sum of all."""

    child_id: str
    probability: float
    weight: float
    prior_bits: float
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Explanation:
    """A report's candidates, the likeliest first, as scored by a model."""

    report: str
    model: str
    model_digest: str
    candidates: tuple[Candidate, ...]


def explain(checked: Path, as_of: int, model: Model, report: str, most: int = 3) -> Explanation:
    """Scores one report of a night anew and takes the scores apart.

    Args:
        checked: the night's accepted feeds.
        as_of: of that night, epoch seconds UTC.
        model: the night's model.
        report: `feed:id`, such as le_reports:L7.
        most: candidates to show, beside the child whose id the report carries.

    Raises:
        UsageError: CMFC-E05 the night has no such report that no id links.
    """
    with scoring.opened() as connection:
        scoring.lay_out(connection, checked, as_of)
        if not connection.execute("SELECT 1 FROM report WHERE unique_id = ?", [report]).fetchall():
            raise UsageError("CMFC-E05", "The night has no such report, or an id on file links it.")
        connection.execute("DELETE FROM report WHERE unique_id <> ?", [report])
        connection.execute(f"CREATE TABLE claims AS {scoring.CLAIMS}")
        scoring.pair_up(connection)
        connection.execute("INSERT INTO pair SELECT child_id, report_id FROM claims WHERE report_id = ?"
                           " EXCEPT SELECT child_id, report_id FROM pair", [report])  # fmt: skip
        scoring.score(connection, model, least_weight=None, with_parts=True)
        scored = rows_of(
            connection,
            "SELECT * FROM scored WINDOW likeliest AS (ORDER BY weight DESC, child_id)"
            " QUALIFY child_id IN (SELECT child_id FROM claims WHERE report_id = ?)"
            f" OR (weight >= {scoring.LEAST_WEIGHT} AND row_number() OVER likeliest <= {int(most)})"
            " ORDER BY weight DESC, child_id",
            [report],
        )
        theirs = rows_of(
            connection, "SELECT *, place AS county FROM report_rows WHERE feed || ':' || report_id = ?", [report]
        )[0]
        prior = scoring.prior(model, int(rows_of(connection, "SELECT children FROM size")[0]["children"]))
        candidates = []
        for row in scored:
            child = rows_of(connection, "SELECT * FROM children WHERE child_id = ?", [row["child_id"]])[0]
            candidates.append(_candidate(row, theirs, child, log2(prior / (1 - prior))))
    return Explanation(report, model.name, model.digest, tuple(candidates))


def _candidate(row: Mapping[str, Any], theirs: Mapping[str, Any], child: Mapping[str, Any], prior: float) -> Candidate:
    steps = []
    for name in (comparison.name for comparison in COMPARISONS):
        bits, rarity = (float(row.get(f"{part}{name}") or 0) for part in ("mw_", "mw_tf_adj_"))
        file_says = (
            child.get(name) if name != "last_name" else " / ".join(filter(None, (child[name], child["aliases"])))
        )
        steps.append(
            Step(name, row[name], str(theirs.get(name) or ""), str(file_says or ""), round(bits, 2), round(rarity, 2))
        )
    return Candidate(row["child_id"], row["probability"], row["weight"], round(prior, 2), tuple(steps))


def as_text(explanation: Explanation) -> str:
    """The explanation as text: a waterfall per candidate, a bar of one mark per bit."""
    lines = [f"Report {explanation.report}, model {explanation.model} ({explanation.model_digest[:12]})"]
    if not explanation.candidates:
        lines.append("No child on file is like it at all.")
    for place, one in enumerate(explanation.candidates, start=1):
        lines += [
            "",
            f"{place}. child {one.child_id}: probability {one.probability:.6f}, weight {one.weight:+.2f} bits",
        ]
        lines.append(_line("before any field", "", "", "", one.prior_bits))
        for step in one.steps:
            lines.append(_line(step.field, step.level, step.report, step.child, step.bits))
            if step.rarity_bits:
                lines.append(_line("", "how rare", "", "", step.rarity_bits))
    if len(explanation.candidates) > 1:
        first, second = explanation.candidates[:2]
        lines += ["", f"The first leads the second by {first.weight - second.weight:.2f} bits."]
    return "\n".join(lines)


def _line(field: str, level: str, report: str, child: str, bits: float) -> str:
    bar = ("+" if bits > 0 else "-") * round(abs(bits))
    return f"   {field:17}{level:11}{report:22.22}{child:22.22}{bits:+7.2f} {bar}"


def page(explanation: Explanation) -> str:
    """The explanation as a page of its own: a table and a chart (inline SVG) per candidate, no script."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("cmfc.matching", "templates"), autoescape=True)
    return environment.get_template("explanation.html.j2").render(it=explanation, bars=bars)


def bars(candidate: Candidate) -> list[dict[str, Any]]:
    """The waterfall's bars: label, bits, and from where to where, in bits."""
    parts = [("before any field", candidate.prior_bits)]
    for step in candidate.steps:
        parts.append((f"{step.field}: {step.level}", step.bits))
        if step.rarity_bits:
            parts.append((f"{step.field}: how rare", step.rarity_bits))
    steps, at = [], 0.0
    for label, bits in parts:
        steps.append({"label": label, "bits": bits, "low": min(at, at + bits), "high": max(at, at + bits)})
        at += bits
    return [*steps, {"label": "weight", "bits": round(at, 2), "low": min(0.0, at), "high": max(0.0, at)}]
