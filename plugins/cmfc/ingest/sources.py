"""Where a feed can come from: the `source` part of an agency's mapping (spec 1)."""

import codecs
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

_NOT_OF_FILES = frozenset(
    ("charmap", "idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7")
)
"""Python can decode with these, and no system writes files in them, or they depend on the machine."""


def is_encoding_of_files(name: str) -> bool:
    """Whether Python knows this encoding of text, and a file of records may be written in it."""
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    # rot13, hex, base64 and zlib are codecs too, but turn text into text or bytes into bytes.
    is_text = codec._is_text_encoding  # noqa: SLF001 - there is no public name for it
    return is_text and codec.name.replace("_", "-") not in _NOT_OF_FILES


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SqlSource(_Strict):
    """A query through a named connection; the night resolves the name, the core never sees a password.

    Attributes:
        count_again: the database counts the query's rows a second time; false for a query too heavy to run twice.
        pool: Airflow's pool in which it is pulled; without it that of the settings. Says nothing of what is read.
    """

    kind: Literal["sql"]
    connection: str
    query: str
    count_again: bool = True
    pool: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")

    @property
    def label(self) -> str:
        """How messages name this source."""
        return f"connection {self.connection}"


class _FileSource(_Strict):
    path: Path

    @field_validator("path")
    @classmethod
    def _is_written_out(cls, path: Path) -> Path:
        if len(path.parts) > 1 and path.parts[0].startswith(("~", "$", "%")):
            raise ValueError("is taken as it stands; write out the folder that ~ or a variable stands for")
        return path

    @property
    def label(self) -> str:
        """How messages name this source: the file's name without its folder."""
        return self.path.name


class _DelimitedSource(_FileSource):
    """Text in records and fields, after a header row.

    Attributes:
        header_row: the header's line, counted from 1; lines before it are no records.
        skip_footer: this many lines at the end, blank ones apart, are no records.
        last_line_may_be_open: this export never ends its last line; else such a file may be cut off and is refused.
    """

    encoding: str = "utf-8"
    header_row: int = Field(default=1, ge=1)
    skip_footer: int = Field(default=0, ge=0, le=100)
    last_line_may_be_open: bool = False


class CsvSource(_DelimitedSource):
    """Delimited text with a header row; quoted fields may hold line breaks."""

    kind: Literal["csv"]
    delimiter: str = Field(default=",", min_length=1, max_length=1)

    @field_validator("delimiter")
    @classmethod
    def _is_a_plain_sign(cls, delimiter: str) -> str:
        if not delimiter.isascii() or delimiter in '"\r\n\\':
            raise ValueError("must be one ASCII sign, and no quote, backslash or line end")
        return delimiter


class TsvSource(_DelimitedSource):
    """Tab-separated text with a header row."""

    kind: Literal["tsv"]
    delimiter: Literal["\t"] = "\t"


class XlsxSource(_FileSource):
    """Sheets of a workbook; without a name, the only visible sheet that holds data.

    Attributes:
        sheet: the sheet to read.
        sheets: the sheets to read, one after the other.
        sheet_pattern: a regular expression; every visible sheet whose whole name it fits is read.
        ignore_sheets: visible sheets with data that are no records.
        header_row: the header's row in each sheet, counted from 1.
    """

    kind: Literal["xlsx"]
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    sheet_pattern: str | None = None
    ignore_sheets: tuple[str, ...] = ()
    header_row: int = Field(default=1, ge=1)

    @field_validator("sheet_pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        return _regex(pattern)

    @model_validator(mode="after")
    def _names_sheets_in_one_way(self) -> "XlsxSource":
        if sum((self.sheet is not None, bool(self.sheets), self.sheet_pattern is not None)) > 1:
            raise ValueError("say one of sheet, sheets and sheet_pattern")
        return self


class ParquetSource(_FileSource):
    """One Parquet file."""

    kind: Literal["parquet"]


class FixedField(_Strict):
    """One field of a fixed-width line: `start` counts from 1, in `widths_in`."""

    name: str
    start: int = Field(ge=1)
    width: int = Field(ge=1)


class FixedPlace(_Strict):
    """A place in a line: `start` counts from 1, in `widths_in`."""

    start: int = Field(ge=1)
    width: int = Field(ge=1)


class FixedWidthSource(_FileSource):
    """Fixed-width records without names of columns.

    Attributes:
        widths_in: what `start`, `width` and `record_length` count.
        record_length: of records that follow each other without line ends.
        trimmed: the system takes off trailing spaces, so that a line may end before its last fields.
        header: a regular expression that the first line must fit; it is no record.
        trailer: the same for the last line; its group `count`, or `trailer_count`, is the number of records.
        trailer_count: where in the trailer the number of records stands.
    """

    kind: Literal["fixed_width"]
    encoding: str = "utf-8"
    fields: tuple[FixedField, ...] = Field(min_length=1)
    widths_in: Literal["characters", "bytes"] = "characters"
    record_length: int | None = Field(default=None, ge=1)
    trimmed: bool = False
    header: str | None = None
    trailer: str | None = None
    trailer_count: FixedPlace | None = None

    @property
    def width(self) -> int:
        """Where the last field ends."""
        return max(field.start + field.width - 1 for field in self.fields)

    @property
    def gaps(self) -> tuple[tuple[int, int], ...]:
        """First and last positions of what no field covers, up to the end of the last field."""
        missing, covered = [], 0
        for field in sorted(self.fields, key=lambda field: field.start):
            if field.start > covered + 1:
                missing.append((covered + 1, field.start - 1))
            covered = max(covered, field.start + field.width - 1)
        return tuple(missing)

    @field_validator("header", "trailer")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        return _regex(pattern)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "FixedWidthSource":
        if self.record_length is not None and self.record_length < self.width:
            raise ValueError("record_length is shorter than the fields")
        if self.trailer_count is not None and self.trailer is None:
            raise ValueError("trailer_count needs a trailer")
        return self


def _regex(pattern: str | None) -> str | None:
    try:
        re.compile(pattern or "")
    except re.error:
        raise ValueError("not a regular expression") from None
    return pattern


FileSource = CsvSource | TsvSource | XlsxSource | ParquetSource | FixedWidthSource
Source = Annotated[SqlSource | FileSource, Field(discriminator="kind")]
