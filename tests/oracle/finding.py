"""A finding, and the collector that merges causes (spec 5, docs/readings.md)."""

from dataclasses import dataclass, replace
from typing import Any

from tests.oracle.duties import Judged
from tests.oracle.spans import Episode
from tests.oracle.times import DAY, Moment
from tests.oracle.world import Night

SEVERITIES = ("critical", "high", "medium", "low", "info")
CORRECTED = ("CV-04", "CV-05", "LE-05", "NC-07", "NC-08", "NC-11", "NC-12", "LW-01")


@dataclass(frozen=True)
class Finding:
    """One exception. Where `has_clock`, the specification fixes clock, deadline, observed and over (seconds)."""

    code: str
    subject_id: str
    recipient: str
    rule_id: str
    severity: str
    queue: str
    is_open: bool
    child_id: str | None
    episode_id: str | None
    has_clock: bool = False
    clock: Moment | None = None
    deadline: Moment | None = None
    observed: Moment | None = None
    over: tuple[int, int] | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        return (self.code, self.subject_id, self.recipient, self.rule_id)


class Findings:
    """Findings by identity; of several causes the highest severity stands."""

    def __init__(self, night: Night) -> None:
        self.night = night
        self.by_key: dict[tuple[str, str, str, str], Finding] = {}

    def raise_(
        self,
        code: str,
        severity: str,
        *,
        episode: Episode | None = None,
        subject: str | None = None,
        child_id: str | None = None,
        recipient: str = "",
        rule: str = "",
        judged: Judged | None = None,
    ) -> None:
        """Adds one finding about a row, a pair or, if nothing else is said, the episode."""
        found = Finding(
            code=code,
            subject_id=subject or (episode.facts["episode_id"] if episode else ""),
            recipient=recipient,
            rule_id=judged.rule if judged and not rule else rule,
            severity=severity,
            queue=self._queue(code, episode),
            is_open=episode.is_open if episode else False,
            child_id=episode.child.child_id if episode else child_id,
            episode_id=episode.facts["episode_id"] if episode else None,
            **_clock(judged),
        )
        earlier = self.by_key.get(found.key)
        if earlier and SEVERITIES.index(earlier.severity) < SEVERITIES.index(severity):
            found = replace(found, severity=earlier.severity)
        self.by_key[found.key] = found

    def _queue(self, code: str, episode: Episode | None) -> str:
        if episode and episode.ended and self.night.as_of - episode.ended[1] > 90 * DAY:
            return "history"
        return "correct_record" if code[:2] in ("RC", "ID", "DQ") or code in CORRECTED else "act_now"


def _clock(judged: Judged | None) -> dict[str, Any]:
    if judged is None or judged.straddles:
        return {}
    names = ("clock", "deadline", "observed", "over")
    return {"has_clock": True} | {name: getattr(judged, name) for name in names}
