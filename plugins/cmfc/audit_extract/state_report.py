"""What report.html of a state says in another way than an agency's: its agencies, their findings and their data."""

from typing import Any

import duckdb

from cmfc.audit_extract.population import run_step
from cmfc.audit_extract.report import NEVERS, ROWS
from cmfc.storage.duck import rows_of

NOT_SUMMED = "'nights_expected', 'entry_lag_hours', 'appearance_lag_days', 'people_who_decided'"
"""Measures of which the agencies' have no sum."""
_UNUSABLE = """SELECT recipient, test, feed, NULL AS percent, NULL AS most,
    string_agg(DISTINCT agency, ', ' ORDER BY agency) || '. Why stands in usability.csv, agency by agency.' AS why,
    list(DISTINCT table_name ORDER BY table_name) AS tables
    FROM agency_usability WHERE NOT is_usable GROUP BY ALL ORDER BY feed, test, recipient NULLS FIRST"""
_FEEDS = """WITH last AS (SELECT agency, max(night) AS night FROM agency_nights GROUP BY agency)
    SELECT n.feed, string_agg(DISTINCT n.status, ', ' ORDER BY n.status) FILTER (n.night = l.night) AS status,
    count(*) AS nights, count(*) FILTER (n.status <> 'ok') AS down, sum(n.pulled) FILTER (n.night = l.night) AS pulled,
    sum(abs(n.control_difference)) FILTER (n.night = l.night) AS control_difference,
    sum(n.quarantined) FILTER (n.night = l.night) AS quarantined, sum(n.voided) FILTER (n.night = l.night) AS voided,
    sum(n.collapsed) FILTER (n.night = l.night) AS collapsed
    FROM agency_nights AS n JOIN last AS l USING (agency) WHERE n.is_last GROUP BY n.feed ORDER BY n.feed"""
_MEASURES = f"""SELECT feed, measure, item, count(*) AS agencies, sum(number) AS number FROM agency_reliability
    WHERE measure NOT IN ({ROWS}, 'control_difference', {NOT_SUMMED})
    GROUP BY feed, measure, item ORDER BY feed NULLS FIRST, measure, item NULLS FIRST"""
_AGENCIES = """SELECT a.*, (SELECT count(DISTINCT u.table_name) FROM agency_usability AS u
    WHERE u.agency = a.agency AND NOT u.is_usable) AS unusable FROM agencies AS a ORDER BY a.agency"""
_JOINS = """SELECT joined, "by", count(DISTINCT "group") AS groups, count(*) AS members FROM joins
    GROUP BY joined, "by" ORDER BY joined, "by\""""


def state_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The rows of a state's page that `report.agency_rows` gives for an agency's, and those it alone has.

    Args:
        connection: holds the tables of the state and those of its agencies (`agency_...`).
    """
    connection.execute("CREATE TEMP VIEW findings AS SELECT * FROM agency_findings")
    run_step(connection, "210_resolution")  # of all agencies' findings: a median cannot be added up from theirs
    return {
        "run_at": "",
        "others": [],
        "resolution": rows_of(connection, "SELECT * FROM resolution ORDER BY code"),
        "reconciliation": [],
        "unusable": rows_of(connection, _UNUSABLE),
        "feed_rows": rows_of(connection, _FEEDS),
        "nevers": rows_of(connection, NEVERS.format(table="agency_nevers")),
        "measures": rows_of(connection, _MEASURES),
        "agencies": rows_of(connection, _AGENCIES),
        "joins": rows_of(connection, _JOINS),
    }
