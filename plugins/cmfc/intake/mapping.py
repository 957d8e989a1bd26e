"""An agency's source mapping: where each feed comes from and how its columns and codes become ours (spec 1)."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from cmfc.errors import InputError
from cmfc.feeds.catalog import Feed, feeds
from cmfc.intake.sources import CsvSource, Source, SqlSource


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ColumnMapping(_Strict):
    """How one native column becomes a canonical one.

    Attributes:
        native: the native column's name (`from` in the file).
        codes: native code to ours; when given, a code that is not listed is unknown even if it looks like one of ours.
        zone: IANA zone of its clock times, where it differs from the agency's.
        utc: its clock times are UTC.
        midnight_means_date_only: a clock of 00:00:00 says only the day.
        format: strptime format of its text, where it is not ISO 8601.
    """

    native: str | None = Field(default=None, validation_alias="from")
    always: str | None = None
    null_values: tuple[str, ...] | None = None
    id_pattern: str | None = None
    codes: Mapping[str, str] | None = None
    zone: str | None = None
    utc: bool = False
    midnight_means_date_only: bool = False
    format: str | None = None

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str | None) -> str | None:
        return zone if zone is None else _known_zone(zone)


class FeedMapping(_Strict):
    """One feed of one agency.

    Attributes:
        max_age_hours: the newest value may be this old at the pull; None: freshness is not judged.
        freshness_column: the canonical time that tells how new the feed is; else a file's modification time.
        count_band: how many rows are normal, as [low, high] times the rows of the last accepted pull.
        promises: which columns must come: all that are mapped, or only the required ones (another that does not come
            is noted).
    """

    source: Source
    columns: Mapping[str, ColumnMapping]
    ignore: tuple[str, ...] = ()
    may_be_empty: bool = False
    max_age_hours: float | None = Field(default=None, gt=0)
    freshness_column: str | None = None
    count_band: tuple[float, float] | None = None
    promises: Literal["mapped", "required"] = "mapped"

    @field_validator("columns", mode="before")
    @classmethod
    def _name_alone_is_enough(cls, columns: Any) -> Any:
        if not isinstance(columns, Mapping):
            return columns
        return {name: {"from": spec} if isinstance(spec, str) else spec for name, spec in columns.items()}

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "FeedMapping":
        if self.max_age_hours is not None and self.freshness_column is None and isinstance(self.source, SqlSource):
            raise ValueError("max_age_hours needs a freshness_column when the source is sql")
        if self.count_band is not None and not 0 <= self.count_band[0] <= self.count_band[1]:
            raise ValueError("count_band must be [low, high] with 0 <= low <= high")
        natives = [column.native for column in self.columns.values()]
        if both := sorted(set(natives) & set(self.ignore)):
            raise ValueError(f"ignore names columns that are also mapped: {', '.join(both)}")
        return self

    def column(self, name: str) -> ColumnMapping:
        """The mapping of a canonical column; one that is not mapped reads as its own name."""
        return self.columns.get(name) or ColumnMapping(native=name)


class MatchingRules(_Strict):
    """How reports without an id are matched (spec 4.1).

    Attributes:
        model: name of the linkage model; `default` comes with cmfc.
        accept: least probability of a link that nobody was asked about.
        review: least probability of a question to a person.
    """

    model: str = "default"
    accept: float = Field(default=0.99, ge=0.9, lt=1)
    review: float = Field(default=0.60, gt=0, lt=1)


class AgencyMapping(_Strict):
    """One agency: its zone, its law and its feeds. `jurisdiction` is `us/federal` or `us/xx`."""

    agency: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")
    name: str
    zone: str
    jurisdiction: str = Field(pattern=r"^us/([a-z]{2}|federal)$")
    history_begins_on: date | None = None
    stitch_gap_hours: float = Field(default=0, ge=0)
    runaway_placements_kept: bool = False
    id_pattern: str | None = None
    matching: MatchingRules = MatchingRules()
    feeds: Mapping[str, FeedMapping]

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        return _known_zone(zone)

    @model_validator(mode="after")
    def _covers_the_catalogue(self) -> "AgencyMapping":
        problems = [f"feeds.{name}: no such feed" for name in self.feeds if name not in feeds()]
        for feed in feeds().values():
            if feed.name in self.feeds:
                problems += _against_catalogue(feed, self.feeds[feed.name])
            elif feed.role != "optional":
                problems.append(f"feeds.{feed.name}: this feed is mandatory and not mapped")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def zone_of(self, feed: str, column: str) -> str:
        """The zone of a column's clock times."""
        return self.feeds[feed].column(column).zone or self.zone


