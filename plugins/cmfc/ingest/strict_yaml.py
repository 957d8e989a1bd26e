"""Reads a mapping file as YAML means it, and refuses what YAML parsers quietly decide for the writer (spec 1).

A key written twice (the last would win), and an unquoted word that YAML takes for a number, a truth value or nothing
where text is wanted (`NO`, `01`, `~`), are named with key and line. So is a number that YAML takes for another one
(`010` for 8, `4:00` for 240).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from cmfc.errors import InputError
from cmfc.storage.yaml_text import SAFE_LOADER, load_yaml

_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
Steps = tuple[str, ...]


def read_mapping(path: Path) -> dict[str, Any]:
    """The keys of a mapping file.

    Raises:
        InputError: CMFC-M01 the file cannot be read, CMFC-M02 it is not YAML, CMFC-M03 it is no table of keys, a key
            stands in it twice, or text is not in quotes that must be.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("CMFC-M01", f"The mapping {path.name} cannot be read.", type(error).__name__) from error
    try:
        root = yaml.compose(text, Loader=SAFE_LOADER)
        faults = list(_faults(root, (), set())) if root else []
        raw = load_yaml(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "unknown place"
        raise InputError("CMFC-M02", f"The mapping {path.name} is not valid YAML ({where}).") from None
    except (ValueError, RecursionError) as error:  # a date such as 2024-02-31; brackets without end
        message = f"The mapping {path.name} is not valid YAML: a date that does not exist, or brackets too deep."
        raise InputError("CMFC-M02", message, type(error).__name__) from None
    if not isinstance(raw, dict):
        raise InputError("CMFC-M03", f"The mapping {path.name} must be a table of keys, beginning with `agency:`.")
    if faults:
        raise InputError("CMFC-M03", f"The mapping {path.name} is wrong at {'; '.join(faults)}.")
    return raw


def _faults(node: yaml.Node, at: Steps, node_ids: set[int]) -> Iterator[str]:
    """Walk the nodes as they are written; `node_ids` ends what an alias leads back to."""
    if id(node) in node_ids:
        return
    node_ids.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        if _must_be_text(at) and node.tag != _TEXT:
            yield _unquoted(node, at)
        elif node.tag in _NUMBERS and _is_read_otherwise(node.value):
            line = f"(line {node.start_mark.line + 1})"
            yield f"{_place(at)}YAML reads {node.value} as {load_yaml(node.value)}; write the number plainly {line}"
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _faults(item, (*at, "[]"), node_ids)
    elif isinstance(node, yaml.MappingNode):
        yield from _keys(node, at, node_ids)


def _keys(node: yaml.MappingNode, at: Steps, node_ids: set[int]) -> Iterator[str]:
    lines: dict[str, int] = {}
    for key, value in node.value:
        if key.tag == _MERGE:
            yield from _faults(value, at, node_ids)
            continue
        name, line = str(key.value), key.start_mark.line + 1
        if name in lines:
            yield f"{_place(at)}the key {name} is written twice (lines {lines[name]} and {line})"
        lines.setdefault(name, line)
        if at[-1:] == ("codes",) and key.tag != _TEXT:
            yield _unquoted(key, at)
        yield from _faults(value, (*at, name), node_ids)


def _is_read_otherwise(number: str) -> bool:
    """Whether a person means another number than YAML takes it for: 010 is 8 to it, and 4:00 is 240."""
    try:
        return bool(float(number) != load_yaml(number))
    except ValueError:
        return True


def _must_be_text(at: Steps) -> bool:
    """Whether a name or a word of the source's is wanted there: columns' names, `from`, `ignore`, `null_values`."""
    match at:
        case ("feeds", _, "columns", _) | ("feeds", _, "columns", _, "from"):
            return True
        case ("feeds", _, "ignore", "[]") | ("feeds", _, "columns", _, "null_values", "[]"):
            return True
        case _:
            return False


def _unquoted(node: yaml.ScalarNode, at: Steps) -> str:
    line = f"(line {node.start_mark.line + 1})"
    if not node.value:
        return f"{_place(at)}this names nothing {line}"
    what = "codes" if at[-1] == "codes" else "it"
    return f'{_place(at)}put {what} in quotes, "{node.value}" {line}'


def _place(at: Steps) -> str:
    place = ".".join(step for step in at if step != "[]")
    return f"{place}: " if place else ""
