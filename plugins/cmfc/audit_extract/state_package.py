"""Writes the state's extract: the lines of all agencies, joined; tables, sample, and how it came to be (spec 6)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from cmfc.audit_extract.auditors import assert_published, create_months
from cmfc.audit_extract.definitions import draw_definitions
from cmfc.audit_extract.differencing import Shared
from cmfc.audit_extract.extract import LINES, Request, audit_tables, finish, state_tables, write_files, write_note
from cmfc.audit_extract.population import STATES, WORDS, Period, run_step
from cmfc.audit_extract.report import write_report
from cmfc.audit_extract.samples import write_sample, write_sheet
from cmfc.audit_extract.sharing import FILES, FOLDER, Sharing, draw_sharing
from cmfc.audit_extract.state_children import Linkable, join_children
from cmfc.audit_extract.state_episodes import Line, group_episodes
from cmfc.audit_extract.state_judgement import Basis, judge_joined
from cmfc.audit_extract.state_report import state_rows
from cmfc.audit_extract.tables import assert_identities, create_years
from cmfc.publishing.schema import OutputColumn, OutputTable
from cmfc.reconcile.macros import CODE_WORDS
from cmfc.reconcile.recipients import RECIPIENTS
from cmfc.storage.duck import make_table, quoted

BESIDE = (
    "An agency's own extract has tables to pass on; less the state's they would count the few whom two agencies know."
    " Build the agencies' extracts with --no-shareable."
)
UNJOINED = (
    "contact_kept", "reconciliation", "changes", "reports", "sample_exclusions", "sample_reports",
)  # fmt: skip
"""Tables that the state's extract has not: silences of two agencies cannot be joined without the contacts, and each
agency's changes, logs and exclusions are its own."""
SIDE_BY_SIDE = ("resolution", "findings", "nights", "reliability", "usability", "nevers")
"""Tables that list each agency's own rows: its ledger, its nights and its feeds."""
OF_AGENCY = ("le_contacts", "le_longest_gap_days", "ncmec_contacts", "ncmec_longest_gap_days")
"""Columns of characteristics.csv that an agency's own extract alone has."""
STEPS = (
    "110_judged", "120_timeliness", "130_time_to_report", "140_undetermined", "150_ncic", "160_notices", "170_care",
    "180_stock_and_flow", "190_yearly", "320_incidence", "330_monthly", "340_census", "350_after_return",
    "370_completeness", "380_federal_counts",
)  # fmt: skip
BY_AGENCY = ("timeliness", "ncic", "notices", "stock_and_flow", "incidence")
"""Tables that are made again with the agency in the county's place: their dimension `agency`."""
_FEEDS = {one.recipient: one.feed for one in RECIPIENTS}


class Part(Protocol):
    """One agency's extract."""

    @property
    def agency(self) -> str:
        """Its id."""

    @property
    def folder(self) -> Path:
        """Where it lies."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What it says of itself."""

    @property
    def root(self) -> str:
        """The SHA-256 of its manifest."""


