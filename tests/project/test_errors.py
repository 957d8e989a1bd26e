"""Every error is described once, in errors.yml, and what the command line shows of it is what stands there."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cmfc.errors import entries
from tests.support.places import PROJECT

CODE = re.compile(r"CMFC-[A-Z]\d\d")
FOLDERS = ("plugins", "dags", "demo")
CORE = {
    "CMFC-A10": "the mail server",
    "CMFC-I06": "a feed's database",
    "CMFC-J01": "the ledger",
    "CMFC-J09": "the ledger's database",
    "CMFC-J13": "the authority that stamps the journal's head",
    "CMFC-N02": "the system",
    "CMFC-N03": "the lock of a night",
    "CMFC-S02": "what Airflow asks for a connection",
}
"""What may pass by itself; everything else is input or a setting, and stays wrong."""


def raised(source: str) -> Iterator[str]:
    """The codes a module gives to errors: each literal that is a code, but for those it compares with or looks up."""
    tree = ast.parse(source)
    compared = {
        id(part)
        for node in ast.walk(tree)
        for part in (
            [*ast.walk(node)] if isinstance(node, ast.Compare) else node.keys if isinstance(node, ast.Dict) else []
        )
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in compared and CODE.fullmatch(str(node.value)):
            yield str(node.value)


def sources() -> list[Path]:
    return [path for folder in FOLDERS for path in sorted((PROJECT / folder).rglob("*.py"))]


def test_every_code_that_is_raised_is_described_and_no_other() -> None:
    used = {code for path in sources() for code in raised(path.read_text(encoding="utf-8"))}
    assert len(used) > 70
    assert used == set(entries())


def test_an_error_is_never_made_with_a_code_that_the_sources_do_not_show() -> None:
    """Else the test above could miss one: the first argument is a code, or an attribute that is one."""
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("CmfcError", "InputError", "UsageError"):
                first = node.args[0]
                is_passed_on = isinstance(first, ast.Attribute) and first.attr == "code"  # of an error that was caught
                assert is_passed_on or CODE.fullmatch(str(getattr(first, "value", ""))), (path, node.lineno)


@pytest.mark.parametrize(
    ("source", "codes"),
    [
        ("raise UsageError('CMFC-A01', 'x')", ["CMFC-A01"]),
        ("code = 'CMFC-N02'", ["CMFC-N02"]),
        ("if error.code == 'CMFC-F02': pass", []),
        ("STATUS = {'CMFC-W01': 404}", []),
        ("'''See CMFC-A01.'''", []),
    ],
)
def test_the_walk_sees_what_is_raised(source: str, codes: list[str]) -> None:
    assert list(raised(source)) == codes


@pytest.mark.parametrize("code", list(entries()))
def test_only_what_may_pass_is_tried_again(code: str) -> None:
    assert entries()[code].may_pass is (code in CORE)


@pytest.mark.parametrize("code", list(entries()))
def test_an_entry_is_whole_and_points_where_its_reader_can_look(code: str) -> None:
    entry = entries()[code]
    assert entry.title and not entry.title.endswith(".") and entry.meaning.endswith((".", ").")) and entry.remedy
    text = " ".join((entry.title, entry.meaning, *entry.remedy))
    assert "docs/" not in text and ".md" not in text and "runbook" not in text
    page, _, anchor = entry.see.partition("#")
    if page:
        headings = re.findall(r"^#+ (.+)$", (PROJECT / "docs" / page).read_text(encoding="utf-8"), re.MULTILINE)
        slugs = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert not anchor or anchor in slugs


def test_codes_are_listed_in_order() -> None:
    assert list(entries()) == sorted(entries())


@pytest.mark.parametrize(
    ("words", "code", "allowed"),
    [
        (["--help"], 0, []),
        (["finding", "--help"], 0, ["pydantic"]),  # typer itself loads it as soon as a command is named
        (["night"], 2, ["pydantic"]),
    ],
    ids=["help", "help of a group", "wrong usage"],
)
def test_help_answers_without_anything_heavy(words: list[str], code: int, allowed: list[str]) -> None:
    """In a process of its own, which tells what it has loaded."""
    heavy = ("pandas", "pydantic", "great_expectations", "numpy", "duckdb", "pyarrow", "sqlalchemy", "airflow")
    program = (
        "import json, sys\n"
        "sys.argv = ['cmfc', *json.loads(sys.argv[1])]\n"
        "from cmfc.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as left:\n    code = left.code\n"
        f"print(json.dumps([code, [name for name in {heavy} if name in sys.modules]]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(words)], capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [code, allowed]
