"""Words written out: for an engine whose SQL knows no macros, each call of a word gives way to what it stands for."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

_TOKEN = re.compile(r"'(?:[^']|'')*'|--[^\n]*|[A-Za-z_]\w*|\s+|\d[\w.]*|.", re.DOTALL)
_SIGNATURE = re.compile(r"(\w+)\((.*)\)", re.DOTALL)
Tokens = list[str]


@dataclass(frozen=True)
class _Word:
    parameters: tuple[str, ...]
    body: Tokens


class WordExpansion:
    """Writes words out. A word may use the words that stand in the same dictionary, in any order."""

    def __init__(self, words: Mapping[str, str], names: Mapping[str, str], once: Collection[str] = ()) -> None:
        """Reads the words.

        Args:
            words: their bodies by signature, as in macros.py.
            names: what a bare name, such as that of a type, is called here.
            once: words whose arguments are worked out once and named, as Spark can: their bodies name them so often
                that the text would grow beyond what an engine compiles.
        """
        self._names = dict(names)
        self._once = frozenset(once)
        self._words: dict[str, _Word] = {}
        for signature, body in words.items():
            fit = _SIGNATURE.fullmatch(signature)
            assert fit is not None, signature
            parameters = tuple(part.strip() for part in fit[2].split(",") if part.strip())
            self._words[fit[1]] = _Word(parameters, _tokens(body))
        self._whole: dict[str, Tokens] = {}

    def expand(self, sql: str) -> str:
        """The text without words and without comments."""
        return "".join(self._expanded(_tokens(sql)))

    def _expanded(self, tokens: Tokens) -> Tokens:
        out: Tokens = []
        at = 0
        while at < len(tokens):
            token = tokens[at]
            if token in self._words and tokens[at + 1 : at + 2] == ["("] and tokens[at - 1 : at] != ["."]:
                arguments, at = _arguments(tokens, at + 2)
                out += self._called(token, [self._expanded(argument) for argument in arguments])
            else:
                out.append(self._names.get(token, token))
                at += 1
        return out

    def _called(self, name: str, arguments: list[Tokens]) -> Tokens:
        word = self._words[name]
        assert len(arguments) == len(word.parameters), f"{name} takes {len(word.parameters)} arguments"
        if name not in self._whole:
            self._whole[name] = self._expanded(word.body)
        values = dict(zip(word.parameters, arguments, strict=True))
        if name not in self._once:
            return self._filled(name, values)
        row = f"{name}_row"
        fields = [token for parameter, a in values.items() for token in (*a, f" AS {parameter}", ", ")][:-1]
        body = self._filled(name, {parameter: [f"{row}.{parameter}"] for parameter in values})
        return ["element_at(transform(array(struct(", *fields, f")), {row} -> ", *body, "), 1)"]

    def _filled(self, name: str, values: Mapping[str, Tokens]) -> Tokens:
        out: Tokens = ["("]
        for token in self._whole[name]:
            out += ["(", *values[token], ")"] if token in values else [token]
        return [*out, ")"]


def common_tables(sql: str) -> tuple[dict[str, str], str]:
    """A query's common table expressions (WITH) by name, in their order, and the rest of it; without comments."""
    tokens = _tokens(sql)
    at, tables = _past_blanks(tokens, 0), dict[str, str]()
    if tokens[at] != "WITH":
        return {}, "".join(tokens)
    while not tables or tokens[at] == ",":
        named = _past_blanks(tokens, at + 1)
        opened = _past_blanks(tokens, _past_blanks(tokens, named + 1) + 1)
        assert tokens[opened] == "(", tokens[named]
        at = _closed(tokens, opened + 1)
        tables[tokens[named]] = "".join(tokens[opened + 1 : at - 1])
        at = _past_blanks(tokens, at)
    return tables, "".join(tokens[at:])


def _past_blanks(tokens: Tokens, at: int) -> int:
    while tokens[at].isspace():
        at += 1
    return at


def _closed(tokens: Tokens, at: int) -> int:
    """The position behind the parenthesis that closes what begins there."""
    depth = 1
    while depth:
        depth += (tokens[at] == "(") - (tokens[at] == ")")
        at += 1
    return at


def _tokens(sql: str) -> Tokens:
    """Strings whole; a comment is a space."""
    return [" " if token.startswith("--") else token for token in _TOKEN.findall(sql)]


def _arguments(tokens: Tokens, at: int) -> tuple[list[Tokens], int]:
    """The arguments that begin at a position, and the position behind the closing parenthesis."""
    arguments: list[Tokens] = [[]]
    depth = 1
    while True:
        token = tokens[at]
        at += 1
        depth += (token in ("(", "[")) - (token in (")", "]"))
        if not depth:
            break
        if token == "," and depth == 1:  # noqa: S105 (of SQL)
            arguments.append([])
        else:
            arguments[-1].append(token)
    return [trimmed for argument in arguments if (trimmed := _trimmed(argument))], at


def _trimmed(tokens: Tokens) -> Tokens:
    solid = [at for at, token in enumerate(tokens) if not token.isspace()]
    return tokens[solid[0] : solid[-1] + 1] if solid else []
