"""One answer of a person about a report and a child (spec 4.1.4); the ledger keeps them (ledger/match_answers.py)."""

from dataclasses import dataclass
from typing import Literal

Answer = Literal["same", "not_same", "cannot_tell", "first_same"]
ANSWERS: tuple[Answer, ...] = ("same", "not_same", "cannot_tell")
FIRST_SAME: Answer = "first_same"
"""The first of two readers said "same": it decides nothing, and only the review page gives it."""


@dataclass(frozen=True)
class Decision:
    """One answer. `decided_at` in epoch seconds UTC; `why` is free text, not given back.

    `decision_id`: a later answer has a greater one.
    """

    feed: str
    report_id: str
    child_id: str
    answer: Answer
    decided_by: str
    decided_at: int
    why: str
    report_print: str
    child_print: str
    revision: int = 0
    decision_id: int = 0
