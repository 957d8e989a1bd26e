"""What a run was made from, and what recording it gives back: plain values, no database."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cmfc.ledger.journal import Head


@dataclass(frozen=True)
class FeedInput:
    """One feed of a night: what validation made of it, and what is needed to validate it again.

    `pulled`, `checked`: the records of the pull and of validation as canonical JSON; `previous_rows`: of the band.
    """

    status: str
    sha256: str
    pulled: str
    checked: str
    previous_rows: int | None


@dataclass(frozen=True)
class NightInputs:
    """Everything a night was made from. Times in epoch seconds UTC.

    Attributes:
        code_version: version and digest of the code that decides (pipeline/code.py).
        code_commit: its Git commit, empty where it is not known; two runs do not differ by it.
        base_seq: the run whose episodes the core was given; None on a first night.
        model_digest, matches_sha256: the linkage model, and what matching made of the reports without an id.
        mapping: the agency's mapping as canonical JSON.
        explained: episodes that vanished and that a person explained (ledger/explained.py).
        engine: name and version of the set engine.
    """

    agency: str
    business_date: date
    seen_on: date
    as_of: int
    base_seq: int | None
    code_version: str
    engine: str
    expectations_digest: str
    law_digest: str
    model_digest: str | None
    matches_sha256: str
    mapping: str
    feeds: Mapping[str, FeedInput]
    code_commit: str = ""
    explained: tuple[str, ...] = ()

    def identity(self) -> dict[str, Any]:
        """What makes two runs the same: everything but when it was pulled and the commit."""
        feeds = {n: [f.status, f.sha256, f.checked, f.previous_rows] for n, f in self.feeds.items()}
        return {
            "business_date": self.business_date.isoformat(), "as_of": self.as_of, "base": self.base_seq,
            "code": self.code_version, "engine": self.engine, "law": self.law_digest, "model": self.model_digest,
            "matches": self.matches_sha256, "expectations": self.expectations_digest,
            "mapping": self.mapping, "feeds": feeds, "explained": list(self.explained),
        }  # fmt: skip

    @property
    def fewer(self) -> tuple[tuple[str, int, int], ...]:
        """Feed, rows and rows of the last pull, where less than half of them came (validation/contract.py)."""
        checked = {name: json.loads(feed.checked) for name, feed in sorted(self.feeds.items())}
        return tuple(
            (name, facts["accounting"]["pulled"], facts["rows_before"])
            for name, facts in checked.items()
            if facts["rows_before"] is not None
        )

    @property
    def lost(self) -> tuple[tuple[str, str], ...]:
        """Feed and column of what was promised and did not come, or cannot be read (DQ-04)."""
        return tuple(
            (name, lost["column"])
            for name, feed in sorted(self.feeds.items())
            for lost in json.loads(feed.checked)["lost_columns"]
        )

    @property
    def broken(self) -> tuple[str, ...]:
        """Feeds that could not be used."""
        return tuple(name for name, feed in sorted(self.feeds.items()) if feed.status == "broken")


@dataclass(frozen=True)
class Recorded:
    """A night on record: its run, the journal's head with it, what changed; `is_again`: it was there before.

    `code_commit` is that of the run on record.
    """

    run_id: str
    seq: int
    head: Head
    counts: Mapping[str, int]
    is_again: bool
    is_late: bool
    code_commit: str = ""
