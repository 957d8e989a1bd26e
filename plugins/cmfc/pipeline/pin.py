"""A night is pinned: the mapping, law, code and folders that it began with are those that it ends with (spec 6)."""

import json
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from cmfc.errors import UsageError
from cmfc.pipeline.code import current_code
from cmfc.pipeline.ledger_steps import mapping_text
from cmfc.pipeline.run import Run, law_of
from cmfc.storage.place import make_place, read_place

if TYPE_CHECKING:
    from cmfc.ledger.store import Ledger

_JUDGES = ("mapping", "law", "code")


@dataclass(frozen=True)
class Pin:
    """What a night began with.

    Attributes:
        mapping: digest of the whole mapping, folders of its files included.
        law: digest of the law it is held to.
        code: version of the code that decides.
        store, lists: ids of the folders (storage/place.py).
    """

    agency: str
    business_date: str
    mapping: str
    law: str
    code: str
    store: str
    lists: str


def run_key(dag_id: str, run_id: str) -> str:
    """The key of an engine's run; a digest, since a run's name is what a person typed."""
    return sha256(json.dumps([dag_id, run_id]).encode()).hexdigest()[:20]


def places_of(run: Run) -> str:
    """The ids of the store and of the lists as they cross between tasks, `store:lists`; empty where one has none."""
    ids = [read_place(folder) for folder in _folders(run).values()]
    return ":".join(one or "" for one in ids)


def note_night(run: Run, ledger: "Ledger", key: str, at: int) -> str:
    """Note in the ledger what a night begins with, and give the folders their ids; returns `places_of`.

    Raises:
        OSError: the store or the lists cannot be written.
    """
    from cmfc.ledger.pins import note_pin

    for folder in _folders(run).values():
        make_place(folder)
    note_pin(ledger, run.mapping.agency, key, asdict(_pin_now(run)), at)
    return places_of(run)


def refuse_other_places(run: Run, places: str) -> None:
    """Refuse folders other than those that the night began in.

    Comes before the ledger is opened: it may lie in the store, and a new one would be made in the wrong folder.

    Args:
        run: the night, as this process sees it.
        places: as `note_night` gave it.

    Raises:
        UsageError: CMFC-N06, this process sees another store or other lists.
    """
    for (name, folder), noted in zip(_folders(run).items(), f"{places}:".split(":"), strict=False):
        if (there := read_place(folder)) is None or there != noted:
            what = "has no id file" if there is None else "is another one"
            message = f"This worker does not see the folder of the {name} that the night began in: {folder} {what}."
            raise UsageError("CMFC-N06", message)


def refuse_other_night(run: Run, ledger: "Ledger", key: str) -> None:
    """Refuse what is not what the night began with.

    Args:
        run: the night, as this process would go on with it.
        ledger: open.
        key: of the engine's run.

    Raises:
        UsageError: CMFC-A07 for another agency or date, CMFC-A08 for another mapping, law or code, CMFC-A09 where
            nothing was noted, CMFC-N06 for another store or other lists.
    """
    from cmfc.ledger.pins import read_pin

    agency = run.mapping.agency
    noted = read_pin(ledger, agency, key)
    if noted is None or set(noted) != {one.name for one in fields(Pin)}:
        raise UsageError("CMFC-A09", f"The ledger has no note that this run began a night of {agency}.")
    now = asdict(_pin_now(run))
    if (noted["agency"], noted["business_date"]) != (agency, run.business_date):
        raise UsageError("CMFC-A07", "This task was given another night than the one that began.")
    if other := [name for name in _JUDGES if noted[name] != now[name]]:
        raise UsageError(
            "CMFC-A08", f"Another {' and '.join(other)} came since the night of {run.business_date} began."
        )
    refuse_other_places(run, f"{noted['store']}:{noted['lists']}")


def mapping_digest(run: Run) -> str:
    """SHA-256 over the whole mapping: what each feed is read from and how, and what is normal for it."""
    read = {feed: run.mapping.digest_of(feed) for feed in sorted(run.mapping.feeds)}
    return sha256(json.dumps([mapping_text(run), read]).encode()).hexdigest()


def _pin_now(run: Run) -> Pin:
    store, lists = (read_place(folder) or "" for folder in _folders(run).values())
    assert run.business_date is not None
    return Pin(
        run.mapping.agency, run.business_date, mapping_digest(run), law_of(run.mapping).digest, current_code().version,
        store, lists,
    )  # fmt: skip


def _folders(run: Run) -> dict[str, Path]:
    return {"store": run.store, "lists": run.out.parent.parent}
