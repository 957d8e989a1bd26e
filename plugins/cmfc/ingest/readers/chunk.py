"""A piece of a feed as text, and how a reader refuses a feed. Messages name file, row and column, never a value."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from cmfc.errors import InputError
from cmfc.ingest.headers import plain_header
from cmfc.ingest.readers.census import SourceCensus
from cmfc.ingest.text import text_array

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

Connect = Callable[[str], "URL | Engine | str"]
"""Gives the address, or the engine, of a named connection."""
ROWS_PER_CHUNK = 50_000
_LONGEST_KEY = 40
_WORDS = r"^\s*[^\s\d]\D*$"
"""Text without a digit."""
_DATE = re.compile(r"\d{4}-\d\d?-\d|\d[/.]\d\d?[/.]\d\d|(?<!\d)\d{8}(\d{6})?(?!\d)")
"""Something like a date: year first, by strokes or dots, or digits alone; no telephone number."""
_DRESSING = "".join(map(chr, range(33))) + "\x7f\xa0\ufeff\"'"
"""What may stand around a name where one file was put behind another: its mark, the first one's end mark, quotes."""


class UnreadableFeed(InputError):
    """The source is not there, is empty, or cannot be understood: part of a broken contract (spec 1)."""

    fixed_code = "CMFC-I01"

    def __init__(self, message: str, detail: str = "") -> None:
        """`message` says what to do; `detail` is the kind of error, for an engineer."""
        super().__init__(self.fixed_code, message, detail)


class SilentDatabase(UnreadableFeed):
    """The source's database did not answer, or broke off: it may answer later."""

    fixed_code = "CMFC-I06"


@dataclass(frozen=True)
class Chunk:
    """Some rows of a feed.

    Attributes:
        rows: int64, the rows as a person counts them: a file's header is row 1, a query's first record is row 1.
        table: utf8 columns with native names, as long as `rows`.
        part: of a workbook with several sheets, the position of the sheet, from 1.
    """

    rows: Any
    table: Any
    part: int | None = None


@dataclass(frozen=True)
class Layout:
    """What the mapping looks for in a source, by native names.

    Attributes:
        columns: the columns that are mapped or ignored.
        key: the column of the record's id, when mapped.
        begins: the column of the time the record begins, when the feed has one.
        key_pattern: what the key looks like, when the mapping says it.
        codes: by column, the codes that it may hold, in small letters.
    """

    columns: frozenset[str] = frozenset()
    key: str | None = None
    begins: str | None = None
    key_pattern: str | None = None
    codes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def is_record(self, names: Sequence[str], fields: Sequence[str]) -> bool:
        """Whether a line inside a quoted value may be a record.

        As many fields as the header has, and a key and a begin, a date in the place of the begin, a code in its column
        beside a key, a date or an empty field, or two values written like ids or dates. It need not be a good record:
        one that cannot be read is set aside with a finding, and of one that was swallowed nobody would hear. A line of
        a note seldom has as many commas, and then no such values where they are looked for.
        """
        cells = self._key_and_begin(names, fields)
        if cells is None:
            return False
        key, begins = cells
        dates = sum(bool(_DATE.search(text)) for text in fields)
        numbered = sum(map(_is_numbered, fields)) if _is_numbered(key) else 0
        is_beside = numbered or dates or not all(text.strip(_DRESSING) for text in fields)
        return (
            self._are_usable(key, begins)
            or bool(_DATE.search(begins or ""))
            or bool(is_beside and self._is_coded(names, fields))
            or max(numbered, dates) > 1
        )

    def may_be_record(self, names: Sequence[str], fields: Sequence[str]) -> bool:
        """Whether fields in place of a header, footer or trailer may be a record, one that cannot be used too."""
        cells = self._key_and_begin(names, fields)
        if cells is None:
            return False
        key, begins = cells
        is_numbered = _has_digit(key) and sum(bool(text.strip()) for text in fields) > 2
        return _has_digit(begins or "") or is_numbered or self._are_usable(key, begins) or self._is_coded(names, fields)

    def _key_and_begin(self, names: Sequence[str], fields: Sequence[str]) -> tuple[str, str | None] | None:
        """The key, and the begin where the source has one; None of fields that are not as many as the header's."""
        if len(fields) != len(names) or self.key not in names:
            return None
        return fields[names.index(self.key)], fields[names.index(self.begins)] if self.begins in names else None

    def _are_usable(self, key: str, begins: str | None) -> bool:
        key = key.strip()
        is_token = 0 < len(key) <= _LONGEST_KEY and len(key.split()) == 1
        if not is_token and not (self.key_pattern and re.fullmatch(self.key_pattern, key)):
            return False
        return _has_digit(key if begins is None else begins)

    def _is_coded(self, names: Sequence[str], fields: Sequence[str]) -> bool:
        return any(map(self.is_code, names, fields))

    def is_code(self, name: str, text: str) -> bool:
        """Whether a column may hold this as a code."""
        return text.strip(_DRESSING).casefold() in self.codes.get(name, ())


def _has_digit(text: str) -> bool:
    return any(sign.isdigit() for sign in text)


def _is_numbered(text: str) -> bool:
    return _has_digit(text) and len(text.split()) == 1


def chunk_of(
    names: Sequence[str], rows: Sequence[Sequence[str | None]], numbers: Sequence[int], part: int | None = None
) -> Chunk:
    """A chunk from rows of text."""
    return chunk_of_columns(names, list(zip(*rows, strict=True)) if rows else [()] * len(names), numbers, part)


def chunk_of_columns(
    names: Sequence[str],
    columns: Sequence[Sequence[str | bytes | None]],
    numbers: Sequence[int],
    part: int | None = None,
) -> Chunk:
    """A chunk from columns of text, or of its UTF-8."""
    arrays = [text_array(column) for column in columns]
    return Chunk(pa.array(numbers, pa.int64()), pa.table(dict(zip(names, arrays, strict=True))), part)


