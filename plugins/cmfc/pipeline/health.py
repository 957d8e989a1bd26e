"""Whether the installation does what it should, for a monitor outside (docs/how-to/notifications.md).

What cannot be read is a fault, never a pass.
"""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmfc.errors import CmfcError
from cmfc.pipeline.agencies import load_agency
from cmfc.pipeline.current_list import current, stale
from cmfc.settings import Settings
from cmfc.timing.clock import as_of_night, iso, local_clock, local_midnight

if TYPE_CHECKING:
    from cmfc.ledger.store import Ledger

NOTHING = f"0:{'0' * 64}"
"""The head of a journal without an entry, as it is printed."""


@dataclass(frozen=True)
class AgencyHealth:
    """One agency.

    Attributes:
        agency: its id, or the name of a mapping that cannot be read.
        night: the business date of the list that stands; None: there is none, or it cannot be read.
        age_seconds: since the midnight that the list is true for.
        due: the business date whose list should stand by now, and since when.
        head: the last entry of the journal, `seq:hash`.
        waiting: notifications that wait after a failed try, or for too long.
        unsure: keys of notifications of which nobody knows whether they arrived.
        faults: one sentence each; none: all is well.
    """

    agency: str
    night: str | None = None
    age_seconds: int | None = None
    due_night: str | None = None
    due_at: str | None = None
    is_late: bool = True
    is_stale: bool = False
    head: str | None = None
    waiting: int = 0
    unsure: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Health:
    """The installation: its agencies, and the messages about failed runs that the ledger does not have yet."""

    agencies: tuple[AgencyHealth, ...]
    spool_waiting: int
    spool_unsure: int
    faults: tuple[str, ...]

    @property
    def is_well(self) -> bool:
        """Nothing is wrong anywhere."""
        return not self.faults and not any(agency.faults for agency in self.agencies)

    def as_record(self) -> dict[str, Any]:
        """All of it, for those who run the installation."""
        return {"is_well": self.is_well, **asdict(self)}

    def counted(self) -> dict[str, Any]:
        """Ages and counts alone, for whoever asks: no agency, no date, no journal head, no sentence."""
        agencies = [
            {
                "list_age_hours": None if one.age_seconds is None else one.age_seconds // 3600,
                "waiting": one.waiting, "unsure": len(one.unsure), "faults": len(one.faults),
            }
            for one in self.agencies
        ]  # fmt: skip
        spool = {"waiting": self.spool_waiting, "unsure": self.spool_unsure}
        return {"is_well": self.is_well, "agencies": agencies, "failure_messages": spool, "faults": len(self.faults)}


def check_health(settings: Settings, now: int) -> Health:
    """Look at every agency of the installation; `now` in epoch seconds UTC."""
    from cmfc.pipeline.spool import Spool, open_if_it_answers

    faults: list[str] = []
    names = sorted(settings.mapping_files())
    if not names:
        faults.append("CMFC_AGENCIES has no mapping: nothing runs.")
    spooled = Spool(settings.store).tally(now)
    if spooled.waiting or spooled.unsure:
        faults.append(f"Messages about failed runs: {spooled.waiting} wait, {spooled.unsure} are unsure.")
    ledger, error = open_if_it_answers(settings.ledger_url(), settings.store)
    try:
        agencies = tuple(_check_agency(name, settings, ledger, error, now) for name in names)
    finally:
        if ledger is not None:
            ledger.close()
    return Health(agencies, spooled.waiting, spooled.unsure, tuple(faults))


def _check_agency(
    name: str, settings: Settings, ledger: "Ledger | None", error: CmfcError | None, now: int
) -> AgencyHealth:
    try:
        mapping = load_agency(settings, name)  # as its jobs do: one they would refuse is not well
    except (CmfcError, OSError) as wrong:
        return AgencyHealth(name, faults=(f"The mapping cannot be read: {getattr(wrong, 'code', 'CMFC-N02')}.",))
    due_night, due_at = due_list(now, mapping.zone, settings.late_hour)
    night, is_stale, faults = _list_of(settings.lists, mapping.agency)
    is_late = night is None or night < due_night
    if is_late:
        faults.append(f"The list of {due_night}, due at {iso(due_at)}, does not stand.")
    if is_stale:
        faults.append("The list that stands is out of date: a night failed since, or a later list was taken back.")
    head, waiting, unsure, more = _ledger_of(mapping.agency, ledger, error, now)
    if night is not None and head == NOTHING:  # as where the store is not mounted, and an empty ledger was made
        faults.append("A list stands, and the journal is empty.")
    age = None if night is None else now - as_of_night(night, mapping.zone)
    return AgencyHealth(
        mapping.agency, night, age, due_night, iso(due_at), is_late, is_stale, head, waiting, unsure, (*faults, *more)
    )


def due_list(now: int, zone: str, hour: int) -> tuple[str, int]:
    """The last business date whose list is due, and since when (epoch seconds UTC): at `hour` on the local morning."""
    local = local_clock(now, zone)
    morning = local.date() if local.hour >= hour else local.date() - timedelta(days=1)
    return (morning - timedelta(days=1)).isoformat(), _at_hour(morning, zone, hour)


def _at_hour(day: date, zone: str, hour: int) -> int:
    """The first instant of a local day at which the clock shows `hour` or more."""
    midnight = local_midnight(day, zone)
    return next(at for at in range(midnight, midnight + 90_000, 900) if local_clock(at, zone).hour >= hour)


def _list_of(lists: Path, agency: str) -> tuple[str | None, bool, list[str]]:
    try:
        return current(lists, agency), stale(lists, agency) is not None, []
    except (OSError, ValueError, KeyError):
        return None, False, ["The folder of lists cannot be read."]


def _ledger_of(
    agency: str, ledger: "Ledger | None", error: CmfcError | None, now: int
) -> tuple[str | None, int, tuple[str, ...], list[str]]:
    from cmfc.ledger.journal import head_of
    from cmfc.ledger.outbox import tally, unsure

    try:
        if ledger is None:
            raise error or CmfcError("CMFC-J01", "The ledger did not answer.")
        with ledger.reading() as connection:
            head = str(head_of(connection, agency))
        waiting, left = tally(ledger, agency, now).waiting, tuple(unsure(ledger, agency, now))
    except CmfcError as wrong:
        return None, 0, (), [f"The ledger does not answer: {wrong.code}."]
    faults = [f"Notifications: {waiting} wait."] if waiting else []
    faults += [f"Notifications of which nobody knows whether they arrived: {len(left)}."] if left else []
    return head, waiting, left, faults
