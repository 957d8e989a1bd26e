"""The tutorial's commands, run in order as the page gives them; each prints what the page shows (… is anything)."""

import os
import re
import subprocess

import pytest

from tests.support.places import PROJECT

pytestmark = pytest.mark.long

PAGE = PROJECT / "docs" / "tutorial.md"
MARK = "== end of step {} =="
SETTINGS = re.compile(r"CMFC_\w+")


def blocks() -> list[tuple[str, list[str]]]:
    """Each block of commands with the lines that the page shows of its output."""
    steps: list[tuple[str, list[str]]] = []
    for kind, text in re.findall(
        r"^```(bash|text)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    ):
        if kind == "bash":
            steps.append((text, []))
        else:
            steps[-1][1].extend(text.splitlines())
    return steps


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each block prints; all run in one shell that stops at the first command that fails."""
    folder = tmp_path_factory.mktemp("tutorial")
    program = "set -euo pipefail\n" + "".join(
        f"{text}\necho '{MARK.format(n)}'\n" for n, (text, _) in enumerate(blocks())
    )
    environment = {name: value for name, value in os.environ.items() if not SETTINGS.fullmatch(name)}
    environment |= {"PATH": f"{PROJECT / '.venv' / 'bin'}:{os.environ['PATH']}", "COLUMNS": "120"}
    done = subprocess.run(
        ["bash", "-c", program], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert not list(folder.iterdir())  # the last command cleans up
    return re.split(r"== end of step \d+ ==\n", done.stdout)[:-1]


def test_every_block_runs(printed: list[str]) -> None:
    assert len(printed) == len(blocks()) > 10


@pytest.mark.parametrize("step", range(len(blocks())), ids=lambda n: blocks()[n][0].splitlines()[-1][:40])
def test_a_block_prints_what_the_page_shows(step: int, printed: list[str]) -> None:
    lines, at = printed[step].splitlines(), 0
    for expected in blocks()[step][1]:
        pattern = re.compile(".*".join(re.escape(part) for part in expected.rstrip().split("…")))
        at = next((n + 1 for n in range(at, len(lines)) if pattern.fullmatch(lines[n].rstrip())), 0)
        assert at, f"{expected!r} is not in what was printed:\n{printed[step]}"


def test_the_page_shows_output_of_most_blocks() -> None:
    assert sum(bool(lines) for _, lines in blocks()) >= 9
    assert "cmfc explain" in PAGE.read_text(encoding="utf-8")


def test_the_page_has_no_block_that_is_not_run() -> None:
    kinds = re.findall(r"^```(\w*)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(kinds) <= {"bash", "text", "console", ""} and kinds.count("console") == 1  # setting up, which is done
