"""A process with FAB's auth manager: one person per role, and what each gets. Prints JSON; run by test_fab.py."""

import json
import logging
import sys
from typing import Any

REQUESTS = {
    "plugins": "/api/v2/plugins",
    "connections": "/api/v2/connections",
    "event log": "/api/v2/eventLogs",
    "runs": "/api/v2/dags/~/dagRuns",
}


def main(roles: list[str]) -> dict[str, dict[str, Any]]:
    """What each role gets, by role; `nobody` is not signed in."""
    from airflow.utils.db import initdb

    initdb()
    from airflow.api_fastapi.app import create_app, get_auth_manager
    from fastapi.testclient import TestClient

    app = create_app("core")
    manager = get_auth_manager()
    with manager.flask_app.app_context():
        security = manager.security_manager
        for role in roles:
            login = role.lower().replace(" ", "_")
            assert security.add_user(login, role, "x", f"{login}@x.example", security.find_role(role), password=login)
        clients = {role: _client(app, manager, role) for role in roles}
        clients["nobody"] = TestClient(app, base_url="http://localhost", follow_redirects=False)
        at_first = {role: client.get(REQUESTS["plugins"]).status_code for role, client in clients.items()}
        for role in ("User", "Viewer"):
            granted = security.create_permission("can_read", "Plugins")
            security.add_permission_to_role(security.find_role(role), granted)
        manager.cache.clear()
        return {
            role: {"plugins at first": at_first[role], **_requests(client), **_answers(manager, role)}
            for role, client in clients.items()
        }


def _client(app: Any, manager: Any, role: str) -> Any:
    from fastapi.testclient import TestClient

    client = TestClient(app, base_url="http://localhost", follow_redirects=False)
    client.headers["Authorization"] = f"Bearer {manager.generate_jwt(_user(manager, role))}"
    return client


def _user(manager: Any, role: str) -> Any:
    return manager.security_manager.find_user(username=role.lower().replace(" ", "_"))


def _requests(client: Any) -> dict[str, Any]:
    got: dict[str, Any] = {what: client.get(path).status_code for what, path in REQUESTS.items()}
    return {**got, "page": _page(client)}


def _page(client: Any) -> Any:
    """The role on the page of an agency, or the status of the refusal."""
    from cmfc.orchestration import identity

    roles: list[Any] = []
    person_class = identity.Person

    def noted(name: str, role: Any, agencies: Any) -> Any:
        roles.append(role)
        return person_class(name, role, agencies)

    identity.Person = noted  # type: ignore[assignment, misc]
    try:
        status = client.get("/cmfc/demo/").status_code
    finally:
        identity.Person = person_class  # type: ignore[misc]
    return roles[0].name.lower() if roles else status


def _answers(manager: Any, role: str) -> dict[str, bool]:
    if role == "nobody":
        return {}
    user, may_answer = _user(manager, role), manager.is_authorized_hitl_task
    login = user.username
    return {
        "asked by login": may_answer(assigned_users={login}, user=user),
        "asked by login, FAB's own": super(type(manager), manager).is_authorized_hitl_task(
            assigned_users={login}, user=user
        ),
        "asked another": may_answer(assigned_users={"somebody_else"}, user=user),
        "asked by number": may_answer(assigned_users={str(user.id)}, user=user),
    }


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    print(json.dumps(main(sys.argv[1:])))
