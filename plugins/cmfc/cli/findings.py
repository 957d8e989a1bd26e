"""The commands of the ledger: what people do about findings, what changed, and whether the journal is whole."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cmfc.cli import arguments
from cmfc.cli.acting import acting
from cmfc.cli.console import complain
from cmfc.errors import InputError, UsageError

if TYPE_CHECKING:
    from cmfc.ledger.journal import Head

finding = typer.Typer(no_args_is_help=True, help="Act on a finding, or see its history.")
Id = Annotated[str, typer.Argument(help="The finding's id: column exception_id.")]
Agency = Annotated[Path | None, typer.Option(help="The agency's mapping file; default: the installation's.")]
By = Annotated[str, typer.Option(help="Who acts, where you enter it for somebody (CMFC_ACT_FOR); default: you.")]
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
def explain(
    exception_id: Id,
    reason: Annotated[str, typer.Option(help="What became of the child and of the records; kept in the ledger alone.")],
    agency: Agency = None,
    by: By = "",
    revision: Revision = None,
) -> None:
    """Give your word for an episode that vanished (RC-09); from the next night on the child is not missing."""
    _act(exception_id, agency, "explain", by, revision, text=reason)


@finding.command()
def history(exception_id: Id, agency: Agency = None, as_json: Json = False) -> None:
    """Show what happened to a finding, in order."""
    from cmfc.ledger import queries
    from cmfc.timing.clock import local_time

    mapping = arguments.mapping(agency)
    with open_desk() as ledger:
        row = queries.one_finding(ledger, mapping.agency, exception_id)
        events = queries.history(ledger, mapping.agency, exception_id)
    if row is None:
        raise UsageError("CMFC-F01", "There is no finding with this id on record.")
    if as_json:
        print(json.dumps({"finding": asdict(row), "events": [asdict(e) for e in events]}, default=str))
        return
    print(f"{row.code} {row.severity}: {row.status}, first seen {row.first_seen}, revision {row.revision}")
    for event in events:
        when = local_time(event.at, mapping.zone)
        more = (f"{name}={value}" for name, value in event.detail.items() if not name.startswith(("note", "entered")))
        who = event.who if "entered_by" in event.detail else f"by {event.actor}"
        print(" ".join(part for part in (when, event.kind, who, *more, event.text or "") if part))


def verify(
    agency: Agency = None,
    head: Annotated[str, typer.Option(help="A journal head that somebody wrote down, entry:hash.")] = "",
    heads: Annotated[
        list[Path] | None, typer.Option(help="A file with heads from outside: nightly messages, manifests, notes.")
    ] = None,
    state: Annotated[str, typer.Option(help="A state's journal (`cmfc audit merge`) instead of an agency's.")] = "",
    as_json: Json = False,
) -> None:
    """Check the agency's journal, its rows, the published lists and the kept files; name what was changed.

    It is also compared with the heads in the published manifests. A state has no lists and no kept files.
    """
    from cmfc.ledger.heads import head_from
    from cmfc.ledger.verify import verify as check
    from cmfc.pipeline.maintenance import published_heads
    from cmfc.settings import Settings

    name, settings = state or arguments.mapping(agency).agency, Settings()
    outside = [] if state else list(published_heads(settings.lists, name).items())
    if head:
        try:
            one = head_from(head)
        except ValueError as error:
            raise UsageError("CMFC-J07", f"'{head}' is not a journal head: {error}.") from None
        outside.append((one.seq, one.hash))
    for file in heads or ():
        outside += [(one.seq, one.hash) for one in _heads_of(arguments.file(file), name)]
    with open_desk() as ledger:
        folders = () if state else (settings.lists / name, settings.store / name / "kept")
        last, faults = check(ledger, name, outside, *folders)
    if state and not last.seq:
        raise UsageError("CMFC-J14", "This ledger has no journal of a state of that name.", state)
    if as_json:
        print(json.dumps({"head": str(last), "heads": len(set(outside)), "faults": [asdict(f) for f in faults]}))
    else:
        for fault in faults:
            print(fault)
        print(f"{last.seq} entries, head {last}, {len(set(outside))} heads from outside: {len(faults)} faults.")
    if faults:
        message = "The journal was changed, or what it vouches for."
        raise InputError("CMFC-J08", message, f"{len(faults)} faults")


def _heads_of(file: Path, agency: str) -> "list[Head]":
    """The heads in a file; only signed or stamped ones where the settings say by whom."""
    from cmfc.ledger.heads import head_line, heads_in
    from cmfc.ledger.witness import is_signed, is_stamped
    from cmfc.settings import Settings

    settings, text = Settings(), file.read_text(encoding="utf-8", errors="replace")
    signers, certificates = settings.head_signers, settings.head_certificates
    heads = []
    for one in heads_in(file, agency):
        line = head_line(agency, one)
        if signers and not is_signed(line, text, Path(signers)):
            complain(f"The head of entry {one.seq} in {file.name} is left out: no signature in it holds.")
        elif certificates and not is_stamped(line, text, Path(certificates)):
            complain(f"The head of entry {one.seq} in {file.name} is left out: no time-stamp in it holds.")
        else:
            heads.append(one)
    if not heads:
        raise UsageError("CMFC-J07", f"{file.name} has no journal head that can be taken.")
    return heads


def diff(
    first: Annotated[str, typer.Argument(help="Business date, YYYY-MM-DD.")],
    second: Annotated[str, typer.Argument(help="A later business date.")],
    agency: Agency = None,
    known_on: Annotated[str, typer.Option("--as-known-on", help="Lists as they were known at this instant.")] = "",
    as_json: Json = False,
) -> None:
    """Show what changed between two nights' lists, by duty (better, worse, new, over), and what else differs."""
    from cmfc.ledger.between import between
    from cmfc.pipeline.rebuild import lists_of
    from cmfc.pipeline.run import run_of
    from cmfc.reconcile.registry import titles
    from cmfc.settings import Settings
    from cmfc.worklists.diff import count_duties, differences

    mapping, settings, days = arguments.mapping(agency), Settings(), (arguments.day(first), arguments.day(second))
    if days[0] >= days[1]:
        raise UsageError("CMFC-C03", f"{second} is not later than {first}; name the earlier night first.")
    until = arguments.instant(known_on) if known_on else None
    runs = [run_of(mapping, d.isoformat(), settings.store, settings.lists, settings.ledger) for d in days]
    with (
        lists_of(runs[0], until) as (before, first_note),
        lists_of(runs[1], until) as (after, second_note),
        open_desk() as ledger,
    ):
        lines = differences(before, after, between(ledger, mapping.agency, *days, until))
    for note in filter(None, (first_note, second_note)):
        complain(note)
    counts = count_duties(lines)
    if as_json:
        print(json.dumps({"from": first, "to": second, "duties": counts, "findings": lines}))
        return
    for line in lines:
        was = f"(was {line['was']})" if line["was"] else ""
        words = (line["change"].replace("_", " "), line["code"], was, f"{titles()[line['code']]}:", line["subject_id"],
                 line["severity"], line["differs_in"], line["exception_id"])  # fmt: skip
        print(" ".join(word for word in words if word))
    print(f"Duties from {first} to {second}: {', '.join(f'{number} {name}' for name, number in counts.items())}.")


def _act(exception_id: str, agency: Path | None, kind: Any, by: str, revision: int | None, **more: Any) -> None:
    from cmfc.ledger.actions import Action, apply_action
    from cmfc.settings import Settings
    from cmfc.timing.clock import local_date

    mapping, at = arguments.mapping(agency), Settings().act_time()
    today, (person, entered_by) = local_date(at, mapping.zone), acting(by)
    with open_desk() as ledger:
        action = Action(kind, person, at, today, revision=revision, entered_by=entered_by, **more)
        print(f"Done; the finding's revision is {apply_action(ledger, mapping.agency, exception_id, action)}.")


@contextmanager
def open_desk() -> Iterator[Any]:
    """The ledger, as people at the desk may write it."""
    from cmfc.ledger.store import opened
    from cmfc.settings import Settings

    with opened(Settings().desk_url()) as ledger:
        yield ledger
