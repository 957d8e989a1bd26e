"""What lies in a source, counted in two ways (spec 1, Completeness of a pull). Numbers only."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class SourceCensus:
    """What a reader counted. A count that is not there was not counted, or does not occur in this kind of source.

    Attributes:
        counts: what was counted, by name. `records`: what the reader gave. `records_counted_apart`: what the second way
            found; a reader refuses a source for which the two differ.
        unnamed: columns without a header that hold data, counted from 1.
    """

    counts: dict[str, int] = field(default_factory=dict)
    unnamed: set[int] = field(default_factory=set)

    def add(self, name: str, count: int) -> None:
        """Count more; nothing is noted of what does not occur."""
        if count:
            self.counts[name] = self.counts[name] + count if name in self.counts else count

    def record(self, **counts: int) -> None:
        """Note a count as it is, nought too."""
        self.counts.update(counts)

    def as_mapping(self) -> Mapping[str, int]:
        """The counts in one order, for JSON."""
        return dict(sorted(self.counts.items()))
