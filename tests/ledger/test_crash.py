"""A night killed at any point and run again leaves the same ledger and the same files, and no second notice."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.places import PROJECT

pytestmark = pytest.mark.long

SHARES = 12
"""Each takes every twelfth point."""


def crash(root: Path, points: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.ledger.crash", str(root), "sqlite:///{folder}/ledger.sqlite", points]
    environment = {**os.environ, "PYTHONPATH": f"{PROJECT / 'plugins'}:{PROJECT}"}
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def hold(counts: dict[str, Any]) -> None:
    assert counts["effects"] >= 200
    assert counts["killed"] >= counts["points"] - 1  # after the last effect there is nothing to be killed before
    assert (counts["different"], counts["notices_twice"]) == ([], 0)
    assert counts["notices_unsure"] <= 3  # killed between claiming a message and sending it: it is not sent again


def test_a_night_killed_at_some_points_and_run_again_is_the_same(tmp_path: Path) -> None:
    hold(crash(tmp_path, "82,93"))


@pytest.mark.soak("crash")
@pytest.mark.parametrize("share", range(SHARES))
def test_a_night_killed_at_every_point_and_run_again_is_the_same(
    share: int, tmp_path: Path, figures: Counter[str]
) -> None:
    counts = crash(tmp_path, f"{share}/{SHARES}")
    figures.update(points=counts["points"], killed=counts["killed"], different=len(counts["different"]))
    figures.update(notices_twice=counts["notices_twice"], notices_unsure=counts["notices_unsure"])
    hold(counts)
