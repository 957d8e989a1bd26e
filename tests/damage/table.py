"""The damage table: tried, told, undetectable and lost per feed, kind of source, column and damage."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.damage.many import Outcome
from tests.damage.single import Verdict

VERDICTS = ("stands", "named", "feed", "loud", "undetectable", "lost")
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "damage.md"


@dataclass(frozen=True)
class Line:
    """One damage and what became of it.

    Attributes:
        tonight: codes that told on the damaged night; of a silent one, the lesser findings.
        tomorrow: codes on the night after, of damages that the night cannot know.
    """

    feed: str
    kind: str
    column: str
    damage: str
    verdict: str
    tonight: tuple[str, ...]
    excuse: str = ""
    tomorrow: tuple[str, ...] = ()
    witness: str = ""


def line_of(outcome: Outcome) -> Line:
    """A damage of a cell or row."""
    spec, later = outcome.damage.spec, outcome.later
    return Line(
        spec.feed, outcome.kind, spec.column, spec.name, outcome.verdict, outcome.detection.codes,
        outcome.damage.excuse, later.codes if later else (), spec.shape,
    )  # fmt: skip


def line_of_whole(verdict: Verdict, shapes: Iterable[str]) -> Line:
    """A damage of a whole source."""
    whole = verdict.whole
    return Line(
        whole.feed, whole.kind, whole.column, whole.name, verdict.how, verdict.codes, "; ".join(verdict.excuses),
        verdict.later, ", ".join(sorted(set(shapes))),
    )  # fmt: skip


def save(path: Path, lines: Iterable[Line]) -> None:
    """Keep the lines of a part that was run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(line) for line in lines]), encoding="utf-8")


def load(path: Path) -> list[Line]:
    """Lines that were kept."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    return [Line(**{k: tuple(v) if isinstance(v, list) else v for k, v in line.items()}) for line in raw]


def kind_of_damage(name: str) -> str:
    """The damage without its numbers and values: what the table counts by."""
    return re.sub(r"\b\d+\b( and \d+)?", "n", name) if "byte" in name or "row" in name else name


def sentence(lines: Sequence[Line]) -> str:
    """One line of figures."""
    count = Counter(line.verdict for line in lines)
    return ", ".join([f"tried {len(lines):,}", *(f"{name} {count[name]:,}" for name in VERDICTS)])


def lost(lines: Iterable[Line]) -> list[str]:
    """What was lost, one sentence each, the kinds of source together."""
    return _sentences(line for line in lines if line.verdict == "lost")


def only_remembered(lines: Iterable[Line]) -> list[str]:
    """What only the ledger told (RC-09): a child whose first night this was would not have been seen."""
    detections = (line for line in lines if line.verdict == "named" and not line.excuse)
    return _sentences(line for line in detections if {code.partition(" ")[0] for code in line.tonight} == {"RC-09"})


def _sentences(lines: Iterable[Line]) -> list[str]:
    groups: dict[tuple[str, str, str, tuple[str, ...]], set[str]] = defaultdict(set)
    for line in lines:
        groups[line.feed, line.column, kind_of_damage(line.damage), line.tonight].add(line.kind)
    return [
        f"{feed}.{column}: {damage} ({', '.join(sorted(kinds))}): {', '.join(codes) or 'nothing said'}"
        for (feed, column, damage, codes), kinds in sorted(groups.items())
    ]


def page(lines: Sequence[Line], day: str, commit: str) -> str:
    """docs/reference/damage.md."""
    parts = [_HEAD.format(day=day, commit=commit, figures=sentence(lines)), "## By feed and kind of source\n"]
    parts.append(_grid(lines, lambda line: (line.feed, line.kind), ("feed", "source")))
    parts.append("## By feed and column\n")
    parts.append(_grid(lines, lambda line: (line.feed, line.column), ("feed", "column")))
    parts.append("## Undetectable tonight\n\n" + _RULE)
    parts.append(_undetectable(lines))
    parts.append("## Told by the ledger alone\n\n" + _ALONE)
    parts.append("\n".join(f"- {words}" for words in only_remembered(lines)) or "None.")
    parts.append("\n## Lost\n")
    parts.append("\n".join(f"- {words}" for words in lost(lines)) or "None.")
    return "\n".join(parts) + "\n"


def _grid(lines: Sequence[Line], by: Callable[[Line], tuple[str, str]], titles: tuple[str, str]) -> str:
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for line in lines:
        counts[by(line)].update([line.verdict, "tried"])
    head = ["| " + " | ".join([*titles, "tried", *VERDICTS]) + " |", "|" + " --- |" * 2 + " ---: |" * 7]
    body = [
        "| " + " | ".join([*key, *(f"{count[name]:,}" for name in ("tried", *VERDICTS))]) + " |"
        for key, count in counts.items()
    ]
    return "\n".join([*head, *body]) + "\n"


def _undetectable(lines: Sequence[Line]) -> str:
    groups: dict[tuple[str, str, str], list[Line]] = defaultdict(list)
    for line in lines:
        if line.excuse and line.verdict != "loud":
            groups[line.feed, line.column, line.excuse].append(line)
    rows = ["| feed | column | why | tried | told tonight | silent tonight | night 2 | night 3 |"]
    rows.append("| --- | --- | --- | ---: | ---: | ---: | --- | --- |")
    for (feed, column, why), some in sorted(groups.items()):
        silent = sum(line.verdict == "undetectable" for line in some)
        tonight, tomorrow = _codes(line.tonight for line in some), _codes(line.tomorrow for line in some)
        rows.append(
            f"| {feed} | {column} | {why} | {len(some)} | {len(some) - silent} | {silent} | {tonight} | {tomorrow} |"
        )
    return "\n".join(rows) + "\n"


def _codes(many: Iterable[tuple[str, ...]]) -> str:
    count = Counter(codes for codes in many)
    return "; ".join(f"{', '.join(codes) or 'nothing'} ({n})" for codes, n in count.most_common(4))


_HEAD = """# The damage table

Run on {day} at commit {commit}: {figures}.

An invented agency in which a known set of children is missing and nobody was told (tests/damage/agency.py). The first
night is undamaged and in the ledger; the second has one cell, row, column, header, sheet, order or byte range damaged.
Thousands of cells and rows fit one night, each of another child and at most 4 % of a column; whole sources are damaged
one a night. The damages are made from the catalogue, so a new column or feed is damaged too.

- *stands*: the child is still listed as critical.
- *named*: a finding of at least high, which was not there before, names the child or the record.
- *feed*: the night says that it lacks the column (DQ-04) or the feed, and is marked incomplete.
- *loud*: the night fails and says why; the last list stays.
- *undetectable*: what is left is a record that somebody could honestly have typed (below). Counted apart.
- *lost*: none of these.

What two kinds of source give alike, or refuse in the same words, is one night.

Written by `make soak` (parts `damage` and `damage-*`, tests/damage/test_soak.py).
"""

_RULE = """The rule is made from the record, never from what was lost (tests/damage/honest.py): what is left passes
every rule of the specification, could honestly have been typed, and, if true, says that this child is not missing or
was reported. Night 2 is the damaged one, night 3 has the same damage again; the codes are those that name the child or
the record, whatever their severity.
"""

_ALONE = """No excuse, and yet only RC-09 told: a child whose first night this was would not have been seen.
"""
