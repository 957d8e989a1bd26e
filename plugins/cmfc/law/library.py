"""Loads the duties of one jurisdiction as two small tables: who owes what, and the dated values (spec 2.3, 3)."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from cmfc.law.coverage import Duty, covered_by, federal_duties, state_duties
from cmfc.law.quotes import lacks_proof
from cmfc.law.reading import COVERAGE, REFUSAL, hold_to_schema, jurisdictions, parsed, refuse, texts_of
from cmfc.law.terms import ADVICE, AGE_BANDS, CUSTODIES, FEDERAL, band_of
from cmfc.law.values import Pair, Value, check_rule, dated_values, rows_of

__all__ = [
    "AGE_BANDS", "CUSTODIES", "FEDERAL", "Duty", "Law", "Value",
    "band_of", "due_for_reading", "jurisdictions", "load_law",
]  # fmt: skip


@dataclass(frozen=True)
class Law:
    """The law of one jurisdiction, federal rules included, with the SHA-256 of every file it came from.

    `refusal` is one sentence: where to turn when law enforcement refuses a report, and how sure that is. `name` is how
    people call the jurisdiction.
    """

    jurisdiction: str
    name: str
    duties: tuple[Duty, ...]
    values: tuple[Value, ...]
    refusal: str
    digest: str


def load_law(jurisdiction: str, zone: str, root: Traversable | None = None) -> Law:
    """The federal rules, this project's advice and, unless `us/federal` is asked for, one state's rules.

    Args:
        jurisdiction: `us/federal` or `us/<xx>`.
        zone: IANA zone of the agency; a value's days begin at its local midnight.
        root: another law folder, for tests.

    Raises:
        UsageError: no such jurisdiction (CMFC-L01), or a file that cannot be judged by (CMFC-L02).
    """
    base = root or files("cmfc.law")
    texts = {COVERAGE: base.joinpath(COVERAGE).read_text(encoding="utf-8")}
    for folder in dict.fromkeys((FEDERAL, ADVICE, jurisdiction)):
        texts |= texts_of(base, folder, jurisdiction)
    return _law_of(jurisdiction, zone, tuple(sorted(texts.items())))


@lru_cache(maxsize=8)
def _law_of(jurisdiction: str, zone: str, texts: tuple[tuple[str, str], ...]) -> Law:
    """The law that these texts say: a night reads the files five times, and judges the same texts once."""
    documents = {name: parsed(name, text) for name, text in texts}
    hold_to_schema(COVERAGE, documents[COVERAGE], "coverage")
    rules = _rules(documents, FEDERAL)
    everyone: dict[str, frozenset[Pair]] = {}
    values = rows_of(rules, "federal", "federal", everyone, zone)
    values += rows_of(_rules(documents, ADVICE), "advice", "advice", everyone, zone)
    duties = federal_duties(documents[COVERAGE], rules)
    name = "federal"
    if jurisdiction != FEDERAL:
        own, words = _rules(documents, jurisdiction), _words(documents, jurisdiction)
        covered = covered_by(jurisdiction, words, own)
        name = words["name"]
        duties += state_duties(duties, words, own, covered)
        values += rows_of(own, "state", name, covered, zone)
    digest = hashlib.sha256(json.dumps(dict(texts), sort_keys=True).encode()).hexdigest()
    return Law(jurisdiction, name, tuple(duties), tuple(values), _refusal(documents, jurisdiction), digest)


def due_for_reading(
    jurisdiction: str, today: date, days: int, root: Traversable | None = None
) -> list[tuple[str, str, str]]:
    """Values in force that nobody has read again for so many days: rule id, in force from, read on."""
    base = root or files("cmfc.law")
    due = set()
    for folder in dict.fromkeys((FEDERAL, jurisdiction)):
        texts = texts_of(base, folder, jurisdiction)
        for rule_id, rule in _rules({name: parsed(name, text) for name, text in sorted(texts.items())}, folder).items():
            for dated in dated_values(f"{rule_id}.yml", rule):
                read_on = dated.value["citation"]["read_on"]
                if not dated.until and (today - date.fromisoformat(read_on)).days >= days:
                    due.add((rule_id, dated.value["in_force"], read_on))
    return sorted(due)


def _rules(documents: dict[str, Any], folder: str) -> dict[str, dict[str, Any]]:
    """Each rule file of a folder, checked, by rule id."""
    rules = {}
    for name, document in documents.items():
        if not name.startswith(f"{folder}/") or name.endswith((f"/{COVERAGE}", f"/{REFUSAL}")):
            continue
        hold_to_schema(name, document, "rule")
        check_rule(name, document)
        dated_values(name, document)
        rules[name.removesuffix(".yml")] = document
    for name in (f"{ADVICE}/{COVERAGE}", f"{FEDERAL}/{COVERAGE}", f"{ADVICE}/{REFUSAL}"):
        if name in documents:
            refuse(name, "its place", "nothing reads it there; who is covered by federal law stands in coverage.yml.")
    return rules


def _words(documents: dict[str, Any], state: str) -> dict[str, Any]:
    """A state's coverage.yml, without which nobody knows whom its duties are for (spec 2.3)."""
    name = f"{state}/{COVERAGE}"
    if name not in documents:
        refuse(name, "the file", "there is none; say there whom the state's words cover, with the citation.")
    hold_to_schema(name, documents[name], "state_coverage")
    words: dict[str, Any] = documents[name]
    return words


def _refusal(documents: dict[str, Any], jurisdiction: str) -> str:
    """Where to turn on a refusal: the state's own way first, then NCMEC."""
    if f"{FEDERAL}/{REFUSAL}" not in documents:
        refuse(f"{FEDERAL}/{REFUSAL}", "the file", "there is none; say there whom to call when a report is refused.")
    sentences = []
    for folder in dict.fromkeys((jurisdiction, FEDERAL)):
        if (name := f"{folder}/{REFUSAL}") in documents:
            hold_to_schema(name, documents[name], "refusal")
            way = documents[name]
            if problem := lacks_proof(way["citation"]):
                refuse(name, "citation", f"{problem}; quote what was read, or write 'verified: false'.")
            source = f"{way['citation']['title']}, {way['basis']}"
            sentences.append(f"{way['turn_to']} ({source}{'' if way['citation']['verified'] else ', not verified'})")
    return f"If law enforcement still refuses, turn to {'; or to '.join(sentences)}."
