"""The commands of the ledger: what people do about findings, what changed, and whether the journal is whole."""

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from cmfc.cli import arguments
from cmfc.errors import InputError, UsageError

if TYPE_CHECKING:
    from cmfc.ingest.mapping import AgencyMapping

finding = typer.Typer(no_args_is_help=True, help="Act on a finding, or see its history.")
Id = Annotated[str, typer.Argument(help="The finding's id: column exception_id.")]
Agency = Annotated[Path | None, typer.Option(help="The agency's mapping file; default: the installation's.")]
By = Annotated[str, typer.Option(help="Who acts; default: the user who is logged in.")]
Revision = Annotated[int | None, typer.Option(help="The revision that you saw; refused if it has changed since.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


@finding.command()
def ack(exception_id: Id, agency: Agency = None, by: By = "", revision: Revision = None) -> None:
    """Acknowledge a finding: somebody has seen it."""
    _act(exception_id, agency, "acknowledge", by, revision)


@finding.command()
def assign(
    exception_id: Id,
    to: Annotated[str, typer.Option(help="The person's name; empty: nobody.")],
    agency: Agency = None,
    by: By = "",
    revision: Revision = None,
) -> None:
    """Assign a finding to a person."""
    _act(exception_id, agency, "assign", by, revision, assignee=to)


@finding.command()
def comment(
    exception_id: Id,
    text: Annotated[str, typer.Option(help="The comment; kept only in the ledger.")],
    agency: Agency = None,
    by: By = "",
    revision: Revision = None,
) -> None:
    """Comment on a finding."""
    _act(exception_id, agency, "comment", by, revision, text=text)


@finding.command()
def waive(
    exception_id: Id,
    reason: Annotated[str, typer.Option(help="Why; kept only in the ledger.")],
    until: Annotated[str, typer.Option(help="The last day of the waiver, YYYY-MM-DD.")],
    agency: Agency = None,
    by: By = "",
    revision: Revision = None,
) -> None:
    """Set a finding aside until a day, or until its facts change. It stays on the list and is still counted."""
    _act(exception_id, agency, "waive", by, revision, text=reason, until=arguments.day(until))


@finding.command()
def unwaive(exception_id: Id, agency: Agency = None, by: By = "", revision: Revision = None) -> None:
    """End a waiver before its last day."""
    _act(exception_id, agency, "unwaive", by, revision)


@finding.command()
def history(exception_id: Id, agency: Agency = None, as_json: Json = False) -> None:
    """Show what happened to a finding, in order."""
    from cmfc.ledger import queries

    mapping = _mapping(agency)
    with _ledger() as ledger:
        found = queries.one_finding(ledger, mapping.agency, exception_id)
        events = queries.history(ledger, mapping.agency, exception_id)
    if found is None:
        raise UsageError("CMFC-F01", "There is no finding with this id on record.")
    if as_json:
        print(json.dumps({"finding": asdict(found), "events": [asdict(e) for e in events]}, default=str))
        return
    print(f"{found.code} {found.severity}: {found.status}, first seen {found.first_seen}, revision {found.revision}")
    for event in events:
        when = datetime.fromtimestamp(event.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        told = " ".join(f"{name}={value}" for name, value in event.detail.items() if not name.startswith("note"))
        print(" ".join(part for part in (when, event.kind, f"by {event.actor}", told, event.text or "") if part))


def verify(
    agency: Agency = None,
    head: Annotated[str, typer.Option(help="A journal head that somebody wrote down, entry:hash.")] = "",
    as_json: Json = False,
) -> None:
    """Check that the agency's journal, and the rows it vouches for, were not changed.

    It is also compared with the heads in the published manifests.
    """
    from cmfc.ledger.replay import verify as check
    from cmfc.ledger.verify import head_from
    from cmfc.pipeline.maintenance import published_heads
    from cmfc.settings import Settings

    mapping = _mapping(agency)
    heads = published_heads(Settings().lists, mapping.agency)
    if head:
        try:
            given = head_from(head)
        except ValueError as error:
            raise UsageError("CMFC-J07", f"'{head}' is not a journal head: {error}.") from None
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
        raise InputError("CMFC-J08", "The journal was changed, or rows that it vouches for.", f"{len(faults)} faults")


def diff(
    first: Annotated[str, typer.Argument(help="Business date, YYYY-MM-DD.")],
    second: Annotated[str, typer.Argument(help="A later business date.")],
    agency: Agency = None,
    known_on: Annotated[str, typer.Option("--as-known-on", help="Lists as they were known at this instant.")] = "",
    as_json: Json = False,
) -> None:
    """Show what changed between two nights' lists: new, gone, or another severity, status or deadline."""
    from cmfc.pipeline.rebuild import lists_of
    from cmfc.pipeline.run import place_of
    from cmfc.settings import Settings
    from cmfc.worklists.diff import differences

    mapping, settings = _mapping(agency), Settings()
    until = arguments.instant(known_on) if known_on else None
    days = [arguments.day(text).isoformat() for text in (first, second)]
    places = [place_of(mapping, day, settings.store, settings.lists, settings.ledger) for day in days]
    with lists_of(places[0], until) as before, lists_of(places[1], until) as after:
        found = differences(before, after)
    if as_json:
        print(json.dumps({"from": first, "to": second, "findings": found}))
        return
    for line in found:
        print(" ".join(str(part) for part in line.values() if part))
    print(f"{len(found)} findings differ between {first} and {second}.")


def _act(exception_id: str, agency: Path | None, kind: Any, by: str, revision: int | None, **more: Any) -> None:
    from cmfc.ledger.actions import Act, act
    from cmfc.settings import Settings

    mapping, at = _mapping(agency), Settings().now()
    today = datetime.fromtimestamp(at, ZoneInfo(mapping.zone)).date()
    with _ledger() as ledger:
        what = Act(kind, by or getpass.getuser(), at, today, revision=revision, **more)
        print(f"Done; the finding's revision is {act(ledger, mapping.agency, exception_id, what)}.")


def _mapping(agency: Path | None) -> "AgencyMapping":
    from cmfc.ingest.mapping import load_mapping
    from cmfc.settings import Settings

    path = agency or Settings().mapping_file()
    if path is None or not path.is_file():
        raise UsageError("CMFC-C01", "Name the agency's mapping file with --agency.")
    return load_mapping(path)


@contextmanager
def _ledger() -> Iterator[Any]:
    from cmfc.ledger.store import open_ledger
    from cmfc.settings import Settings

    ledger = open_ledger(Settings().ledger_url())
    try:
        yield ledger
    finally:
        ledger.close()
