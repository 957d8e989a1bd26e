"""The command line. Exit 0 done, 1 the night failed for its input, 2 wrong usage or a broken install."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from cmfc.errors import CmfcError, UsageError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Children missing from care: were they reported?")
stderr = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


@app.command()
def reconcile(
    records: Annotated[Path, typer.Option(help="Folder of <feed>.csv files with the canonical columns.")],
    zone: Annotated[str, typer.Option(help="IANA zone of naive local times.")],
    jurisdiction: Annotated[str, typer.Option(help="us/federal, or a state such as us/mo.")],
    as_of: Annotated[str, typer.Option(help="ISO 8601 instant; without an offset it is local in ZONE.")],
    out: Annotated[Path, typer.Option(help="Folder that will hold the lists; replaced whole.")],
    agency: Annotated[str, typer.Option(help="Agency id.")] = "local",
    runaway_placements_kept: Annotated[
        bool, typer.Option("--runaway-placements-kept", help="The agency records runaway placements (RC-02).")
    ] = False,
    as_json: Json = False,
) -> None:
    """Reconcile a folder of CSV files, without Airflow and without a store."""
    from cmfc.law.library import load_law
    from cmfc.night import reconcile_folder

    load_law(jurisdiction, _zone(zone))
    if not records.is_dir():
        raise UsageError("CMFC-C01", f"There is no folder {records}.")
    instant = _instant(as_of, zone)
    with _steps(20) as step:
        report = reconcile_folder(records, zone, jurisdiction, instant, out, agency, runaway_placements_kept, step=step)
    _say(report, as_json)


@app.command()
def night(
    agency: Annotated[Path, typer.Option(help="The agency's mapping file.")],
    date: Annotated[str, typer.Option(help="Business date, YYYY-MM-DD.")],
    again: Annotated[bool, typer.Option(help="Pull again, though a snapshot is there.")] = False,
    as_json: Json = False,
) -> None:
    """Run one night of an agency, without Airflow. SQL connections come from CMFC_CONN_<NAME> (a SQLAlchemy URL)."""
    from cmfc.errors import InputError
    from cmfc.intake.mapping import load_mapping
    from cmfc.night import fall_short, place_of, run_night, stand
    from cmfc.settings import Settings

    settings = Settings()
    place = place_of(load_mapping(agency), _day(date), settings.store, settings.lists)
    try:
        with _steps(20) as step:
            report = run_night(place, int(time.time()), _connect, again, step)
    except InputError as error:
        fall_short(place, settings.lists, f"{error.code}: {error.message}")
        raise
    stand(place, settings.lists)
    _say(report, as_json)


@app.command()
def explain(
    exception_id: Annotated[str, typer.Argument(help="exception_id of a finding.")],
    lists: Annotated[Path | None, typer.Option("--list", help="Folder of a published list.")] = None,
    as_json: Json = False,
) -> None:
    """Tell one finding in sentences: the evidence, the clock, the rule."""
    from cmfc.outputs.explain import explain_finding, find

    finding = find(lists or _current_list(), exception_id)
    print(json.dumps(finding) if as_json else explain_finding(finding))


@app.command("check-mapping")
def check_mapping(
    file: Annotated[Path, typer.Argument(help="The agency's mapping file.")], as_json: Json = False
) -> None:
    """Check a mapping: its keys, its feeds, its law. Sources are not read."""
    from cmfc.intake.mapping import load_mapping
    from cmfc.law.library import load_law

    mapping = load_mapping(file)
    load_law(mapping.jurisdiction, mapping.zone)
    told = {name: {"source": feed.source.shown, "columns": len(feed.columns)} for name, feed in mapping.feeds.items()}
    if as_json:
        print(json.dumps({"agency": mapping.agency, "feeds": told}))
        return
    table = Table("feed", "source", "columns", title=f"{mapping.agency}: the mapping is in order")
    for name, feed in told.items():
        table.add_row(name, str(feed["source"]), str(feed["columns"]))
    Console().print(table)


@app.command()
def demo(
    date: Annotated[str, typer.Option(help="Business date, YYYY-MM-DD.")] = "2026-09-30",
    ui: Annotated[bool, typer.Option("--ui", help="Keep Airflow running, to look and trigger.")] = False,
    as_json: Json = False,
) -> None:
    """Run the nightly job on an invented agency, through a real Airflow."""
    from cmfc.demo import run_demo

    report = run_demo(_day(date), keep_ui=ui)
    if report["state"] != "success":
        raise UsageError("CMFC-C04", "The demonstration night did not finish.", str(report.get("log", "")))
    _say(_published(Path(report["folder"])), as_json)


def main() -> None:
    """The entry point: errors become one sentence and an exit code."""
    try:
        app(standalone_mode=False)
    except CmfcError as error:
        stderr.print(f"{error.code}: {error.message}", style="bold", markup=False, highlight=False, soft_wrap=True)
        if error.detail:
            stderr.print(error.detail, markup=False, highlight=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except typer.Exit as stop:
        sys.exit(stop.exit_code)
    except Exception as error:
        if not hasattr(error, "exit_code") or not hasattr(error, "format_message"):
            raise
        stderr.print(f"Usage: {error.format_message()}", markup=False, soft_wrap=True)
        sys.exit(2)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UsageError("CMFC-C02", f"There is no time zone '{name}'; give one such as America/Chicago.") from None
    return name


def _instant(text: str, zone: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or len(text) <= 10:
        raise UsageError("CMFC-C03", f"'{text}' is not an instant; give one such as 2026-03-05T06:00:00Z.")
    return int((moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).timestamp())


def _day(text: str) -> str:
    try:
        return datetime.strptime(text, "%Y-%m-%d").strftime("%Y-%m-%d")  # noqa: DTZ007 (a calendar day)
    except ValueError:
        raise UsageError("CMFC-C03", f"'{text}' is not a date; give one such as 2026-09-30.") from None


def _connect(name: str) -> str:
    url = os.environ.get(f"CMFC_CONN_{name.upper()}")
    if url is None:
        raise UsageError("CMFC-C05", f"Connection '{name}' is not set; put its URL into CMFC_CONN_{name.upper()}.")
    return url


def _current_list() -> Path:
    from cmfc.settings import Settings

    found = sorted(Settings().lists.glob("*/current.json"))
    if len(found) != 1:
        raise UsageError("CMFC-C06", f"{len(found)} agencies have a current list; name one with --list.")
    return found[0].parent / str(json.loads(found[0].read_bytes())["business_date"])


def _published(folder: Path) -> dict[str, Any]:
    manifest = json.loads((folder / "manifest.json").read_bytes())
    feeds = {name: {"status": f["status"], **f["accounting"]} for name, f in manifest["feeds"].items()}
    return {"folder": str(folder), "counts": manifest["counts"], "feeds": feeds, "incomplete": manifest["incomplete"]}


@contextmanager
def _steps(total: int) -> Iterator[Callable[[str], None]]:
    """A progress bar where a person watches, silence elsewhere."""
    from rich.progress import Progress

    with Progress(console=stderr, transient=True, disable=not stderr.is_terminal) as progress:
        task = progress.add_task("", total=total)
        yield lambda name: progress.update(task, advance=1, description=name)


def _say(report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(report, sort_keys=True))
        return
    console = Console()
    for sentence in report["incomplete"]:
        console.print(f"INCOMPLETE: {sentence}", markup=False)
    columns = ("status", "pulled", "accepted", "quarantined", "voided", "collapsed")
    feeds = Table("feed", *columns, title="Records")
    for name, feed in report["feeds"].items():
        feeds.add_row(name, *(str(feed.get(c, "")) for c in columns))
    console.print(feeds)
    for kind in ("by_severity", "by_code"):
        counted = report["counts"][kind]
        console.print(f"{kind[3:]}: " + (", ".join(f"{k} {v}" for k, v in counted.items()) or "none"), highlight=False)
    console.print(f"Lists: {report['folder']}", soft_wrap=True, highlight=False)


if __name__ == "__main__":
    main()
