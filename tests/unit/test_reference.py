"""The data dictionary is what the catalogue says."""

from cmfc.feeds.reference import PAGE, dictionary


def test_the_data_dictionary_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == dictionary(), "run python -m cmfc.feeds.reference --write"
