"""Reads the law files, and refuses what the engine could not judge by (spec 3: every word acts or is refused)."""

import json
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, NoReturn

import jsonschema
import yaml

from cmfc.errors import UsageError
from cmfc.law.terms import ADVICE
from cmfc.storage.yaml_text import SAFE_LOADER

COVERAGE = "coverage.yml"
REFUSAL = "refusal.yml"


def refuse(name: str, place: str, what: str) -> NoReturn:
    """Stop with the file, the place in it and what to do.

    Raises:
        UsageError: CMFC-L02, always.
    """
    raise UsageError("CMFC-L02", f"Law file {name} cannot be judged by, at '{place}': {what}")


def jurisdictions(root: Traversable | None = None) -> list[str]:
    """Every jurisdiction on file, such as `us/federal` and `us/mo`."""
    return sorted(f"us/{p.name}" for p in (root or files("cmfc.law")).joinpath("us").iterdir() if p.is_dir())


def texts_of(base: Traversable, folder: str, jurisdiction: str) -> dict[str, str]:
    """The text of every file of a folder, by its path.

    Raises:
        UsageError: no such folder (CMFC-L01), or a file that would not be read (CMFC-L02).
    """
    if folder not in jurisdictions(base) and (folder != ADVICE or jurisdiction == ADVICE):
        folders = ", ".join(jurisdictions(base))
        raise UsageError("CMFC-L01", f"No law is on file for jurisdiction '{jurisdiction}'. On file: {folders}.")
    texts = {}
    for path in sorted(base.joinpath(folder).iterdir(), key=lambda p: p.name):
        if path.name.startswith((".", "__")):
            continue
        if not path.name.endswith(".yml") or not path.is_file():
            refuse(f"{folder}/{path.name}", "its name", "only files that end in .yml are read; rename or move it.")
        texts[f"{folder}/{path.name}"] = path.read_text(encoding="utf-8")
    return texts


def parsed(name: str, text: str) -> Any:
    """YAML as JSON would hold it: dates stay ISO text, so that schema.json can check them.

    Raises:
        UsageError: CMFC-L02, for what is no YAML, or says one word twice.
    """
    try:
        document = yaml.load(text, _NoDoubles)  # noqa: S506 - a SafeLoader that refuses doubled keys
        return json.loads(json.dumps(document, default=str))
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "a date or number in it"
        refuse(name, place, f"it cannot be read as YAML ({getattr(error, 'problem', None) or error}); correct it.")


def hold_to_schema(name: str, document: Any, kind: str) -> None:
    """Hold a document to one of schema.json's kinds: `rule`, `coverage`, `state_coverage`, `refusal`.

    Raises:
        UsageError: CMFC-L02.
    """
    for error in sorted(_validator(kind).iter_errors(document), key=lambda e: [str(p) for p in e.absolute_path]):
        where = "/".join(str(p) for p in error.absolute_path) or "the top"
        refuse(name, where, f"{error.message}; correct it or leave it out (docs/how-to/law.md lists every word).")


class _NoDoubles(SAFE_LOADER):  # type: ignore[misc] # one class or the other
    """A key that stands twice would be half ignored."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key, _ in node.value:
            if keys.count(key.value) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"'{key.value}' stands twice", key.start_mark)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


@cache
def _validator(kind: str) -> Any:
    schema = json.loads(files("cmfc.law").joinpath("schema.json").read_text(encoding="utf-8"))
    definition = {"$ref": f"#/$defs/{kind}", "$defs": schema["$defs"]}
    return jsonschema.Draft202012Validator(definition, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
