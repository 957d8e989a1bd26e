"""What is typed at the command line, read once for all commands: files, days, instants."""

import re
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cmfc.errors import UsageError

if TYPE_CHECKING:
    from cmfc.ingest.mapping import AgencyMapping


def file(path: Path) -> Path:
    """A file that is there.

    Raises:
        UsageError: CMFC-C01 if there is no such file.
    """
    if not path.is_file():
        raise UsageError("CMFC-C01", f"There is no file {path}.")
    return path


def mapping(path: Path | None) -> "AgencyMapping":
    """The agency's mapping: the file that is named, else the installation's.

    Raises:
        UsageError: CMFC-C01 if there is none, or several and none is named.
    """
    from cmfc.ingest.mapping import load_mapping
    from cmfc.settings import Settings

    file = path or Settings().mapping_file()
    if file is None or not file.is_file():
        raise UsageError("CMFC-C01", "Name the agency's mapping file with --agency.")
    return load_mapping(file)


def day(text: str) -> date:
    """A calendar day, YYYY-MM-DD.

    Raises:
        UsageError: CMFC-C03 if `text` is not a date.
    """
    try:
        return date.fromisoformat(text if is_day_shaped(text) else "")
    except ValueError:
        raise UsageError("CMFC-C03", f"'{text}' is not a date; give one such as 2026-09-30.") from None


def is_day_shaped(text: str) -> bool:
    """Whether a text is meant as a day and not as an instant."""
    return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None


def instant(text: str, wrong: str = "is not an instant with an offset, such as 2026-03-05T06:00:00Z.") -> int:
    """Epoch seconds of an ISO 8601 instant with an offset; `wrong` ends the sentence that says it is not one.

    Raises:
        UsageError: CMFC-C03 if `text` is not an instant.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UsageError("CMFC-C03", f"'{text}' {wrong}")
    return int(moment.timestamp())


def connection_url(name: str) -> str:
    """The SQLAlchemy URL of a connection that a mapping names, from the environment.

    Raises:
        UsageError: CMFC-C05 if it is not set.
    """
    from cmfc import settings

    url = settings.connection_url(name)
    if url is None:
        raise UsageError("CMFC-C05", f"Connection '{name}' is not set; set CMFC_CONN_{name.upper()} to its URL.")
    return url
