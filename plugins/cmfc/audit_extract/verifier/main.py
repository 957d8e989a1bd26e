"""Runs every check and prints a line for each; exit 0: all holds, 1: something does not."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

from cmfc.audit_extract.verifier.auditors import wrong_characteristics, wrong_incidence, wrong_targets
from cmfc.audit_extract.verifier.clock import Clock, day_number, instant, wrong_offsets
from cmfc.audit_extract.verifier.copies import wrong_copies
from cmfc.audit_extract.verifier.hashes import Proof, wrong_approval, wrong_rows
from cmfc.audit_extract.verifier.lines import Setting, wrong_lines
from cmfc.audit_extract.verifier.population import wrong_other_samples, wrong_reports, wrong_sample, wrong_sums
from cmfc.audit_extract.verifier.reading import Odd, Package, Row, read_object
from cmfc.audit_extract.verifier.reliability import (
    wrong_changes,
    wrong_definitions,
    wrong_findings,
    wrong_nevers,
    wrong_nights,
    wrong_reliability,
)
from cmfc.audit_extract.verifier.rules import Law
from cmfc.audit_extract.verifier.shareable import SHARED, wrong_shares
from cmfc.audit_extract.verifier.signatures import check_signature, check_stamp
from cmfc.audit_extract.verifier.state import wrong_agency_lines, wrong_care, wrong_joins, wrong_state
from cmfc.audit_extract.verifier.tables import TABLES, Context, differences, wrong_years

MOST = 20
RECIPIENT_FEEDS = {"le": "le_reports", "ncmec": "ncmec_reports"}
CHECKED = {
    "agency_lines", "agencies", "joins", "children", "care", "episodes", "population", "exclusions", "reports",
    "sample", "sample_exclusions", "sample_reports", "duties", *SHARED, *TABLES,
    "characteristics", "findings", "resolution", "nights", "nevers", "reliability", "usability", "changes",
    "reconciliation", "definitions",
}  # fmt: skip
"""Tables of which some check looks at the content."""


def printable(sentence: str) -> str:
    """A sentence on one line: what a file holds must not look like a line of this report."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in sentence)


class Report:
    """Prints what holds and what does not, and counts."""

    def __init__(self) -> None:
        self.failed = 0

    def tell(self, what: str, check: Callable[[], List[str]]) -> None:
        """One check. A file that is missing or a value that is odd is what is wrong with it."""
        try:
            wrong = list(dict.fromkeys(check()))
        except Odd as odd:
            wrong = [str(odd)]
        except Exception as error:  # noqa: BLE001 - a JSON file may hold anything, and nothing of it is a reason to stop
            wrong = [f"a file has not the form that it should have ({type(error).__name__}); manifest.json comes first"]
        if not wrong:
            print(f"ok     {what}")
            return
        self.failed += 1
        print(f"WRONG  {what}:")
        for sentence in wrong[:MOST]:
            print(f"         {printable(sentence)}")
        if len(wrong) > MOST:
            print(f"         and {len(wrong) - MOST} more")


def setting_of(package: Package, facts: Dict[str, Any]) -> Setting:
    """What the lines of a package share; facts: those of its night."""
    clock = Clock(package.fact("zone_changes"), package.fact("holidays"))
    as_of = instant(str(facts.get("as_of")), "manifest.json, night.as_of")
    day = day_number(str(facts.get("business_date")), "manifest.json, night.business_date") + 1
    nights = {
        agency: about["night"] for agency, about in package.manifest.get("agencies", {"": {"night": facts}}).items()
    }
    checked = {
        agency: {to: night["feeds"].get(feed, {}).get("status") == "ok" for to, feed in RECIPIENT_FEEDS.items()}
        for agency, night in nights.items()
    }
    is_by_day = package.fact("is_by_day") is True
    return Setting(Law(package, clock, as_of, is_by_day), clock, as_of, day, is_by_day, checked)


def context_of(package: Package) -> Context:
    """What the tables of a package are made from."""
    first, last = (day_number(str(package.fact("period", end)), f"manifest.json, {end}") for end in ("first", "last"))
    until = day_number(str(package.fact("night", "business_date")), "manifest.json, business_date") + 1
    return Context(package, package.table("episodes"), first, last, until)


