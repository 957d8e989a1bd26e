"""The data dictionary is what the catalogue says."""

from cmfc.audit_extract import reference as audits
from cmfc.feeds.reference import PAGE, dictionary
from cmfc.law import reference as law


def test_the_data_dictionary_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == dictionary(), "run python -m cmfc.feeds.reference --write"


def test_the_dictionary_of_the_audit_extract_is_up_to_date() -> None:
    assert audits.PAGE.read_text(encoding="utf-8") == audits.reference(), "run cmfc reference --write"


def test_the_page_of_rules_is_up_to_date_and_tells_law_policy_and_advice_apart() -> None:
    text = law.PAGE.read_text(encoding="utf-8")
    assert text == law.reference(), "run cmfc reference --write"
    parts = {part.split("\n", 1)[0]: part for part in text.split("\n## ")}
    assert "advice/" not in parts["Law"] + parts["Policy"] and "us/" not in parts["Advice"]
    assert "(policy)" in parts["Policy"] and "(policy)" not in parts["Law"]
