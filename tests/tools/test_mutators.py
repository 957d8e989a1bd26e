"""Each kind of mutant is made where it should be, and nowhere else."""

import os
from pathlib import Path

import pytest

from tools.mutants import PARTS
from tools.mutation import drawing, python, sql
from tools.mutation.site import Site

LIMIT = "SELECT a FROM t WHERE x_earliest <= 24 AND (b OR NOT c) AND d = 'a <= 1 AND b' -- and 48\nORDER BY a"


def of_sql(text: str, kind: str) -> list[str]:
    return [site.apply(text.encode()).decode() for site in sql.sites("a.sql", text) if site.kind == kind]


def of_python(text: str, kind: str) -> list[str]:
    return [site.apply(text.encode()).decode() for site in python.sites("a.py", text.encode()) if site.kind == kind]


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("comparison", "<=", "<"),
        ("comparison", "d =", "d <>"),
        ("constant", "24", "25"),
        ("constant", "24", "23"),
        ("earliest and latest", "x_earliest", "x_latest"),
        ("negation", "NOT c", "c"),
        ("or becomes and", "b OR", "b AND"),
        ("conjunct", "x_earliest <= 24 AND ", ""),
        ("conjunct", "AND (b OR NOT c)", ""),
        ("conjunct", "AND d = 'a <= 1 AND b'", ""),
    ],
)
def test_sql_is_changed_at_its_tokens(kind: str, old: str, new: str) -> None:
    assert LIMIT.replace(old, new, 1) in of_sql(LIMIT, kind)


def test_texts_and_comments_of_sql_stay() -> None:
    changed = [site for site in sql.sites("a.sql", LIMIT) if site.start >= LIMIT.index("'") and site.kind != "conjunct"]
    assert changed == []
    assert len(of_sql(LIMIT, "conjunct")) == 3 and len(of_sql(LIMIT, "constant")) == 2


def test_the_number_that_exists_selects_stays() -> None:
    mutants = of_sql("SELECT EXISTS (SELECT 1 FROM t WHERE a > 2)", "constant")
    assert sorted(mutants) == [f"SELECT EXISTS (SELECT 1 FROM t WHERE a > {number})" for number in (1, 3)]


def test_a_conjunct_ends_with_its_case_bracket_or_between() -> None:
    text = "SELECT CASE WHEN a AND b BETWEEN 1 AND 2 AND c THEN 1 END AS d FROM t JOIN u ON a = b AND f(a, b) WHERE e"
    conjuncts = ("a AND ", "AND b BETWEEN 1 AND 2 ", "AND c ", "a = b AND ", "AND f(a, b) ")
    mutants = {" ".join(mutant.split()) for mutant in of_sql(text, "conjunct")}
    assert mutants == {" ".join(text.replace(words, "", 1).split()) for words in conjuncts}


def test_a_moment_that_is_null_at_both_ends_is_not_swapped_in_a_question_about_null() -> None:
    assert of_sql("SELECT a_latest AS b_latest FROM t WHERE a_latest IS NULL", "earliest and latest") == [
        "SELECT a_earliest AS b_latest FROM t WHERE a_latest IS NULL"
    ]


def test_least_and_greatest_are_swapped_as_functions_alone() -> None:
    assert of_sql("SELECT least(a, b) AS min FROM t", "least and greatest") == ["SELECT greatest(a, b) AS min FROM t"]


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("comparison", "x = a < b", "x = a <= b"),
        ("comparison", "x = a not in b", "x = a in b"),
        ("comparison", "x = a is None", "x = a is not None"),
        ("constant", "x = f(48)", "x = f(49)"),
        ("constant", "x = True", "x = False"),
        ("negation", "x = not a", "x = a"),
        ("conjunct", "x = a and b", "x = a"),
        ("conjunct", "x = a and b", "x = b"),
        ("alternative", "x = a or b", "x = b"),
        ("earliest and latest", "x = row.a_earliest", "x = row.a_latest"),
        ("min and max", "x = min(a)", "x = max(a)"),
    ],
)
def test_python_is_changed_at_its_nodes(kind: str, old: str, new: str) -> None:
    assert new in [" ".join(mutant.split()) for mutant in of_python(old, kind)]


def test_what_decides_nothing_in_python_stays() -> None:
    text = '''"""A module of 3 words, if a < b."""
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    LIMIT = 1


def f(a: "tuple[1, 2]") -> None:
    """Says 24."""
    log.info("Rows.", rows=3)
    assert a < 3
    raise ValueError(a == 4)
'''
    assert python.sites("a.py", text.encode()) == []


def test_sql_in_a_string_of_python_is_sql_but_for_the_fields_of_an_f_string() -> None:
    text = 'é = f"SELECT a FROM {b < 1} WHERE c < 24"\n'
    sites = python.sites("a.py", text.encode())
    assert {site.apply(text.encode()).decode() for site in sites if site.is_sql} == {
        text.replace("c < 24", "c <= 24"),
        text.replace("24", "25"),
        text.replace("24", "23"),
    }


def test_a_site_knows_its_line_and_shows_the_change() -> None:
    source = b"one\nx <  2\nthree\n"
    site = Site("a.sql", source.index(b"<"), source.index(b"<") + 1, "<=", "comparison", True)
    assert site.line(source) == 2
    assert site.describe(source) == "- x < 2\n+ x <= 2"
    assert site.identity(source) != site.identity(source + b"more")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in (("reconcile/a.sql", LIMIT), ("findings/b.py", "x = a < 1 and not b\n")):
        file = tmp_path / drawing.PACKAGE / name
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path


def test_a_seed_draws_the_same_mutants_each_once_and_all_of_them(tree: Path) -> None:
    first = list(drawing.draw(tree, 3, 0.6))
    assert first == list(drawing.draw(tree, 3, 0.6)) and first != list(drawing.draw(tree, 4, 0.6))
    assert len(set(first)) == len(first)
    assert {site.is_sql for site in first} == {True, False}
    readable = {site for sites in drawing.sites(tree).values() for site in sites}
    assert set(first) <= readable


def test_a_guard_that_shows_only_where_the_project_is_wrong_is_not_drawn(tree: Path) -> None:
    source = "@dataclass(frozen=True)\nclass A:\n    pairs = list(zip((True,), (), strict=True))\n"
    (tree / drawing.PACKAGE / "reconcile" / "a.py").write_text(source, encoding="utf-8")
    drawn = [s for s in drawing.draw(tree, 1, 0.0, ["reconcile"]) if s.path.endswith("a.py")]
    assert [site.apply(source.encode()).decode() for site in drawn] == [source.replace("(True,)", "(False,)")]


def test_a_mutant_that_is_no_sql_is_passed_over(tree: Path) -> None:
    (tree / drawing.PACKAGE / "reconcile" / "a.sql").write_text("SELECT NOT EXISTS (SELECT 1)", encoding="utf-8")
    texts = [site.apply((tree / site.path).read_bytes()).decode() for site in drawing.draw(tree, 1, 1.0)]
    assert all(sql.parses(text) for text in texts if "SELECT" in text) and texts


def test_the_rooms_that_decide_are_there() -> None:
    """A room that is renamed must be renamed there too, or nobody would notice that it has no mutants."""
    root = Path(__file__).resolve().parents[2]
    there = {room for room in drawing.ROOMS if (root / drawing.PACKAGE / room).is_dir()}
    assert {"feeds", "law", "matching", "reconcile", "findings"} <= there
    assert all((root / part).exists() for part in PARTS if part != "demo") and os.sep == "/"
