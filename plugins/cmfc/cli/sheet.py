"""`cmfc sheet`: the report sheet of one child, on the terminal or in a file that nobody else may read (spec 6)."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cmfc.cli import arguments
from cmfc.cli.acting import user
from cmfc.cli.findings import Agency, open_desk
from cmfc.errors import UsageError

if TYPE_CHECKING:
    from cmfc.ingest.mapping import AgencyMapping
    from cmfc.settings import Settings
    from cmfc.worklists.child_records import ChildRecords


def sheet(
    child: Annotated[str, typer.Argument(metavar="CHILD|EXCEPTION_ID", help="The child's id, or that of a finding.")],
    agency: Agency = None,
    out: Annotated[
        Path | None, typer.Option(help="A new file for it: .txt plain text, else HTML to print. Yours alone to read.")
    ] = None,
) -> None:
    """Make the report sheet of a child: what to tell law enforcement, then NCMEC. It holds names; it is journaled."""
    from cmfc.law.library import load_law
    from cmfc.ledger.queries import one_finding
    from cmfc.ledger.views import note_view
    from cmfc.pipeline.current_list import current, stale
    from cmfc.pipeline.run import run_of
    from cmfc.publishing.manifest import read_facts
    from cmfc.settings import Settings
    from cmfc.worklists.child_records import child_records
    from cmfc.worklists.claims import claims_of, standings_of
    from cmfc.worklists.report_sheet import make_sheet
    from cmfc.worklists.sheet_page import sheet_page, sheet_text

    if out is None and not sys.stdout.isatty():
        raise UsageError("CMFC-C11", "A sheet names a child: run this at a terminal, or name a new file with --out.")
    if out is not None and out.exists():
        raise UsageError("CMFC-C11", "The file that --out names is there already; name a new one.")
    settings, mapping = Settings(), arguments.mapping(agency)
    night = current(settings.lists, mapping.agency)
    if night is None:
        raise UsageError("CMFC-W01", "No list of this agency has been published yet. Run the nightly job first.")
    run = run_of(mapping, night, settings.store, settings.lists, settings.ledger)
    with open_desk() as ledger:
        finding = one_finding(ledger, mapping.agency, child)
        records = child_records(run.folder, (finding.child_id or "") if finding else child)
        _refuse_unseen(settings, mapping, records)
        note_view(ledger, mapping.agency, user(), "sheet", [records.child_id], settings.act_time())
        claims = claims_of(ledger, mapping.agency, records)
    facts = replace(read_facts(run.out), stale=stale(settings.lists, mapping.agency) is not None)
    standings = standings_of(claims, records, facts.broken, settings.now())
    form = make_sheet(records, facts, load_law(mapping.jurisdiction, mapping.zone), standings)
    if out is None:
        print(sheet_text(form, mapping.zone), end="")
        return
    _write_closed(out, sheet_text(form, mapping.zone) if out.suffix == ".txt" else sheet_page(form, mapping.zone))
    print(f"Written: {out}. It names a child: print it, hand it over, delete it.")


def _refuse_unseen(settings: "Settings", mapping: "AgencyMapping", records: "ChildRecords") -> None:
    """Offices hold here as they do on the page, by the name of who is logged in."""
    from cmfc.review.access import sight_of

    sight = sight_of(user(), mapping.agency, settings.review_offices, settings.review_default_offices)
    if not records.is_known or (sight is not None and not sight.covers(records.office)):
        raise UsageError("CMFC-F08", "There is no child or finding with this id on the current list that you may see.")


def _write_closed(path: Path, text: str) -> None:
    """A new file that its owner alone may read, whatever the group of the settings."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise UsageError("CMFC-C11", "The file that --out names is there already; name a new one.") from None
    with os.fdopen(file, "w", encoding="utf-8", newline="\n") as stream:
        os.fchmod(stream.fileno(), 0o600)
        stream.write(text)
