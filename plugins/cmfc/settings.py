"""Where things lie, from the environment (CMFC_…); nothing else reads it."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parents[2]


class Settings(BaseSettings):
    """Folders of an installation: `store` for snapshots, `lists` for what is published, `agencies` for mappings."""

    model_config = SettingsConfigDict(env_prefix="CMFC_")

    store: Path = PROJECT / ".local" / "store"
    lists: Path = PROJECT / ".local" / "lists"
    agencies: Path = PROJECT / ".local" / "demo"
