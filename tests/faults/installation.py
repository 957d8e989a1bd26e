"""A small installation that can be put back to the moment before any task of its second night, and broken."""

import json
import os
import resource
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from cmfc.errors import CmfcError
from cmfc.ingest.mapping import load_mapping
from cmfc.orchestration import notifications
from cmfc.pipeline.current_list import current, stale
from cmfc.pipeline.maintenance import verify_agency
from cmfc.pipeline.run import run_of
from cmfc.settings import Settings
from cmfc_demo.run import write_agency
from cmfc_demo.synthetic.agency import CONNECTION
from tests.faults.engine import STAGES, Engine, dag_of
from tests.faults.table import Outcome
from tests.orchestration.mail_faults import connection
from tests.support.mail_server import MailServer

FIRST, TONIGHT = "2026-09-29", "2026-09-30"
CLOCKS = {FIRST: "2026-09-30T08:30:00Z", TONIGHT: "2026-10-01T08:30:00Z"}
LATER = "2026-10-01T13:00:00Z"
SOUND = "sound"
COMPARED = ("exceptions.csv", "episodes.csv", "links.csv", "missing_now.csv")


class Installation:
    """Store, lists and ledger below `root`; mappings, sources and the system's temporary folder elsewhere.

    Attributes:
        before: copies of `root` from before each task of tonight.
        expected: the lists of the night to which nothing happened.
        night: what `begin` handed on in it.
    """

    def __init__(self, base: Path, patch: pytest.MonkeyPatch, server: MailServer, agency: str = "demo") -> None:
        self.base, self.root, self.patch, self.server, self.agency = base, base / "disk", patch, server, agency
        self.before: dict[str, Path] = {}
        self.expected: dict[str, bytes] = {}
        self.night: dict[str, str] | None = None
        folder = base / "agencies"
        if not folder.exists():
            write_agency(folder, TONIGHT, children=5)
        for name in ("store", "lists"):
            patch.setenv(f"CMFC_{name.upper()}", str(self.root / name))
        (base / "temporary").mkdir(exist_ok=True)
        patch.setattr("tempfile.tempdir", str(base / "temporary"))
        for name, value in {
            "CMFC_AGENCIES": str(folder), "CMFC_RETRY_SECONDS": "0", "CMFC_NOTIFY_TO": "a@example.org",
            "AIRFLOW_CONN_SMTP_DEFAULT": json.dumps(connection(server)),
            f"AIRFLOW_CONN_{CONNECTION.upper()}": json.dumps(
                {"conn_type": "sqlite", "host": str(folder / "case_management.sqlite")}
            ),
        }.items():  # fmt: skip
            patch.setenv(name, value)
        self.set_clock(FIRST)
        self.dag = dag_of(agency)

    def set_clock(self, day: str) -> None:
        self.patch.setenv("CMFC_CLOCK", CLOCKS.get(day, day))

    def prepare(self) -> None:
        """The night before, and tonight once without a fault."""
        self.root.mkdir(exist_ok=True)
        assert Engine(self.dag, FIRST).run() == "success"
        self.set_clock(TONIGHT)
        self.dag = dag_of(self.agency)  # the DAG file reads the clock when it is parsed
        engine = self.engine()
        for stage in STAGES:
            self.before[stage] = self.base / "before" / stage
            shutil.copytree(self.root, self.before[stage])
            assert engine.run(stage, stage) == "success", stage
        self.night = engine.night
        self.expected = self.lists()

    def lists(self) -> dict[str, bytes]:
        here = self.root / "lists" / self.agency / TONIGHT
        return {name: (here / name).read_bytes() for name in COMPARED if (here / name).exists()}

    def engine(self, run_id: str = "run-1", **more: Any) -> Engine:
        return Engine(self.dag, TONIGHT, run_id=run_id, night=self.night, **more)

    @contextmanager
    def at(self, stage: str, room_mib: int | None = None) -> Iterator[None]:
        """The moment before a task of tonight; with `room_mib` on a disk of its own with so much room beside."""
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.rmtree(self.base / "temporary")
        (self.base / "temporary").mkdir()
        self.server.deliveries.clear()
        self.server.fault = ""
        self.set_clock(TONIGHT)
        self.root.mkdir()
        if room_mib is None or not may_mount():
            shutil.copytree(self.before[stage], self.root, dirs_exist_ok=True)
            yield
            return
        used = sum(path.stat().st_blocks * 512 for path in self.before[stage].rglob("*")) >> 20
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={used + room_mib}m", "tmpfs", self.root], check=True)
        try:
            shutil.copytree(self.before[stage], self.root, dirs_exist_ok=True)
            yield
        finally:
            subprocess.run(["umount", "-l", self.root], check=True)

    @contextmanager
    def full(self) -> Iterator[None]:
        """No byte more can be written below `root`; without the right to mount, no byte anywhere."""
        if not may_mount():
            soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
            try:
                yield
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            return
        filler = self.root / "filler"
        with filler.open("wb", buffering=0) as stream, suppress(OSError):
            for size in (1 << 20, 4096, 1):
                with suppress(OSError):
                    while stream.write(b"\0" * size):
                        pass
        yield
        filler.unlink()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Nothing below `root` can be written."""
        if may_mount():
            subprocess.run(["mount", "-o", "remount,ro", self.root], check=True)
            yield
            subprocess.run(["mount", "-o", "remount,rw", self.root], check=True)
            return
        folders = [self.root, *(path for path in self.root.rglob("*"))]
        modes = {path: path.stat().st_mode for path in folders}
        for path, mode in modes.items():
            path.chmod(mode & 0o555)
        yield
        for path, mode in modes.items():
            path.chmod(mode)

    def sweep(self) -> str:
        """What the hourly job does hours later; the code that it fails with."""
        self.set_clock(LATER)
        try:
            notifications.send_waiting({"agency": self.agency, "business_date": TONIGHT})
        except CmfcError as error:
            return error.code
        return ""

    def outcome(self) -> Outcome:
        """What stands."""
        settings = Settings()
        day, mark = current(settings.lists, self.agency), stale(settings.lists, self.agency)
        which = {FIRST: "last night's", TONIGHT: "tonight's"}.get(str(day), str(day))
        if day == TONIGHT and self.lists() != self.expected:
            which = "tonight's, other bytes"
        return Outcome(which, "marked" if mark else "not marked", self.mails(), self.ledger())

    def mails(self) -> str:
        kinds = Counter("failed" if " failed (" in str(mail["Subject"]) else "night" for mail in self.server.mails())
        return ", ".join(f"{kind} {number}" for kind, number in sorted(kinds.items())) or "none"

    def codes(self) -> str:
        """The codes of the failures that were mailed."""
        subjects = [str(mail["Subject"]) for mail in self.server.mails()]
        return ", ".join(one.rpartition("(")[2].rstrip(")") for one in subjects if " failed (" in one)

    def ledger(self) -> str:
        """What `cmfc verify` finds, but for a list that is on record and did not come to stand yet."""
        settings = Settings()
        mapping = load_mapping(settings.agencies / f"{self.agency}.yml")
        run = run_of(mapping, TONIGHT, settings.store, settings.lists, settings.ledger)
        try:
            verify_agency(run, settings.lists)
        except CmfcError as error:
            return f"{error.code} {error.detail}"
        return SOUND


def may_mount() -> bool:
    """Whether this process may put a small disk anywhere."""
    return os.geteuid() == 0 and os.environ.get("CMFC_TEST_NO_MOUNT") is None
