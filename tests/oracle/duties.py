"""Verdicts of one episode: both reports by federal and state rule, and the NCIC entry (spec 2.3, 3, 4.2)."""

from dataclasses import replace
from functools import partial
from typing import Any

from tests.oracle.clocks import duty_clock, usable
from tests.oracle.law import DUTY_OF, NCIC, federal_rule, state_rule
from tests.oracle.law_files import FEDERAL, Value, is_covered
from tests.oracle.matching import accepted, counting, first_moment, unreadable_reports
from tests.oracle.spans import Episode, second_runs
from tests.oracle.times import Moment
from tests.oracle.verdicts import Judged, judge_rule
from tests.oracle.world import REPORTS, Night, Row, report_name

SHORT = {"law_enforcement": "le", "ncmec": "ncmec"}


def judge_episode(episode: Episode, ambiguous: set[str], night: Night) -> None:
    """Adds the verdicts to `facts`; `ambiguous` names reports that could belong to several episodes."""
    for recipient in SHORT:
        _judge_recipient(episode, recipient, ambiguous, night)
    _judge_ncic(episode, night)
    clocks = [clock for recipient in SHORT for clock in _clocks(episode, recipient, night)]
    episode.facts["informed"] = min(clocks, default=episode.facts["known_from"])


def _rules(episode: Episode, recipient: str, night: Night) -> list[str]:
    """The federal rule, and the state's where its words cover the child."""
    custody, age = episode.facts[f"{SHORT[recipient]}_custody"], episode.facts["age"]
    federal = federal_rule(recipient, custody, age)
    state = state_rule(night.jurisdiction, DUTY_OF[recipient])
    return [federal, state] if state and is_covered(night.jurisdiction, DUTY_OF[recipient], custody, age) else [federal]


def _clocks(episode: Episode, recipient: str, night: Night) -> list[Moment]:
    """From when the agency knew, for every rule of a duty that exists."""
    if episode.facts[f"{SHORT[recipient]}_duty"] == "not_required":
        return []
    clocks = [duty_clock(episode, recipient, rule, None, night) for rule in _rules(episode, recipient, night)]
    return [clock for clock in clocks if clock]


def _judge_recipient(episode: Episode, recipient: str, ambiguous: set[str], night: Night) -> None:
    facts, short = episode.facts, SHORT[recipient]
    duty, custody = facts[f"{short}_duty"], facts[f"{short}_custody"]
    counted = counting(recipient, duty, episode.reports[recipient])
    done = first_moment(counted)
    federal = federal_rule(recipient, custody, facts["age"])
    facts |= {
        f"{short}_counting": counted,
        f"{short}_report_id": report_name(REPORTS[recipient], counted[0]) if counted else None,
        f"{short}_reported": done,
        f"{short}_rule": federal,
        f"{short}_judged": [],
        f"{short}_unreadable": [],
    }
    is_federal = night.jurisdiction == FEDERAL
    if duty == "not_required":
        facts[f"{short}_verdict"] = duty
        facts[f"{short}_state_verdict"] = None if is_federal else duty
        facts |= dict.fromkeys(_view_names(short))
        return
    facts[f"{short}_unreadable"] = [] if counted else unreadable_reports(episode, REPORTS[recipient])
    first = _judge(episode, recipient, federal, ambiguous, night)
    facts[f"{short}_judged"] = [first]
    facts[f"{short}_verdict"] = first.verdict
    facts[f"{short}_state_verdict"] = None if is_federal else _judge_state(episode, recipient, ambiguous, night)
    facts |= _views(short, first.clock or facts["known_from"], done, night)
    if not night.has(REPORTS[recipient]):
        facts[f"{short}_judged"] = [replace(j, verdict="not_checked", over=None) for j in facts[f"{short}_judged"]]
        facts[f"{short}_verdict"] = "not_checked"
        if facts[f"{short}_state_verdict"] not in (None, "no_duty"):
            facts[f"{short}_state_verdict"] = "not_checked"
        facts |= dict.fromkeys(_view_names(short))


def _judge_state(episode: Episode, recipient: str, ambiguous: set[str], night: Night) -> str:
    facts, short = episode.facts, SHORT[recipient]
    own = _rules(episode, recipient, night)[1:]
    if not own:
        return "no_duty"
    judged = _judge(episode, recipient, own[0], ambiguous, night)
    facts[f"{short}_judged"].append(judged)
    return judged.verdict


