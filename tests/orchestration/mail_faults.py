"""The fault table of notifications: ways in which a mail server fails, and what becomes of a message then."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from tests.support.mail_server import MailServer

UNREACHED = {"no route": OSError(101, "Network is unreachable"), "no answer": TimeoutError("timed out")}
"""What the system says of an address without a route or an answer; none is so on every machine, so these are played."""
KINDS = ("night", "late", "watch", "tamper", "failed")


@dataclass(frozen=True)
class Fault:
    """One way to fail.

    Attributes:
        what: in words, as in the documentation.
        server: the fault of the mail server (tests/support/mail_server.py); None: it is not reached at all.
        host: what the connection names instead of the server.
        reason: what the log says.
        state: of the message after the first try: `waiting`, or `unsure`.
        arrived: whether the server has the message after that try.
    """

    what: str
    reason: str
    server: str = ""
    host: str = ""
    state: str = "waiting"
    arrived: bool = False

    @property
    def code(self) -> str:
        """What the task fails with."""
        return {"waiting": "CMFC-A10", "unsure": "CMFC-A11"}[self.state]


FAULTS = (
    Fault("The connection is refused", "ConnectionRefusedError", host="closed port"),
    Fault("The server's name is not known (DNS)", "gaierror", host="mail.invalid"),
    Fault("No answer at connecting (time-out)", "TimeoutError", host="no answer"),
    Fault("It connects and says nothing (time-out)", "AirflowException", server="silent"),
    Fault("The network cannot be reached", "OSError", host="no route"),
    Fault("It hangs up at once (Airflow: unable to connect)", "AirflowException", server="hangs up at once"),
    Fault("It is busy (421)", "SMTPConnectError:421", server="busy"),
    Fault("It refuses the password (535)", "SMTPAuthenticationError:535", server="locked out"),
    Fault("It refuses the recipients for now (450, greylisting)", "SMTPRecipientsRefused", server="greylists"),
    Fault("It hangs up before the text", "SMTPServerDisconnected", server="hangs up before the text"),
    Fault("It refuses the text (554)", "_Refused:554", server="refuses the text"),
    Fault(
        "It hangs up after the text",
        "SMTPServerDisconnected",
        server="hangs up after the text",
        state="unsure",
        arrived=True,
    ),
)


def connection(server: MailServer, host: str = "") -> dict[str, Any]:
    """Airflow's connection `smtp_default`."""
    port = 1 if host == "closed port" else server.port
    extra = {"disable_ssl": True, "disable_tls": True, "from_email": "cmfc@example.org", "timeout": 1, "retry_limit": 0}
    return {
        "conn_type": "smtp", "host": "127.0.0.1" if host in ("", "closed port", *UNREACHED) else host, "port": port,
        "login": "cmfc", "password": "secret", "extra": extra,
    }  # fmt: skip


@contextmanager
def failing(server: MailServer, fault: Fault, connect: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    """The mail server as the fault has it; `connect` sets Airflow's connection. It works again at the end."""
    server.fault = fault.server
    connect(connection(server, fault.host))
    try:
        if fault.host in UNREACHED:
            with patch("socket.create_connection", side_effect=UNREACHED[fault.host]):
                yield
        else:
            yield
    finally:
        server.fault = ""
        connect(connection(server))
