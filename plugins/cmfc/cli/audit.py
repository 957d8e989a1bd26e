"""`cmfc audit`: build, merge, verify, release, estimate, and the crosswalk that the agency alone holds."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from cmfc.cli import arguments
from cmfc.cli.acting import user
from cmfc.errors import UsageError

audit = typer.Typer(
    invoke_without_command=True,
    help="Audit extracts: build, merge, verify, release, estimate, crosswalk.",
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
Agency = Annotated[str, typer.Option(help="The agency's id; default: the only one that has a list.")]
Known = Annotated[
    str, typer.Option("--as-known-on", help="What was known then: a business date, or an instant with its offset.")
]
RunId = Annotated[str, typer.Option("--run", help="The run of the night, where it ran more than once.")]
Package = Annotated[Path, typer.Option(help="Folder of the extract.")]


@audit.callback()
def _extract(
    context: typer.Context,
    first: Annotated[str, typer.Option("--from", help="First day of the period, YYYY-MM-DD.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day of the period, YYYY-MM-DD.")] = "",
    as_known_on: Known = "",
    seed: Annotated[int, typer.Option(help="Random seed of the sample, 0 or more.")] = -1,
    out: Annotated[Path | None, typer.Option(help="Folder for the extract; it must not exist yet.")] = None,
    agency: Agency = "",
    sample_size: Annotated[int, typer.Option(help="Episodes to draw.")] = 100,
    strata: Annotated[str, typer.Option(help="Columns to stratify by, separated by commas.")] = "length_band",
    population: Annotated[str, typer.Option(help="What the sample is drawn from: audit or statute.")] = "audit",
    is_by_day: Annotated[bool, typer.Option("--dates-only", help="Give times only to the day.")] = False,
    year_begins: Annotated[int, typer.Option(help="Month in which the fiscal year begins, 1 to 12.")] = 10,
    run: RunId = "",
    is_shareable: Annotated[bool, typer.Option("--shareable/--no-shareable", help="Tables to pass on.")] = True,
    compare: Annotated[Path | None, typer.Option(help="An earlier extract of the period, to say what changed.")] = None,
    is_for_state: Annotated[bool, typer.Option("--for-state", help="So that `cmfc audit merge` can join it.")] = False,
    as_json: Json = False,
) -> None:
    """Build an audit extract of a period, as the agency knew it on a night."""
    if context.invoked_subcommand is not None:
        return
    if not (first and last and (as_known_on or run) and out) or seed < 0:
        message = "An extract needs --from, --to, --as-known-on or --run, --seed (0 or more) and --out."
        raise UsageError("CMFC-U11", message)
    from cmfc.audit_extract.extract import Request
    from cmfc.audit_extract.release import build_extract
    from cmfc.ledger.store import opened
    from cmfc.pipeline.code import extract_version
    from cmfc.pipeline.past_run import known_at
    from cmfc.privacy.pseudonyms import read_key
    from cmfc.settings import Settings

    settings, names = Settings(), tuple(name.strip() for name in strata.split(",") if name.strip())
    days = (arguments.day(first), arguments.day(last))
    known_by = as_known_on or f"run {run}"
    options = {"is_by_day": is_by_day, "year_begins": year_begins, "is_for_state": is_for_state,
               "is_shareable": is_shareable, "former": compare}  # fmt: skip
    request = Request(*days, known_by, seed, sample_size, names, population, **options)  # type: ignore[arg-type]
    key, url = read_key(settings.audit_key.get_secret_value()), settings.desk_url()
    where = (settings.store, settings.lists, agency, _moment(as_known_on), run, url)
    with known_at(*where) as knowledge, opened(url) as ledger:
        summary = build_extract(knowledge, request, key, out, extract_version(), ledger, user(), settings.now())
    _tell(summary, as_json)


@audit.command()
def merge(
    packages: Annotated[
        list[Path], typer.Argument(help="Extracts of the agencies of one state, made with --for-state.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the state's extract; it must not exist yet.")],
    name: Annotated[str, typer.Option(help="What the state's extract is called, such as us-co.")],
    seed: Annotated[int, typer.Option(help="Random seed of the state's sample, 0 or more.")],
    sample_size: Annotated[int, typer.Option(help="Episodes to draw; two of every agency at least.")] = 100,
    is_shareable: Annotated[bool, typer.Option("--shareable/--no-shareable", help="Tables to pass on.")] = True,
    as_json: Json = False,
) -> None:
    """Join extracts of several agencies into one of the state, each child and episode once."""
    from cmfc.audit_extract.merge import StateRequest
    from cmfc.audit_extract.release import build_state
    from cmfc.ledger.store import opened
    from cmfc.settings import Settings

    if seed < 0 or sample_size < 1:
        raise UsageError("CMFC-U11", "A state's extract needs --seed, 0 or more, and --sample-size, 1 or more.")
    settings, request = Settings(), StateRequest(seed, sample_size, is_shareable)
    with opened(settings.desk_url()) as ledger:
        summary = build_state(packages, out, name, request, ledger, user(), settings.now())
    _tell(summary, as_json)


@audit.command()
def verify(
    package: Annotated[Path, typer.Argument(help="Folder of the extract.")],
    root: Annotated[str, typer.Option(help="SHA-256 of its manifest; default: that in this agency's ledger.")] = "",
) -> None:
    """Check an extract with this program's own copy of verify.py, against the root hash in the ledger."""
    import subprocess
    import sys
    from tempfile import TemporaryDirectory

    from cmfc.audit_extract.release import root_of
    from cmfc.audit_extract.verifier_file import verifier_text
    from cmfc.ledger.store import opened
    from cmfc.settings import Settings

    if not root:
        with opened(Settings().desk_url()) as ledger:
            root = root_of(package, ledger)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "verify.py"
        file.write_text(verifier_text(), encoding="utf-8")
        command = [sys.executable, "-I", "-S", str(file), str(package), "--root", root]
        raise typer.Exit(subprocess.run(command, check=False).returncode)  # noqa: S603 - our own text


