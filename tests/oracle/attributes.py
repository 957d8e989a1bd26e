"""What is said of an episode before its reports are looked at: custody, duties, age, length (spec 2.2, 2.3)."""

import hashlib
from collections import Counter

from tests.oracle.custody import at_begin, authority_of, governing
from tests.oracle.law import duty_to
from tests.oracle.spans import Episode, Evidence
from tests.oracle.times import DAY
from tests.oracle.world import Night, Row

SHORT = {"law_enforcement": "le", "ncmec": "ncmec"}


def describe(episode: Episode, evidence: list[Evidence], night: Night) -> None:
    """Fills `facts`, apart from what needs reports or the proof of an end."""
    stop = episode.ended[0] if episode.ended else night.as_of
    age = episode.child.age_on(night.date_of(episode.began[0]))
    episode.facts |= {
        "episode_id": _identity(episode.evidence[0], evidence, episode, night),
        "sources": _sources(episode),
        "reason": next((a["reason"] for a in _earliest_first(episode.absences) if a["reason"]), None),
        "days_missing": _days_missing(episode, stop),
        "in_audit_population": (night.date_of(stop) - night.date_of(episode.began[0])).days >= 2,
        "age": age,
        "custody": authority_of(at_begin(episode)),
        "evidence": ";".join(sorted(row.name for row in episode.evidence)),
    }
    for recipient, short in SHORT.items():
        row = governing(episode, recipient, age)
        begins_later = row is not None and row["began_at"][0] > episode.began[1]
        episode.facts |= {
            f"{short}_custody": authority_of(row),
            f"{short}_custody_begins": row["began_at"][0] if row and begins_later else None,
            f"{short}_duty": duty_to(recipient, authority_of(row), age),
        }


def _identity(first: Evidence, evidence: list[Evidence], episode: Episode, night: Night) -> str:
    """By the plain key, unless two evidence rows of the child share it (spec 1)."""
    sharing = Counter((row.kind, row.key) for row in evidence)
    named = first.key if sharing[first.kind, first.key] == 1 else first.id
    return digest20(f"{night.agency}|{episode.child.child_id}|{first.kind}:{named}")


def digest20(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _sources(episode: Episode) -> str:
    kinds = {row.kind for row in episode.evidence}
    return "both" if len(kinds) == 2 else kinds.pop()


def _earliest_first(absences: list[Row]) -> list[Row]:
    return sorted(absences, key=lambda a: (*a["absent_since"], a["record_id"]))


def _days_missing(episode: Episode, stop: int) -> int:
    start = episode.began[0]
    pause = sum(max(0, min(b, stop) - max(a, start)) for a, b in episode.interruptions)
    return max(0, (stop - start - pause) // DAY)
