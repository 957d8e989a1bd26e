"""Figures about the house: rooms, who imports whom, long files, doubled lines, participles as names.

Nothing but Python 3.11 is needed: `python tools/house.py`, or `python tools/house.py --at COMMIT` for the tree of then.
`--check` ends with 1 where a room imports one above it, rooms form a circle or a file is too long.
"""

import argparse
import ast
import io
import keyword
import re
import subprocess
import sys
import tarfile
import tempfile
import tokenize
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

PACKAGE = "plugins/cmfc"
NAME = "cmfc"
LONGEST = 400
"""Lines of a file; the verifier of an audit extract stands alone in one file and is let off."""
MAY_BE_LONG = frozenset(("verify.py",))
WINDOW = 4
"""Lines in a row that must be the same to be called doubled."""
PARTICIPLES = (
    "found", "told", "said", "asked", "given", "made", "mine", "kept", "aside", "held", "known", "standing", "seen",
    "wanted", "taken", "gone", "spoken", "drawn", "shown", "meant",
)  # fmt: skip
CODE = ("plugins/", "dags/", "demo/")
KINDS = {".py": "Python", ".sql": "SQL", ".yml": "YAML", ".yaml": "YAML", ".json": "JSON", ".j2": "templates",
         ".css": "templates", ".js": "templates", ".md": "docs", ".csv": "CSV"}  # fmt: skip
NO_TEXT = frozenset((".png", ".svg", ".lock", ".xlsx", ".parquet", ".woff2", ".mdb", ".db"))


@dataclass(frozen=True)
class Function:
    """A function with its file, name and lines."""

    path: str
    name: str
    lines: int


def main() -> int:
    """Prints the figures."""
    parser = argparse.ArgumentParser(prog="house", description=__doc__)
    parser.add_argument("--at", metavar="COMMIT", help="the tree of a commit instead of the one that is here")
    parser.add_argument("--check", action="store_true", help="end with 1 where a limit is broken")
    choice = parser.parse_args()
    root = Path(__file__).resolve().parents[1]
    if choice.at:
        with tempfile.TemporaryDirectory() as folder:
            unpack(root, choice.at, Path(folder))
            broken = report(Path(folder))
    else:
        broken = report(root)
    for sentence in broken:
        print(f"broken: {sentence}")
    return int(choice.check and bool(broken))


