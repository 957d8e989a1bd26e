"""Scores reports against children with Splink (spec 4.1): rows made alike, candidate pairs, weights.

A pair's score depends on its two rows, the model and the size class of the file, and on nothing else: not on other
rows, their order or the number of threads. So a score once computed stays good while both rows stay as they are.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from cmfc.matching.comparisons import COMPARISONS, Comparison, Level
from cmfc.matching.model import LEAST_FREQUENCY, Model
from cmfc.reconcile.known_children import known_children
from cmfc.reconcile.macros import CODE_WORDS
from cmfc.reconcile.macros import WORDS as CORE_WORDS
from cmfc.reconcile.recipients import LOGS
from cmfc.storage.duck import open_duckdb, quoted
from cmfc.validation.result import UNTIMED

STEPS = files("cmfc.matching").joinpath("steps")
CLAIMS = "SELECT feed || ':' || report_id AS report_id, claim AS child_id FROM report_rows WHERE claim IS NOT NULL"
"""The pairs that a report claims by an id, and contradicts by all its details (spec 4.1.1)."""
SPLIT = "-__-"
"""What Splink puts between a table's name and a row's id."""
LEAST_WEIGHT = -10.0
"""Pairs below this weight (bits) are forgotten: 1 in 1,000, far from a question and from a runner-up that matters."""
WEEK = 7 * 86400

_CARRIED = ("hours(", "days(", "plain_name(", "is_contradicted(")
WORDS = {
    **CODE_WORDS,
    **{name: body for name, body in CORE_WORDS.items() if name.startswith(_CARRIED)},
    "folded(name)": (
        "regexp_replace(translate(strip_accents(lower(name)), 'łøđðþæœßı', 'loddtaosi'), '[''’`.]', '', 'g')"
    ),
    "digits_of(day)": "nullif(regexp_replace(CAST(day AS VARCHAR), '[^0-9]', '', 'g'), '')",
    # An exact likeness counts two, a near one one, an unknown nothing.
    "likeness(level)": (
        "CASE WHEN level IN ('same', 'part', 'swapped') THEN 2"
        " WHEN level IN ('nickname', 'alike', 'day_month', 'one_digit') THEN 1 ELSE 0 END"
    ),
    "week_of(moment)": f"CAST(floor(moment / {WEEK}.0) AS INTEGER)",
    # Classes of half an octave: a name's weight moves when its own count changes a good deal, and with nobody else's.
    "share_of(rows, children)": (
        "pow(2, round(2 * log2(CAST(rows AS DOUBLE))) / 2) / pow(2, floor(log2(CAST(children AS DOUBLE))))"
    ),
}


@contextmanager
def opened(spill: Path | None = None, threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own, with the words that the steps use."""
    with open_duckdb(threads=threads, spill=spill) as connection:
        for signature, body in WORDS.items():
            connection.execute(f"CREATE MACRO {signature} AS {body}")
        yield connection


def lay_out(
    connection: duckdb.DuckDBPyConnection, checked: Path, as_of: int, *, every_report: bool = False,
    only: tuple[str, str] | None = None,
) -> None:  # fmt: skip
    """Makes the tables `child` and `report` from a night's accepted feeds (docs/architecture.md).

    Args:
        connection: from `opened`.
        checked: folder of the accepted feeds.
        as_of: epoch seconds UTC; what had not happened by then is not there.
        every_report: also those that are linked by an id, and none without a time; for training.
        only: a report (`feed:id`) and a child, where no other row is asked about.
    """
    for feed, where in _wanted(only).items():
        connection.execute(f"CREATE VIEW {feed} AS SELECT * FROM ({_rows(checked, feed)}) WHERE {where}")
    carried = " UNION ".join(f"SELECT child_id FROM {name}" for name in LOGS)
    connection.execute(
        f"CREATE TABLE known AS SELECT child_id FROM ({carried}) WHERE child_id IN ({known_children(checked)})"
    )
    connection.execute(
        f"CREATE TABLE size AS SELECT greatest(count(*), 1) AS children, {as_of} AS as_of,"
        f" {every_report} AS is_every_report FROM children"
    )
    for step in ("000_report_rows", "005_away"):
        connection.execute(f"CREATE TABLE {step[4:]} AS {_sql(step)}")
    make_rows(connection)


