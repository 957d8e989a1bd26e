"""No record gets into a log: unknown keys, free text and what libraries raise are withheld."""

import errno
import logging
import os
from pathlib import Path

import duckdb
import pytest

from cmfc.errors import CmfcError, InputError
from cmfc.privacy.logs import HIDDEN, logger, without_values


def test_expected_ids_counts_and_paths_are_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "cmfc.test"):
        logger("cmfc.test").info("Feed pulled.", feed="children", rows=12, folder=Path("/a b/c"))
    assert caplog.messages == ["Feed pulled. feed=children folder=/a b/c rows=12"]


@pytest.mark.parametrize("values", [{"child": "C1"}, {"status": "Ann Smith"}, {"feed": {"children": "born 2010, 1"}}])
def test_anything_else_is_withheld(values: dict[str, object], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "cmfc.test"):
        logger("cmfc.test").info("Said.", **values)
    assert caplog.messages == [f"Said. {next(iter(values))}={HIDDEN}"]


def test_an_exception_is_not_quoted(caplog: pytest.LogCaptureFixture) -> None:
    try:
        int("Zebulonia")
    except ValueError:
        logger("cmfc.test").exception("It failed.")
    assert "Zebulonia" not in caplog.text


def test_what_a_library_raises_becomes_its_kind_and_place() -> None:
    with pytest.raises(CmfcError) as stopped, without_values():
        int("Zebulonia")
    assert stopped.value.code == "CMFC-N01"
    assert stopped.value.detail.startswith("ValueError in test_logs.py:")
    assert stopped.value.__suppress_context__


@pytest.mark.parametrize("error", [InputError("CMFC-I02", "stale"), OSError(28, "full")])
def test_our_own_errors_and_the_systems_go_through(error: Exception) -> None:
    with pytest.raises(type(error)) as stopped, without_values():
        raise error
    assert stopped.value is error


def test_a_full_disk_is_the_systems_fault_in_the_systems_words_alone() -> None:
    """DuckDB says it in an error of its own, with a path; Airflow tries again only what the system refused."""
    message = f'IO Error: Could not write file "/tmp/Zebulonia": {os.strerror(errno.ENOSPC)}'
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)) as stopped, without_values():
        raise duckdb.IOException(message)
    assert "Zebulonia" not in str(stopped.value) and stopped.value.errno == errno.ENOSPC
