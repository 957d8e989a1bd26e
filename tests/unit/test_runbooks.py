"""Every error code has its line in the runbooks."""

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def test_every_error_code_has_a_runbook_line() -> None:
    page = (PROJECT / "docs" / "runbooks" / "README.md").read_text(encoding="utf-8")
    told = {f"CMFC-{letter}{n}" for letter, rest in re.findall(r"^\| CMFC-([A-Z])([^|]*)\|", page, re.M)
            for n in re.findall(r"\d\d", rest)}  # fmt: skip
    sources = [*(PROJECT / "plugins").rglob("*.py"), *(PROJECT / "dags").glob("*.py")]
    raised = {code for path in sources for code in re.findall(r"CMFC-[A-Z]\d\d", path.read_text(encoding="utf-8"))}
    assert raised == told
