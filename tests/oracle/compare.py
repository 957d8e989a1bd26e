"""Compares two answers, and shows a disagreement as the smallest world that still has it."""

import re
import tempfile
from collections import defaultdict
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.oracle.answer import Answer, answer
from tests.oracle.core import read_answer, run_core
from tests.oracle.finding import TIMES, Finding
from tests.oracle.world import Night, Row
from tests.oracle.worlds import Feeds

CHILD = re.compile(r"w\d+c\d+")
NOT_COVERED = ("RC-09", "RC-10", "DQ-01", "DQ-02")
Differences = dict[str, list[str]]
"""Child id → what differs, in words."""


def differences(oracle: Answer, core: Answer, names: dict[str, str]) -> Differences:
    """All disagreements by child; `names` maps ids of episodes to children."""
    result: Differences = defaultdict(list)

    def note(about: str, what: str) -> None:
        match = CHILD.search(names.get(about, about))
        result[match.group() if match else "?"].append(what)

    for key in oracle.episodes.keys() | core.episodes.keys():
        a, b = oracle.episodes.get(key), core.episodes.get(key)
        for line in _fields(f"episode {key}", a, b):
            note((a or b or {})["child_id"], line)
    for row in set(oracle.determinations) ^ set(core.determinations):
        note(str(row), f"determinations: only the {'oracle' if row in oracle.determinations else 'core'} says {row}")
    oracle_links, core_links = ({link[:2]: link for link in a.links} for a in (oracle, core))
    for report in oracle_links.keys() | core_links.keys():
        if oracle_links.get(report) != core_links.get(report):
            note(str(report), f"links: oracle {oracle_links.get(report)}, core {core_links.get(report)}")
    for row in oracle.members ^ core.members:
        note(row[0], f"episode_rows: only the {'oracle' if row in oracle.members else 'core'} has {row}")
    for level in oracle.notices.keys() | core.notices.keys():
        if oracle.notices.get(level) != core.notices.get(level):
            note(level[0], f"notices {level}: oracle {oracle.notices.get(level)}, core {core.notices.get(level)}")
    for duty in oracle.duties.keys() | core.duties.keys():
        for line in _fields(f"recipient_duties {duty}", oracle.duties.get(duty), core.duties.get(duty)):
            note(duty[0], line)
    for of in oracle.findings.keys() | core.findings.keys():
        own, other = oracle.findings.get(of), core.findings.get(of)
        if of[0] not in NOT_COVERED:
            about = (own.child_id if own else other.child_id if other else None) or of[1]
            for line in _fields(f"finding {'|'.join(of)}", _facts(own, own), _facts(other, own)):
                note(about, line)
    if core.missing_now is not None and oracle.missing_now is not None:
        for child in oracle.missing_now.keys() | core.missing_now.keys():
            for line in _fields("missing_now", oracle.missing_now.get(child), core.missing_now.get(child)):
                note(child, line)
    return dict(result)


def _facts(finding: Finding | None, model: Finding | None) -> Row | None:
    """A finding's fields, with those times alone that the oracle fixes."""
    if finding is None:
        return None
    skip = ["fixed"] if model is None else ["fixed", *(name for name in TIMES if name not in model.fixed)]
    skip += [] if model is None or model.rules is not None else ["rules"]
    return {name: value for name, value in asdict(finding).items() if name not in skip}


def _fields(what: str, a: Row | None, b: Row | None) -> list[str]:
    if a is None or b is None:
        return [f"{what}: only the {'core' if a is None else 'oracle'} has it: {a or b}"]
    wrong = [name for name in a if a[name] != b.get(name)]
    return [f"{what}.{name}: oracle {a[name]!r}, core {b.get(name)!r}" for name in wrong]


def compare(feeds: Feeds, night: Night, folder: Path) -> Differences:
    """Runs both and compares."""
    oracle = answer(feeds, night)
    core = read_answer(run_core(feeds, night, folder))
    names = {e: row["child_id"] for a in (core, oracle) for e, row in a.episodes.items()}
    return differences(oracle, core, names)


def rows_of(feeds: Feeds, child: str) -> Feeds:
    """The rows that belong to one child, by the ids the generator gave."""
    pattern = re.compile(rf"{child}(?!\d)")
    return {f: [r for r in rows if pattern.search(str(next(iter(r.values()))))] for f, rows in feeds.items()}


def shrink(feeds: Feeds, night: Night, child: str) -> tuple[Feeds, list[str]]:
    """Drops rows one by one while the first disagreement stands."""
    small = rows_of(feeds, child)
    lines = _said(small, night, child)
    for feed in sorted(small, key=lambda f: f != "contacts"):
        for row in list(small[feed]):
            fewer = small | {feed: [r for r in small[feed] if r is not row]}
            now = _said(fewer, night, child)
            if {_kind(line) for line in now} & {_kind(line) for line in lines[:1]}:
                small, lines = fewer, now
    return small, lines


def _said(feeds: Feeds, night: Night, child: str) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        return sorted(compare(feeds, night, Path(folder)).get(child, []))


def _kind(line: str) -> str:
    """What a disagreement is about, without ids."""
    return re.sub(r"[0-9a-f]{20}|w\d+c\d+\w*|only the (oracle|core).*|: oracle .*", "", line)


def show(feeds: Feeds, night: Night, disagreements: list[str]) -> str:
    """A world and both answers, for people."""
    lines = [str(night), f"as_of {_clock(night.as_of, night.zone)}"]
    for feed, rows in feeds.items():
        for row in rows:
            values = [f"{k}={_shown(k, v, night.zone)}" for k, v in row.items() if v is not None]
            lines.append(f"  {feed}: {', '.join(values)}")
    return "\n".join([*lines, *(f"  ≠ {line}" for line in disagreements)])


def _shown(name: str, value: object, zone: str) -> str:
    is_time = isinstance(value, int) and name.endswith(("_earliest", "_latest"))
    return _clock(value, zone) if is_time and isinstance(value, int) else str(value)


def _clock(instant: int, zone: str) -> str:
    return datetime.fromtimestamp(instant, UTC).astimezone(ZoneInfo(zone)).strftime("%m-%dT%H:%M:%S%z")
