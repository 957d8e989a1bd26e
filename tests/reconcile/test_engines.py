"""Spark is refused before a night begins, with what to do, where it cannot run."""

import shutil
from pathlib import Path

import pytest

from cmfc.errors import UsageError
from cmfc.reconcile import engines
from cmfc.reconcile.engines import open_engine, refuse_without_spark


@pytest.fixture
def no_java(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """PySpark is there, and Java is not."""
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    return monkeypatch


def test_without_pyspark_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UsageError) as refused:
        open_engine("spark", "UTC", tmp_path)
    assert refused.value.code == "CMFC-K04"


@pytest.mark.parametrize("home", [None, "", "empty"])
def test_without_java_it_says_so(no_java: pytest.MonkeyPatch, tmp_path: Path, home: str | None) -> None:
    if home is not None:
        no_java.setenv("JAVA_HOME", home and str(tmp_path))
    with pytest.raises(UsageError) as refused:
        open_engine("spark", "UTC", tmp_path)
    assert refused.value.code == "CMFC-K05"


@pytest.mark.parametrize("where", ["home", "path", "gateway"])
def test_a_java_anywhere_will_do(no_java: pytest.MonkeyPatch, tmp_path: Path, where: str) -> None:
    if where == "home":
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "java").touch()
        no_java.setenv("JAVA_HOME", str(tmp_path))
    elif where == "path":
        no_java.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name == "java" else None)
    else:
        no_java.setenv("PYSPARK_GATEWAY_PORT", "25333")
    refuse_without_spark()