def write_state(
    connection: duckdb.DuckDBPyConnection,
    parts: Sequence[Part],
    folder: Path,
    name: str,
    request: Request,
    basis: Basis,
    shared: Sequence[Shared],
) -> dict[str, Any]:
    """Make and write everything but verify.py; see merge.merge.

    Raises:
        UsageError: CMFC-U06 if a table does not balance.
    """
    (folder / FOLDER).mkdir()
    _lay_out(connection, parts, basis)
    _join(connection, parts, basis)
    for step in ("530_lines", "540_funnel", "550_exclusions", "560_agencies", "045_rules"):
        run_step(connection, step)
    period = Period(request.first, request.last)
    create_years(connection, period, request.year_begins)
    create_months(connection, period)
    _create_line_used(connection, parts)
    _draw(connection)
    _draw_by_agency(connection)
    assert_identities(connection)
    assert_published(connection, UNJOINED)
    draw_definitions(connection)
    sharing = _draw_sharing(connection, parts, request, shared)
    sample = write_sample(connection, request.population, request.strata, request.seed, request.sample_size)
    facts = {**_facts(parts, name, sample), "shareable": sharing.facts()}
    tables = _tables(sharing)
    rows = write_files(connection, tables, folder)
    unusable = connection.execute(
        "SELECT DISTINCT coalesce(recipient, ''), test, feed, agency || ': ' || why FROM agency_usability"
        " WHERE NOT is_usable AND table_name IN ('timeliness', 'stock_and_flow') ORDER BY ALL"
    ).fetchall()
    write_note(tables, facts, unusable, folder)
    write_report(connection, facts, state_rows(connection), folder / "report.html")
    write_sheet(connection, facts, basis.as_of, folder / "worksheet.xlsx")
    digest = finish(tables, facts, rows, folder)
    row = connection.execute(
        "SELECT count(*), (SELECT count(DISTINCT \"group\") FROM joins WHERE joined = 'child'),"
        " (SELECT count(DISTINCT joined_no) FROM joined_members) FROM lines"
    ).fetchone()
    assert row is not None
    return {
        "episodes": row[0], "joined_children": row[1], "joined_episodes": row[2],
        "hidden": sharing.hidden, "shareable": sharing.period or sharing.why,
        "sampled": sample["drawn"], "manifest_sha256": digest, "frame_hash": sample["frame_hash"],
    }  # fmt: skip


def _draw_sharing(
    connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], request: Request, shared: Sequence[Shared]
) -> Sharing:
    """What of the state may be passed on: nothing beside tables of its agencies, which less the state's count joins."""
    is_alone = not any(part.manifest["shareable"]["period"] for part in parts)
    period, night = Period(request.first, request.last), parts[0].manifest["night"]["business_date"]
    is_asked = request.is_shareable and is_alone
    sharing = draw_sharing(connection, period, request.year_begins, night, is_asked, shared)
    return replace(sharing, why=BESIDE) if request.is_shareable and not is_alone else sharing


def _tables(sharing: Sharing) -> list[OutputTable]:
    """An agency's tables and the state's; the lines with their agencies, and all lines as the agencies have them."""
    tables = {name: table for name, table in audit_tables().items() if name not in UNJOINED}
    tables = {name: table for name, table in tables.items() if sharing.period or name not in FILES}
    agency = OutputColumn("agency", "code", "internal", "The agency that missed the child first.")
    agencies = OutputColumn("agencies", "text", "internal", "Every agency that has the episode, joined by semicolons.")
    own = OutputColumn("agency", "code", "internal", "Whose line it is.")
    lines = tables[LINES]
    tables[LINES] = replace(lines, columns=(*lines.columns, agency, agencies))
    tables["agency_lines"] = replace(
        lines, name="agency_lines", source="agency_lines", columns=(own, *lines.columns), key=("agency", "episode"),
        meaning="Every line of every agency as its own extract has it, before children and episodes were joined.",
    )  # fmt: skip
    for name in SIDE_BY_SIDE:
        table = tables[name]
        tables[name] = replace(
            table, source=f"agency_{name}", columns=(own, *table.columns), key=("agency", *table.key)
        )
    for name in BY_AGENCY:
        columns = (replace(c, codes=("agency", *c.codes)) if c.name == "dimension" and c.codes else c
                   for c in tables[name].columns)  # fmt: skip
        tables[name] = replace(tables[name], columns=tuple(columns))
    many = tables["characteristics"]
    tables["characteristics"] = replace(many, columns=tuple(c for c in many.columns if c.name not in OF_AGENCY))
    children = state_tables()["children"]
    tables["children"] = replace(children, columns=(own, *children.columns), key=("agency", "child"))
    return [*tables.values(), *(state_tables()[n] for n in ("care", "agencies", "joins"))]


