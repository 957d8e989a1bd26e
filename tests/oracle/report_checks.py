"""LE-01 to LE-08, NC-01 to NC-12, LW-01 (spec 5)."""

from dataclasses import replace

from tests.oracle.duties import SHORT, Judged
from tests.oracle.finding import Findings
from tests.oracle.matching import accepted
from tests.oracle.spans import Episode
from tests.oracle.times import FOREVER, HOUR, Moment, end_or_forever
from tests.oracle.world import Night

CODES = {
    "law_enforcement": ("LE-01", "LE-02", "LE-03", "LE-06", "LE-08"),
    "ncmec": ("NC-01", "NC-02", "NC-03", "NC-06", "NC-10"),
}
FLAGS = ("has_photo", "has_description", "has_circumstances", "has_endangerments", "has_guardian_contact")


def check_reports(episode: Episode, night: Night, findings: Findings) -> None:
    """All report checks of one episode."""
    for recipient, short in SHORT.items():
        for judged in episode.facts[f"{short}_judged"]:
            _check_rule(episode, recipient, judged, night, findings)
    _check_le(episode, findings)
    _check_ncmec(episode, night, findings)


def _check_rule(episode: Episode, recipient: str, judged: Judged, night: Night, findings: Findings) -> None:
    short = SHORT[recipient]
    duty, counted = episode.facts[f"{short}_duty"], episode.facts[f"{short}_counting"]
    unreported, late, unclear, due, ended_first = CODES[recipient]
    is_open, verdict = episode.is_open, judged.verdict
    if verdict == "no_rule":
        findings.raise_("LW-01", "medium", episode=episode, recipient=recipient, judged=judged)
    if verdict in ("pending", "ended_first"):
        judged = replace(judged, over=None)
    if verdict == "ended_first":
        findings.raise_(ended_first, "low", episode=episode, recipient=recipient, judged=judged)
    if duty not in ("required", "third_party"):
        return
    if verdict == "undetermined":
        judged = _over_from_zero(judged)
    if not counted and verdict in ("missing", "undetermined"):
        severity = "critical" if is_open else "high" if verdict == "missing" else "medium"
        findings.raise_(unreported, severity, episode=episode, recipient=recipient, judged=judged)
        sources = [r["source"] for r in episode.reports["ncmec"]]
        if recipient == "ncmec" and sources and set(sources) == {"law_enforcement"}:
            findings.raise_("NC-05", severity, episode=episode, recipient=recipient, judged=judged)
    if verdict == "late":
        findings.raise_(late, "high" if is_open else "medium", episode=episode, recipient=recipient, judged=judged)
    if counted and verdict == "undetermined":
        findings.raise_(unclear, "medium", episode=episode, recipient=recipient, judged=judged)
    if is_open and not counted and verdict == "pending" and judged.deadline:
        severity = "high" if judged.deadline[0] - night.as_of < 12 * HOUR else "medium"
        findings.raise_(due, severity, episode=episode, recipient=recipient, judged=judged)


def _over_from_zero(judged: Judged) -> Judged:
    return replace(judged, over=(max(0, judged.over[0]), max(0, judged.over[1]))) if judged.over else judged


def _before_end(moment: Moment | None, episode: Episode) -> bool:
    """Surely before the end; an open episode has none."""
    return moment is not None and moment[1] < end_or_forever(episode.ended)[0]


def _check_le(episode: Episode, findings: Findings) -> None:
    outcomes = {r["outcome"] for r in episode.reports["law_enforcement"]}
    counted = episode.facts["le_counting"]
    now = "critical" if episode.is_open else ""
    to = "law_enforcement"
    if outcomes & {"refused", "told_to_wait"} and not accepted(episode):
        findings.raise_("LE-04", now or "high", episode=episode, recipient=to, rule="us/federal/no_waiting_period")
    if not counted:
        return
    if not counted[0]["report_number"] or not counted[0]["agency_name"]:
        findings.raise_("LE-05", "low", episode=episode, recipient=to)
    if all(_before_end(r["told_located_at"], episode) for r in counted):
        findings.raise_("LE-07", now or "medium", episode=episode, recipient=to, rule="us/federal/report_to_le")


def _check_ncmec(episode: Episode, night: Night, findings: Findings) -> None:
    facts, to, rule = episode.facts, "ncmec", "us/federal/report_to_ncmec"
    reports, counted = episode.reports["ncmec"], facts["ncmec_counting"]
    by_agency = any(r["source"] in ("agency", None) for r in reports)
    is_adult = facts["age"] is not None and 18 <= facts["age"] <= 20
    if by_agency and facts["custody"] == "voluntary_extended_care" and is_adult:
        findings.raise_("NC-08", "info", episode=episode, recipient=to)
    if not counted:
        return
    first = counted[0]
    le_times = [r["reported_at"][0] for r in episode.reports["law_enforcement"]]
    if facts["ncmec_duty"] in ("required", "third_party") and not le_times and night.has("le_reports"):
        findings.raise_("NC-04", "medium", episode=episode, recipient=to, rule=rule)
    if any(first[flag] is False for flag in FLAGS):
        findings.raise_("NC-07", "low", episode=episode, recipient=to)
    if all(_before_end(r["told_located_at"], episode) or _before_end(r["closed_at"], episode) for r in counted):
        severity = "critical" if episode.is_open else "medium"
        findings.raise_("NC-09", severity, episode=episode, recipient=to, rule=rule)
    if first["reported_at"][1] < min(le_times, default=-FOREVER):
        findings.raise_("NC-11", "info", episode=episode, recipient=to)
    if first["source"] is None:
        findings.raise_("NC-12", "medium", episode=episode, recipient=to)
    if facts["ncmec_duty"] == "third_party" and first["has_guardian_contact"] is not True:
        findings.raise_("CV-02", "medium", episode=episode, recipient=to)
