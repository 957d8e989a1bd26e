"""The daily upkeep as a few plain function calls: what the DAG's tasks call."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cmfc.errors import InputError
from cmfc.pipeline.ledger_steps import ledger_of
from cmfc.pipeline.run import Place


def published_heads(lists: Path, agency: str) -> dict[int, str]:
    """The journal's heads that the published manifests print: hashes by entry number."""
    from cmfc.ledger.verify import head_from

    heads = {}
    for path in sorted((lists / agency).glob("*/manifest.json")):
        if told := json.loads(path.read_bytes()).get("ledger"):
            head = head_from(told["journal_head"])
            heads[head.seq] = head.hash
    return heads


def verify_agency(place: Place, lists: Path) -> dict[str, Any]:
    """Walks the journal and what it vouches for.

    Raises:
        InputError: CMFC-J08, something was changed.
    """
    from cmfc.ledger.replay import verify

    heads = published_heads(lists, place.mapping.agency)
    ledger = ledger_of(place)
    head, faults = verify(ledger, place.mapping.agency, heads)
    ledger.close()
    if faults:
        where = ", ".join(str(fault.seq) for fault in faults[:20])
        raise InputError("CMFC-J08", "The journal was changed, or rows that it vouches for.", f"at entries {where}")
    return {"entries": head.seq, "heads": len(heads)}


def expire(place: Place, now: int) -> int:
    """Ends waivers whose last day is past; gives how many."""
    from cmfc.ledger.retention import expire_waivers

    ledger = ledger_of(place)
    ended = expire_waivers(ledger, place.mapping.agency, _today(place, now), now)
    ledger.close()
    return ended


def retain(place: Place, days: tuple[int, int, int], now: int) -> dict[str, int]:
    """Erases what is older than it is kept: days for records, notes and messages (ledger/retention.py)."""
    from cmfc.ledger.retention import Retention
    from cmfc.ledger.retention import retain as erase

    ledger = ledger_of(place)
    done = erase(ledger, place.mapping.agency, Retention(*days), place.folder.parent, _today(place, now), now)
    ledger.close()
    return done


def look(place: Place, now: int, read_law_days: int) -> dict[str, list[str]]:
    """What a person should see to: `law` values to read again, `unsure` messages."""
    from cmfc.law.library import due_for_reading
    from cmfc.ledger.outbox import unsure

    ledger = ledger_of(place)
    messages = unsure(ledger, place.mapping.agency)
    ledger.close()
    due = due_for_reading(place.mapping.jurisdiction, _today(place, now), read_law_days)
    return {"law": [rule for rule, _, _ in due], "unsure": messages}


def _today(place: Place, now: int) -> date:
    return datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(place.mapping.zone)).date()
