"""The core beside a bare scan and two pandas peers: seconds, peak memory, ratios and growth, each in its own process.

Usage: python -m benchmarks.reconcile --children 10000 100000 1000000 [--runs 3] [--growth] [--publish] [--no-loop]
"""

import argparse
import json
import math
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.records import write_records

FOLDER = Path(__file__).resolve().parents[1] / ".local" / "bench"
PARTS = ("scan", "core", "publish", "loop", "vector")
Measured = dict[str, float]


def measure(part: str, folder: Path, runs: int) -> Measured:
    """The median of each figure over `runs` fresh processes."""
    command = [sys.executable, "-m", "benchmarks.parts", part, str(folder)]
    results = [
        json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout) for _ in range(runs)
    ]
    return {name: statistics.median(one[name] for one in results) for name in results[0]}


def records_of(children: int) -> Path:
    """Cached checked tables of so many children."""
    folder = FOLDER / str(children)
    if not (folder / "returns.parquet").exists():
        write_records(folder, children)
    return folder


def table_row(children: int, part: str, measured: Measured, scan: Measured) -> str:
    seconds = ", ".join(f"{k} {v:.2f}" for k, v in measured.items() if k not in ("seconds", "mebibytes", "rows"))
    ratio = f"{measured['seconds'] / scan['seconds']:.1f}"
    figures = f"{measured['seconds']:.2f} | {ratio} | {measured['mebibytes']:.0f} | {measured['rows']:.0f}"
    return f"| {children} | {part} | {figures} | {seconds} |"


def mismatches(folder: Path, part: str) -> str:
    """Episodes whose key or verdict differ between the core and a peer, counted, with up to three shown."""
    from benchmarks.parts import differing

    wrong = differing(folder, part)
    shown = "".join(f"\n  {row}" for row in wrong[:3])
    return f"{part}: {len(wrong)} rows differ from the core{shown}"


def growth(seconds: dict[int, float]) -> str:
    """The exponent between the smallest and the largest size: 1 is proportional."""
    small, large = min(seconds), max(seconds)
    exponent = math.log(seconds[large] / seconds[small]) / math.log(large / small)
    return f"{small} to {large}: exponent {exponent:.2f}"


def ratios(figures: dict[str, Measured]) -> str:
    """How many times as long as the core each peer takes; against judging alone, and with its writing."""
    core = figures["core"]
    peers = [part for part in ("loop", "vector") if part in figures]
    lines = [
        f"{p} / core {figures[p]['seconds'] / core['seconds']:.2f}, / judge {figures[p]['seconds'] / core['judge']:.2f}"
        for p in peers
    ]
    return "; ".join(lines)


def run(sizes: Sequence[int], parts: Sequence[str], runs: int) -> dict[str, dict[int, float]]:
    """Measures and prints; seconds by part and size."""
    seconds: dict[str, dict[int, float]] = {part: {} for part in parts}
    print("| children | part | seconds | / scan | peak MiB | rows | of which |\n|---|---|---|---|---|---|---|")
    notes = []
    for size in sizes:
        folder, figures = records_of(size), {}
        for part in parts:
            figures[part] = measure(part, folder, 1 if part in ("loop", "publish") else runs)
            seconds[part][size] = figures[part]["seconds"]
            print(table_row(size, part, figures[part], figures["scan"]), flush=True)
        notes.append(f"{size} children: {ratios(figures)}")
        notes += [mismatches(folder, part) for part in ("loop", "vector") if part in figures]
    print("\n" + "\n".join(notes))
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--children", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument(
        "--runs", type=int, default=3, help="processes per figure, the median is shown; loop and publish run once"
    )
    parser.add_argument("--growth", action="store_true", help="1,000,000 and 5,000,000 children, without the loop")
    parser.add_argument("--publish", action="store_true", help="also publish the lists")
    parser.add_argument("--no-loop", action="store_true", help="leave the slow peer out")
    options = parser.parse_args()
    sizes = [1_000_000, 5_000_000] if options.growth else sorted(options.children)
    leave_out = {"publish"} - ({"publish"} if options.publish else set())
    leave_out |= {"loop"} if options.growth or options.no_loop else set()
    seconds = run(sizes, [part for part in PARTS if part not in leave_out], options.runs)
    if len(sizes) > 1:
        print("\n".join(f"growth of {part}, {growth(taken)}" for part, taken in seconds.items()))


if __name__ == "__main__":
    main()
