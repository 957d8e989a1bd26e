"""Where things lie and how a night behaves, from the environment (CMFC_…); nothing else reads it."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from cmfc.errors import UsageError

PROJECT = Path(__file__).resolve().parents[2]


class Settings(BaseSettings):
    """An installation.

    Attributes:
        store: folder of the snapshots and work tables of every night.
        lists: folder of what is published.
        agencies: folder of the agencies' mappings, `<name>.yml`.
        agency: which mapping the nightly job takes when nobody names one; empty: the only one, or the first by name.
        ledger: the ledger's URL (`postgresql+psycopg2://...`); empty: `ledger.sqlite` in the store.
        late_hour: the local hour by which last night's list must have come.
        keep_records_days, keep_notes_days, keep_messages_days: retention (ledger/retention.py); 0: for ever.
        source_rows, source_columns, source_unpacked_mib, source_memory_mib, source_seconds: what one source may ask of
            a worker before it is refused (ingest/readers/budget.py).
        read_law_days: a law value is due for reading again after so many days.
        clock: what the time is taken to be at a pull, for demonstrations and tests; None: the time it is.
        retry_seconds: how long a task waits before it asks a source again.
        notify_to: e-mail addresses that learn of a failed night, separated by commas; empty: the log alone says so.
        notify_from: the sender; empty: that of the Airflow connection.
        audits: folder of the audit extracts.
        audit_key: secret key of their pseudonyms, 32 bytes or more; see docs/how-to/audit-extract.md.
        audit_key_next: the key that comes after it, for a crosswalk.
        audit_approvers: who may release an extract: user names separated by commas, or `id:name` where the login's id
            is another.
        review_offices: who sees which offices on the review page, JSON: `{"kim": ["North"], "lee": ["*"]}`; without it
            everybody sees all, with it nobody sees an office they are not named for.
        review_second_reader: whether "the same child" about a report that would end a critical finding takes two.
    """

    model_config = SettingsConfigDict(env_prefix="CMFC_")

    store: Path = PROJECT / ".local" / "store"
    lists: Path = PROJECT / ".local" / "lists"
    agencies: Path = PROJECT / ".local" / "demo"
    agency: str = ""
    ledger: str = ""
    late_hour: int = Field(default=7, ge=0, le=23)
    keep_records_days: int = Field(default=0, ge=0)
    keep_notes_days: int = Field(default=0, ge=0)
    keep_messages_days: int = Field(default=0, ge=0)
    source_rows: int = Field(default=50_000_000, ge=1)
    source_columns: int = Field(default=2_000, ge=1)
    source_unpacked_mib: int = Field(default=4_096, ge=1)
    source_memory_mib: int = Field(default=2_048, ge=64)
    source_seconds: int = Field(default=3_600, ge=1)
    read_law_days: int = Field(default=365, ge=0)
    clock: datetime | None = None
    retry_seconds: int = Field(default=300, ge=0)
    notify_to: str = ""
    notify_from: str = ""
    audits: Path = PROJECT / ".local" / "audits"
    audit_key: SecretStr = SecretStr("")
    audit_key_next: SecretStr = SecretStr("")
    audit_approvers: str = ""
    review_offices: dict[str, list[str]] = {}
    review_second_reader: bool = False

    def __init__(self, **given: Any) -> None:
        """From the environment, and what is given in its place.

        Raises:
            UsageError: CMFC-S01, a setting cannot be read; its value is not quoted, since it may be a secret.
        """
        try:
            super().__init__(**given)
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_input=False, include_context=False)
            told = "; ".join(f"{_variable(str(fault['loc'][0]))}: {fault['msg']}" for fault in wrong)
            raise UsageError("CMFC-S01", f"A setting cannot be read: {told}.") from None
        except SettingsError as error:
            name = next((name for name in type(self).model_fields if f'"{name}"' in str(error)), "")
            message = f"A setting cannot be read: {_variable(name)} is not the JSON it should be."
            raise UsageError("CMFC-S01", message) from None

    @property
    def approvers(self) -> tuple[tuple[str, str], ...]:
        """Who may release an extract: id and name, which are the same unless written `id:name`."""
        written = (entry.strip() for entry in self.audit_approvers.split(",") if entry.strip())
        parts = (entry.partition(":") for entry in written)
        return tuple((first, name or first) for first, _, name in parts)

    def now(self) -> int:
        """The time in epoch seconds UTC; a `clock` without an offset is in UTC."""
        if self.clock is None:
            return int(time.time())
        return int((self.clock if self.clock.tzinfo else self.clock.replace(tzinfo=UTC)).timestamp())

    def ledger_url(self) -> str:
        """Where the ledger is."""
        return self.ledger or f"sqlite:///{self.store.absolute() / 'ledger.sqlite'}"

    def mapping_file(self, agency: str = "") -> Path | None:
        """The mapping named by its file, with or without `.yml`; without a name, `agency`, else the first there is.

        A name is never a path, so nobody who may trigger a run can make it read a file elsewhere.
        """
        wanted = (agency or self.agency).removesuffix(".yml")
        there = sorted(self.agencies.glob("*.yml")) if self.agencies.is_dir() else []
        return next((path for path in there if wanted in ("", path.stem)), None)


def _variable(name: str) -> str:
    return f"CMFC_{name.upper()}"
