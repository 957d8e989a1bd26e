"""A seeded sample of mutants against scenarios and properties: `python -m tools.mutants --help` (docs/testing.md)."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path

from tools.mutation import reach, trial
from tools.mutation.drawing import ROOMS, draw
from tools.mutation.site import Site

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / ".local" / "mutants"
PARTS = (
    "plugins", "dags", "demo", "expectations", "tests", "benchmarks", "tools", "docs", "pyproject.toml", "README.md",
    "CHANGELOG.md", "LICENSE",
)  # fmt: skip
ENDS = {trial.SURVIVED: "survived", trial.KILLED: "killed", trial.INVALID: "invalid"}


@dataclass
class Worker:
    """A copy of the project and the mutant that is tried in it."""

    tree: Path
    site: Site
    began: float
    source: bytes


def main() -> int:
    """Tries mutants until enough have been judged; gives 1 where fewer are killed than asked."""
    choice = _arguments()
    OUT.mkdir(parents=True, exist_ok=True)
    file = OUT / f"seed-{choice.seed}.jsonl"
    earlier = _earlier(file)
    shared, trees = _workplace(choice)
    trial.import_libraries()
    if not (shared / reach.FILE).exists():
        print("The code as it is, before all judges …", flush=True)
        _refuse_red(choice, trees, shared, file)
    with file.open("a", encoding="utf-8") as notes:
        results = []
        for result in _judged(choice, earlier, trees, shared):
            results.append(result)
            if result["id"] not in earlier:
                notes.write(json.dumps(result, ensure_ascii=False) + "\n")
                notes.flush()
                print(f"{len(results):>4} {result['end']:<9} {result['seconds']:>4} s  {result['path']}:"
                      f"{result['line']} ({result['kind']})", flush=True)  # fmt: skip
    rate = _report(results, choice.seed)
    return int(rate < choice.at_least)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="mutants that can be read by the machine")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sql", type=float, default=0.6, help="share of SQL")
    parser.add_argument("--rooms", nargs="+", choices=ROOMS, default=ROOMS, help="of these rooms alone")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=float, default=trial.WALL_SECONDS,
                        help="how long tests are asked: what none has noticed by then has survived")  # fmt: skip
    parser.add_argument("--at-least", type=float, default=0.0, metavar="SHARE", help="fail below this share of killed")
    return parser.parse_args()


def _earlier(file: Path) -> dict[str, dict[str, object]]:
    """What an earlier run of this seed found, by mutant: one whose file has changed since is another mutant."""
    if not file.exists():
        return {}
    lines = file.read_text(encoding="utf-8").splitlines()
    return {result["id"]: result for result in map(json.loads, lines)}


def _workplace(choice: argparse.Namespace) -> tuple[Path, list[Path]]:
    """The folder that trials share, with what the baseline left there for this code, and a copy of the project each."""
    files = sorted(path for part in PARTS for path in (ROOT / part, *(ROOT / part).rglob("*")) if path.is_file())
    digest = sha256(repr(choice.rooms).encode())
    for path in files:
        if not any(part in ("__pycache__", ".local") for part in path.parts):
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    place, name = (OUT / "work").resolve(), digest.hexdigest()
    trees = [place / f"tree-{n}" for n in range(choice.jobs)]
    code = place / "code"
    if not code.exists() or code.read_text() != name or not all(tree.exists() for tree in trees):
        shutil.rmtree(place, ignore_errors=True)
        (place / "shared").mkdir(parents=True)
        code.write_text(name)
    for tree in trees:  # also after a run that ended in the middle of a mutant
        _copy(tree)
    return place / "shared", trees


def _copy(tree: Path) -> None:
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", ".local")
            shutil.copytree(source, tree / part, ignore=ignored, dirs_exist_ok=True)
        elif source.exists():
            shutil.copy2(source, tree / part)


def _refuse_red(choice: argparse.Namespace, trees: list[Path], shared: Path, file: Path) -> None:
    """Runs all judges on the code as it is, which also compiles it; the other copies take over the byte code."""
    log = file.with_suffix(".baseline.log")
    baseline = trial.fork(trees[0], shared, [trial.judges(trees[0], choice.rooms)], log, baseline_jobs=choice.jobs)
    _, status = os.waitpid(baseline, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"The code as it is does not hold before its own judges: {log}")
    for tree in trees[1:]:
        for cache in trees[0].rglob("__pycache__"):
            shutil.copytree(cache, tree / cache.relative_to(trees[0]), dirs_exist_ok=True)


def _drawn(
    choice: argparse.Namespace, earlier: dict[str, dict[str, object]], shared: Path
) -> Iterator[tuple[Site, list[str] | None]]:
    """Mutants without end, each with the tests of the nights that it changes; None where that was not asked."""
    drawn = draw(ROOT, choice.seed, choice.sql, choice.rooms)
    size = choice.count
    while sites := list(islice(drawn, size)):
        asked = [site for site in sites if reach.is_surveyed(site) and _identity(site) not in earlier]
        changed = reach.survey(shared, ROOT, asked, choice.jobs)
        sites.sort(key=lambda site: not reach.is_surveyed(site))  # the quickest first
        yield from ((site, changed.get(site)) for site in sites if site not in changed or changed[site] is not None)
        size = max(1, choice.count // 20)  # in place of those that could not be read


def _judged(
    choice: argparse.Namespace, earlier: dict[str, dict[str, object]], trees: list[Path], shared: Path
) -> Iterator[dict[str, object]]:
    """Results as they come, until `count` mutants were readable."""
    idle, busy = list(trees), dict[int, Worker]()
    drawn = _drawn(choice, earlier, shared)
    readable, is_more = 0, True
    while True:
        while idle and is_more and readable + len(busy) < choice.count:
            site, changed = next(drawn, (None, None))
            if site is None:
                is_more = False
                break
            result = earlier.get(_identity(site))
            if result is not None:
                readable += result["end"] != "invalid"
                yield result
                continue
            worker = _start(idle.pop(), site)
            log = worker.tree / "trial.log"
            log.with_suffix(".json").unlink(missing_ok=True)
            tests = trial.judges(worker.tree, [_room(site)])
            rounds = reach.rounds(shared, site, worker.source, tests, changed)
            busy[trial.fork(worker.tree, shared, rounds, log, seconds=choice.seconds)] = worker
        if not busy:
            return
        process, status = os.wait()
        worker = busy.pop(process)
        result = _end(worker, os.waitstatus_to_exitcode(status))
        readable += result["end"] != "invalid"
        idle.append(worker.tree)
        yield result


def _identity(site: Site) -> str:
    return site.identity((ROOT / site.path).read_bytes())


def _room(site: Site) -> str:
    return site.path.removeprefix("plugins/cmfc/").split("/")[0]


def _start(tree: Path, site: Site) -> Worker:
    file = tree / site.path
    source = file.read_bytes()
    file.write_bytes(site.apply(source))
    os.utime(file, (time.time() + 60, time.time() + 60))  # so that no byte code of the original is taken for it
    return Worker(tree, site, time.monotonic(), source)


def _end(worker: Worker, code: int) -> dict[str, object]:
    if code == trial.FAILED:
        sys.exit(f"A trial went wrong by itself: {worker.tree / 'trial.log'}")
    site, file = worker.site, worker.tree / worker.site.path
    file.write_bytes(worker.source)
    shutil.copystat(ROOT / site.path, file)
    reason = worker.tree / "trial.json"
    return {
        "id": site.identity(worker.source),
        "end": ENDS.get(code, "killed"),
        "by": json.loads(reason.read_text())["by"] if reason.exists() else f"ended with {code}" if code else "",
        "path": site.path,
        "line": site.line(worker.source),
        "kind": site.kind,
        "is_sql": site.is_sql,
        "change": site.describe(worker.source),
        "seconds": round(time.monotonic() - worker.began),
    }


def _report(results: list[dict[str, object]], seed: int) -> float:
    """Writes the survivors and prints the rates; gives the share of killed."""
    readable = [result for result in results if result["end"] != "invalid"]
    killed = [result for result in readable if result["end"] == "killed"]
    survivors = sorted((r for r in readable if r["end"] == "survived"), key=lambda r: (str(r["path"]), r["line"]))
    lines = [f"# Survivors of seed {seed}: {len(survivors)} of {len(readable)}", ""]
    for result in survivors:
        lines += [f"{result['path']}:{result['line']} ({result['kind']})", "```diff", str(result["change"]), "```", ""]
    page = OUT / f"survivors-{seed}.md"
    page.write_text("\n".join(lines), encoding="utf-8")
    for language, group in (("SQL", True), ("Python", False)):
        ends = Counter(r["end"] for r in results if r["is_sql"] is group)
        print(f"{language}: {ends['killed']} killed, {ends['survived']} survived, {ends['invalid']} could not be read")
    rate = len(killed) / len(readable) if readable else 0.0
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    print(f"{rate:.1%} of {len(readable)} killed; seed {seed}, commit {commit.stdout.strip()}. Survivors: {page}")
    return rate


if __name__ == "__main__":
    sys.exit(main())
