"""NI-01 to NI-04, RT-01 to RT-03, RT-05, CM-01 and CM-02 (spec 5)."""

from dataclasses import replace

from tests.oracle.clocks import usable
from tests.oracle.duties import SHORT, entries
from tests.oracle.finding import Findings
from tests.oracle.law import NCIC, TELL, state_rule
from tests.oracle.law_files import FEDERAL, is_covered, values_for
from tests.oracle.matching import accepted, first_moment
from tests.oracle.outcome import is_ordinary
from tests.oracle.spans import Episode
from tests.oracle.times import DAY, HOUR, Moment, business_day_after, distance, end_or_forever, local_midnight
from tests.oracle.verdicts import judge_rule
from tests.oracle.world import REPORTS, Night, Row

SCREENING = "advice/screen_after_return"


def check_after(episode: Episode, returns: list[Row], night: Night, findings: Findings) -> None:
    """NCIC, contact meanwhile, interview and screening, and an end that nobody explained."""
    _check_ncic(episode, night, findings)
    for recipient in SHORT:
        _check_contact(episode, recipient, night, findings)
    if night.has("returns"):
        _check_return(episode, returns, night, findings)
    _check_unexplained(episode, night, findings)


def check_to_clear(episode: Episode, night: Night, findings: Findings) -> None:
    """What may only be said of a child who is back (`may_clear`)."""
    if not episode.facts["may_clear"] or episode.ended is None:
        return
    entered = entries(accepted(episode))
    has_removal = any(r["ncic_removed_at"] for r in accepted(episode))
    is_past = night.as_of - episode.ended[1] > 72 * HOUR
    if is_past and entered and not has_removal and episode.facts["le_duty"] != "not_required":
        to, ended = "law_enforcement", episode.ended
        findings.raise_("NI-04", "medium", episode=episode, recipient=to, rule=NCIC, clock=ended)
    for recipient in SHORT:
        _check_told(episode, recipient, night, findings)


def _check_ncic(episode: Episode, night: Night, findings: Findings) -> None:
    reports, judged = accepted(episode), episode.facts["ncic_judged"]
    if not reports or judged is None or episode.facts["le_duty"] == "not_required":
        return
    to, now = "law_enforcement", episode.is_open
    verdict = episode.facts["ncic_verdict"]
    second_day = business_day_after(night.date_of(reports[0]["reported_at"][0]), 2)
    if not entries(reports) and verdict == "missing" and night.date_of(night.as_of) >= second_day:
        findings.raise_("NI-01", "high" if now else "low", episode=episode, recipient=to, judged=judged)
    if verdict == "late":
        findings.raise_("NI-02", "medium", episode=episode, recipient=to, judged=judged)
    if is_removed(episode):
        last = max(r["ncic_removed_at"] for r in reports if r["ncic_removed_at"])
        findings.raise_(
            "NI-03", "critical" if now else "medium", episode=episode, recipient=to, rule=NCIC, observed=last
        )


def is_removed(episode: Episode) -> bool:
    """The last removal surely before the end; nothing entered surely later or left in."""
    reports = accepted(episode)
    removals: list[Moment] = [r["ncic_removed_at"] for r in reports if r["ncic_removed_at"]]
    if not removals:
        return False
    last = max(removals)
    is_left_in = any(not r["ncic_removed_at"] for r in entries(reports))
    is_entered_later = any(r["ncic_entered_at"] and r["ncic_entered_at"][0] > last[1] for r in reports)
    return last[1] < end_or_forever(episode.ended)[0] and not is_left_in and not is_entered_later


def _check_told(episode: Episode, recipient: str, night: Night, findings: Findings) -> None:
    """RT-01, RT-02: never told, or told more than 24 h after the end."""
    facts, short = episode.facts, SHORT[recipient]
    if not facts[f"{short}_counting"] or episode.ended is None:
        return
    reports = usable(episode, recipient)
    notices: list[Moment] = [r["told_located_at"] for r in reports if r["told_located_at"]]
    if (min(notices)[0] if notices else night.as_of) - episode.ended[1] <= 24 * HOUR:
        return
    rule, notice = f"advice/{TELL[recipient]}", min(notices, default=(night.as_of, night.as_of))
    if facts[f"{short}_duty"] != "not_required":
        law = _law_since(f"{FEDERAL}/{TELL[recipient]}", short, episode, episode.ended[1], night)
        if law and not notices:
            rule = law
        elif _is_late_by_state(episode, recipient, notice, night):
            rule = f"{night.jurisdiction}/{TELL[recipient]}"
    code, severity = ("RT-01", "medium") if recipient == "law_enforcement" else ("RT-02", "high")
    moments = {"clock": episode.ended, "observed": first_moment(reports, "told_located_at")}
    findings.raise_(code, severity, episode=episode, recipient=recipient, rule=rule, **moments)


