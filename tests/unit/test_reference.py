"""The data dictionary is what the catalogue says."""

from cmfc.audit import reference as audits
from cmfc.feeds.reference import PAGE, dictionary


def test_the_data_dictionary_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == dictionary(), "run python -m cmfc.feeds.reference --write"


def test_the_dictionary_of_the_audit_extract_is_up_to_date() -> None:
    assert audits.PAGE.read_text(encoding="utf-8") == audits.reference(), "run cmfc reference --write"
