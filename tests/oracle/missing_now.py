"""One row per child who is missing at as_of, or may be (spec 6, missing_now)."""

from tests.oracle.after_checks import is_removed
from tests.oracle.duties import SHORT
from tests.oracle.finding import SEVERITIES, Findings
from tests.oracle.log_checks import is_le_no_longer_live, is_ncmec_no_longer_live
from tests.oracle.matching import accepted
from tests.oracle.spans import Episode
from tests.oracle.verdicts import Judged
from tests.oracle.world import Child, Night, Row


def missing_row(child: Child, episodes: list[Episode], night: Night, findings: Findings) -> Row | None:
    """The child's row; RC-09 (`vanished`) needs earlier nights and is not known here."""
    now = next((e for e in episodes if e.is_open), None)
    if now is None:
        return {"child_id": child.child_id, "record_state": "cannot_be_read"} if child.may_be_missing else None
    facts = now.facts
    row: Row = {
        "child_id": child.child_id,
        "record_state": "seen" if now.seen_at else "open",
        "episode_id": facts["episode_id"],
        "days_missing": facts["days_missing"],
        "age": facts["age"],
        "reason": facts["reason"],
        "ncic_state": _ncic_state(now, night),
        "worst": _worst(now, findings),
    }
    for name, moment in {"missing_since": now.began, "informed": facts["informed"]}.items():
        row[f"{name}_earliest"], row[f"{name}_latest"] = moment
    for recipient, short in SHORT.items():
        row[f"{short}_state"] = _state(now, recipient)
        deadlines = [j.deadline[0] for j in facts[f"{short}_judged"] if j.deadline]
        row[f"{short}_due"] = min(deadlines, default=None)
    return row


def _worst(episode: Episode, findings: Findings) -> str | None:
    own = [f.severity for f in findings.by_key.values() if f.episode_id == episode.facts["episode_id"]]
    return min(own, key=SEVERITIES.index, default=None)


def _state(episode: Episode, recipient: str) -> str:
    """The first that applies."""
    facts, short = episode.facts, SHORT[recipient]
    if facts[f"{short}_verdict"] in ("not_required", "not_checked"):
        return "not_owed" if facts[f"{short}_verdict"] == "not_required" else "not_checked"
    counted, judged = facts[f"{short}_counting"], facts[f"{short}_judged"]
    verdicts = {j.verdict for j in judged}
    is_le = recipient == "law_enforcement"
    if is_le and not accepted(episode) and any(r["outcome"] in ("refused", "told_to_wait") for r in counted):
        return "refused"
    if not counted:
        return "overdue" if verdicts & {"missing", "undetermined"} else "not_told"
    if _is_in_doubt(episode, judged, facts[f"{short}_state_verdict"], is_le=is_le):
        return "in_doubt"
    if "late" in verdicts:
        return "told_late"
    is_attempt = is_le and all(r["outcome"] == "attempted" for r in counted)
    return "attempted" if is_attempt else "told"


def _is_in_doubt(episode: Episode, judged: list[Judged], by_state: str | None, *, is_le: bool) -> bool:
    if any(j.verdict == "undetermined" for j in judged):
        return True
    if judged[0].verdict == "met" and by_state in ("no_number", "no_rule"):
        return True
    return is_le_no_longer_live(episode) if is_le else is_ncmec_no_longer_live(episode)


def _ncic_state(episode: Episode, night: Night) -> str:
    facts = episode.facts
    if facts["le_duty"] == "not_required":
        return "not_owed"
    if not night.has("le_reports"):
        return "not_checked"
    if not accepted(episode) or is_removed(episode):
        return "not_told"
    verdict = facts["ncic_verdict"]
    if not any(r["ncic_entered_at"] or r["ncic_number"] for r in accepted(episode)):
        return "overdue" if verdict in ("missing", "undetermined") else "not_told"
    return {"undetermined": "in_doubt", "late": "told_late"}.get(verdict, "told")
