"""How long a click on the review page takes: one person, then many at once, through a real Airflow.

Usage: python -m benchmarks.review [--ledger sqlite] [--ledger postgresql] [--children 260000] [--users 20]
    [--seconds 120] [--think 1.0]

One after the other on each kind of ledger. The agency and its first night are made below `--folder` once and used again
(a PostgreSQL from its pip wheel keeps its data there too). Then Airflow is started (api-server,
scheduler, dag-processor; the clicking shares their cores), every kind of click is done ALONE times by one reviewer, and
`--users` people click for `--seconds`, each waiting 0 to 2 x `--think` seconds between an answer and the next click.
A click is one request and its whole answer; style and script are not counted, browsers draw nothing here.
"""

import argparse
import os
import random
import re
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import httpx
import numpy as np

from cmfc.ingest.mapping import load_mapping
from cmfc.ledger.queries import Filter, Listed, list_findings
from cmfc.ledger.store import open_ledger
from cmfc.pipeline.nightly import mark_current, run_night
from cmfc.pipeline.run import run_of
from cmfc.settings import PROJECT, Settings
from cmfc_demo.local_airflow import LocalAirflow
from cmfc_demo.run import airflow, write_agency

NIGHT, PAGES, ALONE = "2026-09-30", "/cmfc/demo", 30
WEIGHTS = {
    "missing now": 10, "cases": 10, "code and office": 10, "findings by deadline": 5, "page far down": 5,
    "new tonight": 5, "search an id": 10, "child": 15, "finding": 10, "questions": 3, "question": 5, "overview": 1,
    "changes": 1, "acknowledge": 10,
}  # fmt: skip
FORMS = ("acknowledge", "search an id")
LEDGERS = ("sqlite", "postgresql")


