"""Builds the audit extract: the whole package in a new folder, or nothing (spec 6, The audit extract)."""

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, PackageLoader, StrictUndefined

from cmfc.audit_extract.auditors import draw_auditors_tables
from cmfc.audit_extract.definitions import draw_definitions
from cmfc.audit_extract.differencing import Shared
from cmfc.audit_extract.fingerprints import FINGERPRINTS, write_fingerprints
from cmfc.audit_extract.lives import draw_findings
from cmfc.audit_extract.offsets import changes_of, holidays_of
from cmfc.audit_extract.options import POPULATIONS, STATE_STRATA, STRATA
from cmfc.audit_extract.population import Period, create_views, draw_population
from cmfc.audit_extract.reconciliation import draw_reconciliation, former_facts
from cmfc.audit_extract.reliability import draw_reliability
from cmfc.audit_extract.report import agency_rows, write_report, write_tables
from cmfc.audit_extract.samples import write_other_samples, write_sample, write_sheet
from cmfc.audit_extract.sharing import FILES, FOLDER, Sharing, draw_sharing
from cmfc.audit_extract.source_night import NEEDED, Knowledge
from cmfc.audit_extract.state_links import draw_links
from cmfc.audit_extract.tables import draw_tables
from cmfc.audit_extract.verifier_file import verifier_text
from cmfc.errors import UsageError
from cmfc.privacy.pseudonyms import Key
from cmfc.publishing.manifest import MANIFEST, resource, write_json
from cmfc.publishing.schema import OutputTable, read_tables
from cmfc.publishing.tables import open_engine, write_csv, write_parquet
from cmfc.storage.atomic import replace_folder
from cmfc.storage.digest import sha256_of
from cmfc.timing.clock import iso

LINES = "episodes"
NO_SHEET = (
    LINES, "agency_lines", "exclusions", *FILES, "children", "care", "reports",
    "findings", "characteristics", "nevers", "changes",
)  # fmt: skip
"""Tables with a row per episode, row, report or finding, and what is passed on: not in tables.xlsx."""


