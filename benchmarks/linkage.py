"""Matching: known truth at three noise levels, a hundred agencies, and speed by size. `python -m benchmarks.linkage`.

Parts may be named: truth, hundred, speed. FEBRL stands in benchmarks/febrl.py.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

from cmfc_demo.linkage_truth import AS_OF, NOTHING, Held, hold
from cmfc_demo.synthetic.strays import draw_strays

SIZES = ((10_000, 1_000), (100_000, 10_000), (1_000_000, 100_000))
"""Children and reports without an id."""


def print_result(name: str, score: Held) -> None:
    wrong = 10_000 * len(score.wrong) / max(1, score.right + len(score.wrong))
    print(
        f"{name}: reports {score.reports}, wrong links {len(score.wrong)} ({wrong:.2f} in 10,000), unreported children"
        f" hidden {score.hidden}, recall {score.recall:.4f}, with questions {score.recall_with_questions:.4f},"
        f" questions per 1,000 {1000 * score.questions / score.reports:.1f}",
        flush=True,
    )
    for line in score.wrong:
        print(f"  WRONG {line}")


def truth() -> None:
    for noise in ("light", "typical", "heavy"):
        print_result(noise, sum((hold(20_000, seed, noise) for seed in range(10)), NOTHING))


def hundred() -> None:
    print_result("typical, 100 agencies", sum((hold(6_000, seed, "typical") for seed in range(100, 200)), NOTHING))


def speed() -> None:
    for children, reports in SIZES:
        with tempfile.TemporaryDirectory(prefix="cmfc-linkage-") as folder:
            feeds = draw_strays(children, 9, AS_OF, "typical", most_reports=reports).feeds
            for night, cut in (("all", 0), ("one", 500)):
                (Path(folder) / night).mkdir()
                for name, table in feeds.items():
                    rows = table.slice(0, len(table) - cut // 2) if cut and name.endswith("_reports") else table
                    pq.write_table(rows, Path(folder, night, f"{name}.parquet"))
            for words in (["one", "out-before", ""], ["all", "out", ""], ["all", "out-next", "out-before"]):
                run = [sys.executable, "-m", "benchmarks.linkage", "match", folder, *words]
                figures = json.loads(subprocess.run(run, check=True, capture_output=True, text=True).stdout)
                print(f"{children} children, {reports} reports, {words[1]}: {figures}", flush=True)


def match_once(folder: str, checked: str, out: str, previous: str) -> None:
    """One night's matching in a process of its own; prints seconds, peak memory in MiB and pairs."""
    import resource

    began = time.perf_counter()
    from cmfc.matching.match import match
    from cmfc.matching.model import load_model

    before = Path(folder, previous) if previous else None
    done = match(Path(folder, checked), Path(folder, out), AS_OF, load_model("default"), previous=before)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    seconds = round(time.perf_counter() - began, 2)
    print(json.dumps({"seconds": seconds, "peak_mib": peak, "scored": done.scored, "kept": done.kept}))


def main() -> None:
    if sys.argv[1:2] == ["match"]:
        match_once(*sys.argv[2:6])
        return
    parts = {"truth": truth, "hundred": hundred, "speed": speed}
    for name in sys.argv[1:] or parts:
        parts[name]()


if __name__ == "__main__":
    main()
