"""When a clock starts: what the agency knew, later custody, the first day of a law (spec 2.2 informed, 3)."""

from tests.oracle.law import first_day
from tests.oracle.law_files import Value
from tests.oracle.matching import accepted
from tests.oracle.spans import Episode
from tests.oracle.times import Moment, end_or_forever, raised
from tests.oracle.world import Night, Row


def inform(episode: Episode, night: Night) -> None:
    """The first three steps and the trimming; notes whether times were impossible (RC-08)."""
    began = episode.recorded
    moment, basis = _first_informed(episode, night)
    impossible = moment[1] < began[0]
    moment = (moment[0], began[1]) if impossible else (max(moment[0], began[0]), moment[1])
    cap = _knowledge_proven(episode)
    if cap is not None and cap < moment[1]:
        basis = "capped"
        if cap < moment[0]:
            impossible = True
            moment = (min(began[0], cap), cap)
        else:
            moment = (moment[0], cap)
    if episode.trimmed_to is not None:
        moment = raised(moment, episode.trimmed_to)
    episode.facts |= {"known_from": moment, "informed_basis": basis, "times_impossible": impossible}


def _first_informed(episode: Episode, night: Night) -> tuple[Moment, str]:
    moments = [a["agency_informed_at"] for a in episode.absences if a["agency_informed_at"]]
    if moments:
        return min(moments), "recorded"
    return (episode.recorded[0], night.as_of), "inferred"


def _knowledge_proven(episode: Episode) -> int | None:
    """By when the agency must have known: rows typed in, and reports it made itself."""
    proof = [row.source["entered_at"][1] for row in episode.evidence if row.source["entered_at"]]
    proof += [r["reported_at"][1] for r in usable(episode, "law_enforcement") if r["reporter"] == "agency"]
    proof += [r["reported_at"][1] for r in usable(episode, "ncmec") if r["source"] == "agency"]
    return min(proof, default=None)


def usable(episode: Episode, recipient: str) -> list[Row]:
    """The episode's reports of which something may be derived (spec 1: not of one that may be voided)."""
    return [r for r in episode.reports[recipient] if r["may_count"]]


def duty_clock(episode: Episode, recipient: str, rule: str, value: Value | None, night: Night) -> Moment | None:
    """The clock of one value of a reporting rule, under the custody that governs the duty."""
    facts = episode.facts
    short = "le" if recipient == "law_enforcement" else "ncmec"
    custody, begins = facts[f"{short}_custody"], facts[f"{short}_custody_begins"]
    clock = _start(episode, value)
    if clock is None:
        return None
    if begins is not None:
        clock = raised(clock, begins)
    first = first_day(rule, custody, facts["age"], night.zone)
    if first is not None and episode.began[0] <= first <= end_or_forever(episode.ended)[1]:
        clock = raised(clock, first)
    return clock


def _start(episode: Episode, value: Value | None) -> Moment | None:
    starts_when = value.starts_when if value else "agency_informed"
    if starts_when == "absent_since":
        return episode.began
    if starts_when == "le_reported":
        reports = accepted(episode)
        return reports[0]["reported_at"] if reports else None
    informed: Moment = episode.facts["known_from"]
    return informed
