"""The faults of disks, folders, runs and workers, each put into a night that is undone afterwards."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import event

from cmfc.ingest.mapping import load_mapping
from cmfc.pipeline.current_list import current, stale
from cmfc.pipeline.nightly import alone
from cmfc.pipeline.run import run_of
from cmfc.settings import Settings
from tests.faults.engine import STAGES, Engine
from tests.faults.installation import FIRST, SOUND, TONIGHT, Installation
from tests.faults.table import Outcome, Row
from tests.orchestration.mail_faults import FAULTS, Place, code_of, failing
from tests.support.demo_agency import Agency
from tests.support.places import PROJECT

GOOD = Outcome("tonight's", "not marked", "night 1", SOUND)
AFTER_FAILURE = Outcome("tonight's", "not marked", "failed 1, night 1", SOUND)
DONE_BEFORE = {"notify": "tonight's", "report": "tonight's"}


def disk_row(place: Installation, stage: str, kind: str) -> Row:
    """The disk of store, lists and ledger is full, or read-only, when a task begins and at each of its tries."""
    breaks: Callable[[], AbstractContextManager[None]] = place.full if kind == "full" else place.read_only
    with place.at(stage, room_mib=16):
        sent_before = place.mails()
        engine = place.engine()
        with breaks():
            failed = engine.run(stage, stage)
        actual, how = place.outcome(), _how(place, engine, stage, failed)
        again = place.engine()
        assert again.run(stage) == "success", again.tries
        swept = place.sweep()
        later = place.outcome()
    is_reader = failed == "success"  # the task writes nothing
    failure = () if is_reader else ("failed 1",)
    mails = sent_before if is_reader else "failed 1"
    expected = Outcome(DONE_BEFORE.get(stage, "last night's"), "not marked", mails, SOUND)
    night = () if stage == "report" else ("night 1",)
    later_expected = Outcome("tonight's", "not marked", ", ".join((*failure, *night)) or "none", SOUND)
    how += f", sweep {swept}" if swept else ""
    is_silent = not is_reader and "failed" not in actual.mails
    return Row(f"The disk is {kind}", f"before `{stage}`", how, expected, actual, later_expected, later, is_silent)


def elsewhere_row(place: Installation) -> Row:
    """A worker that has another store."""
    with place.at("record"):
        store = Settings().store
        place.patch.setenv("CMFC_STORE", str(place.base / "elsewhere"))
        engine = place.engine()
        failed = engine.run("record", "record")
        how = _how(place, engine, "record", failed)
        paths = [path for path in (place.base / "elsewhere").rglob("*") if path.suffix in (".sqlite", ".parquet")]
        place.patch.setenv("CMFC_STORE", str(store))
        actual = place.outcome()
        assert place.engine().run("record") == "success" and place.sweep() == "" and paths == []
        later = place.outcome()
    expected = Outcome("last night's", "marked", "failed 1", SOUND)
    return Row("Workers and runs", "a worker without the store, at `record`", how, expected, actual, AFTER_FAILURE,
               later, "failed" not in actual.mails)  # fmt: skip


def locked_row(place: Installation) -> Row:
    """Another process holds the night when a task begins; it lets go before the task is tried again."""
    with place.at("match"):
        settings = Settings()
        run = run_of(load_mapping(settings.agencies / "demo.yml"), TONIGHT, settings.store, settings.lists)
        other = alone(run)
        other.__enter__()
        engine = place.engine(before_retry=lambda: other.__exit__(None, None, None))
        failed = engine.run("match")
        how = f"`match` tried {engine.tries['match']} times, {failed}"
        actual = place.outcome()
        assert engine.tries["match"] == 2
    return Row("Workers and runs", "another run holds the night", how, GOOD, actual, GOOD, actual, False)


def twice_row(place: Installation) -> Row:
    """Two runs of one night, task by task in turn."""
    with place.at("begin"):
        place_night, place.night = place.night, None
        runs = [place.engine("run-a"), place.engine("run-b")]
        ends = [[one.run(stage, stage) for one in runs] for stage in STAGES]
        place.night = place_night
        actual = place.outcome()
    how = "both done" if all(end == "success" for pair in ends for end in pair) else str(ends)
    return Row("Workers and runs", "two runs of one night in turn", how, GOOD, actual, GOOD, actual, False)


def _how(place: Installation, engine: Engine, stage: str, failed: str) -> str:
    tried = engine.tries.get(stage, 0)
    if failed == "success":
        return "done; it writes nothing there"
    return f"{'tried' if tried < 3 else 'tried 3 times:'} {place.codes()}".replace("tried CMFC", "at once: CMFC")


def agencies_row(place: Installation) -> Row:
    """Two agencies' nights at once, in two processes, on one store and one ledger."""
    text = (Settings().agencies / "demo.yml").read_text(encoding="utf-8")
    other = Settings().agencies / "hill.yml"
    other.write_text(text.replace("agency: demo", "agency: hill"), encoding="utf-8")
    with place.at("begin"):
        command = [sys.executable, "-m", "tests.faults.engine", TONIGHT]
        path = {"PYTHONPATH": f"{PROJECT / 'plugins'}:{PROJECT / 'demo'}:{PROJECT}"}
        both_run = [
            subprocess.Popen([*command, agency], cwd=PROJECT, env={**os.environ, **path}) for agency in ("demo", "hill")
        ]
        ends = [process.wait(600) for process in both_run]
        lists = Settings().lists
        stands = [(current(lists, one), stale(lists, one)) for one in ("demo", "hill")]
        actual = place.outcome()
    other.unlink()
    how = "both done" if ends == [0, 0] and stands == [(TONIGHT, None)] * 2 else f"{ends} {stands}"
    both = Outcome("tonight's", "not marked", "night 2", SOUND)
    return Row("Workers and runs", "two agencies at once", how, both, actual, both, actual, how != "both done")


