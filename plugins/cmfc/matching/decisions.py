"""What people answered when they were asked whether a report is about a child (spec 4.1.4).

One table, to which rows are only ever added. Its address is a SQLAlchemy URL, so that the ledger's database can hold
it; without one it is a SQLite file in the agency's store. An answer remembers prints (hashes) of both rows, not names.
"""

import csv
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    Column,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    func,
    insert,
    select,
)  # fmt: skip

from cmfc.errors import UsageError

Answer = Literal["same", "not_same", "cannot_tell"]
ANSWERS: tuple[Answer, ...] = ("same", "not_same", "cannot_tell")
metadata = MetaData()
TABLE = Table(
    "link_decisions",
    metadata,
    Column("decision_id", Integer, primary_key=True, autoincrement=True),
    Column("agency", String(64), nullable=False),
    Column("feed", String(32), nullable=False),
    Column("report_id", Text, nullable=False),
    Column("child_id", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("answer", String(16), CheckConstraint("answer IN ('same', 'not_same', 'cannot_tell')"), nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
    Column("report_print", String(64), nullable=False),
    Column("child_print", String(64), nullable=False),
    UniqueConstraint("agency", "feed", "report_id", "child_id", "revision"),
)
for _change in ("UPDATE", "DELETE"):
    event.listen(
        TABLE,
        "after_create",
        DDL(  # type: ignore[no-untyped-call]
            f"CREATE TRIGGER IF NOT EXISTS link_decisions_no_{_change.lower()} BEFORE {_change} ON link_decisions"
            " BEGIN SELECT RAISE(ABORT, 'an answer is never changed; add a revision'); END"
        ).execute_if(dialect="sqlite"),
    )


@dataclass(frozen=True)
class Decision:
    """One answer. `decided_at` in epoch seconds UTC; `why` is free text and stays in this table."""

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


class Decisions:
    """An agency's answers."""

    def __init__(self, url: str, agency: str) -> None:
        self.agency = agency
        self.engine: Engine = create_engine(url)
        metadata.create_all(self.engine)

    def add(self, decision: Decision) -> int:
        """Adds an answer; gives its revision, 1 for the first about this report and child.

        Raises:
            UsageError: CMFC-E04 the answer is none of ANSWERS, or nobody or no reason is named.
        """
        if decision.answer not in ANSWERS or not decision.decided_by.strip() or not decision.why.strip():
            raise UsageError("CMFC-E04", "An answer is same, not_same or cannot_tell, by somebody and for a reason.")
        about = {"agency": self.agency, "feed": decision.feed, "report_id": decision.report_id,
                 "child_id": decision.child_id}  # fmt: skip
        with self.engine.begin() as connection:
            last = connection.scalar(
                select(func.max(TABLE.c.revision)).where(*(TABLE.c[name] == value for name, value in about.items()))
            )
            revision = int(last or 0) + 1
            said = {name: getattr(decision, name) for name in ("answer", "decided_by", "decided_at", "why",
                                                               "report_print", "child_print")}  # fmt: skip
            connection.execute(insert(TABLE).values(**about, **said, revision=revision))
        return revision

    def standing(self, before: int) -> list[Decision]:
        """The last answer about each report and child that was given before an instant (epoch seconds UTC).

        A night reads what was answered before its as_of, so that running it again changes nothing.
        """
        with self.engine.connect() as connection:
            rows = connection.execute(
                select(TABLE)
                .where(TABLE.c.agency == self.agency, TABLE.c.decided_at < before)
                .order_by(TABLE.c.feed, TABLE.c.report_id, TABLE.c.child_id, TABLE.c.revision)
            ).mappings()
            found = {(r["feed"], r["report_id"], r["child_id"]): r for r in rows}
        return [Decision(**{k: v for k, v in row.items() if k != "agency"}) for row in found.values()]


def decisions_of(store: Path, agency: str, url: str = "") -> Decisions:
    """The answers of an agency: at `url`, else in its store."""
    folder = store / agency
    if not url:
        folder.mkdir(parents=True, exist_ok=True)
    return Decisions(url or f"sqlite:///{folder / 'decisions.sqlite'}", agency)


def read_decisions(file: Path, zone: str) -> list[Decision]:
    """Answers from a CSV file: feed, report_id, child_id, answer, decided_by, decided_at, why.

    They carry no prints and so hold whatever becomes of the rows.

    Args:
        file: in UTF-8, with a header.
        zone: IANA zone of a `decided_at` without an offset.

    Raises:
        UsageError: CMFC-E04 a row lacks a column, or its time cannot be read.
    """
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            return [
                Decision(
                    feed=row["feed"],
                    report_id=row["report_id"],
                    child_id=row["child_id"],
                    answer=row["answer"],  # type: ignore[arg-type]  # Decisions.add looks at it
                    decided_by=row["decided_by"],
                    decided_at=_instant(row["decided_at"], zone),
                    why=row["why"],
                    report_print="",
                    child_print="",
                )
                for row in csv.DictReader(lines)
            ]
    except (KeyError, ValueError, TypeError, AttributeError):
        raise UsageError("CMFC-E04", "A row of decisions.csv lacks a column, or its time cannot be read.") from None


def _instant(text: str, zone: str) -> int:
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).timestamp())
