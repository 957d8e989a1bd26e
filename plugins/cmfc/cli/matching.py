"""The commands about reports without an id: train-linkage, decide, explain-link (spec 4.1)."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from cmfc.cli import arguments
from cmfc.cli.acting import acting
from cmfc.cli.console import tell
from cmfc.errors import UsageError

Agency = Annotated[Path, typer.Option(help="The agency's mapping file.")]
Date = Annotated[str, typer.Option(help="Business date of a night that was run, YYYY-MM-DD.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
MayAdd = Annotated[str, typer.Option(help="Name for the model; letters, digits, - and _.")]


def train_linkage(agency: Agency, date: Date, name: MayAdd, as_json: Json = False) -> None:
    """Train a linkage model on the agency's own records.

    A mapping uses it with `matching: {model: NAME}`. A model is never overwritten.
    """
    from cmfc.matching.calibration import calibrate
    from cmfc.matching.model import SHIPPED, model_bytes
    from cmfc.matching.training import train

    run = _run(agency, date)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", name) or name == SHIPPED:
        raise UsageError("CMFC-E01", "A model's name consists of letters, digits, - and _, and is not 'default'.")
    path = run.folder.parent / "models" / f"{name}.json"
    if path.exists():
        raise UsageError("CMFC-E06", f"There is already a model '{name}'; choose another name.")
    model = train(run.folder / "checked", run.as_of, name)
    table = calibrate(run.folder / "checked", run.as_of, model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model_bytes(model))
    lines = [f"Model {name}, {model.digest[:12]}: {path}"]
    for comparison, levels in model.weights.items():
        lines += [f"  {comparison:14} {level:11} m {w.m:.5f}  u {w.u:.6f}" for level, w in levels.items()]
    lines.append("Compared with the reports that carry an id (predicted probability, pairs, share that is right):")
    lines += [f"  {r.low:.2f} to {r.high:.2f}  {r.pairs:8}  {r.share_right:.4f}" for r in table]
    summary = {"name": name, "digest": model.digest, "path": str(path), "training": dict(model.training)}
    tell(summary | {"calibration": [vars(r) for r in table]}, "\n".join(lines), as_json)


def decide(
    report: Annotated[str, typer.Argument(help="The report, as feed:id, such as le_reports:L7.")],
    child: Annotated[str, typer.Argument(help="The candidate's child_id.")],
    answer: Annotated[str, typer.Option(help="same, not_same or cannot_tell.")],
    why: Annotated[str, typer.Option(help="The reason for the answer.")],
    agency: Agency,
    date: Date,
    by: Annotated[str, typer.Option(help="Who answers, where you enter it for somebody (CMFC_ACT_FOR).")] = "",
    as_json: Json = False,
) -> None:
    """Answer whether a report is about a child. The answer counts from the next night on."""
    from cmfc.ledger.match_answers import add_answer
    from cmfc.ledger.store import open_ledger
    from cmfc.matching.answers import ANSWERS, Decision
    from cmfc.matching.match import prints_of
    from cmfc.settings import Settings

    settings, run, (person, entered_by) = Settings(), _run(agency, date), acting(by)
    if answer not in ANSWERS:
        raise UsageError("CMFC-E04", "An answer is same, not_same or cannot_tell, with a name and a reason.")
    report_print, child_print = prints_of(run.folder / "checked", run.as_of, report, child)
    feed, _, report_id = report.partition(":")
    decision: Any = Decision(
        feed, report_id, child, answer, person, settings.act_time(), why, report_print, child_print
    )  # fmt: skip
    ledger = open_ledger(settings.ledger_desk or run.ledger)
    revision = add_answer(ledger, run.mapping.agency, decision, entered_by=entered_by)
    ledger.close()
    tell(
        {"report": report, "child_id": child, "answer": answer, "revision": revision},
        f"{report} and {child}: {answer}, revision {revision}.",
        as_json,
    )


def explain_link(
    report: Annotated[str, typer.Argument(help="The report, as feed:id, such as le_reports:L7.")],
    agency: Agency,
    date: Date,
    may_see_names: Annotated[bool, typer.Option("--may-see-names", help="You may see names and birth dates.")] = False,
    html: Annotated[Path | None, typer.Option(help="Also write a page with a chart to this file.")] = None,
) -> None:
    """Show why a report was or was not linked: each field, its weight, the runner-up, the model."""
    from cmfc.matching.explain import as_text, explain, page
    from cmfc.matching.model import load_model
    from cmfc.pipeline.run import models_of

    if not may_see_names:
        raise UsageError("CMFC-E07", "This shows names and birth dates; add --may-see-names if you may see them.")
    run = _run(agency, date)
    model = load_model(run.mapping.matching.model, models_of(run))
    explanation = explain(run.folder / "checked", run.as_of, model, report)
    if html is not None:
        html.write_text(page(explanation), encoding="utf-8")
    print(as_text(explanation))


def _run(agency: Path, date: str) -> Any:
    from cmfc.ingest.mapping import load_mapping
    from cmfc.pipeline.run import run_of
    from cmfc.settings import Settings

    settings, mapping = Settings(), load_mapping(arguments.file(agency))
    day = arguments.day(date).isoformat()
    run = run_of(mapping, day, settings.store, settings.lists, settings.ledger)
    if not (run.folder / "checked" / "children.parquet").is_file():
        raise UsageError("CMFC-E08", f"The night of {date} has not been validated; run it first.")
    return run
