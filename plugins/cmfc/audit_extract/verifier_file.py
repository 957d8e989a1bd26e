"""Writes verify.py: the parts of verifier/ in one file that needs Python's standard library alone (spec 6)."""

import ast
from collections import Counter
from functools import cache
from importlib.resources import files

PACKAGE = "cmfc.audit_extract.verifier"
PARTS = (
    "reading", "clock", "rules", "lines", "tables", "population", "shareable", "state", "hashes", "signatures",
    "copies", "main",
)  # fmt: skip
"""In the order in which they build on each other."""
_HEAD = '''"""Checks an audit extract with Python's standard library alone: python3 verify.py [FOLDER] [--root HASH].

It shares no code with the program that made the extract. It judges every episode again, makes every table again from
the lines, draws the sample again, and holds every file against the root hash: the SHA-256 of manifest.json, which the
approval and the agency's ledger have. Exit 0: all holds; 1: something does not. Run your own copy of this file.
"""

from __future__ import annotations

'''


@cache
def verifier_text() -> str:
    """The text of verify.py.

    Raises:
        ValueError: two parts give the same name to different things, or a part imports what is not in PARTS.
    """
    imports: set[str] = set()
    bodies: list[str] = []
    names: Counter[str] = Counter()
    for part in PARTS:
        text = files(PACKAGE).joinpath(f"{part}.py").read_text(encoding="utf-8")
        own, body, defined = _taken_apart(text)
        imports |= own
        names.update(defined)
        bodies.append(f"# {part}\n\n{body}")
    if twice := sorted(name for name, number in names.items() if number > 1):
        raise ValueError(f"Two parts of the verifier define {', '.join(twice)}.")
    return _HEAD + "\n".join(sorted(imports)) + "\n\n\n" + "\n\n\n".join(bodies)


def _taken_apart(text: str) -> tuple[set[str], str, list[str]]:
    """Imports from outside, the text without any import or docstring of its own, and the names it defines."""
    tree, lines = ast.parse(text), text.splitlines()
    imports, defined, body_begins = set(), [], 0
    for number, node in enumerate(tree.body):
        is_docstring = number == 0 and isinstance(node, ast.Expr)
        if is_docstring or isinstance(node, ast.Import | ast.ImportFrom):
            body_begins = node.end_lineno or 0
            imports |= _kept_imports(node)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.append(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            defined += [target.id for target in targets if isinstance(target, ast.Name)]
    return imports, "\n".join(lines[body_begins:]).strip() + "\n", defined


def _kept_imports(node: ast.stmt) -> set[str]:
    """One line per name, so that parts that import the same names agree."""
    if isinstance(node, ast.Import):
        return {f"import {alias.name}" for alias in node.names}
    if not isinstance(node, ast.ImportFrom) or node.module == "__future__":
        return set()
    module = node.module or ""
    if module.startswith("cmfc"):
        if module.removeprefix(f"{PACKAGE}.") not in PARTS:
            raise ValueError(f"A part of the verifier imports {module}.")
        return set()
    return {f"from {module} import {alias.name}" for alias in node.names}
