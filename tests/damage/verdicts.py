"""What a night says of one child and one record after a damage."""

import csv
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

LOUD = ("critical", "high")


@dataclass(frozen=True)
class Detection:
    """What told of a damage.

    Attributes:
        how: `stands` (still critical), `child` or `record` (named by a finding of at least high), `silent`.
        codes: the codes that did; of a silent one, the lesser findings that name the child or record.
    """

    how: str
    codes: tuple[str, ...] = ()


@dataclass
class Findings:
    """A night's exceptions.csv, to be asked by child and by record.

    `before`: the ids of the high findings that stand without any damage; they say nothing of one.
    """

    rows: list[dict[str, str]]
    before: frozenset[str] = frozenset()
    by_child: dict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))
    by_word: dict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for row in self.rows:
            self.by_child[row["child_id"]].append(row)
            words = {row["subject_id"], *row["evidence"].split(";"), *row["why"].replace(",", " ").split()}
            for word in words:
                self.by_word[word.strip(".")].append(row)
                self.by_word[word.partition("@")[0]].append(row)

    def loud(self) -> frozenset[str]:
        """The ids of its findings of at least high."""
        return frozenset(row["exception_id"] for row in self.rows if row["severity"] in LOUD)

    def say(self, child: str, record: Iterable[str]) -> Detection:
        """How the night speaks of a child, or of one of these names of a record."""
        of_child, of_record = self.by_child[child], [row for word in record for row in self.by_word[word]]
        if codes := _codes(row for row in of_child if row["severity"] == "critical"):
            return Detection("stands", codes)
        fresh = [row for row in (*of_child, *of_record) if row["exception_id"] not in self.before]
        loud = [row for row in fresh if row["severity"] in LOUD]
        how = "child" if any(row["child_id"] == child for row in loud) else "record" if loud else "silent"
        return Detection(how, _codes(loud or fresh))


def read_findings(out: Path, before: frozenset[str] = frozenset()) -> Findings:
    """The findings of a night's folder of lists."""
    with (out / "exceptions.csv").open(encoding="utf-8", newline="") as file:
        return Findings(list(csv.DictReader(file)), before)


def incomplete(out: Path) -> tuple[str, ...]:
    """What the night says it lacks."""
    return tuple(json.loads((out / "manifest.json").read_text(encoding="utf-8"))["incomplete"])


def names_of(feed: str, keys: Iterable[str]) -> set[str]:
    """How a record may be named in a finding: `feed:key`, `feed#` and the hash of its key, or the key in the text."""
    names = set()
    for key in {form for raw in keys for form in (raw, raw.strip())} - {""}:
        names |= {key, f"{feed}:{key}", f"{feed}#{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:8]}"}
    return names


def subjects_by_row(checked: Path, feed: str) -> dict[int, set[str]]:
    """The names under which the night set rows of a feed aside, by row number."""
    path = checked / f"quarantine.{feed}.parquet"
    names: dict[int, set[str]] = defaultdict(set)
    if path.exists():
        table: dict[str, list[Any]] = pq.read_table(path, columns=["row", "subject"]).to_pydict()
        for row, subject in zip(table["row"], table["subject"], strict=True):
            names[row].add(subject)
    return names


def _codes(rows: Iterable[dict[str, str]]) -> tuple[str, ...]:
    return tuple(sorted({f"{row['code']} {row['severity']}" for row in rows}))
