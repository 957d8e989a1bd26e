"""An agency's source mapping: where each feed comes from and how its columns and codes become ours (spec 1)."""

import json
import re
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr, ValidationError, field_validator, model_validator

from cmfc.errors import InputError
from cmfc.feeds.catalog import Feed, feeds
from cmfc.ingest.column_mapping import ColumnMapping, Strict, catalogue_faults, known_pattern, known_zone
from cmfc.ingest.headers import plain_header
from cmfc.ingest.sources import CsvSource, Source, SqlSource, is_encoding_of_files
from cmfc.ingest.strict_yaml import read_mapping

__all__ = ["AgencyMapping", "ColumnMapping", "FeedMapping", "MatchingRules", "load_mapping", "mapping_of_folder"]

DECISIONS = "decisions"
"""What a folder of records may hold beside its feeds: people's answers about matches."""
AGENCY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""What the id of an agency looks like; its mapping is called `<agency>.yml`."""
DEFAULT_SCHEDULE = "30 3 * * *"
_CRON = tuple((re.compile(rf"(\*|{n}(-{n})?)(/\d{{1,2}})?(,(\*|{n}(-{n})?)(/\d{{1,2}})?)*"), low, high)
              for n, low, high in ((r"\d{1,2}", 0, 59), (r"\d{1,2}", 0, 23), (r"\d{1,2}", 1, 31), (r"\d{1,2}", 1, 12),
                                   (r"\d", 0, 7)))  # fmt: skip
"""How each of the five parts of a cron text is written, and the least and greatest number in it."""
_LONGEST = dict(zip(range(1, 13), (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), strict=True))
_JUDGED_LATER = ("may_be_empty", "max_age_hours", "count_band", "most_voided")
"""Settings that say what is normal: they change neither what is read nor how it is understood."""


class FeedMapping(Strict):
    """One feed of one agency.

    Attributes:
        max_age_hours: the newest value may be this old at the pull; None: freshness is not judged.
        freshness_column: the canonical time that tells how new the feed is; else a file's modification time.
        count_band: how many rows are normal, as [low, high] times the rows of the last accepted pull.
        most_voided: the share of the rows that may be voided.
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
    most_voided: float = Field(default=0.5, ge=0, le=1)
    promises: Literal["mapped", "required"] = "mapped"

    @field_validator("columns", mode="before")
    @classmethod
    def _name_alone_is_enough(cls, columns: Any) -> Any:
        if not isinstance(columns, Mapping):
            return columns
        return {name: {"from": spec} if isinstance(spec, str) else spec for name, spec in columns.items()}

    @field_validator("ignore")
    @classmethod
    def _as_headers_are_written(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(plain_header(name) for name in names)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "FeedMapping":
        if self.max_age_hours is not None and self.freshness_column is None and isinstance(self.source, SqlSource):
            raise ValueError("max_age_hours needs a freshness_column when the source is sql")
        if self.count_band is not None and not 0 <= self.count_band[0] <= self.count_band[1]:
            raise ValueError("count_band must be [low, high] with 0 <= low <= high")
        encoding = getattr(self.source, "encoding", "utf-8")
        if not is_encoding_of_files(encoding):
            raise ValueError(f"source.encoding: '{encoding}' is not known; write it like utf-8 or cp1252")
        if both := sorted(self.natives() & set(self.ignore)):
            raise ValueError(f"ignore names columns that are also mapped: {', '.join(both)}")
        return self

    def natives(self) -> set[str]:
        """The native columns that are mapped; a column that is `always` the same has none."""
        return {column.native for column in self.columns.values() if column.native is not None}

    def column(self, name: str) -> ColumnMapping:
        """The mapping of a canonical column; one that is not mapped reads as its own name."""
        return self.columns.get(name) or ColumnMapping(native=name)


class MatchingRules(Strict):
    """How reports without an id are matched (spec 4.1).

    Attributes:
        model: name of the linkage model; `default` comes with cmfc.
        accept: least probability of a link that nobody was asked about.
        review: least probability of a question to a person.
    """

    model: str = "default"
    accept: float = Field(default=0.99, ge=0.9, lt=1)
    review: float = Field(default=0.60, gt=0, lt=1)


class AgencyMapping(Strict):
    """One agency: its zone, its law and its feeds.

    Attributes:
        jurisdiction: `us/federal` or `us/xx`.
        schedule: when the night runs through Airflow, as cron text in the agency's zone.
        id_pattern: what record ids (keys and `child_id`) look like, where a column does not say it itself.
        engine: on what the night is judged; the lists are the same (docs/how-to/spark.md).
    """

    agency: str = Field(pattern=f"^{AGENCY.pattern}$")
    name: str
    zone: str
    schedule: str = DEFAULT_SCHEDULE
    jurisdiction: str = Field(pattern=r"^us/([a-z]{2}|federal)$")
    history_begins_on: date | None = Field(default=None, ge=date(1900, 1, 1))
    stitch_gap_hours: float = Field(default=0, ge=0, le=8784)
    runaway_placements_kept: bool = False
    runs_are_placements_only: bool = False
    id_pattern: str | None = None
    engine: Literal["duckdb", "spark"] = "duckdb"
    matching: MatchingRules = MatchingRules()
    feeds: Mapping[str, FeedMapping]
    _folder: Path | None = PrivateAttr(default=None)

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        return known_zone(zone)

    @field_validator("schedule")
    @classmethod
    def _schedule_can_be_read(cls, schedule: str) -> str:
        return known_schedule(schedule)

    @field_validator("id_pattern")
    @classmethod
    def _pattern_can_be_read(cls, pattern: str | None) -> str | None:
        return pattern if pattern is None else known_pattern(pattern)

    @model_validator(mode="after")
    def _covers_the_catalogue(self) -> "AgencyMapping":
        problems = [f"feeds.{name}: no such feed" for name in self.feeds if name not in feeds()]
        for feed in feeds().values():
            if feed.name in self.feeds:
                mapped, at = self.feeds[feed.name], f"feeds.{feed.name}"
                problems += [f"{at}.{fault}" for fault in catalogue_faults(feed, mapped.columns)]
                problems += [f"{at}.{fault}" for fault in _freshness_faults(feed, mapped)]
            elif feed.role != "optional":
                problems.append(f"feeds.{feed.name}: this feed is mandatory and not mapped")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def zone_of(self, feed: str, column: str) -> str:
        """The zone of a column's clock times."""
        return self.feeds[feed].column(column).zone or self.zone

    def id_pattern_of(self, feed: str, column: str) -> str | None:
        """What an id looks like in a key or `child_id`; None: a plain token (spec 1, Ids and text)."""
        return self.feeds[feed].column(column).id_pattern or self.id_pattern

    def digest_of(self, feed: str) -> str:
        """SHA-256 over all that decides what is read of a feed and how it is understood.

        The same whatever folder the mapping lies in, and whichever way round its keys are written. What is normal for a
        feed (emptiness, age, band) is judged after the pull and is left out.
        """
        mapped = self.feeds[feed]
        settings = mapped.model_dump(mode="json", exclude_defaults=True, exclude=set(_JUDGED_LATER))
        settings["source"]["kind"] = mapped.source.kind
        settings["source"].pop("pool", None)
        if not isinstance(mapped.source, SqlSource):
            settings["source"]["path"] = _written(mapped.source.path, self._folder)
        settings["ignore"] = sorted(mapped.ignore)
        agency = {"zone": self.zone, "id_pattern": self.id_pattern}
        return sha256(json.dumps([agency, settings], sort_keys=True).encode()).hexdigest()


def known_schedule(schedule: str) -> str:
    """A cron text of five parts in numbers, which are minute, hour, day, month and weekday.

    Raises:
        ValueError: it is not one, or it never comes (February 30).
    """
    parts = schedule.split()
    if len(parts) != len(_CRON):
        raise ValueError("write minute, hour, day, month and weekday, such as 30 3 * * *")
    for part, (form, low, high) in zip(parts, _CRON, strict=True):
        numbers = [int(number) for number in re.findall(r"(?<![/\d])\d+", part)]
        ranges = [(int(first), int(last)) for first, last in re.findall(r"(\d+)-(\d+)", part)]
        if not form.fullmatch(part) or not all(low <= number <= high for number in numbers) or "/0" in part:
            raise ValueError(f"'{part}' must be numbers from {low} to {high}, *, ranges or steps, such as 30 3 * * *")
        if any(first > last for first, last in ranges):
            raise ValueError(f"'{part}' begins after it ends")
    days, months = parts[2], parts[3]
    if parts[4] == "*" and days.isdigit() and months.isdigit() and int(days) > _LONGEST[int(months)]:
        raise ValueError("this day never comes")
    return " ".join(parts)


def load_mapping(path: Path) -> AgencyMapping:
    """Read a mapping file; relative paths in it start at its folder.

    Raises:
        InputError: CMFC-M01 the file cannot be read, CMFC-M02 it is not YAML, CMFC-M03 a key in it is wrong.
    """
    raw = read_mapping(path)
    _anchor_paths(raw, path.parent)
    try:
        mapping = AgencyMapping.model_validate(raw)
    except ValidationError as error:
        raise InputError("CMFC-M03", f"The mapping {path.name} is wrong at {_sentences(error)}.") from None
    mapping._folder = path.parent  # noqa: SLF001 - private to the model's fields, not to this module
    return mapping


def mapping_of_folder(
    records: Path, zone: str, jurisdiction: str, agency: str, runaway_placements_kept: bool = False
) -> AgencyMapping:
    """The mapping of a folder of `<feed>.csv` files with canonical columns and codes.

    Bands, freshness and emptiness are not judged; an optional feed without a file is left out.

    Raises:
        InputError: CMFC-M03 for a zone, jurisdiction or agency that cannot be, and for a file of a feed that would not
            be read.
    """
    _refuse_other_names(records)
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
        raise InputError("CMFC-M03", f"The agency is described wrongly: {_sentences(error)}.") from None


def names_in_folder() -> tuple[str, ...]:
    """What the CSV files in a folder of records are called: the feeds, and people's answers about matches."""
    return (*feeds(), DECISIONS)


def _refuse_other_names(records: Path) -> None:
    """Refuse files that are called like a feed but for case, or for kind where it has no other: nobody would read them.

    A workbook or archive beside the file that was made of it is not read and not missed.
    """
    wrong = []
    for path in sorted(records.glob("*")):
        name = path.name.partition(".")[0].strip().casefold()
        is_missed = path.suffix.casefold() == ".csv" or not (records / f"{name}.csv").is_file()
        if name in names_in_folder() and path.name != f"{name}.csv" and path.is_file() and is_missed:
            wrong.append(f"{path.name} must be a CSV file called {name}.csv")
    if wrong:
        message = f"The folder {records.name} holds files that would not be read: {'; '.join(wrong)}"
        raise InputError("CMFC-M03", f"{message}. Rename or save them so, or take them out.")


def _freshness_faults(feed: Feed, mapped: FeedMapping) -> list[str]:
    if mapped.freshness_column is None:
        return []
    column = feed.columns.get(mapped.freshness_column)
    if column is None or column.type != "moment" or mapped.freshness_column not in mapped.columns:
        return ["freshness_column: must be a mapped time column of this feed"]
    return []


def _written(path: Path, folder: Path | None) -> str:
    """A path as seen from the mapping's folder, whichever way the mapping itself was named."""
    if folder is None:
        return path.name
    there, here = path.absolute(), folder.absolute()
    return (there.relative_to(here) if there.is_relative_to(here) else there).as_posix()


def _anchor_paths(raw: dict[str, Any], folder: Path) -> None:
    mapped = raw.get("feeds")
    for feed in mapped.values() if isinstance(mapped, dict) else ():
        source = feed.get("source") if isinstance(feed, dict) else None
        if isinstance(source, dict) and isinstance(source.get("path"), str):
            source["path"] = folder / source["path"]


def _sentences(error: ValidationError) -> str:
    parts = []
    for problem in error.errors(include_url=False, include_input=False):
        where = ".".join(str(step) for step in problem["loc"])
        text = problem["msg"].removeprefix("Value error, ")
        parts.append(f"{where}: {text}" if where else text)
    return "; ".join(parts)
