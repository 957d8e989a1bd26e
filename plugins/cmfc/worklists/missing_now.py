"""Who is missing now, or may be: what a supervisor reads first, with names (spec 6).

The order is that of the lists, as far as it goes: what the records say (open first); severity; children under 13 or
abducted; what is due; missing since.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from cmfc.publishing.manifest import NightFacts
from cmfc.storage.duck import quoted
from cmfc.worklists import wording
from cmfc.worklists.lines import full_name
from cmfc.worklists.order import ABDUCTED, IS_YOUNG_OR_ABDUCTED, SEVERITIES, YOUNG, rank_of
from cmfc.worklists.times import days_text, due_text, local_text

STATES = ("open", "cannot_be_read", "vanished", "seen")
DONE = ("not_owed", "told_late", "told")
"""States with nothing left to do by the deadline."""
UNTOLD = ("overdue", "not_told", "refused", "attempted")
_BATCH = 5_000


@dataclass(frozen=True)
class Missing:
    """One child. Times in epoch seconds UTC; `le_state` and the like as in missing_now.csv."""

    child_id: str
    record_state: str
    missing_since_earliest: int | None
    missing_since_latest: int | None
    days_missing: int | None
    age: int | None
    reason: str
    le_state: str
    le_due: int | None
    ncic_state: str
    ncmec_state: str
    ncmec_due: int | None
    worst: str
    is_new: bool
    county: str
    office: str
    caseworker_id: str
    episode_id: str
    last_name: str
    first_name: str
    middle_name: str
    date_of_birth: date | None

    @property
    def name(self) -> str:
        """Family name, given and middle name; empty if the child is not on file."""
        return full_name(self.last_name, self.first_name, self.middle_name)

    @property
    def flags(self) -> list[str]:
        """What moves the child up, in words."""
        is_raised = {
            "Under 13": self.age is not None and self.age < YOUNG,
            "Abducted": self.reason in ABDUCTED,
            "New": self.is_new,
        }
        return [words for words, is_so in is_raised.items() if is_so]

    @property
    def states(self) -> dict[str, str]:
        """How it stands with each who is to be told, in words; empty where nothing can be said."""
        return {
            "Law enforcement": wording.TOLD_STATE.get(self.le_state, self.le_state),
            "NCIC": wording.NCIC_STATE.get(self.ncic_state, self.ncic_state),
            "NCMEC": wording.TOLD_STATE.get(self.ncmec_state, self.ncmec_state),
        }

    def since_text(self, facts: NightFacts) -> str:
        """Since when, on the agency's clock; empty where it cannot be read."""
        if self.missing_since_earliest is None:
            return ""
        return local_text(self.missing_since_earliest, self.missing_since_latest, facts.zone)

    @property
    def for_text(self) -> str:
        """For how long, in words."""
        return "" if self.days_missing is None else days_text(self.days_missing)

    def due_text(self, recipient: str, facts: NightFacts) -> str:
        """By when one has to be told who has not been; recipient: le or ncmec."""
        state, due = getattr(self, f"{recipient}_state"), getattr(self, f"{recipient}_due")
        return "" if due is None or state in DONE else due_text(due, facts.as_of, facts.zone)


UNTOLD_COUNTS = ", ".join(
    f"count(*) FILTER (record_state = 'open' AND {who}_state IN {UNTOLD}) AS untold_{who}" for who in ("le", "ncmec")
)
"""SQL: how many of those missing nobody told law enforcement of, and how many NCMEC."""


def create_missing_now(connection: duckdb.DuckDBPyConnection, checked: Path) -> int:
    """Make the table `missing_named` from missing_now and the children, numbered; give the number of children."""
    texts = ("child_id", "reason", "le_state", "ncic_state", "ncmec_state", "worst", "county", "office",
             "caseworker_id", "episode_id")  # fmt: skip
    plain = ", ".join(f"coalesce(m.{name}, '') AS {name}" for name in texts)
    names = ", ".join(f"coalesce(c.{name}, '') AS {name}" for name in ("last_name", "first_name", "middle_name"))
    owed = [f"CASE WHEN {who}_state NOT IN {DONE} THEN {who}_due END" for who in ("le", "ncmec")]
    row = connection.execute(f"""
        CREATE TABLE missing_named AS
        WITH named AS (
            SELECT m.* REPLACE ({plain}, coalesce(m.is_new, false) AS is_new), {names}, c.date_of_birth
            FROM missing_now AS m
            LEFT JOIN read_parquet('{quoted(checked / "children.parquet")}') AS c ON c.child_id = m.child_id
        )
        SELECT *, row_number() OVER (ORDER BY
            {rank_of("record_state", STATES)} NULLS LAST, {rank_of("worst", SEVERITIES)} NULLS LAST,
            NOT {IS_YOUNG_OR_ABDUCTED}, least({", ".join(owed)}) NULLS LAST,
            missing_since_earliest NULLS LAST, child_id) AS place
        FROM named""").fetchone()
    assert row is not None
    return int(row[0])


def missing(connection: duckdb.DuckDBPyConnection) -> Iterator[Missing]:
    """The children in their order, from the table `missing_named`."""
    columns = ", ".join(Missing.__dataclass_fields__)
    rows = connection.cursor().execute(f"SELECT {columns} FROM missing_named ORDER BY place")
    while batch := rows.fetchmany(_BATCH):
        yield from (Missing(*row) for row in batch)


def count_missing(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Children by record state, every state present; `untold_le`, `untold_ncmec`: those missing without a report."""
    counts = dict.fromkeys(STATES, 0)
    counts |= dict(connection.execute("SELECT record_state, count(*) FROM missing_named GROUP BY ALL").fetchall())
    row = connection.execute(f"SELECT {UNTOLD_COUNTS} FROM missing_named").fetchone()
    assert row is not None
    return counts | {"untold_le": int(row[0]), "untold_ncmec": int(row[1])}


def missing_sentence(counts: dict[str, int]) -> str:
    """How many children, in a sentence for each state that there is."""
    sentences = [f"{_children_are(counts['open'])} missing now."]
    untold = {"law enforcement": counts["untold_le"], "NCMEC": counts["untold_ncmec"]}
    untold_counts = [(number, name) for name, number in untold.items() if number]
    if untold_counts:
        (number, name), *others = untold_counts
        more = "".join(f", for {other:,} none to {whom}" for other, whom in others)
        sentences.append(f"For {number:,} of them no report that counts was made to {name}{more}.")
    if may_be := counts["cannot_be_read"] + counts["vanished"]:
        sentences.append(f"{may_be:,} more may be missing.")
    if counts["seen"]:
        sentences.append(f"{_children_are(counts['seen'])} missing by the record, but seen or located since.")
    return " ".join(sentences)


def _children_are(number: int) -> str:
    return "1 child is" if number == 1 else f"{number:,} children are"
