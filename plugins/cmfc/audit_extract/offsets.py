"""The agency's calendar for verify.py: the offsets of its zone, and holidays where a rule counts working days."""

from pathlib import Path

import holidays
import numpy as np

from cmfc.storage.duck import open_duckdb, quoted
from cmfc.timing.zones import load_zone

FIRST, LAST = -631_152_000, 2_208_988_800
"""1950 to 2039, in epoch seconds: the years that records are of."""


def changes_of(zone: str) -> list[list[int]]:
    """Instant and offset in seconds, from 1950 to 2039; the first offset holds before, the last one after."""
    table = load_zone(zone)
    low, high = (int(np.searchsorted(table.changes, at, side="right")) for at in (FIRST, LAST))
    pairs = [[FIRST, int(table.offsets[low])]]
    return pairs + [[int(table.changes[at]), int(table.offsets[at + 1])] for at in range(low, high)]


def holidays_of(folder: Path, last_year: int) -> list[str]:
    """Federal holidays, if a rule of the night counts working days; else none.

    Args:
        folder: of the night in the store.
        last_year: of the period; deadlines may fall into the year after it.
    """
    rules = f"read_parquet('{quoted(folder / 'work' / 'rules.parquet')}')"
    with open_duckdb(threads=1) as connection:
        row = connection.execute(f"SELECT count(*) FROM {rules} WHERE limit_business_days IS NOT NULL").fetchone()
    if row is None or not row[0]:
        return []
    return sorted(day.isoformat() for day in holidays.country_holidays("US", years=range(1990, last_year + 3)))
