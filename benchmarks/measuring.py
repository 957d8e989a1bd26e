"""What a process has cost so far, and on what machine it ran (Linux)."""

import os
import resource
import subprocess
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def cpu_seconds() -> float:
    """Of this process and of those that it has waited for, user and system."""
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in spent)


def peak_mebibytes(process: int | str = "self") -> float:
    """The most memory that a process has held since its start, or since `forget_peak`."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def forget_peak() -> None:
    """Count the peak anew from what is held now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


@dataclass
class Meter:
    """CPU seconds, wall seconds and peak MiB of stage after stage; the first begins with the process."""

    stage: str
    cpu: float = 0.0
    began: float = field(default_factory=time.perf_counter)
    stages: dict[str, tuple[float, float, float]] = field(default_factory=dict)

    def next(self, stage: str) -> None:
        """End a stage; one of a name that was there before is added to it."""
        cpu, now = cpu_seconds(), time.perf_counter()
        before = self.stages.get(self.stage, (0.0, 0.0, 0.0))
        measured = (before[0] + cpu - self.cpu, before[1] + now - self.began, max(before[2], peak_mebibytes()))
        self.stages[self.stage] = measured
        forget_peak()
        self.stage, self.cpu, self.began = stage, cpu_seconds(), time.perf_counter()


def machine() -> str:
    """Commit, processor, engine and load, as they belong beside every figure."""
    describe = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude", "*"]
    commit = subprocess.run(describe, capture_output=True, text=True, check=False).stdout.strip() or "no commit"
    information = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    name = next((line.partition(":")[2].strip() for line in information.splitlines() if "model name" in line), "?")
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return f"commit {commit}; {os.cpu_count()} cores, {name}; DuckDB {version('duckdb')}; load before {load}"