def unpack(root: Path, commit: str, folder: Path) -> None:
    """Lays a commit's tree into a folder."""
    packed = subprocess.run(["git", "archive", commit], cwd=root, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")


def report(root: Path) -> list[str]:
    """Prints everything about a tree; gives a sentence for each limit that is broken."""
    texts = read(root)
    order = layers(root)
    modules = {path: module_of(path) for path in texts if path.startswith(f"{PACKAGE}/") and path.endswith(".py")}
    names = {name for name in modules.values() if name}
    arrows = {path: imports(path, texts[path], names) for path in modules}
    rooms = {room_of(name) for name in names if name != NAME}
    between = Counter(
        (room_of(modules[path]), room_of(target))
        for path, targets in arrows.items()
        for target in targets
        if room_of(modules[path]) != room_of(target) and NAME not in (modules[path], target)
    )
    graph = {room: {b for a, b in between if a == room} for room in rooms}
    module_graph = {modules[path]: targets - {modules[path]} for path, targets in arrows.items()}
    circles, small = circles_of(graph), circles_of(module_graph)
    upwards = sorted(f"{a} -> {b}" for a, b in between if a in order and b in order and order[a] > order[b])
    print(f"rooms {len(rooms)}: {', '.join(sorted(rooms))}")
    print(f"import arrows between rooms {len(between)}, imports {sum(between.values())}")
    print(f"circles of rooms {len(circles)}{in_brackets(circles)}; circles of modules {len(small)}{in_brackets(small)}")
    print(f"arrows upwards {len(upwards)}{': ' + ', '.join(upwards) if upwards else ''}")
    without = sorted(rooms - set(order))
    print(f"rooms that no layer of pyproject.toml names {len(without)}{': ' + ', '.join(without) if without else ''}")
    long = _print_sizes(texts)
    _print_doubles(texts)
    _print_participles(texts)
    _print_lines(texts)
    broken = [f"a circle of rooms: {', '.join(circle)}" for circle in circles]
    broken += [f"upwards: {arrow}" for arrow in upwards] + [f"{path} has {n} lines" for path, n in long]
    return broken


def read(root: Path) -> dict[str, str]:
    """Every text file that git knows or would take; all files where git knows nothing of the folder."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    here = listed.returncode == 0 and listed.stdout
    paths = listed.stdout.split("\n") if here else (p.relative_to(root).as_posix() for p in root.rglob("*"))
    files = {path: root / path for path in sorted(paths) if path and PurePosixPath(path).suffix not in NO_TEXT}
    return {path: file.read_text("utf-8", errors="replace") for path, file in files.items() if file.is_file()}


def layers(root: Path) -> dict[str, int]:
    """Each room's floor, from the top, by the first contract of layers in pyproject.toml."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project.get("tool", {}).get("importlinter", {}).get("contracts", [])
    floors: list[str] = next((contract["layers"] for contract in contracts if contract["type"] == "layers"), [])
    floor_of = {}
    for number, floor in enumerate(floors):
        for name in re.findall(r"[\w.]+", floor):
            floor_of[name.removeprefix(f"{NAME}.").split(".")[0]] = -number
    return {room: -floor for room, floor in floor_of.items()}


def module_of(path: str) -> str:
    """The dotted name of a module of the package."""
    parts = PurePosixPath(path).relative_to("plugins").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """The folder, or the module that stands by itself, directly under the package."""
    return module.split(".")[1] if "." in module else module


def imports(path: str, text: str, names: set[str]) -> set[str]:
    """The modules of the package that a module imports, anywhere in it."""
    targets: set[str] = set()
    own = module_of(path)
    base = own if path.endswith("__init__.py") else own.rpartition(".")[0]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            targets |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(base.split(".")[: len(base.split(".")) - node.level + 1]) if node.level else ""
            source = ".".join(part for part in (above, node.module) if part)
            for alias in node.names:
                whole = f"{source}.{alias.name}"
                targets.add(whole if whole in names else source)
    return targets & names


def circles_of(graph: dict[str, set[str]]) -> list[list[str]]:
    """Strongly connected parts of more than one node (Tarjan)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    parts: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in sorted(graph.get(node, ())):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            part = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(part) > 1:
                parts.append(sorted(part))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return sorted(parts)


def in_brackets(circles: list[list[str]]) -> str:
    """Circles in brackets."""
    return f" ({'; '.join(', '.join(circle) for circle in circles)})" if circles else ""


def functions(path: str, text: str) -> Iterator[Function]:
    """Every function of a module with its length."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield Function(path, node.name, node.end_lineno - node.lineno + 1)


def _print_sizes(texts: dict[str, str]) -> list[tuple[str, int]]:
    """Prints the longest files and functions; gives the files that are too long."""
    code = {path: text for path, text in texts.items() if path.startswith(CODE) and path.endswith((".py", ".sql"))}
    sizes = sorted(((text.count("\n"), path) for path, text in code.items()), reverse=True)
    print("longest files: " + ", ".join(f"{path} {lines}" for lines, path in sizes[:4]))
    all_functions = [f for path, text in code.items() if path.endswith(".py") for f in functions(path, text)]
    all_functions.sort(key=lambda f: (-f.lines, f.path, f.name))
    print("longest functions: " + ", ".join(f"{f.name} ({f.path}) {f.lines}" for f in all_functions[:4]))
    print(f"functions {len(all_functions)}, over 40 lines {sum(f.lines > 40 for f in all_functions)}")
    too_long = [(path, lines) for lines, path in sizes if lines > LONGEST]
    return [(path, lines) for path, lines in too_long if PurePosixPath(path).name not in MAY_BE_LONG]


def code_lines(path: str, text: str) -> list[tuple[int, str]]:
    """Lines that do something, with their number: no blank, comment, docstring or import."""
    if path.endswith(".sql"):
        lines = enumerate(text.splitlines(), 1)
        return [(n, " ".join(line.split())) for n, line in lines if line.strip() and not line.lstrip().startswith("--")]
    silent: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_text or isinstance(node, ast.Import | ast.ImportFrom):
            silent |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))  # type: ignore[attr-defined]
    return [
        (n, " ".join(line.split()))
        for n, line in enumerate(text.splitlines(), 1)
        if n not in silent and line.strip() and not line.lstrip().startswith("#")
    ]


