"""FAB's auth manager, which asks people by their login; needs the extra `fab` (docs/how-to/production.md)."""

from typing import Any

from airflow.providers.fab.auth_manager.fab_auth_manager import FabAuthManager


class FabByLogin(FabAuthManager):  # type: ignore[misc]
    """FAB knows people by the number of a row, and so would a question that is put to named people.

    Nobody can know that number when a setting is written, and a user who is made anew gets another one. So whoever a
    question is put to is named by login (`CMFC_AUDIT_APPROVERS`). All else is FAB's own.
    """

    def is_authorized_hitl_task(self, *, assigned_users: set[str], user: Any) -> bool:
        """Whether somebody may answer a question that is put to certain logins."""
        return user.username in assigned_users