def _rows(checked: Path, feed: str) -> str:
    """The accepted rows of a feed; of a log also those set aside because nobody can read when the report was made."""
    accepted, untimed = (f"read_parquet('{quoted(checked)}/{part}{feed}.parquet')" for part in ("", UNTIMED))
    if feed not in LOGS:
        return f"SELECT * FROM {accepted}"
    more = f" UNION ALL BY NAME SELECT *, TRUE AS is_untimed FROM {untimed}"
    is_there = (checked / f"{UNTIMED}{feed}.parquet").is_file()  # a night of before such rows were kept has none
    return f"SELECT *, FALSE AS is_untimed FROM {accepted}{more if is_there else ''}"


def _wanted(only: tuple[str, str] | None) -> dict[str, str]:
    """The feeds, and which of their rows; the child whose id the report carries is needed beside the one asked for."""
    if only is None:
        return dict.fromkeys((*LOGS, "children", "absences", "placements"), "TRUE")
    (feed, _, report), child = (quoted(part) for part in only[0].partition(":")), f"child_id = '{quoted(only[1])}'"
    reports = {name: f"{name == feed} AND record_id = '{report}'" for name in LOGS}
    carried = " UNION ALL ".join(f"SELECT child_id FROM {name}" for name in reports)
    return {**reports, "children": f"{child} OR child_id IN ({carried})", "absences": child, "placements": child}


