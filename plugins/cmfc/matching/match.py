"""A night's matching: from the accepted feeds and people's answers to one choice per report (spec 4.1).

Only what is new or has changed is scored: the pairs of the night before are taken over where both rows are still as
they were, and the model, the code and the size class of the file are the same. That gives what scoring everything
gives, since a pair's score rests on nothing else (scoring.py).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from cmfc.errors import UsageError
from cmfc.matching import scoring
from cmfc.matching.answers import FIRST_SAME, Decision
from cmfc.matching.comparisons import COMPARISONS
from cmfc.matching.model import Model
from cmfc.storage.atomic import write_text
from cmfc.storage.duck import quoted

MATCHES, SCORED, ROWS, SUMMARY = "matches.parquet", "scored.parquet", "rows.parquet", "match.json"
FIELDS = ", ".join(c.name for c in COMPARISONS)
PRINT = "sha256(CAST(row(first, last, given, family, born, sex) AS VARCHAR))"
"""Of what a person compares; weeks and frequencies are left out."""


@dataclass(frozen=True)
class Rules:
    """When a link is made without a person (spec 4.1.3).

    Attributes:
        accept: least probability of a link.
        review: least probability of a question.
        lead_bits: by how much the best child must outweigh the second, in bits; 7 is 128 to 1.
    """

    accept: float = 0.99
    review: float = 0.60
    lead_bits: float = 7.0


@dataclass(frozen=True)
class Matched:
    """What a night's matching did.

    Attributes:
        reports: linked by no id, their time known.
        scored: pairs scored tonight; `kept`: taken over from the night before.
    """

    model: str
    model_digest: str
    basis: str
    reports: int
    scored: int
    kept: int
    methods: dict[str, int]


def match(
    checked: Path,
    out: Path,
    as_of: int,
    model: Model,
    *,
    rules: Rules = Rules(),
    answers: Sequence[Decision] = (),
    previous: Path | None = None,
    threads: int | None = None,
) -> Matched:
    """Matches the reports that are linked by no id.

    Args:
        checked: a night's accepted feeds (docs/architecture.md).
        out: where matches.parquet (steps/060_choice.sql), scored.parquet, rows.parquet and match.json are written.
        as_of: epoch seconds UTC.
        model: the linkage model.
        rules: thresholds.
        answers: what people answered before as_of.
        previous: such an `out` of an earlier night; None: everything is scored.
        threads: of DuckDB; the result does not depend on it.
    """
    out.mkdir(parents=True, exist_ok=True)
    with scoring.opened(out / "spill", threads) as connection:
        scoring.lay_out(connection, checked, as_of)
        basis = _basis(connection, model)
        usable = previous if previous and _is_whole(previous, basis) else None
        scored, carry_over = _score(connection, model, usable)
        choose(connection, model, rules, answers)
        _write(connection, "SELECT * FROM choice ORDER BY ALL", out / MATCHES)
        _write(connection, "SELECT * FROM fresh_scored ORDER BY report_id, child_id", out / SCORED)
        _write(connection, "SELECT * FROM prints ORDER BY side, unique_id", out / ROWS)
        methods = connection.execute(
            "SELECT c.method, count(*) FROM choice AS c JOIN report_rows AS r USING (feed, report_id)"
            " WHERE coalesce(c.place, 1) = 1 AND NOT r.is_untimed GROUP BY c.method ORDER BY c.method"
        ).fetchall()
        reports = sum(number for _, number in methods)
        summary = Matched(model.name, model.digest, basis, reports, scored, carry_over, dict(methods))
    write_text(out / SUMMARY, json.dumps(asdict(summary), indent=1, sort_keys=True) + "\n")
    return summary


def choose(connection: duckdb.DuckDBPyConnection, model: Model, rules: Rules, answers: Sequence[Decision]) -> None:
    """Makes `choice` from `fresh_scored` (steps/060_choice.sql)."""
    _lay_out_answers(connection, answers, model)
    connection.execute(
        "CREATE TABLE rules AS SELECT ?::DOUBLE AS accept, ?::DOUBLE AS review, ?::DOUBLE AS lead_bits",
        [rules.accept, rules.review, rules.lead_bits],
    )
    for step, table in (("050_open.sql", "possible"), ("055_doubts.sql", "doubts"), ("060_choice.sql", "choice")):
        sql = scoring.STEPS.joinpath(step).read_text(encoding="utf-8").replace("{fields}", FIELDS)
        connection.execute(f"CREATE TABLE {table} AS {sql}")


def read_summary(out: Path) -> Matched:
    """What `match` said of a night."""
    return Matched(**_summary(out))


def prints_of(checked: Path, as_of: int, report: str, child: str) -> tuple[str, str]:
    """The prints (see PRINT) of a report (`feed:id`) and a child, for an answer to remember.

    Raises:
        UsageError: CMFC-E05 the night has no such report that no id links, or no such child.
    """
    with scoring.opened() as connection:
        scoring.lay_out(connection, checked, as_of, only=(report, child))
        prints = []
        for side, unique_id in (("report", report), ("child", child)):
            rows = connection.execute(f"SELECT {PRINT} FROM {side} WHERE unique_id = ?", [unique_id]).fetchall()
            if not rows:
                raise UsageError("CMFC-E05", f"The night has no such {side}, or an id on file links the report.")
            prints.append(str(rows[0][0]))
    return prints[0], prints[1]


def _score(connection: duckdb.DuckDBPyConnection, model: Model, previous: Path | None) -> tuple[int, int]:
    """Makes `prints` and `fresh_scored`; gives the pairs scored and the pairs taken over."""
    connection.execute(
        "CREATE TABLE prints AS"
        " SELECT 'child' AS side, unique_id, md5_number_lower(CAST(c AS VARCHAR)) AS print FROM child AS c UNION ALL"
        " SELECT 'report', unique_id, md5_number_lower(CAST(r AS VARCHAR)) FROM report AS r"
    )
    if previous is None:
        scored = scoring.pair_up(connection)
        scoring.score(connection, model, "fresh_scored")
        return scored, 0
    rows, pairs = (quoted(previous / name) for name in (ROWS, SCORED))
    connection.execute(
        "CREATE TABLE fresh AS SELECT side, unique_id FROM prints"
        f" EXCEPT SELECT p.side, p.unique_id FROM prints AS p JOIN read_parquet('{rows}') AS b"
        " ON b.side = p.side AND b.unique_id = p.unique_id AND b.print = p.print"
    )
    scored = scoring.pair_up(
        connection,
        "c.unique_id IN (SELECT unique_id FROM fresh WHERE side = 'child')"
        " OR r.unique_id IN (SELECT unique_id FROM fresh WHERE side = 'report')",
    )
    scoring.score(connection, model, "newly_scored")
    connection.execute(
        f"CREATE TABLE pairs_taken_over AS SELECT s.* FROM read_parquet('{pairs}') AS s"
        " JOIN child AS c ON c.unique_id = s.child_id JOIN report AS r ON r.unique_id = s.report_id"
        " WHERE s.child_id NOT IN (SELECT unique_id FROM fresh WHERE side = 'child')"
        " AND s.report_id NOT IN (SELECT unique_id FROM fresh WHERE side = 'report')"
    )
    connection.execute("CREATE TABLE fresh_scored AS FROM newly_scored UNION ALL BY NAME FROM pairs_taken_over")
    return scored, scoring.count(connection, "pairs_taken_over")


def _lay_out_answers(connection: duckdb.DuckDBPyConnection, answers: Sequence[Decision], model: Model) -> None:
    """Makes `answers`, `claims` and `scored`, in which every pair of either stands, however little it weighs."""
    answers = [decision for decision in answers if decision.answer != FIRST_SAME]  # it waits for the second reader
    columns = {
        "report_id": [f"{d.feed}:{d.report_id}" for d in answers],
        "child_id": [d.child_id for d in answers],
        "answer": [d.answer for d in answers],
        "answered_at": [d.decided_at for d in answers],
        "answer_id": [d.decision_id for d in answers],
        "report_print": [d.report_print for d in answers],
        "child_print": [d.child_print for d in answers],
    }
    kinds = {"answered_at": pa.int64(), "answer_id": pa.int64()}
    connection.register(
        "answer_rows", pa.table({n: pa.array(v, kinds.get(n, pa.string())) for n, v in columns.items()})
    )
    connection.execute(
        "CREATE TABLE answers AS SELECT g.*,"
        " g.report_print IN ('', r.print) AND g.child_print IN ('', c.print) AS is_unchanged"
        f" FROM answer_rows AS g"
        f" JOIN (SELECT unique_id, {PRINT} AS print FROM report) AS r ON r.unique_id = g.report_id"
        f" JOIN (SELECT unique_id, {PRINT} AS print FROM child) AS c ON c.unique_id = g.child_id"
    )
    connection.execute(f"CREATE TABLE claims AS {scoring.CLAIMS}")
    connection.execute(
        "CREATE OR REPLACE TABLE pair AS SELECT child_id, report_id FROM answers"
        " UNION SELECT child_id, report_id FROM claims ORDER BY ALL"
    )
    if not scoring.count(connection, "pair"):
        connection.execute("CREATE TABLE scored AS FROM fresh_scored")
        return
    scoring.score(connection, model, "wanted", least_weight=None)
    connection.execute(
        "CREATE TABLE scored AS FROM fresh_scored AS s WHERE NOT EXISTS (SELECT 1 FROM wanted AS a"
        " WHERE a.child_id = s.child_id AND a.report_id = s.report_id) UNION ALL BY NAME FROM wanted"
    )


def _basis(connection: duckdb.DuckDBPyConnection, model: Model) -> str:
    """What two nights must share so that scores of one hold in the other."""
    children = int(connection.execute("SELECT children FROM size").fetchall()[0][0])
    text = f"{model.digest}|{scoring.size_class(children)}|{_code_digest()}|{duckdb.__version__}"
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _code_digest() -> str:
    digest = hashlib.sha256()
    folder = files("cmfc.matching")
    for part in sorted((*folder.iterdir(), *folder.joinpath("steps").iterdir()), key=lambda p: p.name):
        if part.name.endswith((".py", ".sql")):
            digest.update(part.name.encode() + b"\0" + part.read_bytes())
    return digest.hexdigest()


def _is_whole(previous: Path, basis: str) -> bool:
    """Whether an earlier night's scores may be taken over: a disk that was full, or a kill, may have left half of them.

    Without them everything is scored, which gives the same.
    """
    try:
        for name in (ROWS, SCORED):
            pq.read_metadata(previous / name)
        return _summary(previous).get("basis") == basis
    except (OSError, ValueError, pa.ArrowException):
        return False


def _summary(out: Path) -> dict[str, Any]:
    path = out / SUMMARY
    summary: dict[str, Any] = json.loads(path.read_bytes()) if path.is_file() else {}
    return summary


def _write(connection: duckdb.DuckDBPyConnection, sql: str, path: Path) -> None:
    connection.execute(f"COPY ({sql}) TO '{quoted(path)}' (FORMAT parquet, COMPRESSION zstd)")
