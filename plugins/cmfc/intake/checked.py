"""What the door says about a feed, and where it is kept (docs/architecture.md)."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq

from cmfc.intake.snapshot import UnknownCode

Status = Literal["ok", "absent", "broken"]


@dataclass(frozen=True)
class Accounting:
    """Rows: pulled = accepted + quarantined + voided + collapsed, voided decided first (spec 1)."""

    pulled: int = 0
    accepted: int = 0
    quarantined: int = 0
    voided: int = 0
    collapsed: int = 0


@dataclass(frozen=True)
class CheckedFeed:
    """What the door says about one feed; no value of a record.

    Attributes:
        broken: sentences that say why the contract is broken.
        fields_set_aside: lines of the quarantine that concern a field of an accepted row.
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

    @property
    def unknowns(self) -> tuple[str, ...]:
        """Subjects of DQ-02: `feed:column` and `feed:column=code` (docs/readings.md)."""
        codes = (f"{self.feed}:{code.column}={code.code_shown}" for code in self.unknown_codes)
        return (*(f"{self.feed}:{column}" for column in self.unknown_columns), *codes)


def write_checked(folder: Path, checked: CheckedFeed, table: Any, lines: Any) -> None:
    """Write accepted rows, what was set aside, and last the record that says both are there."""
    place = folder / "checked"
    place.mkdir(parents=True, exist_ok=True)
    for name, rows in ((checked.feed, table), (f"quarantine.{checked.feed}", lines)):
        aside = place / f".{name}.part"
        pq.write_table(rows, aside, compression="zstd")
        os.replace(aside, place / f"{name}.parquet")
    write_record(folder, checked)


def write_record(folder: Path, checked: CheckedFeed) -> None:
    """Write `checked/<feed>.json`."""
    aside = folder / "checked" / f".{checked.feed}.json.part"
    aside.write_text(json.dumps(asdict(checked), indent=1), encoding="utf-8")
    os.replace(aside, folder / "checked" / f"{checked.feed}.json")


def load_checked(feed_name: str, folder: Path) -> CheckedFeed:
    """What the door said about a feed."""
    raw = json.loads((folder / "checked" / f"{feed_name}.json").read_text(encoding="utf-8"))
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()}
    fields["accounting"] = Accounting(**raw["accounting"])
    fields["unknown_codes"] = tuple(UnknownCode(**code) for code in raw["unknown_codes"])
    return CheckedFeed(**fields)
