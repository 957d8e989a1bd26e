"""Runs many damages in one night, and finds by halving those that stop it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cmfc.errors import CmfcError
from cmfc.feeds.catalog import feeds
from tests.damage.agency import NIGHTS
from tests.damage.damages import Damage, damaged_rows
from tests.damage.nights import Nights, second_nights
from tests.damage.sources import holds, sheet_of
from tests.damage.verdicts import Detection, Findings, incomplete, read_findings, subjects_by_row


@dataclass(frozen=True)
class Outcome:
    """What became of one damage in one kind of source. `later`: what night 3 said, where the second was asked for."""

    damage: Damage
    kind: str
    detection: Detection
    later: Detection | None = None

    @property
    def verdict(self) -> str:
        """`loud`, `feed`, `stands`, `named`, `undetectable` or `lost`."""
        if self.detection.how != "silent":
            return {"child": "named", "record": "named"}.get(self.detection.how, self.detection.how)
        return "undetectable" if self.damage.excuse else "lost"


def usual_findings(nights: Nights) -> frozenset[str]:
    """The findings of at least high that the second night has without any damage."""
    error = second_nights(nights, {})
    assert error is None, error
    return read_findings(nights.out(NIGHTS[1])).loud()


def run_damages(
    nights: Nights, damages: Sequence[Damage], before: frozenset[str], third: bool = True
) -> Iterator[Outcome]:
    """Every damage's outcome; those that the kind of source cannot hold are left out.

    Args:
        nights: the agency after its first night.
        damages: of one night.
        before: what the undamaged second night finds.
        third: go on to the third night for damages that the second cannot know.
    """
    possible = [damage for damage in damages if _can_hold(nights.kinds[damage.spec.feed], damage)]
    if possible:
        yield from _run(nights, possible, before, third)


def _can_hold(kind: str, damage: Damage) -> bool:
    return all(holds(kind, text) for row in (*damage.instead, *damage.end) for text in row.values())


def _run(nights: Nights, damages: Sequence[Damage], before: frozenset[str], third: bool) -> Iterator[Outcome]:
    rows, places = damaged_rows(nights.agency, damages)
    first = {name: 1 if nights.kinds[name] in ("sql", "postgres", "fixed_width") else 2 for name in rows}
    nights.numbers = {mark: [first[name] + at for at in where] for mark, (name, where) in places.items()}
    sheets = {name: sheet_of(feeds()[name], lines) for name, lines in rows.items()}
    error = second_nights(nights, sheets)
    lacking = () if error else incomplete(nights.out(NIGHTS[1]))
    if error is None and not lacking:
        yield from _judge(nights, damages, before, third)
        return
    detection = _loud(error) if error else Detection("feed", ("incomplete",))
    out = damages if len(damages) == 1 else _named(nights, [error.message] if error else lacking, damages)
    if out:
        yield from (_outcome(nights, damage, detection) for damage in out)
        if rest := [damage for damage in damages if not any(damage is other for other in out)]:
            yield from _run(nights, rest, before, third)
    else:
        for half in _halves(damages):
            yield from _run(nights, half, before, third)


def _named(nights: Nights, sentences: Sequence[str], damages: Sequence[Damage]) -> list[Damage]:
    """The damages whose row of their feed these sentences name, one for each at most."""
    named = []
    for match in (re.search(r"(\w+): [^:]*\brow (\d+)\b", sentence) for sentence in sentences):
        if match:
            feed, row = match[1], int(match[2])
            named += [d for d in damages if d.spec.feed == feed and row in nights.numbers[id(d)]][:1]
    return named


def _halves(damages: Sequence[Damage]) -> tuple[Sequence[Damage], Sequence[Damage]]:
    middle = len(damages) // 2
    return damages[:middle], damages[middle:]


def _loud(error: CmfcError) -> Detection:
    # N01 says only that the program broke: nobody can act on it, so it counts as silence.
    return Detection("silent" if error.code == "CMFC-N01" else "loud", (error.code,))


def _judge(nights: Nights, damages: Sequence[Damage], before: frozenset[str], third: bool) -> Iterator[Outcome]:
    findings, first = read_findings(nights.out(NIGHTS[1]), before), {}
    for damage in damages:
        first[id(damage)] = _say(nights, findings, damage, NIGHTS[1])
    after: Findings | None = None
    if third and any(damage.excuse for damage in damages):
        error = nights.run(NIGHTS[2])
        assert error is None, error
        after = read_findings(nights.out(NIGHTS[2]), before)
    for damage in damages:
        later = _say(nights, after, damage, NIGHTS[2]) if after and damage.excuse else None
        yield _outcome(nights, damage, first[id(damage)], later)


def _say(nights: Nights, findings: Findings, damage: Damage, day: str) -> Detection:
    """A row without a key has a name of its own, which the night tells by the row's place."""
    feed = damage.spec.feed
    subjects = subjects_by_row(nights.checked(day), feed)
    names = {name for row in nights.numbers[id(damage)] for name in subjects.get(row, ())}
    return findings.say(damage.child, damage.names | names)


def _outcome(nights: Nights, damage: Damage, detection: Detection, later: Detection | None = None) -> Outcome:
    return Outcome(damage, nights.kinds[damage.spec.feed], detection, later)
