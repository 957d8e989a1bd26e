"""ID-01, ID-02, ID-04 to ID-06, CV-01, CV-03 to CV-05 (spec 4, 5)."""

from collections import defaultdict
from typing import Any

from tests.oracle.duties import SHORT
from tests.oracle.finding import Findings
from tests.oracle.matching import Assignment
from tests.oracle.spans import Episode
from tests.oracle.times import HOUR, distance
from tests.oracle.world import KEYS, REPORTS, Child, Night, Row


def is_before_history(report: Row, night: Night) -> bool:
    return night.history_begins is not None and report["reported_at"][1] < night.history_begins


def check_link(report: Row, recipient: str, given: Assignment, child: Child, night: Night, f: Findings) -> None:
    """ID-02, ID-05, ID-06 of one report that is linked by id."""
    if is_before_history(report, night):
        return
    feed = REPORTS[recipient]
    about: dict[str, Any] = {"subject": f"{feed}:{report[KEYS[feed]]}", "recipient": recipient}
    about["child_id"] = child.child_id
    if given.episode is None:
        f.raise_("ID-02", "high", **about)
    if given.could_be:
        severity = "high" if any(e.is_open for e in given.could_be) else "medium"
        f.raise_("ID-06", severity, episode=given.episode, recipient=recipient)
    if _disagrees(report, given.episode, child):
        about = about if given.episode is None else {"recipient": recipient}
        f.raise_("ID-05", "low", episode=given.episode, **about)


def check_stray(report: Row, recipient: str, night: Night, f: Findings) -> None:
    """ID-01: nobody on file."""
    if not is_before_history(report, night):
        feed = REPORTS[recipient]
        f.raise_("ID-01", "high", subject=f"{feed}:{report[KEYS[feed]]}", recipient=recipient)


def _disagrees(report: Row, episode: Episode | None, child: Child) -> bool:
    on_file = child.on_file or {}
    if _differ(report["date_of_birth"], on_file.get("date_of_birth")) or _differ(report["sex"], on_file.get("sex")):
        return True
    names = ("first_name", "last_name")
    if all(_differ(_plain(report[name]), _plain(on_file.get(name))) for name in names):
        return True
    since = report["missing_since"]
    return bool(episode and since and distance(since, episode.began) > 24 * HOUR)


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
            for report in episode.reports[recipient]:
                number = _number(report, recipient)
                if number and episode not in using[number]:
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


def check_coverage(episode: Episode, night: Night, f: Findings) -> None:
    """CV-01, CV-03, CV-04, CV-05. A failed feed's silence makes nothing more severe (spec 1)."""
    facts = episode.facts
    is_of_age = facts["age"] is not None and facts["age"] >= 21
    for recipient, short in SHORT.items():
        if facts[f"{short}_duty"] == "review":
            is_silent = night.has(REPORTS[recipient]) and not facts[f"{short}_counting"]
            severity = "high" if episode.is_open and is_silent else "medium"
            f.raise_("CV-01", severity, episode=episode, recipient=recipient)
    if facts["custody"] == "other_state" and not is_of_age:
        f.raise_("CV-03", "high" if episode.is_open else "info", episode=episode)
    if facts["custody"] == "none" and not is_of_age:
        f.raise_("CV-04", "medium", episode=episode)
    if episode.child.born is None:
        f.raise_("CV-05", "medium", episode=episode)
