"""On what a night is judged: the flag, else the mapping, else DuckDB; and it is no part of what a night is."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from cmfc.cli.main import app
from cmfc.errors import CmfcError
from cmfc.feeds.catalog import feeds
from cmfc.pipeline import nightly
from cmfc.pipeline.ledger_steps import mapping_text
from cmfc.pipeline.preflight import refuse_unready
from cmfc.pipeline.run import Run
from cmfc.reconcile import engines
from tests.support.small_agency import AS_OF, deliver, mapping_of


def test_the_engine_is_no_part_of_a_feed_or_a_night(tmp_path: Path) -> None:
    text = mapping_of(tmp_path)
    other = text.model_copy(update={"engine": "spark"})
    assert [text.digest_of(feed) for feed in feeds()] == [other.digest_of(feed) for feed in feeds()]
    runs = [Run(one, tmp_path / "a" / "b", tmp_path / "out", AS_OF, "2026-03-09") for one in (text, other)]
    assert mapping_text(runs[0]) == mapping_text(runs[1])
    assert "engine" not in mapping_text(runs[0])


@pytest.mark.parametrize(
    ("mapped", "flag", "judged"),
    [
        (None, None, "duckdb"),
        ("spark", None, "spark"),
        ("spark", "duckdb", "duckdb"),
        (None, "spark", "spark"),
    ],
)
def test_the_flag_wins_over_the_mapping(
    mapped: str | None, flag: str | None, judged: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for feed in feeds().values():
        deliver(tmp_path, feed)
    text = mapping_of(tmp_path).model_dump(mode="json", exclude_defaults=True) | ({"engine": mapped} if mapped else {})
    (tmp_path / "demo.yml").write_text(yaml.safe_dump(text), encoding="utf-8")
    picked: list[str] = []

    def stop(run: Run, *_: Any) -> None:
        picked.append(run.mapping.engine)
        raise CmfcError("CMFC-N03", "far enough")

    monkeypatch.setattr(nightly, "run_night", stop)
    command = ["night", "--agency", str(tmp_path / "demo.yml"), "--date", "2026-03-09"]
    CliRunner().invoke(app, [*command, *(["--engine", flag] if flag else [])])
    assert picked == [judged]


def test_a_night_that_spark_cannot_judge_is_refused_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda _: None)
    text = mapping_of(tmp_path).model_copy(update={"engine": "spark"})
    with pytest.raises(CmfcError) as refused:
        refuse_unready(Run(text, tmp_path / "a" / "b", tmp_path / "out", AS_OF, None))
    assert refused.value.code == "CMFC-K04"


def test_what_is_no_engine_is_refused() -> None:
    done = CliRunner().invoke(app, ["night", "--agency", "x.yml", "--date", "2026-03-09", "--engine", "sparc"])
    assert done.exit_code == 2
