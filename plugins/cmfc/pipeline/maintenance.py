"""The daily upkeep as a few plain function calls: what the DAG's tasks call."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from cmfc.errors import InputError
from cmfc.pipeline.ledger_steps import kept_folder, ledger_of
from cmfc.pipeline.run import Run
from cmfc.timing.clock import local_date


def published_heads(lists: Path, agency: str) -> dict[int, str]:
    """The journal's heads that the published manifests print: hashes by entry number."""
    from cmfc.ledger.heads import head_from

    heads = {}
    for path in sorted((lists / agency).glob("*/manifest.json")):
        try:
            head = head_from(json.loads(path.read_bytes())["ledger"]["journal_head"])
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # that this is not the manifest that went out is found by its hash
        heads[head.seq] = head.hash
    return heads


def verify_agency(run: Run, lists: Path) -> dict[str, Any]:
    """Verify the journal, its rows, the published lists and the kept files.

    Raises:
        InputError: CMFC-J08 if something was changed.
    """
    from cmfc.ledger.verify import verify

    heads = published_heads(lists, run.mapping.agency)
    ledger = ledger_of(run)
    folders = (lists / run.mapping.agency, kept_folder(run))
    head, faults = verify(ledger, run.mapping.agency, heads.items(), *folders)
    ledger.close()
    if faults:
        places = dict.fromkeys(f"{fault.table or 'journal'} at entry {fault.seq}" for fault in faults)
        where = ", ".join(list(places)[:20])
        raise InputError("CMFC-J08", "The journal was changed, or what it vouches for.", where)
    return {"entries": head.seq, "heads": len(heads)}


def expire(run: Run, now: int) -> int:
    """End waivers whose last day is past; return how many."""
    from cmfc.ledger.retention import expire_waivers

    ledger = ledger_of(run)
    ended = expire_waivers(ledger, run.mapping.agency, _today(run, now), now)
    ledger.close()
    return ended


def retain(run: Run, days: tuple[int, int, int], now: int) -> dict[str, int]:
    """Erase what is older than its limit: days for records, notes and messages (ledger/retention.py)."""
    from cmfc.ledger.retention import Retention
    from cmfc.ledger.retention import retain as erase

    ledger = ledger_of(run)
    counts = erase(ledger, run.mapping.agency, Retention(*days), run.folder.parent, _today(run, now), now)
    ledger.close()
    return counts


def list_concerns(run: Run, now: int, read_law_days: int) -> dict[str, list[str]]:
    """List what needs a person: `law` values to read again, `unsure` messages."""
    from cmfc.law.library import due_for_reading
    from cmfc.ledger.outbox import unsure

    ledger = ledger_of(run)
    messages = unsure(ledger, run.mapping.agency)
    ledger.close()
    due = due_for_reading(run.mapping.jurisdiction, _today(run, now), read_law_days)
    return {"law": [rule for rule, _, _ in due], "unsure": messages}


def _today(run: Run, now: int) -> date:
    return local_date(now, run.mapping.zone)
