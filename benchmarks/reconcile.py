"""The core beside a bare scan, and its SQL cut at the verdict table beside three peers that give the same table.

Usage: python -m benchmarks.reconcile [--children 100000 1000000 3000000] [--runs 3] [--parts scan core cut ...]
Each part in a process of its own: CPU and wall seconds, peak memory; then ratios, growth, and rows that differ.
"""

import argparse
import json
import math
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measuring import ROOT, machine
from benchmarks.parts import DUCK, PARTS, PEERS
from benchmarks.records import write_records

FOLDER = ROOT / ".local" / "bench"
SLOW_ABOVE = 1_000_000
"""Children above which the peers are left out."""
Measured = dict[str, float]


def measure(part: str, folder: Path, runs: int) -> Measured:
    """The median of each figure over `runs` fresh processes."""
    command = [sys.executable, "-m", "benchmarks.parts", part, str(folder)]
    results = [
        json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT).stdout)
        for _ in range(runs)
    ]
    return {name: statistics.median(one[name] for one in results) for name in results[0]}


def records_of(children: int) -> Path:
    """Cached checked tables of so many children."""
    folder = FOLDER / f"md5-{children}"
    if not (folder / "returns.parquet").exists():
        write_records(folder, children)
    return folder


def table_row(children: int, part: str, measured: Measured) -> str:
    columns = ("cpu", "seconds", "mebibytes", "rows")
    rest = ", ".join(f"{name} {value:.1f}" for name, value in measured.items() if name not in columns)
    cpu, wall, peak, rows = (measured[name] for name in columns)
    return f"| {children} | {part} | {cpu:.2f} | {wall:.2f} | {peak:.0f} | {rows:.0f} | {rest} |"


def mismatches(folder: Path, part: str) -> str:
    """Rows of the verdict table that differ, counted, with up to three shown."""
    from benchmarks.parts import differing

    wrong = differing(folder, part)
    examples = "".join(f"\n  {row}" for row in wrong[:3])
    return f"  {part}: {len(wrong)} rows differ{examples}"


def ratios(figures: dict[str, Measured]) -> list[str]:
    """How many times as long as the cut each peer takes, and the core against the scan; wall and CPU."""
    pairs = [(peer, DUCK) for peer in PEERS] + [("core", "scan"), (DUCK, "scan")]
    lines = []
    for one, other in pairs:
        if one in figures and other in figures:
            wall, cpu = (figures[one][name] / figures[other][name] for name in ("seconds", "cpu"))
            ratio = f"{wall:.1f} in wall" if one == "postgres" else f"{wall:.1f} in wall, {cpu:.1f} in CPU"
            lines.append(f"  {one} / {other}: {ratio}")
    return lines


def growth(part: str, cpu: dict[int, float]) -> str:
    """The exponent between the smallest and the largest size: 1 is proportional."""
    small, large = min(cpu), max(cpu)
    exponent = math.log(cpu[large] / cpu[small]) / math.log(large / small)
    return f"growth of {part}, CPU, {small} to {large}: exponent {exponent:.2f}"


def run(sizes: Sequence[int], parts: Sequence[str], runs: int) -> dict[str, dict[int, float]]:
    """Measures and prints; CPU seconds by part and size."""
    cpu: dict[str, dict[int, float]] = {part: {} for part in parts}
    print("| children | part | CPU s | wall s | peak MiB | rows | of which |\n|---|---|---|---|---|---|---|")
    notes = []
    for size in sizes:
        folder, figures = records_of(size), dict[str, Measured]()
        for part in parts:
            if part in PEERS and size > SLOW_ABOVE:
                continue
            figures[part] = measure(part, folder, 1 if part in ("loop", "postgres") else runs)
            cpu[part][size] = figures[part]["cpu"]
            print(table_row(size, part, figures[part]), flush=True)
        notes += [f"{size} children:", *ratios(figures)]
        if DUCK in figures:
            notes += [mismatches(folder, part) for part in ("core", *PEERS) if part in figures]
    print("\n" + "\n".join(notes))
    return cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--children", type=int, nargs="+", default=[100_000, 1_000_000, 3_000_000])
    parser.add_argument(
        "--runs", type=int, default=3, help="processes per figure, the median is shown; loop and postgres run once"
    )
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    options = parser.parse_args()
    print(f"{machine()}\n")
    cpu = run(sorted(options.children), options.parts, options.runs)
    print("\n".join(growth(part, seconds) for part, seconds in cpu.items() if len(seconds) > 1))
    print(f"After: {machine()}")


if __name__ == "__main__":
    main()
