"""The whole answer for a night: episodes, determinations, links, findings and who is missing, child by child."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.after_checks import check_after, check_to_clear, notices_of, returns_of
from tests.oracle.attributes import describe
from tests.oracle.clocks import inform
from tests.oracle.duties import SHORT, judge_episode, what_verdicts_rest_on
from tests.oracle.episode_checks import check_coverage, check_episode_records
from tests.oracle.finding import Finding, Findings, Key
from tests.oracle.link_checks import (
    check_dependants,
    check_link,
    check_numbers,
    check_question,
    check_stray,
    is_of_somebody_else,
)
from tests.oracle.log_checks import check_logs
from tests.oracle.matching import assign
from tests.oracle.missing_now import missing_row
from tests.oracle.outcome import settle_outcome
from tests.oracle.report_checks import check_reports
from tests.oracle.row_checks import check_rows
from tests.oracle.sightings import Window, episodes_of
from tests.oracle.spans import Episode, Evidence, is_recorded_error
from tests.oracle.times import Moment, end_or_forever
from tests.oracle.world import REPORTS, Child, Night, Row, children_of

Determination = tuple[str, int, int | None, str, str]
Link = tuple[str, str, str | None, str | None, str]


@dataclass
class Answer:
    """What the core should say. Episodes are rows like episodes.csv, with seconds instead of hours."""

    episodes: dict[str, Row] = field(default_factory=dict)
    determinations: list[Determination] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    findings: dict[Key, Finding] = field(default_factory=dict)
    members: set[tuple[str, str, str]] = field(default_factory=set)
    """Episode, feed and id of each of its records."""
    duties: dict[tuple[str, str], Row] = field(default_factory=dict)
    """By episode and recipient, what the verdicts on the report rest on."""
    notices: dict[tuple[str, str, str], tuple[str, str, Moment | None]] = field(default_factory=dict)
    """By episode, recipient and level."""
    missing_now: dict[str, Row] | None = field(default_factory=dict)
    """By child; None where the core has no such table among its work tables."""


def answer(feeds: Mapping[str, list[Row]], night: Night) -> Answer:
    """Judges one night from checked rows: feed name → rows with the columns of the checked tables."""
    result, findings = Answer(), Findings(night)
    children, strays = children_of(feeds, night)
    for child in children.values():
        _judge_child(child, night, result, findings)
    for recipient, feed in REPORTS.items():
        for report in strays[feed]:
            check_stray(report, recipient, night, findings)
            result.links.append((feed, report["record_id"], None, None, "none"))
    check_dependants(feeds, night, findings)
    result.findings = findings.by_key
    return result


def _judge_child(child: Child, night: Night, result: Answer, findings: Findings) -> None:
    episodes, spans, evidence = episodes_of(child, night)
    for episode in episodes:
        describe(episode, evidence, night)
    returns = returns_of(episodes)
    for episode in episodes:
        settle_outcome(episode, evidence, returns[episode.place], night)
    ambiguous = _assign_reports(child, episodes, night, result, findings)
    for episode in episodes:
        inform(episode, night)
        judge_episode(episode, ambiguous, night)
    check_rows(child, evidence, episodes, night, findings)
    check_numbers(episodes, night, findings)
    for episode in episodes:
        check_reports(episode, night, findings)
        check_logs(episode, night, findings)
        check_after(episode, returns[episode.place], night, findings)
        check_episode_records(episode, night, findings)
        check_coverage(episode, night, findings)
    for episode in episodes:
        episode.facts["may_clear"] = _may_clear(episode, episodes, findings)
        check_to_clear(episode, night, findings)
        episode_id = episode.facts["episode_id"]
        result.episodes[episode_id] = _row(episode)
        result.members |= {(episode_id, *record) for record in _members(episode, returns[episode.place])}
        result.duties |= {(episode_id, to): what_verdicts_rest_on(episode, to, ambiguous, night) for to in SHORT}
        for to in SHORT:
            result.notices |= {(episode_id, to, level): n for level, n in notices_of(episode, to, night).items()}
    row = missing_row(child, episodes, night, findings)
    if row and result.missing_now is not None:
        result.missing_now[child.child_id] = row
    result.determinations += _determinations(child, spans)


def _may_clear(episode: Episode, episodes: list[Episode], findings: Findings) -> bool:
    """Back, and tonight nothing says that the child may be missing after all (spec 2.2)."""
    child = episode.child
    if not episode.facts["is_back"] or any(e.is_open or e.seen_at for e in episodes):
        return False
    if child.may_be_missing or child.has_critical_code:
        return False
    high = [f for code in ("RC-15", "RC-18") for f in findings.of_child(child.child_id, code) if f.severity == "high"]
    return not high and not findings.of_child(child.child_id, "RC-19")


def _assign_reports(
    child: Child, episodes: list[Episode], night: Night, result: Answer, findings: Findings
) -> set[str]:
    """Gives each report its episode; returns the records of reports that could belong to several."""
    ambiguous = set()
    for recipient, feed in REPORTS.items():
        for report in child.rows[feed]:
            if is_of_somebody_else(report, child):
                check_question(report, recipient, child, night, findings)
                result.links.append((feed, report["record_id"], None, None, "candidate"))
                continue
            assignment = assign(report, episodes)
            if assignment.episode:
                assignment.episode.reports[recipient].append(report)
            if assignment.could_be:
                ambiguous.add(report["record"])
            check_link(report, recipient, assignment, child, night, findings)
            episode_id = assignment.episode.facts["episode_id"] if assignment.episode else None
            result.links.append((feed, report["record_id"], child.child_id, episode_id, "id"))
    return ambiguous


def _determinations(child: Child, spans: list[tuple[list[Evidence], Window]]) -> list[Determination]:
    determinations = []
    for span, window in spans:
        stop = max(end_or_forever(row.ended)[1] for row in span)
        ids = ";".join(sorted([row.name for row in span] + window.sightings))
        is_open = any(row.ended is None for row in span)
        determinations.append((child.child_id, span[0].began[0], None if is_open else stop, "whereabouts_known", ids))
    for a in child.rows["absences"]:
        kind = "recorded_in_error" if is_recorded_error(a) else "not_missing"
        if kind == "recorded_in_error" or a["kind"] != "missing":
            determinations.append(_of_row(child, a, a["absent_since"], kind))
    for p in child.rows["placements"]:
        if p["setting"] == "unapproved_known":
            determinations.append(_of_row(child, p, p["began_at"], "not_missing"))
    return determinations


def _of_row(child: Child, row: Row, began: Moment, kind: str) -> Determination:
    return (child.child_id, began[0], row["ended_at"][1] if row["ended_at"] else None, kind, row["record"])


def _members(episode: Episode, returns: list[Row]) -> list[tuple[str, str]]:
    return [
        *((f"{row.kind}s", row.id) for row in episode.evidence),
        *((feed, report["record_id"]) for to, feed in REPORTS.items() for report in episode.reports[to]),
        *(("returns", row["record_id"]) for row in returns),
    ]


def _row(episode: Episode) -> Row:
    facts, on_file = episode.facts, episode.child.on_file or {"county": None, "office": None}
    row: dict[str, Any] = {"child_id": episode.child.child_id, "episode_id": facts["episode_id"]}
    row["status"] = "open" if episode.is_open else "closed"
    moments = {"began": episode.began, "ended": episode.ended, "informed": facts["informed"]}
    moments |= {f"{short}_reported": facts[f"{short}_reported"] for short in SHORT.values()}
    for name, moment in moments.items():
        row[f"{name}_earliest"], row[f"{name}_latest"] = moment or (None, None)
    names = ["outcome", "outcome_basis", "is_back", "reason", "sources", "informed_basis", "age", "custody"]
    names += ["ncic_verdict", "days_missing", "in_audit_population", "evidence"]
    for short in SHORT.values():
        parts = ("duty", "report_id", "verdict", "state_verdict", "seconds_min", "seconds_max", "calendar_days")
        names += [f"{short}_{part}" for part in (*parts, "audit_late")]
    row |= {name: facts[name] for name in names}
    return row | {"county": on_file["county"], "office": on_file["office"]}
