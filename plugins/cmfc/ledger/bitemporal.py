"""Episodes and links, each row with the entries between which it was on record; only what changed is written."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Connection, Table, or_, select

from cmfc.ledger.bulk import insert_rows, update_rows
from cmfc.ledger.row_digests import Key, NewEntry
from cmfc.ledger.runs import RunRow, run_before
from cmfc.ledger.store import Ledger
from cmfc.ledger.tables import episodes, links
from cmfc.storage.atomic import replace_file
from cmfc.storage.digest import sha256_of
from cmfc.storage.duck import open_duckdb, quoted

_EPISODES = """SELECT episode_id, child_id, state, began_earliest, began_latest, ended_earliest, ended_latest,
    CAST(to_json(list(kind || ':' || id ORDER BY nth, kind, id)) AS VARCHAR) AS evidence FROM {source} GROUP BY ALL"""
_LINKS = "SELECT feed, report_id, child_id, episode_id, method, score FROM {source}"
_KNOWN_OF_ROWS = """WITH rows AS (
        SELECT *, unnest(from_json(evidence, '["VARCHAR"]')) AS item,
               generate_subscripts(from_json(evidence, '["VARCHAR"]'), 1) AS nth FROM episode_rows)
    SELECT episode_id, child_id, state, split_part(item, ':', 1) AS kind,
           substr(item, strpos(item, ':') + 1) AS id, nth,
           substr(sha256($agency || '|' || child_id || '|' || item), 1, 20) = episode_id AS is_name,
           began_earliest, began_latest, ended_earliest, ended_latest
    FROM rows ORDER BY episode_id, nth, kind, id"""


@dataclass(frozen=True)
class Versioned:
    """A table whose rows are bounded by journal entries, with the work table it is filled from and its key."""

    stored: Table
    work: str
    query: str
    key: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        """The columns that come from a night."""
        return [c.name for c in self.stored.columns if c.name not in ("agency", "from_seq", "to_seq")]


EPISODES = Versioned(episodes, "known", _EPISODES, ("episode_id",))
LINKS = Versioned(links, "links", _LINKS, ("feed", "report_id"))


def write_versions(
    entry: NewEntry, engine: duckdb.DuckDBPyConnection, what: Versioned, work: Path, former: Path | None
) -> int:  # fmt: skip
    """End the rows that no longer hold and add the new ones; return how many were added.

    Args:
        entry: the night's.
        engine: where the two nights are compared.
        what: the table.
        work: tonight's work folder.
        former: the same work table of the last run; None or absent: the ledger's rows are read.
    """
    connection, agency, seq = entry.connection, entry.agency, entry.seq
    columns = ", ".join(what.columns)
    engine.execute(
        f"CREATE OR REPLACE VIEW new_rows AS {what.query.format(source=_file(work / f'{what.work}.parquet'))}"
    )
    if former is not None and former.exists():
        engine.execute(f"CREATE OR REPLACE VIEW old_rows AS {what.query.format(source=_file(former))}")
    else:
        engine.register("old_rows", _rows(connection, what, agency))
    key, rest = ", ".join(what.key), [name for name in what.columns if name not in what.key]
    differs = " OR ".join(f"n.{name} IS DISTINCT FROM o.{name}" for name in rest)
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE differing AS SELECT {key}, n.is_there AS is_new, o.is_there AS is_old,"
        f" {', '.join(f'n.{name} AS {name}' for name in rest)}"
        " FROM (SELECT *, TRUE AS is_there FROM new_rows) AS n"
        f" FULL JOIN (SELECT *, TRUE AS is_there FROM old_rows) AS o USING ({key})"
        f" WHERE n.is_there IS NULL OR o.is_there IS NULL OR {differs}"
    )
    ended = engine.execute(f"SELECT {key} FROM differing WHERE is_old ORDER BY ALL").fetchall()
    added = engine.execute(f"SELECT {columns} FROM differing WHERE is_new ORDER BY ALL").fetchall()
    entry.touch(what.stored, ((*row[: len(what.key)], seq) for row in added))
    if ended:
        entry.touch(what.stored, _keys_now(connection, what, agency, ended))
        rows = ((agency, *key, seq) for key in ended)
        update_rows(
            connection,
            what.stored,
            ("agency", *what.key),
            ("to_seq",),
            rows,
            where=f"AND {what.stored.name}.to_seq IS NULL",
        )
    insert_rows(connection, what.stored, ["agency", "from_seq", *what.columns], ((agency, seq, *row) for row in added))
    return len(added)


def _keys_now(connection: Connection, what: Versioned, agency: str, keys: list[tuple[Any, ...]]) -> list[Key]:
    """The whole keys of the rows on record now, with the entries that brought them."""
    t, key_set = what.stored.c, set(keys)
    columns = [*(t[name] for name in what.key), t.from_seq]
    where = (t.agency == agency, t.to_seq.is_(None))
    return [tuple(row) for row in connection.execute(select(*columns).where(*where)) if tuple(row[:-1]) in key_set]


def store_table(work: Path, name: str, folder: Path) -> str:
    """Copy a work table into the folder for the nights that follow, named by its SHA-256; return the hash."""
    path = work / f"{name}.parquet"
    sha256 = sha256_of(path)
    target = folder / f"{sha256}.parquet"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with replace_file(target, is_durable=True) as part:
            shutil.copyfile(path, part)
    return sha256


def known_of(connection: Connection, agency: str, run: RunRow, archive: Path) -> Path:
    """The work table `known` of a run: the stored file, else made again from the ledger's rows.

    A file that is not the one on record is none: what a power cut or a hand left of it would hide what was open.
    """
    path = archive / f"{run.known_sha256}.parquet"
    if not path.is_file() or sha256_of(path) != run.known_sha256:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_duckdb() as engine, replace_file(path) as part:
            engine.register("episode_rows", _rows(connection, EPISODES, agency, run.seq))
            engine.register("known", engine.sql(_KNOWN_OF_ROWS, params={"agency": agency}).to_arrow_table())
            engine.execute(f"COPY (SELECT * FROM known) TO '{quoted(part)}' (FORMAT parquet, COMPRESSION zstd)")
    return path


def known_after(ledger: Ledger, agency: str, night: date, archive: Path) -> tuple[Path | None, RunRow | None]:
    """The last run before a night and its work table `known`; None twice on a first night.

    Args:
        ledger: open.
        agency: whose.
        night: the business date; `date.max` for the last run of all.
        archive: the folder of the tables for following nights.
    """
    with ledger.reading() as connection:
        run = run_before(connection, agency, night)
        return (known_of(connection, agency, run, archive) if run else None), run


def _rows(connection: Connection, what: Versioned, agency: str, seq: int | None = None) -> Any:
    """The rows on record now, or right after a run."""
    import pyarrow as pa

    stored = what.stored.c
    then = (
        [stored.to_seq.is_(None)]
        if seq is None
        else [stored.from_seq <= seq, or_(stored.to_seq.is_(None), stored.to_seq > seq)]
    )
    stmt = select(*(stored[name] for name in what.columns)).where(stored.agency == agency, *then)
    rows = connection.execute(stmt).fetchall()
    kinds: Mapping[str, Any] = {"score": pa.float64()}
    return pa.table({
        name: pa.array([row[n] for row in rows], kinds.get(name, pa.int64() if name.endswith("est") else pa.string()))
        for n, name in enumerate(what.columns)
    })  # fmt: skip


def _file(path: Path) -> str:
    return f"read_parquet('{quoted(path)}')"
