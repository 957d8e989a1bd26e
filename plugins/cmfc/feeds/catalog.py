"""Reads catalog.yml, the one description of the feeds (spec 1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from cmfc.feeds.codes import codes
from cmfc.storage.yaml_text import load_yaml

ColumnType = Literal["id", "number", "agency", "text", "code", "date", "moment", "bool", "list"]
Role = Literal["agency", "report", "optional"]


@dataclass(frozen=True)
class Column:
    """One canonical column: its type, allowed codes, meaning and sensitivity."""

    name: str
    type: ColumnType
    sensitivity: str
    meaning: str
    required: bool = False
    row_stops: bool = False
    codes: tuple[str, ...] = ()
    breaks: bool = False
    silences: tuple[str, ...] = ()

    @property
    def breaks_contract(self) -> bool:
        """Whether the feed cannot be used without it, once it was promised (spec 1, DQ-04)."""
        return self.required or self.breaks


@dataclass(frozen=True)
class Feed:
    """One feed.

    Attributes:
        key: the column that names a row.
        begins: the time a row begins at; None for what has no begin.
        kind: the column that is part of a row's identity beside key and child; None where there is none.
        missing_codes: values of `kind` that say the child is missing (codes.yml).
    """

    name: str
    meaning: str
    role: Role
    key: str
    columns: Mapping[str, Column]
    begins: str | None = None
    kind: str | None = None
    missing_codes: tuple[str, ...] = ()

    def of_type(self, *types: ColumnType) -> list[Column]:
        """The columns of these types, in catalogue order."""
        return [c for c in self.columns.values() if c.type in types]


@cache
def feeds() -> Mapping[str, Feed]:
    """Every feed by name, in catalogue order."""
    raw = load_yaml(files("cmfc.feeds").joinpath("catalog.yml").read_text(encoding="utf-8"))
    return {name: _feed(name, body) for name, body in raw.items()}


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _feed(name: str, body: dict[str, object]) -> Feed:
    raw = body.pop("columns")
    assert isinstance(raw, dict)
    columns = {name: Column(name=name, **{k: _frozen(v) for k, v in spec.items()}) for name, spec in raw.items()}
    missing = {"absences": codes().missing_kinds, "placements": codes().missing_settings}.get(name, ())
    return Feed(name=name, columns=columns, missing_codes=missing, **{k: _frozen(v) for k, v in body.items()})
