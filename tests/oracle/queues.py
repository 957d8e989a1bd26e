"""What can still be done about a finding (spec 5, `queue`)."""

from tests.oracle.outcome import is_ordinary
from tests.oracle.sightings import verified
from tests.oracle.spans import Episode
from tests.oracle.times import DAY
from tests.oracle.world import Night

HISTORY = ("LE-08", "NC-10", "NC-11")
ACT_NOW = ("RT-01", "RT-02", "RT-04", "RT-05", "NI-03", "NI-04", "RC-09", "RC-14")
ACT_NOW_WHEN_HIGH = ("RC-04", "RC-19")
ACT_NOW_WHEN_CRITICAL = ("DQ-01", "DQ-02")
ACT_NOW_WHILE_OPEN = (
    "LE-01", "LE-04", "LE-06", "LE-07", "NC-01", "NC-04", "NC-05", "NC-06", "NC-09", "NI-01",
    "CV-01", "CV-02", "CV-03", "CM-01", "CM-02",
)  # fmt: skip
EXPLAIN = ("LE-02", "LE-03", "NC-02", "NC-03", "NI-02", "RT-03")


def queue_of(code: str, severity: str, episode: Episode | None, night: Night, *, is_to_explain: bool) -> str:
    """The first that applies; `is_to_explain` is RT-05 whose row says so."""
    if code in HISTORY or severity == "info" or (episode and _is_history(episode, night)):
        return "history"
    if code in ACT_NOW and not is_to_explain:
        return "act_now"
    if (code in ACT_NOW_WHEN_HIGH and severity == "high") or (code in ACT_NOW_WHEN_CRITICAL and severity == "critical"):
        return "act_now"
    if code in ACT_NOW_WHILE_OPEN:
        return "act_now" if episode and episode.is_open else "explain"
    return "explain" if code in EXPLAIN or is_to_explain else "correct_record"


def _is_history(episode: Episode, night: Night) -> bool:
    """Closed for more than 90 days, and known to be over."""
    if episode.ended is None or night.as_of - episode.ended[1] <= 90 * DAY:
        return False
    ended = episode.ended[0]
    begins = [p["began_at"] for p in episode.child.rows["placements"] if is_ordinary(p)]
    begins += [s["known_from"] for s in verified(episode.child)]
    is_known = episode.facts["is_back"] or episode.facts["is_out_of_care"]
    return bool(is_known or any(begin[1] >= ended for begin in begins))
