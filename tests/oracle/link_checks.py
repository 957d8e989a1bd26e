"""ID-01 to ID-06, DQ-03: reports and records, and whom they are about (spec 4, 5)."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from tests.oracle.clocks import usable
from tests.oracle.duties import SHORT
from tests.oracle.finding import Findings
from tests.oracle.matching import Assignment
from tests.oracle.spans import Episode
from tests.oracle.times import HOUR, distance
from tests.oracle.world import KEYS, Child, Night, Row

DEPENDANTS = ("custody", "placements", "absences", "sightings", "contacts", "returns")
NAMES = ("first_name", "last_name")


def is_before_history(report: Row, night: Night) -> bool:
    return night.history_begins is not None and report["reported_at"][1] < night.history_begins


def check_link(report: Row, recipient: str, assignment: Assignment, child: Child, night: Night, f: Findings) -> None:
    """ID-02, ID-05, ID-06 of one report that is linked by id; nothing is derived from one that may be voided."""
    if is_before_history(report, night) or not report["may_count"]:
        return
    about: dict[str, Any] = {"subject": report["record"], "recipient": recipient, "child_id": child.child_id}
    if assignment.episode is None:
        f.raise_("ID-02", "high", **about, observed=report["reported_at"])
    if assignment.could_be:
        severity = "high" if any(e.is_open for e in assignment.could_be) else "medium"
        f.raise_("ID-06", severity, episode=assignment.episode, recipient=recipient)
    if _disagrees(report, assignment.episode, child):
        about = about if assignment.episode is None else {"recipient": recipient}
        f.raise_("ID-05", "low", episode=assignment.episode, **about)


def check_stray(report: Row, recipient: str, night: Night, f: Findings) -> None:
    """ID-01: nobody on file."""
    if not is_before_history(report, night):
        f.raise_("ID-01", "high", subject=report["record"], recipient=recipient, observed=report["reported_at"])


def check_question(report: Row, recipient: str, child: Child, night: Night, f: Findings) -> None:
    """ID-03: the id of one child, and every detail of somebody else."""
    if not is_before_history(report, night):
        about: dict[str, Any] = {"subject": report["record"], "recipient": recipient, "child_id": child.child_id}
        f.raise_("ID-03", "high", **about, observed=report["reported_at"])


def check_dependants(feeds: Mapping[str, list[Row]], night: Night, f: Findings) -> None:
    """DQ-03: a row, begun or not, whose child the children feed does not hold."""
    on_file = {row["child_id"] for row in feeds["children"]}
    for feed in DEPENDANTS:
        for raw in feeds[feed] if night.has(feed) else []:
            if raw["child_id"] not in on_file:
                record = raw["record"] if "record" in raw else f"{feed}:{raw[KEYS[feed]]}"
                f.raise_("DQ-03", "high", subject=record, child_id=raw["child_id"])


def is_of_somebody_else(report: Row, child: Child) -> bool:
    """Birth date and both names are given, and all differ from the child's (4.1 rule 1)."""
    on_file = child.on_file
    if on_file is None:
        return False
    names = all(_differ(_plain(report[name]), _plain(on_file[name])) for name in NAMES)
    return names and _differ(report["date_of_birth"], on_file["date_of_birth"])


def _disagrees(report: Row, episode: Episode | None, child: Child) -> bool:
    since = report["missing_since"]
    if episode and since and distance(since, episode.began) > 24 * HOUR:
        return True
    on_file = child.on_file
    if on_file is None:
        return False
    if any(_differ(report[name], on_file[name]) for name in ("date_of_birth", "sex")):
        return True
    return all(_differ(_plain(report[name]), _plain(on_file[name])) for name in NAMES)


def _differ(a: Any, b: Any) -> bool:
    return a is not None and b is not None and a != b


def _plain(name: str | None) -> str | None:
    return name.strip().casefold() or None if name else None


def check_numbers(episodes: list[Episode], night: Night, f: Findings) -> None:
    """ID-04: one report number on several episodes of a child; at least one report is of the time that is judged."""
    for recipient in SHORT:
        using: dict[tuple[Any, ...], list[Episode]] = defaultdict(list)
        judged = set()
        for episode in episodes:
            for report in usable(episode, recipient):
                number = _number(report, recipient)
                if number and not any(e is episode for e in using[number]):
                    using[number].append(episode)
                if number and not is_before_history(report, night):
                    judged.add(number)
        sharing = [e for number in judged for e in using[number] if len(using[number]) > 1]
        for episode in sharing:
            f.raise_("ID-04", "medium", episode=episode, recipient=recipient)


def _number(report: Row, recipient: str) -> tuple[Any, ...] | None:
    if recipient == "ncmec":
        return (report["ncmec_case_number"],) if report["ncmec_case_number"] else None
    return (report["agency_name"], report["report_number"]) if report["report_number"] else None