def make_rows(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes `child` and `report` from `children`, `report_rows`, `away` and `size`."""
    connection.register("nickname_rows", _nicknames())
    connection.execute(
        "CREATE TABLE nicknames AS SELECT nickname, list(DISTINCT full_name) AS full_names"
        " FROM nickname_rows GROUP BY nickname"
    )
    for step, table in (("010_names", "names"), ("020_child_rows", "child"), ("030_report_rows", "report")):
        connection.execute(f"CREATE TABLE {table} AS {_sql(step)}")


def _sql(step: str) -> str:
    return STEPS.joinpath(f"{step}.sql").read_text(encoding="utf-8")


def _nicknames() -> Any:
    """Given names of English and what they are short for, from the package `nicknames` (Apache-2.0)."""
    import pyarrow as pa
    from nicknames import name_triplets

    pairs = [t for t in name_triplets() if t.relationship == "has_nickname"]
    return pa.table({"nickname": [t.name2.lower() for t in pairs], "full_name": [t.name1.lower() for t in pairs]})


def pair_up(connection: duckdb.DuckDBPyConnection, which: str = "TRUE") -> int:
    """Makes the table `pair` of what is worth scoring; `which` restricts it, over `c` (child) and `r` (report)."""
    keys = _sql("040_keys")
    for side in ("child", "report"):
        connection.execute(f"CREATE OR REPLACE VIEW {side}_keys AS {keys.replace('{side}', side)}")
    connection.execute(
        "CREATE OR REPLACE TABLE pair AS SELECT DISTINCT c.unique_id AS child_id, r.unique_id AS report_id"
        f" FROM child_keys AS c JOIN report_keys AS r ON c.key = r.key WHERE {which}"
    )
    return count(connection, "pair")


def count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """Rows of a table."""
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def score(
    connection: duckdb.DuckDBPyConnection, model: Model, into: str = "scored",
    least_weight: float | None = LEAST_WEIGHT, with_parts: bool = False,
) -> None:  # fmt: skip
    """Scores the table `pair` into a table with one row per pair that weighs enough.

    Its columns: child_id, report_id, weight (bits, log2 of the odds), probability, and by comparison the name of the
    level (`unknown` where a side is). `with_parts` adds Splink's `mw_<comparison>`: the bits that each put in.
    """
    columns = {"child_id": "VARCHAR", "report_id": "VARCHAR", "weight": "DOUBLE", "probability": "DOUBLE"}
    columns |= {c.name: "VARCHAR" for c in COMPARISONS}
    if not count(connection, "pair"):  # many small files have none, and Splink takes a second to wake
        connection.execute(
            f"CREATE OR REPLACE TABLE {into} ({', '.join(f'{n} {kind}' for n, kind in columns.items())})"
        )
        return
    from splink import DuckDBAPI, Linker

    quiet_splink()
    api = DuckDBAPI(connection=connection)
    children = int(connection.execute("SELECT children FROM size").fetchall()[0][0])
    sides = [api.register(side, dataset_display_name=side) for side in ("child", "report")]
    linker = Linker(sides, settings_of(model, children), log_level=None, validate_settings=False)
    connection.execute(
        f"CREATE OR REPLACE TABLE pairs_to_score AS SELECT '0' AS match_key, 'child{SPLIT}' || child_id AS join_key_l,"
        f" 'report{SPLIT}' || report_id AS join_key_r FROM pair"
    )
    linker.table_management.register_blocked_pairs_for_predict(api.register("pairs_to_score"))
    predictions = linker.inference.predict(threshold_match_weight=least_weight, warning_mode="never")
    levels = ", ".join(f"{_named(c)} AS {c.name}" for c in COMPARISONS)
    parts = ", COLUMNS('^mw_')" if with_parts else ""
    connection.execute(
        f"CREATE OR REPLACE TABLE {into} AS SELECT unique_id_l AS child_id, unique_id_r AS report_id,"
        f" round(match_weight, 6) AS weight, round(match_probability, 6) AS probability, {levels}{parts}"
        f" FROM {predictions.physical_name}"
    )
    predictions.drop_table_from_database_and_remove_from_cache()


def settings_of(model: Model | None, children: int) -> dict[str, Any]:
    """Splink's settings.

    Args:
        model: its weights; None: to be estimated.
        children: on file. The prior is taken for the next power of two, so that one child more changes no score.
    """
    known: dict[str, Any] = {
        "link_type": "link_only",
        "unique_id_column_name": "unique_id",
        "comparisons": [_comparison(c, model.weights[c.name] if model else {}) for c in COMPARISONS],
        "blocking_rules_to_generate_predictions": [],
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": True,
        "em_convergence": 1e-5,
        "max_iterations": 50,
    }
    if model:
        known["probability_two_random_records_match"] = prior(model, children)
    return known


def prior(model: Model, children: int) -> float:
    """Probability that a report and a child are one, before anything is compared."""
    return model.reports_on_file / float(2 ** size_class(children))


def size_class(children: int) -> int:
    """The power of two that holds so many children."""
    return (max(1, children) - 1).bit_length()


def _comparison(comparison: Comparison, weights: Mapping[str, Any]) -> dict[str, Any]:
    unknown = {"sql_condition": comparison.unknown, "label_for_charts": "unknown", "is_null_level": True}
    levels = [unknown, *(_level(level, weights.get(level.name)) for level in comparison.levels)]
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def _named(comparison: Comparison) -> str:
    """SQL for a level's name; Splink counts levels from below, and gives -1 where a side is unknown."""
    cases = " ".join(f"WHEN {n} THEN '{level.name}'" for n, level in enumerate(reversed(comparison.levels)))
    return f"CASE gamma_{comparison.name} {cases} ELSE 'unknown' END"


def _level(level: Level, weight: Any) -> dict[str, Any]:
    definition: dict[str, Any] = {"sql_condition": level.sql, "label_for_charts": level.name}
    if weight is not None:
        definition |= {"m_probability": weight.m, "u_probability": weight.u}
    if level.frequency:
        definition |= {"tf_adjustment_column": level.frequency, "tf_minimum_u_value": LEAST_FREQUENCY}
    return definition


def quiet_splink() -> None:
    """Splink tells its SQL and warns of levels by name; a night's log has no use for either."""
    logging.getLogger("splink").setLevel(logging.ERROR)