@dataclass(frozen=True)
class Request:
    """What an auditor asks for. The same request on the same night gives the same bytes.

    Attributes:
        first, last: the period, local dates, both included.
        as_known_on: as it was asked, for the manifest.
        seed: of the sample.
        sample_size: episodes to draw.
        strata: columns of episodes.csv that stratify.
        population: `audit` or `statute`: what the sample is drawn from.
        is_by_day: times only to the day, and no hours.
        year_begins: month in which the fiscal year begins.
        is_shareable: whether tables to pass on are asked for.
        former: an earlier extract of the same period that this one is held against.
        is_for_state: with children.csv and care.csv, by which `cmfc audit merge` joins agencies.
    """

    first: date
    last: date
    as_known_on: str
    seed: int
    sample_size: int = 100
    strata: tuple[str, ...] = ("length_band",)
    population: str = "audit"
    is_by_day: bool = False
    year_begins: int = 10
    is_shareable: bool = True
    former: Path | None = None
    is_for_state: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn.

        Raises:
            UsageError: CMFC-U11.
        """
        if unknown := [name for name in self.strata if name not in STATE_STRATA]:
            raise UsageError("CMFC-U11", f"'{unknown[0]}' is not a stratum; choose from {', '.join(STRATA)}.")
        if len(set(self.strata)) != len(self.strata):
            raise UsageError("CMFC-U11", "A stratum is named twice.")
        if self.population not in POPULATIONS or not 1 <= self.year_begins <= 12 or self.sample_size < 1:
            raise UsageError(
                "CMFC-U11",
                "Population: audit or statute; month: 1 to 12; sample: one episode or more.",
            )


def build(
    knowledge: Knowledge, request: Request, key: Key, out: Path, code_version: str, shared: Sequence[Shared] = ()
) -> dict[str, Any]:
    """Write the package.

    Args:
        knowledge: of the night that is used.
        request: what is asked for.
        key: for the pseudonyms.
        out: a folder that is not there yet.
        code_version: which code made it.
        shared: what was released of this agency before, first one first.

    Returns:
        Counts, paths and hashes: `folder`, `manifest_sha256`, `episodes`, `audit_population`, `sampled`, `hidden`.

    Raises:
        UsageError: CMFC-U05 to E07 and E11; CMFC-U12 where `out` is there already.
    """
    if out.exists():
        raise UsageError("CMFC-U12", "The folder exists already, and an extract is never overwritten.")
    with replace_folder(out, {}) as folder:
        summary = _write(knowledge, request, key, folder, code_version, shared)
    return {"folder": str(out), **summary}


@cache
def audit_tables() -> Mapping[str, OutputTable]:
    """Every table of an extract by name, from columns.yml."""
    return read_tables(files("cmfc.audit_extract").joinpath("columns.yml"))


@cache
def state_tables() -> Mapping[str, OutputTable]:
    """The tables by which agencies are joined into a state, and those that say how, from state_columns.yml."""
    return read_tables(files("cmfc.audit_extract").joinpath("state_columns.yml"))


def _write(
    knowledge: Knowledge, request: Request, key: Key, folder: Path, code_version: str, shared: Sequence[Shared]
) -> dict[str, Any]:
    period, spill = Period(request.first, request.last), folder / ".spill"
    (folder / FOLDER).mkdir()
    with open_engine(spill) as connection:
        create_views(connection, knowledge, period)
        draw_population(connection, knowledge.agency, key)
        draw_tables(connection, period, request.year_begins)
        draw_findings(connection, knowledge, key)
        draw_auditors_tables(connection, knowledge, period)
        draw_reliability(connection, knowledge)
        draw_definitions(connection)
        draw_reconciliation(connection, request.former)
        if request.is_for_state:
            draw_links(connection, knowledge.agency, key)
        business_date, is_asked = knowledge.business_date, request.is_shareable
        sharing = draw_sharing(connection, period, request.year_begins, business_date, is_asked, shared)
        sample = write_sample(connection, request.population, request.strata, request.seed, request.sample_size)
        others = write_other_samples(connection, request.seed)
        tables = _tables(connection, request, sharing)
        rows = write_files(connection, tables, folder)
        facts = _facts(knowledge, request, key, code_version, sample, rows)
        facts |= {"other_samples": others, "shareable": sharing.facts()}
        facts["former"] = former_facts(request.former, facts)
        write_note(tables, facts, _unusable(connection), folder)
        write_report(connection, facts, agency_rows(connection, facts), folder / "report.html")
        write_sheet(connection, facts, knowledge.as_of, folder / "worksheet.xlsx")
        counts = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE in_audit_population) FROM lines"
        ).fetchone()
    shutil.rmtree(spill, ignore_errors=True)
    digest = finish(tables, facts, rows, folder)
    assert counts is not None
    return {
        "manifest_sha256": digest, "episodes": counts[0], "audit_population": counts[1],
        "sampled": facts["sample"]["drawn"], "hidden": sharing.hidden, "frame_hash": facts["sample"]["frame_hash"],
        "run": knowledge.chosen.run.run_id,
        "run_of_night": f"{knowledge.chosen.nth} of {len(knowledge.chosen.same_night)}",
        "shareable": sharing.period or sharing.why,
    }  # fmt: skip


def finish(tables: list[OutputTable], facts: Mapping[str, Any], rows: Mapping[str, int], folder: Path) -> str:
    """Write what accompanies the CSV files, the manifest last; give its hash.

    Args:
        tables: as they were written.
        facts: what the manifest says; its fact `rows` is left out.
        rows: per file.
        folder: the package.
    """
    sheets = [t for t in tables if t.name not in NO_SHEET]
    write_tables(sheets, folder, facts, folder / "tables.xlsx")
    (folder / "verify.py").write_text(verifier_text(), encoding="utf-8", newline="\n")
    guide = _templates().get_template("VERIFY.md.j2").render(facts=facts)
    (folder / "VERIFY.md").write_text(guide, encoding="utf-8", newline="\n")
    _write_description(tables, facts, folder)
    return _write_manifest(folder, facts, rows)


def _tables(connection: duckdb.DuckDBPyConnection, request: Request, sharing: Sharing) -> list[OutputTable]:
    """The tables as they are published; by the day, a moment becomes its local date and hours are left empty."""
    tables = {name: table for name, table in audit_tables().items() if sharing.period or name not in FILES}
    if request.is_by_day:
        lines = tables[LINES]
        columns = tuple(replace(c, type="date") if c.type == "moment_end" else c for c in lines.columns)
        select = ", ".join(
            f"day_of(local_day({c.name})) AS {c.name}"
            if c.type == "moment_end"
            else f"CAST(NULL AS DOUBLE) AS {c.name}"
            if "_hours_" in c.name
            else c.name
            for c in lines.columns
        )
        connection.execute(f"CREATE TABLE lines_by_day AS SELECT {select} FROM lines")
        tables[LINES] = replace(lines, source="lines_by_day", columns=columns)
    links = [state_tables()[name] for name in ("children", "care")] if request.is_for_state else []
    return [*tables.values(), *links]


def write_files(connection: duckdb.DuckDBPyConnection, tables: list[OutputTable], folder: Path) -> dict[str, int]:
    """Write each table as CSV and Parquet; give the rows per file."""
    rows: dict[str, int] = {}
    for table in tables:
        name = f"{FOLDER}/{FILES[table.name]}" if table.name in FILES else table.name
        rows[f"{name}.csv"] = write_csv(connection, table, folder / f"{name}.csv")
        if "parquet" in table.formats:
            rows[f"{name}.parquet"] = write_parquet(connection, table, folder / f"{name}.parquet")
    return rows


def _facts(
    knowledge: Knowledge, request: Request, key: Key, code_version: str,
    sample: Mapping[str, Any], rows: Mapping[str, int],
) -> dict[str, Any]:  # fmt: skip
    """What manifest.json says, but for the outputs."""
    night = knowledge.manifest
    feeds = {
        name: {part: feed[part] for part in ("status", "accounting", "sha256")} for name, feed in night["feeds"].items()
    }
    runs = [run for run in knowledge.record.runs if run.business_date >= request.first]
    return {
        "kind": "cmfc audit extract",
        "agency": knowledge.agency,
        "agency_name": night["agency_name"],
        "zone": knowledge.zone,
        "zone_changes": changes_of(knowledge.zone),
        "holidays": holidays_of(knowledge.folder, request.last.year),
        "jurisdiction": knowledge.jurisdiction,
        "code_version": code_version,
        "period": {"first": request.first.isoformat(), "last": request.last.isoformat()},
        "as_known_on": request.as_known_on,
        "is_by_day": request.is_by_day,
        "year_begins": request.year_begins,
        "is_for_state": request.is_for_state,
        "is_state": False,
        "not_joined": [],
        "night": {
            "business_date": knowledge.business_date,
            "as_of": iso(knowledge.as_of),
            "code_version": night["code_version"],
            "law_digest": night["law_digest"],
            "linkage_model_digest": night["linkage_model_digest"],
            "run_id": knowledge.chosen.run.run_id,
            "journal_head": (night["ledger"] or {}).get("journal_head"),
            "run": knowledge.chosen.facts(),
            "manifest_sha256": sha256_of(knowledge.manifest_path),
            "feeds": feeds,
            "inputs": {name: sha256_of(knowledge.folder / name) for name in NEEDED},
            "nights_since_first_day": sorted({run.business_date.isoformat() for run in runs}),
            "nights_on_record": len({run.business_date for run in knowledge.record.runs}),
        },
        "incomplete": list(night["incomplete"]),
        "pseudonyms": {"method": "HMAC-SHA-256", "key_fingerprint": key.fingerprint},
        "small_cells": {"hidden": "1 to 10", "where": f"{FOLDER}/"},
        "sample": dict(sample),
        "rows": dict(rows),
    }


def _unusable(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    """Why what is passed on cannot be used: recipient, test, feed and sentence."""
    return connection.execute(
        "SELECT DISTINCT coalesce(recipient, ''), test, feed, why FROM usability WHERE NOT is_usable"
        " AND table_name IN ('timeliness', 'stock_and_flow') ORDER BY ALL"
    ).fetchall()


def write_note(
    tables: list[OutputTable], facts: Mapping[str, Any], unusable: Sequence[tuple[Any, ...]], folder: Path
) -> None:
    """What stands beside the tables that are passed on: what they are of, what they mean, what cannot be used."""
    own = [replace(table, name=FILES[table.name]) for table in tables if table.name in FILES]
    note = _templates().get_template("SHAREABLE.md.j2").render(facts=facts, tables=own, unusable=unusable)
    text = re.sub(r"\n{3,}", "\n\n", note)
    (folder / FOLDER / "README.md").write_text(text, encoding="utf-8", newline="\n")


def _write_description(tables: list[OutputTable], facts: Mapping[str, Any], folder: Path) -> None:
    """datapackage.json: every column of every CSV file, its type, meaning and sensitivity (Frictionless)."""
    resources = []
    for table in tables:
        if table.name in FILES:
            described = resource(folder / FOLDER, replace(table, name=FILES[table.name]))
            resources.append({**described, "name": table.name, "path": f"{FOLDER}/{FILES[table.name]}.csv"})
        else:
            resources.append(resource(folder, table))
    write_json(
        folder / "datapackage.json",
        {
            "profile": "tabular-data-package",
            "name": f"cmfc-audit-{facts['agency']}".lower().replace("_", "-"),
            "title": "Children missing from care: audit extract",
            "description": "Confidential but for shareable/. Keyed pseudonyms only; nothing public may say that a child"
            " is in care.",
            "created": facts["night"]["as_of"],
            "incomplete": facts["incomplete"],
            "resources": resources,
        },
    )


def _write_manifest(folder: Path, facts: Mapping[str, Any], rows: Mapping[str, int]) -> str:
    """fingerprints.json, and then manifest.json, which names it with every other file."""
    content = {name: value for name, value in facts.items() if name != "rows"}
    outputs = {
        path.relative_to(folder).as_posix(): _output(folder, path, rows)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    write_fingerprints(folder, content, outputs)
    outputs[FINGERPRINTS] = _output(folder, folder / FINGERPRINTS, rows)
    write_json(folder / MANIFEST, {**content, "outputs": outputs})
    return sha256_of(folder / MANIFEST)


def _output(folder: Path, path: Path, rows: Mapping[str, int]) -> dict[str, Any]:
    name = path.relative_to(folder).as_posix()
    return {"bytes": path.stat().st_size, "rows": rows.get(name), "sha256": sha256_of(path)}


@cache
def _templates() -> Environment:
    loader = PackageLoader("cmfc.audit_extract")
    return Environment(loader=loader, undefined=StrictUndefined, autoescape=False)  # noqa: S701 - the guide is Markdown
