"""Runs one night in a process that kills itself before its n-th effect, again and again; told by test_crash.py.

An effect is whatever touches a file or the database: opening for writing, renaming, linking, removing, making a folder
(seen by an audit hook), and every statement, commit and rollback. Killed before effect n + 1 is killed after effect n.
Usage: python -m tests.ledger.crash ROOT URL_TEMPLATE POINTS; prints one JSON object. POINTS are `all`, percents as in
`80,95`, or the third of twelve shares of all as in `2/12`.
"""

import json
import os
import shutil
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event, select, text, true
from sqlalchemy.engine import Engine

from cmfc.feeds.catalog import feeds
from cmfc.ledger.delivery import Deliver, HandOver, Parcel, Receipt
from cmfc.ledger.outbox import send
from cmfc.ledger.store import open_ledger
from cmfc.ledger.tables import journal, metadata, outbox, row_digests
from cmfc.pipeline.nightly import mark_current, run_night
from cmfc.pipeline.run import run_of
from tests.support import small_agency as door

FIRST, SECOND = "2026-03-09", "2026-03-10"
DAY = 86_400
CHANGES = frozenset({"os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod"})


class Count:
    """Counts effects below a folder, and ends the process before one of them."""

    def __init__(self, root: Path, last: int | None) -> None:
        self.root, self.last, self.effects = str(root), last, 0

    def effect(self) -> None:
        if self.effects == self.last:
            os.kill(os.getpid(), signal.SIGKILL)
        self.effects += 1

    def audit(self, name: str, args: tuple[Any, ...]) -> None:
        is_write = name == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        is_path = (is_write or name in CHANGES) and isinstance(args[0], (str, os.PathLike))
        if is_path and str(args[0]).startswith(self.root):
            self.effect()

    def watch(self) -> None:
        sys.addaudithook(self.audit)
        for name in ("before_cursor_execute", "commit", "rollback"):
            event.listen(Engine, name, lambda *_, **__: self.effect())


def deliver_first(root: Path) -> None:
    """The agency's files, and a first night that nothing happens to."""
    for feed in feeds().values():
        rows = [row | ({"verified": "false"} if "verified" in row else {}) for row in door.good_rows(feed)]
        os.utime(door.deliver(root, feed, rows), (door.PULLED_AT, door.PULLED_AT))


def night(root: Path, url: str, day: str, pulled_at: int) -> None:
    run = run_of(door.mapping_of(root, max_age_hours=72, count_band=(0.5, 2.0)), day, root / "store",
                     root / "lists", url)  # fmt: skip
    run_night(run, pulled_at)
    mark_current(run, root / "lists")
    run_id = json.loads((run.folder / "work" / "ledger.json").read_bytes())["run_id"]
    ledger = open_ledger(url)
    send(ledger, "demo", f"night:{day}:{run_id}", deliver_to(root, day), "link", pulled_at)
    ledger.close()


def deliver_to(root: Path, day: str) -> Deliver:
    """A mail server that takes everything, and leaves a line in `sent.txt`."""

    def deliver(_: Parcel, hand_over: HandOver) -> Receipt:
        hand_over()
        with (root / "sent.txt").open("a") as stream:
            stream.write(day + "\n")
        return Receipt("sent")

    return deliver


def in_a_child(what: Any) -> int:
    """Runs it in a forked process; gives the signal or status it ended with."""
    pid = os.fork()
    if pid == 0:
        try:
            what()
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1]


def state(root: Path, url: str) -> dict[str, Any]:
    """Everything that must be the same: every row of the ledger, and every published file.

    What became of the message is apart (`sent.txt`): a process that died while sending leaves other entries of it.
    """
    of_messages = {
        "outbox": outbox.c.kind.is_(None),
        "journal": journal.c.kind != "message",
        "row_digests": row_digests.c.relation != "outbox",
    }
    engine = create_engine(url)
    schema = None if url.startswith("sqlite") else "cmfc"
    content: dict[str, Any] = {}
    with engine.connect().execution_options(schema_translate_map={"cmfc": schema}) as connection:
        for table in metadata.sorted_tables:
            rows = connection.execute(select(table).where(of_messages.get(table.name, true())))
            content[table.name] = sorted(str(tuple(row)) for row in rows)
    engine.dispose()
    lists = root / "lists"
    content |= {str(p.relative_to(lists)): p.read_bytes() for p in sorted(lists.rglob("*")) if p.is_file()}
    return content


def fresh(base: Path, target: Path, url: str, template: str) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(base, target, copy_function=_copy)
    if not url.startswith("sqlite"):
        engine = create_engine(template.rsplit("/", 1)[0] + "/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            name = url.rsplit("/", 1)[1].split("?")[0]
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()


def _copy(source: str, target: str) -> None:
    shutil.copy2(source, target)


def points_of(points: str, total: int) -> list[int]:
    if "/" in points:
        share, of = points.split("/")
        return list(range(int(share), total + 1, int(of)))
    return list(range(total + 1)) if points == "all" else [total * int(part) // 100 for part in points.split(",")]


def main() -> None:
    root, url_template, points = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    import_module("great_expectations")
    for name in ("ledger.record", "validation.validate", "worklists.publish", "reconcile.engine"):
        import_module(f"cmfc.{name}")  # a fork of a process that has imported it all is quick; no engine is open yet

    base, clean, work = root / "base", root / "run", root / "run"
    base.mkdir(parents=True)
    deliver_first(base)

    def url(folder: Path) -> str:
        return url_template.format(folder=folder)

    def first() -> None:
        night(work, url(work), FIRST, door.PULLED_AT)

    def second() -> None:
        night(work, url(work), SECOND, door.PULLED_AT + DAY)

    shutil.copytree(base, work, copy_function=_copy)
    assert in_a_child(first) == 0
    shutil.rmtree(base)
    shutil.copytree(work, base, copy_function=_copy)
    count_file = root / "count.json"

    def counted() -> None:
        count = Count(work, None)
        count.watch()
        second()
        count_file.write_text(str(count.effects))

    assert in_a_child(counted) == 0
    total = int(count_file.read_text())
    expected = state(clean, url(clean))
    chosen = points_of(points, total)
    different, twice, missing, killed = [], 0, 0, 0
    for last in chosen:
        fresh(base, work, url(work), url_template)

        def dies(at: int = last) -> None:
            Count(work, at).watch()
            second()

        killed += in_a_child(dies) == signal.SIGKILL
        if in_a_child(second) != 0 or state(work, url(work)) != expected:
            different.append(last)
        sent = (work / "sent.txt").read_text().splitlines().count(SECOND)
        twice, missing = twice + (sent > 1), missing + (sent == 0)
    print(json.dumps({"effects": total, "points": len(chosen), "killed": killed,
                      "different": different, "notices_twice": twice, "notices_unsure": missing}))  # fmt: skip


if __name__ == "__main__":
    main()
