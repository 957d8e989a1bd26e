"""The one order of every list that people read: page, workbook, review page (spec 5).

Queue; severity; children under 13 or abducted; due within 12 h; new tonight; clock start. The order is fixed with the
night: what people do to a finding by day does not move it.
"""

import duckdb

from cmfc.reconcile import registry

QUEUES = ("act_now", "explain", "correct_record", "history")
SEVERITIES = registry.SEVERITIES
YOUNG = 13
ABDUCTED = ("abducted_by_stranger", "taken_or_kept_by_relative")
SOON_SECONDS = 12 * 3600

IS_YOUNG_OR_ABDUCTED = f"(coalesce(age < {YOUNG}, false) OR coalesce(reason IN {ABDUCTED}, false))"
IS_NEW = "coalesce(status IN ('new', 'reopened'), false)"


def rank_of(name: str, codes: tuple[str, ...]) -> str:
    """SQL: where a column's code stands among codes, from 1; null for another."""
    return f"list_position({list(codes)}, {name})"


def is_due_soon(as_of: int) -> str:
    """SQL: whether the earliest deadline lies within the next 12 hours; `as_of` in epoch seconds UTC."""
    return f"coalesce(deadline_earliest BETWEEN {as_of} AND {as_of + SOON_SECONDS}, false)"


def order_of(as_of: int) -> str:
    """SQL: what findings are ordered by; `as_of` in epoch seconds UTC."""
    terms = (
        f"{rank_of('queue', QUEUES)} NULLS LAST",
        f"{rank_of('severity', SEVERITIES)} NULLS LAST",
        f"NOT {IS_YOUNG_OR_ABDUCTED}",
        f"NOT {is_due_soon(as_of)}",
        f"NOT {IS_NEW}",
        "clock_start_earliest NULLS LAST",
        "code",
        "coalesce(subject_id, '')",
        "coalesce(recipient, '')",
        "exception_id",
    )
    return ", ".join(terms)


def create_places(connection: duckdb.DuckDBPyConnection, as_of: int, listed: str = "findings") -> None:
    """Make the table `places` (exception_id, place from 1) of what stands; resolved findings have none.

    Args:
        connection: holds the findings.
        as_of: of the night, epoch seconds UTC.
        listed: the relation with the columns of exceptions.csv.
    """
    connection.execute(
        f"CREATE TABLE places AS SELECT exception_id, row_number() OVER (ORDER BY {order_of(int(as_of))}) AS place"
        f" FROM {listed} WHERE coalesce(status, '') <> 'resolved'"
    )
