"""A trial says survived, killed, or that it went wrong by itself, which is no word on the mutant."""

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
process = trial.fork(place / "tree", place, [[name] for name in sys.argv[2:]], place / "trial.log")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
"""
FILES = {
    "tests/support/validation.py": "KNOWN = {}\n",
    "tests/test_good.py": "def test_good():\n    assert True\n",
    "tests/test_bad.py": "def test_bad():\n    assert False\n",
    "tests/test_broken.py": "import no_such_module\n",
}


@pytest.mark.parametrize(
    ("rounds", "code"),
    [
        ([], trial.SURVIVED),
        (["tests/test_good.py::test_good", "tests/test_good.py"], trial.SURVIVED),
        (["tests/test_good.py", "tests/test_bad.py"], trial.KILLED),
        (["tests/test_broken.py"], trial.KILLED),
        (["tests/test_none.py"], trial.FAILED),
        (["tests/test_good.py::test_none"], trial.FAILED),
    ],
)
def test_only_a_test_that_ran_kills(rounds: list[str], code: int, tmp_path: Path) -> None:
    for name, text in FILES.items():
        file = tmp_path / "tree" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    reach.note(tmp_path, tmp_path / "tree", reach.Clock(), 60.0, {})
    ended = subprocess.run([sys.executable, "-c", RUN, str(tmp_path), *rounds], cwd=ROOT, check=False)
    assert ended.returncode == code, (tmp_path / "trial.log").read_text()
