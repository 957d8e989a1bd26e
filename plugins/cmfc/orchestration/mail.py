"""One e-mail through Airflow's SMTP connection, told apart by how far it got and not by what kind of error ended it.

Airflow's own hook sends again after any error, also where the server may have taken the message already, and does not
say which recipients were refused. So the hook connects and signs in, and the conversation is held here.
"""

import hashlib
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from typing import Any

from cmfc.ledger.delivery import HandOver, Parcel, Receipt
from cmfc.privacy.logs import logger
from cmfc.settings import Settings

log = logger("cmfc.airflow")
ACCEPTED, GO_ON = (250, 251), 354


class _Refused(Exception):
    """The server answered that it does not take the message; its code, or None where it was not asked."""

    def __init__(self, smtp_code: int | None = None) -> None:
        super().__init__()
        self.smtp_code = smtp_code


def recipients() -> list[str]:
    """Those whom the settings name."""
    return [address.strip() for address in Settings().notify_to.split(",") if address.strip()]


def deliver(parcel: Parcel, hand_over: HandOver) -> Receipt:
    """Send a message to those who do not have it yet; never raises.

    Whatever goes wrong before the text is handed over, and a refusal by the server after that, leaves it `waiting`;
    silence after it is `unsure`. Where the server refuses some recipients, the others get it and it waits for the rest.
    """
    reached, is_handed = set(parcel.reached), False
    try:
        missing = [address for address in recipients() if digest_of(address) not in reached]
        if not missing:
            return Receipt("sent", frozenset(reached))
        with _connected() as (client, sender):
            refused = _name_recipients(client, sender, missing)
            if (code := client.docmd("DATA")[0]) != GO_ON:
                raise _Refused(code)
            hand_over()
            is_handed = True
            client.send(_quoted(_write(parcel, sender)))
            if (code := client.getreply()[0]) not in ACCEPTED:
                is_handed = False
                raise _Refused(code)
            reached |= {digest_of(address) for address in missing if address not in refused}
            with suppress(smtplib.SMTPException, OSError):
                client.quit()
            if refused:
                return _note(Receipt("waiting", frozenset(reached), f"refused:{min(refused.values())}"))
            return Receipt("sent", frozenset(reached))
    except Exception as error:  # noqa: BLE001 - how far it got decides, not what ended it
        state = "unsure" if is_handed else "waiting"
        return _note(Receipt(state, frozenset(reached), _word(error)))  # type: ignore[arg-type]


def digest_of(address: str) -> str:
    """What stands for an address on record."""
    return hashlib.sha256(address.lower().encode()).hexdigest()[:12]


@contextmanager
def _connected() -> Iterator[tuple[smtplib.SMTP, str]]:
    """A connection of the hook, signed in, and the sender's address."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook
    from airflow.sdk import conf

    hook = SmtpHook(smtp_conn_id=conf.get("email", "email_conn_id", fallback=SmtpHook.default_conn_name))
    hook.get_conn()
    client: Any = hook._smtp_client  # noqa: SLF001 - shown nowhere else; tests/orchestration sends through it
    try:
        yield client, Settings().notify_from or hook.from_email or ""
    finally:
        client.close()


def _name_recipients(client: smtplib.SMTP, sender: str, addresses: list[str]) -> dict[str, int]:
    """Begin a message; the recipients that the server refuses, with its code.

    Raises:
        SMTPRecipientsRefused: it refuses all.
    """
    client.ehlo_or_helo_if_needed()
    if not sender:
        raise _Refused
    if (code := client.mail(sender)[0]) not in ACCEPTED:
        raise _Refused(code)
    answers = {address: client.rcpt(address)[0] for address in addresses}
    refused = {address: code for address, code in answers.items() if code not in ACCEPTED}
    if len(refused) == len(addresses):
        raise smtplib.SMTPRecipientsRefused({address: (code, b"") for address, code in refused.items()})
    return refused


def _write(parcel: Parcel, sender: str) -> bytes:
    """The message; its id is made of its key, so that whoever gets two of one can tell."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, ", ".join(recipients()), parcel.subject
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{hashlib.sha256(parcel.key.encode()).hexdigest()[:32]}@cmfc>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(parcel.html, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def _quoted(text: bytes) -> bytes:
    """As it stands after DATA: lines that begin with a dot get another, and a dot alone ends it."""
    lines = text.removesuffix(b"\r\n").split(b"\r\n")
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines) + b"\r\n.\r\n"


def _word(error: Exception) -> str:
    """The kind of a failure without anything a server said, which may quote an address."""
    return type(error).__name__ + (f":{code}" if (code := getattr(error, "smtp_code", None)) else "")


def _note(receipt: Receipt) -> Receipt:
    log.warning("A notification did not go out.", status=f"{receipt.state}:{receipt.reason}")
    return receipt