def _lay_out(connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], basis: Basis) -> None:
    """The agencies' tables, each row with its agency; days stand for moments in what tables are made from."""
    for signature, body in {**CODE_WORDS, **WORDS}.items():
        connection.execute(f"CREATE MACRO {signature} AS {body}")
    connection.execute(
        "CREATE MACRO local_day(moment) AS CAST(floor(moment / 86400.0) AS BIGINT)"
    )  # of days as moments
    rows = [(n, p.agency, p.root, "; ".join(p.manifest["incomplete"])) for n, p in enumerate(parts)]
    connection.execute(
        "CREATE TABLE agency_facts (part BIGINT, agency VARCHAR, manifest_sha256 VARCHAR, incomplete VARCHAR)"
    )
    connection.executemany("INSERT INTO agency_facts VALUES (?, ?, ?, ?)", rows)
    for name in ("episodes", "children", "care", "population", "exclusions", "characteristics", *SIDE_BY_SIDE):
        union = " UNION ALL BY NAME ".join(
            f"SELECT {number} AS part, * FROM read_parquet('{quoted(part.folder / (name + '.parquet'))}')"
            for number, part in enumerate(parts)
        )
        connection.execute(
            f"CREATE TABLE agency_{name} AS SELECT p.agency, r.* EXCLUDE (part) FROM ({union}) AS r"
            " JOIN agency_facts AS p ON p.part = r.part"
        )
    connection.execute("ALTER TABLE agency_population RENAME TO agency_funnel")
    connection.execute(
        "CREATE OR REPLACE TABLE agency_nights AS"
        " SELECT * REPLACE (CAST(epoch(run_at) AS BIGINT) AS run_at) FROM agency_nights"
    )
    moments = [c.name for c in audit_tables()[LINES].columns if c.type == "moment_end"]
    whole = ", ".join(f"CAST(epoch({name}) AS BIGINT) AS {name}" for name in moments)
    connection.execute(
        f"CREATE TABLE agency_lines AS SELECT * REPLACE ({whole}), date_diff('day', DATE '1970-01-01', "
        f"began_on) AS began_day,"
        " date_diff('day', DATE '1970-01-01', ended_on) AS ended_day FROM agency_episodes"
    )
    connection.execute(
        "CREATE TABLE request AS SELECT ?::BIGINT AS as_of, ?::BIGINT AS as_of_day, ?::BIGINT AS first_day,"
        " ?::BIGINT AS last_day",
        [basis.as_of_day * 86400, basis.as_of_day, basis.first_day, basis.last_day],
    )
    offset = "row_number() OVER (ORDER BY rule) AS value_id, * REPLACE (CAST(epoch(from_at) AS BIGINT) AS from_at,"
    connection.execute(
        f"CREATE TABLE night_rules AS SELECT {offset} CAST(epoch(until_at) AS BIGINT) AS until_at), "
        f"words AS plain_name,"
        f" limit_hours * 3600 AS limit_seconds FROM read_parquet('{quoted(basis.rules)}')"
    )
    connection.execute(f"CREATE TABLE night_duties AS SELECT * FROM read_parquet('{quoted(basis.duties)}')")


