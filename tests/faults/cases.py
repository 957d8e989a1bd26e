"""The faults of disks, folders, runs and workers, each put into a night that is undone afterwards."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from cmfc.pipeline.nightly import alone
from cmfc.pipeline.run import run_of
from cmfc.ingest.mapping import load_mapping
from cmfc.settings import Settings
from tests.faults.engine import STAGES, Engine
from tests.faults.installation import SOUND, TONIGHT, Installation
from tests.faults.table import Outcome, Row

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
        seen, how = place.outcome(), _how(place, engine, stage, failed)
        again = place.engine()
        assert again.run(stage) == "success", again.tries
        swept = place.sweep()
        later = place.outcome()
    is_reader = failed == "success"  # the task writes nothing
    mails = sent_before if is_reader else "failed 1"
    expected = Outcome(DONE_BEFORE.get(stage, "last night's"), "not marked", mails, SOUND)
    nights = "none" if stage == "report" else "night 1"
    wanted = Outcome("tonight's", "not marked", ", ".join(
        part for part in ("" if is_reader else "failed 1", "" if nights == "none" else nights) if part) or "none", SOUND)  # fmt: skip
    return Row(f"The disk is {kind}", f"before `{stage}`", how + (f", sweep {swept}" if swept else ""),
               expected, seen, wanted, later, not is_reader and "failed" not in seen.mails)  # fmt: skip


def elsewhere_row(place: Installation) -> Row:
    """A worker that has another store."""
    with place.at("match"):
        store = Settings().store
        place.patch.setenv("CMFC_STORE", str(place.base / "elsewhere"))
        engine = place.engine()
        failed = engine.run("match", "match")
        how = _how(place, engine, "match", failed)
        made = [path.name for path in (place.base / "elsewhere").glob("*") if path.name != ".spool"]
        place.patch.setenv("CMFC_STORE", str(store))
        seen = place.outcome()
        assert place.engine().run("match") == "success" and place.sweep() == "" and made == []
        later = place.outcome()
    expected = Outcome("last night's", "marked", "failed 1", SOUND)
    return Row("Workers and runs", "a worker without the store, at `match`", how, expected, seen, AFTER_FAILURE, later,
               "failed" not in seen.mails)  # fmt: skip


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
        seen = place.outcome()
        assert engine.tries["match"] == 2
    return Row("Workers and runs", "another run holds the night", how, GOOD, seen, GOOD, seen, False)


def twice_row(place: Installation) -> Row:
    """Two runs of one night, task by task in turn."""
    with place.at("begin"):
        place_night, place.night = place.night, None
        runs = [place.engine("run-a"), place.engine("run-b")]
        ends = [[one.run(stage, stage) for one in runs] for stage in STAGES]
        place.night = place_night
        seen = place.outcome()
    how = "both done" if all(end == "success" for pair in ends for end in pair) else str(ends)
    return Row("Workers and runs", "two runs of one night in turn", how, GOOD, seen, GOOD, seen, False)


def _how(place: Installation, engine: Engine, stage: str, failed: str) -> str:
    tried = engine.tries.get(stage, 0)
    if failed == "success":
        return "done; it writes nothing there"
    return f"{'tried' if tried < 3 else 'tried 3 times:'} {place.codes()}".replace("tried CMFC", "at once: CMFC")


def rows(place: Installation, stages: Iterator[str] | tuple[str, ...], kinds: tuple[str, ...]) -> Iterator[Row]:
    """The faults of disks at some tasks."""
    for stage in stages:
        for kind in kinds:
            yield disk_row(place, stage, kind)