@dataclass
class Reviewer:
    """One signed-in person. `took`: seconds by kind of click; `failed`: answers that were not what was asked for."""

    client: httpx.Client
    listed: list[Listed]
    questions: list[str]
    draw: random.Random
    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failed: list[str] = field(default_factory=list)
    page: str = ""
    form: dict[str, str] = field(default_factory=dict)

    def click(self, kind: str) -> None:
        """Do one click and note its seconds."""
        began = time.perf_counter()
        answer = self.client.post(self.page, data=self.form) if kind in FORMS else self._get(kind)
        self.took[kind].append(time.perf_counter() - began)
        if answer.status_code not in ((200,) if kind != "acknowledge" else (303, 409)):
            self.failed.append(f"{kind}: {answer.status_code}")

    def prepare(self, kind: str) -> None:
        """Opens, uncounted, the page whose form is sent."""
        if kind in FORMS:
            one = self._one()
            page = f"{PAGES}/findings/{one.exception_id}"
            self.form = dict(re.findall(r'name="(token|revision)" value="([^"]+)"', self.client.get(page).text))
            self.form |= {"kind": "acknowledge"} if kind == "acknowledge" else {"text": one.child_id or one.subject_id}
            self.page = page if kind == "acknowledge" else f"{PAGES}/search"

    def _one(self) -> Listed:
        return self.draw.choice(self.listed)

    def _get(self, kind: str) -> httpx.Response:
        far, like = self.draw.randrange(1, len(self.listed) // 500), self._one()
        where = {
            "missing now": "/", "cases": "/list", "findings by deadline": "/findings?sort=deadline",
            "code and office": f"/list?queue=all&code={like.code}&office={like.office or ''}",
            "page far down": f"/list?queue=all&page={far}", "new tonight": "/list?queue=all&changed=new",
            "changes": "/changes", "child": f"/child/{next(f.child_id for f in (like, *self.listed) if f.child_id)}",
            "finding": f"/findings/{self._one().exception_id}", "questions": "/questions", "overview": "/overview",
            "question": self.draw.choice(self.questions) if self.questions else "/questions",
        }[kind]  # fmt: skip
        return self.client.get(PAGES + where)


@contextmanager
def ledger_on(kind: str, folder: Path) -> Iterator[None]:
    """Has everything use a ledger of this kind."""
    os.environ.pop("CMFC_LEDGER", None)
    if kind == "sqlite":
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    server = import_module("tests.support.postgres").start(str(folder / "postgres"), is_kept=True)
    os.environ["CMFC_LEDGER"] = server.get_uri().replace("postgresql://", "postgresql+psycopg2://")
    try:
        yield
    finally:
        del os.environ["CMFC_LEDGER"]
        server.cleanup()


def make(folder: Path, children: int) -> None:
    """The agency and its first night, where they are not there yet."""
    environment = {"CMFC_STORE": folder / "store", "CMFC_LISTS": folder / "lists", "CMFC_AGENCIES": folder / "agency"}
    os.environ |= {name: str(path) for name, path in environment.items()} | {
        "CMFC_CLOCK": "2026-10-01T08:30:00Z", "CMFC_CLOCK_FOR_ACTS": "true"
    }  # fmt: skip
    settings = Settings()
    if settings.lists.exists():
        return
    mapping = load_mapping(write_agency(folder / "agency", NIGHT, children))
    run = run_of(mapping, NIGHT, settings.store, settings.lists, settings.ledger_url())
    run_night(run, settings.now(), lambda _: f"sqlite:///{folder / 'agency' / 'case_management.sqlite'}")
    mark_current(run, settings.lists)


def people(service: LocalAirflow, users: int) -> Iterator[Reviewer]:
    """Signs them in."""
    settings = Settings()
    agency = load_mapping(settings.agencies / "demo.yml").agency
    listed, _ = list_findings(open_ledger(settings.ledger_url()), agency, Filter(), 1_000_000)
    for number in range(users):
        client = httpx.Client(base_url=service.url, timeout=60)
        login = {"username": "reviewer", "password": service.password}
        client.headers["Authorization"] = f"Bearer {client.post('/auth/token', json=login).json()['access_token']}"
        if number == 0:
            began = time.perf_counter()
            client.get(f"{PAGES}/")
            print(f"First page after a night: {time.perf_counter() - began:.1f} s")
        paths = re.findall(rf'href="{PAGES}(/questions/[^"]+)"', client.get(f"{PAGES}/questions").text)
        yield Reviewer(client, listed, paths, random.Random(number))


def working(person: Reviewer, until: float, think: float) -> None:
    """Clicks, waits, clicks."""
    while time.monotonic() < until:
        time.sleep(person.draw.uniform(0, 2 * think))
        (kind,) = person.draw.choices(list(WEIGHTS), list(WEIGHTS.values()))
        person.prepare(kind)
        person.click(kind)


def print_table(title: str, took: dict[str, list[float]]) -> None:
    """A table of milliseconds."""
    print(f"\n{title}\n\n| click | times | p50 ms | p95 ms | most ms |\n|---|---|---|---|---|")
    together = [one for seconds in took.values() for one in seconds]
    for kind, seconds in [*sorted(took.items()), ("all", together)]:
        half, most = 1000 * np.percentile(seconds, (50, 95))
        print(f"| {kind} | {len(seconds)} | {half:.0f} | {most:.0f} | {1000 * max(seconds):.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--children", type=int, default=260_000)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--think", type=float, default=1.0)
    parser.add_argument("--folder", type=Path, default=PROJECT / ".local" / "bench" / "review")
    parser.add_argument("--ledger", action="append", choices=LEDGERS)
    options = parser.parse_args()
    wrong: list[str] = []
    for kind in options.ledger or LEDGERS:
        print(f"\n## Ledger on {kind}\n", flush=True)
        folder = options.folder / kind
        with ledger_on(kind, folder):
            wrong += measure(folder, options)
    print(f"\nErrors: {len(wrong)} {sorted(set(wrong))}")
    sys.exit(bool(wrong))


def measure(folder: Path, options: argparse.Namespace) -> list[str]:
    """One kind of ledger: each click alone, then everybody at once; answers that were not what was asked for."""
    make(folder, options.children)
    with airflow(folder, folder / "agency", NIGHT) as service:
        everyone = list(people(service, options.users))
        print(f"{len(everyone[0].listed):,} findings, {len(everyone[0].questions)} questions, {os.cpu_count()} cores")
        alone = everyone[0]
        for name in ("export.csv", "export.xlsx"):
            began = time.perf_counter()
            size = len(alone.client.get(f"{PAGES}/{name}", timeout=300).content)
            print(f"{name} of everything: {time.perf_counter() - began:.1f} s, {size / 2**20:.0f} MiB")
        for kind in WEIGHTS:
            for _ in range(ALONE):
                alone.prepare(kind)
                alone.click(kind)
        print_table("One reviewer", dict(alone.took))
        wrong = list(alone.failed)
        alone.took.clear()
        alone.failed.clear()
        until = time.monotonic() + options.seconds
        threads = [threading.Thread(target=working, args=(one, until, options.think)) for one in everyone]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    took: dict[str, list[float]] = defaultdict(list)
    for one in everyone:
        wrong += one.failed
        for kind, seconds in one.took.items():
            took[kind] += seconds
    clicks = sum(map(len, took.values()))
    print_table(
        f"{options.users} people, {options.seconds:.0f} s, {clicks / options.seconds:.1f} clicks a second", dict(took)
    )
    return wrong


if __name__ == "__main__":
    main()
