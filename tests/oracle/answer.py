"""The whole answer for a night: episodes, determinations, links and findings, child by child."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.after_checks import check_after, returns_of
from tests.oracle.attributes import describe, inform
from tests.oracle.duties import SHORT, judge_episode
from tests.oracle.finding import Finding, Findings
from tests.oracle.link_checks import check_coverage, check_link, check_numbers, check_stray
from tests.oracle.matching import assign
from tests.oracle.record_checks import check_episode_records, check_rows
from tests.oracle.report_checks import check_reports
from tests.oracle.spans import Episode, Evidence, Window, episodes_of, is_error
from tests.oracle.times import end_or_forever
from tests.oracle.world import KEYS, REPORTS, Child, Night, Row, children_of

Determination = tuple[str, int, int | None, str, str]
Link = tuple[str, str, str | None, str | None, str]


@dataclass
class Answer:
    """What the core should say. Episodes are rows like episodes.csv, with seconds instead of hours."""

    episodes: dict[str, Row] = field(default_factory=dict)
    determinations: list[Determination] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    findings: dict[tuple[str, str, str, str], Finding] = field(default_factory=dict)


def answer(feeds: Mapping[str, list[Row]], night: Night) -> Answer:
    """Judges one night from checked rows: feed name → rows with the columns of the checked tables."""
    result, findings = Answer(), Findings(night)
    children, strays = children_of(feeds, night)
    for child in children.values():
        _judge_child(child, night, result, findings)
    for recipient, feed in REPORTS.items():
        for report in strays[feed]:
            check_stray(report, recipient, night, findings)
            result.links.append((feed, report[KEYS[feed]], None, None, "none"))
    result.findings = findings.by_key
    return result


def _judge_child(child: Child, night: Night, result: Answer, findings: Findings) -> None:
    episodes, gone = episodes_of(child, night)
    for episode in episodes:
        describe(episode, night)
    ambiguous = _assign_reports(child, episodes, night, result, findings)
    returns = returns_of(episodes)
    for position, episode in enumerate(episodes):
        inform(episode, night)
        judge_episode(episode, ambiguous, night)
        check_reports(episode, night, findings)
        check_after(episode, returns[position], night, findings)
        check_episode_records(episode, night, findings)
        check_coverage(episode, night, findings)
        result.episodes[episode.facts["episode_id"]] = _row(episode)
    check_numbers(episodes, night, findings)
    evidence = [row for e in episodes for row in e.evidence] + [row for span, _ in gone for row in span]
    check_rows(child, evidence, episodes, night, findings)
    result.determinations += _determinations(child, gone)


def _assign_reports(
    child: Child, episodes: list[Episode], night: Night, result: Answer, findings: Findings
) -> set[str]:
    """Gives each report its episode; returns the ids of reports that could belong to several."""
    ambiguous = set()
    for recipient, feed in REPORTS.items():
        for report in child.rows[feed]:
            given = assign(report, episodes)
            if given.episode:
                given.episode.reports[recipient].append(report)
            if given.could_be:
                ambiguous.add(report[KEYS[feed]])
            check_link(report, recipient, given, child, night, findings)
            episode_id = given.episode.facts["episode_id"] if given.episode else None
            result.links.append((feed, report[KEYS[feed]], child.child_id, episode_id, "id"))
    return ambiguous


def _determinations(child: Child, gone: list[tuple[list[Evidence], Window]]) -> list[Determination]:
    found = []
    for span, window in gone:
        stop = max(end_or_forever(row.ended)[1] for row in span)
        ids = ";".join(sorted([row.name for row in span] + window.sightings))
        is_open = any(row.ended is None for row in span)
        found.append((child.child_id, span[0].began[0], None if is_open else stop, "whereabouts_known", ids))
    for a in child.rows["absences"]:
        kind = "recorded_in_error" if is_error(a) else "not_missing"
        if kind == "recorded_in_error" or a["kind"] != "missing":
            ended = a["ended_at"][1] if a["ended_at"] else None
            found.append((child.child_id, a["absent_since"][0], ended, kind, f"absences:{a['absence_id']}"))
    for p in child.rows["placements"]:
        if p["setting"] == "unapproved_known":
            ended = p["ended_at"][1] if p["ended_at"] else None
            found.append((child.child_id, p["began_at"][0], ended, "not_missing", f"placements:{p['placement_id']}"))
    return found


def _row(episode: Episode) -> Row:
    facts, on_file = episode.facts, episode.child.on_file or {}
    row: dict[str, Any] = {"child_id": episode.child.child_id, "episode_id": facts["episode_id"]}
    row["status"] = "open" if episode.is_open else "closed"
    moments = {"began": episode.began, "ended": episode.ended, "informed": facts["informed"]}
    moments |= {f"{short}_reported": facts[f"{short}_reported"] for short in SHORT.values()}
    for name, moment in moments.items():
        row[f"{name}_earliest"], row[f"{name}_latest"] = moment or (None, None)
    names = ["outcome", "reason", "sources", "informed_basis", "age", "custody", "ncic_verdict", "days_missing"]
    names += ["in_audit_population", "evidence"]
    for short in SHORT.values():
        parts = ("duty", "report_id", "verdict", "state_verdict", "seconds_min", "seconds_max", "calendar_days")
        names += [f"{short}_{part}" for part in (*parts, "audit_late")]
    row |= {name: facts[name] for name in names}
    return row | {"county": on_file.get("county"), "office": on_file.get("office")}