@contextmanager
def restarts_at(restart: Callable[[], None], number: int) -> Iterator[list[int]]:
    """The ledger's database is restarted, without a word to anybody, before a statement; gives how many there were."""
    statements: list[int] = []

    def count(*_: Any, **__: Any) -> None:
        statements.append(1)
        if len(statements) == number:
            restart()

    event.listen(Database, "before_cursor_execute", count)
    try:
        yield statements
    finally:
        event.remove(Database, "before_cursor_execute", count)


def restart_rows(place: Installation, restart: Callable[[], None], url: str, share: float) -> Iterator[Row]:
    """PostgreSQL is restarted while the ledger is written by a task; at what share of its statements."""
    place.patch.setenv("CMFC_LEDGER", url)
    with place.at("begin"):
        place.set_clock(FIRST)
        assert Engine(place.dag, FIRST).run() == "success", place.codes()  # also into this ledger
        place.set_clock(TONIGHT)
        place.server.deliveries.clear()
        night, place.night = place.night, None
        engine = place.engine()
        assert engine.run("begin", "validate") == "success"
        for stage in STAGES[3:7]:
            number = max(1, int(STATEMENTS[stage] * share))
            with restarts_at(restart, number) as statements:
                failed = engine.run(stage, stage)
            is_tonight = stage == "publish"
            expected = Outcome("tonight's" if is_tonight else "last night's", "not marked", "none", SOUND)
            got = place.outcome()
            how = (
                f"tried {engine.tries[stage]} times, {place.codes() or failed}; "
                f"at statement {number} of {len(statements)}"
            )
            yield Row("PostgreSQL is restarted", f"during `{stage}`", how, expected, got, expected, got, False)
        place.night = night
    place.patch.delenv("CMFC_LEDGER")


STATEMENTS = {"match": 14, "reconcile": 16, "record": 70, "publish": 24}
"""About how many statements a task sends to the ledger; a restart comes before one of them."""


def mail_rows(base: Path, place: Installation, kind: str) -> Iterator[Row]:
    """Every way in which a mail server fails, for one kind of message."""
    for number, fault in enumerate(FAULTS):
        root = base / f"{kind}-{number}"
        root.mkdir()
        place.server.deliveries.clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("CMFC_LEDGER", raising=False)
            one = Place(Agency(Settings().agencies, root / "store", root / "lists"), root, patch, place.server)
            with failing(place.server, fault, one.connect):
                code = code_of(lambda: one.task(kind))  # noqa: B023 - called at once
            actual = _message(one, code)
            one.sweep() if fault.state == "waiting" else code_of(one.sweep)
            later = _message(one, "" if fault.state == "waiting" else code_of(one.sweep))
        is_told = kind in ("failed", "tamper")
        expected = Outcome(f"message {fault.state}", "task done" if is_told else f"task fails, {fault.code}",
                           f"{int(fault.arrived)} of 1", SOUND)  # fmt: skip
        later_expected = (
            Outcome("message sent", "task done", "1 of 1", SOUND)
            if fault.state == "waiting"
            else Outcome("message unsure", f"task fails, {fault.code}", "1 of 1", SOUND)
        )
        is_silent = later.mails != "1 of 1" and later.mark == "task done"
        yield Row(f"Mail fails: message `{kind}`", fault.what, code or "done", expected, actual, later_expected, later,
                  is_silent)  # fmt: skip


def _message(one: Place, code: str) -> Outcome:
    (state,), arrived = one.states().values(), len(one.server.deliveries)
    return Outcome(f"message {state}", f"task fails, {code}" if code else "task done", f"{arrived} of 1", SOUND)
