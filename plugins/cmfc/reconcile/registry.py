"""The registry of checks: one SQL file each, with a header that says what it is (spec 5).

A file is named by its code and by what it finds, `LE-01_not_reported.sql`, and lies in the folder of its family. Its
header says only what is not the family's default.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from cmfc.errors import UsageError
from cmfc.reconcile.macros import PLACEHOLDERS
from cmfc.reconcile.recipients import RECIPIENTS

QUEUES = ("act_now", "act_now while open", "explain", "correct_record", "history")
"""Where a finding is worked; `while open`: as long as the episode is, then explain (spec 5)."""
GIVEN = "as given"
"""Of a recipient or a rule: the SELECT gives it."""
NEXT_PLACEHOLDERS = frozenset(("whom", "refusal"))
"""What a next action may ask for: the recipient's name, and where to turn in this state when a report is refused."""
PROOFS = ("report", "end", "custody", "sighting")
"""Records that a sentence may rest on: a report to the recipient, what proves the end, custody, a sighting."""


@dataclass(frozen=True)
class Family:
    """The checks of one prefix: their folder, and what their headers need not say."""

    folder: str
    recipient: str
    queue: str


FAMILIES = {
    **{r.prefix: Family(r.folder, r.recipient, "act_now while open") for r in RECIPIENTS},
    "NI": Family("ncic", "law_enforcement", "act_now"),
    "RC": Family("records", "", "correct_record"),
    "ID": Family("identity", GIVEN, "correct_record"),
    "CV": Family("coverage", "", "correct_record"),
    "RT": Family("returns", "", "act_now"),
    "CM": Family("contact", "", "act_now while open"),
    "LW": Family("law", GIVEN, "correct_record"),
    "DQ": Family("data", "", "correct_record"),
}
_NAME = re.compile(r"(?P<code>(?P<prefix>[A-Z]{2})-\d\d)_[a-z0-9_]+\.sql")
_KEY = re.compile(r"(?P<name>why|next)(?: (?P<state>[a-z_]+))?(?: \[(?P<proof>[a-z, ]+)\])?")
_MAY = ("title", "recipient", "rule", "queue", "severity")
SEVERITIES = ("critical", "high", "medium", "low", "info")


@dataclass(frozen=True)
class Sentence:
    """What a check says in one state of the facts; `proofs`: the records without which it may not be said."""

    state: str
    why: str
    proofs: tuple[str, ...]


@dataclass(frozen=True)
class Check:
    """One check. `recipient` and `rule` are fixed (perhaps empty), or None: the SELECT gives them.

    `nexts`: the next action by state; the one without a state is for all others. `severities`: those it may give, worst
    first; a check whose SELECT takes the severity from a step names them in its header.
    """

    code: str
    title: str
    recipient: str | None
    rule: str | None
    queue: str
    sentences: tuple[Sentence, ...]
    nexts: Mapping[str, str]
    severities: tuple[str, ...]
    sql: str


@cache
def checks() -> tuple[Check, ...]:
    """Every check in order of its code."""
    folder = files("cmfc.reconcile").joinpath("checks")
    return read_checks({family.folder: list(folder.joinpath(family.folder).iterdir()) for family in FAMILIES.values()})


@cache
def titles() -> dict[str, str]:
    """What each code is called."""
    return {check.code: check.title for check in checks()}


def read_checks(folders: Mapping[str, Iterable[Traversable]]) -> tuple[Check, ...]:
    """Reads check files by the folder they lie in.

    Raises:
        UsageError: CMFC-K01 for a file that is misnamed or in another family's folder, a code that two files have, and
            a header that is missing something, says something twice, or asks for a placeholder that nothing fills in.
    """
    by_code: dict[str, Check] = {}
    for folder, sources in folders.items():
        for source in sorted((s for s in sources if s.name.endswith(".sql")), key=lambda s: s.name):
            check = _read(folder, source)
            if check.code in by_code:
                raise _wrong(source, f"is the second of {check.code}")
            by_code[check.code] = check
    return tuple(by_code[code] for code in sorted(by_code))


def _read(folder: str, source: Traversable) -> Check:
    name = _NAME.fullmatch(source.name)
    family = FAMILIES.get(name["prefix"]) if name else None
    if name is None or family is None or family.folder != folder:
        raise _wrong(source, "must be named CODE_what_it_finds.sql and lie in the folder of its family")
    text = source.read_text(encoding="utf-8")
    header: dict[str, str] = {}
    for line in text.splitlines():
        if not line.startswith("-- "):
            break
        key, _, value = line[3:].partition(":")
        if key in header:
            raise _wrong(source, f"says '{key}' twice")
        header[key] = value.strip()
    texts = {key: header.pop(key) for key in list(header) if _KEY.fullmatch(key)}
    if not header.get("title") or not set(header) <= set(_MAY):
        raise _wrong(source, f"must say title, why and next, and may say {', '.join(_MAY[1:])} and nothing else")
    queue, recipient = header.get("queue", family.queue), header.get("recipient", family.recipient)
    if queue not in QUEUES or recipient not in ("", GIVEN, *(r.recipient for r in RECIPIENTS)):
        raise _wrong(source, "has an unknown queue or recipient")
    _refuse_placeholders(source, header["title"], frozenset())
    sentences, nexts = _sentences(source, texts)
    rule = header.get("rule", "")
    fixed = [None if value == GIVEN else value for value in (recipient, rule)]
    severities = _severities(source, header.get("severity"), text)
    return Check(name["code"], header["title"], fixed[0], fixed[1], queue, sentences, nexts, severities, text)


def _severities(source: Traversable, named: str | None, text: str) -> tuple[str, ...]:
    """What the header names, else the words of the SELECT."""
    body = "\n".join(line for line in text.splitlines() if not line.startswith("-- "))
    words = set(re.findall(r"'([a-z]+)'", body)) if named is None else {word.strip() for word in named.split(",")}
    severities = tuple(severity for severity in SEVERITIES if severity in words)
    if not severities or (named is not None and len(severities) < len(words)):
        raise _wrong(source, "must give a severity: in its SELECT, or in its header where a step gives it")
    return severities


def _sentences(source: Traversable, texts: Mapping[str, str]) -> tuple[tuple[Sentence, ...], dict[str, str]]:
    """Every `why`, and every `next` by its state."""
    whys: list[Sentence] = []
    nexts: dict[str, str] = {}
    for key, text in texts.items():
        fit = _KEY.fullmatch(key)
        assert fit is not None
        state = fit["state"] or ""
        proofs = tuple(part.strip() for part in (fit["proof"] or "").split(",") if part.strip())
        if not set(proofs) <= set(PROOFS):
            raise _wrong(source, f"rests '{key}' on something that is no record")
        is_why = fit["name"] == "why"
        _refuse_placeholders(source, text, frozenset(PLACEHOLDERS) if is_why else NEXT_PLACEHOLDERS)
        if is_why:
            whys.append(Sentence(state, text, proofs))
        else:
            nexts[state] = text
    if not whys or "" not in nexts:
        raise _wrong(source, "must say why, and next")
    return tuple(whys), nexts


def _refuse_placeholders(source: Traversable, text: str, known: frozenset[str]) -> None:
    """Anything in braces that nothing fills in would reach the list as it stands."""
    if unknown := sorted(set(re.findall(r"\{([^}]*)", text)) - known):
        raise _wrong(source, f"asks for {', '.join('{' + name + '}' for name in unknown)}, which nothing fills in")


def _wrong(source: Traversable, what: str) -> UsageError:
    return UsageError("CMFC-K01", f"The check {source.name} {what}.")
