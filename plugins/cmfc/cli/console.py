"""What a person at the command line reads: progress on standard error, the night's summary on standard output."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table

stderr = Console(stderr=True)
ACCOUNTS = ("status", "pulled", "accepted", "quarantined", "voided", "collapsed")
NIGHT_STEPS = 25
"""Ten pulls, ten checks, settling, matching, reconciling, recording, publishing."""


@contextmanager
def steps(total: int) -> Iterator[Callable[[str], None]]:
    """A progress bar where a person watches, silence elsewhere; call it with the name of each step as it begins."""
    with bar() as move:
        done = iter(range(total + 1))
        yield lambda name: move(name, next(done, total), total)


@contextmanager
def bar() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar that is told what is going on, and how many of how many are done; 0 of 0: nobody knows."""
    from rich.progress import Progress

    with Progress(console=stderr, transient=True, disable=not stderr.is_terminal) as progress:
        task = progress.add_task("", total=None)
        yield lambda what, done, of: progress.update(task, description=what, completed=done, total=of or None)


def print_night(report: dict[str, Any], as_json: bool) -> None:
    """The summary of a published night: what is incomplete, records per feed, findings, where the files lie."""
    if as_json:
        print(json.dumps(report, sort_keys=True))
        return
    console = Console()
    for sentence in report["incomplete"]:
        console.print(f"INCOMPLETE: {sentence}", markup=False, highlight=False, soft_wrap=True)
    feeds = Table(Column("feed", no_wrap=True), *ACCOUNTS, title="Records")
    for name, feed in report["feeds"].items():
        feeds.add_row(name, *(str(feed.get(account, "")) for account in ACCOUNTS))
    console.print(feeds)
    for name, pull in report.get("pulls", {}).items():
        if pull["how"] not in ("pulled", "not_mapped"):
            console.print(f"{name}: {pull['sentence']}", markup=False, highlight=False, soft_wrap=True)
    for note in report["notes"]:
        console.print(note, markup=False, highlight=False, soft_wrap=True)
    for kind, title in (("by_severity", "severity"), ("by_code", "code")):
        counted = ", ".join(f"{name} {count}" for name, count in report["counts"][kind].items())
        console.print(f"Findings by {title}: {counted or 'none'}", highlight=False, soft_wrap=True)
    console.print(f"Lists: {report['folder']}", soft_wrap=True, highlight=False)
    if sentence := report.get("sentence"):
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def tell(summary: dict[str, Any], text: str, as_json: bool) -> None:
    """One object as JSON, or its text."""
    print(json.dumps(summary, sort_keys=True) if as_json else text)


def print_feeds(agency: str, feeds: dict[str, dict[str, Any]], as_json: bool) -> None:
    """What `check-mapping` found at each feed's source."""
    if as_json:
        print(json.dumps({"agency": agency, "feeds": feeds}, sort_keys=True))
        return
    table = Table("feed", "source", "mapped", "not in the source", "not in the mapping", title=f"Mapping of {agency}")
    for name, feed in feeds.items():
        cells = (", ".join(feed["missing_columns"]), ", ".join(feed["unknown_columns"]))
        table.add_row(name, feed["source"], str(feed["columns"]), *cells)
    console = Console()
    console.print(table)
    for what, of in (("faults", "FAULT"), ("hints", "hint")):
        for name, feed in feeds.items():
            for sentence in feed[what]:
                console.print(f"{of}: {name}: {sentence}", markup=False, highlight=False, soft_wrap=True)


def published(folder: Path) -> dict[str, Any]:
    """The summary of a list that is there, from its manifest."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    feeds = {name: {"status": feed["status"], **feed["accounting"]} for name, feed in manifest["feeds"].items()}
    notes = [f"{name}: {note}" for name, feed in manifest["feeds"].items() for note in feed["notes"]]
    numbers = {"counts": manifest["counts"], "feeds": feeds, "incomplete": manifest["incomplete"], "notes": notes}
    return {"folder": str(folder), **numbers}


def complain(sentence: str) -> None:
    """One line on standard error, as it is: no markup, no wrapping."""
    stderr.print(sentence, markup=False, highlight=False, soft_wrap=True)
