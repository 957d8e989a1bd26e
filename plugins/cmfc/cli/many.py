"""`cmfc reconcile-many`: the agencies of a folder in one run."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cmfc.cli import arguments
from cmfc.cli.console import bar, stderr
from cmfc.reconcile.engines import EngineName


def reconcile_many(
    folder: Annotated[Path, typer.Argument(help="A folder for each agency: agency.yml, checked, and known.parquet.")],
    date: Annotated[str, typer.Option(help="Business date, YYYY-MM-DD.")],
    engine: Annotated[EngineName, typer.Option(help="On what to judge them; the tables are the same.")] = "duckdb",
    at_once: Annotated[int, typer.Option(help="How many agencies are judged at a time.", min=1)] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")] = False,
) -> None:
    """Judge the checked tables of many agencies, each by its own zone and law. Exit 1 if one could not be judged."""
    from cmfc.pipeline.many import reconcile_many as judge_all

    day = arguments.day(date).isoformat()
    with bar() as say:
        done = 0

        def step(agency: str) -> None:
            nonlocal done
            done += 1
            say(agency, done, 0)

        outcomes = judge_all(folder, day, engine, at_once, step)
    failed = [outcome for outcome in outcomes if outcome.code]
    if as_json:
        print(json.dumps({"agencies": [asdict(outcome) for outcome in outcomes]}, sort_keys=True))
    else:
        for outcome in outcomes:
            if not outcome.code:
                print(f"{outcome.agency}: {outcome.rows['episodes']} episodes, {outcome.rows['findings']} findings")
        for outcome in failed:
            stderr.print(f"{outcome.agency}: {outcome.code}: {outcome.message}", markup=False, soft_wrap=True)
    if failed:
        raise typer.Exit(1)