def wrong_period(context: Context) -> List[str]:
    """Lines that did not last at any time in the period."""
    wrong = []
    for line in context.lines:
        began = day_number(line["began_on"], line.place("began_on"))
        ended = day_number(line["ended_on"], line.place("ended_on")) if line["ended_on"] else context.last
        if began > context.last or ended < context.first:
            wrong.append(f"{line.file}, row {line.number}: it did not last at any time in the period")
    return wrong


def wrong_balance(rows: List[Row]) -> List[str]:
    """Rows in which open + new - closed is not open."""
    return [
        f"{row.file}, row {row.number}"
        for row in rows
        if row.whole("open_at_start") + row.whole("new") - row.whole("returned") - row.whole("otherwise_closed")
        != row.whole("open_at_end")
    ]


def unordered(folder: Path) -> List[str]:
    """Rows of any CSV file that stand twice or out of order."""
    wrong = []
    try:
        described = [
            (
                str(resource["path"]),
                {str(field["name"]): str(field["type"]) for field in resource["schema"]["fields"]},
                [str(column) for column in resource["schema"].get("primaryKey", [])],
            )
            for resource in read_object(folder, "datapackage.json")["resources"]
        ]
    except (AttributeError, KeyError, TypeError):
        raise Odd("datapackage.json does not describe the files as it should") from None
    for name, kinds, key in described:
        wrong += wrong_rows(folder, name, kinds, key)
    return wrong


def check_content(package: Package, report: Report) -> None:
    """Every check of what the files say."""
    lines = package.table("episodes")
    report.tell(
        "the offsets in manifest.json are those of the zone",
        lambda: wrong_offsets(str(package.fact("zone")), package.fact("zone_changes")),
    )
    report.tell(
        "every verdict, band, length and hour follows from its line, rules.csv and duties.csv",
        lambda: [one.sentence() for one in wrong_lines(lines, setting_of(package, package.fact("night")))],
    )
    report.tell("every line lasted at some time in the period", lambda: wrong_period(context_of(package)))
    report.tell("rows and episodes add up from all records to the population", lambda: wrong_sums(package, lines))
    for name, table in TABLES.items():
        if name not in package.fact("not_joined"):
            report.tell(
                f"{name}.csv follows from episodes.csv",
                lambda name=name, table=table: differences(table, name, context_of(package)),  # type: ignore[misc]
            )
    check_more(package, report)
    report.tell(
        "open at start + new - returned - otherwise closed = open at end",
        lambda: wrong_balance(package.table("stock_and_flow")),
    )
    report.tell("the sample is the one that the seed gives", lambda: wrong_sample(package, lines))
    if package.has("sample_reports"):
        report.tell(
            "the samples of exclusions and reports are those the seed gives", lambda: wrong_other_samples(package)
        )
        report.tell("reports.csv names only episodes of the agency", lambda: wrong_reports(package, lines))
    report.tell("what may be passed on follows from episodes.csv", lambda: wrong_shares(context_of(package)))
    if package.has("care"):
        report.tell("days in care and children in care follow from care.csv", lambda: wrong_care(context_of(package)))
    if package.has("agency_lines"):
        report.tell(
            "every line of an agency follows from itself, as in its own extract",
            lambda: wrong_agency_lines(package, setting_of(package, package.fact("night"))),
        )
        report.tell("children and episodes are joined as they should be", lambda: wrong_joins(package))
        report.tell("each line of the state follows from those of the agencies", lambda: wrong_state(package))


