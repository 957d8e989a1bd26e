"""LE-04, LE-05, LE-07, NC-04, NC-07 to NC-09, NC-11, NC-12, CV-02: what the logs say (spec 5)."""

from tests.oracle.clocks import usable
from tests.oracle.finding import Findings
from tests.oracle.law import NO_WAITING
from tests.oracle.law_files import values_for
from tests.oracle.matching import accepted, first_moment
from tests.oracle.spans import Episode
from tests.oracle.times import FOREVER, Moment, end_or_forever
from tests.oracle.world import Night

FLAGS = ("has_photo", "has_description", "has_circumstances", "has_endangerments", "has_guardian_contact")


def check_logs(episode: Episode, night: Night, findings: Findings) -> None:
    _check_le(episode, findings)
    _check_ncmec(episode, night, findings)


def _critical_if_open(episode: Episode, rule: str, custody: str, closed: str) -> str:
    """No rule that is not verified makes a finding critical by itself (spec 2.3)."""
    if not episode.is_open:
        return closed
    return "critical" if any(v.is_verified for v in values_for(rule, custody, episode.facts["age"])) else "high"


def _before_end(moment: Moment | None, episode: Episode) -> bool:
    """Surely before the end; an open episode has none."""
    return moment is not None and moment[1] < end_or_forever(episode.ended)[0]


def _check_le(episode: Episode, findings: Findings) -> None:
    facts, to = episode.facts, "law_enforcement"
    outcomes = {r["outcome"] for r in usable(episode, to)}
    counted, rule, custody = facts["le_counting"], facts["le_rule"], facts["le_custody"]
    is_duty = facts["le_duty"] != "not_required"
    if is_duty and outcomes & {"refused", "told_to_wait"} and not accepted(episode):
        severity = _critical_if_open(episode, NO_WAITING, custody, "high")
        findings.raise_("LE-04", severity, episode=episode, recipient=to, rule=NO_WAITING)
    if not counted:
        return
    first = counted[0]
    if first["outcome"] == "accepted" and not (first["report_number"] and first["agency_name"]):
        findings.raise_("LE-05", "low", episode=episode, recipient=to, observed=first["reported_at"])
    if is_duty and is_le_no_longer_live(episode):
        severity = _critical_if_open(episode, rule, custody, "medium")
        findings.raise_("LE-07", severity, episode=episode, recipient=to, rule=rule)


def is_le_no_longer_live(episode: Episode) -> bool:
    counted = episode.facts["le_counting"]
    return bool(counted) and all(_before_end(r["told_located_at"], episode) for r in counted)


def is_ncmec_no_longer_live(episode: Episode) -> bool:
    counted = episode.facts["ncmec_counting"]
    return bool(counted) and all(
        _before_end(r["told_located_at"], episode) or _before_end(r["closed_at"], episode) for r in counted
    )


def _check_ncmec(episode: Episode, night: Night, findings: Findings) -> None:
    facts, to, rule = episode.facts, "ncmec", episode.facts["ncmec_rule"]
    reports, counted, duty = usable(episode, to), facts["ncmec_counting"], facts["ncmec_duty"]
    by_agency = any(r["source"] in ("agency", None) for r in reports)
    if by_agency and duty == "not_required" and facts["ncmec_custody"] == "voluntary_extended_care":
        findings.raise_("NC-08", "info", episode=episode, recipient=to, observed=facts["ncmec_reported"])
    doubtful = [r for r in reports if r["source"] == "unreadable"] + [r for r in counted[:1] if r["source"] is None]
    if doubtful:
        findings.raise_("NC-12", "medium", episode=episode, recipient=to, observed=first_moment(doubtful))
    if not counted:
        return
    first, moment = counted[0], facts["ncmec_reported"]
    le_times = [r["reported_at"][0] for r in usable(episode, "law_enforcement")]
    if duty in ("required", "third_party") and not le_times and night.has("le_reports"):
        findings.raise_("NC-04", "medium", episode=episode, recipient=to, rule=rule, observed=moment)
    if any(first[flag] is False for flag in FLAGS):
        findings.raise_("NC-07", "low", episode=episode, recipient=to, observed=moment)
    if duty != "not_required" and is_ncmec_no_longer_live(episode):
        severity = _critical_if_open(episode, rule, facts["ncmec_custody"], "medium")
        findings.raise_("NC-09", severity, episode=episode, recipient=to, rule=rule)
    if moment and moment[1] < min(le_times, default=-FOREVER):
        findings.raise_("NC-11", "info", episode=episode, recipient=to, observed=moment)
    if duty == "third_party" and first["has_guardian_contact"] is not True:
        findings.raise_("CV-02", "medium", episode=episode, recipient=to)
