"""A case: an agency's files with one oddity, and what is right by the specification (cases/<slug>/expected.yml).

Findings are written `code severity subject child`: an episode is `child#n`, its n-th by begin (and no fourth word), `-`
is no child, `~` begins a regular expression. Episodes are `child began ended le ncmec ncic`, local times, `open`, `*`
for anything. Accounting is pulled, accepted, set aside, voided, collapsed. README.md explains the keys.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from cmfc.ingest.mapping import load_mapping, mapping_of_folder
from cmfc.pipeline.nightly import run_night
from cmfc.pipeline.run import Run, run_of
from cmfc.timing.clock import as_of_night
from tests.support.tables import Row, read_rows

CASES = Path(__file__).parent / "cases"
ZONE, TONIGHT, LAST_NIGHT = "America/Chicago", "2026-03-04", "2026-03-03"
HOUR = 3600
SEVERITIES = ["info", "low", "medium", "high", "critical"]
COUNTS = ("pulled", "accepted", "quarantined", "voided", "collapsed")
KEYS = {"title", "spec", "outcome", "as", "findings", "also", "without", "may", "waits", "only", "names", "episodes",
        "also_episodes", "without_episodes", "accounting", "status", "incomplete", "at", "stand", "refusal", "links",
        "times", "night_before"}  # fmt: skip
OUTCOMES = {"done", "refused", "loud", "refused_or_done"}


@dataclass(frozen=True)
class Case:
    """One folder of cases/ and what it says."""

    slug: str
    says: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        return CASES / self.slug

    @property
    def refusal(self) -> Mapping[str, Any] | None:
        return self.says.get("refusal")


def case(slug: str) -> Case:
    """Reads a case; what it is `as` gives what it does not say itself."""
    says = yaml.safe_load((CASES / slug / "expected.yml").read_text(encoding="utf-8"))
    if "as" not in says:
        return Case(slug, says)
    like = case(says["as"]).says
    merged: dict[str, Any] = {**says}
    without_rows = says.get("without", [])
    assert set(without_rows) <= set(like["findings"]), slug
    merged["findings"] = [row for row in like["findings"] if row not in without_rows] + says.get("also", [])
    without = says.get("without_episodes", [])
    assert set(without) <= set(like["episodes"]), slug
    merged["episodes"] = [row for row in like["episodes"] if row not in without] + says.get("also_episodes", [])
    merged["accounting"] = {**like["accounting"], **says.get("accounting", {})}
    return Case(slug, merged)


@dataclass
class Night:
    """What came of a run: the report, and the published tables."""

    run: Run
    report: Mapping[str, Any]
    tables: dict[str, list[Row]] = field(default_factory=dict)

    def rows(self, table: str) -> list[Row]:
        if table not in self.tables:
            self.tables[table] = read_rows(self.run.out / f"{table}.csv")
        return self.tables[table]

    def episode_names(self) -> dict[str, str]:
        """`child#n` by episode_id."""
        count: dict[str, int] = {}
        names = {}
        for row in sorted(self.rows("episodes"), key=lambda row: (row["child_id"], row["began_earliest"])):
            count[row["child_id"]] = count.get(row["child_id"], 0) + 1
            names[row["episode_id"]] = f"{row['child_id']}#{count[row['child_id']]}"
        return names

    def findings(self) -> list[tuple[str, str, str, str]]:
        names = self.episode_names()
        return [
            (row["code"], row["severity"], names.get(row["subject_id"], row["subject_id"]), row["child_id"])
            for row in self.rows("exceptions")
        ]


def run(folder: Path, root: Path, connect: Any = None, night: str = TONIGHT) -> Night:
    """A night over a folder, by its agency.yml, else as `cmfc reconcile` does; the store is kept."""
    if (folder / "agency.yml").is_file():
        run = run_of(load_mapping(folder / "agency.yml"), night, root / "store", root / "lists")
        return Night(run, run_night(run, run.as_of + 4 * HOUR, connect))
    mapping, as_of = mapping_of_folder(folder, ZONE, "us/federal", "local"), as_of_night(night, ZONE)
    run = Run(mapping, root / "store" / "local" / "night", root / "lists" / "local" / night, as_of, None)
    return Night(run, run_night(run, as_of, connect, answers=[]))


def refusal_differences(refusal: Mapping[str, Any], code: str, message: str) -> Iterator[str]:
    """What an error lacks of what it must say."""
    if not re.fullmatch(refusal["code"], code):
        yield f"refused with {code}, not {refusal['code']}: {message}"
    for words in refusal["says"]:
        if not re.search(words, message, re.IGNORECASE):
            yield f"the sentence does not say /{words}/: {message}"


def differences(this: Case, night: Night) -> Iterator[str]:
    """What a finished night has that the case does not expect, and the other way round."""
    says = this.says
    yield from _findings(says, night)
    if "episodes" in says:
        yield from _episodes(says["episodes"], night)
    for feed, facts in night.report["feeds"].items():
        yield from _accounting(feed, facts, says)
    for words in says.get("incomplete", []):
        if not any(re.search(words, sentence, re.IGNORECASE) for sentence in night.report["incomplete"]):
            yield f"no banner says /{words}/: {night.report['incomplete']}"
    if "incomplete" not in says and this.says["outcome"] == "done" and night.report["incomplete"]:
        yield f"a banner: {night.report['incomplete']}"
    listed = {(row["source"], row["row"], row["field"]) for row in night.rows("quarantine")}
    for position in says.get("at", []):
        if tuple(position.split()) not in listed:
            yield f"quarantine.csv does not list {position}: {sorted(listed)}"
    for code, words in says.get("names", {}).items():
        text = " ".join(f"{row['evidence']} {row['why']}" for row in night.rows("exceptions") if row["code"] == code)
        yield from (f"{code} does not name {word}: {text}" for word in words if not re.search(rf"\b{word}\b", text))


def _findings(says: Mapping[str, Any], night: Night) -> Iterator[str]:
    if "findings" not in says:
        return
    observed = [f for f in night.findings() if f[0] not in says.get("waits", [])]
    if "only" in says:
        observed = [f for f in observed if f[0].startswith(tuple(says["only"]))]
    rest = list(observed)
    for text in says["findings"]:
        hit = next((f for f in rest if _is(text, f)), None)
        if hit is None:
            yield f"lacks the finding {text}"
        else:
            rest.remove(hit)
    for row in rest:
        if not any(_is(text, row) for text in says.get("may", [])):
            yield f"has the finding {' '.join(part or '-' for part in row)}"


def _is(text: str, row: Sequence[str]) -> bool:
    code, severity, subject, *child = text.split()
    whose = child[0] if child else subject.rpartition("#")[0]
    same_subject = re.fullmatch(subject[1:], row[2]) if subject.startswith("~") else subject == row[2]
    same_child = re.fullmatch(r"(#[0-9a-f]{8})?", row[3]) if whose == "-" else whose == row[3]
    return (code, severity) == (row[0], row[1]) and bool(same_subject) and bool(same_child)


def _episodes(expected: Sequence[str], night: Night) -> Iterator[str]:
    rest = []
    for row in night.rows("episodes"):
        ended = local(row["ended_earliest"]) if row["ended_earliest"] else "open"
        verdicts = [row[column] for column in ("le_verdict", "ncmec_verdict", "ncic_verdict")]
        rest.append((row["child_id"], local(row["began_earliest"]), ended, *verdicts))
    for text in expected:
        words = text.split()
        hit = next((row for row in rest if _fits(words, row)), None)
        if hit is None:
            yield f"lacks the episode {text}"
        else:
            rest.remove(hit)
    yield from (f"has the episode {' '.join(row)}" for row in rest)


def _fits(words: Sequence[str], row: Sequence[str]) -> bool:
    for position, (word, value) in enumerate(zip(words, row, strict=True)):
        is_day = position in (1, 2) and len(word) == 10  # a day alone: any time of it
        if word != "*" and word != (value[:10] if is_day else value):
            return False
    return True


def _accounting(feed: str, facts: Mapping[str, Any], says: Mapping[str, Any]) -> Iterator[str]:
    counts = [facts[name] for name in COUNTS]
    if counts[0] != sum(counts[1:]):
        yield f"{feed}: the accounting does not add up: {counts}"
    expected = says.get("accounting", {}).get(feed)
    if expected is not None and counts != expected:
        yield f"{feed}: {dict(zip(COUNTS, counts, strict=True))}, not {expected}"
    status = says.get("status", {}).get(feed)
    if status not in (None, "*") and facts["status"] != status:
        yield f"{feed}: is {facts['status']}, not {status}"
    if status is None and facts["status"] == "broken":
        yield f"{feed}: is broken"


def lost(this: Case, night: Night, base: Case) -> Iterator[str]:
    """Children of the base that stand neither as they do there nor in a finding of at least high, by id or record."""
    loud = [row for row in night.rows("exceptions") if SEVERITIES.index(row["severity"]) >= SEVERITIES.index("high")]
    for text in base.says["episodes"]:
        child = text.split()[0]
        if not list(_missing(text, base, night)):
            continue
        records = [child, *this.says.get("stand", {}).get(child, [])]
        texts = [f"{row['subject_id']} {row['child_id']} {row['evidence']}" for row in loud]
        if not any(re.search(rf"(?<![\w-]){record}(?![\w-])", text) for record in records for text in texts):
            yield f"{child} is lost: no finding of at least high names {records}"


def _missing(text: str, base: Case, night: Night) -> Iterator[str]:
    """What a child lacks of its episode and of its criticals in the base."""
    rest = list(_episodes([text], night))
    yield from (line for line in rest if line.startswith("lacks"))
    child = text.split()[0]
    for finding in base.says["findings"]:
        if finding.split()[2].startswith(f"{child}#") and not any(_is(finding, row) for row in night.findings()):
            yield finding


def local(text: str) -> str:
    """A published time as local clock time, to the minute."""
    return datetime.fromisoformat(text).astimezone(ZoneInfo(ZONE)).strftime("%Y-%m-%dT%H:%M")
