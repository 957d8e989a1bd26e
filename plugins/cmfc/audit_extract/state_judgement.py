"""Judges as one an episode that several agencies know, by the steps and rules that judged each (spec 6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb
import pyarrow as pa

from cmfc.audit_extract.population import WORDS, run_step
from cmfc.reconcile.engine import working_calendar
from cmfc.reconcile.macros import CODE_WORDS, zone_words
from cmfc.reconcile.macros import WORDS as CORE_WORDS
from cmfc.reconcile.recipients import RECIPIENTS
from cmfc.storage.duck import quoted

_CORE = files("cmfc.reconcile")
_OBLIGATIONS = ("required", "third_party", "review", "not_required", "no_duty")
_LAID_OUT = {
    "law_values": """SELECT row_number() OVER (ORDER BY rule) AS value_id, rule, rule_id, level, duty, recipient, basis,
        is_verified, starts_when, counting, CAST(epoch(from_at) AS BIGINT) AS from_at,
        coalesce(CAST(epoch(until_at) AS BIGINT), forever()) AS until_at,
        CAST(round(limit_hours * 3600) AS BIGINT) AS limit_seconds,
        limit_business_days, covers FROM read_parquet('{rules}')""",
    "value_scopes": """SELECT value_id, split_part(pair, '/', 1) AS custody, split_part(pair, '/', 2) AS age_band
        FROM (SELECT value_id, unnest(string_split(covers, ';')) AS pair FROM law_values)""",
    "law_rules": "SELECT rule_id, level, duty, recipient, max(value_id) AS value_id FROM law_values GROUP BY ALL",
    "duties": "SELECT * FROM read_parquet('{duties}')",
    "episodes": """SELECT joined_no AS episode_no, joined_no AS span_number, episode AS episode_id,
        state_child AS child_id,
        began_earliest, began_latest, ended_earliest, ended_latest, ended_earliest IS NULL AS is_open, sources, reason,
        outcome, 'record' AS outcome_basis, ended_earliest IS NOT NULL AND is_found_outcome(outcome) AS is_back,
        ended_earliest IS NOT NULL AND is_out_of_care(outcome) AS has_left_care, age, custody, '' AS evidence,
        CASE WHEN age IS NULL THEN 'unknown' WHEN age <= 17 THEN 'under_18' WHEN age <= 20 THEN '18_to_20'
             ELSE '21_and_over' END AS age_band,
        greatest(0, whole_days(coalesce(ended_earliest, as_of) - began_earliest)) AS days_missing,
        local_day(began_earliest) AS began_day, local_day(coalesce(ended_earliest, as_of)) AS last_day
        FROM merged_episodes CROSS JOIN run""",
    "clocks": """SELECT joined_no AS episode_no, learned_earliest AS informed_earliest,
        learned_latest AS informed_latest,
        informed_basis, FALSE AS is_impossible FROM merged_episodes""",
    "episode_duties": """SELECT m.joined_no AS episode_no, m.recipient, r.report_duty, r.located_duty,
        m.custody, m.custody_from,
        e.age_band, d.obligation, d.rule_id
        FROM merged_recipients AS m JOIN episodes AS e ON e.episode_no = m.joined_no
        JOIN recipients AS r ON r.recipient = m.recipient
        JOIN duties AS d ON d.level = 'federal' AND d.duty = r.report_duty AND d.custody = m.custody
        AND d.age_band = e.age_band""",
    "report_status": """SELECT joined_no AS episode_no, recipient, 'report' AS counting_id, 'report' AS counting_record,
        reported_earliest AS first_earliest, reported_latest AS first_latest, sure_earliest, sure_latest,
        CASE WHEN is_doubtful THEN 0 ELSE forever() END AS last_latest, FALSE AS is_no_longer_live,
        reported_earliest AS any_earliest, 0 AS attempts, 0 AS refusals, FALSE AS is_from_le_only,
        TRUE AS is_from_agency,
        told_earliest, told_latest, '' AS evidence FROM merged_recipients WHERE reported_earliest IS NOT NULL""",
    "second_runs": """SELECT e.child_id, e.span_number, forever() - 1 AS again_at FROM episodes AS e
        WHERE e.episode_no IN (SELECT joined_no FROM merged_recipients WHERE is_doubtful)""",
    "untimed_reports": """SELECT joined_no AS episode_no, recipient, '' AS reports
        FROM merged_recipients WHERE has_untimed""",
    "ncic_status": """SELECT joined_no AS episode_no, 'report' AS accepted_record,
        ncic_accepted_earliest AS accepted_earliest,
        ncic_accepted_latest AS accepted_latest, ncic_entered_earliest AS entered_earliest,
        ncic_entered_latest AS entered_latest,
        has_ncic_entry AS is_entered, ncic_entered_earliest AS last_entered_earliest,
        CAST(NULL AS BIGINT) AS removed_earliest,
        CAST(NULL AS BIGINT) AS removed_latest, CAST(NULL AS VARCHAR) AS removal_reason, TRUE AS is_unremoved
        FROM merged_episodes WHERE ncic_accepted_earliest IS NOT NULL""",
    "children_in_doubt": "SELECT '' AS child_id WHERE FALSE",
    "children": """SELECT DISTINCT ON (state_child) state_child AS child_id, county, CAST(NULL AS VARCHAR) AS office
        FROM merged_episodes ORDER BY state_child, joined_no""",
}  # fmt: skip
"""The core's tables as its steps read them, from what the agencies' lines say; in the order in which they are made."""


@dataclass(frozen=True)
class Basis:
    """What a state's agencies share. Epoch seconds UTC, days since 1970-01-01; rules and duties are Parquet files."""

    zone: str
    as_of: int
    as_of_day: int
    first_day: int
    last_day: int
    has_state: bool
    rules: Path
    duties: Path


