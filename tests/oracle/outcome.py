"""How an episode ended, and what proves it (spec 2.2, outcome)."""

from tests.oracle.custody import exit_from_care
from tests.oracle.sightings import verified
from tests.oracle.spans import FOUND, LEFT_CARE, MISSING_SETTINGS, Episode, Evidence
from tests.oracle.times import HOUR, Moment, end_or_forever
from tests.oracle.world import Night, Row

PROOF = 72 * HOUR


def is_ordinary(placement: Row) -> bool:
    return placement["setting"] not in (*MISSING_SETTINGS, "unapproved_known")


def settle_outcome(episode: Episode, evidence: list[Evidence], returns: list[Row], night: Night) -> None:
    """Adds outcome, outcome_basis, is_back and is_out_of_care to `facts`."""
    outcome, basis = _outcome(episode, evidence, returns, night)
    episode.facts |= {
        "outcome": outcome,
        "outcome_basis": basis,
        "is_back": outcome in FOUND,
        "is_out_of_care": outcome in LEFT_CARE,
    }


def _outcome(
    episode: Episode, evidence: list[Evidence], returns: list[Row], night: Night
) -> tuple[str | None, str | None]:
    if episode.ended is None:
        return (None, None)
    if episode.is_trimmed_at_end:
        return ("whereabouts_established", "sighting")
    candidates = [a for a in episode.absences if a["end_reason"]]
    latest = max(candidates, key=lambda a: (end_or_forever(a["ended_at"])[1], a["record_id"]), default=None)
    if latest and end_or_forever(latest["ended_at"])[1] >= episode.ended[0]:
        return (str(latest["end_reason"]), "end_reason")
    authorities = {episode.facts[name] for name in ("custody", "le_custody", "ncmec_custody")}
    if left := exit_from_care(episode, authorities, night):
        return (left, "custody")
    if basis := _proof_of_return(episode, evidence, returns):
        return ("returned", basis)
    return ("not_recorded", None)


def _proof_of_return(episode: Episode, evidence: list[Evidence], returns: list[Row]) -> str | None:
    next_begin = min((r.began[0] for r in _later_rows(episode, evidence)), default=None)
    placed = [p["began_at"] for p in episode.child.rows["placements"] if is_ordinary(p)]
    if any(_proves(begin, episode, next_begin) for begin in placed):
        return "placement"
    if any(_proves(s["known_from"], episode, next_begin) for s in verified(episode.child)):
        return "sighting"
    return "return" if returns else None


def _later_rows(episode: Episode, evidence: list[Evidence]) -> list[Evidence]:
    return [row for row in evidence if row not in episode.evidence and row.order > episode.evidence[0].order]


def _proves(begin: Moment, episode: Episode, next_begin: int | None) -> bool:
    """Surely after the begin, at or within 72 h after the end (as far as the moments allow), before the next run."""
    assert episode.ended is not None
    return (
        begin[0] > episode.began[1]
        and begin[1] >= episode.ended[0]
        and begin[0] - episode.ended[1] <= PROOF
        and (next_begin is None or begin[1] < next_begin)
    )
