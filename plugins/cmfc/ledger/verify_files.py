"""Verifies files against the ledger: published lists by their manifests, kept snapshots and tables by their names."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from cmfc.ledger.current_lists import list_state
from cmfc.ledger.faults import Fault
from cmfc.ledger.tables import journal, releases, runs, snapshots
from cmfc.storage.digest import sha256_of

_MANIFEST, _CURRENT = "manifest.json", "current.json"


def list_faults(connection: Connection, agency: str, folder: Path) -> Iterator[Fault]:
    """Every file of the agency's lists that is not as it went out last.

    `as-known` and `watch` are made again at will and are not on record; neither is the mark that a list is stale.
    """
    went_out = _went_out(connection, agency)
    for night, (seq, sha256) in sorted(went_out.items()):
        yield from _night_faults(folder / night, night, seq, sha256)
    for path in sorted(folder.glob("[0-9]*-[0-9]*-[0-9]*")):
        if path.name not in went_out:
            yield Fault(0, "No release on record brought it.", "lists", path.name)
    named, stands = _json(folder / _CURRENT).get("business_date"), list_state(connection, agency)
    if named != stands.night:
        seq = went_out[stands.night][0] if stands.night else 0
        yield Fault(seq, "It does not name the list that stands by the journal.", "lists", _CURRENT)


def kept_faults(connection: Connection, agency: str, folder: Path) -> Iterator[Fault]:
    """Every kept file that is not what its name says, or is missing though retention did not erase it."""
    on_record = _on_record(connection, agency)
    erased = _erased(connection, agency)
    for sha256, seq in on_record.items():
        path = folder / f"{sha256}.parquet"
        if not path.is_file():
            if sha256 not in erased:
                yield Fault(seq, "It is missing, and retention did not erase it.", "kept", path.name)
        elif sha256_of(path) != sha256:
            yield Fault(seq, "It was changed.", "kept", path.name)
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.stem not in on_record and (not path.is_file() or sha256_of(path) != path.stem):
            yield Fault(0, "No run on record keeps it.", "kept", path.name)  # a killed run leaves a true name behind


def _went_out(connection: Connection, agency: str) -> dict[str, tuple[int, str]]:
    """By night, the last release of its lists: the entry and the manifest's SHA-256."""
    of_run = (runs.c.agency == releases.c.agency) & (runs.c.run_id == releases.c.subject)
    stmt = select(runs.c.business_date, releases.c.seq, releases.c.sha256).join(runs, of_run)
    stmt = stmt.where(releases.c.agency == agency, releases.c.kind == "list").order_by(releases.c.seq)
    return {night.isoformat(): (seq, sha256) for night, seq, sha256 in connection.execute(stmt)}


def _night_faults(folder: Path, night: str, seq: int, sha256: str) -> Iterator[Fault]:
    manifest = folder / _MANIFEST
    if not manifest.is_file():
        yield Fault(seq, "It is missing.", "lists", f"{night}/{_MANIFEST}")
        return
    if sha256_of(manifest) != sha256:
        yield Fault(seq, "It is not the manifest that went out.", "lists", f"{night}/{_MANIFEST}")
    outputs = _json(manifest).get("outputs", {})
    there = {path.name for path in folder.iterdir()} - {_MANIFEST}
    for name in sorted(there | outputs.keys()):
        if name not in there:
            what = "It is missing."
        elif name not in outputs:
            what = "The manifest does not have it."
        elif (folder / name).is_file() and sha256_of(folder / name) == outputs[name]["sha256"]:
            continue
        else:
            what = "It was changed."
        yield Fault(seq, what, "lists", f"{night}/{name}")


def _on_record(connection: Connection, agency: str) -> dict[str, int]:
    """Hashes of what runs keep, each with the first entry that names it."""
    of_runs = select(runs.c.seq, runs.c.known_sha256, runs.c.links_sha256).where(runs.c.agency == agency)
    of_feeds = select(snapshots.c.seq, snapshots.c.sha256).where(snapshots.c.agency == agency)
    named: dict[str, int] = {}
    for rows in (connection.execute(of_runs), connection.execute(of_feeds)):
        for seq, *hashes in rows:
            named |= {one: min(seq, named.get(one, seq)) for one in hashes if one}
    return dict(sorted(named.items()))


def _erased(connection: Connection, agency: str) -> set[str]:
    stmt = select(journal.c.body).where(journal.c.agency == agency, journal.c.kind == "retention")
    return {sha256 for body in connection.scalars(stmt) for sha256 in json.loads(body)["erased"]}


def _json(path: Path) -> dict[str, Any]:
    """What a file says; nothing where it is not there or is no JSON object."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
