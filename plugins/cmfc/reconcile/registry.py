"""The registry of checks: one SQL file each, with a header that says what it is (spec 5)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from cmfc.errors import UsageError
from cmfc.reconcile import recipients

RECIPIENTS = ("", *(r.recipient for r in recipients.RECIPIENTS), "as given")
QUEUES = ("act_now", "act_now while open", "explain", "correct_record", "history")
"""Where a finding is worked; `while open`: as long as the episode is, then explain (spec 5)."""


PLACEHOLDERS = frozenset(("whom", "rule", "began", "ended", "away", "over", "due", "due_in", "done", "detail"))
"""What a sentence may ask for: tables/findings.sql fills it in."""
PROOFS = ("report", "end", "custody", "sighting")
"""Records that a sentence may rest on: a report to the recipient, what proves the end, custody, a sighting."""
_KEY = re.compile(r"(?P<name>why|next)(?: (?P<state>[a-z_]+))?(?: \[(?P<proof>[a-z, ]+)\])?")
_FIXED = ("code", "title", "recipient", "rule", "queue")


@dataclass(frozen=True)
class Sentence:
    """What a check says in one state of the facts; `proofs`: the records without which it may not be said."""

    state: str
    why: str
    proofs: tuple[str, ...]


@dataclass(frozen=True)
class Check:
    """One check. `recipient` and `rule` are fixed (perhaps empty), or None: the SELECT gives them.

    `nexts`: the next action by state; the one without a state is for all others.
    """

    code: str
    title: str
    recipient: str | None
    rule: str | None
    queue: str
    sentences: tuple[Sentence, ...]
    nexts: Mapping[str, str]
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
    said = {key: header.pop(key) for key in list(header) if _KEY.fullmatch(key)}
    if set(header) != set(_FIXED):
        raise _wrong(source, f"must say exactly {', '.join(_FIXED)}, and why and next for each state")
    if source.name != f"{header['code']}.sql":
        raise _wrong(source, "is not named after its code")
    if header["queue"] not in QUEUES or header["recipient"] not in RECIPIENTS:
        raise _wrong(source, "has an unknown queue or recipient")
    recipient, rule = (None if header[key] == "as given" else header[key] for key in ("recipient", "rule"))
    sentences, nexts = _sentences(source, said)
    return Check(header["code"], header["title"], recipient, rule, header["queue"], sentences, nexts, text)


def _sentences(source: Traversable, said: Mapping[str, str]) -> tuple[tuple[Sentence, ...], dict[str, str]]:
    """Every `why`, and every `next` by its state."""
    whys: list[Sentence] = []
    nexts: dict[str, str] = {}
    for key, text in said.items():
        fit = _KEY.fullmatch(key)
        assert fit is not None
        state, proofs = (
            fit["state"] or "",
            tuple(part.strip() for part in (fit["proof"] or "").split(",") if part.strip()),
        )
        if not set(proofs) <= set(PROOFS):
            raise _wrong(source, f"rests '{key}' on something that is no record")
        if unknown := set(re.findall(r"\{(\w+)\}", text)) - PLACEHOLDERS - {"refusal"}:
            raise _wrong(source, f"asks for {', '.join(sorted(unknown))}, which nothing fills in")
        if fit["name"] == "why":
            whys.append(Sentence(state, text, proofs))
        else:
            nexts[state] = text
    if not whys or "" not in nexts:
        raise _wrong(source, "must say why, and next")
    return tuple(whys), nexts


def _wrong(source: Traversable, what: str) -> UsageError:
    return UsageError("CMFC-K01", f"The header of check {source.name} {what}.")
