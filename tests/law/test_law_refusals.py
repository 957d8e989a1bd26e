"""What the engine could not judge by is refused: file, place, what to do (spec 3, CMFC-L02)."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cmfc.errors import UsageError
from cmfc.law.library import load_law
from tests.law.law_folder import CITED, VALUE, WORDS, law_folder, rule, write

ZONE = "America/Chicago"
PROOF = {**CITED, "verified": True, "link": "https://example.org/code"}


def quoted(quote: str) -> dict[str, Any]:
    return {"citation": {**PROOF, "quote": quote}}


NO_LIMIT = {"limit_hours": None, "counting": None}
RULES: dict[str, tuple[dict[str, Any], str, str]] = {
    "a word that is not known": (rule({"exigent": True}), "values/0", "'exigent' was unexpected"),
    "conditions of a scope": (
        rule({"applies_to": {"custody": ["state_care"], "ages": [0, 17], "if": "danger"}}),
        "values/0/applies_to", "'if' was unexpected",
    ),
    "a basis that is not known": (rule({"basis": "statute"}), "values/0/basis", "'statute' is not one of"),
    "advice in a state's folder": (rule({"basis": "advice"}), "values/0/basis", "stands in the folder advice"),
    "a clock that is not known": (rule({"starts_when": "determination"}), "values/0/starts_when", "is not one of"),
    "a clock of another duty": (rule({"starts_when": "returned"}), "values/0/starts_when", "use agency_informed"),
    "last_contact for a report": (rule({"starts_when": "last_contact"}), "values/0/starts_when", "use agency_informed"),
    "a report that starts its own clock": (
        rule({"starts_when": "le_reported"}, duty="report_to_le", recipient="law_enforcement"),
        "values/0/starts_when", "no clock of report_to_le starts at le_reported",
    ),
    "a recipient of another duty": (rule(recipient="law_enforcement"), "recipient", "is owed to 'ncmec'"),
    "a number and immediately": (rule({"immediately": True}), "values/0", "limit_hours and immediately"),
    "no limit of any form": (rule(NO_LIMIT), "values/0", "has none"),
    "hours counted in business days": (rule({"counting": "business_days"}), "values/0/counting", "counting: elapsed"),
    "hours without counting": (rule({"counting": None}), "values/0/counting", "counting: elapsed"),
    "business days counted as elapsed": (
        rule({"limit_hours": None, "limit_business_days": 1}), "values/0/counting", "counting: business_days",
    ),
    "immediately counted in business days": (
        rule({"limit_hours": None, "immediately": True, "counting": "business_days"}),
        "values/0/counting", "counting: elapsed",
    ),
    "31 business days": (
        rule({"limit_hours": None, "limit_business_days": 31, "counting": "business_days"}),
        "values/0/limit_business_days", "31 is greater",
    ),
    "hours below nothing": (rule({"limit_hours": -1}), "values/0/limit_hours", "-1 is less"),
    "half an hour": (rule({"limit_hours": 0.5}), "values/0/limit_hours", "is not of type 'integer'"),
    "immediately: false": (rule({**NO_LIMIT, "immediately": False}), "values/0/immediately", "True was expected"),
    "until before in_force": (rule({"until": "2019-12-31"}), "values/0/until", "not after in_force"),
    "until on in_force": (rule({"until": "2020-01-01"}), "values/0/until", "not after in_force"),
    "a day that is none": (rule({"in_force": "2020-02-30"}), "values/0/in_force", "is not a 'date'"),
    "a date of unknown certainty": (rule({"in_force_certainty": "guess"}), "values/0/in_force_certainty", "not one of"),
    "no certainty": (rule({"in_force_certainty": None}), "values/0", "'in_force_certainty' is a required"),
    "two values of one day": (rule({}, {"limit_hours": 2}), "values/0", "same days as values/1"),
    "a value that ends after the next began": (
        rule({"until": "2023-01-01"}, {"in_force": "2022-01-01"}), "values/0", "same days as values/1",
    ),
    "a part of those covered changes": (
        rule({}, {"in_force": "2022-01-01", "applies_to": {"custody": ["state_care"], "ages": [0, 17]}}),
        "values/0", "same days as values/1",
    ),
    "ages that cut a band": (
        rule({"applies_to": {"custody": ["state_care"], "ages": [0, 15]}}),
        "values/0/applies_to/ages", "cut an age band",
    ),
    "ages in the wrong order": (
        rule({"applies_to": {"custody": ["state_care"], "ages": [20, 18]}}),
        "values/0/applies_to/ages", "cut an age band",
    ),
    "an unknown custody": (
        rule({"applies_to": {"custody": ["foster"], "ages": [0, 17]}}),
        "values/0/applies_to/custody/0", "is not one of",
    ),
    "verified without a quote": (rule({"citation": PROOF}), "values/0/citation", "verified: true needs quote"),
    "verified without a link": (
        rule({"citation": {**CITED, "verified": True, "quote": "NCMEC immediately"}}),
        "values/0/citation", "needs link",
    ),
    "a quote without the recipient": (
        rule(quoted("report within 24 hours")), "values/0/citation", "does not name the recipient",
    ),
    "a quote without the time": (rule(quoted("report to NCMEC")), "values/0/citation", "names neither the time"),
    "a quote with another time": (
        rule(quoted("report to NCMEC within 8 hours")), "values/0/citation", "names neither the time",
    ),
    "a quote that is a page": (
        rule(quoted("to NCMEC immediately" + " and so on" * 8)), "values/0/citation", "27 words",
    ),
    "no day of reading": (
        rule({"citation": {k: v for k, v in CITED.items() if k != "read_on"}}), "values/0/citation", "'read_on' is a",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", RULES)
def test_a_rule_that_cannot_be_judged_by_is_refused(tmp_path: Path, case: str) -> None:
    document, place, what = RULES[case]
    refused(law_folder(tmp_path, report_to_ncmec=document), "us/zz/report_to_ncmec.yml", place, what)


COVERS = WORDS["covers"][0]  # type: ignore[index]
OVERLAY = {
    "duty": "report_to_ncmec", "custody": ["voluntary_extended_care"], "ages": ["18_to_20"],
    "obligation": "required", "why": "So.", "citation": CITED,
}  # fmt: skip
CHILDREN_ONLY = rule({"applies_to": {"custody": ["state_care"], "ages": [0, 17]}})
STATES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "no coverage": ({"coverage": None}, "coverage.yml", "the file", "say there whom the state's words cover"),
    "coverage without a citation": (
        {"coverage": {**WORDS, "covers": [{k: v for k, v in COVERS.items() if k != "citation"}]}},
        "coverage.yml", "covers/0", "'citation' is a required property",
    ),
    "a duty that is not covered": (
        {"report_to_le": rule(duty="report_to_le", recipient="law_enforcement")},
        "coverage.yml", "covers", "does not say whom report_to_le covers",
    ),
    "a duty that is not on file": (
        {"coverage": {**WORDS, "covers": [{**COVERS, "duties": ["report_to_ncmec", "tell_le_located"]}]}},
        "coverage.yml", "covers/0/duties", "no rule on tell_le_located",
    ),
    "a duty covered twice": (
        {"coverage": {**WORDS, "covers": [COVERS, COVERS]}}, "coverage.yml", "covers/1/duties", "stands twice",
    ),
    "coverage that cuts a band": (
        {"coverage": {**WORDS, "covers": [{**COVERS, "ages": [0, 19]}]}}, "coverage.yml", "covers/0/ages", "cut an age",
    ),
    "verified words without a quote": (
        {"coverage": {**WORDS, "covers": [{**COVERS, "citation": PROOF}]}},
        "coverage.yml", "covers/0/citation", "verified: true needs quote",
    ),
    "away_known as reportable": (
        {"coverage": {**WORDS, "away_known": "required"}}, "coverage.yml", "the top", "'away_known' was unexpected",
    ),
    "an overlay of a duty that is not on file": (
        {"coverage": {**WORDS, "overlay": [{"duty": "report_to_le", "custody": ["in_home"], "ages": ["unknown"],
                                            "obligation": "required", "why": "So.", "citation": CITED}]}},
        "coverage.yml", "overlay/0/duty", "no rule on report_to_le",
    ),
    "an overlay that says one thing twice": (
        {"coverage": {**WORDS, "overlay": [OVERLAY, OVERLAY]}}, "coverage.yml", "overlay/1",
        "a row above it decides custody voluntary_extended_care, age 18_to_20",
    ),
    "an overlay for whom no value is": (
        {"report_to_ncmec": CHILDREN_ONLY, "coverage": {**WORDS, "overlay": [OVERLAY]}},
        "coverage.yml", "overlay/0", "no rule is for custody voluntary_extended_care, age 18_to_20",
    ),
    "a scope beyond what is covered": (
        {"report_to_ncmec": rule({"applies_to": {"custody": ["in_home"], "ages": [0, 17]}})},
        "report_to_ncmec.yml", "values/0/applies_to", "whom coverage.yml does not cover",
    ),
    "the rows of the federal table": (
        {"coverage": {"rows": []}}, "coverage.yml", "the top", "was unexpected",
    ),
    "two rules for the same children": (
        {"report_to_ncmec_again": rule()}, "report_to_ncmec_again.yml", "applies_to", "is for the same children too",
    ),
    "a way on a refusal without a citation": (
        {"refusal": {"turn_to": "somebody", "basis": "policy", "encoded": "2026-11-26"}},
        "refusal.yml", "the top", "'citation' is a required property",
    ),
    "a word that stands twice": (
        {"report_to_ncmec": yaml.safe_dump(rule()) + "title: again\n"}, "report_to_ncmec.yml", "line", "stands twice",
    ),
    "no YAML": ({"report_to_ncmec": "values: [\n"}, "report_to_ncmec.yml", "line", "cannot be read as YAML"),
    "a month that is none": (
        {"report_to_ncmec": "in_force: 2020-13-01\n"}, "report_to_ncmec.yml", "a date", "cannot be read as YAML",
    ),
    "an empty file": ({"report_to_ncmec": ""}, "report_to_ncmec.yml", "the top", "is not of type 'object'"),
}  # fmt: skip


@pytest.mark.parametrize("case", STATES)
def test_a_state_that_cannot_be_judged_by_is_refused(tmp_path: Path, case: str) -> None:
    documents, file, place, what = STATES[case]
    refused(law_folder(tmp_path, **documents), f"us/zz/{file}", place, what)


def test_a_file_that_nothing_would_read_is_refused(tmp_path: Path) -> None:
    root = law_folder(tmp_path)
    write(root / "us" / "zz" / "report_to_le.yaml", rule(duty="report_to_le", recipient="law_enforcement"))
    refused(root, "us/zz/report_to_le.yaml", "its name", "end in .yml")


def test_coverage_where_nothing_reads_it_is_refused(tmp_path: Path) -> None:
    root = law_folder(tmp_path)
    write(root / "us" / "federal" / "coverage.yml", WORDS)
    refused(root, "us/federal/coverage.yml", "its place", "nothing reads it there")


def test_law_in_the_folder_of_advice_is_refused(tmp_path: Path) -> None:
    root = law_folder(tmp_path)
    write(root / "advice" / "report_to_ncmec.yml", rule())
    refused(root, "advice/report_to_ncmec.yml", "values/0/basis", "law and policy in us/")


@pytest.mark.parametrize(
    ("change", "place", "what"),
    [
        (lambda rows: rows[:-1], "rows", "no row is for custody none, age 18_to_20"),
        (lambda rows: [*rows, rows[0]], "rows/13", "rows above it decide all it names"),
        (lambda rows: [{**rows[0], "ages": ["under_18_or_unknown"]}, *rows], "rows/0/ages/0", "is not one of"),
        (lambda rows: [{**rows[0], "to_le": "no_duty"}, *rows], "rows/0/to_le", "is not one of"),
    ],
)
def test_a_federal_table_with_holes_is_refused(tmp_path: Path, change: Any, place: str, what: str) -> None:
    root = law_folder(tmp_path)
    table = yaml.safe_load((root / "coverage.yml").read_text(encoding="utf-8"))
    write(root / "coverage.yml", {**table, "rows": change(table["rows"])})
    refused(root, "coverage.yml", place, what)


def test_a_federal_duty_without_a_rule_is_refused(tmp_path: Path) -> None:
    root = law_folder(tmp_path)
    (root / "us" / "federal" / "report_to_ncmec.yml").unlink()
    refused(root, "us/federal", "report_to_ncmec", "no rule is for custody state_care")


def test_what_is_right_is_taken(tmp_path: Path) -> None:
    proof = quoted("NCMEC … within twenty-four (24) hours")
    law = load_law("us/zz", ZONE, law_folder(tmp_path, report_to_ncmec=rule(proof)))
    assert [v.is_verified for v in law.values if v.level == "state"] == [True]
    assert VALUE["limit_hours"] == 24


def refused(root: Path, file: str, place: str, what: str) -> None:
    """CMFC-L02, with the file, the place in it and what is wrong."""
    with pytest.raises(UsageError) as caught:
        load_law("us/zz", ZONE, root)
    assert caught.value.code == "CMFC-L02"
    assert f"Law file {file} cannot be judged by, at '{place}" in caught.value.message
    assert what in caught.value.message
