"""Logs that can hold no record: fixed sentences with ids, counts, paths and codes (spec 6, Privacy)."""

import errno
import logging
import os
import re
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

from cmfc.errors import CmfcError

KEYS = frozenset({
    "accepted", "agency", "business_date", "code", "collapsed", "feed", "feeds", "findings", "folder", "path", "pulled",
    "quarantined", "rows", "seconds", "severity", "status", "step", "table", "voided",
})  # fmt: skip
"""What a log line may carry beside its sentence. A key that is not here is not printed, whatever it holds."""

HERE = Path(__file__)
HIDDEN = "[withheld]"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
"""What the system says of a disk on which nothing more can be written; DuckDB says it in an error of its own."""
_PLAIN = re.compile(r"[\w./:+=@-]{0,300}")


class _Logger(structlog.stdlib.BoundLogger):
    """Python's own `exception` would add the traceback after everything here has been done."""

    def exception(self, event: str | None = None, *args: Any, **facts: Any) -> Any:
        """As `error`."""
        return self.error(event, *args, **facts)


def logger(name: str) -> Any:
    """A logger for one module: `log.info("Feed pulled.", feed="children", rows=12)`.

    It ends in Python's logging under the same name, where Airflow's task log picks it up.
    """
    return structlog.wrap_logger(logging.getLogger(name), processors=[withhold, _one_line], wrapper_class=_Logger)


def withhold(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace every value that is not expected, and drop exceptions, whose text may quote a record."""
    event.pop("exc_info", None)
    for key, value in event.items():
        if key != "event" and not (key in KEYS and _is_plain(value)):
            event[key] = HIDDEN
    return event


@contextmanager
def without_values() -> Iterator[None]:
    """Let our own errors and the system's through; any other becomes CMFC-N01 with its kind and place alone.

    What a library says may quote the value it stumbled over, and every viewer of a task log could read that.

    Raises:
        CmfcError: CMFC-N01.
        OSError: for a disk that is full or read-only, whichever library met it, in its words alone.
    """
    try:
        yield
    except (CmfcError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - any other may quote a value
        for number in FULL:
            if os.strerror(number) in str(error):
                raise OSError(number, os.strerror(number)) from None
        frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename) != HERE]
        ours = [f for f in frames if Path(f.filename).is_relative_to(HERE.parents[1])] or frames
        where = f"{type(error).__name__} in {Path(ours[-1].filename).name}:{ours[-1].lineno}"
        raise CmfcError("CMFC-N01", "A step stopped for an unknown reason.", where) from None


def _is_plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_plain(part) for pair in value.items() for part in pair)
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    if isinstance(value, Path):
        return True
    return value is None or isinstance(value, (bool, int, float)) or bool(_PLAIN.fullmatch(str(value)))


def _one_line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    sentence = event.pop("event")
    return " ".join([str(sentence), *(f"{key}={value}" for key, value in sorted(event.items()))])
