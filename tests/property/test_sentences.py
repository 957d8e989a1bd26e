"""No sentence without proof: what a finding says stands in the records that it names (spec 2.2, 5)."""

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cmfc.pipeline.folder import reconcile_folder
from cmfc.reconcile.registry import Sentence, checks
from cmfc.timing.clock import as_of_night
from cmfc.worklists.evidence import records_of
from cmfc_demo.synthetic.agency import write_canonical
from cmfc_demo.synthetic.planted import plant
from cmfc_demo.synthetic.population import generate
from tests.oracle.core import run_core
from tests.oracle.world import KEYS
from tests.property.test_against_oracle import many_worlds
from tests.support.long import first

ZONE = "America/Chicago"
AS_OF = as_of_night("2026-09-30", ZONE)
Rows = Sequence[Mapping[str, Any]]
SAYS = re.compile(r"\b(back|returned|located|told|reported|entered|accepted|refused)\b")
DENIES = re.compile(r"(not been told|not told|never told|nobody has told \w+( \w+)? that the child was located)")
LEFT_CARE = ("exited_care", "aged_out", "died")
NOT_ORDINARY = ("runaway", "whereabouts_unknown", "unapproved_known")
FOUND = ("returned", "located", "whereabouts_established")
RECORDS = {"LE", "NC", "NI", "RT", "CM"}
"""Families of codes whose sentences say what people did; the others speak of records that contradict each other."""


@pytest.mark.parametrize("check", [c for c in checks() if c.code[:2] in RECORDS], ids=lambda check: check.code)
def test_a_sentence_that_says_what_was_done_names_its_proof(check: Any) -> None:
    for sentence in check.sentences:
        if SAYS.search(DENIES.sub("", sentence.why)):
            assert sentence.proofs, (check.code, sentence.state, sentence.why)


@pytest.mark.parametrize("seed", first(2, [0, 3, 5, 8, 21, 34]))
def test_what_a_finding_says_is_proven_by_the_records_it_names(seed: int, tmp_path: Path) -> None:
    feeds, night = many_worlds(seed, 60)
    findings = pq.read_table(run_core(feeds, night, tmp_path) / "findings.parquet").to_pylist()
    rows = {f"{feed}:{row[KEYS[feed]]}": row for feed in KEYS for row in feeds[feed]}
    assert not (wrong := unproven(findings, rows)), wrong[:5]
    assert not cleared_in_doubt(findings)
    assert not said_to_be_back(findings)


@pytest.mark.parametrize(
    "seeds",
    [range(1), *(pytest.param(range(n, n + 5), marks=pytest.mark.soak("sentences")) for n in range(1000, 1050, 5))],
    ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}",
)
def test_what_is_said_of_a_whole_agency_is_proven(seeds: range, tmp_path: Path, figures: Counter[str]) -> None:
    """Invented agencies of 300 children, planted faults among them, from their files to their lists."""
    for seed in seeds:
        tables = generate(300, seed, AS_OF, ZONE)
        plant(tables, seed, AS_OF, ZONE, copies=1)
        write_canonical(tmp_path / f"{seed}", tables)
        lists = tmp_path / f"{seed} lists"
        reconcile_folder(tmp_path / f"{seed}", ZONE, "us/mo", AS_OF, lists, runaway_placements_kept=True)
        with (lists / "exceptions.csv").open(encoding="utf-8", newline="") as stream:
            findings = [row | {"is_open": row["is_open"] == "true"} for row in csv.DictReader(stream)]
        rows = {f"{feed}:{row[KEYS[feed]]}": row for feed in KEYS for row in tables[feed].to_pylist()}
        wrong, doubted = unproven(findings, rows), cleared_in_doubt(findings) | said_to_be_back(findings)
        figures.update(agencies=1, findings=len(findings), unproven=len(wrong), cleared_in_doubt=len(doubted))
        assert not wrong, (seed, wrong[:5])
        assert not doubted, (seed, sorted(doubted))


def unproven(findings: Rows, rows: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Sentence | None, str]]:
    """What is said without its proof among the rows that the finding names, or in words that no check has."""
    sentences = {check.code: check.sentences for check in checks()}
    wrong: list[tuple[str, Sentence | None, str]] = []
    for finding in findings:
        sentence = _said(sentences[finding["code"]], finding["why"])
        records = records_of(finding["evidence"])
        named = [(re.split("[:#]", record)[0], rows.get(record, {})) for record in records]
        for proof in sentence.proofs if sentence else ():
            if not _proves(proof, finding["recipient"], named):
                wrong.append((finding["code"], sentence, finding["evidence"]))
        if sentence is None or "{" in finding["why"]:
            wrong.append((finding["code"], None, finding["why"]))
    return wrong


def cleared_in_doubt(findings: Rows) -> set[str]:
    """Children of whom one finding says that something may be cleared, and another that nobody knows where they are."""
    cleared = {f["child_id"] for f in findings if f["code"] in ("NI-04", "RT-01", "RT-02")}
    return cleared & {
        f["child_id"] for f in findings if f["code"] == "RC-19" or (f["is_open"] and f["code"] == "RC-14")
    }


def said_to_be_back(findings: Rows) -> set[str]:
    """Children of whom one finding says that they are back, and another that they are missing or vanished tonight."""
    back = {f["child_id"] for f in findings if re.search(r"\b(is|been) back\b", f["why"])}
    return back & {f["child_id"] for f in findings if f["is_open"] or f["code"] == "RC-09"}


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
