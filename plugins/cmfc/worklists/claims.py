"""How it stands with a claim, a report that a person says was made (ledger/claims.py), beside the log.

A claim is answered by a row of the log. Without one it waits for two days, and is then a line to answer: enter the
report in the log, make it, or take the note back. It changes no verdict, no severity and no list of who is missing.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from cmfc.ledger.claims import Noted, list_claims
from cmfc.ledger.store import Ledger
from cmfc.reconcile.recipients import LOG_OF
from cmfc.worklists.child_records import ChildRecords, Row

ANSWER_SECONDS = 48 * 3600
"""Within so many the log should have the report."""
NEAR_SECONDS = 24 * 3600
"""By so much a log's time may differ from what the worker noted, and a report be from before the child went missing."""
NUMBER = {"law_enforcement": "report_number", "ncmec": "ncmec_case_number"}
"""By recipient the column of its log that has the number it gave."""
State = Literal["answered", "waiting", "to_answer", "not_checked"]


@dataclass(frozen=True)
class Standing:
    """A claim and what became of it. `record`: the row of the log that answers it, or says otherwise; empty: none.

    `is_contradicted`: the log has the report, but as refused, told to wait or attempted. `not_checked`: the log could
    not be used, or retention erased the number by which a row of it might have been found.
    """

    claim: Noted
    state: State
    record: str = ""
    is_contradicted: bool = False


def claims_of(ledger: Ledger, agency: str, records: ChildRecords) -> list[Noted]:
    """What people noted about a child, or about a missing episode of it when it had another id; the oldest first."""
    episodes = [str(row["episode_id"]) for row in records.episodes]
    return list_claims(ledger, agency, records.child_id, episodes=episodes)


def by_present_id(claims: Iterable[Noted], child_of: Mapping[str, str]) -> list[Noted]:
    """The same claims: a missing episode goes on under the id that its child has now, and what was noted goes along.

    `child_of`: by missing episode of the night, its child.
    """
    return [replace(one, child_id=child_of.get(one.episode_id, one.child_id)) for one in claims]


def standings_of(claims: Iterable[Noted], records: ChildRecords, broken: Collection[str], now: int) -> list[Standing]:
    """What became of a child's claims; `broken`: feeds that could not be used; `now` as for `standing_of`."""
    logs = {whom: None if feed in broken else records.rows[feed] for whom, feed in LOG_OF.items()}
    return [standing_of(one, logs[one.recipient], now, records.elsewhere(one.episode_id)) for one in claims]


def standing_of(
    claim: Noted, log: Iterable[Row] | None, now: int, elsewhere: Collection[str] = frozenset()
) -> Standing:
    """What became of a claim.

    Args:
        claim: on record, not withdrawn.
        log: the accepted rows of the recipient's log about the child; None: it could not be used.
        now: epoch seconds UTC; the night's as_of for a list.
        elsewhere: names of records that are for another missing episode of the child.
    """
    if log is None:
        return Standing(claim, "not_checked")
    about = sorted((row for row in log if _is_about(claim, row, elsewhere)), key=lambda row: str(row["record"]))
    if answer := next((row for row in about if _says_made(claim.recipient, row)), None):
        return Standing(claim, "answered", str(answer["record"]))
    if claim.is_number_erased and not about:
        return Standing(claim, "not_checked")
    state: State = "to_answer" if now - claim.at >= ANSWER_SECONDS else "waiting"
    other = about[0] if about else None
    return Standing(claim, state, str(other["record"]) if other else "", other is not None)


def _is_about(claim: Noted, row: Row, elsewhere: Collection[str]) -> bool:
    """The same number; or made within a day of the time that the worker noted, and not for another episode."""
    number, noted = _plain(row[NUMBER[claim.recipient]]), _plain(claim.number)
    if noted and number == noted:
        return True
    earliest, latest = row["reported_at_earliest"], row["reported_at_latest"]
    is_near = earliest - NEAR_SECONDS <= claim.reported_at <= latest + NEAR_SECONDS
    return bool(is_near) and row["record"] not in elsewhere


def _says_made(recipient: str, row: Row) -> bool:
    """The log says that the report was taken, and no police officer's own report to NCMEC stands in for it."""
    if recipient == "law_enforcement":
        return row["outcome"] == "accepted" and bool(row["may_count"])
    return row["source"] != "law_enforcement" and bool(row["may_count"])


def _plain(number: str | None) -> str:
    return re.sub(r"[^0-9a-z]", "", (number or "").casefold())
