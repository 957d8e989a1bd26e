"""Reads catalog.yml, the one description of the nine feeds (spec 1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml

ColumnType = Literal["id", "text", "code", "date", "moment", "bool", "list"]
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


@dataclass(frozen=True)
class Feed:
    """One feed. `begins` names the time a row begins at (None for children)."""

    name: str
    meaning: str
    role: Role
    key: str
    columns: Mapping[str, Column]
    begins: str | None = None

    def of_type(self, *types: ColumnType) -> list[Column]:
        """The columns of these types, in catalogue order."""
        return [c for c in self.columns.values() if c.type in types]


@cache
def feeds() -> Mapping[str, Feed]:
    """Every feed by name, in catalogue order."""
    raw = yaml.safe_load(files("cmfc.feeds").joinpath("catalog.yml").read_text(encoding="utf-8"))
    return {name: _feed(name, body) for name, body in raw.items()}


def _feed(name: str, body: dict[str, object]) -> Feed:
    raw = body.pop("columns")
    assert isinstance(raw, dict)
    columns = {c: Column(name=c, **{**spec, "codes": tuple(spec.get("codes", ()))}) for c, spec in raw.items()}
    return Feed(name=name, columns=columns, **body)  # type: ignore[arg-type]
