"""The fault table of notifications: ways in which a mail server fails, and what becomes of a message then."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import select

from cmfc.errors import CmfcError, InputError
from cmfc.ledger.outbox import put
from cmfc.ledger.store import opened
from cmfc.ledger.tables import outbox
from cmfc.orchestration import notifications, wiring
from cmfc.pipeline.hourly import late
from cmfc.settings import Settings
from tests.support.demo_agency import Agency
from tests.support.mail_server import MailServer

NOW, LATER, DAY = "2026-10-01T13:30:00Z", "2026-10-01T16:00:00Z", "2026-09-30"
NIGHT = {
    "counts": {"better": 0, "worse": 0, "new": 0, "over": 0, "not_checked": 0},
    "severities": {"critical": 1}, "offices": [["North", "critical", 1]], "business_date": DAY,
}  # fmt: skip

UNREACHED = {"no route": OSError(101, "Network is unreachable"), "no answer": TimeoutError("timed out")}
"""What the system says of an address without a route or an answer; none is so on every machine, so these are played."""
KINDS = ("night", "late", "watch", "tamper", "failed", "current")


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


class Place:
    """An installation of its own: ledger, lists, store, temporary folder, and a mail server."""

    def __init__(self, agency: Agency, root: Path, patch: pytest.MonkeyPatch, server: MailServer) -> None:
        self.root, self.patch, self.server = root, patch, server
        self.url = f"sqlite:///{root / 'ledger' / 'ledger.sqlite'}"
        self.night = {"agency": "demo", "business_date": DAY}
        patch.setenv("CMFC_NOTIFY_TO", "a@example.org, b@example.org")
        patch.setenv("CMFC_CLOCK", NOW)
        patch.setattr("tempfile.tempdir", str(root / "temporary"))
        patch.setenv("CMFC_STORE", str(root / "store"))
        patch.setenv("CMFC_LISTS", str(root / "lists"))
        for part in ("store", "lists", "temporary"):
            (root / part).mkdir()
        self.connect(connection(server))
        self.break_down()

    def connect(self, smtp: dict[str, Any]) -> None:
        self.patch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(smtp))

    def break_down(self, *parts: str) -> None:
        """Only these do not answer: `ledger`, `lists`, `store`, `temporary`."""
        silent = "postgresql+psycopg2://reader:secret@127.0.0.1:1/no"
        self.patch.setenv("CMFC_LEDGER", silent if "ledger" in parts else self.url)
        for part in ("store", "lists", "temporary"):  # a file in its place stops root too
            folder, away = self.root / part, self.root / f"{part} away"
            if part in parts and not away.exists():
                folder.rename(away)
                folder.write_text("no folder", encoding="utf-8")
            elif part not in parts and away.exists():
                folder.unlink()
                away.rename(folder)

    def context(self, key: str | None = DAY, **more: Any) -> dict[str, Any]:
        run = SimpleNamespace(partition_key=key, clear_number=0)
        return {"dag_run": run, "params": {}, "dag": SimpleNamespace(dag_id="cmfc_nightly__demo"), "run_id": "r"} | more

    def states(self) -> dict[str, str]:
        with opened(self.url) as ledger, ledger.reading() as rows:
            return {row.key: row.state for row in rows.execute(select(outbox))}

    def task(self, kind: str) -> None:
        """What the DAG's task does for a kind of message."""
        run, settings = wiring.find_run(self.night), Settings()
        key = f"{kind}:1"
        with opened(self.url) as ledger:
            if kind == "night":
                put(ledger, run.mapping.agency, key, kind, NIGHT, 1)
            elif kind == "watch":
                body = {"business_date": DAY, "due": 2, "fresh": 1}
                if not put(ledger, run.mapping.agency, key, kind, body, 1):
                    return
            elif kind == "current":
                put(ledger, run.mapping.agency, key, kind, {"agency": "demo", "stands": DAY, "taken_back": [DAY]}, 1)
            elif kind == "late":
                late_key = late(run.mapping, ledger, settings.lists, settings.now(), settings.late_hour)
                if late_key is None:
                    return
                key = late_key
        if kind == "tamper":
            notifications.sound_alarm(self.night, InputError("CMFC-J08", "changed", "at entries 3, 4"))
        elif kind == "failed":
            notifications.NightFailed().notify(self.context())
        else:
            notifications.send_notification(self.night, key)

    def sweep(self, clock: str = LATER) -> dict[str, int]:
        """What the hourly DAG's task does."""
        self.patch.setenv("CMFC_CLOCK", clock)
        return notifications.send_waiting(self.night)


def code_of(task: Callable[[], object]) -> str:
    """What a task fails with; empty: it is done."""
    try:
        task()
    except CmfcError as error:
        return error.code
    return ""
