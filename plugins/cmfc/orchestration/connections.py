"""Airflow's connections: where sources are, and the secrets that a setting may name instead of holding them.

They are in Airflow's metadata, in the environment (`AIRFLOW_CONN_…`) or in a secrets backend; Airflow decides.
"""

import os
import sys
from functools import lru_cache
from typing import Any

from airflow.sdk import Connection

from cmfc.errors import UsageError

DRIVERS = {"postgres": "postgresql+psycopg2", "postgresql": "postgresql+psycopg2", "sqlite": "sqlite"}
"""SQLAlchemy's name of a driver by Airflow's connection type; another one is named in the connection's extra."""


def connect(name: str) -> Any:
    """The SQLAlchemy URL of an Airflow connection. A URL object hides its password when printed.

    The driver is named, since a bare `postgresql://` means another one to SQLAlchemy 2.1. Extra: `sqlalchemy_driver`
    names one that is not known here, `sqlalchemy_query` gives the URL's parameters.

    Raises:
        UsageError: CMFC-A02 there is no such connection, CMFC-A03 its driver is not known.
    """
    connection = _connection(name)
    if connection is None:
        raise UsageError("CMFC-A02", f"Airflow has no connection '{name}', which the mapping names.")
    return _url(name, connection)


@lru_cache(maxsize=8)
def secret(name: str, part: str) -> str:
    """The `url` or `password` of the connection that a setting names; asked for once in a process.

    Raises:
        UsageError: CMFC-S02 it is not there, or has no such part; CMFC-A03 its driver is not known.
    """
    connection = _connection(name)
    if connection is None:
        raise UsageError("CMFC-S02", f"A setting names conn:{name}; Airflow has it not, or cannot be asked now.")
    if part == "url":
        return str(_url(name, connection).render_as_string(hide_password=False))
    if not connection.password:
        raise UsageError("CMFC-S02", f"Connection '{name}', which a setting names, has no password.")
    return str(connection.password)


def _connection(name: str) -> Any:
    from airflow.sdk.exceptions import AirflowNotFoundException

    if not hasattr(sys.modules.get("airflow.sdk.execution_time.task_runner"), "SUPERVISOR_COMMS"):
        # Else a command on the command line would not look into Airflow's metadata; `airflow connections` does so too.
        os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    try:
        return Connection.get(name)
    except AirflowNotFoundException:
        return None


def _url(name: str, connection: Any) -> Any:
    from sqlalchemy import URL

    extra = connection.extra_dejson
    driver = extra.get("sqlalchemy_driver") or DRIVERS.get(connection.conn_type)
    if driver is None:
        raise UsageError("CMFC-A03", f"Connection '{name}' is of a type without a known driver; name one in its extra.")
    if driver.startswith("sqlite"):
        return URL.create(driver, database=connection.host)
    query = extra.get("sqlalchemy_query", {})
    return URL.create(
        driver, connection.login, connection.password, connection.host, connection.port, connection.schema, query
    )
