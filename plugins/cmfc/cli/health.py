"""The commands for those who watch over the installation: health, and settling what is unsure."""

import json
from pathlib import Path
from typing import Annotated

import typer

from cmfc.cli import arguments
from cmfc.errors import UsageError


def health(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")] = False,
) -> int:
    """Say whether each agency's list is there, and whether messages went out.

    Exit 0: all is well. 1: something is not.
    """
    from cmfc.pipeline.health import check_health
    from cmfc.settings import Settings
    from cmfc.worklists.times import duration_text

    settings = Settings()
    checked = check_health(settings, settings.now())
    if as_json:
        print(json.dumps(checked.as_record(), sort_keys=True))
        return int(not checked.is_well)
    for agency in checked.agencies:
        age = (
            "no list" if agency.age_seconds is None else f"list of {agency.night}, {duration_text(agency.age_seconds)}"
        )
        print(f"{agency.agency}: {age}; journal {agency.head or 'not known'}")
        for sentence in (*agency.faults, *(f"unsure: {key}" for key in agency.unsure)):
            print(f"  {sentence}")
    for sentence in checked.faults:
        print(sentence)
    print("All is well." if checked.is_well else "Something is not well.")
    return int(not checked.is_well)


def settle(
    message: Annotated[str, typer.Argument(help="The message, as `cmfc health` names it.")],
    agency: Annotated[Path, typer.Option(help="The agency's mapping file.")],
    has_arrived: Annotated[bool, typer.Option("--arrived/--again", help="It arrived, or it is to be sent again.")],
) -> None:
    """Settle a message of which nobody knows whether it arrived (CMFC-A11)."""
    from cmfc.ingest.mapping import load_mapping
    from cmfc.ledger import outbox
    from cmfc.ledger.store import opened
    from cmfc.settings import Settings

    settings, mapping = Settings(), load_mapping(arguments.file(agency))
    with opened(settings.ledger_url()) as ledger:
        if message not in outbox.unsure(ledger, mapping.agency):
            raise UsageError("CMFC-C08", "No unsure message is called so; `cmfc health` names those that are.")
        state = outbox.settle(ledger, mapping.agency, message, has_arrived, settings.now())
    print(f"{message}: {state}")
