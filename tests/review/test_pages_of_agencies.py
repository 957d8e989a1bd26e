"""Several agencies in one installation: a person sees those whose nightly DAG they may read, and no other."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import HTTPException

from cmfc.orchestration import identity
from cmfc.review.access import Role

READS = {"kim": {"adams", "boone"}, "lee": {"boone"}, "sam": set()}
ANSWERS = {("kim", "adams")}


class Manager:
    """Grants by agency, as an auth manager with rights over single DAGs gives them."""

    def is_authorized_dag(self, *, method: str, details: Any, user: Any, access_entity: Any = None) -> bool:
        agency = details.id.removeprefix("cmfc_nightly__")
        return (user.get_name(), agency) in ANSWERS if method == "PUT" else agency in READS[user.get_name()]

    def is_authorized_connection(self, *, method: str, user: Any) -> bool:
        return False


@pytest.fixture(autouse=True)
def _installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("adams", "boone"):
        (tmp_path / f"{name}.yml").write_text(f"agency: {name}\n", encoding="utf-8")
    monkeypatch.setenv("CMFC_AGENCIES", str(tmp_path))
    monkeypatch.setattr(identity, "get_auth_manager", Manager)


def identify(name: str, agency: str | None = None) -> Any:
    request: Any = SimpleNamespace(path_params={"agency": agency} if agency else {})
    user: Any = SimpleNamespace(get_name=lambda: name)
    return identity.identify(request, user)


def test_a_person_is_offered_the_agencies_they_may_see() -> None:
    assert identify("kim").agencies == ("adams", "boone") and identify("lee").agencies == ("boone",)


def test_the_role_is_that_in_the_agency_looked_at() -> None:
    assert identify("kim", "adams").role is Role.REVIEWER
    assert identify("kim", "boone").role is identify("lee", "boone").role is Role.VIEWER


@pytest.mark.parametrize(("name", "agency"), [("lee", "adams"), ("sam", "boone"), ("sam", None), ("kim", "clark")])
def test_of_another_agency_nothing_is_shown(name: str, agency: str | None) -> None:
    with pytest.raises(HTTPException) as refused:
        identify(name, agency)
    assert refused.value.status_code == 403
