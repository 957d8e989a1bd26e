"""Whether a flag that is mapped to `voided` may say what is active (docs/readings.md, Validation)."""

from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

_AT_LEAST, _ENDED_SHARE = 3, 0.05


@dataclass(frozen=True)
class Voids:
    """Withdrawn rows of those without an end and of those with one, and how many rows these are."""

    still_open: int
    open_rows: int
    ended: int
    ended_rows: int

    @classmethod
    def of(cls, is_voided: Any, ends: Any) -> "Voids":
        """Counts them; both are arrays by row, an end that says that there is none as null."""
        is_open = pc.is_null(ends)
        still_open, ended = is_voided.filter(is_open), is_voided.filter(pc.invert(is_open))
        return cls(still_open.true_count, len(still_open), ended.true_count, len(ended))

    def follow_the_end(self, share: float) -> bool:
        """Whether at least this share of the open rows is withdrawn, of three or more, and hardly an ended one."""
        is_many = self.still_open >= _AT_LEAST and self.still_open >= share * self.open_rows
        return is_many and self.ended_rows > 0 and self.ended <= _ENDED_SHARE * self.ended_rows