def judge_joined(joined_lines: pa.Table, basis: Basis, checked: Mapping[str, bool]) -> pa.Table:
    """One line per joined episode, with its agencies.

    Args:
        joined_lines: lines with agency, state_child and joined_no; moments in epoch seconds.
        basis: what the agencies share.
        checked: by recipient, whether the log of every agency concerned could be used.
    """
    with duckdb.connect() as connection:
        for signature, body in {**CODE_WORDS, **zone_words(basis.zone), **CORE_WORDS, **WORDS}.items():
            connection.execute(f"CREATE OR REPLACE MACRO {signature} AS {body}")
        connection.register("joined_lines", joined_lines)
        _lay_out(connection, basis, checked)
        for name in ("125_owed_duties", "130_verdicts", "140_episode_facts", "142_episode_recipients"):
            text = _CORE.joinpath("steps", f"{name}.sql").read_text(encoding="utf-8")
            connection.execute(f"CREATE TABLE {name[4:]} AS {text}")
        for name in ("episodes", "notices", "recipient_duties"):
            text = _CORE.joinpath("tables", f"{name}.sql").read_text(encoding="utf-8")
            connection.execute(f"CREATE TABLE night_{name} AS {text}")
        for step in ("030_dated", "035_rested_on", "040_lines"):
            run_step(connection, step)
        return connection.sql(
            "SELECT l.*, m.agency, m.agencies FROM lines AS l JOIN merged_episodes AS m ON m.episode = l.episode"
            " ORDER BY l.episode"
        ).to_arrow_table()


def _lay_out(connection: duckdb.DuckDBPyConnection, basis: Basis, checked: Mapping[str, bool]) -> None:
    connection.execute(
        "CREATE TABLE run AS SELECT 'state' AS agency, ?::BIGINT AS as_of, ?::BOOLEAN AS has_state",
        [basis.as_of, basis.has_state],
    )
    connection.execute(
        "CREATE TABLE request AS SELECT ?::BIGINT AS as_of, ?::BIGINT AS as_of_day, ?::BIGINT AS first_day,"
        " ?::BIGINT AS last_day",
        [basis.as_of, basis.as_of_day, basis.first_day, basis.last_day],
    )
    connection.execute("CREATE TABLE obligations (obligation VARCHAR, rank BIGINT)")
    connection.executemany("INSERT INTO obligations VALUES (?, ?)", [(o, n) for n, o in enumerate(_OBLIGATIONS)])
    columns = "recipient VARCHAR, name VARCHAR, report_duty VARCHAR, located_duty VARCHAR, is_checked BOOLEAN"
    connection.execute(f"CREATE TABLE recipients ({columns})")
    rows = [(r.recipient, r.name, r.report_duty, r.located_duty, checked[r.recipient]) for r in RECIPIENTS]
    connection.executemany("INSERT INTO recipients VALUES (?, ?, ?, ?, ?)", rows)
    logs = ", ".join(f"{str(checked[r.recipient]).upper()} AS {r.feed}" for r in RECIPIENTS)
    connection.execute(f"CREATE TABLE used AS SELECT {logs}")
    names = ("day", "ends_at", "working_days", "is_working")
    days = zip(*working_calendar(basis.zone), strict=True)
    connection.register(
        "days", pa.table({name: pa.array(list(column)) for name, column in zip(names, days, strict=True)})
    )
    connection.execute("CREATE TABLE calendar AS SELECT * FROM days")
    for step in ("510_merged_episodes", "520_merged_recipients"):
        run_step(connection, step)
    paths = {"rules": quoted(basis.rules), "duties": quoted(basis.duties)}
    for name, query in _LAID_OUT.items():
        connection.execute(f"CREATE TABLE {name} AS {query.format(**paths)}")
    connection.execute("CREATE VIEW night_rules AS SELECT * FROM law_values")
    connection.execute(
        "CREATE TABLE pseudonyms AS SELECT 'episode' AS kind, episode AS id, episode AS pseudonym FROM merged_episodes"
        " UNION SELECT 'child', state_child, state_child FROM merged_episodes"
    )
