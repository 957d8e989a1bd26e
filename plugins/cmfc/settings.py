"""Where things lie and how a night behaves, from the environment (CMFC_…); nothing else reads it."""

import inspect
import re
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
        store: Folder of the snapshots and work tables of every night.
        lists: Folder of what is published.
        agencies: Folder of the agencies' mappings, `<name>.yml`.
        agency: The mapping that the nightly job takes; without it the only one, or the first by name.
        ledger: URL of the ledger's database (`postgresql+psycopg2://...`); without it `ledger.sqlite` in the store.
        ledger_desk: The same database by another account, for the review page and the commands of people (role
            `cmfc_desk`); without it that of `ledger`.
        act_for: Who may enter on the command line what somebody else did (`--by`): login names of the machine,
            separated by commas; without it nobody.
        late_hour: The local hour by which last night's list should be there; after it a message goes out.
        keep_records_days: Days that a night's snapshots and work tables are kept after its business date; 0 keeps them
            for ever. Without them the night cannot be rebuilt.
        keep_notes_days: Days that comments and reasons are kept after the finding was resolved, and reasons for answers
            after the answer; 0 keeps them for ever.
        keep_messages_days: Days that messages are kept after they were made; 0 keeps them for ever.
        read_law_days: Days after which a value of the law is due for reading again.
        clock: The time to take for now, for demonstrations and tests only; without it the time it is.
        clock_for_acts: Whether people's acts take `clock` too, in a demonstration; else they carry the machine's time.
        retry_seconds: Seconds that a task waits before it tries a source again.
        notify_to: E-mail addresses, separated by commas, for the night's message and for a failed night, through
            Airflow's connection `smtp_default`; without it a line in the log.
        notify_from: The sender; without it that of the Airflow connection.
        head_key: File of an SSH private key that signs the journal's head in the night's message.
        head_authority: URL of an RFC 3161 time-stamping authority that stamps that head.
        head_signers: File of allowed signers (`ssh-keygen`); with it `cmfc verify --heads` takes signed heads alone.
        head_certificates: File of the authority's certificates in PEM; with it `cmfc verify --heads` takes time-stamped
            heads alone.
        audits: Folder of the audit extracts that are made through Airflow.
        audit_key: Secret key of the pseudonyms in audit extracts, 32 bytes or more; without it no extract is built.
        audit_key_next: The key that comes after it, for a crosswalk.
        audit_approvers: Who may release an extract: user names separated by commas, or `id:name` where the login's id
            differs; without it nobody may.
        review_offices: Who sees which offices on the review page, as JSON: `{"kim": ["North"], "lee": ["*"]}`. Without
            it everybody sees all; with it nobody sees an office that is not listed for them.
        review_second_reader: Whether "the same child" about a report that would end a critical finding takes two
            people.
    """

    model_config = SettingsConfigDict(env_prefix="CMFC_", env_ignore_empty=True)

    store: Path = PROJECT / ".local" / "store"
    lists: Path = PROJECT / ".local" / "lists"
    agencies: Path = PROJECT / ".local" / "demo"
    agency: str = ""
    ledger: str = ""
    ledger_desk: str = ""
    act_for: str = ""
    late_hour: int = Field(default=7, ge=0, le=23)
    keep_records_days: int = Field(default=0, ge=0)
    keep_notes_days: int = Field(default=0, ge=0)
    keep_messages_days: int = Field(default=0, ge=0)
    read_law_days: int = Field(default=365, ge=0)
    clock: datetime | None = None
    clock_for_acts: bool = False
    retry_seconds: int = Field(default=300, ge=0)
    notify_to: str = ""
    notify_from: str = ""
    head_key: str = ""
    head_authority: str = ""
    head_signers: str = ""
    head_certificates: str = ""
    audits: Path = PROJECT / ".local" / "audits"
    audit_key: SecretStr = SecretStr("")
    audit_key_next: SecretStr = SecretStr("")
    audit_approvers: str = ""
    review_offices: dict[str, list[str]] = {}
    review_second_reader: bool = False

    def __init__(self, **overrides: Any) -> None:
        """From the environment, and `overrides` in its place.

        Raises:
            UsageError: CMFC-S01, a setting cannot be read; its value is not quoted, since it may be a secret.
        """
        try:
            super().__init__(**overrides)
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_input=False, include_context=False)
            problems = "; ".join(f"{_variable(str(fault['loc'][0]))}: {fault['msg']}" for fault in wrong)
            raise UsageError("CMFC-S01", f"A setting cannot be read: {problems}.") from None
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

    def act_time(self) -> int:
        """The time of a person's act in epoch seconds UTC: the machine's, whatever `clock` says."""
        return self.now() if self.clock_for_acts else int(time.time())

    def may_act_for(self, login: str) -> bool:
        """Whether somebody may enter what others did."""
        return login in {one.strip() for one in self.act_for.split(",") if one.strip()}

    def desk_url(self) -> str:
        """Where the ledger is, for the page and the commands of people."""
        return self.ledger_desk or self.ledger_url()

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


def meanings() -> dict[str, str]:
    """What each setting means, from the docstring of `Settings`, in its order."""
    listed = inspect.cleandoc(Settings.__doc__ or "").partition("Attributes:\n")[2]
    entries = re.findall(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", listed, re.MULTILINE)
    return {name: " ".join(meaning.split()) for name, meaning in entries}


def _variable(name: str) -> str:
    return f"CMFC_{name.upper()}"
