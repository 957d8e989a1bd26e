"""What a person was about to do, or has just done, as the page shows it again: nothing typed is lost by a mistake."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cmfc.errors import UsageError


@dataclass(frozen=True)
class Undo:
    """What takes back an act: its kind, and per finding `id:revision`, and to whom it was assigned before."""

    kind: str
    chosen: tuple[str, ...]
    assignee: str = ""


@dataclass(frozen=True)
class Draft:
    """A form as it came.

    Attributes:
        chosen: the ids of the findings that were chosen.
        problems: by the name of a field, what is wrong with it.
        refused: by finding, why it was not done.
        done: a sentence on what was done; empty: nothing was.
        undo: what takes it back, where anything does.
    """

    kind: str = ""
    text: str = ""
    assignee: str = ""
    until: str = ""
    chosen: frozenset[str] = frozenset()
    problems: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, UsageError] = field(default_factory=dict)
    done: str = ""
    undo: Sequence[Undo] = ()

    @property
    def is_kept(self) -> bool:
        """Whether what was typed stands in its fields again: something was not done."""
        return bool(self.problems or self.refused)

    @property
    def status(self) -> int:
        """Of the answer that shows it."""
        return 422 if self.problems else 409 if self.refused else 200

    def has(self, ids: Sequence[str]) -> bool:
        """Whether all of these were chosen, so that their box is checked again; none once it was done."""
        return bool(ids) and bool(self.problems) and self.chosen.issuperset(ids)


NONE = Draft()
