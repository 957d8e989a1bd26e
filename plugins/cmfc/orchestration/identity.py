"""What the review page asks of Airflow: who is signed in and what they may do. The only file of it that knows Airflow.

What is imported here is not documented as stable: a new Airflow is tried against tests/review first.
"""

from typing import Annotated

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.base_auth_manager import BaseAuthManager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import get_user
from airflow.configuration import conf
from fastapi import Depends, HTTPException, Request

from cmfc.pipeline.agencies import agencies
from cmfc.review.access import Person, Role
from cmfc.settings import Settings

NIGHTLY = "cmfc_nightly__"


def identify(request: Request, user: Annotated[BaseUser, Depends(get_user)]) -> Person:
    """The person who is signed in, by the session's cookie or a bearer token; 401 nobody is, 403 not even a viewer.

    Who may read an agency's nightly DAG is a viewer of its pages, who may answer its tasks a reviewer, who may change
    connections an admin. What belongs to no agency is for those who may see the pages of one.
    """
    manager, settings = get_auth_manager(), Settings()
    agency = request.path_params.get("agency")
    names = (agencies(settings) or ("",)) if agency is None else (str(agency),)
    roles = {one: role for one in names if (role := _role(manager, user, one)) is not None}
    if not roles:
        raise HTTPException(403, f"You may not read {NIGHTLY}{agency or ''}.")
    return Person(user.get_name(), max(roles.values()), tuple(filter(None, roles)))


def _role(manager: BaseAuthManager, user: BaseUser, agency: str) -> Role | None:
    dag, answers = DagDetails(id=f"{NIGHTLY}{agency}"), DagAccessEntity.HITL_DETAIL
    if not manager.is_authorized_dag(method="GET", details=dag, user=user):
        return None
    if not manager.is_authorized_dag(method="PUT", access_entity=answers, details=dag, user=user):
        return Role.VIEWER
    return Role.ADMIN if manager.is_authorized_connection(method="PUT", user=user) else Role.REVIEWER


def secret() -> str:
    """Airflow's own secret, the same in every process of the interface; signs forms and keys pseudonyms."""
    return str(conf.get("api", "secret_key"))
