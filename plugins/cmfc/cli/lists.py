"""The commands about which list stands, and about nights that were missed."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from cmfc.cli import arguments
from cmfc.cli.acting import acting
from cmfc.cli.console import NIGHT_STEPS, steps
from cmfc.errors import UsageError

Agency = Annotated[Path | None, typer.Option(help="The agency's mapping file; default: the installation's.")]
By = Annotated[str, typer.Option(help="Who acts, where you enter it for somebody (CMFC_ACT_FOR); default: you.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


def current(
    agency: Agency = None,
    night: Annotated[
        str, typer.Option("--set", metavar="DATE", help="Let the list of this night stand; later ones are taken back.")
    ] = "",
    unset: Annotated[bool, typer.Option("--unset", help="Take nothing back; the latest night's list stands.")] = False,
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger alone.")] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """Say which list stands; with --set, take back a wrong one that came later.

    It stays so until a night publishes other bytes: a later night, or the same one corrected and run again.
    """
    from cmfc.ledger.current_lists import choose_list, current_standing
    from cmfc.ledger.store import opened
    from cmfc.pipeline.current_list import set_current
    from cmfc.publishing.manifest import MANIFEST
    from cmfc.settings import Settings

    settings, mapping = Settings(), arguments.mapping(agency)
    if night and unset:
        raise typer.BadParameter("give --set or --unset, not both")
    chosen = arguments.day(night).isoformat() if night else None
    if chosen and not (settings.lists / mapping.agency / chosen / MANIFEST).is_file():
        raise UsageError("CMFC-C09", f"The list of {chosen} is not there.", str(settings.lists / mapping.agency))
    with opened(settings.desk_url()) as ledger:
        if night or unset:
            person, entered_by = acting(by)
            stand = choose_list(
                ledger, mapping.agency, chosen, by=person, entered_by=entered_by, reason=reason, at=settings.act_time()
            )
            assert stand.night is not None
            set_current(settings.lists, mapping.agency, stand.night, stand.taken_back)
        else:
            stand = current_standing(ledger, mapping.agency)
    _print_standing(mapping.agency, mapping.zone, stand, as_json)


def _print_standing(agency: str, zone: str, stand: Any, as_json: bool) -> None:
    from cmfc.timing.clock import iso, local_time

    taken_back = sorted(stand.taken_back)
    if as_json:
        decided = {"by": stand.by, "at": iso(stand.at), "reason": stand.reason} if stand.seq else None
        print(json.dumps({"agency": agency, "night": stand.night, "taken_back": taken_back, "decided": decided}))
        return
    print(f"{agency}: the list of {stand.night} stands." if stand.night else f"{agency}: no list stands yet.")
    for one in taken_back:
        print(f"  The list of {one} is taken back.")
    if stand.seq:
        why = f": {stand.reason}" if stand.reason else "; the reason was erased."
        print(f"  Decided by {stand.by} on {local_time(stand.at, zone)}{why}")


def backfill(
    first: Annotated[str, typer.Option("--from", metavar="DATE", help="First business date, YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", metavar="DATE", help="Last business date.")],
    agency: Agency = None,
    again: Annotated[bool, typer.Option("--again", help="Also nights that have a list; their records anew.")] = False,
    as_json: Json = False,
) -> None:
    """Run nights that were missed, in order, with the records as they are now; their lists say so.

    SQL connections come from the environment: CMFC_CONN_<NAME>, a SQLAlchemy URL.
    """
    from cmfc.pipeline.backfill import backfill as run_all
    from cmfc.settings import Settings

    mapping, days = arguments.mapping(agency), (arguments.day(first), arguments.day(last))
    if days[0] > days[1]:
        raise UsageError("CMFC-C03", f"{last} is before {first}; name the earlier night first.")
    with steps(NIGHT_STEPS * ((days[1] - days[0]).days + 1)) as step:
        done = run_all(mapping, days, Settings(), arguments.connection_url, again, step)
    if as_json:
        print(json.dumps({"agency": mapping.agency, "nights": done}))
        return
    for one in done:
        count = sum(one["counts"].get("by_code", {}).values())
        outcome = "has a list; left as it is" if one["is_there"] else f"{count} findings"
        print(f"{one['night']}: {outcome}{'; it is the current list' if one['is_current'] else ''}")
