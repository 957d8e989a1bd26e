"""FAB's auth manager, the real one, in a process of its own: roles, the entry in the navigation, questions by login.

Every route by every role, in a whole installation: tests/e2e/test_compose.py.
"""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.support.places import PROJECT
from tools.compose_local import FILE, read_compose

pytestmark = pytest.mark.long

PROGRAM = PROJECT / "tests" / "support" / "fab_people.py"
ROLES = ("Admin", "Op", "User", "Viewer", "Public", "CMFC Viewer", "CMFC Reviewer", "CMFC Admin")


class Every(dict[str, str]):
    """Every variable is set."""

    def __missing__(self, name: str) -> str:
        return name

    def get(self, name: str, default: Any = None) -> Any:
        return name


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    root = tmp_path_factory.mktemp("fab")
    (root / "agencies").mkdir()
    (root / "agencies" / "demo.yml").write_text("agency: demo\n", encoding="utf-8")
    stated = read_compose(Every(), FILE)["services"]["api-server"]["environment"]
    fab = {name: value for name, value in stated.items() if name.startswith("AIRFLOW__FAB__") or "AUTH_MANAGER" in name}
    environment = {
        **os.environ, **fab, "AIRFLOW_HOME": str(root), "CMFC_AGENCIES": str(root / "agencies"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{root / 'airflow.db'}", "PYTHONPATH": str(PROJECT),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *ROLES], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_each_role_is_on_the_page_what_the_setting_says(people: dict[str, dict[str, Any]]) -> None:
    assert {role: answers["page"] for role, answers in people.items()} == {
        "Admin": "admin", "User": "reviewer", "Viewer": "viewer", "Op": 403, "Public": 403, "nobody": 401,
        "CMFC Viewer": "viewer", "CMFC Reviewer": "reviewer", "CMFC Admin": "admin",
    }  # fmt: skip


def test_whoever_may_see_the_page_finds_it_in_the_navigation_once_the_grant_is_given(
    people: dict[str, dict[str, Any]],
) -> None:
    """The interface takes its entries from the plugins; deploy/init.sh grants what Airflow's own two lack."""
    assert {role for role, one in people.items() if one["plugins at first"] == 403} == {"User", "Viewer", "Public"}
    assert {role for role, one in people.items() if one["plugins"] == 403} == {"Public"}
    grant = "airflow roles add-perms User Viewer --resource Plugins --action can_read\n"
    assert grant in (PROJECT / "deploy" / "init.sh").read_text(encoding="utf-8")


def test_the_roles_of_the_page_give_nothing_else_of_airflow(people: dict[str, dict[str, Any]]) -> None:
    for role in ("CMFC Viewer", "CMFC Reviewer", "CMFC Admin"):
        assert people[role]["connections"] == people[role]["event log"] == people[role]["runs"] == 403
    assert people["Op"]["connections"] == people["User"]["runs"] == 200


def test_a_question_is_put_to_people_by_their_login_whatever_their_number(people: dict[str, dict[str, Any]]) -> None:
    """FAB's own manager takes the number of the row in place of the login (CMFC_AUDIT_APPROVERS)."""
    for role, answers in people.items():
        if role != "nobody":
            assert answers["asked by login"] and not answers["asked by login, FAB's own"], role
            assert not answers["asked another"] and not answers["asked by number"], role
