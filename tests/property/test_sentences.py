"""No sentence without proof: what a finding says stands in the records that it names (spec 2.2, 5)."""

import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cmfc.reconcile.registry import Sentence, checks
from cmfc.worklists.evidence import records_of
from tests.oracle.core import run_core
from tests.oracle.world import KEYS
from tests.property.test_against_oracle import many_worlds

SAYS = re.compile(r"\b(back|returned|located|told|reported|entered|accepted|refused)\b")
DENIES = re.compile(r"(not been told|not told|never told|nobody has told \w+( \w+)? that the child was located)")
LEFT_CARE = ("exited_care", "aged_out", "died")
NOT_ORDINARY = ("runaway", "whereabouts_unknown", "unapproved_known")
FOUND = ("returned", "located", "whereabouts_established")
RECORDS = {"LE", "NC", "NI", "RT", "CM"}
"""Families of codes whose sentences say what people did; the others speak of records that contradict each other."""


@pytest.mark.parametrize("check", [c for c in checks() if c.code[:2] in RECORDS], ids=lambda check: check.code)
def test_a_sentence_that_says_what_was_done_names_its_proof(check: Any) -> None:
    for said in check.sentences:
        if SAYS.search(DENIES.sub("", said.why)):
            assert said.proofs, (check.code, said.state, said.why)


@pytest.mark.parametrize("seed", [0, 3, 5, 8, 21, 34])
def test_what_a_finding_says_is_proven_by_the_records_it_names(seed: int, tmp_path: Path) -> None:
    feeds, night = many_worlds(seed, 60)
    findings = pq.read_table(run_core(feeds, night, tmp_path) / "findings.parquet").to_pylist()
    rows = {f"{feed}:{row[KEYS[feed]]}": row for feed in KEYS for row in feeds[feed]}
    sentences = {check.code: check.sentences for check in checks()}
    wrong = []
    for finding in findings:
        said = _said(sentences[finding["code"]], finding["why"])
        named = [(record.split(":")[0], rows.get(record, {})) for record in records_of(finding["evidence"])]
        for proof in said.proofs if said else ():
            if not _proves(proof, finding["recipient"], named):
                wrong.append((finding["code"], said, finding["evidence"]))
        if said is None or "{" in finding["why"]:
            wrong.append((finding["code"], None, finding["why"]))
    assert not wrong, wrong[:5]
    cleared = {f["child_id"] for f in findings if f["code"] in ("NI-04", "RT-01", "RT-02")}
    assert not cleared & {
        f["child_id"] for f in findings if f["code"] == "RC-19" or (f["is_open"] and f["code"] == "RC-14")
    }


def _said(sentences: tuple[Sentence, ...], why: str) -> Sentence | None:
    """Which of the check's sentences this is."""
    for sentence in sentences:
        pattern = re.sub(r"\\\{\w+\\\}", "(.*)", re.escape(sentence.why))
        if re.fullmatch(pattern, why, re.DOTALL):
            return sentence
    return None


def _proves(proof: str, recipient: str | None, named: list[tuple[str, dict[str, Any]]]) -> bool:
    match proof:
        case "report":
            log = "ncmec_reports" if recipient == "ncmec" else "le_reports"
            return any(feed == log for feed, _ in named)
        case "end":
            return any(
                feed in ("sightings", "returns")
                or (feed == "absences" and row.get("end_reason") in FOUND)
                or (feed == "placements" and row.get("setting") not in NOT_ORDINARY)
                for feed, row in named
            )
        case "custody":
            return any(
                feed == "custody" or (feed == "absences" and row.get("end_reason") in LEFT_CARE) for feed, row in named
            )
        case _:
            return any(feed == "sightings" for feed, _ in named)
