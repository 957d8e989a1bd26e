"""Odd sources, one a folder: the right value by the specification, or a refusal that says where (README.md)."""

import threading
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, text

from cmfc.errors import CmfcError
from cmfc.feeds.catalog import feeds
from cmfc.ingest.readers import read
from cmfc.ingest.sources import XlsxSource
from tests.sources.case import (
    CASES,
    KEYS,
    LAST_NIGHT,
    OUTCOMES,
    Case,
    Night,
    case,
    differences,
    local,
    lost,
    refusal_differences,
    run,
)
from tests.sources.names import names_of, places_of
from tests.support.postgres import Database

pytestmark = pytest.mark.long

FOLDERS = sorted(path.name for path in CASES.iterdir() if path.is_dir())
SLUGS = [slug for slug in FOLDERS if slug != "g04_killed_mid_pull"]


@pytest.mark.parametrize("slug", SLUGS)
def test_case(slug: str, tmp_path: Path, database: Database, capfd: pytest.CaptureFixture[str]) -> None:
    this = case(slug)
    engine = database(this.folder / "ddl.sql") if (this.folder / "ddl.sql").is_file() else None
    wrong, error = outcome(this, tmp_path, (lambda name: engine) if engine else None)
    printed = "".join(capfd.readouterr())
    outputs = {"the error": f"{error}", "what was printed": printed}
    wrong += [f"a name stands in {file}: {name}" for file, name in places_of(names_of(this.folder), tmp_path, outputs)]
    assert not wrong, "\n".join([f"{slug}: {this.says['title']} ({this.says['spec']})", *wrong])


def outcome(this: Case, root: Path, connect: Any) -> tuple[list[str], CmfcError | None]:
    """Runs the case; gives what is wrong, and the error that ended the night."""
    before = run(CASES / this.says["night_before"], root, night=LAST_NIGHT) if "night_before" in this.says else None
    last_list = published(before)
    expected = this.says["outcome"]
    try:
        night = run(this.folder, root, connect)
    except CmfcError as error:
        if this.refusal is None:
            return [f"refused: {error}"], error
        wrong = list(refusal_differences(this.refusal, error.code, error.message))
        wrong += ["exit code 2: no input's fault"] if error.exit_code != 1 else []
        wrong += ["the last night's list changed"] if published(before) != last_list else []
        lists = {path.name for path in (root / "lists").glob("*/????-??-??")}
        wrong += ["something was published"] if lists - {LAST_NIGHT} else []
        return wrong, error
    if expected == "refused":
        return [f"not refused: {[row for row in night.findings() if row[0].startswith('DQ')]}"], None
    wrong = list(differences(this, night)) + list(offices(night)) + list(unlisted(night))
    if expected == "loud":
        wrong += lost(this, night, case("00-base"))
    if "links" in this.says:
        wrong += wrong_links(this.says["links"], night)
    if "times" in this.says:
        wrong += wrong_times(this.says["times"], night)
    return wrong, None


def published(night: Night | None) -> dict[str, bytes]:
    return {} if night is None else {path.name: path.read_bytes() for path in night.run.out.iterdir()}


def offices(night: Night) -> list[str]:
    """Findings that name a child on file and not the child's office."""
    table = pq.read_table(night.run.folder / "checked" / "children.parquet", columns=["child_id", "office"])
    on_file = dict(zip(*(column.to_pylist() for column in table.columns), strict=True))
    wrong = [row for row in night.rows("exceptions") if (on_file.get(row["child_id"]) or "") != row["office"]]
    return [f"{row['code']} {row['subject_id']} {row['child_id']} lacks its office" for row in wrong]


def unlisted(night: Night) -> list[str]:
    """Feeds with rows set aside of which nothing is listed."""
    listed = {row["feed"] for row in night.rows("quarantine") if row["effect"] == "row"}
    facts = night.report["feeds"]
    return [f"{feed}: rows set aside, none listed" for feed in facts
            if facts[feed]["status"] == "ok" and facts[feed]["quarantined"] and feed not in listed]  # fmt: skip