def notices_of(episode: Episode, recipient: str, night: Night) -> dict[str, tuple[str, str, Moment | None]]:
    """By level how the notice stands that the child was located: rule, verdict, and when the recipient was told.

    Only where a report was made, the child is back, and a rule covers them (spec 3).
    """
    facts, short, duty = episode.facts, SHORT[recipient], TELL[recipient]
    if not facts[f"{short}_counting"] or not facts["is_back"]:
        return {}
    told = first_moment(usable(episode, recipient), "told_located_at")
    owed = replace(episode, ended=None)  # it is owed until somebody is told
    of_state = state_rule(night.jurisdiction, duty)
    if of_state and not is_covered(night.jurisdiction, duty, facts[f"{short}_custody"], facts["age"]):
        of_state = None
    notices = {}
    for level, rule in (("federal", f"{FEDERAL}/{duty}"), ("state", of_state), ("advice", f"advice/{duty}")):
        if rule and values_for(rule, facts[f"{short}_custody"], facts["age"]):
            judged = judge_rule(rule, facts[f"{short}_custody"], lambda value: episode.ended, told, owed, night)
            notices[level] = (rule, judged.verdict, told)
    return notices


def _law_since(rule: str, short: str, episode: Episode, instant: int, night: Night) -> str | None:
    """The rule, if it has a value in force at the instant."""
    values = values_for(rule, episode.facts[f"{short}_custody"], episode.facts["age"])
    return rule if any(local_midnight(v.in_force, night.zone) <= instant for v in values) else None


def _is_late_by_state(episode: Episode, recipient: str, notice: Moment, night: Night) -> bool:
    """Whether the state's own number is surely broken."""
    rule = state_rule(night.jurisdiction, TELL[recipient])
    custody, age = episode.facts[f"{SHORT[recipient]}_custody"], episode.facts["age"]
    if rule is None or not is_covered(night.jurisdiction, TELL[recipient], custody, age):
        return False
    return judge_rule(rule, custody, lambda value: episode.ended, notice, episode, night).verdict == "late"


def _check_contact(episode: Episode, recipient: str, night: Night, findings: Findings) -> None:
    facts, short = episode.facts, SHORT[recipient]
    counted = facts[f"{short}_counting"]
    if not (night.has("contacts") and night.has(REPORTS[recipient]) and episode.is_open and counted):
        return
    rows = [c for c in episode.child.rows["contacts"] if c["party"] == recipient]
    contacts: list[Moment] = [c["contacted_at"] for c in rows if c["contacted_at"][1] >= episode.began[0]]
    together: list[Moment] = [facts[f"{short}_reported"], *contacts]
    last = max(moment[0] for moment in together), max(moment[1] for moment in together)
    if night.as_of - last[1] <= 30 * DAY:
        return
    rule = "advice/keep_in_contact"
    if facts[f"{short}_duty"] != "not_required" and not contacts:
        rule = _law_since(f"{FEDERAL}/keep_in_contact", short, episode, night.as_of - 30 * DAY - 1, night) or rule
    code = "CM-01" if recipient == "law_enforcement" else "CM-02"
    moments = {"clock": last, "deadline": (last[0] + 30 * DAY, last[1] + 30 * DAY)}
    findings.raise_(code, "medium", episode=episode, recipient=recipient, rule=rule, **moments)


def returns_of(episodes: list[Episode]) -> dict[int, list[Row]]:
    """Return rows by place of the episode whose end is nearest, within 72 h (RT-03).

    The specification is silent on ties: the later end, then the later begin.
    """
    own: dict[int, list[Row]] = {e.place: [] for e in episodes}
    for row in episodes[0].child.rows["returns"] if episodes else []:
        near = [
            (distance(row["returned_at"], e.ended), -e.ended[1], tuple(-part for part in e.order), e.place)
            for e in episodes
            if e.ended and distance(row["returned_at"], e.ended) <= 72 * HOUR
        ]
        if near:
            own[min(near)[-1]].append(row)
    return own


def _check_return(episode: Episode, returns: list[Row], night: Night, findings: Findings) -> None:
    if episode.ended is None or not episode.facts["is_back"]:
        return
    ended = episode.ended
    deadline = ended[0] + 72 * HOUR, ended[1] + 72 * HOUR
    done = [
        min((r[name] for r in returns if r[name]), default=None)
        for name in ("interviewed_at", "screened_for_trafficking_at")
    ]
    if night.as_of >= deadline[1] and any(moment is None or moment[0] > deadline[1] for moment in done):
        findings.raise_("RT-03", "medium", episode=episode, rule=SCREENING, clock=ended, deadline=deadline)


def _check_unexplained(episode: Episode, night: Night, findings: Findings) -> None:
    """RT-05: the record ended and nobody wrote how."""
    is_down = any(night.status.get(feed) == "broken" for feed in ("returns", "sightings"))
    if episode.ended is None or episode.facts["outcome"] != "not_recorded" or is_down:
        return
    is_covered_by_stay = not night.end_reasons_kept and any(
        is_ordinary(p) and p["began_at"][1] < episode.began[0] and end_or_forever(p["ended_at"])[0] > episode.ended[1]
        for p in episode.child.rows["placements"]
    )
    is_old = night.as_of - episode.ended[1] > 90 * DAY
    severity = "medium" if is_old or is_covered_by_stay else "high"
    findings.raise_("RT-05", severity, episode=episode, is_to_explain=is_covered_by_stay, observed=episode.ended)
