"""What the ledger costs a night: seconds and peak memory to record many findings, then nights on which few change.

Usage: python -m benchmarks.ledger [--findings 200000] [--episodes 500000] [--nights 6] [--url postgresql+psycopg2://...]
Each line is one night in one process: the first night, then nights with a share of the findings changed.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb

from cmfc.ledger.inputs import FeedInput, NightInputs
from cmfc.ledger.journal import digest
from cmfc.ledger.record import record
from cmfc.ledger.runs import run_before
from cmfc.ledger.store import open_ledger
from cmfc.ledger.verify import verify

AGENCY, FIRST = "bench", date(2026, 1, 1)
CHECKED: dict[str, list[str] | None] = {"lost_columns": [], "rows_before": None}
"""What validation says of a feed, so far as the ledger reads it."""

FINDINGS = """
    SELECT substr(sha256('f' || i
                         || CASE WHEN i % {one_in} = {night} % {one_in} THEN ':' || {night} ELSE '' END), 1, 20)
           AS exception_id,
           'NC-01' AS code, 'E' || i AS subject_id, 'us/federal/report_to_ncmec' AS rule_id, 'ncmec' AS recipient,
           'C' || i AS child_id, 'E' || i AS episode_id, 'high' AS severity, 'act_now' AS queue, TRUE AS is_open,
           'County' || i % 100 AS county, 'Office' || i % 40 AS office, 'W' || i % 3000 AS caseworker_id,
           'ran_away' AS reason, 1000 + i AS began_earliest, 1000 + i AS clock_start_earliest,
           1000 + i AS clock_start_latest, 90000 + i AS deadline_earliest, 90000 + i AS deadline_latest,
           NULL::BIGINT AS observed_at_earliest, NULL::BIGINT AS observed_at_latest, 'absences:A' || i AS evidence
    FROM range({n}) AS r(i)"""
EPISODES = """
    SELECT 'E' || i AS episode_id, 'C' || i AS child_id, 'open' AS status, FALSE AS is_back,
           NULL::VARCHAR AS le_report_id, NULL::VARCHAR AS le_verdict, NULL::VARCHAR AS le_state_verdict,
           NULL::VARCHAR AS ncmec_report_id, NULL::VARCHAR AS ncmec_verdict, NULL::VARCHAR AS ncmec_state_verdict,
           NULL::VARCHAR AS ncic_verdict
    FROM range({n}) AS r(i)"""
KNOWN = """
    SELECT 'E' || i AS episode_id, 'C' || i AS child_id, 'open' AS state, 'absence' AS kind, 'A' || i AS id, 1 AS nth,
           TRUE AS is_name, 1000 + i + CASE WHEN i % 1000 = {night} THEN 1 ELSE 0 END AS began_earliest,
           1000 + i AS began_latest, NULL::BIGINT AS ended_earliest, NULL::BIGINT AS ended_latest
    FROM range({n}) AS r(i)"""
LINKS = """
    SELECT 'ncmec_reports' AS feed, 'R' || i AS report_id, 'C' || i AS child_id, 'E' || i AS episode_id,
           'id' AS method, NULL::DOUBLE AS score
    FROM range({n}) AS r(i)"""
DUTIES = """
    SELECT 'E' || i AS episode_id, recipient, NULL::BIGINT AS accepted_earliest, FALSE AS is_entered,
           NULL::BIGINT AS removed_earliest
    FROM range({n}) AS r(i), (VALUES ('law_enforcement'), ('ncmec')) AS v(recipient)"""
NOTICES = "SELECT '' AS episode_id, '' AS recipient, '' AS verdict, 0::BIGINT AS told_earliest WHERE FALSE"
LINEAGE = "SELECT '' AS episode_id, '' AS change, '' AS other_id WHERE FALSE"


def write_work(work: Path, findings: int, episodes: int, night: int, one_in: int) -> None:
    work.mkdir(parents=True, exist_ok=True)
    queries = {"findings": FINDINGS.format(n=findings, night=night, one_in=one_in),
            "episodes": EPISODES.format(n=episodes), "known": KNOWN.format(n=episodes, night=night),
            "links": LINKS.format(n=episodes), "lineage": LINEAGE, "notices": NOTICES,
            "recipient_duties": DUTIES.format(n=episodes)}  # fmt: skip
    with duckdb.connect() as engine:
        for name, query in queries.items():
            engine.execute(f"COPY ({query}) TO '{work / name}.parquet' (FORMAT parquet, COMPRESSION zstd)")


def one_night(url: str, folder: Path, night: int) -> dict[str, float]:
    """Records the night whose work tables are there."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.perf_counter()
    ledger, day = open_ledger(url), FIRST + timedelta(days=night)
    with ledger.reading() as connection:
        base = run_before(connection, AGENCY, day)
    inputs = NightInputs(
        agency=AGENCY, business_date=day, seen_on=day + timedelta(days=1), as_of=night,
        base_seq=base.seq if base else None,
        code_version="1", engine="1", expectations_digest="1", law_digest="1", model_digest=None,
        matches_sha256="m", mapping="{}",
        feeds={"absences": FeedInput("ok", "0" * 64, "{}", json.dumps({"night": night} | CHECKED), None)},
    )  # fmt: skip
    done = record(ledger, inputs, digest(inputs.identity()), folder / "work", folder / "kept", night)
    took = time.perf_counter() - began
    began = time.perf_counter()
    assert verify(ledger, AGENCY, [])[1] == []
    verified = time.perf_counter() - began
    ledger.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": took, "verified": verified, "mebibytes": peak, "before": before, **done.counts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--findings", type=int, default=200_000)
    parser.add_argument("--episodes", type=int, default=500_000)
    parser.add_argument("--one-in", type=int, default=200, help="one in so many findings changes each night")
    parser.add_argument("--nights", type=int, default=6)
    parser.add_argument("--url", default="")
    parser.add_argument("--night", nargs=3, metavar=("URL", "FOLDER", "NIGHT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.night:
        url, folder, night = options.night
        print(json.dumps(one_night(url, Path(folder), int(night))))
        return
    print("| night | seconds | to verify | peak MiB | of which before | listed | new | over |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="cmfc-bench-") as where:
        url = options.url or f"sqlite:///{where}/ledger.sqlite"
        for night in range(options.nights):
            write_work(Path(where) / "work", options.findings, options.episodes, night, options.one_in)
            command = [sys.executable, "-m", "benchmarks.ledger", "--night", url, where, str(night)]
            figures = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
            print(f"| {night} | {figures['seconds']:.2f} |"
                  f" {figures['verified']:.2f} | {figures['mebibytes']:.0f} | {figures['before']:.0f} |"
                  f" {figures['listed']} | {figures['new']} | {figures['over']} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
