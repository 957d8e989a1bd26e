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

SHARES = 12
"""Each takes every twelfth point."""


def crash(root: Path, points: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.ledger.crash", str(root), "sqlite:///{folder}/ledger.sqlite", points]
    environment = {**os.environ, "PYTHONPATH": f"{PROJECT / 'plugins'}:{PROJECT}"}
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def hold(told: dict[str, Any]) -> None:
    assert told["effects"] >= 200
    assert told["killed"] >= told["points"] - 1  # after the last effect there is nothing to be killed before
    assert (told["different"], told["notices_twice"]) == ([], 0)
    assert told["notices_unsure"] <= 3  # killed between claiming a message and sending it: it is not sent again


def test_a_night_killed_at_some_points_and_run_again_is_the_same(tmp_path: Path) -> None:
    hold(crash(tmp_path, "82,93"))


@pytest.mark.soak("crash")
@pytest.mark.parametrize("share", range(SHARES))
def test_a_night_killed_at_every_point_and_run_again_is_the_same(
    share: int, tmp_path: Path, figures: Counter[str]
) -> None:
    told = crash(tmp_path, f"{share}/{SHARES}")
    figures.update(points=told["points"], killed=told["killed"], different=len(told["different"]))
    figures.update(notices_twice=told["notices_twice"], notices_unsure=told["notices_unsure"])
    hold(told)