def doubles(texts: dict[str, str], window: int = WINDOW) -> tuple[int, list[str]]:
    """Lines that stand in a stretch which is there before already, and where such stretches stand."""
    first: dict[tuple[str, ...], str] = {}
    repeated: dict[str, set[int]] = defaultdict(set)
    pairs: Counter[str] = Counter()
    for path, text in sorted(texts.items()):
        lines = code_lines(path, text)
        for at in range(len(lines) - window + 1):
            stretch = tuple(line for _, line in lines[at : at + window])
            if stretch in first:
                repeated[path] |= {n for n, _ in lines[at : at + window]}
                pairs[f"{first[stretch]} = {path}"] += 1
            else:
                first[stretch] = path
    return sum(map(len, repeated.values())), [pair for pair, _ in pairs.most_common(5)]


def _print_doubles(texts: dict[str, str]) -> None:
    for name, end in (("Python", ".py"), ("SQL", ".sql")):
        number, pairs = doubles({p: t for p, t in texts.items() if p.startswith(CODE) and p.endswith(end)})
        print(f"doubled lines of {name} ({WINDOW} or more in a row) {number}" + "".join(f"\n  {p}" for p in pairs[:3]))


def names_in(path: str, text: str) -> Iterator[str]:
    """Every name in code, each time it stands there; no text, no comment."""
    if path.endswith(".sql"):
        bare = re.sub(r"--[^\n]*|'(?:[^']|'')*'", " ", text)
        yield from re.findall(r"[A-Za-z_]\w*", bare)
        return
    is_hypothesis = re.search(r"^from hypothesis import .*\bgiven\b", text, re.MULTILINE)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        is_name = token.type == tokenize.NAME and not keyword.iskeyword(token.string)
        if is_name and not (is_hypothesis and token.string == "given"):
            yield token.string


def participles(texts: dict[str, str]) -> Counter[str]:
    """How often each participle is a name."""
    names = Counter(name for path, text in texts.items() for name in names_in(path, text))
    return Counter({word: names[word] for word in PARTICIPLES if names[word]})


def _print_participles(texts: dict[str, str]) -> None:
    for title, starts in (("product", CODE), ("tests and benchmarks", ("tests/", "benchmarks/"))):
        counts = participles({p: t for p, t in texts.items() if p.startswith(starts) and p.endswith((".py", ".sql"))})
        words = ", ".join(f"{word} {number}" for word, number in counts.most_common())
        print(f"participles as names in the {title} {counts.total()}: {words}")


def place_of(path: str) -> str:
    """The row of the table of lines that a file belongs to."""
    parts = path.split("/")
    if path.startswith(f"{PACKAGE}/"):
        return parts[2].removesuffix(".py")
    return parts[0] if len(parts) > 1 else "(root)"


def _print_lines(texts: dict[str, str]) -> None:
    """The table of lines by place and kind."""
    table: dict[tuple[bool, str], Counter[str]] = defaultdict(Counter)
    for path, text in texts.items():
        kind = KINDS.get(PurePosixPath(path).suffix, "other")
        table[not path.startswith(f"{PACKAGE}/"), place_of(path)][kind] += text.count("\n")
    kinds = [*dict.fromkeys(KINDS.values()), "other"]
    print(_row("lines of", [*kinds, "all"]))
    for (_, place), counts in sorted(row for row in table.items() if row[1].total()):
        print(_row(place, [*(counts[kind] for kind in kinds), counts.total()]))
    sums = sum(table.values(), Counter())
    print(_row("all", [*(sums[kind] for kind in kinds), sums.total()]))
    print(f"files {len(texts)} (no pictures, workbooks or lock file)")


def _row(name: str, cells: Iterable[object]) -> str:
    return f"{name:<20}" + "".join(f"{cell!s:>10}" for cell in cells)


if __name__ == "__main__":
    sys.exit(main())
