"""Mutants of Python, and of the SQL that stands in its strings."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from tools.mutation import sql
from tools.mutation.site import Site

FLIPS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is",
}  # fmt: skip
SILENT = ("log", "logger", "warnings", "logging")
"""Calls on these say something and decide nothing."""
FIELD = re.compile(r"\{[^{}]*\}")
BODY = re.compile(r"""^([A-Za-z]*)('{3}|"{3}|'|")""")


def sites(path: str, source: bytes) -> list[Site]:
    """Every mutant of one module, in order, whether or not it still compiles (`compiles`)."""
    lines = _line_starts(source)
    tree = ast.parse(source)
    changes = [change for node in _deciding(tree) for change in _changes(node, source, lines)]
    sites_of_tree = {Site(path, *change, is_sql=False) for change in changes}
    sites_of_tree |= set(_in_strings(path, source, lines, tree))
    return sorted(sites_of_tree)


def compiles(source: bytes) -> bool:
    """Whether it is Python."""
    try:
        compile(source, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _line_starts(source: bytes) -> list[int]:
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _deciding(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that can change a result: no annotation, docstring, message or log."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "type_comment"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _decides_nothing(child):
                yield from _deciding(child)


def _decides_nothing(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise | ast.Assert | ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return True
    if not isinstance(node, ast.Expr):
        return False
    value = node.value
    is_log = (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and isinstance(value.func.value, ast.Name)
        and value.func.value.id in SILENT
    )
    return is_log or isinstance(value, ast.Constant)


def _changes(node: ast.AST, source: bytes, lines: list[int]) -> Iterator[tuple[int, int, str, str]]:
    match node:
        case ast.Compare():
            yield from _flipped(node, lines)
        case ast.BoolOp():
            yield from _without_an_operand(node, lines)
        case ast.UnaryOp(op=ast.Not()):
            yield _start(node, lines), _start(node.operand, lines), "", "negation"
        case ast.Constant(value=bool()):
            yield _start(node, lines), _end(node, lines), str(not node.value), "constant"
        case ast.Constant(value=int() as value):
            yield _start(node, lines), _end(node, lines), str(value + 1), "constant"
        case ast.Name() | ast.Attribute():
            name = node.id if isinstance(node, ast.Name) else node.attr
            end = _end(node, lines)
            new = sql.EXTREMES.get(name) if isinstance(node, ast.Name) else None
            stem, _, last = name.rpartition("_")
            if last in sql.SWAPS and isinstance(node.ctx, ast.Load):
                new = f"{stem}_{sql.SWAPS[last]}" if stem else sql.SWAPS[last]
            if new:
                yield end - len(name.encode()), end, new, "earliest and latest" if last in sql.SWAPS else "min and max"


def _start(node: ast.expr, lines: list[int]) -> int:
    return lines[node.lineno - 1] + node.col_offset


def _end(node: ast.expr, lines: list[int]) -> int:
    assert node.end_lineno is not None and node.end_col_offset is not None
    return lines[node.end_lineno - 1] + node.end_col_offset


def _flipped(node: ast.Compare, lines: list[int]) -> Iterator[tuple[int, int, str, str]]:
    left = node.left
    for operator, right in zip(node.ops, node.comparators, strict=True):
        yield _end(left, lines), _start(right, lines), f" {FLIPS[type(operator)]} ", "comparison"
        left = right


def _without_an_operand(node: ast.BoolOp, lines: list[int]) -> Iterator[tuple[int, int, str, str]]:
    kind = "conjunct" if isinstance(node.op, ast.And) else "alternative"
    yield _start(node.values[0], lines), _start(node.values[1], lines), "", kind
    for before, operand in zip(node.values, node.values[1:], strict=False):
        yield _end(before, lines), _end(operand, lines), "", kind


def _in_strings(path: str, source: bytes, lines: list[int], tree: ast.AST) -> Iterator[Site]:
    """Mutants of strings that are SQL, and no docstrings."""
    docstrings = {
        node.lineno for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    texts = source.decode().splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(source.decode()).readline):
        if token.type != tokenize.STRING or token.start[0] in docstrings or not sql.SQL_WORDS.search(token.string):
            continue
        opening = BODY.match(token.string)
        assert opening is not None
        body = token.string[opening.end() : -len(opening[2])]
        row, column = token.start
        shift = lines[row - 1] + len(texts[row - 1][:column].encode()) + len(opening[0].encode())
        blocked = frozenset(at for field in FIELD.finditer(body) for at in range(*field.span()))
        text = FIELD.sub(lambda field: "x" * len(field[0]), body) if "f" in opening[1].lower() else body
        yield from sql.sites(path, text, shift, blocked)
