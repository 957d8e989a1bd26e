"""The command line. Exit 0 done, 1 the night failed for its input, 2 wrong usage or a broken install.

Imports are inside the commands, so that `cmfc --help` answers at once.
"""

import json
import os
import re
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from typer.core import TyperGroup

from cmfc.cli import arguments, findings, health, lists, many, matching, reference
from cmfc.cli.audit import audit
from cmfc.cli.console import NIGHT_STEPS, complain, print_feeds, print_night, steps
from cmfc.cli.sheet import sheet
from cmfc.errors import CmfcError, InputError, UsageError, entries
from cmfc.reconcile.engines import EngineName

ORDER = (
    "check-mapping", "night", "backfill", "current", "reconcile", "reconcile-many", "sheet", "explain", "finding",
    "diff", "verify", "health", "settle", "explain-link", "decide", "train-linkage", "audit", "reference",
)  # fmt: skip
"""The commands as an installation comes to need them."""


class InOrderOfUse(TyperGroup):
    """Lists the commands in the order in which they are used."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names."""
        return sorted(super().list_commands(ctx), key=ORDER.index)


app = typer.Typer(
    cls=InOrderOfUse,
    no_args_is_help=True,
    add_completion=False,
    help="Children missing from care: were they reported?",
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
EngineOption = Annotated[
    EngineName | None,
    typer.Option(help="On what to judge; default: the mapping's, else duckdb. The lists are the same."),
]
app.add_typer(audit, name="audit")
app.add_typer(findings.finding, name="finding")
for _command in (
    *(findings.verify, findings.diff, sheet),
    *(matching.train_linkage, matching.decide, matching.explain_link),
    *(lists.backfill, lists.current),
    many.reconcile_many,
    *(health.health, health.settle, reference.reference),
):
    app.command()(_command)


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show all of an unexpected error; may quote records.")] = False,
) -> None:
    """Children missing from care: were they reported?"""


@app.command()
def reconcile(
    records: Annotated[Path, typer.Option(help="Folder with <feed>.csv, with the columns of the data dictionary.")],
    zone: Annotated[str, typer.Option(help="IANA time zone of local times, such as America/Chicago.")],
    jurisdiction: Annotated[str, typer.Option(help="us/federal, or a state such as us/mo.")],
    as_of: Annotated[str, typer.Option(help="The instant to judge by, ISO 8601; local in ZONE if it has no offset.")],
    out: Annotated[Path, typer.Option(help="Folder for the lists: a new or empty one, or that of an earlier run.")],
    agency: Annotated[str, typer.Option(help="The agency's id; part of every episode's id.")] = "local",
    runaway_placements_kept: Annotated[
        bool, typer.Option("--runaway-placements-kept", help="The agency records runaway placements (RC-02).")
    ] = False,
    engine: EngineOption = None,
    as_json: Json = False,
) -> None:
    """Reconcile a folder of CSV files, without mapping, store or ledger."""
    from cmfc.law.library import load_law

    load_law(jurisdiction, _zone(zone))
    instant = _instant(as_of, zone)
    if not records.is_dir():
        raise UsageError("CMFC-C01", f"There is no folder {records}.")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", agency):
        raise UsageError("CMFC-C07", "An agency id consists of letters, digits, - and _, at most 64 of them.")
    from cmfc.pipeline.folder import not_read, reconcile_folder

    with steps(NIGHT_STEPS) as step:
        report = reconcile_folder(
            records, zone, jurisdiction, instant, out, agency, runaway_placements_kept, step, engine or "duckdb"
        )
    print_night(report, as_json)
    if others := not_read(records):
        complain(f"Not read, as no feed is called so: {', '.join(others)}")


@app.command()
def night(
    agency: Annotated[Path, typer.Option(help="The agency's mapping file.")],
    date: Annotated[str, typer.Option(help="Business date, YYYY-MM-DD.")],
    again: Annotated[bool, typer.Option("--again", help="Pull again even if there is a snapshot.")] = False,
    known_on: Annotated[
        str, typer.Option("--as-known-on", help="Rebuild a recorded night as known at this instant.")
    ] = "",
    out: Annotated[Path | None, typer.Option(help="Folder for the rebuilt night; default: beside the lists.")] = None,
    engine: EngineOption = None,
    as_json: Json = False,
) -> None:
    """Run one night of an agency, without Airflow.

    SQL connections come from the environment: CMFC_CONN_<NAME>, a SQLAlchemy URL.
    """
    from cmfc.ingest.mapping import load_mapping
    from cmfc.pipeline.nightly import mark_current, mark_stale, run_night
    from cmfc.pipeline.preflight import refuse_unfinished
    from cmfc.pipeline.run import run_of
    from cmfc.settings import Settings

    settings = Settings()
    mapping, business_date = load_mapping(arguments.file(agency)), arguments.day(date).isoformat()
    if engine is not None:
        mapping = mapping.model_copy(update={"engine": engine})
    run = run_of(mapping, business_date, settings.store, settings.lists, settings.ledger)
    if known_on:
        from cmfc.pipeline.rebuild import rebuild

        target = out or settings.lists / run.mapping.agency / "as-known" / business_date
        print_night(rebuild(run, target, arguments.instant(known_on)), as_json)
        return
    refuse_unfinished(run, settings.now())  # of a night that has not been, no list can be stale
    try:
        with steps(NIGHT_STEPS) as step:
            report = run_night(run, settings.now(), arguments.connection_url, again, step)
    except CmfcError as error:
        mark_stale(run, settings.lists, f"{error.code}: {error.message}")
        raise
    except Exception:
        mark_stale(run, settings.lists)
        raise
    mark_current(run, settings.lists)
    print_night(report, as_json)


