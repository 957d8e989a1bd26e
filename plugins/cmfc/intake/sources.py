"""Where a feed can come from: the `source` part of an agency's mapping (spec 1)."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SqlSource(_Strict):
    """A query through a named connection; the night resolves the name, the core never sees a password."""

    kind: Literal["sql"]
    connection: str
    query: str

    @property
    def shown(self) -> str:
        """How messages name this source."""
        return f"connection {self.connection}"


class _FileSource(_Strict):
    path: Path

    @property
    def shown(self) -> str:
        """How messages name this source: the file's name without its folder."""
        return self.path.name


class CsvSource(_FileSource):
    """Delimited text with a header row; quoted fields may hold line breaks."""

    kind: Literal["csv"]
    encoding: str = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)


class TsvSource(_FileSource):
    """Tab-separated text with a header row."""

    kind: Literal["tsv"]
    encoding: str = "utf-8"
    delimiter: Literal["\t"] = "\t"


class XlsxSource(_FileSource):
    """One sheet of a workbook; without `sheet` the first one."""

    kind: Literal["xlsx"]
    sheet: str | None = None
    header_row: int = Field(default=1, ge=1)


class ParquetSource(_FileSource):
    """One Parquet file."""

    kind: Literal["parquet"]


class FixedField(_Strict):
    """One field of a fixed-width line: `start` counts characters from 1."""

    name: str
    start: int = Field(ge=1)
    width: int = Field(ge=1)


class FixedWidthSource(_FileSource):
    """Fixed-width lines without a header."""

    kind: Literal["fixed_width"]
    encoding: str = "utf-8"
    fields: tuple[FixedField, ...] = Field(min_length=1)


FileSource = CsvSource | TsvSource | XlsxSource | ParquetSource | FixedWidthSource
Source = Annotated[SqlSource | FileSource, Field(discriminator="kind")]
