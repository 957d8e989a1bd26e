"""RC-01 to RC-03, RC-08, RC-11 to RC-14, RT-04, CV: codes whose subject is the episode (spec 5)."""

from tests.oracle.custody import left_inside
from tests.oracle.duties import SHORT
from tests.oracle.finding import Findings
from tests.oracle.outcome import is_ordinary
from tests.oracle.spans import Episode
from tests.oracle.times import DAY, Moment, birthday, local_midnight
from tests.oracle.world import REPORTS, Night, Row

OF_AGE = 21


def lasted(began: Moment, ended: Moment | None, night: Night) -> int:
    return (ended[0] if ended else night.as_of) - began[0]


def check_episode_records(episode: Episode, night: Night, findings: Findings) -> None:
    """What the records say of the episode."""
    facts, is_open = episode.facts, episode.is_open
    if facts["sources"] == "placement" and not night.runs_are_placements_only:
        findings.raise_("RC-01", "high" if is_open else "medium", episode=episode)
    is_long = is_open or lasted(episode.began, episode.ended, night) >= DAY
    if facts["sources"] == "absence" and is_long and night.runaway_placements_kept:
        findings.raise_("RC-02", "low", episode=episode)
    if is_open and any(_is_ordinary_after(p, episode) for p in episode.child.rows["placements"]):
        findings.raise_("RC-03", "high", episode=episode)
    early = any(a["agency_informed_at"] and a["agency_informed_at"][1] < a["absent_since"][0] for a in episode.absences)
    if facts["times_impossible"] or early:
        findings.raise_("RC-08", "medium", episode=episode)
    if episode.interruptions:
        findings.raise_("RC-11", "medium", episode=episode)
    if _turned_18(episode, night):
        findings.raise_("RC-12", "medium", episode=episode)
    for row in episode.evidence:
        if row.was_cut:
            findings.raise_("RC-13", "low" if row.source["ended_at"] else "high", episode=episode)
    if episode.seen_at:
        findings.raise_("RC-14", "high", episode=episode)
    if facts["is_out_of_care"] or any(left_inside(c, episode) for c in episode.child.rows["custody"]):
        findings.raise_("RT-04", severity_of_exit(episode, night), episode=episode)


def severity_of_exit(episode: Episode, night: Night) -> str:
    age = episode.child.age_on(night.date_of(night.as_of))
    return "info" if age is not None and age >= OF_AGE else "high"


def _is_ordinary_after(placement: Row, episode: Episode) -> bool:
    return is_ordinary(placement) and placement["began_at"][0] > episode.began[1]


def _turned_18(episode: Episode, night: Night) -> bool:
    born = episode.child.born
    if born is None:
        return False
    adult_at = local_midnight(birthday(born, 18), night.zone)
    return episode.began[0] < adult_at < (episode.ended[0] if episode.ended else night.as_of)


def check_coverage(episode: Episode, night: Night, f: Findings) -> None:
    """CV-01, CV-03, CV-04, CV-05. A failed feed's silence makes nothing more severe (spec 1)."""
    facts = episode.facts
    is_of_age = facts["age"] is not None and facts["age"] >= OF_AGE
    for recipient, short in SHORT.items():
        if facts[f"{short}_duty"] == "review":
            is_silent = night.has(REPORTS[recipient]) and not facts[f"{short}_counting"]
            severity = "high" if episode.is_open and is_silent and not is_of_age else "medium"
            f.raise_("CV-01", severity, episode=episode, recipient=recipient)
    if facts["custody"] == "other_state" and not is_of_age:
        f.raise_("CV-03", "high" if episode.is_open else "info", episode=episode)
    if facts["custody"] == "none" and not is_of_age:
        f.raise_("CV-04", "medium", episode=episode)
    is_birth_in_doubt = is_of_age and facts["custody"] not in ("in_home", "other_state")
    if episode.child.born is None or is_birth_in_doubt:
        f.raise_("CV-05", "medium", episode=episode)