def load_mapping(path: Path) -> AgencyMapping:
    """Read a mapping file; relative paths in it start at its folder.

    Raises:
        InputError: CMFC-M01 the file cannot be read, CMFC-M02 it is not YAML, CMFC-M03 a key in it is wrong.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("CMFC-M01", f"The mapping {path.name} cannot be read.", type(error).__name__) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "unknown place"
        raise InputError("CMFC-M02", f"The mapping {path.name} is not valid YAML ({where}).") from None
    if not isinstance(raw, dict):
        raise InputError("CMFC-M03", f"The mapping {path.name} must be a table of keys, beginning with `agency:`.")
    _anchor_paths(raw, path.parent)
    try:
        return AgencyMapping.model_validate(raw)
    except ValidationError as error:
        raise InputError("CMFC-M03", f"The mapping {path.name} is wrong at {_sentences(error)}.") from None


def mapping_of_folder(
    records: Path, zone: str, jurisdiction: str, agency: str, runaway_placements_kept: bool = False
) -> AgencyMapping:
    """The mapping of a folder of `<feed>.csv` files with canonical columns and codes.

    Bands, freshness and emptiness are not judged; an optional feed without a file is left out.

    Raises:
        InputError: CMFC-M03 for a zone, jurisdiction or agency that cannot be.
    """
    mapped = {
        feed.name: FeedMapping(
            source=CsvSource(kind="csv", path=records / f"{feed.name}.csv"),
            columns={name: ColumnMapping(native=name) for name in feed.columns},
            may_be_empty=True,
            promises="required",
        )
        for feed in feeds().values()
        if feed.role != "optional" or (records / f"{feed.name}.csv").exists()
    }
    try:
        return AgencyMapping(
            agency=agency,
            name=agency,
            zone=zone,
            jurisdiction=jurisdiction,
            runaway_placements_kept=runaway_placements_kept,
            feeds=mapped,
        )
    except ValidationError as error:
        raise InputError("CMFC-M03", f"The agency cannot be described so: {_sentences(error)}.") from None


def _against_catalogue(feed: Feed, mapped: FeedMapping) -> list[str]:
    at = f"feeds.{feed.name}"
    problems = [f"{at}.columns.{c}: no such column in this feed" for c in mapped.columns if c not in feed.columns]
    for name, column in feed.columns.items():
        spec = mapped.columns.get(name)
        if spec is None:
            problems += [f"{at}.columns.{name}: this column is required and not mapped"] if column.required else []
            continue
        wrong = sorted(set((spec.codes or {}).values()) - set(column.codes))
        if spec.codes is not None and column.type not in ("code", "bool"):
            problems.append(f"{at}.columns.{name}.codes: this column takes no codes")
        elif wrong and column.type == "code":
            problems.append(f"{at}.columns.{name}.codes: not our codes: {', '.join(wrong)}")
    if mapped.freshness_column is not None:
        fresh = feed.columns.get(mapped.freshness_column)
        if fresh is None or fresh.type != "moment" or mapped.freshness_column not in mapped.columns:
            problems.append(f"{at}.freshness_column: must be a mapped time column of this feed")
    return problems


def _anchor_paths(raw: dict[str, Any], folder: Path) -> None:
    mapped = raw.get("feeds")
    for feed in mapped.values() if isinstance(mapped, dict) else ():
        source = feed.get("source") if isinstance(feed, dict) else None
        if isinstance(source, dict) and isinstance(source.get("path"), str):
            source["path"] = folder / source["path"]


def _known_zone(zone: str) -> str:
    if zone not in available_timezones():
        raise ValueError("no such time zone; write it like America/Chicago")
    return ZoneInfo(zone).key


def _sentences(error: ValidationError) -> str:
    parts = []
    for problem in error.errors(include_url=False, include_input=False):
        where = ".".join(str(step) for step in problem["loc"])
        text = problem["msg"].removeprefix("Value error, ")
        parts.append(f"{where}: {text}" if where else text)
    return "; ".join(parts)
