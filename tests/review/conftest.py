"""A list of the invented agency, and Airflow's own interface with the review page in it, in this process."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.desk import Desk, make_desk, opened
from tests.support.office import ROLES, Office, installation, installed
from tests.support.validation import asked_once


@pytest.fixture(scope="session")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation after its first night; nobody changes it."""
    root = tmp_path_factory.mktemp("office")
    with asked_once(), installed(root):
        return root


@pytest.fixture(scope="module")
def office(first_night: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The review page on it, for one module alone."""
    root = tmp_path_factory.mktemp("review")
    shutil.copytree(first_night, root, dirs_exist_ok=True)
    with installation(root) as instance:
        yield instance


@pytest.fixture(scope="session")
def nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Three nights with all that a desk meets, and who plays which part; nobody changes them."""
    root = tmp_path_factory.mktemp("desk")
    with asked_once():
        return root, make_desk(root)


@pytest.fixture(scope="module")
def desk(nights: tuple[Path, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The review page on them, for one module alone."""
    root = tmp_path_factory.mktemp("morning")
    shutil.copytree(nights[0], root, dirs_exist_ok=True)
    with opened(root, nights[1]) as installation:
        yield installation


@pytest.fixture(scope="module")
def browser(office: Office) -> Iterator[Callable[[str], Any]]:
    """Gives a client that is signed in as one of ROLES; `nobody` is not."""
    from airflow.utils.db import initdb
    from fastapi.testclient import TestClient

    with pytest.MonkeyPatch.context() as patch:
        users = ",".join(f"{name}:{role}" for name, role in ROLES.items())
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", users)
        initdb()
        from airflow.api_fastapi.app import create_app

        app = create_app("core")
        clients: dict[str, Any] = {}

        def client(name: str) -> Any:
            if name not in clients:
                clients[name] = TestClient(app, base_url="http://localhost", follow_redirects=False)
                if name != "nobody":
                    clients[name].headers["Authorization"] = f"Bearer {_token(name, ROLES[name])}"
            return clients[name]

        yield client


def _token(name: str, role: str) -> str:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    return str(get_auth_manager().generate_jwt(SimpleAuthManagerUser(username=name, role=role.upper())))
