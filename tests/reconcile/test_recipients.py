"""A third recipient of reports is a row: a duty to it is judged as the one to NCMEC is, and nobody else's changes."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cmfc.law.library import Law, load_law
from cmfc.reconcile import engine
from cmfc.reconcile.duck_engine import DuckEngine
from cmfc.reconcile.recipients import RECIPIENTS
from tests.oracle.core import write_checked
from tests.property.test_against_oracle import many_worlds

THIRD = replace(
    RECIPIENTS[1],
    recipient="clearinghouse",
    name="the clearinghouse",
    report_duty="report_to_clearinghouse",
    located_duty="tell_clearinghouse_located",
)
TABLES = ("facts", "breaches", "episode_recipients")
OWN = ("recipient", "duty", "rule_id", "value_id", "rules")
"""Columns that name the recipient's own rule."""


def with_third(law: Law) -> Law:
    """The law with every duty to report to NCMEC owed to the clearinghouse as well."""
    own: Mapping[str, Any] = {"duty": THIRD.report_duty, "recipient": THIRD.recipient}
    duties = [
        replace(d, **own, rule_id=d.rule_id and d.rule_id + "/third") for d in law.duties if d.duty == "report_to_ncmec"
    ]
    values = [replace(v, **own, rule_id=v.rule_id + "/third") for v in law.values if v.duty == "report_to_ncmec"]
    return replace(law, duties=(*law.duties, *duties), values=(*law.values, *values))


def judged(folder: Path, night: engine.Night, law: Law) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The rows of the tables by table and recipient, without what names the recipient's own rule."""
    with duckdb.connect(config={"threads": 1}) as connection:
        engine.judge(DuckEngine(connection, night.zone), folder, night, law)
        return {
            (table, recipient): rows_of(connection, table, recipient)
            for table in TABLES
            for recipient in ("law_enforcement", "ncmec", "clearinghouse")
        }


def rows_of(connection: duckdb.DuckDBPyConnection, table: str, recipient: str) -> list[dict[str, Any]]:
    rows = connection.sql(f"SELECT * FROM {table} WHERE recipient = '{recipient}'").to_arrow_table().to_pylist()
    remaining = [r for r in rows if not r.get("is_located_duty") and r.get("level") != "advice"]
    return sorted(({k: v for k, v in r.items() if k not in OWN} for r in remaining), key=str)


def test_a_duty_to_a_third_recipient_is_judged_as_the_one_to_ncmec(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds, world = many_worlds(3, 12)
    feeds["ncmec_reports"] = []  # nobody has reported to either
    feeds["set_aside"] = []
    write_checked(feeds, world, tmp_path)
    law = load_law("us/mo", world.zone)
    night = engine.Night("a", world.as_of, world.zone, "us/mo", 0, True, None, {**world.status, "ncmec_reports": "ok"})
    before = judged(tmp_path, night, law)
    monkeypatch.setattr(engine, "RECIPIENTS", (*RECIPIENTS, THIRD))
    after = judged(tmp_path, night, with_third(law))
    for table in TABLES:
        assert before[table, "ncmec"] and not before[table, "clearinghouse"]
        assert after[table, "clearinghouse"] == after[table, "ncmec"]
        assert all(after[table, who] == before[table, who] for who in ("law_enforcement", "ncmec"))
