"""The agencies of an installation: one mapping each, named for it, and the hours at which its jobs run.

What a broken mapping says of its hours cannot be read, so the last that could be read stand in
`<store>/<agency>/schedule.json`. Nothing heavy may be imported at the top: a DAG is parsed often.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

from cmfc.errors import CmfcError, InputError, UsageError
from cmfc.feeds.catalog import feeds
from cmfc.ingest.column_mapping import known_zone
from cmfc.ingest.mapping import AGENCY, DEFAULT_SCHEDULE, AgencyMapping, known_schedule, load_mapping
from cmfc.ingest.sources import SqlSource
from cmfc.settings import Settings
from cmfc.storage.atomic import write_text

SCHEDULE = "schedule.json"


@dataclass(frozen=True)
class Schedule:
    """When an agency's night runs.

    Attributes:
        cron: minute, hour, day, month and weekday, in the zone.
        zone: IANA name.
        sha256: of the mapping that says so; empty: no mapping ever did.
        pools: Airflow's pool by feed, where its source names one.
    """

    cron: str
    zone: str
    sha256: str
    pools: Mapping[str, str] = field(default_factory=dict)

    def by_pool(self, usual: str) -> list[tuple[str, str, list[str]]]:
        """Every pool with what its task's name ends with and its feeds; `usual` where a source names none."""
        pools: dict[str, list[str]] = {}
        for feed in feeds():
            pools.setdefault(self.pools.get(feed, usual), []).append(feed)
        return [(pool, "" if pool == usual else f"_in_{pool}", some) for pool, some in pools.items()]


def agencies(settings: Settings) -> tuple[str, ...]:
    """The names of all agencies: of the mappings, else (the folder is empty or gone) of those that ran before.

    A mapping that was removed is a decision; a folder without any is a folder that was not mounted. Their jobs stay and
    fail, and somebody learns of it.
    """
    there = settings.mapping_files()
    if not there:
        return tuple(sorted(path.parent.name for path in settings.store.glob(f"*/{SCHEDULE}")))
    return tuple(sorted(name for name in there if AGENCY.fullmatch(name)))


def load_agency(settings: Settings, name: str) -> AgencyMapping:
    """The mapping of an agency, found by its name in the folder of mappings.

    Raises:
        UsageError: CMFC-A01 there is no mapping of that name, CMFC-A06 there are two, or it is another agency's.
        InputError: CMFC-M01 to M03, it cannot be read.
    """
    there = _files_of(settings, name)
    if not there:
        raise UsageError("CMFC-A01", "No agency's mapping has that name.", settings.agencies.name)
    if len(there) > 1:
        raise UsageError("CMFC-A06", f"There are two mappings of {name}: {' and '.join(path.name for path in there)}.")
    mapping = load_mapping(there[0])
    if mapping.agency != name:
        message = f"The mapping {there[0].name} is that of {mapping.agency}; a mapping is named for its agency."
        raise UsageError("CMFC-A06", message)
    return mapping


def schedule_of(settings: Settings, name: str) -> Schedule:
    """When an agency's night runs; for a mapping that cannot be read, when it last did, else 03:30 UTC. Never raises.

    A mapping whose bytes are known is not read again, as that takes far longer.
    """
    noted = _read(settings.store / name / SCHEDULE)
    try:
        (path,) = _files_of(settings, name)
        digest = sha256(path.read_bytes()).hexdigest()
        if noted is not None and noted.sha256 == digest:
            return noted
        mapping = load_agency(settings, name)
    except (CmfcError, ValueError, OSError):
        return noted or Schedule(DEFAULT_SCHEDULE, "UTC", "")
    sources = {name: feed.source for name, feed in mapping.feeds.items()}
    pools = {name: one.pool for name, one in sources.items() if isinstance(one, SqlSource) and one.pool}
    fresh = Schedule(mapping.schedule, mapping.zone, digest, pools)
    with suppress(OSError):  # who parses a DAG may not be allowed to write the store; `begin` writes it then
        note_schedule(settings, name, fresh)
    return fresh


def note_schedule(settings: Settings, name: str, schedule: Schedule) -> None:
    """Remember when an agency's night runs."""
    path = settings.store / name / SCHEDULE
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(asdict(schedule), sort_keys=True) + "\n")


def _files_of(settings: Settings, name: str) -> tuple[Path, ...]:
    """The files of one name, without looking at those of a hundred others."""
    paths = (settings.agencies / f"{name}{end}" for end in (".yml", ".yaml")) if AGENCY.fullmatch(name) else ()
    return tuple(path for path in paths if path.is_file())


def _read(path: Path) -> Schedule | None:
    try:
        noted = Schedule(**json.loads(path.read_bytes()))
        pools = {str(feed): str(pool) for feed, pool in noted.pools.items()}
        return Schedule(known_schedule(noted.cron), known_zone(noted.zone), str(noted.sha256), pools)
    except (OSError, ValueError, TypeError, AttributeError, InputError):
        return None
