"""A small agency that the DAGs know."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

NAMES = ("Zebulonia", "Quillfeather-Ng")


@dataclass(frozen=True)
class Agency:
    """A small agency that the DAG knows, and where its nights and lists go."""

    folder: Path
    store: Path
    lists: Path

    @property
    def database(self) -> Path:
        return self.folder / "case_management.sqlite"

    def change(self, *statements: str) -> None:
        with sqlite3.connect(self.database) as connection:
            for statement in statements:
                connection.execute(statement)
