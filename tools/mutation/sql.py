"""Mutants of SQL: found token by token, so that nothing else in the file changes."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot.errors import SqlglotError

from tools.mutation.site import Site

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of statements that it reads only in part

FLIPS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "=": "<>", "<>": "=", "!=": "="}
SWAPS = {"earliest": "latest", "latest": "earliest"}
EXTREMES = {"least": "greatest", "greatest": "least", "min": "max", "max": "min"}
OPENERS, CLOSERS = frozenset("([") | {"CASE"}, frozenset(")]") | {"END"}
STARTS = frozenset(("WHERE", "ON", "HAVING", "WHEN", "QUALIFY"))
STOPS = STARTS | frozenset(
    ("AND", "OR", "THEN", "ELSE", "GROUP", "ORDER", "UNION", "EXCEPT", "LEFT", "RIGHT", "JOIN", "CROSS", "INNER",
     "ASOF", "AS", "LIMIT", "WINDOW", "SELECT", "FROM", ",", ";")
)  # fmt: skip


@dataclass(frozen=True)
class Token:
    """A word or sign of SQL; `start` and `end` count characters, `depth` open brackets and CASEs around it."""

    word: str
    start: int
    end: int
    depth: int
    is_text: bool

    @property
    def first(self) -> str:
        """Of words that are read as one (ORDER BY), the first."""
        return self.word.upper().partition(" ")[0]


def sites(path: str, text: str, shift: int = 0, blocked: frozenset[int] = frozenset()) -> list[Site]:
    """Every mutant of one piece of SQL.

    Args:
        path: of the file it stands in.
        text: the SQL, in DuckDB's dialect.
        shift: bytes of the file before the text.
        blocked: characters of the text that must stay, as they are no SQL (the fields of an f-string).

    Returns:
        The sites in order, whether or not the mutant is still SQL (`parses`); none where the text cannot be read.
    """
    try:
        tokens = _tokens(text)
    except SqlglotError:
        return []
    mutants = []
    for start, end, new, kind in _changes(text, tokens):
        if blocked & set(range(start, end)):
            continue
        first, last = (shift + len(text[:at].encode()) for at in (start, end))
        mutants.append(Site(path, first, last, new, kind, True))
    return sorted(set(mutants))


def parses(text: str) -> bool:
    """Whether DuckDB could read the text, as far as sqlglot knows."""
    try:
        return bool(sqlglot.parse(text, read="duckdb"))
    except (SqlglotError, RecursionError):
        return False


def _tokens(text: str) -> list[Token]:
    tokens, depth = [], 0
    for token in sqlglot.tokenize(text, read="duckdb"):
        word = text[token.start : token.end + 1]
        upper = word.upper()
        if upper in CLOSERS:
            depth -= 1
        tokens.append(Token(word, token.start, token.end + 1, depth, word.startswith(("'", '"'))))
        if upper in OPENERS:
            depth += 1
    return tokens


def _changes(text: str, tokens: list[Token]) -> Iterator[tuple[int, int, str, str]]:
    for at, token in enumerate(tokens):
        if token.is_text:
            continue
        word, lower = token.word, token.word.lower()
        if word in FLIPS:
            yield token.start, token.end, FLIPS[word], "comparison"
        elif word.isdecimal() and not _is_of_exists(tokens, at):
            yield token.start, token.end, str(int(word) + 1), "constant"
            if int(word) > 0:
                yield token.start, token.end, str(int(word) - 1), "constant"
        elif lower in EXTREMES and at + 1 < len(tokens) and tokens[at + 1].word == "(":
            yield token.start, token.end, EXTREMES[lower], "least and greatest"
        elif lower == "not":
            yield token.start, _next_start(text, tokens, at), "", "negation"
        elif lower.endswith(tuple(f"_{end}" for end in SWAPS)) and not _is_idle(tokens, at):
            stem, _, end = word.rpartition("_")
            yield token.start, token.end, f"{stem}_{SWAPS[end]}", "earliest and latest"
        elif lower == "and" and not _is_of_between(tokens, at):
            yield token.start, _end_of_conjunct(tokens, at), "", "conjunct"
            if (start := _start_of_first(tokens, at)) is not None:
                yield start, _next_start(text, tokens, at), "", "conjunct"
        elif lower == "or" and tokens[at + 1].word.upper() != "REPLACE":
            yield token.start, token.end, "AND", "or becomes and"


def _next_start(text: str, tokens: list[Token], at: int) -> int:
    return tokens[at + 1].start if at + 1 < len(tokens) else len(text)


def _is_idle(tokens: list[Token], at: int) -> bool:
    """Whether the other end of the moment would say the same: a column's new name, or a question about NULL."""
    after = tokens[at + 1].word.upper() if at + 1 < len(tokens) else ""
    return after == "IS" or (at > 0 and tokens[at - 1].word.upper() == "AS")


def _is_of_exists(tokens: list[Token], at: int) -> bool:
    """Whether it is the number of EXISTS (SELECT 1 …), of which nobody reads the value."""
    return [token.word.upper() for token in tokens[max(0, at - 3) : at]] == ["EXISTS", "(", "SELECT"]


def _is_of_between(tokens: list[Token], at: int) -> bool:
    depth = tokens[at].depth
    for token in reversed(tokens[:at]):
        if token.depth < depth or (token.depth == depth and token.first in STOPS):
            return False
        if token.depth == depth and token.word.upper() == "BETWEEN":
            return True
    return False


def _end_of_conjunct(tokens: list[Token], at: int) -> int:
    """Where the condition behind an AND ends."""
    depth, between = tokens[at].depth, False
    end = tokens[at].end
    for token in tokens[at + 1 :]:
        upper = token.first
        if token.depth < depth or (token.depth == depth and upper in STOPS and not (between and upper == "AND")):
            break
        between = token.depth == depth and (upper == "BETWEEN" or (between and upper != "AND"))
        end = token.end
    return end


def _start_of_first(tokens: list[Token], at: int) -> int | None:
    """Where the condition before an AND begins, if it is the first of its clause."""
    depth = tokens[at].depth
    for before in range(at - 1, -1, -1):
        token = tokens[before]
        upper = token.first
        if token.depth == depth and upper in STARTS:
            return tokens[before + 1].start
        if token.depth < depth or (token.depth == depth and upper in STOPS):
            return None
    return None


SQL_WORDS = re.compile(r"\b(SELECT|CASE WHEN|WHERE|JOIN|HAVING|coalesce\(|IS NOT NULL|extract\()")
"""By these a string of Python is taken for SQL."""
