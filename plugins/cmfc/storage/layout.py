"""Where the files of one run lie, below its folder `<store>/<agency>/<business date>/` (docs/architecture.md)."""

from pathlib import Path

WATCH = "watch"
"""Where the hourly watch has its run and its list, beside those of the nights."""


def pulled_folder(run: Path) -> Path:
    """The snapshots, as they were pulled."""
    return run / "pulled"


def snapshot_file(run: Path, feed: str) -> Path:
    """A feed's snapshot: canonical text."""
    return pulled_folder(run) / f"{feed}.parquet"


def snapshot_record(run: Path, feed: str) -> Path:
    """What the pull of a feed reported."""
    return pulled_folder(run) / f"{feed}.json"


def checked_folder(run: Path) -> Path:
    """The accepted rows and the quarantine."""
    return run / "checked"


def accepted_file(run: Path, feed: str) -> Path:
    """A feed's accepted, typed rows."""
    return checked_folder(run) / f"{feed}.parquet"


def quarantine_file(run: Path, feed: str) -> Path:
    """What validation refused of a feed, one line per row or field."""
    return checked_folder(run) / f"quarantine.{feed}.parquet"


def validation_record(run: Path, feed: str) -> Path:
    """What validation reported of a feed."""
    return checked_folder(run) / f"{feed}.json"


def matched_folder(run: Path) -> Path:
    """What matching made of the reports without an id."""
    return run / "matched"


def work_folder(run: Path) -> Path:
    """The tables that reconciliation and the ledger leave for the lists."""
    return run / "work"


def work_table(run: Path, name: str) -> Path:
    """One of these tables."""
    return work_folder(run) / f"{name}.parquet"


def ledger_record(run: Path) -> Path:
    """What recording the run left for the manifest."""
    return work_folder(run) / "ledger.json"
