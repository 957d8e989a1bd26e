"""The figures about the house are counted right, on small trees and on this one."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools import house

PROJECT = Path(__file__).resolve().parents[2]
LAYERS = """[[tool.importlinter.contracts]]
name = "one way"
type = "layers"
layers = ["cmfc.cli", "cmfc.review | (cmfc.night)", "cmfc.feeds"]
"""


def lay_out(root: Path, files: dict[str, str]) -> Path:
    (root / "pyproject.toml").write_text(LAYERS, encoding="utf-8")
    for name, text in files.items():
        file = root / house.PACKAGE / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    files = {
        "__init__.py": "",
        "feeds/__init__.py": "",
        "feeds/catalog.py": "def read() -> None:\n    from cmfc.night import NIGHT\n",
        "night.py": "from cmfc.feeds import catalog\n\nNIGHT = catalog\n",
        "review/__init__.py": "from .web import page\n",
        "review/web.py": "import cmfc.feeds.catalog\n\nfound = page = 1\n",
        "odd.py": "told = 'told'  # told\n",
    }
    return lay_out(tmp_path, files)


def test_arrows_circles_and_arrows_upwards(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = house.report(tree)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "rooms 4: feeds, night, odd, review"
    assert lines[1] == "import arrows between rooms 3, imports 3"
    assert lines[2] == "circles of rooms 1 (feeds, night); circles of modules 1 (cmfc.feeds.catalog, cmfc.night)"
    assert lines[3] == "arrows upwards 1: feeds -> night"
    assert lines[4] == "rooms that no layer of pyproject.toml names 1: odd"
    assert broken == ["a circle of rooms: feeds, night", "upwards: feeds -> night"]


def test_a_file_that_is_too_long_is_named_but_for_the_verifier(tree: Path) -> None:
    lay_out(tree, {"review/long.py": "x = 1\n" * 401, "audit_extract/verify.py": "x = 1\n" * 401})
    assert "plugins/cmfc/review/long.py has 401 lines" in house.report(tree)
    assert not any("verify" in sentence for sentence in house.report(tree))


def test_a_circle_of_three_and_none() -> None:
    assert house.circles_of({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert house.circles_of({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_doubled_lines_leave_out_comments_imports_and_short_stretches() -> None:
    body = "import os\n\n\n# {}\na = 1\nb = 2\n\nc = 3\nd = 4\n"
    assert house.doubles({"a.py": body.format("one"), "b.py": body.format("two")}) == (4, ["a.py = b.py"])
    assert house.doubles({"a.py": body, "b.py": body.replace("c = 3", "c = 4")}) == (0, [])
    header = "-- {}\nSELECT a,\n       b\nFROM t\nWHERE c\n"
    assert house.doubles({"a.sql": header.format("in: t"), "b.sql": header.format("in: u")})[0] == 4


def test_participles_are_counted_as_names_alone() -> None:
    texts = {
        "a.py": "found = [told for told in 'found']  # found\nx.said = keep(given=1)\n",
        "b.py": "from hypothesis import given\n\n\n@given(1)\ndef test() -> None: ...\n",
        "c.sql": "WITH mine AS (SELECT 'kept' AS a) -- kept\nFROM mine",
    }
    assert house.participles(texts) == {"found": 1, "told": 2, "said": 1, "given": 1, "mine": 2}


def test_anybody_can_run_it_on_this_tree() -> None:
    """With a bare Python, and without the project on its path."""
    command = [sys.executable, "-I", str(PROJECT / "tools" / "house.py")]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=True)
    assert done.stdout.startswith("rooms ") and "participles as names in the product" in done.stdout
    rows = {line.split()[0] for line in done.stdout.splitlines() if line}
    assert {"reconcile", "tests", "docs", "all"} <= rows
