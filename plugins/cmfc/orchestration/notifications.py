"""What goes out by e-mail (spec 6): counts, codes and a link, never a child. What it says is in ledger/messages.py."""

import hashlib
from contextlib import suppress
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseNotifier, conf

from cmfc.errors import CmfcError
from cmfc.orchestration import failure, mail, wiring
from cmfc.privacy.logs import logger
from cmfc.settings import Settings

if TYPE_CHECKING:
    from cmfc.ledger.store import Ledger

log = logger("cmfc.airflow")
SETTLED = ("sent", "logged")


def page_of(agency: str) -> str:
    """The agency's page; that of all agencies where its name is not known."""
    base = conf.get("api", "base_url", fallback="").rstrip("/")
    return f"{base}/cmfc/{agency}/" if agency else f"{base}/cmfc/"


def link_of(context: Any) -> str:
    """Where the run is in Airflow."""
    base = conf.get("api", "base_url", fallback="").rstrip("/")
    return f"{base}/dags/{context['dag'].dag_id}/runs/{context['run_id']}"


def send_notification(night: dict[str, str], key: str, _context: Any = None) -> str:
    """Send what the ledger's outbox holds under a key, unless it went out before; return its state.

    Raises:
        CmfcError: CMFC-A10 it waits, so that the task is tried again; CMFC-A11 nobody knows whether it arrived.
    """
    from cmfc.ledger.outbox import send

    run = wiring.find_run(night)
    with wiring.ledger(run) as ledger:
        link = page_of(night["agency"])
        deliver = _deliver(_head_of(ledger, run.mapping.agency))  # before the message is claimed
        state = send(ledger, run.mapping.agency, key, deliver, link, Settings().now())
    log.info("Notification.", status=state)
    _refuse_unsettled(waiting=state not in (*SETTLED, "absent", "unsure"), unsure=state == "unsure")
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


def send_waiting(night: dict[str, str]) -> dict[str, int]:
    """Send what waits for an agency, and take over or send what lies in the spool; return how many went out.

    Raises:
        CmfcError: CMFC-A10 or A11 as long as something waits or is unsure; that of a ledger that does not answer, once
            the spool has been gone through.
    """
    from cmfc.ledger.current_lists import announce_choice
    from cmfc.ledger.outbox import due, send, tally
    from cmfc.pipeline.spool import Spool, open_if_it_answers

    run, spool, now = wiring.find_run(night), Spool(Settings().store), Settings().now()
    agency, link = run.mapping.agency, page_of(night["agency"])
    ledger, error = open_if_it_answers(run.ledger, run.store)
    try:
        spool.hand_to(ledger, _deliver(), now)
        if ledger is None:
            assert error is not None
            raise error
        announce_choice(ledger, agency, now)
        whose = [(one, key) for one in (agency, failure.NOBODY) for key in due(ledger, one, now)]
        deliver = _deliver(_head_of(ledger, agency))
        states = [send(ledger, one, key, deliver, link, now) for one, key in whose]
        counts = [tally(ledger, one, now) for one in (agency, failure.NOBODY)]
    finally:
        if ledger is not None:
            ledger.close()
    _refuse_unsettled(any(count.waiting for count in counts), any(count.unsure for count in counts))
    return {"sent": states.count("sent"), "logged": states.count("logged")}


def sound_alarm(night: dict[str, str], error: CmfcError) -> None:
    """The journal was changed (CMFC-J08): put it into the outbox, once for the same entries, and send it.

    What keeps it from going out is logged alone: the task fails with CMFC-J08 anyway, and the message waits.
    """
    from cmfc.ledger.outbox import put

    run = wiring.find_run(night)
    key = f"tamper:{hashlib.sha256(error.detail.encode()).hexdigest()[:20]}"
    body = {"agency": run.mapping.agency, "business_date": night["business_date"], "where": error.detail}
    try:
        with wiring.ledger(run) as ledger:
            is_unsent = put(ledger, run.mapping.agency, key, "tamper", body, Settings().now())
        if is_unsent:
            send_notification(night, key)
    except (CmfcError, OSError) as reason:
        log.error("The alarm waits.", code=getattr(reason, "code", "CMFC-N02"))


