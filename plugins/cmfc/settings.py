"""Where things lie and how a night behaves, from the environment (CMFC_…); nothing else reads it."""

import inspect
import os
import re
import time
from datetime import UTC, datetime
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from cmfc.errors import UsageError

PROJECT = Path(__file__).resolve().parents[2]
REVIEW_ROLES = {
    "CMFC Viewer": "viewer",
    "CMFC Reviewer": "reviewer",
    "CMFC Admin": "admin",
    "Viewer": "viewer",
    "User": "reviewer",
    "Admin": "admin",
}
"""The roles that docker-compose.yaml makes for the review page, and those of Airflow itself, without its operators."""


class Settings(BaseSettings):
    """An installation.

    Attributes:
        store: Folder of the snapshots and work tables of every night.
        lists: Folder of what is published.
        agencies: Folder of the agencies' mappings, `<agency>.yml`; each has its own jobs.
        agency: The agency that commands take where none is named; without it the only one there is.
        ledger: URL of the ledger's database (`postgresql+psycopg2://...`), or `conn:` and the id of a connection that
            Airflow has (`conn:cmfc_ledger`); without it `ledger.sqlite` in the store.
        ledger_desk: The same database by another account, for the review page and the commands of people (role
            `cmfc_desk`); without it that of `ledger`.
        act_for: Who may enter on the command line what somebody else did (`--by`): login names of the machine,
            separated by commas; without it nobody.
        late_hour: The local hour by which last night's list should be there; after it a message goes out.
        keep_records_days: Days that a night's snapshots and work tables are kept after its business date; 0 keeps them
            for ever. Without them the night cannot be rebuilt.
        keep_notes_days: Days that comments and reasons are kept after the finding was resolved, and reasons for answers
            and for lists taken back, and the numbers of noted reports, after these; 0 keeps them for ever.
        keep_messages_days: Days that messages are kept after they were made; 0 keeps them for ever.
        source_pool: Airflow's pool in which feeds are pulled whose source names none; it must be there, or the night
            waits.
        source_rows: Rows that a source may have; one with more is refused, so that no file holds a worker for hours.
        source_columns: Columns that a source may have.
        source_unpacked_mib: MiB that a workbook may say it unpacks to.
        source_memory_mib: MiB of memory that the rows read at once may take, and a large workbook or Parquet file in
            all; it is read in a process of its own.
        source_seconds: Seconds of processor time that a large workbook or Parquet file may take.
        read_law_days: Days after which a value of the law is due for reading again.
        file_group: A group of this machine whose members may read the store, the lists and what is made of them;
            without it the account that runs cmfc alone may.
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
        audit_key: Secret key of the pseudonyms in audit extracts, 32 bytes or more, or `conn:` and the id of a
            connection in Airflow whose password it is; without it no extract is built.
        audit_key_next: The key that comes after it, for a crosswalk.
        audit_approvers: Who may release an extract: logins separated by commas, or `id:name` where the auth manager
            knows people by another id than their login; without it nobody may.
        review_roles: What people may do on the review page, as JSON: by the name of a role in Airflow, `viewer`,
            `reviewer` or `admin`, for one agency `demo/reviewer`; `user:kim` names a person. A name that is not listed
            gives nothing. What is set here takes the place of the whole default.
        review_offices: Who sees which offices on the review page, as JSON, by agency and office:
            `{"kim": ["demo/North"], "ann": ["demo/*"], "lee": ["*"]}`. Without it everybody sees all; with it nobody
            sees an agency or an office that is not listed for them.
        review_default_offices: By agency, the office whose people also see rows without an office and of an office that
            nobody is named for, as JSON: `{"demo": "North"}`. Without it everybody who is named for an office of the
            agency does.
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
    source_pool: str = "default_pool"
    source_rows: int = Field(default=50_000_000, ge=1)
    source_columns: int = Field(default=2_000, ge=1)
    source_unpacked_mib: int = Field(default=4_096, ge=1)
    source_memory_mib: int = Field(default=2_048, ge=64)
    source_seconds: int = Field(default=3_600, ge=1)
    read_law_days: int = Field(default=365, ge=0)
    file_group: str = ""
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
    review_roles: dict[str, str] = REVIEW_ROLES
    review_offices: dict[str, list[str]] = {}
    review_default_offices: dict[str, str] = {}
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
            problems = "; ".join(_problem(fault["loc"], fault["msg"]) for fault in wrong)
            raise UsageError("CMFC-S01", f"A setting cannot be read: {problems}.") from None
        except SettingsError as error:
            name = next((name for name in type(self).model_fields if f'"{name}"' in str(error)), "")
            message = f"A setting cannot be read: {_variable(name)} is not the JSON it should be."
            raise UsageError("CMFC-S01", message) from None

    @model_validator(mode="after")
    def _roles_fit(self) -> Self:
        form = re.compile(r"([A-Za-z0-9_-]+/)?(viewer|reviewer|admin)")
        if not all(form.fullmatch(role) for role in self.review_roles.values()):
            raise ValueError("CMFC_REVIEW_ROLES gives viewer, reviewer or admin, or demo/reviewer for one agency")
        return self

    @model_validator(mode="after")
    def _offices_fit(self) -> Self:
        entries = {entry for offices in self.review_offices.values() for entry in offices}
        if any(entry != "*" and not re.fullmatch(r"[A-Za-z0-9_-]+/.+", entry) for entry in entries):
            raise ValueError("CMFC_REVIEW_OFFICES names agency and office together (demo/North, demo/* or *)")
        for agency, office in self.review_default_offices.items():
            if entries and entries.isdisjoint(("*", f"{agency}/*", f"{agency}/{office}")):
                raise ValueError("CMFC_REVIEW_DEFAULT_OFFICES names an office that CMFC_REVIEW_OFFICES gives to nobody")
        return self

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

    def folders(self) -> tuple[Path, ...]:
        """The folders that an installation lies in."""
        return self.store, self.lists, self.agencies, self.audits

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

    def mapping_files(self) -> dict[str, tuple[Path, ...]]:
        """The mappings by the agency that their file's name says; a name with two files has both."""
        there: dict[str, tuple[Path, ...]] = {}
        for path in sorted(self.agencies.iterdir()) if self.agencies.is_dir() else ():
            if path.suffix in (".yml", ".yaml") and not path.name.startswith("."):
                there[path.stem] = (*there.get(path.stem, ()), path)
        return there

    def mapping_file(self, agency: str = "") -> Path | None:
        """The mapping of an agency; without a name, of `agency`, else the only one. None: there is none, or several.

        A name is never a path, so nobody who may trigger a run can make it read a file elsewhere.
        """
        there = self.mapping_files()
        name = (agency or self.agency).removesuffix(".yml")
        files = there.get(name, ()) if name else next(iter(there.values()), ()) if len(there) == 1 else ()
        return files[0] if len(files) == 1 else None