@dataclass(frozen=True)
class Columns:
    """The columns of a source: their names, and those that have none.

    Attributes:
        names: as `plain_header` writes them, empty for a column without a header.
    """

    names: tuple[str, ...]

    @property
    def named(self) -> list[int]:
        """Positions of the columns with a header, from 0."""
        return [at for at, name in enumerate(self.names) if name]

    def table(self, arrays: Sequence[Any], census: SourceCensus) -> Any:
        """The columns with a header; of the others the census says which hold data."""
        for at, name in enumerate(self.names):
            if not name and at + 1 not in census.unnamed and _holds_data(arrays[at]):
                census.unnamed.add(at + 1)
        return pa.table([arrays[at] for at in self.named], names=[self.names[at] for at in self.named])

    def nothing(self) -> Chunk:
        """A chunk without rows, so that the columns are known."""
        return chunk_of([self.names[at] for at in self.named], [], [])


def columns_of(feed: str, label: str, names: Sequence[str], layout: Layout) -> Columns:
    """The columns of a source; two of one name cannot be told apart.

    Raises:
        UnreadableFeed: names the feed, the source and the positions; a header may be a record by mistake, so no names.
    """
    names = [plain_header(name) for name in names]
    positions: dict[str, int] = {}
    for at, name in enumerate(names):
        if name and name in positions:
            raise _twins(feed, label, "two columns of one name", positions[name], at)
        positions[name] = at
    folded: dict[str, int] = {}
    wanted_folded = {name.casefold() for name in layout.columns}
    for name, at in positions.items():
        first = folded.setdefault(name.casefold(), at)
        if name and first != at and name.casefold() in wanted_folded and not {names[first], name} <= layout.columns:
            raise _twins(feed, label, "two columns whose names differ in case alone", first, at)
    return Columns(tuple(names))


def _twins(feed: str, label: str, what: str, first: int, second: int) -> UnreadableFeed:
    return UnreadableFeed(f"{feed}: {label} has {what} ({first + 1} and {second + 1}); give each column its own name.")


def _holds_data(values: Any) -> bool:
    return bool(pc.any(pc.not_equal(pc.utf8_trim_whitespace(values), "")).as_py())


def refuse_second_header(feed: str, label: str, chunk: Chunk, layout: Layout) -> None:
    """Refuse a file put together of parts whose columns stand in different orders: values would be read as others.

    A second header in the same order is a row like any other, and set aside as one. Of one whose names are all others,
    nobody can say in what order it is.

    Raises:
        UnreadableFeed: says its row.
    """
    names = [name for name in chunk.table.column_names if name in layout.columns]
    if len(names) < 2:
        return
    headers = {name.casefold() for name in chunk.table.column_names}
    for place in _like_headers(chunk.table, names, headers, layout):
        cells = [_header_in(chunk.table[name][place].as_py()) for name in names]
        others = [cell for cell, name in zip(cells, names, strict=True) if cell in headers and cell != name.casefold()]
        filled = [cell for cell in cells if cell]
        # A part may have a column of its own, or a name that was changed since.
        known = sum(cell in headers for cell in filled)
        is_header = 2 * known > len(filled) or not any(map(_has_digit, filled))
        is_in_other_order = bool(others) and known > 1 and is_header
        if is_in_other_order or _are_other_names(names, cells, headers, layout):
            order = "stand in another order" if is_in_other_order else "have other names, perhaps in another order"
            raise UnreadableFeed(
                f"{feed}: {label}, row {chunk.rows[place].as_py()} is a second header, whose columns {order}; put the"
                " parts together in one order, under one header."
            )


def _like_headers(table: Any, names: Sequence[str], headers: set[str], layout: Layout) -> list[int]:
    """Rows that hold the name of a column, or words without a digit in the places of the key and the begin."""
    folded, written = pa.array(sorted(headers)), pa.array(table.column_names)
    masks = [
        pc.is_in(pc.utf8_lower(pc.utf8_trim(table[name], characters=_DRESSING)), value_set=folded) for name in names[:2]
    ]
    masks += [pc.is_in(table[name], value_set=written) for name in names[2:]]  # quicker, and there are many
    if layout.begins in names and layout.key in names:
        masks.append(pc.and_(*(pc.match_substring_regex(table[name], _WORDS) for name in (layout.begins, layout.key))))
    return list(pc.indices_nonzero(pc.fill_null(reduce(pc.or_kleene, masks), False)).to_pylist())


def _are_other_names(names: Sequence[str], cells: Sequence[str], headers: set[str], layout: Layout) -> bool:
    """Whether a row holds nothing but words, each another, where records have ids, times and codes."""
    at = dict(zip(names, cells, strict=True))
    filled = [cell for cell in cells if cell]
    return (
        bool(at.get(layout.key or "") and at.get(layout.begins or ""))
        and len(filled) > 3
        and len(set(filled)) == len(filled)
        and not headers & set(filled)
        and not any(_has_digit(cell) for cell in filled)
        and not any(layout.is_code(name, cell) for name, cell in at.items())
    )


def _header_in(cell: str | None) -> str:
    return plain_header((cell or "").strip(_DRESSING)).casefold()


def counts_differ(feed: str, label: str, census: SourceCensus) -> None:
    """Refuse a source whose two counts differ: rows would be lost or doubled without a word.

    Raises:
        UnreadableFeed: says both counts.
    """
    first, second = census.counts["records"], census.counts["records_counted_apart"]
    if first != second:
        message = f"{feed}: {label} was read as {first} records and holds {second}; deliver it again or save it anew."
        raise UnreadableFeed(message)
