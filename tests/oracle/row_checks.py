"""RC-04 to RC-07, RC-16 to RC-19, RT-04: codes whose subject is a row, a pair or the child (spec 5)."""

from itertools import combinations

from tests.oracle.duties import SHORT, told_before_only
from tests.oracle.episode_checks import lasted
from tests.oracle.finding import Findings
from tests.oracle.known_checks import check_known, known_rows
from tests.oracle.spans import Episode, Evidence, is_recorded_error, second_runs
from tests.oracle.times import DAY, HOUR, Moment, end_or_forever, may_overlap, outer
from tests.oracle.world import REPORTS, Child, Night, Row


def check_rows(child: Child, evidence: list[Evidence], episodes: list[Episode], night: Night, f: Findings) -> None:
    """All of one child's."""
    home = {row.name: e for e in episodes for row in e.evidence}
    for row in evidence:
        if row.kind == "absence":
            _check_evidence_absence(row, home.get(row.name), child, f)
    _check_pairs(child, evidence, episodes, night, f)
    for absence in child.rows["absences"]:
        _check_absence(absence, home.get(absence["record"]), child, night, f)
    check_known(child, night, f)
    _check_custody(child, episodes, night, f)
    if _is_placed_nowhere(child, night):
        is_recent = any(e.ended and night.as_of - e.ended[1] <= 90 * DAY for e in episodes)
        subject = f"children:{child.child_id}"
        f.raise_("RC-19", "high" if is_recent else "medium", subject=subject, child_id=child.child_id)


def surely_overlap(a_began: Moment, a_ended: Moment | None, b_began: Moment, b_ended: Moment | None) -> bool:
    return a_began[1] < end_or_forever(b_ended)[0] and b_began[1] < end_or_forever(a_ended)[0]


def _check_evidence_absence(row: Evidence, home: Episode | None, child: Child, f: Findings) -> None:
    stretch = outer(row.began, row.ended)
    if not any(may_overlap(outer(c["began_at"], c["ended_at"]), stretch) for c in child.rows["custody"]):
        f.raise_("RC-05", "medium", episode=home, subject=row.name, child_id=child.child_id)
    if row.source["agency_informed_at"] is None:
        f.raise_("RC-07", "medium", episode=home, subject=row.name, child_id=child.child_id)


def _check_pairs(child: Child, evidence: list[Evidence], episodes: list[Episode], night: Night, f: Findings) -> None:
    home = {row.name: e for e in episodes for row in e.evidence}
    absences = [row for row in evidence if row.kind == "absence"]
    for a, b in combinations(absences, 2):
        if surely_overlap(a.began, a.ended, b.began, b.ended):
            pair = _pair(child, a.id, b.id)
            f.raise_("RC-04", "low", episode=home.get(b.name), subject=pair, child_id=child.child_id)
    for a, b, _ in second_runs(absences):
        if a is b:  # copies that became one: a pair of the key with itself, whether or not an episode is left of it
            pair = _pair(child, a.id, a.id)
            f.raise_("RC-04", "low", episode=home.get(a.name), subject=pair, child_id=child.child_id)
    for episode in episodes:
        _check_second_runs(episode, child, night, f)
    for a in evidence:
        for other in known_rows(child):
            if surely_overlap(a.began, a.ended, other.began, other.ended):
                pair = _pair(child, a.id, other.id)
                f.raise_("RC-16", "medium", episode=home.get(a.name), subject=pair, child_id=child.child_id)


def _check_second_runs(episode: Episode, child: Child, night: Night, f: Findings) -> None:
    """A second run inside an open record: high where a duty's reports are all surely before it (2.2.3)."""
    for a, b, again in second_runs(episode.evidence):
        is_untold = any(
            told_before_only(episode.facts[f"{short}_counting"], again)
            for recipient, short in SHORT.items()
            if episode.facts[f"{short}_duty"] != "not_required" and night.has(REPORTS[recipient])
        )
        subject = _pair(child, a.id, b.id)
        f.raise_("RC-04", "high" if is_untold else "low", episode=episode, subject=subject, child_id=child.child_id)


def _pair(child: Child, a: str, b: str) -> str:
    return f"{child.child_id}:{min(a, b)}+{max(a, b)}"


def _check_absence(absence: Row, home: Episode | None, child: Child, night: Night, f: Findings) -> None:
    subject, child_id = absence["record"], child.child_id
    informed, entered, expected = absence["agency_informed_at"], absence["entered_at"], absence["expected_end_at"]
    if informed and entered and entered[0] - informed[1] > 24 * HOUR:
        moments = {"clock": informed, "observed": entered}
        f.raise_("RC-06", "low", episode=home, subject=subject, child_id=child_id, **moments)
    if absence["end_reason"] == "error":
        if absence["ended_at"] is None:
            f.raise_("RC-18", "high", episode=home, subject=subject, child_id=child_id)
        elif lasted(absence["absent_since"], absence["ended_at"], night) >= 24 * HOUR:
            f.raise_("RC-18", "medium", subject=subject, child_id=child_id)
    if absence["kind"] != "planned" or is_recorded_error(absence) or absence["ended_at"]:
        return
    if expected is not None and expected[1] < night.as_of:
        f.raise_("RC-17", "high", subject=subject, child_id=child_id)
    if expected is None and lasted(absence["absent_since"], None, night) > 30 * DAY:
        f.raise_("RC-17", "medium", subject=subject, child_id=child_id)


def _check_custody(child: Child, episodes: list[Episode], night: Night, f: Findings) -> None:
    age = child.age_on(night.date_of(night.as_of))
    severity = "info" if age is not None and age >= 21 else "high"
    for custody in child.rows["custody"]:
        ended = custody["ended_at"]
        if ended is None or custody["end_reason"] != "runaway_or_unknown":
            continue
        if not any(may_overlap(outer(e.began, e.ended), ended) for e in episodes):
            f.raise_("RT-04", severity, subject=custody["record"], child_id=child.child_id)


def _is_placed_nowhere(child: Child, night: Night) -> bool:
    since = night.as_of - DAY
    in_care = any(
        c["authority"] == "state_care" and c["began_at"][1] <= since and c["ended_at"] is None
        for c in child.rows["custody"]
    )
    stays = [outer(p["began_at"], p["ended_at"]) for p in child.rows["placements"]]
    stays += [outer(a["absent_since"], a["ended_at"]) for a in child.rows["absences"] if not is_recorded_error(a)]
    return in_care and not any(stop >= since for _, stop in stays)