@audit.command()
def estimate(
    package: Package,
    worksheet: Annotated[Path, typer.Option(help="The worksheet that the auditor filled in.")],
    out: Annotated[Path, typer.Option(help="Folder for estimates.csv.")],
    as_json: Json = False,
) -> None:
    """Estimate from a filled worksheet, with 90 and 95 % limits."""
    from cmfc.audit_extract.estimate import ALL, estimate_package

    estimates = [one for one in estimate_package(package, worksheet, out) if one.stratum == ALL]
    if as_json:
        listed = [{"question": e.question, "value": e.value, "share": e.share} for e in estimates]
        print(json.dumps({"estimates": listed}, sort_keys=True))
        return
    for e in estimates:
        limits = f"{e.low_95:.1%} to {e.high_95:.1%}"
        if e.quote == "one_sided":
            limits += f" (few cases: at least {e.at_least_95:.1%}, or at most {e.at_most_95:.1%}, exact)"
        print(f"{e.question} {e.value}: {e.share:.1%}, 95 % limits {limits}; {e.total:.0f} of {e.in_frame} episodes")
    print(f"All strata and levels: {out / 'estimates.csv'}")


@audit.command()
def release(
    package: Package,
    reason: Annotated[str, typer.Option(help="Code of the reason, such as as_asked.")],
    is_refused: Annotated[bool, typer.Option("--refuse", help="Refuse instead of releasing.")] = False,
    correction: Annotated[
        str, typer.Option(help="Name of the correction, for other figures than released before.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Release an extract, or refuse to. Only for an approver (CMFC_AUDIT_APPROVERS) who did not build it."""
    from cmfc.audit_extract.release import decide
    from cmfc.ledger.store import opened
    from cmfc.settings import Settings

    settings = Settings()
    names = tuple(name for _, name in settings.approvers)
    with opened(settings.desk_url()) as ledger:
        act = (package, not is_refused, reason, ledger, user(), names, settings.act_time())
        folder = decide(*act, correction=correction)
    _tell({"folder": str(folder), "released": not is_refused}, as_json)


@audit.command()
def register(
    agency: Annotated[str, typer.Option(help="The agency's id, or the name of a state.")],
    as_json: Json = False,
) -> None:
    """List what was passed on: each month and fiscal year, with the name of a correction."""
    from cmfc.audit_extract.sharing import from_json
    from cmfc.ledger.releases import list_shared
    from cmfc.ledger.store import opened
    from cmfc.settings import Settings

    with opened(Settings().desk_url()) as ledger:
        shared = [from_json(text) for text in list_shared(ledger, agency)]
    if as_json:
        listed = [{"period": one.period, "first": str(one.first), "last": str(one.last), "correction": one.corrects}
                  for one in shared]  # fmt: skip
        print(json.dumps({"shared": listed}, sort_keys=True))
        return
    if not shared:
        print("Nothing was passed on under this name.")
    for one in shared:
        print(f"{one.period}  {one.first} to {one.last}" + (f"  correction {one.corrects}" if one.corrects else ""))


@audit.command()
def crosswalk(
    file: Annotated[Path, typer.Option(help="A new file, outside every extract.")],
    as_known_on: Known = "",
    agency: Agency = "",
    run: RunId = "",
    as_json: Json = False,
) -> None:
    """Write which id each pseudonym stands for. For the agency alone; after a change of key with both pseudonyms."""
    from cmfc.audit_extract.pseudonym_list import register
    from cmfc.pipeline.past_run import known_at
    from cmfc.privacy.pseudonyms import read_key, write_crosswalk
    from cmfc.settings import Settings

    settings = Settings()
    following = settings.audit_key_next.get_secret_value()
    key, next_key = read_key(settings.audit_key.get_secret_value()), read_key(following) if following else None
    where = (settings.store, settings.lists, agency, _moment(as_known_on), run, settings.desk_url())
    with known_at(*where) as knowledge:
        count = write_crosswalk(file, knowledge.agency, register(knowledge), key, next_key)
    _tell({"file": str(file), "ids": count}, as_json)


def _tell(summary: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(summary, sort_keys=True))
        return
    for name, value in summary.items():
        print(f"{name.replace('_', ' ')}: {value}")


def _moment(text: str) -> int | str:
    """A business date as it is, or an instant as epoch seconds UTC; nothing where a run is named."""
    if not text:
        return ""
    if arguments.is_day_shaped(text):
        return arguments.day(text).isoformat()
    return arguments.instant(text, "is neither a business date nor an instant with its offset.")
