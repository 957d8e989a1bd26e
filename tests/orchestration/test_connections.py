"""Airflow's connections: where sources are, and what a setting may name in place of a secret."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cmfc.errors import UsageError
from cmfc.ledger.store import opened
from cmfc.orchestration import connections
from cmfc.pipeline.spool import open_if_it_answers
from cmfc.privacy.pseudonyms import read_key
from cmfc.settings import Settings, look_up

KEY = "k" * 40


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    connections.secret.cache_clear()
    yield
    connections.secret.cache_clear()


def _give(monkeypatch: pytest.MonkeyPatch, connection: str) -> None:
    monkeypatch.setattr(connections.Connection, "get", lambda name: connections.Connection.from_json(connection))


@pytest.mark.parametrize(
    ("connection", "url"),
    [
        ({"conn_type": "sqlite", "host": "/data/case work.sqlite"}, "sqlite:////data/case work.sqlite"),
        (
            {"conn_type": "postgres", "host": "db", "login": "reader", "password": "p@ss/word", "schema": "care"},
            "postgresql+psycopg2://reader:p%40ss%2Fword@db/care",
        ),
        (
            {"conn_type": "mssql", "host": "db", "port": 1433, "extra": {"sqlalchemy_driver": "mssql+pyodbc"}},
            "mssql+pyodbc://db:1433",
        ),
    ],
    ids=["sqlite", "postgres", "named driver"],
)
def test_a_connection_becomes_a_url_that_names_its_driver(
    connection: dict[str, Any], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        connections.Connection, "get", lambda name: connections.Connection.from_json(json.dumps(connection))
    )
    address = connections.connect("casework")
    assert address.render_as_string(hide_password=False) == url
    assert "p@ss" not in f"{address!r} {address}" and "p%40ss" not in f"{address!r} {address}"


def test_a_connection_of_a_type_without_a_driver_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        connections.Connection, "get", lambda name: connections.Connection.from_json('{"conn_type": "ftp"}')
    )
    with pytest.raises(UsageError, match="CMFC-A03"):
        connections.connect("casework")


def test_the_ledger_is_opened_where_the_connection_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "elsewhere.sqlite"
    monkeypatch.setenv("AIRFLOW_CONN_CMFC_LEDGER", json.dumps({"conn_type": "sqlite", "host": str(file)}))
    monkeypatch.setenv("CMFC_LEDGER", "conn:cmfc_ledger")
    for url in (Settings().ledger_url(), Settings().desk_url()):
        assert url == "conn:cmfc_ledger"  # what holds settings or runs holds no password
        with opened(url) as ledger:
            assert ledger.engine.url.database == str(file)


def test_on_the_command_line_a_connection_may_stand_in_the_environment_as_a_source_s_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMFC_CONN_CMFC_LEDGER", f"sqlite:///{tmp_path / 'there.sqlite'}")
    with opened("conn:cmfc_ledger") as ledger:
        assert ledger.engine.url.database == str(tmp_path / "there.sqlite")


def test_a_key_is_the_password_of_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_AUDIT_KEY", json.dumps({"conn_type": "generic", "password": KEY}))
    assert read_key("conn:audit_key").secret == KEY.encode() == read_key(KEY).secret


def test_a_connection_that_is_not_there_is_named_and_the_failure_mail_does_not_depend_on_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ledger, error = open_if_it_answers("conn:nowhere", tmp_path)
    assert ledger is None and error is not None and error.code == "CMFC-S02" and "conn:nowhere" in error.message
    monkeypatch.setenv("AIRFLOW_CONN_EMPTY", json.dumps({"conn_type": "generic"}))
    with pytest.raises(UsageError, match="has no password") as refused:
        read_key("conn:empty")
    assert refused.value.code == "CMFC-S02"


def test_what_names_no_connection_is_itself_and_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "secret", None)
    assert look_up("sqlite:///x", "url") == "sqlite:///x" and look_up("", "password") == ""


def test_a_secrets_backend_is_asked(tmp_path: Path) -> None:
    """In a process of its own, as Airflow reads its configuration once."""
    secrets = tmp_path / "connections.json"
    secrets.write_text(json.dumps({"audit_key": {"conn_type": "generic", "password": KEY}}), encoding="utf-8")
    backend = {
        "AIRFLOW__SECRETS__BACKEND": "airflow.secrets.local_filesystem.LocalFilesystemBackend",
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"connections_file_path": str(secrets)}),
    }
    program = "from cmfc.privacy.pseudonyms import read_key; print(len(read_key('conn:audit_key').secret))"
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **backend}, capture_output=True, text=True, check=False
    )
    assert done.stdout.split()[-1:] == ["40"], done.stderr


def test_a_connection_to_postgresql_can_be_chosen_in_the_interface_and_metadata_can_lie_there() -> None:
    """Airflow offers the types of the providers that are installed; its api-server reads metadata through asyncpg."""
    from importlib.util import find_spec

    from airflow.providers_manager import ProvidersManager

    assert "apache-airflow-providers-postgres" in ProvidersManager().providers
    assert find_spec("airflow.providers.postgres.hooks.postgres") and find_spec("asyncpg")
