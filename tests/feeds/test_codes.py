"""What codes mean is said of codes that the catalogue has (spec 1)."""

from dataclasses import fields

from cmfc.feeds.catalog import feeds
from cmfc.feeds.codes import Codes, codes


def test_every_code_of_a_group_is_one_of_its_columns_codes() -> None:
    absences, placements = feeds()["absences"].columns, feeds()["placements"].columns
    of = {
        "missing_kinds": absences["kind"],
        "missing_settings": placements["setting"],
        "known_settings": placements["setting"],
        "found_outcomes": absences["end_reason"],
        "left_care_outcomes": absences["end_reason"],
    }
    assert set(of) == {field.name for field in fields(Codes)}
    for group, column in of.items():
        members = getattr(codes(), group)
        assert members and set(members) <= set(column.codes), group


def test_no_code_says_two_things() -> None:
    assert not set(codes().missing_settings) & set(codes().known_settings)
    assert not set(codes().found_outcomes) & set(codes().left_care_outcomes)


def test_feeds_know_which_of_their_codes_say_that_a_child_is_missing() -> None:
    missing = {name: feed.missing_codes for name, feed in feeds().items() if feed.missing_codes}
    assert missing == {"placements": codes().missing_settings, "absences": codes().missing_kinds}
