"""The command line of the ledger: what people do about findings, past nights, and whether the memory is whole."""

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from cmfc.cli import arguments
from cmfc.errors import InputError, UsageError
from cmfc.ingest.mapping import AgencyMapping, load_mapping
from cmfc.settings import Settings
from cmfc.timing.clock import iso, local_date

finding = typer.Typer(no_args_is_help=True, help="What people do about a finding, and what happened to it.")
Id = Annotated[str, typer.Argument(help="exception_id of a finding.")]
Agency = Annotated[Path | None, typer.Option(help="The agency's mapping file; else that of the installation.")]
By = Annotated[str, typer.Option(help="Who does it; else the system's user.")]
Revision = Annotated[int | None, typer.Option(help="The finding's revision as you saw it; refused if it changed.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


@finding.command()
def ack(exception_id: Id, agency: Agency = None, by: By = "", revision: Revision = None) -> None:
    """Acknowledge: somebody has seen it."""
    _act(exception_id, agency, "acknowledge", by, revision)


@finding.command()
def assign(
    exception_id: Id,
    to: Annotated[str, typer.Option(help="To whom; empty: to nobody.")],
    agency: Agency = None,
    by: By = "",
    revision: Revision = None,
) -> None:
    """Give it to a person."""
    _act(exception_id, agency, "assign", by, revision, assignee=to)


@finding.command()
def comment(
    exception_id: Id,
    text: Annotated[str, typer.Option(help="Kept in the ledger alone.")],
    agency: Agency = None,
    by: By = "",
    revision: Revision = None,
) -> None:
    """Say something about it."""
    _act(exception_id, agency, "comment", by, revision, text=text)


@finding.command()
def waive(
    exception_id: Id,
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger alone.")],
    until: Annotated[str, typer.Option(help="The last day of the waiver, YYYY-MM-DD.")],
    agency: Agency = None,
    by: By = "",
    revision: Revision = None,
) -> None:
    """Set it aside until a day, or until the facts under it change. It stays on the list and counted."""
    _act(exception_id, agency, "waive", by, revision, text=reason, until=day(until))


@finding.command()
def unwaive(exception_id: Id, agency: Agency = None, by: By = "", revision: Revision = None) -> None:
    """End a waiver."""
    _act(exception_id, agency, "unwaive", by, revision)


@finding.command()
def history(exception_id: Id, agency: Agency = None, as_json: Json = False) -> None:
    """What happened to it, in order."""
    from cmfc.ledger import queries

    mapping = _mapping(agency)
    with _ledger() as ledger:
        found = queries.one_finding(ledger, mapping.agency, exception_id)
        events = queries.history(ledger, mapping.agency, exception_id)
    if found is None:
        raise UsageError("CMFC-F01", "There is no finding of this id on record.")
    if as_json:
        print(json.dumps({"finding": asdict(found), "events": [asdict(e) for e in events]}, default=str))
        return
    print(f"{found.code} {found.severity}: {found.status}, first seen {found.first_seen}, revision {found.revision}")
    for event in events:
        when = iso(event.at)
        told = " ".join(f"{name}={value}" for name, value in event.detail.items() if not name.startswith("note"))
        print(" ".join(part for part in (when, event.kind, f"by {event.actor}", told, event.text or "") if part))


def verify(
    agency: Agency = None,
    head: Annotated[str, typer.Option(help="A journal head somebody wrote down, `entry:hash`.")] = "",
    as_json: Json = False,
) -> None:
    """Check the agency's journal and everything it vouches for, against the heads in the published manifests too."""
    from cmfc.ledger.replay import verify as check
    from cmfc.ledger.verify import head_from
    from cmfc.pipeline.maintenance import published_heads

    mapping = _mapping(agency)
    heads = published_heads(Settings().lists, mapping.agency)
    if head:
        try:
            given = head_from(head)
        except ValueError as error:
            raise UsageError("CMFC-J07", f"'{head}' is no head: {error}.") from None
        heads[given.seq] = given.hash
    with _ledger() as ledger:
        found, faults = check(ledger, mapping.agency, heads)
    if as_json:
        print(json.dumps({"head": str(found), "heads": len(heads), "faults": [asdict(f) for f in faults]}))
    else:
        for fault in faults:
            print(f"Entry {fault.seq}: {fault.what}")
        print(f"{found.seq} entries, head {found}, {len(heads)} heads from outside: {len(faults)} faults.")
    if faults:
        raise InputError("CMFC-J08", "The journal or what it vouches for was changed.", f"{len(faults)} faults")


def diff(
    first: Annotated[str, typer.Argument(help="Business date, YYYY-MM-DD.")],
    second: Annotated[str, typer.Argument(help="A later one.")],
    agency: Agency = None,
    known_on: Annotated[str, typer.Option("--as-known-on", help="Instant; the lists as they were known then.")] = "",
    as_json: Json = False,
) -> None:
    """What changed from one night's list to another's: new, gone, and changed in severity, status or deadline."""
    from cmfc.pipeline.rebuild import lists_of
    from cmfc.pipeline.run import place_of
    from cmfc.worklists.diff import differences

    mapping, settings = _mapping(agency), Settings()
    until = arguments.instant(known_on) if known_on else None
    places = [
        place_of(mapping, day(d).isoformat(), settings.store, settings.lists, settings.ledger) for d in (first, second)
    ]
    with lists_of(places[0], until) as before, lists_of(places[1], until) as after:
        found = differences(before, after)
    if as_json:
        print(json.dumps({"from": first, "to": second, "findings": found}))
        return
    for line in found:
        print(" ".join(str(part) for part in line.values() if part))
    print(f"{len(found)} findings differ between {first} and {second}.")


def day(text: str) -> date:
    """A calendar day.

    Raises:
        UsageError: CMFC-C03, it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError("CMFC-C03", f"'{text}' is not a date; give one such as 2026-09-30.") from None


def _act(exception_id: str, agency: Path | None, kind: Any, by: str, revision: int | None, **more: Any) -> None:
    from cmfc.ledger.actions import Act, act

    mapping, at = _mapping(agency), Settings().now()
    today = local_date(at, mapping.zone)
    with _ledger() as ledger:
        what = Act(kind, by or getpass.getuser(), at, today, revision=revision, **more)
        print(f"Done; the finding's revision is {act(ledger, mapping.agency, exception_id, what)}.")


def _mapping(agency: Path | None) -> AgencyMapping:
    path = agency or Settings().mapping_file()
    if path is None or not path.is_file():
        raise UsageError("CMFC-C01", "Name the agency's mapping file with --agency.")
    return load_mapping(path)


@contextmanager
def _ledger() -> Iterator[Any]:
    from cmfc.ledger.store import open_ledger

    ledger = open_ledger(Settings().ledger_url())
    try:
        yield ledger
    finally:
        ledger.close()