def wrong_links(truth: dict[str, str], night: Night) -> list[str]:
    """Reports linked to a wrong child, and children without a sure link who do not stand as unreported."""
    linked = {row["report_id"]: row["child_id"] for row in night.rows("links")
              if row["feed"] == "le_reports" and row["method"] in ("id", "probable", "decided")}  # fmt: skip
    wrong = [f"{report} is linked to {child}, not {truth[report]}" for report, child in linked.items()
             if child != truth[report]]  # fmt: skip
    unreported = {
        row["child_id"] for row in night.rows("exceptions") if row["code"] == "LE-01" and row["severity"] == "critical"
    }
    questions = {
        row["subject_id"].partition(":")[2] for row in night.rows("exceptions") if row["code"] in ("ID-01", "ID-03")
    }
    children = {row["child_id"] for row in night.rows("episodes")}
    wrong += [f"{child} does not stand as unreported" for child in children - set(linked.values()) - unreported]
    wrong += [f"{child} has a report and stands as unreported" for child in set(linked.values()) & unreported]
    return wrong + [f"{report} is neither linked nor asked about" for report in set(truth) - set(linked) - questions]


def wrong_times(expected: dict[str, Any], night: Night) -> list[str]:
    table = pq.read_table(night.run.folder / "checked" / "absences.parquet")
    keys, begins = (table[name].to_pylist() for name in ("absence_id", "absent_since_earliest"))
    got = {key: local_of(at) for key, at in zip(keys, begins, strict=True)}
    times = {key: str(value)[:16].replace(" ", "T") for key, value in expected.items()}
    return [f"{key} began {got.get(key)}, not {value}" for key, value in times.items() if got.get(key) != value]


def local_of(at: int) -> str:
    from datetime import UTC, datetime

    return local(datetime.fromtimestamp(at, UTC).isoformat())


def test_a_store_of_any_name_will_do(tmp_path: Path) -> None:
    root, base = tmp_path / "O'Neil's [a] {b} (100 %) * é", case("00-base")
    run(base.folder, root, night=LAST_NIGHT)
    assert list(differences(base, run(base.folder, root))) == []


def test_every_folder_is_a_case_and_says_what_is_right() -> None:
    for slug in FOLDERS:
        names = {path.name for path in (CASES / slug).iterdir()}
        assert "expected.yml" in names, f"{slug} has no expectation"
        assert any(path.partition(".")[0] in feeds() for path in names), f"{slug} has no files"
        says = case(slug).says
        assert {"title", "spec", "outcome"} <= set(says) <= KEYS, slug
        assert says["outcome"] in OUTCOMES, slug
        assert says["outcome"] != "done" or "refusal" not in says, slug
        assert says["outcome"] not in ("refused", "refused_or_done") or "refusal" in says, slug
        assert says["outcome"] != "done" or "findings" in says, slug


def test_a_connection_that_ends_in_the_middle_leaves_nothing(tmp_path: Path, database: Database) -> None:
    this = case("g04_killed_mid_pull")
    engine = database(this.folder / "ddl.sql")
    watcher = threading.Thread(target=end_the_sleeper, args=(engine,), daemon=True)
    watcher.start()
    with pytest.raises(CmfcError) as caught:
        run(this.folder, tmp_path, lambda name: engine)
    watcher.join()
    error = caught.value
    assert this.refusal is not None and error.exit_code == 1
    assert not list(refusal_differences(this.refusal, error.code, error.message))
    assert [path.suffix for path in tmp_path.rglob("*placements*")] == [".lock"]
    assert not [path for path in (tmp_path / "lists").rglob("*") if path.is_file()]


def end_the_sleeper(engine: Engine) -> None:
    """Ends the backend that has given some rows and sleeps over the next (the query of the case)."""
    sleeper = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    with engine.connect() as connection:
        while not connection.execute(text(sleeper)).fetchall():
            connection.rollback()  # the statistics are those of the transaction's begin
            time.sleep(0.05)


def test_no_second_of_a_workbooks_times_is_lost() -> None:
    source = XlsxSource(kind="xlsx", path=CASES / "x15_seconds" / "secs.xlsx")
    rows = [(chunk.table["id"].to_pylist(), chunk.table["at"].to_pylist()) for chunk in read("absences", source)]
    ids = [value for chunk, _ in rows for value in chunk]
    times = [value for _, chunk in rows for value in chunk]
    assert ids == [str(minute % 1440) for minute in range(2880)]
    expected = [f"2026-03-0{1 + m // 1440}T{m % 1440 // 60:02}:{m % 60:02}:00" for m in range(2880)]
    assert [value.replace(" ", "T") for value in times] == expected
