"""What the review page asks of Airflow: who is signed in and what they may do. The only file of it that knows Airflow.

What is imported here is not documented as stable: a new Airflow is tried against tests/review first.
"""

from collections.abc import Iterator
from typing import Annotated, Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.base_auth_manager import BaseAuthManager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagDetails
from airflow.api_fastapi.core_api.security import get_user
from airflow.configuration import conf
from fastapi import Depends, HTTPException, Request

from cmfc.pipeline.agencies import agencies
from cmfc.review.access import Person, role_of
from cmfc.settings import settings_now

NIGHTLY = "cmfc_nightly__"


def identify(request: Request, user: Annotated[BaseUser, Depends(get_user)]) -> Person:
    """The person who is signed in, by the session's cookie or a bearer token; 401 nobody is, 403 not even a viewer.

    Who may read an agency's nightly DAG may see its pages, as the role that `CMFC_REVIEW_ROLES` gives them there. What
    belongs to no agency is for those who may see the pages of one.
    """
    manager, settings = get_auth_manager(), settings_now()
    agency = request.path_params.get("agency")
    readable = (agencies(settings) or ("",)) if agency is None else (str(agency),)
    names = frozenset(names_of(user))
    roles = {
        one: role
        for one in readable
        if (role := role_of(names, one, settings.review_roles)) and _may_read(manager, user, one)
    }
    if not roles:
        raise HTTPException(403, f"You may not see the pages of {agency or 'any agency'}; see CMFC_REVIEW_ROLES.")
    return Person(user.get_name(), max(roles.values()), tuple(filter(None, roles)))


def names_of(user: Any) -> Iterator[str]:
    """What `CMFC_REVIEW_ROLES` may call somebody: their roles or groups in Airflow, and `user:` and their name.

    FAB has objects in `roles`, the simple auth manager the word of one in `role`, others have names in `groups`. Whom
    nobody signed in as has none, whatever role FAB lends to the public.
    """
    if getattr(user, "is_anonymous", False):
        return
    yield f"user:{user.get_name()}"
    if isinstance(role := getattr(user, "role", None), str):
        yield role.capitalize()
    several = user.roles if hasattr(user, "roles") else getattr(user, "groups", None)
    yield from (str(getattr(one, "name", one)) for one in several or ())


def _may_read(manager: BaseAuthManager, user: BaseUser, agency: str) -> bool:
    return bool(manager.is_authorized_dag(method="GET", details=DagDetails(id=f"{NIGHTLY}{agency}"), user=user))


def secret() -> str:
    """Airflow's own secret, the same in every process of the interface; signs forms and keys pseudonyms."""
    return str(conf.get("api", "secret_key"))