def check_more(package: Package, report: Report) -> None:
    """What auditors publish beyond counts, and how far it can be trusted."""
    clock = Clock(package.fact("zone_changes"), package.fact("holidays"))
    not_joined = package.fact("not_joined")
    checks: List[Tuple[str, str, Callable[[], List[str]]]] = [
        ("yearly", "the fiscal years are those of the period", lambda: wrong_years(context_of(package))),
        (
            "characteristics", "characteristics.csv has every line once and agrees with it",
            lambda: wrong_characteristics(context_of(package), clock),
        ),
        (
            "incidence", "means, medians and children in care of incidence.csv hold",
            lambda: wrong_incidence(context_of(package)),
        ),
        ("monthly", "shares and targets of monthly.csv follow from their rows", lambda: wrong_targets(package)),
        (
            "findings", "findings.csv holds, and resolution.csv follows from it",
            lambda: wrong_findings(context_of(package)),
        ),
        ("nights", "nights.csv adds up and agrees with manifest.json", lambda: wrong_nights(context_of(package))),
        ("nevers", "nevers.csv lists every never and no other", lambda: wrong_nevers(context_of(package))),
        (
            "reliability", "reliability.csv and usability.csv follow from what they count",
            lambda: wrong_reliability(context_of(package)),
        ),
        ("changes", "reconciliation.csv follows from changes.csv", lambda: wrong_changes(context_of(package))),
        ("definitions", "every code of findings, measures and tests is defined", lambda: wrong_definitions(package)),
    ]  # fmt: skip
    for name, what, check in checks:
        if name not in not_joined:
            report.tell(what, check)


def check_folder(folder: Path, choice: argparse.Namespace) -> int:
    """All checks of a folder."""
    report = Report()
    proof = Proof(folder, choice.root.lower(), choice.fingerprints)
    if choice.root:
        report.tell("manifest.json has the root hash", lambda: proof.wrong + proof.wrong_facts())
        if proof.wrong and not proof.is_restored:
            print("note   fingerprints.json is not as approved either: what follows is what the content shows")
    else:
        print("note   no root hash given (--root): compare with the one in the approval or the agency's ledger")
    report.tell("manifest.json and fingerprints.json have the same facts", proof.differing_facts)
    report.tell("every file has its hash, and no other file is there", proof.wrong_files)
    if litter := proof.litter():
        print(f"note   left there by a desktop, no part of the package: {', '.join(litter)}")
    if (folder / "approval.json").is_file():
        report.tell("the approval is of this manifest.json", lambda: wrong_approval(folder, choice.root.lower()))
    for note, wrong in (check_signature(folder, choice.signers, choice.signer), check_stamp(folder, choice.authority)):
        if note:
            print(note)
        else:
            report.tell("a signature or time stamp holds", lambda wrong=wrong: wrong)  # type: ignore[misc]
    report.tell("no row is there twice or out of its place", lambda: unordered(folder))
    report.tell("tables.xlsx says what the CSV files say", lambda: wrong_copies(folder))
    try:
        package = Package(folder)
        check_content(package, report)
    except Odd as odd:
        sentence = [str(odd)]
        report.tell("the content can be read", lambda: sentence)
    names = (p.relative_to(folder).as_posix() for p in folder.rglob("*.csv"))
    by_hash = sorted(name for name in names if name[:-4] not in CHECKED)
    care = [] if (folder / "care.csv").is_file() else ["care_days", "children_in_care"]
    print(f"note   by their hash alone: {', '.join(['Parquet files', *by_hash, *care])}")
    return 1 if report.failed else 0


def main(arguments: List[str]) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="verify.py", description="Checks an audit extract with Python alone.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("."))
    parser.add_argument("--root", default="", help="SHA-256 of manifest.json, from the approval or the agency's ledger")
    parser.add_argument("--fingerprints", type=Path, help="your own copy of fingerprints.json, of the day you got it")
    parser.add_argument("--signers", default="", help="allowed signers for ssh-keygen -Y verify")
    parser.add_argument("--signer", default="", help="who signed, as named in that file")
    parser.add_argument("--authority", default="", help="certificates of the time-stamping authority, for openssl")
    choice = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):  # a console that cannot show a letter of a county's name
        sys.stdout.reconfigure(errors="backslashreplace")
    if choice.root and (len(choice.root) != 64 or set(choice.root.lower()) - set("0123456789abcdef")):
        print("WRONG  --root is not a SHA-256: 64 hexadecimal digits")
        return 1
    if not choice.folder.is_dir():
        print("WRONG  there is no such folder")
        return 1
    return check_folder(choice.folder, choice)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
