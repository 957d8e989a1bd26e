"""What the codes of an extract mean, as a table of the package (spec 6)."""

from functools import cache
from importlib.resources import files

import duckdb
import pyarrow as pa

from cmfc.feeds.catalog import feeds
from cmfc.reconcile.registry import checks
from cmfc.storage.duck import make_table
from cmfc.storage.yaml_text import load_yaml


@cache
def definitions() -> tuple[tuple[str, str, str], ...]:
    """About what, code, meaning: definitions.yml, the titles of the checks, and the codes of the records."""
    text = files("cmfc.audit_extract").joinpath("definitions.yml").read_text(encoding="utf-8")
    rows = [
        (about, str(code), str(meaning)) for about, codes in load_yaml(text).items() for code, meaning in codes.items()
    ]
    rows += [("finding", check.code, check.title) for check in checks()]
    for feed in feeds().values():
        rows += [
            (f"{feed.name}.{column.name}", code, f"A value of: {column.meaning}")
            for column in feed.columns.values()
            for code in column.codes
        ]
    return tuple(sorted(rows))


def draw_definitions(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `definitions`."""
    about, code, meaning = zip(*definitions(), strict=True)
    rows = {"about": pa.array(about), "code": pa.array(code), "meaning": pa.array(meaning)}
    make_table(connection, "definitions", pa.table(rows))
