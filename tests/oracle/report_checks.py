"""LE-01 to LE-03, LE-06, LE-08, NC-01 to NC-03, NC-05, NC-06, NC-10, LW-01: one duty, its worst state (spec 5)."""

from dataclasses import replace
from typing import Any

from tests.oracle.clocks import usable
from tests.oracle.duties import SHORT
from tests.oracle.finding import Findings
from tests.oracle.law_files import FEDERAL
from tests.oracle.spans import Episode
from tests.oracle.times import FOREVER, HOUR
from tests.oracle.verdicts import Judged
from tests.oracle.world import Night

CODES = {
    "law_enforcement": ("LE-01", "LE-02", "LE-03", "LE-06", "LE-08"),
    "ncmec": ("NC-01", "NC-02", "NC-03", "NC-06", "NC-10"),
}


def check_reports(episode: Episode, night: Night, findings: Findings) -> None:
    """Both duties of one episode."""
    for recipient in SHORT:
        _check_duty(episode, recipient, night, findings)


def _check_duty(episode: Episode, recipient: str, night: Night, findings: Findings) -> None:
    short = SHORT[recipient]
    judged: list[Judged] = episode.facts[f"{short}_judged"]
    about: dict[str, Any] = {"episode": episode, "recipient": recipient, "rules": said_of_rules(judged)}
    if without := [j for j in judged if j.verdict == "no_rule"]:
        findings.raise_("LW-01", "medium", judged=strongest(without), **about)
    code, severity, broken = _worst(episode, recipient, judged, night)
    if not broken:
        return
    named = _shown(strongest(broken))
    if severity == "critical" and not any(j.is_verified for j in broken):
        severity = "high"
    findings.raise_(code, severity, judged=named, **about)
    if code == "NC-01" and _is_opened_by_police_only(episode):
        findings.raise_("NC-05", severity, judged=named, **about)


def _worst(episode: Episode, recipient: str, judged: list[Judged], night: Night) -> tuple[str, str, list[Judged]]:
    """Code, severity and the rules that are broken; none where nothing is to be raised."""
    facts, short, is_open = episode.facts, SHORT[recipient], episode.is_open
    unreported, late, unclear, due, ended_first = CODES[recipient]

    def of(verdict: str) -> list[Judged]:
        return [j for j in judged if j.verdict == verdict]

    if facts[f"{short}_duty"] in ("required", "third_party"):
        if not facts[f"{short}_counting"] and (broken := of("missing") + of("undetermined")):
            is_missing = bool(of("missing") or facts[f"{short}_unreadable"])
            return unreported, "critical" if is_open else "high" if is_missing else "medium", broken
        if facts[f"{short}_counting"] and of("late"):
            return late, "high" if is_open else "medium", of("late")
        if facts[f"{short}_counting"] and of("undetermined"):
            return unclear, "medium", of("undetermined")
        if is_open and of("pending"):
            earliest = min(j.deadline[0] for j in of("pending") if j.deadline)
            return due, "high" if earliest - night.as_of < 12 * HOUR else "medium", of("pending")
    return ended_first, "low", of("ended_first")


def strongest(broken: list[Judged]) -> Judged:
    """The strongest basis, then the earliest deadline, then the state's."""
    return min(broken, key=lambda j: (j.strength, *(j.deadline or (FOREVER, FOREVER)), j.rule.startswith(FEDERAL)))


def said_of_rules(judged: list[Judged]) -> tuple[str, ...]:
    """Every rule with its verdict; sorted, since of two with one deadline nothing says which comes first."""
    return tuple(sorted(f"{j.rule}={j.verdict}" for j in judged))


def _shown(judged: Judged) -> Judged:
    if judged.verdict in ("pending", "ended_first"):
        return replace(judged, over=None)
    if judged.verdict == "undetermined" and judged.over:
        return replace(judged, over=(0, judged.over[1]))
    return judged


def _is_opened_by_police_only(episode: Episode) -> bool:
    sources = {r["source"] for r in usable(episode, "ncmec")}
    return sources == {"law_enforcement"}
