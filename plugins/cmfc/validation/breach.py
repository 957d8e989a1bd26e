"""An expectation that does not hold, and for which rows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Breach:
    """An expectation that does not hold.

    Attributes:
        effect: contract (the feed cannot be used), row (it is set aside), field (it becomes null), or note.
        rows: source rows it does not hold for, ascending; empty for a contract.
        severity: of the finding while the row stays: low, medium or high.
    """

    rule: str
    column: str
    effect: str
    rows: npt.NDArray[np.int64]
    severity: str = "low"

    @property
    def of(self) -> tuple[str, str, str, str]:
        """What it is, whatever its rows."""
        return self.rule, self.column, self.effect, self.severity

    @property
    def is_about_key(self) -> bool:
        """Whether it concerns all records of a key, and is listed once for the key."""
        return self.rule in ("key_twice", "key_shared", "two_people")
