"""RC-01 to RC-08, RC-11 to RC-19 and RT-04 (spec 5)."""

from itertools import combinations

from tests.oracle.finding import Findings
from tests.oracle.spans import MISSING_SETTINGS, Episode, Evidence, is_error
from tests.oracle.times import DAY, HOUR, Moment, birthday, end_or_forever, local_midnight, may_overlap
from tests.oracle.world import Child, Night, Row

LEFT_CARE = ("exited_care", "aged_out", "died")


def surely_overlap(a_began: Moment, a_ended: Moment | None, b_began: Moment, b_ended: Moment | None) -> bool:
    return a_began[1] < end_or_forever(b_ended)[0] and b_began[1] < end_or_forever(a_ended)[0]


def outer(began: Moment, ended: Moment | None) -> Moment:
    return (began[0], end_or_forever(ended)[1])


def lasted(began: Moment, ended: Moment | None, night: Night) -> int:
    return (ended[0] if ended else night.as_of) - began[0]


def check_episode_records(episode: Episode, night: Night, findings: Findings) -> None:
    """Codes whose subject is the episode."""
    facts, is_open = episode.facts, episode.is_open
    if facts["sources"] == "placement":
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
    if episode.is_trimmed_at_end and episode.has_open_row:
        findings.raise_("RC-14", "high", episode=episode)
    if facts["outcome"] in LEFT_CARE or any(_left_inside(c, episode) for c in episode.child.rows["custody"]):
        findings.raise_("RT-04", "high", episode=episode)


def _is_ordinary_after(placement: Row, episode: Episode) -> bool:
    is_ordinary = placement["setting"] not in (*MISSING_SETTINGS, "unapproved_known")
    return is_ordinary and placement["began_at"][0] > episode.began[1]


def _turned_18(episode: Episode, night: Night) -> bool:
    born = episode.child.born
    if born is None:
        return False
    adult_at = local_midnight(birthday(born, 18), night.zone)
    return episode.began[0] < adult_at < (episode.ended[0] if episode.ended else night.as_of)


def _left_inside(custody: Row, episode: Episode) -> bool:
    ended: Moment | None = custody["ended_at"]
    if ended is None or not episode.began[0] < ended[0] < end_or_forever(episode.ended)[0]:
        return False
    others = [c for c in episode.child.rows["custody"] if c is not custody]
    return not any(c["began_at"][0] <= ended[1] + DAY and end_or_forever(c["ended_at"])[1] > ended[1] for c in others)


def check_rows(child: Child, evidence: list[Evidence], episodes: list[Episode], night: Night, f: Findings) -> None:
    """Codes whose subject is a row, a pair or the child."""
    home = {row.name: e for e in episodes for row in e.evidence}
    for row in evidence:
        if row.kind == "absence":
            _check_evidence_absence(row, home.get(row.name), child, f)
    _check_pairs(child, evidence, home, f)
    for absence in child.rows["absences"]:
        _check_absence(absence, home.get(f"absences:{absence['absence_id']}"), child, night, f)
    _check_known(child, night, f)
    _check_custody(child, episodes, f)
    if _is_placed_nowhere(child, night):
        f.raise_("RC-19", "medium", subject=f"children:{child.child_id}", child_id=child.child_id)


def _check_evidence_absence(row: Evidence, home: Episode | None, child: Child, f: Findings) -> None:
    stretch = outer(row.began, row.ended)
    if not any(may_overlap(outer(c["began_at"], c["ended_at"]), stretch) for c in child.rows["custody"]):
        f.raise_("RC-05", "medium", episode=home, subject=row.name, child_id=child.child_id)
    if row.source["agency_informed_at"] is None:
        f.raise_("RC-07", "medium", episode=home, subject=row.name, child_id=child.child_id)


def _check_pairs(child: Child, evidence: list[Evidence], home: dict[str, Episode], f: Findings) -> None:
    absences = [row for row in evidence if row.kind == "absence"]
    for a, b in combinations(absences, 2):
        if surely_overlap(a.began, a.ended, b.began, b.ended):
            f.raise_(
                "RC-04", "low", episode=home.get(a.name), subject=_pair(child, a.id, b.id), child_id=child.child_id
            )
    for a in evidence:
        for key, began, ended, _ in known_rows(child):
            if surely_overlap(a.began, a.ended, began, ended):
                pair = _pair(child, a.id, key.split(":", 1)[1])
                f.raise_("RC-16", "medium", episode=home.get(a.name), subject=pair, child_id=child.child_id)


def _pair(child: Child, a: str, b: str) -> str:
    return f"{child.child_id}:{min(a, b)}+{max(a, b)}"


def known_rows(child: Child) -> list[tuple[str, Moment, Moment | None, str]]:
    """Rows that claim known whereabouts: feed:id, begin, end, kind."""
    rows = [
        (f"absences:{a['absence_id']}", a["absent_since"], a["ended_at"], "away_known")
        for a in child.rows["absences"]
        if a["kind"] == "away_known" and not is_error(a)
    ]
    return rows + [
        (f"placements:{p['placement_id']}", p["began_at"], p["ended_at"], "unapproved_known")
        for p in child.rows["placements"]
        if p["setting"] == "unapproved_known"
    ]


def _check_absence(absence: Row, home: Episode | None, child: Child, night: Night, f: Findings) -> None:
    subject = f"absences:{absence['absence_id']}"
    informed, entered, expected = absence["agency_informed_at"], absence["entered_at"], absence["expected_end_at"]
    if informed and entered and entered[0] - informed[1] > 24 * HOUR:
        f.raise_("RC-06", "low", episode=home, subject=subject, child_id=child.child_id)
    if is_error(absence):
        if lasted(absence["absent_since"], absence["ended_at"], night) >= 24 * HOUR:
            f.raise_("RC-18", "medium", subject=subject, child_id=child.child_id)
        return
    is_overdue = expected is not None and expected[1] < night.as_of and absence["ended_at"] is None
    if absence["kind"] == "planned" and is_overdue:
        f.raise_("RC-17", "high", subject=subject, child_id=child.child_id)


def _check_known(child: Child, night: Night, f: Findings) -> None:
    if night.status.get("sightings") == "broken":
        return
    seen = [outer(s["known_from"], s["known_to"]) for s in child.rows["sightings"] if s["verified"] is True]
    for subject, began, ended, _ in known_rows(child):
        is_proven = any(may_overlap(outer(began, ended), s) for s in seen)
        if lasted(began, ended, night) > 24 * HOUR and not is_proven:
            f.raise_("RC-15", "low" if ended else "high", subject=subject, child_id=child.child_id)


def _check_custody(child: Child, episodes: list[Episode], f: Findings) -> None:
    for custody in child.rows["custody"]:
        ended = custody["ended_at"]
        if ended is None or custody["end_reason"] != "runaway_or_unknown":
            continue
        if not any(may_overlap(outer(e.began, e.ended), ended) for e in episodes):
            f.raise_("RT-04", "high", subject=f"custody:{custody['custody_id']}", child_id=child.child_id)


def _is_placed_nowhere(child: Child, night: Night) -> bool:
    since = night.as_of - DAY
    in_care = any(
        c["authority"] == "state_care" and c["began_at"][1] <= since and c["ended_at"] is None
        for c in child.rows["custody"]
    )
    stays = [outer(p["began_at"], p["ended_at"]) for p in child.rows["placements"]]
    stays += [outer(a["absent_since"], a["ended_at"]) for a in child.rows["absences"] if not is_error(a)]
    return in_care and not any(stop >= since for _, stop in stays)
