"""Tracks which night's list is current, and that it is out of date when a later night failed (spec 1, 6)."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from cmfc.privacy.logs import logger
from cmfc.storage.atomic import write_text

log = logger(__name__)

CURRENT = "current.json"
STALE = "STALE.json"
UNSAID = "The night did not finish; its log says why."


def write_current(
    lists: Path, agency: str, business_date: str, by: str = "", taken_back: Mapping[str, str] | None = None
) -> None:
    """Make `<lists>/<agency>/current.json` name the night whose folder is the current list.

    Args:
        lists: the folder of all agencies' lists.
        agency: the agency's id.
        business_date: the night.
        by: the key of the engine's run that published it; empty outside an engine.
        taken_back: later lists that a person took back, by night: the SHA-256 of the manifest.
    """
    more: dict[str, Any] = {"run": by} if by else {}
    more |= {"taken_back": dict(taken_back)} if taken_back else {}
    _write_whole(lists / agency / CURRENT, {"agency": agency, "business_date": business_date, **more})


def taken_back(lists: Path, agency: str) -> dict[str, str]:
    """The lists that a person took back, by night: the SHA-256 of the manifest."""
    path = lists / agency / CURRENT
    return dict(json.loads(path.read_bytes()).get("taken_back", {})) if path.exists() else {}


def is_current_of(lists: Path, agency: str, by: str) -> bool:
    """Whether an engine's run published the current list, and nobody said since that it is out of date."""
    path = lists / agency / CURRENT
    return path.exists() and json.loads(path.read_bytes()).get("run") == by and stale(lists, agency) is None


def current(lists: Path, agency: str) -> str | None:
    """The business date of the current list; None before the first."""
    path = lists / agency / CURRENT
    return str(json.loads(path.read_bytes())["business_date"]) if path.exists() else None


def write_stale(lists: Path, agency: str, business_date: str, message: str | None = None) -> None:
    """Write `<lists>/<agency>/STALE.json`: since which night the list is out of date, and why.

    Args:
        lists: the folder of all agencies' lists.
        agency: the agency's id.
        business_date: the night that could not be published; an earlier or later one that stands there is kept.
        message: one sentence for an analyst, without personal values; None: the one that stands, or UNSAID.
    """
    mark = _mark(lists, agency) or {"since": business_date, "message": UNSAID}
    since, until = min(mark["since"], business_date), max(mark.get("until", mark["since"]), business_date)
    content = {"since": since, "until": until, "message": message or mark["message"]}
    _write_whole(lists / agency / STALE, {"agency": agency, **content})


def stale(lists: Path, agency: str) -> dict[str, str] | None:
    """Since when and why the list is out of date; None: it is current."""
    mark = _mark(lists, agency)
    return {name: mark[name] for name in ("agency", "since", "message") if name in mark} if mark else None


def set_current(lists: Path, agency: str, night: str, left_out: Mapping[str, str]) -> None:
    """A person decided which list stands (ledger/current_lists.py): name it, and mark it where later ones are left out.

    A mark that a failed night had set before comes back with the list.
    """
    write_current(lists, agency, night, taken_back=left_out)
    mark = _mark(lists, agency)
    before = mark.get("before") if mark and "before" in mark else mark
    if left_out:
        mark_taken_back(lists, agency, night, left_out, before)
    elif before:
        _write_whole(lists / agency / STALE, before)
    else:
        clear_stale(lists, agency)


def mark_taken_back(
    lists: Path, agency: str, night: str, left_out: Mapping[str, str], before: Mapping[str, Any] | None = None
) -> None:
    """Mark the list of a night out of date from the next day on, since later ones are taken back."""
    since = (date.fromisoformat(night) + timedelta(days=1)).isoformat()
    names = f"The list of {', '.join(sorted(left_out))} was" if len(left_out) == 1 else "Later lists were"
    message = f"{names} taken back by a person; the ledger has the reason (`cmfc current`)."
    if before:
        since, message = min(since, before["since"]), f"{before['message']} {message}"
    _write_whole(lists / agency / STALE, {"agency": agency, "since": since, "message": message, "before": before})


def clear_stale(lists: Path, agency: str, night: str | None = None) -> None:
    """Remove the mark; nothing happens if there is none.

    `night`: the list of this night went out, so that what is said of later nights stays.
    """
    mark = _mark(lists, agency)
    if mark and night is not None and night < mark.get("until", mark["since"]):
        following = (date.fromisoformat(night) + timedelta(days=1)).isoformat()
        _write_whole(lists / agency / STALE, {**mark, "since": max(mark["since"], following)})
    else:
        (lists / agency / STALE).unlink(missing_ok=True)


def mark_night_stale(lists: Path, agency: str, business_date: str, message: str | None = None) -> None:
    """A night failed: the last list stays and is marked stale, with a sentence for an analyst.

    A list of a later night is not stale because an earlier night failed. Without a sentence, an earlier one stays.
    """
    published = current(lists, agency)
    if published is not None and published > business_date:
        return
    write_stale(lists, agency, business_date, message)
    log.warning("The last list is stale.", agency=agency, business_date=business_date)


def _mark(lists: Path, agency: str) -> dict[str, Any] | None:
    path = lists / agency / STALE
    return dict(json.loads(path.read_bytes())) if path.exists() else None


def _write_whole(path: Path, content: Mapping[str, Any]) -> None:
    """A reader sees the old content or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(content, sort_keys=True, ensure_ascii=False) + "\n", is_durable=True)
