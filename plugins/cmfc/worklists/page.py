"""Writes exceptions.html: the worklist as one page by itself, readable without JavaScript (spec 6, WCAG 2.1 AA)."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path

import duckdb
from jinja2 import Environment, PackageLoader, StrictUndefined

from cmfc.publishing.manifest import NightFacts
from cmfc.timing.clock import local_time
from cmfc.worklists import times, to_answer, wording
from cmfc.worklists.direction import without_turns
from cmfc.worklists.lines import WORK, Line, first_lines
from cmfc.worklists.missing_now import STATES, count_missing, missing, missing_sentence
from cmfc.worklists.order import QUEUES, SEVERITIES
from cmfc.worklists.rules import rule_names
from cmfc.worklists.summary import ACCOUNTS, count_codes, count_lines
from cmfc.worklists.to_answer import ToAnswer

MAX_LINES = 2_000
"""Lines shown in full: a longer page is slow to open and nobody reads it to the end; the workbook has every line."""
MAX_MISSING = 500
"""Children shown as missing."""


def write_page(
    connection: duckdb.DuckDBPyConnection,
    facts: NightFacts,
    path: Path,
    limit: int = MAX_LINES,
    noted: Sequence[ToAnswer] = (),
) -> int:
    """Write the page from the tables `worklist` and `missing_named` and give the number of lines shown.

    `noted`: reports that people noted and the log does not have.
    """
    lines_by_queue: dict[str, list[Line]] = {queue: [] for queue in QUEUES}
    for line in first_lines(connection, limit, WORK):
        lines_by_queue[line.queue].append(line)
    counts, missing_counts = count_lines(connection), count_missing(connection)
    totals = {queue: sum(per_severity.values()) for queue, per_severity in counts.items()}
    stream = (
        _templates()
        .get_template("page.html.j2")
        .stream(
            facts=facts,
            missing=list(islice(missing(connection), MAX_MISSING)),
            missing_total=sum(missing_counts[state] for state in STATES),
            missing_says=missing_sentence(missing_counts),
            noted=noted,
            to_answer=to_answer,
            names=rule_names(facts.jurisdiction, facts.zone),
            lines_by_queue=lines_by_queue,
            counts=counts,
            totals=totals,
            severities=SEVERITIES,
            codes=count_codes(connection),
            accounts=ACCOUNTS,
            banner=wording.banner(facts),
            as_of=wording.as_of_text(facts),
            local=lambda at: local_time(at, facts.zone),
        )
    )
    with path.open("w", encoding="utf-8", newline="\n") as page:
        page.writelines(_legal(stream))
    return sum(len(lines) for lines in lines_by_queue.values())


def _legal(stream: Iterator[str]) -> Iterator[str]:
    """Without the NULs that no page may hold."""
    return (part.replace("\x00", "") for part in stream)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("cmfc.worklists"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=without_turns,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["words"] = wording
    environment.globals["times"] = times
    return environment