def _join(connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], basis: Basis) -> None:
    """Make `state_children`, `joined_members`, `judged_lines` and `joins`."""
    missed = {
        (str(a), str(c)) for a, c in connection.execute("SELECT DISTINCT agency, child FROM agency_lines").fetchall()
    }
    alike = " OR ".join(
        f"{part} IN (SELECT {part} FROM agency_children WHERE {part} IS NOT NULL GROUP BY {part} HAVING count(*) > 1)"
        for part in ("state_child", "name_birth", "sound_birth")
    )
    rows = connection.execute(
        f"SELECT agency, child, state_child, name_birth, sound_birth FROM agency_children WHERE {alike} ORDER BY ALL"
    ).fetchall()
    named, joins = join_children((Linkable(*row) for row in rows), missed)
    _table(connection, "state_children", ("agency", "child", "state_child"), [(*m, one) for m, one in named.items()])
    lines = connection.execute(
        """SELECT s.state_child, l.agency, l.episode, l.began_earliest, l.ended_latest, l.began_day,
        l.ended_day, l.outcome
        FROM agency_lines AS l JOIN state_children AS s ON s.agency = l.agency AND s.child = l.child ORDER BY ALL"""
    ).fetchall()
    groups = group_episodes(Line(*row) for row in lines)
    members = [(no, line.agency, line.episode) for no, (some, _) in enumerate(groups, start=1) for line in some]
    connection.execute("CREATE TABLE joined_members (joined_no BIGINT, agency VARCHAR, episode VARCHAR)")
    if members:
        connection.executemany("INSERT INTO joined_members VALUES (?, ?, ?)", members)
    _judge(connection, parts, basis)
    rows = [(j.joined, j.group, j.agency, j.member, j.by) for j in joins]
    for some, by in groups:
        first = some[0]
        hows = ["overlap" if how == "first" and by[1] == "overlap" else by[1] if how == "first" else how for how in by]
        rows += [
            ("episode", first.episode, line.agency, line.episode, how) for line, how in zip(some, hows, strict=True)
        ]
    _table(connection, "joins", ("joined", "group", "agency", "member", "by"), rows)
    connection.execute(  # what joins nobody to anybody stays with the agency
        """CREATE TABLE linkable_children AS
        SELECT c.agency, c.child, c.county, c.sex, c.race, c.ethnicity,
               CASE WHEN s.child IS NOT NULL OR count(*) OVER (PARTITION BY c.name_birth) > 1
               THEN c.state_child END AS state_child,
               CASE WHEN count(*) OVER (PARTITION BY c.name_birth) > 1 THEN c.name_birth END AS name_birth,
               CASE WHEN c.sound_birth IN (SELECT "group" FROM joins WHERE joined = 'candidate')
               THEN c.sound_birth END AS sound_birth
        FROM agency_children AS c
        LEFT JOIN state_children AS s ON s.agency = c.agency AND s.child = c.child"""
    )


def _judge(connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], basis: Basis) -> None:
    """Judge what is joined, apart for each set of logs that could be used: one broken log leaves nothing checked."""
    ok = {
        part.agency: tuple(
            part.manifest["night"]["feeds"].get(feed, {}).get("status") == "ok" for feed in _FEEDS.values()
        )
        for part in parts
    }
    by_logs: dict[tuple[bool, ...], list[int]] = {}
    rows = connection.execute(
        "SELECT joined_no, list(DISTINCT agency) FROM joined_members GROUP BY joined_no ORDER BY 1"
    )
    for number, agencies in rows.fetchall():
        by_logs.setdefault(tuple(all(ok[a][at] for a in agencies) for at in range(len(_FEEDS))), []).append(number)
    tables: list[pa.Table] = []
    for logs, numbers in sorted(by_logs.items()):
        joined = connection.sql(
            "SELECT l.*, s.state_child, j.joined_no FROM agency_lines AS l"
            " JOIN joined_members AS j ON j.agency = l.agency AND j.episode = l.episode"
            " JOIN state_children AS s ON s.agency = l.agency AND s.child = l.child"
            " WHERE list_contains(?, j.joined_no)",
            params=[numbers],
        ).to_arrow_table()
        tables.append(judge_joined(joined, basis, dict(zip(_FEEDS, logs, strict=True))))
    if tables:
        make_table(connection, "judged_lines", pa.concat_tables(tables))
    else:
        connection.execute("CREATE TABLE judged_lines AS SELECT *, agency AS agencies FROM agency_lines WHERE FALSE")


def _draw(connection: duckdb.DuckDBPyConnection) -> None:
    """The tables of the state, by the steps of an agency: care in place of custody, days in place of moments."""
    connection.execute(
        "CREATE TABLE care_rows AS SELECT DISTINCT coalesce(s.state_child, c.child) AS child, c.from_on, c.until_on"
        " FROM agency_care AS c LEFT JOIN state_children AS s ON s.agency = c.agency AND s.child = c.child"
    )
    connection.execute(
        """CREATE TABLE checked_custody AS SELECT child AS child_id, 'state_care' AS authority,
        date_diff('day', DATE '1970-01-01', from_on) * 86400 AS began_at_earliest,
        date_diff('day', DATE '1970-01-01', until_on) * 86400 AS ended_at_earliest FROM care_rows"""
    )
    connection.execute(
        """CREATE TABLE of_children AS SELECT coalesce(s.state_child, c.child) AS child_id,
        min_by(c.county, c.agency) AS county, min(c.agency) AS agency, min_by(c.sex, c.agency) AS sex,
        min_by(c.race, c.agency) AS race, min_by(c.ethnicity, c.agency) AS ethnicity FROM agency_children AS c
        LEFT JOIN state_children AS s ON s.agency = c.agency AND s.child = c.child GROUP BY 1"""
    )
    connection.execute("CREATE TABLE checked_children AS SELECT * FROM of_children")
    connection.execute(
        "CREATE TABLE dated AS SELECT child AS child_id, began_day, ended_day, request.* FROM lines CROSS JOIN request"
    )
    for step in ("570_characteristics", *STEPS):
        run_step(connection, step)


