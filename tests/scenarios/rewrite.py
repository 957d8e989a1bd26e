"""Writes the lists and findings of scenarios anew from a run, on purpose: python -m tests.scenarios.rewrite SLUG…

For a change that is meant: the specification now asks for something else. Lines that still hold stay as they are;
what goes and what comes is printed, and a person holds each against the specification before it is committed.
"""

import csv
import io
import re
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.scenarios.approved import rewrite_findings
from tests.scenarios.compare import Comparison, compare
from tests.scenarios.joint import run_jointly
from tests.scenarios.scenario import HERE, SLUGS, instant, scenario
from tests.support.tables import Row


def rewrite(slug: str) -> list[str]:
    """Writes the file where a list differs.

    Returns:
        A line for each row that went (-) or came (+).
    """
    this, file = scenario(slug), HERE / f"{slug}.yml"
    with tempfile.TemporaryDirectory(prefix="cmfc-") as root:
        night = run_jointly([this], Path(root, slug))
    comparisons = compare(this, night)
    text, changes = file.read_text(encoding="utf-8"), []
    for table, comparison in comparisons.items():
        head, lines, tail = _block(text, table)
        stays, goes = _without(lines, comparison)
        comes = [_line(comparison.columns, row, this.zone) for row in comparison.unexpected]
        changes += [f"- {slug} {table}: {line}" for line in goes] + [f"+ {slug} {table}: {line}" for line in comes]
        text = head + "".join(f"    {line}\n" for line in stays + comes) + tail
    if changes:
        file.write_text(text, encoding="utf-8")
    return changes + rewrite_findings(this, night)


def _block(text: str, table: str) -> tuple[str, list[str], str]:
    """The file before, in and after the lines of an expected table."""
    block = re.search(rf"(?m)^expected:\n(?:.*\n)*?  {table}: \|\n((?:    .*\n)+)", text)
    assert block is not None, table
    lines = [line[4:] for line in block[1].splitlines()]
    return text[: block.start(1)], lines, text[block.end(1) :]


def _without(lines: list[str], comparison: Comparison) -> tuple[list[str], list[str]]:
    """The lines that stay, and those whose row is not there."""
    missing = list(comparison.missing)
    stay, goes = lines[:1], []
    for line in lines[1:]:
        row = dict(zip(comparison.columns, next(csv.reader([line])), strict=True))
        if row in missing:
            missing.remove(row)
            goes.append(line)
        else:
            stay.append(line)
    return stay, goes


def _line(columns: Sequence[str], row: Row, zone: ZoneInfo) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="").writerow([_value(column, row[column], zone) for column in columns])
    return stream.getvalue()


def _value(column: str, text: str, zone: ZoneInfo) -> str:
    """Times by the zone's clock, as people write them, unless the clock showed that time twice."""
    if not text or not column.endswith(("_earliest", "_latest")):
        return text
    moment = datetime.fromisoformat(text)
    local = moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    return local if instant(local, zone).astimezone(UTC) == moment else text


def main(slugs: Sequence[str]) -> int:
    """Exit code 2 for a scenario that does not exist, or for none at all."""
    unknown = sorted(set(slugs) - set(SLUGS))
    if unknown or not slugs:
        print(f"No such scenario: {', '.join(unknown)}" if unknown else __doc__, file=sys.stderr)
        return 2
    for slug in slugs:
        print("\n".join(rewrite(slug)) or f"= {slug}: nothing changed")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
