"""NI-01 to NI-04, RT-01 to RT-03, CM-01 and CM-02 (spec 5)."""

from tests.oracle.attributes import is_found_or_unrecorded
from tests.oracle.duties import SHORT, Judged, entries, judge_rule
from tests.oracle.finding import Findings
from tests.oracle.law import LIMITS, state_rule
from tests.oracle.matching import accepted
from tests.oracle.spans import Episode
from tests.oracle.times import HOUR, Moment, business_day_after, distance, end_or_forever
from tests.oracle.world import REPORTS, Night, Row

NCIC = "us/federal/ncic_entry"


def check_after(episode: Episode, returns: list[Row], night: Night, findings: Findings) -> None:
    """NCIC, notices after the return and contact meanwhile."""
    _check_ncic(episode, night, findings)
    for recipient in SHORT:
        _check_told(episode, recipient, night, findings)
        _check_contact(episode, recipient, night, findings)
    if night.has("returns"):
        _check_return(episode, returns, night, findings)


def _check_ncic(episode: Episode, night: Night, findings: Findings) -> None:
    reports, judged = accepted(episode), episode.facts["ncic_judged"]
    if not reports or judged is None:
        return
    to, now = "law_enforcement", episode.is_open
    verdict = episode.facts["ncic_verdict"]
    entered = entries(reports)
    second_day = business_day_after(night.date_of(reports[0]["reported_at"][0]), 2)
    if not entered and verdict == "missing" and night.date_of(night.as_of) >= second_day:
        findings.raise_("NI-01", "high" if now else "low", episode=episode, recipient=to, judged=judged)
    if verdict == "late":
        findings.raise_("NI-02", "medium", episode=episode, recipient=to, judged=judged)
    removed = [r for r in reports if r["ncic_removed_at"]]
    if removed and _is_removed(episode, reports, removed):
        findings.raise_("NI-03", "critical" if now else "medium", episode=episode, recipient=to, rule=NCIC)
    is_past = episode.ended is not None and night.as_of - episode.ended[1] > 72 * HOUR
    if is_past and is_found_or_unrecorded(episode) and entered and not removed:
        findings.raise_("NI-04", "medium", episode=episode, recipient=to, rule=NCIC)


def _is_removed(episode: Episode, reports: list[Row], removed: list[Row]) -> bool:
    """The last removal surely before the end; nothing entered surely later or left in."""
    last: Moment = max(r["ncic_removed_at"] for r in removed)
    is_left_in = any(not r["ncic_removed_at"] for r in entries(reports))
    is_entered_later = any(r["ncic_entered_at"] and r["ncic_entered_at"][0] > last[1] for r in reports)
    return last[1] < end_or_forever(episode.ended)[0] and not is_left_in and not is_entered_later


def _check_told(episode: Episode, recipient: str, night: Night, findings: Findings) -> None:
    """RT-01, RT-02: the state's rule where one is in force, else this project's advice; LW-01 where one is not yet."""
    counted = episode.facts[f"{SHORT[recipient]}_counting"]
    if episode.ended is None or not is_found_or_unrecorded(episode) or not counted:
        return
    told = [r["told_located_at"] for r in episode.reports[recipient] if r["told_located_at"]]
    done = min(told, default=None)
    duty = f"tell_{SHORT[recipient]}_located"
    judged = judge_rule(f"advice/{duty}", episode.ended, done, None, night)
    if state := state_rule(night.jurisdiction, duty):
        by_state = judge_rule(state, episode.ended, done, None, night)
        if by_state.verdict == "no_rule":
            findings.raise_("LW-01", "medium", episode=episode, recipient=recipient, judged=by_state)
        else:
            judged = by_state
    if judged.verdict in ("missing", "late"):
        code, severity = ("RT-01", "medium") if recipient == "law_enforcement" else ("RT-02", "high")
        findings.raise_(code, severity, episode=episode, recipient=recipient, judged=judged)


def _check_contact(episode: Episode, recipient: str, night: Night, findings: Findings) -> None:
    counted = episode.facts[f"{SHORT[recipient]}_counting"]
    if not (night.has("contacts") and night.has(REPORTS[recipient]) and episode.is_open and counted):
        return
    contacts = [
        c["contacted_at"]
        for c in episode.child.rows["contacts"]
        if c["party"] == recipient and c["contacted_at"][1] >= episode.began[0]
    ]
    earliest, latest = zip(*[counted[0]["reported_at"], *contacts], strict=True)
    last = (max(earliest), max(latest))
    judged = judge_rule("advice/keep_in_contact", last, None, None, night)
    if judged.verdict == "missing":
        code = "CM-01" if recipient == "law_enforcement" else "CM-02"
        findings.raise_(code, "medium", episode=episode, recipient=recipient, judged=judged)


def returns_of(episodes: list[Episode]) -> dict[int, list[Row]]:
    """Return rows by position of the episode whose end is nearest, within 72 h (RT-03).

    The specification is silent on ties: the later end, then the lesser id.
    """
    found: dict[int, list[Row]] = {i: [] for i in range(len(episodes))}
    for row in episodes[0].child.rows["returns"] if episodes else []:
        near = [
            (distance(row["returned_at"], e.ended), -e.ended[1], e.facts["episode_id"], i)
            for i, e in enumerate(episodes)
            if e.ended and distance(row["returned_at"], e.ended) <= 72 * HOUR
        ]
        if near:
            found[min(near)[-1]].append(row)
    return found


def _check_return(episode: Episode, returns: list[Row], night: Night, findings: Findings) -> None:
    if episode.ended is None or not (is_found_or_unrecorded(episode) or returns):
        return
    limit = (LIMITS["advice/screen_after_return"][0][1] or 0) * HOUR
    latest = episode.ended[1] + limit
    if night.as_of <= latest:
        return
    done = [
        min((r[name] for r in returns if r[name]), default=None)
        for name in ("interviewed_at", "screened_for_trafficking_at")
    ]
    if any(moment is None or moment[0] > latest for moment in done):
        judged = Judged("advice/screen_after_return", "missing", episode.ended)
        findings.raise_("RT-03", "medium", episode=episode, rule=judged.rule)
