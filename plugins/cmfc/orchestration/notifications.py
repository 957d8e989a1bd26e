"""What goes out by e-mail, through Airflow's SMTP notifier: counts and a link, never a child (spec 6)."""

from contextlib import suppress
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseNotifier, conf

from cmfc.errors import CmfcError
from cmfc.orchestration import wiring
from cmfc.privacy.logs import logger
from cmfc.settings import Settings

if TYPE_CHECKING:
    from cmfc.ledger.store import Ledger

log = logger("cmfc.airflow")


def mail(subject: str, html: str, context: Any) -> None:
    """Sends one message to those who are named in the settings."""
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    settings = Settings()
    to = [address.strip() for address in settings.notify_to.split(",")]
    SmtpNotifier(to=to, from_email=settings.notify_from or None, subject=subject, html_content=html).notify(context)


def link_of(context: Any) -> str:
    """Where the run is in Airflow."""
    base = conf.get("api", "base_url", fallback="").rstrip("/")
    return f"{base}/dags/{context['dag'].dag_id}/runs/{context['run_id']}"


def send_notification(night: dict[str, str], key: str, context: Any) -> str:
    """Send what the ledger's outbox holds under a key, unless it went out before; return its state."""
    from cmfc.ledger.outbox import send

    run = wiring.find_run(night)
    recipients = Settings().notify_to
    with wiring.ledger(run) as ledger:
        link = link_of(context)
        head = _head_of(ledger, run.mapping.agency)  # before the message is claimed

        def deliver(subject: str, html: str) -> None:
            mail(subject, html + head, context)

        state = send(ledger, run.mapping.agency, key, deliver if recipients else None, link, Settings().now())
    log.info("Notification.", status=state)
    return state


def _head_of(ledger: "Ledger", agency: str) -> str:
    """The journal's head, signed and time-stamped where that is set, for whoever keeps the message (cmfc verify)."""
    from cmfc.ledger.heads import current_head
    from cmfc.ledger.witness import witnessed

    settings = Settings()
    head, key = current_head(ledger, agency), Path(settings.head_key) if settings.head_key else None
    try:
        text = witnessed(agency, head, key, settings.head_authority)
    except CmfcError as error:  # a message without a signature is better than none
        log.error("The journal's head goes out unsigned.", code=error.code)
        text = witnessed(agency, head, None, "")
    return f"<pre>{escape(text)}</pre>"


class NightFailed(BaseNotifier):  # type: ignore[misc]
    """Says that a night failed: counts and a link, never a record (spec 6). By e-mail where one is set, else logged."""

    def notify(self, context: Any) -> None:
        """Called once per run, after its last task; a run that ran out of time has no failed task to mark the list."""
        settings = Settings()
        wiring.mark_stale(context)
        subject, text = self.render(context)
        log.error("A night failed.", **self.counts(context))
        if settings.notify_to:
            mail(subject, text, context)

    def render(self, context: Any) -> tuple[str, str]:
        """Subject and body."""
        counted = self.counts(context)
        link = link_of(context)
        feeds = f"Feeds that passed validation: {counted['accepted']} of {counted['feeds']}."
        return (
            "A nightly reconciliation failed",
            f"<p>{feeds} The last list stays.</p><p><a href='{link}'>{link}</a></p>",
        )

    def counts(self, context: Any) -> dict[str, int]:
        """Feeds that passed validation in this run (`accepted`) of all (`feeds`)."""
        from cmfc.feeds.catalog import feeds

        passed = 0
        with suppress(CmfcError):
            passed = wiring.count_usable(context)
        return {"accepted": passed, "feeds": len(feeds())}