@app.command()
def explain(
    exception_id: Annotated[str, typer.Argument(help="The finding's id: column exception_id.")],
    lists: Annotated[
        Path | None, typer.Option("--list", help="Folder of a published list; default: the current one.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Explain one finding in sentences: the evidence, the clock, the rule."""
    from cmfc.worklists.explain import explain_finding, find, night_of

    folder = lists or _current_list()
    finding = find(folder, exception_id)
    print(json.dumps(finding) if as_json else explain_finding(finding, night_of(folder)))


@app.command("check-mapping")
def check_mapping(
    file: Annotated[Path, typer.Argument(help="The agency's mapping file.")], as_json: Json = False
) -> None:
    """Check a mapping: its keys, its law, and each source with its columns and a thousand of its rows.

    Exit 1 when a source cannot be read or lacks a mapped column. No value is shown.
    """
    from cmfc.ingest.mapping import load_mapping
    from cmfc.ingest.probe import probe_sources
    from cmfc.law.library import load_law

    mapping = load_mapping(arguments.file(file))
    load_law(mapping.jurisdiction, mapping.zone)
    reached = probe_sources(mapping, arguments.connection_url)
    print_feeds(mapping.agency, {name: asdict(feed) for name, feed in reached.items()}, as_json)
    if wrong := [name for name, feed in reached.items() if feed.faults]:
        raise InputError("CMFC-M04", f"No night can run with this mapping; correct {', '.join(wrong)}.")


def main(commands: typer.Typer = app) -> None:
    """The entry point: errors become one sentence each and an exit code."""
    from cmfc.privacy.logs import without_values

    os.umask(0o077)  # a group of the settings is let in where folders of ours are made (storage/closed.py)
    debug = "--debug" in sys.argv
    sys.argv = [word for word in sys.argv if word != "--debug"]  # wherever it stands
    try:
        try:
            sys.exit(commands(standalone_mode=False) or 0)
        except Exception as error:
            if hasattr(error, "format_message"):  # typer's own: wrong options
                complain(f"Usage: {error.format_message()}")
                sys.exit(2)
            if debug and not isinstance(error, CmfcError):
                raise
            with without_values():
                raise
    except CmfcError as error:
        complain(f"{error.code}: {error.message}" + (f" ({error.detail})" if error.detail else ""))
        _advise(error.code)
        sys.exit(error.exit_code)
    except OSError as error:
        code = "CMFC-N02"
        complain(f"{code}: The system refused: {error.strerror or type(error).__name__}: {error.filename or ''}")
        _advise(code)
        sys.exit(2)
    except typer.Abort:
        sys.exit(130)


def _advise(code: str) -> None:
    """What to do about an error, one step a line."""
    for step in entries()[code].remedy:
        complain(f"  - {step.replace('`', '')}")


def _zone(name: str) -> str:
    from cmfc.ingest.column_mapping import known_zone

    try:
        return known_zone(name)
    except ValueError as error:
        raise UsageError("CMFC-C02", f"--zone '{name}' cannot be used: {error}.") from None


def _instant(text: str, zone: str) -> int:
    """Epoch seconds of an instant; a clock time that occurs twice in the zone, or never, needs an offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or len(text) <= 10:
        what = "is a date; give a time as well" if moment is not None else "is not an instant"
        raise UsageError("CMFC-C03", f"'{text}' {what}, such as 2026-03-05T06:00:00Z or 2026-03-05T00:00:00.")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
        if moment.utcoffset() != moment.replace(fold=1).utcoffset():
            raise UsageError("CMFC-C03", f"Clocks change at '{text}' in {zone}; give the time with its offset.")
    return int(moment.timestamp())


def _current_list() -> Path:
    from cmfc.settings import Settings

    files = sorted(Settings().lists.glob("*/current.json"))
    if len(files) != 1:
        raise UsageError("CMFC-C06", f"{len(files)} agencies have a current list; name one with --list.")
    return files[0].parent / str(json.loads(files[0].read_bytes())["business_date"])
