"""What validation says about a feed, and where it is kept (docs/architecture.md)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq

from cmfc.errors import InputError
from cmfc.feeds.catalog import Feed, feeds
from cmfc.ingest.pulled import UnknownCode
from cmfc.storage.atomic import replace_file, write_text
from cmfc.storage.layout import accepted_file, checked_folder, quarantine_file, validation_record
from cmfc.validation.quarantine import SCHEMA
from cmfc.validation.types import checked_schema

Status = Literal["ok", "absent", "broken"]
UNTIMED = "untimed."
"""Before a report feed's name: its rows that were set aside only because nobody can read when they were made."""


@dataclass(frozen=True)
class Accounting:
    """Rows: pulled = accepted + quarantined + voided + collapsed, voided decided first (spec 1)."""

    pulled: int = 0
    accepted: int = 0
    quarantined: int = 0
    voided: int = 0
    collapsed: int = 0


@dataclass(frozen=True)
class LostColumn:
    """A column that was promised and did not come, or most of whose values cannot be read (DQ-04).

    Attributes:
        filled: rows in which it holds anything; 0 where it did not come.
        unreadable: how many of them cannot be read.
        breaks: the feed cannot be used without it.
    """

    column: str
    filled: int
    unreadable: int
    breaks: bool

    @property
    def sentence(self) -> str:
        """What happened, for the banner and the finding."""
        if not self.filled:
            return f"the column {self.column} is in the mapping and not in the source."
        return (
            f"{self.unreadable} of {self.filled} values of {self.column} cannot be read: look at its format, codes or"
            " null_values in the mapping."
        )


@dataclass(frozen=True)
class Unknown:
    """A code or column that the mapping does not know (DQ-02), with the records and children that have it."""

    subject: str
    severity: str
    records: tuple[str, ...] = ()
    children: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckedFeed:
    """What the checks say about one feed; no value of a record.

    Attributes:
        broken: sentences that say why the contract is broken.
        fields_set_aside: lines of the quarantine that concern a field of an accepted row.
        lost_columns: what no finding may rest on tonight.
        sentinels: times before 1990, read as empty, by column.
        cleaned: ids from which invisible characters were taken off, by column.
        alike: ids of children that are another child's but for zeros before a number, signs or capitals.
        rows_before: rows of the last accepted pull, where less than half of them came (validation/contract.py).
        doubt: why rows may have been withdrawn by mistake.
    """

    feed: str
    status: Status
    source: str = ""
    sha256: str = ""
    accounting: Accounting = field(default_factory=Accounting)
    fields_set_aside: int = 0
    broken: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    unknown_columns: tuple[str, ...] = ()
    unknown_codes: tuple[UnknownCode, ...] = ()
    lost_columns: tuple[LostColumn, ...] = ()
    sentinels: Mapping[str, int] = field(default_factory=dict)
    cleaned: Mapping[str, int] = field(default_factory=dict)
    alike: int = 0
    rows_before: int | None = None
    doubt: str = ""

    @property
    def unknowns(self) -> tuple[Unknown, ...]:
        """What the mapping does not know (docs/readings.md, Subjects and rules)."""
        kind = feeds()[self.feed].kind if feeds()[self.feed].missing_codes else None
        columns = (Unknown(f"{self.feed}:{column}", "medium") for column in self.unknown_columns)
        codes = (
            Unknown(f"{self.feed}:{code.column}={code.code_shown}", _severity(code, kind), code.records, code.children)
            for code in self.unknown_codes
        )
        return (*columns, *codes)

    @property
    def incomplete(self) -> tuple[str, ...]:
        """Plain sentences: why tonight's outputs are incomplete, as far as this feed goes."""
        if self.broken:
            return (f"{self.feed} could not be used tonight: {' '.join(self.broken)}",)
        lost = (f"{self.feed}: {lost.sentence} Nothing rests on its silence." for lost in self.lost_columns)
        return (*lost, *([self.doubt] if self.doubt else ()))

    @property
    def notes(self) -> tuple[str, ...]:
        """Plain sentences on rows that may lack and on what was read as empty or tidied, with counts and no value."""
        before, rows = self.rows_before, self.accounting.pulled
        fewer = () if before is None else (f"It has {rows} rows and had {before} the last time: is it whole?",)
        empty = (f"Times before 1990 in {name}, read as empty: {count}." for name, count in self.sentinels.items())
        tidy = (f"Invisible characters taken off in {name}: {count}." for name, count in self.cleaned.items())
        what = f"Ids that are another child's but for zeros, signs or capitals: {self.alike}; a file in which these are"
        alike = (f"{what} lost names the wrong child.",) if self.alike else ()
        return (*fewer, *empty, *tidy, *alike)


def _severity(code: UnknownCode, kind: str | None) -> str:
    """An unlisted kind may stand for a missing child: critical while an open row has it (spec 1)."""
    if code.column != kind:
        return "medium"
    return "critical" if code.is_open else "high"


def write_checked(folder: Path, checked: CheckedFeed, table: Any, lines: Any, untimed: Any = None) -> None:
    """Write accepted rows, what was set aside, and last the record that says both are there.

    `untimed`: a report feed's rows without a time, in the columns of the accepted ones; None leaves what is there.
    """
    checked_folder(folder).mkdir(parents=True, exist_ok=True)
    files = {accepted_file(folder, checked.feed): table, quarantine_file(folder, checked.feed): lines}
    if feeds()[checked.feed].role == "report" and untimed is not None:
        files[accepted_file(folder, f"{UNTIMED}{checked.feed}")] = untimed
    for path, rows in files.items():
        with replace_file(path) as part:
            pq.write_table(rows, part, compression="zstd")
    write_record(folder, checked)


def write_nothing(feed: Feed, folder: Path, checked: CheckedFeed) -> CheckedFeed:
    """Write that there are no rows; gives what was said of them."""
    nothing = checked_schema(feed).empty_table()
    write_checked(folder, checked, nothing, SCHEMA.empty_table(), nothing)
    return checked


def refuse(feed: Feed, folder: Path, checked: CheckedFeed, sentences: Sequence[str]) -> CheckedFeed:
    """A broken contract: the night stops, or goes on without the feed. All its rows count as set aside, unlisted.

    Raises:
        InputError: CMFC-I02, the night cannot go on without this feed.
    """
    rows = checked.accounting.pulled
    accounting = Accounting(pulled=rows, quarantined=rows)
    refused = replace(checked, status="broken", broken=tuple(sentences), accounting=accounting, fields_set_aside=0)
    write_nothing(feed, folder, refused)
    if feed.role == "agency":
        raise InputError("CMFC-I02", " ".join(sentences))
    return refused


def write_record(folder: Path, checked: CheckedFeed) -> None:
    """Write `checked/<feed>.json`."""
    write_text(validation_record(folder, checked.feed), json.dumps(asdict(checked), indent=1))


def load_checked(feed_name: str, folder: Path) -> CheckedFeed:
    """What validation said about a feed."""
    raw = json.loads(validation_record(folder, feed_name).read_text(encoding="utf-8"))
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()}
    fields["accounting"] = Accounting(**raw["accounting"])
    fields["unknown_codes"] = tuple(UnknownCode.of(code) for code in raw["unknown_codes"])
    fields["lost_columns"] = tuple(LostColumn(**column) for column in raw["lost_columns"])
    return CheckedFeed(**fields)
