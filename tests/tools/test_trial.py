"""A trial says survived, killed, or that it went wrong by itself, which is no word on the mutant."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools.mutation import reach, trial

ROOT = Path(__file__).parents[2]
RUN = """
import os, sys
from pathlib import Path
from tools.mutation import trial
place = Path(sys.argv[1])
process = trial.fork(place / "tree", place, [[name] for name in sys.argv[3:]], place / "trial.log",
                     seconds=float(sys.argv[2]))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
"""
FILES = {
    "tests/support/validation.py": "KNOWN = {}\n",
    "tests/test_good.py": "def test_good():\n    assert True\n",
    "tests/test_bad.py": "def test_bad():\n    assert False\n",
    "tests/test_slow.py": "import time\ndef test_slow():\n    time.sleep(4)\ndef test_bad():\n    assert False\n",
    "tests/test_broken.py": "import no_such_module\n",
    "tests/room/conftest.py": "import no_such_module\n",
    "tests/room/test_room.py": "def test_good():\n    assert True\n",
}


@pytest.mark.parametrize(
    ("rounds", "code"),
    [
        ([], trial.SURVIVED),
        (["tests/test_good.py::test_good", "tests/test_good.py"], trial.SURVIVED),
        (["tests/test_good.py", "tests/test_bad.py"], trial.KILLED),
        (["tests/test_broken.py"], trial.KILLED),
        (["tests/room/test_room.py"], trial.KILLED),
        (["tests/test_none.py"], trial.FAILED),
        (["tests/test_good.py::test_none"], trial.FAILED),
    ],
)
def test_only_a_test_that_ran_kills(rounds: list[str], code: int, tmp_path: Path) -> None:
    assert end_of(rounds, tmp_path) == code, (tmp_path / "trial.log").read_text()


@pytest.mark.long
def test_when_its_time_is_over_no_further_test_is_asked_and_the_result_says_so(tmp_path: Path) -> None:
    assert end_of(["tests/test_slow.py", "tests/test_bad.py"], tmp_path, seconds=3) == trial.SURVIVED
    assert json.loads((tmp_path / "trial.json").read_text()) == {"by": trial.OVER}
    assert end_of(["tests/test_slow.py"], tmp_path) == trial.KILLED


def end_of(rounds: list[str], place: Path, seconds: float = 60) -> int:
    for name, text in FILES.items():
        file = place / "tree" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    reach.note(place, place / "tree", reach.Clock(), 60.0, {})
    command = [sys.executable, "-c", RUN, str(place), str(seconds), *rounds]
    return subprocess.run(command, cwd=ROOT, check=False).returncode
