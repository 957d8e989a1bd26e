"""Every error code has its runbook, and the index names each."""

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
RUNBOOKS = PROJECT / "docs" / "runbooks"


def test_every_error_code_has_a_runbook() -> None:
    sources = [*(PROJECT / "plugins").rglob("*.py"), *(PROJECT / "dags").glob("*.py")]
    raised = {code for path in sources for code in re.findall(r"CMFC-[A-Z]\d\d", path.read_text(encoding="utf-8"))}
    assert {path.stem for path in RUNBOOKS.glob("CMFC-*.md")} == raised


def test_the_index_names_every_runbook_with_its_title() -> None:
    index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    for path in RUNBOOKS.glob("CMFC-*.md"):
        title = path.read_text(encoding="utf-8").splitlines()[0].split(": ", 1)[1]
        assert f"| [{path.stem}]({path.name}) | {title} |" in index
