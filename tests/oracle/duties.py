"""Verdicts of one episode: both reports by federal and state rule, and the NCIC entry (spec 2.1, 3, 4.2)."""

from dataclasses import dataclass
from typing import Any

from tests.oracle.law import DUTY_OF, federal_rule, limits_at, state_rule
from tests.oracle.matching import accepted, counting
from tests.oracle.spans import Episode
from tests.oracle.times import Moment, judge
from tests.oracle.world import REPORTS, Night, Row

SHORT = {"law_enforcement": "le", "ncmec": "ncmec"}
KEY = {"law_enforcement": "le_report_id", "ncmec": "ncmec_report_id"}


@dataclass(frozen=True)
class Judged:
    """One duty held against one rule. Seconds; `over` is hours over the limit in seconds, least and most.

    Where the clock's moment straddles a change, the specification fixes the verdict but no deadline.
    """

    rule: str
    verdict: str
    clock: Moment
    deadline: Moment | None = None
    observed: Moment | None = None
    over: tuple[int, int] | None = None
    straddles: bool = False


def judge_rule(
    rule: str, clock: Moment, done: Moment | None, ended: Moment | None, night: Night, is_ambiguous: bool = False
) -> Judged:
    """Every value in force within the clock's moment is asked; different answers are `undetermined`."""
    limits = limits_at(rule, clock, night.zone)
    verdicts = {"no_rule" if li is None else judge(clock, done, li, ended, night.as_of) for li in limits}
    verdict = verdicts.pop() if len(verdicts) == 1 else "undetermined"
    known = [li for li in limits if li is not None]
    if not known:
        return Judged(rule, verdict, clock, observed=done)
    if is_ambiguous and verdict == "met":
        verdict = "undetermined"
    until = done or (night.as_of, night.as_of)
    over = (until[0] - clock[1] - max(known), until[1] - clock[0] - min(known))
    return Judged(rule, verdict, clock, (clock[0] + min(known), clock[1] + max(known)), done, over, len(limits) > 1)


def judge_episode(episode: Episode, ambiguous: set[str], night: Night) -> None:
    """Adds the verdicts to `facts`; `ambiguous` names reports that could belong to several episodes."""
    for recipient in SHORT:
        _judge_recipient(episode, recipient, ambiguous, night)
    _judge_ncic(episode, night)


def _judge_recipient(episode: Episode, recipient: str, ambiguous: set[str], night: Night) -> None:
    facts, short = episode.facts, SHORT[recipient]
    duty = facts[f"{short}_duty"]
    counted = counting(recipient, duty, episode.reports[recipient])
    report = counted[0] if counted else None
    facts[f"{short}_counting"] = counted
    facts[f"{short}_report_id"] = report[KEY[recipient]] if report else None
    facts[f"{short}_reported"] = report["reported_at"] if report else None
    state = state_rule(night.jurisdiction, DUTY_OF[recipient])
    facts[f"{short}_judged"] = []
    silent = "not_required" if duty == "not_required" else None if night.has(REPORTS[recipient]) else "not_checked"
    if silent:
        facts[f"{short}_verdict"] = silent
        facts[f"{short}_state_verdict"] = None if night.jurisdiction == "us/federal" else silent
        facts |= dict.fromkeys(_view_names(short))
        return
    is_ambiguous = report is not None and report[KEY[recipient]] in ambiguous
    done = report["reported_at"] if report else None
    rules = [federal_rule(recipient, facts["custody"], facts["age"]), *([state] if state else [])]
    judged = [judge_rule(r, facts["informed"], done, episode.ended, night, is_ambiguous) for r in rules]
    facts[f"{short}_judged"] = judged
    facts[f"{short}_verdict"] = judged[0].verdict
    facts[f"{short}_state_verdict"] = (
        judged[1].verdict if state else None if night.jurisdiction == "us/federal" else "no_rule"
    )
    facts |= _views(short, facts["informed"], done, night)


def _view_names(short: str) -> list[str]:
    return [f"{short}_{name}" for name in ("seconds_min", "seconds_max", "calendar_days", "audit_late")]


def _views(short: str, informed: Moment, done: Moment | None, night: Night) -> dict[str, Any]:
    """Elapsed seconds, and the auditor's view in calendar days (spec 2.1)."""
    days = (night.date_of(done[0] if done else night.as_of) - night.date_of(informed[0])).days
    elapsed = (done[0] - informed[1], done[1] - informed[0]) if done else (None, None)
    return dict(zip(_view_names(short), (*elapsed, days, days >= 2), strict=True))


def entries(reports: list[Row]) -> list[Row]:
    """Reports with an NCIC entry: a time, or a number without one."""
    return [r for r in reports if r["ncic_entered_at"] or r["ncic_number"]]


def _judge_ncic(episode: Episode, night: Night) -> None:
    facts = episode.facts
    reports = accepted(episode)
    facts["ncic_judged"] = None
    if not night.has("le_reports"):
        facts["ncic_verdict"] = "not_checked"
        return
    if not reports:
        facts["ncic_verdict"] = "not_required"
        return
    times = [r["ncic_entered_at"] for r in reports if r["ncic_entered_at"]]
    done = min(times, default=None)
    judged = judge_rule("us/federal/ncic_entry", reports[0]["reported_at"], done, episode.ended, night)
    facts["ncic_judged"] = judged
    has_bare_number = done is None and any(r["ncic_number"] for r in reports)
    facts["ncic_verdict"] = "undetermined" if has_bare_number else judged.verdict
