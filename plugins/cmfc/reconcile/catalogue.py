"""The registry of checks: one SQL file each, with a header that says what it is (spec 5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from cmfc.errors import UsageError

RECIPIENTS = ("", "law_enforcement", "ncmec", "as given")
QUEUES = ("act_now", "act_now while open", "explain", "correct_record", "history")
"""Where a finding is worked; `while open`: as long as the episode is, then explain (spec 5)."""


@dataclass(frozen=True)
class Check:
    """One check. `recipient` and `rule` are fixed (perhaps empty), or None: the SELECT gives them."""

    code: str
    title: str
    recipient: str | None
    rule: str | None
    queue: str
    why: str
    next: str
    sql: str


@cache
def checks() -> tuple[Check, ...]:
    """Every check in order of its code."""
    return read_checks(files("cmfc.reconcile").joinpath("checks").iterdir())


def read_checks(sources: Iterable[Traversable]) -> tuple[Check, ...]:
    """Reads check files.

    Raises:
        UsageError: CMFC-K01 for a header that is missing something, doubled or wrong, or a file named unlike its code.
    """
    found = [_read(s) for s in sorted(sources, key=lambda s: s.name) if s.name.endswith(".sql")]
    return tuple(found)


def _read(source: Traversable) -> Check:
    text = source.read_text(encoding="utf-8")
    header: dict[str, str] = {}
    for line in text.splitlines():
        if not line.startswith("-- "):
            break
        key, _, value = line[3:].partition(":")
        if key in header:
            raise _wrong(source, f"says '{key}' twice")
        header[key] = value.strip()
    wanted = {"code", "title", "recipient", "rule", "queue", "why", "next"}
    if set(header) != wanted:
        raise _wrong(source, f"must say exactly {', '.join(sorted(wanted))}")
    if source.name != f"{header['code']}.sql":
        raise _wrong(source, "is not named after its code")
    if header["queue"] not in QUEUES or header["recipient"] not in RECIPIENTS:
        raise _wrong(source, "has an unknown queue or recipient")
    fixed = {
        key: None if header.pop(key) == "as given" else value
        for key, value in list(header.items())
        if key in ("recipient", "rule")
    }
    return Check(**header, **fixed, sql=text)  # type: ignore[arg-type]


def _wrong(source: Traversable, what: str) -> UsageError:
    return UsageError("CMFC-K01", f"The header of check {source.name} {what}.")
