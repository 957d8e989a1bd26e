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
from fastapi import Depends, HTTPException

from cmfc.review.access import Person, Role

DAG = DagDetails(id="cmfc_nightly")
"""Who may read the nightly DAG is a viewer, answer its tasks a reviewer, change connections an admin."""


def identify(user: Annotated[BaseUser, Depends(get_user)]) -> Person:
    """The person who is signed in, by the session's cookie or a bearer token; 401 nobody is, 403 not even a viewer."""
    manager = get_auth_manager()
    role = _role(manager, user)
    if role is None:
        raise HTTPException(403, "You may not read cmfc_nightly.")
    return Person(user.get_name(), role)


def _role(manager: BaseAuthManager, user: BaseUser) -> Role | None:
    answers = DagAccessEntity.HITL_DETAIL
    if not manager.is_authorized_dag(method="GET", details=DAG, user=user):
        return None
    if not manager.is_authorized_dag(method="PUT", access_entity=answers, details=DAG, user=user):
        return Role.VIEWER
    return Role.ADMIN if manager.is_authorized_connection(method="PUT", user=user) else Role.REVIEWER


def secret() -> str:
    """Airflow's own secret, the same in every process of the interface; signs forms and keys pseudonyms."""
    return str(conf.get("api", "secret_key"))
