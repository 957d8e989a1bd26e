"""Airflow reads its settings when it is first imported, so they are set here, before any test can do that."""

import os
from functools import cache

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.support.places import HOME, PROJECT
from tests.support.postgres import server  # noqa: F401
from tests.support.validation import validation_once  # noqa: F401

SETTINGS = {
    "CORE__DAGS_FOLDER": PROJECT / "dags",
    "CORE__PLUGINS_FOLDER": PROJECT / "plugins",
    "CORE__LOAD_EXAMPLES": False,
    "CORE__UNIT_TEST_MODE": False,
    "CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
    "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": HOME / "passwords.json",
    "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME / 'airflow.db'}",
    "DATABASE__LOAD_DEFAULT_CONNECTIONS": False,
    "API_AUTH__JWT_SECRET": "0" * 96,
    "API__SECRET_KEY": "1" * 64,
    "LOGGING__BASE_LOG_FOLDER": HOME / "logs",
    "LOGGING__LOGGING_LEVEL": "INFO",
}

for name in [name for name in os.environ if name.startswith(("AIRFLOW", "CMFC_"))]:
    if not name.startswith("CMFC_TEST_"):
        del os.environ[name]  # nothing of the person's own installation
os.environ |= {f"AIRFLOW__{name}": str(value) for name, value in SETTINGS.items()}
os.environ["AIRFLOW_HOME"] = str(HOME)


pytest_plugins = ["tests.support.soak"]


class Scheduling(LoadScopeScheduling):
    """Of two processes, one takes a file whole, as its tests share what is slow to make.

    Scenarios are shared out by their setting, as those of one setting are one night; odd sources by the first letter,
    as those of the database have one.
    """

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        name, _, slug = test.rstrip("]").partition("[")
        if name == "test_case":
            return f"{file}::{slug[0]}"
        return f"{file}::{setting_of(slug)}" if name == "test_scenario" else file


@cache
def setting_of(slug: str) -> str:
    from tests.scenarios.scenario import scenario

    return scenario(slug).setting


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    return Scheduling(config, log)