def connection_url(name: str) -> str | None:
    """The SQLAlchemy URL in `CMFC_CONN_<NAME>`; None: it is not set."""
    return os.environ.get(f"CMFC_CONN_{name.upper()}")


def look_up(text: str, part: str) -> str:
    """A secret setting, or what it names: `conn:ledger` is the `url` or the `password` of a connection.

    The one place where such names are followed. A URL is taken from `CMFC_CONN_LEDGER` where that is set, as for
    sources on the command line; all else from Airflow, which asks its secrets backends.

    Raises:
        UsageError: CMFC-S02 there is no such connection.
    """
    name = text.removeprefix("conn:")
    if name == text:
        return text
    if part == "url" and (url := connection_url(name)):
        return url
    # By name, as whoever names no connection is to need no Airflow, and this room knows none above it.
    return str(import_module("cmfc.orchestration.connections").secret(name, part))


def meanings() -> dict[str, str]:
    """What each setting means, from the docstring of `Settings`, in its order."""
    listed = inspect.cleandoc(Settings.__doc__ or "").partition("Attributes:\n")[2]
    entries = re.findall(r"^ {4}(\w+): (.+(?:\n {8}.+)*)", listed, re.MULTILINE)
    return {name: " ".join(meaning.split()) for name, meaning in entries}


def _problem(place: tuple[int | str, ...], what: str) -> str:
    return f"{_variable(str(place[0]))}: {what}" if place else what.removeprefix("Value error, ")


def _variable(name: str) -> str:
    return f"CMFC_{name.upper()}"


def settings_now() -> Settings:
    """The settings as the environment has them, for who asks at each request; to be read, not changed.

    Raises:
        UsageError: CMFC-S01, as `Settings`.
    """
    return _settings_of(tuple(sorted(pair for pair in os.environ.items() if pair[0].upper().startswith("CMFC_"))))


@lru_cache(maxsize=4)
def _settings_of(_environment: tuple[tuple[str, str], ...]) -> Settings:
    """Made once for each environment: it takes milliseconds."""
    return Settings()
