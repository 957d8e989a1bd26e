"""Estimates the model's probabilities from an agency's own rows; nobody has to say which pairs belong together.

How often two rows of different children agree is counted over random pairs; how often two rows of one child do comes
from expectation maximisation (Splink). A step of likeness that is rarely seen is held to what is plausible, so that a
small file makes no wild weights.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from cmfc.errors import InputError
from cmfc.matching.comparisons import COMPARISONS, shape_digest
from cmfc.matching.model import Model, Weight
from cmfc.matching.scoring import count, lay_out, opened, quiet_splink, settings_of

FEWEST_REPORTS, FEWEST_CHILDREN = 200, 500
RANDOM_PAIRS, MOST_PAIRS, SEED = 4e6, 2e6, 1
ON_FILE = 0.95
"""Share of the reports that are about a child on file; not estimated, since unnamed children cannot be counted."""
PLAUSIBLE: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "first_name": {"same": (0.6, 0.99), "part": (0.005, 0.2), "nickname": (0.002, 0.2), "alike": (0.01, 0.2),
                   "swapped": (0.001, 0.05), "remote": (0.002, 0.05), "other": (0.002, 0.03)},
    "last_name": {"same": (0.6, 0.99), "part": (0.005, 0.2), "alike": (0.01, 0.2), "swapped": (0.001, 0.05),
                  "remote": (0.002, 0.05), "other": (0.002, 0.03)},
    "date_of_birth": {"same": (0.7, 0.99), "day_month": (0.001, 0.05), "one_digit": (0.005, 0.1),
                      "year": (0.003, 0.05), "two_digits": (0.003, 0.03), "other": (0.004, 0.03)},
    "sex": {"same": (0.95, 0.999), "other": (0.001, 0.05)},
    "missing_then": {"same": (0.7, 0.9), "other": (0.1, 0.3)},
    "county": {"same": (0.3, 0.6), "other": (0.4, 0.7)},
}  # fmt: skip
"""Bounds of m. One agency's logs cannot show how rare a slip is that they happen not to hold."""
RAREST = 1e-6
"""Least u: random pairs cannot show a rarer one."""


def train(checked: Path, as_of: int, name: str, threads: int | None = None) -> Model:
    """Estimates a model.

    Args:
        checked: a night's accepted feeds.
        as_of: epoch seconds UTC of that night.
        name: of the model.
        threads: of DuckDB; the result does not depend on it.

    Raises:
        InputError: CMFC-E03 the file is too small to estimate from.
    """
    with opened(threads=threads) as connection:
        lay_out(connection, checked, as_of, every_report=True)
        return train_rows(connection, name)


def train_rows(connection: duckdb.DuckDBPyConnection, name: str) -> Model:
    """As `train`, from the tables `child` and `report`."""
    from splink import DuckDBAPI, Linker, block_on

    quiet_splink()
    logging.getLogger("splink").setLevel(logging.CRITICAL)
    children, reports = (count(connection, table) for table in ("child", "report"))
    if children < FEWEST_CHILDREN or reports < FEWEST_REPORTS:
        raise InputError("CMFC-E03", f"{children} children and {reports} reports are too few to train from.")
    api = DuckDBAPI(connection=connection)
    sides = [api.register(side, dataset_display_name=side) for side in ("child", "report")]
    linker = Linker(sides, settings_of(None, children), log_level=None, validate_settings=False)
    training = linker.training
    linker._settings_obj._probability_two_random_records_match = ON_FILE / children  # noqa: SLF001 - no public way
    training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=SEED, min_count_per_level=None)
    for rule in (block_on("born"), block_on("first", "last")):
        training.estimate_parameters_using_expectation_maximisation(rule, max_pairs=MOST_PAIRS)
    levels = {c["output_column_name"]: c["comparison_levels"] for c in linker.misc.save_model_to_json()["comparisons"]}
    weights = {c.name: _plausible(c.name, levels[c.name]) for c in COMPARISONS}
    summary = {"children": children, "reports": reports, "random_pairs": RANDOM_PAIRS}
    return Model(name, ON_FILE, weights, summary, shape_digest())


def _plausible(comparison: str, levels: list[Mapping[str, Any]]) -> dict[str, Weight]:
    """The estimates, m within bounds and summing to one; a level that was not seen starts at its lower bound."""
    known = {level["label_for_charts"]: level for level in levels if not level.get("is_null_level")}
    bounds = PLAUSIBLE[comparison]
    m = {n: min(max(_number(known[n].get("m_probability"), low), low), high) for n, (low, high) in bounds.items()}
    u = {n: max(_number(known[n].get("u_probability"), RAREST), RAREST) for n in bounds}
    total = sum(m.values())
    return {n: Weight(round(m[n] / total, 8), round(u[n], 8)) for n in bounds}


def _number(value: Any, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) else otherwise
