"""The core on Spark gives what it gives on DuckDB: every step, check and work table, however rows are shared out."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cmfc.law.library import load_law
from cmfc.reconcile import duck_engine, engines
from cmfc.reconcile.engine import WORK_TABLES, Night, reconcile
from cmfc.reconcile.engines import open_engine
from cmfc.reconcile.macros import CODE_WORDS, WORDS, zone_words
from cmfc.reconcile.registry import checks
from cmfc.reconcile.spark_words import SPARK_WORDS
from tests.oracle.core import write_checked
from tests.property.test_against_oracle import many_worlds
from tests.support.engines import Inputs, differences, on_duckdb, on_spark
from tests.support.spark import shuffled, spark_session

pytestmark = pytest.mark.long

DAY = 86_400
ROOM = Path(engines.__file__).parent


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    yield from spark_session()


@pytest.fixture(scope="module")
def night(session: Any, tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    """Sixty small nasty worlds, on the night after they were judged first."""
    folder = tmp_path_factory.mktemp("night")
    feeds, world = many_worlds(42, 60)
    write_checked(feeds, world, folder / "checked")
    law = load_law("us/mo", world.zone)
    first = Night("a", world.as_of, world.zone, "us/mo", 3600, True, None, world.status, threads=1)
    reconcile(folder / "checked", folder / "first", first, law)
    later = replace(first, as_of=first.as_of + DAY)
    return Inputs(folder / "checked", later, law, known_episodes=folder / "first" / "known.parquet")


@pytest.fixture
def no_duckdb(monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB cannot be opened, so that what runs runs without it."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("DuckDB was opened")

    monkeypatch.setattr(duckdb, "connect", refuse)
    monkeypatch.setattr(duck_engine, "open_duckdb", refuse)


@pytest.fixture(scope="module")
def expected(night: Inputs, tmp_path_factory: pytest.TempPathFactory) -> Any:
    answer = on_duckdb(night, tmp_path_factory.mktemp("duckdb"))
    raised = [check.code for check in checks() if answer[f"check {check.code}"][0]]
    assert len(raised) >= 60, f"the night has too little in it: {raised}"
    assert all(answer[f"table {name}"][0] for name in WORK_TABLES)
    return answer


@pytest.mark.parametrize("partitions", [3, *(pytest.param(n, marks=pytest.mark.soak("spark")) for n in (1, 7))])
def test_every_step_check_and_table_is_the_same_on_both_engines(
    partitions: int, night: Inputs, expected: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    from cmfc.reconcile import spark_engine

    settings = {**spark_engine.SETTINGS, "spark.sql.shuffle.partitions": str(partitions)}
    if partitions > 1:  # as they come, tables are small enough to be read whole and joined without a shuffle
        settings |= {
            "spark.sql.autoBroadcastJoinThreshold": "-1",
            "spark.sql.adaptive.coalescePartitions.enabled": "false",
        }
        night = replace(night, checked=shuffled(night.checked, tmp_path / "shuffled", partitions))
    monkeypatch.setattr(spark_engine, "SETTINGS", settings)
    request.getfixturevalue("no_duckdb")
    assert differences(expected, on_spark(night, tmp_path / "spark")) == []


def test_every_word_says_the_same_on_both_engines(session: Any, tmp_path: Path) -> None:
    moments = [-2_000_000_000, -1, 0, 631_151_999, 1_709_251_199, 1_774_771_199, 1_774_771_200, 1_793_523_600]
    moments += [2_208_988_801, 5_000_000_000, 253_300_000_000]
    lengths = [0, 59, 60, 3599, 3600, 172_799, 172_800, 5_183_999, 5_184_000, 31_556_951, 31_556_952, 99_999_999, -1]
    blanks = "".join(letter for letter in map(chr, range(0x10000)) if unicodedata.category(letter) == "Zs")
    names = ["Zoë", f"{blanks}ANA{blanks}\u3001", f"\u200bBo\u2060{blanks}", "ÇELİK", "x;y", "a\\b", "", "'"]
    names += ["between", None, "absences#1"]
    rows = [
        (number, (*moments, None)[number % 12], lengths[number % 13], names[number // 7 % 11]) for number in range(156)
    ]

    def of_time(length: int) -> str:
        return f"time_text({length}, local_seconds(moment), local_seconds(moment + {length}))"

    words_by_name = {
        "local_day": "local_day(moment)", "clock": of_time(1), "day": f"on_text({of_time(3600)})",
        "between": f"on_text({of_time(400000)})",
        "whole_days": "whole_days(moment)", "hours": "hours_of(length)",
        "span": "span_text(length, duration_text(length), duration_text(length + 4000))",
        "duration": "duration_text(length)",
        "plain": "plain_name(name)", "listed": "sorted_evidence(with_evidence(name, name || chr(31) || 'b;' || name))",
        "said": "sentence_of(with_evidence(name, 'z'))", "record": "record_name('absences', name)",
        "row": "row_name('absence', name)", "digest": "digest20(name)",
        "age": "completed_years(DATE '2008-02-29', local_day(moment))", "born": "birthday(DATE '2008-02-29', 18)",
        "month": "birthday(DATE '2008-11-30', 21)", "week": "is_within_a_day(moment, moment, 20000)",
    }  # fmt: skip
    words = ", ".join(f"{word} AS {name}_said" for name, word in words_by_name.items())
    sql = f"SELECT number, {words} FROM given ORDER BY number"
    for zone in ("America/Chicago", "Australia/Lord_Howe", "UTC"):
        answers = []
        for name in engines.ENGINES:
            with open_engine(name, zone, tmp_path / zone.replace("/", "-") / name) as engine:
                columns = {"number": "BIGINT", "moment": "BIGINT", "length": "BIGINT", "name": "VARCHAR"}
                engine.fill("given", columns, rows)
                answers.append(engine.rows_of(sql))
        for one, other in zip(*answers, strict=True):
            assert one == other, (zone, rows[int(str(one[0]))])


def test_the_second_dialect_gives_only_words_that_there_are() -> None:
    words = {*WORDS, *CODE_WORDS, *zone_words("UTC")}
    assert set(SPARK_WORDS) - words == {"wall_text(local, form)"}


def test_no_statement_asks_whether_a_row_is_in_none_of_many() -> None:
    """Spark compares every row with every row for NOT IN, unless it is a condition of its own: a join says the same."""
    statements = [path.read_text(encoding="utf-8") for path in ROOM.rglob("*.sql")]
    assert len(statements) > 100
    texts = (re.sub(r"--[^\n]*", "", statement) for statement in statements)
    slow = re.compile(r"\bNOT IN \(\s*SELECT|\bNOT \([^;]*\bIN \(\s*SELECT")
    assert [match.group(0) for text in texts for match in slow.finditer(text)] == []


def test_the_order_of_nulls_decides_nothing(tmp_path: Path) -> None:
    """DuckDB puts nulls last and Spark puts them where a smallest value stands."""
    feeds, world = many_worlds(6, 125)
    write_checked(feeds, world, tmp_path / "checked")
    night = Night("a", world.as_of, world.zone, "us/mo", 0, True, None, world.status, threads=1)
    inputs = Inputs(tmp_path / "checked", night, load_law("us/mo", world.zone))
    last = on_duckdb(inputs, tmp_path / "last")
    with pytest.MonkeyPatch.context() as patch:
        connect = duckdb.connect

        def sparks(*args: Any, **kwargs: Any) -> duckdb.DuckDBPyConnection:
            connection = connect(*args, **kwargs)
            connection.execute("SET default_null_order = 'nulls_first_on_asc_last_on_desc'")
            return connection

        patch.setattr(duckdb, "connect", sparks)
        assert differences(last, on_duckdb(inputs, tmp_path / "first")) == []