def _judge(episode: Episode, recipient: str, rule: str, ambiguous: set[str], night: Night) -> Judged:
    """The verdict, and what takes a `met` or a `missing` back into doubt (spec 2.2.3, 4.2)."""
    facts, short = episode.facts, SHORT[recipient]
    custody, counted = facts[f"{short}_custody"], facts[f"{short}_counting"]
    clock_of = partial(_clock_of, episode, recipient, rule, night)
    judged = judge_rule(rule, custody, clock_of, first_moment(counted), episode, night)
    if judged.verdict == "met":
        sure = [r for r in counted if r["record"] not in ambiguous]
        alone = judge_rule(rule, custody, clock_of, first_moment(sure), episode, night)
        if alone.verdict != "met" or is_second_run_untold(episode, counted):
            return replace(judged, verdict="undetermined")
    if judged.verdict == "missing" and facts[f"{short}_unreadable"]:
        return replace(judged, verdict="undetermined")
    return judged


def _clock_of(episode: Episode, recipient: str, rule: str, night: Night, value: Value | None) -> Moment | None:
    return duty_clock(episode, recipient, rule, value, night)


def what_verdicts_rest_on(episode: Episode, recipient: str, ambiguous: set[str], night: Night) -> Row:
    """What must be known to judge the report again, and what law enforcement did with it (spec 6)."""
    facts, short, is_le = episode.facts, SHORT[recipient], recipient == "law_enforcement"
    counted = facts[f"{short}_counting"]
    is_owed = facts[f"{short}_duty"] != "not_required"
    unreadable = unreadable_reports(episode, REPORTS[recipient])
    took = accepted(episode) if is_le else []
    entered = [r["ncic_entered_at"] for r in took if r["ncic_entered_at"]]
    removed = [r["ncic_removed_at"] for r in took if r["ncic_removed_at"]]
    ending = "back" if facts["is_back"] else "left_care" if facts["is_out_of_care"] else "unsure"
    return {
        "custody": facts[f"{short}_custody"],
        "custody_from": facts[f"{short}_custody_begins"],
        "obligation": facts[f"{short}_duty"],
        "learned": facts["known_from"],
        "ending": "open" if episode.is_open else ending,
        "sure": first_moment([r for r in counted if r["record"] not in ambiguous]),
        "is_doubtful": is_owed and is_second_run_untold(episode, counted),
        "has_untimed": is_owed and bool(unreadable),
        "federal_rule": facts[f"{short}_rule"] if is_owed else None,
        "state_rule": next(iter(_rules(episode, recipient, night)[1:]), None) if is_owed else None,
        "told": first_moment(usable(episode, recipient), "told_located_at"),
        "accepted": took[0]["reported_at"] if took else None,
        "entered": min(entered, default=None),
        "is_entered": bool(entries(took)),
        "removed_earliest": max(removed)[0] if removed else None,
        "ncic_rule": NCIC if took else None,
    }


def is_second_run_untold(episode: Episode, counted: list[Row]) -> bool:
    """A second run was written while the first record was open, and every report is surely before it."""
    return any(told_before_only(counted, again) for _, _, again in second_runs(episode.evidence))


def told_before_only(counted: list[Row], again: Moment) -> bool:
    return bool(counted) and all(r["reported_at"][1] < again[0] for r in counted)


def _view_names(short: str) -> list[str]:
    return [f"{short}_{name}" for name in ("seconds_min", "seconds_max", "calendar_days", "audit_late")]


def _views(short: str, clock: Moment, done: Moment | None, night: Night) -> dict[str, Any]:
    """Elapsed seconds, and the auditor's view in calendar days (spec 2.1)."""
    days = (night.date_of(done[0] if done else night.as_of) - night.date_of(clock[0])).days
    elapsed = (done[0] - clock[1], done[1] - clock[0]) if done else (None, None)
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
    done = min((r["ncic_entered_at"] for r in reports if r["ncic_entered_at"]), default=None)
    clock: Moment = reports[0]["reported_at"]
    judged = judge_rule(NCIC, facts["le_custody"], lambda value: clock, done, episode, night)
    facts["ncic_judged"] = judged
    has_bare_number = done is None and any(r["ncic_number"] for r in reports)
    facts["ncic_verdict"] = "undetermined" if has_bare_number else judged.verdict
