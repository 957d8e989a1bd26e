"""Words written out, for an engine without macros."""

import pytest

from cmfc.reconcile.word_expansion import WordExpansion, common_tables

WORDS = {
    "days(number)": "(number * 86400)",
    "late(a, b)": "CASE WHEN a > days(b) THEN 'late(a, b)' ELSE b END",
    "forever()": "99",
    "said(item)": "item || item",
}


@pytest.mark.parametrize(
    ("sql", "written"),
    [
        ("SELECT days(2)", "SELECT (((2) * 86400))"),
        ("SELECT forever() -- days(1)\n", "SELECT (99)  \n"),
        ("SELECT days(greatest(1, x)) FROM t", "SELECT (((greatest(1, x)) * 86400)) FROM t"),
        ("SELECT 'days(1) ''x''', t.days(1), days", "SELECT 'days(1) ''x''', t.days(1), days"),
        # what is called a parameter in the text is no parameter of the word
        ("late(b, a)", "(CASE WHEN (b) > ((((a)) * 86400)) THEN 'late(a, b)' ELSE (a) END)"),
        ("CAST(x AS VARCHAR)", "CAST(x AS STRING)"),
    ],
)
def test_a_word_gives_way_to_what_it_stands_for(sql: str, written: str) -> None:
    assert WordExpansion(WORDS, {"VARCHAR": "STRING"}).expand(sql) == written


def test_arguments_that_are_named_stand_there_once() -> None:
    written = WordExpansion(WORDS, {}, once=("said",)).expand("said(said(x + y))")
    assert written.count("x + y") == 1
    assert written.startswith("element_at(transform(array(struct(element_at(transform(array(struct(x + y AS item)),")


def test_a_word_with_the_wrong_number_of_arguments_is_refused() -> None:
    with pytest.raises(AssertionError, match="days takes 1 arguments"):
        WordExpansion(WORDS, {}).expand("days(1, 2)")


def test_common_tables_are_taken_out_by_name() -> None:
    sql = """-- why
WITH first AS (  -- a ) in a comment
    SELECT ')' AS x, greatest(1, 2) FROM t
), second AS (SELECT * FROM first)
SELECT * FROM second ORDER BY x"""
    tables, rest = common_tables(sql)
    assert {name: " ".join(text.split()) for name, text in tables.items()} == {
        "first": "SELECT ')' AS x, greatest(1, 2) FROM t", "second": "SELECT * FROM first",
    }  # fmt: skip
    assert rest == "SELECT * FROM second ORDER BY x"
    assert common_tables("WITH a AS(SELECT 1)SELECT * FROM a") == ({"a": "SELECT 1"}, "SELECT * FROM a")
    assert common_tables("WITH a AS ((SELECT 1) ), b AS (SELECT 2) SELECT 3") == (
        {"a": "(SELECT 1) ", "b": "SELECT 2"}, "SELECT 3",
    )  # fmt: skip
    assert common_tables("SELECT 1 AS with_x") == ({}, "SELECT 1 AS with_x")
