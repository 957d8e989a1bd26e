"""What a night's outputs say of the night itself: what it was made from, and when that was read (spec 6)."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta
from hashlib import sha256

from cmfc.ingest.pulled import read_pulled
from cmfc.matching.match import read_summary
from cmfc.pipeline.ledger_steps import mapping_text, read_record
from cmfc.pipeline.run import Run, law_of
from cmfc.publishing.manifest import FeedFacts, NightFacts
from cmfc.timing.clock import as_of_night, iso, local_date
from cmfc.validation.result import CheckedFeed


def facts_of(run: Run, checked: Mapping[str, CheckedFeed], code: str) -> NightFacts:
    """What the manifest, the page and the workbook say about a night.

    Args:
        run: the night, recorded.
        checked: what validation made of every feed.
        code: the version of the code that judged it.
    """
    return NightFacts(
        agency=run.mapping.agency,
        agency_name=run.mapping.name,
        business_date=run.business_date,
        as_of=run.as_of,
        zone=run.mapping.zone,
        jurisdiction=run.mapping.jurisdiction,
        code_version=code,
        law_digest=law_of(run.mapping).digest,
        linkage_model_digest=read_summary(run.folder / "matched").model_digest,
        feeds={name: _feed_facts(run, feed) for name, feed in checked.items()},
        incomplete=tuple(sentence for feed in checked.values() for sentence in feed.incomplete),
        ledger=read_record(run),
        mapping_digest=sha256(mapping_text(run).encode()).hexdigest(),
        read_on=_read_on(run, checked),
    )


def _read_on(run: Run, checked: Mapping[str, CheckedFeed]) -> str | None:
    """The local day of the last pull, where the night after this one was over by then; else None."""
    if run.business_date is None:
        return None
    pulled = (read_pulled(feed, run.folder) for feed in checked if feed in run.mapping.feeds)
    last = max((one.pulled_at for one in pulled if one is not None), default=run.as_of)
    next_day = (date.fromisoformat(run.business_date) + timedelta(days=1)).isoformat()
    is_later = last >= as_of_night(next_day, run.mapping.zone)
    return local_date(last, run.mapping.zone).isoformat() if is_later else None


def _feed_facts(run: Run, checked: CheckedFeed) -> FeedFacts:
    pulled = read_pulled(checked.feed, run.folder) if checked.feed in run.mapping.feeds else None
    return FeedFacts(
        checked.status,
        asdict(checked.accounting),
        checked.sha256 or None,
        checked.broken,
        mapping_digest=pulled.mapping_digest if pulled else None,
        pulled_at=iso(pulled.pulled_at) if pulled else None,
        census=pulled.census if pulled else {},
        notes=checked.notes,
    )
