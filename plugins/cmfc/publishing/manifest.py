"""What accompanies the tables: the Frictionless description and the manifest (spec 6)."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from cmfc.publishing.schema import OutputColumn, OutputTable, output_tables
from cmfc.storage.atomic import MANIFEST as MANIFEST  # the rooms above name it from here
from cmfc.storage.digest import sha256_of
from cmfc.timing.clock import iso, parse_iso

_FIELD_TYPES = {"text": "string", "code": "string", "moment_end": "datetime", "date": "date", "bool": "boolean",
                "number": "number", "integer": "integer"}  # fmt: skip


WORKBOOKS = {
    "exceptions.xlsx": "The worklist with names: who is missing now, a summary, one sheet per office.",
    "history.xlsx": "What is done with, with names: one sheet per office, laid out as the worklist.",
}
"""Files with names that people open; what each is."""
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class FeedFacts:
    """One feed tonight.

    `status`: ok, absent or broken; `accounting`: rows pulled, accepted, quarantined, voided, collapsed; `sha256`: of
    what was pulled; `broken`: plain sentences; `mapping_digest`: of the mapping it was pulled with; `pulled_at`: when,
    YYYY-MM-DDTHH:MM:SSZ; `census`: what lay in the source, counted in two ways; `notes`: plain sentences on rows that
    may lack and on what was read as empty or tidied.
    """

    status: str
    accounting: Mapping[str, int] = field(default_factory=dict)
    sha256: str | None = None
    broken: tuple[str, ...] = ()
    mapping_digest: str | None = None
    pulled_at: str | None = None
    census: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class NightFacts:
    """What the outputs say about their night.

    Attributes:
        as_of: the instant the verdicts are true for, epoch seconds UTC; the only clock of the outputs.
        business_date: YYYY-MM-DD, or None when single files were reconciled outside a night.
        zone: the agency's IANA time zone.
        feeds: by feed name.
        incomplete: plain sentences for the banner, one per input that failed; empty if none did.
        ledger: the run's id, the journal's head with it, and what changed since the last earlier night; None outside
            a night.
        stale: the list is older than it should be, because a later night failed.
        mapping_digest: of the agency's whole mapping.
        read_on: the local day on which the records were read, where the next night was over by then; else None.
    """

    agency: str
    agency_name: str
    business_date: str | None
    as_of: int
    zone: str
    jurisdiction: str
    code_version: str
    law_digest: str
    linkage_model_digest: str | None
    feeds: Mapping[str, FeedFacts]
    incomplete: tuple[str, ...] = ()
    stale: bool = False
    ledger: Mapping[str, Any] | None = None
    mapping_digest: str | None = None
    read_on: str | None = None

    @property
    def broken(self) -> frozenset[str]:
        """Feeds that could not be used."""
        return frozenset(name for name, feed in self.feeds.items() if feed.status == "broken")


@dataclass(frozen=True)
class Tally:
    """Counts over the night's findings that are not resolved."""

    by_code: Mapping[str, int]
    by_severity: Mapping[str, int]
    by_queue: Mapping[str, int]


def write_datapackage(folder: Path, facts: NightFacts) -> None:
    """Write datapackage.json: of each CSV file schema, sensitivity, size and hash; of each workbook what it is."""
    resources = [resource(folder, table) for table in output_tables().values() if "csv" in table.formats]
    resources += [_workbook(folder / name, what) for name, what in WORKBOOKS.items() if (folder / name).exists()]
    package = {
        "profile": "data-package",
        "name": f"cmfc-{facts.agency}".lower().replace("_", "-"),
        "title": "Children missing from care: what needs attention",
        "description": "Confidential. CSV files hold ids only; workbooks name children. Nothing public may say that a"
        " child is in care.",
        "created": iso(facts.as_of),
        "incomplete": list(facts.incomplete),
        "resources": resources,
    }
    write_json(folder / "datapackage.json", package)


def write_manifest(folder: Path, facts: NightFacts, rows: Mapping[str, int], tally: Tally) -> dict[str, Any]:
    """Write manifest.json: what the night was made from, and every other file of the folder with its hash.

    Args:
        folder: holds every output but the manifest.
        facts: the night.
        rows: rows per file, where a file has rows.
        tally: counts per code, severity and queue.
    """
    outputs = {
        path.name: {"bytes": path.stat().st_size, "rows": rows.get(path.name), "sha256": sha256_of(path)}
        for path in folder.iterdir()
        if path.name != MANIFEST
    }
    night = {**asdict(facts), "as_of": iso(facts.as_of)}
    manifest = {**night, "counts": asdict(tally), "outputs": outputs}
    write_json(folder / MANIFEST, manifest)
    return manifest


def read_facts(folder: Path) -> NightFacts:
    """What the manifest of a published folder says of its night."""
    manifest = json.loads((folder / MANIFEST).read_bytes())
    values = {field.name: manifest[field.name] for field in fields(NightFacts) if field.name in manifest}
    values["as_of"] = parse_iso(manifest["as_of"])
    values["incomplete"] = tuple(manifest["incomplete"])
    values["feeds"] = {
        name: FeedFacts(**{**feed, "broken": tuple(feed["broken"]), "notes": tuple(feed["notes"])})
        for name, feed in manifest["feeds"].items()
    }
    return NightFacts(**values)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON with sorted keys, so that the same content gives the same bytes."""
    path.write_bytes(json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n")


def resource(folder: Path, table: OutputTable) -> dict[str, Any]:
    """The Frictionless description of one CSV file: schema, sensitivity, size and hash."""
    path = folder / f"{table.name}.csv"
    schema: dict[str, Any] = {"fields": [_field(column) for column in table.columns], "missingValues": [""]}
    if table.key:
        schema["primaryKey"] = list(table.key)
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": path.name,
        "description": table.meaning,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True, "header": True},
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256_of(path)}",
        "schema": schema,
    }


def _workbook(path: Path, what: str) -> dict[str, Any]:
    """A file that is for people and no table."""
    return {
        "profile": "data-resource", "type": "file", "name": path.stem + "_workbook", "path": path.name,
        "description": what, "format": "xlsx", "mediatype": _XLSX, "sensitivity": "identifying",
        "bytes": path.stat().st_size, "hash": f"sha256:{sha256_of(path)}",
    }  # fmt: skip


def _field(column: OutputColumn) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": column.name,
        "type": _FIELD_TYPES[column.type],
        "description": column.meaning,
        "sensitivity": column.sensitivity,
    }
    if column.codes:
        described["constraints"] = {"enum": list(column.codes)}
    return described
