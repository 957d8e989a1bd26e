"""The reference pages that no room of the data writes: checks, errors, settings."""

import re
from collections.abc import Iterable

from cmfc.errors import Entry, entries
from cmfc.reconcile.registry import Check, checks
from cmfc.settings import Settings, meanings

_CHECKS = """# What each code means

Written from the headers in `plugins/cmfc/reconcile/checks/` by `cmfc reference --write`; do not edit.

A finding has one of these codes; a code keeps its meaning for ever. *Severity* lists what the code may have: which one
depends on whether the child is missing still, on whether the rule is verified law, and on what is certain. *Queue* is
where the finding is worked. In the sentences, … stands for what the record says.

| Severity | Means |
|---|---|
| critical | a child is or may be missing now, and a verified rule was broken or a record cannot be read |
| high | a report is owed or in doubt, or a record makes it uncertain who is missing |
| medium | late, undetermined, or a record to correct |
| low | a record to tidy |
| info | nothing need be done |

| Queue | Means |
|---|---|
| `act_now` | act now |
| `act_now`, later `explain` | act while the episode is open; afterwards write down why |
| `explain` | write down why |
| `correct_record` | correct a record in the source |
| `history` | kept for the record |
"""
_TOPICS = {
    "LE": "Reports to law enforcement",
    "NC": "Reports to NCMEC",
    "NI": "Entry into NCIC",
    "CM": "Contact while a child is missing",
    "RT": "Returns",
    "RC": "Records against one another",
    "ID": "Whom a report is about",
    "CV": "Whom a duty covers",
    "LW": "Gaps in the law on file",
    "DQ": "Data quality",
}
_QUEUES = {"act_now while open": "`act_now`, later `explain`"}

_ERRORS = """# Errors

Written from `plugins/cmfc/errors.yml` by `cmfc reference --write`; do not edit.

An error has a code that keeps its meaning, one sentence and, where it helps, a word for an engineer. No error holds a
name, a birth date or a report number. The command line and the review page print what to do with the error. After a
failed night the last list stays, and `STALE.json` beside it says since when and why.

*Tried again*: Airflow tries the task twice more, since the cause may pass. Everything else fails at once.
"""
_AREAS = {
    "A": "Airflow",
    "C": "Command line",
    "D": "Demonstration",
    "E": "Matching",
    "F": "Acting on findings",
    "G": "Validation",
    "I": "Feeds",
    "J": "Ledger",
    "K": "Checks",
    "L": "Law",
    "M": "Mapping",
    "N": "Running a night",
    "P": "Publishing",
    "S": "Settings",
    "U": "Audit extract",
    "W": "Review page",
    "X": "Explaining a finding",
}

_SETTINGS = """# Settings

Written from `plugins/cmfc/settings.py` by `cmfc reference --write`; do not edit.

Every setting is a variable of the environment. A value that does not fit is refused (CMFC-S01). Paths without a value
lie below `.local/` of the project, which suits a trial and not production.

| Variable | Means | Default |
|---|---|---|
"""


def checks_page() -> str:
    """Every check by topic: code, title, severities, queue, sentences, next actions."""
    listed = checks()
    topics = list(dict.fromkeys((*_TOPICS, *(check.code[:2] for check in listed))))
    parts = [_CHECKS]
    for topic in topics:
        members = [check for check in listed if check.code.startswith(topic)]
        parts.append(f"\n## {_TOPICS[topic]}\n" + "".join(_check(check) for check in members))
    return "".join(parts)


def _check(check: Check) -> str:
    severities = ", ".join(check.severities)
    queue = _QUEUES.get(check.queue, f"`{check.queue}`")
    says = "".join(f"- Says: {_open(sentence.why)}\n" for sentence in check.sentences if _has_words(sentence.why))
    does = "".join(f"- Next: {_open(text)}\n" for text in dict.fromkeys(check.nexts.values()))
    return f"\n### {check.code} {check.title}\n\nSeverity: {severities}. Queue: {queue}.\n\n{says}{does}"


def _open(sentence: str) -> str:
    """A sentence with … for its placeholders; a detail that follows the sentence is left out."""
    whole = re.sub(r"(?<=[.!?])\{detail\}", "", sentence)
    return re.sub(r"\{\w+\}", "…", whole)


def _has_words(sentence: str) -> bool:
    return re.search(r"\w", re.sub(r"\{\w+\}", "", sentence)) is not None


def errors_page() -> str:
    """Every error by area: code, title, meaning, what to do."""
    parts = [_ERRORS]
    for letter, area in _AREAS.items():
        members = {code: entry for code, entry in entries().items() if code[5] == letter}
        parts.append(f"\n## {area}\n" + "".join(_error(code, entry) for code, entry in members.items()))
    return "".join(parts)


def _error(code: str, entry: Entry) -> str:
    steps = "".join(f"{number}. {step}\n" for number, step in enumerate(entry.remedy, 1))
    see = f"\nMore: [{_name(entry.see)}]({_link(entry.see)}).\n" if entry.see else ""
    again = " *Tried again.*" if entry.may_pass else ""
    return f"\n### {code}\n\n**{entry.title}.** {entry.meaning}{again}\n\n{steps}{see}"


def _name(page: str) -> str:
    return page.partition("#")[0].rpartition("/")[2].removesuffix(".md").replace("-", " ")


def _link(page: str) -> str:
    return page.removeprefix("reference/") if page.startswith("reference/") else f"../{page}"


def settings_page() -> str:
    """Every setting: its variable, what it means, its default."""
    return _SETTINGS + "".join(_settings())


def _settings() -> Iterable[str]:
    for name, meaning in meanings().items():
        yield f"| `CMFC_{name.upper()}` | {meaning} | {_default(name)} |\n"


def _default(name: str) -> str:
    value = Settings.model_fields[name].default
    if hasattr(value, "get_secret_value"):
        value = value.get_secret_value()
    if hasattr(value, "parts"):
        return f"`{'/'.join(value.parts[-2:])}`"
    if value in ("", None, {}):
        return ""
    return f"`{str(value).lower()}`"
