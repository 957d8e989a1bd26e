"""Runs one damage of a whole source a night: only the damaged feed is pulled and checked again."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from cmfc.errors import CmfcError
from cmfc.feeds.catalog import Feed, feeds
from cmfc.pipeline import nightly
from cmfc.pipeline.run import Run, run_of
from cmfc.timing.clock import as_of_night
from tests.damage.agency import NIGHTS, ZONE, Row
from tests.damage.damages import Planner
from tests.damage.honest import excuse
from tests.damage.nights import HOUR, Nights
from tests.damage.sources import connect_in, mapping_of
from tests.damage.values import read_text
from tests.damage.verdicts import Detection, Findings, incomplete, names_of, read_findings
from tests.damage.whole import Whole

WORST = ("lost", "undetectable", "feed", "named", "stands", "loud")
_ASIDE = ("source", "sha256", "pulled_at", "newest_at", "mapping_digest", "census")
"""Of what a pull says of itself: what tells nothing of the rows."""


@dataclass(frozen=True)
class Verdict:
    """What became of the set after one damage: the worst verdict, and for whom."""

    whole: Whole
    how: str
    codes: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    excuses: tuple[str, ...] = ()
    later: tuple[str, ...] = ()


@dataclass
class Singles:
    """One agency, and what is known of damages by what was pulled: the same rows need no second nightly."""

    nights: Nights
    kind: dict[str, str] = field(default_factory=dict)
    planner: Planner = field(init=False)
    before: frozenset[str] = frozenset()
    results: dict[tuple[str, str], Any] = field(default_factory=dict)
    ran: int = 0

    def __post_init__(self) -> None:
        self.planner = Planner(self.nights.agency)
        self.nights.back_to("first")
        self.nights.deliver({})
        run = self._run_of_night()
        with nightly.alone(run):
            for name in feeds():
                self._pull(name)
            for name in feeds():
                nightly.check_feed(run, name)
        self.nights.keep("second")
        self._go_on()
        self.before = read_findings(self.nights.out(NIGHTS[1])).loud()

    def run(self, whole: Whole) -> Verdict:
        """The damage's night; its source is put right afterwards."""
        for path in self.nights.sources.glob(f"{whole.feed}.*"):
            path.unlink()
        self.kind = {whole.feed: whole.kind}
        whole.deliver(self.nights.sources)
        return self._run(whole)

    def _run(self, whole: Whole) -> Verdict:
        self._restore()
        folder = self._run_of_night().folder
        for path in [*folder.glob(f"*/{whole.feed}.*"), *folder.glob(f"*/quarantine.{whole.feed}.*")]:
            path.unlink()
        try:
            self._pull(whole.feed)
            mark = (whole.feed, _digest(folder / "pulled", whole.feed))
            if mark not in self.results:
                self.results[mark] = self._night(whole)
            findings, third, lacking = self.results[mark]
        except CmfcError as error:
            return Verdict(whole, "lost" if error.code == "CMFC-N01" else "loud", (error.code,))
        except Exception as error:  # the program broke: nobody is told what to do
            return Verdict(whole, "lost", (type(error).__name__,))
        return self._judge(whole, findings, third, lacking)

    def _night(self, whole: Whole) -> tuple[Findings, Findings, tuple[str, ...]]:
        self.ran += 1
        run = self._run_of_night()
        # Names on file come from the children: then every feed is looked at again.
        for name in feeds() if whole.feed == "children" else (whole.feed,):
            nightly.check_feed(run, name)
        self._go_on()
        out = self.nights.out(NIGHTS[1])
        findings = read_findings(out, self.before)
        lacking = incomplete(out)
        return findings, self._third(whole, findings), lacking

    def _third(self, whole: Whole, findings: Findings) -> Findings:
        """The night after, with the same damage, where the second one cannot know of it."""
        feed = feeds()[whole.feed]
        silent = [c for c in self.nights.agency.missing if findings.say(c, self._names(feed, c, whole)).how == "silent"]
        if not any(self._excuse(feed, child, whole) for child in silent):
            return findings
        run = run_of(self._run_of_night().mapping, NIGHTS[2], self.nights.store, self.nights.lists)
        at = as_of_night(NIGHTS[2], ZONE) + HOUR
        nightly.run_night(run, at, connect=connect_in(self.nights.sources))
        return read_findings(self.nights.out(NIGHTS[2]), self.before)

    def _judge(self, whole: Whole, findings: Findings, third: Findings, lacking: Sequence[str]) -> Verdict:
        feed = feeds()[whole.feed]
        rows = [
            row for row in findings.rows if row["code"] == "DQ-04" and row["subject_id"].startswith(f"{feed.name}:")
        ]
        # A column or feed that the night says it lacks is told for every child, though none is named.
        is_said = bool(rows) or any(sentence.startswith((f"{feed.name} ", f"{feed.name}:")) for sentence in lacking)
        by_how: dict[str, list[tuple[str, Detection, str]]] = {}
        for child in self.nights.agency.missing:
            detection = findings.say(child, self._names(feed, child, whole))
            how = {"child": "named", "record": "named"}.get(detection.how, detection.how)
            why = ""
            if how == "silent":
                why = self._excuse(feed, child, whole)
                how = "feed" if is_said else "undetectable" if why else "lost"
            by_how.setdefault(how, []).append((child, detection, why))
        worst = next(how for how in WORST if how in by_how)
        which = by_how[worst]
        codes = {code for _, detection, _ in which for code in detection.codes}
        excuses = {why for how in by_how.values() for _, _, why in how} - {""}
        later = {
            code for child, _, why in which if why for code in third.say(child, self._names(feed, child, whole)).codes
        }
        who = tuple(child for child, _, _ in which)
        return Verdict(whole, worst, tuple(sorted(codes)), who, tuple(sorted(excuses)), tuple(sorted(later)))

    def _names(self, feed: Feed, child: str, whole: Whole) -> set[str]:
        row = self.nights.agency.target.get((feed.name, child))
        if row is None:
            return set()
        keys = {row[feed.key], child}
        if whole.after is not None:
            near = _nearest(feed, row, whole.after)
            keys |= {near[feed.key]} if near else set()
        return names_of(feed.name, keys)

    def _excuse(self, feed: Feed, child: str, whole: Whole) -> str:
        row = self.nights.agency.target.get((feed.name, child))
        if row is None or whole.after is None:
            return ""
        near = _nearest(feed, row, whole.after)
        if near is None:
            return "the row is gone, and what is left is whole" if feed.name in ("absences", "placements") else ""
        shape, went = self.nights.agency.missing[child], self.planner.went[child]
        for name, column in feed.columns.items():
            if near[name] != row[name]:
                means = read_text(column, near[name])
                if why := excuse(feed.name, name, means, row, shape, went, set(self.planner.born)):
                    return why
        return ""

    def _run_of_night(self) -> Run:
        mapping = mapping_of(self.nights.sources, self.nights.kinds | self.kind)
        return run_of(mapping, NIGHTS[1], self.nights.store, self.nights.lists)

    def _pull(self, feed: str) -> None:
        at = as_of_night(NIGHTS[1], ZONE) + HOUR
        nightly.pull_feed(self._run_of_night(), feed, at, connect_in(self.nights.sources))

    def _go_on(self) -> None:
        run, at = self._run_of_night(), as_of_night(NIGHTS[1], ZONE) + HOUR
        nightly.settle_night(run)
        nightly.match_night(run)
        nightly.reconcile_night(run)
        nightly.record_night(run, at)
        nightly.publish_night(run, at)

    def _restore(self) -> None:
        self.nights.back_to("second")


def _nearest(feed: Feed, row: Row, after: Iterable[Row]) -> Row | None:
    """The record that this one became: that of its key and child, else the one that differs in two columns at most."""
    after = list(after)
    for other in after:
        if other[feed.key] == row[feed.key] and other["child_id"] == row["child_id"]:
            return other
    return next((o for o in after if sum(o[name] != row[name] for name in feed.columns) <= 2), None)


def _digest(pulled: Path, feed: str) -> str:
    record = json.loads((pulled / f"{feed}.json").read_text(encoding="utf-8"))
    facts = {name: value for name, value in record.items() if name not in _ASIDE}
    # Of a feed that was refused the night has only the sentence: the same refusal of another row is the same nightly.
    facts["broken"] = [re.sub(r"\d+", "n", sentence) for sentence in facts["broken"]]
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    path = pulled / f"{feed}.parquet"
    if path.exists():
        table = pq.read_table(path)
        rows = table.drop_columns(["source_row"]) if "source_row" in table.column_names else table
        digest.update(repr(rows.to_pydict()).encode())
    return digest.hexdigest()
