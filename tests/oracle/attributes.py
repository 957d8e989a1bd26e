"""What is said of an episode: outcome, reason, informed, coverage (spec 2.2 Attributes, 2.3)."""

import hashlib

from tests.oracle.law import RANK, duties
from tests.oracle.spans import FOUND, Episode
from tests.oracle.times import DAY, Moment, end_or_forever, may_overlap, raised
from tests.oracle.world import Night, Row


def describe(episode: Episode, night: Night) -> None:
    """Fills `facts`, apart from what needs the reports."""
    first = episode.evidence[0]
    stop = episode.ended[0] if episode.ended else night.as_of
    age = episode.child.age_on(night.date_of(episode.began[0]))
    custody = _governing(episode, age)
    le_duty, ncmec_duty = duties(custody["authority"] if custody else "none", age)
    episode.facts |= {
        "episode_id": digest20(f"{night.agency}|{episode.child.child_id}|{first.kind}:{first.id}"),
        "sources": _sources(episode),
        "outcome": _outcome(episode),
        "reason": next((a["reason"] for a in _earliest_first(episode.absences) if a["reason"]), None),
        "days_missing": _days_missing(episode, stop),
        "in_audit_population": (night.date_of(stop) - night.date_of(episode.began[0])).days >= 2,
        "age": age,
        "custody": custody["authority"] if custody else "none",
        "le_duty": le_duty,
        "ncmec_duty": ncmec_duty,
        "custody_began_later": custody is not None and custody["began_at"][0] > episode.began[1],
        "custody_began": custody["began_at"][0] if custody else None,
        "evidence": ";".join(sorted(row.name for row in episode.evidence)),
    }


def digest20(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _sources(episode: Episode) -> str:
    kinds = {row.kind for row in episode.evidence}
    return "both" if len(kinds) == 2 else kinds.pop()


def _earliest_first(absences: list[Row]) -> list[Row]:
    return sorted(absences, key=lambda a: (*a["absent_since"], a["absence_id"]))


def _outcome(episode: Episode) -> str | None:
    if episode.is_open:
        return None
    if episode.is_trimmed_at_end:
        return "whereabouts_established"
    known = [a for a in episode.absences if a["end_reason"]]
    latest = max(known, key=lambda a: (end_or_forever(a["ended_at"])[1], a["absence_id"]), default=None)
    return str(latest["end_reason"]) if latest else "not_recorded"


def is_found_or_unrecorded(episode: Episode) -> bool:
    return episode.facts["outcome"] in (*FOUND, "not_recorded")


def _days_missing(episode: Episode, stop: int) -> int:
    start = episode.began[0]
    known = sum(max(0, min(b, stop) - max(a, start)) for a, b in episode.interruptions)
    return max(0, (stop - start - known) // DAY)


def _governing(episode: Episode, age: int | None) -> Row | None:
    """Custody at the begin, or the first later row that brings the duty (spec 2.3)."""
    rows = episode.child.rows["custody"]
    at_begin = [c for c in rows if may_overlap((c["began_at"][0], end_or_forever(c["ended_at"])[1]), episode.began)]
    now = min(at_begin, key=_custody_order, default=None)
    if duties(now["authority"] if now else "none", age)[0] == "required":
        return now
    stop = end_or_forever(episode.ended)[1]
    later = [
        c for c in rows if episode.began[1] < c["began_at"][0] <= stop and duties(c["authority"], age)[0] == "required"
    ]
    return min(later, key=lambda c: (*c["began_at"], *_custody_order(c)), default=now)


def _custody_order(row: Row) -> tuple[int, int, int, str]:
    return (RANK.index(row["authority"]), *row["began_at"], row["custody_id"])


def inform(episode: Episode, night: Night) -> None:
    """The clock's start in four steps (spec 2.2 informed); notes whether times were impossible (RC-08)."""
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
    if episode.facts["custody_began_later"]:
        moment = raised(moment, episode.facts["custody_began"])
    episode.facts |= {"informed": moment, "informed_basis": basis, "times_impossible": impossible}


def _first_informed(episode: Episode, night: Night) -> tuple[Moment, str]:
    told = [a["agency_informed_at"] for a in episode.absences if a["agency_informed_at"]]
    if told:
        return min(told), "recorded"
    return (episode.recorded[0], night.as_of), "inferred"


def _knowledge_proven(episode: Episode) -> int | None:
    """By when the agency must have known: rows typed in, and reports it made itself."""
    proof = [row.source["entered_at"][1] for row in episode.evidence if row.source["entered_at"]]
    proof += [r["reported_at"][1] for r in episode.reports["law_enforcement"] if r["reporter"] == "agency"]
    proof += [r["reported_at"][1] for r in episode.reports["ncmec"] if r["source"] == "agency"]
    return min(proof, default=None)
