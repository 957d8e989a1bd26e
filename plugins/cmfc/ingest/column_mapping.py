"""How one native column becomes a canonical one, and whether the catalogue allows it (spec 1, Ids and text)."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from cmfc.feeds.catalog import Column, Feed
from cmfc.ingest.formats import format_fault
from cmfc.ingest.headers import plain_header

TRUTH = ("true", "false")
_WITHOUT_SUMMER = {
    "EST": "America/New_York, or America/Panama where clocks never change",
    "MST": "America/Denver, or America/Phoenix where clocks never change",
    "HST": "Pacific/Honolulu",
}
"""Zones whose names are those of a region's winter time, and what is meant instead."""


class Strict(BaseModel):
    """A part of a mapping: no key that is not known, never changed after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


class ColumnMapping(Strict):
    """How one native column becomes a canonical one.

    Attributes:
        native: the native column's name (`from` in the file); None where `always` says it.
        always: the code that every row has; for a code, true or false, in place of a column.
        codes: native code to ours; when given, a code that is not listed is unknown even if it looks like one of ours.
            Codes compare without case and outer space.
        null_values: the words that say nothing in this column, in place of the built-in list; None: the built-in list.
        id_pattern: what an id looks like here, a regular expression for the whole of it; for a key and `child_id`.
        whole_number: `.0` behind an id of digits is taken off, as a program puts it there that takes ids for numbers.
        pad: how many digits an id of digits alone has at least; zeros are put before it.
        zone: IANA zone of its clock times, where it differs from the agency's.
        utc: its clock times are UTC.
        midnight_means_date_only: a clock of 00:00:00 says only the day.
        format: strptime format of its text, where it is not ISO 8601.
    """

    native: str | None = Field(default=None, validation_alias="from", min_length=1)
    always: str | None = None
    codes: Mapping[str, str] | None = None
    null_values: tuple[str, ...] | None = None
    id_pattern: str | None = None
    whole_number: bool = False
    pad: int | None = Field(default=None, ge=1, le=40)
    zone: str | None = None
    utc: bool = False
    midnight_means_date_only: bool = False
    format: str | None = None

    @field_validator("native")
    @classmethod
    def _as_headers_are_written(cls, native: str | None) -> str | None:
        return native if native is None else plain_header(native)

    @field_validator("always", mode="before")
    @classmethod
    def _truth_is_a_code(cls, code: Any) -> Any:
        return _code_of(code)

    @field_validator("codes", mode="before")
    @classmethod
    def _truths_are_codes(cls, codes: Any) -> Any:
        return {key: _code_of(code) for key, code in codes.items()} if isinstance(codes, Mapping) else codes

    @field_validator("codes")
    @classmethod
    def _no_code_twice(cls, codes: Mapping[str, str] | None) -> Mapping[str, str] | None:
        first: dict[str, str] = {}
        for code in codes or ():
            alike = first.setdefault(code.strip().casefold(), code)
            if alike != code:
                raise ValueError(f"'{alike}' and '{code}' are one code: case and outer space do not count; keep one")
        return codes

    @field_validator("id_pattern")
    @classmethod
    def _pattern_can_be_read(cls, pattern: str | None) -> str | None:
        return pattern if pattern is None else known_pattern(pattern)

    @field_validator("format")
    @classmethod
    def _format_says_a_time(cls, text: str | None) -> str | None:
        if text is not None and (fault := format_fault(text)):
            raise ValueError(fault)
        return text

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str | None) -> str | None:
        return zone if zone is None else known_zone(zone)

    @model_validator(mode="after")
    def _has_one_origin(self) -> "ColumnMapping":
        if (self.native is None) == (self.always is None):
            raise ValueError("name the column it comes from with `from`, or the one code it has with `always`")
        if self.always is not None and self.model_fields_set - {"always"}:
            raise ValueError("`always` stands alone: no column is read, so nothing else can be said of it")
        return self


def catalogue_faults(feed: Feed, columns: Mapping[str, ColumnMapping]) -> list[str]:
    """What in a feed's mapping the catalogue does not allow, each as `columns.<name>…: why`."""
    faults = [f"columns.{name}: no such column in this feed" for name in columns if name not in feed.columns]
    for name, column in feed.columns.items():
        spec = columns.get(name)
        if spec is not None:
            faults += [f"columns.{name}{fault}" for fault in _column_faults(feed, column, spec)]
        elif column.required:
            faults.append(f"columns.{name}: this column is required and not mapped")
    key, child = columns.get(feed.key), columns.get("child_id")
    if feed.key != "child_id" and key and child and key.native == child.native:
        faults.append(
            f"columns.{feed.key}: is mapped to the column of child_id, which would make one record of all of a child's;"
            " map the column that names the record, or write a query that makes one"
        )
    return faults


def known_zone(zone: str) -> str:
    """A zone that exists and is a region's; ValueError if it is not."""
    if zone not in _zones():
        raise ValueError("no such time zone; write it like America/Chicago")
    if instead := _WITHOUT_SUMMER.get(zone):
        raise ValueError(f"{zone} knows no summer time; write {instead}")
    if zone.startswith("Etc/") and zone != "Etc/UTC":
        raise ValueError(
            f"{zone} may be hours off, since names under Etc/ count the other way round (Etc/GMT-6 is six hours ahead"
            " of UTC); write a region and city such as America/Chicago, or UTC"
        )
    return ZoneInfo(zone).key


@cache
def _zones() -> frozenset[str]:
    """Every zone there is; listing them reads folders, and a hundred mappings would ask a hundred times."""
    return frozenset(available_timezones())


def known_pattern(pattern: str) -> str:
    """A regular expression that can be read; ValueError if it cannot."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"this is no regular expression: {error.msg}") from None
    return pattern


def _column_faults(feed: Feed, column: Column, spec: ColumnMapping) -> list[str]:
    ours = column.codes if column.type == "code" else TRUTH if column.type == "bool" else ()
    faults = []
    if spec.codes is not None and not ours:
        faults.append(".codes: this column takes no codes")
    elif wrong := sorted(set((spec.codes or {}).values()) - set(ours)):
        faults.append(f".codes: not our codes: {', '.join(wrong)}")
    if spec.always is not None and not ours:
        faults.append(".always: only a code, true or false can be the same for every row")
    elif spec.always is not None and spec.always not in ours:
        faults.append(f".always: not one of our codes ({', '.join(ours)})")
    if spec.id_pattern is not None and column.name not in (feed.key, "child_id"):
        faults.append(f".id_pattern: only for {feed.key} and child_id")
    if column.type != "id":
        id_options = {"whole_number": spec.whole_number, "pad": spec.pad is not None}
        faults += [f".{name}: this column holds no ids" for name, is_given in id_options.items() if is_given]
    if spec.format is not None and column.type not in ("moment", "date"):
        faults.append(".format: this column is no time and no date")
    return faults


def _code_of(code: Any) -> Any:
    """YAML reads `true` as a truth value; as a code of ours it is the word."""
    return TRUTH[not code] if isinstance(code, bool) else code