def _create_line_used(connection: duckdb.DuckDBPyConnection, parts: Sequence[Part]) -> None:
    """Make `line_used`: of a line that several agencies have, the feed of each must have been usable."""
    status = [(part.agency, part.manifest["night"]["feeds"].get("returns", {}).get("status")) for part in parts]
    connection.execute("CREATE TABLE agency_used (agency VARCHAR, state VARCHAR)")
    connection.executemany(
        "INSERT INTO agency_used VALUES (?, ?)", [(agency, STATES[str(state)]) for agency, state in status]
    )
    connection.execute(
        """CREATE TABLE line_used AS SELECT l.episode, bool_and(u.state = '') AS returns,
        CASE WHEN bool_or(u.state = 'not_checked') THEN 'not_checked' ELSE max(u.state) END AS returns_state
        FROM (SELECT episode, unnest(string_split(agencies, ';')) AS agency FROM lines) AS l
        JOIN agency_used AS u ON u.agency = l.agency GROUP BY l.episode"""
    )


def _draw_by_agency(connection: duckdb.DuckDBPyConnection) -> None:
    """The same tables with the agency in the county's place, added as the dimension `agency`."""
    for name in ("lines", "checked_children", "of_children"):
        connection.execute(f"CREATE TABLE state_{name} AS SELECT * FROM {name}")
        connection.execute(f"UPDATE {name} SET county = agency")
    for step in (*(s for s in STEPS if s[4:] in BY_AGENCY), "110_judged"):
        connection.execute(f"ALTER TABLE {step[4:]} RENAME TO state_{step[4:]}")
    for step in ("110_judged", *(s for s in STEPS if s[4:] in BY_AGENCY)):
        run_step(connection, step)
    for name in BY_AGENCY:
        connection.execute(
            f"INSERT INTO state_{name} SELECT * REPLACE ('agency' AS dimension) FROM {name} WHERE dimension = 'county'"
        )
    for name in (*BY_AGENCY, "judged", "lines", "checked_children", "of_children"):
        connection.execute(f"DROP TABLE {name}")
        connection.execute(f"ALTER TABLE state_{name} RENAME TO {name}")


def _table(
    connection: duckdb.DuckDBPyConnection, name: str, columns: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    arrays = {n: pa.array([row[at] for row in rows], pa.string()) for at, n in enumerate(columns)}
    make_table(connection, name, pa.table(arrays))


def _facts(parts: Sequence[Part], name: str, sample: Mapping[str, Any]) -> dict[str, Any]:
    """What manifest.json says of the state: what the agencies share, and each of them."""
    first = parts[0].manifest
    same = ("period", "zone", "zone_changes", "holidays", "jurisdiction", "year_begins", "as_known_on", "code_version",
            "is_by_day", "is_for_state", "pseudonyms", "small_cells", "kind")  # fmt: skip
    roots = "".join(f"{part.agency} {part.root}\n" for part in parts)
    return {
        **{fact: first[fact] for fact in same},
        "agency": name, "agency_name": name, "is_state": True, "not_joined": sorted(UNJOINED),
        "agencies": {part.agency: {"manifest_sha256": part.root, "night": part.manifest["night"]} for part in parts},
        "agencies_sha256": hashlib.sha256(roots.encode()).hexdigest(),
        "night": {**{n: first["night"][n] for n in ("business_date", "as_of", "law_digest")}, "feeds": {}},
        "incomplete": [f"{part.agency}: {sentence}" for part in parts for sentence in part.manifest["incomplete"]],
        "sample": dict(sample),
    }  # fmt: skip
