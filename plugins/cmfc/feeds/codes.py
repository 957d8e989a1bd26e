"""What the codes of the catalogue mean: `codes.yml`, read once (spec 1, 2.2)."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from cmfc.storage.yaml_text import load_yaml


@dataclass(frozen=True)
class Codes:
    """Groups of codes by what they say; codes.yml explains each."""

    missing_kinds: tuple[str, ...]
    missing_settings: tuple[str, ...]
    known_settings: tuple[str, ...]
    found_outcomes: tuple[str, ...]
    left_care_outcomes: tuple[str, ...]


@cache
def codes() -> Codes:
    """Every group; a group that is missing or unknown is a TypeError at the first call."""
    raw = load_yaml(files("cmfc.feeds").joinpath("codes.yml").read_text(encoding="utf-8"))
    return Codes(**{group: tuple(members) for group, members in raw.items()})
