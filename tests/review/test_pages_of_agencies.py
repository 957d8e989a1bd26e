"""Several agencies in one installation: a person sees those whose nightly DAG they may read, and no other."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import HTTPException

from cmfc.errors import UsageError
from cmfc.orchestration import identity
from cmfc.review.access import Role
from cmfc.settings import Settings

READS = {"kim": {"adams", "boone"}, "lee": {"boone"}, "sam": set()}
ROLES = {"kim": ["Adams desk", "Reader"], "lee": ["Reader"], "sam": ["Reader"]}
GIVEN = {"Adams desk": "adams/reviewer", "Reader": "viewer"}


class Manager:
    """Grants by agency, as an auth manager with rights over single DAGs gives them."""

    def is_authorized_dag(self, *, method: str, details: Any, user: Any) -> bool:
        assert method == "GET"  # nothing else is asked of Airflow: no right over connections or tasks is needed
        return details.id.removeprefix("cmfc_nightly__") in READS.get(user.get_name(), {"adams", "boone"})


@pytest.fixture(autouse=True)
def _installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("adams", "boone"):
        (tmp_path / f"{name}.yml").write_text(f"agency: {name}\n", encoding="utf-8")
    monkeypatch.setenv("CMFC_AGENCIES", str(tmp_path))
    monkeypatch.setenv("CMFC_REVIEW_ROLES", json.dumps(GIVEN))
    monkeypatch.setattr(identity, "get_auth_manager", Manager)


def user(name: str, **more: Any) -> Any:
    return SimpleNamespace(get_name=lambda: name, **more)


def identify(name: str, agency: str | None = None, **more: Any) -> Any:
    request: Any = SimpleNamespace(path_params={"agency": agency} if agency else {})
    return identity.identify(request, user(name, **(more or {"roles": ROLES.get(name, [])})))


def refused(*whom: Any, **more: Any) -> bool:
    with pytest.raises(HTTPException) as error:
        identify(*whom, **more)
    return error.value.status_code == 403


def test_a_person_is_offered_the_agencies_they_may_see() -> None:
    assert identify("kim").agencies == ("adams", "boone") and identify("lee").agencies == ("boone",)


def test_the_role_is_that_in_the_agency_looked_at() -> None:
    assert identify("kim", "adams").role is Role.REVIEWER
    assert identify("kim", "boone").role is identify("lee", "boone").role is Role.VIEWER


@pytest.mark.parametrize(("name", "agency"), [("lee", "adams"), ("sam", "boone"), ("sam", None), ("kim", "clark")])
def test_of_another_agency_nothing_is_shown(name: str, agency: str | None) -> None:
    assert refused(name, agency)


def test_a_role_that_is_not_listed_gives_nothing_whatever_it_may_in_airflow() -> None:
    assert refused("ada", roles=["Op", "Admin"]) and refused("ada", role="ADMIN") and refused("ada", other=1)


@pytest.mark.parametrize(
    "shape",
    [{"roles": [SimpleNamespace(name="Adams desk")]}, {"groups": ["Adams desk"]}, {"roles": ["Op", "Adams desk"]}],
    ids=["objects, as FAB has them", "names of groups, as AWS has them", "names of roles"],
)
def test_roles_are_taken_in_each_shape_that_an_auth_manager_gives_them(shape: dict[str, Any]) -> None:
    assert identify("ada", "adams", **shape).role is Role.REVIEWER
    assert refused("ada", "boone", **shape)


def test_a_single_person_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMFC_REVIEW_ROLES", '{"user:ada": "boone/admin"}')
    assert identify("ada", "boone", other=1).role is Role.ADMIN
    assert refused("ada", "adams", other=1) and refused("user:ada", "boone", role="user:ada")


def test_whom_nobody_signed_in_as_has_no_role_even_where_fab_lends_one_to_the_public() -> None:
    assert refused("Anonymous", "adams", roles=["Adams desk"], is_anonymous=True)


@pytest.mark.parametrize(
    "setting", ['{"Reader": "reader"}', '{"Reader": "/viewer"}', '{"Reader": "*/viewer"}', "Reader"]
)
def test_a_setting_of_roles_that_cannot_be_meant_is_refused(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv("CMFC_REVIEW_ROLES", setting)
    with pytest.raises(UsageError, match="CMFC_REVIEW_ROLES") as error:
        Settings()
    assert error.value.code == "CMFC-S01"


def test_by_default_an_operator_of_airflow_has_no_role_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CMFC_REVIEW_ROLES")
    roles = {role: identify("ada", "adams", role=role).role for role in ("VIEWER", "USER", "ADMIN")}
    assert roles == {"VIEWER": Role.VIEWER, "USER": Role.REVIEWER, "ADMIN": Role.ADMIN}
    assert refused("ada", "adams", role="OP") and refused("ada", "adams", roles=["Op"])
