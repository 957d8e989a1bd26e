"""Counts the records of delimited text by its bytes, apart from the parser that reads them (spec 1).

Only three kinds of bytes matter: line ends, quotes, and what stands beside a quote. A quote where a field begins opens
a quoted value, which ends at the quote before a delimiter or a line end; two quotes in a row are one of the value. A
quote inside a value that is not quoted is data (`5'4" hair`). This is how the parser (Arrow) reads them too.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from cmfc.ingest.readers.plain_text import BLOCK_BYTES, normal_lines

_LF, _QUOTE, _BACKSLASH = 10, 34, 92

Positions = npt.NDArray[np.int64]


class StrayQuote(Exception):
    """A quoted value that does not end before its delimiter: `row`, from 0, is the record in which it opens."""

    def __init__(self, row: int, is_at_end: bool = False) -> None:
        """`is_at_end`: nothing follows that could have ended it."""
        super().__init__()
        self.row, self.is_at_end = row, is_at_end


class LongRecord(Exception):
    """A record that is longer than can be read: `row`, from 0."""

    def __init__(self, row: int, is_quoted: bool) -> None:
        """`is_quoted`: a quote is open as far as was read, which may be why."""
        super().__init__()
        self.row, self.is_quoted = row, is_quoted


class SwallowedRecord(Exception):
    """A quoted value with line breaks, of which a line alone is a record: `row`, from 0, is the record it stands in."""

    def __init__(self, row: int) -> None:
        """`row` from 0."""
        super().__init__()
        self.row = row


@dataclass
class Records:
    """The records of delimited text without its header, counted while its bytes go by.

    Attributes:
        delimiter: what stands between fields.
        is_record: whether a line, taken alone, is a record.
        rows: records so far, blank lines among them.
        lines_in_values: line breaks inside quoted values.
        blank: the positions of blank lines among `rows`.
    """

    delimiter: str
    is_record: Callable[[bytes], bool]
    rows: int = 0
    lines_in_values: int = 0
    blank: list[Positions] = field(default_factory=list)

    def count(self, blocks: Iterable[bytes]) -> None:
        """Count all records of a text.

        Raises:
            StrayQuote: a quote swallows what follows it.
            SwallowedRecord: a quoted value holds what may be records.
            LongRecord: a record is longer than `BLOCK_BYTES`.
        """
        rest = b""
        for block in normal_lines(blocks):
            rest = self._take(rest + block, is_last=False)
            if len(rest) > BLOCK_BYTES:
                quotes, has_fault = self._structural(np.frombuffer(rest, np.uint8))
                raise LongRecord(self.rows, has_fault or len(quotes) % 2 == 1)
        if rest:
            self._take(rest + b"\n", is_last=True)

    def blanks(self) -> Positions:
        """Positions of blank lines among the rows, in order."""
        return np.concatenate(self.blank) if self.blank else np.empty(0, np.int64)

    def _take(self, text: bytes, is_last: bool) -> bytes:
        """Count the whole records of a text that begins with a record; gives what is left of it."""
        data = np.frombuffer(text, np.uint8)
        ends = np.flatnonzero(data == _LF)
        outer, has_fault = ends, False
        if b'"' in text:
            quotes, has_fault = self._structural(data)
            is_inside = (np.searchsorted(quotes, ends) & 1).astype(bool)
            outer = ends[~is_inside]
            stop = outer[-1] + 1 if len(outer) else 0
            self._look_inside(text, ends, is_inside & (ends < stop))
        stop = int(outer[-1]) + 1 if len(outer) else 0
        is_blank = (outer == 0) | (data[outer - 1] == _LF)
        if is_blank.any():
            self.blank.append(self.rows + np.flatnonzero(is_blank))
        self.rows += len(outer)
        if has_fault or (is_last and stop < len(text)):
            raise StrayQuote(self.rows, is_at_end=not has_fault)
        return text[stop:]

    def _structural(self, data: npt.NDArray[np.uint8]) -> tuple[Positions, bool]:
        """The quotes that open and close values, in turn; and whether the last one opens a value that does not end."""
        quotes = np.flatnonzero(data == _QUOTE)
        before = np.where(quotes > 0, data[quotes - 1], _LF)
        after = np.where(quotes < len(data) - 1, data[np.minimum(quotes + 1, len(data) - 1)], _LF)
        is_edge = np.zeros(256, bool)
        is_edge[[_LF, _QUOTE, ord(self.delimiter)]] = True
        if is_edge[before[0::2]].all() and is_edge[after[1::2]].all():
            return quotes, False  # by induction: outside, a quote at an edge opens; inside, one at an edge closes
        return self._one_by_one(quotes.tolist(), before.tolist(), after.tolist())

    def _one_by_one(self, quotes: list[int], before: list[int], after: list[int]) -> tuple[Positions, bool]:
        starts = (_LF, ord(self.delimiter))
        edges: list[int] = []
        is_inside, closed_at = False, -2
        for at, left, right in zip(quotes, before, after, strict=True):
            if not is_inside:
                if left in starts or closed_at == at - 1:
                    is_inside = True
                    edges.append(at)
            elif right in starts or right == _QUOTE:
                is_inside, closed_at = False, at
                edges.append(at)
            elif left == _BACKSLASH:  # `\"`: the parser takes the rest up to the delimiter as it is
                is_inside, closed_at = False, -2
                edges.append(at)
            else:
                return np.array(edges, np.int64), True
        return np.array(edges, np.int64), False

    def _look_inside(self, text: bytes, ends: Positions, is_inside: Any) -> None:
        """Every line that begins inside a quoted value, read alone."""
        for index in np.flatnonzero(is_inside).tolist():
            self.lines_in_values += 1
            line = text[ends[index] + 1 : ends[index + 1]]
            if self.is_record(line):
                raise SwallowedRecord(self.rows + int(np.count_nonzero(~is_inside[:index])))


def row_numbers(places: Positions, left_out: Positions) -> Positions:
    """Places in a list from which some were left out, as places in the whole list.

    Args:
        places: places among what is left, from 0.
        left_out: places of the others in the whole list, in order.
    """
    if not len(left_out):
        return places
    return places + np.searchsorted(left_out - np.arange(len(left_out)), places, side="right")
