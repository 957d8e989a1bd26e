"""A finding, and the collector that keeps one per code, subject and recipient (spec 5)."""

from dataclasses import dataclass, replace
from typing import Any

from tests.oracle.queues import queue_of
from tests.oracle.spans import Episode
from tests.oracle.times import Moment
from tests.oracle.verdicts import Judged
from tests.oracle.world import Night

TIMES = ("clock", "deadline", "observed", "over")
SEVERITIES = ("critical", "high", "medium", "low", "info")
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Finding:
    """One exception; `over` in seconds.

    `fixed`: which of clock, deadline, observed and over the specification fixes. `rules` is None where it does not say
    what stands there.
    """

    code: str
    subject_id: str
    recipient: str
    rule_id: str
    severity: str
    queue: str
    is_open: bool
    child_id: str | None
    episode_id: str | None
    rules: tuple[str, ...] | None = None
    fixed: tuple[str, ...] = ()
    clock: Moment | None = None
    deadline: Moment | None = None
    observed: Moment | None = None
    over: tuple[int, int] | None = None

    @property
    def key(self) -> Key:
        return (self.code, self.subject_id, self.recipient)


class Findings:
    """Findings by identity; of several causes the highest severity stands."""

    def __init__(self, night: Night) -> None:
        self.night = night
        self.by_key: dict[Key, Finding] = {}

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
        rules: tuple[str, ...] | None = None,
        is_to_explain: bool = False,
        **moments: Moment | None,
    ) -> None:
        """Adds one finding about a row, a pair or, if nothing else is said, the episode.

        `moments`: clock, deadline or observed where no rule was judged.
        """
        raised = Finding(
            code=code,
            subject_id=subject or (episode.facts["episode_id"] if episode else ""),
            recipient=recipient,
            rule_id=judged.rule if judged and not rule else rule,
            severity=severity,
            queue="",
            is_open=episode.is_open if episode else False,
            child_id=episode.child.child_id if episode else child_id,
            episode_id=episode.facts["episode_id"] if episode else None,
            rules=rules,
            **_times(judged, moments),
        )
        earlier = self.by_key.get(raised.key)
        if earlier and SEVERITIES.index(earlier.severity) < SEVERITIES.index(severity):
            raised = replace(raised, severity=earlier.severity)
        queue = queue_of(code, raised.severity, episode, self.night, is_to_explain=is_to_explain)
        self.by_key[raised.key] = replace(raised, queue=queue)

    def of_child(self, child_id: str, code: str) -> list[Finding]:
        return [f for f in self.by_key.values() if f.child_id == child_id and f.code == code]


def _times(judged: Judged | None, moments: dict[str, Moment | None]) -> dict[str, Any]:
    if judged is None or judged.straddles:
        return {"fixed": tuple(moments), **moments}
    return {"fixed": TIMES} | {name: getattr(judged, name) for name in TIMES} | moments
