"""Puts the review page into Airflow's web interface (docs/how-to/review.md)."""

from typing import Any

from airflow.plugins_manager import AirflowPlugin


class Lazy:
    """The page's application, made at the first request: every task process loads this file and would pay for it."""

    def __init__(self) -> None:
        self._app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hands the request on."""
        if self._app is None:
            from cmfc.orchestration.identity import identify, secret
            from cmfc.review.app import build_app

            self._app = build_app(identify, secret())
        await self._app(scope, receive, send)


class CmfcPlugin(AirflowPlugin):
    """The page under /cmfc, and its entry in the navigation."""

    name = "cmfc"
    fastapi_apps = [{"app": Lazy(), "url_prefix": "/cmfc", "name": "cmfc review"}]  # noqa: RUF012  (Airflow's own form)
    external_views = [  # noqa: RUF012
        {"name": "Children missing", "href": "/cmfc/", "destination": "nav", "url_route": "cmfc", "nav_top_level": True}
    ]