def note_failure(context: Any) -> None:
    """A task failed for good: note why, for the message of its run. Runs in the task's process."""
    from cmfc.pipeline.spool import Spool

    with suppress(Exception):  # the other callbacks of the task still have their turn
        Spool(Settings().store).note_reason(failure.key_of(context), failure.reason_of(context.get("exception")))


class RunFailed(BaseNotifier):  # type: ignore[misc]
    """Says that a run failed, once, after its last task: by e-mail where one is set, else in the log.

    The mail goes first and needs neither ledger nor lists nor store; each further step stands alone.
    """

    what: ClassVar[str] = "the run"
    is_once_a_day: ClassVar[bool] = False

    def notify(self, context: Any) -> None:
        """Called in Airflow's DAG processor.

        Raises:
            CmfcError: CMFC-A10, the mail did not go out, and no store, temporary folder or ledger kept it.
        """
        is_safe = not mail.recipients() or self._send(context)
        self.after(context)
        log.error("A run failed.", **self._summary(context))
        if not is_safe:
            raise CmfcError("CMFC-A10", "The mail about a failed run did not go out, and nothing could keep it.")

    def after(self, context: Any) -> None:
        """What else a failure does."""

    def describe(self, context: Any) -> Any:
        """The message."""
        return failure.describe(context, self.what, page_of, link_of(context), self.is_once_a_day)

    def _summary(self, context: Any) -> dict[str, str]:
        """Agency, business date and code for the log, as far as they can be known."""
        with suppress(Exception):
            body = self.describe(context).body
            return {"agency": body["agency"], "business_date": body["business_date"], "code": body["code"]}
        return {}

    def _send(self, context: Any) -> bool:
        """Send the message and hand the spool to the outbox; whether it is out, or kept somewhere."""
        from cmfc.pipeline.spool import Spool, adopt, open_if_it_answers

        settings, message = Settings(), self.describe(context)
        spool = Spool(settings.store)
        if spool.is_begun(message.key):
            return True
        message, path = spool.send(message, mail.deliver, settings.now(), spool.begin(message))
        is_safe = message.state == "sent" or path is not None
        ledger, _ = open_if_it_answers(settings.ledger_url(), settings.store)
        if ledger is not None:
            with suppress(CmfcError, OSError):
                adopt(ledger, message)
                is_safe = True
                spool.hand_to(ledger, mail.deliver, settings.now())
            ledger.close()
        return is_safe


class NightFailed(RunFailed):
    """A night: its list is marked stale as well, as a run that ran out of time has no failed task to do it."""

    what: ClassVar[str] = "the nightly reconciliation"

    def after(self, context: Any) -> None:
        """Mark the list stale."""
        try:
            wiring.mark_stale(context)
        except Exception as error:  # noqa: BLE001 - the mail is out, and nothing may hide that
            log.error("The list could not be marked stale.", code=getattr(error, "code", "CMFC-N02"))


class UpkeepFailed(RunFailed):
    """The daily maintenance."""

    what: ClassVar[str] = "the upkeep of the ledger"


class AuditFailed(RunFailed):
    """An audit extract."""

    what: ClassVar[str] = "the audit extract"


class HourFailed(RunFailed):
    """An hourly run: the same failure is told once a day."""

    what: ClassVar[str] = "the hourly watch"
    is_once_a_day: ClassVar[bool] = True


def _deliver(head: str = "") -> Any:
    """How a message goes out, with the journal's head below it; None where nobody is to get it."""
    if not mail.recipients():
        return None
    return lambda parcel, hand_over: mail.deliver(replace(parcel, html=parcel.html + head), hand_over)


def _refuse_unsettled(waiting: bool, unsure: bool) -> None:
    if unsure:
        raise CmfcError("CMFC-A11", "Of a notification nobody knows whether it arrived.")
    if waiting:
        raise CmfcError("CMFC-A10", "The mail server did not take a notification, or not for everybody; it waits.")
