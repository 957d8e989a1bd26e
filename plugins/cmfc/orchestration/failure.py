"""What a failed run says of itself. Each part is looked up alone; what does not answer is said to be unknown."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from airflow.sdk.exceptions import AirflowTaskTimeout

from cmfc.errors import CmfcError, entries
from cmfc.orchestration import wiring
from cmfc.settings import Settings

NOBODY = "-"
"""Stands for the agency of a run whose mapping cannot be read."""


def key_of(context: Any) -> str:
    """What makes the failure of a run one and the same; a run that was cleared may fail anew."""
    run = context.get("dag_run")
    named = [context["dag"].dag_id, context.get("run_id", ""), str(getattr(run, "clear_number", 0) or 0)]
    return f"failed:{_short('|'.join(named))}"


def reason_of(error: object) -> dict[str, str]:
    """Code and sentence of what a task failed with; a library's own words may quote a record and are left out."""
    if isinstance(error, CmfcError):
        return {"code": error.code, "sentence": error.message}
    if isinstance(error, AirflowTaskTimeout):
        return {"code": "CMFC-A12", "sentence": "A task took longer than it may."}
    if isinstance(error, OSError):
        return {"code": "CMFC-N02", "sentence": f"The system refused: {error.strerror or type(error).__name__}."}
    return {"code": "CMFC-N01", "sentence": "A step stopped for an unknown reason; its log says where."}


def describe(context: Any, what: str, page_of: Callable[[str], str], run: str, is_once_a_day: bool) -> Any:
    """The message of a failed run (pipeline/spool.py)."""
    from cmfc.pipeline.spool import Spool, Spooled

    settings = Settings()
    name, day = _night(context)
    agency, zone = _agency(name)
    reason = Spool(settings.store).reason(key_of(context)) or _reason(context, agency, day)
    key = key_of(context)
    if is_once_a_day:
        key = f"failed:{_short('|'.join([context['dag'].dag_id, agency, day, reason['code']]))}"
    body = {
        "agency": agency if agency != NOBODY else name or "unknown agency",
        "what": what, "business_date": day or "an unknown date", "standing": _standing(agency, zone, settings),
        "run": run, **reason,
    }  # fmt: skip
    return Spooled(agency, key, "failed", body, page_of(name), settings.now())


def _night(context: Any) -> tuple[str, str]:
    """The agency's name and the business date, as far as they can be known."""
    with suppress(Exception):
        night = wiring.night_of_run(context)
        return night["agency"], night["business_date"]
    name = ""
    with suppress(Exception):
        name = wiring.agency_of(context)
    day = getattr(context.get("dag_run"), "partition_key", None) or (context.get("params") or {}).get("business_date")
    return name, str(day or "")


def _agency(name: str) -> tuple[str, str]:
    """The agency's id and zone, if its mapping can be read."""
    from cmfc.pipeline.agencies import load_agency

    with suppress(Exception):
        mapping = load_agency(Settings(), name)
        return mapping.agency, mapping.zone
    return NOBODY, ""


def _reason(context: Any, agency: str, day: str) -> dict[str, str]:
    """Why, where no task noted it: the run ran out of time, or the mark on the list says it, or nobody does."""
    from cmfc.pipeline.current_list import stale

    if str(context.get("reason", "")) == "timed_out":
        return {"code": "CMFC-A12", "sentence": "The run took longer than it may."}
    with suppress(Exception):
        mark = stale(Settings().lists, agency)
        code, _, sentence = mark["message"].partition(": ") if mark and mark["since"] == day else ("", "", "")
        if code in entries():
            return {"code": code, "sentence": sentence}
    return reason_of(context.get("exception"))


def _standing(agency: str, zone: str, settings: Settings) -> str:
    """Which list stands and how old it is."""
    from cmfc.pipeline.current_list import current
    from cmfc.timing.clock import as_of_night
    from cmfc.worklists.times import duration_text

    try:
        if agency == NOBODY:
            return "Which list stands is not known, since the agency's mapping cannot be read."
        if not settings.lists.is_dir():  # not mounted, or no folder: a file that is not seen is not one that is not
            raise NotADirectoryError
        night = current(settings.lists, agency)
        if night is None:
            return "No list stands yet."
        age = duration_text(settings.now() - as_of_night(night, zone))
        return f"The list of {night} stands; what it says is {age} old."
    except Exception:  # noqa: BLE001 - the message must go out
        return "Which list stands is not known, since the folder of lists does not answer."


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
